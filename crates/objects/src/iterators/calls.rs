//! `iter(callable, sentinel)`.

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::class::Payload;
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::iterators::builtin;
use crate::protocol;
use crate::raised::{Absent, PyResult};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// Calls something for each item, until the item equals the sentinel.
#[class(name = "callable_iterator", flags(NO_INSTANTIATION))]
pub struct CallableIterator {
    callable: Slot,
    sentinel: Slot,
}

impl CallableIterator {
    /// A new iterator over what `callable` answers.
    pub fn new(callable: Value, sentinel: Value) -> Ref<CallableIterator> {
        let payload = CallableIterator {
            callable: Slot::new(Some(callable)),
            sentinel: Slot::new(Some(sentinel)),
        };
        heap::new_object(CallableIterator::class(), payload)
    }

    fn end(&self) {
        self.callable.set(None);
        self.sentinel.set(None);
    }
}

#[methods]
impl CallableIterator {
    #[slot(iter)]
    fn iter(this: &Ref<CallableIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(callable) = self.callable.get() else {
            return Ok(None);
        };
        let Some(item) = protocol::call0(&callable).absent_on(ExceptionKind::StopIteration)? else {
            self.end();
            return Ok(None);
        };
        // The call may have run this iterator to its end.
        let Some(sentinel) = self.sentinel.get() else {
            return Ok(None);
        };
        if protocol::equal(&sentinel, &item)? {
            self.end();
            return Ok(None);
        }
        Ok(Some(item))
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        let function = builtin("iter")?;
        let arguments = match (self.callable.get(), self.sentinel.get()) {
            (Some(callable), Some(sentinel)) => Tuple::pair(callable, sentinel),
            _ => Tuple::from_array([Tuple::empty().into_value()]),
        };
        Ok(Tuple::pair(function, arguments.into_value()).into_value())
    }
}
