//! What decides how results come out, and what is said about them: precision, limits, rounding, conditions.

use std::ops::{BitOr, BitOrAssign};

use super::number::Number;

/// The largest precision.
pub const MAX_PREC: i64 = 999_999_999_999_999_999;
/// The largest exponent.
pub const MAX_EMAX: i64 = 999_999_999_999_999_999;
/// The smallest exponent of a normal number.
pub const MIN_EMIN: i64 = -999_999_999_999_999_999;
/// The smallest exponent of all.
pub const MIN_ETINY: i64 = MIN_EMIN - (MAX_PREC - 1);
/// An exponent that no context holds.
pub const EXPONENT_BEYOND: i64 = 2_000_000_000_000_000_001;

/// How a number is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards infinity.
    Ceiling,
    /// Towards minus infinity.
    Floor,
    /// To the nearest, ties away from zero.
    HalfUp,
    /// To the nearest, ties towards zero.
    HalfDown,
    /// To the nearest, ties to an even digit.
    HalfEven,
    /// Away from zero if the last digit would be 0 or 5.
    ZeroFiveUp,
}

impl Rounding {
    /// All of them, in the order of their numbers.
    pub const ALL: [Rounding; 8] = [
        Rounding::Up,
        Rounding::Down,
        Rounding::Ceiling,
        Rounding::Floor,
        Rounding::HalfUp,
        Rounding::HalfDown,
        Rounding::HalfEven,
        Rounding::ZeroFiveUp,
    ];

    /// The name in Python.
    pub fn name(self) -> &'static str {
        match self {
            Rounding::Up => "ROUND_UP",
            Rounding::Down => "ROUND_DOWN",
            Rounding::Ceiling => "ROUND_CEILING",
            Rounding::Floor => "ROUND_FLOOR",
            Rounding::HalfUp => "ROUND_HALF_UP",
            Rounding::HalfDown => "ROUND_HALF_DOWN",
            Rounding::HalfEven => "ROUND_HALF_EVEN",
            Rounding::ZeroFiveUp => "ROUND_05UP",
        }
    }
}

/// A set of conditions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status(pub u32);

impl Status {
    /// Nothing to say.
    pub const NONE: Status = Status(0);
    /// The exponent was changed to fit.
    pub const CLAMPED: Status = Status(1);
    /// Text that spells no number.
    pub const CONVERSION_SYNTAX: Status = Status(1 << 1);
    /// A finite number was divided by zero.
    pub const DIVISION_BY_ZERO: Status = Status(1 << 2);
    /// The whole quotient is longer than the precision.
    pub const DIVISION_IMPOSSIBLE: Status = Status(1 << 3);
    /// Zero was divided by zero.
    pub const DIVISION_UNDEFINED: Status = Status(1 << 4);
    /// Digits other than zero were lost.
    pub const INEXACT: Status = Status(1 << 6);
    /// A context that cannot be used.
    pub const INVALID_CONTEXT: Status = Status(1 << 7);
    /// An operation without a result.
    pub const INVALID_OPERATION: Status = Status(1 << 8);
    /// The memory does not hold the result.
    pub const MEMORY: Status = Status(1 << 9);
    /// A float took part.
    pub const FLOAT_OPERATION: Status = Status(1 << 10);
    /// The exponent is too large.
    pub const OVERFLOW: Status = Status(1 << 11);
    /// Digits were lost.
    pub const ROUNDED: Status = Status(1 << 12);
    /// The result is below the normal numbers.
    pub const SUBNORMAL: Status = Status(1 << 13);
    /// Subnormal and inexact.
    pub const UNDERFLOW: Status = Status(1 << 14);
    /// Everything that the signal InvalidOperation stands for.
    pub const INVALID: Status =
        Status(1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9);
    /// The conditions whose result is a NaN, and division by zero.
    pub const ERRORS: Status = Status(Status::INVALID.0 | 1 << 2);

    /// Whether the sets have a member in common.
    #[inline(always)]
    pub fn has(self, other: Status) -> bool {
        self.0 & other.0 != 0
    }

    /// What both sets have.
    pub fn and(self, other: Status) -> Status {
        Status(self.0 & other.0)
    }

    /// Adds a condition whose result is a NaN.
    pub fn fail(&mut self, condition: Status) -> Number {
        *self |= condition;
        Number::NAN
    }
}

impl BitOr for Status {
    type Output = Status;

    fn bitor(self, other: Status) -> Status {
        Status(self.0 | other.0)
    }
}

impl BitOrAssign for Status {
    #[inline(always)]
    fn bitor_assign(&mut self, other: Status) {
        self.0 |= other.0;
    }
}

/// What of a context decides results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The most digits of a result.
    pub precision: i64,
    /// The largest adjusted exponent.
    pub emax: i64,
    /// The smallest adjusted exponent of a normal number.
    pub emin: i64,
    /// How results are rounded.
    pub rounding: Rounding,
    /// Whether large exponents are folded down, as the interchange formats want it.
    pub clamp: bool,
    /// Whether exponents are written with a capital letter.
    pub capitals: bool,
}

impl Settings {
    /// The default: 28 digits.
    pub const DEFAULT: Settings = Settings {
        precision: 28,
        emax: 999_999,
        emin: -999_999,
        rounding: Rounding::HalfEven,
        clamp: false,
        capitals: true,
    };
    /// The widest: what exact conversions use.
    pub const MAXIMAL: Settings = Settings {
        precision: MAX_PREC,
        emax: MAX_EMAX,
        emin: MIN_EMIN,
        ..Settings::DEFAULT
    };

    /// The smallest exponent of all.
    #[inline(always)]
    pub fn etiny(&self) -> i64 {
        self.emin - (self.precision - 1)
    }

    /// The largest exponent of a number with all its digits.
    #[inline(always)]
    pub fn etop(&self) -> i64 {
        self.emax - (self.precision - 1)
    }

    /// The same with another rounding.
    pub fn rounded(&self, rounding: Rounding) -> Settings {
        Settings { rounding, ..*self }
    }

    /// The same with another precision.
    pub fn with_precision(&self, precision: i64) -> Settings {
        Settings { precision, ..*self }
    }
}
