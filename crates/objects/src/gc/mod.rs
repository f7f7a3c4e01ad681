//! The cycle collector: state, policy, and what the `gc` module offers.
//!
//! Objects are young until they survive a collection. A young collection looks at young objects alone and runs after a
//! number of them (net of those freed) was made; a full one looks at all and runs when the old ones have grown by a
//! quarter, so that its cost stays in proportion to what the program allocates. Collections run at the interpreter's safe
//! points only, where no native code is in the middle of something.

mod collector;
mod inspect;
mod visitor;

use std::cell::Cell;
use std::time::Instant;

pub use inspect::{instances, instances_of, objects, referents, referrers};
pub use visitor::Visitor;

use crate::cell::{Locked, Slot};
use crate::class::Type;
use crate::dict::Dict;
use crate::header::flags;
use crate::list::List;
use crate::raised::Raised;
use crate::runtime::{self, breaker};
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{heap, id, int, protocol};

/// Bits of `gc.set_debug`.
pub mod debug {
    /// Print statistics.
    pub const STATS: i32 = 1;
    /// Print collectable objects.
    pub const COLLECTABLE: i32 = 2;
    /// Print uncollectable objects.
    pub const UNCOLLECTABLE: i32 = 4;
    /// Keep garbage in `gc.garbage` instead of freeing it.
    pub const SAVEALL: i32 = 32;
    /// Everything for the search of leaks.
    pub const LEAK: i32 = COLLECTABLE | UNCOLLECTABLE | SAVEALL;
}

/// Which objects a collection looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Generation {
    /// Those made since the last collection.
    Young,
    /// All.
    Full,
}

/// Numbers about the collections of one generation.
#[derive(Clone, Copy, Default, Debug)]
pub struct Statistics {
    /// How many ran.
    pub collections: u64,
    /// Objects freed.
    pub collected: u64,
    /// Objects found that could not be freed.
    pub uncollectable: u64,
}

struct State {
    enabled: Cell<bool>,
    running: Cell<bool>,
    thresholds: Cell<[i32; 3]>,
    debug: Cell<i32>,
    statistics: Cell<[Statistics; 3]>,
    /// Young collections since the last full one.
    young_runs: Cell<i32>,
    /// Objects that survived their young collection since the last full one.
    promoted: Cell<usize>,
    /// Objects that survived the last full collection.
    old: Cell<usize>,
    garbage: Slot<Ref<List>>,
    callbacks: Slot<Ref<List>>,
}

static STATE: Locked<State> = Locked::new(State {
    enabled: Cell::new(true),
    running: Cell::new(false),
    thresholds: Cell::new([2000, 10, 0]),
    debug: Cell::new(0),
    statistics: Cell::new(
        [Statistics {
            collections: 0,
            collected: 0,
            uncollectable: 0,
        }; 3],
    ),
    young_runs: Cell::new(0),
    promoted: Cell::new(0),
    old: Cell::new(0),
    garbage: Slot::empty(),
    callbacks: Slot::empty(),
});

/// A full collection needs this many newly old objects, however few old ones there were.
const FULL_MINIMUM: usize = 10_000;
/// In a heap that is not large, a half more of old objects is waited for, but not more than so many.
const FULL_STEP: usize = 100_000;

/// How many newly old objects a full collection needs after one that left `old`: a quarter in large heaps, more in small
/// ones, which grow fast.
fn full_threshold(old: usize) -> usize {
    (old / 4).max((old / 2).min(FULL_STEP)).max(FULL_MINIMUM)
}

/// Whether a full collection is due: enough objects got old since the last one, and are still there.
fn is_full_due(state: &State) -> bool {
    let old = state.old.get();
    let threshold = full_threshold(old);
    if state.promoted.get() <= threshold {
        return false;
    }
    // Most objects that got old die by their count. A look at the heap is far cheaper than a collection.
    let newly_old = heap::old_count().saturating_sub(old);
    state.promoted.set(newly_old);
    newly_old > threshold
}

fn state() -> &'static State {
    // SAFETY: every field of the state is a cell, and only the holder of the interpreter lock comes here.
    unsafe { &*STATE.as_ptr() }
}

fn apply_threshold() {
    let state = state();
    let first = state.thresholds.get()[0];
    let on = state.enabled.get() && first > 0;
    heap::set_young_threshold(if on { first as usize } else { usize::MAX });
}

/// Starts automatic collection; called once at start-up.
pub fn start() {
    apply_threshold();
}

/// `gc.enable()` and `gc.disable()`.
pub fn set_enabled(on: bool) {
    state().enabled.set(on);
    apply_threshold();
}

/// `gc.isenabled()`.
pub fn is_enabled() -> bool {
    state().enabled.get()
}

/// `gc.get_threshold()`.
pub fn thresholds() -> [i32; 3] {
    state().thresholds.get()
}

/// `gc.set_threshold()`.
pub fn set_thresholds(thresholds: [i32; 3]) {
    state().thresholds.set(thresholds);
    apply_threshold();
}

/// `gc.get_debug()`.
pub fn debug_flags() -> i32 {
    state().debug.get()
}

/// `gc.set_debug()`.
pub fn set_debug_flags(bits: i32) {
    state().debug.set(bits);
}

/// `gc.get_stats()`: one entry for each generation that Python code knows.
pub fn statistics() -> [Statistics; 3] {
    state().statistics.get()
}

/// `gc.get_count()`.
pub fn counts() -> [i32; 3] {
    [
        i32::try_from(heap::young_count()).unwrap_or(i32::MAX),
        state().young_runs.get(),
        0,
    ]
}

