//! What `tuple` does in Python: its methods and slots.

use taipan_macros::methods;

use crate::class::{Comparison, Payload, Type};
use crate::generic_alias::GenericAlias;
use crate::hash::SequenceHasher;
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence::{self, Subscript};
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::tuple::iterator::TupleIterator;
use crate::tuple::storage::NO_HASH;
use crate::value::{Ref, Value};

impl Ref<Tuple> {
    /// `tuple[key]`.
    #[inline]
    pub fn getitem(&self, key: &Value) -> PyResult<Value> {
        match sequence::subscript(key, "tuple")? {
            Subscript::Position(position) => {
                match protocol::wrap_index(position, self.len()).and_then(|index| self.get(index)) {
                    Some(item) => Ok(item),
                    None => bail!(IndexError, "tuple index out of range"),
                }
            }
            Subscript::Slice(slice) => {
                let range = slice.resolve(|| self.len())?;
                if range.len == self.len() && range.step == 1 && self.class().is(Tuple::class()) {
                    return Ok(self.to_value());
                }
                Ok(Tuple::new(range.select(self.as_slice())).into_value())
            }
        }
    }

    /// `hash(tuple)`, computed once.
    pub fn hash_value(&self) -> PyResult<i64> {
        if self.hash.get() != NO_HASH {
            return Ok(self.hash.get());
        }
        let mut hasher = SequenceHasher::new();
        for item in self.as_slice() {
            hasher.add(protocol::hash(item)?);
        }
        let hash = hasher.finish();
        self.hash.set(hash);
        Ok(hash)
    }
}

#[methods]
impl Tuple {
    #[new("(iterable=(), /)")]
    fn make(class: &Ref<Type>, iterable: Option<&Value>) -> PyResult<Ref<Tuple>> {
        let exact = class.is(Tuple::class());
        match iterable {
            Some(iterable) if exact => Tuple::from_iterable(iterable),
            Some(iterable) => Ok(Tuple::new_in(class, protocol::collect(iterable)?)),
            None => Ok(Tuple::new_in(class, Vec::new())),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<Tuple>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("(...)"));
        };
        if let [item] = this.as_slice() {
            let mut text = StrBuilder::new();
            text.push_char('(');
            text.push_string(&*protocol::repr(item)?);
            text.push_str(",)");
            return Ok(text.finish());
        }
        sequence::repr("(", ")", |index| this.get(index))
    }

    #[slot(hash)]
    fn hash(this: &Ref<Tuple>) -> PyResult<i64> {
        this.hash_value()
    }

    #[slot(richcompare)]
    fn compare(this: &Ref<Tuple>, other: &Value, comparison: Comparison) -> PyResult<Value> {
        match other.downcast::<Tuple>() {
            Some(other) => sequence::compare_slices(this.as_slice(), other.as_slice(), comparison),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(iter)]
    fn iter(this: &Ref<Tuple>) -> Value {
        TupleIterator::new(this.clone()).into_value()
    }

    #[slot(len)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(getitem)]
    fn subscript(this: &Ref<Tuple>, key: &Value) -> PyResult<Value> {
        this.getitem(key)
    }

    #[slot(contains)]
    fn contains(this: &Ref<Tuple>, item: &Value) -> PyResult<bool> {
        for candidate in this.as_slice() {
            if sequence::same_item(candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(concat)]
    fn concat(this: &Ref<Tuple>, other: &Value) -> PyResult<Value> {
        let Some(right) = other.downcast::<Tuple>() else {
            bail!(
                TypeError,
                "can only concatenate tuple (not \"{}\") to tuple",
                other.class().name()
            );
        };
        if this.is_empty() && right.class().is(Tuple::class()) {
            return Ok(right.to_value());
        }
        if right.is_empty() && this.class().is(Tuple::class()) {
            return Ok(this.to_value());
        }
        Ok(Tuple::new(sequence::concat(this.as_slice(), right.as_slice())?).into_value())
    }

    #[slot(repeat)]
    fn repeat(this: &Ref<Tuple>, times: &Value) -> PyResult<Value> {
        let times = sequence::repeat_count(times)?;
        if (this.is_empty() || times == 1) && this.class().is(Tuple::class()) {
            return Ok(this.to_value());
        }
        Ok(Tuple::new(sequence::repeat(this.as_slice(), times)?).into_value())
    }

    #[method]
    fn __getnewargs__(this: &Ref<Tuple>) -> Value {
        let plain = Tuple::from_slice(this.as_slice());
        Tuple::from_array([plain.into_value()]).into_value()
    }

    /// The position of the first item that equals value.
    ///
    /// ValueError if there is none.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        this: &Ref<Tuple>,
        value: &Value,
        start: Option<&Value>,
        stop: Option<&Value>,
    ) -> PyResult<usize> {
        let start = sequence::search_bound(start, 0, this.len())?;
        let stop = sequence::search_bound(stop, isize::MAX, this.len())?;
        match sequence::find(|index| this.get(index), start, stop, value)? {
            Some(index) => Ok(index),
            None => bail!(ValueError, "tuple.index(x): x not in tuple"),
        }
    }

    /// How many items equal value.
    #[method]
    fn count(this: &Ref<Tuple>, value: &Value) -> PyResult<usize> {
        sequence::count(|index| this.get(index), value)
    }

    /// Describe a tuple of items of some types.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }
}
