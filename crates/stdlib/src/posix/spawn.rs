//! `posix_spawn`: a new process in one call.

use std::ffi::CString;

use libc::{c_int, pid_t};
use taipan_macros::function;
use taipan_objects::native::{ArgInfo, ArgPlace, FromArg, FunctionDef};
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Value;
use taipan_objects::{bail, int, protocol};

use super::arguments::PathArg;
use super::process::{program_environment, tuple_or_list};
use super::schedule;
use crate::blocking;
use crate::filesystem::fs_c_string;
use crate::sys::process::{FileAction, SpawnAttributes, posix_spawn as spawn_call};

/// This file has no constants.
pub const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![posix_spawn, posix_spawnp];

const OPEN: i64 = 0;
const CLOSE: i64 = 1;
const DUP2: i64 = 2;
const CLOSEFROM: i64 = 3;

/// A file action whose path, if it has one, is owned.
enum Action {
    Open(c_int, PathArg, c_int, libc::mode_t),
    Other(FileAction<'static>),
}

impl Action {
    fn borrow(&self) -> FileAction<'_> {
        match self {
            Action::Open(fd, path, flags, mode) => {
                FileAction::Open(*fd, path.as_c_str(), *flags, *mode)
            }
            Action::Other(FileAction::Close(fd)) => FileAction::Close(*fd),
            Action::Other(FileAction::Duplicate(fd, target)) => FileAction::Duplicate(*fd, *target),
            Action::Other(FileAction::CloseFrom(fd)) => FileAction::CloseFrom(*fd),
            Action::Other(FileAction::Open(fd, path, flags, mode)) => {
                FileAction::Open(*fd, path, *flags, *mode)
            }
        }
    }
}

fn parse_action(entry: &Value) -> PyResult<Action> {
    let Some(parts) = entry
        .downcast::<Tuple>()
        .map(|parts| parts.to_vec())
        .filter(|parts| !parts.is_empty())
    else {
        bail!(
            TypeError,
            "Each file_actions element must be a non-empty tuple"
        );
    };
    let counted = |count: usize, what: &str| -> PyResult<()> {
        if parts.len() != count {
            bail!(
                TypeError,
                "A {what} file_action tuple must have {count} elements"
            );
        }
        Ok(())
    };
    match int::as_i64(&parts[0])? {
        OPEN => {
            counted(5, "open")?;
            let info = ArgInfo {
                function: "posix_spawn",
                place: ArgPlace::Name("path"),
            };
            let path = PathArg::from_arg(&parts[2], &info)?;
            Ok(Action::Open(
                int::as_i32(&parts[1])?,
                path,
                int::as_i32(&parts[3])?,
                int::as_u32(&parts[4])?,
            ))
        }
        CLOSE => {
            counted(2, "close")?;
            Ok(Action::Other(FileAction::Close(int::as_i32(&parts[1])?)))
        }
        DUP2 => {
            counted(3, "dup2")?;
            Ok(Action::Other(FileAction::Duplicate(
                int::as_i32(&parts[1])?,
                int::as_i32(&parts[2])?,
            )))
        }
        CLOSEFROM => {
            counted(2, "closefrom")?;
            Ok(Action::Other(FileAction::CloseFrom(int::as_i32(
                &parts[1],
            )?)))
        }
        _ => bail!(TypeError, "Unknown file_actions identifier"),
    }
}

fn parse_actions(actions: Option<&Value>) -> PyResult<Vec<Action>> {
    let Some(actions) = actions.filter(|actions| !actions.is_none()) else {
        return Ok(Vec::new());
    };
    if !protocol::is_sequence(actions) {
        bail!(TypeError, "file_actions must be a sequence or None");
    }
    protocol::collect(actions)?
        .iter()
        .map(parse_action)
        .collect()
}

fn signals(value: &Value) -> PyResult<Vec<c_int>> {
    protocol::collect(value)?
        .iter()
        .map(|signal| {
            let signal = int::as_i32(signal)?;
            if !(1..=64).contains(&signal) {
                bail!(ValueError, "signal number {signal} out of range [1; 64]");
            }
            Ok(signal)
        })
        .collect()
}

/// What the two functions have in common.
struct Request<'a> {
    name: &'static str,
    path: PathArg,
    argv: &'a Value,
    env: &'a Value,
    file_actions: Option<&'a Value>,
    setpgroup: Option<&'a Value>,
    resetids: bool,
    setsid: bool,
    setsigmask: Option<&'a Value>,
    setsigdef: Option<&'a Value>,
    scheduler: Option<&'a Value>,
}

