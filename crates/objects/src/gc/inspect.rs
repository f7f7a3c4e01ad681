//! What the collector sees of the heap, for Python code that asks: `gc.get_objects`, `get_referrers`, `get_referents`.

use std::collections::HashSet;

use super::Visitor;
use crate::class::{ClassFlags, Payload, Type};
use crate::header::{Header, flags};
use crate::heap;
use crate::value::{Ref, Value};

/// Whether instances of the object's class can hold references.
pub(super) fn is_traced(object: &Header) -> bool {
    crate::value::header_class(object).has(ClassFlags::TRACED)
}

fn owned(object: &Header) -> Value {
    let bits = std::ptr::from_ref(object) as u64;
    // SAFETY: a live object's address has the bits of a value, which is cloned and so owned.
    unsafe { Value::borrow_bits(&bits) }.clone()
}

/// All objects the collector looks at; only the young ones, or only the old ones, if asked.
pub fn objects(young: Option<bool>) -> Vec<Value> {
    let mut found = Vec::new();
    heap::for_each_object(|object| {
        let wanted = young.is_none_or(|young| young != object.has(flags::OLD));
        if wanted && is_traced(object) && object.refcount() != 0 && !object.has(flags::FROZEN) {
            found.push(owned(object));
        }
    });
    found
}

/// All objects of exactly this class, whose instances have neither a tail nor attributes of their own.
pub fn instances(class: &Ref<Type>) -> Vec<Value> {
    debug_assert!(
        !class.has(ClassFlags::EXTRAS),
        "instances are as large as the layout says"
    );
    let mut found = Vec::new();
    heap::for_each_object_of_size(class.layout().size, |object| {
        if object.refcount() != 0 && crate::value::header_class(object).is(class) {
            found.push(owned(object));
        }
    });
    found
}

/// All objects that begin with a `T`, of whatever class.
pub fn instances_of<T: Payload>() -> Vec<Ref<T>> {
    let mut found = Vec::new();
    heap::for_each_object(|object| {
        if object.refcount() != 0
            && crate::value::header_class(object)
                .layout()
                .extends(T::layout())
            && let Ok(object) = owned(object).into_ref::<T>()
        {
            found.push(object);
        }
    });
    found
}

/// The objects that refer to one of `targets` directly.
pub fn referrers(targets: &[Value]) -> Vec<Value> {
    let wanted: HashSet<u64> = targets
        .iter()
        .filter(|target| target.is_pointer())
        .map(Value::bits)
        .collect();
    let mut found = Vec::new();
    if wanted.is_empty() {
        return found;
    }
    heap::for_each_object(|object| {
        if !is_traced(object) || object.refcount() == 0 {
            return;
        }
        let mut refers = false;
        let mut look = |value: &Value| refers |= wanted.contains(&value.bits());
        heap::trace_object(object, &mut Visitor::tell(&mut look));
        if refers {
            found.push(owned(object));
        }
    });
    found
}

/// The objects that one of `sources` refers to directly.
pub fn referents(sources: &[Value]) -> Vec<Value> {
    let mut found = Vec::new();
    for source in sources
        .iter()
        .filter_map(Value::header)
        .filter(|source| is_traced(source))
    {
        let mut keep = |value: &Value| found.push(value.clone());
        heap::trace_object(source, &mut Visitor::tell(&mut keep));
    }
    found
}
