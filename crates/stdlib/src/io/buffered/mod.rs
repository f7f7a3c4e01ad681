//! Buffered binary files: `BufferedReader`, `BufferedWriter`, `BufferedRandom` and `BufferedRWPair`.
//!
//! The first three are one [`core::Buffer`] with different methods; what they have in common is written once, in the
//! macros below, and put on each class.

mod core;
mod pair;
mod raw;
mod reading;
mod writing;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bytes::Bytes;
use taipan_objects::class::Type;
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id};

pub use core::Buffer;
pub use pair::BufferedRWPair;

use super::base::{BufferedIoBase, limit_of, refuse_pickle, size_argument};
use crate::bytes_like::{BytesLike, WritableBytes};

macro_rules! buffered_class {
    ($(#[$class:meta])* $name:ident, $parts:tt, $doc:literal, $python:literal) => {
        $(#[$class])*
        #[class(name = $python, module = "_io", extends = BufferedIoBase, flags(BASETYPE, FINALIZER), parts $parts, doc = $doc)]
        #[derive(Default)]
        #[repr(C)]
        pub struct $name {
            base: BufferedIoBase,
            /// The buffer and the raw file.
            pub buffer: Buffer,
        }
    };
}

buffered_class! {
    /// The payload of `BufferedReader`.
    BufferedReader, (common, reading), "Create a new buffered reader using the given readable raw IO object.", "BufferedReader"
}
buffered_class! {
    /// The payload of `BufferedWriter`.
    BufferedWriter, (common, writing), "A buffer for a writeable sequential RawIO object.\n\nThe constructor creates a BufferedWriter for the given writeable raw\nstream. If the buffer_size is not given, it defaults to\nDEFAULT_BUFFER_SIZE.", "BufferedWriter"
}
buffered_class! {
    /// The payload of `BufferedRandom`.
    BufferedRandom, (common, reading, writing), "A buffered interface to random access streams.\n\nThe constructor creates a reader and writer for a seekable stream,\nraw, given in the first argument. If the buffer_size is omitted it\ndefaults to DEFAULT_BUFFER_SIZE.", "BufferedRandom"
}

/// `<_io.BufferedReader name='x'>`.
fn show(file: &Value) -> PyResult<String> {
    let class = file.class().display_name();
    let name = match protocol::getattr_optional(file, id!("name")) {
        Ok(name) => name,
        // A file whose raw file is gone is shown without a name.
        Err(raised) if raised.is(taipan_objects::exceptions::ExceptionKind::ValueError) => None,
        Err(raised) => return Err(raised),
    };
    let Some(name) = name else {
        return Ok(format!("<{class}>"));
    };
    let Some(_guard) = protocol::repr_guard(file) else {
        bail!(RuntimeError, "reentrant call inside {class}.__repr__");
    };
    Ok(format!(
        "<{class} name={}>",
        protocol::repr(&name)?.to_display()
    ))
}

/// What all buffered files over one raw file can do.
macro_rules! common_methods {
    ($name:ident) => {
        #[methods(part = common)]
        impl $name {
            #[slot(new)]
            fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
                heap::new_object(class, $name::default()).into_value()
            }

            #[method("($self, /)")]
            fn detach(this: &Ref<Self>) -> PyResult<Value> {
                this.buffer.detach(this.as_value())
            }

            #[method("($self, /)")]
            fn close(this: &Ref<Self>) -> PyResult<Value> {
                this.buffer
                    .close(this.as_value(), this.base.base.finalizing.get())
            }

            #[method("($self, /)")]
            fn seekable(&self) -> PyResult<Value> {
                protocol::call_method(&self.buffer.raw()?, id!("seekable"), &[])
            }

            #[method("($self, /)")]
            fn fileno(&self) -> PyResult<Value> {
                protocol::call_method(&self.buffer.raw()?, id!("fileno"), &[])
            }

            #[method("($self, /)")]
            fn isatty(&self) -> PyResult<Value> {
                protocol::call_method(&self.buffer.raw()?, id!("isatty"), &[])
            }

            #[method("($self, source, /)", nosig)]
            fn _dealloc_warn(&self, source: &Value) {
                if let Some(raw) = self.buffer.raw.get() {
                    let _ = protocol::call_method(
                        &raw,
                        id!("_dealloc_warn"),
                        std::slice::from_ref(source),
                    );
                }
            }

            #[method("($self, /)")]
            fn tell(&self) -> PyResult<i64> {
                self.buffer.tell()
            }

            #[method("($self, target, whence=0, /)")]
            fn seek(this: &Ref<Self>, target: &Value, whence: i32) -> PyResult<i64> {
                this.buffer.seek(this.as_value(), target, whence)
            }

            #[method("($self, pos=None, /)")]
            fn truncate(this: &Ref<Self>, pos: Option<&Value>) -> PyResult<Value> {
                this.buffer.truncate(this.as_value(), pos)
            }

            #[method("($self, /)", nosig)]
            fn __getstate__(this: &Value) -> PyResult<()> {
                Err(refuse_pickle(this))
            }

            #[method("($self, /)", nosig)]
            fn __sizeof__(this: &Ref<Self>) -> usize {
                taipan_objects::instance::size_of_object(this.as_value())
                    + this.buffer.memory.borrow().capacity()
            }

            #[getter(member)]
            fn raw(&self) -> Option<Value> {
                self.buffer.raw.get()
            }

            #[getter]
            fn closed(&self) -> PyResult<Value> {
                protocol::getattr(&self.buffer.raw()?, id!("closed"))
            }

            #[getter]
            fn name(&self) -> PyResult<Value> {
                protocol::getattr(&self.buffer.raw()?, id!("name"))
            }

            #[getter]
            fn mode(&self) -> PyResult<Value> {
                protocol::getattr(&self.buffer.raw()?, id!("mode"))
            }

            #[slot(repr)]
            fn repr(this: &Value) -> PyResult<String> {
                show(this)
            }
        }
    };
}
common_methods!(BufferedReader);
common_methods!(BufferedWriter);
common_methods!(BufferedRandom);

/// What buffered files that can be read can do.
macro_rules! reading_methods {
    ($name:ident) => {
        #[methods(part = reading)]
        impl $name {
            #[method("($self, /)")]
            fn readable(&self) -> PyResult<Value> {
                protocol::call_method(&self.buffer.raw()?, id!("readable"), &[])
            }

            #[method("($self, size=-1, /)")]
            fn read(this: &Ref<Self>, size: Option<&Value>) -> PyResult<Value> {
                this.buffer.read(this.as_value(), size_argument(size)?)
            }

            #[method("($self, size=0, /)")]
            fn peek(this: &Ref<Self>, _size: isize) -> PyResult<Ref<Bytes>> {
                this.buffer.peek(this.as_value())
            }

            #[method("($self, size=-1, /)")]
            fn read1(this: &Ref<Self>, size: isize) -> PyResult<Ref<Bytes>> {
                this.buffer.read_once(this.as_value(), size)
            }

            #[method("($self, buffer, /)")]
            fn readinto(this: &Ref<Self>, buffer: WritableBytes) -> PyResult<Option<usize>> {
                this.buffer.read_into(this.as_value(), &buffer, false)
            }

            #[method("($self, buffer, /)")]
            fn readinto1(this: &Ref<Self>, buffer: WritableBytes) -> PyResult<Option<usize>> {
                this.buffer.read_into(this.as_value(), &buffer, true)
            }

            #[method("($self, size=-1, /)")]
            fn readline(this: &Ref<Self>, size: Option<&Value>) -> PyResult<Ref<Bytes>> {
                this.buffer
                    .read_line(this.as_value(), limit_of(size_argument(size)?))
            }

            #[slot(next)]
            fn next(this: &Ref<Self>) -> PyResult<Option<Value>> {
                if super::base::is_exactly::<$name>(this.as_value()) {
                    let line = this.buffer.read_line(this.as_value(), None)?;
                    return Ok(if line.is_empty() {
                        None
                    } else {
                        Some(line.into_value())
                    });
                }
                let line = protocol::call_method(this.as_value(), id!("readline"), &[])?;
                let Some(bytes) = line.downcast::<Bytes>() else {
                    bail!(
                        OSError,
                        "readline() should have returned a bytes object, not '{}'",
                        line.class().name()
                    );
                };
                Ok(if bytes.is_empty() { None } else { Some(line) })
            }
        }
    };
}
reading_methods!(BufferedReader);
reading_methods!(BufferedRandom);

/// What buffered files that can be written can do.
macro_rules! writing_methods {
    ($name:ident) => {
        #[methods(part = writing)]
        impl $name {
            #[method("($self, /)")]
            fn writable(&self) -> PyResult<Value> {
                protocol::call_method(&self.buffer.raw()?, id!("writable"), &[])
            }

            /// Write buffer b to the IO stream.
            ///
            /// Return the number of bytes written, which is always
            /// the length of b in bytes.
            ///
            /// Raise BlockingIOError if the buffer is full and the
            /// underlying raw stream cannot accept more data at the moment.
            #[method("($self, buffer, /)")]
            fn write(this: &Ref<Self>, buffer: BytesLike) -> PyResult<usize> {
                this.buffer.write(this.as_value(), buffer.as_bytes())
            }

            #[method("($self, /)")]
            fn flush(this: &Ref<Self>) -> PyResult<()> {
                this.buffer.flush(this.as_value())
            }
        }
    };
}
writing_methods!(BufferedWriter);
writing_methods!(BufferedRandom);

#[methods]
impl BufferedReader {
    #[init("(raw, buffer_size=131072)")]
    fn init(this: &Ref<Self>, raw: &Value, buffer_size: isize) -> PyResult<()> {
        super::base::check_readable(raw)?;
        this.buffer
            .start(this.as_value(), raw, buffer_size, true, false)
    }

    #[method("($self, /)")]
    fn flush(&self) -> PyResult<Value> {
        protocol::call_method(&self.buffer.raw()?, id!("flush"), &[])
    }
}

#[methods]
impl BufferedWriter {
    #[init("(raw, buffer_size=131072)")]
    fn init(this: &Ref<Self>, raw: &Value, buffer_size: isize) -> PyResult<()> {
        super::base::check_writable(raw)?;
        this.buffer
            .start(this.as_value(), raw, buffer_size, false, true)
    }
}

#[methods]
impl BufferedRandom {
    #[init("(raw, buffer_size=131072)")]
    fn init(this: &Ref<Self>, raw: &Value, buffer_size: isize) -> PyResult<()> {
        super::base::check_seekable(raw)?;
        super::base::check_readable(raw)?;
        super::base::check_writable(raw)?;
        this.buffer
            .start(this.as_value(), raw, buffer_size, true, true)
    }
}

/// The buffer of a plain buffered file, for text files that read and write it directly.
pub fn buffer_of(file: &Value) -> Option<&Buffer> {
    if let Some(reader) = file.downcast_exact::<BufferedReader>() {
        return Some(&reader.buffer);
    }
    if let Some(writer) = file.downcast_exact::<BufferedWriter>() {
        return Some(&writer.buffer);
    }
    file.downcast_exact::<BufferedRandom>()
        .map(|random| &random.buffer)
}
