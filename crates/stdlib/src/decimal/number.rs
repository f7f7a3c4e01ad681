//! A decimal number: sign, coefficient and exponent, or one of the special values.

use std::cmp::Ordering;

use super::coefficient::Coefficient;

/// What a number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Sign, coefficient and exponent.
    Finite,
    /// An infinity.
    Infinity,
    /// A quiet NaN; the coefficient is its payload.
    QuietNan,
    /// A signaling NaN; the coefficient is its payload.
    SignalingNan,
}

/// A decimal number. The coefficient of an infinity is zero, as is the exponent of whatever is not finite.
#[derive(Clone, Debug)]
pub struct Number {
    /// The digits, or the payload of a NaN.
    pub coefficient: Coefficient,
    /// What power of ten the coefficient counts.
    pub exponent: i64,
    /// Whether the sign is minus.
    pub negative: bool,
    /// What the number is.
    pub kind: Kind,
}

impl Number {
    /// A finite number.
    #[inline(always)]
    pub const fn finite(negative: bool, coefficient: Coefficient, exponent: i64) -> Number {
        Number {
            coefficient,
            exponent,
            negative,
            kind: Kind::Finite,
        }
    }

    /// A finite number from a machine integer.
    pub fn from_i64(number: i64) -> Number {
        Number::finite(number < 0, Coefficient::from(number.unsigned_abs()), 0)
    }

    /// An infinity.
    pub const fn infinity(negative: bool) -> Number {
        Number {
            coefficient: Coefficient::ZERO,
            exponent: 0,
            negative,
            kind: Kind::Infinity,
        }
    }

    /// The quiet NaN without payload.
    pub const NAN: Number = Number {
        coefficient: Coefficient::ZERO,
        exponent: 0,
        negative: false,
        kind: Kind::QuietNan,
    };
    /// One.
    pub const ONE: Number = Number::finite(false, Coefficient::ONE, 0);

    /// Zero.
    pub const fn zero(negative: bool, exponent: i64) -> Number {
        Number::finite(negative, Coefficient::ZERO, exponent)
    }

    /// Whether this is neither an infinity nor a NaN.
    #[inline(always)]
    pub fn is_finite(&self) -> bool {
        self.kind == Kind::Finite
    }

