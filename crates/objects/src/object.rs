//! `object`: the class at the root.

use crate::args::Args;
use crate::class::{ClassFlags, Comparison, Payload, Type, generic_getattr, generic_setattr};
use crate::dict::Dict;
use crate::instance;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, id, runtime};
use taipan_macros::{class, methods};

/// The payload of plain objects: nothing.
#[class(name = "object", root, flags(BASETYPE), references = false)]
pub struct Object {}

impl Object {
    /// A new instance of a class whose layout is `object`'s.
    #[inline(always)]
    pub fn new_instance(class: &Ref<Type>) -> Ref<Object> {
        heap::new_object(class, Object {})
    }
}

/// Whether construction arguments are an error, CPython's rule for `object.__new__` and `object.__init__`.
fn overrides_new(class: &Type) -> bool {
    !class
        .slots
        .same_slot(crate::class::SlotId::new, &Object::class().slots)
}

fn overrides_init(class: &Type) -> bool {
    !class
        .slots
        .same_slot(crate::class::SlotId::init, &Object::class().slots)
}

#[cold]
fn abstract_instantiation(class: &Ref<Type>) -> PyResult<Value> {
    let methods = class
        .abstract_methods
        .get()
        .unwrap_or_else(|| Tuple::empty().into_value());
    let sorted = runtime::import_attribute("builtins", "sorted")?;
    let sorted = protocol::collect(&protocol::call1(&sorted, &methods)?)?;
    let names: Vec<String> = sorted
        .iter()
        .map(|name| protocol::str(name).map(|name| format!("'{}'", name.to_display())))
        .collect::<PyResult<_>>()?;
    let plural = if names.len() == 1 { "" } else { "s" };
    bail!(
        TypeError,
        "Can't instantiate abstract class {} without an implementation for abstract method{plural} {}",
        class.name(),
        names.join(", ")
    )
}

