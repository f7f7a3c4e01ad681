//! `lock` and `RLock`.
//!
//! Both change state under the interpreter lock only; `changes` counts the releases that somebody may wait for, and is
//! what waiting threads sleep on. Invariant: a release while somebody waits changes the word and wakes one.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use taipan_macros::{class, function, methods};
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::thread;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, protocol};

use super::TIMEOUT_MAX;
use super::handle::wait_until;
use crate::sys::futex;

/// Seconds as a duration; nothing for numbers below zero.
pub fn timeout_duration(timeout: &Value) -> PyResult<Option<Duration>> {
    let Some(nanoseconds) = crate::timeout::nanoseconds(timeout, 1_000_000_000)? else {
        // Not a number: the conversion says so.
        return int::as_i64(timeout).map(|_| None);
    };
    let Ok(nanoseconds) = u64::try_from(nanoseconds) else {
        return Ok(None);
    };
    if nanoseconds as f64 > TIMEOUT_MAX * 1e9 {
        bail!(OverflowError, "timeout value is too large");
    }
    Ok(Some(Duration::from_nanos(nanoseconds)))
}

/// How long `acquire(blocking, timeout)` waits: not at all, so long, or for ever.
pub fn parse_timeout(blocking: bool, timeout: Option<&Value>) -> PyResult<Option<Duration>> {
    let (given, duration) = match timeout {
        None => (false, None),
        Some(timeout) => {
            let duration = timeout_duration(timeout)?;
            let unset = protocol::equal(timeout, &int::new(-1))?;
            if duration.is_none() && !unset {
                bail!(ValueError, "timeout value must be a non-negative number");
            }
            (!unset, duration)
        }
    };
    if !blocking {
        if given {
            bail!(
                ValueError,
                "can't specify a timeout for a non-blocking call"
            );
        }
        return Ok(Some(Duration::ZERO));
    }
    Ok(duration)
}

/// What both kinds of locks wait on.
#[derive(Default)]
struct Waiting {
    changes: AtomicU32,
    waiters: Cell<u32>,
}

impl Waiting {
    /// Waits until `check` answers; false when the time is up.
    fn until(
        &self,
        timeout: Option<Duration>,
        check: impl FnMut() -> Option<()>,
    ) -> PyResult<bool> {
        self.waiters.set(self.waiters.get() + 1);
        let answer = wait_until(&self.changes, timeout, check);
        self.waiters.set(self.waiters.get() - 1);
        Ok(answer?.is_some())
    }

    /// Says that the lock was released.
    fn released(&self) {
        if self.waiters.get() > 0 {
            self.changes.fetch_add(1, Ordering::SeqCst);
            futex::wake(&self.changes, 1);
        }
    }
}

/// The payload of `_thread.lock`.
#[class(
    name = "lock",
    module = "_thread",
    flags(WEAKREFABLE),
    doc = "A lock object is a synchronization primitive.  To create a lock,\ncall threading.Lock().  Methods are:\n\nacquire() -- lock the lock, possibly blocking until it can be obtained\nrelease() -- unlock of the lock\nlocked() -- test whether the lock is currently locked\n\nA lock is not owned by the thread that locked it; another thread may\nunlock it.  A thread attempting to lock a lock that it has already locked\nwill block until another thread unlocks it.  Deadlocks may ensue."
)]
#[derive(Default)]
pub struct Lock {
    locked: Cell<bool>,
    #[untraced]
    waiting: Waiting,
}

impl Lock {
    /// A new lock that nobody holds.
    pub fn fresh() -> Ref<Lock> {
        heap::new_object(<Lock as Payload>::class(), Lock::default())
    }

    /// Takes the lock; false when the time is up.
    pub fn take(&self, timeout: Option<Duration>) -> PyResult<bool> {
        if !self.locked.replace(true) {
            return Ok(true);
        }
        if timeout == Some(Duration::ZERO) {
            return Ok(false);
        }
        self.waiting
            .until(timeout, || (!self.locked.replace(true)).then_some(()))
    }

