//! How often a trace ran and how it was left, and what became of all traces together.
//!
//! The counts of a trace are shared: whoever made it can keep them, and read them when the executor is long gone. The steps
//! have the addresses of their numbers in an operand, so that counting is one addition in memory.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::{AtomicU64, Ordering};

use taipan_bytecode::Uop;

/// Why an executor was invalidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A namespace changed of which it took something for a constant.
    Dict,
    /// A class changed that it relies on.
    Class,
    /// Its code died, or a tool listens to it.
    Code,
    /// The builtins changed.
    Builtins,
    /// All were invalidated: a tool listens, or the program asked for it.
    All,
    /// It did not run for long.
    Cold,
    /// A program named something that it relies on.
    Asked,
    /// A test invalidates each.
    Stress,
}

impl Cause {
    /// All of them.
    pub const ALL: [Cause; 8] = [
        Cause::Dict,
        Cause::Class,
        Cause::Code,
        Cause::Builtins,
        Cause::All,
        Cause::Cold,
        Cause::Asked,
        Cause::Stress,
    ];

    /// The name in statistics.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Dict => "dict",
            Cause::Class => "class",
            Cause::Code => "code",
            Cause::Builtins => "builtins",
            Cause::All => "all",
            Cause::Cold => "cold",
            Cause::Asked => "asked",
            Cause::Stress => "stress",
        }
    }
}

/// A way out of a trace, and how often it was taken.
#[derive(Debug)]
pub struct StubCount {
    /// The stub's place in the trace. What the instructions have no stub for got one behind them.
    pub place: usize,
    /// `_EXIT_TRACE`, `_DEOPT` or `_ERROR_POP_N`.
    pub uop: Uop,
    /// The instruction where tier 1 goes on, or that raised, in code units.
    pub target: u32,
    taken: Cell<u64>,
}

impl StubCount {
    pub(super) fn new(place: usize, uop: Uop, target: u32) -> StubCount {
        StubCount {
            place,
            uop,
            target,
            taken: Cell::new(0),
        }
    }

    /// How often the trace was left here.
    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    pub(super) fn counter(&self) -> u64 {
        (&raw const self.taken) as u64
    }
}

/// What is counted of one trace.
#[derive(Debug, Default)]
pub struct Counts {
    runs: Cell<u64>,
    stubs: OnceCell<Box<[StubCount]>>,
    invalidated: Cell<Option<Cause>>,
}

impl Counts {
    /// How often the trace was run through from its start: entered, or begun again.
    pub fn runs(&self) -> u64 {
        self.runs.get()
    }

    /// The ways out, in the order of their places. There are none until an executor was made.
    pub fn stubs(&self) -> &[StubCount] {
        self.stubs.get().map_or(&[], |stubs| stubs)
    }

    /// Why the executor was invalidated, if it was.
    pub fn invalidated(&self) -> Option<Cause> {
        self.invalidated.get()
    }

    /// Counts from nothing again.
    pub fn clear(&self) {
        self.runs.set(0);
        for stub in self.stubs() {
            stub.taken.set(0);
        }
    }

    pub(super) fn set_stubs(&self, stubs: Vec<StubCount>) {
        let set = self.stubs.set(stubs.into_boxed_slice());
        set.expect("the counts are those of one trace");
    }

    pub(super) fn runs_counter(&self) -> u64 {
        (&raw const self.runs) as u64
    }

    /// Notes the first cause of an end, and counts it.
    pub(super) fn note_invalidation(&self, cause: Cause) {
        if self.invalidated.get().is_none() {
            self.invalidated.set(Some(cause));
            add(&INVALIDATED[cause as usize], 1);
        }
    }
}

/// What became of all traces so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Executors that were made.
    pub made: u64,
    /// Executors that live, valid or not.
    pub alive: u64,
    /// Traces whose executors are gone, and that wait to be freed.
    pub buried: u64,
    /// Traces that were freed.
    pub freed: u64,
    /// Executors that were invalidated, by cause; all causes, in order.
    pub invalidated: Vec<(Cause, u64)>,
}

static MADE: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);
static INVALIDATED: [AtomicU64; Cause::ALL.len()] = [const { AtomicU64::new(0) }; Cause::ALL.len()];

/// The interpreter lock is held, so nobody else adds meanwhile.
fn add(number: &AtomicU64, more: usize) {
    number.store(
        number.load(Ordering::Relaxed) + more as u64,
        Ordering::Relaxed,
    );
}

pub(super) fn note_made() {
    add(&MADE, 1);
}

pub(super) fn note_freed(traces: usize) {
    add(&FREED, traces);
}

/// What became of all traces so far.
pub fn totals() -> Totals {
    let causes = Cause::ALL.iter();
    Totals {
        made: MADE.load(Ordering::Relaxed),
        alive: super::registry::alive_count() as u64,
        buried: super::registry::buried_count() as u64,
        freed: FREED.load(Ordering::Relaxed),
        invalidated: causes
            .map(|&cause| (cause, INVALIDATED[cause as usize].load(Ordering::Relaxed)))
            .collect(),
    }
}

/// Counts all traces from nothing again; those that live and wait stay.
pub fn clear_totals() {
    for number in INVALIDATED.iter().chain([&MADE, &FREED]) {
        number.store(0, Ordering::Relaxed);
    }
}
