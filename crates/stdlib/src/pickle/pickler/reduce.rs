//! Writing an object through what it reduces to: a callable with arguments, and what makes the result equal.
//!
//! The tuple that `__reduce_ex__` or a registered function answers has two to six items. Two callables stand for a call of
//! `cls.__new__`, by their names, and have opcodes of their own from protocol 2 on.

use taipan_objects::args::Args;
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{id, int, protocol};

use super::save::{Saver, class_name, noted};
use crate::pickle::opcodes::*;
use crate::pickle::{LIBRARY, pickling_error};

/// How a callable and its arguments are written.
enum Construction {
    Call,
    New,
    NewWithKeywords,
}

/// Checks that the first argument of `function` is a class.
fn check_class(function: &str, class: &Value) -> PyResult<()> {
    if class.downcast::<Type>().is_some() {
        return Ok(());
    }
    Err(pickling_error(format!(
        "first argument to {function}() must be a class, not {}",
        class_name(class)
    )))
}

impl Saver<'_> {
    /// Adds the note that something of `value` was being written.
    fn part<R>(
        &mut self,
        value: Option<&Value>,
        what: &str,
        body: impl FnOnce(&mut Self) -> PyResult<R>,
    ) -> PyResult<R> {
        let annotate = |raised: Raised| match value {
            Some(value) => noted(
                raised,
                &format!("when serializing {} {what}", class_name(value)),
            ),
            None => raised,
        };
        body(self).map_err(annotate)
    }

    /// Asks an object what it reduces to.
    pub(super) fn reduce(&mut self, value: &Value) -> PyResult<Value> {
        if let Some(reduce) = protocol::getattr_optional(value, id!("__reduce_ex__"))? {
            return protocol::call1(&reduce, &int::new(self.protocol));
        }
        match protocol::getattr_optional(value, id!("__reduce__"))? {
            Some(reduce) => protocol::call0(&reduce),
            None => Err(pickling_error(format!(
                "Can't pickle {} object",
                class_name(value)
            ))),
        }
    }

    /// Writes an object as what it reduces to.
    pub(super) fn reduced(&mut self, value: &Value, reduced: &Value) -> PyResult<()> {
        if let Some(name) = reduced.downcast::<Str>() {
            return self.global(value, Some(name));
        }
        self.part(Some(value), "object", |saver| {
            match reduced.downcast::<Tuple>() {
                Some(parts) => saver.save_reduce(parts.as_slice(), Some(value)),
                None => Err(pickling_error(format!(
                    "__reduce__ must return a string or tuple, not {}",
                    class_name(reduced)
                ))),
            }
        })
    }

    /// Writes a reduction. `value` is what it makes, to be memoized.
    pub(super) fn save_reduce(&mut self, parts: &[Value], value: Option<&Value>) -> PyResult<()> {
        let ([callable, arguments, rest @ ..], 2..=6) = (parts, parts.len()) else {
            return Err(pickling_error(
                "tuple returned by __reduce__ must contain 2 through 6 elements".to_owned(),
            ));
        };
        let item = |place: &str, wanted: &str, given: &Value| {
            Err(pickling_error(format!(
                "{place} item of the tuple returned by __reduce__ must be {wanted}, not {}",
                class_name(given)
            )))
        };
        if !protocol::is_callable(callable) {
            return item("first", "callable", callable);
        }
        let Some(arguments) = arguments.downcast::<Tuple>() else {
            return item("second", "a tuple", arguments);
        };
        let [state, list_items, dict_items, setter] =
            [0, 1, 2, 3].map(|index| rest.get(index).filter(|part| !part.is_none()));
        if let Some(items) = list_items.filter(|items| !protocol::is_iterator(items)) {
            return item("fourth", "an iterator", items);
        }
        if let Some(items) = dict_items.filter(|items| !protocol::is_iterator(items)) {
            return item("fifth", "an iterator", items);
        }
        if let Some(setter) = setter.filter(|setter| !protocol::is_callable(setter)) {
            return item("sixth", "callable", setter);
        }
        match self.construction(callable)? {
            Construction::Call => self.call(callable, arguments, value)?,
            Construction::New => self.new_object(arguments, value)?,
            Construction::NewWithKeywords => self.new_object_ex(arguments, value)?,
        }
        if let Some(value) = value {
            // The arguments led back to the object: what they made is one of two, and the memo has the other.
            if self.memo.borrow().get(value).is_some() {
                self.out.byte(POP);
                self.get(value);
                return Ok(());
            }
            self.memoize(value);
        }
        let container = value.unwrap_or(callable);
        if let Some(items) = list_items {
            self.append_all(items, container)?;
        }
        if let Some(items) = dict_items {
            self.set_all(items, container)?;
        }
        match state {
            Some(state) => self.state(state, setter, value),
            None => Ok(()),
        }
    }

    fn construction(&self, callable: &Value) -> PyResult<Construction> {
        if self.protocol < 2 {
            return Ok(Construction::Call);
        }
        let name = protocol::getattr_optional(callable, id!("__name__"))?;
        Ok(
            match name.as_ref().and_then(|name| name.downcast::<Str>()) {
                Some(name) if name.eq_str("__newobj_ex__") => Construction::NewWithKeywords,
                Some(name) if name.eq_str("__newobj__") => Construction::New,
                _ => Construction::Call,
            },
        )
    }

    fn call(
        &mut self,
        callable: &Value,
        arguments: &Ref<Tuple>,
        value: Option<&Value>,
    ) -> PyResult<()> {
        self.part(value, "reconstructor", |saver| saver.save(callable))?;
        self.part(value, "reconstructor arguments", |saver| {
            saver.save(arguments.as_value())
        })?;
        self.out.byte(REDUCE);
        Ok(())
    }

    /// Checks that the first argument of `__newobj__` is the object's class.
    fn check_own_class(&self, class: &Value, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else { return Ok(()) };
        let own = protocol::getattr_optional(value, id!("__class__"))?
            .unwrap_or_else(|| value.class().to_value());
        if own.is(class) {
            return Ok(());
        }
        let (wanted, given) = (protocol::repr(&own)?, protocol::repr(class)?);
        Err(pickling_error(format!(
            "first argument to __newobj__() must be {}, not {}",
            wanted.to_display(),
            given.to_display()
        )))
    }

    fn new_object(&mut self, arguments: &Ref<Tuple>, value: Option<&Value>) -> PyResult<()> {
        let Some((class, rest)) = arguments.as_slice().split_first() else {
            return Err(pickling_error(
                "__newobj__ expected at least 1 argument, got 0".to_owned(),
            ));
        };
        check_class("__newobj__", class)?;
        self.check_own_class(class, value)?;
        self.part(value, "class", |saver| saver.save(class))?;
        let rest = Tuple::from_slice(rest).into_value();
        self.part(value, "__new__ arguments", |saver| saver.save(&rest))?;
        self.out.byte(NEWOBJ);
        Ok(())
    }

    fn new_object_ex(&mut self, arguments: &Ref<Tuple>, value: Option<&Value>) -> PyResult<()> {
        let [class, positional, keywords] = arguments.as_slice() else {
            return Err(pickling_error(format!(
                "__newobj_ex__ expected 3 arguments, got {}",
                arguments.len()
            )));
        };
        check_class("__newobj_ex__", class)?;
        let Some(positional) = positional.downcast::<Tuple>() else {
            return Err(pickling_error(format!(
                "second argument to __newobj_ex__() must be a tuple, not {}",
                class_name(positional)
            )));
        };
        let Some(keywords) = keywords.downcast::<Dict>() else {
            return Err(pickling_error(format!(
                "third argument to __newobj_ex__() must be a dict, not {}",
                class_name(keywords)
            )));
        };
        if self.protocol >= 4 {
            self.part(value, "class", |saver| saver.save(class))?;
            self.part(value, "__new__ arguments", |saver| {
                saver.save(positional.as_value())?;
                saver.save(keywords.as_value())
            })?;
            self.out.byte(NEWOBJ_EX);
            return Ok(());
        }
        let new = protocol::getattr(class, id!("__new__"))?;
        let mut values = vec![new, class.clone()];
        values.extend_from_slice(positional.as_slice());
        let (names, given): (Vec<Value>, Vec<Value>) = keywords.iter_snapshot().into_iter().unzip();
        values.extend(given);
        let partial = protocol::call(&LIBRARY.partial, Args::new(&values, &names))?;
        self.part(value, "reconstructor", |saver| saver.save(&partial))?;
        self.save(Tuple::empty().as_value())?;
        self.out.byte(REDUCE);
        Ok(())
    }

    fn state(
        &mut self,
        state: &Value,
        setter: Option<&Value>,
        value: Option<&Value>,
    ) -> PyResult<()> {
        let Some(setter) = setter else {
            self.part(value, "state", |saver| saver.save(state))?;
            self.out.byte(BUILD);
            return Ok(());
        };
        self.part(value, "state setter", |saver| saver.save(setter))?;
        if let Some(value) = value {
            self.save(value)?;
        }
        self.part(value, "state", |saver| saver.save(state))?;
        self.out.push(&[TUPLE2, REDUCE, POP]);
        Ok(())
    }
}
