//! `posix`: the system calls, as `os` presents them.
//!
//! Each file holds one part of the module and lists its functions and constants. Arguments convert through the types of
//! [`arguments`]; every call that can block gives the interpreter lock up. Invariant: a descriptor made here is not
//! inherited by new programs, unless the function says otherwise (PEP 446).

pub mod arguments;
mod attributes;
mod constants;
mod environment;
mod files;
mod identity;
mod names;
mod path_text;
mod paths;
pub mod process;
mod scandir;
mod schedule;
mod spawn;
pub mod stat;
pub mod system;

pub use files::reserve;

taipan_macros::define_module!(
    name = "posix",
    doc = "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard (a thinly\ndisguised Unix interface).  Refer to the library manual and\ncorresponding Unix manual entries for more information on calls.",
    classes(scandir::DirEntry),
    parts(
        attributes,
        environment,
        files,
        identity,
        path_text,
        paths,
        process,
        scandir,
        schedule,
        spawn,
        stat,
        system,
        constants
    ),
    init = init,
);

fn init(
    _: &taipan_objects::value::Ref<taipan_objects::module::Module>,
) -> taipan_objects::raised::PyResult<()> {
    scandir::ScandirIterator::init_class();
    Ok(())
}
