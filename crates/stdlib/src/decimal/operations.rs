//! Small operations in the shape that the methods of `Decimal` and `Context` share.

use super::arithmetic::{Extreme, extreme, from_order};
use super::digits::logical;
use super::number::Number;
use super::settings::{Settings, Status};

/// The order of all forms.
pub fn compare_total(left: &Number, right: &Number, _: &Settings, _: &mut Status) -> Number {
    from_order(left.compare_total(right))
}

/// The order of all forms, signs left out.
pub fn compare_total_magnitude(
    left: &Number,
    right: &Number,
    _: &Settings,
    _: &mut Status,
) -> Number {
    from_order(left.compare_total_magnitude(right))
}

/// The larger number.
pub fn max(left: &Number, right: &Number, settings: &Settings, status: &mut Status) -> Number {
    extreme(
        Extreme {
            largest: true,
            magnitude: false,
        },
        left,
        right,
        settings,
        status,
    )
}

/// The number of larger magnitude.
pub fn max_magnitude(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    extreme(
        Extreme {
            largest: true,
            magnitude: true,
        },
        left,
        right,
        settings,
        status,
    )
}

/// The smaller number.
pub fn min(left: &Number, right: &Number, settings: &Settings, status: &mut Status) -> Number {
    extreme(
        Extreme {
            largest: false,
            magnitude: false,
        },
        left,
        right,
        settings,
        status,
    )
}

/// The number of smaller magnitude.
pub fn min_magnitude(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    extreme(
        Extreme {
            largest: false,
            magnitude: true,
        },
        left,
        right,
        settings,
        status,
    )
}

/// `left` with the sign of `right`.
pub fn copy_sign(left: &Number, right: &Number, _: &Settings, _: &mut Status) -> Number {
    left.with_sign(right.negative)
}

/// `and`, digit by digit.
pub fn logical_and(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    logical(left, right, |left, right| left & right, settings, status)
}

/// `or`, digit by digit.
pub fn logical_or(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    logical(left, right, |left, right| left | right, settings, status)
}

/// `xor`, digit by digit.
pub fn logical_xor(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    logical(left, right, |left, right| left ^ right, settings, status)
}

/// Whether the sign is minus.
pub fn is_signed(number: &Number) -> bool {
    number.negative
}

/// Whether the number has its one form; all have.
pub fn is_canonical(_: &Number) -> bool {
    true
}

/// Whether the number is finite, not zero, and not subnormal.
pub fn is_normal(number: &Number, settings: &Settings) -> bool {
    number.is_finite() && !number.coefficient.is_zero() && number.adjusted() >= settings.emin
}

/// Whether the number is subnormal.
pub fn is_subnormal(number: &Number, settings: &Settings) -> bool {
    number.is_finite() && !number.coefficient.is_zero() && number.adjusted() < settings.emin
}
