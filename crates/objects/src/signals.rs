//! Signals between their arrival and their Python handlers.
//!
//! A signal arrives at any instruction, in any thread: all that happens there is [`trip`], which sets flags and asks for
//! attention. The main thread runs the handlers at its next safe point ([`run_handlers`]), or when a system call was
//! interrupted ([`check`]). Invariant: `trip` touches atomics only, because it runs in signal handlers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::cell::Slot;
use crate::raised::PyResult;
use crate::runtime::{self, breaker};
use crate::value::Value;
use crate::{int, protocol, thread};

/// Signal numbers are below this.
pub const COUNT: usize = 65;

static TRIPPED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
static ANY_TRIPPED: AtomicBool = AtomicBool::new(false);
/// The thread that runs handlers.
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);
/// The Python handler of each signal: a callable, or the number of SIG_DFL or SIG_IGN, or nothing for handlers from elsewhere.
static HANDLERS: [Slot; COUNT] = [const { Slot::empty() }; COUNT];

/// Says which thread runs handlers; called at start-up and in the child of a fork.
pub fn set_main_thread(ident: u64) {
    MAIN_THREAD.store(ident, Ordering::Relaxed);
}

/// The thread that runs handlers; 0 before there is one.
pub fn main_thread() -> u64 {
    MAIN_THREAD.load(Ordering::Relaxed)
}

/// Whether the running thread is the one that runs handlers.
pub fn is_main_thread() -> bool {
    let main = main_thread();
    main == 0 || main == thread::current().ident
}

/// The Python handler of a signal.
pub fn handler(signal: usize) -> Option<Value> {
    HANDLERS.get(signal)?.get()
}

/// Sets the Python handler of a signal; answers the one before.
pub fn set_handler(signal: usize, handler: Option<Value>) -> Option<Value> {
    HANDLERS.get(signal)?.replace(handler)
}

/// Notes that a signal arrived. Safe in signal handlers.
pub fn trip(signal: usize) {
    if let Some(tripped) = TRIPPED.get(signal) {
        tripped.store(true, Ordering::SeqCst);
        ANY_TRIPPED.store(true, Ordering::SeqCst);
        runtime::request(breaker::SIGNALS);
    }
}

/// Forgets signals that arrived but were not handled: in the child of a fork they are the parent's.
pub fn forget() {
    for tripped in &TRIPPED {
        tripped.store(false, Ordering::SeqCst);
    }
    ANY_TRIPPED.store(false, Ordering::SeqCst);
}

/// Runs the handlers of signals that arrived, if this is the main thread. What a handler raises is answered, and the
/// signals behind it wait for the next time.
pub fn run_handlers() -> PyResult<()> {
    if !ANY_TRIPPED.load(Ordering::SeqCst) {
        return Ok(());
    }
    if !is_main_thread() {
        // The main thread has to be asked again when it runs.
        runtime::request(breaker::SIGNALS);
        return Ok(());
    }
    ANY_TRIPPED.store(false, Ordering::SeqCst);
    for (signal, tripped) in TRIPPED.iter().enumerate() {
        if !tripped.swap(false, Ordering::SeqCst) {
            continue;
        }
        let Some(handler) =
            handler(signal).filter(|handler| !int::is_int(handler) && !handler.is_none())
        else {
            continue;
        };
        let frame = running_frame();
        if let Err(raised) = protocol::call2(&handler, &int::from_usize(signal), &frame) {
            ANY_TRIPPED.store(true, Ordering::SeqCst);
            runtime::request(breaker::SIGNALS);
            return Err(raised);
        }
    }
    Ok(())
}

/// The running Python frame, or None where there is none.
fn running_frame() -> Value {
    runtime::import_attribute("sys", "_getframe")
        .and_then(|getframe| protocol::call1(&getframe, &int::new(0)))
        .unwrap_or(Value::NONE)
}

/// Runs due handlers now: for native code whose system call was interrupted.
pub fn check() -> PyResult<()> {
    runtime::acknowledge(breaker::SIGNALS);
    run_handlers()
}
