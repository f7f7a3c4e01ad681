//! Processes: making, replacing, awaiting, signalling and scheduling them; users and groups.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use libc::{gid_t, id_t, pid_t, uid_t};

use super::{check, check_number, number_calls, plain_calls};

plain_calls! {
    /// `getpid()`.
    getpid() -> pid_t = libc::getpid;
    /// `getppid()`.
    getppid() -> pid_t = libc::getppid;
    /// `getuid()`.
    getuid() -> uid_t = libc::getuid;
    /// `geteuid()`.
    geteuid() -> uid_t = libc::geteuid;
    /// `getgid()`.
    getgid() -> gid_t = libc::getgid;
    /// `getegid()`.
    getegid() -> gid_t = libc::getegid;
    /// `getpgrp()`.
    getpgrp() -> pid_t = libc::getpgrp;
    /// `umask(mask)`: the mask before.
    umask(mask: libc::mode_t) -> libc::mode_t = libc::umask;
    /// `sync()`.
    sync() -> () = libc::sync;
    /// `gettid()`.
    gettid() -> pid_t = libc::gettid;
}

number_calls! {
    /// `kill(pid, signal)`.
    kill(pid: pid_t, signal: c_int) -> c_int = libc::kill;
    /// `killpg(group, signal)`.
    killpg(group: pid_t, signal: c_int) -> c_int = libc::killpg;
    /// `getpgid(pid)`.
    getpgid(pid: pid_t) -> pid_t = libc::getpgid;
    /// `setpgid(pid, group)`.
    setpgid(pid: pid_t, group: pid_t) -> c_int = libc::setpgid;
    /// `getsid(pid)`.
    getsid(pid: pid_t) -> pid_t = libc::getsid;
    /// `setsid()`.
    setsid() -> pid_t = libc::setsid;
    /// `setuid(uid)`.
    setuid(uid: uid_t) -> c_int = libc::setuid;
    /// `seteuid(uid)`.
    seteuid(uid: uid_t) -> c_int = libc::seteuid;
    /// `setgid(gid)`.
    setgid(gid: gid_t) -> c_int = libc::setgid;
    /// `setegid(gid)`.
    setegid(gid: gid_t) -> c_int = libc::setegid;
    /// `setreuid(real, effective)`.
    setreuid(real: uid_t, effective: uid_t) -> c_int = libc::setreuid;
    /// `setregid(real, effective)`.
    setregid(real: gid_t, effective: gid_t) -> c_int = libc::setregid;
    /// `setresuid(real, effective, saved)`.
    setresuid(real: uid_t, effective: uid_t, saved: uid_t) -> c_int = libc::setresuid;
    /// `setresgid(real, effective, saved)`.
    setresgid(real: gid_t, effective: gid_t, saved: gid_t) -> c_int = libc::setresgid;
    /// `setpriority(which, who, priority)`.
    setpriority(which: libc::__priority_which_t, who: id_t, priority: c_int) -> c_int = libc::setpriority;
    /// `sched_get_priority_max(policy)`.
    sched_get_priority_max(policy: c_int) -> c_int = libc::sched_get_priority_max;
    /// `sched_get_priority_min(policy)`.
    sched_get_priority_min(policy: c_int) -> c_int = libc::sched_get_priority_min;
    /// `sched_getscheduler(pid)`.
    sched_getscheduler(pid: pid_t) -> c_int = libc::sched_getscheduler;
    /// `sched_yield()`.
    sched_yield() -> c_int = libc::sched_yield;
    /// `unshare(flags)`.
    unshare(flags: c_int) -> c_int = libc::unshare;
}

/// `fork()`: 0 in the child.
pub fn fork() -> io::Result<pid_t> {
    // SAFETY: the caller holds the interpreter lock, so the child's copy of every Python value is consistent.
    check(unsafe { libc::fork() })
}

