//! The native modules of the standard library: what CPython writes in C, and `rustpython-pylib` imports.
//!
//! A module is a [`ModuleDef`] made by the macros; [`MODULES`] is the one list of them, a line each, sorted by name. The
//! import system asks [`find`] before it looks anywhere else. Modules meet the operating system through [`sys`], the only
//! unsafe code here, and its blocking calls through [`blocking`], which gives the interpreter lock up meanwhile.
//! Invariant: no module function panics on what a program can pass.

pub mod blocking;
pub mod bytes_like;
pub mod filesystem;
pub mod io;
pub mod os_result;
pub mod posix;
pub mod sys;

use taipan_objects::native::ModuleDef;

/// Every native module.
pub static MODULES: &[fn() -> &'static ModuleDef] = &[
    io::definition,
    posix::definition,
];

/// The native module of this name.
pub fn find(name: &str) -> Option<&'static ModuleDef> {
    MODULES.iter().map(|definition| definition()).find(|definition| definition.name == name)
}

/// The names of all native modules, for `sys.builtin_module_names`.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|definition| definition().name)
}
