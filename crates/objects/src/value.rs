//! The 64-bit tagged value, and typed references to heap objects.
//!
//! | low bits | meaning |
//! |---|---|
//! | `1` | small int, 63 bits |
//! | `10` | float: `(bits + (1 << 60)).rotate_left(3)`, valid if `v & 3 == 2` |
//! | `000` | pointer to an [`Object`], 16-byte aligned |
//! | `100` | None, False, True, NotImplemented, Ellipsis, 0.0 |
//!
//! Invariants: a pointer value owns one reference to a live object; all values are touched only under the interpreter
//! lock, which is why they may cross threads although their counts are not atomic. [`Value`] and [`Ref`] have the same
//! bits, so a reference to one is a reference to the other once the class is known.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::class::{Payload, Type};
use crate::header::Header;
use crate::heap;

/// A Python value: an immediate, or an owned reference to a heap object.
#[repr(transparent)]
pub struct Value(NonZeroU64);

/// A heap object: header, payload, then whatever the class adds (slots, attributes, a variable tail).
#[repr(C)]
pub struct Object<T> {
    pub(crate) header: Header,
    pub(crate) payload: T,
}

/// An owned reference to an object whose payload is, or begins with, a `T`.
#[repr(transparent)]
pub struct Ref<T> {
    pointer: NonNull<Object<T>>,
    _owns: PhantomData<T>,
}

// SAFETY: reference counts and payloads are only touched by the thread that holds the interpreter lock.
unsafe impl Send for Value {}
// SAFETY: as above.
unsafe impl Sync for Value {}
// SAFETY: as above.
unsafe impl<T> Send for Ref<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Ref<T> {}

const _: () = assert!(size_of::<Option<Value>>() == 8);
const _: () = assert!(size_of::<Option<Ref<()>>>() == 8);

const SPECIAL: u64 = 0b100;
const fn special(index: u64) -> u64 {
    SPECIAL | index << 3
}

/// Bit patterns of the immediates that are not numbers, and the small tests on bits.
pub mod bits {
    use super::special;

    /// `None`.
    pub const NONE: u64 = special(0);
    /// `False`.
    pub const FALSE: u64 = special(1);
    /// `True`.
    pub const TRUE: u64 = special(2);
    /// `NotImplemented`.
    pub const NOT_IMPLEMENTED: u64 = special(3);
    /// `Ellipsis`.
    pub const ELLIPSIS: u64 = special(4);
    /// The float `0.0`, whose exponent the float encoding does not cover.
    pub const ZERO: u64 = special(5);

    /// Whether the bits are an immediate int.
    #[inline(always)]
    pub const fn is_int(bits: u64) -> bool {
        bits & 1 != 0
    }

    /// Whether the bits are a float of the rotated encoding (not `0.0`).
    #[inline(always)]
    pub const fn is_rotated_float(bits: u64) -> bool {
        bits & 3 == 2
    }

    /// Whether the bits are a pointer (borrowed mark or not).
    #[inline(always)]
    pub const fn is_pointer(bits: u64) -> bool {
        bits & 7 == 0
    }

    /// The bits of an immediate int; `value` fits in 63 bits.
    #[inline(always)]
    pub const fn from_small_int(value: i64) -> u64 {
        (value as u64) << 1 | 1
    }

    /// The int behind immediate bits.
    #[inline(always)]
    pub const fn to_small_int(bits: u64) -> i64 {
        bits as i64 >> 1
    }

    /// The rotated bits of a float, if its exponent is in the immediate range.
    #[inline(always)]
    pub const fn from_float(value: f64) -> Option<u64> {
        let rotated = value.to_bits().wrapping_add(1 << 60).rotate_left(3);
        if rotated & 3 == 2 {
            Some(rotated)
        } else {
            None
        }
    }

    /// The float behind rotated bits.
    #[inline(always)]
    pub const fn to_float(bits: u64) -> f64 {
        f64::from_bits(bits.rotate_right(3).wrapping_sub(1 << 60))
    }
}

/// Smallest immediate int.
pub const SMALL_INT_MIN: i64 = -(1 << 62);
/// Largest immediate int.
pub const SMALL_INT_MAX: i64 = (1 << 62) - 1;

