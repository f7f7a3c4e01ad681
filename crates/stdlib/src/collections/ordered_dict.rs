//! `OrderedDict`: a dict that can move keys within its order and compares by order.
//!
//! A dict has an order already, so this class holds nothing more than a count of the changes of its structure, by which
//! its iterators notice that it changed under them. Moving a key to the end is quick, moving one to the front moves all.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::{Args, Bound, ParamSpec};
use taipan_objects::bail;
use taipan_objects::class::{Comparison, Payload, SlotId, Type};
use taipan_objects::dict::{Dict, hash_key};
use taipan_objects::exceptions;
use taipan_objects::heap;
use taipan_objects::id;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::sequence;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use crate::collections::ordered_views::{
    Kind, OrderedItems, OrderedIterator, OrderedKeys, OrderedValues,
};

/// The payload: a dict and a count of changes.
#[class(
    name = "OrderedDict",
    module = "collections",
    doc = "A dict that can move keys within its order.",
    extends = Dict,
    flags(BASETYPE, ATTRIBUTES, WEAKREFABLE)
)]
#[repr(C)]
pub struct OrderedDict {
    dict: Dict,
    #[untraced]
    state: Cell<usize>,
}

const SETDEFAULT: ParamSpec = ParamSpec {
    function: "setdefault",
    names: &["key", "default"],
    positional_only: 0,
    positional: 2,
    required: &[true, false],
    varargs: false,
    varkw: false,
};

const POP: ParamSpec = ParamSpec {
    function: "pop",
    ..SETDEFAULT
};

impl OrderedDict {
    fn new_in(class: &Ref<Type>) -> Ref<OrderedDict> {
        heap::new_object(
            class,
            OrderedDict {
                dict: Dict::default(),
                state: Cell::new(0),
            },
        )
    }

    /// The count of changes.
    pub fn state(&self) -> usize {
        self.state.get()
    }

    /// The dict inside.
    pub fn inner(&self) -> &Dict {
        &self.dict
    }

    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    fn is_plain(this: &Ref<OrderedDict>) -> bool {
        this.class().is(OrderedDict::class())
    }

    /// Whether the class changed what `d[key]` and `d[key] = value` do.
    fn has_own_items(this: &Ref<OrderedDict>) -> bool {
        let (class, plain) = (this.class(), OrderedDict::class());
        !class.slots.same_slot(SlotId::getitem, &plain.slots)
            || !class.slots.same_slot(SlotId::setitem, &plain.slots)
    }

    fn set(&self, key: &Value, value: &Value) -> PyResult<()> {
        let len = self.dict.len();
        let outcome = self.dict.set(key.clone(), value.clone());
        if self.dict.len() != len {
            self.changed();
        }
        outcome
    }

    /// `pop` of any kind of ordered dict.
    fn pop_key(this: &Ref<OrderedDict>, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        let popped = if OrderedDict::is_plain(this) {
            this.dict.pop(key)?
        } else if protocol::contains(this.as_value(), key)? {
            let value = protocol::getitem(this.as_value(), key)?;
            protocol::delitem(this.as_value(), key)?;
            return Ok(value);
        } else {
            None
        };
        match (popped, default) {
            (Some(value), _) => {
                this.changed();
                Ok(value)
            }
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(exceptions::key_error(key)),
        }
    }

    fn equals(&self, other: &Value) -> PyResult<bool> {
        let Some(dict) = other.downcast::<Dict>() else {
            return Ok(false);
        };
        if !self.dict.equals(dict)? {
            return Ok(false);
        }
        let Some(ordered) = other.downcast::<OrderedDict>() else {
            return Ok(true);
        };
        let (mut left, mut right) = (0, 0);
        let (left_state, right_state) = (self.state.get(), ordered.state.get());
        while let (Some((next_left, first, _)), Some((next_right, second, _))) =
            (self.dict.entry_at(left), ordered.dict.entry_at(right))
        {
            if !sequence::same_item(&first, &second)? {
                return Ok(false);
            }
            if (self.state.get(), ordered.state.get()) != (left_state, right_state) {
                bail!(RuntimeError, "OrderedDict mutated during iteration");
            }
            (left, right) = (next_left, next_right);
        }
        Ok(true)
    }
}

/// `target.update(argument, **keywords)` by way of `target[key] = value`, as the mapping protocol has it.
fn update_arguments(target: &Value, args: Args<'_>) -> PyResult<()> {
    if let Some(argument) = args.positional().first() {
        update_with(target, argument)?;
    }
    for (key, value) in args.keywords() {
        protocol::setitem(target, key.as_value(), value)?;
    }
    Ok(())
}

