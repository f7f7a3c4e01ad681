//! All executors there are: found by what they rely on, invalidated, freed.
//!
//! An executor that is invalidated is taken out of its code and out of the exits that it leads to, so that nobody enters it any
//! more; who runs it leaves at the next `_CHECK_VALIDITY`. Freeing has two phases, because a trace can run while its executor
//! dies: the trace goes to a list of deletions, and when that holds a hundred, those that no thread runs are freed. This is
//! `_Py_Executors_Invalidate…` and `_Py_ClearExecutorDeletionList` of CPython 3.14's `Python/optimizer.c`; there the executor
//! waits in the list, here what it owned.
//!
//! The list of executors owns nothing: an executor takes itself out before it is freed.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr;

use taipan_bytecode::tunables::{EXECUTOR_DELETE_LIST_MAX, JIT_CLEANUP_THRESHOLD};
use taipan_objects::cell::Locked;
use taipan_objects::header::Header;
use taipan_objects::runtime::{self, breaker};
use taipan_objects::value::{Ref, Value};

use super::counts::{self, Cause};
use super::executor::Executor;
use super::side_table;
use super::step::Trace;
use crate::code::Code;
use crate::frame_stack::EngineState;

/// A live executor: its bits, and its trace, which it is found by.
struct Registered {
    executor: u64,
    trace: *const Trace,
}

/// Traces whose executors are gone.
struct Buried {
    #[allow(clippy::vec_box, reason = "a trace that runs must not move")]
    traces: Vec<Box<Trace>>,
    /// How many more may come before a sweep.
    room: usize,
}

static EXECUTORS: Locked<Vec<Registered>> = Locked::new(Vec::new());
static BURIED: Locked<Buried> = Locked::new(Buried {
    traces: Vec::new(),
    room: 0,
});
/// Counts the starts of traces down to a sweep for cold ones.
static RUNS_LEFT: Locked<Cell<u32>> = Locked::new(Cell::new(JIT_CLEANUP_THRESHOLD));

pub(super) fn register(executor: &Ref<Executor>, trace: *const Trace) {
    let executor = executor.as_value().bits();
    EXECUTORS.with(|executors| executors.push(Registered { executor, trace }));
    counts::note_made();
}

/// The executor of a trace is dying.
pub(super) fn bury(trace: Box<Trace>) {
    let address: *const Trace = &raw const *trace;
    EXECUTORS.with(|executors| {
        if let Some(at) = executors
            .iter()
            .position(|known| ptr::eq(known.trace, address))
        {
            executors.swap_remove(at);
        }
    });
    let is_full = BURIED.with(|buried| {
        buried.traces.push(trace);
        let is_full = buried.room == 0;
        buried.room = buried.room.saturating_sub(1);
        is_full
    });
    if is_full {
        free_buried();
    }
}

/// Frees the traces without executors that no thread runs (`_Py_ClearExecutorDeletionList`).
pub fn free_buried() {
    let mut running = Vec::new();
    runtime::for_each_thread(|state| {
        let engine = state.engine.get().cast::<EngineState>();
        if !engine.is_null() {
            // SAFETY: the lock is held, so the thread is here or waits with its state in memory.
            unsafe { (*engine).for_each_running(|trace| running.push(trace)) };
        }
    });
    let free = BURIED.with(|buried| {
        buried.room = EXECUTOR_DELETE_LIST_MAX;
        let all = std::mem::take(&mut buried.traces);
        let (kept, free): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|trace| running.contains(&(&raw const **trace)));
        buried.traces = kept;
        free
    });
    counts::note_freed(free.len());
    drop(free);
}

/// How many executors live, valid or not.
pub fn alive_count() -> usize {
    EXECUTORS.with(|executors| executors.len())
}

/// How many traces wait to be freed.
pub fn buried_count() -> usize {
    BURIED.with(|buried| buried.traces.len())
}

/// The executors for which `wanted` holds.
fn select(mut wanted: impl FnMut(&Executor) -> bool) -> Vec<Ref<Executor>> {
    EXECUTORS.with(|executors| {
        let lent = executors.iter().map(|known| {
            // SAFETY: an executor takes itself out of the list before it is freed.
            ManuallyDrop::new(unsafe { Value::from_bits(known.executor) })
        });
        let mut found = Vec::new();
        for value in lent {
            if let Some(executor) = value.downcast_exact::<Executor>()
                && wanted(executor)
            {
                found.push(executor.clone());
            }
        }
        found
    })
}

/// All executors, the oldest first.
pub fn all() -> Vec<Ref<Executor>> {
    select(|_| true)
}

/// The executor of a trace, if it lives.
pub(super) fn executor_of(trace: *const Trace) -> Option<Ref<Executor>> {
    select(|executor| ptr::eq(executor.own_trace(), trace)).pop()
}

/// Makes an executor one that nobody enters any more.
pub fn invalidate(executor: &Ref<Executor>, cause: Cause) {
    let trace = executor.own_trace();
    trace.valid.set(false);
    trace.counts.note_invalidation(cause);
    let held = side_table::detach(executor);
    let led_to: Vec<_> = trace.exits.iter().map(|exit| exit.unlink()).collect();
    drop((held, led_to));
}

/// Invalidates the executors that may rely on what lies at an address (`_Py_Executors_InvalidateDependency`).
pub fn invalidate_dependents(address: usize, cause: Cause) {
    for executor in select(|executor| executor.may_depend_on(address)) {
        invalidate(&executor, cause);
    }
}

/// Invalidates all executors (`_Py_Executors_InvalidateAll`).
pub fn invalidate_all(cause: Cause) {
    for executor in all() {
        invalidate(&executor, cause);
    }
}

/// Invalidates the executors that did not run since the last sweep (`_Py_Executors_InvalidateCold`).
pub fn invalidate_cold() {
    for executor in select(|executor| !executor.own_trace().cool()) {
        invalidate(&executor, Cause::Cold);
    }
}

/// Invalidates all executors that a code object enters, or that were made of it.
pub fn invalidate_code(code: &Code) {
    for executor in code.executor_list() {
        invalidate(&executor, Cause::Code);
    }
    invalidate_dependents(address_of(code), Cause::Code);
}

/// What stands for any value in a dependency filter: for an object the address of its payload, as [`address_of`] has it.
pub fn address_of_value(value: &Value) -> usize {
    match value.is_pointer() {
        true => value.bits() as usize + size_of::<Header>(),
        false => value.bits() as usize,
    }
}

/// The address that stands for a payload's object in a dependency filter.
pub fn address_of<T: taipan_objects::class::Payload>(payload: &T) -> usize {
    ptr::from_ref(payload) as usize
}

/// A trace starts: after so many a sweep for cold ones is due.
#[inline(always)]
pub(super) fn count_run() {
    RUNS_LEFT.with(|left| {
        left.set(left.get() - 1);
        if left.get() == 0 {
            left.set(JIT_CLEANUP_THRESHOLD);
            runtime::request(breaker::COLD_TRACES);
        }
    });
}
