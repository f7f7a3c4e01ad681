//! The standard streams.
//!
//! Until the module `_io` can make real ones, and where it cannot, stdout and stderr are [`StdPrinter`]s, which write
//! to a file descriptor without buffer or encoding.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Payload;
use taipan_objects::exceptions;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, int, protocol, runtime};

use super::set;
use crate::{blocking, config, sys};

/// The payload of the class `stderrprinter`.
#[class(name = "stderrprinter", flags(NO_INSTANTIATION))]
pub struct StdPrinter {
    #[untraced]
    descriptor: i32,
}

#[methods]
impl StdPrinter {
    #[slot(repr)]
    fn repr(this: &Ref<StdPrinter>) -> String {
        format!(
            "<stderrprinter(fd={}) object at {:#x}>",
            this.descriptor,
            this.as_value().id()
        )
    }

    /// Write a text.
    #[method("($self, text, /)")]
    fn write(&self, text: &Ref<Str>) -> PyResult<usize> {
        let bytes = text.to_display().into_owned().into_bytes();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match blocking::retry(|| sys::file::write(self.descriptor, rest))? {
                Ok(written) => rest = &rest[written..],
                Err(error) => return Err(exceptions::os_error::os_error(&error, None)),
            }
        }
        Ok(text.len())
    }

    /// Do nothing: nothing is buffered.
    #[method("($self)")]
    fn flush(&self) {}

    /// Return the file descriptor.
    #[method("($self)")]
    fn fileno(&self) -> i32 {
        self.descriptor
    }

    /// Return whether the descriptor is a terminal's.
    #[method("($self)")]
    fn isatty(&self) -> bool {
        is_terminal(self.descriptor)
    }

    #[getter]
    fn closed(&self) -> bool {
        false
    }

    #[getter]
    fn encoding(&self) -> &'static str {
        "utf-8"
    }

    #[getter]
    fn mode(&self) -> &'static str {
        "w"
    }
}

fn is_terminal(descriptor: i32) -> bool {
    sys::file::isatty(descriptor)
}

fn is_open(descriptor: i32) -> bool {
    sys::file::fcntl(descriptor, libc::F_GETFD, 0).is_ok()
}

fn set_stream(name: &str, stream: Value) {
    set(name, stream.clone());
    set(&format!("__{name}__"), stream);
}

/// Streams that errors of the start can be shown on.
pub(super) fn prepare() {
    StdPrinter::init_class();
    set_stream("stdin", Value::NONE);
    for (name, descriptor) in [("stdout", 1), ("stderr", 2)] {
        set_stream(
            name,
            heap::new_object(StdPrinter::class(), StdPrinter { descriptor }).into_value(),
        );
    }
}

/// One of the standard streams.
struct Standard {
    descriptor: i32,
    name: &'static str,
    writes: bool,
}

/// Opens `sys.stdin`, `sys.stdout` and `sys.stderr`.
pub fn open_streams() -> PyResult<()> {
    if !config::get().standard_streams || crate::find("_io").is_none() {
        return Ok(());
    }
    let io = runtime::import_module("io")?;
    let open = protocol::getattr(&io, id!("open"))?;
    crate::startup::builtins_module().set("open", open.clone());
    for (standard, attribute) in [
        (
            Standard {
                descriptor: 0,
                name: "<stdin>",
                writes: false,
            },
            "stdin",
        ),
        (
            Standard {
                descriptor: 1,
                name: "<stdout>",
                writes: true,
            },
            "stdout",
        ),
        (
            Standard {
                descriptor: 2,
                name: "<stderr>",
                writes: true,
            },
            "stderr",
        ),
    ] {
        set_stream(attribute, open_stream(&io, &open, &standard)?);
    }
    Ok(())
}

fn open_stream(io: &Value, open: &Value, standard: &Standard) -> PyResult<Value> {
    if !is_open(standard.descriptor) || !sys::descriptors::was_open(standard.descriptor) {
        return Ok(Value::NONE);
    }
    if !standard.writes
        && sys::file::fstat(standard.descriptor)
            .is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFDIR)
    {
        bail!(IsADirectoryError, "<stdin> is a directory, cannot continue");
    }
    let config = config::get();
    let unbuffered = config.unbuffered && standard.writes;
    let mode = if standard.writes {
        id!("wb")
    } else {
        id!("rb")
    };
    let buffering = int::new(if unbuffered { 0 } else { -1 });
    let arguments = [
        int::new(standard.descriptor.into()),
        mode.to_value(),
        buffering,
        Value::NONE,
        Value::NONE,
        Value::NONE,
        Value::FALSE,
    ];
    let buffer = protocol::call_positional(open, &arguments)?;
    let raw = if unbuffered {
        buffer.clone()
    } else {
        protocol::getattr(&buffer, id!("raw"))?
    };
    protocol::setattr(&raw, id!("name"), Str::intern(standard.name).as_value())?;
    let interactive = is_terminal(standard.descriptor) || config.interactive;
    let (encoding, errors) = encoding_of(standard)?;
    let line_buffering = standard.descriptor == 2 || (interactive && !unbuffered);
    let values = [
        buffer,
        encoding,
        Str::new(&errors).into_value(),
        // What is read has its line ends translated, what is written does not need to on this system.
        if standard.writes {
            id!("\n").to_value()
        } else {
            Value::NONE
        },
        Value::from_bool(line_buffering),
        Value::from_bool(unbuffered),
    ];
    let names = [
        "encoding",
        "errors",
        "newline",
        "line_buffering",
        "write_through",
    ]
    .map(|name| Str::intern(name).into_value());
    let class = protocol::getattr(io, id!("TextIOWrapper"))?;
    let stream = protocol::call(&class, Args::new(&values, &names))?;
    protocol::setattr(
        &stream,
        id!("mode"),
        if standard.writes { id!("w") } else { id!("r") }.as_value(),
    )?;
    Ok(stream)
}

/// The encoding and the error handler of a stream.
fn encoding_of(standard: &Standard) -> PyResult<(Value, String)> {
    let given = config::get().io_encoding.clone();
    let (encoding, errors) = given.unwrap_or_default();
    let lenient = config::get().utf8_mode || config::locale::is_lenient();
    let errors = match errors {
        _ if standard.descriptor == 2 => "backslashreplace".to_owned(),
        Some(errors) => errors,
        None if encoding.is_none() && lenient => "surrogateescape".to_owned(),
        None => "strict".to_owned(),
    };
    let encoding = match encoding {
        // The codec's own name for it, which an unknown one does not have.
        Some(encoding) => {
            let codec = protocol::call1(
                &runtime::import_attribute("codecs", "lookup")?,
                Str::new(&encoding).as_value(),
            )?;
            protocol::getattr(&codec, id!("name"))?
        }
        None => id!("utf-8").to_value(),
    };
    Ok((encoding, errors))
}
