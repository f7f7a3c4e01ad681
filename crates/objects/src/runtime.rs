//! The interpreter lock, the eval breaker, and the services that crates above this one provide.
//!
//! One lock orders everything. A thread that wants it and waits longer than the switch interval raises the eval breaker;
//! the holder hands over at its next safe point. [`allow_threads`] gives the lock up around a blocking system call.
//! What objects need from the interpreter (is this a Python function? which module runs?) comes through [`Hooks`], set once.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cell::{Locked, Once};
use crate::cell_object::CellObject;
use crate::class::Type;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::thread::{self, ThreadState};
use crate::value::{Ref, Value};

/// Reasons to leave the fast path at the next safe point, as bits of [`EVAL_BREAKER`].
pub mod breaker {
    /// Another thread waits for the interpreter lock.
    pub const HAND_OVER: u32 = 1 << 0;
    /// Signals arrived.
    pub const SIGNALS: u32 = 1 << 1;
    /// A collection is due.
    pub const COLLECT: u32 = 1 << 2;
    /// Calls were queued for the main thread.
    pub const PENDING_CALLS: u32 = 1 << 3;
    /// An exception was sent to a thread.
    pub const ASYNC_EXCEPTION: u32 = 1 << 4;
    /// Traces that did not run for long are to be swept.
    pub const COLD_TRACES: u32 = 1 << 7;
}

/// Non-zero when the interpreter has something to do besides running bytecode.
pub static EVAL_BREAKER: AtomicU32 = AtomicU32::new(0);

/// Asks for attention at the next safe point. Safe in signal handlers.
pub fn request(reasons: u32) {
    EVAL_BREAKER.fetch_or(reasons, Ordering::Relaxed);
}

/// Takes a reason off.
pub fn acknowledge(reasons: u32) {
    EVAL_BREAKER.fetch_and(!reasons, Ordering::Relaxed);
}

struct LockState {
    held: bool,
    /// Counts hand-overs, so that a thread that gave way sees that another one ran.
    switches: u64,
    /// Threads that wait for the lock: without any, releasing it needs no system call.
    waiting: u32,
    /// Threads that gave way and wait for another one to run.
    giving_way: u32,
}

static LOCK: Mutex<LockState> = Mutex::new(LockState {
    held: false,
    switches: 0,
    waiting: 0,
    giving_way: 0,
});
static RELEASED: Condvar = Condvar::new();
static SWITCHED: Condvar = Condvar::new();
static SWITCH_INTERVAL_MICROS: AtomicU64 = AtomicU64::new(5000);

thread_local! {
    /// The Python state of this OS thread.
    static STATE: Cell<*const ThreadState> = const { Cell::new(std::ptr::null()) };
}

fn lock_state() -> MutexGuard<'static, LockState> {
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `sys.getswitchinterval()`.
pub fn switch_interval() -> Duration {
    Duration::from_micros(SWITCH_INTERVAL_MICROS.load(Ordering::Relaxed))
}

/// `sys.setswitchinterval()`.
pub fn set_switch_interval(interval: Duration) {
    SWITCH_INTERVAL_MICROS.store(interval.as_micros().max(1) as u64, Ordering::Relaxed);
}

/// Takes the interpreter lock for `state`, which becomes current.
fn acquire(state: *const ThreadState) {
    let mut lock = lock_state();
    if lock.held {
        lock.waiting += 1;
        while lock.held {
            let switches = lock.switches;
            let (next, timeout) = RELEASED
                .wait_timeout(lock, switch_interval())
                .unwrap_or_else(PoisonError::into_inner);
            lock = next;
            if timeout.timed_out() && lock.held && lock.switches == switches {
                request(breaker::HAND_OVER);
            }
        }
        lock.waiting -= 1;
    }
    lock.held = true;
    lock.switches += 1;
    acknowledge(breaker::HAND_OVER);
    thread::swap_current(state);
    let somebody_gave_way = lock.giving_way > 0;
    drop(lock);
    if somebody_gave_way {
        SWITCHED.notify_all();
    }
}

