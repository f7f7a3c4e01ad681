//! `_imp`: what importlib asks the interpreter about native and frozen modules.
//!
//! Frozen are only the parts of importlib itself, which are needed before anything can be found; the rest of the library
//! has a finder of its own.

use std::cell::Cell;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;
use taipan_interp::code::Code;
use taipan_macros::{define_module, function};
use taipan_objects::buffer::BufferView;
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Locked;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::native::create_module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exceptions, exceptions::ExceptionKind, id, int, protocol, thread};

use super::{BOOTSTRAP_FILE, EXTERNAL_FILE};

/// The number in the first four bytes of `.pyc` files: CPython 3.14's, because the bytecode is.
pub const MAGIC: u32 = 3627 | (b'\r' as u32) << 16 | (b'\n' as u32) << 24;

/// A frozen module: its name, the library module that it is, and its `co_filename`.
struct Frozen {
    name: &'static str,
    origin: &'static str,
    filename: &'static str,
}

const FROZEN: [Frozen; 2] = [
    Frozen {
        name: "_frozen_importlib",
        origin: "importlib._bootstrap",
        filename: BOOTSTRAP_FILE,
    },
    Frozen {
        name: "_frozen_importlib_external",
        origin: "importlib._bootstrap_external",
        filename: EXTERNAL_FILE,
    },
];

fn frozen(name: &Ref<Str>) -> Option<&'static Frozen> {
    FROZEN.iter().find(|frozen| name.eq_str(frozen.name))
}

fn frozen_or_error(name: &Ref<Str>) -> PyResult<&'static Frozen> {
    match frozen(name) {
        Some(frozen) => Ok(frozen),
        None => {
            let message = format!("No such frozen object named {}", name.to_display());
            Err(exceptions::import_error(
                ExceptionKind::ImportError,
                message,
                Some(name.to_value()),
                None,
            ))
        }
    }
}

fn frozen_code(frozen: &Frozen) -> PyResult<Ref<Code>> {
    match taipan_pylib::find(frozen.origin) {
        Some(module) => super::library::load_code(&module, &Str::intern(frozen.filename)),
        None => bail!(ImportError, "the embedded library has no {}", frozen.origin),
    }
}

/// Makes and runs a frozen module.
pub(super) fn load_frozen(name: &Ref<Str>) -> PyResult<Ref<Module>> {
    let frozen = frozen_or_error(name)?;
    let code = frozen_code(frozen)?;
    let module = super::ensure_module(name)?;
    module.set("__origname__", Str::intern(frozen.origin));
    super::run_in_module(&code, &module.dict())?;
    Ok(module)
}

/// The import lock: the thread that holds it, and how often.
static LOCK: Locked<Cell<(u64, u32)>> = Locked::new(Cell::new((0, 0)));

/// Acquire the import lock of the current thread.
///
/// Under the interpreter lock it is a count: importlib holds it only while it takes the lock of one module.
#[function("()")]
fn acquire_lock() -> PyResult<()> {
    let me = thread::current().ident;
    loop {
        let taken = LOCK.with(|lock| match lock.get() {
            (_, 0) => {
                lock.set((me, 1));
                true
            }
            (owner, count) if owner == me => {
                lock.set((me, count + 1));
                true
            }
            _ => false,
        });
        if taken {
            return Ok(());
        }
        taipan_objects::runtime::allow_threads(std::thread::yield_now);
    }
}

/// Release the import lock; an error where this thread does not hold it.
#[function("()")]
fn release_lock() -> PyResult<()> {
    let me = thread::current().ident;
    let released = LOCK.with(|lock| match lock.get() {
        (owner, count @ 1..) if owner == me => {
            lock.set((owner, count - 1));
            true
        }
        _ => false,
    });
    if released {
        Ok(())
    } else {
        bail!(RuntimeError, "not holding the import lock")
    }
}

/// Return whether a thread holds the import lock.
#[function("()")]
fn lock_held() -> bool {
    LOCK.with(|lock| lock.get().1 > 0)
}

/// Return the suffixes of extension modules' files, of which there are none.
#[function("()")]
fn extension_suffixes() -> Ref<List> {
    List::new(Vec::new())
}

/// Make the native module that a spec names.
#[function("(spec, /)")]
fn create_builtin(spec: &Value) -> PyResult<Value> {
    let name = protocol::getattr(spec, id!("name"))?;
    let Some(name) = name.downcast::<Str>() else {
        bail!(
            TypeError,
            "name must be string, not {}",
            name.class().name()
        )
    };
    // `sys` and `builtins` are there from the start and cannot be made twice.
    if let Some(module) = crate::startup::first_module(name) {
        return Ok(module);
    }
    match name.try_to_str().and_then(|name| crate::find(&name)) {
        Some(definition) => Ok(create_module(definition)?.into_value()),
        None => Ok(Value::NONE),
    }
}

