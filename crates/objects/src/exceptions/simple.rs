//! Exceptions with a few attributes and no logic: `SystemExit`, `StopIteration`, `ImportError`, `NameError`,
//! `AttributeError`.
//!
//! Their `__init__` fills the attributes from the arguments; whatever Python code sets later stays.

use taipan_macros::methods;

use crate::args::Args;
use crate::class::ClassBuilder;
use crate::dict::Dict;
use crate::id;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

use super::base::{self, own_dict};
use super::payload::{exception_payload, keyword_values, new, object_members, view};

exception_payload! {
    /// `SystemExit`: the exit status.
    SystemExit, SystemExit, { code } {}
}

/// Fills the class `SystemExit`.
pub(super) fn build_system_exit(builder: &ClassBuilder<'_>) {
    let slots = builder.slots();
    slots.new.set(Some(new::<SystemExit>));
    slots.init.set(Some(|this, args| {
        base::init(this, args)?;
        match args.positional() {
            [] => {}
            [one] => view::<SystemExit>(this).code.set(Some(one.clone())),
            all => view::<SystemExit>(this)
                .code
                .set(Some(Tuple::from_slice(all).into_value())),
        }
        Ok(())
    }));
    object_members!(builder, SystemExit, code "code" "exception code");
}

exception_payload! {
    /// `StopIteration`: the result of a generator.
    StopIteration, StopIteration, { value } {}
}

impl StopIteration {
    /// The result that ended the generator.
    pub fn value(&self) -> Value {
        self.value.get().unwrap_or(Value::NONE)
    }
}

/// Fills the class `StopIteration`.
pub(super) fn build_stop_iteration(builder: &ClassBuilder<'_>) {
    let slots = builder.slots();
    slots.new.set(Some(new::<StopIteration>));
    slots.init.set(Some(|this, args| {
        base::init(this, args)?;
        let value = args.positional().first().cloned().unwrap_or(Value::NONE);
        view::<StopIteration>(this).value.set(Some(value));
        Ok(())
    }));
    object_members!(builder, StopIteration, value "value" "generator return value");
}

exception_payload! {
    /// `ImportError`: what could not be imported, and from where.
    ImportError, ImportError, { msg, name, path, name_from } {}
}

/// Fills the class `ImportError`.
pub(super) fn build_import_error(builder: &ClassBuilder<'_>) {
    ImportError::build_methods(builder);
    let slots = builder.slots();
    slots.new.set(Some(new::<ImportError>));
    slots.init.set(Some(import_error_init));
    slots
        .str
        .set(Some(|this| match view::<ImportError>(this).msg.get() {
            Some(message) if message.downcast_exact::<Str>().is_some() => Ok(message),
            _ => base::str(this),
        }));
    object_members!(builder, ImportError,
        msg "msg" "exception message",
        name "name" "module name",
        path "path" "module path",
        name_from "name_from" "name imported from module",
    );
}

fn import_error_init(this: &Value, args: Args<'_>) -> PyResult<()> {
    base::set_args(this, args.positional());
    let [name, path, name_from] =
        keyword_values("ImportError", args, ["name", "path", "name_from"])?;
    let error = view::<ImportError>(this);
    error.name.set(name.cloned());
    error.path.set(path.cloned());
    error.name_from.set(name_from.cloned());
    let message = if let [message] = args.positional() {
        Some(message.clone())
    } else {
        None
    };
    error.msg.set(message);
    Ok(())
}

#[methods]
impl ImportError {
    #[method("($self, /)", name = "__reduce__")]
    fn py_reduce(this: &Ref<ImportError>) -> Value {
        let mut state = own_dict(this.as_value());
        let attributes = [
            (id!("name"), this.name.get()),
            (id!("path"), this.path.get()),
            (id!("name_from"), this.name_from.get()),
        ];
        if attributes.iter().any(|(_, value)| value.is_some()) {
            let copy = state.map_or_else(Dict::new, |dict| dict.copy());
            for (name, value) in attributes {
                if let Some(value) = value {
                    copy.set_str(name, value);
                }
            }
            state = Some(copy);
        }
        let mut parts = vec![this.class().to_value(), this.base.args().into_value()];
        parts.extend(state.map(Ref::into_value));
        Tuple::new(parts).into_value()
    }
}

exception_payload! {
    /// `NameError`: the name that was not found.
    NameError, NameError, { name } {}
}

impl NameError {
    /// Says which name was not found.
    pub fn set_name(&self, name: Value) {
        self.name.set(Some(name));
    }

    /// The name that was not found.
    pub fn name(&self) -> Option<Value> {
        self.name.get()
    }
}

/// Fills the class `NameError`.
pub(super) fn build_name_error(builder: &ClassBuilder<'_>) {
    let slots = builder.slots();
    slots.new.set(Some(new::<NameError>));
    slots.init.set(Some(|this, args| {
        base::set_args(this, args.positional());
        let [name] = keyword_values("NameError", args, ["name"])?;
        view::<NameError>(this).name.set(name.cloned());
        Ok(())
    }));
    object_members!(builder, NameError, name "name" "name");
}

exception_payload! {
    /// `AttributeError`: the object, and the attribute it lacks.
    AttributeError, AttributeError, { obj, name } {}
}

impl AttributeError {
    /// Says which attribute of which object was not found.
    pub fn set_place(&self, object: Value, name: Value) {
        self.obj.set(Some(object));
        self.name.set(Some(name));
    }

    /// The attribute that was not found.
    pub fn name(&self) -> Option<Value> {
        self.name.get()
    }

    /// The object that lacks the attribute.
    pub fn object(&self) -> Option<Value> {
        self.obj.get()
    }
}

/// Fills the class `AttributeError`.
pub(super) fn build_attribute_error(builder: &ClassBuilder<'_>) {
    AttributeError::build_methods(builder);
    let slots = builder.slots();
    slots.new.set(Some(new::<AttributeError>));
    slots.init.set(Some(|this, args| {
        base::set_args(this, args.positional());
        let [name, obj] = keyword_values("AttributeError", args, ["name", "obj"])?;
        let error = view::<AttributeError>(this);
        error.name.set(name.cloned());
        error.obj.set(obj.cloned());
        Ok(())
    }));
    object_members!(builder, AttributeError, name "name" "attribute name", obj "obj" "object");
}

#[methods]
impl AttributeError {
    /// The object is left out: most often it cannot be pickled.
    #[method("($self, /)", name = "__getstate__", nosig)]
    fn py_getstate(this: &Ref<AttributeError>) -> Value {
        let dict = own_dict(this.as_value()).map_or_else(Dict::new, |dict| dict.copy());
        if let Some(name) = this.name.get() {
            dict.set_str(id!("name"), name);
        }
        dict.set_str(id!("args"), this.base.args().into_value());
        dict.into_value()
    }

    #[method("($self, /)", name = "__reduce__", nosig)]
    fn py_reduce(this: &Ref<AttributeError>) -> Value {
        let state = AttributeError::py_getstate(this);
        Tuple::new(vec![
            this.class().to_value(),
            this.base.args().into_value(),
            state,
        ])
        .into_value()
    }
}
