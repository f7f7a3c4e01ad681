//! The six iterators over a dict: keys, values and items, forwards and backwards.
//!
//! Each walks over the entries by cursor. A walk notices when keys were added or removed since it began: by the number of
//! keys, and by finding more keys than there were.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::class::{Trace, Visitor};
use crate::dict::Dict;
use crate::heap;
use crate::iterators::reduce_items;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// A walk over the entries of a dict.
pub struct Walk {
    dict: Slot<Ref<Dict>>,
    /// The number of keys the dict must have; `usize::MAX` once it had another.
    used: Cell<usize>,
    cursor: Cell<usize>,
    /// How many keys are still to come.
    left: Cell<usize>,
}

impl Walk {
    fn forwards(dict: Ref<Dict>) -> Walk {
        let len = dict.len();
        Walk {
            dict: Slot::new(Some(dict)),
            used: Cell::new(len),
            cursor: Cell::new(0),
            left: Cell::new(len),
        }
    }

    fn backwards(dict: Ref<Dict>) -> Walk {
        let (len, cursor) = (dict.len(), dict.last_cursor());
        Walk {
            dict: Slot::new(Some(dict)),
            used: Cell::new(len),
            cursor: Cell::new(cursor),
            left: Cell::new(len),
        }
    }

    /// Checks that the dict did not change and moves on. Answers the entry to give.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn step<T>(
        &self,
        backwards: bool,
        read: impl FnOnce(&Dict, usize) -> Option<T>,
    ) -> PyResult<Option<T>> {
        // SAFETY: until the dict is let go of at the end, nothing runs foreign code: entries are found and cloned.
        let Some(dict) = (unsafe { self.dict.peek() }) else {
            return Ok(None);
        };
        if self.used.get() != dict.len() {
            self.used.set(usize::MAX);
            bail!(RuntimeError, "dictionary changed size during iteration");
        }
        let found = match backwards {
            false => dict.table.next_entry(self.cursor.get()),
            true => dict.table.previous_entry(self.cursor.get()),
        };
        let Some(index) = found else {
            drop(self.dict.take());
            return Ok(None);
        };
        if self.left.get() == 0 {
            return self.end_changed();
        }
        self.left.set(self.left.get() - 1);
        self.cursor.set(if backwards { index } else { index + 1 });
        Ok(read(dict, index))
    }

    #[cold]
    fn end_changed<T>(&self) -> PyResult<Option<T>> {
        drop(self.dict.take());
        bail!(RuntimeError, "dictionary keys changed during iteration")
    }

    fn length_hint(&self) -> usize {
        match self.dict.get() {
            Some(dict) if dict.len() == self.used.get() => self.left.get(),
            _ => 0,
        }
    }

    /// A second walk at the same place.
    fn fork(&self) -> Walk {
        Walk {
            dict: Slot::new(self.dict.get()),
            used: self.used.clone(),
            cursor: self.cursor.clone(),
            left: self.left.clone(),
        }
    }
}

impl Trace for Walk {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.dict.trace(visitor);
    }

    fn clear(&self) {
        self.dict.clear();
    }
}

fn key_at(dict: &Dict, index: usize) -> Option<Value> {
    dict.table.key(index)
}

fn value_at(dict: &Dict, index: usize) -> Option<Value> {
    dict.table.value(index)
}

fn item_at(dict: &Dict, index: usize) -> Option<Value> {
    Some(Tuple::pair(dict.table.key(index)?, dict.table.value(index)?).into_value())
}

macro_rules! dict_iterators {
    ($($(#[$doc:meta])* $type:ident = $name:literal, $start:ident, $backwards:literal, $read:ident;)*) => { $(
        $(#[$doc])*
        #[class(name = $name, flags(NO_INSTANTIATION))]
        pub struct $type {
            walk: Walk,
        }

        impl $type {
            /// A new iterator over `dict`.
            #[inline]
            pub fn new(dict: Ref<Dict>) -> Ref<$type> {
                heap::new_exact($type { walk: Walk::$start(dict) })
            }
        }

        #[methods]
        impl $type {
            #[slot(iter)]
            fn iter(this: &Value) -> Value {
                this.clone()
            }

            #[slot(next)]
            fn next(&self) -> PyResult<Option<Value>> {
                self.walk.step($backwards, $read)
            }

            /// How many items are left.
            #[method]
            fn __length_hint__(&self) -> usize {
                self.walk.length_hint()
            }

            /// Return state information for pickling.
            #[method]
            fn __reduce__(&self) -> PyResult<Value> {
                let rest = self.walk.fork();
                let mut items = Vec::new();
                while let Some(item) = rest.step($backwards, $read)? {
                    items.push(item);
                }
                reduce_items("iter", items)
            }
        }
    )* };
}

dict_iterators! {
    /// `iter(dict)`.
    DictKeyIterator = "dict_keyiterator", forwards, false, key_at;
    /// `iter(dict.values())`.
    DictValueIterator = "dict_valueiterator", forwards, false, value_at;
    /// `iter(dict.items())`.
    DictItemIterator = "dict_itemiterator", forwards, false, item_at;
    /// `reversed(dict)`.
    DictReverseKeyIterator = "dict_reversekeyiterator", backwards, true, key_at;
    /// `reversed(dict.values())`.
    DictReverseValueIterator = "dict_reversevalueiterator", backwards, true, value_at;
    /// `reversed(dict.items())`.
    DictReverseItemIterator = "dict_reverseitemiterator", backwards, true, item_at;
}

/// Makes the classes.
pub fn init_classes() {
    DictKeyIterator::init_class();
    DictValueIterator::init_class();
    DictItemIterator::init_class();
    DictReverseKeyIterator::init_class();
    DictReverseValueIterator::init_class();
    DictReverseItemIterator::init_class();
}
