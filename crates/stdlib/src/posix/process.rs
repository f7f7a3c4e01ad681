//! Making, replacing, awaiting and ending processes.

use std::ffi::CString;
use std::io;

use libc::{c_int, pid_t};
use taipan_macros::function;
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::native::{ConstantDef, FunctionDef};
use taipan_objects::raised::PyResult;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, float, id, int, protocol, runtime, warnings};

use super::arguments::{PathArg, PathOrFd};
use crate::filesystem::{c_string, fs_c_string, fs_encode};
use crate::os_result::OsResult;
use crate::sys::process as calls;
use crate::{blocking, sys};

/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![
    fork,
    forkpty,
    register_at_fork,
    execv,
    execve,
    wait,
    waitpid,
    wait3,
    wait4,
    waitid,
    waitstatus_to_exitcode,
    WCOREDUMP,
    WIFCONTINUED,
    WIFSTOPPED,
    WIFSIGNALED,
    WIFEXITED,
    WEXITSTATUS,
    WTERMSIG,
    WSTOPSIG,
    pidfd_open,
    _exit,
    abort,
    system,
    unshare,
    setns,
    login_tty
];
/// The classes of this file.
pub const CONSTANTS: &[ConstantDef] = taipan_macros::constants![waitid_result_class];

static WAITID_RESULT: StructSeqDef = StructSeqDef {
    name: "waitid_result",
    module: "posix",
    doc: "waitid_result: Result from waitid.\n\nThis object may be accessed either as a tuple of\n  (si_pid, si_uid, si_signo, si_status, si_code),\nor via the attributes si_pid, si_uid, and so on.\n\nSee os.waitid for more information.",
    fields: &[
        Field::new("si_pid", ""),
        Field::new("si_uid", ""),
        Field::new("si_signo", ""),
        Field::new("si_status", ""),
        Field::new("si_code", ""),
    ],
    visible: 5,
    instantiable: true,
    complete: None,
};

#[taipan_macros::constant(name = "waitid_result")]
fn waitid_result_class() -> Value {
    WAITID_RESULT.class().to_value()
}

/// `resource.struct_rusage`, which `wait3` and `wait4` answer too.
pub static STRUCT_RUSAGE: StructSeqDef = StructSeqDef {
    name: "struct_rusage",
    module: "resource",
    doc: "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.",
    fields: &[
        Field::new("ru_utime", "user time used"),
        Field::new("ru_stime", "system time used"),
        Field::new("ru_maxrss", "max. resident set size"),
        Field::new("ru_ixrss", "shared memory size"),
        Field::new("ru_idrss", "unshared data size"),
        Field::new("ru_isrss", "unshared stack size"),
        Field::new("ru_minflt", "page faults not requiring I/O"),
        Field::new("ru_majflt", "page faults requiring I/O"),
        Field::new("ru_nswap", "number of swap outs"),
        Field::new("ru_inblock", "block input operations"),
        Field::new("ru_oublock", "block output operations"),
        Field::new("ru_msgsnd", "IPC messages sent"),
        Field::new("ru_msgrcv", "IPC messages received"),
        Field::new("ru_nsignals", "signals received"),
        Field::new("ru_nvcsw", "voluntary context switches"),
        Field::new("ru_nivcsw", "involuntary context switches"),
    ],
    visible: 16,
    instantiable: true,
    complete: None,
};

/// The Python form of what a process used.
pub fn rusage_value(usage: &libc::rusage) -> Value {
    let seconds = |time: libc::timeval| float::new(time.tv_sec as f64 + time.tv_usec as f64 * 1e-6);
    let mut fields = vec![seconds(usage.ru_utime), seconds(usage.ru_stime)];
    let counts = [
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ];
    fields.extend(counts.map(int::new));
    STRUCT_RUSAGE.make(fields)
}

