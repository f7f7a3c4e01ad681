//! `method_descriptor` and `classmethod_descriptor`: native functions in the dict of a builtin class.

use crate::args::Args;
use crate::class::{Payload, Type};
use crate::heap;
use crate::native::{
    FunctionDef, NativeFunction, call_native, check_instance, qualified_name, reduce_by_getattr,
};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use taipan_macros::{class, methods};

/// The payload of methods of builtin classes.
#[class(
    name = "method_descriptor",
    flags(METHOD_DESCRIPTOR, NO_INSTANTIATION),
    references = true
)]
pub struct MethodDescriptor {
    owner: Ref<Type>,
    #[untraced]
    def: &'static FunctionDef,
}

impl MethodDescriptor {
    /// A method of `owner`.
    pub fn new(owner: &Ref<Type>, def: &'static FunctionDef) -> Value {
        heap::new_object(
            MethodDescriptor::class(),
            MethodDescriptor {
                owner: owner.clone(),
                def,
            },
        )
        .into_value()
    }

    /// What the method is made from.
    #[inline(always)]
    pub fn def(&self) -> &'static FunctionDef {
        self.def
    }

    /// The class that has the method.
    #[inline(always)]
    pub fn owner(&self) -> &Ref<Type> {
        &self.owner
    }

    /// Whether the method can be called on `value`.
    #[inline(always)]
    pub fn applies_to(&self, value: &Value) -> bool {
        let class = value.class();
        class.is(&self.owner) || class.is_subclass(&self.owner)
    }
}

#[methods]
impl MethodDescriptor {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let Some(receiver) = args.positional().first() else {
            let owner = self.owner.qualname_object();
            bail!(
                TypeError,
                "unbound method {}.{}() needs an argument",
                owner.to_display(),
                self.def.name
            );
        };
        check_instance(&self.owner, self.def.name, receiver)?;
        call_native(self.def, receiver, args.without_first())
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
        check_instance(&this.owner, this.def.name, instance)?;
        Ok(NativeFunction::bound(this.def, instance.clone()).into_value())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!(
            "<method '{}' of '{}' objects>",
            self.def.name,
            self.owner.name()
        )
    }

    #[getter(name = "__objclass__", member)]
    fn objclass(&self) -> &Ref<Type> {
        &self.owner
    }

    #[getter(name = "__name__", member)]
    fn name(&self) -> &'static str {
        self.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        qualified_name(&self.owner, self.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(&self) -> Option<&'static str> {
        self.def.doc
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> Option<&'static str> {
        self.def.signature
    }

    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        reduce_by_getattr(self.owner.to_value(), self.def.name)
    }
}

/// The payload of class methods of builtin classes.
#[class(
    name = "classmethod_descriptor",
    flags(NO_INSTANTIATION),
    references = true
)]
pub struct ClassMethodDescriptor {
    owner: Ref<Type>,
    #[untraced]
    def: &'static FunctionDef,
}

impl ClassMethodDescriptor {
    /// A class method of `owner`.
    pub fn new(owner: &Ref<Type>, def: &'static FunctionDef) -> Value {
        heap::new_object(
            ClassMethodDescriptor::class(),
            ClassMethodDescriptor {
                owner: owner.clone(),
                def,
            },
        )
        .into_value()
    }

    /// What the method is made from.
    pub fn def(&self) -> &'static FunctionDef {
        self.def
    }

    fn check_class<'a>(&self, class: &'a Value) -> PyResult<&'a Ref<Type>> {
        let (name, owner) = (self.def.name, self.owner.name());
        let Some(class) = class.downcast::<Type>() else {
            bail!(
                TypeError,
                "descriptor '{name}' for type '{owner}' needs a type, not a '{}' as arg 2",
                class.class().name()
            );
        };
        if !class.is_subclass(&self.owner) {
            bail!(
                TypeError,
                "descriptor '{name}' requires a subtype of '{owner}' but received '{}'",
                class.name()
            );
        }
        Ok(class)
    }
}

#[methods]
impl ClassMethodDescriptor {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let Some(class) = args.positional().first() else {
            bail!(
                TypeError,
                "descriptor '{}' of '{}' object needs an argument",
                self.def.name,
                self.owner.name()
            );
        };
        let class = self.check_class(class)?;
        call_native(self.def, class.as_value(), args.without_first())
    }

    #[slot(descr_get)]
    fn descr_get(&self, instance: Option<&Value>, owner: Option<&Value>) -> PyResult<Value> {
        let class = match (owner, instance) {
            (Some(owner), _) => owner.clone(),
            (None, Some(instance)) => instance.class().to_value(),
            (None, None) => {
                bail!(
                    TypeError,
                    "descriptor '{}' for type '{}' needs either an object or a type",
                    self.def.name,
                    self.owner.name()
                )
            }
        };
        self.check_class(&class)?;
        Ok(NativeFunction::bound(self.def, class).into_value())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!(
            "<method '{}' of '{}' objects>",
            self.def.name,
            self.owner.name()
        )
    }

    #[getter(name = "__objclass__", member)]
    fn objclass(&self) -> &Ref<Type> {
        &self.owner
    }

    #[getter(name = "__name__", member)]
    fn name(&self) -> &'static str {
        self.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        qualified_name(&self.owner, self.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(&self) -> Option<&'static str> {
        self.def.doc
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> Option<&'static str> {
        self.def.signature
    }

    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        reduce_by_getattr(self.owner.to_value(), self.def.name)
    }
}
