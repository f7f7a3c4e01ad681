//! The bridge between slots and special methods, both ways.
//!
//! [`DUNDERS`] lists every special method that has a slot. For a builtin class, each filled slot puts wrappers into the
//! class dict (`install_slot_wrappers`), so that `int.__add__` exists. For a class made in Python, each special method
//! found along the MRO fills the slot with a function that calls it (`update_slots`); where what is found is the wrapper
//! of a builtin base, the base's own function is copied, so that a subclass of `list` indexes at `list`'s speed.

use crate::args::{Args, check_count};
use crate::class::slots::*;
use crate::class::{ClassFlags, Slots, Type};
use crate::native::{NativeFunction, SlotWrapper};
use crate::protocol::{self, call_special, call_special_optional};
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{id, int};

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

/// Calls `left.method(right)` if the method is found on `left`'s class and is not a builtin's wrapper, whose own slot
/// the operation tries anyway.
fn try_python(left: &Value, name: &Ref<Str>, right: &Value) -> PyResult<Option<Value>> {
    match left.class().lookup(name) {
        Some(method) if method.downcast_exact::<SlotWrapper>().is_none() => {
            let answer = protocol::call_bound(&method, left, std::slice::from_ref(right))?;
            Ok(Some(answer))
        }
        _ => Ok(None),
    }
}

/// The generic function of a number slot: forward method of the left operand, reflected method of the right.
fn binary_generic(
    left: &Value,
    right: &Value,
    forward: &Ref<Str>,
    reflected: &Ref<Str>,
) -> PyResult<Value> {
    let (left_class, right_class) = (left.class(), right.class());
    let mut try_reflected = !left_class.is(right_class);
    if try_reflected
        && right_class.is_subclass(left_class)
        && overrides(left_class, right_class, reflected)
    {
        if let Some(answer) = try_python(right, reflected, left)?
            && !answer.is_not_implemented()
        {
            return Ok(answer);
        }
        try_reflected = false;
    }
    if let Some(answer) = try_python(left, forward, right)?
        && !answer.is_not_implemented()
    {
        return Ok(answer);
    }
    if try_reflected && let Some(answer) = try_python(right, reflected, left)? {
        return Ok(answer);
    }
    Ok(Value::NOT_IMPLEMENTED)
}

/// Whether the subclass has its own version of a method.
fn overrides(class: &Type, subclass: &Type, name: &Ref<Str>) -> bool {
    match (class.lookup(name), subclass.lookup(name)) {
        (Some(base), Some(own)) => !own.is(&base),
        (None, Some(_)) => true,
        _ => false,
    }
}

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