/// `forkpty()`: the process and the master end; 0 in the child.
pub fn forkpty() -> io::Result<(pid_t, c_int)> {
    let mut master = -1;
    // SAFETY: as `fork`; the call writes one number, and name, attributes and size are absent.
    let pid = check(unsafe {
        libc::forkpty(
            &mut master,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    })?;
    Ok((pid, master))
}

/// `login_tty(fd)`.
pub fn login_tty(fd: c_int) -> io::Result<()> {
    // SAFETY: a call on a number.
    check(unsafe { libc::login_tty(fd) }).map(drop)
}

/// `_exit(status)`.
pub fn exit_at_once(status: c_int) -> ! {
    // SAFETY: the process ends here.
    unsafe { libc::_exit(status) }
}

/// `abort()`.
pub fn abort() -> ! {
    // SAFETY: the process ends here.
    unsafe { libc::abort() }
}

/// Pointers to C strings with a null pointer behind them, valid as long as the strings.
pub struct PointerArray<'a> {
    pointers: Vec<*const c_char>,
    _strings: std::marker::PhantomData<&'a CString>,
}

impl<'a> PointerArray<'a> {
    /// Points to `strings`.
    pub fn new(strings: &'a [CString]) -> PointerArray<'a> {
        let pointers = strings
            .iter()
            .map(|string| string.as_ptr())
            .chain([ptr::null()])
            .collect();
        PointerArray {
            pointers,
            _strings: std::marker::PhantomData,
        }
    }

    /// The first pointer.
    pub fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// `execv(path, arguments)`; answers only when it fails.
pub fn execv(path: &CStr, arguments: &[CString]) -> io::Error {
    let arguments = PointerArray::new(arguments);
    // SAFETY: path and arguments are borrowed for the call, and the array ends with a null pointer.
    unsafe { libc::execv(path.as_ptr(), arguments.as_ptr()) };
    io::Error::last_os_error()
}

/// `execve(path, arguments, environment)`; answers only when it fails.
pub fn execve(path: &CStr, arguments: &[CString], environment: &[CString]) -> io::Error {
    let (arguments, environment) = (PointerArray::new(arguments), PointerArray::new(environment));
    // SAFETY: as `execv`.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

/// `fexecve(fd, arguments, environment)`; answers only when it fails.
pub fn fexecve(fd: c_int, arguments: &[CString], environment: &[CString]) -> io::Error {
    let (arguments, environment) = (PointerArray::new(arguments), PointerArray::new(environment));
    // SAFETY: as `execv`.
    unsafe { libc::fexecve(fd, arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

/// What a child did, as the `wait` family answers it.
pub struct Waited {
    /// The process; 0 when none changed.
    pub pid: pid_t,
    /// The status word.
    pub status: c_int,
    /// What the process used.
    pub usage: libc::rusage,
}

/// `waitpid(pid, options)`.
pub fn waitpid(pid: pid_t, options: c_int) -> io::Result<(pid_t, c_int)> {
    let mut status = 0;
    // SAFETY: the call writes one number.
    let pid = check(unsafe { libc::waitpid(pid, &mut status, options) })?;
    Ok((pid, status))
}

/// `wait4(pid, options)`.
pub fn wait4(pid: pid_t, options: c_int) -> io::Result<Waited> {
    let mut status = 0;
    // SAFETY: the call writes the status and, where a process changed, its usage; zeroes are a valid usage.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let pid = check(libc::wait4(pid, &mut status, options, &mut usage))?;
        Ok(Waited { pid, status, usage })
    }
}

/// What `waitid` answers: process, user, signal, status, code.
pub struct ChildInfo {
    /// The process.
    pub pid: pid_t,
    /// Its user.
    pub uid: uid_t,
    /// Always SIGCHLD.
    pub signal: c_int,
    /// Exit code or signal.
    pub status: c_int,
    /// How it changed.
    pub code: c_int,
}

/// `waitid(kind, id, options)`; nothing when no child changed.
pub fn waitid(kind: libc::idtype_t, id: id_t, options: c_int) -> io::Result<Option<ChildInfo>> {
    // SAFETY: zeroes are a valid `siginfo_t`; the call fills it, and its fields for SIGCHLD are read only then.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        check(libc::waitid(kind, id, &mut info, options))?;
        if info.si_pid() == 0 {
            return Ok(None);
        }
        let (pid, uid, signal) = (info.si_pid(), info.si_uid(), info.si_signo);
        Ok(Some(ChildInfo {
            pid,
            uid,
            signal,
            status: info.si_status(),
            code: info.si_code,
        }))
    }
}

/// `pidfd_open(pid, flags)`.
pub fn pidfd_open(pid: pid_t, flags: libc::c_uint) -> io::Result<c_int> {
    // SAFETY: numbers only.
    check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) }).map(|fd| fd as c_int)
}

/// `nice(increment)`: the new niceness.
pub fn nice(increment: c_int) -> io::Result<c_int> {
    // SAFETY: numbers only; -1 is an answer unless `errno` is set.
    unsafe {
        *libc::__errno_location() = 0;
        let answer = libc::nice(increment);
        if answer == -1 && *libc::__errno_location() != 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(answer)
        }
    }
}

