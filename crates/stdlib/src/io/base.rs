//! `_IOBase` and its three kinds: what every file can do, built from what a class defines.
//!
//! The methods here call one another through the object, so a Python class that defines `read` gets `readline`, iteration
//! and the rest. Every native file begins with an [`IoBase`]. Invariant: `closed` of a base object is set once `flush` was
//! tried, whatever that raised.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bytes::{ByteArray, Bytes};
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::heap;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, id, int};

use super::DEFAULT_BUFFER_SIZE;
use crate::bytes_like::WritableBytes;

/// `io.UnsupportedOperation`, made with the module.
pub static UNSUPPORTED_OPERATION: Slot<Ref<Type>> = Slot::empty();

/// Raises `io.UnsupportedOperation(message)`.
#[cold]
pub fn unsupported(message: &str) -> Raised {
    match UNSUPPORTED_OPERATION.get() {
        Some(class) => exceptions::raise_args(&class, vec![Str::new(message).into_value()]),
        None => exc!(OSError, "{message}"),
    }
}

/// What every file holds.
#[class(
    name = "_IOBase",
    module = "_io",
    flags(BASETYPE, ATTRIBUTES, WEAKREFABLE, FINALIZER),
    doc = "The abstract base class for all I/O classes.\n\nThis class provides dummy implementations for many methods that\nderived classes can override selectively; the default implementations\nrepresent a file that cannot be read, written or seeked.\n\nEven though IOBase does not declare read, readinto, or write because\ntheir signatures will vary, implementations and clients should\nconsider those methods part of the interface. Also, implementations\nmay raise UnsupportedOperation when operations they do not support are\ncalled.\n\nThe basic type used for binary data read from or written to a file is\nbytes. Other bytes-like objects are accepted as method arguments too.\nIn some cases (such as readinto), a writable object is required. Text\nI/O classes work with str data.\n\nNote that calling any method (except additional calls to close(),\nwhich are ignored) on a closed stream should raise a ValueError.\n\nIOBase (and its subclasses) support the iterator protocol, meaning\nthat an IOBase object can be iterated over yielding the lines in a\nstream.\n\nIOBase also supports the :keyword:`with` statement. In this example,\nfp is closed after the suite of the with statement is complete:\n\nwith open('spam.txt', 'r') as fp:\n    fp.write('Spam and eggs!')"
)]
#[derive(Default)]
pub struct IoBase {
    /// What `closed` answers, for files that do not say otherwise.
    pub closed: Cell<bool>,
    /// Set while the object is closed because nothing refers to it any more.
    pub finalizing: Cell<bool>,
}

/// Whether a file says that it is closed.
pub fn is_closed(file: &Value) -> PyResult<bool> {
    protocol::is_true(&protocol::getattr(file, id!("closed"))?)
}

/// ValueError if a file is closed.
pub fn check_closed(file: &Value) -> PyResult<()> {
    if is_closed(file)? {
        bail!(ValueError, "I/O operation on closed file.");
    }
    Ok(())
}

fn check_ability(file: &Value, name: &'static Ref<Str>, message: &str) -> PyResult<Value> {
    let answer = protocol::call_method(file, name, &[])?;
    if !answer.is_true() {
        return Err(unsupported(message));
    }
    Ok(answer)
}

/// UnsupportedOperation unless `file.readable()`.
pub fn check_readable(file: &Value) -> PyResult<Value> {
    check_ability(file, id!("readable"), "File or stream is not readable.")
}

/// UnsupportedOperation unless `file.writable()`.
pub fn check_writable(file: &Value) -> PyResult<Value> {
    check_ability(file, id!("writable"), "File or stream is not writable.")
}

/// UnsupportedOperation unless `file.seekable()`.
pub fn check_seekable(file: &Value) -> PyResult<Value> {
    check_ability(file, id!("seekable"), "File or stream is not seekable.")
}

/// TypeError for files, which hold what no pickle can.
#[cold]
pub fn refuse_pickle(file: &Value) -> Raised {
    exc!(
        TypeError,
        "cannot pickle '{}' instances",
        file.class().display_name()
    )
}

