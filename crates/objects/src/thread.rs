//! The state of one Python thread: what it handles, how deep it is.
//!
//! [`current`] answers the state of the thread that holds the interpreter lock. Python calls of Python functions do not
//! use the native stack; everything that recurses natively goes through [`with_recursion`], which looks at the address
//! of the native stack, so deep nesting is a RecursionError and never an overflow.

use std::cell::{Cell, RefCell};

use crate::cell::{Locked, Slot};
use crate::exceptions::BaseException;
use crate::raised::{PyResult, Raised};
use crate::value::{Ref, Value};

/// One level of the stack of exceptions being handled. Generators bring a level of their own.
pub struct HandledException {
    /// The exception of this level.
    pub value: Slot<Ref<BaseException>>,
    /// The level below.
    pub previous: Cell<*const HandledException>,
}

impl HandledException {
    /// A level that handles nothing.
    pub const fn new() -> HandledException {
        HandledException {
            value: Slot::empty(),
            previous: Cell::new(std::ptr::null()),
        }
    }
}

impl Default for HandledException {
    fn default() -> Self {
        HandledException::new()
    }
}

/// Native stack kept free below the limit, for code that does not check.
const STACK_RESERVE: usize = 256 * 1024;

/// The state of one Python thread.
pub struct ThreadState {
    /// `threading.get_ident()`.
    pub ident: u64,
    /// The level of exceptions handled outside generators.
    pub handled: HandledException,
    /// The innermost level.
    pub handled_top: Cell<*const HandledException>,
    /// Python frames on the stack.
    pub depth: Cell<u32>,
    /// Addresses of the objects whose repr is being made.
    pub reprs: Locked<Vec<u64>>,
    /// Lowest native stack address that may be used.
    pub stack_limit: Cell<usize>,
    /// The current `contextvars` context.
    pub context: Slot,
    /// The event loop of asyncio that runs.
    pub event_loop: Slot,
    /// The task that it runs.
    pub event_loop_task: Slot,
    /// `sys.set_asyncgen_hooks`: firstiter and finalizer.
    pub asyncgen_hooks: (Slot, Slot),
    /// `sys.set_coroutine_origin_tracking_depth`.
    pub origin_depth: Cell<u32>,
    /// `sys.setprofile` and `sys.settrace` functions.
    pub profile: Slot,
    /// See `profile`.
    pub trace: Slot,
    /// An exception to raise at the next safe point (`PyThreadState_SetAsyncExc`).
    pub pending_exception: Slot,
    /// The interpreter's own data about the thread: its frame stack.
    pub engine: Cell<*mut ()>,
    /// Values that live as long as the thread: `_thread._local` and the like look here by address.
    pub locals: RefCell<Vec<(u64, Value)>>,
}

static CURRENT: Locked<*const ThreadState> = Locked::new(std::ptr::null());
static RECURSION_LIMIT: Locked<Cell<u32>> = Locked::new(Cell::new(1000));
/// The depth up to which frames are entered without a question: the recursion limit, or less where that is so high
/// that memory may end first.
static UNCHECKED_DEPTH: Locked<Cell<u32>> = Locked::new(Cell::new(1000));
/// No recursion limit up to here asks for memory.
const SMALL_DEPTH: u32 = 100_000;
/// What a frame and its part of a traceback take, generously.
const BYTES_PER_FRAME: usize = 1024;

impl ThreadState {
    /// The state of a new thread.
    pub fn new(ident: u64) -> Box<ThreadState> {
        let state = Box::new(ThreadState {
            ident,
            handled: HandledException::new(),
            handled_top: Cell::new(std::ptr::null()),
            depth: Cell::new(0),
            reprs: Locked::new(Vec::new()),
            stack_limit: Cell::new(native_stack_limit()),
            context: Slot::empty(),
            event_loop: Slot::empty(),
            event_loop_task: Slot::empty(),
            asyncgen_hooks: (Slot::empty(), Slot::empty()),
            origin_depth: Cell::new(0),
            profile: Slot::empty(),
            trace: Slot::empty(),
            pending_exception: Slot::empty(),
            engine: Cell::new(std::ptr::null_mut()),
            locals: RefCell::new(Vec::new()),
        });
        state.handled_top.set(&raw const state.handled);
        state
    }
}

/// The state of the thread that holds the interpreter lock.
#[inline(always)]
pub fn current() -> &'static ThreadState {
    // SAFETY: the runtime sets the state when a thread takes the lock and keeps it alive while the thread runs.
    unsafe {
        debug_assert!(
            !(*CURRENT.as_ptr()).is_null(),
            "no Python thread holds the interpreter lock"
        );
        &**CURRENT.as_ptr()
    }
}

