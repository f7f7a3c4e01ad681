//! Opcodes that fill containers, make instances and give them their state.
//!
//! Exact lists, dicts and sets are filled directly. The state of an ordinary instance goes into its attribute places, which
//! is what an update of its `__dict__` comes to, without making the dict.

use taipan_objects::args::Args;
use taipan_objects::class::{ClassFlags, Type};
use taipan_objects::dict::Dict;
use taipan_objects::instance;
use taipan_objects::list::List;
use taipan_objects::native::GetSetDescriptor;
use taipan_objects::raised::PyResult;
use taipan_objects::set::Set;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

use super::load::Loader;
use crate::pickle::unpickling_error;

/// Whether the attribute `__dict__` of an instance is the dict of its attributes, by all rules.
fn has_plain_dict(instance: &Value) -> bool {
    let class = instance.class();
    class.has(ClassFlags::ATTRIBUTES)
        && protocol::uses_generic_getattr(class)
        && class.lookup(id!("__dict__")).is_some_and(|found| {
            found
                .downcast_exact::<GetSetDescriptor>()
                .is_some_and(|found| found.def().name == "__dict__")
        })
}

/// Calls `body` with the entries of a dict, which may change meanwhile.
fn each_entry(
    dict: &Ref<Dict>,
    mut body: impl FnMut(Value, Value) -> PyResult<()>,
) -> PyResult<()> {
    let mut cursor = 0;
    while let Some((next, key, value)) = dict.entry_at(cursor) {
        cursor = next;
        body(key, value)?;
    }
    Ok(())
}

/// The interned key of an attribute, if the key is one.
fn interned(key: &Value) -> Option<Ref<Str>> {
    key.downcast_exact::<Str>().map(Str::intern_ref)
}

/// Updates the `__dict__` of an instance.
fn update_attributes(instance: &Value, state: &Ref<Dict>) -> PyResult<()> {
    if has_plain_dict(instance) && state.has_only_str_keys() {
        return each_entry(state, |key, value| match interned(&key) {
            Some(name) => {
                instance::set_attribute(instance, &name, Some(value));
                Ok(())
            }
            None => {
                let dict = protocol::getattr(instance, id!("__dict__"))?;
                protocol::setitem(&dict, &key, &value)
            }
        });
    }
    let dict = protocol::getattr(instance, id!("__dict__"))?;
    each_entry(state, |key, value| {
        let key = interned(&key).map_or(key, Ref::into_value);
        protocol::setitem(&dict, &key, &value)
    })
}

fn is_class(value: &Value) -> Option<&Ref<Type>> {
    value.downcast::<Type>()
}

/// Makes an instance for the opcodes of protocol 0 and 1: without arguments, by `__new__` alone.
fn instantiate(class: &Value, arguments: &[Value]) -> PyResult<Value> {
    if arguments.is_empty()
        && is_class(class).is_some()
        && protocol::getattr_optional(class, id!("__getinitargs__"))?.is_none()
    {
        return protocol::call_method(class, id!("__new__"), std::slice::from_ref(class));
    }
    protocol::call_positional(class, arguments)
}