fn compare_generic(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    let name = match comparison {
        Comparison::Lt => id!("__lt__"),
        Comparison::Le => id!("__le__"),
        Comparison::Eq => id!("__eq__"),
        Comparison::Ne => id!("__ne__"),
        Comparison::Gt => id!("__gt__"),
        Comparison::Ge => id!("__ge__"),
    };
    match call_special_optional(left, name, std::slice::from_ref(right))? {
        Some(answer) => Ok(answer),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

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

fn hash_generic(value: &Value) -> PyResult<i64> {
    match value.class().lookup(id!("__hash__")) {
        Some(method) if !method.is_none() => {
            let answer = protocol::call_bound(&method, value, &[])?;
            int::hash_result(&answer)
        }
        _ => Err(protocol::unhashable(value)),
    }
}

fn bool_generic(value: &Value) -> PyResult<bool> {
    match value.class().lookup(id!("__bool__")) {
        Some(method) => {
            let answer = protocol::call_bound(&method, value, &[])?;
            match (answer.is_true(), answer.is_false()) {
                (true, _) => Ok(true),
                (_, true) => Ok(false),
                _ => bail!(
                    TypeError,
                    "__bool__ should return bool, returned {}",
                    answer.class().name()
                ),
            }
        }
        None => Ok(true),
    }
}

fn len_generic(value: &Value) -> PyResult<usize> {
    let answer = call_special(value, id!("__len__"), &[])?;
    protocol::checked_len(&answer)
}

fn contains_generic(value: &Value, item: &Value) -> PyResult<bool> {
    match value.class().lookup(id!("__contains__")) {
        Some(method) if method.is_none() => bail!(
            TypeError,
            "'{}' object is not a container",
            value.class().name()
        ),
        Some(method) => protocol::is_true(&protocol::call_bound(
            &method,
            value,
            std::slice::from_ref(item),
        )?),
        None => protocol::contains_by_iteration(value, item),
    }
}

fn next_generic(value: &Value) -> PyResult<Option<Value>> {
    use crate::raised::Absent;
    call_special(value, id!("__next__"), &[])
        .absent_on(crate::exceptions::ExceptionKind::StopIteration)
}

fn setitem_generic(value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    match new {
        Some(new) => call_special(value, id!("__setitem__"), &[key.clone(), new.clone()])?,
        None => call_special(value, id!("__delitem__"), std::slice::from_ref(key))?,
    };
    Ok(())
}

/// `__getattribute__`, then `__getattr__` where that raised AttributeError.
fn getattr_generic(value: &Value, name: &Ref<Str>) -> PyResult<Value> {
    let class = value.class().clone();
    let first = match class.lookup(id!("__getattribute__")) {
        Some(method) => match method.downcast_exact::<SlotWrapper>() {
            Some(wrapper) => slot_of!(wrapper.owner(), getattr)(value, name),
            None => protocol::call_bound(&method, value, &[name.to_value()]),
        },
        None => super::generic_getattr(value, name),
    };
    match first {
        Err(raised) if raised.is(crate::exceptions::ExceptionKind::AttributeError) => {
            match class.lookup(id!("__getattr__")) {
                Some(method) => {
                    drop(raised);
                    protocol::call_bound(&method, value, &[name.to_value()])
                }
                None => Err(raised),
            }
        }
        other => other,
    }
}

fn setattr_generic(value: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
    match new {
        Some(new) => call_special(value, id!("__setattr__"), &[name.to_value(), new.clone()])?,
        None => call_special(value, id!("__delattr__"), &[name.to_value()])?,
    };
    Ok(())
}

fn call_generic(value: &Value, args: Args<'_>) -> PyResult<Value> {
    match value.class().lookup(id!("__call__")) {
        Some(method) => crate::thread::with_recursion(" while calling a Python object", || {
            protocol::call_bound_args(&method, value, args)
        }),
        None => bail!(
            TypeError,
            "'{}' object is not callable",
            value.class().name()
        ),
    }
}

fn descr_get_generic(
    value: &Value,
    instance: Option<&Value>,
    class: Option<&Value>,
) -> PyResult<Value> {
    let none = Value::NONE;
    match value.class().lookup(id!("__get__")) {
        Some(method) => {
            let args = [
                instance.unwrap_or(&none).clone(),
                class.unwrap_or(&none).clone(),
            ];
            protocol::call_bound(&method, value, &args)
        }
        None => Ok(value.clone()),
    }
}

fn descr_set_generic(value: &Value, instance: &Value, new: Option<&Value>) -> PyResult<()> {
    match new {
        Some(new) => {
            match call_special_optional(value, id!("__set__"), &[instance.clone(), new.clone()])? {
                Some(_) => Ok(()),
                None => Err(crate::exc!(AttributeError, "__set__")),
            }
        }
        None => {
            match call_special_optional(value, id!("__delete__"), std::slice::from_ref(instance))? {
                Some(_) => Ok(()),
                None => Err(crate::exc!(AttributeError, "__delete__")),
            }
        }
    }
}

fn init_generic(value: &Value, args: Args<'_>) -> PyResult<()> {
    let Some(method) = value.class().lookup(id!("__init__")) else {
        return Ok(());
    };
    let answer = protocol::call_bound_args(&method, value, args)?;
    if !answer.is_none() {
        bail!(
            TypeError,
            "__init__() should return None, not '{}'",
            answer.class().name()
        );
    }
    Ok(())
}

fn new_generic(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    let function = super::generic::class_getattr(class.as_value(), id!("__new__"))?;
    protocol::call_prepended(&function, class.as_value(), args)
}

fn power_generic(left: &Value, right: &Value, modulus: &Value) -> PyResult<Value> {
    if modulus.is_none() {
        return binary_generic(left, right, id!("__pow__"), id!("__rpow__"));
    }
    let args = [right.clone(), modulus.clone()];
    match left.class().lookup(id!("__pow__")) {
        Some(method) if method.downcast_exact::<SlotWrapper>().is_none() => {
            protocol::call_bound(&method, left, &args)
        }
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn finalize_generic(value: &Value) {
    if let Some(method) = value.class().lookup(id!("__del__"))
        && let Err(raised) = protocol::call_bound(&method, value, &[])
    {
        crate::runtime::unraisable(
            raised,
            Some("Exception ignored while calling deallocator"),
            Some(&method),
        );
    }
}

/// Runs the finalizer of `value`'s class, if it has one.
pub fn run_finalizer(value: &Value) {
    if let Some(finalize) = value.class().slots.finalize.get() {
        finalize(value);
    }
}

/// Puts a wrapper for every filled slot into a builtin class's dict. `defined` names what the class defines itself.
pub fn install_slot_wrappers(class: &Ref<Type>, defined: &[&'static str]) {
    let dict = class.dict();
    let inherits = class.base();
    for dunder in DUNDERS.iter().copied().flatten() {
        let inherited = inherits
            .as_ref()
            .is_some_and(|base| base.slots.same_slot(dunder.slot, &class.slots));
        if class.slots.is_filled(dunder.slot)
            && !inherited
            && !defined.contains(&dunder.name)
            && !is_hidden(dunder)
        {
            let name = Str::intern(dunder.name);
            if dict.get_str(&name).is_none() {
                dict.set_str(&name, SlotWrapper::new(class, dunder));
            }
        }
    }
    if class.slots.concat.get().is_some() && dict.get_str(id!("__add__")).is_none() {
        dict.set_str(id!("__add__"), SlotWrapper::new(class, &SEQUENCE[0]));
    }
    if class.slots.repeat.get().is_some() && dict.get_str(id!("__mul__")).is_none() {
        dict.set_str(id!("__mul__"), SlotWrapper::new(class, &SEQUENCE[1]));
        dict.set_str(id!("__rmul__"), SlotWrapper::new(class, &SEQUENCE[2]));
    }
    if class.slots.inplace_concat.get().is_some() {
        dict.set_str(id!("__iadd__"), SlotWrapper::new(class, &SEQUENCE[3]));
    }
    if class.slots.inplace_repeat.get().is_some() {
        dict.set_str(id!("__imul__"), SlotWrapper::new(class, &SEQUENCE[4]));
    }
    let hash_is_none = class.slots.hash.get().is_none() && class.slots.richcompare.get().is_some();
    if hash_is_none && dict.get_str(id!("__hash__")).is_none() {
        dict.set_str(id!("__hash__"), Value::NONE);
    }
}

/// Slots of builtin classes that Python does not show: native finalizers.
fn is_hidden(dunder: &Dunder) -> bool {
    matches!(dunder.slot, SlotId::finalize)
}

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

/// Brings the slots that `name` stands for up to date in a class made in Python, and in all below it.
pub fn update_slots(class: &Ref<Type>, name: &Ref<Str>) {
    if !name.to_display().starts_with("__") {
        return;
    }
    let mut touched = false;
    if name.eq_str("__new__") {
        update_new(class);
        touched = true;
    } else if name.eq_str("__getattr__") {
        update_slot(class, SlotId::getattr);
        touched = true;
    } else {
        for dunder in DUNDERS.iter().copied().flatten().chain(SEQUENCE) {
            if name.eq_str(dunder.name) {
                update_slot(class, dunder.slot);
                touched = true;
            }
        }
    }
    if touched {
        for subclass in class.subclasses() {
            update_slots(&subclass, name);
        }
    }
}

/// Fills every slot of a new class made in Python.
pub(super) fn fill_slots(class: &Ref<Type>) {
    let mut done = [false; 128];
    for dunder in DUNDERS.iter().copied().flatten().chain(SEQUENCE) {
        let slot = dunder.slot as usize;
        if !done[slot] {
            done[slot] = true;
            update_slot(class, dunder.slot);
        }
    }
    update_new(class);
    // `send` has no special method: it comes along with the layout.
    if let Some(base) = class.base() {
        class.slots.copy_slot(SlotId::send, &base.slots);
    }
}

fn update_slot(class: &Ref<Type>, slot: SlotId) {
    if matches!(
        slot,
        SlotId::concat | SlotId::repeat | SlotId::inplace_concat | SlotId::inplace_repeat
    ) {
        return update_sequence_slot(class, slot);
    }
    let mut wrapper: Option<Value> = None;
    let mut generic = None;
    for dunder in DUNDERS
        .iter()
        .copied()
        .flatten()
        .filter(|dunder| dunder.slot == slot)
    {
        let Some(found) = class.lookup(&Str::intern(dunder.name)) else {
            continue;
        };
        match found.downcast_exact::<SlotWrapper>() {
            Some(found_wrapper) if found_wrapper.dunder().slot == slot => {
                let agrees = wrapper.as_ref().is_none_or(|earlier| {
                    let earlier = earlier
                        .downcast_exact::<SlotWrapper>()
                        .expect("only wrappers are kept");
                    earlier
                        .owner()
                        .slots
                        .same_slot(slot, &found_wrapper.owner().slots)
                });
                if !agrees {
                    generic = Some(dunder);
                }
                wrapper = Some(found);
            }
            // A sequence's `+` stands in another slot; its wrapper is not a Python method.
            Some(found_wrapper) if !class_defines_in_python(found_wrapper) => {}
            _ => generic = Some(dunder),
        }
    }
    if slot == SlotId::getattr && class.lookup(id!("__getattr__")).is_some() {
        generic = OTHER.iter().find(|dunder| dunder.slot == SlotId::getattr);
    }
    match (generic, wrapper) {
        (Some(dunder), _) => (dunder.generic)(&class.slots),
        (None, Some(wrapper)) => {
            let owner = wrapper
                .downcast_exact::<SlotWrapper>()
                .expect("only wrappers are kept")
                .owner()
                .clone();
            class.slots.copy_slot(slot, &owner.slots);
        }
        (None, None) => match inherited_hidden(class, slot) {
            Some(base) => class.slots.copy_slot(slot, &base.slots),
            None => class.slots.clear_slot(slot),
        },
    }
    if slot == SlotId::finalize {
        class.set_flag(ClassFlags::FINALIZER, class.slots.finalize.get().is_some());
    }
}

/// Wrappers always come from builtin classes.
fn class_defines_in_python(_: &SlotWrapper) -> bool {
    false
}

/// Slots that builtin classes fill without showing a wrapper (finalizers, buffers) are inherited along the bases.
fn inherited_hidden(class: &Ref<Type>, slot: SlotId) -> Option<Ref<Type>> {
    if !matches!(slot, SlotId::finalize | SlotId::buffer) {
        return None;
    }
    class.base().filter(|base| base.slots.is_filled(slot))
}

fn update_sequence_slot(class: &Ref<Type>, slot: SlotId) {
    let name = match slot {
        SlotId::concat => id!("__add__"),
        SlotId::repeat => id!("__mul__"),
        SlotId::inplace_concat => id!("__iadd__"),
        _ => id!("__imul__"),
    };
    class.slots.clear_slot(slot);
    if let Some(found) = class.lookup(name)
        && let Some(wrapper) = found.downcast_exact::<SlotWrapper>()
        && wrapper.dunder().slot == slot
    {
        class.slots.copy_slot(slot, &wrapper.owner().slots);
    }
}

fn update_new(class: &Ref<Type>) {
    let found = class.lookup(id!("__new__"));
    let builtin = found
        .as_ref()
        .and_then(|found| found.downcast_exact::<NativeFunction>())
        .and_then(|function| function.new_owner());
    // A constructor of other instances, put into the class's dict, counts as little as it does in CPython.
    let builtin = builtin.map(|owner| match class.base() {
        Some(base) if !std::ptr::eq(owner.layout(), class.layout()) => base,
        _ => owner,
    });
    match builtin {
        Some(owner) => class.slots.copy_slot(SlotId::new, &owner.slots),
        None if found.is_some() => class.slots.new.set(Some(new_generic)),
        None => class.slots.clear_slot(SlotId::new),
    }
}

/// A tuple of bases as classes; raises TypeError for anything else.
pub(super) fn bases_of(bases: &Ref<Tuple>) -> PyResult<Vec<Ref<Type>>> {
    bases
        .tail()
        .iter()
        .map(|base| match base.downcast::<Type>() {
            Some(class) => Ok(class.clone()),
            None => bail!(TypeError, "bases must be types"),
        })
        .collect()
}
