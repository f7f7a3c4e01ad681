//! What `set` and `frozenset` do in Python: their methods and slots.

use taipan_macros::methods;

use crate::args::{Args, check_positional};
use crate::class::{Comparison, Payload, Type};
use crate::exceptions;
use crate::generic_alias::GenericAlias;
use crate::id;
use crate::list::List;
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence;
use crate::set::iterator::SetIterator;
use crate::set::{FrozenSet, Set, SetCore, any_set};
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

fn set_repr(this: &Value, core: &SetCore) -> PyResult<Ref<Str>> {
    let name = this.class().name();
    let Some(_guard) = protocol::repr_guard(this) else {
        return Ok(Str::new(&format!("{name}(...)")));
    };
    if core.is_empty() {
        return Ok(Str::new(&format!("{name}()")));
    }
    let items = core.snapshot();
    let (open, close) = if this.class().is(Set::class()) {
        ("{".to_owned(), "}")
    } else {
        (format!("{name}({{"), "})")
    };
    sequence::repr(&open, close, |index| items.get(index).cloned())
}

fn compare_sets(left: &SetCore, right: &Value, comparison: Comparison) -> PyResult<Value> {
    let Some(right) = any_set(right) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let answer = match comparison {
        Comparison::Eq => left.equals(right)?,
        Comparison::Ne => !left.equals(right)?,
        Comparison::Le => left.is_subset_of(right)?,
        Comparison::Ge => right.is_subset_of(left)?,
        Comparison::Lt => left.len() < right.len() && left.is_subset_of(right)?,
        Comparison::Gt => right.len() < left.len() && right.is_subset_of(left)?,
    };
    Ok(Value::from_bool(answer))
}

/// The result of an operator, of the same builtin class as its left operand.
fn wrap(like: &Value, core: SetCore) -> Value {
    match like.downcast::<FrozenSet>() {
        Some(_) => FrozenSet::of(core).into_value(),
        None => Set::of(core).into_value(),
    }
}

/// The pickle form: class, items as a list, instance attributes.
fn reduce(this: &Value, core: &SetCore) -> PyResult<Value> {
    let arguments = Tuple::from_array([List::new(core.snapshot()).into_value()]);
    let state = protocol::call_method(this, id!("__getstate__"), &[])?;
    Ok(Tuple::from_array([this.class().to_value(), arguments.into_value(), state]).into_value())
}

