//! `builtin_function_or_method`: a native function with what it is bound to.

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{ClassFlags, Comparison, Payload, SlotId, Type};
use crate::hash;
use crate::heap;
use crate::module::Module;
use crate::native::{Binding, FunctionDef, NativeCode, call_native, reduce_by_getattr};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use taipan_macros::{class, methods};

/// The payload of native functions and bound native methods.
#[class(
    name = "builtin_function_or_method",
    flags(WEAKREFABLE, NO_INSTANTIATION),
    references = true
)]
pub struct NativeFunction {
    #[untraced]
    def: &'static FunctionDef,
    /// `__self__`: an instance, a class, a module, or None.
    receiver: Value,
    /// `__module__`, if it was set or comes from the module the function belongs to.
    module: Slot,
}

/// `__new__` of every builtin class; the receiver is the class.
static NEW: FunctionDef = FunctionDef {
    name: "__new__",
    signature: Some("($type, *args, **kwargs)"),
    doc: Some("Create and return a new object.  See help(type) for accurate signature."),
    code: NativeCode::Keywords(call_new),
    binding: Binding::Static,
};

impl NativeFunction {
    /// A function bound to `receiver`.
    #[inline]
    pub fn bound(def: &'static FunctionDef, receiver: Value) -> Ref<NativeFunction> {
        heap::new_object(
            NativeFunction::class(),
            NativeFunction {
                def,
                receiver,
                module: Slot::empty(),
            },
        )
    }

    /// A function of a module.
    pub fn of_module(def: &'static FunctionDef, module: &Ref<Module>) -> Ref<NativeFunction> {
        let name = module.name().map(Ref::into_value);
        let function = NativeFunction {
            def,
            receiver: module.to_value(),
            module: Slot::new(name),
        };
        heap::new_object(NativeFunction::class(), function)
    }

    /// `__new__` for the dict of a builtin class.
    pub fn new_for_class(class: &Ref<Type>) -> Value {
        NativeFunction::bound(&NEW, class.to_value()).into_value()
    }

    /// The class whose `__new__` this is.
    pub fn new_owner(&self) -> Option<Ref<Type>> {
        if std::ptr::eq(self.def, &NEW) {
            self.receiver.downcast::<Type>().cloned()
        } else {
            None
        }
    }

    /// What the function is made from.
    #[inline(always)]
    pub fn def(&self) -> &'static FunctionDef {
        self.def
    }

    /// `__self__`, unless it is None.
    #[inline(always)]
    pub fn receiver(&self) -> Option<&Value> {
        Some(&self.receiver).filter(|receiver| !receiver.is_none())
    }

    /// Whether the function belongs to a module or to nothing.
    fn is_free(&self) -> bool {
        self.receiver.is_none() || self.receiver.downcast::<Module>().is_some()
    }
}

/// `owner.__new__(class, …)`, checked as CPython's `tp_new_wrapper` checks it.
fn call_new(owner: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some(owner) = owner.downcast::<Type>() else {
        bail!(
            SystemError,
            "__new__() called with a receiver that is not a type"
        );
    };
    let Some(first) = args.positional().first() else {
        bail!(
            TypeError,
            "{}.__new__(): not enough arguments",
            owner.name()
        );
    };
    let Some(class) = first.downcast::<Type>() else {
        bail!(
            TypeError,
            "{}.__new__(X): X is not a type object ({})",
            owner.name(),
            first.class().name()
        );
    };
    if !class.is_subclass(owner) {
        bail!(
            TypeError,
            "{}.__new__({}): {1} is not a subtype of {0}",
            owner.name(),
            class.name()
        );
    }
    // The nearest builtin base decides how instances are made: `object.__new__` cannot make a list.
    let mut builtin = class.clone();
    while builtin.has(ClassFlags::HEAP)
        && let Some(base) = builtin.base()
    {
        builtin = base;
    }
    if !builtin.slots.same_slot(SlotId::new, &owner.slots) {
        bail!(
            TypeError,
            "{}.__new__({}) is not safe, use {}.__new__()",
            owner.name(),
            class.name(),
            builtin.name()
        );
    }
    match owner.slots.new.get() {
        Some(new) => new(class, args.without_first()),
        None => bail!(
            TypeError,
            "cannot create '{}' instances",
            class.display_name()
        ),
    }
}

#[methods]
impl NativeFunction {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        call_native(self.def, &self.receiver, args)
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        if self.is_free() {
            return format!("<built-in function {}>", self.def.name);
        }
        format!(
            "<built-in method {} of {} object at {:#x}>",
            self.def.name,
            self.receiver.class().name(),
            self.receiver.id()
        )
    }

    #[slot(richcompare)]
    fn richcompare(&self, other: &Value, comparison: Comparison) -> Value {
        let Some(other) = other.downcast::<NativeFunction>() else {
            return Value::NOT_IMPLEMENTED;
        };
        let same = std::ptr::eq(self.def, other.def) && self.receiver.is(&other.receiver);
        match comparison {
            Comparison::Eq => Value::from_bool(same),
            Comparison::Ne => Value::from_bool(!same),
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[slot(hash)]
    fn hash(&self) -> i64 {
        hash::combine_addresses(self.receiver.id(), std::ptr::from_ref(self.def) as u64)
    }

    /// `__name__`.
    #[getter(name = "__name__")]
    pub fn name(&self) -> &'static str {
        self.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        if self.is_free() {
            return Str::intern(self.def.name);
        }
        let owner = self
            .receiver
            .downcast::<Type>()
            .unwrap_or(self.receiver.class());
        super::qualified_name(owner, self.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(&self) -> Option<&'static str> {
        self.def.doc
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> Option<&'static str> {
        self.def.signature
    }

    #[getter(name = "__self__")]
    fn self_getter(&self) -> Value {
        self.receiver.clone()
    }

    #[getter(name = "__module__", member)]
    fn module(&self) -> Option<Value> {
        self.module.get()
    }

    #[setter(name = "__module__", member)]
    fn set_module(&self, value: Option<&Value>) {
        self.module.set(Some(value.cloned().unwrap_or(Value::NONE)));
    }

    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        if self.is_free() {
            return Ok(Str::intern(self.def.name).into_value());
        }
        reduce_by_getattr(self.receiver.clone(), self.def.name)
    }
}
