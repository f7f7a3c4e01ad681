//! One collection, by trial deletion.
//!
//! For each candidate the collector counts the references that come from other candidates; those that have more than that
//! are referred to from outside, and what such ones reach is alive, the rest is garbage. The count stands in the upper bits
//! of the object's own flags, next to the reference count that it is compared with: no table, no extra cache line.
//! References from frames, native code or old objects are not counted, so their targets stay. Garbage goes as in CPython
//! 3.14: weak references with callbacks first, then finalizers, then a second look at what they brought back, then the rest
//! of the weak references, then the objects.
//!
//! Two passes do it where there is no garbage, a third picks it up. What is reached becomes old and is thereby no candidate
//! any more: `OLD` is the mark. A full collection takes it away from the candidates first, and marks those that had it as
//! `COLLECTING`, to tell them from the young ones.

use std::ptr::NonNull;

use super::visitor::{Overflow, Visitor, reached};
use super::{Generation, debug, debug_flags};
use crate::class::{ClassFlags, Payload as _, run_finalizer};
use crate::header::{Header, flags};
use crate::heap::{self, YOUNG_MASK};
use crate::tuple::Tuple;
use crate::value::Value;
use crate::weakref;

/// What a collection did.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub collected: usize,
    pub uncollectable: usize,
    pub survived: usize,
}

/// Full collections look at the objects that have, of these, `TRACKED` alone.
const FULL_MASK: u32 = YOUNG_MASK & !flags::OLD;
const STATE_MASK: u32 = (1 << flags::COUNT_SHIFT) - 1;

/// Whether all references to an object were counted. An object whose release is queued has none, and is not unreached: the
/// heap will end it.
#[inline(always)]
fn is_unreached(object: &Header, overflow: &Overflow) -> bool {
    let shown = object.flags.get() >> flags::COUNT_SHIFT;
    let refcount = object.refcount();
    if shown >= refcount {
        return refcount != 0;
    }
    shown == u32::MAX >> flags::COUNT_SHIFT
        && overflow
            .get(&NonNull::from(object))
            .is_some_and(|&more| shown + more >= refcount)
}

/// The objects of one collection: the young ones in the order they were made, and perhaps the old ones.
struct Candidates {
    young: Vec<NonNull<Header>>,
    full: bool,
}

impl Candidates {
    /// The young ones.
    fn young(&self) -> impl Iterator<Item = &Header> {
        // SAFETY: between the making of the list and its last use nothing is freed: only the collector runs.
        self.young.iter().map(|object| unsafe { object.as_ref() })
    }
}

/// Collects: finds garbage, finalizes and frees it.
pub(super) fn collect(generation: Generation) -> Outcome {
    let candidates = Candidates {
        young: heap::take_young(),
        full: generation == Generation::Full,
    };
    let (garbage, survived) = find_garbage(&candidates);
    drop(candidates);
    let mut outcome = Outcome {
        survived,
        ..Outcome::default()
    };
    if !garbage.is_empty() {
        dispose(garbage, &mut outcome);
    }
    outcome
}

/// Splits the candidates: answers those that nothing outside reaches, owned and marked as `COLLECTING`, and the number of
/// others.
fn find_garbage(candidates: &Candidates) -> (Vec<Value>, usize) {
    let mut overflow = Overflow::new();
    let old = count_references(candidates, &mut overflow);

    let mut reached = Reached::new(YOUNG_MASK, flags::TRACKED);
    if candidates.full {
        heap::for_each_object(|object| {
            if object.has(flags::COLLECTING) && !is_unreached(object, &overflow) {
                reached.add(object);
            }
        });
    }
    for object in candidates.young() {
        if !object.has(flags::OLD) && !is_unreached(object, &overflow) {
            reached.add(object);
        }
    }

    let mut garbage = Vec::new();
    if reached.marked < old {
        heap::for_each_object(|object| {
            if object.has(flags::COLLECTING) {
                garbage.push(owned(object));
            }
        });
    }
    for object in candidates.young() {
        if !object.has(flags::OLD) {
            object.set(flags::COLLECTING);
            garbage.push(owned(object));
        }
    }
    let survived = old + candidates.young.len() - garbage.len();
    (garbage, survived)
}

/// Counts the references that candidates own to candidates. Old candidates become `COLLECTING` instead; answers their number.
fn count_references(candidates: &Candidates, overflow: &mut Overflow) -> usize {
    const OLD: u32 = flags::TRACKED | flags::OLD;
    let mut old = 0;
    let mask = if candidates.full {
        FULL_MASK
    } else {
        YOUNG_MASK
    };
    let mut visitor = Visitor::count(mask, flags::TRACKED, overflow);
    if candidates.full {
        heap::for_each_object(|object| {
            let found = object.flags.get();
            if found & YOUNG_MASK == OLD {
                object.flags.set(found & !flags::OLD | flags::COLLECTING);
                old += 1;
                heap::trace_object(object, &mut visitor);
            }
        });
    }
    for object in candidates.young() {
        heap::trace_object(object, &mut visitor);
    }
    old
}

