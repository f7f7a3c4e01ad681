//! Signals: dispositions, masks, waiting, interval timers.
//!
//! The handler that is installed for all signals only notes the arrival ([`signals::trip`]) and wakes up whoever waits on
//! the wake-up descriptor; both are safe in a signal handler.

use std::ffi::CStr;
use std::io;
use std::mem::{self, MaybeUninit};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use libc::{c_int, sigset_t};
use taipan_objects::signals;

/// Written to by the handler; -1 for nobody.
static WAKEUP: AtomicI32 = AtomicI32::new(-1);
/// A write to the wake-up descriptor failed since it was last asked.
static WAKEUP_FAILED: AtomicI32 = AtomicI32::new(0);
/// Whether a full pipe counts as a failure.
static WARN_WHEN_FULL: AtomicBool = AtomicBool::new(true);

/// What happens when a signal arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// What the system does by default.
    Default,
    /// Nothing.
    Ignore,
    /// It is noted for Python.
    Noted,
    /// A handler from elsewhere runs.
    Foreign,
}

extern "C" fn note(signal: c_int) {
    // SAFETY: `errno` is the thread's own; it is kept because the interrupted code may be about to read it.
    let errno = unsafe { *libc::__errno_location() };
    signals::trip(signal as usize);
    let wakeup = WAKEUP.load(Ordering::SeqCst);
    if wakeup != -1 {
        let byte = signal as u8;
        // SAFETY: writes one byte from a live variable; `write` is safe in signal handlers.
        let written = unsafe { libc::write(wakeup, (&raw const byte).cast(), 1) };
        if written < 0 {
            // SAFETY: as above.
            let error = unsafe { *libc::__errno_location() };
            let full = error == libc::EAGAIN || error == libc::EWOULDBLOCK;
            if !full || WARN_WHEN_FULL.load(Ordering::SeqCst) {
                WAKEUP_FAILED.store(error, Ordering::SeqCst);
            }
        }
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// Sets the wake-up descriptor; answers the one before.
pub fn set_wakeup(fd: i32, warn_when_full: bool) -> i32 {
    WARN_WHEN_FULL.store(warn_when_full, Ordering::SeqCst);
    WAKEUP.swap(fd, Ordering::SeqCst)
}

/// The wake-up descriptor.
pub fn wakeup() -> i32 {
    WAKEUP.load(Ordering::SeqCst)
}

/// The error of a failed write to the wake-up descriptor, told once.
pub fn take_wakeup_failure() -> Option<i32> {
    Some(WAKEUP_FAILED.swap(0, Ordering::SeqCst)).filter(|&error| error != 0)
}

fn check(result: c_int) -> io::Result<()> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn check_number(result: c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(result))
    }
}

/// What happens when a signal arrives.
pub fn disposition(signal: i32) -> io::Result<Disposition> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action the call only fills the old one.
    let action = unsafe {
        check(libc::sigaction(
            signal,
            std::ptr::null(),
            action.as_mut_ptr(),
        ))?;
        action.assume_init()
    };
    Ok(match action.sa_sigaction {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignore,
        handler if handler == note as *const () as usize => Disposition::Noted,
        _ => Disposition::Foreign,
    })
}

/// Sets what happens when a signal arrives. A noted signal interrupts system calls.
pub fn set_disposition(signal: i32, disposition: Disposition) -> io::Result<()> {
    // SAFETY: a zeroed action is valid; the handler is a function that lives for ever and is safe in signal handlers.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = match disposition {
            Disposition::Default | Disposition::Foreign => libc::SIG_DFL,
            Disposition::Ignore => libc::SIG_IGN,
            Disposition::Noted => note as *const () as usize,
        };
        // Deliver on the alternate stack where a thread has one: the main stack may be the problem.
        action.sa_flags = libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        check(libc::sigaction(signal, &action, std::ptr::null_mut()))
    }
}

