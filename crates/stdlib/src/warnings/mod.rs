//! `_warnings`: which warnings are shown, and where they come from.
//!
//! A warning is looked up in the registry of the module it is about (seen before?), then in the filters (what to do?), and
//! is shown by the Python module `warnings` where that is imported. The filters of the running context, when there are any,
//! stand before the global ones.

mod filters;
mod place;
mod show;

use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};

use taipan_macros::{define_module, function};
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol, runtime, thread};

use crate::contextvars::ContextVar;
use place::Place;

define_module!(
    name = "_warnings",
    doc = "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up.",
    functions(
        warn,
        warn_explicit,
        _filters_mutated_lock_held,
        _acquire_lock,
        _release_lock
    ),
    init = fill,
);

/// The state that `_warnings` shares with the Python module.
struct State {
    filters: Slot<Ref<List>>,
    once_registry: Slot<Ref<Dict>>,
    context: Slot<Ref<ContextVar>>,
    /// Registries of an older version are out of date.
    version: Cell<i64>,
}

static STATE: Locked<State> = Locked::new(State {
    filters: Slot::empty(),
    once_registry: Slot::empty(),
    context: Slot::empty(),
    version: Cell::new(0),
});

fn filters() -> Ref<List> {
    if let Some(filters) = STATE.with(|state| state.filters.get()) {
        return filters;
    }
    let filters = List::new(filters::defaults());
    STATE.with(|state| state.filters.replace(Some(filters.clone())));
    filters
}

fn once_registry() -> Ref<Dict> {
    if let Some(registry) = STATE.with(|state| state.once_registry.get()) {
        return registry;
    }
    let registry = Dict::new();
    STATE.with(|state| state.once_registry.replace(Some(registry.clone())));
    registry
}

fn context_variable() -> Ref<ContextVar> {
    if let Some(variable) = STATE.with(|state| state.context.get()) {
        return variable;
    }
    let variable = ContextVar::new("warnings_context", None);
    STATE.with(|state| state.context.replace(Some(variable.clone())));
    variable
}

fn version() -> i64 {
    STATE.with(|state| state.version.get())
}

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("filters", filters());
    module.set("_onceregistry", once_registry());
    module.set("_defaultaction", Str::intern("default"));
    module.set("_warnings_context", context_variable());
    Ok(())
}

/// The lock around the filters: which thread has it, and how often.
static LOCK: Mutex<(u64, u32)> = Mutex::new((0, 0));
static UNLOCKED: Condvar = Condvar::new();

/// Acquire the lock that protects the filters.
#[function("()", nosig)]
fn _acquire_lock() {
    let me = thread::current().ident;
    let take = |lock: &mut (u64, u32)| {
        let free = lock.1 == 0 || lock.0 == me;
        if free {
            *lock = (me, lock.1 + 1);
        }
        free
    };
    if take(&mut LOCK.lock().unwrap_or_else(PoisonError::into_inner)) {
        return;
    }
    runtime::allow_threads(|| {
        let mut lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        while !take(&mut lock) {
            lock = UNLOCKED.wait(lock).unwrap_or_else(PoisonError::into_inner);
        }
    });
}

/// Release the lock that protects the filters.
#[function("()", nosig)]
fn _release_lock() -> PyResult<()> {
    let mut lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    if lock.1 == 0 || lock.0 != thread::current().ident {
        bail!(RuntimeError, "cannot release un-acquired lock");
    }
    lock.1 -= 1;
    drop(lock);
    UNLOCKED.notify_one();
    Ok(())
}

#[function("()", nosig)]
fn _filters_mutated_lock_held() -> PyResult<()> {
    let held = {
        let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        lock.1 > 0 && lock.0 == thread::current().ident
    };
    if !held {
        bail!(RuntimeError, "warnings._lock is not held");
    }
    STATE.with(|state| state.version.set(state.version.get() + 1));
    Ok(())
}

fn is_warning(value: &Value) -> bool {
    value.class().is_subclass(ExceptionKind::Warning.class())
}

/// The category of a warning: the message's class if that is a warning, else what was asked for.
fn category_of(message: &Value, category: Option<&Value>) -> PyResult<Value> {
    if is_warning(message) {
        return Ok(message.class().to_value());
    }
    let Some(category) = category else {
        return Ok(ExceptionKind::UserWarning.class().to_value());
    };
    match category.downcast::<Type>() {
        None => bail!(
            TypeError,
            "category must be a Warning subclass, not '{}'",
            category.class().display_name()
        ),
        Some(class) if !class.is_subclass(ExceptionKind::Warning.class()) => {
            bail!(
                TypeError,
                "category must be a Warning subclass, not class '{}'",
                class.display_name()
            )
        }
        Some(_) => Ok(category.clone()),
    }
}

