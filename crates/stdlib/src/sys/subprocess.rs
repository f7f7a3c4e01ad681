//! A new process with everything `subprocess` can ask for: between fork and exec.
//!
//! The child of a fork of a process with threads may only make system calls: everything it needs is prepared before the
//! fork, and what fails is reported through a pipe as text. Invariant: [`child`] allocates nothing and touches no Python
//! value, but for the function that the caller passes to be run before exec.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io;

use super::process::PointerArray;

/// What the child does.
pub struct Plan<'a> {
    /// Paths to try, in order.
    pub programs: &'a [CString],
    /// The program's arguments.
    pub arguments: &'a [CString],
    /// The environment, if not this one.
    pub environment: Option<&'a [CString]>,
    /// The working directory, if not this one.
    pub directory: Option<&'a CStr>,
    /// Descriptors for the child's standard input, output and errors, and their other ends; -1 where there is none.
    pub pipes: [c_int; 6],
    /// Where failures are written.
    pub error_write: c_int,
    /// Whether all other descriptors are closed.
    pub close_others: bool,
    /// Descriptors that stay open, sorted.
    pub keep: &'a [c_int],
    /// Whether signals that this process ignores get their default action.
    pub restore_signals: bool,
    /// Whether the child makes a session.
    pub new_session: bool,
    /// The process group, if not this one.
    pub group: Option<libc::pid_t>,
    /// Supplementary groups.
    pub groups: Option<&'a [libc::gid_t]>,
    /// The group to become.
    pub gid: Option<libc::gid_t>,
    /// The user to become.
    pub uid: Option<libc::uid_t>,
    /// The umask, if not this one.
    pub umask: Option<libc::mode_t>,
}

/// Why the child did not come to run the program.
enum Failure {
    /// A system call failed before exec.
    Before(&'static [u8]),
    /// Exec itself failed.
    Exec,
    /// The function before exec raised.
    Function,
}

/// Forks by calling `fork`. In the child `prepare` runs (and says whether it succeeded), then the program.
pub fn fork_exec(
    plan: &Plan<'_>,
    fork: impl FnOnce() -> io::Result<libc::pid_t>,
    prepare: &mut dyn FnMut() -> bool,
) -> io::Result<libc::pid_t> {
    let arguments = PointerArray::new(plan.arguments);
    let environment = plan.environment.map(PointerArray::new);
    let programs = PointerArray::new(plan.programs);
    // SAFETY: the caller holds the interpreter lock; the child makes system calls on what was prepared here.
    unsafe {
        let pid = fork()?;
        if pid == 0 {
            let environment = environment.as_ref().map(PointerArray::as_ptr);
            child(
                plan,
                programs.as_ptr(),
                arguments.as_ptr(),
                environment,
                prepare,
            );
        }
        Ok(pid)
    }
}

/// # Safety
/// Runs in the child of a fork; the arrays end with null pointers.
unsafe fn child(
    plan: &Plan<'_>,
    programs: *const *const c_char,
    arguments: *const *const c_char,
    environment: Option<*const *const c_char>,
    prepare: &mut dyn FnMut() -> bool,
) -> ! {
    // SAFETY: by contract; all calls are safe between fork and exec.
    unsafe {
        let failure = match set_up(plan, prepare) {
            Err(failure) => failure,
            Ok(()) => {
                run(programs, arguments, environment);
                Failure::Exec
            }
        };
        report(plan.error_write, failure, *libc::__errno_location());
        libc::_exit(255)
    }
}

fn step(result: c_int) -> Result<(), Failure> {
    if result == -1 {
        Err(Failure::Before(b""))
    } else {
        Ok(())
    }
}

/// # Safety
/// As [`child`].
unsafe fn set_up(plan: &Plan<'_>, prepare: &mut dyn FnMut() -> bool) -> Result<(), Failure> {
    let [
        p2c_read,
        p2c_write,
        c2p_read,
        mut c2p_write,
        error_read,
        mut error_write,
    ] = plan.pipes;
    // SAFETY: numbers, and pointers that outlive the calls.
    unsafe {
        for &fd in plan.keep {
            // The error pipe goes away with exec, which is how the parent learns that it succeeded.
            if fd != plan.error_write {
                step(inherit(fd))?;
            }
        }
        for fd in [p2c_write, c2p_read, error_read] {
            if fd != -1 {
                step(libc::close(fd))?;
            }
        }
        // A descriptor that would be overwritten below is moved out of the way.
        if c2p_write == 0 {
            c2p_write = libc::dup(c2p_write);
            step(c2p_write)?;
        }
        while error_write == 0 || error_write == 1 {
            error_write = libc::dup(error_write);
            step(error_write)?;
        }
        for (fd, target) in [(p2c_read, 0), (c2p_write, 1), (error_write, 2)] {
            if fd == target {
                step(inherit(fd))?;
            } else if fd != -1 {
                step(libc::dup2(fd, target))?;
            }
        }
        if let Some(directory) = plan.directory
            && libc::chdir(directory.as_ptr()) == -1
        {
            return Err(Failure::Before(b"noexec:chdir"));
        }
        if let Some(umask) = plan.umask {
            libc::umask(umask);
        }
        if plan.restore_signals {
            for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
        if plan.new_session {
            step(libc::setsid())?;
        }
        if let Some(group) = plan.group {
            step(libc::setpgid(0, group))?;
        }
        if let Some(groups) = plan.groups {
            step(libc::setgroups(groups.len(), groups.as_ptr()))?;
        }
        if let Some(gid) = plan.gid {
            step(libc::setregid(gid, gid))?;
        }
        if let Some(uid) = plan.uid {
            step(libc::setreuid(uid, uid))?;
        }
        *libc::__errno_location() = 0;
        if !prepare() {
            return Err(Failure::Function);
        }
        if plan.close_others {
            close_others(plan.keep);
        }
        Ok(())
    }
}

/// # Safety
/// As [`child`].
unsafe fn inherit(fd: c_int) -> c_int {
    // SAFETY: numbers only.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        if flags == -1 {
            -1
        } else {
            libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC)
        }
    }
}

