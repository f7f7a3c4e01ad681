//! Programs of tests/programs print what they always print, in every mode of tier 2: hot at once, hot later, with each
//! executor invalidated at every check, with every site specialized at once, with traces as they were projected.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is said to the interpreter: `-X` options, and whether traces are analyzed.
const MODES: [(&[&str], bool); 6] = [
    (&["tier2-threshold=1"], true),
    (&["tier2-threshold=3"], true),
    (&["tier2-threshold=20"], true),
    (&["tier2-threshold=1", "specialize=eager"], true),
    (&["tier2-threshold=1", "tier2-stress=invalidate"], true),
    (&["tier2-threshold=2"], false),
];

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

/// What is wrong with the program's output in a mode.
fn difference(program: &Path, options: &[&str], is_analyzed: bool) -> Option<String> {
    let expected = std::fs::read_to_string(program.with_extension("expected"))
        .expect("each program has a recording");
    let output = Command::new(env!("CARGO_BIN_EXE_taipan"))
        .args(["-X", "jit=1"])
        .args(options.iter().flat_map(|option| ["-X", option]))
        .arg(program)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHON_UOPS_OPTIMIZE", if is_analyzed { "1" } else { "0" })
        .output()
        .expect("the interpreter starts");
    let actual = String::from_utf8_lossy(&output.stdout);
    if actual == expected {
        return None;
    }
    let mut lines = expected.lines().zip(actual.lines()).enumerate();
    let what = match lines.find(|(_, (wanted, got))| wanted != got) {
        Some((index, (wanted, got))) => {
            format!("line {}: expected {wanted:?}, got {got:?}", index + 1)
        }
        None => "it ends too early or too late".to_string(),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().last().unwrap_or("");
    Some(format!(
        "{} {options:?}: {what} | {last}",
        program.display()
    ))
}

#[test]
fn programs_print_the_same_with_traces() {
    let programs = programs();
    let mut failures = Vec::new();
    std::thread::scope(|threads| {
        let half = |part: usize| {
            let programs = &programs;
            threads.spawn(move || {
                let mut found = Vec::new();
                for program in programs.iter().skip(part).step_by(2) {
                    for (options, is_analyzed) in MODES {
                        found.extend(difference(program, options, is_analyzed));
                    }
                }
                found
            })
        };
        let workers = [half(0), half(1)];
        for worker in workers {
            failures.extend(worker.join().expect("no worker panics"));
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
