//! The slots of a class: one function pointer per operation the runtime performs on instances.
//!
//! The table below is the only list of slots. Builtin classes fill slots with Rust functions; classes made in Python get
//! functions from [`super::dunders`] that look the special method up. An empty slot means that the class lacks the
//! operation. Inheriting copies pointers, so a slot call never walks the MRO.

use std::cell::Cell;

use crate::args::Args;
use crate::buffer::BufferView;
use crate::class::Type;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};

/// Which comparison `richcompare` is asked for; the numbers are the oparg of CPython's `Py_LT` … `Py_GE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Comparison {
    Lt = 0,
    Le = 1,
    Eq = 2,
    Ne = 3,
    Gt = 4,
    Ge = 5,
}

impl Comparison {
    /// The comparison of number `index` (0 to 5).
    pub fn from_index(index: u32) -> Comparison {
        [Self::Lt, Self::Le, Self::Eq, Self::Ne, Self::Gt, Self::Ge][index as usize]
    }

    /// The comparison with its operands exchanged.
    pub fn swapped(self) -> Comparison {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }

    /// Whether `ordering` satisfies the comparison.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
        }
    }

    /// The operator's text.
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }

    /// The special method's name.
    pub fn method(self) -> &'static str {
        ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"][self as usize]
    }
}

/// `f(self)`.
pub type Unary = fn(&Value) -> PyResult<Value>;
/// `f(left, right)`; for numbers either operand may be the instance, and NotImplemented is an answer.
pub type Binary = fn(&Value, &Value) -> PyResult<Value>;
/// `pow(base, exponent, modulus or None)`.
pub type Ternary = fn(&Value, &Value, &Value) -> PyResult<Value>;
/// The next item, or nothing at the end. An end never raises StopIteration.
pub type Next = fn(&Value) -> PyResult<Option<Value>>;
/// `hash(self)`; never -1.
pub type HashFn = fn(&Value) -> PyResult<i64>;
/// `len(self)`.
pub type LenFn = fn(&Value) -> PyResult<usize>;
/// A yes or no about `self`.
pub type Predicate = fn(&Value) -> PyResult<bool>;
/// `item in self`, called with (self, item).
pub type Contains = fn(&Value, &Value) -> PyResult<bool>;
/// `self OP other`.
pub type RichCompare = fn(&Value, &Value, Comparison) -> PyResult<Value>;
/// `self[key] = value`, or `del self[key]` without a value.
pub type SetItem = fn(&Value, &Value, Option<&Value>) -> PyResult<()>;
/// `self.name`.
pub type GetAttr = fn(&Value, &Ref<Str>) -> PyResult<Value>;
/// `self.name = value`, or `del self.name` without a value.
pub type SetAttr = fn(&Value, &Ref<Str>, Option<&Value>) -> PyResult<()>;
/// `self(*args, **kwargs)`.
pub type Call = fn(&Value, Args<'_>) -> PyResult<Value>;
/// `descriptor.__get__(instance or None, owner)`.
pub type DescrGet = fn(&Value, Option<&Value>, Option<&Value>) -> PyResult<Value>;
/// `descriptor.__set__(instance, value)` or `__delete__(instance)`.
pub type DescrSet = fn(&Value, &Value, Option<&Value>) -> PyResult<()>;
/// `cls.__new__(cls, …)`.
pub type New = fn(&Ref<Type>, Args<'_>) -> PyResult<Value>;
/// `self.__init__(…)`.
pub type Init = fn(&Value, Args<'_>) -> PyResult<()>;
/// `__del__`, PEP 442. Errors are the function's own to report.
pub type Finalize = fn(&Value);
/// The bytes behind an object (PEP 3118); the flags are `PyBUF_*`.
pub type BufferFn = fn(&Value, u32) -> PyResult<BufferView>;
/// Sends a value into a generator-like object: yields, or returns with the result.
pub type Send = fn(&Value, &Value) -> PyResult<Sent>;

/// What a generator-like object answers.
#[derive(Debug)]
pub enum Sent {
    /// It yielded a value and can go on.
    Yield(Value),
    /// It ended with this result.
    Return(Value),
}

macro_rules! slots {
    ($($(#[$doc:meta])* $field:ident: $ty:ty,)*) => {
        /// The function pointers of one class.
        #[derive(Default)]
        pub struct Slots { $($(#[$doc])* pub $field: Cell<Option<$ty>>,)* }

        /// Names one slot.
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum SlotId { $($field,)* }

        impl Slots {
            /// Fills every empty slot from `base`.
            pub fn inherit(&self, base: &Slots) {
                $(if self.$field.get().is_none() { self.$field.set(base.$field.get()); })*
            }

            /// Copies one slot, empty or not.
            pub fn copy_slot(&self, id: SlotId, from: &Slots) {
                match id { $(SlotId::$field => self.$field.set(from.$field.get()),)* }
            }

            /// Whether one slot is filled.
            pub fn is_filled(&self, id: SlotId) -> bool {
                match id { $(SlotId::$field => self.$field.get().is_some(),)* }
            }

            /// Empties one slot.
            pub fn clear_slot(&self, id: SlotId) {
                match id { $(SlotId::$field => self.$field.set(None),)* }
            }

            /// Whether a slot is filled alike in both tables.
            #[allow(unpredictable_function_pointer_comparisons)]
            pub fn same_slot(&self, id: SlotId, other: &Slots) -> bool {
                match id { $(SlotId::$field => self.$field.get() == other.$field.get(),)* }
            }
        }
    };
}

slots! {
    repr: Unary,
    str: Unary,
    hash: HashFn,
    richcompare: RichCompare,
    bool: Predicate,
    getattr: GetAttr,
    setattr: SetAttr,
    call: Call,
    iter: Unary,
    next: Next,
    len: LenFn,
    contains: Contains,
    /// `self[key]` (`mp_subscript`; sequences take ints and slices here).
    getitem: Binary,
    setitem: SetItem,
    /// Sequence `+`, tried after the number slots (`sq_concat`).
    concat: Binary,
    /// Sequence `*` with an int, tried after the number slots (`sq_repeat`).
    repeat: Binary,
    inplace_concat: Binary,
    inplace_repeat: Binary,
    descr_get: DescrGet,
    descr_set: DescrSet,
    new: New,
    init: Init,
    finalize: Finalize,
    buffer: BufferFn,
    add: Binary,
    subtract: Binary,
    multiply: Binary,
    matrix_multiply: Binary,
    true_divide: Binary,
    floor_divide: Binary,
    remainder: Binary,
    divmod: Binary,
    power: Ternary,
    lshift: Binary,
    rshift: Binary,
    and: Binary,
    xor: Binary,
    or: Binary,
    inplace_add: Binary,
    inplace_subtract: Binary,
    inplace_multiply: Binary,
    inplace_matrix_multiply: Binary,
    inplace_true_divide: Binary,
    inplace_floor_divide: Binary,
    inplace_remainder: Binary,
    inplace_power: Binary,
    inplace_lshift: Binary,
    inplace_rshift: Binary,
    inplace_and: Binary,
    inplace_xor: Binary,
    inplace_or: Binary,
    negative: Unary,
    positive: Unary,
    absolute: Unary,
    invert: Unary,
    int: Unary,
    float: Unary,
    index: Unary,
    await_: Unary,
    aiter: Unary,
    anext: Unary,
    send: Send,
}
