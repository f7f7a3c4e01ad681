//! How the command ends.

use std::process::ExitCode;

use taipan_interp::specialize::stats;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::Raised;
use taipan_objects::value::Value;
use taipan_objects::{id, int, protocol};
use taipan_stdlib::{signal, startup, system};

use crate::tier2;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With an exit code.
    Code(i32),
    /// By a KeyboardInterrupt that it did not catch.
    Interrupted,
}

/// The exit code when a standard stream did not take everything.
const FLUSH_FAILED: u8 = 120;

/// Shows what ended a program, and says how the process ends.
pub fn status_of(raised: Raised) -> Status {
    if raised.is(ExceptionKind::SystemExit) {
        return Status::Code(exit_code(&raised));
    }
    let interrupted = raised.is(ExceptionKind::KeyboardInterrupt);
    match system::show(raised) {
        Err(exit) => Status::Code(exit_code(&exit)),
        Ok(()) if interrupted => Status::Interrupted,
        Ok(()) => Status::Code(1),
    }
}

/// Shows what ended a program that a conversation follows: there SystemExit is shown too, and ends nothing.
pub fn show_before_conversation(raised: Raised) -> Status {
    // Even a hook that exits does not end the conversation.
    let _ = system::show(raised);
    Status::Code(1)
}

/// The code of a SystemExit: a number, None for success; anything else is printed.
fn exit_code(raised: &Raised) -> i32 {
    let code = protocol::getattr(raised.exception().as_value(), id!("code")).unwrap_or(Value::NONE);
    if code.is_none() {
        return 0;
    }
    if int::is_int(&code) {
        return int::to_i64(&code).map_or(-1, |code| code as i32);
    }
    if let Some(stdout) = system::get("stdout").filter(|stream| !stream.is_none()) {
        let _ = protocol::call_method(&stdout, id!("flush"), &[]);
    }
    if let Ok(text) = protocol::str(&code) {
        let stderr = system::get("stderr").filter(|stream| !stream.is_none());
        let written = stderr.is_some_and(|stderr| {
            // A message that stderr does not take cannot be shown anywhere.
            let first = protocol::call_method(&stderr, id!("write"), &[text.to_value()]);
            first
                .and_then(|_| protocol::call_method(&stderr, id!("write"), &[id!("\n").to_value()]))
                .is_ok()
        });
        if !written {
            complain(&format!("{}\n", text.to_display()));
        }
    }
    1
}

/// Writes to the process's own stderr. Where that fails, nobody can be told.
pub fn complain(text: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}

/// Ends the interpreter and answers the exit code.
pub fn end(status: Status) -> ExitCode {
    let flushed = startup::finish(write_reports);
    match status {
        Status::Interrupted => interrupt(),
        Status::Code(_) if !flushed => ExitCode::from(FLUSH_FAILED),
        Status::Code(code) => ExitCode::from(code as u8),
    }
}

/// Writes the statistics and the report of the hot loops, if they are wanted.
fn write_reports() {
    if let Err(error) = stats::dump() {
        complain(&format!("-X stats: {error}\n"));
    }
    if let Err(error) = tier2::write_report() {
        complain(&format!("-X hot-loops: {error}\n"));
    }
}

/// Ends the process as one that Ctrl-C ended, so that a shell sees that.
fn interrupt() -> ExitCode {
    signal::end_by_interrupt();
    ExitCode::from(130)
}

/// An interpreter that could not start.
pub fn failed_start(raised: Raised) -> ExitCode {
    complain(
        "Fatal Python error: init_interp_main: the interpreter could not start\nPython runtime state: core initialized\n",
    );
    system::print_plainly(raised.exception());
    ExitCode::from(1)
}
