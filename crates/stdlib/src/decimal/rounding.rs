//! From an exact result to one that a context can hold: rounding, limits of exponents, NaN payloads.
//!
//! Every operation ends in [`finish`]. A result that is right up to its last digit but not exact comes with a last digit
//! other than 0 and 5, which every rounding treats as the exact number would be treated.

use super::coefficient::{Coefficient, Lost};
use super::number::{Kind, Number};
use super::powers::{self, POWERS};
use super::quick::{self, Scalar};
use super::settings::{EXPONENT_BEYOND, MAX_EMAX, MAX_PREC, MIN_ETINY, Rounding, Settings, Status};
use super::wide::Wide;

/// Whether a coefficient that lost something grows by one.
#[inline(always)]
pub fn grows(
    rounding: Rounding,
    negative: bool,
    lost: Lost,
    last_digit: impl FnOnce() -> u8,
) -> bool {
    if lost == Lost::Nothing {
        return false;
    }
    match rounding {
        Rounding::HalfEven => {
            lost == Lost::AboveHalf || (lost == Lost::Half && last_digit() % 2 == 1)
        }
        Rounding::Down => false,
        Rounding::HalfUp => lost != Lost::BelowHalf,
        Rounding::HalfDown => lost == Lost::AboveHalf,
        Rounding::Up => true,
        Rounding::Ceiling => !negative,
        Rounding::Floor => negative,
        Rounding::ZeroFiveUp => matches!(last_digit(), 0 | 5),
    }
}

/// Drops the last `places` digits, and rounds. The result can have one digit more than were kept.
#[inline]
pub fn drop_digits(
    coefficient: &Coefficient,
    places: i64,
    negative: bool,
    rounding: Rounding,
) -> (Coefficient, Lost) {
    let (kept, lost) = coefficient.shifted_right(places);
    match grows(rounding, negative, lost, || kept.last_digit()) {
        true => (kept.incremented(), lost),
        false => (kept, lost),
    }
}

/// Rounds a product that is longer than 128 bits, where that gives a normal number of the context.
pub fn round_wide(
    product: Wide,
    negative: bool,
    exponent: i64,
    settings: &Settings,
    status: &mut Status,
) -> Option<Number> {
    let digits = i64::from(product.count_digits());
    let adjusted = exponent + digits - 1;
    let places = digits - settings.precision;
    if !(1..POWERS.len() as i64).contains(&places)
        || adjusted >= settings.emax
        || adjusted < settings.emin
    {
        return None;
    }
    if settings.precision >= POWERS.len() as i64 {
        return None;
    }
    let (quotient, rest) = product.divide_by_power(places as usize);
    let lost = Lost::classify(rest, POWERS[places as usize]);
    let mut coefficient = Coefficient::from(quotient);
    let mut exponent = exponent + places;
    if grows(settings.rounding, negative, lost, || {
        coefficient.last_digit()
    }) {
        coefficient = coefficient.incremented();
        if coefficient.digits() > settings.precision {
            coefficient = coefficient.shifted_right(1).0;
            exponent += 1;
        }
    }
    *status |= if lost == Lost::Nothing {
        Status::ROUNDED
    } else {
        Status::ROUNDED | Status::INEXACT
    };
    Some(Number::finite(negative, coefficient, exponent))
}

/// Makes a result fit the context, and says what that took.
#[inline]
pub fn finish(number: Number, settings: &Settings, status: &mut Status) -> Number {
    if let (Kind::Finite, Coefficient::Small(..)) = (number.kind, &number.coefficient) {
        let digits = number.coefficient.digits();
        let adjusted = number.exponent + digits - 1;
        if digits <= settings.precision
            && adjusted <= settings.emax
            && adjusted >= settings.emin
            && !(settings.clamp && number.exponent > settings.etop())
        {
            return number;
        }
    }
    finish_slow(number, settings, status)
}

fn finish_slow(number: Number, settings: &Settings, status: &mut Status) -> Number {
    match number.kind {
        Kind::Finite if number.coefficient.is_zero() => finish_zero(number, settings, status),
        Kind::Finite => finish_finite(number, settings, status),
        Kind::Infinity => number,
        Kind::QuietNan | Kind::SignalingNan => fit_payload(number, settings),
    }
}

/// Cuts the payload of a NaN to what the context holds.
fn fit_payload(number: Number, settings: &Settings) -> Number {
    let places = settings.precision - i64::from(settings.clamp);
    if number.coefficient.is_zero() || number.coefficient.digits() <= places {
        return number;
    }
    Number {
        coefficient: number.coefficient.last_digits(places),
        ..number
    }
}

