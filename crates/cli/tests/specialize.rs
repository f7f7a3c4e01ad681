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

const LOOP: &str = "
import _opcode, sys
def f(a): return a.real
for i in range(100): f(i)
for i in range(100): f(i)
stats = _opcode.get_specialization_stats()
assert stats['load_attr']['failure'] > 0 and isinstance(stats['load_attr']['failure_kinds'], tuple)
sys._stats_off()
def g(a, b): return a + b
before = _opcode.get_specialization_stats()
for i in range(100): g(i, 1)
assert _opcode.get_specialization_stats() == before
sys._stats_on()
";

#[test]
fn statistics_are_a_table_or_a_file() {
    let taipan = |option: &str, program: &str| {
        Command::new(env!("CARGO_BIN_EXE_taipan"))
            .args(["-I", "-X", option, "-c", program])
            .output()
            .expect("the interpreter starts")
    };
    let output = taipan("stats", LOOP);
    let table = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{table}");
    assert!(
        table.contains("LOAD_ATTR") && table.contains("failed: "),
        "{table}"
    );
    let file = std::env::temp_dir().join(format!("taipan-stats-{}.json", std::process::id()));
    let output = taipan(&format!("stats={}", file.display()), LOOP);
    assert!(output.stderr.is_empty());
    let json = std::fs::read_to_string(&file).expect("the file was written");
    assert!(json.contains("\"LOAD_ATTR\": {\"success\": "), "{json}");
    let reads = format!("import json; json.load(open({file:?}))['families']['CALL']['success']");
    assert!(taipan("dev=0", &reads).status.success());
    std::fs::remove_file(&file).expect("the file is there");
    let without = taipan("dev=0", "import sys; assert not hasattr(sys, '_stats_on')");
    assert!(without.status.success());
}
