//! `defaultdict`: a dict that makes the values of missing keys.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions;
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::heap;
use taipan_objects::id;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// The payload: a dict and what makes values.
#[class(
    name = "defaultdict",
    module = "collections",
    doc = "defaultdict(default_factory=None, /, [...]) --> dict that makes the values of missing keys\n\nWhen d[key] finds no key, default_factory() is called for its value. The other arguments are those of dict.",
    extends = Dict,
    flags(BASETYPE)
)]
#[repr(C)]
pub struct DefaultDict {
    dict: Dict,
    factory: Slot,
}

fn as_dict(this: &Ref<DefaultDict>) -> &Ref<Dict> {
    this.as_value()
        .downcast::<Dict>()
        .expect("a defaultdict begins with a dict")
}

/// A dict of the same class with the same factory, filled from `contents`.
fn alike(this: &Ref<DefaultDict>, contents: &Value) -> PyResult<Value> {
    let factory = this.factory.get().unwrap_or(Value::NONE);
    protocol::call2(this.class().as_value(), &factory, contents)
}

#[methods]
impl DefaultDict {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<DefaultDict>> {
        Ok(heap::new_object(
            class,
            DefaultDict {
                dict: Dict::default(),
                factory: Slot::empty(),
            },
        ))
    }

    #[init(nosig)]
    fn init(this: &Ref<DefaultDict>, args: Args<'_>) -> PyResult<()> {
        let mut rest = args;
        let mut factory = None;
        if let Some(first) = args.positional().first() {
            if !first.is_none() && !protocol::is_callable(first) {
                bail!(TypeError, "first argument must be callable or None");
            }
            factory = Some(first.clone());
            rest = args.without_first();
        }
        this.factory
            .set(factory.filter(|factory| !factory.is_none()));
        as_dict(this).update_arguments("dict", rest)
    }

    #[slot(repr)]
    fn repr(this: &Ref<DefaultDict>) -> PyResult<Ref<Str>> {
        let contents = Dict::repr_of(as_dict(this))?;
        let mut text = StrBuilder::new();
        text.push_str(&this.class().name_object().to_display());
        text.push_char('(');
        match this.factory.get() {
            None => text.push_str("None"),
            Some(factory) => match protocol::repr_guard(&factory) {
                Some(_guard) => text.push_string(&*protocol::repr(&factory)?),
                None => text.push_str("..."),
            },
        }
        text.push_str(", ");
        text.push_string(&contents);
        text.push_char(')');
        Ok(text.finish())
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        let (this, other) = match (
            left.downcast::<DefaultDict>(),
            right.downcast::<DefaultDict>(),
        ) {
            (Some(this), _) => (this, right),
            (None, Some(this)) => (this, left),
            (None, None) => return Ok(Value::NOT_IMPLEMENTED),
        };
        if other.downcast::<Dict>().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let merged = alike(this, left)?;
        let Some(dict) = merged.downcast::<Dict>() else {
            bail!(
                TypeError,
                "expected a dict, got '{}'",
                merged.class().name()
            );
        };
        dict.update_with(right)?;
        Ok(merged)
    }

    /// Make the value of a missing key; d[key] calls this.
    #[method("($self, object, /)")]
    fn __missing__(this: &Ref<DefaultDict>, object: &Value) -> PyResult<Value> {
        let Some(factory) = this.factory.get() else {
            return Err(exceptions::key_error(object));
        };
        let value = protocol::call0(&factory)?;
        protocol::setitem(this.as_value(), object, &value)?;
        Ok(value)
    }

    /// A copy with the same default_factory.
    #[method]
    fn copy(this: &Ref<DefaultDict>) -> PyResult<Value> {
        alike(this, this.as_value())
    }

    /// A copy with the same default_factory.
    #[method]
    fn __copy__(this: &Ref<DefaultDict>) -> PyResult<Value> {
        alike(this, this.as_value())
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<DefaultDict>) -> PyResult<Value> {
        let arguments = match this.factory.get() {
            Some(factory) => Tuple::from_array([factory]),
            None => Tuple::empty(),
        };
        let items = protocol::iter(&protocol::call_method(this.as_value(), id!("items"), &[])?)?;
        let class = this.class().to_value();
        Ok(Tuple::from_array([
            class,
            arguments.into_value(),
            Value::NONE,
            Value::NONE,
            items,
        ])
        .into_value())
    }

    /// Describe a defaultdict of keys and values of some types.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }

    /// What makes the values of missing keys.
    #[getter(member)]
    fn default_factory(&self) -> Value {
        self.factory.get().unwrap_or(Value::NONE)
    }

    #[setter]
    fn set_default_factory(&self, factory: Option<&Value>) {
        self.factory
            .set(factory.cloned().filter(|factory| !factory.is_none()));
    }
}