fn finish_zero(number: Number, settings: &Settings, status: &mut Status) -> Number {
    let top = if settings.clamp {
        settings.etop()
    } else {
        settings.emax
    };
    let exponent = number
        .exponent
        .clamp(settings.etiny(), top.max(settings.etiny()));
    if exponent != number.exponent {
        *status |= Status::CLAMPED;
    }
    Number { exponent, ..number }
}

fn finish_finite(number: Number, settings: &Settings, status: &mut Status) -> Number {
    let digits = number.coefficient.digits();
    let adjusted = number.exponent + digits - 1;
    if adjusted > settings.emax {
        return overflow(number.negative, settings, status);
    }
    let is_subnormal = adjusted < settings.emin;
    let wanted = match is_subnormal {
        true => settings.etiny(),
        false => number.exponent + digits - settings.precision,
    };
    if is_subnormal {
        *status |= Status::SUBNORMAL;
    }
    if number.exponent >= wanted {
        return fold_down(number, settings, status);
    }
    let (mut coefficient, lost) = drop_digits(
        &number.coefficient,
        wanted - number.exponent,
        number.negative,
        settings.rounding,
    );
    let mut exponent = wanted;
    *status |= Status::ROUNDED;
    if lost != Lost::Nothing {
        *status |= Status::INEXACT;
        if is_subnormal {
            *status |= Status::UNDERFLOW;
        }
    }
    if coefficient.is_zero() {
        *status |= Status::CLAMPED;
        return Number::zero(number.negative, exponent);
    }
    if !is_subnormal && coefficient.digits() > settings.precision {
        coefficient = coefficient.shifted_right(1).0;
        exponent += 1;
        if exponent + settings.precision - 1 > settings.emax {
            return overflow(number.negative, settings, status);
        }
    }
    Number {
        coefficient,
        exponent,
        ..number
    }
}

/// Under `clamp`, gives a large exponent to the coefficient as zeros.
fn fold_down(number: Number, settings: &Settings, status: &mut Status) -> Number {
    if !settings.clamp || number.exponent <= settings.etop() {
        return number;
    }
    let Some(coefficient) = number
        .coefficient
        .shifted_left(number.exponent - settings.etop())
    else {
        return status.fail(Status::MEMORY);
    };
    *status |= Status::CLAMPED;
    Number {
        coefficient,
        exponent: settings.etop(),
        ..number
    }
}

/// The result of an operation whose result is too large.
pub fn overflow(negative: bool, settings: &Settings, status: &mut Status) -> Number {
    *status |= Status::OVERFLOW | Status::INEXACT | Status::ROUNDED;
    let largest = match settings.rounding {
        Rounding::Down | Rounding::ZeroFiveUp => true,
        Rounding::Ceiling => negative,
        Rounding::Floor => !negative,
        _ => false,
    };
    if largest {
        largest_finite(negative, settings, status)
    } else {
        Number::infinity(negative)
    }
}

/// The largest finite number of a context.
pub fn largest_finite(negative: bool, settings: &Settings, status: &mut Status) -> Number {
    match Coefficient::nines(settings.precision) {
        Some(coefficient) => Number::finite(negative, coefficient, settings.etop()),
        None => status.fail(Status::MEMORY),
    }
}

/// Gives a result that is never exact: the flags say so even where the digits are all there.
pub fn finish_inexact(number: Number, settings: &Settings, status: &mut Status) -> Number {
    *status |= Status::INEXACT | Status::ROUNDED;
    if number.is_finite() && !number.coefficient.is_zero() && number.adjusted() < settings.emin {
        *status |= Status::UNDERFLOW | Status::SUBNORMAL;
    }
    finish(number, settings, status)
}

/// The NaN that an operation with a NaN among its operands has as its result; nothing if there is none.
pub fn propagate_nan(
    operands: &[&Number],
    settings: &Settings,
    status: &mut Status,
) -> Option<Number> {
    let chosen = operands
        .iter()
        .find(|operand| operand.is_signaling())
        .or_else(|| operands.iter().find(|operand| operand.is_nan()))?;
    if chosen.is_signaling() {
        *status |= Status::INVALID_OPERATION;
    }
    let quiet = Number {
        kind: Kind::QuietNan,
        ..(**chosen).clone()
    };
    Some(fit_payload(quiet, settings))
}