/// Closes a file that nothing refers to any more, unless it is closed. Errors go to `sys.unraisablehook`.
pub fn finalize_file(file: &Value) {
    // A `closed` that cannot be asked belongs to an object that never was usable.
    let Ok(false) = is_closed(file) else { return };
    if let Some(base) = file.downcast::<IoBase>() {
        base.finalizing.set(true);
    }
    if let Err(raised) = protocol::call_method(file, id!("close"), &[]) {
        let shown = match protocol::repr(file) {
            Ok(text) => text.to_display().into_owned(),
            Err(_) => format!("<{}>", file.class().display_name()),
        };
        runtime::unraisable(
            raised,
            Some(&format!("Exception ignored while finalizing file {shown}")),
            None,
        );
    }
}

/// Passes the first of two errors on, with the second as what it is: raised while the first was handled.
pub fn both_errors(first: PyResult<Value>, second: PyResult<Value>) -> PyResult<Value> {
    match (first, second) {
        (Ok(_), answer) => answer,
        (Err(first), Ok(_)) => Err(first),
        (Err(first), Err(second)) => {
            let second = second.into_exception();
            exceptions::link_context(&second, Some(first.into_exception().into_value()));
            Err(Raised::from_exception(second))
        }
    }
}

/// The lines of a file, until `limit` bytes or characters are read.
fn lines(file: &Value, limit: Option<usize>) -> PyResult<Vec<Value>> {
    let mut lines = Vec::new();
    let mut length = 0;
    let iterator = protocol::iter(file)?;
    while let Some(line) = protocol::next(&iterator)? {
        if let Some(limit) = limit {
            length += protocol::len(&line)?;
            lines.push(line);
            if length > limit {
                break;
            }
        } else {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// How many bytes to ask for so that a line is not read past: up to and with the first line feed in `peek()`.
fn line_step(file: &Value, peek: &Option<Value>, left: Option<usize>) -> PyResult<usize> {
    let Some(peek) = peek else { return Ok(1) };
    let ahead = loop {
        match protocol::call1(peek, &int::new(1)) {
            Err(raised) if raised.is(ExceptionKind::InterruptedError) => runtime::check_signals()?,
            answer => break answer?,
        }
    };
    let Some(ahead) = ahead.downcast::<Bytes>() else {
        bail!(
            OSError,
            "peek() should have returned a bytes object, not '{}'",
            ahead.class().name()
        );
    };
    let _ = file;
    let ahead = ahead.as_slice();
    if ahead.is_empty() {
        return Ok(1);
    }
    let ahead = &ahead[..left.map_or(ahead.len(), |left| left.min(ahead.len()))];
    Ok(memchr::memchr(b'\n', ahead).map_or(ahead.len(), |at| at + 1))
}

/// `readline` for files that have `read`, and perhaps `peek`.
fn read_line(file: &Value, limit: Option<usize>) -> PyResult<Ref<Bytes>> {
    let peek = protocol::getattr_optional(file, id!("peek"))?;
    let mut line = Vec::new();
    while limit.is_none_or(|limit| line.len() < limit) {
        let step = line_step(file, &peek, limit.map(|limit| limit - line.len()))?;
        let read = loop {
            match protocol::call_method(file, id!("read"), &[int::from_usize(step)]) {
                Err(raised) if raised.is(ExceptionKind::InterruptedError) => {
                    runtime::check_signals()?
                }
                answer => break answer?,
            }
        };
        let Some(read) = read.downcast::<Bytes>() else {
            bail!(
                OSError,
                "read() should have returned a bytes object, not '{}'",
                read.class().name()
            );
        };
        if read.is_empty() {
            break;
        }
        line.extend_from_slice(read.as_slice());
        if line.last() == Some(&b'\n') {
            break;
        }
    }
    Ok(Bytes::new(&line))
}

/// A size argument: None and negative numbers mean "no limit".
pub fn limit_of(size: Option<isize>) -> Option<usize> {
    size.and_then(|size| usize::try_from(size).ok())
}

#[methods]
impl IoBase {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, IoBase::default()).into_value()
    }

    /// Change the stream position to the given byte offset.
    ///
    ///   offset
    ///     The stream position, relative to 'whence'.
    ///   whence
    ///     The relative position to seek from.
    ///
    /// The offset is interpreted relative to the position indicated by whence.
    /// Values for whence are:
    ///
    /// * os.SEEK_SET or 0 -- start of stream (the default); offset should be zero or positive
    /// * os.SEEK_CUR or 1 -- current stream position; offset may be negative
    /// * os.SEEK_END or 2 -- end of stream; offset is usually negative
    ///
    /// Return the new absolute position.
    #[method("($self, offset, whence=0, /)")]
    fn seek(_this: &Value, _offset: &Value, _whence: i32) -> PyResult<()> {
        Err(unsupported("seek"))
    }

    /// Return current stream position.
    #[method("($self, /)")]
    fn tell(this: &Value) -> PyResult<Value> {
        protocol::call_method(this, id!("seek"), &[int::new(0), int::new(1)])
    }

    /// Truncate file to size bytes.
    ///
    /// File pointer is left unchanged. Size defaults to the current IO position
    /// as reported by tell(). Return the new size.
    #[method("($self, size=None, /)")]
    fn truncate(_this: &Value, _size: Option<&Value>) -> PyResult<()> {
        Err(unsupported("truncate"))
    }

    /// Flush write buffers, if applicable.
    ///
    /// This is not implemented for read-only and non-blocking streams.
    #[method("($self, /)")]
    fn flush(this: &Ref<IoBase>) -> PyResult<()> {
        if this.closed.get() {
            bail!(ValueError, "I/O operation on closed file.");
        }
        Ok(())
    }

    /// Flush and close the IO object.
    ///
    /// This method has no effect if the file is already closed.
    #[method("($self, /)")]
    fn close(this: &Ref<IoBase>) -> PyResult<()> {
        if this.closed.get() {
            return Ok(());
        }
        let flushed = protocol::call_method(this.as_value(), id!("flush"), &[]);
        this.closed.set(true);
        flushed.map(drop)
    }

    /// Return whether object supports random access.
    ///
    /// If False, seek(), tell() and truncate() will raise OSError.
    /// This method may need to do a test seek().
    #[method("($self, /)")]
    fn seekable(&self) -> bool {
        false
    }

    /// Return whether object was opened for reading.
    ///
    /// If False, read() will raise OSError.
    #[method("($self, /)")]
    fn readable(&self) -> bool {
        false
    }

    /// Return whether object was opened for writing.
    ///
    /// If False, write() will raise OSError.
    #[method("($self, /)")]
    fn writable(&self) -> bool {
        false
    }

    #[method("($self, /)", name = "_checkClosed", nosig)]
    fn check_closed_method(this: &Value) -> PyResult<()> {
        check_closed(this)
    }

    #[method("($self, /)", name = "_checkSeekable", nosig)]
    fn check_seekable_method(this: &Value) -> PyResult<Value> {
        check_seekable(this)
    }

    #[method("($self, /)", name = "_checkReadable", nosig)]
    fn check_readable_method(this: &Value) -> PyResult<Value> {
        check_readable(this)
    }

    #[method("($self, /)", name = "_checkWritable", nosig)]
    fn check_writable_method(this: &Value) -> PyResult<Value> {
        check_writable(this)
    }

    /// Return underlying file descriptor if one exists.
    ///
    /// Raise OSError if the IO object does not use a file descriptor.
    #[method("($self, /)")]
    fn fileno(_this: &Value) -> PyResult<()> {
        Err(unsupported("fileno"))
    }

    /// Return whether this is an 'interactive' stream.
    ///
    /// Return False if it can't be determined.
    #[method("($self, /)")]
    fn isatty(this: &Value) -> PyResult<bool> {
        check_closed(this)?;
        Ok(false)
    }

    #[method("($self, /)", nosig)]
    fn __enter__(this: &Value) -> PyResult<Value> {
        check_closed(this)?;
        Ok(this.clone())
    }

    #[method("($self, /, *args)", nosig)]
    fn __exit__(this: &Value, _args: &[Value]) -> PyResult<Value> {
        protocol::call_method(this, id!("close"), &[])
    }

    #[slot(iter)]
    fn iter(this: &Value) -> PyResult<Value> {
        check_closed(this)?;
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Value) -> PyResult<Option<Value>> {
        let line = protocol::call_method(this, id!("readline"), &[])?;
        if protocol::len(&line)? == 0 {
            Ok(None)
        } else {
            Ok(Some(line))
        }
    }

    /// Read and return a line from the stream.
    ///
    /// If size is specified, at most size bytes will be read.
    ///
    /// The line terminator is always b'\n' for binary files; for text
    /// files, the newlines argument to open can be used to select the line
    /// terminator(s) recognized.
    #[method("($self, size=-1, /)")]
    fn readline(this: &Value, size: Option<&Value>) -> PyResult<Ref<Bytes>> {
        read_line(this, limit_of(size_argument(size)?))
    }

    /// Return a list of lines from the stream.
    ///
    /// hint can be specified to control the number of lines read: no more
    /// lines will be read if the total size (in bytes/characters) of all
    /// lines so far exceeds hint.
    #[method("($self, hint=-1, /)")]
    fn readlines(this: &Value, hint: Option<&Value>) -> PyResult<Ref<List>> {
        let hint = limit_of(size_argument(hint)?).filter(|&hint| hint > 0);
        Ok(List::new(lines(this, hint)?))
    }

    /// Write a list of lines to stream.
    ///
    /// Line separators are not added, so it is usual for each of the
    /// lines provided to have a line separator at the end.
    #[method("($self, lines, /)")]
    fn writelines(this: &Value, lines: &Value) -> PyResult<()> {
        check_closed(this)?;
        let iterator = protocol::iter(lines)?;
        while let Some(line) = protocol::next(&iterator)? {
            loop {
                match protocol::call_method(this, id!("write"), std::slice::from_ref(&line)) {
                    Err(raised) if raised.is(ExceptionKind::InterruptedError) => {
                        runtime::check_signals()?
                    }
                    answer => {
                        answer?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    #[getter]
    fn closed(&self) -> bool {
        self.closed.get()
    }

    #[slot(finalize)]
    fn finalize(this: &Value) {
        finalize_file(this);
    }
}

/// A size argument, None allowed, as CPython's `_Py_convert_optional_to_ssize_t` takes it.
pub fn size_argument(size: Option<&Value>) -> PyResult<Option<isize>> {
    match size {
        None => Ok(None),
        Some(none) if none.is_none() => Ok(None),
        Some(size) if int::is_int(size) || size.class().slots.index.get().is_some() => {
            int::as_isize(size).map(Some)
        }
        Some(other) => bail!(
            TypeError,
            "argument should be integer or None, not '{}'",
            other.class().name()
        ),
    }
}

/// What unbuffered binary files hold.
#[class(
    name = "_RawIOBase",
    module = "_io",
    extends = IoBase,
    flags(BASETYPE),
    doc = "Base class for raw binary I/O."
)]
#[derive(Default)]
#[repr(C)]
pub struct RawIoBase {
    /// The part of every file.
    pub base: IoBase,
}

#[methods]
impl RawIoBase {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, RawIoBase::default()).into_value()
    }

    #[method("($self, size=-1, /)")]
    fn read(this: &Value, size: isize) -> PyResult<Value> {
        let Ok(size) = usize::try_from(size) else {
            return protocol::call_method(this, id!("readall"), &[]);
        };
        let buffer = zeroed(size)?;
        let count = protocol::call_method(this, id!("readinto"), &[buffer.to_value()])?;
        if count.is_none() {
            return Ok(count);
        }
        let count = protocol::to_size(&count)?;
        let filled = buffer.cell().with(|bytes| {
            usize::try_from(count)
                .ok()
                .and_then(|count| bytes.get(..count))
                .map(Bytes::new)
        });
        match filled {
            Some(bytes) => Ok(bytes.into_value()),
            None => bail!(
                ValueError,
                "readinto returned {count} outside buffer size {size}"
            ),
        }
    }

    /// Read until EOF, using multiple read() call.
    #[method("($self, /)")]
    fn readall(this: &Value) -> PyResult<Value> {
        let mut all: Option<Vec<u8>> = None;
        loop {
            let chunk = match protocol::call_method(
                this,
                id!("read"),
                &[int::from_usize(DEFAULT_BUFFER_SIZE)],
            ) {
                Err(raised) if raised.is(ExceptionKind::InterruptedError) => {
                    runtime::check_signals()?;
                    continue;
                }
                answer => answer?,
            };
            if chunk.is_none() {
                return Ok(all.map_or(chunk, |all| Bytes::new(&all).into_value()));
            }
            let Some(chunk) = chunk.downcast::<Bytes>() else {
                bail!(TypeError, "read() should return bytes");
            };
            if chunk.is_empty() {
                break;
            }
            all.get_or_insert_default()
                .extend_from_slice(chunk.as_slice());
        }
        Ok(Bytes::new(&all.unwrap_or_default()).into_value())
    }
}

/// A bytearray of zeros, or MemoryError.
pub fn zeroed(size: usize) -> PyResult<Ref<ByteArray>> {
    let mut bytes = Vec::new();
    crate::posix::reserve(&mut bytes, size)?;
    bytes.resize(size, 0);
    Ok(ByteArray::new(bytes))
}

/// What buffered binary files hold.
#[class(
    name = "_BufferedIOBase",
    module = "_io",
    extends = IoBase,
    flags(BASETYPE),
    doc = "Base class for buffered IO objects.\n\nThe main difference with RawIOBase is that the read() method\nsupports omitting the size argument, and does not have a default\nimplementation that defers to readinto().\n\nIn addition, read(), readinto() and write() may raise\nBlockingIOError if the underlying raw stream is in non-blocking\nmode and not ready; unlike their raw counterparts, they will never\nreturn None.\n\nA typical implementation should not inherit from a RawIOBase\nimplementation, but wrap one."
)]
#[derive(Default)]
#[repr(C)]
pub struct BufferedIoBase {
    /// The part of every file.
    pub base: IoBase,
}

