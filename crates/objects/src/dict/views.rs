//! The views that `keys()`, `values()` and `items()` answer, and the set operations on the first and the last.
//!
//! A view holds its dict and nothing else, so it shows the dict as it is now. Set operations answer plain sets.

use taipan_macros::{class, methods};

use crate::class::{Comparison, Payload};
use crate::dict::iterators::{
    DictItemIterator, DictKeyIterator, DictReverseItemIterator, DictReverseKeyIterator,
    DictReverseValueIterator, DictValueIterator,
};
use crate::dict::{Dict, hash_key};
use crate::heap;
use crate::list::List;
use crate::mapping_proxy::MappingProxy;
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence;
use crate::set::{Set, any_set};
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// `dict.keys()`.
#[class(name = "dict_keys", flags(NO_INSTANTIATION), parts(view, set))]
#[repr(C)]
pub struct DictKeys {
    /// The dict it shows.
    pub dict: Ref<Dict>,
}

/// `dict.values()`.
#[class(name = "dict_values", flags(NO_INSTANTIATION), parts(view), no_methods)]
#[repr(C)]
pub struct DictValues {
    /// The dict it shows.
    pub dict: Ref<Dict>,
}

/// `dict.items()`.
#[class(name = "dict_items", flags(NO_INSTANTIATION), parts(view, set))]
#[repr(C)]
pub struct DictItems {
    /// The dict it shows.
    pub dict: Ref<Dict>,
}

/// `name([…])`.
fn view_repr(view: &Value) -> PyResult<Ref<Str>> {
    let Some(_guard) = protocol::repr_guard(view) else {
        return Ok(Str::new("..."));
    };
    let items = List::from_iterable(view)?;
    sequence::repr(&format!("{}([", view.class().name()), "])", |index| {
        items.get(index)
    })
}

/// The number of entries, if `value` is a set or a view that behaves like one.
fn set_like_len(value: &Value) -> Option<usize> {
    if let Some(set) = any_set(value) {
        return Some(set.len());
    }
    if let Some(keys) = value.downcast::<DictKeys>() {
        return Some(keys.dict.len());
    }
    value.downcast::<DictItems>().map(|items| items.dict.len())
}

fn is_set_view(value: &Value) -> bool {
    value.downcast::<DictKeys>().is_some() || value.downcast::<DictItems>().is_some()
}

