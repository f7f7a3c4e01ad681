//! The memory of a list: a growing block of values behind a cell.
//!
//! Pointer, length and capacity lie in this order, so that machine code can index. The block grows as CPython's does.
//! Invariants: the first `len` places of the block are initialized; the pointer is dangling while the capacity is 0. No
//! method drops a value while the block is between two states, and no reference into the block leaves a safe method:
//! values come out cloned or owned.
#![allow(unsafe_code)]

use std::alloc::{Layout as Block, alloc, dealloc, realloc};
use std::cell::Cell;
use std::mem::{self, ManuallyDrop};
use std::ptr::{self, NonNull};

use crate::class::{Trace, Visitor};
use crate::raised::PyResult;
use crate::value::Value;

/// A growing sequence of values, changed through shared references.
#[repr(C)]
pub struct ItemCell {
    pointer: Cell<NonNull<Value>>,
    len: Cell<usize>,
    capacity: Cell<usize>,
}

const _: () =
    assert!(mem::offset_of!(ItemCell, len) == 8 && mem::offset_of!(ItemCell, capacity) == 16);

/// Most items that fit the address space.
pub const MAX_ITEMS: usize = isize::MAX as usize / size_of::<Value>();

/// The capacity that a list of `len` items gets when it must grow to `wanted`.
fn grown(len: usize, wanted: usize) -> usize {
    let roomy = (wanted + (wanted >> 3) + 6) & !3;
    if wanted - len > roomy - wanted {
        (wanted + 3) & !3
    } else {
        roomy
    }
}

impl ItemCell {
    /// No items, no block.
    pub const fn new() -> ItemCell {
        ItemCell {
            pointer: Cell::new(NonNull::dangling()),
            len: Cell::new(0),
            capacity: Cell::new(0),
        }
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there are no items.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len.get() == 0
    }

    /// The number of items the block has room for.
    pub fn capacity(&self) -> usize {
        self.capacity.get()
    }

    #[inline(always)]
    fn place(&self, index: usize) -> *mut Value {
        // SAFETY: callers keep `index` at most at the capacity, so the address is in or one past the block.
        unsafe { self.pointer.get().as_ptr().add(index) }
    }

    /// The items, without counting references.
    ///
    /// # Safety
    /// Nothing changes the cell while the slice is in use: no foreign code, no release of a value.
    #[inline(always)]
    pub unsafe fn peek(&self) -> &[Value] {
        // SAFETY: the first `len` places are initialized; the caller keeps them so.
        unsafe { std::slice::from_raw_parts(self.pointer.get().as_ptr(), self.len.get()) }
    }

