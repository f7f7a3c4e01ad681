//! `sys.monitoring`: tools that are told what happens while Python code runs (PEP 669).

use taipan_interp::code::Code;
use taipan_interp::monitoring::{self, Event};
use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::dict::Dict;
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::simple_namespace::SimpleNamespace;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

define_module!(
    name = "sys.monitoring",
    functions(
        use_tool_id,
        clear_tool_id,
        free_tool_id,
        get_tool,
        register_callback,
        get_events,
        set_events,
        get_local_events,
        set_local_events,
        restart_events,
        _all_events,
    ),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("DISABLE", monitoring::disable());
    module.set("MISSING", monitoring::missing());
    let mut events: Vec<(&Ref<Str>, Value)> = Vec::new();
    let names: Vec<Ref<Str>> = Event::ALL
        .iter()
        .map(|event| Str::intern(event.name()))
        .collect();
    events.extend(
        names
            .iter()
            .zip(Event::ALL)
            .map(|(name, event)| (name, int::new(i64::from(event.bit())))),
    );
    let none = Str::intern("NO_EVENTS");
    events.push((&none, int::new(0)));
    module.set("events", SimpleNamespace::new(&events));
    module.set("DEBUGGER_ID", 0);
    module.set("COVERAGE_ID", 1);
    module.set("PROFILER_ID", 2);
    module.set("OPTIMIZER_ID", 5);
    Ok(())
}

#[function("(tool_id, name, /)")]
fn use_tool_id(tool_id: i32, name: &Value) -> PyResult<()> {
    monitoring::use_tool(tool_id, name)
}

#[function("(tool_id, /)")]
fn clear_tool_id(tool_id: i32) -> PyResult<()> {
    monitoring::clear_tool(tool_id)
}

#[function("(tool_id, /)")]
fn free_tool_id(tool_id: i32) -> PyResult<()> {
    monitoring::free_tool(tool_id)
}

#[function("(tool_id, /)")]
fn get_tool(tool_id: i32) -> PyResult<Option<Value>> {
    monitoring::tool_name(tool_id)
}

#[function("(tool_id, event, func, /)")]
fn register_callback(tool_id: i32, event: i32, func: &Value) -> PyResult<Option<Value>> {
    crate::system::audit(
        "sys.monitoring.register_callback",
        std::slice::from_ref(func),
    )?;
    monitoring::register_callback(tool_id, event, func)
}

#[function("(tool_id, /)")]
fn get_events(tool_id: i32) -> PyResult<u32> {
    monitoring::events_of(tool_id)
}

#[function("(tool_id, event_set, /)")]
fn set_events(tool_id: i32, event_set: i32) -> PyResult<()> {
    monitoring::set_events(tool_id, event_set)
}

fn code_object(value: &Value) -> PyResult<&Ref<Code>> {
    match value.downcast::<Code>() {
        Some(code) => Ok(code),
        None => bail!(TypeError, "code must be a code object"),
    }
}

#[function("(tool_id, code, /)")]
fn get_local_events(tool_id: i32, code: &Value) -> PyResult<u32> {
    monitoring::local_events(tool_id, code_object(code)?)
}

#[function("(tool_id, code, event_set, /)")]
fn set_local_events(tool_id: i32, code: &Value, event_set: i32) -> PyResult<()> {
    monitoring::set_local_events(tool_id, code_object(code)?, event_set)
}

#[function("()")]
fn restart_events() {
    monitoring::restart_events();
}

#[function("()")]
fn _all_events() -> Ref<Dict> {
    let events = Dict::new();
    for (name, tools) in monitoring::all_events() {
        events.set_str(&Str::intern(name), int::new(i64::from(tools)));
    }
    events
}
