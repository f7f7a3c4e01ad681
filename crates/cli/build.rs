//! Links the interpreter at a fixed address on Linux, and to the C library's mathematics.
//!
//! Its tables (opcodes, methods, the library's index) are full of pointers. In a position-independent binary the loader
//! relocates each of them at every start, which reads 0.7 MB of relocations and writes 0.6 MB of pages that could stay
//! shared with the file.
//!
//! Named here, the C library's mathematics comes before the compiler's own `floor`, `fma`, `fmod`, `rint` and others: the C
//! library's choose the processor's instructions at the start. What both compute is exact.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-lib=m");
    }
}