    /// The item at `index`.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        // SAFETY: cloned at once.
        unsafe { self.peek() }.get(index).cloned()
    }

    /// Whether the item at `index` is the same object as `value`.
    #[inline(always)]
    pub fn is_at(&self, index: usize, value: &Value) -> bool {
        // SAFETY: a look at one word.
        unsafe { self.peek() }
            .get(index)
            .is_some_and(|item| item.is(value))
    }

    /// Puts an item in place of another and answers that one; `Err` gives `value` back where there is none.
    #[inline(always)]
    pub fn replace(&self, index: usize, value: Value) -> Result<Value, Value> {
        if index >= self.len.get() {
            return Err(value);
        }
        // SAFETY: the place is initialized; nothing is dropped.
        Ok(unsafe { mem::replace(&mut *self.place(index), value) })
    }

    /// Makes room for `wanted` items in all.
    #[inline(always)]
    pub fn reserve_total(&self, wanted: usize) -> PyResult<()> {
        if wanted > self.capacity.get() {
            if wanted > MAX_ITEMS - MAX_ITEMS / 8 - 8 {
                return Err(exc!(MemoryError, ""));
            }
            self.reallocate(grown(self.len.get(), wanted))?;
        }
        Ok(())
    }

    /// Makes room for exactly `wanted` items in all, if there is not enough yet.
    pub fn reserve_exact(&self, wanted: usize) -> PyResult<()> {
        if wanted <= self.capacity.get() {
            return Ok(());
        }
        if wanted > MAX_ITEMS {
            return Err(exc!(MemoryError, ""));
        }
        self.reallocate(wanted)
    }

    #[inline(never)]
    fn reallocate(&self, capacity: usize) -> PyResult<()> {
        debug_assert!(capacity >= self.len.get());
        let old = Block::array::<Value>(self.capacity.get()).expect("the block exists");
        let new = Block::array::<Value>(capacity).expect("the capacity was checked");
        // SAFETY: the old block was allocated with the old capacity; sizes of new blocks are not zero.
        let start = unsafe {
            match (self.capacity.get(), capacity) {
                (_, 0) => {
                    if self.capacity.get() > 0 {
                        dealloc(self.pointer.get().as_ptr().cast(), old);
                    }
                    NonNull::<Value>::dangling().as_ptr().cast()
                }
                (0, _) => alloc(new),
                _ => realloc(self.pointer.get().as_ptr().cast(), old, new.size()),
            }
        };
        let Some(start) = NonNull::new(start.cast::<Value>()) else {
            return Err(exc!(MemoryError, ""));
        };
        self.pointer.set(start);
        self.capacity.set(capacity);
        Ok(())
    }

    /// Gives memory back when less than half of the block is in use. The last few places stay, so that a list that is filled
    /// and emptied in turn keeps its block.
    #[inline(always)]
    fn shrink(&self) {
        let len = self.len.get();
        if len < self.capacity.get() >> 1 {
            // A block that could not shrink is still a good block.
            let capacity = grown(len, len.max(1));
            if capacity < self.capacity.get() {
                let _ = self.reallocate(capacity);
            }
        }
    }

    /// Adds an item at the end.
    #[inline(always)]
    pub fn push(&self, value: Value) -> PyResult<()> {
        let len = self.len.get();
        if len == self.capacity.get() {
            self.reserve_total(len + 1)?;
        }
        // SAFETY: there is room for one more.
        unsafe { self.place(len).write(value) };
        self.len.set(len + 1);
        Ok(())
    }

    /// As [`ItemCell::push`] where there is room already; else gives the value back.
    #[inline(always)]
    pub fn push_within(&self, value: Value) -> Result<(), Value> {
        let len = self.len.get();
        if len == self.capacity.get() {
            return Err(value);
        }
        // SAFETY: there is room for one more.
        unsafe { self.place(len).write(value) };
        self.len.set(len + 1);
        Ok(())
    }

    /// Takes the last item.
    #[inline(always)]
    pub fn pop(&self) -> Option<Value> {
        let len = self.len.get().checked_sub(1)?;
        self.len.set(len);
        // SAFETY: the place was initialized and is now outside the length.
        let value = unsafe { self.place(len).read() };
        self.shrink();
        Some(value)
    }

    /// Puts an item before `index`, which is at most the length.
    pub fn insert(&self, index: usize, value: Value) -> PyResult<()> {
        let len = self.len.get();
        debug_assert!(index <= len);
        self.reserve_total(len + 1)?;
        // SAFETY: there is room; the items behind move up by one and their old first place is overwritten.
        unsafe {
            ptr::copy(self.place(index), self.place(index + 1), len - index);
            self.place(index).write(value);
        }
        self.len.set(len + 1);
        Ok(())
    }

    /// Takes the item at `index`.
    pub fn remove(&self, index: usize) -> Option<Value> {
        let len = self.len.get();
        if index >= len {
            return None;
        }
        // SAFETY: the item moves out and those behind it close the gap.
        let value = unsafe {
            let value = self.place(index).read();
            ptr::copy(self.place(index + 1), self.place(index), len - index - 1);
            value
        };
        self.len.set(len - 1);
        self.shrink();
        Some(value)
    }

    /// Puts `new` in place of the items `start..stop`, and answers those. `start <= stop <= len`.
    pub fn splice(&self, start: usize, stop: usize, new: Vec<Value>) -> PyResult<Vec<Value>> {
        let len = self.len.get();
        debug_assert!(start <= stop && stop <= len);
        let removed = stop - start;
        let Some(new_len) = (len - removed).checked_add(new.len()) else {
            return Err(exc!(MemoryError, ""));
        };
        self.reserve_total(new_len)?;
        let mut old = Vec::with_capacity(removed);
        let mut new = ManuallyDrop::new(new);
        // SAFETY: the removed items move into `old`, the tail moves to its new place, the new items move out of `new`, whose
        // buffer is then freed without dropping them.
        unsafe {
            ptr::copy_nonoverlapping(self.place(start), old.as_mut_ptr(), removed);
            old.set_len(removed);
            ptr::copy(self.place(stop), self.place(start + new.len()), len - stop);
            ptr::copy_nonoverlapping(new.as_ptr(), self.place(start), new.len());
            self.len.set(new_len);
            new.set_len(0);
            ManuallyDrop::drop(&mut new);
        }
        self.shrink();
        Ok(old)
    }

    /// Adds items at the end.
    pub fn extend(&self, items: &[Value]) -> PyResult<()> {
        let len = self.len.get();
        let Some(wanted) = len.checked_add(items.len()) else {
            return Err(exc!(MemoryError, ""));
        };
        self.reserve_total(wanted)?;
        for (offset, item) in items.iter().enumerate() {
            // SAFETY: there is room for all; cloning runs no foreign code.
            unsafe { self.place(len + offset).write(item.clone()) };
        }
        self.len.set(wanted);
        Ok(())
    }

    /// Adds copies of the cell's own items, so that they are there `times` times.
    pub fn repeat(&self, times: usize) -> PyResult<()> {
        let len = self.len.get();
        let Some(wanted) = len.checked_mul(times).filter(|&wanted| wanted <= MAX_ITEMS) else {
            return Err(exc!(MemoryError, ""));
        };
        self.reserve_exact(wanted)?;
        for index in len..wanted {
            // SAFETY: there is room; the source lies before the place that is written.
            unsafe { self.place(index).write((*self.place(index - len)).clone()) };
        }
        self.len.set(wanted);
        Ok(())
    }

    /// Turns the order round.
    pub fn reverse(&self, start: usize, stop: usize) {
        debug_assert!(start <= stop && stop <= self.len.get());
        // SAFETY: the range is initialized; swapping words drops nothing.
        unsafe { std::slice::from_raw_parts_mut(self.place(start), stop - start).reverse() }
    }

    /// Copies of all items.
    pub fn to_vec(&self) -> Vec<Value> {
        // SAFETY: cloning runs no foreign code.
        unsafe { self.peek() }.to_vec()
    }

    /// Copies of the items `start..stop`, as far as they exist.
    pub fn range(&self, start: usize, stop: usize) -> Vec<Value> {
        let stop = stop.min(self.len.get());
        // SAFETY: cloning runs no foreign code.
        let items = unsafe { self.peek() };
        if start >= stop {
            Vec::new()
        } else {
            items[start..stop].to_vec()
        }
    }

    /// Takes all items and leaves the cell without a block.
    pub fn take(&self) -> Vec<Value> {
        self.exchange(Vec::new())
    }

    /// Takes all items and puts others in; the vector's memory becomes the block.
    pub fn exchange(&self, items: Vec<Value>) -> Vec<Value> {
        let mut items = ManuallyDrop::new(items);
        let pointer = NonNull::new(items.as_mut_ptr()).expect("a vector's pointer is not null");
        let (pointer, len, capacity) = (
            self.pointer.replace(pointer),
            self.len.replace(items.len()),
            self.capacity.replace(items.capacity()),
        );
        // SAFETY: the block came from the global allocator with this capacity, as a vector's does, and its first `len`
        // places are initialized; it has left the cell.
        unsafe { Vec::from_raw_parts(pointer.as_ptr(), len, capacity) }
    }
}

impl Default for ItemCell {
    fn default() -> ItemCell {
        ItemCell::new()
    }
}

impl From<Vec<Value>> for ItemCell {
    fn from(items: Vec<Value>) -> ItemCell {
        let cell = ItemCell::new();
        drop(cell.exchange(items));
        cell
    }
}

impl Drop for ItemCell {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl Trace for ItemCell {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: the collector's visitor changes nothing.
        unsafe { self.peek() }
            .iter()
            .for_each(|value| visitor.visit(value));
    }

    fn clear(&self) {
        drop(self.take());
    }
}
