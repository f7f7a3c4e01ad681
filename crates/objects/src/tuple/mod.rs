//! `tuple`: an immutable sequence of values in one allocation.
//!
//! Items never change after the tuple was made, so references into it may be held as long as the tuple is: foreign code
//! cannot disturb them. The hash is kept once computed.

pub mod iterator;
mod methods;
mod storage;

use crate::cell::Once;
use crate::class::{Payload, Tailed, Type};
use crate::protocol;
use crate::raised::PyResult;
use crate::value::{Ref, Value};

pub use storage::Tuple;

static EMPTY: Once<Ref<Tuple>> = Once::new();

impl Tuple {
    /// A new tuple that takes the vector's items.
    #[inline]
    pub fn new(items: Vec<Value>) -> Ref<Tuple> {
        if items.is_empty() {
            Tuple::empty()
        } else {
            storage::from_vec(Tuple::class(), items)
        }
    }

    /// A new tuple with copies of the items.
    #[inline]
    pub fn from_slice(items: &[Value]) -> Ref<Tuple> {
        if items.is_empty() {
            Tuple::empty()
        } else {
            storage::from_slice(items)
        }
    }

    /// A new tuple that takes the items of a slice, whose owner forgets them.
    ///
    /// # Safety
    /// The items are not used, nor released, through the slice afterwards.
    #[inline]
    #[allow(unsafe_code)]
    pub unsafe fn from_moved(items: &[Value]) -> Ref<Tuple> {
        if items.is_empty() {
            return Tuple::empty();
        }
        // SAFETY: passed on to the caller.
        unsafe { storage::from_moved(items) }
    }

    /// A new tuple of a known number of items.
    #[inline(always)]
    pub fn from_array<const N: usize>(items: [Value; N]) -> Ref<Tuple> {
        if N == 0 {
            Tuple::empty()
        } else {
            storage::from_array(items)
        }
    }

    /// `(first, second)`.
    #[inline(always)]
    pub fn pair(first: Value, second: Value) -> Ref<Tuple> {
        Tuple::from_array([first, second])
    }

    /// `()`, always the same object.
    #[inline]
    pub fn empty() -> Ref<Tuple> {
        if !EMPTY.is_set() {
            EMPTY.set(storage::from_array([]));
        }
        EMPTY.clone()
    }

    /// A new tuple of the items of an iterable; a tuple, exactly, is itself.
    pub fn from_iterable(iterable: &Value) -> PyResult<Ref<Tuple>> {
        if let Some(tuple) = iterable.downcast_exact::<Tuple>() {
            return Ok(tuple.clone());
        }
        Ok(Tuple::new(protocol::collect(iterable)?))
    }

    /// Like [`Tuple::from_iterable`], with another message for what is not iterable.
    pub fn from_iterable_or(iterable: &Value, message: &str) -> PyResult<Ref<Tuple>> {
        if let Some(tuple) = iterable.downcast_exact::<Tuple>() {
            return Ok(tuple.clone());
        }
        Ok(Tuple::new(protocol::collect_or(iterable, || {
            message.to_owned()
        })?))
    }

    /// A new tuple of a subclass.
    pub fn new_in(class: &Ref<Type>, items: Vec<Value>) -> Ref<Tuple> {
        if class.is(Tuple::class()) {
            Tuple::new(items)
        } else {
            storage::from_vec(class, items)
        }
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.tail_len()
    }

    /// Whether there are no items.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.tail_len() == 0
    }
}

impl Ref<Tuple> {
    /// The items.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        self.tail()
    }

    /// Copies of the items.
    pub fn to_vec(&self) -> Vec<Value> {
        self.tail().to_vec()
    }

    /// The item at `index`.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.tail().get(index).cloned()
    }
}