macro_rules! shared_methods {
    ($($type:ident)*) => { $(
        #[methods(part = shared)]
        impl $type {
            #[slot(repr)]
            fn repr(this: &Ref<$type>) -> PyResult<Ref<Str>> {
                set_repr(this.as_value(), this)
            }

            #[slot(richcompare)]
            fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
                compare_sets(self, other, comparison)
            }

            #[slot(iter)]
            fn iter(this: &Ref<$type>) -> Value {
                SetIterator::new(this.as_value(), this).into_value()
            }

            #[slot(subtract)]
            fn subtract(left: &Value, right: &Value) -> PyResult<Value> {
                match (any_set(left), any_set(right)) {
                    (Some(first), Some(_)) => Ok(wrap(left, first.difference(right)?)),
                    _ => Ok(Value::NOT_IMPLEMENTED),
                }
            }

            #[slot(and)]
            fn and(left: &Value, right: &Value) -> PyResult<Value> {
                match (any_set(left), any_set(right)) {
                    (Some(first), Some(_)) => Ok(wrap(left, first.intersection(right)?)),
                    _ => Ok(Value::NOT_IMPLEMENTED),
                }
            }

            #[slot(xor)]
            fn xor(left: &Value, right: &Value) -> PyResult<Value> {
                match (any_set(left), any_set(right)) {
                    (Some(first), Some(_)) => Ok(wrap(left, first.symmetric_difference(right)?)),
                    _ => Ok(Value::NOT_IMPLEMENTED),
                }
            }

            #[slot(or)]
            fn or(left: &Value, right: &Value) -> PyResult<Value> {
                match (any_set(left), any_set(right)) {
                    (Some(first), Some(second)) => {
                        let union = first.copy()?;
                        union.table.merge(&second.table)?;
                        Ok(wrap(left, union))
                    }
                    _ => Ok(Value::NOT_IMPLEMENTED),
                }
            }

            #[slot(len)]
            fn length(&self) -> PyResult<usize> {
                Ok(self.len())
            }

            #[slot(contains)]
            fn contains_slot(&self, item: &Value) -> PyResult<bool> {
                self.contains(item)
            }

            /// x.__contains__(y) <==> y in x.
            #[method("($self, object, /)")]
            fn __contains__(&self, object: &Value) -> PyResult<bool> {
                self.contains(object)
            }

            /// A new set of the items that none of the others has.
            #[method("($self, /, *others)")]
            fn difference(this: &Ref<$type>, others: &[Value]) -> PyResult<Value> {
                let [first, rest @ ..] = others else { return copy_of(this) };
                let result = this.core.difference(first)?;
                for other in rest {
                    result.difference_update(other)?;
                }
                Ok(wrap(this.as_value(), result))
            }

            /// A new set of the items that all of the others have too.
            #[method("($self, /, *others)")]
            fn intersection(this: &Ref<$type>, others: &[Value]) -> PyResult<Value> {
                Ok(wrap(this.as_value(), this.core.intersection_of_all(others)?))
            }

            /// A new set of the items that either this set or the other has, but not both.
            #[method("($self, other, /)")]
            fn symmetric_difference(this: &Ref<$type>, other: &Value) -> PyResult<Value> {
                Ok(wrap(this.as_value(), this.core.symmetric_difference(other)?))
            }

            /// A new set of the items of this set and all others.
            #[method("($self, /, *others)")]
            fn union(this: &Ref<$type>, others: &[Value]) -> PyResult<Value> {
                let result = this.core.copy()?;
                for other in others {
                    result.update(other)?;
                }
                Ok(wrap(this.as_value(), result))
            }

            /// True if no item is in both sets.
            #[method("($self, other, /)")]
            fn isdisjoint(&self, other: &Value) -> PyResult<bool> {
                self.is_disjoint(other)
            }

            /// True if the other set has all items of this one.
            #[method("($self, other, /)")]
            fn issubset(&self, other: &Value) -> PyResult<bool> {
                self.is_subset(other)
            }

            /// True if this set has all items of the other.
            #[method("($self, other, /)")]
            fn issuperset(&self, other: &Value) -> PyResult<bool> {
                self.is_superset(other)
            }

            /// Return state information for pickling.
            #[method]
            fn __reduce__(this: &Ref<$type>) -> PyResult<Value> {
                reduce(this.as_value(), this)
            }

            /// The bytes that the set takes.
            #[method]
            fn __sizeof__(this: &Ref<$type>) -> usize {
                this.class().layout().size + this.memory()
            }

            /// Describe a set of items of some type.
            #[classmethod("($type, object, /)")]
            fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
                GenericAlias::new(class.to_value(), object.clone())
            }
        }
    )* };
}

shared_methods! { Set FrozenSet }

/// A copy as a plain set, or the frozenset itself if it is plain.
fn copy_of<T>(this: &Ref<T>) -> PyResult<Value> {
    let value = this.as_value();
    if value.downcast_exact::<FrozenSet>().is_some() {
        return Ok(value.clone());
    }
    match any_set(value) {
        Some(core) => Ok(wrap(value, core.copy()?)),
        None => bail!(TypeError, "a set is copied, not '{}'", value.class().name()),
    }
}

#[methods]
impl Set {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<Set>> {
        Ok(Set::new_in(class))
    }

    #[init("(iterable=(), /)")]
    fn init(this: &Ref<Set>, args: Args<'_>) -> PyResult<()> {
        args.no_keywords("set")?;
        let values = args.positional();
        if values.len() > 1 {
            check_positional(&this.class().name(), values.len(), 0, 1)?;
        }
        this.clear_all();
        match values.first() {
            Some(iterable) => this.update(iterable),
            None => Ok(()),
        }
    }

