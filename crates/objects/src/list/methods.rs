//! What `list` does in Python: its methods and slots.

use taipan_macros::methods;

use crate::args::Args;
use crate::class::{Comparison, Type};
use crate::dict::Dict;
use crate::generic_alias::GenericAlias;
use crate::list::cell::ItemCell;
use crate::list::iterators::{ListIterator, ListReverseIterator};
use crate::list::{List, sort};
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence::{self, Subscript};
use crate::set::Set;
use crate::slice::{Slice, SliceRange};
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

impl List {
    /// A new list of the items of an iterable.
    pub fn from_iterable(iterable: &Value) -> PyResult<Ref<List>> {
        let list = List::new(Vec::new());
        list.extend(iterable)?;
        Ok(list)
    }

    /// Adds the items of an iterable at the end. Items come in one by one, so those before an error stay.
    pub fn extend(&self, iterable: &Value) -> PyResult<()> {
        if let Some(items) = snapshot(iterable)? {
            return match self.is_empty() && self.items.capacity() == 0 {
                true => {
                    drop(self.replace_all(items));
                    Ok(())
                }
                false => self.extend_from_slice(&items),
            };
        }
        let iterator = protocol::iter(iterable)?;
        let hint = protocol::length_hint(iterable)?.unwrap_or(0);
        let room = self
            .len()
            .checked_add(hint)
            .filter(|&room| room <= super::MAX_ITEMS);
        if let Some(room) = room
            && hint > 0
        {
            self.items.reserve_exact(room)?;
        }
        let next = iterator.class().slots.next.get();
        let Some(next) = next else {
            bail!(
                TypeError,
                "'{}' object is not an iterator",
                iterator.class().name()
            )
        };
        while let Some(item) = next(&iterator)? {
            self.push(item)?;
        }
        Ok(())
    }

    /// `list[key]`.
    #[inline]
    pub fn getitem(this: &Ref<List>, key: &Value) -> PyResult<Value> {
        match sequence::subscript(key, "list")? {
            Subscript::Position(position) => {
                match protocol::wrap_index(position, this.len()).and_then(|index| this.get(index)) {
                    Some(item) => Ok(item),
                    None => bail!(IndexError, "list index out of range"),
                }
            }
            Subscript::Slice(slice) => Ok(this.get_slice(slice)?.into_value()),
        }
    }

    fn get_slice(&self, slice: &Slice) -> PyResult<Ref<List>> {
        let range = slice.resolve(|| self.len())?;
        if range.step == 1 {
            return Ok(List::new(
                self.items
                    .range(range.start as usize, range.start as usize + range.len),
            ));
        }
        let mut items = Vec::with_capacity(range.len);
        items.extend(range.positions().filter_map(|position| self.get(position)));
        Ok(List::new(items))
    }

    /// `list[key] = new`, or `del list[key]` without a value.
    pub fn setitem(this: &Ref<List>, key: &Value, new: Option<&Value>) -> PyResult<()> {
        match sequence::subscript(key, "list")? {
            Subscript::Position(position) => {
                let Some(index) = protocol::wrap_index(position, this.len()) else {
                    bail!(IndexError, "list assignment index out of range");
                };
                match new {
                    Some(new) => drop(this.set(index, new.clone())),
                    None => drop(this.remove_at(index)),
                }
                Ok(())
            }
            Subscript::Slice(slice) => {
                let bounds = slice.unpack()?;
                match new {
                    None => this.delete_slice(bounds.adjust(this.len())),
                    Some(new) if bounds.step == 1 => {
                        let items = match snapshot(new)? {
                            Some(items) => items,
                            None => protocol::collect_or(new, || {
                                "must assign iterable to extended slice".to_owned()
                            })?,
                        };
                        let range = bounds.adjust(this.len());
                        let start = range.start as usize;
                        let stop = start.max(range.stop.max(0) as usize);
                        drop(this.splice(start, stop, items)?);
                        Ok(())
                    }
                    Some(new) => {
                        let items = protocol::collect_or(new, || {
                            "must assign iterable to extended slice".to_owned()
                        })?;
                        this.assign_extended(bounds.adjust(this.len()), items)
                    }
                }
            }
        }
    }

