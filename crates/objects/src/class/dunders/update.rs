//! Keeping slots and special methods in step: wrappers for the filled slots of builtin classes, slots for the special
//! methods of classes made in Python.
//!
//! Invariant: a slot never holds a builtin base's function where one of the special methods it stands for is found in
//! Python code first.

use super::generic::new_generic;
use super::{DUNDERS, OTHER, SEQUENCE};
use crate::class::{ClassFlags, SlotId, Type};
use crate::id;
use crate::native::{NativeFunction, SlotWrapper};
use crate::str::Str;
use crate::value::{Ref, Value};

/// Puts a wrapper for every filled slot into a builtin class's dict. `defined` names what the class defines itself.
pub fn install_slot_wrappers(class: &Ref<Type>, defined: &[&'static str]) {
    let dict = class.dict();
    let inherits = class.base();
    for dunder in DUNDERS.iter().copied().flatten() {
        let inherited = inherits
            .as_ref()
            .is_some_and(|base| base.slots.same_slot(dunder.slot, &class.slots));
        if class.slots.is_filled(dunder.slot) && !inherited && !defined.contains(&dunder.name) {
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
pub(in crate::class) fn fill_slots(class: &Ref<Type>) {
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
