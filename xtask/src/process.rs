//! Runs other programs and shows what is run.
//!
//! A step is one command line: it is printed before it runs, and a failing one ends the task.

use std::process::{Command, Stdio};

use crate::{Failure, workspace};

/// Runs `program` in the workspace; its output goes to the terminal.
pub fn step(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    step_with(program, arguments, &[])
}

/// Like `step`, with environment variables.
pub fn step_with(
    program: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<(), Failure> {
    let shown = format!("{program} {}", arguments.join(" "));
    println!("\n$ {shown}");
    let status = Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(workspace::root())
        .status()
        .map_err(|error| Failure(format!("{shown}: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure(format!("failed: {shown}")))
    }
}

/// Whether `program` with these arguments runs and succeeds; nothing is shown.
pub fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The cargo that runs this task, or the one on the path.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_string())
}