impl Loader<'_> {
    /// Appends what lies above `start` to the list below it.
    pub(super) fn append(&mut self, start: usize) -> PyResult<()> {
        let container = self.container_below(start)?.clone();
        if self.stack.len() == start {
            return Ok(());
        }
        if let Some(list) = container.downcast_exact::<List>() {
            if self.stack.len() == start + 1 {
                let item = self.pop()?;
                return list.push(item);
            }
            return self
                .stack
                .drain(start..)
                .try_for_each(|item| list.push(item));
        }
        if let Some(extend) = protocol::getattr_optional(&container, id!("extend"))? {
            let items = List::new(self.stack.split_off(start)).into_value();
            return protocol::call1(&extend, &items).map(drop);
        }
        let append = protocol::getattr(&container, id!("append"))?;
        let items = self.stack.split_off(start);
        items
            .iter()
            .try_for_each(|item| protocol::call1(&append, item).map(drop))
    }

    /// Sets the pairs above `start` in the dict below it.
    pub(super) fn set_items(&mut self, start: usize) -> PyResult<()> {
        let container = self.container_below(start)?.clone();
        if self.stack.len() == start {
            return Ok(());
        }
        if !(self.stack.len() - start).is_multiple_of(2) {
            return Err(unpickling_error("odd number of items for SETITEMS"));
        }
        let mut items = self.stack.split_off(start).into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            match container.downcast_exact::<Dict>() {
                Some(dict) => dict.set(key, value)?,
                None => protocol::setitem(&container, &key, &value)?,
            }
        }
        Ok(())
    }

    pub(super) fn add_items(&mut self) -> PyResult<()> {
        let start = self.mark()?;
        let container = self.container_below(start)?.clone();
        if self.stack.len() == start {
            return Ok(());
        }
        if let Some(set) = container.downcast::<Set>() {
            return self
                .stack
                .split_off(start)
                .into_iter()
                .try_for_each(|item| set.add(item).map(drop));
        }
        let add = protocol::getattr(&container, id!("add"))?;
        let items = self.stack.split_off(start);
        items
            .iter()
            .try_for_each(|item| protocol::call1(&add, item).map(drop))
    }

    pub(super) fn dict(&mut self) -> PyResult<()> {
        let items = self.pop_mark()?;
        if !items.len().is_multiple_of(2) {
            return Err(unpickling_error("odd number of items for DICT"));
        }
        let dict = Dict::new();
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            dict.set(key, value)?;
        }
        self.push(dict.into_value());
        Ok(())
    }

    pub(super) fn inst(&mut self) -> PyResult<()> {
        let start = self.mark()?;
        let class = self.inst_class()?;
        let arguments = self.stack.split_off(start);
        let made = instantiate(&class, &arguments)?;
        self.push(made);
        Ok(())
    }

    pub(super) fn obj(&mut self) -> PyResult<()> {
        let start = self.mark()?;
        if self.stack.len() <= start {
            return self.underflow();
        }
        let arguments = self.stack.split_off(start + 1);
        let class = self.pop()?;
        let made = instantiate(&class, &arguments)?;
        self.push(made);
        Ok(())
    }

    pub(super) fn reduce(&mut self) -> PyResult<()> {
        let arguments = self.pop()?;
        let callable = self.pop()?;
        let Some(arguments) = arguments.downcast::<Tuple>() else {
            bail!(TypeError, "argument list must be a tuple");
        };
        let made = protocol::call_positional(&callable, arguments.as_slice())?;
        self.push(made);
        Ok(())
    }

    /// Calls `cls.__new__` with arguments from the stack.
    pub(super) fn new_object(&mut self, has_keywords: bool) -> PyResult<()> {
        let opcode = if has_keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
        let keywords = if has_keywords {
            Some(self.pop()?)
        } else {
            None
        };
        let arguments = self.pop()?;
        let class = self.pop()?;
        let wrong = |what: &str, value: &Value| {
            Err(unpickling_error(&format!(
                "{opcode} {what}, not {}",
                value.class().name()
            )))
        };
        let Some(class) = is_class(&class) else {
            return wrong("class argument must be a type", &class);
        };
        let Some(new) = class.slots.new.get() else {
            return Err(unpickling_error(&format!(
                "{opcode} class argument '{}' doesn't have __new__",
                class.class().name()
            )));
        };
        let Some(arguments) = arguments.downcast::<Tuple>() else {
            return wrong("args argument must be a tuple", &arguments);
        };
        let made = match &keywords {
            None => new(class, Args::positional_only(arguments.as_slice()))?,
            Some(keywords) => {
                let Some(keywords) = keywords.downcast::<Dict>() else {
                    return wrong("kwargs argument must be a dict", keywords);
                };
                let (names, given): (Vec<Value>, Vec<Value>) =
                    keywords.iter_snapshot().into_iter().unzip();
                if names.iter().any(|name| name.downcast::<Str>().is_none()) {
                    bail!(TypeError, "keywords must be strings");
                }
                let mut values = arguments.to_vec();
                values.extend(given);
                new(class, Args::new(&values, &names))?
            }
        };
        self.push(made);
        Ok(())
    }

    /// Gives the object below it the state on the stack.
    pub(super) fn build(&mut self) -> PyResult<()> {
        let state = self.pop()?;
        let instance = self.top()?.clone();
        if let Some(set_state) = protocol::getattr_optional(&instance, id!("__setstate__"))? {
            return protocol::call1(&set_state, &state).map(drop);
        }
        let (state, slot_state) = match state.downcast::<Tuple>().map(|pair| pair.as_slice()) {
            Some([state, slot_state]) => (state.clone(), Some(slot_state.clone())),
            _ => (state, None),
        };
        if !state.is_none() {
            match state.downcast::<Dict>() {
                Some(state) => update_attributes(&instance, state)?,
                None => return Err(unpickling_error("state is not a dictionary")),
            }
        }
        let Some(slot_state) = slot_state else {
            return Ok(());
        };
        let Some(slot_state) = slot_state.downcast::<Dict>() else {
            return Err(unpickling_error("slot state is not a dictionary"));
        };
        each_entry(slot_state, |key, value| {
            protocol::setattr(&instance, protocol::attribute_name(&key)?, &value)
        })
    }
}
