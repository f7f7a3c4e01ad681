//! Native functions and the descriptors of builtin classes.
//!
//! A [`FunctionDef`] is a Rust function as Python sees it: name, signature text, docstring, and code in one of four
//! shapes. Put on a class it becomes a descriptor, bound or in a module a [`NativeFunction`]. Invariant: the code of a
//! method is called only with an instance of the class that has it, because the thunks view their receiver unchecked:
//! every descriptor checks, and [`call_native`] trusts its caller.

mod attributes;
mod convert;
mod function;
mod method;
mod module_def;
mod result;
mod slot_wrapper;

pub use attributes::{GetSetDescriptor, MemberDescriptor, getset_descriptor};
pub use convert::{
    ArgInfo, ArgPlace, FromArg, SliceIndex, class_receiver, given, module_receiver, optional,
    optional_or_none,
};
pub use function::NativeFunction;
pub use method::{ClassMethodDescriptor, MethodDescriptor};
pub use module_def::{ConstantDef, ModuleDef, create_module, fill_module};
pub use result::{IntoNext, IntoOutcome, IntoResult, constant_value};
pub use slot_wrapper::{MethodWrapper, SlotWrapper};

use crate::args::{Args, check_count};
use crate::class::{Payload, SlotId, Type};
use crate::module::Module;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::value::{Ref, Value};

