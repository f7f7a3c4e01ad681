//! `sys`: the interpreter as a program sees it.
//!
//! The module's namespace is the single place of what programs may replace (`sys.stdout`, `sys.path`, the hooks); the
//! runtime reads it there with [`get`] each time.

mod audit;
mod details;
mod display;
mod execution;
mod interactive;
mod jit;
mod library_names;
mod limits;
mod report;
mod streams;
mod unraisable;

use taipan_interp::specialize::stats;
use taipan_macros::{define_module, function};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, native};

use crate::{config, filesystem};

pub use audit::{audit, is_audited};
pub use display::{print_exception, show};
pub use interactive::interact;
pub use report::{print_plainly, write as write_to_stderr};
pub use streams::open_streams;
pub use unraisable::report_unraisable;

/// An attribute of `sys`, as it is now.
pub fn get(name: &str) -> Option<Value> {
    crate::startup::sys_module().get(name)
}

/// Sets an attribute of `sys`.
pub fn set(name: &str, value: impl Into<Value>) {
    crate::startup::sys_module().set(name, value);
}

/// Exit the interpreter, by raising SystemExit.
///
/// The status is an exit code, None for success, or an object that is printed before exit code 1. The exception can be
/// caught, and finally clauses run.
#[function("(status=None, /)")]
fn exit(status: Option<&Value>) -> PyResult<()> {
    let args = match status {
        None => Vec::new(),
        Some(status) => match status.downcast_exact::<Tuple>() {
            Some(several) => several.to_vec(),
            None => vec![status.clone()],
        },
    };
    Err(Raised::with_args(ExceptionKind::SystemExit, args))
}

/// Return the encoding of strings without another one, 'utf-8'.
#[function("()")]
fn getdefaultencoding() -> Ref<Str> {
    id!("utf-8").clone()
}

/// Return the encoding of file names, 'utf-8'.
#[function("()")]
fn getfilesystemencoding() -> Ref<Str> {
    id!("utf-8").clone()
}

/// Return the error handler of file names.
#[function("()")]
fn getfilesystemencodeerrors() -> Ref<Str> {
    id!("surrogateescape").clone()
}

/// Intern a string: of equal interned strings there is one object.
#[function("(string, /)")]
fn intern(string: &Ref<Str>) -> PyResult<Ref<Str>> {
    if !string.is_exact() {
        bail!(TypeError, "can't intern {}", string.class().name());
    }
    Ok(Str::intern_ref(string))
}

/// Return whether the string is interned.
#[function("(string, /)")]
fn _is_interned(string: &Ref<Str>) -> bool {
    string.is_interned()
}

/// Return whether the object is never freed.
#[function("(op, /)")]
fn _is_immortal(op: &Value) -> bool {
    op.refcount() >= taipan_objects::header::IMMORTAL_COUNT
}

/// Return whether one lock orders all threads. It does.
#[function("()")]
fn _is_gil_enabled() -> bool {
    true
}

/// Return whether the interpreter is shutting down.
#[function("()")]
fn is_finalizing() -> bool {
    crate::startup::is_finalizing()
}

define_module!(
    name = "sys",
    doc = "The interpreter: its state, its settings, and functions that act on it.",
    functions(
        audit::addaudithook,
        audit::audit_event,
        details::getdlopenflags,
        details::setdlopenflags,
        display::breakpointhook,
        display::displayhook,
        display::excepthook,
        unraisable::unraisablehook,
        interactive::_baserepl,
        execution::_clear_type_cache,
        execution::_clear_internal_caches,
        execution::_clear_type_descriptors,
        execution::_stats_on,
        execution::_stats_off,
        execution::_stats_clear,
        execution::_stats_dump,
        execution::_current_exceptions,
        execution::_current_frames,
        execution::_getframe,
        execution::_getframemodulename,
        execution::activate_stack_trampoline,
        execution::call_tracing,
        execution::deactivate_stack_trampoline,
        execution::exc_info,
        execution::exception,
        execution::get_asyncgen_hooks,
        execution::get_coroutine_origin_tracking_depth,
        execution::getprofile,
        execution::gettrace,
        execution::is_remote_debug_enabled,
        execution::is_stack_trampoline_active,
        execution::remote_exec,
        execution::set_asyncgen_hooks,
        execution::set_coroutine_origin_tracking_depth,
        execution::setprofile,
        execution::settrace,
        execution::_setprofileallthreads,
        execution::_settraceallthreads,
        exit,
        getdefaultencoding,
        getfilesystemencoding,
        getfilesystemencodeerrors,
        intern,
        _is_interned,
        _is_immortal,
        _is_gil_enabled,
        is_finalizing,
        limits::_debugmallocstats,
        limits::_get_cpu_count_config,
        limits::get_int_max_str_digits,
        limits::getallocatedblocks,
        limits::getrecursionlimit,
        limits::getrefcount,
        limits::getsizeof,
        limits::getswitchinterval,
        limits::getunicodeinternedsize,
        limits::set_int_max_str_digits,
        limits::setrecursionlimit,
        limits::setswitchinterval,
    ),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    details::fill(module)?;
    if !stats::is_wanted() {
        for name in ["_stats_on", "_stats_off", "_stats_clear", "_stats_dump"] {
            module.dict().remove_str(&Str::intern(name));
        }
    }
    module.set(
        "monitoring",
        native::create_module(crate::monitoring::definition())?,
    );
    module.set("_jit", native::create_module(jit::definition())?);
    for (hook, original) in [
        ("displayhook", "__displayhook__"),
        ("excepthook", "__excepthook__"),
        ("breakpointhook", "__breakpointhook__"),
        ("unraisablehook", "__unraisablehook__"),
    ] {
        if let Some(hook) = module.get(hook) {
            module.set(original, hook);
        }
    }
    Ok(())
}

/// Adds what the import system works with.
pub fn prepare() -> PyResult<()> {
    let config = config::get();
    set("modules", Dict::new());
    set("meta_path", List::new(Vec::new()));
    set("path_hooks", List::new(Vec::new()));
    set("path_importer_cache", Dict::new());
    set("path", List::new(search_path(config)));
    streams::prepare();
    Ok(())
}

/// `sys.path` without the program's own folder: `PYTHONPATH`, then the library.
fn search_path(config: &config::Config) -> Vec<Value> {
    let given = config.python_path.iter().filter(|path| !path.is_empty());
    let folders = given.flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>());
    let mut path: Vec<Value> = folders
        .map(|folder| filesystem::fs_decode_os(folder.as_os_str()).into_value())
        .collect();
    path.push(Str::new(&config::paths::get().library).into_value());
    path
}
