//! The start of an interpreter, and its end.
//!
//! [`start`] makes the classes, `builtins` and `sys`, starts the import system, opens the standard streams and runs
//! `site`; [`finish`] undoes it in CPython's order: threads, `atexit`, streams, modules. Between the two, the calling
//! thread holds the interpreter lock.

mod finish;
mod hooks;

pub use finish::{finish, is_finalizing};

use taipan_objects::cell::Once;
use taipan_objects::gc;
use taipan_objects::module::Module;
use taipan_objects::native::create_module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::thread::ThreadState;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{boot, hash, id, int, protocol, runtime, signals, warnings};

use crate::config::{self, Config};
use crate::{builtins, import, sys, system};

static BUILTINS: Once<Ref<Module>> = Once::new();
static SYS: Once<Ref<Module>> = Once::new();

/// The module `builtins`.
pub fn builtins_module() -> &'static Ref<Module> {
    &BUILTINS
}

/// The namespace of `builtins`.
pub fn builtins_dict() -> Value {
    BUILTINS.dict().into_value()
}

/// The module `sys`.
pub fn sys_module() -> &'static Ref<Module> {
    &SYS
}

/// `sys` or `builtins`, by name: they exist before any import.
pub(crate) fn first_module(name: &Ref<Str>) -> Option<Value> {
    let module = if name.eq_str("sys") {
        &SYS
    } else if name.eq_str("builtins") {
        &BUILTINS
    } else {
        return None;
    };
    module.is_set().then(|| module.to_value())
}

/// Starts the interpreter on this thread, up to the point where a program can run. A program's error in `site` is
/// reported and does not stop the start.
pub fn start(config: Config) -> PyResult<()> {
    let limit = config.int_max_str_digits;
    warnings::set_bytes_warning(config.bytes_warning > 0);
    hash::initialize(config.hash_seed);
    config::set(config);
    let ident = sys::futex::thread_ident();
    runtime::attach(ThreadState::new(ident));
    signals::set_main_thread(ident);
    boot::boot();
    taipan_interp::init_classes();
    hooks::install();
    if let Some(limit) = limit {
        int::set_max_str_digits(limit)?;
    }
    BUILTINS.set(create_module(builtins::definition())?);
    SYS.set(create_module(system::definition())?);
    system::prepare()?;
    import::add_module(id!("sys"), SYS.as_value())?;
    import::add_module(id!("builtins"), BUILTINS.as_value())?;
    import::start()?;
    install_signals()?;
    system::open_streams()?;
    prepare_main()?;
    if config::get().faulthandler {
        import::import_module("faulthandler")
            .and_then(|module| protocol::call_method(&module, id!("enable"), &[]))?;
    }
    // The module tells of filters that it does not understand.
    if !config::get().warn_options.is_empty()
        && let Err(raised) = import::import_module("warnings")
    {
        system::report_unraisable(raised, Some("'import warnings' failed"), None);
    }
    gc::start();
    Ok(())
}

fn install_signals() -> PyResult<()> {
    let signals = import::import_module("_signal")?;
    match signals.downcast::<Module>() {
        Some(signals) => crate::signal::install(signals),
        None => Ok(()),
    }
}

/// `__main__` exists before the program does.
fn prepare_main() -> PyResult<()> {
    let main = import::ensure_module(id!("__main__"))?;
    main.set("__builtins__", BUILTINS.to_value());
    if main.get("__annotations__").is_none() {
        let bootstrap = import::import_module("_frozen_importlib")?;
        let loader = taipan_objects::protocol::getattr(&bootstrap, id!("BuiltinImporter"))?;
        main.set("__loader__", loader);
    }
    Ok(())
}
