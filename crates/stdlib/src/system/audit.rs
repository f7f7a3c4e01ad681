//! Audit hooks (PEP 578): functions that are told what the interpreter is about to do.

use std::cell::Cell;

use taipan_macros::function;
use taipan_objects::args::Args;
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, protocol};

static HOOKS: Locked<Slot<Ref<List>>> = Locked::new(Slot::empty());
static AUDITED: Locked<Cell<bool>> = Locked::new(Cell::new(false));

/// Whether there are hooks, so that an event is worth describing.
pub fn is_audited() -> bool {
    AUDITED.with(|audited| audited.get())
}

/// Tells the hooks about an event. One of them may raise, which stops what was about to happen.
pub fn audit(event: &str, arguments: &[Value]) -> PyResult<()> {
    if !is_audited() {
        return Ok(());
    }
    let Some(hooks) = HOOKS.with(|hooks| hooks.get()) else {
        return Ok(());
    };
    let event = Str::new(event).into_value();
    let arguments = Tuple::from_slice(arguments).into_value();
    hooks
        .to_vec()
        .iter()
        .try_for_each(|hook| protocol::call2(hook, &event, &arguments).map(drop))
}

/// Add a function that is called with the name and the arguments of every audit event.
#[function("(hook)")]
pub(super) fn addaudithook(hook: &Value) -> PyResult<()> {
    // A hook that is there already may refuse new ones, quietly, by raising an ordinary exception.
    match audit("sys.addaudithook", &[]) {
        Ok(()) => {}
        Err(raised) if raised.is(ExceptionKind::Exception) => return Ok(()),
        Err(raised) => return Err(raised),
    }
    let hooks = match HOOKS.with(|hooks| hooks.get()) {
        Some(hooks) => hooks,
        None => {
            let hooks = List::new(Vec::new());
            HOOKS.with(|slot| slot.replace(Some(hooks.clone())));
            hooks
        }
    };
    AUDITED.with(|audited| audited.set(true));
    hooks.push(hook.clone())
}

/// audit(event, *args)
///
/// Tell the audit hooks about an event.
#[function(name = "audit", nosig)]
pub(super) fn audit_event(args: Args<'_>) -> PyResult<()> {
    args.no_keywords("audit")?;
    let [event, arguments @ ..] = args.positional() else {
        bail!(TypeError, "audit expected at least 1 argument, got 0");
    };
    match event.downcast::<Str>() {
        Some(event) => audit(&event.to_display(), arguments),
        None => bail!(
            TypeError,
            "expected str for argument 'event', not {}",
            event.class().name()
        ),
    }
}