#[methods]
impl Object {
    #[slot(new)]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        if !args.is_empty() {
            if overrides_new(class) {
                bail!(
                    TypeError,
                    "object.__new__() takes exactly one argument (the type to instantiate)"
                );
            }
            if !overrides_init(class) {
                bail!(TypeError, "{}() takes no arguments", class.name());
            }
        }
        if class.has(ClassFlags::ABSTRACT) {
            return abstract_instantiation(class);
        }
        if !std::ptr::eq(class.layout(), Object::layout()) {
            bail!(
                TypeError,
                "object.__new__({0}) is not safe, use {0}.__new__()",
                class.name()
            );
        }
        Ok(Object::new_instance(class).into_value())
    }

    #[slot(init)]
    fn init(this: &Value, args: Args<'_>) -> PyResult<()> {
        if args.is_empty() {
            return Ok(());
        }
        let class = this.class();
        if overrides_init(class) {
            bail!(
                TypeError,
                "object.__init__() takes exactly one argument (the instance to initialize)"
            );
        }
        if !overrides_new(class) {
            bail!(
                TypeError,
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                class.name()
            );
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(this: &Value) -> PyResult<Value> {
        Ok(Str::new(&format!(
            "<{} object at {:#x}>",
            this.class().display_name(),
            this.id()
        ))
        .into_value())
    }

    #[slot(str)]
    fn str(this: &Value) -> PyResult<Value> {
        protocol::repr(this).map(Ref::into_value)
    }

    #[slot(hash)]
    fn hash(this: &Value) -> PyResult<i64> {
        Ok(crate::hash::hash_address(this.id()))
    }

    #[slot(richcompare)]
    fn richcompare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
        match comparison {
            Comparison::Eq if left.is(right) => Ok(Value::TRUE),
            Comparison::Ne => {
                // The inverse of `==`, asked of the class, so that defining `__eq__` is enough.
                let Some(compare) = left.class().slots.richcompare.get() else {
                    return Ok(Value::NOT_IMPLEMENTED);
                };
                let answer = compare(left, right, Comparison::Eq)?;
                if answer.is_not_implemented() {
                    return Ok(answer);
                }
                Ok(Value::from_bool(!protocol::is_true(&answer)?))
            }
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(getattr)]
    fn getattr(this: &Value, name: &Ref<Str>) -> PyResult<Value> {
        generic_getattr(this, name)
    }

    #[slot(setattr)]
    fn setattr(this: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
        generic_setattr(this, name, new)
    }

    #[getter(name = "__class__")]
    fn class_getter(this: &Value) -> Value {
        this.class().to_value()
    }

    #[setter(name = "__class__")]
    fn set_class(this: &Value, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            bail!(TypeError, "can't delete __class__ attribute")
        };
        let Some(class) = value.downcast::<Type>() else {
            bail!(
                TypeError,
                "__class__ must be set to a class, not '{}' object",
                value.class().name()
            );
        };
        instance::assign_class(this, class)
    }

    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[method("($self, format_spec, /)")]
    fn __format__(this: &Value, spec: &Ref<Str>) -> PyResult<Value> {
        if !spec.is_empty() {
            bail!(
                TypeError,
                "unsupported format string passed to {}.__format__",
                this.class().name()
            );
        }
        protocol::str(this).map(Ref::into_value)
    }

    /// Helper for pickle.
    #[method("($self, /)")]
    fn __reduce__(this: &Value) -> PyResult<Value> {
        reduce(this, 0)
    }

    /// Helper for pickle.
    #[method("($self, protocol, /)")]
    fn __reduce_ex__(this: &Value, protocol_number: i64) -> PyResult<Value> {
        let reduce_method = protocol::getattr_optional(this.class().as_value(), id!("__reduce__"))?;
        let own = Object::class().dict().get_str(id!("__reduce__"));
        if let (Some(method), Some(own)) = (reduce_method, own)
            && !method.is(&own)
        {
            return protocol::call_method(this, id!("__reduce__"), &[]);
        }
        reduce(this, protocol_number)
    }

    /// Helper for pickle.
    #[method("($self, /)")]
    fn __getstate__(this: &Value) -> PyResult<Value> {
        default_state(this)
    }

    /// Size of object in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(this: &Value) -> usize {
        instance::size_of_object(this)
    }

    /// Default dir() implementation.
    #[method("($self, /)")]
    fn __dir__(this: &Value) -> PyResult<Value> {
        protocol::default_dir(this).map(Ref::into_value)
    }

    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    #[classmethod("($cls, /)")]
    fn __init_subclass__(_class: &Value) {}

    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    #[classmethod("($cls, subclass, /)")]
    fn __subclasshook__(_class: &Value, _subclass: &Value) -> Value {
        Value::NOT_IMPLEMENTED
    }
}

fn reduce(this: &Value, protocol_number: i64) -> PyResult<Value> {
    let copyreg = runtime::import_module("copyreg")?;
    if protocol_number >= 2 {
        return reduce_new(this, &copyreg);
    }
    let reduce_ex = protocol::getattr(&copyreg, id!("_reduce_ex"))?;
    protocol::call2(&reduce_ex, this, &crate::int::new(protocol_number))
}

/// The protocol 2 form: `copyreg.__newobj__` with constructor arguments, state, list items and dict items.
fn reduce_new(this: &Value, copyreg: &Value) -> PyResult<Value> {
    let class = this.class();
    if class.slots.new.get().is_none() {
        bail!(TypeError, "cannot pickle '{}' object", class.name());
    }
    let (args, keywords) = new_arguments(this)?;
    let required = args.is_none()
        && !this.class().has(ClassFlags::LIST | ClassFlags::DICT)
        && !class.is_heap()
        && !std::ptr::eq(class.layout(), Object::layout());
    let state = object_state(this, required || needs_own_state(class, args.is_none()))?;
    let list_items = if class.has(ClassFlags::LIST) {
        protocol::iter(this)?
    } else {
        Value::NONE
    };
    let dict_items = if class.has(ClassFlags::DICT) {
        protocol::iter(&protocol::call_method(this, id!("items"), &[])?)?
    } else {
        Value::NONE
    };
    let (constructor, arguments) = match keywords {
        Some(keywords) if !keywords.is_empty() => {
            let constructor = protocol::getattr(copyreg, id!("__newobj_ex__"))?;
            // The tuple itself: a pickler knows it again if the state has it too.
            let args = args.unwrap_or_else(Tuple::empty).into_value();
            (
                constructor,
                Tuple::new(vec![class.to_value(), args, keywords.into_value()]),
            )
        }
        _ => {
            let constructor = protocol::getattr(copyreg, id!("__newobj__"))?;
            let mut all = vec![class.to_value()];
            all.extend_from_slice(args.as_ref().map_or(&[], |args| args.tail()));
            (constructor, Tuple::new(all))
        }
    };
    Ok(Tuple::new(vec![
        constructor,
        arguments.into_value(),
        state,
        list_items,
        dict_items,
    ])
    .into_value())
}