/// Functions that run around a fork: before it (last registered first), then in the child and in the parent.
struct ForkHooks {
    before: Slot<Ref<List>>,
    in_child: Slot<Ref<List>>,
    in_parent: Slot<Ref<List>>,
}

static FORK_HOOKS: ForkHooks = ForkHooks {
    before: Slot::empty(),
    in_child: Slot::empty(),
    in_parent: Slot::empty(),
};

/// Native code that puts itself in order in the child of a fork, before any Python code runs there.
static CHILD_HOOKS: Locked<Vec<fn()>> = Locked::new(Vec::new());

/// Registers native code to run first in the child of a fork.
pub fn at_fork_in_child(hook: fn()) {
    CHILD_HOOKS.with(|hooks| hooks.push(hook));
}

fn run_hooks(hooks: &Slot<Ref<List>>, backwards: bool) {
    let Some(hooks) = hooks.get() else { return };
    let mut functions = hooks.to_vec();
    if backwards {
        functions.reverse();
    }
    for function in functions {
        if let Err(raised) = protocol::call0(&function) {
            runtime::unraisable(raised, None, Some(&function));
        }
    }
}

/// What is done before a fork.
pub fn before_fork() {
    run_hooks(&FORK_HOOKS.before, true);
}

/// What is done in the parent after a fork.
pub fn after_fork_in_parent() {
    run_hooks(&FORK_HOOKS.in_parent, false);
}

/// What is done in the child after a fork.
pub fn after_fork_in_child() {
    runtime::after_fork_in_child();
    for hook in CHILD_HOOKS.with(|hooks| hooks.clone()) {
        hook();
    }
    run_hooks(&FORK_HOOKS.in_child, false);
}

/// Number of threads of this process, where the system says.
fn thread_count() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses that may hold spaces; the count is the twentieth.
    status
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(17)?
        .parse()
        .ok()
}

fn warn_about_fork(name: &str) -> PyResult<()> {
    if thread_count().is_some_and(|count| count > 1) {
        let pid = calls::getpid();
        let message = format!(
            "This process (pid={pid}) is multi-threaded, use of {name}() may lead to deadlocks in the child."
        );
        warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
    }
    Ok(())
}

/// Forks with all that goes around it. `make` is the system call; what it answers is nothing in the child.
pub fn fork_with<T>(
    name: &str,
    make: impl FnOnce() -> io::Result<T>,
    is_child: impl Fn(&T) -> bool,
) -> PyResult<T> {
    if crate::startup::is_finalizing() {
        bail!(
            PythonFinalizationError,
            "can't fork at interpreter shutdown"
        );
    }
    before_fork();
    match runtime::around_fork(make) {
        Ok(answer) if is_child(&answer) => {
            after_fork_in_child();
            Ok(answer)
        }
        Ok(answer) => {
            let warned = warn_about_fork(name);
            after_fork_in_parent();
            warned?;
            Ok(answer)
        }
        Err(error) => {
            after_fork_in_parent();
            Err(error).or_raise()
        }
    }
}

/// Fork a child process.
///
/// Return 0 to child process and PID of child to parent process.
#[function("()")]
fn fork() -> PyResult<pid_t> {
    fork_with("fork", calls::fork, |&pid| pid == 0)
}

/// Fork a new process with a new pseudo-terminal as controlling tty.
///
/// Returns a tuple of (pid, master_fd).
/// Like fork(), return pid of 0 to the child process,
/// and pid of child to the parent process.
/// To both, return fd of newly opened pseudo-terminal.
#[function("()")]
fn forkpty() -> PyResult<(pid_t, c_int)> {
    fork_with("forkpty", calls::forkpty, |&(pid, _)| pid == 0)
}

