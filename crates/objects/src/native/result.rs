//! From what a Rust function answers to what the interpreter takes.

use std::borrow::Cow;

use malachite_bigint::BigInt;

use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{float, int};

/// Types that native functions answer with.
pub trait IntoResult {
    /// Converts to a value, or passes on what was raised.
    fn into_result(self) -> PyResult<Value>;
}

impl IntoResult for Value {
    #[inline(always)]
    fn into_result(self) -> PyResult<Value> {
        Ok(self)
    }
}

impl IntoResult for &Value {
    #[inline(always)]
    fn into_result(self) -> PyResult<Value> {
        Ok(self.clone())
    }
}

impl<T> IntoResult for Ref<T> {
    #[inline(always)]
    fn into_result(self) -> PyResult<Value> {
        Ok(self.into_value())
    }
}

impl<T> IntoResult for &Ref<T> {
    #[inline(always)]
    fn into_result(self) -> PyResult<Value> {
        Ok(self.to_value())
    }
}

impl<T: IntoResult> IntoResult for PyResult<T> {
    #[inline(always)]
    fn into_result(self) -> PyResult<Value> {
        self.and_then(T::into_result)
    }
}

/// Nothing is None.
impl<T: IntoResult> IntoResult for Option<T> {
    #[inline(always)]
    fn into_result(self) -> PyResult<Value> {
        self.map_or(Ok(Value::NONE), T::into_result)
    }
}

impl IntoResult for () {
    #[inline(always)]
    fn into_result(self) -> PyResult<Value> {
        Ok(Value::NONE)
    }
}

macro_rules! into_result {
    ($($ty:ty => |$value:ident| $convert:expr,)*) => { $(impl IntoResult for $ty {
        #[inline(always)]
        fn into_result(self) -> PyResult<Value> {
            let $value = self;
            Ok($convert)
        }
    })* };
}
into_result! {
    bool => |value| Value::from_bool(value),
    f64 => |value| float::new(value),
    i64 => |value| int::new(value),
    i32 => |value| int::new(value.into()),
    i16 => |value| int::new(value.into()),
    i8 => |value| int::new(value.into()),
    u8 => |value| int::new(value.into()),
    u16 => |value| int::new(value.into()),
    u32 => |value| int::new(value.into()),
    isize => |value| int::new(value as i64),
    usize => |value| int::from_usize(value),
    u64 => |value| int::from_u64(value),
    u128 => |value| int::from_u128(value),
    BigInt => |value| int::from_big(value),
    char => |value| Str::from_char(value).into_value(),
    &str => |value| Str::new(value).into_value(),
    String => |value| Str::new(&value).into_value(),
    Cow<'_, str> => |value| Str::new(&value).into_value(),
}

macro_rules! tuple_result {
    ($($name:ident $index:tt),*) => {
        impl<$($name: IntoResult),*> IntoResult for ($($name,)*) {
            fn into_result(self) -> PyResult<Value> {
                Ok(Tuple::from_array([$(self.$index.into_result()?),*]).into_value())
            }
        }
    };
}
tuple_result!(A 0);
tuple_result!(A 0, B 1);
tuple_result!(A 0, B 1, C 2);
tuple_result!(A 0, B 1, C 2, D 3);
tuple_result!(A 0, B 1, C 2, D 3, E 4);
tuple_result!(A 0, B 1, C 2, D 3, E 4, F 5);

/// What the function of a `next` slot answers: an item, or nothing at the end.
pub trait IntoNext {
    /// Converts the item, or passes on what was raised.
    fn into_next(self) -> PyResult<Option<Value>>;
}

impl<T: IntoResult> IntoNext for Option<T> {
    #[inline(always)]
    fn into_next(self) -> PyResult<Option<Value>> {
        self.map(T::into_result).transpose()
    }
}

impl<T: IntoResult> IntoNext for PyResult<Option<T>> {
    #[inline(always)]
    fn into_next(self) -> PyResult<Option<Value>> {
        self.and_then(IntoNext::into_next)
    }
}

/// What the function of a slot answers when that is no value: the answer itself, or a result of it.
pub trait IntoOutcome<T> {
    /// The answer, or what was raised.
    fn into_outcome(self) -> PyResult<T>;
}

impl<T> IntoOutcome<T> for T {
    #[inline(always)]
    fn into_outcome(self) -> PyResult<T> {
        Ok(self)
    }
}

impl<T> IntoOutcome<T> for PyResult<T> {
    #[inline(always)]
    fn into_outcome(self) -> PyResult<T> {
        self
    }
}

/// The value of a class attribute, which is made at start-up, where nothing raises.
pub fn constant_value(value: impl IntoResult) -> Value {
    match value.into_result() {
        Ok(value) => value,
        Err(raised) => panic!("making a class attribute raised {raised:?}"),
    }
}
