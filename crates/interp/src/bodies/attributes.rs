//! Attributes, super, special methods.

use taipan_bytecode::SpecialMethod;
use taipan_objects::class::Payload;
use taipan_objects::class::{ClassFlags, Type};
use taipan_objects::descriptors::{Super, super_getattr};
use taipan_objects::protocol::{self, Method};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value, bits};
use taipan_objects::{bail, id, instance};

use super::{close_quick, duplicate_quick, own_quick, would_die};

use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

fn name(c: &Cursor, index: u32) -> Ref<Str> {
    c.frame().code().names[index as usize].clone()
}

/// Code units of LOAD_ATTR with its cache.
pub(crate) const LOAD_ATTR_UNITS: u16 = 1 + taipan_bytecode::Opcode::LoadAttr.cache_units() as u16;

/// Attributes of plain instances whose class lookup is in the cache: instance attributes, methods, class attributes.
#[inline(always)]
pub(crate) fn load_attr(c: &mut Cursor, oparg: u32) -> bool {
    let owner = c.word(0);
    if !bits::is_pointer(owner.0) || would_die(owner) {
        return false;
    }
    // SAFETY: the owner stays on the stack until what is found is counted; nothing here runs foreign code.
    unsafe {
        let view = owner.view();
        let class = view.class();
        if !protocol::uses_generic_getattr(class) {
            return false;
        }
        let frame = &*c.frame;
        let Some(name) = frame.code().names.get((oparg >> 1) as usize) else {
            return false;
        };
        let Some(on_class) = class.peek_cached(name) else {
            return false;
        };
        if let Some(descriptor) = on_class {
            let descriptor_class = descriptor.class();
            if descriptor_class.slots.descr_set.get().is_some() {
                return false;
            }
            if instance::peek_attribute(&view, name).is_none() {
                if oparg & 1 != 0 && descriptor_class.has(ClassFlags::METHOD_DESCRIPTOR) {
                    let function = duplicate_quick(StackRef(descriptor.bits()));
                    c.set_word(0, function);
                    c.push_word(owner);
                    return true;
                }
                if descriptor_class.slots.descr_get.get().is_some() {
                    return false;
                }
                let value = duplicate_quick(StackRef(descriptor.bits()));
                return replace_owner(c, owner, value, oparg);
            }
        }
        match instance::peek_attribute(&view, name) {
            Some(found) => {
                let value = duplicate_quick(StackRef(found.bits()));
                replace_owner(c, owner, value, oparg)
            }
            None => false,
        }
    }
}

/// Puts the attribute in the owner's place; the owner does not die.
#[inline(always)]
fn replace_owner(c: &mut Cursor, owner: StackRef, value: StackRef, oparg: u32) -> bool {
    close_quick(owner);
    c.set_word(0, value);
    if oparg & 1 != 0 {
        c.push_word(StackRef::NULL);
    }
    true
}

pub(crate) fn load_attr_full(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg >> 1);
    if oparg & 1 == 0 {
        let value = protocol::getattr(&c.peek(0), &name)?;
        let owner = c.word(0);
        c.set_word(0, StackRef::from_value(value));
        // SAFETY: the word left the stack.
        unsafe { owner.close() };
        return Ok(());
    }
    let method = protocol::get_method(&c.peek(0), &name)?;
    match method {
        Method::Unbound(function) => {
            // The owner becomes the first argument.
            let owner = c.word(0);
            c.set_word(0, StackRef::from_value(function));
            c.push_word(owner);
        }
        Method::Bound(callable) => {
            let owner = c.word(0);
            c.set_word(0, StackRef::from_value(callable));
            c.push_word(StackRef::NULL);
            // SAFETY: the word left the stack.
            unsafe { owner.close() };
        }
    }
    Ok(())
}

/// A store to an attribute that a plain instance has already.
#[inline(always)]
pub(crate) fn store_attr(c: &mut Cursor, oparg: u32) -> bool {
    let (owner, value) = (c.word(0), c.word(1));
    if !bits::is_pointer(owner.0) || would_die(owner) {
        return false;
    }
    // SAFETY: the owner does not die here; the old value is looked at before anything changes.
    unsafe {
        let view = owner.view();
        let class = view.class();
        if !protocol::uses_generic_setattr(class) {
            return false;
        }
        let frame = &*c.frame;
        let Some(name) = frame.code().names.get(oparg as usize) else {
            return false;
        };
        let Some(on_class) = class.peek_cached(name) else {
            return false;
        };
        if on_class.is_some_and(|descriptor| descriptor.class().slots.descr_set.get().is_some()) {
            return false;
        }
        let Some(place) = instance::filled_place(&view, name) else {
            return false;
        };
        let old = StackRef(place.peek().map_or(0, Value::bits));
        if would_die(old) {
            return false;
        }
        let word = own_quick(value);
        std::mem::forget(place.replace(Some(Value::from_bits(word.0))));
        close_quick(old);
        close_quick(owner);
    }
    c.pop_word();
    c.pop_word();
    true
}

