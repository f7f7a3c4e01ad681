//! Weak references: `weakref.ref`, the proxies, and what happens when their object dies.
//!
//! A weak reference holds the address of its object without counting. The object's header says that there are some, and the
//! [`table`] finds them; so objects pay nothing for being weakly referenceable. When an object dies, [`object_dies`] marks
//! all its references dead before the first callback runs: no callback can bring the object back.

mod proxy;
mod reference;
mod table;

use std::cell::Cell;
use std::ptr::NonNull;

pub use proxy::{CallableProxy, Proxy, new_proxy};
pub use reference::new_reference;

use crate::cell::Slot;
use crate::class::{ClassFlags, Trace, Visitor};
use crate::header::flags;
use crate::raised::PyResult;
use crate::value::Value;
use crate::{protocol, runtime};

use taipan_macros::class;

/// A weak reference or a proxy.
#[class(
    name = "ReferenceType",
    module = "weakref",
    flags(BASETYPE),
    manual_trace
)]
pub struct WeakRef {
    /// Bits of the object; 0 once it is dead.
    target: Cell<u64>,
    callback: Slot,
    /// The object's hash; -1 before it was asked for.
    hash: Cell<i64>,
    previous: Cell<Option<NonNull<WeakRef>>>,
    next: Cell<Option<NonNull<WeakRef>>>,
}

// SAFETY: the links are only followed under the interpreter lock, as all payloads are.
unsafe impl Send for WeakRef {}
// SAFETY: as above.
unsafe impl Sync for WeakRef {}

impl Trace for WeakRef {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.callback.trace(visitor);
    }

    fn clear(&self) {
        table::remove(self);
        Trace::clear(&self.callback);
    }
}

impl Drop for WeakRef {
    fn drop(&mut self) {
        table::remove(self);
    }
}

impl WeakRef {
    fn fresh(target: &Value, callback: Option<Value>) -> WeakRef {
        WeakRef {
            target: Cell::new(target.bits()),
            callback: Slot::new(callback),
            hash: Cell::new(-1),
            previous: Cell::new(None),
            next: Cell::new(None),
        }
    }

    /// The object, if it is alive.
    #[inline]
    pub fn get(&self) -> Option<Value> {
        let bits = self.target.get();
        if bits == 0 {
            return None;
        }
        // SAFETY: an object clears this address before its memory goes.
        let target = unsafe { Value::borrow_bits(&bits) };
        let header = target.header()?;
        // An object without references waits for its release: nobody may see it again.
        if header.refcount() == 0 || header.has(flags::DYING) {
            None
        } else {
            Some(target.clone())
        }
    }

    /// Whether the object is gone.
    pub fn is_dead(&self) -> bool {
        self.get().is_none()
    }
}

/// The weak reference in a reference object or a proxy.
fn payload_of(value: &Value) -> Option<NonNull<WeakRef>> {
    match value.downcast::<WeakRef>() {
        Some(reference) => Some(NonNull::from(&**reference)),
        None => proxy::inside(value).map(NonNull::from),
    }
}

/// Makes the classes of references and proxies.
pub fn init_classes() {
    WeakRef::init_class();
    Proxy::init_class();
    CallableProxy::init_class();
}

/// Raises TypeError unless instances of the object's class can be weakly referenced.
fn check_referenceable(target: &Value) -> PyResult<()> {
    if !target.is_pointer() || !target.class().has(ClassFlags::WEAKREFABLE) {
        bail!(
            TypeError,
            "cannot create weak reference to '{}' object",
            target.class().name()
        );
    }
    Ok(())
}

/// All weak references and proxies to an object, plain ones first.
pub fn references(target: &Value) -> Vec<Value> {
    match target.header() {
        Some(header) if header.has(flags::WEAKLY_REFERENCED) => table::references(target),
        _ => Vec::new(),
    }
}

/// The first of the weak references to an object (`__weakref__`).
pub fn first_reference(target: &Value) -> Option<Value> {
    references(target).into_iter().next()
}

/// Marks every weak reference to `target` dead and runs their callbacks, newest first.
///
/// Called by the heap when an object with weak references dies, before anything of it is released.
pub fn object_dies(target: &Value) {
    let callbacks = take_references(target, true);
    run_callbacks(callbacks);
}

/// Marks weak references to `target` dead and answers those whose callback is to run: reference and callback. Only those
/// with a callback are marked unless `all`.
pub(crate) fn take_references(target: &Value, all: bool) -> Vec<(Value, Value)> {
    let mut callbacks = Vec::new();
    let mut cursor = table::head(target.bits());
    while let Some(reference) = cursor {
        // SAFETY: members of the list are alive; `next` is read before this one is taken out.
        unsafe {
            let payload = reference.as_ref();
            cursor = payload.next.get();
            if payload.callback.is_empty() {
                if all {
                    table::remove(payload);
                }
                continue;
            }
            let owner = table::owner(reference);
            table::remove(payload);
            if let Some(owner) = owner
                && let Some(callback) = payload.callback.take()
            {
                callbacks.push((owner, callback));
            }
        }
    }
    callbacks
}

/// Calls each callback with its reference. What they raise cannot go anywhere.
pub(crate) fn run_callbacks(callbacks: Vec<(Value, Value)>) {
    for (reference, callback) in callbacks {
        if let Err(raised) = protocol::call1(&callback, &reference) {
            let shown = protocol::repr(&callback)
                .map_or_else(|_| "?".to_owned(), |text| text.to_display().into_owned());
            runtime::unraisable(
                raised,
                Some(&format!(
                    "Exception ignored while calling weakref callback {shown}"
                )),
                None,
            );
        }
    }
}