    /// Lets the lock go; RuntimeError if nobody holds it.
    pub fn give(&self) -> PyResult<()> {
        if !self.locked.replace(false) {
            bail!(RuntimeError, "release unlocked lock");
        }
        self.waiting.released();
        Ok(())
    }
}

/// Create a new lock object. See help(type(threading.Lock())) for
/// information about locks.
#[function("()")]
pub fn allocate_lock() -> Ref<Lock> {
    Lock::fresh()
}

/// An obsolete synonym of allocate_lock().
#[function("()")]
pub fn allocate() -> Ref<Lock> {
    Lock::fresh()
}

#[methods]
impl Lock {
    #[new("()", nosig)]
    fn make(class: &Ref<Type>) -> Value {
        heap::new_object(class, Lock::default()).into_value()
    }

    /// Lock the lock.
    ///
    /// Without argument, this blocks if the lock is already
    /// locked (even by the same thread), waiting for another thread to release
    /// the lock, and return True once the lock is acquired.
    /// With an argument, this will only block if the argument is true,
    /// and the return value reflects whether the lock is acquired.
    /// The blocking operation is interruptible.
    #[method("($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: bool, timeout: Option<&Value>) -> PyResult<bool> {
        self.take(parse_timeout(blocking, timeout)?)
    }

    /// An obsolete synonym of acquire().
    #[method("($self, /, blocking=True, timeout=-1)")]
    fn acquire_lock(&self, blocking: bool, timeout: Option<&Value>) -> PyResult<bool> {
        self.take(parse_timeout(blocking, timeout)?)
    }

    /// Release the lock.
    ///
    /// Allows another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// but it needn't be locked by the same thread that unlocks it.
    #[method("($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.give()
    }

    /// An obsolete synonym of release().
    #[method("($self, /)")]
    fn release_lock(&self) -> PyResult<()> {
        self.give()
    }

    /// Return whether the lock is in the locked state.
    #[method("($self, /)")]
    fn locked(&self) -> bool {
        self.locked.get()
    }

    /// An obsolete synonym of locked().
    #[method("($self, /)")]
    fn locked_lock(&self) -> bool {
        self.locked.get()
    }

    /// Lock the lock.
    #[method("($self, /)")]
    fn __enter__(&self) -> PyResult<bool> {
        self.take(None)
    }

    /// Release the lock.
    #[method("($self, exc_type, exc_value, exc_tb, /)")]
    fn __exit__(&self, _exc_type: &Value, _exc_value: &Value, _exc_tb: &Value) -> PyResult<()> {
        self.give()
    }

    #[method("($self, /)")]
    fn _at_fork_reinit(&self) {
        self.locked.set(false);
        self.waiting.waiters.set(0);
    }

    #[slot(repr)]
    fn repr(this: &Ref<Self>) -> String {
        let state = if this.locked.get() {
            "locked"
        } else {
            "unlocked"
        };
        format!(
            "<{state} {} object at {:#x}>",
            this.class().display_name(),
            this.as_value().id()
        )
    }
}

/// The payload of `_thread.RLock`.
#[class(name = "RLock", module = "_thread", flags(BASETYPE, WEAKREFABLE))]
#[derive(Default)]
pub struct RLock {
    owner: Cell<u64>,
    count: Cell<u64>,
    #[untraced]
    waiting: Waiting,
}

impl RLock {
    fn is_mine(&self) -> bool {
        self.count.get() > 0 && self.owner.get() == thread::current().ident
    }

    fn take(&self, timeout: Option<Duration>) -> PyResult<bool> {
        let me = thread::current().ident;
        if self.is_mine() {
            let Some(count) = self.count.get().checked_add(1) else {
                bail!(OverflowError, "Internal lock count overflowed");
            };
            self.count.set(count);
            return Ok(true);
        }
        let try_take = || {
            (self.count.get() == 0).then(|| {
                self.owner.set(me);
                self.count.set(1);
            })
        };
        if try_take().is_some() {
            return Ok(true);
        }
        if timeout == Some(Duration::ZERO) {
            return Ok(false);
        }
        self.waiting.until(timeout, try_take)
    }