/// Fills `buffer` with what the method `name` reads.
fn read_into(this: &Value, buffer: &WritableBytes, name: &'static Ref<Str>) -> PyResult<usize> {
    let read = protocol::call_method(this, name, &[int::from_usize(buffer.len())])?;
    let Some(read) = read.downcast::<Bytes>() else {
        bail!(TypeError, "{}() should return bytes", name.to_display());
    };
    let bytes = read.as_slice();
    if bytes.len() > buffer.len() {
        let (read, room) = (bytes.len(), buffer.len());
        bail!(
            ValueError,
            "{}() returned too much data: {room} bytes requested, {read} returned",
            name.to_display()
        );
    }
    buffer.with(|place| place[..bytes.len()].copy_from_slice(bytes));
    Ok(bytes.len())
}

#[methods]
impl BufferedIoBase {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, BufferedIoBase::default()).into_value()
    }

    #[method("($self, buffer, /)")]
    fn readinto(this: &Value, buffer: WritableBytes) -> PyResult<usize> {
        read_into(this, &buffer, id!("read"))
    }

    #[method("($self, buffer, /)")]
    fn readinto1(this: &Value, buffer: WritableBytes) -> PyResult<usize> {
        read_into(this, &buffer, id!("read1"))
    }

    /// Disconnect this buffer from its underlying raw stream and return it.
    ///
    /// After the raw stream has been detached, the buffer is in an unusable
    /// state.
    #[method("($self, /)")]
    fn detach(_this: &Value) -> PyResult<()> {
        Err(unsupported("detach"))
    }

    /// Read and return up to n bytes.
    ///
    /// If the size argument is omitted, None, or negative, read and
    /// return all data until EOF.
    ///
    /// If the size argument is positive, and the underlying raw stream is
    /// not 'interactive', multiple raw reads may be issued to satisfy
    /// the byte count (unless EOF is reached first).
    /// However, for interactive raw streams (as well as sockets and pipes),
    /// at most one raw read will be issued, and a short result does not
    /// imply that EOF is imminent.
    ///
    /// Return an empty bytes object on EOF.
    ///
    /// Return None if the underlying raw stream was open in non-blocking
    /// mode and no data is available at the moment.
    #[method("($self, size=-1, /)")]
    fn read(_this: &Value, _size: Option<&Value>) -> PyResult<()> {
        Err(unsupported("read"))
    }

    /// Read and return up to size bytes, with at most one read() call to the underlying raw stream.
    ///
    /// Return an empty bytes object on EOF.
    /// A short result does not imply that EOF is imminent.
    #[method("($self, size=-1, /)")]
    fn read1(_this: &Value, _size: Option<&Value>) -> PyResult<()> {
        Err(unsupported("read1"))
    }

    /// Write buffer b to the IO stream.
    ///
    /// Return the number of bytes written, which is always
    /// the length of b in bytes.
    ///
    /// Raise BlockingIOError if the buffer is full and the
    /// underlying raw stream cannot accept more data at the moment.
    #[method("($self, b, /)")]
    fn write(_this: &Value, _b: &Value) -> PyResult<()> {
        Err(unsupported("write"))
    }
}

