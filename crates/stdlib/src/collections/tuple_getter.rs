//! `_tuplegetter`: the descriptors of named tuples' fields.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// Reads one item of a tuple.
#[class(name = "_tuplegetter", module = "collections")]
pub struct TupleGetter {
    #[untraced]
    index: isize,
    doc: Slot,
}

impl TupleGetter {
    /// The position of the item, for specialized attribute loads.
    pub fn index(&self) -> isize {
        self.index
    }
}

#[methods]
impl TupleGetter {
    #[new(nosig)]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<TupleGetter>> {
        let arguments = args.positional_between("_tuplegetter", 2, 2)?;
        let index = int::as_isize(&arguments[0])?;
        Ok(heap::new_object(
            class,
            TupleGetter {
                index,
                doc: Slot::new(Some(arguments[1].clone())),
            },
        ))
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<TupleGetter>,
        instance: Option<&Value>,
        _owner: Option<&Value>,
    ) -> PyResult<Value> {
        let Some(instance) = instance.filter(|instance| !instance.is_none()) else {
            return Ok(this.to_value());
        };
        let Some(tuple) = instance.downcast::<Tuple>() else {
            bail!(
                TypeError,
                "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' object",
                this.index,
                instance.class().name()
            );
        };
        match usize::try_from(this.index)
            .ok()
            .and_then(|index| tuple.get(index))
        {
            Some(item) => Ok(item),
            None => bail!(IndexError, "tuple index out of range"),
        }
    }

    #[slot(descr_set)]
    fn descr_set(&self, _instance: &Value, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(_) => bail!(AttributeError, "can't set attribute"),
            None => bail!(AttributeError, "can't delete attribute"),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<TupleGetter>) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        text.push_str(&format!("_tuplegetter({}, ", this.index));
        text.push_string(&*protocol::repr(&this.doc.get().unwrap_or(Value::NONE))?);
        text.push_char(')');
        Ok(text.finish())
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<TupleGetter>) -> Value {
        let arguments = Tuple::pair(
            int::new(this.index as i64),
            this.doc.get().unwrap_or(Value::NONE),
        );
        Tuple::pair(TupleGetter::class().to_value(), arguments.into_value()).into_value()
    }

    #[getter(member, name = "__doc__")]
    fn get_doc(&self) -> Value {
        self.doc.get().unwrap_or(Value::NONE)
    }

    #[setter(name = "__doc__")]
    fn set_doc(&self, doc: Option<&Value>) {
        self.doc.set(doc.cloned());
    }
}
