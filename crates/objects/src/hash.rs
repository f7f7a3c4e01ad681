//! Hashing as Python defines it: text and bytes by a keyed SipHash-1-3, numbers modulo 2^61 - 1, tuples by xxHash mixing.
//!
//! Numbers of all types that are equal hash alike because each is reduced modulo the same prime. Text hashes depend on a
//! key that is drawn once per process, or comes from `PYTHONHASHSEED` exactly as in CPython, so that the order of sets of
//! strings can be reproduced. Invariant: no hash is -1, which stands for "not known" wherever hashes are cached.

use siphasher::sip::SipHasher13;
use std::hash::BuildHasher;

use crate::cell::Once;

/// The modulus of numeric hashes is `2^MODULUS_BITS - 1`.
pub const MODULUS_BITS: u32 = 61;
/// The prime that numeric hashes are reduced by (`sys.hash_info.modulus`).
pub const MODULUS: u64 = (1 << MODULUS_BITS) - 1;
/// The hash of positive infinity (`sys.hash_info.inf`).
pub const INFINITY: i64 = 314_159;
/// What the imaginary part's hash is multiplied with (`sys.hash_info.imag`).
pub const IMAGINARY: i64 = 1_000_003;

/// The key of text hashes.
static KEY: Once<(u64, u64)> = Once::new();

/// Sets the key of text hashes at start-up: from a `PYTHONHASHSEED` number, or drawn at random.
pub fn initialize(seed: Option<u32>) {
    KEY.set(match seed {
        None => random_key(),
        Some(0) => (0, 0),
        Some(seed) => seeded_key(seed),
    });
}

fn random_key() -> (u64, u64) {
    let state = std::hash::RandomState::new();
    (state.hash_one(1u8), state.hash_one(2u8))
}

/// The first sixteen bytes of the linear congruential generator that CPython expands the seed with.
fn seeded_key(seed: u32) -> (u64, u64) {
    let mut state = seed;
    let mut bytes = [0u8; 16];
    for byte in &mut bytes {
        state = state.wrapping_mul(214_013).wrapping_add(2_531_011);
        *byte = (state >> 16) as u8;
    }
    let word = |at: usize| {
        u64::from_le_bytes(
            bytes[at..at + 8]
                .try_into()
                .expect("eight of sixteen bytes"),
        )
    };
    (word(0), word(8))
}

fn key() -> (u64, u64) {
    if !KEY.is_set() {
        initialize(None);
    }
    *KEY
}

/// Turns -1 into -2.
#[inline(always)]
pub const fn avoid_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// The hash of a byte string; the empty one hashes to 0.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    let (first, second) = key();
    avoid_minus_one(SipHasher13::new_with_keys(first, second).hash(bytes) as i64)
}

/// The hash of a machine integer.
#[inline(always)]
pub const fn hash_i64(value: i64) -> i64 {
    let magnitude = value.unsigned_abs();
    let reduced = if magnitude < MODULUS {
        magnitude as i64
    } else {
        (magnitude % MODULUS) as i64
    };
    avoid_minus_one(if value < 0 { -reduced } else { reduced })
}

/// The hash of an integer given by its sign and magnitude, 64-bit digits from the least significant.
pub fn hash_digits(negative: bool, digits: impl DoubleEndedIterator<Item = u64>) -> i64 {
    let reduced = digits.rev().fold(0u128, |rest, digit| {
        ((rest << 64) | u128::from(digit)) % u128::from(MODULUS)
    }) as i64;
    avoid_minus_one(if negative { -reduced } else { reduced })
}

/// The hash of a float; `None` for NaN, which hashes by identity.
pub fn hash_f64(value: f64) -> Option<i64> {
    if !value.is_finite() {
        return match value {
            f64::INFINITY => Some(INFINITY),
            f64::NEG_INFINITY => Some(-INFINITY),
            _ => None,
        };
    }
    if value as i64 as f64 == value && value.abs() < (1i64 << 62) as f64 {
        return Some(hash_i64(value as i64));
    }
    // value = mantissa * 2^exponent, and 2^61 is 1 modulo the prime: a power of two is a rotation of 61 bits.
    let bits = value.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, biased - 1075)
    };
    let turn = exponent.rem_euclid(MODULUS_BITS as i32) as u32;
    let rotated = ((mantissa << turn) & MODULUS) | (mantissa >> (MODULUS_BITS - turn));
    let reduced = if rotated == MODULUS {
        0
    } else {
        rotated as i64
    };
    Some(avoid_minus_one(if value < 0.0 {
        -reduced
    } else {
        reduced
    }))
}

