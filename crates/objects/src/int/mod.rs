//! `int`: the payload of boxed ints, and how Rust numbers and values turn into each other.
//!
//! An int of up to 63 bits is an immediate [`Value`] and has no payload. [`Int`] holds the rest: larger ints, and every
//! instance of a subclass whatever its size. [`view`] makes one face of immediates, bools and boxed ints; the rest of
//! this folder is written against [`IntView`]. Invariant: a value whose class is exactly `int` is boxed only if it does
//! not fit an immediate, so two immediates are equal if and only if their bits are.

pub mod arithmetic;
pub mod bitwise;
pub mod boolean;
pub mod bytes;
mod class;
pub mod convert;
pub mod division;
pub mod power;
pub mod rounding;
pub mod small;
pub mod text;

use std::borrow::Cow;

pub use malachite_bigint::{BigInt, BigUint, Sign};
use num_traits::ToPrimitive;
use taipan_macros::class;

pub use convert::{exact, from_value};
pub use rounding::{bit_count, from_f64};
pub use small::*;
pub use text::{max_str_digits, parse, set_max_str_digits, to_radix};

use crate::class::{Payload, Type};
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::value::{Ref, Value, bits};

/// The payload of ints that are not immediates.
#[class(
    name = "int",
    flags(BASETYPE, MATCH_SELF, INT),
    doc = "Whole numbers of any size.\n\nint(x=0) is the whole part of a number, or the number that text spells in decimal digits.\nint(x, base=10) reads text in a base from 2 to 36; base 0 takes the base from the text's prefix."
)]
pub struct Int {
    #[untraced]
    pub(crate) value: BigInt,
}

/// An int as Rust sees it: `Small` whenever it fits 64 bits.
#[derive(Clone, Copy, Debug)]
pub enum IntView<'a> {
    /// An int that fits.
    Small(i64),
    /// An int that does not fit an `i64`.
    Big(&'a BigInt),
}

/// An int.
#[inline(always)]
pub fn new(value: i64) -> Value {
    match Value::from_small_int(value) {
        Some(value) => value,
        None => boxed(BigInt::from(value)),
    }
}

/// An int from an unsigned number.
#[inline(always)]
pub fn from_u64(value: u64) -> Value {
    match i64::try_from(value) {
        Ok(value) => new(value),
        Err(_) => boxed(BigInt::from(value)),
    }
}

/// An int from a size.
#[inline(always)]
pub fn from_usize(value: usize) -> Value {
    from_u64(value as u64)
}

/// An int from a wide number.
pub fn from_i128(value: i128) -> Value {
    match i64::try_from(value) {
        Ok(value) => new(value),
        Err(_) => boxed(BigInt::from(value)),
    }
}

/// An int from a wide unsigned number.
pub fn from_u128(value: u128) -> Value {
    match i64::try_from(value) {
        Ok(value) => new(value),
        Err(_) => boxed(BigInt::from(value)),
    }
}

/// An int from a big number, an immediate if it fits.
pub fn from_big(value: BigInt) -> Value {
    match value.to_i64().and_then(Value::from_small_int) {
        Some(small) => small,
        None => boxed(value),
    }
}

/// An int from a big unsigned number.
pub fn from_biguint(value: BigUint) -> Value {
    from_big(BigInt::from(value))
}

/// An instance of `class`, which is `int` or a subclass.
pub fn with_class(class: &Ref<Type>, value: BigInt) -> Value {
    if class.is(Int::class()) {
        from_big(value)
    } else {
        heap::new_object(class, Int { value }).into_value()
    }
}

#[cold]
fn boxed(value: BigInt) -> Value {
    heap::new_exact(Int { value }).into_value()
}

/// The number behind an int, a bool or an instance of a subclass; no conversion method is called.
#[inline(always)]
pub fn view(value: &Value) -> Option<IntView<'_>> {
    match value.as_small_int() {
        Some(small) => Some(IntView::Small(small)),
        None => view_slow(value),
    }
}

fn view_slow(value: &Value) -> Option<IntView<'_>> {
    match value.bits() {
        bits::TRUE => Some(IntView::Small(1)),
        bits::FALSE => Some(IntView::Small(0)),
        _ => {
            let int: &Int = value.downcast::<Int>()?;
            Some(
                int.value
                    .to_i64()
                    .map_or(IntView::Big(&int.value), IntView::Small),
            )
        }
    }
}

/// Whether the value is an int, a bool or an instance of a subclass.
#[inline(always)]
pub fn is_int(value: &Value) -> bool {
    bits::is_int(value.bits())
        || matches!(value.bits(), bits::TRUE | bits::FALSE)
        || value.downcast::<Int>().is_some()
}

