//! `types.SimpleNamespace`: an object that is its attributes.

use taipan_macros::{class, methods};

use crate::args::Args;
use crate::class::{Comparison, Payload, Type};
use crate::dict::Dict;
use crate::heap;
use crate::instance;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of namespaces: nothing; the attributes are the instance's.
#[class(
    name = "SimpleNamespace",
    module = "types",
    doc = "An object whose attributes are what it was made with, and what was set since.",
    flags(BASETYPE, ATTRIBUTES, WEAKREFABLE),
    references = true
)]
pub struct SimpleNamespace {}

impl SimpleNamespace {
    /// A new namespace with these attributes.
    pub fn new(attributes: &[(&Ref<Str>, Value)]) -> Ref<SimpleNamespace> {
        let namespace = heap::new_object(SimpleNamespace::class(), SimpleNamespace {});
        for (name, value) in attributes {
            instance::set_attribute(namespace.as_value(), name, Some(value.clone()));
        }
        namespace
    }
}

/// The instance's dict.
fn attributes_of(value: &Value) -> Ref<Dict> {
    match instance::attributes(value) {
        Some(table) => table.ensure_dict(value.class()),
        None => Dict::new(),
    }
}

#[methods]
impl SimpleNamespace {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<SimpleNamespace>> {
        Ok(heap::new_object(class, SimpleNamespace {}))
    }

    #[init("(mapping_or_iterable=(), /, **kwargs)")]
    fn init(this: &Ref<SimpleNamespace>, args: Args<'_>) -> PyResult<()> {
        crate::args::check_count("SimpleNamespace", args.positional().len(), 0, 1)?;
        let given = Dict::new();
        if let [argument] = args.positional() {
            match argument.downcast_exact::<Dict>() {
                Some(dict) => given.update(dict)?,
                None => given.update_with(argument)?,
            }
            if given
                .keys_snapshot()
                .iter()
                .any(|key| key.downcast::<Str>().is_none())
            {
                bail!(TypeError, "keywords must be strings");
            }
        }
        for (name, value) in args.keywords() {
            given.set_str(name, value.clone());
        }
        if given.is_empty() {
            return Ok(());
        }
        attributes_of(this.as_value()).update(&given)
    }

    #[slot(repr)]
    fn repr(this: &Ref<SimpleNamespace>) -> PyResult<Ref<Str>> {
        let class = this.class();
        let name = if class.is(SimpleNamespace::class()) {
            "namespace".to_owned()
        } else {
            class.name_object().to_display().into_owned()
        };
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new(&format!("{name}(...)")));
        };
        let mut text = StrBuilder::new();
        text.push_str(&name);
        text.push_char('(');
        let mut is_first = true;
        for (key, value) in attributes_of(this.as_value()).iter_snapshot() {
            let Some(key) = key.downcast::<Str>().filter(|key| !key.is_empty()) else {
                continue;
            };
            if !is_first {
                text.push_str(", ");
            }
            is_first = false;
            text.push_string(key);
            text.push_char('=');
            text.push_string(&*protocol::repr(&value)?);
        }
        text.push_char(')');
        Ok(text.finish())
    }

    #[slot(richcompare)]
    fn compare(
        this: &Ref<SimpleNamespace>,
        other: &Value,
        comparison: Comparison,
    ) -> PyResult<Value> {
        if other.downcast::<SimpleNamespace>().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let (left, right) = (attributes_of(this.as_value()), attributes_of(other));
        protocol::compare(left.as_value(), right.as_value(), comparison)
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<SimpleNamespace>) -> Value {
        let attributes = attributes_of(this.as_value()).into_value();
        Tuple::from_array([
            this.class().to_value(),
            Tuple::empty().into_value(),
            attributes,
        ])
        .into_value()
    }

    /// A copy of the namespace with some attributes changed.
    #[method("($self, /, **changes)")]
    fn __replace__(this: &Ref<SimpleNamespace>, args: Args<'_>) -> PyResult<Value> {
        if !args.positional().is_empty() {
            bail!(TypeError, "__replace__() takes no positional arguments");
        }
        let copy = protocol::call0(this.class().as_value())?;
        let Some(_) = copy.downcast::<SimpleNamespace>() else {
            bail!(
                TypeError,
                "expected a SimpleNamespace, got '{}'",
                copy.class().name()
            );
        };
        let attributes = attributes_of(&copy);
        attributes.update(&attributes_of(this.as_value()))?;
        for (name, value) in args.keywords() {
            attributes.set_str(name, value.clone());
        }
        Ok(copy)
    }
}