/// The hash of an object by its address; the low bits, which are equal for all objects, go to the top.
#[inline(always)]
pub const fn hash_address(address: u64) -> i64 {
    avoid_minus_one(address.rotate_right(4) as i64)
}

/// The hash of two objects by their addresses, as bound methods have it.
pub const fn combine_addresses(first: u64, second: u64) -> i64 {
    avoid_minus_one(hash_address(first) ^ hash_address(second))
}

const PRIME_1: u64 = 11_400_714_785_074_694_791;
const PRIME_2: u64 = 14_029_467_366_897_019_727;
const PRIME_5: u64 = 2_870_177_450_012_600_261;

/// Mixes the hashes of a sequence's items, in order, into the hash of a tuple.
#[derive(Clone, Copy)]
pub struct SequenceHasher {
    state: u64,
    count: u64,
}

impl SequenceHasher {
    /// Nothing mixed yet.
    #[inline(always)]
    pub const fn new() -> SequenceHasher {
        SequenceHasher {
            state: PRIME_5,
            count: 0,
        }
    }

    /// Mixes the next item's hash in.
    #[inline(always)]
    pub const fn add(&mut self, hash: i64) {
        let mixed = self.state.wrapping_add((hash as u64).wrapping_mul(PRIME_2));
        self.state = mixed.rotate_left(31).wrapping_mul(PRIME_1);
        self.count += 1;
    }

    /// The hash of the sequence.
    #[inline(always)]
    pub const fn finish(self) -> i64 {
        let hash = self.state.wrapping_add(self.count ^ (PRIME_5 ^ 3_527_539));
        if hash == u64::MAX {
            1_546_275_796
        } else {
            hash as i64
        }
    }

    /// The hash of a record whose number of fields is always the same, as that of `slice`: the count is not mixed in.
    #[inline(always)]
    pub const fn finish_record(self) -> i64 {
        if self.state == u64::MAX {
            1_546_275_796
        } else {
            self.state as i64
        }
    }
}

impl Default for SequenceHasher {
    fn default() -> Self {
        SequenceHasher::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_hash_as_in_cpython() {
        assert_eq!(hash_i64(-1), -2);
        assert_eq!(hash_i64(i64::MAX), 3);
        assert_eq!(hash_f64(1.0), Some(1));
        assert_eq!(hash_f64(0.5), Some(1_152_921_504_606_846_976));
        assert_eq!(hash_f64(1e300), Some(1_224_995_262_755_759_164));
        assert_eq!(hash_f64(-0.1), Some(-230_584_300_921_369_408));
        assert_eq!(hash_f64(5e-324), Some(16_777_216));
        assert_eq!(hash_digits(false, [0, 1].into_iter()), 8);
    }

    #[test]
    fn tuples_hash_as_in_cpython() {
        let mut hasher = SequenceHasher::new();
        assert_eq!(hasher.finish(), 5_740_354_900_026_072_187);
        for item in [1, 2, 3] {
            hasher.add(item);
        }
        assert_eq!(hasher.finish(), 529_344_067_295_497_451);
    }

    #[test]
    fn seeded_text_hashes_as_in_cpython() {
        for (seed, expected) in [
            (0, -4_594_863_902_769_663_758),
            (1, -4_667_308_735_975_688_587),
            (42, 3_869_580_338_025_362_921),
        ] {
            let (first, second) = if seed == 0 { (0, 0) } else { seeded_key(seed) };
            assert_eq!(
                SipHasher13::new_with_keys(first, second).hash(b"abc") as i64,
                expected
            );
        }
    }
}