pub(crate) fn store_attr_full(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    protocol::setattr(&c.peek(0), &name, &c.peek(1))?;
    c.drop_words(2);
    Ok(())
}

pub(crate) fn delete_attr(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    protocol::delattr(&c.peek(0), &name)?;
    c.drop_words(1);
    Ok(())
}

pub(crate) fn load_super_attr(c: &mut Cursor, oparg: u32) -> Step {
    let found = {
        let (super_class, class, object) = (c.peek(2), c.peek(1), c.peek(0));
        let is_super = super_class.is(Super::class().as_value());
        match (is_super, class.downcast::<Type>()) {
            (true, Some(class)) => super_getattr(class, &object, &name(c, oparg >> 2))?,
            _ => {
                let made = make_super(c, oparg)?;
                protocol::getattr(&made, &name(c, oparg >> 2))?
            }
        }
    };
    push_super_attr(c, oparg, found);
    Ok(())
}

/// As [`load_super_attr`] by way of the `super` object; `told` sees how its call ended.
pub(crate) fn load_super_attr_told(
    c: &mut Cursor,
    oparg: u32,
    told: impl FnOnce(&mut Cursor, bool) -> Step,
) -> Step {
    let made = make_super(c, oparg);
    told(c, made.is_ok())?;
    let found = protocol::getattr(&made?, &name(c, oparg >> 2))?;
    push_super_attr(c, oparg, found);
    Ok(())
}

/// Calls what stands for `super`: the class itself gets its arguments also where the source has none.
fn make_super(c: &Cursor, oparg: u32) -> PyResult<Value> {
    let (super_class, class, object) = (c.peek(2), c.peek(1), c.peek(0));
    if oparg & 2 != 0 || super_class.is(Super::class().as_value()) {
        protocol::call_positional(&super_class, &[class.clone(), object.clone()])
    } else {
        protocol::call_positional(&super_class, &[])
    }
}

fn push_super_attr(c: &mut Cursor, oparg: u32, found: Value) {
    c.drop_words(3);
    c.push(found);
    if oparg & 1 != 0 {
        c.push_word(StackRef::NULL);
    }
}

/// The special method of a context manager, unbound where the class has a function.
pub(crate) fn load_special(c: &mut Cursor, oparg: u32) -> Step {
    let (name, missing) = match SpecialMethod::from_number(oparg) {
        Some(SpecialMethod::Enter) => (id!("__enter__"), "the context manager protocol"),
        Some(SpecialMethod::Exit) => (id!("__exit__"), "the context manager protocol"),
        Some(SpecialMethod::AEnter) => (
            id!("__aenter__"),
            "the asynchronous context manager protocol",
        ),
        Some(SpecialMethod::AExit) => (
            id!("__aexit__"),
            "the asynchronous context manager protocol",
        ),
        None => bail!(SystemError, "bad special method number {oparg}"),
    };
    let owner = c.peek(0).clone();
    let Some(found) = owner.class().lookup(name) else {
        return Err(missing_special(&owner, name, missing)?);
    };
    let class = found.class();
    if class.has(taipan_objects::class::ClassFlags::METHOD_DESCRIPTOR) {
        let word = c.word(0);
        c.set_word(0, StackRef::from_value(found));
        c.push_word(word);
        return Ok(());
    }
    let callable = match class.slots.descr_get.get() {
        Some(get) => get(&found, Some(&owner), Some(owner.class().as_value()))?,
        None => found,
    };
    let word = c.word(0);
    c.set_word(0, StackRef::from_value(callable));
    c.push_word(StackRef::NULL);
    // SAFETY: the word left the stack.
    unsafe { word.close() };
    Ok(())
}

#[cold]
fn missing_special(
    owner: &Value,
    name: &Ref<Str>,
    protocol_name: &str,
) -> PyResult<taipan_objects::raised::Raised> {
    let class = owner.class();
    let method = name.to_display();
    let sync = [id!("__enter__"), id!("__exit__")];
    let asynchronous = [id!("__aenter__"), id!("__aexit__")];
    let is_async = method.starts_with("__a");
    let others = if is_async { sync } else { asynchronous };
    let mut hint = String::new();
    if others.iter().all(|other| class.lookup(other).is_some()) {
        let (other, keyword) = if is_async {
            ("the context manager protocol", "with")
        } else {
            ("the asynchronous context manager protocol", "async with")
        };
        hint = format!(" but it supports {other}. Did you mean to use '{keyword}'?");
    }
    let message = format!(
        "'{}' object does not support {protocol_name}{}{hint}",
        class.display_name(),
        if hint.is_empty() && method.contains("exit") {
            format!(" (missed {method} method)")
        } else {
            String::new()
        }
    );
    Ok(taipan_objects::exc!(TypeError, "{message}"))
}
