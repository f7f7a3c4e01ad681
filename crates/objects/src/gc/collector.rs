//! One collection, by trial deletion.
//!
//! For each candidate the collector counts the references that do not come from other candidates; what such references
//! reach is alive, the rest is garbage. The count stands in the upper bits of the object's own flags, next to the
//! reference count that it starts from: no table, no extra cache line. References from frames, native code or old objects
//! are never counted away, so their targets stay. Garbage goes as in CPython 3.14: weak references with callbacks first,
//! then finalizers, then a second look at what they brought back, then the rest of the weak references, then the objects.

use std::collections::HashMap;
use std::ptr::NonNull;

use super::{Generation, debug, debug_flags};
use crate::class::{ClassFlags, run_finalizer};
use crate::header::{Header, flags};
use crate::value::Value;
use crate::{heap, weakref};

/// What a collection did.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub collected: usize,
    pub uncollectable: usize,
    pub survived: usize,
}

/// Largest count that fits the header; this value itself says that the count stands in the table.
const COUNT_MAX: u32 = u32::MAX >> flags::COUNT_SHIFT;
const STATE_MASK: u32 = (1 << flags::COUNT_SHIFT) - 1;

/// Counts of the few objects with more references than fit.
type LargeCounts = HashMap<NonNull<Header>, u32>;

struct Counts {
    large: LargeCounts,
}

impl Counts {
    fn set(&mut self, object: &Header, count: u32) {
        let shown = count.min(COUNT_MAX);
        if shown == COUNT_MAX {
            self.large.insert(NonNull::from(object), count);
        }
        object
            .flags
            .set(object.flags.get() & STATE_MASK | shown << flags::COUNT_SHIFT);
    }

    fn decrement(&mut self, object: &Header) {
        let shown = object.flags.get() >> flags::COUNT_SHIFT;
        if shown == COUNT_MAX {
            if let Some(count) = self.large.get_mut(&NonNull::from(object)) {
                *count = count.saturating_sub(1);
            }
        } else if shown > 0 {
            object
                .flags
                .set(object.flags.get() - (1 << flags::COUNT_SHIFT));
        }
    }

    fn is_zero(&self, object: &Header) -> bool {
        match object.flags.get() >> flags::COUNT_SHIFT {
            COUNT_MAX => self
                .large
                .get(&NonNull::from(object))
                .is_some_and(|&count| count == 0),
            shown => shown == 0,
        }
    }
}

/// Whether collections look at an object. Objects whose release is queued have no references and are left to the heap.
pub(super) fn is_candidate(object: &Header) -> bool {
    !object.has(flags::IMMORTAL | flags::FROZEN)
        && object.refcount() != 0
        && crate::value::header_class(object).has(ClassFlags::TRACED)
}

/// The objects of one collection: a list, or a walk of the heap.
enum Candidates {
    List(Vec<NonNull<Header>>),
    /// All objects: the old ones by a walk, then the young ones in the order they were made.
    Heap(Vec<NonNull<Header>>),
}

impl Candidates {
    fn for_each(&self, mut visit: impl FnMut(&Header)) {
        match self {
            // SAFETY: between the making of the list and its last use nothing is freed: only the collector runs.
            Candidates::List(list) => list
                .iter()
                .for_each(|object| visit(unsafe { object.as_ref() })),
            // SAFETY: as above for the young ones.
            Candidates::Heap(young) => {
                heap::for_each_object(|object| {
                    if object.has(flags::OLD) {
                        visit(object);
                    }
                });
                // SAFETY: as for the list.
                young
                    .iter()
                    .for_each(|object| visit(unsafe { object.as_ref() }));
            }
        }
    }
}

/// Collects: finds garbage, finalizes and frees it.
pub(super) fn collect(generation: Generation) -> Outcome {
    let candidates = match generation {
        Generation::Young => Candidates::List(heap::take_young()),
        Generation::Full => Candidates::Heap(heap::take_young()),
    };
    let mut counts = Counts {
        large: HashMap::new(),
    };
    let (garbage, survived) = find_garbage(&candidates, &mut counts);
    drop(candidates);
    let mut outcome = Outcome {
        survived,
        ..Outcome::default()
    };
    if !garbage.is_empty() {
        dispose(garbage, &mut counts, &mut outcome);
    }
    outcome
}

/// Splits the candidates: answers those that nothing outside reaches, owned and still marked, and the number of others.
fn find_garbage(candidates: &Candidates, counts: &mut Counts) -> (Vec<Value>, usize) {
    candidates.for_each(|object| {
        if is_candidate(object) {
            object.set(flags::COLLECTING);
            counts.set(object, object.refcount());
        }
    });
    candidates.for_each(|object| {
        if object.has(flags::COLLECTING) {
            subtract(object, counts);
        }
    });
    let mut pending = Vec::new();
    candidates.for_each(|object| {
        if object.has(flags::COLLECTING) && !object.has(flags::REACHED) && !counts.is_zero(object) {
            reach(object, &mut pending);
        }
    });
    let mut garbage = Vec::new();
    let mut survived = 0;
    candidates.for_each(|object| {
        if object.has(flags::REACHED) {
            object.flags.set(
                object.flags.get() & STATE_MASK & !(flags::REACHED | flags::COLLECTING)
                    | flags::OLD,
            );
            survived += 1;
        } else if object.has(flags::COLLECTING) {
            garbage.push(owned(object));
        }
    });
    (garbage, survived)
}

