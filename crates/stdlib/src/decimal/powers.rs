//! Powers of ten, and how many decimal digits a number has.
//!
//! Those that fit 128 bits stand in a table. Larger ones are made when they are first needed; the moderate ones are kept,
//! because arithmetic with a fixed precision asks for the same few again and again.

use malachite_base::num::arithmetic::traits::Pow;
use malachite_base::num::logic::traits::SignificantBits;
use malachite_nz::natural::Natural;
use taipan_objects::cell::Locked;

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
    fn digits_are_counted_at_every_boundary() {
        assert_eq!(count_digits(0), 1);
        for (index, &power) in POWERS.iter().enumerate() {
            assert_eq!(count_digits(power), index as u32 + 1);
            assert_eq!(count_digits(power - 1), (index as u32).max(1));
        }
        for exponent in [39, 40, 100, 1000, 5000] {
            let power = power(exponent);
            assert_eq!(count_digits_big(&power), exponent + 1);
            assert_eq!(count_digits_big(&(power - Natural::from(1u64))), exponent);
        }
    }
}
