//! Every program in tests/programs prints what CPython 3.14 prints.

use std::path::{Path, PathBuf};
use std::process::Command;

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    let mut programs: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the programs are there")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "py"))
        .collect();
    programs.sort();
    programs
}

/// The first line in which two texts differ.
fn difference(expected: &str, actual: &str) -> Option<String> {
    let (mut expected, mut actual) = (expected.lines(), actual.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (expected.next(), actual.next()) {
            (None, None) => return None,
            (wanted, got) if wanted == got => {}
            (wanted, got) => {
                return Some(format!(
                    "line {number}:\n  expected {wanted:?}\n  got      {got:?}"
                ));
            }
        }
    }
}

#[test]
fn programs_print_what_cpython_prints() {
    let mut failures = Vec::new();
    for program in programs() {
        let expected = std::fs::read_to_string(program.with_extension("expected"))
            .expect("each program has a recording");
        let output = Command::new(env!("CARGO_BIN_EXE_taipan"))
            .arg(&program)
            .env("PYTHONHASHSEED", "0")
            .output()
            .expect("the interpreter starts");
        let actual = String::from_utf8_lossy(&output.stdout);
        if let Some(difference) = difference(&expected, &actual) {
            let errors = String::from_utf8_lossy(&output.stderr);
            let last = errors.lines().rev().take(3).collect::<Vec<_>>().join(" | ");
            failures.push(format!(
                "{}: {difference}\n  stderr: {last}",
                program.display()
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
