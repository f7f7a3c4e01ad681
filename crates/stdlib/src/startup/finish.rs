//! The end of an interpreter.

use std::cell::Cell;

use taipan_objects::cell::Locked;
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::module::Module;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::weakref::{WeakRef, new_reference};
use taipan_objects::{gc, id, protocol};

use super::hooks::report;
use crate::{import, system};

static FINALIZING: Locked<Cell<bool>> = Locked::new(Cell::new(false));

/// Whether the interpreter is shutting down.
pub fn is_finalizing() -> bool {
    FINALIZING.with(|finalizing| finalizing.get())
}

/// Ends the interpreter: waits for threads, runs `atexit` functions, flushes the streams, empties the modules. Answers
/// whether the standard streams took everything. `report` runs when the program is over and everything is still there.
pub fn finish(report: impl FnOnce()) -> bool {
    wait_for_threads();
    crate::atexit::run();
    let flushed = flush_streams(true);
    report();
    FINALIZING.with(|finalizing| finalizing.set(true));
    gc::collect_quietly();
    empty_modules();
    flush_streams(flushed) && flushed
}

/// `threading._shutdown()`, if threads were ever used.
fn wait_for_threads() {
    let Ok(Some(threading)) = import::loaded_module(id!("threading")) else {
        return;
    };
    if let Err(raised) = protocol::call_method(&threading, id!("_shutdown"), &[]) {
        report(raised, "Exception ignored on threading shutdown");
    }
}

/// Flushes `sys.stdout` and `sys.stderr`; whether both took everything. A failure is told once.
fn flush_streams(tells: bool) -> bool {
    let flushed = |name: &str| {
        let Some(stream) = system::get(name).filter(|stream| !stream.is_none()) else {
            return true;
        };
        let closed = protocol::getattr_optional(&stream, id!("closed"))
            .ok()
            .flatten();
        if closed.is_some_and(|closed| protocol::is_true(&closed).unwrap_or(false)) {
            return true;
        }
        match protocol::call_method(&stream, id!("flush"), &[]) {
            Ok(_) => true,
            Err(raised) => {
                if name == "stdout" && tells {
                    system::report_unraisable(
                        raised,
                        Some("Exception ignored while flushing sys.stdout"),
                        None,
                    );
                }
                false
            }
        }
    };
    let stdout = flushed("stdout");
    let stderr = flushed("stderr");
    stdout && stderr
}

/// Names of `sys` that hold on to a program's objects.
const SYS_NAMES: [&str; 13] = [
    "path",
    "argv",
    "ps1",
    "ps2",
    "last_exc",
    "last_type",
    "last_value",
    "last_traceback",
    "path_importer_cache",
    "meta_path",
    "path_hooks",
    "__interactivehook__",
    "stdin",
];

/// Takes the modules apart, newest first, so that finalizers run while what they need is still there. `builtins` and
/// `sys` go last.
fn empty_modules() {
    let Ok(modules) = import::modules() else {
        return;
    };
    let builtins = super::builtins_module();
    builtins.set("_", Value::NONE);
    for name in SYS_NAMES {
        system::set(name, Value::NONE);
    }
    let original = |name: &str| system::get(&format!("__{name}__")).unwrap_or(Value::NONE);
    for name in ["stdin", "stdout", "stderr"] {
        system::set(name, original(name));
    }
    let Some(modules) = modules.downcast_exact::<Dict>() else {
        return;
    };
    // Modules that nothing else holds go with the collection, while the modules that their objects use are whole.
    let mut kept: Vec<Value> = Vec::new();
    for (_, module) in modules.iter_snapshot() {
        if let Some(module) = module.downcast::<Module>()
            && !module.is(builtins)
            && !module.is(super::sys_module())
        {
            kept.extend(new_reference(WeakRef::class(), module.as_value(), None));
        }
    }
    // The names go first: what nobody holds is finalized with its own globals still in place.
    let names: Vec<Value> = modules.keys_snapshot();
    for name in names.iter().rev() {
        let text = name.downcast::<Str>();
        if text.is_some_and(|name| {
            name.eq_str("sys") || name.eq_str("builtins") || is_needed_to_report(name)
        }) {
            continue;
        }
        let _ = modules.remove(name);
    }
    drop(names);
    gc::collect_quietly();
    for module in kept.into_iter().rev() {
        let Some(module) = module.downcast::<WeakRef>().and_then(|module| module.get()) else {
            continue;
        };
        let Some(module) = module.downcast::<Module>() else {
            continue;
        };
        let stays = module.name().is_some_and(|name| is_needed_to_report(&name));
        if !stays {
            clear_names(&module.dict());
        }
    }
    gc::collect_quietly();
}

/// Modules that show the errors of finalizers keep their names to the end.
fn is_needed_to_report(name: &Ref<Str>) -> bool {
    const KEPT: [&str; 18] = [
        "traceback",
        "linecache",
        "_io",
        "io",
        "codecs",
        "encodings",
        "os",
        "posixpath",
        "stat",
        "re",
        "collections",
        "textwrap",
        "contextlib",
        "functools",
        "itertools",
        "tokenize",
        "_frozen_importlib",
        "_frozen_importlib_external",
    ];
    KEPT.iter().any(|kept| name.eq_str(kept))
}

/// Sets a module's names to None: those with one underscore first, then all but `__builtins__`.
fn clear_names(namespace: &Ref<Dict>) {
    for pass in 0..2 {
        for (name, _) in namespace.iter_snapshot() {
            let Some(text) = name.downcast::<Str>() else {
                continue;
            };
            let private = text.starts_with("_") && !text.starts_with("__");
            if (pass == 0) == private && !text.eq_str("__builtins__") {
                namespace.set_str(text, Value::NONE);
            }
        }
    }
}
