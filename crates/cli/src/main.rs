//! `taipan`: the command.
//!
//! It reads its arguments and the environment as `python` does ([`options`], [`environment`]), starts the interpreter,
//! runs the program ([`run`]) or a conversation with a person ([`repl`]), and ends with the exit code that CPython would
//! end with ([`exit`]).

mod environment;
mod exit;
mod help;
mod options;
mod repl;
mod run;
mod tier2;

use std::process::ExitCode;

use options::Outcome;
use taipan_objects::blocks::Blocks;

#[global_allocator]
static ALLOCATOR: Blocks = Blocks;

fn main() -> ExitCode {
    let (config, program) = match options::read(std::env::args_os()) {
        Outcome::Run(config, program) => (*config, program),
        Outcome::Print(text) => {
            // Who closed the other end does not want to read it.
            let _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Outcome::Refuse(message, code) => {
            exit::complain(&message);
            return ExitCode::from(code);
        }
    };
    if let Err(raised) = taipan_stdlib::startup::start(config) {
        return exit::failed_start(raised);
    }
    taipan_tier2::install(taipan_stdlib::startup::builtins_module().dict());
    let status = run::run(&program);
    let status = repl::after(&program, status);
    exit::end(status)
}
