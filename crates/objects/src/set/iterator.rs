//! `iter(set)`, for frozensets too.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::heap;
use crate::iterators::reduce_items;
use crate::raised::PyResult;
use crate::set::{SetCore, any_set, known_set};
use crate::value::{Ref, Value};

/// The iterator over a set. It notices when the number of items changes.
#[class(name = "set_iterator", flags(NO_INSTANTIATION))]
pub struct SetIterator {
    set: Slot,
    /// The number of items the set must have; `usize::MAX` once it had another.
    #[untraced]
    used: Cell<usize>,
    #[untraced]
    cursor: Cell<usize>,
    #[untraced]
    left: Cell<usize>,
}

impl SetIterator {
    /// A new iterator over `set`, whose inside is `core`.
    pub fn new(set: &Value, core: &SetCore) -> Ref<SetIterator> {
        let payload = SetIterator {
            set: Slot::new(Some(set.clone())),
            used: Cell::new(core.len()),
            cursor: Cell::new(0),
            left: Cell::new(core.len()),
        };
        heap::new_exact(payload)
    }
}

#[methods]
impl SetIterator {
    #[slot(iter)]
    fn iter(this: &Ref<SetIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    #[allow(unsafe_code)]
    fn next(&self) -> PyResult<Option<Value>> {
        // SAFETY: until the set is let go of at the end, nothing runs foreign code: an item is found and cloned. Only sets
        // get into the slot.
        let Some(set) = (unsafe { self.set.peek().map(|set| known_set(set)) }) else {
            return Ok(None);
        };
        if self.used.get() != set.len() {
            self.used.set(usize::MAX);
            bail!(RuntimeError, "Set changed size during iteration");
        }
        let Some((next, item)) = set.item_at(self.cursor.get()) else {
            drop(self.set.take());
            return Ok(None);
        };
        self.cursor.set(next);
        self.left.set(self.left.get().saturating_sub(1));
        Ok(Some(item))
    }

    /// How many items are left.
    #[method]
    fn __length_hint__(&self) -> usize {
        match self.set.get() {
            Some(set) if any_set(&set).is_some_and(|set| set.len() == self.used.get()) => {
                self.left.get()
            }
            _ => 0,
        }
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        let mut items = Vec::new();
        if let Some(set) = self.set.get()
            && let Some(set) = any_set(&set)
        {
            let mut cursor = self.cursor.get();
            while let Some((next, item)) = set.item_at(cursor) {
                items.push(item);
                cursor = next;
            }
        }
        reduce_items("iter", items)
    }
}