    /// Whether this is an infinity.
    pub fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinity
    }

    /// Whether this is a NaN of either kind.
    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::QuietNan | Kind::SignalingNan)
    }

    /// Whether this is a quiet NaN.
    pub fn is_quiet(&self) -> bool {
        self.kind == Kind::QuietNan
    }

    /// Whether this is a signaling NaN.
    pub fn is_signaling(&self) -> bool {
        self.kind == Kind::SignalingNan
    }

    /// Whether this is a zero of either sign.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        self.kind == Kind::Finite && self.coefficient.is_zero()
    }

    /// The exponent of the first digit of a finite number.
    #[inline(always)]
    pub fn adjusted(&self) -> i64 {
        self.exponent + self.coefficient.digits() - 1
    }

    /// The same with another sign.
    pub fn with_sign(&self, negative: bool) -> Number {
        Number {
            negative,
            ..self.clone()
        }
    }

    /// Whether this is finite, and whole.
    pub fn is_integer(&self) -> bool {
        self.is_finite()
            && (self.exponent >= 0 || self.coefficient.is_zero() || {
                let fraction = -self.exponent;
                self.coefficient.digits() > fraction
                    && self.coefficient.trailing_zeros() >= fraction
            })
    }

    /// Whether this is a whole number that is odd.
    pub fn is_odd(&self) -> bool {
        match self.exponent {
            _ if !self.is_integer() => false,
            0 => self.coefficient.is_odd(),
            1.. => false,
            exponent => self.coefficient.shifted_right(-exponent).0.is_odd(),
        }
    }

    /// The magnitude of a whole number, if it fits.
    pub fn whole_magnitude(&self) -> Option<u64> {
        if !self.is_integer() {
            return None;
        }
        let whole = match self.exponent {
            _ if self.coefficient.is_zero() => return Some(0),
            0..=19 => self.coefficient.shifted_left(self.exponent)?,
            20.. => return None,
            exponent => self.coefficient.shifted_right(-exponent).0,
        };
        u64::try_from(whole.small()?).ok()
    }

    /// A whole number, if it fits.
    pub fn to_i64(&self) -> Option<i64> {
        let magnitude = self.whole_magnitude()?;
        match self.negative {
            true => 0i64.checked_sub_unsigned(magnitude),
            false => i64::try_from(magnitude).ok(),
        }
    }

    /// The order of the magnitudes of two finite numbers.
    pub fn compare_magnitude(&self, other: &Number) -> Ordering {
        match (self.coefficient.is_zero(), other.coefficient.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        if self.exponent == other.exponent {
            return self.coefficient.compare(&other.coefficient);
        }
        // First digits in the same place: the coefficients differ in length by as much as the exponents differ, so neither
        // of them gets longer than the other by the shift.
        self.adjusted().cmp(&other.adjusted()).then_with(|| {
            let places = self.exponent - other.exponent;
            match places > 0 {
                true => self
                    .coefficient
                    .shifted_left(places)
                    .map_or(Ordering::Greater, |left| left.compare(&other.coefficient)),
                false => other
                    .coefficient
                    .shifted_left(-places)
                    .map_or(Ordering::Less, |right| self.coefficient.compare(&right)),
            }
        })
    }

    /// The order of two numbers, neither of them a NaN.
    pub fn compare(&self, other: &Number) -> Ordering {
        match (self.kind, other.kind) {
            (Kind::Infinity, Kind::Infinity) => other.negative.cmp(&self.negative),
            (Kind::Infinity, _) => Self::signed(self.negative, Ordering::Greater),
            (_, Kind::Infinity) => Self::signed(other.negative, Ordering::Less),
            _ if self.coefficient.is_zero() && other.coefficient.is_zero() => Ordering::Equal,
            _ if self.coefficient.is_zero() => Self::signed(other.negative, Ordering::Less),
            _ if other.coefficient.is_zero() || self.negative != other.negative => {
                Self::signed(self.negative, Ordering::Greater)
            }
            _ => Self::signed(self.negative, self.compare_magnitude(other)),
        }
    }

    fn signed(negative: bool, order: Ordering) -> Ordering {
        if negative { order.reverse() } else { order }
    }

    /// The order of two numbers that are equal, by their forms.
    pub fn compare_equal_forms(&self, other: &Number) -> Ordering {
        match self.negative == other.negative {
            false => other.negative.cmp(&self.negative),
            true => Self::signed(self.negative, self.exponent.cmp(&other.exponent)),
        }
    }

    /// The total order of all forms of numbers.
    pub fn compare_total(&self, other: &Number) -> Ordering {
        if self.negative != other.negative {
            return other.negative.cmp(&self.negative);
        }
        Self::signed(self.negative, self.compare_total_magnitude(other))
    }

    /// The total order of all forms of numbers, their signs aside.
    pub fn compare_total_magnitude(&self, other: &Number) -> Ordering {
        let rank = |kind: Kind| match kind {
            Kind::Finite => 0,
            Kind::Infinity => 1,
            Kind::SignalingNan => 2,
            Kind::QuietNan => 3,
        };
        rank(self.kind)
            .cmp(&rank(other.kind))
            .then_with(|| match self.kind {
                Kind::Finite => self
                    .compare_magnitude(other)
                    .then(self.exponent.cmp(&other.exponent)),
                Kind::Infinity => Ordering::Equal,
                _ => self.coefficient.compare(&other.coefficient),
            })
    }

    /// Whether both have the same exponent, or are special in the same way.
    pub fn same_quantum(&self, other: &Number) -> bool {
        match self.is_finite() && other.is_finite() {
            true => self.exponent == other.exponent,
            false => {
                (self.is_nan() && other.is_nan()) || (self.is_infinite() && other.is_infinite())
            }
        }
    }
}

const _: () = assert!(
    size_of::<Number>() <= 40,
    "a number and its object's header fit 64 bytes"
);
