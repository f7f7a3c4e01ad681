//! Writing tuples, lists, dicts and sets.
//!
//! Lists, dicts and sets are written empty and filled afterwards, in batches, so that they can hold themselves. A tuple or
//! frozenset cannot be filled: if the memo knows it once its items are written, it holds itself, and what was written is
//! popped in favour of the object that the items led to. Containers may change while their items are being written, which
//! can run Python code; iteration goes by index or cursor and asks each time.

use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id};

use super::save::{Saver, class_name, noted};
use crate::pickle::opcodes::*;

/// How many items one opcode adds.
const BATCH_SIZE: usize = 1000;
/// In fast mode, containers nested deeper than this are watched for cycles.
const FAST_NESTING_LIMIT: usize = 50;

#[cold]
fn noted_item(raised: Raised, container: &Value, index: usize) -> Raised {
    noted(
        raised,
        &format!("when serializing {} item {index}", class_name(container)),
    )
}

#[cold]
fn noted_key(raised: Raised, container: &Value, key: &Value) -> Raised {
    match protocol::repr(key) {
        Ok(key) => noted(
            raised,
            &format!(
                "when serializing {} item {}",
                class_name(container),
                key.to_display()
            ),
        ),
        Err(_) => raised,
    }
}

#[cold]
fn noted_element(raised: Raised, container: &Value) -> Raised {
    noted(
        raised,
        &format!("when serializing {} element", class_name(container)),
    )
}

