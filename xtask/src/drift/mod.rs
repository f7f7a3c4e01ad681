//! `cargo xtask drift --cpython DIR`: every difference between our instruction set and that of a CPython checkout.
//!
//! The checkout's generated headers are read (`tokens`, `expression`, `items`, `tables`, `headers`), compared with
//! `ops/*.def` (`compare`, `constants`), and each difference is one line with both sides' values (`report`). The exit
//! code is 0 if there is none, 1 if there are some, and 2 if a header is missing or says something that this reader does
//! not understand: nothing is skipped without a word.

mod compare;
mod constants;
mod expression;
mod headers;
mod items;
mod report;
mod tables;
mod tokens;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::codegen::Definitions;
use crate::{Failure, workspace};

const USAGE: &str = "usage: cargo xtask drift --cpython DIR [--json]

  --cpython DIR  a checkout of CPython, or a folder with its Include/
  --json         the differences as one JSON object

exit code: 0 no difference, 1 differences, 2 a header is missing or not understood";

struct Options {
    cpython: PathBuf,
    json: bool,
}

/// Compares and prints.
pub fn run(arguments: &[&str]) -> ExitCode {
    let options = match options(arguments) {
        Ok(options) => options,
        Err(Failure(what)) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    let read_file = |path: &str| std::fs::read_to_string(options.cpython.join(path));
    let ours = Definitions::of_workspace(&workspace::root());
    let (text, code) = match ours.and_then(|ours| outcome(&ours, &read_file, options.json)) {
        Ok(outcome) => outcome,
        Err(Failure(what)) => (what + "\n", 2),
    };
    match code {
        2 => eprint!("{text}"),
        _ => print!("{text}"),
    }
    ExitCode::from(code)
}

fn options(arguments: &[&str]) -> Result<Options, Failure> {
    let mut cpython = None;
    let mut json = false;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "--cpython" => cpython = words.next().map(PathBuf::from),
            "--json" => json = true,
            _ => return Err(Failure(USAGE.to_string())),
        }
    }
    match cpython {
        Some(cpython) => Ok(Options { cpython, json }),
        None => Err(Failure(USAGE.to_string())),
    }
}

/// What to print, and the exit code.
fn outcome(
    ours: &Definitions,
    read_file: headers::ReadFile,
    json: bool,
) -> Result<(String, u8), Failure> {
    let mut checkout = headers::Checkout::new(read_file);
    Ok(match compare::compare(ours, &mut checkout)? {
        Err(misread) => (format!("{misread}\n"), 2),
        Ok(report) => {
            let text = if json { report.json() } else { report.text() };
            (text, u8::from(!report.differences.is_empty()))
        }
    })
}