/// Whether the signal restarts system calls that it interrupts.
pub fn set_restart(signal: i32, restart: bool) -> io::Result<()> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the action is read, changed in one flag and written back.
    unsafe {
        check(libc::sigaction(
            signal,
            std::ptr::null(),
            action.as_mut_ptr(),
        ))?;
        let mut action = action.assume_init();
        if restart {
            action.sa_flags |= libc::SA_RESTART;
        } else {
            action.sa_flags &= !libc::SA_RESTART;
        }
        check(libc::sigaction(signal, &action, std::ptr::null_mut()))
    }
}

/// A set of signals.
#[derive(Clone, Copy)]
pub struct SignalSet(sigset_t);

impl SignalSet {
    /// No signals.
    pub fn empty() -> SignalSet {
        // SAFETY: the call initializes the set.
        unsafe {
            let mut set = MaybeUninit::uninit();
            libc::sigemptyset(set.as_mut_ptr());
            SignalSet(set.assume_init())
        }
    }

    /// All signals.
    pub fn full() -> SignalSet {
        // SAFETY: the call initializes the set.
        unsafe {
            let mut set = MaybeUninit::uninit();
            libc::sigfillset(set.as_mut_ptr());
            SignalSet(set.assume_init())
        }
    }

    /// Adds a signal. Numbers the C library keeps for itself are refused by it and left out.
    pub fn add(&mut self, signal: i32) {
        // SAFETY: the set is initialized.
        unsafe { libc::sigaddset(&mut self.0, signal) };
    }

    /// Whether a signal is in the set.
    pub fn contains(&self, signal: i32) -> bool {
        // SAFETY: the set is initialized.
        unsafe { libc::sigismember(&self.0, signal) == 1 }
    }
}

/// Changes the signal mask of the thread; answers the one before.
pub fn change_mask(how: i32, set: &SignalSet) -> io::Result<SignalSet> {
    let mut old = SignalSet::empty();
    // SAFETY: both sets are initialized.
    check_number(unsafe { libc::pthread_sigmask(how, &set.0, &mut old.0) })?;
    Ok(old)
}

/// Signals that are blocked and have arrived.
pub fn pending() -> io::Result<SignalSet> {
    let mut set = SignalSet::empty();
    // SAFETY: the set is initialized.
    check(unsafe { libc::sigpending(&mut set.0) })?;
    Ok(set)
}

/// Waits for one of the signals.
pub fn wait(set: &SignalSet) -> io::Result<i32> {
    let mut signal = 0;
    // SAFETY: the set is initialized, the number is written.
    check_number(unsafe { libc::sigwait(&set.0, &mut signal) })?;
    Ok(signal)
}

/// What is known of a signal that was waited for.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    pub signal: i32,
    pub code: i32,
    pub errno: i32,
    pub pid: i32,
    pub uid: u32,
    pub status: i32,
    pub band: i64,
}

/// Waits for one of the signals, for ever or for a time, and tells about it.
pub fn wait_info(set: &SignalSet, timeout: Option<Duration>) -> io::Result<Info> {
    // SAFETY: the structures are initialized; the union members read are plain numbers, valid for any bits.
    unsafe {
        let mut info: libc::siginfo_t = mem::zeroed();
        let result = match timeout {
            None => libc::sigwaitinfo(&set.0, &mut info),
            Some(timeout) => {
                let time = libc::timespec {
                    tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
                    tv_nsec: timeout.subsec_nanos().into(),
                };
                libc::sigtimedwait(&set.0, &mut info, &time)
            }
        };
        check(result)?;
        Ok(Info {
            signal: info.si_signo,
            code: info.si_code,
            errno: info.si_errno,
            pid: info.si_pid(),
            uid: info.si_uid(),
            status: info.si_status(),
            // The band shares its place with pid and uid, which stand in the first eight bytes.
            band: i64::from(info.si_pid()) & 0xffff_ffff | i64::from(info.si_uid()) << 32,
        })
    }
}

