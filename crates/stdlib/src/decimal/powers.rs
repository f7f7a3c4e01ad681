//! Powers of ten, and how many decimal digits a number has.
//!
//! Those that fit 128 bits stand in a table. Larger ones are made when they are first needed; the moderate ones are kept,
//! because arithmetic with a fixed precision asks for the same few again and again.

use malachite_base::num::arithmetic::traits::Pow;
use malachite_base::num::logic::traits::SignificantBits;
use malachite_nz::natural::Natural;
use taipan_objects::cell::Locked;

use super::wide::Wide;

/// How many powers of ten fit 128 bits.
pub const COUNT: usize = 39;

/// The powers of ten that fit 128 bits.
pub static POWERS: [u128; COUNT] = {
    let mut table = [1u128; COUNT];
    let mut index = 1;
    while index < COUNT {
        table[index] = table[index - 1] * 10;
        index += 1;
    }
    table
};

/// How many powers of ten products of two coefficients of 128 bits can be compared with.
pub const WIDE_COUNT: usize = 78;

/// The powers of ten that fit 256 bits.
pub static WIDE_POWERS: [Wide; WIDE_COUNT] = {
    let mut table = [Wide { high: 0, low: 1 }; WIDE_COUNT];
    let mut index = 1;
    while index < WIDE_COUNT {
        let Wide { high, low } = table[index - 1];
        let carried = (low >> 64) * 10 + (((low & u64::MAX as u128) * 10) >> 64);
        table[index] = Wide {
            high: high * 10 + (carried >> 64),
            low: low.wrapping_mul(10),
        };
        index += 1;
    }
    table
};

/// What a division by a power of ten multiplies by instead: `multiplier / 2 ** (129 + shift)` is a little more than the
/// inverse of the power.
#[derive(Clone, Copy)]
pub struct Inverse {
    /// The digits of the inverse, the first bit set.
    pub multiplier: u128,
    /// Where its point is.
    pub shift: u32,
}

/// The inverses of the powers of ten that fit 128 bits; that of one is unused.
pub static INVERSES: [Inverse; COUNT] = {
    let mut table = [Inverse {
        multiplier: 0,
        shift: 0,
    }; COUNT];
    let mut index = 1;
    while index < COUNT {
        let half = POWERS[index] / 2;
        let shift = half.ilog2();
        // 2 ** (128 + shift) / half, bit by bit, rounded up.
        let (mut quotient, mut rest) = (0u128, 1u128);
        let mut bit = 0;
        while bit < 128 + shift {
            rest <<= 1;
            quotient <<= 1;
            if rest >= half {
                rest -= half;
                quotient |= 1;
            }
            bit += 1;
        }
        table[index] = Inverse {
            multiplier: quotient + 1,
            shift,
        };
        index += 1;
    }
    table
};

/// Quotient and remainder of a division by `10 ** places`.
///
/// The halves of both are divided, for the number's half is below `2 ** 127`: there the inverse, whose error is less than
/// one unit in its 128 bits, gives the exact quotient.
#[inline(always)]
pub fn divide_by_power(number: u128, places: usize) -> (u128, u128) {
    if places == 0 {
        return (number, 0);
    }
    let Inverse { multiplier, shift } = INVERSES[places];
    let quotient = Wide::high_product(number >> 1, multiplier) >> shift;
    (quotient, number - quotient * POWERS[places])
}

/// The number without the zeros it ends with, at most `most` of them, and how many they were. The number is not zero.
pub fn strip_zeros(number: u128, most: u32) -> (u128, u32) {
    // Every zero brings a two.
    let most = most.min(number.trailing_zeros());
    let (mut number, mut zeros) = (number, 0);
    for step in [32, 16, 8, 4, 2, 1] {
        if zeros + step <= most
            && let (quotient, 0) = divide_by_power(number, step as usize)
        {
            number = quotient;
            zeros += step;
        }
    }
    (number, zeros)
}

/// The most digits a coefficient is made with: what is longer counts as more than the memory holds.
pub const MOST_DIGITS: u64 = 32_000_000;

/// Powers up to this one are kept once made.
const KEPT: usize = 1024;

static MADE: Locked<Vec<Option<Natural>>> = Locked::new(Vec::new());

