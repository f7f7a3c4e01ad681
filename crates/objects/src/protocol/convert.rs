//! `repr`, `str`, `hash`, truth, indices.

use crate::class::Payload;
use crate::dict::Dict;
use crate::int;
use crate::list::List;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::thread;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// `repr(value)`.
pub fn repr(value: &Value) -> PyResult<Ref<Str>> {
    let Some(repr) = value.class().slots.repr.get() else {
        return Ok(Str::new(&format!(
            "<{} object at {:#x}>",
            value.class().name(),
            value.id()
        )));
    };
    let text = thread::with_recursion(" while getting the repr of an object", || repr(value))?;
    text.into_ref::<Str>().map_err(|other| {
        exc!(
            TypeError,
            "__repr__ returned non-string (type {})",
            other.class().name()
        )
    })
}

/// `str(value)`.
pub fn str(value: &Value) -> PyResult<Ref<Str>> {
    if let Some(text) = value.downcast_exact::<Str>() {
        return Ok(text.clone());
    }
    let Some(str) = value.class().slots.str.get() else {
        return repr(value);
    };
    let text = thread::with_recursion(" while getting the str of an object", || str(value))?;
    text.into_ref::<Str>().map_err(|other| {
        exc!(
            TypeError,
            "__str__ returned non-string (type {})",
            other.class().name()
        )
    })
}

/// `ascii(value)`.
pub fn ascii(value: &Value) -> PyResult<Ref<Str>> {
    let text = repr(value)?;
    if text.is_ascii() {
        return Ok(text);
    }
    let mut out = String::with_capacity(text.len());
    for point in text.code_points() {
        match point {
            0..0x80 => out.push(point as u8 as char),
            0x80..0x100 => out.push_str(&format!("\\x{point:02x}")),
            0x100..0x10000 => out.push_str(&format!("\\u{point:04x}")),
            _ => out.push_str(&format!("\\U{point:08x}")),
        }
    }
    Ok(Str::new(&out))
}

/// `hash(value)`.
#[inline]
pub fn hash(value: &Value) -> PyResult<i64> {
    if let Some(text) = value.downcast_exact::<Str>() {
        return Ok(text.hash_value());
    }
    if let Some(small) = value.as_small_int() {
        return Ok(crate::hash::hash_i64(small));
    }
    match value.class().slots.hash.get() {
        Some(hash) => {
            thread::check_stack("")?;
            hash(value)
        }
        None => Err(unhashable(value)),
    }
}

/// The TypeError of `hash([])`.
#[cold]
pub fn unhashable(value: &Value) -> Raised {
    exc!(TypeError, "unhashable type: '{}'", value.class().name())
}

/// The truth of a value.
#[inline]
pub fn is_true(value: &Value) -> PyResult<bool> {
    if value.is_true() {
        return Ok(true);
    }
    if value.is_false() || value.is_none() {
        return Ok(false);
    }
    is_true_by_slots(value)
}

fn is_true_by_slots(value: &Value) -> PyResult<bool> {
    let slots = &value.class().slots;
    if let Some(bool) = slots.bool.get() {
        return bool(value);
    }
    match slots.len.get() {
        Some(len) => Ok(len(value)? > 0),
        None => Ok(true),
    }
}

/// `operator.index(value)`: an int, exactly.
pub fn index(value: &Value) -> PyResult<Value> {
    if int::view(value).is_some() {
        return Ok(int::exact(value));
    }
    let Some(index) = value.class().slots.index.get() else {
        bail!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            value.class().name()
        );
    };
    let answer = index(value)?;
    if int::view(&answer).is_none() {
        bail!(
            TypeError,
            "__index__ returned non-int (type {})",
            answer.class().name()
        );
    }
    if !answer.class().is(int::Int::class()) && !answer.is_true() && !answer.is_false() {
        crate::warnings::warn(
            crate::exceptions::ExceptionKind::DeprecationWarning,
            &format!(
                "__index__ returned non-int (type {}).  The ability to return an instance of a strict subclass of int is deprecated, \
                 and may be removed in a future version of Python.",
                answer.class().name()
            ),
        )?;
    }
    Ok(int::exact(&answer))
}

/// A value used as a size or position; too large is an IndexError.
pub fn to_index(value: &Value) -> PyResult<isize> {
    if let Some(small) = value.as_small_int() {
        return Ok(small as isize);
    }
    let number = index(value)?;
    match int::to_i64(&number) {
        Some(number) => Ok(number as isize),
        None => bail!(
            IndexError,
            "cannot fit '{}' into an index-sized integer",
            value.class().name()
        ),
    }
}

/// A value used as a size; too large is an OverflowError.
pub fn to_size(value: &Value) -> PyResult<isize> {
    let number = index(value)?;
    match int::to_i64(&number) {
        Some(number) => Ok(number as isize),
        None => bail!(
            OverflowError,
            "cannot fit '{}' into an index-sized integer",
            value.class().name()
        ),
    }
}

/// A value used as a position in a slice: too large is clamped, as CPython's `PyNumber_AsSsize_t(…, NULL)`.
pub fn to_index_clamped(value: &Value) -> PyResult<isize> {
    let number = index(value)?;
    Ok(match int::to_i64(&number) {
        Some(number) => number as isize,
        None if int::is_negative(&number) => isize::MIN,
        None => isize::MAX,
    })
}

/// Keeps `repr` of self-containing objects finite. Dropping it leaves the object.
pub struct ReprGuard(u64);

/// Enters the repr of `value`; nothing when it is already being shown further up.
pub fn repr_guard(value: &Value) -> Option<ReprGuard> {
    let id = value.id();
    thread::current().reprs.with(|reprs| {
        if reprs.contains(&id) {
            return None;
        }
        reprs.push(id);
        Some(ReprGuard(id))
    })
}

impl Drop for ReprGuard {
    fn drop(&mut self) {
        thread::current().reprs.with(|reprs| {
            if let Some(at) = reprs.iter().rposition(|id| *id == self.0) {
                reprs.swap_remove(at);
            }
        });
    }
}

/// The names `dir()` falls back to when a class has no `__dir__`: instance attributes and those of the classes.
pub fn default_dir(value: &Value) -> PyResult<Ref<List>> {
    let names = Dict::new();
    if let Some(dict) = super::getattr_optional(value, crate::id!("__dict__"))?
        && let Some(dict) = dict.downcast::<Dict>()
    {
        for (name, _) in dict.iter_snapshot() {
            names.set(name, Value::NONE)?;
        }
    }
    if let Some(class) = super::getattr_optional(value, crate::id!("__class__"))? {
        merge_class_names(&names, &class)?;
    }
    Ok(List::new(
        names
            .iter_snapshot()
            .into_iter()
            .map(|(name, _)| name)
            .collect(),
    ))
}

fn merge_class_names(names: &Ref<Dict>, class: &Value) -> PyResult<()> {
    if let Some(dict) = super::getattr_optional(class, crate::id!("__dict__"))? {
        for name in super::collect(&dict)? {
            names.set(name, Value::NONE)?;
        }
    }
    if let Some(bases) = super::getattr_optional(class, crate::id!("__bases__"))?
        && let Some(bases) = bases.downcast::<Tuple>()
    {
        for base in bases.tail() {
            merge_class_names(names, base)?;
        }
    }
    Ok(())
}