impl Value {
    /// `None`.
    pub const NONE: Value = Value::immediate(bits::NONE);
    /// `False`.
    pub const FALSE: Value = Value::immediate(bits::FALSE);
    /// `True`.
    pub const TRUE: Value = Value::immediate(bits::TRUE);
    /// `NotImplemented`.
    pub const NOT_IMPLEMENTED: Value = Value::immediate(bits::NOT_IMPLEMENTED);
    /// `Ellipsis`.
    pub const ELLIPSIS: Value = Value::immediate(bits::ELLIPSIS);

    const fn immediate(bits: u64) -> Value {
        match NonZeroU64::new(bits) {
            Some(bits) => Value(bits),
            None => panic!("an immediate has a non-zero tag"),
        }
    }

    /// The raw bits, for identity and for the interpreter's stack.
    #[inline(always)]
    pub fn bits(&self) -> u64 {
        self.0.get()
    }

    /// Gives up the value without releasing it; the caller owns the reference behind the bits.
    #[inline(always)]
    pub fn into_bits(self) -> u64 {
        ManuallyDrop::new(self).0.get()
    }

    /// Takes back what [`Value::into_bits`] gave.
    ///
    /// # Safety
    /// `bits` is a valid immediate, or a pointer to a live object of which the caller owns one reference.
    #[inline(always)]
    pub unsafe fn from_bits(bits: u64) -> Value {
        debug_assert!(bits != 0);
        // SAFETY: valid bits are never zero.
        Value(unsafe { NonZeroU64::new_unchecked(bits) })
    }

    /// Views bits as a value without owning it.
    ///
    /// # Safety
    /// `bits` are valid and the object behind them outlives `'a`.
    #[inline(always)]
    pub unsafe fn borrow_bits(bits: &u64) -> &Value {
        // SAFETY: same size, alignment and bits; never zero by contract.
        unsafe { &*(bits as *const u64).cast::<Value>() }
    }

    /// The immediate value with these bits, if they are one's.
    pub fn immediate_of(word: u64) -> Option<Value> {
        let constants = [
            bits::NONE,
            bits::TRUE,
            bits::FALSE,
            bits::NOT_IMPLEMENTED,
            bits::ELLIPSIS,
            bits::ZERO,
        ];
        let is_immediate =
            bits::is_int(word) || bits::is_rotated_float(word) || constants.contains(&word);
        is_immediate.then(|| Value::immediate(word))
    }

    /// `True` or `False`.
    #[inline(always)]
    pub fn from_bool(value: bool) -> Value {
        if value { Value::TRUE } else { Value::FALSE }
    }

    /// An int, if it fits the immediate range.
    #[inline(always)]
    pub fn from_small_int(value: i64) -> Option<Value> {
        if value << 1 >> 1 == value {
            Some(Value::immediate(bits::from_small_int(value)))
        } else {
            None
        }
    }

    /// The immediate int whose tagged word is `word`. The tag is set whatever `word` says, so every word is an int.
    #[inline(always)]
    pub fn from_int_word(word: i64) -> Value {
        Value::immediate(word as u64 | 1)
    }

    /// An immediate int or float, when the number has an immediate form.
    #[inline(always)]
    pub fn from_immediate_float(value: f64) -> Option<Value> {
        if let Some(bits) = bits::from_float(value) {
            return Some(Value::immediate(bits));
        }
        (value.to_bits() == 0).then(|| Value::immediate(bits::ZERO))
    }

    /// The int behind an immediate int. Bools and boxed ints answer `None`; see [`crate::int`] for those.
    #[inline(always)]
    pub fn as_small_int(&self) -> Option<i64> {
        bits::is_int(self.bits()).then(|| bits::to_small_int(self.bits()))
    }

    /// The float behind an immediate float. Boxed floats answer `None`; see [`crate::float`].
    #[inline(always)]
    pub fn as_immediate_float(&self) -> Option<f64> {
        if bits::is_rotated_float(self.bits()) {
            return Some(bits::to_float(self.bits()));
        }
        (self.bits() == bits::ZERO).then_some(0.0)
    }

