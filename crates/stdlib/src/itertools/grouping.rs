//! `batched`, `groupby`, `pairwise`.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// `batched`: tuples of n items.
#[class(
    name = "batched",
    module = "itertools",
    doc = "An iterator over tuples of n items each; the last may be shorter.\n\nWith strict=True it is a ValueError if the last tuple is shorter.",
    flags(BASETYPE)
)]
pub struct Batched {
    iterator: Slot,
    #[untraced]
    size: usize,
    #[untraced]
    strict: bool,
}

#[methods]
impl Batched {
    #[new("(iterable, n, *, strict=False)")]
    fn make(class: &Ref<Type>, iterable: &Value, n: isize, strict: bool) -> PyResult<Ref<Batched>> {
        if n < 1 {
            bail!(ValueError, "n must be at least one");
        }
        let iterator = Slot::new(Some(protocol::iter(iterable)?));
        Ok(heap::new_object(
            class,
            Batched {
                iterator,
                size: n as usize,
                strict,
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Batched>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(iterator) = self.iterator.get() else {
            return Ok(None);
        };
        let mut batch = Vec::new();
        while batch.len() < self.size {
            let Some(item) = protocol::next(&iterator)? else {
                break;
            };
            batch.push(item);
        }
        if batch.is_empty() {
            self.iterator.set(None);
            return Ok(None);
        }
        if batch.len() < self.size && self.strict {
            self.iterator.set(None);
            bail!(ValueError, "batched(): incomplete batch");
        }
        Ok(Some(Tuple::new(batch).into_value()))
    }
}

/// `groupby`: runs of items with the same key.
#[class(
    name = "groupby",
    module = "itertools",
    doc = "An iterator over pairs of a key and a group: an iterator over the items that follow each other with that key.\n\n  iterable\n    What gives the items.\n  key\n    A function that answers the key of an item; by default the item is its own key.",
    flags(BASETYPE)
)]
pub struct GroupBy {
    iterator: Value,
    key: Value,
    /// The key of the group that was given last.
    target_key: Slot,
    current_key: Slot,
    current_value: Slot,
    /// Identifies the group that may still give items: the one made last.
    #[untraced]
    group: Cell<u64>,
}

impl GroupBy {
    /// Takes the next item; answers false at the end.
    fn step(&self) -> PyResult<bool> {
        let Some(value) = protocol::next(&self.iterator)? else {
            return Ok(false);
        };
        let key = if self.key.is_none() {
            value.clone()
        } else {
            protocol::call1(&self.key, &value)?
        };
        self.current_value.set(Some(value));
        self.current_key.set(Some(key));
        Ok(true)
    }
}

#[methods]
impl GroupBy {
    #[new("(iterable, key=None)")]
    fn make(class: &Ref<Type>, iterable: &Value, key: Option<Value>) -> PyResult<Ref<GroupBy>> {
        let payload = GroupBy {
            iterator: protocol::iter(iterable)?,
            key: key.unwrap_or(Value::NONE),
            target_key: Slot::empty(),
            current_key: Slot::empty(),
            current_value: Slot::empty(),
            group: Cell::new(0),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(iter)]
    fn iter(this: &Ref<GroupBy>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(this: &Ref<GroupBy>) -> PyResult<Option<Value>> {
        this.group.set(0);
        // What is left of the last group is skipped.
        loop {
            if let Some(current) = this.current_key.get() {
                let Some(target) = this.target_key.get() else {
                    break;
                };
                if !protocol::equal(&target, &current)? {
                    break;
                }
            }
            if !this.step()? {
                return Ok(None);
            }
        }
        let Some(key) = this.current_key.get() else {
            return Ok(None);
        };
        this.target_key.set(Some(key.clone()));
        let grouper = heap::new_object(
            Grouper::class(),
            Grouper {
                parent: this.clone(),
                key: key.clone(),
            },
        );
        this.group.set(grouper.as_value().id());
        Ok(Some(Tuple::pair(key, grouper.into_value()).into_value()))
    }
}

/// A group of `groupby`.
#[class(name = "_grouper", module = "itertools", flags(NO_INSTANTIATION))]
pub struct Grouper {
    parent: Ref<GroupBy>,
    key: Value,
}

#[methods]
impl Grouper {
    #[slot(iter)]
    fn iter(this: &Ref<Grouper>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(this: &Ref<Grouper>) -> PyResult<Option<Value>> {
        let parent = &this.parent;
        if parent.group.get() != this.as_value().id() {
            return Ok(None);
        }
        if parent.current_value.is_empty() && !parent.step()? {
            return Ok(None);
        }
        match parent.current_key.get() {
            Some(current) if protocol::equal(&this.key, &current)? => {}
            _ => return Ok(None),
        }
        let value = parent.current_value.take();
        parent.current_key.set(None);
        Ok(value)
    }
}

/// `pairwise`: each item with the one before it.
#[class(
    name = "pairwise",
    module = "itertools",
    doc = "An iterator over pairs of neighbours: the first and second item, the second and third, and so on.",
    flags(BASETYPE)
)]
pub struct Pairwise {
    iterator: Slot,
    old: Slot,
}

#[methods]
impl Pairwise {
    #[new("(iterable, /)")]
    fn make(class: &Ref<Type>, iterable: &Value) -> PyResult<Ref<Pairwise>> {
        let iterator = Slot::new(Some(protocol::iter(iterable)?));
        Ok(heap::new_object(
            class,
            Pairwise {
                iterator,
                old: Slot::empty(),
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Pairwise>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(iterator) = self.iterator.get() else {
            return Ok(None);
        };
        if self.old.is_empty() {
            let first = protocol::next(&iterator)?;
            if first.is_none() {
                self.iterator.set(None);
                return Ok(None);
            }
            self.old.set(first);
            // The call may have run this iterator to its end.
            if self.iterator.is_empty() {
                self.old.set(None);
                return Ok(None);
            }
        }
        let old = self.old.get();
        match (old, protocol::next(&iterator)?) {
            (Some(old), Some(new)) => {
                self.old.set(Some(new.clone()));
                Ok(Some(Tuple::pair(old, new).into_value()))
            }
            _ => {
                self.iterator.set(None);
                self.old.set(None);
                Ok(None)
            }
        }
    }
}