/// How many decimal digits `number` has; zero has one.
#[inline(always)]
pub fn count_digits(number: u128) -> u32 {
    let bits = 128 - number.leading_zeros();
    // 1233 / 4096 is the logarithm of two, exactly enough for 128 bits.
    let least = (bits * 1233) >> 12;
    (least + u32::from(number >= POWERS[least as usize])).max(1)
}

/// Runs `body` with `10 ** exponent`. `body` computes and nothing else: it asks for no other power.
pub fn with_power<R>(exponent: u64, body: impl FnOnce(&Natural) -> R) -> R {
    let Ok(index) = usize::try_from(exponent)
        .map_err(drop)
        .and_then(|index| if index <= KEPT { Ok(index) } else { Err(()) })
    else {
        return body(&make(exponent));
    };
    MADE.with(|made| {
        if made.is_empty() {
            made.resize(KEPT + 1, None);
        }
        body(made[index].get_or_insert_with(|| make(exponent)))
    })
}

fn make(exponent: u64) -> Natural {
    match POWERS.get(exponent as usize) {
        Some(&power) => Natural::from(power),
        None => Natural::from(5u64).pow(exponent) << exponent,
    }
}

/// `10 ** exponent`.
pub fn power(exponent: u64) -> Natural {
    with_power(exponent, Natural::clone)
}

/// How many decimal digits a large number has.
pub fn count_digits_big(number: &Natural) -> u64 {
    let bits = number.significant_bits();
    if bits <= 128 {
        return u64::from(count_digits(u128::try_from(number).unwrap_or(0)));
    }
    // The logarithm from the top 64 bits decides, unless it is too close to a whole number for a float to tell.
    let top = u64::try_from(&(number >> (bits - 64))).unwrap_or(u64::MAX);
    let logarithm = (top as f64).log10() + (bits - 64) as f64 * std::f64::consts::LOG10_2;
    let doubt = logarithm * 1e-14 + 1e-12;
    let low = (logarithm - doubt).floor();
    if low == (logarithm + doubt).floor() {
        return low as u64 + 1;
    }
    let boundary = low as u64 + 1;
    boundary + u64::from(with_power(boundary, |power| number >= power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_divide_exactly() {
        let mut state = 7u128;
        let check = |number: u128| {
            for (places, &power) in POWERS.iter().enumerate() {
                let expected = (number / power, number % power);
                assert_eq!(divide_by_power(number, places), expected);
            }
            if number > 0 {
                let (stripped, zeros) = strip_zeros(number, 99);
                assert_ne!(stripped % 10, 0);
                assert_eq!(stripped * POWERS[zeros as usize], number);
            }
        };
        for power in POWERS {
            for times in [1, 2, 5, 9, 10, 1 << 20] {
                let number = power.wrapping_mul(times);
                for near in [number - 1, number, number.wrapping_add(1)] {
                    check(near);
                }
            }
        }
        for number in [0, 1, u128::MAX, u128::MAX - 1, 1 << 127, (1 << 127) - 1] {
            check(number);
        }
        for round in 0..20_000 {
            state = state
                .wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645)
                .wrapping_add(0x5851_F42D_4C95_7F2D);
            check((state ^ (state >> 61)) >> (round % 120));
        }
        assert_eq!(strip_zeros(POWERS[38], 7), (POWERS[31], 7));
    }

    #[test]
    fn digits_are_counted_at_every_boundary() {
        assert_eq!(count_digits(0), 1);
        for (index, &power) in POWERS.iter().enumerate() {
            assert_eq!(count_digits(power), index as u32 + 1);
            assert_eq!(count_digits(power - 1), (index as u32).max(1));
        }
        for (index, &power) in WIDE_POWERS.iter().enumerate().skip(COUNT) {
            assert_eq!(power.count_digits(), index as u32 + 1);
            let less = Wide {
                high: power.high - u128::from(power.low == 0),
                low: power.low.wrapping_sub(1),
            };
            assert_eq!(less.count_digits(), index as u32);
        }
        for exponent in [39, 40, 100, 1000, 5000] {
            let power = power(exponent);
            assert_eq!(count_digits_big(&power), exponent + 1);
            assert_eq!(count_digits_big(&(power - Natural::from(1u64))), exponent);
        }
    }
}
