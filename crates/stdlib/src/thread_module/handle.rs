//! The handle of a thread: its number, whether it is done, and waiting for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use taipan_macros::{class, methods};
use taipan_objects::class::Payload;
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, thread};

use crate::blocking;
use crate::sys::futex::{self, Woken};

const NOT_STARTED: u32 = 0;
const STARTING: u32 = 1;
const RUNNING: u32 = 2;
const DONE: u32 = 3;

/// What a thread and those who wait for it share.
#[derive(Default)]
pub struct Handle {
    state: AtomicU32,
    ident: AtomicU64,
}

/// Waits until `check` answers something, looking again whenever `word` changes. `check` runs with the interpreter lock.
/// Nothing when the time is up; a signal's handler may raise.
pub fn wait_until<T>(
    word: &AtomicU32,
    timeout: Option<Duration>,
    mut check: impl FnMut() -> Option<T>,
) -> PyResult<Option<T>> {
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    loop {
        let seen = word.load(Ordering::SeqCst);
        if let Some(answer) = check() {
            return Ok(Some(answer));
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Ok(None);
        }
        match blocking::call(|| futex::wait(word, seen, left)) {
            Woken::Interrupted => runtime::check_signals()?,
            Woken::Changed | Woken::TimedOut => {}
        }
    }
}

impl Handle {
    /// Claims a handle for a new thread; false if it has one already.
    pub fn begin(&self) -> bool {
        self.state
            .compare_exchange(NOT_STARTED, STARTING, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// The thread could not be made after all.
    pub fn cancel(&self) {
        self.state.store(NOT_STARTED, Ordering::SeqCst);
    }

    /// The thread runs.
    pub fn run(&self, ident: u64) {
        self.ident.store(ident, Ordering::SeqCst);
        self.change(RUNNING);
    }

    /// The thread is done.
    pub fn finish(&self) {
        self.change(DONE);
    }

    fn change(&self, state: u32) {
        self.state.store(state, Ordering::SeqCst);
        futex::wake(&self.state, i32::MAX);
    }

    /// Whether the thread is done.
    pub fn is_done(&self) -> bool {
        self.state.load(Ordering::SeqCst) == DONE
    }

    /// The thread's number; 0 before it runs.
    pub fn ident(&self) -> u64 {
        self.ident.load(Ordering::SeqCst)
    }

    /// Waits until the thread runs, so that its number is known.
    pub fn wait_started(&self) -> PyResult<()> {
        // Starting is quick and not worth a signal handler.
        while self.state.load(Ordering::SeqCst) == STARTING {
            blocking::call(|| futex::wait(&self.state, STARTING, None));
        }
        Ok(())
    }

    /// Waits until the thread is done; false when the time is up.
    pub fn join(&self, timeout: Option<Duration>) -> PyResult<bool> {
        Ok(wait_until(&self.state, timeout, || self.is_done().then_some(()))?.is_some())
    }
}

/// The payload of `_thread._ThreadHandle`.
#[class(name = "_ThreadHandle", module = "_thread")]
pub struct ThreadHandle {
    #[untraced]
    handle: Arc<Handle>,
}

impl ThreadHandle {
    /// A handle object over a new handle.
    pub fn fresh() -> Ref<ThreadHandle> {
        heap::new_object(
            <ThreadHandle as Payload>::class(),
            ThreadHandle {
                handle: Arc::default(),
            },
        )
    }

    /// The handle.
    pub fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }
}

#[methods]
impl ThreadHandle {
    #[new("()", nosig)]
    fn make(class: &Ref<taipan_objects::class::Type>) -> Value {
        heap::new_object(
            class,
            ThreadHandle {
                handle: Arc::default(),
            },
        )
        .into_value()
    }

    #[getter]
    fn ident(&self) -> u64 {
        self.handle.ident()
    }

    #[method("($self, timeout=None, /)", nosig)]
    fn join(&self, timeout: Option<&Value>) -> PyResult<()> {
        let timeout = match timeout {
            None => None,
            Some(timeout) => super::lock::timeout_duration(timeout)?,
        };
        if self.handle.state.load(Ordering::SeqCst) == NOT_STARTED {
            bail!(RuntimeError, "thread not started");
        }
        if self.handle.is_done() {
            return Ok(());
        }
        if self.handle.ident() == thread::current().ident {
            bail!(RuntimeError, "Cannot join current thread");
        }
        self.handle.join(timeout).map(drop)
    }

    #[method("($self, /)", nosig)]
    fn is_done(&self) -> bool {
        self.handle.is_done()
    }

    #[method("($self, /)", nosig)]
    fn _set_done(&self) -> PyResult<()> {
        if self.handle.state.load(Ordering::SeqCst) == NOT_STARTED {
            bail!(RuntimeError, "thread not started");
        }
        self.handle.finish();
        Ok(())
    }

    #[slot(repr)]
    fn repr(this: &Ref<Self>) -> String {
        format!(
            "<{} object: ident={}>",
            this.class().display_name(),
            this.handle.ident()
        )
    }
}
