//! `weakref.proxy`: an object that does to its target what is done to it, as long as the target lives.
//!
//! Every slot unwraps its operands and calls the abstract operation. What the target cannot do fails in the target's name.

use taipan_macros::class;

use super::{WeakRef, check_referenceable, reference, table};
use crate::args::Args;
use crate::class::{ClassBuilder, Comparison, Payload, Slots, Trace, Visitor};
use crate::native::{Binding, FunctionDef, NativeCode};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{heap, id, protocol};

/// A proxy of an object that cannot be called.
#[class(
    name = "ProxyType",
    module = "weakref",
    flags(NO_INSTANTIATION),
    manual_trace
)]
#[repr(C)]
pub struct Proxy {
    reference: WeakRef,
}

/// A proxy of an object that can be called.
#[class(
    name = "CallableProxyType",
    module = "weakref",
    flags(NO_INSTANTIATION),
    manual_trace
)]
#[repr(C)]
pub struct CallableProxy {
    reference: WeakRef,
}

impl Trace for Proxy {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.reference.trace(visitor);
    }

    fn clear(&self) {
        self.reference.clear();
    }
}

impl Trace for CallableProxy {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.reference.trace(visitor);
    }

    fn clear(&self) {
        self.reference.clear();
    }
}

impl Proxy {
    fn build_methods(builder: &ClassBuilder<'_>) {
        fill(builder);
        builder.method(&BYTES);
        builder.method(&REVERSED);
    }
}

impl CallableProxy {
    fn build_methods(builder: &ClassBuilder<'_>) {
        fill(builder);
        builder.slots().call.set(Some(call));
    }
}

/// A proxy for `target`. Without a callback it is shared by all who ask for one.
pub fn new_proxy(target: &Value, callback: Option<Value>) -> PyResult<Value> {
    check_referenceable(target)?;
    let plain = callback.is_none();
    let (basic, basic_proxy) = reference::plain_ones(target);
    if plain && let Some(proxy) = &basic_proxy {
        return Ok(proxy.clone());
    }
    let reference = WeakRef::fresh(target, callback);
    let proxy = if protocol::is_callable(target) {
        heap::new_object(CallableProxy::class(), CallableProxy { reference }).into_value()
    } else {
        heap::new_object(Proxy::class(), Proxy { reference }).into_value()
    };
    let after = if plain { basic } else { basic_proxy.or(basic) };
    let after = after.as_ref().and_then(super::payload_of);
    table::insert(
        target,
        super::payload_of(&proxy).expect("a proxy holds a weak reference"),
        after,
    );
    Ok(proxy)
}

/// The weak reference inside a proxy.
pub(super) fn inside(value: &Value) -> Option<&WeakRef> {
    if let Some(proxy) = value.downcast_exact::<Proxy>() {
        return Some(&proxy.reference);
    }
    value
        .downcast_exact::<CallableProxy>()
        .map(|proxy| &proxy.reference)
}

/// Whether a value is a proxy.
pub(super) fn is_proxy(value: &Value) -> bool {
    inside(value).is_some()
}

/// The target of a proxy, or the value itself.
fn unwrap(value: &Value) -> PyResult<Value> {
    match inside(value) {
        None => Ok(value.clone()),
        Some(reference) => match reference.get() {
            Some(target) => Ok(target),
            None => bail!(ReferenceError, "weakly-referenced object no longer exists"),
        },
    }
}

fn call(this: &Value, args: Args<'_>) -> PyResult<Value> {
    protocol::call(&unwrap(this)?, args)
}

fn repr(this: &Value) -> PyResult<Value> {
    let address = this.id();
    let text = match inside(this).and_then(WeakRef::get) {
        None => format!("<weakproxy at {address:#x}; dead>"),
        Some(target) => {
            let class = target.class().display_name();
            format!(
                "<weakproxy at {address:#x}; to '{class}' at {:#x}>",
                target.id()
            )
        }
    };
    Ok(Str::new(&text).into_value())
}

