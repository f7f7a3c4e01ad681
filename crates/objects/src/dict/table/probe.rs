//! The ways through the index table: finding an entry, naming one, taking its name away.
//!
//! Invariant: no reference into the block is held while a comparison runs foreign code, and a probe goes on only in the
//! table it began in.

use super::layout::{Place, by_width};
use super::{Table, exact_str};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};

/// Shift of the perturbation: how fast the high bits of the hash join the probe.
const PERTURB_SHIFT: u32 = 5;

/// One walk over the places where a hash may be.
struct Probe {
    slot: usize,
    perturb: u64,
    mask: usize,
}

impl Probe {
    #[inline(always)]
    fn new(hash: i64, log2_size: u8) -> Probe {
        let mask = (1usize << log2_size) - 1;
        Probe {
            slot: hash as usize & mask,
            perturb: hash as u64,
            mask,
        }
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.perturb >>= PERTURB_SHIFT;
        self.slot = self
            .slot
            .wrapping_mul(5)
            .wrapping_add(self.perturb as usize)
            .wrapping_add(1)
            & self.mask;
    }
}

/// The outcome of one comparison in a probe.
enum Same {
    Yes,
    No,
    /// The comparison changed the table.
    Changed,
}

/// What is known of a key's place without comparing keys.
enum Sought {
    At(usize),
    Nowhere,
    /// A key of the same hash is on the way: it may be equal.
    Perhaps,
}

impl Table {
    /// The entry whose key has the text of `key`. Keys that are not strings do not count, so no foreign code runs.
    #[inline]
    pub fn find_str(&self, key: &Ref<Str>, hash: i64) -> Option<usize> {
        if self.used.get() == 0 {
            return None;
        }
        by_width!(self, find_str_in(key, hash))
    }

    #[inline(always)]
    fn find_str_in<P: Place>(&self, key: &Ref<Str>, hash: i64) -> Option<usize> {
        let places = self.places::<P>();
        let strings = self.is_strings();
        let key_bits = key.as_value().bits();
        let mut probe = Probe::new(hash, self.log2_size.get());
        loop {
            // SAFETY: the slot is masked to the table, its place names an initialized entry; comparing text runs no foreign code.
            unsafe {
                let place = *places.add(probe.slot);
                if place == P::EMPTY {
                    return None;
                }
                if place != P::DELETED {
                    let index = place.index();
                    let stored = (*self.pair(index))
                        .key
                        .as_ref()
                        .expect("an index place names an entry with a key");
                    if stored.bits() == key_bits {
                        return Some(index);
                    }
                    let same = if strings {
                        let stored = stored.downcast_unchecked::<Str>();
                        stored.hash_value() == hash && stored.same_text(key)
                    } else {
                        self.hash_at(index) == hash
                            && stored
                                .downcast::<Str>()
                                .is_some_and(|stored| stored.same_text(key))
                    };
                    if same {
                        return Some(index);
                    }
                }
            }
            probe.advance();
        }
    }

    /// The entry whose key is or equals `key`. Comparing may run foreign code; if that changed the table where the probe
    /// stands, the probe starts again.
    #[inline]
    pub fn find(&self, key: &Value, hash: i64) -> PyResult<Option<usize>> {
        if self.used.get() == 0 {
            return Ok(None);
        }
        if self.is_strings()
            && let Some(key) = exact_str(key)
        {
            return Ok(by_width!(self, find_str_in(key, hash)));
        }
        match by_width!(self, find_same_in(key.bits(), hash)) {
            Sought::At(index) => Ok(Some(index)),
            Sought::Nowhere => Ok(None),
            Sought::Perhaps => self.find_general(key, hash),
        }
    }

