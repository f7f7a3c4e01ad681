//! The arguments of the command.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use taipan_stdlib::config::{CheckHashPycs, Config};

use crate::{environment, help};

/// What the command is asked for.
pub enum Outcome {
    /// Run a program.
    Run(Box<Config>, Program),
    /// Print a text and succeed.
    Print(String),
    /// Print a text to stderr and fail with a code.
    Refuse(String, u8),
}

/// The program to run.
pub struct Program {
    /// What it is.
    pub action: Action,
    /// Whether a conversation follows (`-i`, `PYTHONINSPECT`).
    pub inspect: bool,
    /// Whether there is somebody to talk with: a terminal, or `-i`.
    pub interactive: bool,
    /// Whether the version is told before a program runs (`-v`).
    pub verbose: bool,
    /// Whether no greeting is printed.
    pub quiet: bool,
}

/// What a program is read from.
pub enum Action {
    /// `-c`.
    Command(OsString),
    /// `-m`.
    Module(OsString),
    /// A file, a folder or a zip file.
    File(OsString),
    /// Standard input that is no terminal, or `-`.
    Stdin,
    /// A person at the terminal.
    Interact,
}

/// What short options say, before the environment is looked at.
#[derive(Default)]
pub struct Given {
    pub bytes_warning: u32,
    pub dont_write_bytecode: bool,
    pub debug: u32,
    pub ignore_environment: bool,
    pub inspect: bool,
    pub isolated: bool,
    pub optimize: u8,
    pub safe_path: bool,
    pub quiet: bool,
    pub no_user_site: bool,
    pub randomizes: bool,
    pub no_site: bool,
    pub unbuffered: bool,
    pub verbose: u32,
    pub version: u32,
    pub skip_first_line: bool,
    pub warnings: Vec<String>,
    pub x_options: Vec<(String, Option<String>)>,
    pub check_hash_pycs: CheckHashPycs,
}

/// An argument of the command line that cannot be used.
enum Wrong {
    UnknownOption(String),
    MissingArgument(String),
    Other(String),
    Print(String),
}

/// Reads the arguments, the program's name first.
pub fn read(arguments: impl Iterator<Item = OsString>) -> Outcome {
    let all: Vec<OsString> = arguments.collect();
    let name = all
        .first()
        .cloned()
        .unwrap_or_else(|| OsString::from("taipan"));
    let shown = name.to_string_lossy().into_owned();
    let mut given = Given::default();
    let (action, rest) = match parse(&all[1.min(all.len())..], &mut given) {
        Ok(parsed) => parsed,
        Err(Wrong::Print(text)) => return Outcome::Print(text),
        Err(Wrong::UnknownOption(option)) => {
            return Outcome::Refuse(format!("{option}\n{}", help::usage(&shown)), 2);
        }
        Err(Wrong::MissingArgument(option)) => {
            return Outcome::Refuse(
                format!(
                    "Argument expected for the {option} option\n{}",
                    help::usage(&shown)
                ),
                2,
            );
        }
        Err(Wrong::Other(message)) => {
            return Outcome::Refuse(format!("{message}\n{}", help::usage(&shown)), 2);
        }
    };
    if given.version > 0 {
        return Outcome::Print(help::version(given.version > 1));
    }
    let mut config = Config::new();
    config.program_name = name;
    config.orig_argv = all;
    let first = match &action {
        Some(Action::Command(_)) => OsString::from("-c"),
        Some(Action::Module(_)) => OsString::from("-m"),
        Some(Action::File(file)) => file.clone(),
        Some(Action::Stdin) => OsString::from("-"),
        Some(Action::Interact) | None => OsString::new(),
    };
    config.argv = std::iter::once(first).chain(rest).collect();
    let inspect = given.inspect;
    if let Err(message) = environment::settle(given, &mut config) {
        return Outcome::Refuse(message, 1);
    }
    let terminal = std::io::stdin().is_terminal();
    let action = action.unwrap_or(Action::Stdin);
    let action = match action {
        Action::Stdin if terminal || inspect => Action::Interact,
        other => other,
    };
    config.interactive = inspect;
    let program = Program {
        action,
        inspect: config.inspect,
        interactive: inspect || terminal,
        quiet: config.quiet,
        verbose: config.verbose > 0,
    };
    Outcome::Run(Box::new(config), program)
}