/// `getpriority(which, who)`.
pub fn getpriority(which: libc::__priority_which_t, who: id_t) -> io::Result<c_int> {
    // SAFETY: numbers only; -1 is an answer unless `errno` is set.
    unsafe {
        *libc::__errno_location() = 0;
        let answer = libc::getpriority(which, who);
        if answer == -1 && *libc::__errno_location() != 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(answer)
        }
    }
}

/// `getresuid()`.
pub fn getresuid() -> io::Result<[uid_t; 3]> {
    let mut ids = [0; 3];
    let [real, effective, saved] = &mut ids;
    // SAFETY: the call writes three numbers.
    check(unsafe { libc::getresuid(real, effective, saved) })?;
    Ok(ids)
}

/// `getresgid()`.
pub fn getresgid() -> io::Result<[gid_t; 3]> {
    let mut ids = [0; 3];
    let [real, effective, saved] = &mut ids;
    // SAFETY: the call writes three numbers.
    check(unsafe { libc::getresgid(real, effective, saved) })?;
    Ok(ids)
}

/// `getgroups()`.
pub fn getgroups() -> io::Result<Vec<gid_t>> {
    // SAFETY: the first call only counts; the second writes at most as many numbers as there is room for.
    unsafe {
        let count = check(libc::getgroups(0, ptr::null_mut()))?;
        let mut groups = vec![0; count as usize];
        let count = check(libc::getgroups(count, groups.as_mut_ptr()))?;
        groups.truncate(count as usize);
        Ok(groups)
    }
}

/// `setgroups(groups)`.
pub fn setgroups(groups: &[gid_t]) -> io::Result<()> {
    // SAFETY: the list is borrowed for the call.
    check(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) }).map(drop)
}

/// `initgroups(user, group)`.
pub fn initgroups(user: &CStr, group: gid_t) -> io::Result<()> {
    // SAFETY: the name is borrowed for the call.
    check(unsafe { libc::initgroups(user.as_ptr(), group) }).map(drop)
}

/// `getgrouplist(user, group)`.
pub fn getgrouplist(user: &CStr, group: gid_t) -> Vec<gid_t> {
    let mut room = 64;
    loop {
        let mut groups = vec![0; room as usize];
        let mut count = room;
        // SAFETY: the name is borrowed, and the list has room for `count` numbers.
        let fits =
            unsafe { libc::getgrouplist(user.as_ptr(), group, groups.as_mut_ptr(), &mut count) }
                != -1;
        if fits {
            groups.truncate(count as usize);
            return groups;
        }
        room = count.max(room * 2);
    }
}

/// `getlogin_r()`.
pub fn getlogin() -> io::Result<Vec<u8>> {
    // SAFETY: the declaration is the C library's.
    unsafe extern "C" {
        fn getlogin_r(buffer: *mut c_char, size: usize) -> c_int;
    }
    let mut name = vec![0u8; 256];
    // SAFETY: the buffer is writable for its length.
    check_number(unsafe { getlogin_r(name.as_mut_ptr().cast(), name.len()) })?;
    Ok(super::file::until_null(name))
}

