//! `builtins`: the functions and names that every module sees.
//!
//! The functions live by topic in the files beside; this one lists them and adds the builtin classes and exceptions.
//! `open` and the import function come from the modules that own them; `site` adds `exit`, `help` and the like.

mod attributes;
mod awaitable;
mod build_class;
mod code;
mod input;
mod iteration;
mod namespaces;
mod numbers;
mod ordering;
mod print;
mod sum;

use taipan_macros::{define_module, function};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{
    bail, bytes, complex, descriptors, dict, float, id, int, iterators, list, object, protocol,
    range, runtime, set, singletons, slice, str, tuple,
};

pub use print::write_line;

/// Import a module.
///
/// The import statement calls this; importlib.import_module() is meant for programs.
#[function(
    "(name, globals=None, locals=None, fromlist=(), level=0)",
    name = "__import__"
)]
fn import(
    name: &Value,
    globals: Option<&Value>,
    locals: Option<&Value>,
    fromlist: Option<&Value>,
    level: i32,
) -> PyResult<Value> {
    let _unused_by_the_import_system = locals;
    let Some(name) = name.downcast::<Str>() else {
        bail!(TypeError, "module name must be a string")
    };
    crate::import::import_name(name, globals, fromlist, level)
}

/// Call sys.breakpointhook(*args, **kws).
///
/// By default that starts the debugger pdb.
#[function(nosig)]
fn breakpoint(args: Args<'_>) -> PyResult<Value> {
    let sys = runtime::import_module("sys")?;
    match protocol::getattr_optional(&sys, id!("breakpointhook"))? {
        Some(hook) => protocol::call(&hook, args),
        None => bail!(RuntimeError, "lost sys.breakpointhook"),
    }
}

define_module!(
    name = "builtins",
    doc = "The functions, classes and exceptions that need no import.\n\nNames that a module does not define are looked up here.",
    functions(
        build_class::build_class,
        import,
        numbers::abs,
        iteration::all,
        iteration::any,
        attributes::ascii,
        numbers::bin,
        breakpoint,
        attributes::callable,
        numbers::chr,
        code::compile,
        attributes::delattr,
        namespaces::dir,
        numbers::divmod,
        code::eval,
        code::exec,
        attributes::format,
        attributes::getattr,
        namespaces::globals,
        attributes::hasattr,
        attributes::hash,
        numbers::hex,
        attributes::id,
        input::input,
        attributes::isinstance,
        attributes::issubclass,
        iteration::iter,
        iteration::aiter,
        iteration::len,
        namespaces::locals,
        ordering::max,
        ordering::min,
        iteration::next,
        awaitable::anext,
        numbers::oct,
        numbers::ord,
        numbers::pow,
        print::print,
        attributes::repr,
        numbers::round,
        attributes::setattr,
        ordering::sorted,
        sum::sum,
        namespaces::vars,
    ),
    init = init,
);

/// The classes that have a name here, under that name.
fn classes() -> [&'static Ref<Type>; 27] {
    [
        singletons::Bool::class(),
        bytes::MemoryView::class(),
        bytes::ByteArray::class(),
        bytes::Bytes::class(),
        descriptors::ClassMethod::class(),
        complex::Complex::class(),
        dict::Dict::class(),
        iterators::Enumerate::class(),
        iterators::Filter::class(),
        float::Float::class(),
        set::FrozenSet::class(),
        descriptors::Property::class(),
        int::Int::class(),
        list::List::class(),
        iterators::Map::class(),
        object::Object::class(),
        range::Range::class(),
        iterators::Reversed::class(),
        set::Set::class(),
        slice::Slice::class(),
        descriptors::StaticMethod::class(),
        str::Str::class(),
        descriptors::Super::class(),
        tuple::Tuple::class(),
        Type::class(),
        iterators::Zip::class(),
        ExceptionKind::BaseException.class(),
    ]
}

fn init(module: &Ref<Module>) -> PyResult<()> {
    for class in classes() {
        module.set(&class.name(), class.to_value());
    }
    for kind in ExceptionKind::ALL {
        module.set(kind.name(), kind.class().to_value());
    }
    module.set(
        "EnvironmentError",
        ExceptionKind::OSError.class().to_value(),
    );
    module.set("IOError", ExceptionKind::OSError.class().to_value());
    module.set("None", Value::NONE);
    module.set("Ellipsis", Value::ELLIPSIS);
    module.set("NotImplemented", Value::NOT_IMPLEMENTED);
    module.set("False", Value::FALSE);
    module.set("True", Value::TRUE);
    module.set(
        "__debug__",
        Value::from_bool(crate::config::get().optimize == 0),
    );
    Ok(())
}
