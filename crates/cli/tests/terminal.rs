//! A person at a terminal gets the prompt, the editing and the answers that CPython 3.14 gives.
//!
//! The conversations are in terminal/talk.py, a program that the interpreter itself runs: it talks with another one over
//! a pseudo-terminal.

use std::path::Path;
use std::process::Command;

#[test]
fn conversations_go_as_with_cpython() {
    let taipan = env!("CARGO_BIN_EXE_taipan");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal/talk.py");
    // Whoever runs the tests may ignore signals, as a shell does for what it starts in the background.
    let output = Command::new("/usr/bin/env")
        .args(["--default-signal", taipan])
        .arg(program)
        .arg(taipan)
        .output()
        .expect("the interpreter starts");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        shown.trim_end() == "ok",
        "{shown}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