/// Whether instances hold native state that copying attributes would miss.
fn needs_own_state(class: &Ref<Type>, no_arguments: bool) -> bool {
    let data_layout = !std::ptr::eq(class.layout(), Object::layout());
    let known = class.has(ClassFlags::LIST | ClassFlags::DICT | ClassFlags::EXCEPTION);
    no_arguments && data_layout && !known
}

fn new_arguments(this: &Value) -> PyResult<(Option<Ref<Tuple>>, Option<Ref<Dict>>)> {
    if let Some(answer) = protocol::call_special_optional(this, id!("__getnewargs_ex__"), &[])? {
        let Some(pair) = answer.downcast::<Tuple>() else {
            bail!(
                TypeError,
                "__getnewargs_ex__ should return a tuple, not '{}'",
                answer.class().name()
            );
        };
        let [args, keywords] = pair.tail() else {
            bail!(
                ValueError,
                "__getnewargs_ex__ should return a tuple of length 2, not {}",
                pair.tail().len()
            );
        };
        let Some(args) = args.downcast::<Tuple>() else {
            bail!(
                TypeError,
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                args.class().name()
            );
        };
        let Some(keywords) = keywords.downcast::<Dict>() else {
            bail!(
                TypeError,
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                keywords.class().name()
            );
        };
        return Ok((Some(args.clone()), Some(keywords.clone())));
    }
    if let Some(answer) = protocol::call_special_optional(this, id!("__getnewargs__"), &[])? {
        let Some(args) = answer.downcast::<Tuple>() else {
            bail!(
                TypeError,
                "__getnewargs__ should return a tuple, not '{}'",
                answer.class().name()
            );
        };
        return Ok((Some(args.clone()), None));
    }
    Ok((None, None))
}

fn object_state(this: &Value, required: bool) -> PyResult<Value> {
    let method = protocol::getattr(this, id!("__getstate__"))?;
    let own = Object::class().dict().get_str(id!("__getstate__"));
    let found = this.class().lookup(id!("__getstate__"));
    let is_default = matches!((&own, &found), (Some(own), Some(found)) if own.is(found));
    if is_default && required {
        bail!(TypeError, "cannot pickle '{}' object", this.class().name());
    }
    protocol::call0(&method)
}

/// `object.__getstate__`: the attribute dict, or a pair of it and the `__slots__` values.
fn default_state(this: &Value) -> PyResult<Value> {
    let state = match instance::attributes(this) {
        Some(table) => match table.dict() {
            Some(dict) if dict.is_empty() => Value::NONE,
            Some(dict) => dict.into_value(),
            None => {
                let state = Dict::new();
                for (name, value) in table.items(this.class().shared_keys()) {
                    state.set_str(&name, value);
                }
                if state.is_empty() {
                    Value::NONE
                } else {
                    state.into_value()
                }
            }
        },
        None => protocol::getattr_optional(this, id!("__dict__"))?.unwrap_or(Value::NONE),
    };
    let copyreg = runtime::import_module("copyreg")?;
    let names = protocol::call1(
        &protocol::getattr(&copyreg, id!("_slotnames"))?,
        this.class().as_value(),
    )?;
    if names.is_none() {
        return Ok(state);
    }
    let slots = Dict::new();
    for name in protocol::collect(&names)? {
        let name_ref = protocol::attribute_name(&name)?.clone();
        if let Some(value) = protocol::getattr_optional(this, &name_ref)? {
            slots.set_str(&name_ref, value);
        }
    }
    if slots.is_empty() {
        return Ok(state);
    }
    Ok(Tuple::new(vec![state, slots.into_value()]).into_value())
}
