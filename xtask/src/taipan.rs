//! The built interpreter, and others to compare it with.

use std::process::Command;

use crate::process::{cargo, step};
use crate::{Failure, workspace};

/// A Python interpreter: what it is called in tables, and how it is started.
#[derive(Clone, Debug)]
pub struct Interpreter {
    pub name: String,
    pub command: Vec<String>,
}

impl Interpreter {
    /// Builds Taipan in release and gives it.
    pub fn taipan() -> Result<Interpreter, Failure> {
        let build = [
            "build",
            "--release",
            "--ignore-rust-version",
            "-p",
            "taipan-cli",
        ];
        step(&cargo(), &build)?;
        let binary = workspace::target().join("release").join("taipan");
        Ok(Interpreter {
            name: "taipan".to_string(),
            command: vec![binary.to_string_lossy().into_owned()],
        })
    }

    /// Reads `COMMAND` or `NAME=COMMAND`.
    pub fn from_argument(argument: &str) -> Interpreter {
        let (name, command) = match argument.split_once('=') {
            Some((name, command)) => (name.to_string(), command),
            None => (file_name(argument), argument),
        };
        Interpreter {
            name,
            command: command.split_whitespace().map(str::to_string).collect(),
        }
    }

    /// The command, to which arguments can be added.
    pub fn command(&self) -> Command {
        let program = self.command.first().map_or("python3", String::as_str);
        let mut command = Command::new(program);
        command.args(self.command.iter().skip(1));
        command
    }

    /// What `--version` says.
    pub fn version(&self) -> String {
        let output = self.command().arg("--version").output();
        match output {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stdout);
                text.lines().next().unwrap_or("unknown").trim().to_string()
            }
            Err(_) => "unknown".to_string(),
        }
    }
}

fn file_name(command: &str) -> String {
    let program = command.split_whitespace().next().unwrap_or(command);
    program.rsplit('/').next().unwrap_or(program).to_string()
}
