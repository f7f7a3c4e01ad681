//! `_queue`: `SimpleQueue`, an unbounded queue between threads whose `put` can be called anywhere, even in finalizers.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Trace, Type, Visitor, new_class};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::generic_alias;
use taipan_objects::heap;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, id};

use crate::sys::futex;
use crate::thread_module::{timeout_duration, wait_until};

taipan_macros::define_module!(
    name = "_queue",
    doc = "C implementation of the Python queue module.\nThis module is an implementation detail, please do not use it directly.",
    classes(SimpleQueue),
    init = init,
);

static EMPTY: Slot<Ref<Type>> = Slot::empty();

fn init(module: &Ref<Module>) -> PyResult<()> {
    module.set("Empty", empty_class()?);
    Ok(())
}

/// `_queue.Empty`, made once.
fn empty_class() -> PyResult<Ref<Type>> {
    if let Some(class) = EMPTY.get() {
        return Ok(class);
    }
    let namespace = Dict::new();
    namespace.set_str(id!("__module__"), id!("_queue").to_value());
    namespace.set_str(
        id!("__doc__"),
        Str::new("Exception raised by Queue.get(block=0)/get_nowait().").into_value(),
    );
    let bases = Tuple::from_array([ExceptionKind::Exception.class().to_value()]);
    let class = new_class(
        <Type as taipan_objects::class::Payload>::class(),
        id!("Empty"),
        &bases,
        &namespace,
        Args::EMPTY,
    )?;
    EMPTY.set(Some(class.clone()));
    Ok(class)
}

#[cold]
fn empty() -> Raised {
    match EMPTY.get() {
        Some(class) => exceptions::raise_args(&class, Vec::new()),
        None => exc!(RuntimeError, "the module _queue is not initialized"),
    }
}

/// The items, which a collection may look at.
#[derive(Default)]
struct Items(RefCell<VecDeque<Value>>);

impl Trace for Items {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Ok(items) = self.0.try_borrow() {
            items.iter().for_each(|value| visitor.visit(value));
        }
    }

    fn clear(&self) {
        let items = self.0.take();
        drop(items);
    }
}

/// The payload of `SimpleQueue`.
#[class(
    name = "SimpleQueue",
    module = "_queue",
    flags(BASETYPE, WEAKREFABLE),
    doc = "Simple, unbounded, reentrant FIFO queue."
)]
#[derive(Default)]
pub struct SimpleQueue {
    items: Items,
    #[untraced]
    puts: AtomicU32,
    waiters: Cell<u32>,
}

impl SimpleQueue {
    fn add(&self, item: &Value) {
        self.items.0.borrow_mut().push_back(item.clone());
        if self.waiters.get() > 0 {
            self.puts.fetch_add(1, Ordering::SeqCst);
            futex::wake(&self.puts, 1);
        }
    }

    fn take(&self) -> Option<Value> {
        self.items.0.borrow_mut().pop_front()
    }

    fn wait(&self, timeout: Option<Duration>) -> PyResult<Value> {
        self.waiters.set(self.waiters.get() + 1);
        let item = wait_until(&self.puts, timeout, || self.take());
        self.waiters.set(self.waiters.get() - 1);
        item?.ok_or_else(empty)
    }
}

#[methods]
impl SimpleQueue {
    #[new("()", nosig)]
    fn make(class: &Ref<Type>) -> Value {
        heap::new_object(class, SimpleQueue::default()).into_value()
    }

    /// Put the item on the queue.
    ///
    /// The optional 'block' and 'timeout' arguments are ignored, as this method
    /// never blocks.  They are provided for compatibility with the Queue class.
    #[method("($self, /, item, block=True, timeout=None)")]
    fn put(&self, item: &Value, _block: bool, _timeout: Option<&Value>) {
        self.add(item);
    }

    /// Put an item into the queue without blocking.
    ///
    /// This is exactly equivalent to `put(item)` and is only provided
    /// for compatibility with the Queue class.
    #[method("($self, /, item)")]
    fn put_nowait(&self, item: &Value) {
        self.add(item);
    }

    /// Remove and return an item from the queue.
    ///
    /// If optional args 'block' is true and 'timeout' is None (the default),
    /// block if necessary until an item is available. If 'timeout' is
    /// a non-negative number, it blocks at most 'timeout' seconds and raises
    /// the Empty exception if no item was available within that time.
    /// Otherwise ('block' is false), return an item if one is immediately
    /// available, else raise the Empty exception ('timeout' is ignored
    /// in that case).
    #[method("($self, /, block=True, timeout=None)")]
    fn get(&self, block: bool, timeout: Option<&Value>) -> PyResult<Value> {
        if let Some(item) = self.take() {
            return Ok(item);
        }
        if !block {
            return Err(empty());
        }
        let timeout = match timeout {
            None => None,
            Some(timeout) => {
                let Some(duration) = timeout_duration(timeout)? else {
                    bail!(ValueError, "'timeout' must be a non-negative number");
                };
                Some(duration)
            }
        };
        self.wait(timeout)
    }

    /// Remove and return an item from the queue without blocking.
    ///
    /// Only get an item if one is immediately available. Otherwise
    /// raise the Empty exception.
    #[method("($self, /)")]
    fn get_nowait(&self) -> PyResult<Value> {
        self.take().ok_or_else(empty)
    }

    /// Return True if the queue is empty, False otherwise (not reliable!).
    #[method("($self, /)", name = "empty")]
    fn is_empty(&self) -> bool {
        self.items.0.borrow().is_empty()
    }

    /// Return the approximate size of the queue (not reliable!).
    #[method("($self, /)")]
    fn qsize(&self) -> usize {
        self.items.0.borrow().len()
    }

    /// See PEP 585
    #[classmethod("($cls, item, /)", nosig)]
    fn __class_getitem__(class: &Ref<Type>, item: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), item)
    }
}
