//! `_io`: files, from the descriptor up to text.
//!
//! [`file`] is the raw file, [`buffered`] stands on raw files, [`text`] on buffered ones; [`bytes_io`] and [`string_io`]
//! are files in memory. [`base`] holds what all have in common. A layer calls the one below directly where that is of the
//! plain class, and through Python methods where it is not, so subclasses and other people's files work everywhere.

pub mod base;
pub mod buffered;
pub mod bytes_io;
pub mod file;
pub mod lock;
pub mod newline;
pub mod open;
pub mod string_io;
pub mod text;

use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type, new_class};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Ref;
use taipan_objects::{id, int};

/// `io.DEFAULT_BUFFER_SIZE`.
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

taipan_macros::define_module!(
    name = "_io",
    doc = "The io module provides the Python interfaces to stream handling. The\nbuiltin open function is defined in this module.\n\nAt the top of the I/O hierarchy is the abstract base class IOBase. It\ndefines the basic interface to a stream. Note, however, that there is no\nseparation between reading and writing to streams; implementations are\nallowed to raise an OSError if they do not support a given operation.",
    classes(
        base::IoBase,
        base::RawIoBase,
        base::BufferedIoBase,
        base::TextIoBase,
        file::FileIo,
        buffered::BufferedReader,
        buffered::BufferedWriter,
        buffered::BufferedRandom,
        buffered::BufferedRWPair,
        bytes_io::BytesIo,
        string_io::StringIo,
        newline::IncrementalNewlineDecoder,
        text::TextIo
    ),
    functions(open::open, open::open_code, open::text_encoding),
    init = init,
);

fn init(module: &Ref<Module>) -> PyResult<()> {
    module.set("DEFAULT_BUFFER_SIZE", int::from_usize(DEFAULT_BUFFER_SIZE));
    module.set("BlockingIOError", ExceptionKind::BlockingIOError.class());
    module.set("UnsupportedOperation", unsupported_operation()?);
    Ok(())
}

/// `class UnsupportedOperation(OSError, ValueError)`, made once.
fn unsupported_operation() -> PyResult<Ref<Type>> {
    if let Some(class) = base::UNSUPPORTED_OPERATION.get() {
        return Ok(class);
    }
    lock::prepare_for_forks();
    let bases =
        [ExceptionKind::OSError, ExceptionKind::ValueError].map(|kind| kind.class().to_value());
    let namespace = Dict::new();
    namespace.set_str(id!("__module__"), id!("io").to_value());
    let name = id!("UnsupportedOperation");
    let class = new_class(
        Type::class(),
        name,
        &Tuple::from_array(bases),
        &namespace,
        Args::EMPTY,
    )?;
    base::UNSUPPORTED_OPERATION.set(Some(class.clone()));
    Ok(class)
}