/// Whether a thread state is set.
pub fn is_attached() -> bool {
    CURRENT.with(|current| !current.is_null())
}

/// Makes `state` the current one; answers the one before. Called when the interpreter lock changes hands.
pub fn swap_current(state: *const ThreadState) -> *const ThreadState {
    CURRENT.with(|current| std::mem::replace(current, state))
}

/// The exception being handled, as `sys.exception()` answers it.
pub fn handled_exception() -> Option<Ref<BaseException>> {
    if !is_attached() {
        return None;
    }
    handled_by(current())
}

/// The exception that a thread handles.
pub fn handled_by(state: &ThreadState) -> Option<Ref<BaseException>> {
    let mut level = state.handled_top.get();
    while !level.is_null() {
        // SAFETY: levels are linked while they are active, and unlinked before they go.
        let this = unsafe { &*level };
        if let Some(exception) = this.value.get() {
            return Some(exception);
        }
        level = this.previous.get();
    }
    None
}

/// `sys.getrecursionlimit()`.
pub fn recursion_limit() -> u32 {
    RECURSION_LIMIT.with(|limit| limit.get())
}

/// The depth up to which a frame is entered by counting alone; beyond it, by [`enter_frame`].
#[inline(always)]
pub fn unchecked_depth() -> u32 {
    UNCHECKED_DEPTH.with(|limit| limit.get())
}

/// `sys.setrecursionlimit()`.
pub fn set_recursion_limit(limit: u32) {
    RECURSION_LIMIT.with(|current| current.set(limit));
    UNCHECKED_DEPTH.with(|current| current.set(limit.min(SMALL_DEPTH)));
}

/// Address of something on the native stack.
#[inline(always)]
fn stack_position() -> usize {
    let mark = 0u8;
    std::hint::black_box(&raw const mark) as usize
}

/// The lowest usable address of this thread's native stack.
fn native_stack_limit() -> usize {
    // SAFETY: the calls fill the out parameters for the calling thread; the attribute object is destroyed after use.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return stack_position().saturating_sub(1 << 20);
        }
        let mut start = std::ptr::null_mut();
        let mut size = 0;
        libc::pthread_attr_getstack(&attributes, &mut start, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        // The main thread's stack grows on demand: its reported start follows the resource limit.
        start as usize + STACK_RESERVE.min(size / 2)
    }
}

/// Runs `body` one native level deeper, or raises RecursionError when the native stack is nearly used up.
#[inline]
pub fn with_recursion<R>(what: &str, body: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    check_stack(what)?;
    body()
}

/// Raises RecursionError when the native stack is nearly used up.
#[inline]
pub fn check_stack(what: &str) -> PyResult<()> {
    if stack_position() < current().stack_limit.get() {
        return Err(stack_overflow(what));
    }
    Ok(())
}

#[cold]
fn stack_overflow(what: &str) -> Raised {
    exc!(RecursionError, "maximum recursion depth exceeded{what}")
}

/// Counts one more Python frame; RecursionError at the limit.
#[inline(always)]
pub fn enter_frame() -> PyResult<()> {
    let state = current();
    let depth = state.depth.get() + 1;
    if depth > unchecked_depth() {
        check_deep_frame(depth)?;
    }
    state.depth.set(depth);
    Ok(())
}

/// Raises what [`enter_frame`] would, without counting.
pub fn check_frame() -> PyResult<()> {
    let depth = current().depth.get() + 1;
    if depth > unchecked_depth() {
        check_deep_frame(depth)?;
    }
    Ok(())
}

/// Raises RecursionError at the limit, and MemoryError where there is no room for as many frames again.
#[cold]
#[inline(never)]
fn check_deep_frame(depth: u32) -> PyResult<()> {
    let limit = recursion_limit();
    if depth > limit {
        bail!(RecursionError, "maximum recursion depth exceeded");
    }
    if Vec::<u8>::new()
        .try_reserve_exact(depth as usize * BYTES_PER_FRAME)
        .is_err()
    {
        bail!(MemoryError, "");
    }
    UNCHECKED_DEPTH.with(|unchecked| unchecked.set(limit.min(depth.saturating_mul(2))));
    Ok(())
}

/// Counts one Python frame less.
#[inline(always)]
pub fn leave_frame() {
    let state = current();
    state.depth.set(state.depth.get() - 1);
}