fn subtract(object: &Header, counts: &mut Counts) {
    heap::trace_object(object, &mut |target| {
        if let Some(target) = target.header()
            && target.has(flags::COLLECTING)
        {
            counts.decrement(target);
        }
    });
}

/// Marks everything reached from an object among the candidates.
fn reach(object: &Header, pending: &mut Vec<NonNull<Header>>) {
    object.set(flags::REACHED);
    pending.push(NonNull::from(object));
    while let Some(object) = pending.pop() {
        // SAFETY: nothing is freed while the collector marks.
        heap::trace_object(unsafe { object.as_ref() }, &mut |target| {
            if let Some(target) = target.header()
                && target.flags.get() & (flags::COLLECTING | flags::REACHED) == flags::COLLECTING
            {
                target.set(flags::REACHED);
                pending.push(NonNull::from(target));
            }
        });
    }
}

/// A new reference to an object found by a walk.
fn owned(object: &Header) -> Value {
    let bits = std::ptr::from_ref(object) as u64;
    // SAFETY: a live object's address has the bits of a value, which is cloned and so owned.
    unsafe { Value::borrow_bits(&bits) }.clone()
}

/// Everything that happens to garbage. The list owns its objects, so nothing in it goes before the end.
fn dispose(mut garbage: Vec<Value>, counts: &mut Counts, outcome: &mut Outcome) {
    let called = call_weakref_callbacks(&garbage);
    let finalized = finalize(&garbage);
    if called || finalized {
        outcome.survived += keep_resurrected(&mut garbage, counts);
    }
    for value in &garbage {
        if value
            .header()
            .is_some_and(|header| header.has(flags::WEAKLY_REFERENCED))
        {
            // Callbacks that arrived since are not run: their references die with the garbage.
            drop(weakref::take_references(value, true));
        }
    }
    outcome.collected = garbage.len();
    let debugging = debug_flags();
    for value in &garbage {
        if let Some(header) = value.header() {
            header
                .flags
                .set(header.flags.get() & STATE_MASK & !flags::COLLECTING | flags::OLD);
        }
        if debugging & debug::COLLECTABLE != 0 {
            eprintln!(
                "gc: collectable <{} {:#x}>",
                value.class().name(),
                value.id()
            );
        }
    }
    if debugging & debug::SAVEALL != 0 {
        let list = super::garbage();
        for value in garbage {
            // Without memory for the list, the object is leaked, as everything is here.
            drop(list.push(value));
        }
        return;
    }
    garbage.iter().for_each(heap::clear_object);
}

/// Clears the weak references that have callbacks, and calls those of references that are no garbage themselves.
fn call_weakref_callbacks(garbage: &[Value]) -> bool {
    let mut callbacks = Vec::new();
    let mut dropped = Vec::new();
    for value in garbage {
        if value
            .header()
            .is_some_and(|header| header.has(flags::WEAKLY_REFERENCED))
        {
            for (reference, callback) in weakref::take_references(value, false) {
                let is_garbage = reference
                    .header()
                    .is_some_and(|header| header.has(flags::COLLECTING));
                if is_garbage {
                    dropped.push((reference, callback))
                } else {
                    callbacks.push((reference, callback))
                }
            }
        }
    }
    let any = !callbacks.is_empty() || !dropped.is_empty();
    weakref::run_callbacks(callbacks);
    any
}

/// Runs the finalizers that have not run yet.
fn finalize(garbage: &[Value]) -> bool {
    let mut any = false;
    for value in garbage {
        let Some(header) = value.header() else {
            continue;
        };
        if value.class().has(ClassFlags::FINALIZER) && !header.has(flags::FINALIZED) {
            header.set(flags::FINALIZED);
            run_finalizer(value);
            any = true;
        }
    }
    any
}

/// Takes out of the garbage what finalizers and callbacks made reachable again. Answers how many those are.
fn keep_resurrected(garbage: &mut Vec<Value>, counts: &mut Counts) -> usize {
    counts.large.clear();
    for header in garbage.iter().filter_map(Value::header) {
        // One reference is the list's own.
        counts.set(header, header.refcount() - 1);
    }
    for header in garbage.iter().filter_map(Value::header) {
        subtract(header, counts);
    }
    let mut pending = Vec::new();
    for header in garbage.iter().filter_map(Value::header) {
        if !header.has(flags::REACHED) && !counts.is_zero(header) {
            reach(header, &mut pending);
        }
    }
    let before = garbage.len();
    let mut kept = Vec::new();
    garbage.retain(|value| {
        let Some(header) = value.header().filter(|header| header.has(flags::REACHED)) else {
            return true;
        };
        header.flags.set(
            header.flags.get() & STATE_MASK & !(flags::REACHED | flags::COLLECTING) | flags::OLD,
        );
        kept.push(value.clone());
        false
    });
    drop(kept);
    before - garbage.len()
}
