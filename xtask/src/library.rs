//! `cargo xtask library`: writes docs/library.md, the modules of the standard library and which of them are here.
//!
//! The interpreter itself makes the page, with the program that the test of the page runs.

use crate::taipan::Interpreter;
use crate::{Failure, workspace};

/// Builds the interpreter and writes the page.
pub fn run() -> Result<(), Failure> {
    let interpreter = Interpreter::taipan()?;
    let root = workspace::root();
    let program = root.join("crates/cli/tests/library/page.py");
    let output = interpreter
        .command()
        .args(["-E", "-s"])
        .arg(program)
        .output()?;
    if !output.status.success() {
        return Err(Failure(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    std::fs::write(root.join("docs/library.md"), output.stdout)?;
    println!("wrote docs/library.md");
    Ok(())
}
