//! `atexit`: functions to run when the program ends.
//!
//! The last registered runs first. [`run`] is called by the runtime at the end; a callback that raises is reported and the
//! others run all the same.

use std::cell::RefCell;

use taipan_macros::{define_module, function};
use taipan_objects::args::Args;
use taipan_objects::cell::Locked;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, protocol, runtime};

define_module!(
    name = "atexit",
    doc = "allow programmer to define multiple exit functions to be executed\nupon normal program termination.\n\nTwo public functions, register and unregister, are defined.\n",
    functions(register, unregister, _clear, _run_exitfuncs, _ncallbacks),
);

#[derive(Clone)]
struct Callback {
    function: Value,
    args: Ref<Tuple>,
    /// Names of the keyword arguments, which are the last of `args`.
    names: Ref<Tuple>,
}

static CALLBACKS: Locked<RefCell<Vec<Option<Callback>>>> = Locked::new(RefCell::new(Vec::new()));

fn with<R>(body: impl FnOnce(&mut Vec<Option<Callback>>) -> R) -> R {
    CALLBACKS.with(|callbacks| body(&mut callbacks.borrow_mut()))
}

/// Register a function to be executed upon normal program termination
///
///     func - function to be called at exit
///     args - optional arguments to pass to func
///     kwargs - optional keyword arguments to pass to func
///
///     func is returned to facilitate usage as a decorator.
#[function("(func, /, *args, **kwargs)", nosig)]
fn register(args: Args<'_>) -> PyResult<Value> {
    let Some(function) = args.positional().first() else {
        bail!(TypeError, "register() takes at least 1 argument (0 given)");
    };
    if !protocol::is_callable(function) {
        bail!(TypeError, "the first argument must be callable");
    }
    let callback = Callback {
        function: function.clone(),
        args: Tuple::from_slice(&args.values()[1..]),
        names: Tuple::from_slice(args.names()),
    };
    with(|callbacks| callbacks.push(Some(callback)));
    Ok(function.clone())
}

/// Clear the list of previously registered exit functions.
#[function("()")]
fn _clear() {
    drop(with(std::mem::take));
}

/// Return the number of registered exit functions.
#[function("()")]
fn _ncallbacks() -> usize {
    with(|callbacks| callbacks.iter().flatten().count())
}

/// Run all registered exit functions.
///
/// If a callback raises an exception, it is logged with sys.unraisablehook.
#[function("()")]
fn _run_exitfuncs() {
    run();
}

/// Unregister an exit function which was previously registered using
/// atexit.register
///
///     func - function to be unregistered
#[function("(func, /)", nosig)]
fn unregister(func: &Value) -> PyResult<()> {
    // Comparing runs Python code, which may register and unregister: places are looked at one by one.
    let mut index = 0;
    while let Some(place) = with(|callbacks| callbacks.get(index).cloned()) {
        if let Some(callback) = place
            && protocol::equal(&callback.function, func)?
        {
            let removed = with(|callbacks| callbacks.get_mut(index).and_then(Option::take));
            drop(removed);
        }
        index += 1;
    }
    with(|callbacks| callbacks.retain(Option::is_some));
    Ok(())
}

/// Runs what was registered, last first, and forgets it.
pub fn run() {
    while let Some(place) = with(Vec::pop) {
        let Some(callback) = place else { continue };
        let args = Args::new(callback.args.tail(), callback.names.tail());
        if let Err(raised) = protocol::call(&callback.function, args) {
            let shown = protocol::repr(&callback.function)
                .map_or_else(|_| "?".to_owned(), |text| text.to_display().into_owned());
            runtime::unraisable(
                raised,
                Some(&format!("Exception ignored in atexit callback {shown}")),
                None,
            );
        }
    }
}
