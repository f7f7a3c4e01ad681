//! The bridge between slots and special methods, both ways.
//!
//! [`DUNDERS`] lists every special method that has a slot. For a builtin class, each filled slot puts wrappers into the
//! class dict ([`install_slot_wrappers`]), so that `int.__add__` exists. For a class made in Python, each special method
//! found along the MRO fills the slot with a function that calls it ([`update_slots`]); where what is found is the wrapper
//! of a builtin base, the base's own function is copied, so that a subclass of `list` indexes at `list`'s speed.

mod generic;
mod update;

use crate::args::{Args, check_count};
use crate::class::{Comparison, SlotId, Slots, Type};
use crate::protocol::{self, call_special};
use crate::raised::PyResult;
use crate::value::{Ref, Value};
use crate::{id, int};

use generic::*;
pub(super) use update::fill_slots;
pub use update::{install_slot_wrappers, update_slots};

/// One special method that has a slot.
pub struct Dunder {
    /// `__add__`, …
    pub name: &'static str,
    /// The slot it stands for. Several methods can share one (`__add__` and `__radd__`).
    pub slot: SlotId,
    /// `__text_signature__` of the wrapper.
    pub signature: &'static str,
    /// Docstring of the wrapper.
    pub doc: &'static str,
    /// Calls the slot of `owner` the way the special method is called.
    pub call: fn(owner: &Ref<Type>, receiver: &Value, args: Args<'_>) -> PyResult<Value>,
    /// Fills the slot with the function that looks special methods up.
    pub generic: fn(&Slots),
}

macro_rules! slot_of {
    ($owner:expr, $slot:ident) => {
        $owner
            .slots
            .$slot
            .get()
            .expect("a wrapper exists only for a filled slot")
    };
}

macro_rules! unary_dunders {
    ($(($name:literal, $slot:ident, $doc:literal),)*) => { &[$(Dunder {
        name: $name, slot: SlotId::$slot, signature: "($self, /)", doc: $doc,
        call: |owner, receiver, args| {
            args.positional_between($name, 0, 0)?;
            slot_of!(owner, $slot)(receiver)
        },
        generic: |slots| slots.$slot.set(Some(|value| call_special(value, id!($name), &[]))),
    },)*] };
}

static UNARY: &[Dunder] = unary_dunders! {
    ("__repr__", repr, "Return repr(self)."),
    ("__str__", str, "Return str(self)."),
    ("__iter__", iter, "Implement iter(self)."),
    ("__neg__", negative, "-self"),
    ("__pos__", positive, "+self"),
    ("__abs__", absolute, "abs(self)"),
    ("__invert__", invert, "~self"),
    ("__int__", int, "int(self)"),
    ("__float__", float, "float(self)"),
    ("__index__", index, "Return self converted to an integer, if self is suitable for use as an index into a list."),
    ("__await__", await_, "Return an iterator to be used in await expression."),
    ("__aiter__", aiter, "Return an awaitable, that resolves in asynchronous iterator."),
    ("__anext__", anext, "Return a value or raise StopAsyncIteration."),
};

fn one_argument<'a>(name: &str, args: Args<'a>) -> PyResult<&'a Value> {
    let values = args.positional();
    args.no_keywords(name)?;
    if values.len() != 1 {
        bail!(TypeError, "expected 1 argument, got {}", values.len());
    }
    Ok(&values[0])
}

macro_rules! number_dunders {
    ($(($name:literal, $reflected:literal, $slot:ident, $sign:literal),)*) => { &[$(
        Dunder {
            name: $name, slot: SlotId::$slot, signature: "($self, value, /)", doc: concat!("Return self", $sign, "value."),
            call: |owner, receiver, args| slot_of!(owner, $slot)(receiver, one_argument($name, args)?),
            generic: |slots| slots.$slot.set(Some(|left, right| binary_generic(left, right, id!($name), id!($reflected)))),
        },
        Dunder {
            name: $reflected, slot: SlotId::$slot, signature: "($self, value, /)", doc: concat!("Return value", $sign, "self."),
            call: |owner, receiver, args| slot_of!(owner, $slot)(one_argument($reflected, args)?, receiver),
            generic: |slots| slots.$slot.set(Some(|left, right| binary_generic(left, right, id!($name), id!($reflected)))),
        },
    )*] };
}

static NUMBER: &[Dunder] = number_dunders! {
    ("__add__", "__radd__", add, "+"),
    ("__sub__", "__rsub__", subtract, "-"),
    ("__mul__", "__rmul__", multiply, "*"),
    ("__matmul__", "__rmatmul__", matrix_multiply, "@"),
    ("__truediv__", "__rtruediv__", true_divide, "/"),
    ("__floordiv__", "__rfloordiv__", floor_divide, "//"),
    ("__mod__", "__rmod__", remainder, "%"),
    ("__divmod__", "__rdivmod__", divmod, " divmod "),
    ("__lshift__", "__rlshift__", lshift, "<<"),
    ("__rshift__", "__rrshift__", rshift, ">>"),
    ("__and__", "__rand__", and, "&"),
    ("__xor__", "__rxor__", xor, "^"),
    ("__or__", "__ror__", or, "|"),
};

