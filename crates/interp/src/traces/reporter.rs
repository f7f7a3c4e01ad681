//! Who tells about traces: what makes them is in a higher crate, and what asks about them is between.

use std::sync::OnceLock;

/// How something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For a person.
    Text,
    /// One JSON object.
    Json,
}

/// What can be asked about traces.
#[derive(Clone, Copy)]
pub struct Reporter {
    /// From now on what becomes of each request is noted.
    pub start: fn(),
    /// The statistics of tier 2; text ends with a line end, JSON does not.
    pub statistics: fn(Form) -> String,
    /// Makes the text of a program known that is in no file, by the name that its code has for one.
    pub add_source: fn(&str, &str),
    /// Forgets what was counted.
    pub clear: fn(),
    /// The report of the hot loops.
    pub hot_loops: fn(Form) -> String,
}

static REPORTER: OnceLock<Reporter> = OnceLock::new();

/// Installs the reporter. Called once, at start-up.
pub fn set_reporter(reporter: Reporter) {
    // A second one would tell of the same.
    let _ = REPORTER.set(reporter);
}

/// The reporter, if what makes traces is there.
pub fn reporter() -> Option<&'static Reporter> {
    REPORTER.get()
}
