//! The native modules of the standard library: what CPython writes in C, and `rustpython-pylib` imports.
//!
//! A module is a [`ModuleDef`] made by the macros; [`MODULES`] is the one list of them, a line each, sorted by name. The
//! import system asks [`find`] before it looks anywhere else. Modules meet the operating system through [`sys`], the only
//! unsafe code here, and its blocking calls through [`blocking`], which gives the interpreter lock up meanwhile.
//! Invariant: no module function panics on what a program can pass.

pub mod abc;
pub mod array;
pub mod ast;
pub mod asyncio;
pub mod atexit;
pub mod binascii;
pub mod bisect;
pub mod blocking;
pub mod builtins;
pub mod bytes_like;
pub mod capsule;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod compile;
pub mod config;
pub mod contextvars;
pub mod csv;
pub mod decimal;
pub mod errno;
pub mod faulthandler;
pub mod fcntl;
pub mod filesystem;
pub mod functools;
pub mod gc;
pub mod grp;
pub mod hashlib;
pub mod heapq;
mod hot_loops;
pub mod import;
pub mod io;
pub mod itertools;
pub mod json;
pub mod locale;
pub mod marshal;
pub mod math;
pub mod mmap;
pub mod monitoring;
pub mod opcode;
pub mod operator;
pub mod os_result;
pub mod pickle;
pub mod posix;
pub mod posixshmem;
pub mod posixsubprocess;
pub mod pwd;
pub mod queue;
pub mod random;
pub mod resource;
pub mod select;
pub mod signal;
pub mod socket;
pub mod sre;
pub mod startup;
pub mod stat;
pub mod statistics;
pub mod string_module;
pub mod struct_module;
pub mod suggestions;
pub mod symtable;
pub mod sys;
pub mod sysconfigdata;
pub mod system;
pub mod termios;
pub mod thread_module;
pub mod tier2;
pub mod time;
pub mod timeout;
pub mod tokenize;
pub mod types;
pub mod typing;
pub mod unicodedata;
pub mod warnings;
pub mod weakref;
pub mod zlib;

use taipan_objects::native::ModuleDef;

/// Every native module.
pub static MODULES: &[fn() -> &'static ModuleDef] = &[
    abc::definition,
    array::definition,
    ast::definition,
    asyncio::definition,
    atexit::definition,
    binascii::definition,
    bisect::definition,
    builtins::definition,
    cmath::definition,
    codecs::definition,
    collections::definition,
    contextvars::definition,
    csv::definition,
    decimal::definition,
    errno::definition,
    faulthandler::definition,
    fcntl::definition,
    functools::definition,
    gc::definition,
    grp::definition,
    hashlib::blake2::definition,
    hashlib::hmac::definition,
    hashlib::md5::definition,
    hashlib::openssl::definition,
    hashlib::sha1::definition,
    hashlib::sha2::definition,
    hashlib::sha3::definition,
    heapq::definition,
    hot_loops::definition,
    import::imp_definition,
    import::library_definition,
    io::definition,
    itertools::definition,
    json::definition,
    locale::definition,
    marshal::definition,
    math::definition,
    mmap::definition,
    opcode::definition,
    operator::definition,
    pickle::definition,
    posix::definition,
    posixshmem::definition,
    posixsubprocess::definition,
    pwd::definition,
    queue::definition,
    random::definition,
    resource::definition,
    select::definition,
    signal::definition,
    socket::definition,
    sre::definition,
    stat::definition,
    statistics::definition,
    string_module::definition,
    struct_module::definition,
    suggestions::definition,
    system::definition,
    symtable::definition,
    sysconfigdata::definition,
    termios::definition,
    thread_module::definition,
    tier2::definition,
    time::definition,
    tokenize::definition,
    types::definition,
    typing::definition,
    unicodedata::definition,
    warnings::definition,
    weakref::definition,
    zlib::definition,
];

/// The native module of this name.
pub fn find(name: &str) -> Option<&'static ModuleDef> {
    MODULES
        .iter()
        .map(|definition| definition())
        .find(|definition| definition.name == name)
}

/// The names of all native modules, for `sys.builtin_module_names`.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|definition| definition().name)
}