/// What text files hold.
#[class(
    name = "_TextIOBase",
    module = "_io",
    extends = IoBase,
    flags(BASETYPE),
    doc = "Base class for text I/O.\n\nThis class provides a character and line based interface to stream\nI/O. There is no readinto method because Python's character strings\nare immutable."
)]
#[derive(Default)]
#[repr(C)]
pub struct TextIoBase {
    /// The part of every file.
    pub base: IoBase,
}

#[methods]
impl TextIoBase {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, TextIoBase::default()).into_value()
    }

    /// Separate the underlying buffer from the TextIOBase and return it.
    ///
    /// After the underlying buffer has been detached, the TextIO is in an unusable state.
    #[method("($self, /)")]
    fn detach(_this: &Value) -> PyResult<()> {
        Err(unsupported("detach"))
    }

    /// Read at most size characters from stream.
    ///
    /// Read from underlying buffer until we have size characters or we hit EOF.
    /// If size is negative or omitted, read until EOF.
    #[method("($self, size=-1, /)")]
    fn read(_this: &Value, _size: Option<&Value>) -> PyResult<()> {
        Err(unsupported("read"))
    }

    /// Read until newline or EOF.
    ///
    /// Return an empty string if EOF is hit immediately.
    /// If size is specified, at most size characters will be read.
    #[method("($self, size=-1, /)")]
    fn readline(_this: &Value, _size: Option<&Value>) -> PyResult<()> {
        Err(unsupported("readline"))
    }

    /// Write string s to stream.
    ///
    /// Return the number of characters written
    /// (which is always equal to the length of the string).
    #[method("($self, s, /)")]
    fn write(_this: &Value, _s: &Value) -> PyResult<()> {
        Err(unsupported("write"))
    }

    /// Encoding of the text stream.
    ///
    /// Subclasses should override.
    #[getter]
    fn encoding(&self) -> Option<Value> {
        None
    }

    /// Line endings translated so far.
    ///
    /// Only line endings translated during reading are considered.
    ///
    /// Subclasses should override.
    #[getter]
    fn newlines(&self) -> Option<Value> {
        None
    }

    /// The error setting of the decoder or encoder.
    ///
    /// Subclasses should override.
    #[getter]
    fn errors(&self) -> Option<Value> {
        None
    }
}

/// Whether the class of a file is exactly `T`'s, so that its Rust functions may be called in place of its methods.
#[inline(always)]
pub fn is_exactly<T: Payload>(file: &Value) -> bool {
    file.downcast_exact::<T>().is_some()
}
