//! `_signal`: handlers, masks, timers and waiting.
//!
//! Handlers are Python callables that the main thread runs between two bytecodes; see `taipan_objects::signals` for the way
//! from the arrival of a signal to its handler.

mod wait;

use taipan_macros::{class, define_module, function};
use taipan_objects::exceptions::{ExceptionKind, OsError, os_error, raise_args};
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::Set;
use taipan_objects::signals;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, float, int, protocol, runtime};

use crate::sys::signal::{self as system, Disposition, SignalSet};

define_module!(
    name = "_signal",
    doc = "This module provides mechanisms to use signal handlers in Python.\n\nFunctions:\n\nalarm() -- cause SIGALRM after a specified time [Unix only]\nsetitimer() -- cause a signal (described below) after a specified\n               float time and the timer may restart then [Unix only]\ngetitimer() -- get current value of timer [Unix only]\nsignal() -- set the action for a given signal\ngetsignal() -- get the signal action for a given signal\npause() -- wait until a signal arrives [Unix only]\ndefault_int_handler() -- default SIGINT handler\n\nsignal constants:\nSIG_DFL -- used to refer to the system default handler\nSIG_IGN -- used to ignore the signal\nNSIG -- number of defined signals\nSIGINT, SIGTERM, etc. -- signal numbers\n\nitimer constants:\nITIMER_REAL -- decrements in real time, and delivers SIGALRM upon\n               expiration\nITIMER_VIRTUAL -- decrements only when the process is executing,\n               and delivers SIGVTALRM upon expiration\nITIMER_PROF -- decrements both when the process is executing and\n               when the system is executing on behalf of the process.\n               Coupled with ITIMER_VIRTUAL, this timer is usually\n               used to profile the time spent by the application\n               in user and kernel space. SIGPROF is delivered upon\n               expiration.\n\n\n*** IMPORTANT NOTICE ***\nA signal handler function is called with two arguments:\nthe first is the signal number, the second is the interrupted stack frame.",
    functions(
        default_int_handler,
        alarm,
        setitimer,
        getitimer,
        signal,
        raise_signal,
        strsignal,
        getsignal,
        set_wakeup_fd,
        siginterrupt,
        pause,
        pidfd_send_signal,
        pthread_kill,
        pthread_sigmask,
        sigpending,
        valid_signals,
        wait::sigwait,
        wait::sigwaitinfo,
        wait::sigtimedwait,
    ),
    init = fill,
);

/// The error of `setitimer` and `getitimer`.
#[class(name = "itimer_error", module = "signal", base = OsError, marker, no_methods, flags(BASETYPE))]
pub struct ItimerError;

const NSIG: i32 = signals::COUNT as i32;

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name)),*] };
}

const NUMBERS: &[(&str, i32)] = numbers! {
    SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT
    SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH
    SIGXCPU SIGXFSZ SIG_BLOCK SIG_UNBLOCK SIG_SETMASK
};

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module.set(name, int::new(i64::from(number)));
    }
    let (first, last) = system::real_time_range();
    let more = [
        ("SIGCLD", libc::SIGCHLD),
        ("SIGIOT", libc::SIGABRT),
        ("SIGRTMIN", first),
        ("SIGRTMAX", last),
        ("SIG_DFL", libc::SIG_DFL as i32),
        ("SIG_IGN", libc::SIG_IGN as i32),
        ("NSIG", NSIG),
        ("ITIMER_REAL", 0),
        ("ITIMER_VIRTUAL", 1),
        ("ITIMER_PROF", 2),
    ];
    for (name, number) in more {
        module.set(name, int::new(i64::from(number)));
    }
    module.set("ItimerError", ItimerError::init_class());
    module.set("struct_siginfo", wait::siginfo_class());
    Ok(())
}

/// Takes over the signals of the process at start-up: Ctrl-C raises KeyboardInterrupt, a closed pipe is an error of the
/// write and no signal.
pub fn install(module: &Ref<Module>) -> PyResult<()> {
    for signal in 1..NSIG {
        let handler = match system::disposition(signal) {
            Ok(Disposition::Default) => Some(int::new(libc::SIG_DFL as i64)),
            Ok(Disposition::Ignore) => Some(int::new(libc::SIG_IGN as i64)),
            _ => None,
        };
        drop(signals::set_handler(signal as usize, handler));
    }
    for ignored in [libc::SIGPIPE, libc::SIGXFSZ] {
        if system::set_disposition(ignored, Disposition::Ignore).is_ok() {
            drop(signals::set_handler(
                ignored as usize,
                Some(int::new(libc::SIG_IGN as i64)),
            ));
        }
    }
    let has_default = system::disposition(libc::SIGINT)
        .is_ok_and(|disposition| disposition == Disposition::Default);
    if has_default
        && let Some(handler) = module.get("default_int_handler")
        && system::set_disposition(libc::SIGINT, Disposition::Noted).is_ok()
    {
        drop(signals::set_handler(libc::SIGINT as usize, Some(handler)));
    }
    Ok(())
}

