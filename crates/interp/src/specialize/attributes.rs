//! LOAD_ATTR, STORE_ATTR, LOAD_SUPER_ATTR.

use taipan_bytecode::Opcode;
use taipan_objects::class::{ClassFlags, Payload, SlotId, Type};
use taipan_objects::descriptors::{Property, Super};
use taipan_objects::dict::Dict;
use taipan_objects::id;
use taipan_objects::instance::{self, AttrPlace, AttrTable, member_words};
use taipan_objects::module::Module;
use taipan_objects::native::MemberDescriptor;
use taipan_objects::object::Object;
use taipan_objects::protocol::{uses_generic_getattr, uses_generic_setattr};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::stats::Failure;
use super::{Found, Site};
use crate::cursor::Cursor;
use crate::function::Function;
use crate::uops::is_exact;

/// Fields of LOAD_ATTR's cache, as its members use them.
const VERSION: usize = 1;
const SECOND: usize = 3;
const POINTER: usize = 5;

fn name(c: &Cursor, index: u32) -> Ref<Str> {
    c.frame().code().names[index as usize].clone()
}

fn version(class: &Type) -> Result<u32, Failure> {
    match class.version_tag() {
        0 => Err(Failure::NoVersion),
        version => Ok(version),
    }
}

/// The class of what a class has under the name. Whether it is a descriptor must not change while the version of the class
/// that has it stays.
fn settled_class(found: &Value) -> Result<&Ref<Type>, Failure> {
    let class = found.class();
    if class.has(ClassFlags::IMMUTABLE) {
        Ok(class)
    } else {
        Err(Failure::MutableDescriptor)
    }
}

/// Where the owner has the attribute.
pub(crate) fn load_attr(site: &Site, c: &Cursor, oparg: u32) -> Found {
    let owner = c.peek(0);
    let name = name(c, oparg >> 1);
    let is_call = oparg & 1 != 0;
    if is_exact::<Module>(c.word(0)) {
        return of_module(site, &owner, &name);
    }
    if let Some(class) = owner.downcast::<Type>() {
        return of_class(site, class, &name);
    }
    let class = owner.class();
    let is_generic = uses_generic_getattr(class);
    if !is_generic && !has_only_getattr(class) {
        return overridden(site, class, is_call);
    }
    let class_version = version(class)?;
    let Some(found) = class.lookup(&name) else {
        return of_instance(site, &owner, &name, class_version);
    };
    let descriptor_class = settled_class(&found)?;
    if descriptor_class.slots.descr_set.get().is_some() {
        // A getter that raises AttributeError goes on to `__getattr__`.
        let is_getter = found.downcast_exact::<Property>().is_some();
        if is_getter && !is_generic {
            return Err(Failure::Overridden);
        }
        return of_data_descriptor(site, class, &found, class_version, is_call);
    }
    let is_method = descriptor_class.has(ClassFlags::METHOD_DESCRIPTOR);
    if !is_method && descriptor_class.slots.descr_get.get().is_some() {
        return Err(Failure::Descriptor);
    }
    if class.has(ClassFlags::ATTRIBUTES) && instance::get_attribute(&owner, &name).is_some() {
        return of_instance(site, &owner, &name, class_version);
    }
    if is_method != is_call {
        return Err(if is_method {
            Failure::BoundMethod
        } else {
            Failure::Descriptor
        });
    }
    let [with_values, lazy_dict, no_dict] = if is_method {
        [
            Opcode::LoadAttrMethodWithValues,
            Opcode::LoadAttrMethodLazyDict,
            Opcode::LoadAttrMethodNoDict,
        ]
    } else {
        // CPython has no opcode for what is no method and could be hidden by a dict: the site stays general.
        [
            Opcode::LoadAttrNondescriptorWithValues,
            Opcode::LoadAttr,
            Opcode::LoadAttrNondescriptorNoDict,
        ]
    };
    let member = if !class.has(ClassFlags::ATTRIBUTES) {
        no_dict
    } else {
        let place = class.attr_table().ok_or(Failure::Layout)?;
        let table = table(&owner, place);
        if table.capacity() > 0 {
            let keys = class.shared_keys();
            if keys.find(&name).is_some() {
                return Err(Failure::Shadowed);
            }
            site.put_u32(SECOND, keys.version());
            with_values
        } else if table.dict().is_none() && is_method {
            site.put_u16(SECOND, place.0);
            lazy_dict
        } else {
            return Err(Failure::Shadowed);
        }
    };
    site.put_u32(VERSION, class_version);
    site.put_value(POINTER, &found);
    Ok(member)
}

