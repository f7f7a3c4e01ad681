//! Products and quotients of 256 bits: what two coefficients of the default precision need between them.

use super::powers::{INVERSES, Inverse, POWERS, WIDE_POWERS, divide_by_power};

/// A number of 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wide {
    /// The high half.
    pub high: u128,
    /// The low half.
    pub low: u128,
}

const LOW: u128 = u64::MAX as u128;

impl Wide {
    /// The high half of `left * right`.
    #[inline(always)]
    pub fn high_product(left: u128, right: u128) -> u128 {
        Wide::long_product(left, right).high
    }

    /// `left * right`.
    #[inline(always)]
    pub fn product(left: u128, right: u128) -> Wide {
        if let (Ok(left), Ok(right)) = (u64::try_from(left), u64::try_from(right)) {
            return Wide {
                high: 0,
                low: u128::from(left) * u128::from(right),
            };
        }
        Wide::long_product(left, right)
    }

    #[inline(always)]
    fn long_product(left: u128, right: u128) -> Wide {
        let (a, b) = (left >> 64, left & LOW);
        let (c, d) = (right >> 64, right & LOW);
        let (bd, ad, bc, ac) = (b * d, a * d, b * c, a * c);
        let middle = (bd >> 64) + (ad & LOW) + (bc & LOW);
        Wide {
            high: ac + (ad >> 64) + (bc >> 64) + (middle >> 64),
            low: (middle << 64) | (bd & LOW),
        }
    }

    /// Quotient and remainder; the quotient fits 128 bits because `divisor` is greater than the high half.
    #[inline]
    pub fn divide(self, divisor: u128) -> (u128, u128) {
        debug_assert!(self.high < divisor);
        if self.high == 0 {
            return divide_128(self.low, divisor);
        }
        if let (Ok(divisor), Ok(high)) = (u64::try_from(divisor), u64::try_from(self.high)) {
            let (first, rest) = divide_narrow(high, (self.low >> 64) as u64, divisor);
            let (second, rest) = divide_narrow(rest, self.low as u64, divisor);
            return (
                u128::from(first) << 64 | u128::from(second),
                u128::from(rest),
            );
        }
        let shift = divisor.leading_zeros();
        let divisor = divisor << shift;
        let high = if shift == 0 {
            self.high
        } else {
            (self.high << shift) | (self.low >> (128 - shift))
        };
        let low = self.low << shift;
        let (first, rest) = divide_step(high, low >> 64, divisor);
        let (second, rest) = divide_step(rest, low & LOW, divisor);
        ((first << 64) | second, rest >> shift)
    }

    /// Quotient and remainder of a division by `10 ** places`; the quotient is less than `10 ** 38`.
    #[inline]
    pub fn divide_by_power(self, places: usize) -> (u128, u128) {
        if self.high == 0 {
            return divide_by_power(self.low, places);
        }
        let power = POWERS[places];
        let zeros = self.high.leading_zeros();
        let Inverse { multiplier, shift } = INVERSES[places];
        // With 10 ** 38 what the estimate lacks could be more than the low half tells.
        if places + 1 >= POWERS.len() || zeros + shift < 127 {
            return self.divide(power);
        }
        // The first 128 bits by an inverse that is a little too small: the estimate lacks a few at most.
        let top = match zeros {
            0 => self.high,
            _ => self.high << zeros | self.low >> (128 - zeros),
        };
        let mut quotient = Wide::high_product(top, multiplier - 1) >> (zeros + shift - 127);
        let mut rest = self.low.wrapping_sub(quotient.wrapping_mul(power));
        while rest >= power {
            rest -= power;
            quotient += 1;
        }
        (quotient, rest)
    }

    /// How many digits the number has.
    #[inline]
    pub fn count_digits(self) -> u32 {
        if self.high == 0 {
            return super::powers::count_digits(self.low);
        }
        // As for 128 bits; the fraction is exact enough for 256 bits too.
        let least = ((256 - self.high.leading_zeros()) * 1233) >> 12;
        let power = WIDE_POWERS[least as usize];
        least + u32::from((self.high, self.low) >= (power.high, power.low))
    }
}

/// Quotient and remainder of `(high * 2**64 + low) / divisor`, where `divisor` is greater than `high`.
#[inline(always)]
fn divide_narrow(high: u64, low: u64, divisor: u64) -> (u64, u64) {
    if high == 0 {
        return (low / divisor, low % divisor);
    }
    let quotient = ((u128::from(high) << 64 | u128::from(low)) / u128::from(divisor)) as u64;
    (quotient, low.wrapping_sub(quotient.wrapping_mul(divisor)))
}

/// One digit of 64 bits of a long division: `(rest * 2**64 + next) / divisor`, where the divisor's top bit is set.
#[inline]
fn divide_step(rest: u128, next: u128, divisor: u128) -> (u128, u128) {
    let (top, bottom) = (divisor >> 64, divisor & LOW);
    let (mut quotient, mut part) = divide_128(rest, top);
    // The estimate is at most two too large.
    while quotient > LOW || quotient * bottom > ((part << 64) | next) {
        quotient -= 1;
        part += top;
        if part > LOW {
            break;
        }
    }
    let rest = (rest << 64)
        .wrapping_add(next)
        .wrapping_sub(quotient.wrapping_mul(divisor));
    (quotient, rest)
}

/// Quotient and remainder of 128-bit numbers, quick where both fit 64 bits.
#[inline(always)]
pub fn divide_128(number: u128, divisor: u128) -> (u128, u128) {
    match (u64::try_from(number), u64::try_from(divisor)) {
        (Ok(number), Ok(divisor)) => (u128::from(number / divisor), u128::from(number % divisor)),
        _ => {
            let quotient = number / divisor;
            (quotient, number - quotient * divisor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use malachite_base::num::arithmetic::traits::DivMod;
    use malachite_nz::natural::Natural;

    #[test]
    fn quotients_agree_with_long_numbers() {
        let mut state = 12345u128;
        let mut next = || {
            state = state
                .wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645)
                .wrapping_add(0x5851_F42D_4C95_7F2D);
            state ^ (state >> 61)
        };
        for round in 0..20_000u32 {
            let (left, right) = (next() >> (round % 100), next() >> (round % 67));
            let divisor = (next() | (1 << 127)) >> (round % 127);
            let product = Wide::product(left, right);
            let long = Natural::from(left) * Natural::from(right);
            assert_eq!(
                (Natural::from(product.high) << 128u64) + Natural::from(product.low),
                long
            );
            if product.high < divisor {
                let (quotient, rest) = product.divide(divisor);
                assert_eq!(
                    (&long).div_mod(Natural::from(divisor)),
                    (Natural::from(quotient), Natural::from(rest))
                );
            }
            for (places, &power) in POWERS.iter().enumerate().skip(1) {
                let digits = product.count_digits() as usize;
                if (1..=38).contains(&digits.saturating_sub(places)) {
                    let (quotient, rest) = product.divide_by_power(places);
                    assert_eq!(
                        (&long).div_mod(Natural::from(power)),
                        (Natural::from(quotient), Natural::from(rest))
                    );
                }
            }
        }
    }
}