fn next(this: &Value) -> PyResult<Option<Value>> {
    let target = unwrap(this)?;
    if !protocol::is_iterator(&target) {
        bail!(
            TypeError,
            "Weakref proxy referenced a non-iterator '{}' object",
            target.class().name()
        );
    }
    protocol::next(&target)
}

fn compare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    protocol::compare(&unwrap(left)?, &unwrap(right)?, comparison)
}

fn set_attribute(this: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
    let target = unwrap(this)?;
    match new {
        Some(new) => protocol::setattr(&target, name, new),
        None => protocol::delattr(&target, name),
    }
}

fn set_item(this: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    let target = unwrap(this)?;
    match new {
        Some(new) => protocol::setitem(&target, key, new),
        None => protocol::delitem(&target, key),
    }
}

macro_rules! forward {
    ($slots:ident: binary $($binary:ident)*; unary $($unary:ident)*) => {
        $($slots.$binary.set(Some(|left, right| protocol::$binary(&unwrap(left)?, &unwrap(right)?)));)*
        $($slots.$unary.set(Some(|this| protocol::$unary(&unwrap(this)?)));)*
    };
}

fn fill_numbers(slots: &Slots) {
    forward!(slots:
        binary add subtract multiply matrix_multiply true_divide floor_divide remainder divmod lshift rshift and xor or
            inplace_add inplace_subtract inplace_multiply inplace_matrix_multiply inplace_true_divide inplace_floor_divide
            inplace_remainder inplace_lshift inplace_rshift inplace_and inplace_xor inplace_or;
        unary negative positive absolute invert index
    );
    slots.power.set(Some(|base, exponent, modulus| {
        protocol::power(&unwrap(base)?, &unwrap(exponent)?, &unwrap(modulus)?)
    }));
    slots.inplace_power.set(Some(|base, exponent| {
        protocol::inplace_power(&unwrap(base)?, &unwrap(exponent)?)
    }));
    slots.int.set(Some(|this| {
        protocol::call1(crate::builtins::int_class().as_value(), &unwrap(this)?)
    }));
    slots.float.set(Some(|this| {
        protocol::call1(crate::builtins::float_class().as_value(), &unwrap(this)?)
    }));
}

fn fill(builder: &ClassBuilder<'_>) {
    let slots = builder.slots();
    slots.repr.set(Some(repr));
    slots
        .str
        .set(Some(|this| Ok(protocol::str(&unwrap(this)?)?.into_value())));
    slots.hash.set(Some(|this| {
        bail!(TypeError, "unhashable type: '{}'", this.class().name())
    }));
    slots.richcompare.set(Some(compare));
    slots
        .bool
        .set(Some(|this| protocol::is_true(&unwrap(this)?)));
    slots
        .getattr
        .set(Some(|this, name| protocol::getattr(&unwrap(this)?, name)));
    slots.setattr.set(Some(set_attribute));
    slots.iter.set(Some(|this| protocol::iter(&unwrap(this)?)));
    slots.next.set(Some(next));
    slots.len.set(Some(|this| protocol::len(&unwrap(this)?)));
    slots
        .contains
        .set(Some(|this, item| protocol::contains(&unwrap(this)?, item)));
    slots
        .getitem
        .set(Some(|this, key| protocol::getitem(&unwrap(this)?, key)));
    slots.setitem.set(Some(set_item));
    fill_numbers(slots);
}

static BYTES: FunctionDef = FunctionDef {
    name: "__bytes__",
    signature: None,
    doc: None,
    code: NativeCode::NoArgs(|this| protocol::call_method(&unwrap(this)?, id!("__bytes__"), &[])),
    binding: Binding::Method,
};

static REVERSED: FunctionDef = FunctionDef {
    name: "__reversed__",
    signature: None,
    doc: None,
    code: NativeCode::NoArgs(|this| {
        protocol::call_method(&unwrap(this)?, id!("__reversed__"), &[])
    }),
    binding: Binding::Method,
};
