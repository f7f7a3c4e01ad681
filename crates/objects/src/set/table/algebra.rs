//! What two tables make: unions, differences, intersections, and whether one is in the other.
//!
//! A key is looked for by its bits first, which runs no foreign code; only a key with the hash of another one is compared.
//! What a comparison then does to either table is met on the way: the walk goes on at the same place of whatever the table is.

use std::ptr;

use super::{Found, MIN_SIZE, Table};
use crate::raised::PyResult;

impl Table {
    /// Adds all keys of another table.
    pub fn merge(&self, other: &Table) -> PyResult<()> {
        if ptr::eq(self, other) || other.used.get() == 0 {
            return Ok(());
        }
        self.reserve(other.used.get());
        if self.mask.get() == 0 {
            self.allocate(MIN_SIZE - 1);
        }
        if self.fill.get() == 0 {
            self.fill_from(other);
            return Ok(());
        }
        let mut cursor = 0;
        while let Some((place, key, hash)) = other.entry_from(cursor) {
            self.add(key, hash)?;
            cursor = place + 1;
        }
        Ok(())
    }

    /// Adds all keys of another table to this one, which has none and has room for them.
    fn fill_from(&self, other: &Table) {
        let same_places =
            self.mask.get() == other.mask.get() && other.fill.get() == other.used.get();
        let (mut left, mut next) = (other.used.get(), 0);
        while left > 0 {
            let place = next;
            next += 1;
            // SAFETY: there are `left` keys from here on in the other's block, and nothing but a count of references changes meanwhile.
            let entry = unsafe { &*other.entry(place) };
            let Some(key) = entry.key.clone() else {
                continue;
            };
            left -= 1;
            if same_places {
                self.put(place, key, entry.hash);
            } else {
                self.insert_clean(key, entry.hash);
            }
        }
    }

    /// Whether this table has the key in a place of another one, given with its bits and hash.
    #[inline(always)]
    fn has_key_at(&self, other: &Table, place: usize, key: u64, hash: i64) -> PyResult<bool> {
        if self.used.get() == 0 {
            return Ok(false);
        }
        match self.find_same(key, hash) {
            Some(Found::Key(_)) => Ok(true),
            Some(Found::Unused(_)) => Ok(false),
            None => match other.at(place) {
                Some((key, hash)) => self.contains(&key, hash),
                None => Ok(false),
            },
        }
    }

    /// Whether the other table has every key of this one.
    pub fn is_within(&self, other: &Table) -> PyResult<bool> {
        let mut cursor = 0;
        while let Some((place, key, hash)) = self.bits_from(cursor) {
            if !other.has_key_at(self, place, key, hash)? {
                return Ok(false);
            }
            cursor = place + 1;
        }
        Ok(true)
    }

    /// Whether the tables have no key in common.
    pub fn is_disjoint(&self, other: &Table) -> PyResult<bool> {
        let mut cursor = 0;
        while let Some((place, key, hash)) = self.bits_from(cursor) {
            if other.has_key_at(self, place, key, hash)? {
                return Ok(false);
            }
            cursor = place + 1;
        }
        Ok(true)
    }

    /// Adds the keys to `result` that the other table has, or that it has not.
    pub fn select(&self, other: &Table, has: bool, result: &Table) -> PyResult<()> {
        let mut cursor = 0;
        while let Some((place, key, hash)) = self.bits_from(cursor) {
            if other.has_key_at(self, place, key, hash)? == has
                && let Some((key, hash)) = self.at(place)
            {
                result.add(key, hash)?;
            }
            cursor = place + 1;
        }
        Ok(())
    }

    /// Removes all keys of another table.
    pub fn remove_all(&self, other: &Table) -> PyResult<()> {
        let mut cursor = 0;
        while let Some((place, key, hash)) = other.bits_from(cursor) {
            cursor = place + 1;
            if self.used.get() == 0 {
                return Ok(());
            }
            match self.find_same(key, hash) {
                Some(Found::Key(found)) => drop(self.take_at(found)),
                Some(Found::Unused(_)) => {}
                None => {
                    if let Some((key, hash)) = other.at(place) {
                        self.remove(&key, hash)?;
                    }
                }
            }
        }
        Ok(())
    }
}
