//! `wrapper_descriptor` and `method-wrapper`: the special methods of builtin classes, over their slots.

use crate::args::Args;
use crate::class::{Comparison, Dunder, Payload, Type};
use crate::hash;
use crate::heap;
use crate::native::{check_instance, qualified_name, reduce_by_getattr};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use taipan_macros::{class, methods};

/// The payload of special methods of builtin classes.
#[class(
    name = "wrapper_descriptor",
    flags(METHOD_DESCRIPTOR, NO_INSTANTIATION),
    references = true
)]
pub struct SlotWrapper {
    owner: Ref<Type>,
    #[untraced]
    dunder: &'static Dunder,
}

impl SlotWrapper {
    /// The special method `dunder` of `owner`, whose slot is filled.
    pub fn new(owner: &Ref<Type>, dunder: &'static Dunder) -> Value {
        heap::new_object(
            SlotWrapper::class(),
            SlotWrapper {
                owner: owner.clone(),
                dunder,
            },
        )
        .into_value()
    }

    /// The special method.
    #[inline(always)]
    pub fn dunder(&self) -> &'static Dunder {
        self.dunder
    }

    /// The class whose slot is called.
    #[inline(always)]
    pub fn owner(&self) -> &Ref<Type> {
        &self.owner
    }
}

#[methods]
impl SlotWrapper {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let Some(receiver) = args.positional().first() else {
            bail!(
                TypeError,
                "descriptor '{}' of '{}' object needs an argument",
                self.dunder.name,
                self.owner.name()
            );
        };
        if !receiver.class().is_subclass(&self.owner) {
            let (name, owner) = (self.dunder.name, self.owner.name());
            bail!(
                TypeError,
                "descriptor '{name}' requires a '{owner}' object but received a '{}'",
                receiver.class().name()
            );
        }
        (self.dunder.call)(&self.owner, receiver, args.without_first())
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<Self>,
        instance: Option<&Value>,
        _owner: Option<&Value>,
    ) -> PyResult<Value> {
        let Some(instance) = instance else {
            return Ok(this.to_value());
        };
        check_instance(&this.owner, this.dunder.name, instance)?;
        let wrapper = MethodWrapper {
            wrapper: this.clone(),
            receiver: instance.clone(),
        };
        Ok(heap::new_object(MethodWrapper::class(), wrapper).into_value())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!(
            "<slot wrapper '{}' of '{}' objects>",
            self.dunder.name,
            self.owner.name()
        )
    }

    #[getter(name = "__objclass__", member)]
    fn objclass(&self) -> &Ref<Type> {
        &self.owner
    }

    #[getter(name = "__name__", member)]
    fn name(&self) -> &'static str {
        self.dunder.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        qualified_name(&self.owner, self.dunder.name)
    }

    #[getter(name = "__doc__")]
    fn doc(&self) -> &'static str {
        self.dunder.doc
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        self.dunder.signature
    }

    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        reduce_by_getattr(self.owner.to_value(), self.dunder.name)
    }
}

/// The payload of a special method bound to an instance.
#[class(name = "method-wrapper", flags(NO_INSTANTIATION), references = true)]
pub struct MethodWrapper {
    wrapper: Ref<SlotWrapper>,
    receiver: Value,
}

impl MethodWrapper {
    /// The unbound special method.
    pub fn wrapper(&self) -> &Ref<SlotWrapper> {
        &self.wrapper
    }

    /// What the method is bound to.
    pub fn receiver(&self) -> &Value {
        &self.receiver
    }
}

#[methods]
impl MethodWrapper {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        (self.wrapper.dunder.call)(&self.wrapper.owner, &self.receiver, args)
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let (name, receiver) = (self.wrapper.dunder.name, &self.receiver);
        format!(
            "<method-wrapper '{name}' of {} object at {:#x}>",
            receiver.class().name(),
            receiver.id()
        )
    }

    #[slot(richcompare)]
    fn richcompare(&self, other: &Value, comparison: Comparison) -> Value {
        let Some(other) = other.downcast::<MethodWrapper>() else {
            return Value::NOT_IMPLEMENTED;
        };
        let same = self.wrapper.is(&other.wrapper) && self.receiver.is(&other.receiver);
        match comparison {
            Comparison::Eq => Value::from_bool(same),
            Comparison::Ne => Value::from_bool(!same),
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[slot(hash)]
    fn hash(&self) -> i64 {
        hash::combine_addresses(self.receiver.id(), self.wrapper.as_value().id())
    }

    #[getter(name = "__self__", member)]
    fn self_getter(&self) -> &Value {
        &self.receiver
    }

    #[getter(name = "__objclass__")]
    fn objclass(&self) -> &Ref<Type> {
        &self.wrapper.owner
    }

    #[getter(name = "__name__")]
    fn name(&self) -> &'static str {
        self.wrapper.dunder.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        qualified_name(&self.wrapper.owner, self.wrapper.dunder.name)
    }

    #[getter(name = "__doc__")]
    fn doc(&self) -> &'static str {
        self.wrapper.dunder.doc
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        self.wrapper.dunder.signature
    }

    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        reduce_by_getattr(self.receiver.clone(), self.wrapper.dunder.name)
    }
}
