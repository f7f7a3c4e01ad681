//! `sys.monitoring` (PEP 669): events, the tools that listen to them, and code that tells of them.
//!
//! Nothing here costs anything while no tool listens. Events that belong to instructions are told by opcodes of their own,
//! which [`instrument`] writes over the plain ones of the code objects that run; exceptions are told by the unwinder, which
//! asks one word ([`state::listens`]). [`state`] knows the tools, [`fire`] calls them, [`lines`] knows where lines start.
//!
//! A code object carries the version of the instrumentation it was written for. When events are turned on, every code
//! object's RESUME becomes an instrumented one, which brings the code up to date when it runs; all other instrumented
//! opcodes look at the version too, so that code whose events were turned off loses its instrumentation on the way.
//! Invariant: a RESUME that is reached while a tool listens is instrumented or belongs to code that is up to date.

mod branch;
mod event;
mod fire;
mod instrument;
mod lines;
mod state;

pub use event::Event;
pub use instrument::CodeMonitoring;
pub use state::{
    PROFILE_TOOL, TRACE_TOOL, all_events, clear_tool, events_of, free_tool, is_active,
    local_events, register_callback, restart_events, set_events, set_local_events, tool_name,
    use_tool, version,
};

pub(crate) use fire::{
    disable_sentinel, exception_event, fire, fire_from, instruction_event, line_event,
    missing_sentinel,
};
pub(crate) use instrument::{mark, update};
pub(crate) use state::{listens, set_tool_events, set_trace_event};

/// Makes the classes and sentinels.
pub(crate) fn init_classes() {
    branch::init_classes();
    fire::init_sentinels();
}

/// `sys.monitoring.DISABLE`: what a callback answers to hear no more of an event at this place.
pub fn disable() -> taipan_objects::value::Value {
    disable_sentinel()
}

/// `sys.monitoring.MISSING`: the first argument of a call that has none.
pub fn missing() -> taipan_objects::value::Value {
    missing_sentinel()
}
