//! `cargo xtask ci`: exactly what a change has to pass.
//!
//! Quick checks first; the first failure ends it.

use crate::process::{cargo, step, step_with, succeeds};
use crate::{Failure, codegen, fuzz, tidy};

/// Lets Rust 1.95 build the front end, which declares a newer one.
const ANY_RUST: &str = "--ignore-rust-version";

/// Crates in which indented text in a doc comment is no Rust: their `doctest` is off.
const PYTHON_DOCS: [&str; 2] = ["taipan-interp", "taipan-stdlib"];

/// Runs every check.
pub fn run() -> Result<(), Failure> {
    let cargo = &cargo();
    step(cargo, &["fmt", "--all", "--check"])?;
    println!("\n$ cargo xtask codegen --check");
    codegen::run(true)?;
    println!("\n$ cargo xtask tidy");
    tidy::run()?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        ANY_RUST,
        "--",
        "-D",
        "warnings",
    ];
    step(cargo, &clippy)?;
    if succeeds(cargo, &["nextest", "--version"]) {
        let nextest = ["nextest", "run", "--workspace", "--no-fail-fast", ANY_RUST];
        step(cargo, &nextest)?;
        // Without the crates whose documentation is Python's docstrings.
        let mut doc = vec!["test", "--doc", "--workspace", ANY_RUST];
        for package in PYTHON_DOCS {
            doc.extend(["--exclude", package]);
        }
        step(cargo, &doc)?;
    } else {
        step(cargo, &["test", "--workspace", "--no-fail-fast", ANY_RUST])?;
    }
    // What the features of the workspace leave out: the same build but for the interpreter.
    let stats = [
        "test",
        "--workspace",
        "--features",
        "taipan-interp/stats",
        "--test",
        "stats",
        ANY_RUST,
    ];
    step(cargo, &stats)?;
    let doc = [
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        ANY_RUST,
    ];
    step_with(cargo, &doc, &[("RUSTDOCFLAGS", "-D warnings")])?;
    println!("\n$ cargo xtask fuzz");
    fuzz::run(&[])?;
    println!("\nall checks passed");
    Ok(())
}