macro_rules! inplace_dunders {
    ($(($name:literal, $slot:ident, $sign:literal),)*) => { &[$(Dunder {
        name: $name, slot: SlotId::$slot, signature: "($self, value, /)", doc: concat!("Return self", $sign, "value."),
        call: |owner, receiver, args| slot_of!(owner, $slot)(receiver, one_argument($name, args)?),
        generic: |slots| slots.$slot.set(Some(|left, right| call_special(left, id!($name), std::slice::from_ref(right)))),
    },)*] };
}

static INPLACE: &[Dunder] = inplace_dunders! {
    ("__iadd__", inplace_add, "+="),
    ("__isub__", inplace_subtract, "-="),
    ("__imul__", inplace_multiply, "*="),
    ("__imatmul__", inplace_matrix_multiply, "@="),
    ("__itruediv__", inplace_true_divide, "/="),
    ("__ifloordiv__", inplace_floor_divide, "//="),
    ("__imod__", inplace_remainder, "%="),
    ("__ipow__", inplace_power, "**="),
    ("__ilshift__", inplace_lshift, "<<="),
    ("__irshift__", inplace_rshift, ">>="),
    ("__iand__", inplace_and, "&="),
    ("__ixor__", inplace_xor, "^="),
    ("__ior__", inplace_or, "|="),
    ("__getitem__", getitem, "[]: "),
};

macro_rules! compare_dunders {
    ($(($name:literal, $op:ident, $sign:literal),)*) => { &[$(Dunder {
        name: $name, slot: SlotId::richcompare, signature: "($self, value, /)", doc: concat!("Return self", $sign, "value."),
        call: |owner, receiver, args| slot_of!(owner, richcompare)(receiver, one_argument($name, args)?, Comparison::$op),
        generic: |slots| slots.richcompare.set(Some(compare_generic)),
    },)*] };
}

static COMPARE: &[Dunder] = compare_dunders! {
    ("__lt__", Lt, "<"),
    ("__le__", Le, "<="),
    ("__eq__", Eq, "=="),
    ("__ne__", Ne, "!="),
    ("__gt__", Gt, ">"),
    ("__ge__", Ge, ">="),
};

