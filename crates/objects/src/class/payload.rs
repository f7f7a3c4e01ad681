//! What the runtime knows of a Rust type that is the inside of a Python object.
//!
//! A [`Layout`] is the run-time face of a payload type: how to drop it, how to visit the values in it, and which
//! payload it begins with. Two classes with the same layout can share a payload; `T: Payload` may be viewed behind any
//! object whose layout extends `T`'s. Payloads that extend another are `#[repr(C)]` and have it as their first field.

use std::cell::{Cell, RefCell};
use std::{mem, ptr};

use crate::cell::{Handle, Slot};
use crate::class::{Type, Visitor};
use crate::header::Header;
use crate::value::{Object, Ref, Value};

/// Visits every value an object holds: the collector's view of the heap.
pub trait Trace {
    /// Whether there can be references at all; payloads without any stay out of the collector's sight.
    const REFERENCES: bool = true;

    /// Calls `visit` once for each owned reference in `self`.
    fn trace(&self, visitor: &mut Visitor<'_>);

    /// Lets go of references that can be part of a cycle. Called on garbage only.
    fn clear(&self) {}
}

/// A Rust type that is the inside of a Python object.
pub trait Payload: Trace + Sized + 'static {
    /// The run-time description of this type.
    fn layout() -> &'static Layout;
    /// The builtin class whose instances hold this payload.
    fn class() -> &'static Ref<Type>;
}

/// A payload followed by a variable number of `Item`s in the same allocation.
pub trait Tailed: Payload {
    /// What the tail is made of.
    type Item;
    /// Number of items in the tail.
    fn tail_len(&self) -> usize;
}

/// The run-time description of a payload type.
pub struct Layout {
    /// The Rust name, for messages.
    pub name: &'static str,
    /// Bytes of header and payload.
    pub size: usize,
    /// The payload this one begins with.
    pub base: Option<fn() -> &'static Layout>,
    /// Whether objects can hold references to others, and so be part of cycles.
    pub has_references: bool,
    /// Bytes of the tail behind the payload, for payloads of variable size.
    pub(crate) tail_bytes: Option<unsafe fn(*const Header) -> usize>,
    /// Drops payload and tail; nothing where that does nothing.
    pub(crate) drop: Option<unsafe fn(*mut Header)>,
    pub(crate) trace: unsafe fn(*const Header, &mut Visitor<'_>),
    pub(crate) clear: unsafe fn(*const Header),
}

impl Layout {
    /// The description of `T`, whose first field is the payload of `base`.
    pub const fn of<T: Payload>(
        name: &'static str,
        base: Option<fn() -> &'static Layout>,
        has_references: bool,
    ) -> Layout {
        assert!(align_of::<T>() <= 16, "objects are 16-byte aligned");
        Layout {
            name,
            size: size_of::<Object<T>>(),
            base,
            has_references,
            tail_bytes: None,
            drop: if mem::needs_drop::<T>() {
                Some(drop_payload::<T>)
            } else {
                None
            },
            trace: trace_payload::<T>,
            clear: clear_payload::<T>,
        }
    }

    /// The description of a payload with a tail.
    pub const fn tailed<T: Tailed>(name: &'static str, has_references: bool) -> Layout {
        let mut layout = Layout::of::<T>(name, None, has_references);
        layout.tail_bytes = Some(tail_bytes::<T>);
        if mem::needs_drop::<T>() || mem::needs_drop::<T::Item>() {
            layout.drop = Some(drop_tailed::<T>);
        }
        layout
    }

