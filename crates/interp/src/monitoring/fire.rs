//! Telling tools of events.
//!
//! While a callback runs, nothing is told on its thread. A callback may jump, by assigning the frame's line: then the
//! frame's saved instruction is another one afterwards, and the body that told the event goes on there.

use taipan_bytecode::Opcode;
use taipan_objects::bail;
use taipan_objects::cell::Once;
use taipan_objects::class::Payload;
use taipan_objects::int;
use taipan_objects::object::Object;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::{Ref, Value};

use super::Event;
use super::instrument::{Layer, remove};
use super::state::{PROFILE_TOOL, TRACE_TOOL, callback, global_tools, listens, replace_callback};
use crate::code::Code;
use crate::cursor::{Cursor, Step};
use crate::frame_stack::EngineState;

static DISABLE: Once<Value> = Once::new();
static MISSING: Once<Value> = Once::new();

/// Makes the two objects that stand for themselves.
pub(super) fn init_sentinels() {
    for sentinel in [&DISABLE, &MISSING] {
        if let Ok(object) = protocol::call0(Object::class().as_value()) {
            sentinel.set(object);
        }
    }
}

/// `sys.monitoring.DISABLE`.
pub(crate) fn disable_sentinel() -> Value {
    DISABLE.clone()
}

/// `sys.monitoring.MISSING`.
pub(crate) fn missing_sentinel() -> Value {
    MISSING.clone()
}

/// A byte offset, as events name instructions.
fn offset(index: usize) -> Value {
    int::from_usize(index * 2)
}

/// Calls one tool; answers whether it wants to hear no more of this place.
fn call_tool(
    engine: *mut EngineState,
    tool: usize,
    event: Event,
    arguments: &[Value],
) -> PyResult<bool> {
    let listener = if tool < PROFILE_TOOL {
        callback(tool, event)
    } else {
        None
    };
    if tool < PROFILE_TOOL && listener.is_none() {
        return Ok(false);
    }
    // SAFETY: the engine outlives the loop; no reference into it is held across the call.
    let before = unsafe {
        (*engine).telling += 1;
        (*engine).event.replace(event)
    };
    let answer = match (&listener, tool) {
        (Some(listener), _) => {
            protocol::call_positional(listener, arguments).map(|answer| answer.is(&DISABLE))
        }
        (None, TRACE_TOOL) => crate::tracing::trace_event(event, arguments),
        (None, _) => crate::tracing::profile_event(event, arguments),
    };
    // SAFETY: as above.
    unsafe {
        (*engine).telling -= 1;
        (*engine).event = before;
    }
    answer
}

/// Calls the tools of a set, the highest first.
fn call_tools(
    engine: *mut EngineState,
    mut tools: u8,
    event: Event,
    arguments: &[Value],
    mut disable: impl FnMut(u8) -> PyResult<()>,
) -> PyResult<()> {
    while tools != 0 {
        let tool = tools.ilog2() as usize;
        tools &= !(1 << tool);
        if call_tool(engine, tool, event, arguments)? {
            disable(tool as u8)?;
        }
    }
    Ok(())
}

fn is_telling(engine: *mut EngineState) -> bool {
    // SAFETY: the engine outlives the loop.
    unsafe { (*engine).telling != 0 }
}

/// Tells of an event at the running instruction; `arguments` follow the code and the instruction's offset.
pub(crate) fn fire(c: &mut Cursor, event: Event, arguments: &[Value]) -> Step {
    let index = c.frame().instruction_index().max(0) as usize;
    fire_from(c, event, index, arguments)
}

/// As [`fire`], naming `source` as where the event comes from.
pub(crate) fn fire_from(c: &mut Cursor, event: Event, source: usize, arguments: &[Value]) -> Step {
    if is_telling(c.engine) {
        return Ok(());
    }
    let (code, index) = (
        c.frame().code().clone(),
        c.frame().instruction_index().max(0) as usize,
    );
    let tools = code.monitoring.event_tools(index);
    if tools == 0 {
        return Ok(());
    }
    c.frame_mut().sp = c.sp;
    let mut all = vec![code.to_value(), offset(source)];
    all.extend_from_slice(arguments);
    call_tools(c.engine, tools, event, &all, |tool| {
        if !event.is_local() {
            return refuse_disabling(tool, event);
        }
        remove(&code, index, Layer::Event, 1 << tool);
        Ok(())
    })
}

fn refuse_disabling(tool: u8, event: Event) -> PyResult<()> {
    // Without its callback the tool cannot do it again.
    drop(replace_callback(usize::from(tool), event, None));
    bail!(
        ValueError,
        "Cannot disable {} events. Callback removed.",
        event.name()
    )
}

/// Tells of the line that starts at the running instruction, unless the instruction `previous` was of that line already.
pub(crate) fn line_event(c: &mut Cursor, code: &Ref<Code>, index: usize, previous: usize) -> Step {
    if is_telling(c.engine) {
        return Ok(());
    }
    let line = code.monitoring.line(index);
    // What runs right behind a RESUME, or behind a YIELD_VALUE by an exception thrown in, starts its line.
    let is_first = match code.base_unit(previous).opcode() {
        Some(Opcode::Resume) => index == previous + 1,
        opcode => opcode == Some(Opcode::YieldValue),
    };
    let has_started = previous > code.first_traceable as usize
        && !is_first
        && code.monitoring.line(previous) == line;
    let Some(line) = line.filter(|_| !has_started) else {
        return Ok(());
    };
    c.frame_mut().sp = c.sp;
    let arguments = [code.to_value(), int::new(i64::from(line))];
    call_tools(
        c.engine,
        code.monitoring.line_tools(index),
        Event::Line,
        &arguments,
        |tool| {
            remove(code, index, Layer::Line, 1 << tool);
            Ok(())
        },
    )
}

/// Tells of the running instruction itself.
pub(crate) fn instruction_event(c: &mut Cursor, code: &Ref<Code>, index: usize) -> Step {
    if is_telling(c.engine) {
        return Ok(());
    }
    c.frame_mut().sp = c.sp;
    let arguments = [code.to_value(), offset(index)];
    call_tools(
        c.engine,
        code.monitoring.instruction_tools(index),
        Event::Instruction,
        &arguments,
        |tool| {
            remove(code, index, Layer::Instruction, 1 << tool);
            Ok(())
        },
    )
}

/// Tells of an exception in the running frame, whose stack pointer is saved, at the unit `index`. An exception of a
/// callback takes its place.
pub(crate) fn exception_event(
    engine: *mut EngineState,
    event: Event,
    index: usize,
    raised: Raised,
) -> Raised {
    if !listens(event) || is_telling(engine) {
        return raised;
    }
    // SAFETY: the engine outlives the loop; its current frame is live.
    let code = unsafe { (*(*engine).current).code().clone() };
    let arguments = [
        code.to_value(),
        offset(index),
        raised.exception().to_value(),
    ];
    match call_tools(engine, global_tools(event), event, &arguments, |tool| {
        refuse_disabling(tool, event)
    }) {
        Ok(()) => raised,
        Err(other) => other,
    }
}