/// After the program ended by an unhandled KeyboardInterrupt, the process ends by the signal, so that its parent sees why.
pub fn end_by_interrupt() {
    if system::set_disposition(libc::SIGINT, Disposition::Default).is_ok() {
        drop(system::raise(libc::SIGINT));
    }
}

fn error(error: std::io::Error) -> Raised {
    os_error::os_error(&error, None)
}

fn timer_error(error: std::io::Error) -> Raised {
    let errno = error.raw_os_error().unwrap_or(libc::EINVAL);
    let text = Str::new(&os_error::errno_text(errno)).into_value();
    raise_args(ItimerError::class(), vec![int::new(i64::from(errno)), text])
}

fn check_number(signal: i32) -> PyResult<()> {
    if !(1..NSIG).contains(&signal) {
        bail!(ValueError, "signal number out of range");
    }
    Ok(())
}

/// The default handler for SIGINT installed by Python.
///
/// It raises KeyboardInterrupt.
#[function("(signalnum, frame, /)")]
fn default_int_handler(_signalnum: i32, _frame: &Value) -> PyResult<Value> {
    Err(raise_args(
        ExceptionKind::KeyboardInterrupt.class(),
        Vec::new(),
    ))
}

/// Arrange for SIGALRM to arrive after the given number of seconds.
#[function("(seconds, /)")]
fn alarm(seconds: i32) -> u32 {
    system::alarm(seconds as u32)
}

fn pair((value, interval): system::Timer) -> Ref<Tuple> {
    Tuple::pair(float::new(value), float::new(interval))
}

/// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
///
/// The timer will fire after value seconds and after that every interval seconds.
/// The itimer can be cleared by setting seconds to zero.
///
/// Returns old values as a tuple: (delay, interval).
#[function("(which, seconds, interval=0.0, /)")]
fn setitimer(which: i32, seconds: f64, interval: Option<f64>) -> PyResult<Ref<Tuple>> {
    system::set_timer(which, (seconds, interval.unwrap_or(0.0)))
        .map(pair)
        .map_err(timer_error)
}

/// Returns current value of given itimer.
#[function("(which, /)")]
fn getitimer(which: i32) -> PyResult<Ref<Tuple>> {
    system::timer(which).map(pair).map_err(timer_error)
}

/// Set the action for the given signal.
///
/// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
/// The previous action is returned.  See getsignal() for possible return values.
///
/// *** IMPORTANT NOTICE ***
/// A signal handler function is called with two arguments:
/// the first is the signal number, the second is the interrupted stack frame.
#[function("(signalnum, handler, /)")]
fn signal(signalnum: i32, handler: &Value) -> PyResult<Value> {
    if !signals::is_main_thread() {
        bail!(
            ValueError,
            "signal only works in main thread of the main interpreter"
        );
    }
    check_number(signalnum)?;
    let disposition = if protocol::is_callable(handler) {
        Disposition::Noted
    } else if protocol::equal(handler, &int::new(libc::SIG_IGN as i64))? {
        Disposition::Ignore
    } else if protocol::equal(handler, &int::new(libc::SIG_DFL as i64))? {
        Disposition::Default
    } else {
        bail!(
            TypeError,
            "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"
        );
    };
    // What arrived under the old handler is its business.
    runtime::check_signals()?;
    system::set_disposition(signalnum, disposition).map_err(error)?;
    let kept = match disposition {
        Disposition::Noted => handler.clone(),
        Disposition::Ignore => int::new(libc::SIG_IGN as i64),
        _ => int::new(libc::SIG_DFL as i64),
    };
    Ok(signals::set_handler(signalnum as usize, Some(kept)).unwrap_or(Value::NONE))
}

/// Send a signal to the executing process.
#[function("(signalnum, /)")]
fn raise_signal(signalnum: i32) -> PyResult<()> {
    runtime::allow_threads(|| system::raise(signalnum)).map_err(error)?;
    runtime::check_signals()
}

/// Return the system description of the given signal.
///
/// Returns the description of signal *signalnum*, such as "Interrupt"
/// for :const:`SIGINT`. Returns :const:`None` if *signalnum* has no
/// description. Raises :exc:`ValueError` if *signalnum* is invalid.
#[function("(signalnum, /)")]
fn strsignal(signalnum: i32) -> PyResult<Option<String>> {
    check_number(signalnum)?;
    Ok(system::description(signalnum).filter(|text| !text.starts_with("Unknown signal")))
}

