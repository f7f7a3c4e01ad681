//! Compiles the library and packs it into the blobs that `src/lib.rs` includes.
//!
//! Every module is compiled once here, so that a program starts without compiling anything.
//! Three blobs come out: marshalled code, ready to be read in place; sources, deflated module by
//! module, since only tracebacks and `inspect` want them; and data files. An index in Rust says
//! where each piece is. The work is split over the machine's processors.

mod amend;
mod library;
mod pack;

use std::path::{Path, PathBuf};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    for input in ["build", "Lib", "amendments.txt"] {
        println!("cargo:rerun-if-changed={}", own.join(input).display());
    }
    println!("cargo:rerun-if-changed={}", rustpython_pylib::LIB_PATH);

    let amendments = std::fs::read_to_string(own.join("amendments.txt"))
        .expect("the amendments are part of this crate");
    let mut amendments = amend::parse(&amendments);
    let files = library::collect(Path::new(rustpython_pylib::LIB_PATH), &own.join("Lib"));
    let (modules, data) = library::load(files, &mut amendments);
    if let Some(path) = amendments.keys().next() {
        panic!("amendments.txt names {path}, which is not in the library");
    }
    pack::write(&out, modules, data);
}
