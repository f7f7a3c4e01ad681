//! The memory of a set: one table of (key, hash) entries, probed linearly a little and then by jumps.
//!
//! The probe, the growth and the order in which sets are merged are CPython's, so a set of the same keys with the same
//! hashes is gone over in the same order. Keys sit where their hash leads, there is no second table; a removed key leaves a
//! mark. Invariants: `entries` is null exactly while `mask` is 0; at least two fifths of the entries are unused, so every
//! probe ends. No reference into the table is held while foreign code runs: keys are cloned before they are compared.
#![allow(unsafe_code)]

mod algebra;

use std::alloc::{Layout as Block, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::mem;
use std::ptr;

use crate::class::{Trace, Visitor};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::Value;

/// Entries of the smallest table.
const MIN_SIZE: usize = 8;
/// How many neighbours are looked at before the probe jumps.
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
/// The hash in the place of a removed key; no key has it.
const REMOVED: i64 = -1;

/// A place in the table: a key; nothing, with hash 0; or nothing, with the mark of a removed key.
#[repr(C)]
struct Entry {
    key: Option<Value>,
    hash: i64,
}

const _: () = assert!(size_of::<Entry>() == 16);

/// The changing part of a set.
#[repr(C)]
pub struct Table {
    entries: Cell<*mut Entry>,
    /// Number of places less one; 0 without a block.
    mask: Cell<usize>,
    /// Number of keys.
    used: Cell<usize>,
    /// Number of keys and marks.
    fill: Cell<usize>,
    /// Where `pop` looks next.
    finger: Cell<usize>,
}

/// What a search found.
enum Found {
    /// The key is in this place.
    Key(usize),
    /// The key is not there; this place is unused and ends its probe.
    Unused(usize),
}

/// The outcome of one comparison.
enum Same {
    Yes,
    No,
    /// The comparison changed the table.
    Changed,
}

fn block(mask: usize) -> Block {
    Block::array::<Entry>(mask + 1).expect("a set fits the address space")
}

/// The last of the neighbours that are looked at from place `index` on.
#[inline(always)]
fn last_of_row(index: usize, mask: usize) -> usize {
    if index + LINEAR_PROBES <= mask {
        index + LINEAR_PROBES
    } else {
        index
    }
}

/// Where the probe jumps after the neighbours of place `index`.
#[inline(always)]
fn next_row(index: usize, perturb: &mut u64, mask: usize) -> usize {
    *perturb >>= PERTURB_SHIFT;
    index
        .wrapping_mul(5)
        .wrapping_add(1)
        .wrapping_add(*perturb as usize)
        & mask
}

impl Table {
    /// A table without a block.
    pub const fn empty() -> Table {
        Table {
            entries: Cell::new(ptr::null_mut()),
            mask: Cell::new(0),
            used: Cell::new(0),
            fill: Cell::new(0),
            finger: Cell::new(0),
        }
    }

    /// Number of keys.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.get()
    }

    /// Number of places less one, as CPython counts it: a new set has eight.
    pub fn mask(&self) -> usize {
        self.mask.get().max(MIN_SIZE - 1)
    }

    /// Bytes of the block.
    pub fn memory(&self) -> usize {
        if self.mask.get() == 0 {
            0
        } else {
            block(self.mask.get()).size()
        }
    }

    #[inline(always)]
    fn entry(&self, index: usize) -> *mut Entry {
        debug_assert!(index <= self.mask.get() && self.mask.get() > 0);
        // SAFETY: `index` is at most the mask, so the entry lies in the block.
        unsafe { self.entries.get().add(index) }
    }

    /// Gives the table a block with nothing in it. The old block must be gone.
    fn allocate(&self, mask: usize) {
        let block = block(mask);
        // SAFETY: the block has a size; zeros are an unused entry.
        unsafe {
            let entries = alloc_zeroed(block).cast::<Entry>();
            if entries.is_null() {
                handle_alloc_error(block);
            }
            self.entries.set(entries);
        }
        self.mask.set(mask);
        self.used.set(0);
        self.fill.set(0);
    }

    /// The key and its hash in a place.
    #[inline(always)]
    pub fn at(&self, index: usize) -> Option<(Value, i64)> {
        if self.mask.get() == 0 || index > self.mask.get() {
            return None;
        }
        // SAFETY: the entry lies in the block; the key is cloned at once.
        unsafe {
            let entry = &*self.entry(index);
            entry.key.clone().map(|key| (key, entry.hash))
        }
    }

    /// The first key in a place at or after `cursor`, with that place and the hash.
    #[inline(always)]
    pub fn entry_from(&self, cursor: usize) -> Option<(usize, Value, i64)> {
        let places = match self.mask.get() {
            0 => return None,
            mask => mask + 1,
        };
        let entries = self.entries.get();
        let mut place = cursor;
        while place < places {
            // SAFETY: the place lies in the block; the key is cloned at once.
            let entry = unsafe { &*entries.add(place) };
            if let Some(key) = &entry.key {
                return Some((place, key.clone(), entry.hash));
            }
            place += 1;
        }
        None
    }

    /// The first key in a place at or after `cursor`: that place, the bits of the key and its hash.
    #[inline(always)]
    fn bits_from(&self, cursor: usize) -> Option<(usize, u64, i64)> {
        let place = self.next(cursor)?;
        // SAFETY: a look at two words of the block.
        let entry = unsafe { &*self.entry(place) };
        Some((place, entry.key.as_ref()?.bits(), entry.hash))
    }

    /// The first place with a key at or after `cursor`.
    #[inline(always)]
    pub fn next(&self, mut cursor: usize) -> Option<usize> {
        if self.mask.get() == 0 {
            return None;
        }
        while cursor <= self.mask.get() {
            // SAFETY: a look at one word of the block.
            if unsafe { (*self.entry(cursor)).key.is_some() } {
                return Some(cursor);
            }
            cursor += 1;
        }
        None
    }

    /// Compares a key with that in a place, which is another object.
    #[inline(never)]
    fn compare(&self, index: usize, key: &Value) -> PyResult<Same> {
        // SAFETY: the reference is not used after the clone below.
        let Some(stored) = (unsafe { (*self.entry(index)).key.as_ref() }) else {
            return Ok(Same::No);
        };
        if stored.as_small_int().is_some() && key.as_small_int().is_some() {
            return Ok(Same::No);
        }
        if let (Some(stored), Some(key)) =
            (stored.downcast_exact::<Str>(), key.downcast_exact::<Str>())
        {
            return Ok(if stored.same_text(key) {
                Same::Yes
            } else {
                Same::No
            });
        }
        let stored = stored.clone();
        let before = (self.entries.get(), self.mask.get());
        let equal = protocol::equal(&stored, key)?;
        let unchanged = before == (self.entries.get(), self.mask.get())
            // SAFETY: only the bits are looked at, in a block that is still the same.
            && unsafe { (*self.entry(index)).key.as_ref().is_some_and(|now| now.is(&stored)) };
        Ok(match (unchanged, equal) {
            (false, _) => Same::Changed,
            (true, true) => Same::Yes,
            (true, false) => Same::No,
        })
    }

    /// Looks for the very key in a table that has a block, and compares nothing. No answer if a key of the same hash is on the
    /// way: it may be equal.
    #[inline(always)]
    fn find_same(&self, key: u64, hash: i64) -> Option<Found> {
        let (entries, mask) = (self.entries.get(), self.mask.get());
        let mut index = hash as usize & mask;
        let mut perturb = hash as u64;
        loop {
            let first = index;
            let last = last_of_row(first, mask);
            loop {
                // SAFETY: `last` is at most the mask, so the entry lies in the block.
                let entry = unsafe { &*entries.add(index) };
                match &entry.key {
                    Some(stored) if stored.bits() == key => return Some(Found::Key(index)),
                    Some(_) if entry.hash == hash => return None,
                    None if entry.hash == 0 => return Some(Found::Unused(index)),
                    _ => {}
                }
                if index == last {
                    break;
                }
                index += 1;
            }
            index = next_row(first, &mut perturb, mask);
        }
    }

    /// Searches a key in a table that has a block.
    #[inline(always)]
    fn search(&self, key: &Value, hash: i64) -> PyResult<Found> {
        match self.find_same(key.bits(), hash) {
            Some(found) => Ok(found),
            None => self.search_equal(key, hash),
        }
    }

    #[inline(never)]
    fn search_equal(&self, key: &Value, hash: i64) -> PyResult<Found> {
        'restart: loop {
            let mask = self.mask.get();
            let mut index = hash as usize & mask;
            let mut perturb = hash as u64;
            loop {
                for place in index..=last_of_row(index, mask) {
                    // SAFETY: `last` is at most the mask; the entry is not used after foreign code ran.
                    let entry = unsafe { &*self.entry(place) };
                    let Some(stored) = &entry.key else {
                        if entry.hash == 0 {
                            return Ok(Found::Unused(place));
                        }
                        continue;
                    };
                    if entry.hash == hash {
                        if stored.is(key) {
                            return Ok(Found::Key(place));
                        }
                        match self.compare(place, key)? {
                            Same::Yes => return Ok(Found::Key(place)),
                            Same::No => {}
                            Same::Changed if self.mask.get() == 0 => {
                                self.allocate(MIN_SIZE - 1);
                                continue 'restart;
                            }
                            Same::Changed => continue 'restart,
                        }
                    }
                }
                index = next_row(index, &mut perturb, mask);
            }
        }
    }

    /// Whether the key is there.
    #[inline]
    pub fn contains(&self, key: &Value, hash: i64) -> PyResult<bool> {
        if self.used.get() == 0 {
            return Ok(false);
        }
        Ok(matches!(self.search(key, hash)?, Found::Key(_)))
    }

    /// Adds a key; answers whether it is new.
    #[inline]
    pub fn add(&self, key: Value, hash: i64) -> PyResult<bool> {
        if self.mask.get() == 0 {
            self.allocate(MIN_SIZE - 1);
        }
        let Found::Unused(place) = self.search(&key, hash)? else {
            return Ok(false);
        };
        self.put(place, key, hash);
        if self.fill.get() * 5 >= self.mask.get() * 3 {
            let used = self.used.get();
            self.resize(if used > 50_000 { used * 2 } else { used * 4 });
        }
        Ok(true)
    }

    /// Removes a key; answers it.
    pub fn remove(&self, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        if self.used.get() == 0 {
            return Ok(None);
        }
        match self.search(key, hash)? {
            Found::Key(place) => Ok(self.take_at(place)),
            Found::Unused(_) => Ok(None),
        }
    }

    fn take_at(&self, place: usize) -> Option<Value> {
        // SAFETY: the entry lies in the block; the key moves out and is not dropped here.
        let entry = unsafe { &mut *self.entry(place) };
        let key = entry.key.take()?;
        entry.hash = REMOVED;
        self.used.set(self.used.get() - 1);
        Some(key)
    }

    /// Removes any key.
    pub fn pop(&self) -> Option<Value> {
        if self.used.get() == 0 {
            return None;
        }
        let mut place = self.finger.get() & self.mask.get();
        loop {
            if let Some(key) = self.take_at(place) {
                self.finger.set(place + 1);
                return Some(key);
            }
            place = (place + 1) & self.mask.get();
        }
    }

    /// Moves the keys into a table with more than `wanted` places, without the marks.
    pub fn resize(&self, wanted: usize) {
        let mut size = MIN_SIZE;
        while size <= wanted {
            size <<= 1;
        }
        let (old, old_mask) = (self.entries.get(), self.mask.get());
        self.allocate(size - 1);
        if old_mask == 0 {
            return;
        }
        for index in 0..=old_mask {
            // SAFETY: every key of the old block moves once into the new one; the old block is freed without dropping.
            unsafe {
                let entry = old.add(index).read();
                if let Some(key) = entry.key {
                    self.insert_clean(key, entry.hash);
                }
            }
        }
        // SAFETY: the block was made for this mask.
        unsafe { dealloc(old.cast(), block(old_mask)) };
    }

    /// Adds a key to a table without marks that does not have the key and has room.
    #[inline(always)]
    fn insert_clean(&self, key: Value, hash: i64) {
        let mask = self.mask.get();
        let mut index = hash as usize & mask;
        let mut perturb = hash as u64;
        let place = 'search: loop {
            for place in index..=last_of_row(index, mask) {
                // SAFETY: the row ends at the mask.
                if unsafe { (*self.entry(place)).key.is_none() } {
                    break 'search place;
                }
            }
            index = next_row(index, &mut perturb, mask);
        };
        self.put(place, key, hash);
    }

    /// Puts a key into an unused place.
    #[inline(always)]
    fn put(&self, place: usize, key: Value, hash: i64) {
        // SAFETY: the place is unused, so nothing is dropped.
        unsafe {
            self.entry(place).write(Entry {
                key: Some(key),
                hash,
            })
        };
        self.used.set(self.used.get() + 1);
        self.fill.set(self.fill.get() + 1);
    }

    /// Makes room for `more` keys at once, if the table would have to grow for them.
    pub fn reserve(&self, more: usize) {
        if (self.fill.get() + more) * 5 >= self.mask() * 3 {
            self.resize((self.used.get() + more) * 2);
        }
    }

    /// Takes the block out, leaving the table empty. The keys are released when the answer is dropped.
    pub fn take(&self) -> Table {
        let taken = Table::empty();
        self.swap(&taken);
        self.finger.set(0);
        taken
    }

    /// Exchanges two tables.
    pub fn swap(&self, other: &Table) {
        self.entries.swap(&other.entries);
        self.mask.swap(&other.mask);
        self.used.swap(&other.used);
        self.fill.swap(&other.fill);
    }

    /// All keys as they are now, with their hashes.
    pub fn snapshot(&self) -> Vec<(Value, i64)> {
        let mut keys = Vec::with_capacity(self.len());
        let mut cursor = 0;
        while let Some((place, key, hash)) = self.entry_from(cursor) {
            keys.push((key, hash));
            cursor = place + 1;
        }
        keys
    }
}

impl Trace for Table {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        let mut cursor = 0;
        while let Some(index) = self.next(cursor) {
            // SAFETY: the collector's visitor changes nothing.
            if let Some(key) = unsafe { (*self.entry(index)).key.as_ref() } {
                visitor.visit(key);
            }
            cursor = index + 1;
        }
    }

    fn clear(&self) {
        drop(self.take());
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if self.mask.get() == 0 {
            return;
        }
        let (mut left, mut index) = (self.used.get(), 0);
        while left > 0 {
            // SAFETY: there are `left` keys from here on; nothing else reaches the table by now; every key is moved out
            // once, and the block freed without dropping.
            let key = unsafe { (&raw const (*self.entry(index)).key).read() };
            left -= usize::from(key.is_some());
            index += 1;
        }
        // SAFETY: the block was made for this mask.
        unsafe { dealloc(self.entries.get().cast(), block(self.mask.get())) };
    }
}

const _: () = assert!(mem::offset_of!(Table, used) == 16);
