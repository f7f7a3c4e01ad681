//! Who the process is: its numbers, users, groups and sessions.

use libc::pid_t;
use taipan_macros::function;
use taipan_objects::list::List;
use taipan_objects::native::FunctionDef;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, protocol};

use super::arguments::{Gid, Uid, identity_value};
use crate::filesystem::{fs_c_string, fs_decode};
use crate::os_result::OsResult;
use crate::sys::process as calls;

/// This file has no constants.
pub const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![
    getpid,
    getppid,
    getuid,
    geteuid,
    getgid,
    getegid,
    getresuid,
    getresgid,
    getgroups,
    getgrouplist,
    setgroups,
    initgroups,
    getlogin,
    getpgid,
    getpgrp,
    getsid,
    setpgid,
    setpgrp,
    setsid,
    setuid,
    seteuid,
    setgid,
    setegid,
    setreuid,
    setregid,
    setresuid,
    setresgid,
    getpriority,
    setpriority,
    nice,
    kill,
    killpg,
    umask,
    ctermid,
    tcgetpgrp,
    tcsetpgrp
];

/// Return the current process id.
#[function("()")]
fn getpid() -> pid_t {
    calls::getpid()
}

/// Return the parent's process id.
///
/// If the parent process has already exited, Windows machines will still
/// return its id; others systems will return the id of the 'init' process (1).
#[function("()")]
fn getppid() -> pid_t {
    calls::getppid()
}

/// Return the current process's user id.
#[function("()")]
fn getuid() -> Value {
    identity_value(calls::getuid())
}

/// Return the current process's effective user id.
#[function("()")]
fn geteuid() -> Value {
    identity_value(calls::geteuid())
}

/// Return the current process's group id.
#[function("()")]
fn getgid() -> Value {
    identity_value(calls::getgid())
}

/// Return the current process's effective group id.
#[function("()")]
fn getegid() -> Value {
    identity_value(calls::getegid())
}

/// Return a tuple of the current process's real, effective, and saved user ids.
#[function("()")]
fn getresuid() -> PyResult<Ref<Tuple>> {
    Ok(Tuple::from_array(
        calls::getresuid().or_raise()?.map(identity_value),
    ))
}

/// Return a tuple of the current process's real, effective, and saved group ids.
#[function("()")]
fn getresgid() -> PyResult<Ref<Tuple>> {
    Ok(Tuple::from_array(
        calls::getresgid().or_raise()?.map(identity_value),
    ))
}

fn group_list(groups: Vec<u32>) -> Ref<List> {
    List::new(groups.into_iter().map(identity_value).collect())
}

/// Return list of supplemental group IDs for the process.
#[function("()")]
fn getgroups() -> PyResult<Ref<List>> {
    calls::getgroups().or_raise().map(group_list)
}

/// Returns a list of groups to which a user belongs.
///
///   user
///     username to lookup
///   group
///     base group id of the user
#[function("(user, group, /)")]
fn getgrouplist(user: &Ref<Str>, group: Gid) -> PyResult<Ref<List>> {
    let user = fs_c_string(user.as_value())?;
    Ok(group_list(calls::getgrouplist(&user, group.0)))
}

/// Set the groups of the current process to list.
#[function("(groups, /)")]
fn setgroups(groups: &Value) -> PyResult<()> {
    if !protocol::is_sequence(groups) {
        bail!(TypeError, "setgroups argument must be a sequence");
    }
    let info = taipan_objects::native::ArgInfo {
        function: "setgroups",
        place: taipan_objects::native::ArgPlace::Only,
    };
    let groups: Vec<u32> = protocol::collect(groups)?
        .iter()
        .map(|group| {
            if !taipan_objects::int::is_int(group) {
                bail!(TypeError, "groups must be integers");
            }
            <Gid as taipan_objects::native::FromArg>::from_arg(group, &info).map(|group| group.0)
        })
        .collect::<PyResult<_>>()?;
    if groups.len() > 65536 {
        bail!(ValueError, "too many groups");
    }
    calls::setgroups(&groups).or_raise()
}

/// Initialize the group access list.
///
/// Call the system initgroups() to initialize the group access list with all of
/// the groups of which the specified username is a member, plus the specified
/// group id.
#[function("(username, gid, /)")]
fn initgroups(username: &Value, gid: Gid) -> PyResult<()> {
    calls::initgroups(&fs_c_string(username)?, gid.0).or_raise()
}

/// Return the actual login name.
#[function("()")]
fn getlogin() -> PyResult<Ref<Str>> {
    Ok(fs_decode(&calls::getlogin().or_raise()?))
}

/// Call the system call getpgid(), and return the result.
#[function("(pid)")]
fn getpgid(pid: i32) -> PyResult<pid_t> {
    calls::getpgid(pid).or_raise()
}

/// Return the current process group id.
#[function("()")]
fn getpgrp() -> pid_t {
    calls::getpgrp()
}

