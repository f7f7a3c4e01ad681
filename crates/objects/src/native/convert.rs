//! From an argument to a Rust value: [`FromArg`], and what the generated code calls around it.

use std::borrow::Cow;

use malachite_bigint::BigInt;

use crate::buffer::BufferView;
use crate::class::{Payload, Type};
use crate::module::Module;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{float, int, protocol};

/// Which parameter of which function an argument is for, for messages.
pub struct ArgInfo {
    /// The function's name.
    pub function: &'static str,
    /// The parameter.
    pub place: ArgPlace,
}

/// How messages call a parameter.
#[derive(Clone, Copy)]
pub enum ArgPlace {
    /// It is the only one.
    Only,
    /// Its position, from 1.
    Position(usize),
    /// Its name.
    Name(&'static str),
}

impl ArgInfo {
    /// The TypeError for an argument of the wrong class.
    #[cold]
    pub fn mismatch(&self, expected: &str, value: &Value) -> Raised {
        let given = if value.is_none() {
            "None".to_owned()
        } else {
            value.class().name()
        };
        exc!(
            TypeError,
            "{}() {} must be {expected}, not {given}",
            self.function,
            self.describe()
        )
    }

    /// `argument`, `argument 2` or `argument 'name'`.
    pub fn describe(&self) -> String {
        match self.place {
            ArgPlace::Only => "argument".to_owned(),
            ArgPlace::Position(position) => format!("argument {position}"),
            ArgPlace::Name(name) => format!("argument '{name}'"),
        }
    }
}

/// Types that arguments convert to.
pub trait FromArg<'a>: Sized {
    /// Converts, or raises what CPython's argument parser raises.
    fn from_arg(value: &'a Value, info: &ArgInfo) -> PyResult<Self>;
}

impl<'a> FromArg<'a> for &'a Value {
    #[inline(always)]
    fn from_arg(value: &'a Value, _: &ArgInfo) -> PyResult<Self> {
        Ok(value)
    }
}

impl FromArg<'_> for Value {
    #[inline(always)]
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        Ok(value.clone())
    }
}

impl<'a, T: Payload> FromArg<'a> for &'a Ref<T> {
    #[inline(always)]
    fn from_arg(value: &'a Value, info: &ArgInfo) -> PyResult<Self> {
        match value.downcast::<T>() {
            Some(object) => Ok(object),
            None => Err(info.mismatch(&super::class_name_of::<T>(), value)),
        }
    }
}

impl<T: Payload> FromArg<'_> for Ref<T> {
    #[inline(always)]
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<Self> {
        <&Ref<T>>::from_arg(value, info).cloned()
    }
}

/// None is nothing; anything else converts.
impl<'a, T: FromArg<'a>> FromArg<'a> for Option<T> {
    #[inline(always)]
    fn from_arg(value: &'a Value, info: &ArgInfo) -> PyResult<Self> {
        if value.is_none() {
            Ok(None)
        } else {
            T::from_arg(value, info).map(Some)
        }
    }
}

/// The truth value.
impl FromArg<'_> for bool {
    #[inline(always)]
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        protocol::is_true(value)
    }
}

/// What `__float__` or `__index__` answers.
impl FromArg<'_> for f64 {
    #[inline(always)]
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        float::as_f64(value)
    }
}

macro_rules! from_index {
    ($($ty:ty => $convert:path,)*) => { $(impl FromArg<'_> for $ty {
        #[inline(always)]
        fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
            $convert(value)
        }
    })* };
}
from_index! {
    i32 => int::as_i32,
    i64 => int::as_i64,
    isize => int::as_isize,
    u8 => int::as_u8,
    u32 => int::as_u32,
    u64 => int::as_u64,
    usize => int::as_usize,
    BigInt => int::as_big,
}

/// A position in a slice: clamped to the range of `isize`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SliceIndex(pub isize);

impl From<isize> for SliceIndex {
    fn from(index: isize) -> SliceIndex {
        SliceIndex(index)
    }
}

impl FromArg<'_> for SliceIndex {
    #[inline]
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        if let Some(small) = value.as_small_int() {
            return Ok(SliceIndex(small as isize));
        }
        if !int::is_int(value) && value.class().slots.index.get().is_none() {
            bail!(
                TypeError,
                "slice indices must be integers or have an __index__ method"
            );
        }
        protocol::to_index_clamped(value).map(SliceIndex)
    }
}

impl SliceIndex {
    /// The position in a sequence of `len` items: counted from the end if negative, and within `0..=len`.
    pub fn resolve(self, len: usize) -> usize {
        match self.0 {
            index if index >= 0 => (index as usize).min(len),
            index => len.saturating_sub(index.unsigned_abs()),
        }
    }
}

/// The text of a `str`, as UTF-8; surrogates raise UnicodeEncodeError.
impl<'a> FromArg<'a> for Cow<'a, str> {
    fn from_arg(value: &'a Value, info: &ArgInfo) -> PyResult<Self> {
        <&'a Ref<Str>>::from_arg(value, info)?.to_str()
    }
}

/// The text of a `str`, as UTF-8; surrogates raise UnicodeEncodeError.
impl FromArg<'_> for String {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<Self> {
        Cow::<str>::from_arg(value, info).map(Cow::into_owned)
    }
}

/// A `str` of one character that is not a surrogate.
impl FromArg<'_> for char {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<Self> {
        let Some(text) = value.downcast::<Str>() else {
            return Err(info.mismatch("a unicode character", value));
        };
        match text.char_at(0).and_then(char::from_u32) {
            Some(character) if text.len() == 1 => Ok(character),
            _ => bail!(
                TypeError,
                "{}() {} must be a unicode character, not a string of length {}",
                info.function,
                info.describe(),
                text.len()
            ),
        }
    }
}

/// The bytes of a bytes-like object, for reading.
impl FromArg<'_> for BufferView {
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        match value.class().slots.buffer.get() {
            Some(buffer) => buffer(value, 0),
            None => bail!(
                TypeError,
                "a bytes-like object is required, not '{}'",
                value.class().name()
            ),
        }
    }
}

/// A missing argument is nothing; a given one converts, None too.
#[inline(always)]
pub fn optional<'a, T: FromArg<'a>>(
    value: Option<&'a Value>,
    info: &ArgInfo,
) -> PyResult<Option<T>> {
    match value {
        Some(value) => T::from_arg(value, info).map(Some),
        None => Ok(None),
    }
}

/// A missing argument is nothing, and so is None.
#[inline(always)]
pub fn optional_or_none<'a, T: FromArg<'a>>(
    value: Option<&'a Value>,
    info: &ArgInfo,
) -> PyResult<Option<T>> {
    match value {
        Some(value) if !value.is_none() => T::from_arg(value, info).map(Some),
        _ => Ok(None),
    }
}

/// An argument that the parameter list requires.
#[inline(always)]
pub fn given(value: Option<&Value>) -> &Value {
    value.expect("binding the arguments raises when a required one is missing")
}

/// The receiver of a class method.
#[inline(always)]
pub fn class_receiver(receiver: &Value) -> &Ref<Type> {
    receiver
        .downcast::<Type>()
        .expect("class methods are bound to classes")
}

/// The receiver of a module function.
#[inline(always)]
pub fn module_receiver(receiver: &Value) -> &Ref<Module> {
    receiver
        .downcast::<Module>()
        .expect("functions of a module are bound to it")
}
