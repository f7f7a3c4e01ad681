//! What executors rely on changes: dicts, classes, code.
//!
//! The optimizer watches a dict or a class when it takes something of it for granted, and enters its address in the filter of
//! the trace. The watcher then invalidates every executor that may rely on it, counts the change of a dict, because one that
//! changes again and again is not worth watching, and stops watching. This is `Python/optimizer_analysis.c` of CPython 3.14,
//! and for the builtins `Python/pylifecycle.c`.

use taipan_bytecode::tunables::{
    BUILTINS_WATCHER_ID, GLOBALS_WATCHER_ID, MAX_ALLOWED_BUILTINS_MODIFICATIONS, TYPE_WATCHER_ID,
};
use taipan_objects::class::Type;
use taipan_objects::class::watch;
use taipan_objects::dict::Dict;
use taipan_objects::dict::{DictEvent, add_dict_watcher};
use taipan_objects::rare_events::{self, RareEvent};
use taipan_objects::value::Value;

use super::counts::Cause;
use super::registry::{address_of, invalidate_all, invalidate_dependents};

fn builtins_change(_: DictEvent, builtins: &Dict, _: Option<&Value>, _: Option<&Value>) {
    if u32::from(builtins.mutations()) < MAX_ALLOWED_BUILTINS_MODIFICATIONS {
        invalidate_all(Cause::Builtins);
    }
    builtins.count_mutation();
    rare_events::count(RareEvent::BuiltinDict);
}

fn globals_change(_: DictEvent, globals: &Dict, _: Option<&Value>, _: Option<&Value>) {
    invalidate_dependents(address_of(globals), Cause::Dict);
    globals.count_mutation();
    globals.unwatch(GLOBALS_WATCHER_ID as u8);
}

fn class_change(class: &Type) {
    invalidate_dependents(address_of(class), Cause::Class);
    class.unwatch(TYPE_WATCHER_ID);
}

/// Registers the watchers in the places that CPython keeps for them. Called once, at start-up, before any other is registered.
pub fn register() {
    let places = (
        add_dict_watcher(builtins_change),
        add_dict_watcher(globals_change),
        watch::add_watcher(class_change),
    );
    let reserved = (
        Some(BUILTINS_WATCHER_ID as u8),
        Some(GLOBALS_WATCHER_ID as u8),
        Some(TYPE_WATCHER_ID),
    );
    assert_eq!(places, reserved, "the optimizer's watchers come first");
}
