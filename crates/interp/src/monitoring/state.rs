//! The tools, their callbacks, and which events they listen to everywhere.
//!
//! Tools 0 to 5 are `sys.monitoring`'s; 6 and 7 are `sys.setprofile` and `sys.settrace`, whose callbacks are native.

use std::sync::atomic::{AtomicU32, Ordering};

use taipan_objects::bail;
use taipan_objects::cell::Locked;
use taipan_objects::class::Payload;
use taipan_objects::gc;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::value::{Ref, Value};

use super::Event;
use super::branch::BranchHandler;
use super::instrument::{force_update, mark, update};
use crate::code::Code;
use crate::frame_stack::EngineState;

/// How many tools there are.
pub(super) const TOOLS: usize = 8;
/// The tool of `sys.setprofile`.
pub const PROFILE_TOOL: usize = 6;
/// The tool of `sys.settrace`.
pub const TRACE_TOOL: usize = 7;

/// A set of tools for each event that code is instrumented for.
pub(super) type LocalTools = [u8; Event::LOCAL_COUNT];

struct State {
    version: u64,
    /// The version at which events were last restarted.
    restarted: u64,
    tools: [u8; Event::UNGROUPED_COUNT],
    tool_versions: [u64; TOOLS],
    names: [Option<Value>; TOOLS],
    callbacks: [[Option<Value>; Event::COUNT]; TOOLS],
}

static STATE: Locked<State> = Locked::new(State {
    version: 0,
    restarted: 0,
    tools: [0; Event::UNGROUPED_COUNT],
    tool_versions: [0; TOOLS],
    names: [const { None }; TOOLS],
    callbacks: [const { [const { None }; Event::COUNT] }; TOOLS],
});

/// The events that any tool listens to everywhere.
static LISTENED: AtomicU32 = AtomicU32::new(0);

const LOCAL_EVENTS: u32 = (1 << Event::LOCAL_COUNT) - 1;
const C_RETURN_EVENTS: u32 = Event::CReturn.bit() | Event::CRaise.bit();
const C_CALL_EVENTS: u32 = C_RETURN_EVENTS | Event::Call.bit();

/// What code objects ask when they are brought up to date.
pub(super) struct GlobalView {
    pub(super) version: u64,
    pub(super) restarted: u64,
    pub(super) tools: LocalTools,
    pub(super) tool_versions: [u64; TOOLS],
}

pub(super) fn global_view() -> GlobalView {
    STATE.with(|state| {
        let mut tools = [0; Event::LOCAL_COUNT];
        tools.copy_from_slice(&state.tools[..Event::LOCAL_COUNT]);
        GlobalView {
            version: state.version,
            restarted: state.restarted,
            tools,
            tool_versions: state.tool_versions,
        }
    })
}

/// The version of the instrumentation, which grows with every change of the events.
pub fn version() -> u64 {
    STATE.with(|state| state.version)
}

/// Whether any tool listens to the event everywhere.
#[inline]
pub(crate) fn listens(event: Event) -> bool {
    LISTENED.load(Ordering::Relaxed) & event.bit() != 0
}

/// Whether new code objects are instrumented.
#[inline]
pub fn is_active() -> bool {
    LISTENED.load(Ordering::Relaxed) & LOCAL_EVENTS != 0
}

/// The tools that listen to an event everywhere.
pub(super) fn global_tools(event: Event) -> u8 {
    STATE.with(|state| state.tools[event as usize])
}

/// A tool's callback for an event.
pub(super) fn callback(tool: usize, event: Event) -> Option<Value> {
    STATE.with(|state| state.callbacks[tool][event as usize].clone())
}

/// Sets a tool's callback for an event; answers the one before.
pub(super) fn replace_callback(
    tool: usize,
    event: Event,
    callback: Option<Value>,
) -> Option<Value> {
    STATE.with(|state| std::mem::replace(&mut state.callbacks[tool][event as usize], callback))
}

fn check_tool(tool: i32) -> PyResult<usize> {
    match usize::try_from(tool) {
        Ok(tool) if tool < PROFILE_TOOL => Ok(tool),
        _ => bail!(ValueError, "invalid tool {tool} (must be between 0 and 5)"),
    }
}

