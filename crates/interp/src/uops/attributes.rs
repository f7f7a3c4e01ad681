//! Attributes of instances, classes and modules.

use taipan_objects::class::{Payload, Type};
use taipan_objects::descriptors::{Property, Super, super_method};
use taipan_objects::dict::Dict;
use taipan_objects::instance::{AttrPlace, AttrTable, member_at};
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value, bits};

use super::{Flow, class_of, is_exact, uops};
use crate::bodies::{close_quick, duplicate_quick, own_quick, would_die};
use crate::cursor::Cursor;
use crate::frame_stack::{StackRef, count_pointer};
use crate::function::Function;

/// The inline attributes of the owner on top, at the place that the cache names.
///
/// # Safety
/// A guard in front saw the class that the place is of.
#[inline(always)]
unsafe fn table(c: &Cursor, place: AttrPlace) -> &'static AttrTable {
    // SAFETY: by contract; the owner stays on the stack.
    unsafe { &*std::ptr::from_ref(place.table_of(&c.peek(0))) }
}

/// The class of the owner on top, which is an object.
#[inline(always)]
fn owner_class(c: &Cursor) -> &'static Ref<Type> {
    // SAFETY: a guard in front saw that it is one.
    unsafe { class_of(c.word(0)).unwrap_unchecked() }
}

/// The name that the oparg of LOAD_ATTR means.
#[inline(always)]
fn name(c: &Cursor, index: u32) -> &Ref<Str> {
    // SAFETY: the specializer found the name there.
    unsafe { c.frame().code().names.get_unchecked(index as usize) }
}

/// Puts what was found in the owner's place; misses if the owner dies.
#[inline(always)]
fn replace(c: &mut Cursor, found: Option<u64>) -> Flow {
    let owner = c.word(0);
    let Some(found) = found else {
        return Flow::Miss;
    };
    if would_die(owner) {
        return Flow::Miss;
    }
    let found = duplicate_quick(StackRef(found));
    close_quick(owner);
    c.set_word(0, found);
    Flow::Next
}

/// As [`replace`], where the owner may die.
#[inline(always)]
fn replace_full(c: &mut Cursor, found: Option<u64>) -> PyResult<Flow> {
    let Some(found) = found else {
        return Ok(Flow::Miss);
    };
    let owner = c.word(0);
    c.set_word(0, duplicate_quick(StackRef(found)));
    // SAFETY: the word left the stack.
    unsafe { owner.close() };
    Ok(Flow::Next)
}

/// Puts a method and its receiver in the owner's place.
#[inline(always)]
fn push_method(c: &mut Cursor, method: u64) -> Flow {
    let owner = c.word(0);
    // SAFETY: the specializer put a function or another descriptor into the cache, which the class keeps while its version is that.
    c.set_word(0, unsafe { count_pointer(method) });
    c.push_word(owner);
    Flow::Next
}

#[inline(always)]
fn instance_value(c: &Cursor, place: u64) -> Option<u64> {
    let place = AttrPlace(place as u16);
    // SAFETY: the guard on the type version stands in front; the value is counted at once.
    unsafe { table(c, place).at(place)?.peek().map(Value::bits) }
}

/// The value of an instance's dict in the entry that the hint names, if that entry is of this name.
#[inline(always)]
fn hinted<'a>(dict: &'a Dict, name: &Ref<Str>, hint: u64) -> Option<&'a Value> {
    // SAFETY: a look at two words.
    unsafe {
        let key = dict.table().peek_key(hint as usize)?;
        if key.bits() != name.as_value().bits() {
            return None;
        }
        dict.peek_value_at(hint as usize)
    }
}

/// In this family's caches the place of the table of attributes is where instances with a dict have it.
#[inline(always)]
fn instance_dict(c: &Cursor) -> Option<&'static Ref<Dict>> {
    let place = owner_class(c).attr_table()?;
    // SAFETY: the place is of the owner's class.
    unsafe { table(c, place).peek_dict() }
}

#[inline(always)]
fn value_with_hint(c: &Cursor, oparg: u32, hint: u64) -> Option<u64> {
    hinted(instance_dict(c)?, name(c, oparg >> 1), hint).map(Value::bits)
}

