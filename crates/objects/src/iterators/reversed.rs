//! `reversed`.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::class::Type;
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::id;
use crate::int;
use crate::list::iterators::state_index;
use crate::protocol;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// Goes over a sequence from its end by index.
#[class(
    name = "reversed",
    doc = "An iterator over the items of a sequence from the last to the first.",
    flags(BASETYPE)
)]
pub struct Reversed {
    sequence: Slot,
    /// The position of the next item; -1 at the end.
    #[untraced]
    index: Cell<i64>,
}

impl Reversed {
    /// `reversed(sequence)`: what `__reversed__` answers, or an iterator by index.
    pub fn of(class: &Ref<Type>, sequence: &Value) -> PyResult<Value> {
        if let Some(method) = sequence.class().lookup(id!("__reversed__")) {
            if method.is_none() {
                bail!(
                    TypeError,
                    "'{}' object is not reversible",
                    sequence.class().name()
                );
            }
            return protocol::call_bound(&method, sequence, &[]);
        }
        if !protocol::is_sequence(sequence) {
            bail!(
                TypeError,
                "'{}' object is not reversible",
                sequence.class().name()
            );
        }
        let len = protocol::len(sequence)?;
        let payload = Reversed {
            sequence: Slot::new(Some(sequence.clone())),
            index: Cell::new(len as i64 - 1),
        };
        Ok(heap::new_object(class, payload).into_value())
    }
}

#[methods]
impl Reversed {
    #[new("(sequence, /)")]
    fn make(class: &Ref<Type>, sequence: &Value) -> PyResult<Value> {
        Reversed::of(class, sequence)
    }

    #[slot(iter)]
    fn iter(this: &Ref<Reversed>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let index = self.index.get();
        let Some(sequence) = self.sequence.get().filter(|_| index >= 0) else {
            return Ok(None);
        };
        match protocol::getitem(&sequence, &int::new(index)) {
            Ok(item) => {
                self.index.set(index - 1);
                Ok(Some(item))
            }
            Err(raised)
                if raised.is(ExceptionKind::IndexError)
                    || raised.is(ExceptionKind::StopIteration) =>
            {
                self.index.set(-1);
                self.sequence.set(None);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// How many items are left, about.
    #[method]
    fn __length_hint__(&self) -> PyResult<usize> {
        let Some(sequence) = self.sequence.get() else {
            return Ok(0);
        };
        let position = (self.index.get() + 1) as usize;
        Ok(if protocol::len(&sequence)? < position {
            0
        } else {
            position
        })
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Reversed>) -> Value {
        let class = this.class().to_value();
        match this.sequence.get().filter(|_| this.index.get() >= 0) {
            Some(sequence) => Tuple::from_array([
                class,
                Tuple::from_array([sequence]).into_value(),
                int::new(this.index.get()),
            ])
            .into_value(),
            None => Tuple::pair(
                class,
                Tuple::from_array([Tuple::empty().into_value()]).into_value(),
            )
            .into_value(),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        let index = state_index(object)? as i64;
        if let Some(sequence) = self.sequence.get() {
            let last = protocol::len(&sequence)? as i64 - 1;
            self.index.set(index.clamp(-1, last));
        }
        Ok(())
    }
}
