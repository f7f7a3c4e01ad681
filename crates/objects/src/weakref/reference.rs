//! `weakref.ref`.
//!
//! There is one plain reference (of the exact class, without callback) per object, shared by all who ask for one; it heads
//! the object's list. References compare by their objects while both are alive, by identity afterwards.

use std::ptr::NonNull;

use taipan_macros::methods;

use super::{WeakRef, check_referenceable, payload_of, proxy, table};
use crate::args::Args;
use crate::class::{Comparison, Payload, Type};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{heap, id, protocol};

/// A weak reference to `target` of class `class`, which is `weakref.ref` or a subclass.
pub fn new_reference(
    class: &Ref<Type>,
    target: &Value,
    callback: Option<Value>,
) -> PyResult<Value> {
    check_referenceable(target)?;
    let plain = callback.is_none() && class.is(WeakRef::class());
    let (basic, basic_proxy) = plain_ones(target);
    if plain && let Some(reference) = &basic {
        return Ok(reference.clone());
    }
    let reference = heap::new_object(class, WeakRef::fresh(target, callback));
    let after = if plain { None } else { basic_proxy.or(basic) };
    let after = after.as_ref().and_then(payload_of);
    table::insert(target, NonNull::from(&*reference), after);
    Ok(reference.into_value())
}

/// The plain reference and the plain proxy of an object, if they exist. They stand first in its list, in this order.
pub(super) fn plain_ones(target: &Value) -> (Option<Value>, Option<Value>) {
    let (mut basic, mut basic_proxy) = (None, None);
    let mut cursor = table::head(target.bits());
    while let Some(reference) = cursor {
        // SAFETY: members of the list are alive.
        let (payload, owner) = unsafe { (reference.as_ref(), table::owner(reference)) };
        cursor = payload.next.get();
        let Some(owner) = owner else { continue };
        if !payload.callback.is_empty() {
            break;
        }
        if owner.class().is(WeakRef::class()) {
            basic = Some(owner);
        } else if proxy::is_proxy(&owner) {
            basic_proxy = Some(owner);
        } else {
            break;
        }
    }
    (basic, basic_proxy)
}

#[methods]
impl WeakRef {
    #[new]
    fn py_new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        // Keywords are a subclass's own affair; `__init__` refuses them here.
        let given = args.positional();
        crate::args::check_count("__new__", given.len(), 1, 2)?;
        let callback = given.get(1).filter(|callback| !callback.is_none());
        new_reference(class, &given[0], callback.cloned())
    }

    #[init]
    fn py_init(_this: &Value, args: Args<'_>) -> PyResult<()> {
        args.no_keywords("ref")?;
        crate::args::check_count("__init__", args.positional().len(), 1, 2)
    }

    #[slot(call)]
    fn py_call(this: &Ref<WeakRef>, args: Args<'_>) -> PyResult<Value> {
        args.no_keywords("weakref")?;
        if !args.is_empty() {
            bail!(
                TypeError,
                "weakref expected 0 arguments, got {}",
                args.positional().len()
            );
        }
        Ok(this.get().unwrap_or(Value::NONE))
    }

    #[slot(hash)]
    fn py_hash(&self) -> PyResult<i64> {
        if self.hash.get() != -1 {
            return Ok(self.hash.get());
        }
        let Some(target) = self.get() else {
            bail!(TypeError, "weak object has gone away")
        };
        let hash = protocol::hash(&target)?;
        self.hash.set(hash);
        Ok(hash)
    }

    #[slot(richcompare)]
    fn py_compare(this: &Ref<WeakRef>, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(right) = other.downcast::<WeakRef>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(comparison, Comparison::Eq | Comparison::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        match (this.get(), right.get()) {
            (Some(left), Some(right)) => protocol::compare(&left, &right, comparison),
            _ => Ok(Value::from_bool(
                this.is(right) == (comparison == Comparison::Eq),
            )),
        }
    }

    #[slot(repr)]
    fn py_repr(this: &Ref<WeakRef>) -> PyResult<Value> {
        let address = this.as_value().id();
        let Some(target) = this.get() else {
            return Ok(Str::new(&format!("<weakref at {address:#x}; dead>")).into_value());
        };
        // As the class has it: attributes of the object itself are not asked.
        let name = match target.class().lookup(id!("__name__")) {
            Some(name) => match name.class().slots.descr_get.get() {
                Some(bind) => Some(bind(&name, Some(&target), Some(target.class().as_value()))?),
                None => Some(name),
            },
            None => None,
        };
        let place = target.id();
        let class = target.class().full_name();
        let text = match name.as_ref().and_then(|name| name.downcast::<Str>()) {
            Some(name) => format!(
                "<weakref at {address:#x}; to '{class}' at {place:#x} ({})>",
                name.to_display()
            ),
            None => format!("<weakref at {address:#x}; to '{class}' at {place:#x}>"),
        };
        Ok(Str::new(&text).into_value())
    }

    #[getter(name = "__callback__", member)]
    fn py_callback(&self) -> Option<Value> {
        self.callback.get()
    }

    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        Ok(crate::generic_alias::GenericAlias::new(class.to_value(), object.clone()).into_value())
    }
}
