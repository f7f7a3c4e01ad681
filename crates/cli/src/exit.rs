//! How the command ends.

use std::process::ExitCode;

use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::Raised;
use taipan_objects::value::Value;
use taipan_objects::{id, int, protocol};
use taipan_stdlib::{signal, startup, system};

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With an exit code.
    Code(i32),
    /// By a KeyboardInterrupt that it did not catch.
    Interrupted,
}

/// The exit code when standard output did not take everything.
const FLUSH_FAILED: u8 = 120;

/// Shows what ended a program, and says how the process ends.
pub fn status_of(raised: Raised) -> Status {
    if raised.is(ExceptionKind::SystemExit) {
        return Status::Code(exit_code(&raised));
    }
    let interrupted = raised.is(ExceptionKind::KeyboardInterrupt);
    show(raised);
    if interrupted { Status::Interrupted } else { Status::Code(1) }
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
    if let Ok(text) = protocol::str(&code) {
        let _ = flush_stdout();
        match system::get("stderr").filter(|stream| !stream.is_none()) {
            Some(stderr) => {
                // A message that stderr does not take cannot be shown anywhere.
                let _ = protocol::call_method(&stderr, id!("write"), &[text.into_value()]);
                let _ = protocol::call_method(&stderr, id!("write"), &[id!("\n").to_value()]);
            }
            None => eprintln!("{}", text.to_display()),
        }
    }
    1
}

fn flush_stdout() -> Option<Value> {
    let stdout = system::get("stdout").filter(|stream| !stream.is_none())?;
    protocol::call_method(&stdout, id!("flush"), &[]).ok()
}

/// Hands an exception to `sys.excepthook`.
pub fn show(raised: Raised) {
    let exception = raised.into_exception();
    system::set("last_exc", exception.to_value());
    system::set("last_type", exception.class().to_value());
    system::set("last_value", exception.to_value());
    let traceback = exception.traceback().unwrap_or(Value::NONE);
    system::set("last_traceback", traceback.clone());
    let hook = system::get("excepthook").filter(|hook| !hook.is_none());
    let Some(hook) = hook else {
        eprintln!("sys.excepthook is missing");
        return system::print_exception(&exception);
    };
    let arguments = [exception.class().to_value(), exception.to_value(), traceback];
    if let Err(second) = protocol::call_positional(&hook, &arguments) {
        if second.is(ExceptionKind::SystemExit) {
            std::process::exit(exit_code(&second));
        }
        eprintln!("Error in sys.excepthook:");
        system::print_exception(&second.into_exception());
        eprintln!("\nOriginal exception was:");
        system::print_exception(&exception);
    }
}

/// Ends the interpreter and answers the exit code.
pub fn end(status: Status) -> ExitCode {
    let flushed = startup::finish();
    match status {
        Status::Interrupted => interrupt(),
        Status::Code(_) if !flushed => ExitCode::from(FLUSH_FAILED),
        Status::Code(code) => ExitCode::from(code as u8),
    }
}

/// Ends the process as one that Ctrl-C ended, so that a shell sees that.
fn interrupt() -> ExitCode {
    signal::end_by_interrupt();
    ExitCode::from(130)
}

/// An interpreter that could not start.
pub fn failed_start(raised: Raised) -> ExitCode {
    eprintln!("Fatal Python error: init: the interpreter could not start");
    system::print_plainly(raised.exception());
    ExitCode::from(1)
}