    /// Whether this is `None`.
    #[inline(always)]
    pub fn is_none(&self) -> bool {
        self.bits() == bits::NONE
    }

    /// Whether this is `True`, the object.
    #[inline(always)]
    pub fn is_true(&self) -> bool {
        self.bits() == bits::TRUE
    }

    /// Whether this is `False`, the object.
    #[inline(always)]
    pub fn is_false(&self) -> bool {
        self.bits() == bits::FALSE
    }

    /// Whether this is `NotImplemented`.
    #[inline(always)]
    pub fn is_not_implemented(&self) -> bool {
        self.bits() == bits::NOT_IMPLEMENTED
    }

    /// Object identity, Python's `is`.
    #[inline(always)]
    pub fn is(&self, other: &Value) -> bool {
        self.bits() == other.bits()
    }

    /// Whether the value points to a heap object.
    #[inline(always)]
    pub fn is_pointer(&self) -> bool {
        bits::is_pointer(self.bits())
    }

    /// The header of a heap object.
    #[inline(always)]
    pub fn header(&self) -> Option<&Header> {
        if self.is_pointer() {
            // SAFETY: a pointer value points to a live object, which starts with its header.
            Some(unsafe { &*(self.bits() as *const Header) })
        } else {
            None
        }
    }

    /// The object's class (`type(x)`).
    #[inline(always)]
    pub fn class(&self) -> &Ref<Type> {
        match self.header() {
            Some(header) => header_class(header),
            None => Self::immediate_class(self.bits()),
        }
    }

    /// By the bits alone: code that must keep its locals without addresses calls this.
    fn immediate_class(word: u64) -> &'static Ref<Type> {
        use crate::builtins as b;
        if bits::is_int(word) {
            return b::int_class();
        }
        if bits::is_rotated_float(word) {
            return b::float_class();
        }
        match word {
            bits::NONE => b::none_class(),
            bits::TRUE | bits::FALSE => b::bool_class(),
            bits::NOT_IMPLEMENTED => b::not_implemented_class(),
            bits::ELLIPSIS => b::ellipsis_class(),
            _ => b::float_class(),
        }
    }

    /// Views the value as a `T` object: its class is `T`'s class or has a layout that begins with `T`'s.
    #[inline(always)]
    pub fn downcast<T: Payload>(&self) -> Option<&Ref<T>> {
        if self.is_pointer() && self.class().layout().extends(T::layout()) {
            // SAFETY: the layout says that the object begins with a `T`; `Ref` has the bits of `Value`.
            Some(unsafe { &*(self as *const Value).cast::<Ref<T>>() })
        } else {
            None
        }
    }

    /// Like [`Value::downcast`], only for objects whose class is exactly `T`'s.
    #[inline(always)]
    pub fn downcast_exact<T: Payload>(&self) -> Option<&Ref<T>> {
        if self.is_pointer() && self.class().is(T::class()) {
            // SAFETY: an instance of `T`'s class begins with a `T`.
            Some(unsafe { &*(self as *const Value).cast::<Ref<T>>() })
        } else {
            None
        }
    }

    /// Views the value as a `T` object without a check of its class.
    ///
    /// # Safety
    /// The value is a pointer to an object whose layout begins with `T`'s.
    #[inline(always)]
    pub unsafe fn downcast_unchecked<T: Payload>(&self) -> &Ref<T> {
        debug_assert!(self.downcast::<T>().is_some());
        // SAFETY: by contract; `Ref` has the bits of `Value`.
        unsafe { &*(self as *const Value).cast::<Ref<T>>() }
    }

    /// Turns the value into a typed reference, or gives it back.
    #[inline(always)]
    pub fn into_ref<T: Payload>(self) -> Result<Ref<T>, Value> {
        if self.downcast::<T>().is_some() {
            let pointer = NonNull::new(self.into_bits() as *mut Object<T>)
                .expect("a pointer value is not zero");
            Ok(Ref {
                pointer,
                _owns: PhantomData,
            })
        } else {
            Err(self)
        }
    }

    /// The address-like number that `id()` answers.
    pub fn id(&self) -> u64 {
        self.bits()
    }

    /// Number of references to a heap object; immediates answer a large constant.
    pub fn refcount(&self) -> u32 {
        self.header()
            .map_or(crate::header::IMMORTAL_COUNT, Header::refcount)
    }
}

