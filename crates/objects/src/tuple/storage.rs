//! The memory of a tuple: length, cached hash, then the items in the same allocation.
//!
//! Invariant: a `Tuple` payload is only ever made by [`allocate`], which initializes `len` items right behind it.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr;

use taipan_macros::class;

use crate::class::{Tailed, Type};
use crate::heap;
use crate::value::{Ref, Value};

/// The payload of `tuple`: the items follow. Machine code reads the length right behind the header, and the first item 16
/// bytes further on.
#[class(
    name = "tuple",
    doc = "An immutable sequence.\n\nWithout an argument the tuple is empty; otherwise the argument is an iterable whose items it takes.",
    flags(BASETYPE, SEQUENCE, TUPLE, MATCH_SELF),
    tailed(Value)
)]
#[repr(C)]
pub struct Tuple {
    len: usize,
    /// The hash, or [`NO_HASH`].
    pub(super) hash: Cell<i64>,
}

const _: () = assert!(size_of::<Tuple>() == 16);

/// Stands for a hash that was not computed; no hash is -1.
pub(super) const NO_HASH: i64 = -1;

impl Tailed for Tuple {
    type Item = Value;

    #[inline(always)]
    fn tail_len(&self) -> usize {
        self.len
    }
}

/// A tuple of `len` items, which `fill` initializes all.
///
/// # Safety
/// `fill` writes `len` items from the address it gets, and runs no foreign code.
#[inline(always)]
unsafe fn allocate(class: &Ref<Type>, len: usize, fill: impl FnOnce(*mut Value)) -> Ref<Tuple> {
    // SAFETY: `fill` initializes the whole tail by contract.
    unsafe {
        heap::new_tailed(
            class,
            Tuple {
                len,
                hash: Cell::new(NO_HASH),
            },
            fill,
        )
    }
}

/// A new tuple that takes the vector's items.
#[inline]
pub(super) fn from_vec(class: &Ref<Type>, items: Vec<Value>) -> Ref<Tuple> {
    let mut items = ManuallyDrop::new(items);
    let len = items.len();
    // SAFETY: all items move into the tail; afterwards the vector frees its buffer without them.
    unsafe {
        let tuple = allocate(class, len, |tail| {
            ptr::copy_nonoverlapping(items.as_ptr(), tail, len)
        });
        items.set_len(0);
        ManuallyDrop::drop(&mut items);
        tuple
    }
}

/// As [`allocate`], for `tuple` itself.
///
/// # Safety
/// As [`allocate`].
#[inline(always)]
unsafe fn allocate_exact(len: usize, fill: impl FnOnce(*mut Value)) -> Ref<Tuple> {
    let payload = Tuple {
        len,
        hash: Cell::new(NO_HASH),
    };
    // SAFETY: `fill` initializes the whole tail by contract.
    unsafe { heap::new_exact_tailed(payload, true, fill) }
}

/// A new tuple that takes the items of a slice, whose owner forgets them.
///
/// # Safety
/// The items are not used, nor released, through the slice afterwards.
#[inline]
pub(super) unsafe fn from_moved(items: &[Value]) -> Ref<Tuple> {
    // SAFETY: all items move into the tail.
    unsafe {
        allocate_exact(items.len(), |tail| {
            move_items(items.as_ptr(), tail, items.len())
        })
    }
}

/// Copies items whose number is small most often, and then does not call for it.
///
/// # Safety
/// As [`ptr::copy_nonoverlapping`].
#[inline(always)]
unsafe fn move_items(from: *const Value, to: *mut Value, count: usize) {
    // SAFETY: by contract; each arm copies `count` items.
    unsafe {
        match count {
            1 => ptr::copy_nonoverlapping(from, to, 1),
            2 => ptr::copy_nonoverlapping(from, to, 2),
            3 => ptr::copy_nonoverlapping(from, to, 3),
            4 => ptr::copy_nonoverlapping(from, to, 4),
            _ => ptr::copy_nonoverlapping(from, to, count),
        }
    }
}

/// A new tuple that takes the array's items.
#[inline(always)]
pub(super) fn from_array<const N: usize>(items: [Value; N]) -> Ref<Tuple> {
    // SAFETY: all items move into the tail.
    unsafe { allocate_exact(N, |tail| tail.cast::<[Value; N]>().write(items)) }
}

/// A new tuple with copies of the items.
#[inline]
pub(super) fn from_slice(items: &[Value]) -> Ref<Tuple> {
    // SAFETY: every item is cloned into its place; cloning counts a reference and nothing more.
    unsafe {
        allocate_exact(items.len(), |tail| {
            for (index, item) in items.iter().enumerate() {
                tail.add(index).write(item.clone());
            }
        })
    }
}