/// Closes all descriptors from 3 up but those to keep, which are sorted.
///
/// # Safety
/// As [`child`].
unsafe fn close_others(keep: &[c_int]) {
    // SAFETY: numbers only.
    unsafe {
        let mut from = 3;
        for &fd in keep {
            if fd < from {
                continue;
            }
            close_between(from, fd - 1);
            from = fd + 1;
        }
        close_between(from, c_int::MAX);
    }
}

/// # Safety
/// As [`child`].
unsafe fn close_between(first: c_int, last: c_int) {
    if first > last {
        return;
    }
    // SAFETY: numbers only.
    unsafe {
        if libc::syscall(
            libc::SYS_close_range,
            first as libc::c_uint,
            last as libc::c_uint,
            0,
        ) == 0
        {
            return;
        }
        let most = match libc::sysconf(libc::_SC_OPEN_MAX) {
            most if most > 0 && most < 1 << 20 => most as c_int,
            _ => 1 << 16,
        };
        for fd in first..=last.min(most) {
            libc::close(fd);
        }
    }
}

/// Tries the programs. Of several failures, one that is not about a missing file counts.
///
/// # Safety
/// As [`child`].
unsafe fn run(
    programs: *const *const c_char,
    arguments: *const *const c_char,
    environment: Option<*const *const c_char>,
) {
    // SAFETY: the arrays end with null pointers.
    unsafe {
        let mut saved = 0;
        let mut program = programs;
        while !(*program).is_null() {
            match environment {
                Some(environment) => libc::execve(*program, arguments, environment),
                None => libc::execv(*program, arguments),
            };
            let errno = *libc::__errno_location();
            if errno != libc::ENOENT && errno != libc::ENOTDIR && saved == 0 {
                saved = errno;
            }
            program = program.add(1);
        }
        if saved != 0 {
            *libc::__errno_location() = saved;
        }
    }
}

/// Writes `OSError:errno:what` (or the name of another exception) to the parent.
///
/// # Safety
/// As [`child`].
unsafe fn report(fd: c_int, failure: Failure, errno: c_int) {
    // SAFETY: writes from local and static memory.
    unsafe {
        let write = |bytes: &[u8]| {
            libc::write(fd, bytes.as_ptr().cast(), bytes.len());
        };
        match failure {
            Failure::Function => write(b"SubprocessError:0:Exception occurred in preexec_fn."),
            _ if errno == 0 => write(b"SubprocessError:0:"),
            Failure::Exec | Failure::Before(_) => {
                write(b"OSError:");
                let mut digits = [0u8; 8];
                let mut at = digits.len();
                let mut left = errno.unsigned_abs();
                while at > 0 && (left > 0 || at == digits.len()) {
                    at -= 1;
                    digits[at] = b"0123456789ABCDEF"[(left % 16) as usize];
                    left /= 16;
                }
                write(&digits[at..]);
                write(b":");
                if let Failure::Before(what) = failure {
                    write(if what.is_empty() { b"noexec" } else { what });
                }
            }
        }
    }
}