/// `number` with the exponent of `model`, rounded.
#[inline]
pub fn quantize(
    number: &Number,
    model: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let (Some(first), Some(second)) = (Scalar::of_number(number), Scalar::of_number(model))
        && let Some(outcome) = quick::quantize(first, second, settings)
    {
        *status |= outcome.status;
        return outcome.scalar.into_number();
    }
    quantize_generally(number, model, settings, status)
}

/// As [`quantize`], without the short way.
pub fn quantize_generally(
    number: &Number,
    model: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if !number.is_finite() || !model.is_finite() {
        if let Some(nan) = propagate_nan(&[number, model], settings, status) {
            return nan;
        }
        if number.is_infinite() && model.is_infinite() {
            return number.clone();
        }
        return status.fail(Status::INVALID_OPERATION);
    }
    quantize_to(number, model.exponent, settings, status)
}

/// A finite number with another exponent, rounded.
pub fn quantize_to(
    number: &Number,
    exponent: i64,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if exponent > settings.emax || exponent < settings.etiny() {
        return status.fail(Status::INVALID_OPERATION);
    }
    if number.coefficient.is_zero() {
        return finish(Number::zero(number.negative, exponent), settings, status);
    }
    let places = number.exponent - exponent;
    if number.coefficient.digits() + places > settings.precision {
        return status.fail(Status::INVALID_OPERATION);
    }
    let mut work = Status::NONE;
    let coefficient = if places >= 0 {
        match number.coefficient.shifted_left(places) {
            Some(coefficient) => coefficient,
            None => return status.fail(Status::MEMORY),
        }
    } else {
        let (coefficient, lost) = drop_digits(
            &number.coefficient,
            -places,
            number.negative,
            settings.rounding,
        );
        work |= if lost == Lost::Nothing {
            Status::ROUNDED
        } else {
            Status::ROUNDED | Status::INEXACT
        };
        if coefficient.digits() > settings.precision {
            return status.fail(Status::INVALID_OPERATION);
        }
        coefficient
    };
    let result = Number::finite(number.negative, coefficient, exponent);
    let adjusted = result.adjusted();
    if adjusted > settings.emax || adjusted < settings.etiny() {
        return status.fail(Status::INVALID_OPERATION);
    }
    *status |= work;
    finish(result, settings, status)
}

/// A number with another exponent, whatever the precision of the context; for showing it.
pub fn rescale(number: &Number, exponent: i64, rounding: Rounding, status: &mut Status) -> Number {
    if !number.is_finite() {
        return number.clone();
    }
    if !(MIN_ETINY - MAX_PREC..=MAX_EMAX + 1).contains(&exponent) {
        return status.fail(Status::INVALID_OPERATION);
    }
    if number.coefficient.is_zero() {
        return Number::zero(number.negative, exponent);
    }
    let places = number.exponent - exponent;
    let coefficient = if places >= 0 {
        match number.coefficient.shifted_left(places) {
            Some(coefficient) => coefficient,
            None => return status.fail(Status::MEMORY),
        }
    } else {
        drop_digits(&number.coefficient, -places, number.negative, rounding).0
    };
    Number::finite(number.negative, coefficient, exponent)
}

/// A number rounded to a number of digits, whatever the precision of the context; for showing it.
pub fn round_to_digits(
    number: &Number,
    digits: i64,
    rounding: Rounding,
    status: &mut Status,
) -> Number {
    if !number.is_finite() || number.coefficient.is_zero() {
        return number.clone();
    }
    let exponent = number.exponent + number.coefficient.digits() - digits;
    let result = rescale(number, exponent, rounding, status);
    match result.coefficient.digits() > digits {
        true => rescale(&result, exponent + 1, rounding, status),
        false => result,
    }
}

/// The nearest whole number in the direction of the rounding; `exact` says whether the flags tell of it.
pub fn to_integral(
    number: &Number,
    exact: bool,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if !number.is_finite() {
        return propagate_nan(&[number], settings, status).unwrap_or_else(|| number.clone());
    }
    if number.exponent >= 0 {
        return number.clone();
    }
    if number.coefficient.is_zero() {
        return Number::zero(number.negative, 0);
    }
    let (coefficient, lost) = drop_digits(
        &number.coefficient,
        -number.exponent,
        number.negative,
        settings.rounding,
    );
    if exact {
        *status |= if lost == Lost::Nothing {
            Status::ROUNDED
        } else {
            Status::ROUNDED | Status::INEXACT
        };
    }
    Number::finite(number.negative, coefficient, 0)
}