    fn assign_extended(&self, range: SliceRange, items: Vec<Value>) -> PyResult<()> {
        if items.len() != range.len {
            bail!(
                ValueError,
                "attempt to assign sequence of size {} to extended slice of size {}",
                items.len(),
                range.len
            );
        }
        // The old items are kept until all are replaced: releasing one may run code that looks at the list.
        let old: Vec<_> = range
            .positions()
            .zip(items)
            .map(|(position, item)| self.items.replace(position, item))
            .collect();
        drop(old);
        Ok(())
    }

    fn delete_slice(&self, range: SliceRange) -> PyResult<()> {
        if range.len == 0 {
            return Ok(());
        }
        let (start, step) = range.ascending();
        if step == 1 {
            drop(self.splice(start, start + range.len, Vec::new())?);
            return Ok(());
        }
        let last = start + (range.len - 1) * step;
        let span = self.items.range(start, last + 1);
        let kept = span
            .iter()
            .enumerate()
            .filter(|(offset, _)| offset % step != 0)
            .map(|(_, item)| item.clone())
            .collect();
        drop(self.splice(start, last + 1, kept)?);
        drop(span);
        Ok(())
    }

    fn compare_with(&self, other: &List, comparison: Comparison) -> PyResult<Value> {
        sequence::compare(
            |index| self.get(index),
            |index| other.get(index),
            || (self.len(), other.len()),
            comparison,
        )
    }
}

/// All items at once of the containers whose iteration runs no foreign code.
fn snapshot(iterable: &Value) -> PyResult<Option<Vec<Value>>> {
    if !iterable.is_pointer() {
        return Ok(None);
    }
    Ok(if let Some(list) = iterable.downcast_exact::<List>() {
        Some(list.to_vec())
    } else if let Some(tuple) = iterable.downcast_exact::<Tuple>() {
        Some(tuple.to_vec())
    } else if let Some(dict) = iterable.downcast_exact::<Dict>() {
        Some(dict.keys_snapshot())
    } else {
        iterable.downcast_exact::<Set>().map(|set| set.snapshot())
    })
}

#[methods]
impl List {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<List>> {
        Ok(List::new_in(class))
    }

    #[init("(iterable=(), /)")]
    fn init(&self, iterable: Option<&Value>) -> PyResult<()> {
        drop(self.take_all());
        match iterable {
            Some(iterable) => self.extend(iterable),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<List>) -> PyResult<Ref<Str>> {
        if this.is_empty() {
            return Ok(Str::new("[]"));
        }
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("[...]"));
        };
        sequence::repr("[", "]", |index| this.get(index))
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        match other.downcast::<List>() {
            Some(other) => self.compare_with(other, comparison),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(iter)]
    fn iter(this: &Ref<List>) -> Value {
        ListIterator::new(this.clone()).into_value()
    }

    #[slot(len)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(getitem)]
    fn subscript(this: &Ref<List>, key: &Value) -> PyResult<Value> {
        List::getitem(this, key)
    }

    #[slot(setitem)]
    fn assign(this: &Ref<List>, key: &Value, new: Option<&Value>) -> PyResult<()> {
        List::setitem(this, key, new)
    }

    #[slot(contains)]
    fn contains(&self, item: &Value) -> PyResult<bool> {
        Ok(sequence::find(|index| self.get(index), 0, usize::MAX, item)?.is_some())
    }

    #[slot(concat)]
    fn concat(&self, other: &Value) -> PyResult<Ref<List>> {
        let Some(other) = other.downcast::<List>() else {
            bail!(
                TypeError,
                "can only concatenate list (not \"{}\") to list",
                other.class().name()
            );
        };
        let items = ItemCell::new();
        items.reserve_exact(self.len().saturating_add(other.len()))?;
        items.extend(&self.to_vec())?;
        items.extend(&other.to_vec())?;
        Ok(List::new(items.take()))
    }

    #[slot(repeat)]
    fn repeat(&self, times: &Value) -> PyResult<Ref<List>> {
        let times = sequence::repeat_count(times)?;
        Ok(List::new(sequence::repeat(&self.to_vec(), times)?))
    }