static OTHER: &[Dunder] = &[
    Dunder {
        name: "__hash__",
        slot: SlotId::hash,
        signature: "($self, /)",
        doc: "Return hash(self).",
        call: |owner, receiver, args| {
            args.positional_between("__hash__", 0, 0)?;
            Ok(int::new(slot_of!(owner, hash)(receiver)?))
        },
        generic: |slots| slots.hash.set(Some(hash_generic)),
    },
    Dunder {
        name: "__bool__",
        slot: SlotId::bool,
        signature: "($self, /)",
        doc: "True if self else False",
        call: |owner, receiver, args| {
            args.positional_between("__bool__", 0, 0)?;
            Ok(Value::from_bool(slot_of!(owner, bool)(receiver)?))
        },
        generic: |slots| slots.bool.set(Some(bool_generic)),
    },
    Dunder {
        name: "__len__",
        slot: SlotId::len,
        signature: "($self, /)",
        doc: "Return len(self).",
        call: |owner, receiver, args| {
            args.positional_between("__len__", 0, 0)?;
            Ok(int::from_usize(slot_of!(owner, len)(receiver)?))
        },
        generic: |slots| slots.len.set(Some(len_generic)),
    },
    Dunder {
        name: "__contains__",
        slot: SlotId::contains,
        signature: "($self, key, /)",
        doc: "Return bool(key in self).",
        call: |owner, receiver, args| {
            Ok(Value::from_bool(slot_of!(owner, contains)(
                receiver,
                one_argument("__contains__", args)?,
            )?))
        },
        generic: |slots| slots.contains.set(Some(contains_generic)),
    },
    Dunder {
        name: "__next__",
        slot: SlotId::next,
        signature: "($self, /)",
        doc: "Implement next(self).",
        call: |owner, receiver, args| {
            args.positional_between("__next__", 0, 0)?;
            let next = if owner.slots.send.get().is_some() {
                protocol::next_or_result(receiver)?
            } else {
                slot_of!(owner, next)(receiver)?
            };
            match next {
                Some(item) => Ok(item),
                None => Err(crate::exceptions::stop_iteration(Value::NONE)),
            }
        },
        generic: |slots| slots.next.set(Some(next_generic)),
    },
    Dunder {
        name: "__setitem__",
        slot: SlotId::setitem,
        signature: "($self, key, value, /)",
        doc: "Set self[key] to value.",
        call: |owner, receiver, args| {
            let values = wrapper_args("__setitem__", args, 2)?;
            slot_of!(owner, setitem)(receiver, &values[0], Some(&values[1])).map(|()| Value::NONE)
        },
        generic: |slots| slots.setitem.set(Some(setitem_generic)),
    },
    Dunder {
        name: "__delitem__",
        slot: SlotId::setitem,
        signature: "($self, key, /)",
        doc: "Delete self[key].",
        call: |owner, receiver, args| {
            slot_of!(owner, setitem)(receiver, one_argument("__delitem__", args)?, None)
                .map(|()| Value::NONE)
        },
        generic: |slots| slots.setitem.set(Some(setitem_generic)),
    },
    Dunder {
        name: "__getattribute__",
        slot: SlotId::getattr,
        signature: "($self, name, /)",
        doc: "Return getattr(self, name).",
        call: |owner, receiver, args| {
            slot_of!(owner, getattr)(
                receiver,
                protocol::attribute_name(one_argument("__getattribute__", args)?)?,
            )
        },
        generic: |slots| slots.getattr.set(Some(getattr_generic)),
    },
    Dunder {
        name: "__setattr__",
        slot: SlotId::setattr,
        signature: "($self, name, value, /)",
        doc: "Implement setattr(self, name, value).",
        call: |owner, receiver, args| {
            let values = wrapper_args("__setattr__", args, 2)?;
            check_setattr_owner(owner, receiver, "__setattr__")?;
            slot_of!(owner, setattr)(
                receiver,
                protocol::attribute_name(&values[0])?,
                Some(&values[1]),
            )
            .map(|()| Value::NONE)
        },
        generic: |slots| slots.setattr.set(Some(setattr_generic)),
    },
    Dunder {
        name: "__delattr__",
        slot: SlotId::setattr,
        signature: "($self, name, /)",
        doc: "Implement delattr(self, name).",
        call: |owner, receiver, args| {
            check_setattr_owner(owner, receiver, "__delattr__")?;
            slot_of!(owner, setattr)(
                receiver,
                protocol::attribute_name(one_argument("__delattr__", args)?)?,
                None,
            )
            .map(|()| Value::NONE)
        },
        generic: |slots| slots.setattr.set(Some(setattr_generic)),
    },
    Dunder {
        name: "__call__",
        slot: SlotId::call,
        signature: "($self, /, *args, **kwargs)",
        doc: "Call self as a function.",
        call: |owner, receiver, args| slot_of!(owner, call)(receiver, args),
        generic: |slots| slots.call.set(Some(call_generic)),
    },
    Dunder {
        name: "__get__",
        slot: SlotId::descr_get,
        signature: "($self, instance, owner=None, /)",
        doc: "Return an attribute of instance, which is of type owner.",
        call: |owner, receiver, args| {
            let values = args.positional_between("__get__", 1, 2)?;
            let instance = Some(&values[0]).filter(|value| !value.is_none());
            let class = values.get(1).filter(|value| !value.is_none());
            if instance.is_none() && class.is_none() {
                bail!(TypeError, "__get__(None, None) is invalid");
            }
            slot_of!(owner, descr_get)(receiver, instance, class)
        },
        generic: |slots| slots.descr_get.set(Some(descr_get_generic)),
    },
    Dunder {
        name: "__set__",
        slot: SlotId::descr_set,
        signature: "($self, instance, value, /)",
        doc: "Set an attribute of instance to value.",
        call: |owner, receiver, args| {
            let values = wrapper_args("__set__", args, 2)?;
            slot_of!(owner, descr_set)(receiver, &values[0], Some(&values[1])).map(|()| Value::NONE)
        },
        generic: |slots| slots.descr_set.set(Some(descr_set_generic)),
    },
    Dunder {
        name: "__delete__",
        slot: SlotId::descr_set,
        signature: "($self, instance, /)",
        doc: "Delete an attribute of instance.",
        call: |owner, receiver, args| {
            slot_of!(owner, descr_set)(receiver, one_argument("__delete__", args)?, None)
                .map(|()| Value::NONE)
        },
        generic: |slots| slots.descr_set.set(Some(descr_set_generic)),
    },
    Dunder {
        name: "__init__",
        slot: SlotId::init,
        signature: "($self, /, *args, **kwargs)",
        doc: "Initialize self.  See help(type(self)) for accurate signature.",
        call: |owner, receiver, args| slot_of!(owner, init)(receiver, args).map(|()| Value::NONE),
        generic: |slots| slots.init.set(Some(init_generic)),
    },
    Dunder {
        name: "__del__",
        slot: SlotId::finalize,
        signature: "($self, /)",
        doc: "Called when the instance is about to be destroyed.",
        call: |owner, receiver, args| {
            args.positional_between("__del__", 0, 0)?;
            slot_of!(owner, finalize)(receiver);
            Ok(Value::NONE)
        },
        generic: |slots| slots.finalize.set(Some(finalize_generic)),
    },
    Dunder {
        name: "__pow__",
        slot: SlotId::power,
        signature: "($self, value, mod=None, /)",
        doc: "Return pow(self, value, mod).",
        call: |owner, receiver, args| {
            let values = args.positional_between("__pow__", 1, 2)?;
            slot_of!(owner, power)(receiver, &values[0], values.get(1).unwrap_or(&Value::NONE))
        },
        generic: |slots| slots.power.set(Some(power_generic)),
    },
    Dunder {
        name: "__rpow__",
        slot: SlotId::power,
        signature: "($self, value, mod=None, /)",
        doc: "Return pow(value, self, mod).",
        call: |owner, receiver, args| {
            let values = args.positional_between("__rpow__", 1, 2)?;
            slot_of!(owner, power)(&values[0], receiver, values.get(1).unwrap_or(&Value::NONE))
        },
        generic: |slots| slots.power.set(Some(power_generic)),
    },
    Dunder {
        name: "__buffer__",
        slot: SlotId::buffer,
        signature: "($self, flags, /)",
        doc: "Return a buffer object that exposes the underlying memory of the object.",
        call: |_, receiver, args| {
            let flags = one_argument("__buffer__", args)?;
            crate::bytes::memory_view_with_flags(receiver, protocol::to_index(flags)? as u32)
        },
        generic: |slots| slots.buffer.set(Some(crate::bytes::buffer_from_python)),
    },
];

