//! `list`: a growing sequence of values.
//!
//! The memory is [`cell::ItemCell`]'s. Everything here takes items out cloned and releases replaced ones last, so a list
//! may change under any operation that runs foreign code; such operations look at the length again at every step.

pub mod cell;
pub mod iterators;
mod methods;
mod sort;

use taipan_macros::class;

use crate::class::Type;
use crate::heap;
use crate::raised::PyResult;
use crate::value::{Ref, Value};

pub use cell::{ItemCell, MAX_ITEMS};

/// The payload of `list`. Machine code reads pointer, length and capacity in this order right behind the header.
#[class(
    name = "list",
    doc = "A mutable sequence.\n\nWithout an argument the list is empty; otherwise the argument is an iterable whose items it takes.",
    flags(BASETYPE, SEQUENCE, LIST, MATCH_SELF)
)]
#[repr(C)]
pub struct List {
    pub(crate) items: ItemCell,
}

impl List {
    /// A new list of the given items; the vector's memory is used.
    #[inline]
    pub fn new(items: Vec<Value>) -> Ref<List> {
        heap::new_exact(List {
            items: ItemCell::from(items),
        })
    }

    /// A new empty list of a class that is `list` or a subclass.
    pub fn new_in(class: &Ref<Type>) -> Ref<List> {
        heap::new_object(
            class,
            List {
                items: ItemCell::new(),
            },
        )
    }

    /// A new list with copies of the given items.
    pub fn from_slice(items: &[Value]) -> Ref<List> {
        List::new(items.to_vec())
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The item at `index`.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.items.get(index)
    }

    /// The items, without counting references.
    ///
    /// # Safety
    /// Nothing changes the list while the slice is in use: no foreign code, no release of a value.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub unsafe fn peek(&self) -> &[Value] {
        // SAFETY: passed on to the caller.
        unsafe { self.items.peek() }
    }

    /// Puts `value` at `index`; answers the item that was there, or nothing (and drops `value`) past the end.
    #[inline(always)]
    pub fn set(&self, index: usize, value: Value) -> Option<Value> {
        self.items.replace(index, value).ok()
    }

    /// Adds an item at the end. Raises MemoryError when there is no room.
    #[inline(always)]
    pub fn push(&self, value: Value) -> PyResult<()> {
        self.items.push(value)
    }

    /// Whether one more item fits without a new block.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.items.len() < self.items.capacity()
    }

    /// As [`List::push`] where there is room already; else gives the value back.
    #[inline(always)]
    pub fn push_within(&self, value: Value) -> Result<(), Value> {
        self.items.push_within(value)
    }

    /// Takes the last item.
    #[inline(always)]
    pub fn pop(&self) -> Option<Value> {
        self.items.pop()
    }

    /// Puts an item before `index`, or at the end when `index` is past it.
    pub fn insert(&self, index: usize, value: Value) -> PyResult<()> {
        self.items.insert(index.min(self.len()), value)
    }

    /// Takes the item at `index`.
    pub fn remove_at(&self, index: usize) -> Option<Value> {
        self.items.remove(index)
    }

    /// Adds copies of `items` at the end.
    pub fn extend_from_slice(&self, items: &[Value]) -> PyResult<()> {
        self.items.extend(items)
    }

    /// Puts `new` in place of the items `start..stop` (cut to the length); answers those.
    pub fn splice(&self, start: usize, stop: usize, new: Vec<Value>) -> PyResult<Vec<Value>> {
        let stop = stop.min(self.len());
        self.items.splice(start.min(stop), stop, new)
    }

    /// Copies of all items.
    pub fn to_vec(&self) -> Vec<Value> {
        self.items.to_vec()
    }

    /// Copies of the items `start..stop`, as far as they exist.
    pub fn slice(&self, start: usize, stop: usize) -> Vec<Value> {
        self.items.range(start, stop)
    }

    /// Takes all items.
    pub fn take_all(&self) -> Vec<Value> {
        self.items.take()
    }

    /// Puts other items in; answers the old ones.
    pub fn replace_all(&self, items: Vec<Value>) -> Vec<Value> {
        self.items.exchange(items)
    }

    /// Reverses the order.
    pub fn reverse_all(&self) {
        self.items.reverse(0, self.len());
    }
}

/// Makes the classes.
pub fn init_classes() {
    List::init_class();
    iterators::ListIterator::init_class();
    iterators::ListReverseIterator::init_class();
}