/// Register callables to be called when forking a new process.
///
///   before
///     A callable to be called in the parent before the fork() syscall.
///   after_in_child
///     A callable to be called in the child after fork().
///   after_in_parent
///     A callable to be called in the parent after fork().
///
/// 'before' callbacks are called in reverse order.
/// 'after_in_child' and 'after_in_parent' callbacks are called in order.
#[function(
    "(*, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)"
)]
fn register_at_fork(
    before: Option<&Value>,
    after_in_child: Option<&Value>,
    after_in_parent: Option<&Value>,
) -> PyResult<()> {
    if before.is_none() && after_in_child.is_none() && after_in_parent.is_none() {
        bail!(TypeError, "At least one argument is required.");
    }
    let given = [
        ("before", before, &FORK_HOOKS.before),
        ("after_in_child", after_in_child, &FORK_HOOKS.in_child),
        ("after_in_parent", after_in_parent, &FORK_HOOKS.in_parent),
    ];
    for (name, function, _) in given {
        if let Some(function) = function
            && !protocol::is_callable(function)
        {
            bail!(
                TypeError,
                "'{name}' must be callable, not {}",
                function.class().name()
            );
        }
    }
    for (_, function, hooks) in given {
        if let Some(function) = function {
            let list = hooks.get().unwrap_or_else(|| List::new(Vec::new()));
            list.push(function.clone())?;
            hooks.set(Some(list));
        }
    }
    Ok(())
}

/// The items of a tuple or list.
pub fn tuple_or_list(value: &Value) -> Option<Vec<Value>> {
    match value.downcast::<Tuple>() {
        Some(tuple) => Some(tuple.to_vec()),
        None => value.downcast::<List>().map(|list| list.to_vec()),
    }
}

/// The arguments of a new program; `place` names them in messages.
fn program_arguments(argv: &Value, place: &str) -> PyResult<Vec<CString>> {
    let Some(arguments) = tuple_or_list(argv) else {
        bail!(TypeError, "{place} must be a tuple or list");
    };
    if arguments.is_empty() {
        bail!(ValueError, "{place} must not be empty");
    }
    let arguments: Vec<CString> = arguments.iter().map(fs_c_string).collect::<PyResult<_>>()?;
    if arguments[0].is_empty() {
        bail!(ValueError, "{place} first element cannot be empty");
    }
    Ok(arguments)
}

/// The environment of a new program, from a mapping.
pub fn program_environment(env: &Value) -> PyResult<Vec<CString>> {
    let keys = protocol::collect(&protocol::call_method(env, id!("keys"), &[])?)?;
    let values = protocol::collect(&protocol::call_method(env, id!("values"), &[])?)?;
    let mut entries = Vec::with_capacity(keys.len());
    for (name, value) in keys.iter().zip(&values) {
        let mut entry = fs_encode(name)?;
        // A leading `=` is part of the name on some systems.
        if entry.is_empty() || entry[1..].contains(&b'=') {
            bail!(ValueError, "illegal environment variable name");
        }
        entry.push(b'=');
        entry.extend(fs_encode(value)?);
        entries.push(c_string(entry, "byte")?);
    }
    Ok(entries)
}

/// Execute an executable path with arguments, replacing current process.
///
///   path
///     Path of executable file.
///   argv
///     Tuple or list of strings.
#[function("(path, argv, /)")]
fn execv(path: PathArg, argv: &Value) -> PyResult<()> {
    let arguments = program_arguments(argv, "execv() arg 2")?;
    path.check(Err(calls::execv(path.as_c_str(), &arguments)))
}

/// Execute an executable path with arguments, replacing current process.
///
///   path
///     Path of executable file.
///   argv
///     Tuple or list of strings.
///   env
///     Dictionary of strings mapping to strings.
#[function("(path, argv, env)")]
fn execve(path: PathOrFd, argv: &Value, env: &Value) -> PyResult<()> {
    if tuple_or_list(argv).is_none() {
        bail!(TypeError, "execve: argv must be a tuple or list");
    }
    if env.class().slots.getitem.get().is_none() {
        bail!(TypeError, "execve: environment must be a mapping object");
    }
    let arguments = program_arguments(argv, "execve: argv")?;
    let environment = program_environment(env)?;
    let error = match &path {
        PathOrFd::Path(path) => calls::execve(path.as_c_str(), &arguments, &environment),
        PathOrFd::Descriptor(fd, _) => calls::fexecve(*fd, &arguments, &environment),
    };
    path.check(Err(error))
}

