//! The memory of a dict: an index table and entries in insertion order, in one block.
//!
//! ```text
//! [index 0]…[index n-1][entry 0]…[entry usable-1]
//!                      ^ entries
//! ```
//! The index table has a power of two places of 1, 2 or 4 bytes, found by open addressing; a place holds the number of an
//! entry, or says that it is empty or was deleted. While all keys are exact `str`, entries are (key, value), because a
//! string knows its hash; otherwise they are (key, value, hash). A removed entry has no key and no value, but for entry 0:
//! once removed, its value is the number of the first entry that may have a key, so that queues stay quick.
//!
//! Invariants: `entries` is null exactly while `log2_size` is 0; the first `filled` entries are initialized; every entry
//! with a key is named by exactly one place; at least a third of the places are empty, so that every probe ends. No
//! reference into the block is held while foreign code runs: keys are cloned before they are compared, and afterwards the
//! probe checks that the block and the entry are still the same.
#![allow(unsafe_code)]

mod layout;
mod probe;

use std::alloc::{alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::mem;
use std::ptr;

use crate::class::{Trace, Visitor};
use crate::str::Str;
use crate::value::{Ref, Value};

pub use layout::Kind;
use layout::{
    HASHED, PAIR, Pair, Place, block, by_width, capacity, index_bytes, log2_for_places, stride,
};

/// The changing part of a dict. Machine code reads `entries` (offset 0) of tables whose keys are all strings: entry `i`
/// has its value at `entries + 16 * i + 8`.
#[repr(C)]
pub struct Table {
    entries: Cell<*mut u8>,
    /// Number of keys.
    used: Cell<u32>,
    /// Number of entries written, removed ones included.
    filled: Cell<u32>,
    /// How many entries can be written before the table is rebuilt.
    usable: Cell<u32>,
    log2_size: Cell<u8>,
    kind: Cell<Kind>,
}

const _: () = assert!(size_of::<Table>() == 24 && mem::offset_of!(Table, entries) == 0);

/// Whether `value` is a string and not of a subclass.
#[inline(always)]
pub(crate) fn exact_str(value: &Value) -> Option<&Ref<Str>> {
    value.downcast_exact::<Str>()
}

impl Table {
    /// A table without a block.
    pub const fn empty() -> Table {
        Table {
            entries: Cell::new(ptr::null_mut()),
            used: Cell::new(0),
            filled: Cell::new(0),
            usable: Cell::new(0),
            log2_size: Cell::new(0),
            kind: Cell::new(Kind::Strings),
        }
    }

    /// A table that takes `count` keys before it grows.
    pub fn with_capacity(count: usize, kind: Kind) -> Table {
        let table = Table::empty();
        table.kind.set(kind);
        if count > 0 {
            table.allocate(log2_for_places((count * 3).div_ceil(2)), kind);
        }
        table
    }

    /// Number of keys.
    #[inline(always)]
    #[allow(
        clippy::len_without_is_empty,
        reason = "dicts ask for the number alone"
    )]
    pub fn len(&self) -> usize {
        self.used.get() as usize
    }

    /// Number of entries, removed ones included: the bound of a cursor.
    #[inline(always)]
    pub fn filled(&self) -> usize {
        self.filled.get() as usize
    }

    /// Whether all keys are exact strings.
    #[inline(always)]
    pub fn is_strings(&self) -> bool {
        self.kind.get() == Kind::Strings
    }

    /// Bytes of the block.
    pub fn memory(&self) -> usize {
        if self.log2_size.get() == 0 {
            0
        } else {
            block(self.log2_size.get(), self.kind.get()).size()
        }
    }

    /// Gives the table a block of the given size with nothing in it. The old block must be gone.
    fn allocate(&self, log2_size: u8, kind: Kind) {
        assert!(log2_size <= 31, "a dict has fewer than 2**31 places");
        let block = block(log2_size, kind);
        // SAFETY: the block has a size; the index table is at its start and entries begin right behind it.
        unsafe {
            let start = alloc(block);
            if start.is_null() {
                handle_alloc_error(block);
            }
            // All bytes set is the empty place in every width.
            start.write_bytes(0xff, index_bytes(log2_size));
            self.entries.set(start.add(index_bytes(log2_size)));
        }
        self.log2_size.set(log2_size);
        self.kind.set(kind);
        self.used.set(0);
        self.filled.set(0);
        self.usable.set(capacity(log2_size) as u32);
    }

    /// Frees the block without releasing what it holds.
    fn free(entries: *mut u8, log2_size: u8, kind: Kind) {
        if log2_size > 0 {
            // SAFETY: the block was allocated with this size and kind, `index_bytes` before `entries`.
            unsafe { dealloc(entries.sub(index_bytes(log2_size)), block(log2_size, kind)) }
        }
    }

    #[inline(always)]
    fn pair(&self, index: usize) -> *mut Pair {
        debug_assert!(index < capacity(self.log2_size.get()));
        let stride = if self.is_strings() { PAIR } else { HASHED };
        // SAFETY: `index` is below the capacity, so the entry lies in the block.
        unsafe { self.entries.get().add(index * stride).cast() }
    }

    /// The hash of an entry that has a key.
    #[inline(always)]
    fn hash_at(&self, index: usize) -> i64 {
        // SAFETY: entries below `filled` are initialized; string tables hold nothing but exact strings.
        unsafe {
            let pair = self.pair(index);
            if self.is_strings() {
                match &(*pair).key {
                    Some(key) => key.downcast_unchecked::<Str>().hash_value(),
                    None => 0,
                }
            } else {
                pair.add(1).cast::<i64>().read()
            }
        }
    }

    #[inline(always)]
    fn places<P: Place>(&self) -> *mut P {
        // SAFETY: the index table ends where the entries begin; an empty table has none and nobody reads it.
        unsafe {
            self.entries
                .get()
                .sub(index_bytes(self.log2_size.get()))
                .cast()
        }
    }

    /// The key of an entry without counting a reference.
    ///
    /// # Safety
    /// Nothing changes the table while the reference is in use.
    #[inline(always)]
    pub unsafe fn peek_key(&self, index: usize) -> Option<&Value> {
        if index >= self.filled() {
            return None;
        }
        // SAFETY: the entry is initialized; the caller keeps the table unchanged.
        unsafe { (*self.pair(index)).key.as_ref() }
    }

    /// The value of an entry without counting a reference.
    ///
    /// # Safety
    /// As [`Table::peek_key`].
    #[inline(always)]
    pub unsafe fn peek_value(&self, index: usize) -> Option<&Value> {
        if index >= self.filled() {
            return None;
        }
        // SAFETY: as `peek_key`.
        unsafe {
            let pair = &*self.pair(index);
            // A removed entry 0 holds a number instead of a value.
            if index == 0 && pair.key.is_none() {
                None
            } else {
                pair.value.as_ref()
            }
        }
    }

    /// The value of an entry that has a key, in a table of strings.
    ///
    /// # Safety
    /// It is so; and as [`Table::peek_key`].
    #[inline(always)]
    pub unsafe fn known_value(&self, index: usize) -> &Value {
        // SAFETY: by contract the entry is initialized and has a value.
        unsafe {
            let pair = &*self.entries.get().cast::<Pair>().add(index);
            pair.value.as_ref().unwrap_unchecked()
        }
    }

    /// The value of an entry; `None` past the end or where an entry was removed.
    #[inline(always)]
    pub fn value(&self, index: usize) -> Option<Value> {
        // SAFETY: cloned at once.
        unsafe { self.peek_value(index).cloned() }
    }

    /// The key of an entry; `None` past the end or where an entry was removed.
    #[inline(always)]
    pub fn key(&self, index: usize) -> Option<Value> {
        // SAFETY: cloned at once.
        unsafe { self.peek_key(index).cloned() }
    }

    /// The key, value and hash of an entry.
    #[inline(always)]
    pub fn entry(&self, index: usize) -> Option<(Value, Value, i64)> {
        Some((self.key(index)?, self.value(index)?, self.hash_at(index)))
    }

    /// The first entry at or after `cursor`.
    #[inline(always)]
    pub fn next_entry(&self, mut cursor: usize) -> Option<usize> {
        if cursor == 0 {
            cursor = self.first_candidate();
        }
        while cursor < self.filled() {
            // SAFETY: a look at one word.
            if unsafe { (*self.pair(cursor)).key.is_some() } {
                return Some(cursor);
            }
            cursor += 1;
        }
        None
    }

    /// The first entry that may have a key.
    #[inline(always)]
    fn first_candidate(&self) -> usize {
        if self.filled.get() == 0 {
            return 0;
        }
        // SAFETY: entry 0 is initialized; a look at its words.
        unsafe {
            match &*self.pair(0) {
                Pair {
                    key: None,
                    value: Some(hint),
                } => hint.as_small_int().map_or(0, |hint| hint as usize),
                _ => 0,
            }
        }
    }

    /// Notes in entry 0, if it is removed, up to where all entries are removed. `removed` was just removed.
    #[inline(always)]
    fn note_removed(&self, removed: usize) {
        if removed == 0 || removed == self.first_candidate() {
            self.advance_first(removed);
        }
    }

    fn advance_first(&self, removed: usize) {
        let mut first = removed + 1;
        // SAFETY: entries below `filled` are initialized; entry 0 has no key, and an int takes the place of its value.
        unsafe {
            while first < self.filled() && (*self.pair(first)).key.is_none() {
                first += 1;
            }
            let zero = &mut *self.pair(0);
            debug_assert!(zero.key.is_none());
            zero.value = Value::from_small_int(first as i64);
        }
    }

    /// The last entry before `cursor`.
    #[inline(always)]
    pub fn previous_entry(&self, cursor: usize) -> Option<usize> {
        let mut cursor = cursor.min(self.filled());
        while cursor > 0 {
            cursor -= 1;
            // SAFETY: a look at one word.
            if unsafe { (*self.pair(cursor)).key.is_some() } {
                return Some(cursor);
            }
        }
        None
    }

    /// Puts a value into a live entry and gives back the old one.
    #[inline(always)]
    pub fn replace_value(&self, index: usize, value: Value) -> Option<Value> {
        debug_assert!(index < self.filled());
        // SAFETY: an exchange of one word; nothing is dropped here.
        unsafe { (*self.pair(index)).value.replace(value) }
    }

    /// Adds an entry for a key that is not in the table; answers its number. `hash` is the key's.
    #[inline]
    pub fn insert_new(&self, key: Value, hash: i64, value: Value) -> usize {
        let kind = if self.is_strings() && exact_str(&key).is_some() {
            Kind::Strings
        } else {
            Kind::General
        };
        if self.usable.get() == 0 || kind != self.kind.get() {
            self.make_room(kind);
        }
        let index = self.filled();
        // SAFETY: there is room, so the entry lies in the block and is not initialized.
        unsafe {
            let pair = self.pair(index);
            pair.write(Pair {
                key: Some(key),
                value: Some(value),
            });
            if kind == Kind::General {
                pair.add(1).cast::<i64>().write(hash);
            }
        }
        by_width!(self, link(hash, index));
        self.filled.set(self.filled.get() + 1);
        self.used.set(self.used.get() + 1);
        self.usable.set(self.usable.get() - 1);
        index
    }

    /// Room for one more entry of a key of the given kind.
    #[cold]
    #[inline(never)]
    fn make_room(&self, kind: Kind) {
        let log2_size = if self.usable.get() == 0 {
            log2_for_places(self.len() * 3)
        } else {
            self.log2_size.get()
        };
        self.rebuild(log2_size, kind);
    }

    /// Room for `more` keys beyond those there are.
    pub fn reserve(&self, more: usize, kind: Kind) {
        let kind = if self.kind.get() == Kind::General {
            Kind::General
        } else {
            kind
        };
        if more > self.usable.get() as usize {
            self.rebuild(log2_for_places(((self.len() + more) * 3).div_ceil(2)), kind);
        }
    }

    /// Moves the entries into a new block, without the removed ones. Runs no foreign code.
    fn rebuild(&self, log2_size: u8, kind: Kind) {
        let old = Table {
            entries: self.entries.clone(),
            used: self.used.clone(),
            filled: self.filled.clone(),
            usable: self.usable.clone(),
            log2_size: self.log2_size.clone(),
            kind: self.kind.clone(),
        };
        self.allocate(log2_size, kind);
        let mut index = 0;
        for from in 0..old.filled() {
            // SAFETY: every entry with a key is moved once into the new block, which has room for all of them; the old
            // block is freed without dropping them.
            unsafe {
                if (*old.pair(from)).key.is_none() {
                    continue;
                }
                let hash = old.hash_at(from);
                let pair = self.pair(index);
                ptr::copy_nonoverlapping(old.pair(from), pair, 1);
                if kind == Kind::General {
                    pair.add(1).cast::<i64>().write(hash);
                }
                by_width!(self, link(hash, index));
            }
            index += 1;
        }
        self.used.set(index as u32);
        self.filled.set(index as u32);
        self.usable.set(self.usable.get() - index as u32);
        Table::free(old.entries.get(), old.log2_size.get(), old.kind.get());
        mem::forget(old);
    }

    /// Removes an entry that has a key; answers key and value.
    pub fn remove(&self, index: usize) -> (Value, Value) {
        let hash = self.hash_at(index);
        by_width!(self, unlink(hash, index));
        self.used.set(self.used.get() - 1);
        // SAFETY: the entry is initialized; its words are exchanged, nothing is dropped.
        unsafe {
            let pair = self.pair(index);
            let key = (*pair)
                .key
                .take()
                .expect("only entries with a key are removed");
            let value = (*pair)
                .value
                .take()
                .expect("an entry with a key has a value");
            self.note_removed(index);
            (key, value)
        }
    }

    /// Removes the last entry; its place in the entries is used again.
    pub fn remove_last(&self) -> Option<(Value, Value)> {
        let index = self.previous_entry(self.filled())?;
        let pair = self.remove(index);
        self.filled.set(index as u32);
        if index > 0 && self.first_candidate() > index {
            self.advance_first(index - 1);
        }
        Some(pair)
    }

    /// Takes the block out, leaving the table empty. What it held is released when the answer is dropped.
    pub fn take(&self) -> Table {
        Table {
            entries: Cell::new(self.entries.replace(ptr::null_mut())),
            used: Cell::new(self.used.replace(0)),
            filled: Cell::new(self.filled.replace(0)),
            usable: Cell::new(self.usable.replace(0)),
            log2_size: Cell::new(self.log2_size.replace(0)),
            kind: Cell::new(self.kind.replace(Kind::Strings)),
        }
    }

    /// Exchanges two tables.
    pub fn swap(&self, other: &Table) {
        self.entries.swap(&other.entries);
        self.used.swap(&other.used);
        self.filled.swap(&other.filled);
        self.usable.swap(&other.usable);
        self.log2_size.swap(&other.log2_size);
        self.kind.swap(&other.kind);
    }

    /// A second table with the same entries in the same order.
    pub fn duplicate(&self) -> Table {
        let copy = Table::empty();
        if self.used.get() == 0 {
            return copy;
        }
        let (log2_size, kind) = (self.log2_size.get(), self.kind.get());
        if self.filled() > 8 && self.len() * 3 < self.filled() * 2 {
            // Many removed entries: a compact copy is smaller.
            copy.allocate(log2_for_places((self.len() * 3).div_ceil(2)), kind);
            let mut cursor = 0;
            while let Some(index) = self.next_entry(cursor) {
                let (key, value, hash) = self.entry(index).expect("the cursor stands at an entry");
                copy.insert_new(key, hash, value);
                cursor = index + 1;
            }
            return copy;
        }
        copy.allocate(log2_size, kind);
        let bytes = index_bytes(log2_size);
        // SAFETY: both blocks have the same size; index table and initialized entries are copied, and each copied value
        // counts its new reference.
        unsafe {
            let from = self.entries.get().sub(bytes);
            ptr::copy_nonoverlapping(
                from,
                copy.entries.get().sub(bytes),
                bytes + self.filled() * stride(kind),
            );
            for index in 0..self.filled() {
                let pair = &*self.pair(index);
                mem::forget(pair.key.clone());
                mem::forget(pair.value.clone());
            }
        }
        copy.used.set(self.used.get());
        copy.filled.set(self.filled.get());
        copy.usable.set(self.usable.get());
        copy
    }
}

impl Trace for Table {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // Strings are never part of a cycle: the values are all that matters.
        let has_string_keys = self.is_strings();
        for index in 0..self.filled() {
            // SAFETY: the entry is initialized, and the collector's visitor changes nothing.
            let pair = unsafe { &*self.pair(index) };
            if let Some(key) = &pair.key {
                if !has_string_keys {
                    visitor.visit(key);
                }
                if let Some(value) = &pair.value {
                    visitor.visit(value);
                }
            }
        }
    }

    fn clear(&self) {
        drop(self.take());
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        for index in 0..self.filled() {
            // SAFETY: initialized entries are dropped once; the table is unreachable by now.
            unsafe { ptr::drop_in_place(self.pair(index)) }
        }
        Table::free(self.entries.get(), self.log2_size.get(), self.kind.get());
    }
}
