//! The project's tasks: `cargo xtask TASK`.
//!
//! Each task is one module with one entry. A task prints what it does and fails with a nonzero exit code; nothing
//! here is needed to build or run Taipan.

mod bench;
mod ci;
mod codegen;
mod conformance;
mod drift;
mod fuzz;
mod library;
mod measured;
mod process;
mod record;
mod release;
mod suite;
mod taipan;
mod tidy;
mod workspace;

use std::process::ExitCode;

/// Why a task failed, in words for the terminal.
#[derive(Debug)]
pub struct Failure(pub String);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(error.to_string())
    }
}

const USAGE: &str = "usage: cargo xtask TASK

  codegen [--check]   write the generated files from ops/*.def, or fail if they are stale
  drift --cpython DIR [--json]  what differs between ops/*.def and a CPython checkout
  tidy                headers, lengths, unsafe, open ends, machine paths
  ci                  everything a change has to pass
  record [NAMES]      what tests/programs print on CPython 3.14, anew
  suite [ARGUMENTS]   all tests; arguments go to `cargo test`
  bench [--micro] [OPTIONS]  pyperformance's programs, or small loops, on Taipan and others; with --tiers the tiers' results
  conformance [OPTIONS]  CPython's own regression tests, run by Taipan
  release             the binary that is given to people: profiled on our own programs
  fuzz [OPTIONS]      random programs have to print the same in every tier
  library             docs/library.md: the modules of the standard library that are here";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["codegen"] => codegen::run(false),
        ["codegen", "--check"] => codegen::run(true),
        ["drift", arguments @ ..] => return drift::run(arguments),
        ["tidy"] => tidy::run(),
        ["ci"] => ci::run(),
        ["bench", arguments @ ..] => bench::run(arguments),
        ["release"] => release::run(),
        ["library"] => library::run(),
        ["conformance", arguments @ ..] => conformance::run(arguments),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        ["record", names @ ..] => record::run(names),
        ["suite", arguments @ ..] => suite::run(arguments),
        _ => Err(Failure(USAGE.to_string())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(what)) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}