/// Wait for completion of a child process.
///
/// Returns a tuple of information about the child process:
///     (pid, status)
#[function("()")]
fn wait() -> PyResult<(pid_t, c_int)> {
    blocking::retry(|| calls::waitpid(-1, 0)).or_raise()
}

/// Wait for completion of a given child process.
///
/// Returns a tuple of information regarding the child process:
///     (pid, status)
///
/// The options argument is ignored on Windows.
#[function("(pid, options, /)")]
fn waitpid(pid: i32, options: i32) -> PyResult<(pid_t, c_int)> {
    blocking::retry(|| calls::waitpid(pid, options)).or_raise()
}

fn waited_value(waited: calls::Waited) -> (pid_t, c_int, Value) {
    (waited.pid, waited.status, rusage_value(&waited.usage))
}

/// Wait for completion of a child process.
///
/// Returns a tuple of information about the child process:
///   (pid, status, rusage)
#[function("(options)")]
fn wait3(options: i32) -> PyResult<(pid_t, c_int, Value)> {
    blocking::retry(|| calls::wait4(-1, options))
        .or_raise()
        .map(waited_value)
}

/// Wait for completion of a specific child process.
///
/// Returns a tuple of information about the child process:
///   (pid, status, rusage)
#[function("(pid, options)")]
fn wait4(pid: i32, options: i32) -> PyResult<(pid_t, c_int, Value)> {
    blocking::retry(|| calls::wait4(pid, options))
        .or_raise()
        .map(waited_value)
}

/// Returns the result of waiting for a process or processes.
///
///   idtype
///     Must be one of be P_PID, P_PGID or P_ALL.
///   id
///     The id to wait on.
///   options
///     Constructed from the ORing of one or more of WEXITED, WSTOPPED
///     or WCONTINUED and additionally may be ORed with WNOHANG or WNOWAIT.
///
/// Returns either waitid_result or None if WNOHANG is specified and there are
/// no children in a waitable state.
#[function("(idtype, id, options, /)")]
fn waitid(idtype: i32, id: i32, options: i32) -> PyResult<Option<Value>> {
    let info =
        blocking::retry(|| calls::waitid(idtype as libc::idtype_t, id as libc::id_t, options))
            .or_raise()?;
    Ok(info.map(|info| {
        WAITID_RESULT.make(vec![
            int::new(info.pid.into()),
            super::arguments::identity_value(info.uid),
            int::new(info.signal.into()),
            int::new(info.status.into()),
            int::new(info.code.into()),
        ])
    }))
}

/// Convert a wait status to an exit code.
///
/// On Unix:
///
/// * If WIFEXITED(status) is true, return WEXITSTATUS(status).
/// * If WIFSIGNALED(status) is true, return -WTERMSIG(status).
/// * Otherwise, raise a ValueError.
///
/// On Windows, return status shifted right by 8 bits.
///
/// On Unix, if the process is being traced or if waitpid() was called with
/// WUNTRACED option, the caller must first check if WIFSTOPPED(status) is true.
/// This function must not be called if WIFSTOPPED(status) is true.
#[function("(status)")]
fn waitstatus_to_exitcode(status: i32) -> PyResult<i32> {
    if libc::WIFEXITED(status) {
        return Ok(libc::WEXITSTATUS(status));
    }
    if libc::WIFSIGNALED(status) {
        return Ok(-libc::WTERMSIG(status));
    }
    if libc::WIFSTOPPED(status) {
        bail!(
            ValueError,
            "process stopped by delivery of signal {}",
            libc::WSTOPSIG(status)
        );
    }
    bail!(ValueError, "invalid wait status: {status}")
}

