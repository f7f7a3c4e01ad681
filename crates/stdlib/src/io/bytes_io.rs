//! `BytesIO`: a binary file in memory.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::buffer::ByteCell;
use taipan_objects::bytes::{Bytes, MemoryView};
use taipan_objects::class::Type;
use taipan_objects::heap;
use taipan_objects::instance;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, dict::Dict, id, int};

use super::base::{BufferedIoBase, limit_of, size_argument};
use crate::bytes_like::{BytesLike, WritableBytes};

/// The payload of `BytesIO`.
#[class(
    name = "BytesIO",
    module = "_io",
    extends = BufferedIoBase,
    flags(BASETYPE),
    doc = "Buffered I/O implementation using an in-memory bytes buffer."
)]
#[derive(Default)]
#[repr(C)]
pub struct BytesIo {
    base: BufferedIoBase,
    bytes: ByteCell,
    position: Cell<usize>,
    is_closed: Cell<bool>,
}

impl BytesIo {
    fn check_open(&self) -> PyResult<()> {
        if self.is_closed.get() {
            bail!(ValueError, "I/O operation on closed file.");
        }
        Ok(())
    }

    /// Takes up to `size` bytes from the position on.
    fn take(&self, size: Option<usize>) -> Ref<Bytes> {
        let start = self.position.get();
        let taken = self.bytes.with(|bytes| {
            let rest = bytes.get(start..).unwrap_or(&[]);
            Bytes::new(&rest[..size.map_or(rest.len(), |size| size.min(rest.len()))])
        });
        self.position.set(start + taken.len());
        taken
    }

    fn take_line(&self, limit: Option<usize>) -> Ref<Bytes> {
        let start = self.position.get();
        let length = self.bytes.with(|bytes| {
            let rest = bytes.get(start..).unwrap_or(&[]);
            let rest = &rest[..limit.map_or(rest.len(), |limit| limit.min(rest.len()))];
            memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1)
        });
        self.take(Some(length))
    }

    fn put(&self, data: &[u8]) -> PyResult<usize> {
        self.bytes.check_resizable()?;
        if data.is_empty() {
            return Ok(0);
        }
        let start = self.position.get();
        let Some(end) = start
            .checked_add(data.len())
            .filter(|&end| isize::try_from(end).is_ok())
        else {
            bail!(OverflowError, "new buffer size too large");
        };
        let fits = self.bytes.resize_with(|bytes| {
            if end > bytes.len() {
                if bytes.try_reserve(end - bytes.len()).is_err() {
                    return false;
                }
                // What lies between the old end and the position reads as zeros.
                bytes.resize(bytes.len().max(start.min(end)), 0);
            }
            let overlap = bytes.len().min(end).saturating_sub(start);
            bytes[start..start + overlap].copy_from_slice(&data[..overlap]);
            bytes.extend_from_slice(&data[overlap..]);
            true
        })?;
        if !fits {
            bail!(MemoryError, "");
        }
        self.position.set(end);
        Ok(data.len())
    }
}