/// Whether every item of `items` is in `container`.
fn all_contained(items: &Value, container: &Value) -> PyResult<bool> {
    let iterator = protocol::iter(items)?;
    while let Some(item) = protocol::next(&iterator)? {
        if !protocol::contains(container, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn compare_views(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    let (Some(left_len), Some(right_len)) = (set_like_len(left), set_like_len(right)) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let answer = match comparison {
        Comparison::Eq => left_len == right_len && all_contained(left, right)?,
        Comparison::Ne => left_len != right_len || !all_contained(left, right)?,
        Comparison::Lt => left_len < right_len && all_contained(left, right)?,
        Comparison::Le => left_len <= right_len && all_contained(left, right)?,
        Comparison::Gt => left_len > right_len && all_contained(right, left)?,
        Comparison::Ge => left_len >= right_len && all_contained(right, left)?,
    };
    Ok(Value::from_bool(answer))
}

fn view_difference(left: &Value, right: &Value) -> PyResult<Value> {
    let difference = Set::from_iterable(left)?;
    difference.difference_update(right)?;
    Ok(difference.into_value())
}

fn view_union(left: &Value, right: &Value) -> PyResult<Value> {
    let union = Set::from_iterable(left)?;
    union.update(right)?;
    Ok(union.into_value())
}

fn view_intersection(left: &Value, right: &Value) -> PyResult<Value> {
    // One operand is a view; the shorter of two set-like ones is gone over.
    let (mut view, mut other) = if is_set_view(left) {
        (left, right)
    } else {
        (right, left)
    };
    if let Some(set) = other.downcast_exact::<Set>()
        && set_like_len(view).is_some_and(|len| len <= set.len())
    {
        let result = Set::new();
        set.intersection_into(view, &result)?;
        return Ok(result.into_value());
    }
    if is_set_view(other) && set_like_len(other) > set_like_len(view) {
        (view, other) = (other, view);
    }
    let result = Set::new();
    let iterator = protocol::iter(other)?;
    while let Some(item) = protocol::next(&iterator)? {
        if protocol::contains(view, &item)? {
            result.add(item)?;
        }
    }
    Ok(result.into_value())
}

fn view_symmetric_difference(left: &Value, right: &Value) -> PyResult<Value> {
    let result = Set::from_iterable(left)?;
    result.symmetric_difference_update(right)?;
    Ok(result.into_value())
}

/// Whether a view and an iterable have nothing in common.
fn is_disjoint(view: &Value, other: &Value) -> PyResult<bool> {
    let (mut container, mut items) = (view, other);
    if view.is(other) {
        return Ok(protocol::len(view)? == 0);
    }
    if let (Some(other_len), Some(view_len)) = (set_like_len(other), set_like_len(view))
        && other_len > view_len
    {
        (container, items) = (other, view);
    }
    let iterator = protocol::iter(items)?;
    while let Some(item) = protocol::next(&iterator)? {
        if protocol::contains(container, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

macro_rules! views {
    ($($type:ident, $iterator:ident, $reversed:ident;)*) => { $(
        impl $type {
            /// A new view of `dict`.
            pub fn new(dict: Ref<Dict>) -> Ref<$type> {
                heap::new_object($type::class(), $type { dict })
            }
        }

        #[methods(part = view)]
        impl $type {
            #[slot(repr)]
            fn repr(this: &Value) -> PyResult<Ref<Str>> {
                view_repr(this)
            }

            #[slot(iter)]
            fn iter(&self) -> Value {
                $iterator::new(self.dict.clone()).into_value()
            }

            #[slot(len)]
            fn length(&self) -> PyResult<usize> {
                Ok(self.dict.len())
            }

            /// An iterator over the same, the last one first.
            #[method]
            fn __reversed__(&self) -> Value {
                $reversed::new(self.dict.clone()).into_value()
            }

            /// The dict that this view shows.
            #[getter]
            fn mapping(&self) -> Value {
                MappingProxy::new(self.dict.to_value()).into_value()
            }
        }
    )* };
}

views! {
    DictKeys, DictKeyIterator, DictReverseKeyIterator;
    DictValues, DictValueIterator, DictReverseValueIterator;
    DictItems, DictItemIterator, DictReverseItemIterator;
}

macro_rules! set_views {
    ($($type:ident)*) => { $(
        #[methods(part = set)]
        impl $type {
            #[slot(richcompare)]
            fn compare(this: &Value, other: &Value, comparison: Comparison) -> PyResult<Value> {
                compare_views(this, other, comparison)
            }

            #[slot(subtract)]
            fn subtract(left: &Value, right: &Value) -> PyResult<Value> {
                view_difference(left, right)
            }

            #[slot(and)]
            fn and(left: &Value, right: &Value) -> PyResult<Value> {
                view_intersection(left, right)
            }

            #[slot(xor)]
            fn xor(left: &Value, right: &Value) -> PyResult<Value> {
                view_symmetric_difference(left, right)
            }

            #[slot(or)]
            fn or(left: &Value, right: &Value) -> PyResult<Value> {
                view_union(left, right)
            }

            /// True if the view and an iterable have nothing in common.
            #[method("($self, object, /)")]
            fn isdisjoint(this: &Value, object: &Value) -> PyResult<bool> {
                is_disjoint(this, object)
            }
        }
    )* };
}

set_views! { DictKeys DictItems }

#[methods]
impl DictKeys {
    #[slot(contains)]
    fn contains(&self, key: &Value) -> PyResult<bool> {
        self.dict.contains(key)
    }
}

#[methods]
impl DictItems {
    #[slot(contains)]
    fn contains(&self, item: &Value) -> PyResult<bool> {
        let Some([key, value]) = item.downcast::<Tuple>().map(|pair| pair.as_slice()) else {
            return Ok(false);
        };
        match self.dict.get_known_hash(key, hash_key(key)?)? {
            Some(found) => sequence::same_item(&found, value),
            None => Ok(false),
        }
    }
}

/// Makes the classes.
pub fn init_classes() {
    DictKeys::init_class();
    DictValues::init_class();
    DictItems::init_class();
}
