//! Starting threads, counting them, and waiting for them at the end of the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use taipan_macros::function;
use taipan_objects::args::Args;
use taipan_objects::cell::Locked;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::thread::{self, ThreadState};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, signals};

use super::handle::{Handle, ThreadHandle};
use crate::posix::process;
use crate::sys::futex;

/// Bytes of native stack for new threads, 0 for the default.
static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);
/// The stack of a thread whose size nobody set: the usual size of the main thread's.
const DEFAULT_STACK: usize = 8 << 20;
const SMALLEST_STACK: usize = 32 << 10;
/// Threads that were started here and run.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// All handles, and whether the program waits for the thread before it ends. Those that are done are taken off when the
/// list is next looked at.
static HANDLES: Locked<Vec<(Arc<Handle>, bool)>> = Locked::new(Vec::new());

fn remember(handle: &Arc<Handle>, waited_for: bool) {
    HANDLES.with(|handles| {
        handles.retain(|(handle, _)| !handle.is_done());
        handles.push((handle.clone(), waited_for));
    });
}

/// Puts threads in order in the child of a fork: only the one that forked is there.
pub fn prepare_for_forks() {
    process::at_fork_in_child(|| {
        let mine = thread::current().ident;
        HANDLES.with(|handles| {
            handles
                .iter()
                .filter(|(handle, _)| handle.ident() != mine)
                .for_each(|(handle, _)| handle.finish());
            handles.retain(|(handle, _)| !handle.is_done());
        });
        COUNT.store(
            usize::from(signals::main_thread() != mine),
            Ordering::SeqCst,
        );
        signals::set_main_thread(mine);
        signals::forget();
    });
}

/// What a new thread runs.
struct Job {
    function: Value,
    args: Ref<Tuple>,
    keywords: Option<Ref<Dict>>,
}

impl Job {
    fn run(self) {
        let outcome = self.call();
        if let Err(raised) = outcome
            && !raised.is(ExceptionKind::SystemExit)
        {
            let shown = match protocol::repr(&self.function) {
                Ok(text) => text.to_display().into_owned(),
                Err(_) => "<function>".to_owned(),
            };
            runtime::unraisable(
                raised,
                Some(&format!("Exception ignored in thread started by {shown}")),
                None,
            );
        }
    }

    fn call(&self) -> PyResult<Value> {
        let mut values = self.args.to_vec();
        let mut names = Vec::new();
        if let Some(keywords) = &self.keywords {
            for (name, value) in keywords.iter_snapshot() {
                names.push(name);
                values.push(value);
            }
        }
        protocol::call(&self.function, Args::new(&values, &names))
    }
}

/// Starts a thread. A thread that is no daemon is waited for at the end of the program.
fn start(job: Job, handle: Arc<Handle>, daemon: bool) -> PyResult<u64> {
    if crate::startup::is_finalizing() {
        bail!(
            PythonFinalizationError,
            "can't create new thread at interpreter shutdown"
        );
    }
    if !handle.begin() {
        bail!(RuntimeError, "thread already started");
    }
    let wanted = STACK_SIZE.load(Ordering::Relaxed);
    let stack = if wanted == 0 { DEFAULT_STACK } else { wanted };
    let shared = handle.clone();
    remember(&handle, !daemon);
    COUNT.fetch_add(1, Ordering::SeqCst);
    let spawned = std::thread::Builder::new()
        .stack_size(stack)
        .spawn(move || {
            let ident = futex::thread_ident();
            shared.run(ident);
            runtime::attach(ThreadState::new(ident));
            job.run();
            COUNT.fetch_sub(1, Ordering::SeqCst);
            taipan_interp::frames::release_engine();
            runtime::detach();
            shared.finish();
        });
    if spawned.is_err() {
        handle.cancel();
        COUNT.fetch_sub(1, Ordering::SeqCst);
        HANDLES.with(|handles| handles.retain(|(known, _)| !Arc::ptr_eq(known, &handle)));
        bail!(RuntimeError, "can't start new thread");
    }
    handle.wait_started()?;
    Ok(handle.ident())
}

fn start_with(name: &str, values: &[Value]) -> PyResult<u64> {
    let [function, args, rest @ ..] = values else {
        bail!(
            TypeError,
            "{name} expected at least 2 arguments, got {}",
            values.len()
        );
    };
    if rest.len() > 1 {
        bail!(
            TypeError,
            "{name} expected at most 3 arguments, got {}",
            values.len()
        );
    }
    if !protocol::is_callable(function) {
        bail!(TypeError, "first arg must be callable");
    }
    let Some(args) = args.downcast::<Tuple>() else {
        bail!(TypeError, "2nd arg must be a tuple");
    };
    let keywords = match rest.first() {
        None => None,
        Some(keywords) => match keywords.downcast::<Dict>() {
            Some(keywords) => Some(keywords.copy()),
            None => bail!(TypeError, "optional 3rd arg must be a dictionary"),
        },
    };
    let job = Job {
        function: function.clone(),
        args: args.clone(),
        keywords,
    };
    start(job, Arc::default(), true)
}

