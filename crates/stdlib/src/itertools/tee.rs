//! `tee`: several iterators over what one gives.
//!
//! The items taken so far stand in a linked list of blocks; every tee holds the block it reads from, so a block is freed
//! when the slowest tee has passed it.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, function, methods};
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// Items in a block.
const BLOCK: usize = 57;

/// A block of items that several tees share.
#[class(
    name = "_tee_dataobject",
    module = "itertools",
    doc = "What several tees share.",
    flags(NO_INSTANTIATION),
    no_methods
)]
pub struct TeeData {
    iterator: Value,
    items: RefCell<Vec<Value>>,
    next: Slot<Ref<TeeData>>,
    #[untraced]
    is_running: Cell<bool>,
}

impl TeeData {
    fn new(iterator: Value) -> Ref<TeeData> {
        let payload = TeeData {
            iterator,
            items: RefCell::new(Vec::new()),
            next: Slot::empty(),
            is_running: Cell::new(false),
        };
        heap::new_object(TeeData::class(), payload)
    }

    /// The item in a place of the block, taken now if nobody did before.
    fn item(&self, index: usize) -> PyResult<Option<Value>> {
        if let Some(item) = self.items.borrow().get(index) {
            return Ok(Some(item.clone()));
        }
        if self.is_running.replace(true) {
            bail!(RuntimeError, "cannot re-enter the tee iterator");
        }
        let item = protocol::next(&self.iterator);
        self.is_running.set(false);
        let Some(item) = item? else { return Ok(None) };
        self.items.borrow_mut().push(item.clone());
        Ok(Some(item))
    }

    fn following(&self) -> Ref<TeeData> {
        if let Some(next) = self.next.get() {
            return next;
        }
        let next = TeeData::new(self.iterator.clone());
        self.next.set(Some(next.clone()));
        next
    }
}

impl Drop for TeeData {
    fn drop(&mut self) {
        // A long chain is let go of link by link, as far as nobody else reads from it.
        let mut next = self.next.take();
        while let Some(link) = next {
            if link.as_value().refcount() > 1 {
                break;
            }
            next = link.next.take();
        }
    }
}

/// One of the iterators that `tee` makes.
#[class(
    name = "_tee",
    module = "itertools",
    doc = "An iterator that can be copied.",
    flags(WEAKREFABLE)
)]
pub struct Tee {
    data: Slot<Ref<TeeData>>,
    #[untraced]
    index: Cell<usize>,
}

impl Tee {
    fn over(iterable: &Value) -> PyResult<Ref<Tee>> {
        let iterator = protocol::iter(iterable)?;
        if let Some(tee) = iterator.downcast::<Tee>() {
            return Ok(tee.fork());
        }
        let payload = Tee {
            data: Slot::new(Some(TeeData::new(iterator))),
            index: Cell::new(0),
        };
        Ok(heap::new_object(Tee::class(), payload))
    }

    fn fork(&self) -> Ref<Tee> {
        heap::new_object(
            Tee::class(),
            Tee {
                data: Slot::new(self.data.get()),
                index: self.index.clone(),
            },
        )
    }
}

#[methods]
impl Tee {
    #[new("(iterable, /)")]
    fn make(_class: &Ref<Type>, iterable: &Value) -> PyResult<Ref<Tee>> {
        Tee::over(iterable)
    }

    #[slot(iter)]
    fn iter(this: &Ref<Tee>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(mut data) = self.data.get() else {
            return Ok(None);
        };
        if self.index.get() >= BLOCK {
            data = data.following();
            self.data.set(Some(data.clone()));
            self.index.set(0);
        }
        let item = data.item(self.index.get())?;
        if item.is_some() {
            self.index.set(self.index.get() + 1);
        }
        Ok(item)
    }

    /// An independent iterator from here on.
    #[method]
    fn __copy__(&self) -> Ref<Tee> {
        self.fork()
    }
}

/// A tuple of n independent iterators over what an iterable gives.
#[function("($module, iterable, n=2, /)")]
pub fn tee(iterable: &Value, n: isize) -> PyResult<Ref<Tuple>> {
    if n < 0 {
        bail!(ValueError, "n must be >= 0");
    }
    if n == 0 {
        return Ok(Tuple::empty());
    }
    let mut iterators = Vec::new();
    if iterators.try_reserve_exact(n as usize).is_err() {
        bail!(MemoryError, "");
    }
    let first = Tee::over(iterable)?;
    iterators.push(first.to_value());
    iterators.extend((1..n).map(|_| first.fork().into_value()));
    Ok(Tuple::new(iterators))
}
