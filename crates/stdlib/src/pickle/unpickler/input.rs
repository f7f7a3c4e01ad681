//! Where the bytes of a pickle come from: memory, or a file that is read no further than the pickle goes.
//!
//! There is always one buffer: all of the memory, or what the file gave last. A file with `peek` gives more than was asked
//! for without moving; what was used of that is read again, to move the file there, before anything else is read from it.

use taipan_objects::buffer::{self, BufferView};
use taipan_objects::bytes::{ByteArray, Bytes, MemoryView};
use taipan_objects::class::Trace;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::gc::Visitor;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, heap, id, int, protocol};

use crate::pickle::unpickling_error;

/// How many bytes are asked of `peek`.
const PREFETCH: usize = 8192 * 16;

/// The methods of a file.
pub(in crate::pickle) struct File {
    read: Value,
    readline: Value,
    readinto: Option<Value>,
    peek: Option<Value>,
}

impl File {
    /// The methods of a file; TypeError if it lacks one that is needed.
    pub(in crate::pickle) fn new(file: &Value) -> PyResult<File> {
        let peek = protocol::getattr_optional(file, id!("peek"))?;
        let readinto = protocol::getattr_optional(file, id!("readinto"))?;
        let read = protocol::getattr_optional(file, id!("read"))?;
        let readline = protocol::getattr_optional(file, id!("readline"))?;
        match (read, readline) {
            (Some(read), Some(readline)) => Ok(File {
                read,
                readline,
                readinto,
                peek,
            }),
            _ => bail!(TypeError, "file must have 'read' and 'readline' attributes"),
        }
    }

    fn read(&self, count: usize) -> PyResult<Value> {
        protocol::call1(&self.read, &int::from_usize(count))
    }
}

/// Bytes that do not change while they are looked at.
enum Data {
    Object(Ref<Bytes>),
    Owned(Vec<u8>),
}

impl Data {
    #[inline(always)]
    fn as_slice(&self) -> &[u8] {
        match self {
            Data::Object(bytes) => bytes.as_slice(),
            Data::Owned(bytes) => bytes,
        }
    }

    /// The bytes of a bytes-like object, copied unless it is a `bytes`.
    fn of_object(object: &Value) -> PyResult<(Data, Option<BufferView>)> {
        if let Some(bytes) = object.downcast::<Bytes>() {
            return Ok((Data::Object(bytes.clone()), None));
        }
        let view = buffer::bytes_like(object)?;
        Ok((Data::Owned(view.to_vec()), Some(view)))
    }
}

/// The bytes of a pickle.
pub(in crate::pickle) struct Input {
    data: Data,
    /// Keeps the memory lent out while the pickle is being read.
    view: Option<BufferView>,
    /// What is read next.
    position: usize,
    /// Up to here, the file has moved past the bytes of the buffer.
    moved: usize,
    file: Option<File>,
}

impl Default for Input {
    fn default() -> Input {
        Input {
            data: Data::Owned(Vec::new()),
            view: None,
            position: 0,
            moved: 0,
            file: None,
        }
    }
}

impl Trace for Input {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Some(file) = &self.file {
            visitor.visit(&file.read);
            visitor.visit(&file.readline);
            file.readinto.trace(visitor);
            file.peek.trace(visitor);
        }
    }
}

#[cold]
fn truncated<T>() -> PyResult<T> {
    Err(unpickling_error("pickle data was truncated"))
}

impl Input {
    /// The bytes of a file.
    pub(in crate::pickle) fn of_file(file: File) -> Input {
        Input {
            file: Some(file),
            ..Input::default()
        }
    }

    /// The bytes of a bytes-like object.
    pub(in crate::pickle) fn of_memory(object: &Value) -> PyResult<Input> {
        let (data, view) = Data::of_object(object)?;
        Ok(Input {
            moved: data.as_slice().len(),
            data,
            view,
            position: 0,
            file: None,
        })
    }

    /// Whether there is a file.
    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Puts what a file gave into the buffer, and answers how much it is.
    fn fill(&mut self, given: &Value, has_moved: bool) -> PyResult<usize> {
        let (data, view) = Data::of_object(given)?;
        let len = data.as_slice().len();
        self.data = data;
        self.view = view;
        self.position = 0;
        self.moved = if has_moved { len } else { 0 };
        Ok(len)
    }

    /// Moves the file past what was used of the buffer.
    pub(super) fn skip_consumed(&mut self) -> PyResult<()> {
        if self.position <= self.moved {
            return Ok(());
        }
        if let Some(file) = &self.file {
            drop(file.read(self.position - self.moved)?);
        }
        self.moved = self.position;
        Ok(())
    }

