//! What `unittest -v` said of one module.
//!
//! A test begins with a line `method (test.module.Class.method)`, perhaps a line of its docstring, then ` ... ` and
//! its result; what it writes to stderr itself stands between. Behind all tests there is a heading for each failure
//! and a summary. A run that ends before the summary crashed or was ended: then the test without a result is named.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::measured::Finished;

/// One module's results.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub module: String,
    /// All tests of the module, as CPython counts them, or as many as were run.
    pub tests: usize,
    pub passed: usize,
    pub skipped: usize,
    /// Failing tests, by dotted name.
    pub failures: BTreeSet<String>,
    /// Why the run ended before its end.
    pub ended: Option<String>,
}

const RULE: &str = "======================================================================";

impl Outcome {
    pub fn read(module: &str, tests: usize, finished: &Finished, limit: Duration) -> Outcome {
        let mut outcome = Outcome {
            module: module.to_string(),
            ..Outcome::default()
        };
        let mut running = None;
        let mut ran = None;
        let mut after_rule = false;
        let mut in_summary = false;
        for line in finished.stderr.lines() {
            let line = line.trim_end();
            if after_rule {
                in_summary = true;
                outcome.failures.extend(heading(line));
            }
            after_rule = line == RULE;
            if let Some(rest) = line.strip_prefix("Ran ") {
                ran = rest.split(' ').next().and_then(|count| count.parse().ok());
            }
            if in_summary {
                continue;
            }
            if let Some(name) = dotted_name(line) {
                running = Some(name);
            }
            if let Some(result) = result(line) {
                match result {
                    "ok" | "expected failure" => outcome.passed += 1,
                    "skipped" => outcome.skipped += 1,
                    _ => outcome.failures.extend(running.clone()),
                }
                running = None;
            }
        }
        outcome.tests = tests.max(ran.unwrap_or(0));
        let seen = outcome.passed + outcome.skipped + outcome.failures.len();
        outcome.tests = outcome.tests.max(seen);
        if ran.is_none() {
            outcome.ended = Some(how_it_ended(finished, limit, running));
        }
        outcome
    }

    /// The line for the terminal.
    pub fn line(&self) -> String {
        let ended = match &self.ended {
            None => String::new(),
            Some(how) => format!("  {how}"),
        };
        format!(
            "{:<20}{:>7}{:>9}{:>9}{:>9}{ended}",
            self.module,
            self.tests,
            self.passed,
            self.failures.len(),
            self.skipped
        )
    }
}

fn how_it_ended(finished: &Finished, limit: Duration, running: Option<String>) -> String {
    let mut how = if finished.timed_out {
        format!("not done after {} s", limit.as_secs())
    } else if let Some(signal) = finished.signal {
        format!("ended by signal {signal}")
    } else {
        let mut lines = finished.stderr.lines();
        let last = lines.rfind(|line| !line.trim().is_empty());
        let last: String = last.unwrap_or("no output").chars().take(120).collect();
        format!("ended early: {}", last.trim())
    };
    if let Some(test) = running {
        how.push_str(&format!(", in {test}"));
    }
    how
}

/// The dotted name in `method (test.module.Class.method)`, which begins a line, perhaps with more behind it.
fn dotted_name(line: &str) -> Option<String> {
    let (method, rest) = line.trim_start().split_once(" (")?;
    let (name, _) = rest.split_once(')')?;
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '.')
    };
    let plausible = is_name(method) && is_name(name) && name.contains('.');
    plausible.then(|| {
        // Fixtures such as `setUpClass (test.module.Class)` name the class only.
        if name.ends_with(&format!(".{method}")) {
            name.to_string()
        } else {
            format!("{name}.{method}")
        }
    })
}

/// The result at the end of a line, if it is one: behind ` ... `, or alone after the test's own output.
fn result(line: &str) -> Option<&str> {
    let text = line.rsplit_once(" ... ").map_or(line, |(_, text)| text);
    match text {
        "ok" | "FAIL" | "ERROR" | "expected failure" | "unexpected success" => Some(text),
        _ if text.starts_with("skipped ") => Some("skipped"),
        _ => None,
    }
}

/// The test in a heading `FAIL: method (test.module.Class.method) (subtest)`.
fn heading(line: &str) -> Option<String> {
    let rest = ["FAIL: ", "ERROR: ", "UNEXPECTED SUCCESS: "]
        .iter()
        .find_map(|kind| line.strip_prefix(kind))?;
    // A file of doctests goes by its path, which differs from machine to machine.
    let file = || rest.rsplit('/').next().unwrap_or(rest).to_string();
    dotted_name(rest).or_else(|| Some(file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(stderr: &str) -> Finished {
        Finished {
            stdout: String::new(),
            stderr: stderr.to_string(),
            succeeded: false,
            code: None,
            signal: None,
            timed_out: false,
            wall: Duration::ZERO,
            peak_memory: 0,
        }
    }

    const WHOLE: &str = "\
test_a (test.test_x.T.test_a) ... ok
test_b (test.test_x.T.test_b)
What it is about. ... ok
test_c (test.test_x.T.test_c) ... a word of its own
ok
test_d (test.test_x.T.test_d) ...   test_d (test.test_x.T.test_d) (i=1) ... FAIL
test_e (test.test_x.T.test_e) ... skipped 'no'
test_f (test.test_x.T.test_f) ... expected failure
setUpClass (test.test_x.U) ... ERROR

======================================================================
ERROR: setUpClass (test.test_x.U)
----------------------------------------------------------------------
Traceback ok
ok

======================================================================
FAIL: test_d (test.test_x.T.test_d) (i=1)
----------------------------------------------------------------------

----------------------------------------------------------------------
Ran 6 tests in 0.001s

FAILED (failures=1, errors=1, skipped=1, expected failures=1)
";

    #[test]
    fn a_whole_run_is_counted() {
        let outcome = Outcome::read("test_x", 7, &finished(WHOLE), Duration::ZERO);
        assert_eq!((outcome.tests, outcome.passed, outcome.skipped), (7, 4, 1));
        let failures: Vec<&str> = outcome.failures.iter().map(String::as_str).collect();
        assert_eq!(
            failures,
            ["test.test_x.T.test_d", "test.test_x.U.setUpClass"]
        );
        assert_eq!(outcome.ended, None);
    }

    #[test]
    fn a_crash_names_the_test_it_was_in() {
        let stderr = "test_a (test.test_x.T.test_a) ... ok\ntest_b (test.test_x.T.test_b) ... ";
        let mut run = finished(stderr);
        run.signal = Some(11);
        let outcome = Outcome::read("test_x", 9, &run, Duration::ZERO);
        assert_eq!((outcome.tests, outcome.passed), (9, 1));
        let ended = outcome.ended.unwrap();
        assert_eq!(ended, "ended by signal 11, in test.test_x.T.test_b");
    }

    #[test]
    fn a_module_that_cannot_be_imported_ended_early() {
        let stderr = "Traceback:\nImportError: no module named x\n";
        let outcome = Outcome::read("test_x", 3, &finished(stderr), Duration::ZERO);
        let ended = outcome.ended.unwrap();
        assert_eq!(ended, "ended early: ImportError: no module named x");
    }
}