fn release() {
    let mut lock = lock_state();
    thread::swap_current(std::ptr::null());
    lock.held = false;
    let somebody_waits = lock.waiting > 0;
    drop(lock);
    if somebody_waits {
        RELEASED.notify_one();
    }
}

/// The states of all attached threads; each stays in place until its thread ends.
static THREADS: Locked<Vec<*const ThreadState>> = Locked::new(Vec::new());

/// Attaches this OS thread: from now on it holds the interpreter lock with `state` as its Python thread.
pub fn attach(state: Box<ThreadState>) {
    let state: *const ThreadState = Box::into_raw(state);
    STATE.set(state);
    acquire(state);
    THREADS.with(|threads| threads.push(state));
}

/// Calls `body` with the state of every thread, the oldest first. The caller holds the interpreter lock, and `body` must
/// not give it up.
pub fn for_each_thread(mut body: impl FnMut(&ThreadState)) {
    let threads = THREADS.with(|threads| threads.clone());
    for state in threads {
        // SAFETY: a state is taken off the list before it goes, and that needs the lock that the caller holds.
        body(unsafe { &*state });
    }
}

/// Gives the lock up for good and ends the Python thread of this OS thread.
pub fn detach() {
    let state = STATE.replace(std::ptr::null()).cast_mut();
    if state.is_null() {
        return;
    }
    // SAFETY: `attach` made the pointer from a box; the values in it are released under the lock.
    unsafe { end_thread(state) };
}

/// # Safety
/// `state` came from `Box::into_raw` in [`attach`], and this thread holds the lock.
unsafe fn end_thread(state: *mut ThreadState) {
    // SAFETY: by contract; slots are emptied while the state is still current, so that finalizers can run.
    unsafe {
        let this = &*state;
        this.context.set(None);
        this.trace.set(None);
        this.profile.set(None);
        let locals = std::mem::take(&mut *this.locals.borrow_mut());
        drop(locals);
        THREADS.with(|threads| threads.retain(|known| !std::ptr::eq(*known, state)));
        release();
        drop(Box::from_raw(state));
    }
}

/// Runs `body` without the interpreter lock: for system calls that block. `body` must not touch any Python value.
pub fn allow_threads<R>(body: impl FnOnce() -> R) -> R {
    let state = STATE.get();
    if state.is_null() {
        return body();
    }
    release();
    let result = body();
    acquire(state);
    result
}

/// Lets a waiting thread have the lock, then takes it back. Called at safe points when `HAND_OVER` is set.
pub fn hand_over() {
    acknowledge(breaker::HAND_OVER);
    let mut lock = lock_state();
    if lock.waiting == 0 {
        return;
    }
    thread::swap_current(std::ptr::null());
    lock.held = false;
    lock.giving_way += 1;
    let before = lock.switches;
    RELEASED.notify_one();
    // Wait until somebody else ran; whoever was waiting may have been a thread that ends instead.
    let (mut lock, _) = SWITCHED
        .wait_timeout_while(lock, Duration::from_millis(1), |lock| {
            lock.switches == before
        })
        .unwrap_or_else(PoisonError::into_inner);
    lock.giving_way -= 1;
    drop(lock);
    acquire(STATE.get());
}

/// Whether this OS thread has a Python thread.
pub fn has_thread() -> bool {
    !STATE.get().is_null()
}

/// The Python thread of this OS thread, which need not hold the lock now. Safe in signal handlers.
pub fn own_state() -> Option<&'static ThreadState> {
    // SAFETY: the state lives until the thread detaches, which only the thread itself does.
    unsafe { STATE.get().as_ref() }
}

/// Runs `fork` while no other thread is at work on the lock's own state, so that the child finds it in order.
pub fn around_fork<R>(fork: impl FnOnce() -> R) -> R {
    let _guard = lock_state();
    fork()
}

/// After `fork` in the child: only this thread exists, and it holds the lock.
pub fn after_fork_in_child() {
    THREADS.with(|threads| threads.retain(|known| std::ptr::eq(*known, STATE.get())));
    let mut lock = lock_state();
    *lock = LockState {
        held: true,
        switches: lock.switches,
        waiting: 0,
        giving_way: 0,
    };
}