fn table(owner: &Value, place: AttrPlace) -> &AttrTable {
    // SAFETY: the place is of the owner's class.
    unsafe { place.table_of(owner) }
}

fn of_module(site: &Site, owner: &Value, name: &Ref<Str>) -> Found {
    let dict = owner.downcast::<Module>().ok_or(Failure::OtherType)?.dict();
    let index = dict.index_of_str(name).ok_or(Failure::Absent)?;
    let index = u16::try_from(index).map_err(|_| Failure::OutOfRange)?;
    match dict.keys_version_tag() {
        0 => Err(Failure::NoVersion),
        version => {
            site.put_u32(VERSION, version);
            site.put_u16(SECOND, index);
            Ok(Opcode::LoadAttrModule)
        }
    }
}

fn of_class(site: &Site, class: &Ref<Type>, name: &Ref<Str>) -> Found {
    let meta = class.class();
    if !meta.slots.same_slot(SlotId::getattr, &Type::class().slots) {
        return Err(Failure::Metaclass);
    }
    if let Some(on_meta) = meta.lookup(name)
        && settled_class(&on_meta)?.slots.descr_set.get().is_some()
    {
        return Err(Failure::Metaclass);
    }
    let found = class.lookup(name).ok_or(Failure::Absent)?;
    let descriptor_class = settled_class(&found)?;
    // A function or a method of a builtin class, found on a class, is itself.
    let is_plain = descriptor_class.slots.descr_get.get().is_none()
        || descriptor_class.has(ClassFlags::METHOD_DESCRIPTOR);
    if !is_plain {
        return Err(Failure::Descriptor);
    }
    site.put_u32(VERSION, version(class)?);
    site.put_value(POINTER, &found);
    if meta.is(Type::class()) {
        return Ok(Opcode::LoadAttrClass);
    }
    site.put_u32(SECOND, version(meta)?);
    Ok(Opcode::LoadAttrClassWithMetaclassCheck)
}

/// Whether a class has a `__getattr__` for what is missing, and finds the rest as `object` does.
fn has_only_getattr(class: &Ref<Type>) -> bool {
    let name = id!("__getattribute__");
    class.lookup(id!("__getattr__")).is_some()
        && match (class.lookup(name), Object::class().lookup(name)) {
            (Some(own), Some(general)) => own.is(&general),
            _ => false,
        }
}

fn overridden(site: &Site, class: &Ref<Type>, is_call: bool) -> Found {
    if is_call || class.lookup(id!("__getattr__")).is_some() {
        return Err(Failure::Overridden);
    }
    let class_version = version(class)?;
    let found = class
        .lookup(id!("__getattribute__"))
        .ok_or(Failure::Overridden)?;
    let function = found
        .downcast_exact::<Function>()
        .ok_or(Failure::Overridden)?;
    let code = function.code();
    if !code.is_simple || code.arg_count != 2 {
        return Err(Failure::ComplexParameters);
    }
    site.put_u32(VERSION, class_version);
    site.put_u32(SECOND, function.version_tag());
    site.put_value(POINTER, &found);
    Ok(Opcode::LoadAttrGetattributeOverridden)
}

/// Where instances of `class` have the member. The member of a class that `class` does not extend raises.
fn words_of_member(member: &MemberDescriptor, class: &Ref<Type>) -> Result<u16, Failure> {
    if !class.is_subclass(member.owner()) {
        return Err(Failure::Descriptor);
    }
    let words = member.place().and_then(|place| member_words(class, place));
    words.ok_or(Failure::Layout)
}

