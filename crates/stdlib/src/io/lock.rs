//! The lock of a buffered file: one thread at a time, and never the same one twice.
//!
//! A buffered file gives the interpreter lock up in the middle of its work, so it needs a lock of its own. State changes
//! happen under the interpreter lock; waiting happens without it. Invariant: a release while somebody waits changes the
//! word that is waited for, so no release is missed.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;
use taipan_objects::{bail, protocol, thread};

use crate::blocking;
use crate::posix::process;
use crate::sys::futex;

/// Counts the forks this process is the child of: locks that threads of a parent held are free here.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Has forks counted. Called once.
pub fn prepare_for_forks() {
    process::at_fork_in_child(|| {
        FORKS.fetch_add(1, Ordering::Relaxed);
    });
}

/// The lock.
#[derive(Default)]
pub struct IoLock {
    /// The thread that holds it, or 0.
    owner: Cell<u64>,
    /// The count of forks when it was taken.
    forks: Cell<u32>,
    waiters: Cell<u32>,
    releases: AtomicU32,
}

/// Holds the lock until it is dropped.
pub struct Held<'a>(&'a IoLock);

impl IoLock {
    /// Takes the lock. A thread that holds it already gets a RuntimeError that names `object`.
    #[inline]
    pub fn enter(&self, object: &Value) -> PyResult<Held<'_>> {
        if self.owner.get() != 0 {
            self.wait(object)?;
        }
        self.owner.set(thread::current().ident);
        self.forks.set(FORKS.load(Ordering::Relaxed));
        Ok(Held(self))
    }

    /// Whether nobody holds the lock.
    #[inline(always)]
    pub fn is_free(&self) -> bool {
        self.owner.get() == 0
    }

    /// Whether this thread holds the lock.
    fn is_mine(&self) -> bool {
        self.owner.get() == thread::current().ident
    }

    #[cold]
    fn wait(&self, object: &Value) -> PyResult<()> {
        if self.forks.get() != FORKS.load(Ordering::Relaxed) {
            self.waiters.set(0);
            return Ok(());
        }
        if self.is_mine() {
            bail!(
                RuntimeError,
                "reentrant call inside {}",
                protocol::repr(object)?.to_display()
            );
        }
        while self.owner.get() != 0 {
            self.waiters.set(self.waiters.get() + 1);
            let seen = self.releases.load(Ordering::SeqCst);
            blocking::call(|| futex::wait(&self.releases, seen, None));
            self.waiters.set(self.waiters.get() - 1);
        }
        Ok(())
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.owner.set(0);
        if self.0.waiters.get() > 0 {
            self.0.releases.fetch_add(1, Ordering::SeqCst);
            futex::wake(&self.0.releases, 1);
        }
    }
}