/// `sched_getparam(pid)`: the priority.
pub fn sched_getparam(pid: pid_t) -> io::Result<c_int> {
    let mut parameters = MaybeUninit::<libc::sched_param>::uninit();
    // SAFETY: the call fills the answer when it succeeds.
    unsafe {
        check(libc::sched_getparam(pid, parameters.as_mut_ptr()))?;
        Ok(parameters.assume_init().sched_priority)
    }
}

/// `sched_setparam(pid, priority)`.
pub fn sched_setparam(pid: pid_t, priority: c_int) -> io::Result<()> {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: the parameters are borrowed for the call.
    check(unsafe { libc::sched_setparam(pid, &parameters) }).map(drop)
}

/// `sched_setscheduler(pid, policy, priority)`.
pub fn sched_setscheduler(pid: pid_t, policy: c_int, priority: c_int) -> io::Result<()> {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: the parameters are borrowed for the call.
    check(unsafe { libc::sched_setscheduler(pid, policy, &parameters) }).map(drop)
}

/// `sched_rr_get_interval(pid)`.
pub fn sched_rr_get_interval(pid: pid_t) -> io::Result<libc::timespec> {
    let mut interval = MaybeUninit::uninit();
    // SAFETY: the call fills the answer when it succeeds.
    unsafe {
        check(libc::sched_rr_get_interval(pid, interval.as_mut_ptr()))?;
        Ok(interval.assume_init())
    }
}

/// `sched_getaffinity(pid)`: the numbers of the processors.
pub fn sched_getaffinity(pid: pid_t) -> io::Result<Vec<usize>> {
    let mut words = vec![0u64; 16];
    loop {
        // SAFETY: the mask is writable for the size given.
        let result = check(unsafe {
            libc::sched_getaffinity(pid, words.len() * 8, words.as_mut_ptr().cast())
        });
        match result {
            Ok(_) => break,
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && words.len() < 1 << 16 => {
                words.resize(words.len() * 2, 0)
            }
            Err(error) => return Err(error),
        }
    }
    Ok((0..words.len() * 64)
        .filter(|index| words[index / 64] >> (index % 64) & 1 != 0)
        .collect())
}

/// `sched_setaffinity(pid, processors)`.
pub fn sched_setaffinity(pid: pid_t, processors: &[usize]) -> io::Result<()> {
    let mut words = vec![
        0u64;
        processors
            .iter()
            .max()
            .map_or(16, |most| most / 64 + 1)
            .max(16)
    ];
    for &index in processors {
        words[index / 64] |= 1 << (index % 64);
    }
    // SAFETY: the mask is readable for the size given.
    check(unsafe { libc::sched_setaffinity(pid, words.len() * 8, words.as_ptr().cast()) }).map(drop)
}

/// What `posix_spawn` does with files in the new process.
pub enum FileAction<'a> {
    /// Opens a path as a descriptor.
    Open(c_int, &'a CStr, c_int, libc::mode_t),
    /// Closes a descriptor.
    Close(c_int),
    /// Copies a descriptor.
    Duplicate(c_int, c_int),
    /// Closes this descriptor and all above.
    CloseFrom(c_int),
}

/// What `posix_spawn` sets in the new process.
#[derive(Default)]
pub struct SpawnAttributes {
    /// The process group.
    pub group: Option<pid_t>,
    /// Whether user and group become the real ones.
    pub reset_ids: bool,
    /// Whether a session is made.
    pub new_session: bool,
    /// Signals that are blocked.
    pub mask: Option<Vec<c_int>>,
    /// Signals whose action becomes the default one.
    pub defaults: Option<Vec<c_int>>,
    /// Scheduling policy and priority.
    pub scheduler: Option<(Option<c_int>, c_int)>,
}

/// A signal set.
pub fn signal_set(signals: &[c_int]) -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is initialized first, then changed.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for &signal in signals {
            check(libc::sigaddset(set.as_mut_ptr(), signal))?;
        }
        Ok(set.assume_init())
    }
}

// SAFETY: the declarations are the C library's.
unsafe extern "C" {
    fn posix_spawn_file_actions_addclosefrom_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        from: c_int,
    ) -> c_int;
}

