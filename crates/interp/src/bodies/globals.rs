//! Names: globals, builtins, class namespaces.

use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::protocol;
use taipan_objects::raised::{Absent, PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id};

use super::duplicate_quick;
use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

fn name(c: &Cursor, index: u32) -> Ref<Str> {
    c.frame().code().names[index as usize].clone()
}

#[cold]
fn name_not_defined(name: &Ref<Str>) -> Raised {
    exceptions::name_error(
        ExceptionKind::NameError,
        name,
        format!("name '{}' is not defined", name.to_display()),
    )
}

/// Looks a name up in a mapping; a plain dict is asked directly.
#[inline]
pub(super) fn in_mapping(mapping: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    match mapping.downcast_exact::<Dict>() {
        Some(dict) => Ok(dict.get_str(name)),
        None => protocol::getitem(mapping, name.as_value()).absent_on(ExceptionKind::KeyError),
    }
}

/// Looks a name up in the globals, then in the builtins.
#[inline]
fn global(c: &Cursor, name: &Ref<Str>) -> PyResult<Value> {
    if let Some(value) = in_mapping(c.frame().globals().as_value(), name)? {
        return Ok(value);
    }
    match in_mapping(c.frame().builtins(), name)? {
        Some(value) => Ok(value),
        None => Err(name_not_defined(name)),
    }
}

#[inline(always)]
pub(crate) fn load_global(c: &mut Cursor, oparg: u32) -> bool {
    // SAFETY: string lookup in plain dicts runs no foreign code, and the value is counted at once.
    let word = unsafe {
        let frame = &*c.frame;
        let Some(name) = frame.code().names.get((oparg >> 1) as usize) else {
            return false;
        };
        let (globals, builtins) = (frame.globals(), frame.builtins());
        if globals.as_value().downcast_exact::<Dict>().is_none() {
            return false;
        }
        let found = match globals.peek_str(name) {
            Some(found) => Some(found),
            None => match builtins.downcast_exact::<Dict>() {
                Some(builtins) => builtins.peek_str(name),
                None => None,
            },
        };
        match found {
            Some(found) => duplicate_quick(StackRef(found.bits())),
            None => return false,
        }
    };
    c.push_word(word);
    if oparg & 1 != 0 {
        c.push_word(StackRef::NULL);
    }
    true
}

pub(crate) fn load_global_full(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg >> 1);
    let value = global(c, &name)?;
    c.push(value);
    if oparg & 1 != 0 {
        c.push_word(StackRef::NULL);
    }
    Ok(())
}

/// The namespace of a class body or module; `missing` says what to complain of where there is none.
#[inline]
fn namespace(c: &Cursor, missing: impl FnOnce() -> String) -> PyResult<Value> {
    match c.frame().namespace() {
        Some(namespace) => Ok(namespace),
        None => bail!(SystemError, "no locals {}", missing()),
    }
}

pub(crate) fn load_name(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    let namespace = namespace(c, || format!("when loading '{}'", name.to_display()))?;
    let value = match in_mapping(&namespace, &name)? {
        Some(value) => value,
        // Other than LOAD_GLOBAL, this never asks a subclass of dict.
        None => match c.frame().globals().get_str(&name) {
            Some(value) => value,
            None => match in_mapping(c.frame().builtins(), &name)? {
                Some(value) => value,
                None => return Err(name_not_defined(&name)),
            },
        },
    };
    c.push(value);
    Ok(())
}

pub(crate) fn store_name(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    let namespace = namespace(c, || format!("found when storing '{}'", name.to_display()))?;
    let value = c.pop();
    match namespace.downcast_exact::<Dict>() {
        Some(dict) => dict.set_str(&name, value),
        None => protocol::setitem(&namespace, name.as_value(), &value)?,
    }
    Ok(())
}

pub(crate) fn delete_name(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    let namespace = namespace(c, || format!("when deleting '{}'", name.to_display()))?;
    match protocol::delitem(&namespace, name.as_value()) {
        Err(raised) if raised.is(ExceptionKind::KeyError) => Err(name_not_defined(&name)),
        other => other,
    }
}

pub(crate) fn store_global(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    let value = c.pop();
    c.frame().globals().clone().set_str(&name, value);
    Ok(())
}

pub(crate) fn delete_global(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    match c.frame().globals().clone().remove_str(&name) {
        Some(_) => Ok(()),
        None => Err(name_not_defined(&name)),
    }
}

pub(crate) fn load_locals(c: &mut Cursor, _oparg: u32) -> Step {
    let namespace = namespace(c, || "found".to_owned())?;
    c.push(namespace);
    Ok(())
}

pub(crate) fn load_from_dict_or_globals(c: &mut Cursor, oparg: u32) -> Step {
    let name = name(c, oparg);
    let namespace = c.pop();
    let value = match in_mapping(&namespace, &name)? {
        Some(value) => value,
        None => global(c, &name)?,
    };
    c.push(value);
    Ok(())
}

pub(crate) fn load_from_dict_or_deref(c: &mut Cursor, oparg: u32) -> Step {
    let name = c.frame().code().localsplus_names[oparg as usize].clone();
    let namespace = c.pop();
    let value = match in_mapping(&namespace, &name)? {
        Some(value) => value,
        None => match super::locals::cell_contents(c, oparg) {
            Some(value) => value,
            None => return Err(super::locals::unbound_cell(c, oparg)),
        },
    };
    c.push(value);
    Ok(())
}

pub(crate) fn load_build_class(c: &mut Cursor, _oparg: u32) -> Step {
    match in_mapping(c.frame().builtins(), id!("__build_class__"))? {
        Some(value) => {
            c.push(value);
            Ok(())
        }
        None => Err(exceptions::name_error(
            ExceptionKind::NameError,
            id!("__build_class__"),
            "__build_class__ not found".to_owned(),
        )),
    }
}

pub(crate) fn setup_annotations(c: &mut Cursor, _oparg: u32) -> Step {
    let namespace = namespace(c, || "found when setting up annotations".to_owned())?;
    if in_mapping(&namespace, id!("__annotations__"))?.is_none() {
        protocol::setitem(
            &namespace,
            id!("__annotations__").as_value(),
            &Dict::new().into_value(),
        )?;
    }
    Ok(())
}