/// The list `gc.garbage`.
pub fn garbage() -> Ref<List> {
    list_in(&state().garbage)
}

/// The list `gc.callbacks`.
pub fn callbacks() -> Ref<List> {
    list_in(&state().callbacks)
}

fn list_in(slot: &Slot<Ref<List>>) -> Ref<List> {
    slot.get().unwrap_or_else(|| {
        let list = List::new(Vec::new());
        slot.set(Some(list.clone()));
        list
    })
}

/// Runs a due collection. The interpreter calls it at safe points when [`breaker::COLLECT`] is set.
pub fn poll() {
    runtime::acknowledge(breaker::COLLECT);
    let state = state();
    if !state.enabled.get() || state.running.get() {
        return;
    }
    let full = is_full_due(state);
    run(
        if full {
            Generation::Full
        } else {
            Generation::Young
        },
        if full { 2 } else { 0 },
    );
}

/// `gc.collect(generation)`: answers the number of unreachable objects found.
pub fn collect(generation: u8) -> usize {
    if state().running.get() {
        return 0;
    }
    let kind = if generation == 0 {
        Generation::Young
    } else {
        Generation::Full
    };
    run(kind, generation.min(2))
}

/// The collection at the end of the program: as a full one, but nobody is told.
pub fn collect_quietly() -> usize {
    let state = state();
    if state.running.replace(true) {
        return 0;
    }
    let outcome = collector::collect(Generation::Full);
    state.running.set(false);
    outcome.collected
}

fn run(kind: Generation, generation: u8) -> usize {
    let state = state();
    state.running.set(true);
    tell_callbacks("start", generation, None);
    let began = Instant::now();
    if state.debug.get() & debug::STATS != 0 {
        eprintln!("gc: collecting generation {generation}...");
    }
    let outcome = collector::collect(kind);
    match kind {
        Generation::Young => {
            state
                .young_runs
                .set(state.young_runs.get().saturating_add(1));
            state.promoted.set(state.promoted.get() + outcome.survived);
        }
        Generation::Full => {
            state.young_runs.set(0);
            state.promoted.set(0);
            state.old.set(outcome.survived);
        }
    }
    let mut statistics = state.statistics.get();
    let entry = &mut statistics[generation as usize];
    entry.collections += 1;
    entry.collected += outcome.collected as u64;
    entry.uncollectable += outcome.uncollectable as u64;
    state.statistics.set(statistics);
    if state.debug.get() & debug::STATS != 0 {
        let found = outcome.collected + outcome.uncollectable;
        let seconds = began.elapsed().as_secs_f64();
        eprintln!(
            "gc: done, {found} unreachable, {} uncollectable, {seconds:.4}s elapsed",
            outcome.uncollectable
        );
    }
    tell_callbacks("stop", generation, Some(&outcome));
    state.running.set(false);
    // Objects made by finalizers and callbacks count for the next collection from here.
    apply_threshold();
    outcome.collected + outcome.uncollectable
}

fn tell_callbacks(phase: &str, generation: u8, outcome: Option<&collector::Outcome>) {
    let Some(list) = state().callbacks.get().filter(|list| !list.is_empty()) else {
        return;
    };
    let info = Dict::new();
    info.set_str(id!("generation"), int::new(i64::from(generation)));
    info.set_str(
        id!("collected"),
        int::from_usize(outcome.map_or(0, |outcome| outcome.collected)),
    );
    info.set_str(
        id!("uncollectable"),
        int::from_usize(outcome.map_or(0, |outcome| outcome.uncollectable)),
    );
    let phase = Str::intern(phase).into_value();
    let info = info.into_value();
    for callback in list.to_vec() {
        if let Err(raised) = protocol::call2(&callback, &phase, &info) {
            report(raised, &callback);
        }
    }
}

fn report(raised: Raised, callback: &Value) {
    let shown = protocol::repr(callback)
        .map_or_else(|_| "?".to_owned(), |text| text.to_display().into_owned());
    runtime::unraisable(
        raised,
        Some(&format!(
            "Exception ignored while calling GC callback {shown}"
        )),
        None,
    );
}

/// Whether the collector looks at an object (`gc.is_tracked`).
pub fn is_tracked(value: &Value) -> bool {
    let is_builtin_class = value
        .downcast::<Type>()
        .is_some_and(|class| !class.is_heap());
    !is_builtin_class
        && value
            .header()
            .is_some_and(|header| header.has(flags::TRACKED))
}

/// Whether the finalizer of an object has run (`gc.is_finalized`).
pub fn is_finalized(value: &Value) -> bool {
    value
        .header()
        .is_some_and(|header| header.has(flags::FINALIZED))
}

/// `gc.freeze()`: takes all objects out of the collector's sight.
pub fn freeze() {
    heap::forget_young();
    heap::for_each_object(|object| {
        if inspect::is_traced(object) {
            object.set(flags::FROZEN | flags::OLD);
        }
    });
    state().old.set(0);
    state().promoted.set(0);
}

/// `gc.unfreeze()`: brings them back as old objects.
pub fn unfreeze() {
    let mut count = 0;
    heap::for_each_object(|object| {
        if object.has(flags::FROZEN) {
            object.unset(flags::FROZEN);
            count += 1;
        }
    });
    state().old.set(state().old.get() + count);
}

/// `gc.get_freeze_count()`.
pub fn freeze_count() -> usize {
    let mut count = 0;
    heap::for_each_object(|object| count += usize::from(object.has(flags::FROZEN)));
    count
}