    /// Fills the buffer with at least `count` bytes.
    #[cold]
    fn refill(&mut self, count: usize) -> PyResult<()> {
        if self.file.is_none() {
            return truncated();
        }
        self.skip_consumed()?;
        if count < PREFETCH
            && let Some(file) = &mut self.file
            && let Some(peek) = &file.peek
        {
            match protocol::call1(peek, &int::from_usize(PREFETCH)) {
                Ok(given) => {
                    if self.fill(&given, false)? >= count {
                        return Ok(());
                    }
                }
                Err(raised) if raised.is(ExceptionKind::NotImplementedError) => file.peek = None,
                Err(raised) => return Err(raised),
            }
        }
        let Some(file) = &self.file else {
            return truncated();
        };
        let given = file.read(count)?;
        if self.fill(&given, true)? < count {
            return truncated();
        }
        Ok(())
    }

    #[inline(always)]
    fn available(&self) -> usize {
        self.data.as_slice().len() - self.position
    }

    /// The next `count` bytes.
    #[inline]
    pub(super) fn read(&mut self, count: usize) -> PyResult<&[u8]> {
        if count > self.available() {
            self.refill(count)?;
        }
        let start = self.position;
        self.position += count;
        Ok(&self.data.as_slice()[start..start + count])
    }

    /// The next byte.
    #[inline]
    pub(super) fn byte(&mut self) -> PyResult<u8> {
        if let Some(&byte) = self.data.as_slice().get(self.position) {
            self.position += 1;
            return Ok(byte);
        }
        self.read(1).map(|bytes| bytes[0])
    }

    /// The next bytes, as many as an array has.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> PyResult<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.read(N)?);
        Ok(array)
    }

    /// Makes sure of the next `count` bytes without using them.
    pub(super) fn expect(&mut self, count: usize) -> PyResult<()> {
        if count > self.available() {
            self.refill(count)?;
        }
        Ok(())
    }

    /// The next line, with its end.
    pub(super) fn line(&mut self) -> PyResult<&[u8]> {
        let start = self.position;
        let found = self.data.as_slice()[start..]
            .iter()
            .position(|&byte| byte == b'\n');
        if let Some(length) = found {
            self.position = start + length + 1;
            return Ok(&self.data.as_slice()[start..self.position]);
        }
        if self.file.is_none() {
            return truncated();
        }
        self.skip_consumed()?;
        let Some(file) = &self.file else {
            return truncated();
        };
        let given = protocol::call0(&file.readline)?;
        self.fill(&given, true)?;
        let line = self.data.as_slice();
        if line.last() != Some(&b'\n') {
            return truncated();
        }
        self.position = line.len();
        Ok(line)
    }

    /// The next line, which is not empty, without its end.
    pub(super) fn full_line(&mut self) -> PyResult<&[u8]> {
        match self.line()? {
            [text @ .., _] if !text.is_empty() => Ok(text),
            _ => truncated(),
        }
    }

    /// The next `count` bytes as an object; a large number of them goes straight from the file into it.
    pub(super) fn bytes(&mut self, count: usize) -> PyResult<Ref<Bytes>> {
        if count <= self.available() {
            return Ok(Bytes::new(self.read(count)?));
        }
        Ok(Bytes::new(&self.gathered(count)?))
    }

    /// The next `count` bytes.
    pub(super) fn vec(&mut self, count: usize) -> PyResult<Vec<u8>> {
        if count <= self.available() {
            return Ok(self.read(count)?.to_vec());
        }
        self.gathered(count)
    }

    /// What is left in the buffer, and the rest from the file.
    fn gathered(&mut self, count: usize) -> PyResult<Vec<u8>> {
        if self.file.is_none() {
            return truncated();
        }
        let mut bytes = self.data.as_slice()[self.position..].to_vec();
        self.position = self.data.as_slice().len();
        self.skip_consumed()?;
        let rest = count - bytes.len();
        let Some(file) = &self.file else {
            return truncated();
        };
        let Some(readinto) = &file.readinto else {
            let given = file.read(rest)?;
            let Some(given) = given.downcast::<Bytes>() else {
                let class = protocol::repr(given.class().as_value())?;
                bail!(
                    ValueError,
                    "read() returned non-bytes object ({})",
                    class.to_display()
                );
            };
            let given = given.as_slice();
            if given.len() < rest {
                return truncated();
            }
            bytes.extend_from_slice(&given[..rest]);
            return Ok(bytes);
        };
        heap::ensure_room(rest)?;
        let target = ByteArray::new(vec![0; rest]);
        let view = MemoryView::of_object(target.as_value())?.into_value();
        let given = int::as_isize(&protocol::call1(readinto, &view)?)?;
        drop(view);
        match usize::try_from(given) {
            Err(_) => Err(exc!(ValueError, "readinto() returned negative size")),
            Ok(given) if given < rest => truncated(),
            Ok(_) if bytes.is_empty() => Ok(target.cell().to_vec()),
            Ok(_) => {
                target.cell().with(|read| bytes.extend_from_slice(read));
                Ok(bytes)
            }
        }
    }
}