/// The class a header names.
#[inline(always)]
pub(crate) fn header_class(header: &Header) -> &Ref<Type> {
    debug_assert!(header.class.get().is_some(), "use of a freed object");
    // SAFETY: a live object's class pointer is set, owned by the header, and has the bits of a `Ref<Type>`.
    unsafe { &*header.class.as_ptr().cast::<Ref<Type>>() }
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if let Some(header) = self.header() {
            header.increment();
        }
        Value(self.0)
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_pointer() {
            // SAFETY: this value owns one reference to the object and is gone afterwards.
            unsafe { heap::release(self.bits() as *mut Header) }
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(int) = self.as_small_int() {
            return write!(f, "{int}");
        }
        if let Some(float) = self.as_immediate_float() {
            return write!(f, "{float:?}");
        }
        match self.bits() {
            bits::NONE => f.write_str("None"),
            bits::TRUE => f.write_str("True"),
            bits::FALSE => f.write_str("False"),
            bits::NOT_IMPLEMENTED => f.write_str("NotImplemented"),
            bits::ELLIPSIS => f.write_str("Ellipsis"),
            bits => write!(f, "<{} at {bits:#x}>", self.class().name()),
        }
    }
}

impl<T> Ref<T> {
    /// Takes ownership of one reference.
    ///
    /// # Safety
    /// `pointer` points to a live object that begins with a `T`, and the caller owns one reference to it.
    #[inline(always)]
    pub unsafe fn from_owned(pointer: NonNull<Object<T>>) -> Ref<T> {
        Ref {
            pointer,
            _owns: PhantomData,
        }
    }

    /// The same object as an untyped value.
    #[inline(always)]
    pub fn as_value(&self) -> &Value {
        // SAFETY: both are one non-zero word; an aligned pointer is a valid value.
        unsafe { &*(self as *const Ref<T>).cast::<Value>() }
    }

    /// Gives the reference away as an untyped value.
    #[inline(always)]
    pub fn into_value(self) -> Value {
        let this = ManuallyDrop::new(self);
        // SAFETY: the reference this owned moves into the value.
        unsafe { Value::from_bits(this.pointer.as_ptr() as u64) }
    }

    /// A new owned untyped value for the same object.
    #[inline(always)]
    pub fn to_value(&self) -> Value {
        self.as_value().clone()
    }

    /// The object's header.
    #[inline(always)]
    pub fn header(&self) -> &Header {
        // SAFETY: the reference keeps the object alive.
        unsafe { &(*self.pointer.as_ptr()).header }
    }

    /// The object's class, which may be a subclass of `T`'s.
    #[inline(always)]
    pub fn class(&self) -> &Ref<Type> {
        header_class(self.header())
    }

    /// Object identity.
    #[inline(always)]
    pub fn is(&self, other: &Ref<T>) -> bool {
        self.pointer == other.pointer
    }

    /// The object's address.
    #[inline(always)]
    pub fn as_ptr(&self) -> NonNull<Object<T>> {
        self.pointer
    }
}

impl<T> Deref for Ref<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the reference keeps the object alive, and payloads change only through cells.
        unsafe { &(*self.pointer.as_ptr()).payload }
    }
}

impl<T> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Ref<T> {
        self.header().increment();
        Ref {
            pointer: self.pointer,
            _owns: PhantomData,
        }
    }
}

impl<T> Drop for Ref<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: this owns one reference to the object and is gone afterwards.
        unsafe { heap::release(self.pointer.as_ptr().cast()) }
    }
}

impl<T> From<Ref<T>> for Value {
    #[inline(always)]
    fn from(reference: Ref<T>) -> Value {
        reference.into_value()
    }
}

impl<T> From<&Ref<T>> for Value {
    #[inline(always)]
    fn from(reference: &Ref<T>) -> Value {
        reference.to_value()
    }
}

impl From<bool> for Value {
    #[inline(always)]
    fn from(value: bool) -> Value {
        Value::from_bool(value)
    }
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_value().fmt(f)
    }
}