/// The code of a native function, by how it takes its arguments. The first parameter is the receiver: an instance, a
/// class, a module or None.
#[derive(Clone, Copy)]
pub enum NativeCode {
    /// No arguments.
    NoArgs(fn(&Value) -> PyResult<Value>),
    /// One positional argument.
    One(fn(&Value, &Value) -> PyResult<Value>),
    /// Positional arguments, whose number the code checks.
    Positional(fn(&Value, &[Value]) -> PyResult<Value>),
    /// Any arguments.
    Keywords(fn(&Value, Args<'_>) -> PyResult<Value>),
}

/// What a function belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// Instances of a class.
    Method,
    /// A class and its subclasses.
    Class,
    /// A class, without receiving it.
    Static,
    /// A module.
    Module,
}

/// A native function as its Rust source declares it.
pub struct FunctionDef {
    /// `__name__`.
    pub name: &'static str,
    /// `__text_signature__`.
    pub signature: Option<&'static str>,
    /// `__doc__`.
    pub doc: Option<&'static str>,
    /// What runs.
    pub code: NativeCode,
    /// What it belongs to.
    pub binding: Binding,
}

/// A computed attribute as its Rust source declares it.
pub struct GetSetDef {
    /// `__name__`.
    pub name: &'static str,
    /// `__doc__`.
    pub doc: Option<&'static str>,
    /// Reads the attribute.
    pub get: Option<fn(&Value) -> PyResult<Value>>,
    /// Writes the attribute, or deletes it where there is no value.
    pub set: Option<fn(&Value, Option<&Value>) -> PyResult<()>>,
    /// Whether it shows itself as a `member_descriptor`, as CPython's attributes that are plain fields do.
    pub member: bool,
}

/// Allocates the classes of native functions and descriptors, whose instances every class has.
pub(crate) fn allocate_classes() {
    NativeFunction::allocate_class();
    MethodDescriptor::allocate_class();
    ClassMethodDescriptor::allocate_class();
    GetSetDescriptor::allocate_class();
    MemberDescriptor::allocate_class();
    SlotWrapper::allocate_class();
    MethodWrapper::allocate_class();
}

/// Completes the classes of native functions and descriptors.
pub fn init_classes() {
    NativeFunction::init_class();
    MethodDescriptor::init_class();
    ClassMethodDescriptor::init_class();
    GetSetDescriptor::init_class();
    MemberDescriptor::init_class();
    SlotWrapper::init_class();
    MethodWrapper::init_class();
}

/// What stands in the dict of `class` for `def`.
pub fn descriptor_for(class: &Ref<Type>, def: &'static FunctionDef) -> Value {
    match def.binding {
        Binding::Method => MethodDescriptor::new(class, def),
        Binding::Class => ClassMethodDescriptor::new(class, def),
        Binding::Static | Binding::Module => {
            NativeFunction::bound(def, class.to_value()).into_value()
        }
    }
}

/// Calls a native function. For methods, `receiver` must be an instance of the class that has the method.
#[inline]
pub fn call_native(def: &'static FunctionDef, receiver: &Value, args: Args<'_>) -> PyResult<Value> {
    match def.code {
        NativeCode::One(code) => match args.values() {
            [argument] if args.names().is_empty() => code(receiver, argument),
            _ => Err(wrong_arguments(def, receiver, args)),
        },
        NativeCode::NoArgs(code) if args.is_empty() => code(receiver),
        NativeCode::NoArgs(_) => Err(wrong_arguments(def, receiver, args)),
        NativeCode::Positional(code) if args.names().is_empty() => code(receiver, args.values()),
        NativeCode::Positional(_) => Err(wrong_arguments(def, receiver, args)),
        NativeCode::Keywords(code) => code(receiver, args),
    }
}

/// The TypeError for arguments that the shape of the code does not take.
#[cold]
pub fn wrong_arguments(def: &'static FunctionDef, receiver: &Value, args: Args<'_>) -> Raised {
    let name = message_name(def, receiver);
    let count = match def.code {
        NativeCode::NoArgs(_) => 0,
        NativeCode::One(_) => 1,
        _ => usize::MAX,
    };
    let checked = args
        .no_keywords(&name)
        .and_then(|()| check_count(&name, args.positional().len(), count, count));
    checked.err().unwrap_or_else(|| {
        crate::exc!(
            SystemError,
            "{name}() was called with arguments that it takes"
        )
    })
}

/// The name in messages: `list.append`, `math.sqrt`, `len`.
fn message_name(def: &'static FunctionDef, receiver: &Value) -> String {
    match def.binding {
        Binding::Module => match receiver
            .downcast::<Module>()
            .and_then(|module| module.name())
        {
            Some(module) if !module.eq_str("builtins") => {
                format!("{}.{}", module.to_display(), def.name)
            }
            _ => def.name.to_owned(),
        },
        Binding::Method => match owner_of(def, receiver) {
            Some(owner) => format!("{}.{}", owner.qualname_object().to_display(), def.name),
            None => def.name.to_owned(),
        },
        Binding::Class | Binding::Static => match receiver.downcast::<Type>() {
            Some(class) => format!("{}.{}", class.qualname_object().to_display(), def.name),
            None => def.name.to_owned(),
        },
    }
}

/// The class through which `receiver` has the method.
fn owner_of(def: &'static FunctionDef, receiver: &Value) -> Option<Ref<Type>> {
    let name = Str::intern(def.name);
    receiver.class().mro().tail().iter().find_map(|class| {
        let class = class.downcast::<Type>()?;
        let found = class.dict().get_str(&name)?;
        let descriptor = found.downcast_exact::<MethodDescriptor>()?;
        std::ptr::eq(descriptor.def(), def).then(|| class.clone())
    })
}

/// Refuses keywords for `__new__` of `own` unless a subclass brings its own `__init__`, which may take them.
#[inline]
pub fn check_new_keywords(
    class: &Ref<Type>,
    own: &Ref<Type>,
    function: &str,
    args: Args<'_>,
) -> PyResult<()> {
    if args.names().is_empty()
        || (!class.is(own) && !class.slots.same_slot(SlotId::init, &own.slots))
    {
        return Ok(());
    }
    args.no_keywords(function)
}

/// Refuses keywords for `__init__` of `own` unless a subclass brings its own `__new__`, which may take them.
#[inline]
pub fn check_init_keywords(
    instance: &Value,
    own: &Ref<Type>,
    function: &str,
    args: Args<'_>,
) -> PyResult<()> {
    let class = instance.class();
    if args.names().is_empty()
        || (!class.is(own) && !class.slots.same_slot(SlotId::new, &own.slots))
    {
        return Ok(());
    }
    args.no_keywords(function)
}

/// Raises the TypeError of a descriptor that is used on something that is not an instance of `owner`.
#[inline(always)]
fn check_instance(owner: &Ref<Type>, name: &str, value: &Value) -> PyResult<()> {
    let class = value.class();
    if class.is(owner) || class.is_subclass(owner) {
        Ok(())
    } else {
        not_an_instance(owner, name, value)
    }
}

#[cold]
fn not_an_instance(owner: &Ref<Type>, name: &str, value: &Value) -> PyResult<()> {
    bail!(
        TypeError,
        "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
        owner.name(),
        value.class().name()
    )
}

/// `owner.name`, as `__qualname__` of a descriptor.
fn qualified_name(owner: &Ref<Type>, name: &str) -> Ref<Str> {
    Str::new(&format!("{}.{name}", owner.qualname_object().to_display()))
}

/// `(getattr, (owner, name))`: how functions that have no name of their own pickle.
fn reduce_by_getattr(owner: Value, name: &str) -> PyResult<Value> {
    let builtins = crate::runtime::import_module("builtins")?;
    let getattr = crate::protocol::getattr(&builtins, crate::id!("getattr"))?;
    (getattr, (owner, name)).into_result()
}

/// The class of `T`, for messages of conversions.
fn class_name_of<T: Payload>() -> String {
    T::class().name()
}