/// Return True if the process returning status was dumped to a core file.
#[function("(status, /)")]
#[allow(non_snake_case)]
fn WCOREDUMP(status: i32) -> bool {
    libc::WCOREDUMP(status)
}

/// Return True if a particular process was continued from a job control stop.
///
/// Return True if the process returning status was continued from a
/// job control stop.
#[function("(status)")]
#[allow(non_snake_case)]
fn WIFCONTINUED(status: i32) -> bool {
    libc::WIFCONTINUED(status)
}

/// Return True if the process returning status was stopped.
#[function("(status)")]
#[allow(non_snake_case)]
fn WIFSTOPPED(status: i32) -> bool {
    libc::WIFSTOPPED(status)
}

/// Return True if the process returning status was terminated by a signal.
#[function("(status)")]
#[allow(non_snake_case)]
fn WIFSIGNALED(status: i32) -> bool {
    libc::WIFSIGNALED(status)
}

/// Return True if the process returning status exited via the exit() system call.
#[function("(status)")]
#[allow(non_snake_case)]
fn WIFEXITED(status: i32) -> bool {
    libc::WIFEXITED(status)
}

/// Return the process return code from status.
#[function("(status)")]
#[allow(non_snake_case)]
fn WEXITSTATUS(status: i32) -> i32 {
    libc::WEXITSTATUS(status)
}

/// Return the signal that terminated the process that provided the status value.
#[function("(status)")]
#[allow(non_snake_case)]
fn WTERMSIG(status: i32) -> i32 {
    libc::WTERMSIG(status)
}

/// Return the signal that stopped the process that provided the status value.
#[function("(status)")]
#[allow(non_snake_case)]
fn WSTOPSIG(status: i32) -> i32 {
    libc::WSTOPSIG(status)
}

/// Return a file descriptor referring to the process *pid*.
///
/// The descriptor can be used to perform process management without races and
/// signals.
#[function("(pid, flags=0)")]
fn pidfd_open(pid: i32, flags: u32) -> PyResult<c_int> {
    calls::pidfd_open(pid, flags).or_raise()
}

/// Exit to the system with specified status, without normal exit processing.
#[function("(status)")]
fn _exit(status: i32) {
    calls::exit_at_once(status)
}

/// Abort the interpreter immediately.
///
/// This function 'dumps core' or otherwise fails in the hardest way possible
/// on the hosting operating system.  This function never returns.
#[function("()")]
fn abort() {
    calls::abort()
}

/// Execute the command in a subshell.
#[function("(command)")]
fn system(command: &Value) -> PyResult<i32> {
    let command = fs_c_string(command)?;
    Ok(blocking::call(|| sys::system::system(&command)))
}

/// Disassociate parts of a process (or thread) execution context.
///
///   flags
///     Namespaces to be unshared.
#[function("(flags)")]
fn unshare(flags: i32) -> PyResult<()> {
    blocking::call(|| calls::unshare(flags))
        .or_raise()
        .map(drop)
}

/// Move the calling thread into different namespaces.
///
///   fd
///     A file descriptor to a namespace.
///   nstype
///     Type of namespace.
#[function("(fd, nstype=0)")]
fn setns(fd: super::arguments::Fildes, nstype: i32) -> PyResult<()> {
    blocking::call(|| sys::file::setns(fd.0, nstype))
        .or_raise()
        .map(drop)
}

/// Prepare the tty of which fd is a file descriptor for a new login session.
///
/// Make the calling process a session leader; make the tty the
/// controlling tty, the stdin, the stdout, and the stderr of the
/// calling process; close fd.
#[function("(fd, /)")]
fn login_tty(fd: super::arguments::Fildes) -> PyResult<()> {
    calls::login_tty(fd.0).or_raise()
}
