//! What `dict` does in Python: its methods and slots.

use taipan_macros::methods;

use crate::args;
use crate::args::Args;
use crate::class::{Comparison, Payload, SlotId, Type};
use crate::dict::iterators::{DictKeyIterator, DictReverseKeyIterator};
use crate::dict::views::{DictItems, DictKeys, DictValues};
use crate::dict::{Dict, Existing};
use crate::exceptions::{self, ExceptionKind};
use crate::generic_alias::GenericAlias;
use crate::id;
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence;
use crate::set::{FrozenSet, Set};
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// Whether a value is a dict whose class did not give it another `__iter__`, so that its entries can be read directly.
pub fn plainly_iterable(value: &Value) -> Option<&Ref<Dict>> {
    let dict = value.downcast::<Dict>()?;
    let class = dict.class();
    (class.is(Dict::class()) || class.slots.same_slot(SlotId::iter, &Dict::class().slots))
        .then_some(dict)
}

impl Ref<Dict> {
    /// `dict[key]`: KeyError, or `__missing__` of a subclass, when the key is missing.
    #[inline]
    pub fn getitem(&self, key: &Value) -> PyResult<Value> {
        match self.get(key)? {
            Some(value) => Ok(value),
            None => self.missing(key),
        }
    }

    #[cold]
    fn missing(&self, key: &Value) -> PyResult<Value> {
        if !self.class().is(Dict::class())
            && let Some(found) = protocol::call_special_optional(
                self.as_value(),
                id!("__missing__"),
                std::slice::from_ref(key),
            )?
        {
            return Ok(found);
        }
        Err(exceptions::key_error(key))
    }

    /// `dict.copy()` and the copies that operators make: a plain dict.
    pub fn plain_copy(&self) -> PyResult<Ref<Dict>> {
        let copy = Dict::new();
        copy.merge_mapping(self.as_value(), Existing::Replace)?;
        Ok(copy)
    }
}

impl Dict {
    /// `update(argument, **keywords)`: a mapping, or an iterable of pairs.
    pub fn update_with(&self, argument: &Value) -> PyResult<()> {
        if argument.downcast_exact::<Dict>().is_some() {
            return self.merge_mapping(argument, Existing::Replace);
        }
        match protocol::getattr_optional(argument, id!("keys"))? {
            Some(_) => self.merge_mapping(argument, Existing::Replace),
            None => self.merge_pairs(argument),
        }
    }

    /// Copies the entries of a mapping in.
    pub fn merge_mapping(&self, mapping: &Value, existing: Existing) -> PyResult<()> {
        if let Some(dict) = plainly_iterable(mapping) {
            return self.merge(dict, existing);
        }
        let keys = protocol::call_method(mapping, id!("keys"), &[])?;
        let iterator = protocol::iter(&keys)?;
        while let Some(key) = protocol::next(&iterator)? {
            if existing != Existing::Replace && self.contains(&key)? {
                if existing == Existing::Refuse {
                    return Err(exceptions::key_error(&key));
                }
                continue;
            }
            let value = protocol::getitem(mapping, &key)?;
            self.set(key, value)?;
        }
        Ok(())
    }

    /// Takes the pairs of an iterable.
    pub fn merge_pairs(&self, pairs: &Value) -> PyResult<()> {
        let iterator = protocol::iter(pairs)?;
        let mut index = 0;
        while let Some(pair) = protocol::next(&iterator)? {
            let items = match Tuple::from_iterable_or(&pair, "object is not iterable") {
                Ok(items) => items,
                Err(raised) if raised.is(ExceptionKind::TypeError) => {
                    let note = format!(
                        "Cannot convert dictionary update sequence element #{index} to a sequence"
                    );
                    protocol::call_method(
                        raised.exception().as_value(),
                        id!("add_note"),
                        &[Str::new(&note).into_value()],
                    )?;
                    return Err(raised);
                }
                Err(raised) => return Err(raised),
            };
            match items.as_slice() {
                [key, value] => self.set(key.clone(), value.clone())?,
                other => {
                    bail!(
                        ValueError,
                        "dictionary update sequence element #{index} has length {}; 2 is required",
                        other.len()
                    )
                }
            }
            index += 1;
        }
        Ok(())
    }

