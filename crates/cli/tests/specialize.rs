//! The specializer: programs that see every specialized opcode and break every guard, in every mode; and the programs of
//! tests/programs in the modes that `programs.rs` leaves out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The modes of `-X specialize`.
const MODES: [&str; 4] = ["on", "eager", "failing", "off"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests")
        .join(name)
}

fn python_files(name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name))
        .expect("the folder is there")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "py"))
        .collect();
    files.sort();
    files
}

fn run(program: &Path, mode: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_taipan"))
        .arg("-X")
        .arg(format!("specialize={mode}"))
        .arg(program)
        .env("PYTHONHASHSEED", "0")
        .output()
        .expect("the interpreter starts")
}

fn last_lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(4)..].join(" | ")
}

#[test]
fn specialized_sites_answer_as_general_ones() {
    let mut failures = Vec::new();
    for program in python_files("specialized") {
        if program.file_name().is_some_and(|name| name == "sites.py") {
            continue;
        }
        for mode in MODES {
            let output = run(&program, mode);
            if !output.status.success() || !output.stdout.ends_with(b"ok\n") {
                failures.push(format!(
                    "{} ({mode}): {} | {}",
                    program.display(),
                    output.status,
                    last_lines(&output.stderr)
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The first line in which a program prints something else than its recording.
fn difference(expected: &str, actual: &str) -> Option<String> {
    let mut lines = actual.lines();
    for (index, wanted) in expected.lines().enumerate() {
        let got = lines.next();
        if got != Some(wanted) {
            return Some(format!(
                "line {}: expected {wanted:?}, got {got:?}",
                index + 1
            ));
        }
    }
    lines.next().map(|more| format!("more output: {more:?}"))
}

fn programs_print_the_same(mode: &str) {
    let mut failures = Vec::new();
    for program in python_files("programs") {
        let expected = std::fs::read_to_string(program.with_extension("expected"))
            .expect("each program has a recording");
        let output = run(&program, mode);
        if let Some(difference) = difference(&expected, &String::from_utf8_lossy(&output.stdout)) {
            failures.push(format!(
                "{}: {difference} | {}",
                program.display(),
                last_lines(&output.stderr)
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn programs_print_the_same_when_every_site_specializes_at_once() {
    programs_print_the_same("eager");
}

#[test]
fn programs_print_the_same_when_no_specialization_succeeds() {
    programs_print_the_same("failing");
}

#[test]
fn programs_print_the_same_without_specialization() {
    programs_print_the_same("off");
}