fn check_used(tool: usize) -> PyResult<()> {
    if tool < PROFILE_TOOL && STATE.with(|state| state.names[tool].is_none()) {
        bail!(ValueError, "tool {tool} is not in use");
    }
    Ok(())
}

/// The events that make up an event set: C_RETURN and C_RAISE come with CALL, BRANCH is two.
fn ungrouped(events: u32) -> PyResult<u32> {
    if events & C_RETURN_EVENTS != 0 && events & C_CALL_EVENTS != C_CALL_EVENTS {
        bail!(
            ValueError,
            "cannot set C_RETURN or C_RAISE events independently"
        );
    }
    let mut events = events & !C_RETURN_EVENTS;
    if events & Event::Branch.bit() != 0 {
        events = events & !Event::Branch.bit() | Event::BranchLeft.bit() | Event::BranchRight.bit();
    }
    Ok(events)
}

/// `use_tool_id(tool_id, name)`.
pub fn use_tool(tool: i32, name: &Value) -> PyResult<()> {
    let tool = check_tool(tool)?;
    if name.downcast::<taipan_objects::str::Str>().is_none() {
        bail!(ValueError, "tool name must be a str");
    }
    if STATE.with(|state| state.names[tool].is_some()) {
        bail!(ValueError, "tool {tool} is already in use");
    }
    STATE.with(|state| state.names[tool] = Some(name.clone()));
    Ok(())
}

/// `get_tool(tool_id)`.
pub fn tool_name(tool: i32) -> PyResult<Option<Value>> {
    let tool = check_tool(tool)?;
    Ok(STATE.with(|state| state.names[tool].clone()))
}

/// `clear_tool_id(tool_id)`: no callbacks, no events, no local events.
pub fn clear_tool(tool: i32) -> PyResult<()> {
    let tool = check_tool(tool)?;
    if STATE.with(|state| state.names[tool].is_none()) {
        return Ok(());
    }
    for &event in Event::ALL {
        drop(replace_callback(tool, event, None));
    }
    set_tool_events(tool, 0);
    STATE.with(|state| {
        state.version += 1;
        state.tool_versions[tool] = state.version;
    });
    update_running();
    Ok(())
}

/// `free_tool_id(tool_id)`.
pub fn free_tool(tool: i32) -> PyResult<()> {
    clear_tool(tool)?;
    let tool = check_tool(tool)?;
    let name = STATE.with(|state| state.names[tool].take());
    drop(name);
    Ok(())
}

/// `register_callback(tool_id, event, func)`: answers the callback before.
pub fn register_callback(tool: i32, event: i32, function: &Value) -> PyResult<Option<Value>> {
    let tool = check_tool(tool)?;
    if event.count_ones() != 1 {
        bail!(
            ValueError,
            "The callback can only be set for one event at a time"
        );
    }
    let Some(&kind) = Event::ALL.get(event.trailing_zeros() as usize) else {
        bail!(ValueError, "invalid event {event}");
    };
    let function = Some(function.clone()).filter(|function| !function.is_none());
    let before = if kind == Event::Branch {
        let handler = |right| {
            function
                .clone()
                .map(|function| BranchHandler::make(tool, function, right))
        };
        drop(replace_callback(tool, Event::BranchRight, handler(true)));
        replace_callback(tool, Event::BranchLeft, handler(false))
    } else {
        replace_callback(tool, kind, function)
    };
    Ok(before.map(BranchHandler::unwrapped))
}

/// `get_events(tool_id)`.
pub fn events_of(tool: i32) -> PyResult<u32> {
    let tool = check_tool(tool)?;
    Ok(STATE.with(|state| {
        state
            .tools
            .iter()
            .enumerate()
            .fold(0, |events, (event, tools)| {
                events | u32::from(tools >> tool & 1) << event
            })
    }))
}

/// `set_events(tool_id, event_set)`.
pub fn set_events(tool: i32, events: i32) -> PyResult<()> {
    let tool = check_tool(tool)?;
    if !(0..1 << Event::COUNT).contains(&events) {
        bail!(ValueError, "invalid event set 0x{events:x}");
    }
    let events = ungrouped(events as u32)?;
    check_used(tool)?;
    set_tool_events(tool, events);
    Ok(())
}