#[methods]
impl BytesIo {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, BytesIo::default()).into_value()
    }

    #[init("(initial_bytes=b'')")]
    fn init(this: &Ref<Self>, initial_bytes: Option<&Value>) -> PyResult<()> {
        this.bytes.check_resizable()?;
        let initial = match initial_bytes {
            Some(initial) if !initial.is_none() => BytesLike::of(initial)?.as_bytes().to_vec(),
            _ => Vec::new(),
        };
        this.bytes.resize_with(|bytes| *bytes = initial)?;
        this.position.set(0);
        this.is_closed.set(false);
        Ok(())
    }

    /// Returns True if the IO object can be read.
    #[method("($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(true)
    }

    /// Returns True if the IO object can be written.
    #[method("($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(true)
    }

    /// Returns True if the IO object can be seeked.
    #[method("($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(true)
    }

    /// Does nothing.
    #[method("($self, /)")]
    fn flush(&self) -> PyResult<()> {
        self.check_open()
    }

    /// Get a read-write view over the contents of the BytesIO object.
    #[method("($self, /)")]
    fn getbuffer(this: &Ref<Self>) -> PyResult<Ref<MemoryView>> {
        this.check_open()?;
        Ok(MemoryView::of_view(this.bytes.export(this.as_value())))
    }

    /// Retrieve the entire contents of the BytesIO object.
    #[method("($self, /)")]
    fn getvalue(&self) -> PyResult<Ref<Bytes>> {
        self.check_open()?;
        Ok(self.bytes.with(Bytes::new))
    }

    /// Always returns False.
    ///
    /// BytesIO objects are not connected to a TTY-like device.
    #[method("($self, /)")]
    fn isatty(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(false)
    }

    /// Current file position, an integer.
    #[method("($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.check_open()?;
        Ok(self.position.get())
    }

    /// Read at most size bytes, returned as a bytes object.
    ///
    /// If the size argument is negative, read until EOF is reached.
    /// Return an empty bytes object at EOF.
    #[method("($self, size=-1, /)")]
    fn read(&self, size: Option<&Value>) -> PyResult<Ref<Bytes>> {
        let size = limit_of(size_argument(size)?);
        self.check_open()?;
        Ok(self.take(size))
    }

    /// Read at most size bytes, returned as a bytes object.
    ///
    /// If the size argument is negative or omitted, read until EOF is reached.
    /// Return an empty bytes object at EOF.
    #[method("($self, size=-1, /)")]
    fn read1(&self, size: Option<&Value>) -> PyResult<Ref<Bytes>> {
        let size = limit_of(size_argument(size)?);
        self.check_open()?;
        Ok(self.take(size))
    }

    /// Next line from the file, as a bytes object.
    ///
    /// Retain newline.  A non-negative size argument limits the maximum
    /// number of bytes to return (an incomplete line may be returned then).
    /// Return an empty bytes object at EOF.
    #[method("($self, size=-1, /)")]
    fn readline(&self, size: Option<&Value>) -> PyResult<Ref<Bytes>> {
        let size = limit_of(size_argument(size)?);
        self.check_open()?;
        Ok(self.take_line(size))
    }

    /// List of bytes objects, each a line from the file.
    ///
    /// Call readline() repeatedly and return a list of the lines so read.
    /// The optional size argument, if given, is an approximate bound on the
    /// total number of bytes in the lines returned.
    #[method("($self, size=None, /)")]
    fn readlines(&self, size: Option<&Value>) -> PyResult<Ref<List>> {
        let bound = limit_of(size_argument(size)?).filter(|&bound| bound > 0);
        self.check_open()?;
        let mut lines = Vec::new();
        let mut total = 0;
        loop {
            let line = self.take_line(None);
            if line.is_empty() {
                break;
            }
            total += line.len();
            lines.push(line.into_value());
            if bound.is_some_and(|bound| total >= bound) {
                break;
            }
        }
        Ok(List::new(lines))
    }

    /// Read bytes into buffer.
    ///
    /// Returns number of bytes read (0 for EOF), or None if the object
    /// is set not to block and has no data to read.
    #[method("($self, buffer, /)")]
    fn readinto(&self, buffer: WritableBytes) -> PyResult<usize> {
        self.check_open()?;
        let taken = self.take(Some(buffer.len()));
        buffer.with(|place| place[..taken.len()].copy_from_slice(taken.as_slice()));
        Ok(taken.len())
    }

    /// Truncate the file to at most size bytes.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is unchanged.  Returns the new size.
    #[method("($self, size=None, /)")]
    fn truncate(&self, size: Option<&Value>) -> PyResult<usize> {
        self.check_open()?;
        self.bytes.check_resizable()?;
        let size = match size_argument(size)? {
            None => self.position.get(),
            Some(size) => match usize::try_from(size) {
                Ok(size) => size,
                Err(_) => bail!(ValueError, "negative size value {size}"),
            },
        };
        self.bytes.resize_with(|bytes| bytes.truncate(size))?;
        Ok(size)
    }

    /// Change stream position.
    ///
    /// Seek to byte offset pos relative to position indicated by whence:
    ///      0  Start of stream (the default).  pos should be >= 0;
    ///      1  Current position - pos may be negative;
    ///      2  End of stream - pos usually negative.
    /// Returns the new absolute position.
    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32) -> PyResult<usize> {
        self.check_open()?;
        if pos < 0 && whence == 0 {
            bail!(ValueError, "negative seek value {pos}");
        }
        let from = match whence {
            0 => 0,
            1 => self.position.get(),
            2 => self.bytes.len(),
            _ => bail!(ValueError, "invalid whence ({whence}, should be 0, 1 or 2)"),
        };
        let Some(target) = (from as isize).checked_add(pos) else {
            bail!(OverflowError, "new position too large");
        };
        self.position.set(usize::try_from(target).unwrap_or(0));
        Ok(self.position.get())
    }

    /// Write bytes to file.
    ///
    /// Return the number of bytes written.
    #[method("($self, b, /)")]
    fn write(&self, b: &Value) -> PyResult<usize> {
        self.check_open()?;
        self.bytes.check_resizable()?;
        self.put(BytesLike::of(b)?.as_bytes())
    }

    /// Write lines to the file.
    ///
    /// Note that newlines are not added.  lines can be any iterable object
    /// producing bytes-like objects. This is equivalent to calling write() for
    /// each element.
    #[method("($self, lines, /)")]
    fn writelines(&self, lines: &Value) -> PyResult<()> {
        self.check_open()?;
        protocol::iterate(lines, |line| {
            self.check_open()?;
            self.put(BytesLike::of(&line)?.as_bytes()).map(drop)
        })
    }

    /// Disable all I/O operations.
    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.bytes.check_resizable()?;
        self.bytes.resize_with(|bytes| *bytes = Vec::new())?;
        self.is_closed.set(true);
        Ok(())
    }

    /// True if the file is closed.
    #[getter]
    fn closed(&self) -> bool {
        self.is_closed.get()
    }

    #[method("($self, /)", nosig)]
    fn __getstate__(this: &Ref<Self>) -> PyResult<Ref<Tuple>> {
        this.check_open()?;
        let value = this.bytes.with(Bytes::new).into_value();
        Ok(Tuple::from_array([
            value,
            int::from_usize(this.position.get()),
            attributes(this.as_value()),
        ]))
    }

    #[method("($self, state, /)", nosig)]
    fn __setstate__(this: &Ref<Self>, state: &Value) -> PyResult<()> {
        let class = this.class().display_name();
        let Some([initial, position, attributes]) =
            state.downcast::<Tuple>().map(|state| state.as_slice())
        else {
            bail!(
                TypeError,
                "{class}.__setstate__ argument should be 3-tuple, got {}",
                state.class().display_name()
            );
        };
        this.bytes.check_resizable()?;
        let initial = BytesLike::of(initial)?.as_bytes().to_vec();
        this.bytes.resize_with(|bytes| *bytes = initial)?;
        this.is_closed.set(false);
        if !int::is_int(position) {
            bail!(
                TypeError,
                "second item of state must be an integer, not {}",
                position.class().display_name()
            );
        }
        match usize::try_from(int::as_isize(position)?) {
            Ok(position) => this.position.set(position),
            Err(_) => bail!(ValueError, "position value cannot be negative"),
        }
        restore_attributes(this.as_value(), attributes, "third")
    }

    #[method("($self, /)", nosig)]
    fn __sizeof__(this: &Ref<Self>) -> usize {
        instance::size_of_object(this.as_value()) + this.bytes.capacity()
    }

    #[slot(iter)]
    fn iter(this: &Ref<Self>) -> PyResult<Ref<Self>> {
        this.check_open()?;
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<Self>) -> PyResult<Option<Value>> {
        if !super::base::is_exactly::<BytesIo>(this.as_value()) {
            let line = protocol::call_method(this.as_value(), id!("readline"), &[])?;
            return Ok(if protocol::len(&line)? == 0 {
                None
            } else {
                Some(line)
            });
        }
        this.check_open()?;
        let line = this.take_line(None);
        Ok(if line.is_empty() {
            None
        } else {
            Some(line.into_value())
        })
    }
}

/// A copy of the attributes of a file, or None.
pub fn attributes(file: &Value) -> Value {
    match instance::attributes(file) {
        Some(table) => {
            let dict = table.ensure_dict(file.class());
            if dict.is_empty() {
                Value::NONE
            } else {
                dict.copy().into_value()
            }
        }
        None => Value::NONE,
    }
}

/// Gives a file the attributes that [`attributes`] answered.
pub fn restore_attributes(file: &Value, state: &Value, place: &str) -> PyResult<()> {
    if state.is_none() {
        return Ok(());
    }
    let Some(attributes) = state.downcast::<Dict>() else {
        bail!(
            TypeError,
            "{place} item of state should be a dict, got a {}",
            state.class().display_name()
        );
    };
    match instance::attributes(file) {
        Some(table) => table.ensure_dict(file.class()).update(attributes),
        None => Ok(()),
    }
}