    /// The description of a payload with a tail that the collector looks at too.
    pub const fn tailed_traced<T: Tailed>(name: &'static str) -> Layout
    where
        T::Item: Trace,
    {
        let mut layout = Layout::tailed::<T>(name, T::REFERENCES || T::Item::REFERENCES);
        layout.trace = trace_tailed::<T>;
        layout
    }

    /// Whether objects of this layout begin with an object of layout `other`.
    #[inline(always)]
    pub fn extends(&'static self, other: &'static Layout) -> bool {
        ptr::eq(self, other) || self.extends_slow(other)
    }

    fn extends_slow(&'static self, other: &'static Layout) -> bool {
        let mut layout = self;
        while let Some(base) = layout.base {
            layout = base();
            if ptr::eq(layout, other) {
                return true;
            }
        }
        false
    }
}

/// # Safety
/// `object` is an object whose payload is a `T`; it is not used afterwards.
unsafe fn drop_payload<T>(object: *mut Header) {
    // SAFETY: by contract.
    unsafe { ptr::drop_in_place(&raw mut (*object.cast::<Object<T>>()).payload) }
}

/// # Safety
/// As [`drop_payload`], with `T::tail_len` initialized items behind the payload.
unsafe fn drop_tailed<T: Tailed>(object: *mut Header) {
    // SAFETY: by contract; the tail starts right behind the payload.
    unsafe {
        if mem::needs_drop::<T::Item>() {
            let object = object.cast::<Object<T>>();
            let len = (*object).payload.tail_len();
            ptr::drop_in_place(ptr::slice_from_raw_parts_mut(
                object.add(1).cast::<T::Item>(),
                len,
            ));
        }
        drop_payload::<T>(object);
    }
}

/// # Safety
/// `object` is a live object whose payload is a `T`.
unsafe fn tail_bytes<T: Tailed>(object: *const Header) -> usize {
    // SAFETY: by contract.
    unsafe { (*object.cast::<Object<T>>()).payload.tail_len() * size_of::<T::Item>() }
}

/// # Safety
/// `object` is a live object whose payload is a `T`.
unsafe fn trace_payload<T: Trace>(object: *const Header, visitor: &mut Visitor<'_>) {
    // SAFETY: by contract.
    unsafe { (*object.cast::<Object<T>>()).payload.trace(visitor) }
}

/// # Safety
/// `object` is a live object whose payload is a `T`.
unsafe fn trace_tailed<T: Tailed>(object: *const Header, visitor: &mut Visitor<'_>)
where
    T::Item: Trace,
{
    // SAFETY: by contract; `tail_len` items stand right behind the payload, all of them initialized.
    unsafe {
        let object = object.cast::<Object<T>>();
        (*object).payload.trace(visitor);
        let items = object.add(1).cast::<T::Item>();
        for item in std::slice::from_raw_parts(items, (*object).payload.tail_len()) {
            item.trace(visitor);
        }
    }
}

/// # Safety
/// `object` is a live object whose payload is a `T`.
unsafe fn clear_payload<T: Trace>(object: *const Header) {
    // SAFETY: by contract.
    unsafe { (*object.cast::<Object<T>>()).payload.clear() }
}

impl<T: Tailed> Ref<T> {
    /// The items behind the payload.
    #[inline(always)]
    pub fn tail(&self) -> &[T::Item] {
        // SAFETY: the object was made by `heap::new_tailed`, which initialized `tail_len` items behind the payload.
        unsafe {
            let items = self.as_ptr().as_ptr().add(1).cast::<T::Item>();
            std::slice::from_raw_parts(items, self.tail_len())
        }
    }
}

impl Trace for Value {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.visit(self);
    }
}

impl<T> Trace for Ref<T> {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.visit(self.as_value());
    }
}

impl<T: Handle + Trace> Trace for Slot<T> {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: the collector's visitor changes nothing.
        if let Some(value) = unsafe { self.peek() } {
            value.trace(visitor);
        }
    }

    fn clear(&self) {
        drop(self.take());
    }
}

impl<T: Trace> Trace for Option<T> {
    const REFERENCES: bool = T::REFERENCES;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Some(value) = self {
            value.trace(visitor);
        }
    }
}

impl<T: Trace> Trace for Vec<T> {
    const REFERENCES: bool = T::REFERENCES;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.iter().for_each(|item| item.trace(visitor));
    }
}

impl<T: Trace> Trace for Box<[T]> {
    const REFERENCES: bool = T::REFERENCES;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.iter().for_each(|item| item.trace(visitor));
    }
}

impl<T: Trace> Trace for Box<T> {
    const REFERENCES: bool = T::REFERENCES;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        (**self).trace(visitor);
    }
}

impl<T: Trace> Trace for RefCell<T> {
    const REFERENCES: bool = T::REFERENCES;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        // A borrowed cell is in use up the stack, so what it holds is reachable: leaving it out of the count keeps it alive.
        if let Ok(inner) = self.try_borrow() {
            inner.trace(visitor);
        }
    }
}

impl<A: Trace, B: Trace> Trace for (A, B) {
    const REFERENCES: bool = A::REFERENCES || B::REFERENCES;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
        self.1.trace(visitor);
    }
}

impl<T: Copy> Trace for Cell<T> {
    const REFERENCES: bool = false;

    fn trace(&self, _: &mut Visitor<'_>) {}
}

macro_rules! no_references {
    ($($type:ty)*) => { $(impl Trace for $type {
        const REFERENCES: bool = false;

        fn trace(&self, _: &mut Visitor<'_>) {}
    })* };
}
no_references! { () bool u8 u16 u32 u64 usize i8 i16 i32 i64 isize f64 char String &'static str }
