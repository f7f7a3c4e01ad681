//! How a program is run, and what of a run is compared: its output, its exit code, the last line of its errors.

use std::fmt::{self, Display};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Failure;
use crate::measured;
use crate::taipan::Interpreter;

/// How long a program may run without traces: many times what most need.
pub const BASELINE_LIMIT: Duration = Duration::from_secs(5);

/// How long it may run in a mode.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The most memory a program may have, in KiB: what goes wrong does not take the machine with it.
const MEMORY: &str = "6000000";

/// Settings of the interpreter.
#[derive(Debug)]
pub struct Mode {
    options: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

/// Tier 1 alone, which the others are compared with.
pub static BASELINE: Mode = Mode {
    options: &["jit=0"],
    variables: &[],
};

/// The modes of tier 2.
pub static MODES: &[Mode] = &[
    Mode {
        options: &["jit=1", "tier2-threshold=1"],
        variables: &[],
    },
    Mode {
        options: &["jit=1", "tier2-threshold=3"],
        variables: &[],
    },
    Mode {
        options: &["jit=1", "tier2-threshold=20"],
        variables: &[],
    },
    Mode {
        options: &["jit=1", "tier2-threshold=1", "specialize=eager"],
        variables: &[],
    },
    Mode {
        options: &["jit=1", "tier2-threshold=1", "tier2-stress=invalidate"],
        variables: &[],
    },
    Mode {
        options: &["jit=1", "tier2-threshold=2"],
        variables: &[("PYTHON_UOPS_OPTIMIZE", "0")],
    },
];

impl Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.variables {
            write!(f, "{name}={value} ")?;
        }
        let options: Vec<String> = self
            .options
            .iter()
            .map(|option| format!("-X {option}"))
            .collect();
        f.write_str(&options.join(" "))
    }
}

/// What a run left behind.
#[derive(Debug)]
pub struct Outcome {
    stdout: String,
    /// All of what it said of errors.
    pub stderr: String,
    /// How it ended, in words: an exit code, a signal, or that it did not end in time.
    end: String,
}

impl Mode {
    /// Whether it is tier 1 alone.
    pub fn is_baseline(&self) -> bool {
        std::ptr::eq(self, &BASELINE)
    }

    /// Runs a program, for at most `limit`.
    pub fn run(
        &self,
        taipan: &Interpreter,
        program: &Path,
        limit: Duration,
    ) -> Result<Outcome, Failure> {
        self.run_with(taipan, program, limit, &[])
    }

    /// Like `run`, with more environment variables.
    pub fn run_with(
        &self,
        taipan: &Interpreter,
        program: &Path,
        limit: Duration,
        variables: &[(&str, &str)],
    ) -> Result<Outcome, Failure> {
        let mut command = bounded(taipan);
        for option in self.options {
            command.args(["-X", option]);
        }
        command
            .arg("-S")
            .arg(program)
            .env("PYTHONHASHSEED", "0")
            .envs(self.variables.iter().copied())
            .envs(variables.iter().copied());
        let finished = measured::run(&mut command, limit)?;
        let end = if finished.timed_out {
            "no end in time".to_string()
        } else {
            match (finished.signal, finished.code) {
                (Some(signal), _) => format!("signal {signal}"),
                (None, Some(code)) => format!("exit code {code}"),
                (None, None) => "an unknown end".to_string(),
            }
        };
        Ok(Outcome {
            stdout: without_addresses(&finished.stdout),
            stderr: without_addresses(&finished.stderr),
            end,
        })
    }
}

/// A text in which every address is the same.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split(" at 0x");
    let mut written = parts.next().unwrap_or("").to_string();
    for part in parts {
        written.push_str(" at 0x");
        written.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    written
}

/// The interpreter, with bounded memory where a shell can do that.
fn bounded(taipan: &Interpreter) -> Command {
    if !cfg!(unix) {
        return taipan.command();
    }
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("ulimit -v {MEMORY}; exec \"$@\""))
        .arg("sh")
        .args(&taipan.command);
    command
}

impl Outcome {
    /// How many lines of the output hold this.
    pub fn count(&self, part: &str) -> usize {
        self.stdout
            .lines()
            .filter(|line| line.contains(part))
            .count()
    }

    /// Whether the program did not end in time.
    pub fn timed_out(&self) -> bool {
        self.end == "no end in time"
    }

    /// What is wrong with a run that nothing is compared with: it crashed, it took too long, or it does not compile.
    pub fn is_broken(&self) -> Option<String> {
        let has_crashed = self.end != "exit code 0" || self.stderr.contains("panicked at");
        has_crashed.then(|| format!("{}, {}", self.end, last_line(&self.stderr)))
    }

    /// How `other`, of the same program, differs.
    pub fn difference(&self, other: &Outcome) -> Option<String> {
        if self.end != other.end {
            let line = telling_line(&other.stderr);
            return Some(format!("{} instead of {}: {line}", other.end, self.end));
        }
        let mut others = other.stdout.lines();
        for (index, line) in self.stdout.lines().enumerate() {
            let number = index + 1;
            match others.next() {
                Some(found) if found == line => {}
                Some(found) => {
                    return Some(format!("line {number} is {found:?} instead of {line:?}"));
                }
                None => return Some(format!("the output ends before line {number}: {line:?}")),
            }
        }
        if let Some(more) = others.next() {
            return Some(format!("more output: {more:?}"));
        }
        let (wanted, found) = (last_line(&self.stderr), last_line(&other.stderr));
        (wanted != found).then(|| format!("the last error is {found:?} instead of {wanted:?}"))
    }
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or("")
}

/// The line that says most of a crash.
fn telling_line(stderr: &str) -> String {
    let mut lines = stderr.lines();
    match lines.find(|line| line.contains("panicked at")) {
        Some(line) => format!("{line} {}", lines.next().unwrap_or("")),
        None => last_line(stderr).to_string(),
    }
}