    #[slot(inplace_subtract)]
    fn inplace_subtract(this: &Ref<Set>, other: &Value) -> PyResult<Value> {
        if any_set(other).is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        this.difference_update(other)?;
        Ok(this.to_value())
    }

    #[slot(inplace_and)]
    fn inplace_and(this: &Ref<Set>, other: &Value) -> PyResult<Value> {
        if any_set(other).is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        this.replace_by(this.core.intersection(other)?);
        Ok(this.to_value())
    }

    #[slot(inplace_xor)]
    fn inplace_xor(this: &Ref<Set>, other: &Value) -> PyResult<Value> {
        if any_set(other).is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        this.symmetric_difference_update(other)?;
        Ok(this.to_value())
    }

    #[slot(inplace_or)]
    fn inplace_or(this: &Ref<Set>, other: &Value) -> PyResult<Value> {
        if any_set(other).is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        this.update(other)?;
        Ok(this.to_value())
    }

    fn replace_by(&self, other: SetCore) {
        self.core.table.swap(&other.table);
    }

    /// Add an item, unless it is there already.
    #[method("($self, object, /)", name = "add")]
    fn add_method(&self, object: &Value) -> PyResult<()> {
        self.add(object.clone()).map(drop)
    }

    /// Remove all items.
    #[method]
    fn clear(&self) {
        self.clear_all();
    }

    /// A new set of the same items.
    #[method]
    fn copy(this: &Ref<Set>) -> PyResult<Value> {
        copy_of(this)
    }

    /// Remove an item, if it is there.
    #[method("($self, object, /)", name = "discard")]
    fn discard_method(&self, object: &Value) -> PyResult<()> {
        self.discard(object).map(drop)
    }

    /// Remove the items that are in any of the others.
    #[method("($self, /, *others)", name = "difference_update")]
    fn difference_update_method(&self, others: &[Value]) -> PyResult<()> {
        others
            .iter()
            .try_for_each(|other| self.difference_update(other))
    }

    /// Keep only the items that are in all of the others.
    #[method("($self, /, *others)")]
    fn intersection_update(&self, others: &[Value]) -> PyResult<()> {
        self.replace_by(self.core.intersection_of_all(others)?);
        Ok(())
    }

    /// Remove some item and return it.
    ///
    /// KeyError if the set is empty.
    #[method(name = "pop")]
    fn pop_method(&self) -> PyResult<Value> {
        match self.pop() {
            Some(item) => Ok(item),
            None => bail!(KeyError, "pop from an empty set"),
        }
    }

    /// Remove an item.
    ///
    /// KeyError if it is not there.
    #[method("($self, object, /)")]
    fn remove(&self, object: &Value) -> PyResult<()> {
        if self.discard(object)? {
            Ok(())
        } else {
            Err(exceptions::key_error(object))
        }
    }

    /// Keep the items that either this set or the other has, but not both.
    #[method("($self, other, /)", name = "symmetric_difference_update")]
    fn symmetric_difference_update_method(&self, other: &Value) -> PyResult<()> {
        self.symmetric_difference_update(other)
    }

    /// Add the items of all others.
    #[method("($self, /, *others)", name = "update")]
    fn update_method(&self, others: &[Value]) -> PyResult<()> {
        others.iter().try_for_each(|other| self.update(other))
    }
}

#[methods]
impl FrozenSet {
    #[new("(iterable=(), /)")]
    fn make(class: &Ref<Type>, iterable: Option<&Value>) -> PyResult<Ref<FrozenSet>> {
        match iterable {
            Some(iterable) if class.is(FrozenSet::class()) => FrozenSet::from_iterable(iterable),
            iterable => FrozenSet::new_in(class, iterable),
        }
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        Ok(self.hash_value())
    }

    /// A frozenset of the same items.
    #[method]
    fn copy(this: &Ref<FrozenSet>) -> PyResult<Value> {
        copy_of(this)
    }
}