/// Return the current action for the given signal.
///
/// The return value can be:
///   SIG_IGN -- if the signal is being ignored
///   SIG_DFL -- if the default action for the signal is in effect
///   None    -- if an unknown handler is in effect
///   anything else -- the callable Python object used as a handler
#[function("(signalnum, /)")]
fn getsignal(signalnum: i32) -> PyResult<Option<Value>> {
    check_number(signalnum)?;
    Ok(signals::handler(signalnum as usize))
}

/// Sets the fd to be written to (with the signal number) when a signal comes in.
///
/// A library can use this to wakeup select or poll.
/// The previous fd or -1 is returned.
///
/// The fd must be non-blocking.
#[function("(fd, /, *, warn_on_full_buffer=True)")]
fn set_wakeup_fd(fd: i32, warn_on_full_buffer: bool) -> PyResult<i32> {
    if !signals::is_main_thread() {
        bail!(
            ValueError,
            "set_wakeup_fd only works in main thread of the main interpreter"
        );
    }
    if fd != -1 && system::is_blocking(fd).map_err(error)? {
        bail!(ValueError, "the fd {fd} must be in non-blocking mode");
    }
    Ok(system::set_wakeup(fd, warn_on_full_buffer))
}

/// Change system call restart behaviour.
///
/// If flag is False, system calls will be restarted when interrupted by
/// signal sig, else system calls will be interrupted.
#[function("(signalnum, flag, /)")]
fn siginterrupt(signalnum: i32, flag: i32) -> PyResult<()> {
    check_number(signalnum)?;
    system::set_restart(signalnum, flag == 0).map_err(error)
}

/// Wait until a signal arrives.
#[function("()")]
fn pause() -> PyResult<()> {
    runtime::allow_threads(system::pause);
    runtime::check_signals()
}

/// Send a signal to a process referred to by a pid file descriptor.
///
///   pidfd
///     The file descriptor of the process.
///   signalnum
///     The signal to send.
#[function("(pidfd, signalnum, siginfo=None, flags=0, /)")]
fn pidfd_send_signal(
    pidfd: i32,
    signalnum: i32,
    siginfo: Option<&Value>,
    flags: i32,
) -> PyResult<()> {
    if siginfo.is_some() {
        bail!(TypeError, "siginfo must be None");
    }
    system::send_to_pidfd(pidfd, signalnum, flags as u32).map_err(error)
}

/// Send a signal to a thread.
#[function("(thread_id, signalnum, /)")]
fn pthread_kill(thread_id: u64, signalnum: i32) -> PyResult<()> {
    system::kill_thread(thread_id, signalnum).map_err(error)?;
    runtime::check_signals()
}

/// The set of the signals an iterable names.
fn set_of(signals: &Value) -> PyResult<SignalSet> {
    let mut set = SignalSet::empty();
    protocol::iterate(signals, |item| {
        // A number beyond any range is as wrong as one just outside.
        let number = int::to_i64(&protocol::index(&item)?).unwrap_or(-1);
        if !(1..i64::from(NSIG)).contains(&number) {
            bail!(
                ValueError,
                "signal number {number} out of range [1; {}]",
                NSIG - 1
            );
        }
        set.add(number as i32);
        Ok(())
    })?;
    Ok(set)
}

fn members(set: &SignalSet) -> PyResult<Ref<Set>> {
    let numbers: Vec<Value> = (1..NSIG)
        .filter(|&signal| set.contains(signal))
        .map(|signal| int::new(i64::from(signal)))
        .collect();
    Set::from_items(&numbers)
}

/// Fetch and/or change the signal mask of the calling thread.
#[function("(how, mask, /)")]
fn pthread_sigmask(how: i32, mask: &Value) -> PyResult<Ref<Set>> {
    let old = system::change_mask(how, &set_of(mask)?).map_err(error)?;
    // A signal that is no longer blocked arrives at once.
    runtime::check_signals()?;
    members(&old)
}

/// Examine pending signals.
///
/// Returns a set of signal numbers that are pending for delivery to
/// the calling thread.
#[function("()")]
fn sigpending() -> PyResult<Ref<Set>> {
    members(&system::pending().map_err(error)?)
}

/// Return a set of valid signal numbers on this platform.
///
/// The signal numbers returned by this function can be safely passed to
/// functions like `pthread_kill`.
#[function("()")]
fn valid_signals() -> PyResult<Ref<Set>> {
    members(&SignalSet::full())
}
