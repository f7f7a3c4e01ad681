//! Iterators over lists: forwards and backwards.
//!
//! They look at the list anew at each step, so a list that grows or shrinks meanwhile is followed, not guarded. An exhausted
//! iterator lets go of its list and stays exhausted.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::class::Payload;
use crate::heap;
use crate::int;
use crate::iterators::{Reversed, reduce_exhausted, reduce_iterator};
use crate::list::List;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// `iter(list)`. The interpreter reads the fields directly for `for` loops over lists.
#[class(name = "list_iterator", flags(NO_INSTANTIATION))]
#[repr(C)]
pub struct ListIterator {
    /// The list; empty once exhausted.
    pub list: Slot<Ref<List>>,
    /// The position of the next item.
    #[untraced]
    pub index: Cell<usize>,
}

impl ListIterator {
    /// A new iterator at the start of `list`.
    #[inline]
    pub fn new(list: Ref<List>) -> Ref<ListIterator> {
        heap::new_exact(ListIterator {
            list: Slot::new(Some(list)),
            index: Cell::new(0),
        })
    }

    /// The next item.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn advance(&self) -> Option<Value> {
        let index = self.index.get();
        // SAFETY: reading an item runs no foreign code; the list is released only after the reference is gone.
        let item = unsafe { self.list.peek()?.get(index) };
        match item {
            Some(_) => self.index.set(index + 1),
            None => drop(self.list.take()),
        }
        item
    }
}

#[methods]
impl ListIterator {
    #[slot(iter)]
    fn iter(this: &Ref<ListIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        Ok(self.advance())
    }

    /// How many items are left, about.
    #[method]
    fn __length_hint__(&self) -> usize {
        self.list
            .get()
            .map_or(0, |list| list.len().saturating_sub(self.index.get()))
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        match self.list.get() {
            Some(list) => {
                reduce_iterator("iter", list.to_value(), int::from_usize(self.index.get()))
            }
            None => reduce_exhausted("iter"),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        let index = state_index(object)?;
        if let Some(list) = self.list.get() {
            self.index.set((index.max(0) as usize).min(list.len()));
        }
        Ok(())
    }
}

/// An index out of a pickled state.
pub(crate) fn state_index(state: &Value) -> PyResult<isize> {
    if int::view(state).is_none() && state.class().slots.index.get().is_none() {
        bail!(TypeError, "an integer is required");
    }
    int::as_isize(state)
}

/// `reversed(list)`.
#[class(name = "list_reverseiterator", flags(NO_INSTANTIATION))]
pub struct ListReverseIterator {
    list: Slot<Ref<List>>,
    /// The number of items not yet given: the next one is the one before.
    #[untraced]
    left: Cell<usize>,
}

impl ListReverseIterator {
    /// A new iterator at the end of `list`.
    pub fn new(list: Ref<List>) -> Ref<ListReverseIterator> {
        let left = Cell::new(list.len());
        heap::new_exact(ListReverseIterator {
            list: Slot::new(Some(list)),
            left,
        })
    }
}

#[methods]
impl ListReverseIterator {
    #[slot(iter)]
    fn iter(this: &Ref<ListReverseIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(list) = self.list.get() else {
            return Ok(None);
        };
        let item = self
            .left
            .get()
            .checked_sub(1)
            .and_then(|index| list.get(index));
        match item {
            Some(_) => self.left.set(self.left.get() - 1),
            None => {
                self.left.set(0);
                drop(self.list.take());
            }
        }
        Ok(item)
    }

    /// How many items are left, about.
    #[method]
    fn __length_hint__(&self) -> usize {
        self.list.get().map_or(0, |list| {
            if list.len() < self.left.get() {
                0
            } else {
                self.left.get()
            }
        })
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        match self.list.get() {
            Some(list) => {
                let reversed = Reversed::class().to_value();
                let state = int::new(self.left.get() as i64 - 1);
                Ok(Tuple::from_array([
                    reversed,
                    Tuple::from_array([list.into_value()]).into_value(),
                    state,
                ])
                .into_value())
            }
            None => reduce_exhausted("iter"),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        let index = state_index(object)?;
        if let Some(list) = self.list.get() {
            self.left
                .set(((index.max(-1) + 1) as usize).min(list.len()));
        }
        Ok(())
    }
}