/// The number without trailing zeros.
pub fn reduce(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    if !number.is_finite() {
        return propagate_nan(&[number], settings, status).unwrap_or_else(|| number.clone());
    }
    let result = finish(number.clone(), settings, status);
    if !result.is_finite() {
        return result;
    }
    if result.coefficient.is_zero() {
        return Number::zero(number.negative, 0);
    }
    let top = if settings.clamp {
        settings.etop()
    } else {
        settings.emax
    };
    strip_zeros(result, top)
}

/// Drops trailing zeros as long as the exponent stays at or below `top`.
pub fn strip_zeros(number: Number, top: i64) -> Number {
    if number.exponent >= top {
        return number;
    }
    let most = top - number.exponent;
    if let (Some(small), false) = (number.coefficient.small(), number.coefficient.is_zero()) {
        let (stripped, zeros) = powers::strip_zeros(small, most.min(POWERS.len() as i64) as u32);
        return Number {
            coefficient: Coefficient::from(stripped),
            exponent: number.exponent + i64::from(zeros),
            ..number
        };
    }
    let zeros = number.coefficient.trailing_zeros().min(most);
    match zeros > 0 {
        true => Number {
            coefficient: number.coefficient.shifted_right(zeros).0,
            exponent: number.exponent + zeros,
            ..number
        },
        false => number,
    }
}

/// `+number`: rounded to the context.
pub fn plus(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    signed(number, number.negative, settings, status)
}

/// `-number`, rounded to the context.
pub fn minus(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    signed(number, !number.negative, settings, status)
}

/// `abs(number)`, rounded to the context.
pub fn absolute(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    signed(number, false, settings, status)
}

fn signed(number: &Number, negative: bool, settings: &Settings, status: &mut Status) -> Number {
    if !number.is_finite()
        && let Some(nan) = propagate_nan(&[number], settings, status)
    {
        return nan;
    }
    let negative = negative && !(number.is_zero() && settings.rounding != Rounding::Floor);
    finish(number.with_sign(negative), settings, status)
}

/// The largest number of the context that is smaller.
pub fn next_minus(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    next(number, true, settings, status)
}

/// The smallest number of the context that is larger.
pub fn next_plus(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    next(number, false, settings, status)
}

fn next(number: &Number, down: bool, settings: &Settings, status: &mut Status) -> Number {
    match number.kind {
        Kind::Finite => {}
        Kind::Infinity if number.negative == down => return number.clone(),
        Kind::Infinity => return largest_finite(number.negative, settings, status),
        _ => return propagate_nan(&[number], settings, status).unwrap_or(Number::NAN),
    }
    let work = settings.rounded(if down {
        Rounding::Floor
    } else {
        Rounding::Ceiling
    });
    let mut work_status = Status::NONE;
    let fitted = finish(number.clone(), &work, &mut work_status);
    if work_status.has(Status::INEXACT | Status::ERRORS) {
        *status |= work_status.and(Status::ERRORS);
        return fitted;
    }
    let tiny = Number::finite(down, Coefficient::ONE, settings.etiny() - 1);
    let mut work_status = Status::NONE;
    let result = super::arithmetic::add(number, &tiny, &work, &mut work_status);
    *status |= work_status.and(Status::ERRORS);
    result
}

/// The number of the context next to `number` in the direction of `target`.
pub fn next_toward(
    number: &Number,
    target: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let Some(nan) = propagate_nan(&[number, target], settings, status) {
        return nan;
    }
    let result = match number.compare(target) {
        std::cmp::Ordering::Equal => return number.with_sign(target.negative),
        std::cmp::Ordering::Less => next_plus(number, settings, status),
        std::cmp::Ordering::Greater => next_minus(number, settings, status),
    };
    if result.is_infinite() {
        *status |= Status::OVERFLOW | Status::ROUNDED | Status::INEXACT;
    } else if result.is_finite() && result.adjusted() < settings.emin {
        *status |= Status::UNDERFLOW | Status::SUBNORMAL | Status::ROUNDED | Status::INEXACT;
        if result.coefficient.is_zero() {
            *status |= Status::CLAMPED;
        }
    }
    result
}

/// An infinity in the form that [`finish`] turns into what the rounding wants of an overflow.
pub fn beyond(negative: bool) -> Number {
    Number::finite(negative, Coefficient::ONE, EXPONENT_BEYOND)
}