/// `posix_spawn` or, with `search`, `posix_spawnp`.
pub fn posix_spawn(
    search: bool,
    path: &CStr,
    arguments: &[CString],
    environment: &[CString],
    actions: &[FileAction<'_>],
    attributes: &SpawnAttributes,
) -> io::Result<pid_t> {
    let (arguments, environment) = (PointerArray::new(arguments), PointerArray::new(environment));
    let mut pid = 0;
    // SAFETY: actions and attributes are initialized before use and destroyed after it; strings are borrowed for the call.
    unsafe {
        let mut list = MaybeUninit::uninit();
        check_number(libc::posix_spawn_file_actions_init(list.as_mut_ptr()))?;
        let mut list = list.assume_init();
        let mut options = MaybeUninit::uninit();
        check_number(libc::posix_spawnattr_init(options.as_mut_ptr()))?;
        let mut options = options.assume_init();
        let result = add_actions(&mut list, actions)
            .and_then(|()| set_attributes(&mut options, attributes))
            .and_then(|()| {
                let spawn = if search {
                    libc::posix_spawnp
                } else {
                    libc::posix_spawn
                };
                let (arguments, environment) =
                    (arguments.as_ptr().cast(), environment.as_ptr().cast());
                check_number(spawn(
                    &mut pid,
                    path.as_ptr(),
                    &list,
                    &options,
                    arguments,
                    environment,
                ))
            });
        libc::posix_spawn_file_actions_destroy(&mut list);
        libc::posix_spawnattr_destroy(&mut options);
        result?;
    }
    Ok(pid)
}

/// # Safety
/// `list` is initialized.
unsafe fn add_actions(
    list: &mut libc::posix_spawn_file_actions_t,
    actions: &[FileAction<'_>],
) -> io::Result<()> {
    for action in actions {
        // SAFETY: the list is initialized, and copies the paths it is given.
        check_number(unsafe {
            match *action {
                FileAction::Open(fd, path, flags, mode) => {
                    libc::posix_spawn_file_actions_addopen(list, fd, path.as_ptr(), flags, mode)
                }
                FileAction::Close(fd) => libc::posix_spawn_file_actions_addclose(list, fd),
                FileAction::Duplicate(fd, target) => {
                    libc::posix_spawn_file_actions_adddup2(list, fd, target)
                }
                FileAction::CloseFrom(fd) => posix_spawn_file_actions_addclosefrom_np(list, fd),
            }
        })?;
    }
    Ok(())
}

/// # Safety
/// `options` is initialized.
unsafe fn set_attributes(
    options: &mut libc::posix_spawnattr_t,
    wanted: &SpawnAttributes,
) -> io::Result<()> {
    const SETSID: c_int = 0x80;
    let mut flags = 0;
    // SAFETY: the options are initialized; sets and parameters are borrowed for the calls.
    unsafe {
        if let Some(group) = wanted.group {
            check_number(libc::posix_spawnattr_setpgroup(options, group))?;
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        if wanted.reset_ids {
            flags |= libc::POSIX_SPAWN_RESETIDS;
        }
        if wanted.new_session {
            flags |= SETSID;
        }
        if let Some(signals) = &wanted.mask {
            check_number(libc::posix_spawnattr_setsigmask(
                options,
                &signal_set(signals)?,
            ))?;
            flags |= libc::POSIX_SPAWN_SETSIGMASK;
        }
        if let Some(signals) = &wanted.defaults {
            check_number(libc::posix_spawnattr_setsigdefault(
                options,
                &signal_set(signals)?,
            ))?;
            flags |= libc::POSIX_SPAWN_SETSIGDEF;
        }
        if let Some((policy, priority)) = wanted.scheduler {
            if let Some(policy) = policy {
                check_number(libc::posix_spawnattr_setschedpolicy(options, policy))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDULER;
            }
            check_number(libc::posix_spawnattr_setschedparam(
                options,
                &libc::sched_param {
                    sched_priority: priority,
                },
            ))?;
            flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
        }
        check_number(libc::posix_spawnattr_setflags(
            options,
            flags as libc::c_short,
        ))
    }
}
