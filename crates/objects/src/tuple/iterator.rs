//! `iter(tuple)`.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::heap;
use crate::int;
use crate::iterators::{builtin, reduce_iterator};
use crate::list::iterators::state_index;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The iterator over a tuple. The interpreter reads the fields directly for `for` loops over tuples.
#[class(name = "tuple_iterator", flags(NO_INSTANTIATION))]
#[repr(C)]
pub struct TupleIterator {
    /// The tuple; empty once exhausted.
    pub tuple: Slot<Ref<Tuple>>,
    /// The position of the next item.
    #[untraced]
    pub index: Cell<usize>,
}

impl TupleIterator {
    /// A new iterator at the start of `tuple`.
    #[inline]
    pub fn new(tuple: Ref<Tuple>) -> Ref<TupleIterator> {
        heap::new_exact(TupleIterator {
            tuple: Slot::new(Some(tuple)),
            index: Cell::new(0),
        })
    }

    /// The next item.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn advance(&self) -> Option<Value> {
        let index = self.index.get();
        // SAFETY: reading an item runs no foreign code; the tuple is released only after the reference is gone.
        let item = unsafe { self.tuple.peek()?.get(index) };
        match item {
            Some(_) => self.index.set(index + 1),
            None => drop(self.tuple.take()),
        }
        item
    }
}

#[methods]
impl TupleIterator {
    #[slot(iter)]
    fn iter(this: &Ref<TupleIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        Ok(self.advance())
    }

    /// How many items are left.
    #[method]
    fn __length_hint__(&self) -> usize {
        self.tuple
            .get()
            .map_or(0, |tuple| tuple.len().saturating_sub(self.index.get()))
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        match self.tuple.get() {
            Some(tuple) => {
                reduce_iterator("iter", tuple.to_value(), int::from_usize(self.index.get()))
            }
            None => {
                let empty = Tuple::from_array([Tuple::empty().into_value()]);
                Ok(Tuple::pair(builtin("iter")?, empty.into_value()).into_value())
            }
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        let index = state_index(object)?;
        if let Some(tuple) = self.tuple.get() {
            self.index.set((index.max(0) as usize).min(tuple.len()));
        }
        Ok(())
    }
}