/// Start a new thread and return its identifier.
///
/// The thread will call the function with positional arguments from the
/// tuple args and keyword arguments taken from the optional dictionary
/// kwargs.  The thread exits when the function returns; the return value
/// is ignored.  The thread will also exit when the function raises an
/// unhandled exception; a stack trace will be printed unless the exception
/// is SystemExit.
#[function("(function, args, kwargs={}, /)", nosig)]
pub fn start_new_thread(function: &Value, args: &Value, kwargs: Option<&Value>) -> PyResult<u64> {
    let mut values = vec![function.clone(), args.clone()];
    values.extend(kwargs.cloned());
    start_with("start_new_thread", &values)
}

/// An obsolete synonym of start_new_thread().
#[function("(function, args, kwargs={}, /)", nosig)]
pub fn start_new(function: &Value, args: &Value, kwargs: Option<&Value>) -> PyResult<u64> {
    start_new_thread(function, args, kwargs)
}

/// *For internal use only*: start a new thread.
///
/// Like start_new_thread(), this starts a new thread calling the given function.
/// Unlike start_new_thread(), this returns a handle object with methods to join
/// or detach the given thread.
/// This function is not for third-party code, please use the
/// `threading` module instead. During finalization the runtime will not wait for
/// the thread to exit if daemon is True. If handle is provided it must be a
/// newly created thread._ThreadHandle instance.
#[function("(function, handle=None, daemon=True)", nosig)]
pub fn start_joinable_thread(
    function: &Value,
    handle: Option<&Value>,
    daemon: bool,
) -> PyResult<Ref<ThreadHandle>> {
    if !protocol::is_callable(function) {
        bail!(TypeError, "thread function must be callable");
    }
    let handle = match handle {
        None => ThreadHandle::fresh(),
        Some(handle) => match handle.downcast::<ThreadHandle>() {
            Some(handle) => handle.clone(),
            None => bail!(TypeError, "'handle' must be a _ThreadHandle"),
        },
    };
    let job = Job {
        function: function.clone(),
        args: Tuple::empty(),
        keywords: None,
    };
    start(job, handle.handle().clone(), daemon)?;
    Ok(handle)
}

/// Internal only. Make a thread handle for threads not spawned
/// by the _thread or threading module.
#[function("(ident, /)", nosig)]
pub fn _make_thread_handle(ident: u64) -> Ref<ThreadHandle> {
    let handle = ThreadHandle::fresh();
    handle.handle().begin();
    handle.handle().run(ident);
    remember(handle.handle(), false);
    handle
}

/// Wait for all non-daemon threads (other than the calling thread) to stop.
#[function("()")]
pub fn _shutdown() -> PyResult<()> {
    shut_down()
}

/// Waits for all threads that are no daemons, other than this one.
pub fn shut_down() -> PyResult<()> {
    let mine = thread::current().ident;
    loop {
        let next = HANDLES.with(|handles| {
            handles.retain(|(handle, _)| !handle.is_done());
            handles
                .iter()
                .find(|(handle, waited_for)| *waited_for && handle.ident() != mine)
                .map(|(handle, _)| handle.clone())
        });
        match next {
            Some(handle) => handle.join(None)?,
            None => return Ok(()),
        };
    }
}

/// Return the number of currently running Python threads, excluding
/// the main thread. The returned number comprises all threads created
/// through `start_new_thread()` as well as `threading.Thread`, and not
/// yet finished.
///
/// This function is meant for internal and specialized purposes only.
/// In most applications `threading.enumerate()` should be used instead.
#[function("()")]
pub fn _count() -> usize {
    COUNT.load(Ordering::SeqCst)
}

/// Return the thread stack size used when creating new threads.  The
/// optional size argument specifies the stack size (in bytes) to be used
/// for subsequent threads.  The size must be 0 (use platform or
/// configured default) or a positive integer value of at least 32,768 (32k).
#[function("(size=0, /)", nosig)]
pub fn stack_size(size: Option<isize>) -> PyResult<usize> {
    let before = STACK_SIZE.load(Ordering::Relaxed);
    let Some(size) = size else { return Ok(before) };
    match usize::try_from(size) {
        Err(_) => bail!(ValueError, "size must be 0 or a positive value"),
        Ok(size) if size != 0 && size < SMALLEST_STACK => {
            bail!(ValueError, "size not valid: {size} bytes")
        }
        Ok(size) => STACK_SIZE.store(size, Ordering::Relaxed),
    }
    Ok(before)
}