/// Whether the value's class is exactly `int`.
#[inline(always)]
pub fn is_exact(value: &Value) -> bool {
    bits::is_int(value.bits()) || value.downcast_exact::<Int>().is_some()
}

/// The number behind an int, if it fits an `i64`. Other values answer `None`.
#[inline(always)]
pub fn to_i64(value: &Value) -> Option<i64> {
    match view(value)? {
        IntView::Small(small) => Some(small),
        IntView::Big(_) => None,
    }
}

/// Whether the value is an int below zero.
#[inline]
pub fn is_negative(value: &Value) -> bool {
    view(value).is_some_and(IntView::is_negative)
}

/// What a Python `__hash__` answered, as a hash.
pub fn hash_result(answer: &Value) -> PyResult<i64> {
    match view(answer) {
        Some(IntView::Small(small)) => Ok(crate::hash::avoid_minus_one(small)),
        Some(big) => Ok(arithmetic::hash(big)),
        None => bail!(TypeError, "__hash__ method should return an integer"),
    }
}

/// The number behind an int, borrowed where it is big already. Other values answer `None`.
pub fn to_big(value: &Value) -> Option<Cow<'_, BigInt>> {
    view(value).map(IntView::into_big)
}

impl<'a> IntView<'a> {
    /// The same number as a big one.
    pub fn into_big(self) -> Cow<'a, BigInt> {
        match self {
            IntView::Small(small) => Cow::Owned(BigInt::from(small)),
            IntView::Big(big) => Cow::Borrowed(big),
        }
    }

    /// The number as an exact `int`.
    pub fn to_value(self) -> Value {
        match self {
            IntView::Small(small) => new(small),
            IntView::Big(big) => boxed(big.clone()),
        }
    }

    /// Whether the number is below zero.
    #[inline]
    pub fn is_negative(self) -> bool {
        match self {
            IntView::Small(small) => small < 0,
            IntView::Big(big) => big.sign() == Sign::Minus,
        }
    }

    /// Whether the number is zero.
    #[inline]
    pub fn is_zero(self) -> bool {
        matches!(self, IntView::Small(0))
    }

    /// Whether the number is odd.
    #[inline]
    pub fn is_odd(self) -> bool {
        match self {
            IntView::Small(small) => small & 1 != 0,
            IntView::Big(big) => big.bit(0),
        }
    }

    /// Number of bits of the magnitude.
    pub fn bit_length(self) -> u64 {
        match self {
            IntView::Small(small) => u64::from(64 - small.unsigned_abs().leading_zeros()),
            IntView::Big(big) => big.bits(),
        }
    }

    /// The number as a float, rounded half to even; `None` where it is beyond the floats.
    pub fn to_f64(self) -> Option<f64> {
        match self {
            IntView::Small(small) => Some(small as f64),
            IntView::Big(big) => big_to_f64(big),
        }
    }

    /// The magnitude, if it fits.
    pub fn unsigned_abs(self) -> Option<u64> {
        match self {
            IntView::Small(small) => Some(small.unsigned_abs()),
            IntView::Big(big) => big.magnitude().to_u64(),
        }
    }
}

/// The float nearest to a big number, ties to even; `None` beyond the floats.
pub fn big_to_f64(big: &BigInt) -> Option<f64> {
    let magnitude = big.magnitude();
    let length = magnitude.bits();
    let unsigned = if length <= 64 {
        magnitude.to_u64()? as f64
    } else if length > 1024 {
        return None;
    } else {
        let shift = length - 64;
        // The lowest of the 64 kept bits stands for all that is cut off: it lies below the rounding position.
        let sticky = magnitude
            .trailing_zeros()
            .is_some_and(|zeros| zeros < shift);
        let top = (magnitude >> shift).to_u64()? | u64::from(sticky);
        top as f64 * 2f64.powi(shift as i32)
    };
    let signed = if big.sign() == Sign::Minus {
        -unsigned
    } else {
        unsigned
    };
    unsigned.is_finite().then_some(signed)
}

