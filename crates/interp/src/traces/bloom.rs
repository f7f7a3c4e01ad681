//! The dependency filter of an executor: which objects its trace relies on.
//!
//! A Bloom filter over addresses. What changes is looked up in the filter of every executor; one that might rely on it is
//! invalidated. A false hit costs a trace, a miss would run a stale one: so an object that was added is always found.
//! Width, hash and bits are CPython's (`Python/optimizer.c`), so a filter can be compared with one of CPython's by hand.

use taipan_bytecode::tunables::{
    BLOOM_FILTER_WORDS, BLOOM_HASH_BYTES, BLOOM_HASH_MULTIPLIER, BLOOM_K, BLOOM_SEED,
};

/// A set of addresses that may hold more than was added, never less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BloomFilter([u32; BLOOM_FILTER_WORDS]);

/// The hash of an address, of which each of the low [`BLOOM_K`] bytes names a bit.
fn address_hash(address: usize) -> u64 {
    let bytes = (address as u64).to_le_bytes();
    bytes[..BLOOM_HASH_BYTES]
        .iter()
        .fold(BLOOM_SEED, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(BLOOM_HASH_MULTIPLIER)
        })
}

/// The bits of an address: word and mask.
fn bits(address: usize) -> impl Iterator<Item = (usize, u32)> {
    let hash = address_hash(address).to_le_bytes();
    (0..BLOOM_K).map(move |index| {
        let byte = hash[index];
        (usize::from(byte >> 5), 1 << (byte & 31))
    })
}

impl BloomFilter {
    /// A filter with nothing in it.
    pub const fn new() -> BloomFilter {
        BloomFilter([0; BLOOM_FILTER_WORDS])
    }

    /// Adds an object's address.
    pub fn add(&mut self, address: usize) {
        for (word, mask) in bits(address) {
            self.0[word] |= mask;
        }
    }

    /// Whether the address may have been added.
    pub fn may_contain(&self, address: usize) -> bool {
        bits(address).all(|(word, mask)| self.0[word] & mask != 0)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found() {
        let mut filter = BloomFilter::new();
        let addresses: Vec<usize> = (0..40).map(|index| 0x7f00_1000 + index * 48).collect();
        for address in &addresses {
            filter.add(*address);
        }
        assert!(addresses.iter().all(|address| filter.may_contain(*address)));
    }

    #[test]
    fn an_empty_filter_holds_nothing() {
        assert!(BloomFilter::new().is_empty());
        assert!((1..10_000).all(|address| !BloomFilter::new().may_contain(address * 16)));
    }

    #[test]
    fn a_filter_of_a_few_objects_is_rarely_wrong() {
        let mut filter = BloomFilter::new();
        (0..8).for_each(|index| filter.add(0x5000 + index * 64));
        let wrong = (0..10_000)
            .filter(|index| filter.may_contain(0x9000_0000 + index * 16))
            .count();
        assert!(wrong < 200, "{wrong} of 10000");
    }

    #[test]
    fn an_address_sets_at_most_six_bits() {
        let mut filter = BloomFilter::new();
        filter.add(0x1234_5678_9ab0);
        let set: u32 = filter.0.iter().map(|word| word.count_ones()).sum();
        assert!((1..=BLOOM_K as u32).contains(&set));
    }
}
