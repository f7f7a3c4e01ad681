//! The iterator over anything that can be indexed from 0.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::int;
use crate::iterators::{builtin, reduce_iterator};
use crate::list::iterators::state_index;
use crate::protocol;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// `iter(sequence)` of a class without `__iter__`.
#[class(name = "iterator", flags(NO_INSTANTIATION))]
pub struct SequenceIterator {
    sequence: Slot,
    #[untraced]
    index: Cell<i64>,
}

impl SequenceIterator {
    /// A new iterator at the start of `sequence`.
    pub fn new(sequence: Value) -> Ref<SequenceIterator> {
        heap::new_exact(SequenceIterator {
            sequence: Slot::new(Some(sequence)),
            index: Cell::new(0),
        })
    }
}

#[methods]
impl SequenceIterator {
    #[slot(iter)]
    fn iter(this: &Ref<SequenceIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(sequence) = self.sequence.get() else {
            return Ok(None);
        };
        let index = self.index.get();
        if index == i64::MAX {
            bail!(OverflowError, "iter index too large");
        }
        match protocol::getitem(&sequence, &int::new(index)) {
            Ok(item) => {
                self.index.set(index + 1);
                Ok(Some(item))
            }
            Err(raised)
                if raised.is(ExceptionKind::IndexError)
                    || raised.is(ExceptionKind::StopIteration) =>
            {
                self.sequence.set(None);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// How many items are left, about.
    #[method]
    fn __length_hint__(&self) -> PyResult<Value> {
        let Some(sequence) = self.sequence.get() else {
            return Ok(int::new(0));
        };
        if sequence.class().slots.len.get().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let left = protocol::len(&sequence)? as i64 - self.index.get();
        Ok(int::new(left.max(0)))
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        match self.sequence.get() {
            Some(sequence) => reduce_iterator("iter", sequence, int::new(self.index.get())),
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
        if !self.sequence.is_empty() {
            self.index.set((index as i64).max(0));
        }
        Ok(())
    }
}
