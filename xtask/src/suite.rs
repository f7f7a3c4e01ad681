//! `cargo suite`: builds what is not built and runs every test of the workspace.
//!
//! The output is `cargo test`'s own; behind it stands one line that adds its results up.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::process::cargo;
use crate::{Failure, workspace};

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs the tests; fails if one does, or if something does not build.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let mut test = Command::new(cargo());
    test.args(["test", "--no-fail-fast", "--ignore-rust-version"]);
    if !arguments.contains(&"-p") {
        test.arg("--workspace");
    }
    let mut test = test
        .args(arguments)
        .current_dir(workspace::root())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut totals = Totals::default();
    if let Some(output) = test.stdout.take() {
        let mut terminal = std::io::stdout().lock();
        for line in BufReader::new(output).lines() {
            let line = line?;
            totals.add(&line);
            writeln!(terminal, "{line}")?;
        }
    }
    let status = test.wait()?;
    let Totals {
        passed,
        failed,
        ignored,
    } = totals;
    let ignored = match ignored {
        0 => String::new(),
        n => format!(", {n} ignored"),
    };
    println!("\n{passed} passed, {failed} failed{ignored}");
    match (status.success(), failed) {
        (true, _) => Ok(()),
        (false, 0) => Err(Failure("a test did not build or did not end".to_string())),
        (false, _) => Err(Failure("tests failed".to_string())),
    }
}

impl Totals {
    /// Adds a line such as `test result: ok. 7 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|result| result.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else {
                continue;
            };
            let number: u64 = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_add_up() {
        let mut totals = Totals::default();
        totals.add("running 3 tests");
        totals.add("test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        totals.add("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        let expected = Totals {
            passed: 9,
            failed: 3,
            ignored: 1,
        };
        assert_eq!(totals, expected);
    }
}
