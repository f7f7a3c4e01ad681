//! Waiting for signals: `sigwait`, `sigwaitinfo`, `sigtimedwait`.

use std::io;
use std::time::{Duration, Instant};

use taipan_macros::function;
use taipan_objects::class::Type;
use taipan_objects::raised::PyResult;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, float, int, runtime};

use super::{error, set_of};
use crate::sys::signal as system;

static SIGINFO: StructSeqDef = StructSeqDef {
    name: "struct_siginfo",
    module: "signal",
    doc: "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, si_code, and so on.",
    fields: &[
        Field::new("si_signo", "signal number"),
        Field::new("si_code", "signal code"),
        Field::new("si_errno", "errno associated with this signal"),
        Field::new("si_pid", "sending process ID"),
        Field::new("si_uid", "real user ID of sending process"),
        Field::new("si_status", "exit value or signal"),
        Field::new("si_band", "band event for SIGPOLL"),
    ],
    visible: 7,
    instantiable: true,
    complete: None,
};

/// The class `signal.struct_siginfo`.
pub fn siginfo_class() -> &'static Ref<Type> {
    SIGINFO.class()
}

fn shown(info: &system::Info) -> Value {
    SIGINFO.make(vec![
        int::new(i64::from(info.signal)),
        int::new(i64::from(info.code)),
        int::new(i64::from(info.errno)),
        int::new(i64::from(info.pid)),
        int::new(i64::from(info.uid)),
        int::new(i64::from(info.status)),
        int::new(info.band),
    ])
}

/// Wait for a signal.
///
/// Suspend execution of the calling thread until the delivery of one of the
/// signals specified in the signal set sigset.  The function accepts the signal
/// and returns the signal number.
#[function("(sigset, /)")]
pub fn sigwait(sigset: &Value) -> PyResult<i32> {
    let set = set_of(sigset)?;
    runtime::allow_threads(|| system::wait(&set)).map_err(error)
}

/// Wait synchronously until one of the signals in *sigset* is delivered.
///
/// Returns a struct_siginfo containing information about the signal.
#[function("(sigset, /)")]
pub fn sigwaitinfo(sigset: &Value) -> PyResult<Value> {
    let set = set_of(sigset)?;
    loop {
        match runtime::allow_threads(|| system::wait_info(&set, None)) {
            Ok(info) => return Ok(shown(&info)),
            Err(failed) if failed.kind() == io::ErrorKind::Interrupted => runtime::check_signals()?,
            Err(failed) => return Err(error(failed)),
        }
    }
}

/// Like sigwaitinfo(), but with a timeout.
///
/// The timeout is specified in seconds, rounded up to nanoseconds.
#[function("(sigset, timeout, /)")]
pub fn sigtimedwait(sigset: &Value, timeout: &Value) -> PyResult<Option<Value>> {
    let set = set_of(sigset)?;
    let seconds = float::as_f64(timeout)?;
    if seconds.is_nan() {
        bail!(ValueError, "Invalid value NaN (not a number)");
    }
    if seconds < 0.0 {
        bail!(ValueError, "timeout must be non-negative");
    }
    let Ok(total) = Duration::try_from_secs_f64(seconds) else {
        bail!(
            OverflowError,
            "timestamp too large to convert to C PyTime_t"
        );
    };
    let began = Instant::now();
    loop {
        let left = total.saturating_sub(began.elapsed());
        match runtime::allow_threads(|| system::wait_info(&set, Some(left))) {
            Ok(info) => return Ok(Some(shown(&info))),
            Err(failed) if failed.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {
                runtime::check_signals()?;
                if began.elapsed() >= total {
                    return Ok(None);
                }
            }
            Err(failed) => return Err(error(failed)),
        }
    }
}
