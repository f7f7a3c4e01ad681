//! The module `_pickle`: objects as bytes, and back.
//!
//! [`pickler`] writes all protocols, [`unpickler`] reads them. Objects of the exact builtin classes are written and made
//! without a detour through Python; everything else goes through the reduction protocol, whose Python side is `copyreg`.
//! The library's `pickle.py` holds the same behaviour in Python and uses this module in its place. Invariants: the bytes
//! are those CPython writes for the same object and protocol; no input of [`unpickler`] panics or allocates more than it has
//! bytes for.

mod buffer;
mod memo;
mod opcodes;
mod pickler;
mod unpickler;

use taipan_macros::{define_module, function};
use taipan_objects::cell::Once;
use taipan_objects::class::{ClassFlags, Payload, Type, generic_setattr, no_attribute};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::module::Module;
use taipan_objects::native::NativeFunction;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, protocol, runtime};

use buffer::PickleBuffer;
use pickler::{Pickler, Settings};
use unpickler::{Sources, Unpickler};

static PICKLE_ERROR: Once<Ref<Type>> = Once::new();
static PICKLING_ERROR: Once<Ref<Type>> = Once::new();
static UNPICKLING_ERROR: Once<Ref<Type>> = Once::new();
static LIBRARY: Once<Library> = Once::new();

/// What the module takes from Python modules, once.
struct Library {
    /// `copyreg.dispatch_table`.
    dispatch_table: Ref<Dict>,
    /// From (module, name) to code.
    extension_registry: Ref<Dict>,
    /// From code to (module, name).
    inverted_registry: Ref<Dict>,
    /// From code to object.
    extension_cache: Ref<Dict>,
    /// From names of Python 2 to those of Python 3.
    name_mapping: Ref<Dict>,
    import_mapping: Ref<Dict>,
    /// And back.
    reverse_name_mapping: Ref<Dict>,
    reverse_import_mapping: Ref<Dict>,
    codecs_encode: Value,
    getattr: Value,
    partial: Value,
}

fn library_dict(module: &str, name: &str) -> PyResult<Ref<Dict>> {
    match runtime::import_attribute(module, name)?.into_ref::<Dict>() {
        Ok(dict) => Ok(dict),
        Err(other) => bail!(
            RuntimeError,
            "{module}.{name} should be a dict, not {}",
            other.class().name()
        ),
    }
}

impl Library {
    fn load() -> PyResult<Library> {
        Ok(Library {
            dispatch_table: library_dict("copyreg", "dispatch_table")?,
            extension_registry: library_dict("copyreg", "_extension_registry")?,
            inverted_registry: library_dict("copyreg", "_inverted_registry")?,
            extension_cache: library_dict("copyreg", "_extension_cache")?,
            name_mapping: library_dict("_compat_pickle", "NAME_MAPPING")?,
            import_mapping: library_dict("_compat_pickle", "IMPORT_MAPPING")?,
            reverse_name_mapping: library_dict("_compat_pickle", "REVERSE_NAME_MAPPING")?,
            reverse_import_mapping: library_dict("_compat_pickle", "REVERSE_IMPORT_MAPPING")?,
            codecs_encode: runtime::import_attribute("codecs", "encode")?,
            getattr: runtime::import_attribute("builtins", "getattr")?,
            partial: runtime::import_attribute("functools", "partial")?,
        })
    }
}

/// A PicklingError.
#[cold]
fn pickling_error(message: String) -> Raised {
    exceptions::raise_args(&PICKLING_ERROR, vec![Str::new(&message).into_value()])
}

/// An UnpicklingError.
#[cold]
fn unpickling_error(message: &str) -> Raised {
    exceptions::raise_args(&UNPICKLING_ERROR, vec![Str::new(message).into_value()])
}

/// The exception with another one as its context.
#[cold]
fn with_context(raised: Raised, context: Raised) -> Raised {
    let context = context.into_exception().into_value();
    raised.exception().set_context(Some(context));
    raised
}

/// The parts of a name that dots separate.
fn dotted_path(name: &Ref<Str>) -> Vec<Ref<Str>> {
    let dots = name
        .code_points()
        .enumerate()
        .filter(|(_, code)| *code == u32::from('.'));
    let mut parts = Vec::new();
    let mut start = 0;
    for (position, _) in dots {
        parts.push(name.slice(start..position));
        start = position + 1;
    }
    if start == 0 {
        parts.push(name.clone());
    } else {
        parts.push(name.slice(start..name.len()));
    }
    parts
}

/// Imports a module by the name that an object or a pickle gives.
fn import_named(name: &Value) -> PyResult<Value> {
    match name.downcast::<Str>() {
        Some(name) if name.is_empty() => bail!(ValueError, "Empty module name"),
        Some(name) => runtime::import_module(&name.to_str()?),
        None => bail!(TypeError, "module name must be a string"),
    }
}