/// Sets the events that a tool listens to everywhere.
pub(crate) fn set_tool_events(tool: usize, events: u32) {
    let added = STATE.with(|state| {
        let mut added = 0;
        let mut changed = false;
        for (event, tools) in state.tools.iter_mut().enumerate() {
            let (before, after) = (*tools >> tool & 1 != 0, events >> event & 1 != 0);
            *tools = *tools & !(1 << tool) | u8::from(after) << tool;
            changed |= before != after;
            added |= u32::from(after && !before) << event;
        }
        state.version += u64::from(changed);
        let listened = state
            .tools
            .iter()
            .enumerate()
            .fold(0, |all, (event, tools)| {
                all | u32::from(*tools != 0) << event
            });
        LISTENED.store(listened, Ordering::Relaxed);
        changed.then_some(added)
    });
    if let Some(added) = added {
        if added & LOCAL_EVENTS != 0 {
            mark_all();
        }
        update_running();
    }
}

/// `get_local_events(tool_id, code)`.
pub fn local_events(tool: i32, code: &Ref<Code>) -> PyResult<u32> {
    let tool = check_tool(tool)?;
    Ok(events_in(&code.monitoring.local(), tool))
}

fn events_in(local: &LocalTools, tool: usize) -> u32 {
    local.iter().enumerate().fold(0, |events, (event, tools)| {
        events | u32::from(tools >> tool & 1) << event
    })
}

/// `set_local_events(tool_id, code, event_set)`.
pub fn set_local_events(tool: i32, code: &Ref<Code>, events: i32) -> PyResult<()> {
    let tool = check_tool(tool)?;
    let ungrouped = ungrouped(events as u32)?;
    if events < 0 || ungrouped >= 1 << Event::LOCAL_COUNT {
        bail!(ValueError, "invalid local event set 0x{ungrouped:x}");
    }
    check_used(tool)?;
    set_tool_local_events(tool, code, ungrouped);
    Ok(())
}

/// Sets the events that a tool listens to in one code object.
fn set_tool_local_events(tool: usize, code: &Code, events: u32) {
    let version = STATE.with(|state| state.tool_versions[tool]);
    let changed = code.monitoring.with_made(code, |tables| {
        tables.tool_versions[tool] = version;
        let before = events_in(&tables.local, tool);
        for (event, tools) in tables.local.iter_mut().enumerate() {
            *tools = *tools & !(1 << tool) | ((events >> event & 1) as u8 * (1 << tool));
        }
        before != events
    });
    if changed {
        force_update(code);
    }
}

/// Turns one local event of the trace tool on or off.
pub(crate) fn set_trace_event(code: &Code, event: Event, on: bool) {
    let before = events_in(&code.monitoring.local(), TRACE_TOOL);
    let after = if on {
        before | event.bit()
    } else {
        before & !event.bit()
    };
    if before != after {
        set_tool_local_events(TRACE_TOOL, code, after);
    }
}

/// `restart_events()`: what callbacks disabled is told again.
pub fn restart_events() {
    STATE.with(|state| {
        state.restarted = state.version + 1;
        state.version += 2;
    });
    if is_active() {
        mark_all();
    }
    update_running();
}

/// `_all_events()`: the events listened to, and by which tools.
pub fn all_events() -> Vec<(&'static str, u8)> {
    STATE.with(|state| {
        let tools = state
            .tools
            .iter()
            .enumerate()
            .filter(|(_, tools)| **tools != 0);
        tools
            .map(|(event, tools)| (Event::ALL[event].name(), *tools))
            .collect()
    })
}

/// Lets every code object look at its instrumentation when it runs next.
fn mark_all() {
    crate::traces::registry::invalidate_all(crate::traces::Cause::All);
    for value in gc::instances(Code::class()) {
        if let Some(code) = value.downcast_exact::<Code>() {
            mark(code);
        }
    }
}

/// Brings the code that runs, on any thread, up to date.
fn update_running() {
    runtime::for_each_thread(|thread| {
        let engine = thread.engine.get().cast::<EngineState>();
        if engine.is_null() {
            return;
        }
        // SAFETY: the interpreter lock is held, so every thread's chain of frames is at rest and made of live frames.
        unsafe {
            let mut frame = (*engine).current;
            while !frame.is_null() {
                update((*frame).code());
                frame = (*frame).previous;
            }
        }
    });
}