impl Saver<'_> {
    /// Writes a container in fast mode, where a cycle would never end.
    fn watched(
        &mut self,
        value: &Value,
        body: impl FnOnce(&mut Self) -> PyResult<()>,
    ) -> PyResult<()> {
        if !self.fast {
            return body(self);
        }
        self.fast_nesting += 1;
        let is_watched = self.fast_nesting >= FAST_NESTING_LIMIT;
        if is_watched && !self.fast_memo.insert(value.id()) {
            bail!(
                ValueError,
                "fast mode: can't pickle cyclic objects including object type {} at {:#x}",
                value.class().name(),
                value.id()
            );
        }
        body(self)?;
        if is_watched {
            self.fast_memo.remove(&value.id());
        }
        self.fast_nesting -= 1;
        Ok(())
    }

    pub(super) fn tuple(&mut self, tuple: &Ref<Tuple>) -> PyResult<()> {
        let (items, value) = (tuple.as_slice(), tuple.as_value());
        if items.is_empty() {
            if self.bin {
                self.out.byte(EMPTY_TUPLE);
            } else {
                self.out.push(&[MARK, TUPLE]);
            }
            return Ok(());
        }
        let short = match items.len() {
            1 => Some(TUPLE1),
            2 => Some(TUPLE2),
            3 => Some(TUPLE3),
            _ => None,
        }
        .filter(|_| self.protocol >= 2);
        if short.is_none() {
            self.out.byte(MARK);
        }
        for (index, item) in items.iter().enumerate() {
            self.save(item)
                .map_err(|raised| noted_item(raised, value, index))?;
        }
        if self.memo.borrow().get(value).is_some() {
            // The mark goes too; only binary protocols have an opcode for both.
            let pops = items.len() + usize::from(short.is_none());
            if short.is_none() && self.bin {
                self.out.byte(POP_MARK);
            } else {
                (0..pops).for_each(|_| self.out.byte(POP));
            }
            self.get(value);
            return Ok(());
        }
        self.out.byte(short.unwrap_or(TUPLE));
        self.memoize(value);
        Ok(())
    }

    pub(super) fn list(&mut self, list: &Ref<List>) -> PyResult<()> {
        let value = list.as_value();
        self.watched(value, |saver| {
            if saver.bin {
                saver.out.byte(EMPTY_LIST);
            } else {
                saver.out.push(&[MARK, LIST]);
            }
            saver.memoize(value);
            if list.is_empty() {
                Ok(())
            } else if saver.protocol == 0 {
                saver.append_all(&protocol::iter(value)?, value)
            } else {
                saver.list_items(list)
            }
        })
    }

    fn list_items(&mut self, list: &Ref<List>) -> PyResult<()> {
        let value = list.as_value();
        if list.len() == 1
            && let Some(item) = list.get(0)
        {
            self.save(&item)
                .map_err(|raised| noted_item(raised, value, 0))?;
            self.out.byte(APPEND);
            return Ok(());
        }
        let mut index = 0;
        loop {
            let end = index + BATCH_SIZE;
            self.out.byte(MARK);
            while index < end
                && let Some(item) = list.get(index)
            {
                self.save(&item)
                    .map_err(|raised| noted_item(raised, value, index))?;
                index += 1;
            }
            self.out.byte(APPENDS);
            if index >= list.len() {
                return Ok(());
            }
        }
    }

    /// Appends what an iterator gives to the list-like object on the stack. `container` is what notes speak of.
    pub(super) fn append_all(&mut self, iterator: &Value, container: &Value) -> PyResult<()> {
        let mut index = 0;
        if self.protocol == 0 {
            while let Some(item) = protocol::next(iterator)? {
                self.save(&item)
                    .map_err(|raised| noted_item(raised, container, index))?;
                index += 1;
                self.out.byte(APPEND);
            }
            return Ok(());
        }
        loop {
            let Some(first) = protocol::next(iterator)? else {
                return Ok(());
            };
            let mut pending = protocol::next(iterator)?;
            if pending.is_some() {
                self.out.byte(MARK);
            }
            let is_alone = pending.is_none();
            self.save(&first)
                .map_err(|raised| noted_item(raised, container, index))?;
            index += 1;
            if is_alone {
                self.out.byte(APPEND);
                return Ok(());
            }
            let end = index - 1 + BATCH_SIZE;
            while let Some(item) = pending.take() {
                self.save(&item)
                    .map_err(|raised| noted_item(raised, container, index))?;
                index += 1;
                if index < end {
                    pending = protocol::next(iterator)?;
                }
            }
            self.out.byte(APPENDS);
            if index < end {
                return Ok(());
            }
        }
    }

    pub(super) fn dict(&mut self, dict: &Ref<Dict>) -> PyResult<()> {
        let value = dict.as_value();
        self.watched(value, |saver| {
            if saver.bin {
                saver.out.byte(EMPTY_DICT);
            } else {
                saver.out.push(&[MARK, DICT]);
            }
            saver.memoize(value);
            if dict.is_empty() {
                Ok(())
            } else if saver.protocol == 0 {
                let items = protocol::call_method(value, id!("items"), &[])?;
                saver.set_all(&protocol::iter(&items)?, value)
            } else {
                saver.dict_items(dict)
            }
        })
    }

    fn dict_entry(&mut self, key: &Value, item: &Value, container: &Value) -> PyResult<()> {
        self.save(key)?;
        self.save(item)
            .map_err(|raised| noted_key(raised, container, key))
    }

    fn dict_items(&mut self, dict: &Ref<Dict>) -> PyResult<()> {
        let value = dict.as_value();
        let size = dict.len();
        if size == 1
            && let Some((_, key, item)) = dict.entry_at(0)
        {
            self.dict_entry(&key, &item, value)?;
            self.out.byte(SETITEM);
            return Ok(());
        }
        let mut cursor = 0;
        loop {
            let mut count = 0;
            self.out.byte(MARK);
            while count < BATCH_SIZE
                && let Some((next, key, item)) = dict.entry_at(cursor)
            {
                cursor = next;
                self.dict_entry(&key, &item, value)?;
                count += 1;
            }
            self.out.byte(SETITEMS);
            if dict.len() != size {
                bail!(RuntimeError, "dictionary changed size during iteration");
            }
            if count < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    fn pair(&mut self, pair: &Value, container: &Value) -> PyResult<()> {
        match pair.downcast::<Tuple>().map(|pair| pair.as_slice()) {
            Some([key, item]) => self.dict_entry(key, item, container),
            _ => Err(not_pairs()),
        }
    }

    /// Sets the pairs that an iterator gives in the dict-like object on the stack.
    pub(super) fn set_all(&mut self, iterator: &Value, container: &Value) -> PyResult<()> {
        if self.protocol == 0 {
            while let Some(pair) = protocol::next(iterator)? {
                self.pair(&pair, container)?;
                self.out.byte(SETITEM);
            }
            return Ok(());
        }
        loop {
            let Some(first) = protocol::next(iterator)? else {
                return Ok(());
            };
            if first.downcast::<Tuple>().is_none_or(|pair| pair.len() != 2) {
                return Err(not_pairs());
            }
            let mut pending = protocol::next(iterator)?;
            if pending.is_none() {
                self.pair(&first, container)?;
                self.out.byte(SETITEM);
                return Ok(());
            }
            self.out.byte(MARK);
            self.pair(&first, container)?;
            let mut count = 1;
            while let Some(pair) = pending.take() {
                self.pair(&pair, container)?;
                count += 1;
                if count < BATCH_SIZE {
                    pending = protocol::next(iterator)?;
                }
            }
            self.out.byte(SETITEMS);
            if count < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    /// A set of the items of another one, for protocols without opcodes for sets.
    fn set_of_list(&mut self, class: Value, items: Vec<Value>, value: &Value) -> PyResult<()> {
        let items = Tuple::from_array([List::new(items).into_value()]);
        self.save_reduce(&[class, items.into_value()], Some(value))
    }

    pub(super) fn set(&mut self, set: &Ref<Set>) -> PyResult<()> {
        let value = set.as_value();
        if self.protocol < 4 {
            return self.set_of_list(Set::class().to_value(), set.snapshot(), value);
        }
        self.out.byte(EMPTY_SET);
        self.memoize(value);
        let size = set.len();
        if size == 0 {
            return Ok(());
        }
        let mut cursor = 0;
        loop {
            let mut count = 0;
            self.out.byte(MARK);
            while count < BATCH_SIZE
                && let Some((next, item)) = set.item_at(cursor)
            {
                cursor = next;
                self.save(&item)
                    .map_err(|raised| noted_element(raised, value))?;
                count += 1;
            }
            self.out.byte(ADDITEMS);
            if set.len() != size {
                bail!(RuntimeError, "set changed size during iteration");
            }
            if count < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    pub(super) fn frozen_set(&mut self, set: &Ref<FrozenSet>) -> PyResult<()> {
        let value = set.as_value();
        self.watched(value, |saver| {
            if saver.protocol < 4 {
                return saver.set_of_list(FrozenSet::class().to_value(), set.snapshot(), value);
            }
            saver.out.byte(MARK);
            for item in set.snapshot() {
                saver
                    .save(&item)
                    .map_err(|raised| noted_element(raised, value))?;
            }
            if saver.memo.borrow().get(value).is_some() {
                saver.out.byte(POP_MARK);
                saver.get(value);
                return Ok(());
            }
            saver.out.byte(FROZENSET);
            saver.memoize(value);
            Ok(())
        })
    }
}

#[cold]
fn not_pairs() -> Raised {
    taipan_objects::exc!(TypeError, "dict items iterator must return 2-tuples")
}