/// The int a value stands for by `__index__`, handed to `body` as a view.
#[inline(always)]
pub fn with_index<R>(value: &Value, body: impl FnOnce(IntView<'_>) -> R) -> PyResult<R> {
    if let Some(view) = view(value) {
        return Ok(body(view));
    }
    let index = protocol::index(value)?;
    match view(&index) {
        Some(view) => Ok(body(view)),
        None => bail!(
            TypeError,
            "__index__ returned non-int (type {})",
            index.class().name()
        ),
    }
}

/// An `__index__` value as a C `long`.
#[inline]
pub fn as_i64(value: &Value) -> PyResult<i64> {
    match with_index(value, |view| {
        if let IntView::Small(small) = view {
            Some(small)
        } else {
            None
        }
    })? {
        Some(small) => Ok(small),
        None => bail!(OverflowError, "Python int too large to convert to C long"),
    }
}

/// An `__index__` value as a C `long long`.
#[inline]
pub fn as_long_long(value: &Value) -> PyResult<i64> {
    match with_index(value, |view| {
        if let IntView::Small(small) = view {
            Some(small)
        } else {
            None
        }
    })? {
        Some(small) => Ok(small),
        None => bail!(OverflowError, "int too big to convert"),
    }
}

/// An `__index__` value as a C `int`.
#[inline]
pub fn as_i32(value: &Value) -> PyResult<i32> {
    match i32::try_from(as_i64(value)?) {
        Ok(small) => Ok(small),
        Err(_) => bail!(OverflowError, "Python int too large to convert to C int"),
    }
}

/// An `__index__` value as a `Py_ssize_t`; too large ones raise OverflowError.
#[inline]
pub fn as_isize(value: &Value) -> PyResult<isize> {
    match with_index(value, |view| {
        if let IntView::Small(small) = view {
            Some(small)
        } else {
            None
        }
    })? {
        Some(small) => Ok(small as isize),
        None => bail!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        ),
    }
}

/// An `__index__` value as a `size_t`.
pub fn as_usize(value: &Value) -> PyResult<usize> {
    with_index(value, |view| match view.unsigned_abs() {
        _ if view.is_negative() => bail!(OverflowError, "can't convert negative value to size_t"),
        Some(size) => Ok(size as usize),
        None => bail!(OverflowError, "Python int too large to convert to C size_t"),
    })?
}

/// An `__index__` value as a C `unsigned long`.
pub fn as_u64(value: &Value) -> PyResult<u64> {
    with_index(value, |view| match view.unsigned_abs() {
        _ if view.is_negative() => bail!(
            OverflowError,
            "can't convert negative value to unsigned int"
        ),
        Some(size) => Ok(size),
        None => bail!(
            OverflowError,
            "Python int too large to convert to C unsigned long"
        ),
    })?
}

/// An `__index__` value as a C `unsigned int`.
pub fn as_u32(value: &Value) -> PyResult<u32> {
    match u32::try_from(as_u64(value)?) {
        Ok(small) => Ok(small),
        Err(_) => bail!(
            OverflowError,
            "Python int too large to convert to C unsigned int"
        ),
    }
}

/// An `__index__` value as a byte, with the words of CPython's argument parser.
pub fn as_u8(value: &Value) -> PyResult<u8> {
    match as_i64(value)? {
        small if small < 0 => bail!(OverflowError, "unsigned byte integer is less than minimum"),
        small => match u8::try_from(small) {
            Ok(byte) => Ok(byte),
            Err(_) => bail!(
                OverflowError,
                "unsigned byte integer is greater than maximum"
            ),
        },
    }
}

/// An `__index__` value, cut off at the limits of `i64` instead of raising OverflowError.
pub fn as_i64_clamped(value: &Value) -> PyResult<i64> {
    with_index(value, |view| match view {
        IntView::Small(small) => small,
        IntView::Big(big) if big.sign() == Sign::Minus => i64::MIN,
        IntView::Big(_) => i64::MAX,
    })
}

/// An `__index__` value as a big number.
pub fn as_big(value: &Value) -> PyResult<BigInt> {
    with_index(value, |view| view.into_big().into_owned())
}

/// The low 64 bits of an `__index__` value in two's complement.
pub fn as_u64_wrapping(value: &Value) -> PyResult<u64> {
    with_index(value, |view| match view {
        IntView::Small(small) => small as u64,
        IntView::Big(big) => {
            let low = big.magnitude().iter_u64_digits().next().unwrap_or(0);
            if big.sign() == Sign::Minus {
                low.wrapping_neg()
            } else {
                low
            }
        }
    })
}

impl From<i64> for Value {
    #[inline(always)]
    fn from(value: i64) -> Value {
        new(value)
    }
}

impl From<i32> for Value {
    #[inline(always)]
    fn from(value: i32) -> Value {
        new(i64::from(value))
    }
}

impl From<u32> for Value {
    #[inline(always)]
    fn from(value: u32) -> Value {
        new(i64::from(value))
    }
}

impl From<usize> for Value {
    #[inline(always)]
    fn from(value: usize) -> Value {
        from_usize(value)
    }
}

impl From<u64> for Value {
    #[inline(always)]
    fn from(value: u64) -> Value {
        from_u64(value)
    }
}

impl From<BigInt> for Value {
    fn from(value: BigInt) -> Value {
        from_big(value)
    }
}
