//! Dumps after a timeout, by a thread that waits for it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use taipan_macros::function;
use taipan_objects::bail;
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::exceptions::os_error;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

use super::{descriptor, dump};
use crate::sys::fault;
use crate::timeout::nanoseconds;

/// Whether a watch was called off, and the way to tell.
type Watch = Arc<(Mutex<bool>, Condvar)>;

static WATCH: Locked<Option<Watch>> = Locked::new(None);
/// The file dumps go to, so that its descriptor stays open.
static FILE: Slot = Slot::empty();

/// The signal that asks a thread for its frames: the last real-time one, which programs rarely use.
fn request_signal() -> i32 {
    libc::SIGRTMAX()
}

fn header(nanoseconds: u64) -> String {
    let (seconds, micros) = (
        nanoseconds / 1_000_000_000,
        nanoseconds % 1_000_000_000 / 1000,
    );
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match micros {
        0 => format!("Timeout ({hours}:{minutes:02}:{seconds:02})!\n"),
        _ => format!("Timeout ({hours}:{minutes:02}:{seconds:02}.{micros:06})!\n"),
    }
}

/// Dump the traceback of all threads in timeout seconds.
///
/// If repeat is true, the tracebacks of all threads are dumped every timeout
/// seconds. If exit is true, call _exit(1) which is not safe.
#[function("(timeout, repeat=False, file=sys.stderr, exit=False)")]
pub fn dump_traceback_later(
    timeout: &Value,
    repeat: Option<bool>,
    file: Option<&Value>,
    exit: Option<bool>,
) -> PyResult<()> {
    let time = match nanoseconds(timeout, 1_000_000_000)? {
        None => bail!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            timeout.class().name()
        ),
        Some(time) if time <= 0 => bail!(ValueError, "timeout must be greater than 0"),
        Some(time) => time as u64,
    };
    let (repeat, exit) = (repeat.unwrap_or(false), exit.unwrap_or(false));
    let (fd, file) = descriptor(file)?;
    cancel();
    FILE.set(file);
    let signal = request_signal();
    fault::uninstall(signal);
    fault::install(signal, dump::on_timeout, fd, false, false)
        .map_err(|failed| os_error::os_error(&failed, None))?;
    let watched = fault::thread_number();
    let watch: Watch = Arc::new((Mutex::new(false), Condvar::new()));
    let shared = Arc::clone(&watch);
    let header = header(time);
    let body = move || {
        let (called_off, changed) = &*shared;
        loop {
            let guard = called_off.lock().unwrap_or_else(PoisonError::into_inner);
            let (guard, _) = changed
                .wait_timeout_while(guard, Duration::from_nanos(time), |called_off| !*called_off)
                .unwrap_or_else(PoisonError::into_inner);
            if *guard {
                return;
            }
            drop(guard);
            fault::write_all(fd, header.as_bytes());
            fault::interrupt_thread(watched, signal);
            if exit {
                // The other thread gets a moment to write.
                std::thread::sleep(Duration::from_millis(50));
                fault::exit_at_once(1);
            }
            if !repeat {
                return;
            }
        }
    };
    if std::thread::Builder::new()
        .name("faulthandler".to_owned())
        .stack_size(256 * 1024)
        .spawn(body)
        .is_err()
    {
        bail!(RuntimeError, "unable to start watchdog thread");
    }
    WATCH.with(|place| *place = Some(watch));
    Ok(())
}

/// Cancel the previous call to dump_traceback_later().
#[function("()")]
pub fn cancel_dump_traceback_later() {
    cancel();
    FILE.set(None);
}

fn cancel() {
    if let Some(watch) = WATCH.with(Option::take) {
        let (called_off, changed) = &*watch;
        *called_off.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}