fn update_with(target: &Value, argument: &Value) -> PyResult<()> {
    if let Some(dict) = argument.downcast_exact::<Dict>() {
        return dict
            .iter_snapshot()
            .iter()
            .try_for_each(|(key, value)| protocol::setitem(target, key, value));
    }
    if let Some(keys) = protocol::getattr_optional(argument, id!("keys"))? {
        let keys = protocol::iter(&protocol::call0(&keys)?)?;
        while let Some(key) = protocol::next(&keys)? {
            protocol::setitem(target, &key, &protocol::getitem(argument, &key)?)?;
        }
        return Ok(());
    }
    let pairs = match protocol::getattr_optional(argument, id!("items"))? {
        Some(items) => protocol::call0(&items)?,
        None => argument.clone(),
    };
    let pairs = protocol::iter(&pairs)?;
    while let Some(pair) = protocol::next(&pairs)? {
        let pair = protocol::iter(&pair)?;
        let Some(key) = protocol::next(&pair)? else {
            bail!(ValueError, "need more than 0 values to unpack")
        };
        let Some(value) = protocol::next(&pair)? else {
            bail!(ValueError, "need more than 1 value to unpack")
        };
        if protocol::next(&pair)?.is_some() {
            bail!(ValueError, "too many values to unpack (expected 2)");
        }
        protocol::setitem(target, &key, &value)?;
    }
    Ok(())
}

#[methods]
impl OrderedDict {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<OrderedDict>> {
        Ok(OrderedDict::new_in(class))
    }

    #[init(nosig)]
    fn init(this: &Ref<OrderedDict>, args: Args<'_>) -> PyResult<()> {
        let given = args.positional().len();
        if given > 1 {
            bail!(TypeError, "expected at most 1 argument, got {given}");
        }
        update_arguments(this.as_value(), args)
    }

