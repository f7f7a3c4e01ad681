//! What counts as a byte, a pattern of bytes, or a source of bytes; and buffers that Python classes define.

use taipan_macros::{class, methods};

use crate::buffer::{self, BufferFlags, BufferView};
use crate::bytes::bytearray::ByteArray;
use crate::bytes::bytes_object::Bytes;
use crate::bytes::memoryview::MemoryView;
use crate::cell::Slot;
use crate::class::Payload;
use crate::int::{self, IntView};
use crate::native::{ArgInfo, FromArg};
use crate::raised::PyResult;
use crate::value::{Ref, Value};
use crate::{heap, protocol, runtime};

/// What is looked for in bytes: one byte given as an int, or bytes.
pub enum Pattern {
    /// One byte.
    Byte(u8),
    /// The bytes of a bytes-like object.
    Bytes(BufferView),
}

/// An int as a byte; ValueError with the message if it is none.
pub fn item_bytes(value: &Value, message: &str) -> PyResult<u8> {
    let byte = int::with_index(value, |view| match view {
        IntView::Small(byte @ 0..=255) => Some(byte as u8),
        _ => None,
    })?;
    match byte {
        Some(byte) => Ok(byte),
        None => bail!(ValueError, "{message}"),
    }
}

impl Pattern {
    /// What stands left of `in`.
    pub fn of_item(value: &Value) -> PyResult<Pattern> {
        if value.class().slots.index.get().is_some() {
            return item_bytes(value, "byte must be in range(0, 256)").map(Pattern::Byte);
        }
        buffer::bytes_like(value).map(Pattern::Bytes)
    }

    /// Runs `body` with the bytes looked for.
    pub fn with<R>(&self, body: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Pattern::Byte(byte) => body(&[*byte]),
            Pattern::Bytes(view) => body(&view.to_bytes()),
        }
    }
}

impl FromArg<'_> for Pattern {
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Pattern> {
        if value.class().slots.index.get().is_none() && !buffer::is_bytes_like(value) {
            bail!(
                TypeError,
                "argument should be integer or bytes-like object, not '{}'",
                value.class().name()
            );
        }
        if buffer::is_bytes_like(value) {
            buffer::bytes_like(value).map(Pattern::Bytes)
        } else {
            Pattern::of_item(value)
        }
    }
}

/// A non-negative count given by an int; `None` if it is negative.
pub(super) fn count_of(value: &Value) -> PyResult<Option<usize>> {
    Ok(usize::try_from(protocol::to_size(value)?).ok())
}

/// The bytes of a bytes-like object or of an iterable of ints; `name` is the class that is being made.
pub fn copy_bytes(source: &Value, range_message: &str, name: &str) -> PyResult<Vec<u8>> {
    if buffer::is_bytes_like(source) {
        return Ok(buffer::request(source, BufferFlags::FULL_RO)?.to_vec());
    }
    let class = source.class();
    if class.slots.iter.get().is_none() && class.slots.getitem.get().is_none() {
        bail!(
            TypeError,
            "cannot convert '{}' object to {name}",
            class.name()
        );
    }
    let mut bytes = Vec::new();
    protocol::iterate(source, |item| {
        bytes.push(item_bytes(&item, range_message)?);
        Ok(())
    })?;
    Ok(bytes)
}

/// The byte of a bytes or bytearray object of length one.
pub fn single_byte(value: &Value) -> Option<u8> {
    if let Some(bytes) = value.downcast::<Bytes>() {
        return <[u8; 1]>::try_from(bytes.as_slice())
            .ok()
            .map(|[byte]| byte);
    }
    value
        .downcast::<ByteArray>()?
        .cell()
        .with(|bytes| <[u8; 1]>::try_from(bytes).ok().map(|[byte]| byte))
}

/// What `%b` and `%s` of a bytes template stand for.
pub fn convert_for_percent(value: &Value) -> PyResult<Vec<u8>> {
    if let Some(bytes) = value.downcast::<Bytes>() {
        return Ok(bytes.as_slice().to_vec());
    }
    if let Some(array) = value.downcast::<ByteArray>() {
        return Ok(array.cell().to_vec());
    }
    if let Some(answer) = protocol::call_special_optional(value, crate::id!("__bytes__"), &[])? {
        return match answer.downcast::<Bytes>() {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => bail!(
                TypeError,
                "__bytes__ returned non-bytes (type {})",
                answer.class().name()
            ),
        };
    }
    if buffer::is_bytes_like(value) {
        return Ok(buffer::request(value, BufferFlags::FULL_RO)?.to_vec());
    }
    bail!(
        TypeError,
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
        value.class().name()
    )
}

/// Keeps the memoryview that a `__buffer__` method answered, and gives it back to `__release_buffer__` in the end.
#[class(name = "_buffer_wrapper", flags(NO_INSTANTIATION))]
pub(super) struct PythonBuffer {
    exporter: Slot,
    view: Slot<Ref<MemoryView>>,
}

#[methods]
impl PythonBuffer {
    #[slot(finalize)]
    fn finalize(&self) {
        let (Some(exporter), Some(view)) = (self.exporter.take(), self.view.take()) else {
            return;
        };
        if let Err(raised) = protocol::call_special_optional(
            &exporter,
            crate::id!("__release_buffer__"),
            &[view.to_value()],
        ) {
            runtime::unraisable(raised, None, Some(&exporter));
        }
        view.release_quietly();
    }
}

/// The `buffer` slot of classes that define `__buffer__` in Python.
pub fn buffer_from_python(value: &Value, flags: u32) -> PyResult<BufferView> {
    let answer =
        protocol::call_special(value, crate::id!("__buffer__"), &[int::new(flags.into())])?;
    let Ok(view) = answer.into_ref::<MemoryView>() else {
        bail!(TypeError, "__buffer__ returned non-memoryview object");
    };
    let lent = view.current()?.for_request(flags, "memoryview")?;
    if value
        .class()
        .lookup(crate::id!("__release_buffer__"))
        .is_none()
    {
        return Ok(lent);
    }
    let wrapper = heap::new_object(
        PythonBuffer::class(),
        PythonBuffer {
            exporter: Slot::new(Some(value.clone())),
            view: Slot::new(Some(view)),
        },
    );
    Ok(lent.lent_by(wrapper.into_value()))
}

/// `value.__buffer__(flags)` for classes with a native `buffer` slot.
pub fn memory_view_with_flags(value: &Value, flags: u32) -> PyResult<Value> {
    let view = buffer::request(value, flags)?;
    Ok(MemoryView::of_view(view).into_value())
}