/// What the objects ask of the crates above them.
pub struct Hooks {
    /// Whether a value is a function made by `def` or `lambda`.
    pub is_python_function: fn(&Value) -> bool,
    /// `__name__` of the module whose code is running.
    pub current_module_name: fn() -> Option<Value>,
    /// `__import__(name)` with a non-empty fromlist: answers the module itself.
    pub import_module: fn(&str) -> PyResult<Value>,
    /// Hands an exception that cannot propagate to `sys.unraisablehook`.
    pub unraisable: fn(Raised, Option<&str>, Option<&Value>),
    /// Issues a warning through the `warnings` machinery: category, message, stack level.
    pub warn: fn(&Ref<Type>, &Value, isize) -> PyResult<()>,
    /// The first argument and the class of the running method, for `super()` without arguments.
    pub super_arguments: fn() -> PyResult<(Ref<Type>, Value)>,
    /// The mapping of builtins of the running code.
    pub current_builtins: fn() -> Option<Value>,
    /// `sys.modules`.
    pub modules: fn() -> PyResult<Value>,
}

static HOOKS: Once<Hooks> = Once::new();

/// Installs the services; called once at start-up by the interpreter.
pub fn set_hooks(hooks: Hooks) {
    HOOKS.set(hooks);
}

/// The installed services.
pub fn hooks() -> Option<&'static Hooks> {
    HOOKS.is_set().then(|| &*HOOKS)
}

/// Whether a value is a function made by `def` or `lambda`.
pub fn is_python_function(value: &Value) -> bool {
    hooks().is_some_and(|hooks| (hooks.is_python_function)(value))
}

/// `__name__` of the running module.
pub fn current_module_name() -> Option<Value> {
    hooks().and_then(|hooks| (hooks.current_module_name)())
}

/// Imports a module by its full name.
pub fn import_module(name: &str) -> PyResult<Value> {
    match hooks() {
        Some(hooks) => (hooks.import_module)(name),
        None => bail!(ImportError, "no import system"),
    }
}

/// An attribute of an importable module.
pub fn import_attribute(module: &str, name: &str) -> PyResult<Value> {
    crate::protocol::getattr(&import_module(module)?, &Str::intern(name))
}

/// A builtin as the running code finds it, for objects that pickle as a call of one. AttributeError when the program took it
/// away.
pub fn builtin(name: &str) -> PyResult<Value> {
    let Some(builtins) = hooks().and_then(|hooks| (hooks.current_builtins)()) else {
        return import_attribute("builtins", name);
    };
    let name = Str::intern(name);
    match crate::protocol::getitem(&builtins, name.as_value()) {
        Err(raised) if raised.is(crate::exceptions::ExceptionKind::KeyError) => {
            bail!(AttributeError, "{}", name.to_display())
        }
        other => other,
    }
}

/// Reports an exception that nobody can catch.
pub fn unraisable(raised: Raised, message: Option<&str>, object: Option<&Value>) {
    match hooks() {
        Some(hooks) => (hooks.unraisable)(raised, message, object),
        None => eprintln!("{}: {raised:?}", message.unwrap_or("Exception ignored")),
    }
}

/// Runs the handlers of signals that arrived, on the main thread: for native code whose system call was interrupted.
pub fn check_signals() -> PyResult<()> {
    crate::signals::check()
}

/// Whether the value is the builtin function `print`, for one message.
pub fn is_builtin_print(value: &Value) -> bool {
    value
        .downcast_exact::<crate::native::NativeFunction>()
        .is_some_and(|function| {
            function.name() == "print"
                && function
                    .receiver()
                    .is_none_or(|module| module.class().name() == "module")
        })
}

/// Fills a closure cell.
pub fn set_cell(cell: &Value, value: Value) -> PyResult<()> {
    match cell.downcast::<CellObject>() {
        Some(cell) => {
            cell.contents.set(Some(value));
            Ok(())
        }
        None => bail!(
            TypeError,
            "__classcell__ must be a nonlocal cell, not <class '{}'>",
            cell.class().display_name()
        ),
    }
}