    fn give(&self) -> PyResult<()> {
        if !self.is_mine() {
            bail!(RuntimeError, "cannot release un-acquired lock");
        }
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.owner.set(0);
            self.waiting.released();
        }
        Ok(())
    }
}

#[methods]
impl RLock {
    #[new("()", nosig)]
    fn make(class: &Ref<Type>) -> Value {
        heap::new_object(class, RLock::default()).into_value()
    }

    /// Lock the lock.
    ///
    /// `blocking` indicates whether we should wait
    /// for the lock to be available or not.  If `blocking` is False
    /// and another thread holds the lock, the method will return False
    /// immediately.  If `blocking` is True and another thread holds
    /// the lock, the method will wait for the lock to be released,
    /// take it and then return True.
    /// (note: the blocking operation is interruptible.)
    ///
    /// In all other cases, the method will return True immediately.
    /// Precisely, if the current thread already holds the lock, its
    /// internal counter is simply incremented. If nobody holds the lock,
    /// the lock is taken and its internal counter initialized to 1.
    #[method("($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: bool, timeout: Option<&Value>) -> PyResult<bool> {
        self.take(parse_timeout(blocking, timeout)?)
    }

    /// Release the lock.
    ///
    /// Allows another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// and must be locked by the same thread that unlocks it; otherwise a
    /// `RuntimeError` is raised.
    ///
    /// Do note that if the lock was acquire()d several times in a row by the
    /// current thread, release() needs to be called as many times for the lock
    /// to be available for other threads.
    #[method("($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.give()
    }

    /// Lock the lock.
    #[method("($self, /)")]
    fn __enter__(&self) -> PyResult<bool> {
        self.take(None)
    }

    /// Release the lock.
    #[method("($self, exc_type, exc_value, exc_tb, /)")]
    fn __exit__(&self, _exc_type: &Value, _exc_value: &Value, _exc_tb: &Value) -> PyResult<()> {
        self.give()
    }

    /// Return a boolean indicating whether this object is locked right now.
    #[method("($self, /)")]
    fn locked(&self) -> bool {
        self.count.get() > 0
    }

    /// For internal use by `threading.Condition`.
    #[method("($self, /)")]
    fn _is_owned(&self) -> bool {
        self.is_mine()
    }

    /// For internal use by reentrant lock consumers.
    #[method("($self, /)")]
    fn _recursion_count(&self) -> u64 {
        if self.is_mine() { self.count.get() } else { 0 }
    }

    /// For internal use by `threading.Condition`.
    #[method("($self, state, /)")]
    fn _acquire_restore(&self, state: &Value) -> PyResult<()> {
        let Some([count, owner]) = state.downcast::<Tuple>().map(|state| state.as_slice()) else {
            bail!(
                TypeError,
                "_acquire_restore() argument 1 must be tuple of 2 items, not {}",
                state.class().name()
            );
        };
        let (count, owner) = (int::as_u64(count)?, int::as_u64(owner)?);
        self.take(None)?;
        self.count.set(count);
        self.owner.set(owner);
        Ok(())
    }

    /// For internal use by `threading.Condition`.
    #[method("($self, /)")]
    fn _release_save(&self) -> PyResult<(u64, u64)> {
        if self.count.get() == 0 {
            bail!(RuntimeError, "cannot release un-acquired lock");
        }
        let state = (self.count.replace(0), self.owner.replace(0));
        self.waiting.released();
        Ok(state)
    }

    #[method("($self, /)")]
    fn _at_fork_reinit(&self) {
        self.count.set(0);
        self.owner.set(0);
        self.waiting.waiters.set(0);
    }

    #[slot(repr)]
    fn repr(this: &Ref<Self>) -> String {
        let state = if this.count.get() > 0 {
            "locked"
        } else {
            "unlocked"
        };
        let (class, owner, count) = (
            this.class().display_name(),
            this.owner.get(),
            this.count.get(),
        );
        format!(
            "<{state} {class} object owner={owner} count={count} at {:#x}>",
            this.as_value().id()
        )
    }
}