#[inline(always)]
fn module_value(c: &Cursor, version: u64, index: u64) -> Option<u64> {
    if !is_exact::<Module>(c.word(0)) {
        return None;
    }
    // SAFETY: the module stays on the stack; the value is counted at once.
    unsafe {
        let module = c.peek(0);
        let dict = module.downcast_unchecked::<Module>().peek_dict()?;
        if u64::from(dict.keys_version()) != version {
            return None;
        }
        Some(dict.known_value(index as usize).bits())
    }
}

#[inline(always)]
fn slot_value(c: &Cursor, words: u64) -> Option<u64> {
    // SAFETY: the guard on the type version stands in front; the value is counted at once.
    unsafe { member_at(&c.peek(0), words as u16).peek().map(Value::bits) }
}

uops! {
    /// Holds if the instance's attributes are inline, not in a dict: then their table has a capacity, which the load that
    /// follows compares with its place anyway.
    quick CheckManagedObjectHasValues = |_: &mut Cursor, _: u32, _: Operands| true;
    /// The same.
    quick GuardDorvValuesInstAttrFromDict = |c: &mut Cursor, _: u32, _: Operands| has_values(c);
    /// The same, for the store that follows.
    quick GuardDorvNoDict = |_: &mut Cursor, _: u32, _: Operands| true;
    /// Holds if the class shares the keys of the cache among its instances.
    quick GuardKeysVersion = |c: &mut Cursor, _: u32, [version, ..]: Operands| {
        u64::from(owner_class(c).shared_keys().version()) == version
    };
    /// Holds if the owner is the class of the cache.
    quick CheckAttrClass = |c: &mut Cursor, _: u32, [version, ..]: Operands| is_class(c.word(0), version);
    /// Holds if the instance has no attributes of its own.
    quick CheckAttrMethodLazyDict = |c: &mut Cursor, _: u32, [place, ..]: Operands| {
        let place = AttrPlace(place as u16);
        // SAFETY: the guard on the type version stands in front.
        let table = unsafe { table(c, place) };
        // SAFETY: a look at whether there is one.
        table.capacity() == 0 && unsafe { table.peek_dict() }.is_none()
    };
    /// An attribute at its place in the instance.
    both LoadAttrInstanceValue = |c: &mut Cursor, _: u32, [place, ..]: Operands| {
        let found = instance_value(c, place);
        replace(c, found)
    }, |c: &mut Cursor, _: u32, [place, ..]: Operands| {
        let found = instance_value(c, place);
        replace_full(c, found)
    };
    /// A name of a module.
    both LoadAttrModule = |c: &mut Cursor, _: u32, [version, index, _]: Operands| {
        let found = module_value(c, version, index);
        replace(c, found)
    }, |c: &mut Cursor, _: u32, [version, index, _]: Operands| {
        let found = module_value(c, version, index);
        replace_full(c, found)
    };
    /// An attribute in the instance's dict, in the entry where it was last.
    both LoadAttrWithHint = |c: &mut Cursor, oparg: u32, [hint, ..]: Operands| {
        let found = value_with_hint(c, oparg, hint);
        replace(c, found)
    }, |c: &mut Cursor, oparg: u32, [hint, ..]: Operands| {
        let found = value_with_hint(c, oparg, hint);
        replace_full(c, found)
    };
    /// A `__slots__` member.
    both LoadAttrSlot = |c: &mut Cursor, _: u32, [words, ..]: Operands| {
        let found = slot_value(c, words);
        replace(c, found)
    }, |c: &mut Cursor, _: u32, [words, ..]: Operands| {
        let found = slot_value(c, words);
        replace_full(c, found)
    };
    /// An attribute of a class, as it is.
    both LoadAttrClass = |c: &mut Cursor, _: u32, [found, ..]: Operands| replace(c, Some(found)),
        |c: &mut Cursor, _: u32, [found, ..]: Operands| replace_full(c, Some(found));
    /// An attribute of the instance's class, as it is.
    both LoadAttrNondescriptorWithValues = |c: &mut Cursor, _: u32, [found, ..]: Operands| replace(c, Some(found)),
        |c: &mut Cursor, _: u32, [found, ..]: Operands| replace_full(c, Some(found));
    /// The same, for instances without attributes of their own.
    both LoadAttrNondescriptorNoDict = |c: &mut Cursor, _: u32, [found, ..]: Operands| replace(c, Some(found)),
        |c: &mut Cursor, _: u32, [found, ..]: Operands| replace_full(c, Some(found));
    /// A method, unbound, and its receiver.
    quick LoadAttrMethodWithValues = |c: &mut Cursor, _: u32, [method, ..]: Operands| push_method(c, method);
    /// The same, for instances without attributes of their own.
    quick LoadAttrMethodNoDict = |c: &mut Cursor, _: u32, [method, ..]: Operands| push_method(c, method);
    /// The same, for instances that could have attributes.
    quick LoadAttrMethodLazyDict = |c: &mut Cursor, _: u32, [method, ..]: Operands| push_method(c, method);
    /// A property whose getter is a Python function: its frame, for `PushFrame`.
    quick LoadAttrPropertyFrame = |c: &mut Cursor, _: u32, [property, ..]: Operands| {
        // SAFETY: while the class has the version of the cache it keeps the property.
        let getter = unsafe {
            let property = StackRef(property).view();
            match property.downcast_unchecked::<Property>().peek_getter() {
                Some(getter) => StackRef(getter.bits()),
                None => return Flow::Miss,
            }
        };
        if !is_exact::<Function>(getter) {
            return Flow::Miss;
        }
        super::replace_by_frame(c, getter, 1)
    };
    /// A class with a `__getattribute__` of its own that is a Python function: it is called.
    full LoadAttrGetattributeOverridden = |c: &mut Cursor, oparg: u32, [version, function_version, function]: Operands| {
        let fits = class_of(c.word(0)).is_some_and(|class| class.current_version() == version as u32);
        if !fits {
            return Ok(Flow::Miss);
        }
        let function = StackRef(function);
        // SAFETY: while the class has the version of the cache it keeps the function.
        let current = unsafe { function.view().downcast_unchecked::<Function>().version.get() };
        if u64::from(current) != function_version {
            return Ok(Flow::Miss);
        }
        let name = StackRef(name(c, oparg >> 1).as_value().bits());
        c.push_word(duplicate_quick(name));
        let flow = super::replace_by_frame(c, function, 2);
        if flow == Flow::Miss {
            c.drop_words(1);
            return Ok(Flow::Miss);
        }
        super::set_return(c, crate::bodies::LOAD_ATTR_UNITS);
        <super::PushFrame as super::Uop>::full(c, oparg, [0; 3])
    };
    /// Stores at the attribute's place in the instance.
    both StoreAttrInstanceValue = |c: &mut Cursor, _: u32, [place, ..]: Operands| {
        let place = AttrPlace(place as u16);
        let (owner, value) = (c.word(0), c.word(1));
        // SAFETY: the guard on the type version stands in front.
        let table = unsafe { table(c, place) };
        let Some(slot) = table.at(place) else {
            return Flow::Miss;
        };
        // SAFETY: a look at the old value's count.
        let old = unsafe { slot.peek() }.map_or(StackRef::NULL, |old| StackRef(old.bits()));
        if would_die(owner) || would_die(old) {
            return Flow::Miss;
        }
        let word = own_quick(value);
        // SAFETY: the word's reference moves into the instance; the old one is given up below.
        let replaced = unsafe { table.set_unchecked(place.index(), Value::from_bits(word.0)) };
        std::mem::forget(replaced);
        close_quick(old);
        close_quick(owner);
        c.pop_word();
        c.pop_word();
        Flow::Next
    }, |c: &mut Cursor, _: u32, [place, ..]: Operands| {
        let place = AttrPlace(place as u16);
        // SAFETY: the guard on the type version stands in front; the words leave the stack.
        unsafe {
            let table = table(c, place);
            if place.index() >= table.capacity() {
                return Ok(Flow::Miss);
            }
            let owner = c.pop_word();
            let value = c.pop();
            let old = table.set(place.index(), value);
            drop(old);
            owner.close();
        }
        Ok(Flow::Next)
    };
    /// Stores into the instance's dict, in the entry where the attribute was last.
    full StoreAttrWithHint = |c: &mut Cursor, oparg: u32, [hint, ..]: Operands| {
        let dict = match instance_dict(c) {
            Some(dict) if hinted(dict, name(c, oparg), hint).is_some() => dict.clone(),
            _ => return Ok(Flow::Miss),
        };
        let owner = c.pop();
        let value = c.pop();
        drop(dict.set_value_at(hint as usize, value));
        drop(owner);
        Ok(Flow::Next)
    };
    /// Stores into a `__slots__` member.
    both StoreAttrSlot = |c: &mut Cursor, _: u32, [words, ..]: Operands| {
        let (owner, value) = (c.word(0), c.word(1));
        // SAFETY: the guard on the type version stands in front; the owner does not die here.
        unsafe {
            let view = c.peek(0);
            let slot = member_at(&view, words as u16);
            let old = slot.peek().map_or(StackRef::NULL, |old| StackRef(old.bits()));
            if would_die(owner) || would_die(old) {
                return Flow::Miss;
            }
            let word = own_quick(value);
            std::mem::forget(slot.replace(Some(Value::from_bits(word.0))));
            close_quick(old);
        }
        close_quick(owner);
        c.pop_word();
        c.pop_word();
        Flow::Next
    }, |c: &mut Cursor, _: u32, [words, ..]: Operands| {
        let owner = c.pop();
        let value = c.pop();
        // SAFETY: the guard on the type version stands in front.
        drop(unsafe { member_at(&owner, words as u16) }.replace(Some(value)));
        Ok(Flow::Next)
    };
    /// `super().name`, without a call of `super`.
    full LoadSuperAttrAttr = |c: &mut Cursor, oparg: u32, _: Operands| {
        if !is_super(c) {
            return Ok(Flow::Miss);
        }
        crate::bodies::load_super_attr(c, oparg)?;
        Ok(Flow::Next)
    };
    /// `super().name(…)`: the method, unbound where it can be, and its receiver.
    full LoadSuperAttrMethod = |c: &mut Cursor, oparg: u32, _: Operands| {
        if !is_super(c) {
            return Ok(Flow::Miss);
        }
        let (found, is_unbound) = {
            let (class, object) = (c.peek(1), c.peek(0));
            // SAFETY: checked above.
            super_method(unsafe { class.downcast_unchecked::<Type>() }, &object, name(c, oparg >> 2))?
        };
        let object = c.pop_word();
        let class = c.pop_word();
        let super_class = c.word(0);
        c.set_word(0, StackRef::from_value(found));
        // SAFETY: the words left the stack.
        unsafe {
            if is_unbound {
                c.push_word(object);
            } else {
                c.push_word(StackRef::NULL);
                object.close();
            }
            class.close();
            super_class.close();
        }
        Ok(Flow::Next)
    };
}

/// Whether `super` itself and a class are on the stack.
fn is_super(c: &Cursor) -> bool {
    c.peek(2).is(Super::class().as_value()) && c.peek(1).downcast::<Type>().is_some()
}

/// Whether the owner on top has inline attributes.
#[inline(always)]
fn has_values(c: &Cursor) -> bool {
    match owner_class(c).attr_table() {
        // SAFETY: the place is of the owner's class.
        Some(place) => unsafe { table(c, place).capacity() > 0 },
        None => false,
    }
}

/// Whether a word is a class of the given version.
#[inline(always)]
fn is_class(word: StackRef, version: u64) -> bool {
    let Some(meta) = class_of(word) else {
        return false;
    };
    if !meta.has(taipan_objects::class::ClassFlags::TYPE) {
        return false;
    }
    debug_assert!(bits::is_pointer(word.0));
    // SAFETY: instances of subclasses of `type` are classes.
    unsafe { u64::from(word.view().downcast_unchecked::<Type>().current_version()) == version }
}