    #[slot(inplace_concat)]
    fn inplace_concat(this: &Ref<List>, other: &Value) -> PyResult<Value> {
        this.extend(other)?;
        Ok(this.to_value())
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat(this: &Ref<List>, times: &Value) -> PyResult<Value> {
        match sequence::repeat_count(times)? {
            0 => drop(this.take_all()),
            times => this.items.repeat(times)?,
        }
        Ok(this.to_value())
    }

    /// Return self[index].
    #[method(name = "__getitem__")]
    fn getitem_method(this: &Ref<List>, index: &Value) -> PyResult<Value> {
        List::getitem(this, index)
    }

    /// An iterator over the items from the last to the first.
    #[method]
    fn __reversed__(this: &Ref<List>) -> Value {
        ListReverseIterator::new(this.clone()).into_value()
    }

    /// The bytes that the list takes.
    #[method]
    fn __sizeof__(this: &Ref<List>) -> usize {
        this.class().layout().size + this.items.capacity() * size_of::<Value>()
    }

    /// Remove all items.
    #[method]
    fn clear(&self) {
        drop(self.take_all());
    }

    /// A new list of the same items.
    #[method]
    fn copy(&self) -> Ref<List> {
        List::new(self.to_vec())
    }

    /// Add an object at the end.
    #[method]
    fn append(&self, object: &Value) -> PyResult<()> {
        self.push(object.clone())
    }

    /// Put an object before the item at index.
    #[method(name = "insert")]
    fn insert_method(&self, index: &Value, object: &Value) -> PyResult<()> {
        let position = protocol::to_size(index)?;
        let len = self.len() as isize;
        let at = if position < 0 {
            (position + len).max(0)
        } else {
            position.min(len)
        };
        self.insert(at as usize, object.clone())
    }

    /// Add the items of an iterable at the end.
    #[method(name = "extend")]
    fn extend_method(&self, iterable: &Value) -> PyResult<()> {
        self.extend(iterable)
    }

    /// Remove the item at index, by default the last, and return it.
    ///
    /// IndexError if there is no such item.
    #[method("($self, index=-1, /)", name = "pop")]
    fn pop_method(&self, index: Option<&Value>) -> PyResult<Value> {
        let position = match index {
            Some(index) => protocol::to_size(index)?,
            None => -1,
        };
        if self.is_empty() {
            bail!(IndexError, "pop from empty list");
        }
        if position == -1
            && let Some(last) = self.pop()
        {
            return Ok(last);
        }
        match protocol::wrap_index(position, self.len()).and_then(|index| self.remove_at(index)) {
            Some(item) => Ok(item),
            None => bail!(IndexError, "pop index out of range"),
        }
    }

    /// Remove the first item that equals value.
    ///
    /// ValueError if there is none.
    #[method]
    fn remove(&self, value: &Value) -> PyResult<()> {
        match sequence::find(|index| self.get(index), 0, usize::MAX, value)? {
            Some(index) => {
                drop(self.remove_at(index));
                Ok(())
            }
            None => bail!(ValueError, "list.remove(x): x not in list"),
        }
    }

    /// The position of the first item that equals value.
    ///
    /// ValueError if there is none.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(&self, value: &Value, start: Option<&Value>, stop: Option<&Value>) -> PyResult<usize> {
        let start = sequence::search_bound(start, 0, self.len())?;
        let stop = sequence::search_bound(stop, isize::MAX, self.len())?;
        match sequence::find(|index| self.get(index), start, stop, value)? {
            Some(index) => Ok(index),
            None => bail!(ValueError, "list.index(x): x not in list"),
        }
    }

    /// How many items equal value.
    #[method]
    fn count(&self, value: &Value) -> PyResult<usize> {
        sequence::count(|index| self.get(index), value)
    }

    /// Turn the order of the items round.
    #[method]
    fn reverse(&self) {
        self.reverse_all();
    }

    /// Sort the items in place, smallest first; equal ones keep their order.
    ///
    /// With a key function the items are ordered by what it answers for each of them; it is called once an item.
    /// reverse=True puts the largest first.
    #[method("($self, /, *, key=None, reverse=False)", name = "sort")]
    fn sort_method(&self, key: Option<&Value>, reverse: bool) -> PyResult<()> {
        sort::sort(self, key, reverse)
    }

    /// Describe a list of items of some type.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }
}