fn of_data_descriptor(
    site: &Site,
    class: &Ref<Type>,
    found: &Value,
    class_version: u32,
    is_call: bool,
) -> Found {
    if let Some(member) = found.downcast_exact::<MemberDescriptor>() {
        let words = words_of_member(member, class)?;
        site.put_u32(VERSION, class_version);
        site.put_u16(SECOND, words);
        return Ok(Opcode::LoadAttrSlot);
    }
    let property = found
        .downcast_exact::<Property>()
        .ok_or(Failure::Descriptor)?;
    if is_call {
        return Err(Failure::Descriptor);
    }
    // SAFETY: nothing happens to the property here.
    let getter = unsafe { property.peek_getter() }.ok_or(Failure::Descriptor)?;
    let code = getter
        .downcast_exact::<Function>()
        .ok_or(Failure::Descriptor)?
        .code();
    if !code.is_simple || code.arg_count != 1 {
        return Err(Failure::ComplexParameters);
    }
    site.put_u32(VERSION, class_version);
    site.put_value(POINTER, found);
    Ok(Opcode::LoadAttrProperty)
}

/// Where an instance itself has the attribute: its place, or the entry of its dict.
fn place_of(owner: &Value, name: &Ref<Str>) -> Result<(bool, u16), Failure> {
    let class = owner.class();
    let place = class.attr_table().ok_or(Failure::Layout)?;
    let table = table(owner, place);
    if table.capacity() > 0 {
        let place = AttrPlace::find(class, name).ok_or(Failure::Absent)?;
        return if place.index() < table.capacity() {
            Ok((true, place.0))
        } else {
            Err(Failure::OutOfRange)
        };
    }
    let dict = table.dict().ok_or(Failure::Absent)?;
    if dict.as_value().downcast_exact::<Dict>().is_none() {
        return Err(Failure::Subclass);
    }
    let index = dict.index_of_str(name).ok_or(Failure::Absent)?;
    Ok((
        false,
        u16::try_from(index).map_err(|_| Failure::OutOfRange)?,
    ))
}

fn of_instance(site: &Site, owner: &Value, name: &Ref<Str>, class_version: u32) -> Found {
    let (is_inline, place) = place_of(owner, name)?;
    site.put_u32(VERSION, class_version);
    site.put_u16(SECOND, place);
    Ok(if is_inline {
        Opcode::LoadAttrInstanceValue
    } else {
        Opcode::LoadAttrWithHint
    })
}

/// Where the owner keeps the attribute.
pub(crate) fn store_attr(site: &Site, c: &Cursor, oparg: u32) -> Found {
    let owner = c.peek(0);
    let name = name(c, oparg);
    let class = owner.class();
    if !uses_generic_setattr(class) {
        return Err(Failure::Overridden);
    }
    let class_version = version(class)?;
    if let Some(descriptor) = class.lookup(&name)
        && settled_class(&descriptor)?.slots.descr_set.get().is_some()
    {
        let member = descriptor
            .downcast_exact::<MemberDescriptor>()
            .ok_or(Failure::Descriptor)?;
        let words = words_of_member(member, class)?;
        site.put_u32(VERSION, class_version);
        site.put_u16(SECOND, words);
        return Ok(Opcode::StoreAttrSlot);
    }
    let (is_inline, place) = place_of(&owner, &name)?;
    site.put_u32(VERSION, class_version);
    site.put_u16(SECOND, place);
    Ok(if is_inline {
        Opcode::StoreAttrInstanceValue
    } else {
        Opcode::StoreAttrWithHint
    })
}

/// Whether `super` is the builtin one.
pub(crate) fn load_super_attr(_: &Site, c: &Cursor, oparg: u32) -> Found {
    if !c.peek(2).is(Super::class().as_value()) || c.peek(1).downcast::<Type>().is_none() {
        return Err(Failure::OtherType);
    }
    Ok(if oparg & 1 != 0 {
        Opcode::LoadSuperAttrMethod
    } else {
        Opcode::LoadSuperAttrAttr
    })
}
