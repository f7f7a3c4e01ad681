//! Shifts and bitwise operations: ints as two's complement words of endless length.

use malachite_bigint::{BigInt, Sign};

use super::IntView::{self, Big, Small};
use super::arithmetic::{check_bits, operands};
use super::{and_small, from_big, lshift_small, new, or_small, rshift_small, xor_small};
use crate::raised::PyResult;
use crate::value::Value;

macro_rules! bitwise {
    ($($name:ident $small:ident $symbol:tt $text:literal;)*) => { $(
        #[doc = concat!("`left ", $text, " right`.")]
        #[inline]
        pub fn $name(left: &Value, right: &Value) -> PyResult<Value> {
            if let Some(result) = $small(left, right) {
                return Ok(result);
            }
            Ok(match operands(left, right) {
                None => Value::NOT_IMPLEMENTED,
                Some((Small(left), Small(right))) => new(left $symbol right),
                Some((left, right)) => from_big(&*left.into_big() $symbol &*right.into_big()),
            })
        }
    )* };
}
bitwise! {
    and and_small & "&";
    or or_small | "|";
    xor xor_small ^ "^";
}

/// `~value`.
pub fn invert(value: IntView<'_>) -> Value {
    match value {
        Small(small) => new(!small),
        Big(big) => from_big(!big),
    }
}

/// `left << right`.
#[inline]
pub fn lshift(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(result) = lshift_small(left, right) {
        return Ok(result);
    }
    match operands(left, right) {
        None => Ok(Value::NOT_IMPLEMENTED),
        Some((_, right)) if right.is_negative() => bail!(ValueError, "negative shift count"),
        Some((left, _)) if left.is_zero() => Ok(new(0)),
        Some((left, Small(count))) => {
            check_bits(u128::from(left.bit_length()) + count as u128)?;
            Ok(from_big(&*left.into_big() << count as u64))
        }
        Some((_, Big(_))) => bail!(OverflowError, "too many digits in integer"),
    }
}

/// `left >> right`.
#[inline]
pub fn rshift(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(result) = rshift_small(left, right) {
        return Ok(result);
    }
    match operands(left, right) {
        None => Ok(Value::NOT_IMPLEMENTED),
        Some((_, right)) if right.is_negative() => bail!(ValueError, "negative shift count"),
        Some((Small(left), Small(count))) => Ok(new(left >> count.min(63))),
        Some((Big(left), Small(count))) => Ok(shift_right(left, count as u64)),
        Some((left, Big(_))) => Ok(new(-i64::from(left.is_negative()))),
    }
}

/// `left >> count`, rounded down.
fn shift_right(left: &BigInt, count: u64) -> Value {
    if count >= left.bits() {
        return new(-i64::from(left.sign() == Sign::Minus));
    }
    from_big(left >> count)
}
