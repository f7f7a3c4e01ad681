//! `match`.

use taipan_objects::class::{ClassFlags, Type};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

use crate::cursor::{Cursor, Step};

pub(crate) fn get_len(c: &mut Cursor, _oparg: u32) -> Step {
    let len = protocol::len(&c.peek(0))?;
    c.push(int::from_usize(len));
    Ok(())
}

pub(crate) fn match_mapping(c: &mut Cursor, _oparg: u32) -> Step {
    let is_mapping = c.peek(0).class().has(ClassFlags::MAPPING);
    c.push(Value::from_bool(is_mapping));
    Ok(())
}

pub(crate) fn match_sequence(c: &mut Cursor, _oparg: u32) -> Step {
    let is_sequence = c.peek(0).class().has(ClassFlags::SEQUENCE);
    c.push(Value::from_bool(is_sequence));
    Ok(())
}

pub(crate) fn match_keys(c: &mut Cursor, _oparg: u32) -> Step {
    let values = values_of_keys(&c.peek(1), &c.peek(0))?;
    c.push(values.unwrap_or(Value::NONE));
    Ok(())
}

/// The values of all keys, or nothing if one is missing.
fn values_of_keys(subject: &Value, keys: &Value) -> PyResult<Option<Value>> {
    let Some(keys) = keys.downcast::<Tuple>() else {
        bail!(SystemError, "the keys of a mapping pattern are a tuple")
    };
    let get = protocol::get_method(subject, id!("get"))?;
    let missing = taipan_objects::object::Object::new_instance(
        <taipan_objects::object::Object as taipan_objects::class::Payload>::class(),
    );
    let mut values = Vec::with_capacity(keys.tail().len());
    for (index, key) in keys.tail().iter().enumerate() {
        for earlier in &keys.tail()[..index] {
            if protocol::equal(earlier, key)? {
                bail!(
                    ValueError,
                    "mapping pattern checks duplicate key ({})",
                    protocol::repr(key)?.to_display()
                );
            }
        }
        let found = match &get {
            protocol::Method::Unbound(function) => protocol::call_positional(
                function,
                &[subject.clone(), key.clone(), missing.to_value()],
            )?,
            protocol::Method::Bound(callable) => {
                protocol::call_positional(callable, &[key.clone(), missing.to_value()])?
            }
        };
        if found.is(missing.as_value()) {
            return Ok(None);
        }
        values.push(found);
    }
    Ok(Some(Tuple::new(values).into_value()))
}

pub(crate) fn match_class(c: &mut Cursor, oparg: u32) -> Step {
    let names = c.pop();
    let class = c.pop();
    let subject = c.pop();
    let Some(names) = names.downcast::<Tuple>() else {
        bail!(SystemError, "the names of a class pattern are a tuple")
    };
    let attributes = class_attributes(&subject, &class, oparg as usize, names)?;
    c.push(attributes.map_or(Value::NONE, |attributes| {
        Tuple::new(attributes).into_value()
    }));
    Ok(())
}

/// The attributes that a class pattern binds, or nothing if the subject does not match.
fn class_attributes(
    subject: &Value,
    class: &Value,
    positional: usize,
    names: &Ref<Tuple>,
) -> PyResult<Option<Vec<Value>>> {
    let Some(class_type) = class.downcast::<Type>() else {
        bail!(TypeError, "called match pattern must be a class");
    };
    if !protocol::is_instance(subject, class)? {
        return Ok(None);
    }
    let mut seen: Vec<Ref<Str>> = Vec::new();
    let mut attributes = Vec::new();
    if positional > 0 {
        let mut match_self = false;
        let match_args = match protocol::getattr_optional(class, id!("__match_args__"))? {
            Some(args) => match args.downcast_exact::<Tuple>() {
                Some(args) => args.to_vec(),
                None => {
                    bail!(
                        TypeError,
                        "{}.__match_args__ must be a tuple (got {})",
                        class_type.name(),
                        args.class().name()
                    )
                }
            },
            None => {
                match_self = class_type.has(ClassFlags::MATCH_SELF);
                Vec::new()
            }
        };
        let allowed = if match_self { 1 } else { match_args.len() };
        if allowed < positional {
            let plural = if allowed == 1 { "" } else { "s" };
            bail!(
                TypeError,
                "{}() accepts {allowed} positional sub-pattern{plural} ({positional} given)",
                class_type.name()
            );
        }
        if match_self {
            attributes.push(subject.clone());
        } else {
            for name in &match_args[..positional] {
                let Some(name) = name.downcast_exact::<Str>() else {
                    bail!(
                        TypeError,
                        "__match_args__ elements must be strings (got {})",
                        name.class().name()
                    );
                };
                match attribute(subject, class_type, name, &mut seen)? {
                    Some(value) => attributes.push(value),
                    None => return Ok(None),
                }
            }
        }
    }
    for name in names.tail() {
        let Some(name) = name.downcast::<Str>() else {
            bail!(SystemError, "attribute names are strings")
        };
        match attribute(subject, class_type, name, &mut seen)? {
            Some(value) => attributes.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(attributes))
}

fn attribute(
    subject: &Value,
    class: &Ref<Type>,
    name: &Ref<Str>,
    seen: &mut Vec<Ref<Str>>,
) -> PyResult<Option<Value>> {
    if seen.iter().any(|earlier| earlier.same_text(name)) {
        bail!(
            TypeError,
            "{}() got multiple sub-patterns for attribute {}",
            class.name(),
            protocol::repr(name.as_value())?.to_display()
        );
    }
    seen.push(name.clone());
    protocol::getattr_optional(subject, name)
}
