//! The digits of a number: a whole number without sign, of any length.
//!
//! What fits 128 bits is held in place, and arithmetic on it allocates nothing; the default precision of 28 digits stays
//! there. Invariant: `Big` holds only what does not fit 128 bits, so equal coefficients have equal forms.

use std::cmp::Ordering;

use malachite_base::num::arithmetic::traits::DivMod;
use malachite_base::num::basic::traits::One;
use malachite_nz::natural::Natural;

use super::powers::{
    COUNT, MOST_DIGITS, POWERS, count_digits, count_digits_big, divide_by_power, strip_zeros,
    with_power,
};
use super::wide::{Wide, divide_128};

/// A whole number without sign. The halves of a small one stand apart, because a `u128` would align the whole to 16 bytes.
#[derive(Clone, Debug)]
pub enum Coefficient {
    /// One that fits 128 bits: its low and its high half.
    Small(u64, u64),
    /// A longer one.
    Big(Box<Natural>),
}

/// What a shift to the right cut off, measured in units of the last digit that is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// Nothing but zeros.
    Nothing,
    /// Less than half.
    BelowHalf,
    /// Exactly half.
    Half,
    /// More than half.
    AboveHalf,
}

impl Lost {
    /// What `rest`, the remainder of a division by `divisor`, is.
    #[inline(always)]
    pub fn classify(rest: u128, divisor: u128) -> Lost {
        if rest == 0 {
            return Lost::Nothing;
        }
        match rest.cmp(&(divisor - rest)) {
            Ordering::Less => Lost::BelowHalf,
            Ordering::Equal => Lost::Half,
            Ordering::Greater => Lost::AboveHalf,
        }
    }
}

impl From<u128> for Coefficient {
    #[inline(always)]
    fn from(number: u128) -> Coefficient {
        Coefficient::Small(number as u64, (number >> 64) as u64)
    }
}

impl From<u64> for Coefficient {
    #[inline(always)]
    fn from(number: u64) -> Coefficient {
        Coefficient::Small(number, 0)
    }
}

impl From<Natural> for Coefficient {
    fn from(number: Natural) -> Coefficient {
        match u128::try_from(&number) {
            Ok(small) => Coefficient::from(small),
            Err(_) => Coefficient::Big(Box::new(number)),
        }
    }
}

impl From<Wide> for Coefficient {
    fn from(number: Wide) -> Coefficient {
        match number.high {
            0 => Coefficient::from(number.low),
            high => Coefficient::from((Natural::from(high) << 128u64) + Natural::from(number.low)),
        }
    }
}

impl Coefficient {
    /// Zero.
    pub const ZERO: Coefficient = Coefficient::Small(0, 0);
    /// One.
    pub const ONE: Coefficient = Coefficient::Small(1, 0);

    /// The number, if it fits 128 bits.
    #[inline(always)]
    pub fn small(&self) -> Option<u128> {
        match self {
            Coefficient::Small(low, high) => Some(u128::from(*low) | u128::from(*high) << 64),
            Coefficient::Big(_) => None,
        }
    }

    /// The number in its long form.
    pub fn to_natural(&self) -> Natural {
        match self {
            Coefficient::Small(low, high) => {
                Natural::from(u128::from(*low) | u128::from(*high) << 64)
            }
            Coefficient::Big(number) => (**number).clone(),
        }
    }

