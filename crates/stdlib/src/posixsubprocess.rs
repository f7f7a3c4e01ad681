//! `_posixsubprocess`: the fork and exec under `subprocess`.

use std::ffi::{CString, c_int};

use libc::pid_t;
use taipan_macros::function;
use taipan_objects::native::{ArgInfo, ArgPlace, FromArg};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Value;
use taipan_objects::{bail, int};

use crate::filesystem::fs_c_string;
use crate::os_result::OsResult;
use crate::posix::arguments::{Gid, Uid};
use crate::posix::process as posix;
use crate::sys::process::fork;
use crate::sys::subprocess::{Plan, fork_exec as system_fork_exec};

taipan_macros::define_module!(
    name = "_posixsubprocess",
    doc = "A POSIX helper for the subprocess module.",
    functions(fork_exec),
);

fn strings(values: &Value, message: &str) -> PyResult<Vec<CString>> {
    protocol::collect_or(values, || message.to_owned())?
        .iter()
        .map(fs_c_string)
        .collect()
}

/// The descriptors to keep: a sorted tuple of numbers that are not negative.
fn descriptors(values: &Value) -> PyResult<Vec<c_int>> {
    let Some(tuple) = values.downcast::<Tuple>() else {
        bail!(
            TypeError,
            "fork_exec() argument 4 must be tuple, not {}",
            values.class().name()
        );
    };
    let mut found: Vec<c_int> = Vec::with_capacity(tuple.len());
    for value in tuple.as_slice() {
        match int::to_i64(value).and_then(|fd| c_int::try_from(fd).ok()) {
            Some(fd) if fd >= 0 && found.last().is_none_or(|&last| last < fd) => found.push(fd),
            _ => bail!(ValueError, "bad value(s) in fds_to_keep"),
        }
    }
    Ok(found)
}

fn given(value: &Value) -> Option<&Value> {
    (!value.is_none()).then_some(value)
}

/// Spawn a fresh new child process.
///
/// Fork a child process, close parent file descriptors as appropriate in the
/// child and duplicate the few that are needed before calling exec() in the
/// child process.
///
/// If close_fds is True, close file descriptors 3 and higher, except those listed
/// in the sorted tuple pass_fds.
///
/// The preexec_fn, if supplied, will be called immediately before closing file
/// descriptors and exec.
///
/// WARNING: preexec_fn is NOT SAFE if your application uses threads.
///          It may trigger infrequent, difficult to debug deadlocks.
///
/// If an error occurs in the child process before the exec, it is
/// serialized and written to the errpipe_write fd per subprocess.py.
///
/// Returns: the child process's PID.
///
/// Raises: Only on an error in the parent process.
#[function(
    "(args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)"
)]
pub fn fork_exec(
    args: &Value,
    executable_list: &Value,
    close_fds: bool,
    pass_fds: &Value,
    cwd: &Value,
    env: &Value,
    p2cread: i32,
    p2cwrite: i32,
    c2pread: i32,
    c2pwrite: i32,
    errread: i32,
    errwrite: i32,
    errpipe_read: i32,
    errpipe_write: i32,
    restore_signals: bool,
    call_setsid: bool,
    pgid_to_set: i32,
    gid: &Value,
    extra_groups: &Value,
    uid: &Value,
    child_umask: i32,
    preexec_fn: &Value,
) -> PyResult<pid_t> {
    if given(preexec_fn).is_some() && crate::startup::is_finalizing() {
        bail!(
            PythonFinalizationError,
            "preexec_fn not supported at interpreter shutdown"
        );
    }
    let keep = descriptors(pass_fds)?;
    if close_fds && errpipe_write < 3 {
        bail!(ValueError, "errpipe_write must be >= 3");
    }
    let programs = strings(executable_list, "executable_list must be a sequence")?;
    let arguments = match given(args) {
        None => bail!(TypeError, "argv must be a sequence"),
        Some(args) => strings(args, "argv must be a sequence")?,
    };
    let environment = given(env)
        .map(|env| strings(env, "env must be a sequence"))
        .transpose()?;
    let directory = given(cwd).map(fs_c_string).transpose()?;
    let info = ArgInfo {
        function: "fork_exec",
        place: ArgPlace::Position(19),
    };
    let groups: Option<Vec<u32>> = match given(extra_groups) {
        None => None,
        Some(groups) => {
            let groups = protocol::collect_or(groups, || {
                "setgroups argument must be a sequence".to_owned()
            })?;
            Some(
                groups
                    .iter()
                    .map(|group| match Gid::from_arg(group, &info) {
                        Ok(group) => Ok(group.0),
                        Err(_) => bail!(ValueError, "invalid group id"),
                    })
                    .collect::<PyResult<_>>()?,
            )
        }
    };
    let gid = given(gid)
        .map(|gid| Gid::from_arg(gid, &info))
        .transpose()?
        .map(|gid| gid.0);
    let uid = given(uid)
        .map(|uid| Uid::from_arg(uid, &info))
        .transpose()?
        .map(|uid| uid.0);
    let plan = Plan {
        programs: &programs,
        arguments: &arguments,
        environment: environment.as_deref(),
        directory: directory.as_deref(),
        pipes: [p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite],
        error_write: errpipe_write,
        close_others: close_fds,
        keep: &keep,
        restore_signals,
        new_session: call_setsid,
        group: (pgid_to_set >= 0).then_some(pgid_to_set),
        groups: groups.as_deref(),
        gid,
        uid,
        umask: (child_umask >= 0).then_some(child_umask as libc::mode_t),
    };
    let _ = errpipe_read;
    let Some(function) = given(preexec_fn) else {
        return system_fork_exec(&plan, fork, &mut || true).or_raise();
    };
    posix::before_fork();
    let pid = system_fork_exec(&plan, || runtime::around_fork(fork), &mut || {
        posix::after_fork_in_child();
        protocol::call0(function).is_ok()
    });
    posix::after_fork_in_parent();
    pid.or_raise()
}