/// Call the system call getsid(pid) and return the result.
#[function("(pid, /)")]
fn getsid(pid: i32) -> PyResult<pid_t> {
    calls::getsid(pid).or_raise()
}

/// Call the system call setpgid(pid, pgrp).
#[function("(pid, pgrp, /)")]
fn setpgid(pid: i32, pgrp: i32) -> PyResult<()> {
    calls::setpgid(pid, pgrp).or_raise().map(drop)
}

/// Make the current process the leader of its process group.
#[function("()")]
fn setpgrp() -> PyResult<()> {
    calls::setpgid(0, 0).or_raise().map(drop)
}

/// Call the system call setsid().
#[function("()")]
fn setsid() -> PyResult<()> {
    calls::setsid().or_raise().map(drop)
}

/// Set the current process's user id.
#[function("(uid, /)")]
fn setuid(uid: Uid) -> PyResult<()> {
    calls::setuid(uid.0).or_raise().map(drop)
}

/// Set the current process's effective user id.
#[function("(euid, /)")]
fn seteuid(euid: Uid) -> PyResult<()> {
    calls::seteuid(euid.0).or_raise().map(drop)
}

/// Set the current process's group id.
#[function("(gid, /)")]
fn setgid(gid: Gid) -> PyResult<()> {
    calls::setgid(gid.0).or_raise().map(drop)
}

/// Set the current process's effective group id.
#[function("(egid, /)")]
fn setegid(egid: Gid) -> PyResult<()> {
    calls::setegid(egid.0).or_raise().map(drop)
}

/// Set the current process's real and effective user ids.
#[function("(ruid, euid, /)")]
fn setreuid(ruid: Uid, euid: Uid) -> PyResult<()> {
    calls::setreuid(ruid.0, euid.0).or_raise().map(drop)
}

/// Set the current process's real and effective group ids.
#[function("(rgid, egid, /)")]
fn setregid(rgid: Gid, egid: Gid) -> PyResult<()> {
    calls::setregid(rgid.0, egid.0).or_raise().map(drop)
}

/// Set the current process's real, effective, and saved user ids.
#[function("(ruid, euid, suid, /)")]
fn setresuid(ruid: Uid, euid: Uid, suid: Uid) -> PyResult<()> {
    calls::setresuid(ruid.0, euid.0, suid.0)
        .or_raise()
        .map(drop)
}

/// Set the current process's real, effective, and saved group ids.
#[function("(rgid, egid, sgid, /)")]
fn setresgid(rgid: Gid, egid: Gid, sgid: Gid) -> PyResult<()> {
    calls::setresgid(rgid.0, egid.0, sgid.0)
        .or_raise()
        .map(drop)
}

/// Return program scheduling priority.
#[function("(which, who)")]
fn getpriority(which: i32, who: i32) -> PyResult<i32> {
    calls::getpriority(which as libc::__priority_which_t, who as libc::id_t).or_raise()
}

/// Set program scheduling priority.
#[function("(which, who, priority)")]
fn setpriority(which: i32, who: i32, priority: i32) -> PyResult<()> {
    calls::setpriority(
        which as libc::__priority_which_t,
        who as libc::id_t,
        priority,
    )
    .or_raise()
    .map(drop)
}

/// Add increment to the priority of process and return the new priority.
#[function("(increment, /)")]
fn nice(increment: i32) -> PyResult<i32> {
    calls::nice(increment).or_raise()
}

/// Kill a process with a signal.
#[function("(pid, signal, /)")]
fn kill(pid: i32, signal: i32) -> PyResult<()> {
    calls::kill(pid, signal).or_raise()?;
    // A signal to the process itself is seen here and now, not at some later safe point.
    taipan_objects::runtime::check_signals()
}

/// Kill a process group with a signal.
#[function("(pgid, signal, /)")]
fn killpg(pgid: i32, signal: i32) -> PyResult<()> {
    calls::killpg(pgid, signal).or_raise()?;
    taipan_objects::runtime::check_signals()
}

/// Set the current numeric umask and return the previous umask.
#[function("(mask, /)")]
fn umask(mask: i32) -> i32 {
    calls::umask(mask as libc::mode_t) as i32
}

/// Return the name of the controlling terminal for this process.
#[function("()")]
fn ctermid() -> Ref<Str> {
    fs_decode(&crate::sys::system::ctermid())
}

/// Return the process group associated with the terminal specified by fd.
#[function("(fd, /)")]
fn tcgetpgrp(fd: i32) -> PyResult<pid_t> {
    crate::sys::file::tcgetpgrp(fd).or_raise()
}

/// Set the process group associated with the terminal specified by fd.
#[function("(fd, pgid, /)")]
fn tcsetpgrp(fd: i32, pgid: i32) -> PyResult<()> {
    crate::sys::file::tcsetpgrp(fd, pgid).or_raise().map(drop)
}
