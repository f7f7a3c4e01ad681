//! `BufferedRWPair`: a reader and a writer over two raw files, as one file.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

use super::{BufferedReader, BufferedWriter};
use crate::io::base::{BufferedIoBase, both_errors, check_readable, check_writable, refuse_pickle};

/// The payload of `BufferedRWPair`.
#[class(
    name = "BufferedRWPair",
    module = "_io",
    extends = BufferedIoBase,
    flags(BASETYPE, FINALIZER),
    doc = "A buffered reader and writer object together.\n\nA buffered reader object and buffered writer object put together to\nform a sequential IO object that can read and write. This is typically\nused with a socket or two-way pipe.\n\nreader and writer are RawIOBase objects that are readable and\nwriteable respectively. If the buffer_size is omitted it defaults to\nDEFAULT_BUFFER_SIZE."
)]
#[derive(Default)]
#[repr(C)]
pub struct BufferedRWPair {
    base: BufferedIoBase,
    reader: Slot,
    writer: Slot,
}

fn uninitialized() -> taipan_objects::raised::Raised {
    taipan_objects::exc!(ValueError, "I/O operation on uninitialized object")
}

impl BufferedRWPair {
    fn to_reader(&self, method: &'static Ref<Str>, args: &[Value]) -> PyResult<Value> {
        protocol::call_method(&self.reader.get().ok_or_else(uninitialized)?, method, args)
    }

    fn to_writer(&self, method: &'static Ref<Str>, args: &[Value]) -> PyResult<Value> {
        protocol::call_method(&self.writer.get().ok_or_else(uninitialized)?, method, args)
    }
}

#[methods]
impl BufferedRWPair {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, BufferedRWPair::default()).into_value()
    }

    #[init("(reader, writer, buffer_size=131072, /)")]
    fn init(this: &Ref<Self>, reader: &Value, writer: &Value, buffer_size: isize) -> PyResult<()> {
        check_readable(reader)?;
        check_writable(writer)?;
        if buffer_size <= 0 {
            bail!(ValueError, "buffer size must be strictly positive");
        }
        let size = int::new(buffer_size as i64);
        let reader = protocol::call2(BufferedReader::class().as_value(), reader, &size)?;
        let writer = protocol::call2(BufferedWriter::class().as_value(), writer, &size)?;
        this.reader.set(Some(reader));
        this.writer.set(Some(writer));
        Ok(())
    }

    #[method(nosig)]
    fn read(&self, args: Args<'_>) -> PyResult<Value> {
        self.to_reader(id!("read"), args.values())
    }

    #[method(nosig)]
    fn peek(&self, args: Args<'_>) -> PyResult<Value> {
        self.to_reader(id!("peek"), args.values())
    }

    #[method(nosig)]
    fn read1(&self, args: Args<'_>) -> PyResult<Value> {
        self.to_reader(id!("read1"), args.values())
    }

    #[method(nosig)]
    fn readinto(&self, args: Args<'_>) -> PyResult<Value> {
        self.to_reader(id!("readinto"), args.values())
    }

    #[method(nosig)]
    fn readinto1(&self, args: Args<'_>) -> PyResult<Value> {
        self.to_reader(id!("readinto1"), args.values())
    }

    #[method(nosig)]
    fn write(&self, args: Args<'_>) -> PyResult<Value> {
        self.to_writer(id!("write"), args.values())
    }

    #[method("($self, /)", nosig)]
    fn flush(&self) -> PyResult<Value> {
        self.to_writer(id!("flush"), &[])
    }

    #[method("($self, /)", nosig)]
    fn readable(&self) -> PyResult<Value> {
        self.to_reader(id!("readable"), &[])
    }

    #[method("($self, /)", nosig)]
    fn writable(&self) -> PyResult<Value> {
        self.to_writer(id!("writable"), &[])
    }

    #[method("($self, /)", nosig)]
    fn close(&self) -> PyResult<Value> {
        let writer = self.to_writer(id!("close"), &[]);
        let reader = self.to_reader(id!("close"), &[]);
        both_errors(writer, reader)
    }

    #[method("($self, /)", nosig)]
    fn isatty(&self) -> PyResult<Value> {
        let writer = self.to_writer(id!("isatty"), &[])?;
        if writer.is_true() {
            Ok(writer)
        } else {
            self.to_reader(id!("isatty"), &[])
        }
    }

    #[method("($self, /)", nosig)]
    fn __getstate__(this: &Value) -> PyResult<()> {
        Err(refuse_pickle(this))
    }

    #[getter]
    fn closed(&self) -> PyResult<Value> {
        match self.writer.get() {
            Some(writer) => protocol::getattr(&writer, id!("closed")),
            None => bail!(
                RuntimeError,
                "the BufferedRWPair object is being garbage-collected"
            ),
        }
    }
}