    /// Whether this is zero.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        matches!(self, Coefficient::Small(0, 0))
    }

    /// Whether this is one.
    pub fn is_one(&self) -> bool {
        matches!(self, Coefficient::Small(1, 0))
    }

    /// How many digits there are; zero has one.
    #[inline(always)]
    pub fn digits(&self) -> i64 {
        match self {
            Coefficient::Small(low, high) => {
                i64::from(count_digits(u128::from(*low) | u128::from(*high) << 64))
            }
            Coefficient::Big(number) => count_digits_big(number) as i64,
        }
    }

    /// The last digit.
    pub fn last_digit(&self) -> u8 {
        match self {
            Coefficient::Small(low, 0) => (low % 10) as u8,
            Coefficient::Small(..) => divide_by_power(self.small().unwrap_or(0), 1).1 as u8,
            Coefficient::Big(number) => {
                u8::try_from(&(&**number % Natural::from(10u64))).unwrap_or(0)
            }
        }
    }

    /// Whether the last digit is odd.
    pub fn is_odd(&self) -> bool {
        match self {
            Coefficient::Small(low, _) => low & 1 == 1,
            Coefficient::Big(number) => number.limbs().next().is_some_and(|limb| limb & 1 == 1),
        }
    }

    /// `self * 10 ** places`; nothing if that is longer than any coefficient may be.
    #[inline]
    pub fn shifted_left(&self, places: i64) -> Option<Coefficient> {
        debug_assert!(places >= 0);
        if places == 0 || self.is_zero() {
            return Some(self.clone());
        }
        if let (Some(small), true) = (self.small(), places < COUNT as i64)
            && let Some(shifted) = small.checked_mul(POWERS[places as usize])
        {
            return Some(Coefficient::from(shifted));
        }
        if self.digits() + places > MOST_DIGITS as i64 {
            return None;
        }
        Some(Coefficient::from(with_power(
            places as u64,
            |power| match self {
                Coefficient::Big(number) => &**number * power,
                small => small.to_natural() * power,
            },
        )))
    }

    /// `self // 10 ** places`, and what was cut off.
    #[inline]
    pub fn shifted_right(&self, places: i64) -> (Coefficient, Lost) {
        debug_assert!(places >= 0);
        match self.small() {
            Some(0) => (Coefficient::ZERO, Lost::Nothing),
            Some(small) if places < COUNT as i64 => {
                let (quotient, rest) = divide_by_power(small, places as usize);
                (
                    Coefficient::from(quotient),
                    Lost::classify(rest, POWERS[places as usize]),
                )
            }
            Some(_) => (Coefficient::ZERO, Lost::BelowHalf),
            None => self.shifted_right_long(places),
        }
    }

    #[cold]
    fn shifted_right_long(&self, places: i64) -> (Coefficient, Lost) {
        if places > self.digits() {
            return (Coefficient::ZERO, Lost::BelowHalf);
        }
        let Coefficient::Big(number) = self else {
            return (self.clone(), Lost::Nothing);
        };
        with_power(places as u64, |power| {
            let (quotient, rest) = (&**number).div_mod(power);
            let lost = match () {
                _ if rest == 0u64 => Lost::Nothing,
                _ => match (rest << 1u64).cmp(power) {
                    Ordering::Less => Lost::BelowHalf,
                    Ordering::Equal => Lost::Half,
                    Ordering::Greater => Lost::AboveHalf,
                },
            };
            (Coefficient::from(quotient), lost)
        })
    }

    /// The last `places` digits.
    pub fn last_digits(&self, places: i64) -> Coefficient {
        if places >= self.digits() {
            return self.clone();
        }
        match self.small() {
            Some(small) => Coefficient::from(small % POWERS[places as usize]),
            None => Coefficient::from(with_power(places as u64, |power| self.to_natural() % power)),
        }
    }

    /// `self + other`.
    #[inline]
    pub fn add(&self, other: &Coefficient) -> Coefficient {
        if let (Some(left), Some(right)) = (self.small(), other.small())
            && let Some(sum) = left.checked_add(right)
        {
            return Coefficient::from(sum);
        }
        Coefficient::from(self.to_natural() + other.to_natural())
    }

    /// `self - other`, which is not greater.
    #[inline]
    pub fn subtract(&self, other: &Coefficient) -> Coefficient {
        if let (Some(left), Some(right)) = (self.small(), other.small()) {
            return Coefficient::from(left.saturating_sub(right));
        }
        match self.compare(other) {
            Ordering::Greater => Coefficient::from(self.to_natural() - other.to_natural()),
            _ => Coefficient::ZERO,
        }
    }

    /// `self * other`.
    #[inline]
    pub fn multiply(&self, other: &Coefficient) -> Coefficient {
        match (self, other) {
            (Coefficient::Small(left, 0), Coefficient::Small(right, 0)) => {
                Coefficient::from(u128::from(*left) * u128::from(*right))
            }
            (Coefficient::Small(..), Coefficient::Small(..)) => Coefficient::from(Wide::product(
                self.small().unwrap_or(0),
                other.small().unwrap_or(0),
            )),
            (Coefficient::Big(left), Coefficient::Big(right)) => {
                Coefficient::from(&**left * &**right)
            }
            _ => Coefficient::from(self.to_natural() * other.to_natural()),
        }
    }

    /// Quotient and remainder; `divisor` is not zero.
    pub fn divide(&self, divisor: &Coefficient) -> (Coefficient, Coefficient) {
        if let (Some(number), Some(divisor)) = (self.small(), divisor.small()) {
            let (quotient, rest) = divide_128(number, divisor.max(1));
            return (Coefficient::from(quotient), Coefficient::from(rest));
        }
        let (quotient, rest) = self.to_natural().div_mod(divisor.to_natural());
        (Coefficient::from(quotient), Coefficient::from(rest))
    }

    /// The greater of the two numbers.
    pub fn compare(&self, other: &Coefficient) -> Ordering {
        match (self, other) {
            (Coefficient::Big(left), Coefficient::Big(right)) => left.cmp(right),
            (Coefficient::Big(_), _) => Ordering::Greater,
            (_, Coefficient::Big(_)) => Ordering::Less,
            _ => self.small().cmp(&other.small()),
        }
    }

    /// `self + 1`.
    #[inline]
    pub fn incremented(&self) -> Coefficient {
        match self {
            Coefficient::Small(low, high) if *low != u64::MAX => Coefficient::Small(low + 1, *high),
            _ => Coefficient::from(self.to_natural() + Natural::ONE),
        }
    }

    /// How many zeros the number ends with; zero has none.
    pub fn trailing_zeros(&self) -> i64 {
        if self.is_zero() {
            return 0;
        }
        if let Some(small) = self.small() {
            return i64::from(strip_zeros(small, COUNT as u32).1);
        }
        let mut zeros = 0;
        let mut rest = self.clone();
        // From steps that double to steps of one.
        let mut step = 1;
        let mut grows = true;
        loop {
            match rest.shifted_right(step) {
                (quotient, Lost::Nothing) if !quotient.is_zero() => {
                    rest = quotient;
                    zeros += step;
                    if grows {
                        step *= 2;
                    }
                }
                _ if step == 1 => return zeros,
                _ => {
                    grows = false;
                    step /= 2;
                }
            }
        }
    }

    /// `10 ** digits - 1`; nothing if that is longer than any coefficient may be.
    pub fn nines(digits: i64) -> Option<Coefficient> {
        let power = Coefficient::ONE.shifted_left(digits)?;
        Some(power.subtract(&Coefficient::ONE))
    }

    /// The digits as text.
    pub fn to_text(&self) -> String {
        match self {
            Coefficient::Small(low, 0) => low.to_string(),
            Coefficient::Small(..) => self.small().unwrap_or(0).to_string(),
            Coefficient::Big(number) => number.to_string(),
        }
    }

    /// The number that ASCII digits spell.
    pub fn from_digits(digits: &[u8]) -> Coefficient {
        let first = digits
            .iter()
            .position(|&digit| digit != b'0')
            .unwrap_or(digits.len());
        let digits = &digits[first..];
        match digits.len() {
            0..=19 => Coefficient::from(
                digits
                    .iter()
                    .fold(0u64, |number, &digit| number * 10 + u64::from(digit - b'0')),
            ),
            20..=38 => Coefficient::from(digits.iter().fold(0u128, |number, &digit| {
                number * 10 + u128::from(digit - b'0')
            })),
            _ => {
                let text = std::str::from_utf8(digits).unwrap_or("0");
                text.parse::<Natural>()
                    .map_or(Coefficient::ZERO, Coefficient::from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_say_what_they_lose() {
        let number = Coefficient::from(12_500u64);
        assert_eq!(number.shifted_right(2).1, Lost::Nothing);
        assert_eq!(number.shifted_right(3).1, Lost::Half);
        assert_eq!(number.shifted_right(4).1, Lost::BelowHalf);
        assert_eq!(Coefficient::from(7u64).shifted_right(1).1, Lost::AboveHalf);
        let long = number.shifted_left(100).expect("short enough");
        assert_eq!(long.digits(), 105);
        assert_eq!(long.trailing_zeros(), 102);
        assert_eq!(long.shifted_right(103).1, Lost::Half);
        assert_eq!(long.to_text(), format!("125{}", "0".repeat(102)));
        assert_eq!(
            Coefficient::from_digits(long.to_text().as_bytes()).compare(&long),
            Ordering::Equal
        );
    }
}
