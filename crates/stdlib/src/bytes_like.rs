//! Arguments that lend their memory: `bytes`, `bytearray`, `memoryview`, `array` and their like.
//!
//! The views hold an export, so the memory stays in place while a system call reads or writes it without the interpreter
//! lock. Invariant: no view is written unless its owner lent it for writing.

use taipan_objects::buffer::{self, BufferFlags, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::native::{ArgInfo, FromArg};
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

/// Memory to read. `bytes` is looked at directly, because that is what most programs pass.
pub struct BytesLike(Lender);

enum Lender {
    Bytes(Ref<Bytes>),
    View(BufferView),
}

impl BytesLike {
    /// The memory of a bytes-like object, or TypeError.
    pub fn of(value: &Value) -> PyResult<BytesLike> {
        if let Some(bytes) = value.downcast_exact::<Bytes>() {
            return Ok(BytesLike(Lender::Bytes(bytes.clone())));
        }
        buffer::request(value, BufferFlags::SIMPLE).map(|view| BytesLike(Lender::View(view)))
    }

    /// The bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Lender::Bytes(bytes) => bytes.as_slice(),
            Lender::View(view) => view.as_bytes().unwrap_or(&[]),
        }
    }

    /// Number of bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromArg<'_> for BytesLike {
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        BytesLike::of(value)
    }
}

/// Memory to write.
pub struct WritableBytes(BufferView);

impl WritableBytes {
    /// Number of bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs `body`, which runs no Python code, with the memory.
    #[inline]
    pub fn with<R>(&self, body: impl FnOnce(&mut [u8]) -> R) -> R {
        self.0.with_bytes_mut(body)
    }
}

impl FromArg<'_> for WritableBytes {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<Self> {
        match buffer::request(value, BufferFlags::WRITABLE) {
            Ok(view) => Ok(WritableBytes(view)),
            Err(_) => Err(info.mismatch("read-write bytes-like object", value)),
        }
    }
}