impl Request<'_> {
    fn attributes(&self) -> PyResult<SpawnAttributes> {
        let scheduler = match self.scheduler.filter(|value| !value.is_none()) {
            None => None,
            Some(value) => {
                let Some([policy, parameters]) =
                    value.downcast::<Tuple>().map(|pair| pair.as_slice())
                else {
                    bail!(TypeError, "A scheduler tuple must have two elements");
                };
                let policy = if policy.is_none() {
                    None
                } else {
                    Some(int::as_i32(policy)?)
                };
                Some((policy, schedule::priority_of(parameters)?))
            }
        };
        Ok(SpawnAttributes {
            group: self
                .setpgroup
                .filter(|value| !value.is_none())
                .map(int::as_i32)
                .transpose()?,
            reset_ids: self.resetids,
            new_session: self.setsid,
            mask: self.setsigmask.map(signals).transpose()?,
            defaults: self.setsigdef.map(signals).transpose()?,
            scheduler,
        })
    }

    fn run(&self, search: bool) -> PyResult<pid_t> {
        let name = self.name;
        let Some(arguments) = tuple_or_list(self.argv) else {
            bail!(TypeError, "{name}: argv must be a tuple or list");
        };
        if arguments.is_empty() {
            bail!(ValueError, "{name}: argv must not be empty");
        }
        if !self.env.is_none() && self.env.class().slots.getitem.get().is_none() {
            bail!(
                TypeError,
                "{name}: environment must be a mapping object or None"
            );
        }
        let arguments: Vec<CString> = arguments.iter().map(fs_c_string).collect::<PyResult<_>>()?;
        if arguments[0].is_empty() {
            bail!(ValueError, "{name}: argv first element cannot be empty");
        }
        let environment = if self.env.is_none() {
            current_environment()
        } else {
            program_environment(self.env)?
        };
        let actions = parse_actions(self.file_actions)?;
        let actions: Vec<FileAction<'_>> = actions.iter().map(Action::borrow).collect();
        let attributes = self.attributes()?;
        self.path.check(blocking::call(|| {
            spawn_call(
                search,
                self.path.as_c_str(),
                &arguments,
                &environment,
                &actions,
                &attributes,
            )
        }))
    }
}

fn current_environment() -> Vec<CString> {
    let entries = crate::sys::environment::all().into_iter();
    entries
        .filter_map(|(name, value)| CString::new([name, value].join(&b'=')).ok())
        .collect()
}

/// Execute the program specified by path in a new process.
///
///   path
///     Path of executable file.
///   argv
///     Tuple or list of strings.
///   env
///     Dictionary of strings mapping to strings.
///   file_actions
///     A sequence of file action tuples.
///   setpgroup
///     The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.
///   resetids
///     If the value is `true` the POSIX_SPAWN_RESETIDS will be activated.
///   setsid
///     If the value is `true` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP will be activated.
///   setsigmask
///     The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.
///   setsigdef
///     The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.
///   scheduler
///     A tuple with the scheduler policy (optional) and parameters.
#[function(
    "(path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=<unrepresentable>)"
)]
fn posix_spawn(
    path: PathArg,
    argv: &Value,
    env: &Value,
    file_actions: Option<&Value>,
    setpgroup: Option<&Value>,
    resetids: bool,
    setsid: bool,
    setsigmask: Option<&Value>,
    setsigdef: Option<&Value>,
    scheduler: Option<&Value>,
) -> PyResult<pid_t> {
    let name = "posix_spawn";
    Request {
        name,
        path,
        argv,
        env,
        file_actions,
        setpgroup,
        resetids,
        setsid,
        setsigmask,
        setsigdef,
        scheduler,
    }
    .run(false)
}

/// Execute the program specified by path in a new process.
///
///   path
///     Path of executable file.
///   argv
///     Tuple or list of strings.
///   env
///     Dictionary of strings mapping to strings.
///   file_actions
///     A sequence of file action tuples.
///   setpgroup
///     The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.
///   resetids
///     If the value is `True` the POSIX_SPAWN_RESETIDS will be activated.
///   setsid
///     If the value is `True` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP will be activated.
///   setsigmask
///     The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.
///   setsigdef
///     The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.
///   scheduler
///     A tuple with the scheduler policy (optional) and parameters.
#[function(
    "(path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=<unrepresentable>)"
)]
fn posix_spawnp(
    path: PathArg,
    argv: &Value,
    env: &Value,
    file_actions: Option<&Value>,
    setpgroup: Option<&Value>,
    resetids: bool,
    setsid: bool,
    setsigmask: Option<&Value>,
    setsigdef: Option<&Value>,
    scheduler: Option<&Value>,
) -> PyResult<pid_t> {
    let name = "posix_spawnp";
    Request {
        name,
        path,
        argv,
        env,
        file_actions,
        setpgroup,
        resetids,
        setsid,
        setsigmask,
        setsigdef,
        scheduler,
    }
    .run(true)
}
