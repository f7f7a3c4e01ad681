//! `faulthandler`: where the program was when it died, hung, or was asked by a signal.
//!
//! A dump walks the frames of the thread it runs on and writes them with nothing but `write`: it works in the middle of a
//! fault. A dump after a timeout is asked of the thread that set it, by a signal, because only that thread can read its
//! own frames safely.

mod dump;
mod later;

use std::cell::Cell;

use taipan_macros::{define_module, function};
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::exceptions::os_error;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;
use taipan_objects::{bail, id, int, protocol, runtime};

use crate::sys::fault;

define_module!(
    name = "faulthandler",
    doc = "faulthandler module.",
    functions(
        enable,
        disable,
        is_enabled,
        dump_traceback,
        later::dump_traceback_later,
        later::cancel_dump_traceback_later,
        register,
        unregister,
        _sigsegv,
        _sigabrt,
        _sigfpe,
        _read_null,
    ),
);

/// The files that dumps go to, so that their descriptors stay open.
static FILES: [Slot; 65] = [const { Slot::empty() }; 65];
static ENABLED: Locked<Cell<bool>> = Locked::new(Cell::new(false));

/// The descriptor of a file, and the file itself when there is one to keep. `sys.stderr` by default.
fn descriptor(file: Option<&Value>) -> PyResult<(i32, Option<Value>)> {
    let file = match file {
        Some(file) => file.clone(),
        None => {
            let stderr = runtime::import_attribute("sys", "stderr")?;
            if stderr.is_none() {
                bail!(RuntimeError, "sys.stderr is None");
            }
            stderr
        }
    };
    if int::is_int(&file) {
        let fd = int::as_i32(&file)?;
        if fd < 0 {
            bail!(ValueError, "file is not a valid file descripter");
        }
        return Ok((fd, None));
    }
    let number = protocol::call_method(&file, id!("fileno"), &[])?;
    let fd = if int::is_int(&number) {
        int::as_i32(&number)?
    } else {
        bail!(RuntimeError, "file.fileno() is not an integer")
    };
    if fd < 0 {
        bail!(RuntimeError, "file.fileno() is not a valid file descriptor");
    }
    // What the file still holds goes out before the dump.
    drop(protocol::call_method(&file, id!("flush"), &[]));
    Ok((fd, Some(file)))
}

/// Enable the fault handler.
#[function("(file=sys.stderr, all_threads=True, c_stack=True)")]
fn enable(file: Option<&Value>, all_threads: Option<bool>, c_stack: Option<bool>) -> PyResult<()> {
    let _ = (all_threads, c_stack);
    let (fd, file) = descriptor(file)?;
    if !ENABLED.with(|enabled| enabled.replace(true)) {
        fault::use_alternate_stack();
    }
    for (signal, _) in fault::FATAL {
        FILES[signal as usize].set(file.clone());
        fault::install(signal, dump::fatal, fd, true, false)
            .map_err(|failed| os_error::os_error(&failed, None))?;
    }
    Ok(())
}

/// Disable the fault handler.
#[function("()")]
fn disable() -> bool {
    let was = ENABLED.with(|enabled| enabled.replace(false));
    if was {
        for (signal, _) in fault::FATAL {
            fault::uninstall(signal);
            FILES[signal as usize].set(None);
        }
    }
    was
}

/// Check if the handler is enabled.
#[function("()")]
fn is_enabled() -> bool {
    ENABLED.with(|enabled| enabled.get())
}

/// Dump the traceback of the current thread, or of all threads if all_threads is True, into file.
#[function("(file=sys.stderr, all_threads=True)")]
fn dump_traceback(file: Option<&Value>, all_threads: Option<bool>) -> PyResult<()> {
    let (fd, _file) = descriptor(file)?;
    match all_threads.unwrap_or(true) {
        true => dump::all(fd),
        false => dump::current(fd, false),
    }
    Ok(())
}

fn check_signal(signal: i32) -> PyResult<()> {
    if fault::FATAL.iter().any(|&(fatal, _)| fatal == signal) {
        bail!(
            RuntimeError,
            "signal {signal} cannot be registered, use enable() instead"
        );
    }
    if !(1..65).contains(&signal) {
        bail!(ValueError, "signal number out of range");
    }
    Ok(())
}

/// Register a handler for the signal 'signum'.
///
/// Dump the traceback of the current thread, or of all threads if
/// all_threads is True, into file.
#[function("(signum, file=sys.stderr, all_threads=True, chain=False)")]
fn register(
    signum: i32,
    file: Option<&Value>,
    all_threads: Option<bool>,
    chain: Option<bool>,
) -> PyResult<()> {
    check_signal(signum)?;
    let (fd, file) = descriptor(file)?;
    FILES[signum as usize].set(file);
    let hook: fault::Hook = if all_threads.unwrap_or(true) {
        dump::on_signal
    } else {
        dump::on_signal_plainly
    };
    fault::install(signum, hook, fd, false, chain.unwrap_or(false))
        .map_err(|failed| os_error::os_error(&failed, None))
}

/// Unregister the handler of the signal 'signum' registered by register().
#[function("(signum, /)")]
fn unregister(signum: i32) -> PyResult<bool> {
    check_signal(signum)?;
    let was = fault::uninstall(signum);
    FILES[signum as usize].set(None);
    Ok(was)
}

/// Raise a SIGSEGV signal.
#[function("(release_gil=False, /)")]
fn _sigsegv(release_gil: Option<bool>) {
    let _ = release_gil;
    fault::raise(libc::SIGSEGV);
}

/// Raise a SIGABRT signal.
#[function("()")]
fn _sigabrt() {
    fault::raise(libc::SIGABRT);
}

/// Raise a SIGFPE signal.
#[function("()")]
fn _sigfpe() {
    fault::raise(libc::SIGFPE);
}

/// Raise SIGSEGV or SIGBUS depending on the platform.
#[function("()")]
fn _read_null() {
    fault::raise(libc::SIGSEGV);
}
