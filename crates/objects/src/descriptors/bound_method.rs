//! `method`: a function together with the instance it was found on.

use crate::args::Args;
use crate::class::{Comparison, Type};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{hash, heap, id};
use taipan_macros::{class, methods};

/// The payload of `types.MethodType`.
#[class(name = "method", flags(WEAKREFABLE))]
pub struct BoundMethod {
    /// What is called.
    pub function: Value,
    /// Its first argument.
    pub receiver: Value,
}

impl BoundMethod {
    /// Binds `function` to `receiver`.
    #[inline(always)]
    pub fn new(function: Value, receiver: Value) -> Ref<BoundMethod> {
        heap::new_exact(BoundMethod { function, receiver })
    }
}

#[methods]
impl BoundMethod {
    #[slot(new)]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let values = args.positional_between("method", 2, 2)?;
        if !protocol::is_callable(&values[0]) {
            bail!(TypeError, "first argument must be callable");
        }
        if values[1].is_none() {
            bail!(TypeError, "instance must not be None");
        }
        Ok(BoundMethod::new(values[0].clone(), values[1].clone()).into_value())
    }

    #[slot(call)]
    fn call(this: &Ref<BoundMethod>, args: Args<'_>) -> PyResult<Value> {
        protocol::call_prepended(&this.function, &this.receiver, args)
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Value,
        _instance: Option<&Value>,
        _class: Option<&Value>,
    ) -> PyResult<Value> {
        // Already bound.
        Ok(this.clone())
    }

    #[slot(getattr)]
    fn getattr(this: &Ref<BoundMethod>, name: &Ref<Str>) -> PyResult<Value> {
        // What a method lacks, its function has.
        if this.class().lookup(name).is_some() {
            return crate::class::generic_getattr(this.as_value(), name);
        }
        protocol::getattr(&this.function, name)
    }

    #[slot(repr)]
    fn repr(this: &Ref<BoundMethod>) -> PyResult<Value> {
        let name = match protocol::getattr_optional(&this.function, id!("__qualname__"))? {
            Some(name) => Some(name),
            None => protocol::getattr_optional(&this.function, id!("__name__"))?,
        };
        let name = name.and_then(|name| {
            name.downcast::<Str>()
                .map(|name| name.to_display().into_owned())
        });
        let receiver = protocol::repr(&this.receiver)?;
        let text = format!(
            "<bound method {} of {}>",
            name.as_deref().unwrap_or("?"),
            receiver.to_display()
        );
        Ok(Str::new(&text).into_value())
    }

    #[slot(hash)]
    fn hash(this: &Ref<BoundMethod>) -> PyResult<i64> {
        let receiver = hash::hash_address(this.receiver.id());
        Ok(hash::avoid_minus_one(
            receiver ^ protocol::hash(&this.function)?,
        ))
    }

    #[slot(richcompare)]
    fn richcompare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
        let (Some(left), Some(right)) = (
            left.downcast::<BoundMethod>(),
            right.downcast::<BoundMethod>(),
        ) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let same =
            left.receiver.is(&right.receiver) && protocol::equal(&left.function, &right.function)?;
        match comparison {
            Comparison::Eq => Ok(Value::from_bool(same)),
            Comparison::Ne => Ok(Value::from_bool(!same)),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    /// the function (or other callable) implementing a method
    #[getter(name = "__func__")]
    fn func(this: &Ref<BoundMethod>) -> Value {
        this.function.clone()
    }

    /// the instance to which a method is bound
    #[getter(name = "__self__")]
    fn self_getter(this: &Ref<BoundMethod>) -> Value {
        this.receiver.clone()
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<BoundMethod>) -> PyResult<Value> {
        protocol::getattr(&this.function, id!("__doc__"))
    }

    #[method("($self, /)")]
    fn __reduce__(this: &Ref<BoundMethod>) -> PyResult<Value> {
        let getattr = crate::runtime::builtin("getattr")?;
        let name = protocol::getattr(&this.function, id!("__name__"))?;
        let args = Tuple::new(vec![this.receiver.clone(), name]).into_value();
        Ok(Tuple::new(vec![getattr, args]).into_value())
    }
}