/// An interval timer: time left and interval, in seconds.
pub type Timer = (f64, f64);

fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}

/// The time of a timer field; `None` when it does not fit.
fn timeval(seconds: f64) -> Option<libc::timeval> {
    let whole = seconds.floor();
    if !(0.0..9.2e18).contains(&whole) {
        return None;
    }
    // A time that is not zero must not become zero, which would stop the timer.
    let micros = ((seconds - whole) * 1e6).ceil() as libc::suseconds_t;
    let (whole, micros) = if micros >= 1_000_000 {
        (whole as libc::time_t + 1, 0)
    } else {
        (whole as libc::time_t, micros)
    };
    Some(libc::timeval {
        tv_sec: whole,
        tv_usec: micros,
    })
}

/// Starts or stops an interval timer; answers what it was.
pub fn set_timer(which: i32, (value, interval): Timer) -> io::Result<Timer> {
    let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
    let new = libc::itimerval {
        it_interval: timeval(interval).ok_or_else(invalid)?,
        it_value: timeval(value).ok_or_else(invalid)?,
    };
    // SAFETY: both structures are initialized.
    unsafe {
        let mut old: libc::itimerval = mem::zeroed();
        check(setitimer(which, &new, &mut old))?;
        Ok((seconds(old.it_value), seconds(old.it_interval)))
    }
}

/// An interval timer as it is.
pub fn timer(which: i32) -> io::Result<Timer> {
    // SAFETY: the structure is initialized.
    unsafe {
        let mut now: libc::itimerval = mem::zeroed();
        check(getitimer(which, &mut now))?;
        Ok((seconds(now.it_value), seconds(now.it_interval)))
    }
}

// SAFETY: the declarations are the C library's.
unsafe extern "C" {
    fn setitimer(which: c_int, new: *const libc::itimerval, old: *mut libc::itimerval) -> c_int;
    fn getitimer(which: c_int, now: *mut libc::itimerval) -> c_int;
}

/// Asks for SIGALRM in some seconds; answers how many were left of the last request.
pub fn alarm(seconds: u32) -> u32 {
    // SAFETY: takes and answers numbers.
    unsafe { libc::alarm(seconds) }
}

/// Waits for any signal.
pub fn pause() {
    // SAFETY: no arguments; always answers an interruption.
    unsafe { libc::pause() };
}

/// Sends a signal to the running thread.
pub fn raise(signal: i32) -> io::Result<()> {
    // SAFETY: takes a number.
    let result = unsafe { libc::raise(signal) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Sends a signal to a thread of this process.
pub fn kill_thread(thread: u64, signal: i32) -> io::Result<()> {
    // SAFETY: the C library checks the number of the signal; the caller vouches for the thread, as in CPython.
    check_number(unsafe { libc::pthread_kill(thread as libc::pthread_t, signal) })
}

/// Sends a signal to the process behind a descriptor.
pub fn send_to_pidfd(fd: i32, signal: i32, flags: u32) -> io::Result<()> {
    // SAFETY: numbers, and a null pointer that stands for no further information.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            fd,
            signal,
            std::ptr::null::<libc::siginfo_t>(),
            flags,
        )
    };
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// The system's description of a signal.
pub fn description(signal: i32) -> Option<String> {
    // SAFETY: the answer is null or a string that lives until the next call, and is copied at once.
    unsafe {
        let text = libc::strsignal(signal);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

/// The smallest real-time signal that programs may use.
pub fn real_time_range() -> (i32, i32) {
    (libc::SIGRTMIN(), libc::SIGRTMAX())
}

/// Whether a descriptor is open and blocks.
pub fn is_blocking(fd: i32) -> io::Result<bool> {
    // SAFETY: takes numbers.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    check(flags)?;
    Ok(flags & libc::O_NONBLOCK == 0)
}
