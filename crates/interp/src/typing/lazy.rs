//! Values that a function of no arguments makes when they are first read.
//!
//! The function also takes the format of `annotationlib`; a value that was given rather than computed gets such a function
//! on demand, a [`ConstEvaluator`].

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Trace, Visitor};
use taipan_objects::generic_alias::push_argument_repr;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::StrBuilder;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int};

/// A value, a function that makes it, both or neither.
pub struct Lazy {
    value: Slot,
    evaluator: Slot,
}

impl Trace for Lazy {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.value.trace(visitor);
        self.evaluator.trace(visitor);
    }

    fn clear(&self) {
        self.value.set(None);
        self.evaluator.set(None);
    }
}

impl Lazy {
    /// Nothing yet.
    pub fn empty() -> Lazy {
        Lazy {
            value: Slot::empty(),
            evaluator: Slot::empty(),
        }
    }

    /// A value that is known, or nothing.
    pub fn known(value: Option<Value>) -> Lazy {
        Lazy {
            value: Slot::new(value),
            evaluator: Slot::empty(),
        }
    }

    /// What `function` will answer.
    pub fn evaluated_by(function: Value) -> Lazy {
        Lazy {
            value: Slot::empty(),
            evaluator: Slot::new(Some(function)),
        }
    }

    /// The value, computed now if need be; nothing if there is none.
    pub fn get(&self) -> PyResult<Option<Value>> {
        if let Some(value) = self.value.get() {
            return Ok(Some(value));
        }
        let Some(evaluator) = self.evaluator.get() else {
            return Ok(None);
        };
        let value = protocol::call0(&evaluator)?;
        self.value.set(Some(value.clone()));
        Ok(Some(value))
    }

    /// The value, if it is known already.
    pub fn peek(&self) -> Option<Value> {
        self.value.get()
    }

    /// The function that computes the value.
    pub fn function(&self) -> Option<Value> {
        self.evaluator.get()
    }

    /// A function that answers the value in any format; nothing if there is no value.
    pub fn evaluator(&self) -> Option<Value> {
        self.evaluator.get().or_else(|| {
            let value = self.value.get()?;
            Some(heap::new_object(ConstEvaluator::class(), ConstEvaluator { value }).into_value())
        })
    }

    /// The value will be computed by `function`.
    pub fn set_evaluator(&self, function: Value) {
        self.evaluator.set(Some(function));
    }
}

/// The payload of `_typing._ConstEvaluator`: a function that always answers the same value.
#[class(
    name = "_ConstEvaluator",
    module = "_typing",
    flags(NO_INSTANTIATION),
    doc = "Internal type for implementing evaluation functions."
)]
pub struct ConstEvaluator {
    value: Value,
}

/// `annotationlib.Format.STRING`.
const FORMAT_STRING: i32 = 4;

#[methods]
impl ConstEvaluator {
    #[slot(repr)]
    fn repr(&self) -> PyResult<String> {
        Ok(format!(
            "<constevaluator {}>",
            protocol::repr(&self.value)?.to_display()
        ))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        if !args.names().is_empty() {
            bail!(
                TypeError,
                "constevaluator.__call__() takes no keyword arguments"
            );
        }
        let [format] = args.positional() else {
            bail!(
                TypeError,
                "constevaluator.__call__() takes exactly 1 argument ({} given)",
                args.positional().len()
            );
        };
        if int::as_i32(format)? != FORMAT_STRING {
            return Ok(self.value.clone());
        }
        let mut text = StrBuilder::new();
        match self.value.downcast::<Tuple>() {
            Some(items) => {
                text.push_char('(');
                for (index, item) in items.as_slice().iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    push_argument_repr(&mut text, item)?;
                }
                text.push_char(')');
            }
            None => push_argument_repr(&mut text, &self.value)?,
        }
        Ok(Ref::into_value(text.finish()))
    }
}

pub(super) fn init_classes() {
    ConstEvaluator::init_class();
}
