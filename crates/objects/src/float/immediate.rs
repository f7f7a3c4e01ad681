//! Arithmetic of the interpreter's fast paths: floats, and floats mixed with small ints.
//!
//! An operand counts when its class is exactly `float` or it is an immediate int. The functions answer `None` when an
//! operand is something else, or when the operation raises: the caller then takes the general path.

use crate::class::Comparison;
use crate::float::{exact, new};
use crate::value::Value;

/// Both numbers, if both values are exact floats.
#[inline(always)]
pub fn both(left: &Value, right: &Value) -> Option<(f64, f64)> {
    Some((exact(left)?, exact(right)?))
}

/// Both numbers, if one value is an exact float and the other an exact float or an immediate int.
#[inline(always)]
pub fn both_mixed(left: &Value, right: &Value) -> Option<(f64, f64)> {
    match (exact(left), exact(right)) {
        (Some(left), Some(right)) => Some((left, right)),
        (Some(left), None) => Some((left, right.as_small_int()? as f64)),
        (None, Some(right)) => Some((left.as_small_int()? as f64, right)),
        (None, None) => None,
    }
}

macro_rules! arithmetic {
    ($($floats:ident $mixed:ident $symbol:tt $text:literal;)*) => { $(
        #[doc = concat!("`left ", $text, " right` of two floats.")]
        #[inline(always)]
        pub fn $floats(left: &Value, right: &Value) -> Option<Value> {
            let (left, right) = both(left, right)?;
            Some(new(left $symbol right))
        }

        #[doc = concat!("`left ", $text, " right` of a float and a float or small int, in either order.")]
        #[inline(always)]
        pub fn $mixed(left: &Value, right: &Value) -> Option<Value> {
            let (left, right) = both_mixed(left, right)?;
            Some(new(left $symbol right))
        }
    )* };
}
arithmetic! {
    add_float add_mixed + "+";
    subtract_float subtract_mixed - "-";
    multiply_float multiply_mixed * "*";
}

/// `left / right` of two floats; `None` for a zero divisor too.
#[inline(always)]
pub fn true_divide_float(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = both(left, right)?;
    (right != 0.0).then(|| new(left / right))
}

/// `left / right` of a float and a float or small int; `None` for a zero divisor too.
#[inline(always)]
pub fn true_divide_mixed(left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = both_mixed(left, right)?;
    (right != 0.0).then(|| new(left / right))
}

/// Whether `left OP right` holds for two numbers.
#[inline(always)]
pub fn compare(left: f64, right: f64, comparison: Comparison) -> bool {
    match comparison {
        Comparison::Lt => left < right,
        Comparison::Le => left <= right,
        Comparison::Eq => left == right,
        Comparison::Ne => left != right,
        Comparison::Gt => left > right,
        Comparison::Ge => left >= right,
    }
}

/// Whether `left OP right` holds for two floats.
#[inline(always)]
pub fn compare_float(left: &Value, right: &Value, comparison: Comparison) -> Option<bool> {
    both(left, right).map(|(left, right)| compare(left, right, comparison))
}

/// `-value` of a float.
#[inline(always)]
pub fn negative_float(value: &Value) -> Option<Value> {
    exact(value).map(|value| new(-value))
}