/// Complete a native module. It is complete when it is made.
#[function("(module, /)")]
fn exec_builtin(_module: &Value) -> i32 {
    0
}

/// Load an extension module: they are machine code for CPython, so this is always an ImportError.
#[function("(spec, file=<unrepresentable>, /)")]
fn create_dynamic(spec: &Value, _file: Option<&Value>) -> PyResult<Value> {
    let name = protocol::getattr(spec, id!("name"))?;
    let path = protocol::getattr(spec, id!("origin"))?;
    let message = "extension modules for CPython cannot be loaded".to_owned();
    Err(exceptions::import_error(
        ExceptionKind::ImportError,
        message,
        Some(name),
        Some(path),
    ))
}

/// Complete an extension module.
#[function("(module, /)")]
fn exec_dynamic(_module: &Value) -> i32 {
    0
}

/// Return -1 for a native module that cannot be made twice, 1 for another native module, 0 for other names.
#[function("(name, /)")]
fn is_builtin(name: &Ref<Str>) -> i32 {
    if name.eq_str("sys") || name.eq_str("builtins") {
        return -1;
    }
    i32::from(
        name.try_to_str()
            .is_some_and(|name| crate::find(&name).is_some()),
    )
}

/// Return whether the name is that of a frozen module.
#[function("(name, /)")]
fn is_frozen(name: &Ref<Str>) -> bool {
    frozen(name).is_some()
}

/// Return whether the name is that of a frozen package.
#[function("(name, /)")]
fn is_frozen_package(name: &Ref<Str>) -> PyResult<bool> {
    frozen_or_error(name).map(|_| false)
}

/// Return (data, is_package, original_name) of a frozen module, or None.
#[function("(name, /, *, withdata=False)")]
fn find_frozen(name: &Ref<Str>, _withdata: bool) -> Option<(Value, bool, &'static str)> {
    frozen(name).map(|frozen| (Value::NONE, false, frozen.origin))
}

/// Return the code object of a frozen module.
#[function("(name, data=None, /)")]
fn get_frozen_object(name: &Ref<Str>, _data: Option<&Value>) -> PyResult<Ref<Code>> {
    frozen_code(frozen_or_error(name)?)
}

/// Make and run a frozen module; None where there is none of that name.
#[function("(name, /)")]
fn init_frozen(name: &Ref<Str>) -> PyResult<Option<Ref<Module>>> {
    frozen(name).map(|_| load_frozen(name)).transpose()
}

/// Return the names of the frozen modules.
#[function("()")]
fn _frozen_module_names() -> Ref<List> {
    List::new(
        FROZEN
            .iter()
            .map(|frozen| Str::intern(frozen.name).into_value())
            .collect(),
    )
}

/// Set whether frozen modules are used, for tests. They always are.
#[function("(override, /)")]
fn _override_frozen_modules_for_tests(_value: i32) {}

/// Set whether extension modules are checked for subinterpreters, for tests.
#[function("(override, /)")]
fn _override_multi_interp_extensions_check(_value: i32) -> i32 {
    0
}

/// Give a code object, and the code inside it, another file name.
#[function("(code, path, /)")]
fn _fix_co_filename(code: &Ref<Code>, path: &Ref<Str>) -> PyResult<()> {
    code.set_filename(path);
    Ok(())
}

/// Return the hash of a source file that hash-based .pyc files hold.
#[function("(key, source)")]
fn source_hash(key: i64, source: BufferView) -> Ref<Bytes> {
    let mut hasher = SipHasher13::new_with_keys(key as u64, 0);
    hasher.write(&source.to_bytes());
    Bytes::new(&hasher.finish().to_le_bytes())
}

define_module!(
    name = "_imp",
    doc = "The parts of the import system that importlib is not written in.",
    functions(
        extension_suffixes,
        lock_held,
        acquire_lock,
        release_lock,
        find_frozen,
        get_frozen_object,
        is_frozen_package,
        create_builtin,
        init_frozen,
        is_builtin,
        is_frozen,
        _frozen_module_names,
        _override_frozen_modules_for_tests,
        _override_multi_interp_extensions_check,
        create_dynamic,
        exec_dynamic,
        exec_builtin,
        _fix_co_filename,
        source_hash,
    ),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    let check = crate::config::get().check_hash_pycs.name();
    module.set("check_hash_based_pycs", Str::intern(check));
    module.set("pyc_magic_number_token", int::new(MAGIC.into()));
    Ok(())
}
