//! Which weak references point to an object: a table from the object's address to the head of their list.
//!
//! The references of one object form a doubly linked list through their payloads: the plain reference first, then the plain
//! proxy, then the others, newest first. A reference that dies takes itself out; an object that dies takes its whole entry
//! out. Invariant: an object has an entry exactly while its header has `WEAKLY_REFERENCED`, and every reference in the
//! list of an object is alive (its payload not dropped) and points to that object.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr::NonNull;

use super::WeakRef;
use crate::cell::Locked;
use crate::header::flags;
use crate::value::{Object, Ref, Value};

/// Addresses are their own hash, spread over the high bits.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.wrapping_mul(31).wrapping_add(u64::from(byte));
        }
    }

    fn write_u64(&mut self, address: u64) {
        self.0 = (address >> 4)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(26);
    }
}

type Table = HashMap<u64, NonNull<WeakRef>, BuildHasherDefault<AddressHasher>>;

static TABLE: Locked<Table> = Locked::new(Table::with_hasher(BuildHasherDefault::new()));

/// The head of an object's list.
pub(super) fn head(target: u64) -> Option<NonNull<WeakRef>> {
    TABLE.with(|table| table.get(&target).copied())
}

/// Puts a reference into its target's list: at the head, or right behind `after`.
///
/// The reference points to a live object and is in no list.
pub(super) fn insert(target: &Value, reference: NonNull<WeakRef>, after: Option<NonNull<WeakRef>>) {
    // SAFETY: list members are alive by the invariant of the table; `reference` is by contract.
    unsafe {
        match after {
            Some(after) => {
                let next = after.as_ref().next.replace(Some(reference));
                reference.as_ref().previous.set(Some(after));
                reference.as_ref().next.set(next);
                if let Some(next) = next {
                    next.as_ref().previous.set(Some(reference));
                }
            }
            None => {
                let old = TABLE.with(|table| table.insert(target.bits(), reference));
                reference.as_ref().previous.set(None);
                reference.as_ref().next.set(old);
                if let Some(old) = old {
                    old.as_ref().previous.set(Some(reference));
                }
            }
        }
    }
    if let Some(header) = target.header() {
        header.set(flags::WEAKLY_REFERENCED);
    }
}

/// Takes a reference out of its target's list and marks it dead.
pub(super) fn remove(reference: &WeakRef) {
    let target = reference.target.replace(0);
    if target == 0 {
        return;
    }
    let (previous, next) = (reference.previous.take(), reference.next.take());
    // SAFETY: list members are alive by the invariant; the target lives, because a dying object empties its list first.
    unsafe {
        if let Some(next) = next {
            next.as_ref().previous.set(previous);
        }
        match (previous, next) {
            (Some(previous), _) => previous.as_ref().next.set(next),
            (None, Some(next)) => TABLE.with(|table| {
                table.insert(target, next);
            }),
            (None, None) => {
                TABLE.with(|table| table.remove(&target));
                if let Some(header) = Value::borrow_bits(&target).header() {
                    header.unset(flags::WEAKLY_REFERENCED);
                }
            }
        }
    }
}

/// The references in an object's list, in order. Those that are being deallocated are left out.
pub(super) fn references(target: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = head(target.bits());
    while let Some(reference) = cursor {
        // SAFETY: list members are alive by the invariant.
        unsafe {
            found.extend(owner(reference));
            cursor = reference.as_ref().next.get();
        }
    }
    found
}

/// A new owned reference to the weak reference object with this payload, unless it is being deallocated.
///
/// # Safety
/// The payload is alive.
pub(super) unsafe fn owner(payload: NonNull<WeakRef>) -> Option<Value> {
    // SAFETY: a `WeakRef` is only ever the payload of an object, which starts a header's size before it.
    unsafe {
        let object = payload
            .cast::<u8>()
            .sub(std::mem::offset_of!(Object<WeakRef>, payload))
            .cast::<Object<WeakRef>>();
        if object.as_ref().header.refcount() == 0 {
            return None;
        }
        let borrowed = std::mem::ManuallyDrop::new(Ref::from_owned(object));
        Some(Ref::clone(&borrowed).into_value())
    }
}
