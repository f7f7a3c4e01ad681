//! Arithmetic on two immediate ints, directly on the tagged form.
//!
//! A small int `x` is the word `2x + 1`. Sums, differences and products of such words overflow 64 bits exactly when the
//! result leaves the 63 bits of an immediate, so one overflow check serves both. Every function answers `None` when an
//! operand is not an immediate int or the result is not: the caller then takes the general path of [`super::ops`].

use std::cmp::Ordering;

use crate::class::Comparison;
use crate::value::{Value, bits};

/// The words of two immediate ints.
#[inline(always)]
fn words(left: &Value, right: &Value) -> Option<(i64, i64)> {
    let (left, right) = (left.bits(), right.bits());
    bits::is_int(left & right).then_some((left as i64, right as i64))
}

/// Both numbers, if both values are immediate ints.
#[inline(always)]
pub fn both(left: &Value, right: &Value) -> Option<(i64, i64)> {
    words(left, right).map(|(left, right)| (left >> 1, right >> 1))
}

/// Whether both values are immediate ints.
#[inline(always)]
pub fn are_small(left: &Value, right: &Value) -> bool {
    bits::is_int(left.bits() & right.bits())
}

/// `left + right`.
#[inline(always)]
pub fn add_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = words(left, right)?;
    Some(Value::from_int_word((left - 1).checked_add(right)?))
}

/// `left - right`.
#[inline(always)]
pub fn subtract_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = words(left, right)?;
    Some(Value::from_int_word(left.checked_sub(right - 1)?))
}

/// `left * right`.
#[inline(always)]
pub fn multiply_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = words(left, right)?;
    Some(Value::from_int_word(
        (left - 1).checked_mul(right >> 1)? | 1,
    ))
}

/// `left // right`; `None` for a zero divisor too.
#[inline(always)]
pub fn floor_divide_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = both(left, right)?;
    if right == 0 {
        return None;
    }
    // No overflow: immediates have 63 bits.
    let quotient = left / right;
    let remainder = left % right;
    Value::from_small_int(quotient - (remainder != 0 && (remainder ^ right) < 0) as i64)
}

/// `left % right`; `None` for a zero divisor too.
#[inline(always)]
pub fn remainder_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = both(left, right)?;
    if right == 0 {
        return None;
    }
    let remainder = left % right;
    let adjusted = if remainder != 0 && (remainder ^ right) < 0 {
        remainder + right
    } else {
        remainder
    };
    Some(Value::from_int_word(adjusted << 1 | 1))
}

/// `left & right`.
#[inline(always)]
pub fn and_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = words(left, right)?;
    Some(Value::from_int_word(left & right))
}

/// `left | right`.
#[inline(always)]
pub fn or_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = words(left, right)?;
    Some(Value::from_int_word(left | right))
}

/// `left ^ right`.
#[inline(always)]
pub fn xor_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = words(left, right)?;
    Some(Value::from_int_word(left ^ right | 1))
}

/// `left << right`, for shifts by 0 to 62.
#[inline(always)]
pub fn lshift_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, count) = both(left, right)?;
    if !(0..63).contains(&count) {
        return None;
    }
    let shifted = left << count;
    if shifted >> count != left {
        return None;
    }
    Value::from_small_int(shifted)
}

/// `left >> right`, for shifts that are not negative.
#[inline(always)]
pub fn rshift_small(left: &Value, right: &Value) -> Option<Value> {
    let (left, count) = words(left, right)?;
    if count < 0 {
        return None;
    }
    Some(Value::from_int_word(left >> (count >> 1).min(63) | 1))
}

/// `-value`.
#[inline(always)]
pub fn negative_small(value: &Value) -> Option<Value> {
    if !bits::is_int(value.bits()) {
        return None;
    }
    Some(Value::from_int_word(2i64.checked_sub(value.bits() as i64)?))
}

/// `~value`.
#[inline(always)]
pub fn invert_small(value: &Value) -> Option<Value> {
    bits::is_int(value.bits()).then(|| Value::from_int_word(!value.bits() as i64 | 1))
}

/// How two immediate ints are ordered.
#[inline(always)]
pub fn order_small(left: &Value, right: &Value) -> Option<Ordering> {
    words(left, right).map(|(left, right)| left.cmp(&right))
}

/// Whether `left OP right` holds.
#[inline(always)]
pub fn compare_small(left: &Value, right: &Value, comparison: Comparison) -> Option<bool> {
    order_small(left, right).map(|ordering| comparison.holds(ordering))
}