/// What was reached so far.
struct Reached {
    /// Those whose references were not looked at yet.
    pending: Vec<NonNull<Header>>,
    /// Which objects are to be reached: what is wanted of their flags.
    mask: u32,
    wanted: u32,
    /// How many of those that were reached were `COLLECTING`.
    marked: usize,
}

impl Reached {
    fn new(mask: u32, wanted: u32) -> Reached {
        Reached {
            pending: Vec::new(),
            mask,
            wanted,
            marked: 0,
        }
    }

    /// Marks an object and everything reached from it among the candidates as old.
    fn add(&mut self, object: &Header) {
        object.flags.set(reached(object.flags.get()));
        self.pending.push(NonNull::from(object));
        while let Some(object) = self.pending.pop() {
            // SAFETY: nothing is freed while the collector marks.
            let object = unsafe { object.as_ref() };
            if object.has(flags::COLLECTING) {
                object.unset(flags::COLLECTING);
                self.marked += 1;
            }
            if is_plain_tuple(object) {
                object.unset(flags::TRACKED);
                continue;
            }
            let mut visitor = Visitor::reach(self.mask, self.wanted, &mut self.pending);
            heap::trace_object(object, &mut visitor);
        }
    }
}

/// Whether an object is a tuple without items that could be part of a cycle: it never will be itself.
#[inline(always)]
fn is_plain_tuple(object: &Header) -> bool {
    if !crate::value::header_class(object).is(Tuple::class()) {
        return false;
    }
    let bits = std::ptr::from_ref(object) as u64;
    // SAFETY: the object is a tuple, and its address has the bits of a value.
    let items = unsafe {
        Value::borrow_bits(&bits)
            .downcast_unchecked::<Tuple>()
            .tail()
    };
    items.iter().all(|item| {
        item.header().is_none_or(|item| {
            item.flags.get() & (flags::TRACKED | flags::IMMORTAL) != flags::TRACKED
        })
    })
}

/// A new reference to an object found by a walk.
fn owned(object: &Header) -> Value {
    let bits = std::ptr::from_ref(object) as u64;
    // SAFETY: a live object's address has the bits of a value, which is cloned and so owned.
    unsafe { Value::borrow_bits(&bits) }.clone()
}

/// Everything that happens to garbage. The list owns its objects, so nothing in it goes before the end.
fn dispose(mut garbage: Vec<Value>, outcome: &mut Outcome) {
    let called = call_weakref_callbacks(&garbage);
    let finalized = finalize(&garbage);
    if called || finalized {
        outcome.survived += keep_resurrected(&mut garbage);
    }
    for value in garbage.iter().filter(|value| is_weakly_referenced(value)) {
        // Callbacks that arrived since are not run: their references die with the garbage.
        drop(weakref::take_references(value, true));
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

fn is_weakly_referenced(value: &Value) -> bool {
    value
        .header()
        .is_some_and(|header| header.has(flags::WEAKLY_REFERENCED))
}

/// Clears the weak references that have callbacks, and calls those of references that are no garbage themselves.
fn call_weakref_callbacks(garbage: &[Value]) -> bool {
    let mut callbacks = Vec::new();
    let mut dropped = Vec::new();
    for value in garbage {
        if is_weakly_referenced(value) {
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
fn keep_resurrected(garbage: &mut Vec<Value>) -> usize {
    let mut overflow = Overflow::new();
    for header in garbage.iter().filter_map(Value::header) {
        // One reference is the list's own.
        header
            .flags
            .set(header.flags.get() & STATE_MASK | 1 << flags::COUNT_SHIFT);
    }
    // Objects made since are young, too: what is garbage has the mark.
    let mask = YOUNG_MASK | flags::COLLECTING;
    let wanted = flags::TRACKED | flags::COLLECTING;
    for header in garbage.iter().filter_map(Value::header) {
        heap::trace_object(header, &mut Visitor::count(mask, wanted, &mut overflow));
    }
    let mut reached = Reached::new(mask, wanted);
    for header in garbage.iter().filter_map(Value::header) {
        if !header.has(flags::OLD) && !is_unreached(header, &overflow) {
            reached.add(header);
        }
    }
    let before = garbage.len();
    let mut kept = Vec::new();
    garbage.retain(|value| {
        let is_kept = value.header().is_some_and(|header| header.has(flags::OLD));
        if is_kept {
            kept.push(value.clone());
        }
        !is_kept
    });
    drop(kept);
    before - garbage.len()
}
