//! `cell`: the variable that a closure and its enclosing function share.

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{Comparison, Type};
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::value::{Ref, Value};
use taipan_macros::{class, methods};

/// The payload of `types.CellType`.
#[class(name = "cell")]
pub struct CellObject {
    /// What the variable holds; nothing when it is unbound.
    pub contents: Slot,
}

impl CellObject {
    /// A cell with the given contents.
    #[inline(always)]
    pub fn new(contents: Option<Value>) -> Ref<CellObject> {
        heap::new_object(
            <CellObject as crate::class::Payload>::class(),
            CellObject {
                contents: Slot::new(contents),
            },
        )
    }
}

#[methods]
impl CellObject {
    #[slot(new)]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let values = args.positional_between("cell", 0, 1)?;
        Ok(CellObject::new(values.first().cloned()).into_value())
    }

    #[slot(repr)]
    fn repr(this: &Ref<CellObject>) -> PyResult<Value> {
        let id = this.as_value().id();
        let text = match this.contents.get() {
            Some(value) => format!(
                "<cell at {id:#x}: {} object at {:#x}>",
                value.class().name(),
                value.id()
            ),
            None => format!("<cell at {id:#x}: empty>"),
        };
        Ok(crate::str::Str::new(&text).into_value())
    }

    #[slot(richcompare)]
    fn richcompare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
        let (Some(left), Some(right)) = (
            left.downcast::<CellObject>(),
            right.downcast::<CellObject>(),
        ) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        match (left.contents.get(), right.contents.get()) {
            (Some(left), Some(right)) => protocol::compare(&left, &right, comparison),
            (left, right) => Ok(Value::from_bool(
                comparison.holds(left.is_some().cmp(&right.is_some())),
            )),
        }
    }

    #[getter]
    fn cell_contents(this: &Ref<CellObject>) -> PyResult<Value> {
        match this.contents.get() {
            Some(value) => Ok(value),
            None => bail!(ValueError, "cell is empty"),
        }
    }

    #[setter(name = "cell_contents")]
    fn set_cell_contents(this: &Ref<CellObject>, value: Option<&Value>) -> PyResult<()> {
        this.contents.set(value.cloned());
        Ok(())
    }
}