/// The options up to the program; then the program and its own arguments.
fn parse(
    arguments: &[OsString],
    given: &mut Given,
) -> Result<(Option<Action>, Vec<OsString>), Wrong> {
    let mut index = 0;
    while let Some(argument) = arguments.get(index) {
        let bytes = argument.as_bytes();
        index += 1;
        if bytes == b"-" {
            return Ok((Some(Action::Stdin), arguments[index..].to_vec()));
        }
        if bytes == b"--" {
            let Some(file) = arguments.get(index) else {
                return Ok((None, Vec::new()));
            };
            return Ok((
                Some(Action::File(file.clone())),
                arguments[index + 1..].to_vec(),
            ));
        }
        if let Some(long) = bytes.strip_prefix(b"--") {
            long_option(&String::from_utf8_lossy(long), arguments, &mut index, given)?;
            continue;
        }
        let Some(letters) = bytes.strip_prefix(b"-") else {
            return Ok((
                Some(Action::File(argument.clone())),
                arguments[index..].to_vec(),
            ));
        };
        for (position, letter) in letters.iter().enumerate() {
            let attached = &letters[position + 1..];
            if !takes_value(*letter) {
                flag(*letter, given)?;
                continue;
            }
            let option = format!("-{}", *letter as char);
            let value = if attached.is_empty() {
                index += 1;
                arguments
                    .get(index - 1)
                    .cloned()
                    .ok_or(Wrong::MissingArgument(option))?
            } else {
                OsString::from_vec(attached.to_vec())
            };
            match letter {
                b'c' => return Ok((Some(Action::Command(value)), arguments[index..].to_vec())),
                b'm' => return Ok((Some(Action::Module(value)), arguments[index..].to_vec())),
                b'W' => given.warnings.push(value.to_string_lossy().into_owned()),
                _ => given.x_options.push(x_option(&value)),
            }
            break;
        }
    }
    Ok((None, Vec::new()))
}

fn takes_value(letter: u8) -> bool {
    matches!(letter, b'c' | b'm' | b'W' | b'X')
}

fn x_option(value: &OsStr) -> (String, Option<String>) {
    let text = value.to_string_lossy();
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.into_owned(), None),
    }
}

fn flag(letter: u8, given: &mut Given) -> Result<(), Wrong> {
    match letter {
        b'b' => given.bytes_warning += 1,
        b'B' => given.dont_write_bytecode = true,
        b'd' => given.debug += 1,
        b'E' => given.ignore_environment = true,
        b'h' | b'?' => return Err(Wrong::Print(help::short())),
        b'i' => given.inspect = true,
        b'I' => given.isolated = true,
        b'O' => given.optimize = given.optimize.saturating_add(1),
        b'P' => given.safe_path = true,
        b'q' => given.quiet = true,
        b'R' => given.randomizes = true,
        // It meant something in older versions, and is still let pass.
        b't' => {}
        b's' => given.no_user_site = true,
        b'S' => given.no_site = true,
        b'u' => given.unbuffered = true,
        b'v' => given.verbose += 1,
        b'V' => given.version += 1,
        b'x' => given.skip_first_line = true,
        b'J' => return Err(Wrong::Other("-J is reserved for Jython".to_owned())),
        other => {
            return Err(Wrong::UnknownOption(format!(
                "Unknown option: -{}",
                other as char
            )));
        }
    }
    Ok(())
}

fn long_option(
    name: &str,
    arguments: &[OsString],
    index: &mut usize,
    given: &mut Given,
) -> Result<(), Wrong> {
    match name {
        "help" => Err(Wrong::Print(help::short())),
        "help-env" => Err(Wrong::Print(help::environment())),
        "help-xoptions" => Err(Wrong::Print(help::x_options())),
        "help-all" => Err(Wrong::Print(format!(
            "{}{}{}",
            help::short(),
            help::environment(),
            help::x_options()
        ))),
        "version" => {
            given.version += 1;
            Ok(())
        }
        "check-hash-based-pycs" => {
            *index += 1;
            let value = arguments.get(*index - 1).ok_or_else(|| {
                Wrong::Other("Argument expected for the --check-hash-based-pycs option".to_owned())
            })?;
            given.check_hash_pycs =
                match value.to_str() {
                    Some("always") => CheckHashPycs::Always,
                    Some("never") => CheckHashPycs::Never,
                    Some("default") => CheckHashPycs::Default,
                    _ => return Err(Wrong::Other(
                        "--check-hash-based-pycs must be one of 'default', 'always', or 'never'"
                            .to_owned(),
                    )),
                };
            Ok(())
        }
        _ => Err(Wrong::UnknownOption(format!("unknown option --{name}"))),
    }
}