    /// `name(argument=(), /, **keywords)`, as `dict()` and `update` take it.
    pub fn update_arguments(&self, name: &str, args: Args<'_>) -> PyResult<()> {
        let positional = args.positional();
        args::check_count(name, positional.len(), 0, 1)?;
        if let [argument] = positional {
            self.update_with(argument)?;
        }
        for (key, value) in args.keywords() {
            self.set(key.to_value(), value.clone())?;
        }
        Ok(())
    }

    /// `{key: value, …}`.
    pub fn repr_of(this: &Ref<Dict>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("{...}"));
        };
        let mut text = StrBuilder::new();
        text.push_char('{');
        let mut cursor = 0;
        while let Some((next, key, value)) = this.entry_at(cursor) {
            if text.len() > 1 {
                text.push_str(", ");
            }
            text.push_string(&*protocol::repr(&key)?);
            text.push_str(": ");
            text.push_string(&*protocol::repr(&value)?);
            cursor = next;
        }
        text.push_char('}');
        Ok(text.finish())
    }

    /// Whether both dicts have the same keys with equal values.
    pub fn equals(&self, other: &Dict) -> PyResult<bool> {
        if self.len() != other.len() {
            return Ok(false);
        }
        let mut cursor = 0;
        while let Some(index) = self.table.next_entry(cursor) {
            let Some((key, value, hash)) = self.table.entry(index) else {
                break;
            };
            match other.get_known_hash(&key, hash)? {
                Some(theirs) if sequence::same_item(&value, &theirs)? => {}
                _ => return Ok(false),
            }
            cursor = index + 1;
        }
        Ok(true)
    }

    /// Adds every item of `keys` with the same value.
    fn fill(&self, keys: &Value, value: &Value) -> PyResult<()> {
        if let Some(dict) = keys.downcast_exact::<Dict>() {
            self.reserve_general(dict.len(), dict.has_only_str_keys());
            for (key, _) in dict.iter_snapshot() {
                self.set(key, value.clone())?;
            }
            return Ok(());
        }
        let set = keys
            .downcast_exact::<Set>()
            .map(|set| set.snapshot_with_hashes());
        let set = set.or_else(|| {
            keys.downcast_exact::<FrozenSet>()
                .map(|set| set.snapshot_with_hashes())
        });
        if let Some(keys) = set {
            for (key, hash) in keys {
                self.set_known_hash(key, hash, value.clone())?;
            }
            return Ok(());
        }
        protocol::iterate(keys, |key| self.set(key, value.clone()))
    }
}

#[methods]
impl Dict {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<Dict>> {
        Ok(Dict::new_in(class))
    }

    #[init(nosig)]
    fn init(&self, args: Args<'_>) -> PyResult<()> {
        self.update_arguments("dict", args)
    }

    #[slot(repr)]
    fn repr(this: &Ref<Dict>) -> PyResult<Ref<Str>> {
        Dict::repr_of(this)
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<Dict>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(match comparison {
            Comparison::Eq => Value::from_bool(self.equals(other)?),
            Comparison::Ne => Value::from_bool(!self.equals(other)?),
            _ => Value::NOT_IMPLEMENTED,
        })
    }

    #[slot(iter)]
    fn iter(this: &Ref<Dict>) -> Value {
        DictKeyIterator::new(this.clone()).into_value()
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        let (Some(first), Some(second)) = (left.downcast::<Dict>(), right.downcast::<Dict>())
        else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let merged = first.plain_copy()?;
        merged.update_with(second.as_value())?;
        Ok(merged.into_value())
    }

    #[slot(inplace_or)]
    fn inplace_or(this: &Ref<Dict>, other: &Value) -> PyResult<Value> {
        this.update_with(other)?;
        Ok(this.to_value())
    }

    #[slot(len)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(getitem)]
    fn subscript(this: &Ref<Dict>, key: &Value) -> PyResult<Value> {
        this.getitem(key)
    }

