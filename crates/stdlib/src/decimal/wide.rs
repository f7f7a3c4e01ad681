//! Products and quotients of 256 bits: what two coefficients of the default precision need between them.

use super::powers::POWERS;

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
    /// `left * right`.
    #[inline]
    pub fn product(left: u128, right: u128) -> Wide {
        if let (Ok(left), Ok(right)) = (u64::try_from(left), u64::try_from(right)) {
            return Wide {
                high: 0,
                low: u128::from(left) * u128::from(right),
            };
        }
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

    /// How many digits the number has, where that is 39 or more; what it answers for fewer is less than 39.
    pub fn count_digits(self) -> u32 {
        if self.high == 0 {
            return super::powers::count_digits(self.low);
        }
        // The number is at least 2**128, so it has 39 digits at least; the quotient by 10**38 has 38 fewer.
        match self.high < POWERS[38] {
            true => 38 + super::powers::count_digits(self.divide(POWERS[38]).0),
            // Beyond 76 digits: one more than any caller can round.
            false => 77,
        }
    }
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
            let divisor = (next() | (1 << 127)) >> (round % 90);
            let product = Wide::product(left, right);
            let long = Natural::from(left) * Natural::from(right);
            assert_eq!(
                (Natural::from(product.high) << 128u64) + Natural::from(product.low),
                long
            );
            if product.high < divisor {
                let (quotient, rest) = product.divide(divisor);
                assert_eq!(
                    long.div_mod(Natural::from(divisor)),
                    (Natural::from(quotient), Natural::from(rest))
                );
            }
        }
    }
}