    /// Looks for the very key, and compares nothing.
    #[inline(always)]
    fn find_same_in<P: Place>(&self, key: u64, hash: i64) -> Sought {
        let places = self.places::<P>();
        let mut probe = Probe::new(hash, self.log2_size.get());
        loop {
            // SAFETY: the slot is masked to the table, its place names an initialized entry.
            unsafe {
                let place = *places.add(probe.slot);
                if place == P::EMPTY {
                    return Sought::Nowhere;
                }
                if place != P::DELETED {
                    let index = place.index();
                    if self
                        .peek_key(index)
                        .is_some_and(|stored| stored.bits() == key)
                    {
                        return Sought::At(index);
                    }
                    if self.hash_at(index) == hash {
                        return Sought::Perhaps;
                    }
                }
            }
            probe.advance();
        }
    }

    fn find_general(&self, key: &Value, hash: i64) -> PyResult<Option<usize>> {
        let mut probe = Probe::new(hash, self.log2_size.get());
        loop {
            let Some(index) = by_width!(self, next_candidate(&mut probe)) else {
                return Ok(None);
            };
            match self.compare(index, key, hash)? {
                Same::Yes => return Ok(Some(index)),
                Same::No => {}
                Same::Changed => {
                    if self.used.get() == 0 {
                        return Ok(None);
                    }
                    probe = Probe::new(hash, self.log2_size.get());
                }
            }
        }
    }

    /// The next entry on the way of `probe`, or nothing at its end.
    #[inline(always)]
    fn next_candidate<P: Place>(&self, probe: &mut Probe) -> Option<usize> {
        let places = self.places::<P>();
        loop {
            // SAFETY: the slot is masked to the table.
            let place = unsafe { *places.add(probe.slot) };
            if place == P::EMPTY {
                return None;
            }
            probe.advance();
            if place != P::DELETED {
                return Some(place.index());
            }
        }
    }

    #[inline(always)]
    fn compare(&self, index: usize, key: &Value, hash: i64) -> PyResult<Same> {
        // SAFETY: the reference is not used after the clone below.
        let stored =
            unsafe { self.peek_key(index) }.expect("an index place names an entry with a key");
        if stored.is(key) {
            return Ok(Same::Yes);
        }
        if self.hash_at(index) != hash {
            return Ok(Same::No);
        }
        if stored.as_small_int().is_some() && key.as_small_int().is_some() {
            return Ok(Same::No);
        }
        if let (Some(stored), Some(key)) = (exact_str(stored), exact_str(key)) {
            return Ok(if stored.same_text(key) {
                Same::Yes
            } else {
                Same::No
            });
        }
        let stored = stored.clone();
        let before = (self.entries.get(), self.log2_size.get(), self.kind.get());
        let equal = protocol::equal(&stored, key)?;
        let after = (self.entries.get(), self.log2_size.get(), self.kind.get());
        // SAFETY: only the bits are looked at.
        let unchanged =
            before == after && unsafe { self.peek_key(index) }.is_some_and(|now| now.is(&stored));
        Ok(match (unchanged, equal) {
            (false, _) => Same::Changed,
            (true, true) => Same::Yes,
            (true, false) => Same::No,
        })
    }

    /// Names entry `index` in the first free place for `hash`.
    #[inline(always)]
    pub(super) fn link<P: Place>(&self, hash: i64, index: usize) {
        let places = self.places::<P>();
        let mut probe = Probe::new(hash, self.log2_size.get());
        // SAFETY: the slot is masked to the table.
        unsafe {
            loop {
                let place = places.add(probe.slot);
                if *place == P::EMPTY || *place == P::DELETED {
                    place.write(P::of(index));
                    return;
                }
                probe.advance();
            }
        }
    }

    /// Takes the name of entry `index` away: its place counts as deleted.
    pub(super) fn unlink<P: Place>(&self, hash: i64, index: usize) {
        let places = self.places::<P>();
        let mut probe = Probe::new(hash, self.log2_size.get());
        // SAFETY: the slot is masked to the table; every entry with a key has a place on the way of its hash.
        unsafe {
            loop {
                let place = places.add(probe.slot);
                if *place == P::of(index) {
                    place.write(P::DELETED);
                    return;
                }
                debug_assert!(*place != P::EMPTY, "an entry has an index place");
                probe.advance();
            }
        }
    }
}
