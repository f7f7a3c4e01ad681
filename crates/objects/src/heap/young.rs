//! The list of objects made since the last collection.
//!
//! It names slots of pages, each once: a slot that is listed is flagged so, and stays it while it is freed and used again.
//! Invariant: `LISTED` is set in exactly the slots that the list names. What is named may be free, or no young object any
//! more; compaction takes that out.

use std::alloc::{Layout as Block, alloc, handle_alloc_error};
use std::ptr::{self, NonNull};

use super::{HEAP, Heap, for_each_object};
use crate::header::{Header, flags};

/// A list that is appended to on every allocation: its end is two words that a push compares.
pub(super) struct YoungList {
    start: *mut *mut Header,
    pub(super) next: *mut *mut Header,
    pub(super) end: *mut *mut Header,
}

impl YoungList {
    /// No entries, no memory.
    pub(super) const fn empty() -> YoungList {
        YoungList {
            start: ptr::null_mut(),
            next: ptr::null_mut(),
            end: ptr::null_mut(),
        }
    }
}

/// Smallest length of the list of young objects.
const YOUNG_MINIMUM: usize = 1024;
/// Longest list that is kept when nobody collects.
const YOUNG_MAXIMUM: usize = 1 << 20;
/// An object is young if [`flags::TRACKED`] alone is set of these.
pub(crate) const YOUNG_MASK: u32 = flags::TRACKED | flags::OLD | flags::IMMORTAL | flags::FROZEN;

/// Whether an object is one that young collections look at.
fn is_young(object: &Header) -> bool {
    object.flags.get() & YOUNG_MASK == flags::TRACKED
}

/// The list is full.
#[cold]
#[inline(never)]
pub(super) fn remember_slow(object: *mut Header) {
    // SAFETY: the interpreter lock is held; after `make_room` there is a place.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        make_room(heap);
        heap.young.next.write(object);
        heap.young.next = heap.young.next.add(1);
    }
}

/// Compacts the list and gives it room until the next look is due. Asks for a collection when many young objects are
/// alive.
///
/// # Safety
/// The interpreter lock is held.
unsafe fn make_room(heap: &mut Heap) {
    // SAFETY: as for the caller.
    unsafe {
        let live = compact_young(heap);
        if live >= YOUNG_MAXIMUM {
            clear_young(heap);
            heap.forgot_young = true;
        }
        let used = heap.young.next.offset_from(heap.young.start) as usize;
        let room = match heap.threshold.checked_sub(used) {
            Some(left) if left > 0 && heap.threshold <= YOUNG_MAXIMUM => left.max(used / 4).max(64),
            _ => used.max(YOUNG_MINIMUM),
        };
        resize_young(&mut heap.young, used + room);
        if live >= heap.threshold {
            crate::runtime::request(crate::runtime::breaker::COLLECT);
        }
    }
}

/// Takes out of the list what is freed or old. Answers how many young objects are left, large ones included.
///
/// # Safety
/// The interpreter lock is held.
unsafe fn compact_young(heap: &mut Heap) -> usize {
    // SAFETY: the list names slots of pages, which are never given back; a freed slot is flagged so.
    unsafe {
        let mut kept = heap.young.start;
        let mut cursor = heap.young.start;
        while cursor != heap.young.next {
            let object = *cursor;
            cursor = cursor.add(1);
            if is_young(&*object) {
                kept.write(object);
                kept = kept.add(1);
            } else {
                (*object).unset(flags::LISTED);
            }
        }
        heap.young.next = kept;
        kept.offset_from(heap.young.start) as usize + heap.young_large.len()
    }
}

/// # Safety
/// The list has at most `capacity` entries, and `capacity` is not zero.
unsafe fn resize_young(young: &mut YoungList, capacity: usize) {
    let block = |count: usize| {
        Block::array::<*mut Header>(count).expect("the list of young objects fits in memory")
    };
    // SAFETY: the block was made here with the capacity found from its ends; `next` keeps its distance from the start.
    unsafe {
        let used = young.next.offset_from(young.start) as usize;
        let old = young.end.offset_from(young.start) as usize;
        if old == capacity {
            return;
        }
        let start = if old == 0 {
            alloc(block(capacity))
        } else {
            std::alloc::realloc(young.start.cast(), block(old), block(capacity).size())
        };
        if start.is_null() {
            handle_alloc_error(block(capacity));
        }
        young.start = start.cast();
        young.next = young.start.add(used);
        young.end = young.start.add(capacity);
    }
}

/// Number of traced objects made since the last collection that are still alive.
pub fn young_count() -> usize {
    // SAFETY: the interpreter lock is held.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        compact_young(heap)
    }
}

/// Sets how many young objects ask for a collection; with `usize::MAX` none do.
pub fn set_young_threshold(threshold: usize) {
    // SAFETY: the interpreter lock is held.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        heap.threshold = threshold;
        make_room(heap);
    }
}

/// Takes the young objects for a collection: from now on the list names newer ones.
pub(crate) fn take_young() -> Vec<NonNull<Header>> {
    let mut taken = Vec::new();
    // SAFETY: the interpreter lock is held; after compaction the list names live objects.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        compact_young(heap);
        if heap.forgot_young {
            for_each_object(|object| {
                if is_young(object) {
                    taken.push(NonNull::from(object));
                }
            });
        } else {
            let count = heap.young.next.offset_from(heap.young.start) as usize;
            taken.reserve(count + heap.young_large.len());
            let mut cursor = heap.young.start;
            while cursor != heap.young.next {
                taken.push(NonNull::new_unchecked(*cursor));
                cursor = cursor.add(1);
            }
            let large = heap
                .young_large
                .iter()
                .filter(|&&object| is_young(&*object));
            taken.extend(large.map(|&object| NonNull::new_unchecked(object)));
        }
        drop_young(heap);
    }
    taken
}

/// Forgets the young objects: a collection is about to look at all.
pub(crate) fn forget_young() {
    HEAP.with(drop_young);
}

/// Empties the list.
fn clear_young(heap: &mut Heap) {
    // SAFETY: as `compact_young`.
    unsafe {
        let mut cursor = heap.young.start;
        while cursor != heap.young.next {
            (**cursor).unset(flags::LISTED);
            cursor = cursor.add(1);
        }
    }
    heap.young.next = heap.young.start;
}

fn drop_young(heap: &mut Heap) {
    clear_young(heap);
    heap.young_large.clear();
    heap.forgot_young = false;
}
