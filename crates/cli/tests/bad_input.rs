//! Bad input of every kind ends as a Python exception or a result, as in CPython: never as a panic, an abort, a crash or
//! a hang.
//!
//! The cases of a table run one after the other in one process, under a limit of time and memory. Where it dies, the
//! case after the last answer is the one to blame, and the rest run in a new process.

#[path = "bad_input/nesting.rs"]
mod nesting;
#[path = "bad_input/objects.rs"]
mod objects;
#[path = "bad_input/sizes.rs"]
mod sizes;
#[path = "bad_input/source.rs"]
mod source;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Address space of the process, in kilobytes.
const MEMORY: u32 = 4_000_000;
const TIME: Duration = Duration::from_secs(240);

/// Runs expressions in one process; answers what came of those that ended, and what the process said of its end.
fn run(expressions: &[(&str, &str)]) -> (Vec<String>, String) {
    let shapes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_input/shapes.py");
    let mut child = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -v {MEMORY}; ulimit -c 0; exec \"$0\" -W ignore \"$1\""),
        ])
        .arg(env!("CARGO_BIN_EXE_taipan"))
        .arg(shapes)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the interpreter starts");
    let mut input: String = expressions
        .iter()
        .map(|(expression, _)| format!("{expression}\n"))
        .collect();
    input.push_str("'done'\n");
    let mut stdin = child.stdin.take().expect("it is piped");
    // A process that dies early does not read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let (mut stdout, mut stderr) = (
        child.stdout.take().expect("it is piped"),
        child.stderr.take().expect("it is piped"),
    );
    let (sender, receiver) = mpsc::channel();
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let answers = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stdout.read_to_end(&mut text);
        let _ = sender.send(());
        String::from_utf8_lossy(&text)
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let in_time = receiver.recv_timeout(TIME).is_ok();
    if !in_time {
        let _ = child.kill();
    }
    let status = child.wait().expect("the process ends");
    writer.join().expect("writing does not panic");
    let errors = errors.join().expect("reading does not panic");
    let last: Vec<&str> = errors
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(3)
        .collect();
    let end = if in_time {
        status.to_string()
    } else {
        "time ran out".to_owned()
    };
    (
        answers.join().expect("reading does not panic"),
        format!("{end}: {}", last.join(" | ")),
    )
}

fn check(mut cases: &[(&str, &str)]) {
    let mut failures = Vec::new();
    while !cases.is_empty() {
        let (answers, end) = run(cases);
        for ((expression, expected), answer) in cases.iter().zip(&answers) {
            if answer != expected {
                failures.push(format!("{expression}\n  expected {expected}, got {answer}"));
            }
        }
        let Some((expression, expected)) = cases.get(answers.len()) else {
            break;
        };
        failures.push(format!(
            "{expression}\n  expected {expected}, and the process ended: {end}"
        ));
        cases = &cases[answers.len() + 1..];
    }
    assert!(
        failures.is_empty(),
        "{} of the cases fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn sources_compile_or_raise() {
    check(source::CASES);
}

#[test]
fn deep_values_and_endless_calls_raise() {
    check(nesting::CASES);
}

#[test]
fn sizes_without_room_raise() {
    check(sizes::CASES);
}

#[test]
fn lying_objects_raise() {
    check(objects::CASES);
}