    #[slot(setitem)]
    fn assign(this: &Ref<Dict>, key: &Value, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(value) => this.set(key.clone(), value.clone()),
            None => match this.remove(key)? {
                Some(_) => Ok(()),
                None => Err(exceptions::key_error(key)),
            },
        }
    }

    #[slot(contains)]
    fn contains_slot(this: &Ref<Dict>, key: &Value) -> PyResult<bool> {
        this.contains(key)
    }

    /// True if the dict has the key.
    #[method(name = "__contains__")]
    fn contains_method(this: &Ref<Dict>, key: &Value) -> PyResult<bool> {
        this.contains(key)
    }

    /// Return self[key].
    #[method(name = "__getitem__")]
    fn getitem_method(this: &Ref<Dict>, key: &Value) -> PyResult<Value> {
        this.getitem(key)
    }

    /// The bytes that the dict takes.
    #[method]
    fn __sizeof__(this: &Ref<Dict>) -> usize {
        this.class().layout().size + this.memory()
    }

    /// The value of key, or default if the key is missing.
    #[method("($self, key, default=None, /)", name = "get")]
    fn get_method(&self, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        Ok(self
            .get(key)?
            .unwrap_or_else(|| default.cloned().unwrap_or(Value::NONE)))
    }

    /// The value of key; a missing key is added with the value default.
    #[method("($self, key, default=None, /)", name = "setdefault")]
    fn setdefault_method(&self, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        self.setdefault(key, default.unwrap_or(&Value::NONE))
    }

    /// D.pop(k[,d]) -> v, remove a key and return its value.
    ///
    /// If the key is missing, return the default if one is given; otherwise raise KeyError.
    #[method("($self, key, default=<unrepresentable>, /)", name = "pop")]
    fn pop_method(&self, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        match (self.pop(key)?, default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(exceptions::key_error(key)),
        }
    }

    /// Remove the pair that was added last and return it as a tuple.
    ///
    /// KeyError if the dict is empty.
    #[method(name = "popitem")]
    fn popitem_method(&self) -> PyResult<Value> {
        match self.popitem() {
            Some((key, value)) => Ok(Tuple::pair(key, value).into_value()),
            None => bail!(KeyError, "popitem(): dictionary is empty"),
        }
    }

    /// A view of the keys that behaves like a set.
    #[method]
    fn keys(this: &Ref<Dict>) -> Value {
        DictKeys::new(this.clone()).into_value()
    }

    /// A view of the pairs of key and value that behaves like a set.
    #[method]
    fn items(this: &Ref<Dict>) -> Value {
        DictItems::new(this.clone()).into_value()
    }

    /// A view of the values.
    #[method]
    fn values(this: &Ref<Dict>) -> Value {
        DictValues::new(this.clone()).into_value()
    }

    /// D.update([E, ]**F) -> None.  Take the pairs of E and F into D.
    ///
    /// If E has a method keys(), the pairs are k, E[k] for each k of E.keys(); otherwise E gives pairs itself.
    #[method(nosig, name = "update")]
    fn update_method(&self, args: Args<'_>) -> PyResult<()> {
        self.update_arguments("update", args)
    }

    /// A new dict with the keys of an iterable, all with the same value.
    #[classmethod("($type, iterable, value=None, /)")]
    fn fromkeys(class: &Ref<Type>, iterable: &Value, value: Option<&Value>) -> PyResult<Value> {
        let none = Value::NONE;
        let value = value.unwrap_or(&none);
        let made = if class.is(Dict::class()) {
            Dict::new().into_value()
        } else {
            protocol::call0(class.as_value())?
        };
        if let Some(dict) = made.downcast_exact::<Dict>() {
            dict.fill(iterable, value)?;
        } else {
            let iterator = protocol::iter(iterable)?;
            while let Some(key) = protocol::next(&iterator)? {
                protocol::setitem(&made, &key, value)?;
            }
        }
        Ok(made)
    }

    /// Remove all pairs.
    #[method]
    fn clear(&self) {
        self.clear_all();
    }

    /// A new dict of the same pairs.
    #[method(name = "copy")]
    fn copy_method(this: &Ref<Dict>) -> PyResult<Ref<Dict>> {
        this.plain_copy()
    }

    /// An iterator over the keys, the last one first.
    #[method]
    fn __reversed__(this: &Ref<Dict>) -> Value {
        DictReverseKeyIterator::new(this.clone()).into_value()
    }

    /// Describe a dict of keys and values of some types.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }
}