    #[slot(repr)]
    fn repr(this: &Ref<OrderedDict>) -> PyResult<Ref<Str>> {
        let name = this.class().name_object().to_display().into_owned();
        if this.dict.is_empty() {
            return Ok(Str::new(&format!("{name}()")));
        }
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("..."));
        };
        let contents = this.dict.copy();
        let mut text = StrBuilder::new();
        text.push_str(&name);
        text.push_char('(');
        text.push_string(&*Dict::repr_of(&contents)?);
        text.push_char(')');
        Ok(text.finish())
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        if other.downcast::<Dict>().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        Ok(match comparison {
            Comparison::Eq => Value::from_bool(self.equals(other)?),
            Comparison::Ne => Value::from_bool(!self.equals(other)?),
            _ => Value::NOT_IMPLEMENTED,
        })
    }

    #[slot(iter)]
    fn iter(this: &Ref<OrderedDict>) -> Value {
        OrderedIterator::over(this, Kind::Keys, false).into_value()
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        let class = if left.downcast::<OrderedDict>().is_some() {
            left.class()
        } else {
            right.class()
        };
        if left.downcast::<Dict>().is_none() || right.downcast::<Dict>().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let merged = protocol::call1(class.as_value(), left)?;
        update_with(&merged, right)?;
        Ok(merged)
    }

    #[slot(inplace_or)]
    fn inplace_or(this: &Ref<OrderedDict>, other: &Value) -> PyResult<Value> {
        update_with(this.as_value(), other)?;
        Ok(this.to_value())
    }

    #[slot(setitem)]
    fn setitem(&self, key: &Value, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(value) => self.set(key, value),
            None => match self.dict.remove(key)? {
                Some(_) => {
                    self.changed();
                    Ok(())
                }
                None => Err(exceptions::key_error(key)),
            },
        }
    }

    /// A new ordered dict with the keys of an iterable, all with the same value.
    #[classmethod("($type, /, iterable, value=None)")]
    fn fromkeys(class: &Ref<Type>, iterable: &Value, value: Option<Value>) -> PyResult<Value> {
        let made = protocol::call0(class.as_value())?;
        let value = value.unwrap_or(Value::NONE);
        let iterator = protocol::iter(iterable)?;
        while let Some(key) = protocol::next(&iterator)? {
            protocol::setitem(&made, &key, &value)?;
        }
        Ok(made)
    }

    /// The bytes that the dict takes.
    #[method]
    fn __sizeof__(this: &Ref<OrderedDict>) -> usize {
        this.class().layout().size + this.dict.memory()
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<OrderedDict>) -> PyResult<Value> {
        let state = protocol::call_method(this.as_value(), id!("__getstate__"), &[])?;
        let items = protocol::iter(&protocol::call_method(this.as_value(), id!("items"), &[])?)?;
        let class = this.class().to_value();
        Ok(Tuple::from_array([
            class,
            Tuple::empty().into_value(),
            state,
            Value::NONE,
            items,
        ])
        .into_value())
    }

    /// The value of key; a missing key is added with the value default.
    #[method("($self, /, key, default=None)")]
    fn setdefault(this: &Ref<OrderedDict>, args: Args<'_>) -> PyResult<Value> {
        let bound: Bound<'_, 2> = SETDEFAULT.bind(args)?;
        let [Some(key), default] = bound.values else {
            bail!(
                TypeError,
                "setdefault() missing required argument 'key' (pos 1)"
            )
        };
        let default = default.cloned().unwrap_or(Value::NONE);
        if OrderedDict::has_own_items(this) {
            if protocol::contains(this.as_value(), key)? {
                return protocol::getitem(this.as_value(), key);
            }
            protocol::setitem(this.as_value(), key, &default)?;
            return Ok(default);
        }
        if let Some(value) = this.dict.get(key)? {
            return Ok(value);
        }
        this.set(key, &default)?;
        Ok(default)
    }

    /// od.pop(key[,default]) -> v, remove a key and return its value.
    ///
    /// If the key is missing, return the default if one is given; otherwise raise KeyError.
    #[method("($self, /, key, default=<unrepresentable>)")]
    fn pop(this: &Ref<OrderedDict>, args: Args<'_>) -> PyResult<Value> {
        let bound: Bound<'_, 2> = POP.bind(args)?;
        let [Some(key), default] = bound.values else {
            bail!(TypeError, "pop() missing required argument 'key' (pos 1)")
        };
        OrderedDict::pop_key(this, key, default)
    }

    /// Remove a pair and return it: the last one, or with last=False the first.
    #[method("($self, /, last=True)")]
    fn popitem(this: &Ref<OrderedDict>, last: bool) -> PyResult<Value> {
        let end = if last {
            this.dict.entry_before(this.dict.last_cursor())
        } else {
            this.dict.entry_at(0)
        };
        let Some((_, key, _)) = end else {
            bail!(KeyError, "dictionary is empty")
        };
        if !OrderedDict::is_plain(this) {
            let value = OrderedDict::pop_key(this, &key, None)?;
            return Ok(Tuple::pair(key, value).into_value());
        }
        this.changed();
        match if last {
            this.dict.popitem()
        } else {
            this.dict.pop_first()
        } {
            Some((key, value)) => Ok(Tuple::pair(key, value).into_value()),
            None => bail!(KeyError, "dictionary is empty"),
        }
    }

    /// A view of the keys that behaves like a set.
    #[method]
    fn keys(this: &Ref<OrderedDict>) -> Value {
        OrderedKeys::over(this)
    }

    /// A view of the values.
    #[method]
    fn values(this: &Ref<OrderedDict>) -> Value {
        OrderedValues::over(this)
    }

    /// A view of the pairs of key and value that behaves like a set.
    #[method]
    fn items(this: &Ref<OrderedDict>) -> Value {
        OrderedItems::over(this)
    }

    /// Take the pairs of a mapping or iterable and of the keywords.
    #[method(nosig)]
    fn update(this: &Ref<OrderedDict>, args: Args<'_>) -> PyResult<()> {
        let given = args.positional().len();
        if given > 1 {
            bail!(
                TypeError,
                "update() takes at most 1 positional argument ({given} given)"
            );
        }
        update_arguments(this.as_value(), args)
    }

    /// Remove all pairs.
    #[method]
    fn clear(&self) {
        self.changed();
        self.dict.clear_all();
    }

    /// An ordered dict of the same pairs.
    #[method]
    fn copy(this: &Ref<OrderedDict>) -> PyResult<Value> {
        if OrderedDict::is_plain(this) {
            let copy = OrderedDict::new_in(OrderedDict::class());
            copy.dict.update(&this.dict)?;
            return Ok(copy.into_value());
        }
        let copy = protocol::call0(this.class().as_value())?;
        for key in this.dict.keys_snapshot() {
            protocol::setitem(&copy, &key, &protocol::getitem(this.as_value(), &key)?)?;
        }
        Ok(copy)
    }

    /// An iterator over the keys, the last one first.
    #[method]
    fn __reversed__(this: &Ref<OrderedDict>) -> Value {
        OrderedIterator::over(this, Kind::Keys, true).into_value()
    }

    /// Move a key to the end of the order, or with last=False to the front.
    ///
    /// KeyError if it is missing.
    #[method("($self, /, key, last=True)")]
    fn move_to_end(&self, key: &Value, last: bool) -> PyResult<()> {
        let hash = hash_key(key)?;
        let found = match last {
            true => self.dict.move_to_end(key, hash)?.is_some(),
            false => self.dict.move_to_front(key, hash)?,
        };
        if !found {
            return Err(exceptions::key_error(key));
        }
        self.changed();
        Ok(())
    }
}