fn wrapper_args<'a>(name: &str, args: Args<'a>, count: usize) -> PyResult<&'a [Value]> {
    args.no_keywords(name)?;
    let values = args.positional();
    if values.len() != count {
        check_count(name, values.len(), count, count)?;
    }
    Ok(values)
}

/// Keeps `object.__setattr__(some_class, …)` from going around the class's own rules (CPython's `hackcheck`).
fn check_setattr_owner(owner: &Ref<Type>, receiver: &Value, what: &str) -> PyResult<()> {
    let class = receiver.class();
    for base in class.mro().tail() {
        let Some(base) = base.downcast::<Type>() else {
            continue;
        };
        if base.is(owner) {
            return Ok(());
        }
        if !base.is_heap() && !base.slots.same_slot(SlotId::setattr, &owner.slots) {
            bail!(
                TypeError,
                "can't apply this {what} to {} object",
                class.name()
            );
        }
    }
    Ok(())
}

/// Every special method that has a slot.
pub static DUNDERS: [&[Dunder]; 5] = [UNARY, NUMBER, INPLACE, COMPARE, OTHER];

static SEQUENCE: &[Dunder] = &[
    Dunder {
        name: "__add__",
        slot: SlotId::concat,
        signature: "($self, value, /)",
        doc: "Return self+value.",
        call: |owner, receiver, args| {
            slot_of!(owner, concat)(receiver, one_argument("__add__", args)?)
        },
        generic: |_| {},
    },
    Dunder {
        name: "__mul__",
        slot: SlotId::repeat,
        signature: "($self, value, /)",
        doc: "Return self*value.",
        call: |owner, receiver, args| {
            slot_of!(owner, repeat)(receiver, one_argument("__mul__", args)?)
        },
        generic: |_| {},
    },
    Dunder {
        name: "__rmul__",
        slot: SlotId::repeat,
        signature: "($self, value, /)",
        doc: "Return value*self.",
        call: |owner, receiver, args| {
            slot_of!(owner, repeat)(receiver, one_argument("__rmul__", args)?)
        },
        generic: |_| {},
    },
    Dunder {
        name: "__iadd__",
        slot: SlotId::inplace_concat,
        signature: "($self, value, /)",
        doc: "Implement self+=value.",
        call: |owner, receiver, args| {
            slot_of!(owner, inplace_concat)(receiver, one_argument("__iadd__", args)?)
        },
        generic: |_| {},
    },
    Dunder {
        name: "__imul__",
        slot: SlotId::inplace_repeat,
        signature: "($self, value, /)",
        doc: "Implement self*=value.",
        call: |owner, receiver, args| {
            slot_of!(owner, inplace_repeat)(receiver, one_argument("__imul__", args)?)
        },
        generic: |_| {},
    },
];

/// Runs the finalizer of `value`'s class, if it has one.
pub fn run_finalizer(value: &Value) {
    if let Some(finalize) = value.class().slots.finalize.get() {
        finalize(value);
    }
}