/// The hook that a subclass or an assignment put in the place of the class's own method `name`, which does nothing.
fn hook(object: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    let found = protocol::getattr_optional(object, name)?;
    Ok(found.filter(|found| {
        found
            .downcast_exact::<NativeFunction>()
            .is_none_or(|function| {
                !function
                    .receiver()
                    .is_some_and(|receiver| receiver.is(object))
            })
    }))
}

/// Sets or deletes an attribute of an object whose class sets attributes in its own way.
fn set_attribute(object: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
    let class = object.class();
    if !class.has(ClassFlags::ATTRIBUTES) && class.lookup(name).is_none() {
        return Err(no_attribute(object, name));
    }
    generic_setattr(object, name, new)
}

/// Write a pickled representation of obj to the open file object file.
///
/// This is equivalent to ``Pickler(file, protocol).dump(obj)``, but may
/// be more efficient.
///
/// The optional *protocol* argument tells the pickler to use the given
/// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  A negative
/// protocol selects the highest one.
///
/// The *file* argument must have a write() method that accepts a single
/// bytes argument.
#[function("(obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)")]
fn dump(
    obj: &Value,
    file: &Value,
    protocol: Option<&Value>,
    fix_imports: bool,
    buffer_callback: Option<&Value>,
) -> PyResult<()> {
    let settings = Settings::new(protocol, fix_imports)?;
    let write = pickler::write_method(file)?;
    settings.check_callback(buffer_callback)?;
    pickler::dump_to(settings, write, buffer_callback, obj)
}

/// Return the pickled representation of the object as a bytes object.
///
/// The optional *protocol* argument tells the pickler to use the given
/// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  A negative
/// protocol selects the highest one.
#[function("(obj, protocol=None, *, fix_imports=True, buffer_callback=None)")]
fn dumps(
    obj: &Value,
    protocol: Option<&Value>,
    fix_imports: bool,
    buffer_callback: Option<&Value>,
) -> PyResult<Value> {
    let settings = Settings::new(protocol, fix_imports)?;
    settings.check_callback(buffer_callback)?;
    pickler::dump_to_bytes(settings, buffer_callback, obj)
}

/// Read and return an object from the pickle data stored in a file.
///
/// This is equivalent to ``Unpickler(file).load()``, but may be more
/// efficient.
///
/// The protocol version of the pickle is detected automatically.  Bytes
/// past the pickled object's representation are ignored.
#[function("(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())")]
fn load(
    file: &Value,
    fix_imports: bool,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
    buffers: Option<&Value>,
) -> PyResult<Value> {
    let file = unpickler::File::new(file)?;
    let sources = Sources::new(fix_imports, encoding, errors, buffers)?;
    unpickler::load_from(unpickler::Input::of_file(file), &sources)
}

/// Read and return an object from the given pickle data.
///
/// The protocol version of the pickle is detected automatically.  Bytes
/// past the pickled object's representation are ignored.
#[function("(data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())")]
fn loads(
    data: &Value,
    fix_imports: bool,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
    buffers: Option<&Value>,
) -> PyResult<Value> {
    let input = unpickler::Input::of_memory(data)?;
    let sources = Sources::new(fix_imports, encoding, errors, buffers)?;
    unpickler::load_from(input, &sources)
}

define_module! {
    name = "_pickle",
    doc = "Optimized implementation for the Python pickle module.",
    functions(dump, dumps, load, loads),
    init = fill,
}

fn new_error(name: &str, base: &Ref<Type>) -> PyResult<Ref<Type>> {
    exceptions::new_exception_class("_pickle", name, base)
}

fn fill(module: &Ref<Module>) -> PyResult<()> {
    if !LIBRARY.is_set() {
        let library = Library::load()?;
        let base = new_error("PickleError", ExceptionKind::Exception.class())?;
        let pickling = new_error("PicklingError", &base)?;
        let unpickling = new_error("UnpicklingError", &base)?;
        PICKLE_ERROR.set(base);
        PICKLING_ERROR.set(pickling);
        UNPICKLING_ERROR.set(unpickling);
        LIBRARY.set(library);
    }
    Pickler::init_class();
    Unpickler::init_class();
    PickleBuffer::init_class();
    pickler::PicklerMemoProxy::init_class();
    unpickler::UnpicklerMemoProxy::init_class();
    let classes = [
        ("PickleError", &*PICKLE_ERROR),
        ("PicklingError", &*PICKLING_ERROR),
        ("UnpicklingError", &*UNPICKLING_ERROR),
        ("Pickler", Pickler::class()),
        ("Unpickler", Unpickler::class()),
        ("PickleBuffer", PickleBuffer::class()),
    ];
    for (name, class) in classes {
        module.set(name, class.to_value());
    }
    Ok(())
}