/// Issue a warning, or maybe ignore it or raise an exception.
///
///   message
///     Text of the warning message.
///   category
///     The Warning category subclass. Defaults to UserWarning.
///   stacklevel
///     How far up the call stack to make this warning appear. A value of 2 for
///     example attributes the warning to the caller of the code calling warn().
///   source
///     If supplied, the destroyed object which emitted a ResourceWarning
///   skip_file_prefixes
///     An optional tuple of module filename prefixes indicating frames to skip
///     during stacklevel computations for stack frame attribution.
#[function(
    "(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=<unrepresentable>)"
)]
fn warn(
    message: &Value,
    category: Option<&Value>,
    stacklevel: isize,
    source: Option<Value>,
    skip_file_prefixes: Option<&Value>,
) -> PyResult<()> {
    let category = category_of(message, category)?;
    let prefixes = match skip_file_prefixes {
        None => Tuple::empty(),
        Some(prefixes) => match prefixes.downcast::<Tuple>() {
            Some(tuple) => tuple.clone(),
            None => bail!(
                TypeError,
                "warn() argument 'skip_file_prefixes' must be tuple, not {}",
                prefixes.class().name()
            ),
        },
    };
    let level = if prefixes.is_empty() {
        stacklevel
    } else {
        stacklevel.max(2)
    };
    issue(&category, message, level, source.as_ref(), prefixes.tail())
}

fn issue(
    category: &Value,
    message: &Value,
    level: isize,
    source: Option<&Value>,
    prefixes: &[Value],
) -> PyResult<()> {
    let place = Place::of_caller(level, prefixes)?;
    decide(category, message, &place, None, source)
}

/// Issues a warning from native code: the runtime's `warn` service.
pub fn warn_in_rust(category: &Ref<Type>, message: &Value, level: isize) -> PyResult<()> {
    issue(category.as_value(), message, level, None, &[])
}

/// Issue a warning, or maybe ignore it or raise an exception.
#[function(
    "(message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)"
)]
fn warn_explicit(
    message: &Value,
    category: &Value,
    filename: &Ref<Str>,
    lineno: i32,
    module: Option<Value>,
    registry: Option<&Value>,
    module_globals: Option<&Value>,
    source: Option<Value>,
) -> PyResult<()> {
    let registry = match registry {
        None => None,
        Some(registry) => match registry.downcast::<Dict>() {
            Some(dict) => Some(dict.clone()),
            None => bail!(TypeError, "'registry' must be a dict or None"),
        },
    };
    let line = match module_globals {
        None => None,
        Some(globals) => match globals.downcast::<Dict>() {
            Some(globals) => show::source_line(globals, lineno)?,
            None => bail!(
                TypeError,
                "module_globals must be a dict, not '{}'",
                globals.class().name()
            ),
        },
    };
    let module = module.unwrap_or_else(|| place::module_of_file(filename).into_value());
    let place = Place {
        filename: filename.to_value(),
        line: i64::from(lineno),
        module,
        registry,
    };
    decide(category, message, &place, line, source.as_ref())
}

/// Looks up what to do with a warning, and does it.
fn decide(
    category: &Value,
    message: &Value,
    place: &Place,
    line: Option<Value>,
    source: Option<&Value>,
) -> PyResult<()> {
    if place.module.is_none() {
        return Ok(());
    }
    let (text, category, message) = if is_warning(message) {
        (
            protocol::str(message)?.into_value(),
            message.class().to_value(),
            message.clone(),
        )
    } else {
        (
            message.clone(),
            category.clone(),
            protocol::call1(category, message)?,
        )
    };
    let lineno = int::new(place.line);
    let key = Tuple::from_array([text.clone(), category.clone(), lineno.clone()]).into_value();
    if let Some(registry) = &place.registry
        && already_warned(registry, &key, false)?
    {
        return Ok(());
    }
    let (action, item) = filters::action_for(&category, &text, place)?;
    let action_text = action.to_display();
    match &*action_text {
        "error" => {
            let exception = exceptions::make(&category, Some(&message))?;
            return Err(exceptions::raise(exception));
        }
        "ignore" => return Ok(()),
        "always" | "all" => {}
        other => {
            if let Some(registry) = &place.registry {
                registry.set(key, Value::TRUE)?;
            }
            let seen = match other {
                "once" => {
                    let registry = match &place.registry {
                        Some(registry) => registry.clone(),
                        None => filters::once_registry()?,
                    };
                    remember(&registry, &text, &category, false)?
                }
                "module" => match &place.registry {
                    Some(registry) => remember(registry, &text, &category, true)?,
                    None => false,
                },
                "default" => false,
                _ => bail!(
                    RuntimeError,
                    "Unrecognized action ({}) in warnings.filters:\n {}",
                    protocol::repr(action.as_value())?.to_display(),
                    protocol::repr(&item)?.to_display()
                ),
            };
            if seen {
                return Ok(());
            }
        }
    }
    show::show(&category, &text, &message, place, line, source)
}

/// Whether a registry of the current version has the key; with `set` it has it afterwards.
fn already_warned(registry: &Ref<Dict>, key: &Value, set: bool) -> PyResult<bool> {
    let current = version();
    let known = registry
        .get_str(id!("version"))
        .and_then(|version| int::to_i64(&version));
    if known == Some(current) {
        if let Some(seen) = registry.get(key)? {
            return protocol::is_true(&seen);
        }
    } else {
        registry.clear_all();
        registry.set_str(id!("version"), int::new(current));
    }
    if set {
        registry.set(key.clone(), Value::TRUE)?;
    }
    Ok(false)
}

/// Notes a warning regardless of its line; answers whether it was noted before.
fn remember(
    registry: &Ref<Dict>,
    text: &Value,
    category: &Value,
    with_zero: bool,
) -> PyResult<bool> {
    let mut key = vec![text.clone(), category.clone()];
    if with_zero {
        key.push(int::new(0));
    }
    already_warned(registry, &Tuple::new(key).into_value(), true)
}
