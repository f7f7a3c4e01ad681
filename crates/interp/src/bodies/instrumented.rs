//! The instrumented opcodes: they tell tools what is about to happen, and go on with the opcode they stand for.
//!
//! All of them are one op of the loop. Most tell first and let the plain opcode do the work: the body leaves the plain
//! opcode in `EngineState::redirect`, and the loop runs it at the same place with the same oparg. Only what has to be told
//! in the middle or afterwards is done here.

use taipan_bytecode::Opcode;
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value, bits};
use taipan_objects::{bail, int};

use crate::code::Code;
use crate::cursor::{Cursor, Next, Step, run_full};
use crate::frame_stack::{EngineState, Frame, StackRef};
use crate::function::Function;
use crate::generator::{Coroutine, Generator};
use crate::monitoring::{self, Event};

/// Runs the instrumented opcode at `ip`. The engine's `redirect` says afterwards whether the instruction that the answer
/// names runs as what stands there, or as another opcode.
pub(crate) fn instrumented(
    ip: *const u16,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
    oparg: u32,
) -> Next {
    // SAFETY: the registers satisfy the cursor's invariant.
    let previous = unsafe { (*frame).instruction_index() };
    let mut goes_on_as = None;
    let body = |c: &mut Cursor, oparg| {
        goes_on_as = tell(c, oparg, previous.max(0) as usize)?;
        if goes_on_as.is_some() {
            c.ip = c.frame().ip;
        }
        Ok(())
    };
    let next = run_full(body, 0, ip, sp, frame, engine, oparg);
    // Written last: callbacks run code, instrumented too.
    // SAFETY: the engine outlives the loop.
    unsafe { (*engine).redirect = goes_on_as.map_or(0, |opcode| opcode as u8) };
    next
}

/// Whether a callback made the frame go on elsewhere; then the registers are set for that.
fn has_jumped(c: &mut Cursor, here: *const u16) -> bool {
    if c.frame().ip == here {
        return false;
    }
    c.ip = c.frame().ip;
    c.sp = c.frame().sp;
    true
}

/// Tells of everything that is listened to at the running instruction, layer by layer: its line, itself, its event.
/// Answers the opcode to go on with there; nothing if the registers say where to go on.
fn tell(c: &mut Cursor, oparg: u32, previous: usize) -> PyResult<Option<Opcode>> {
    let here = c.frame().ip;
    let code = c.frame().code().clone();
    let index = c.frame().instruction_index().max(0) as usize;
    monitoring::update(&code);
    let Some(mut shown) = Opcode::from_byte(code.units()[index].get() as u8) else {
        bail!(SystemError, "unknown opcode")
    };
    if shown == Opcode::InstrumentedLine {
        monitoring::line_event(c, &code, index, previous)?;
        if has_jumped(c, here) {
            return Ok(None);
        }
        shown = code.monitoring.opcode_behind_line(index);
    }
    if shown == Opcode::InstrumentedInstruction {
        monitoring::instruction_event(c, &code, index)?;
        if has_jumped(c, here) {
            return Ok(None);
        }
        shown = code.monitoring.opcode_behind_instruction(index);
    }
    let Some(plain) = shown.plain() else {
        return Ok(Some(shown));
    };
    let is_done = !tell_event(c, &code, index, plain, oparg)?;
    Ok((!is_done && !has_jumped(c, here)).then_some(plain))
}

/// Tells of the event of an instruction. Answers whether the plain opcode still has to run.
fn tell_event(
    c: &mut Cursor,
    code: &Ref<Code>,
    index: usize,
    plain: Opcode,
    oparg: u32,
) -> PyResult<bool> {
    let next = index + 1 + plain.cache_units();
    match plain {
        Opcode::Resume => {
            let event = if oparg == 0 {
                Event::PyStart
            } else {
                Event::PyResume
            };
            monitoring::fire(c, event, &[])?;
        }
        Opcode::ReturnValue => {
            let value = c.peek(0).clone();
            monitoring::fire(c, Event::PyReturn, &[value])?;
        }
        Opcode::YieldValue => {
            let value = c.peek(0).clone();
            monitoring::fire(c, Event::PyYield, &[value])?;
        }
        Opcode::JumpForward => monitoring::fire(c, Event::Jump, &[offset(next + oparg as usize)])?,
        Opcode::JumpBackward => monitoring::fire(c, Event::Jump, &[offset(next - oparg as usize)])?,
        Opcode::PopJumpIfTrue
        | Opcode::PopJumpIfFalse
        | Opcode::PopJumpIfNone
        | Opcode::PopJumpIfNotNone => {
            if jumps(plain, c.word(0).0) {
                monitoring::fire(c, Event::BranchRight, &[offset(next + oparg as usize)])?;
            }
        }
        Opcode::NotTaken => {
            // In front stands the jump that was not taken, with one unit of cache, or END_SEND of an asynchronous loop.
            let is_cache = index > 0 && code.base_unit(index - 1).opcode_byte() == 0;
            let source = index.saturating_sub(if is_cache { 2 } else { 1 });
            monitoring::fire_from(c, Event::BranchLeft, source, &[offset(next)])?;
        }
        Opcode::PopIter => {
            let source = code.monitoring.loop_of(index).unwrap_or(index);
            monitoring::fire_from(c, Event::BranchRight, source, &[offset(next)])?;
        }
        Opcode::EndFor => {
            // One that returns None ends its loop without a StopIteration.
            if c.peek(1).downcast_exact::<Generator>().is_some() && !c.peek(0).is_none() {
                tell_end(c)?;
            }
        }
        Opcode::EndSend => {
            let is_ours = {
                let receiver = c.peek(1);
                receiver.downcast_exact::<Generator>().is_some()
                    || receiver.downcast_exact::<Coroutine>().is_some()
            };
            if is_ours {
                tell_end(c)?;
            }
        }
        Opcode::EndAsyncFor => {
            let exception = c.peek(0).clone();
            if exceptions::matches(
                &exception,
                ExceptionKind::StopAsyncIteration.class().as_value(),
            )? {
                monitoring::fire_from(
                    c,
                    Event::BranchRight,
                    next.saturating_sub(oparg as usize),
                    &[offset(next)],
                )?;
            }
        }
        Opcode::ForIter => return for_iter(c, oparg),
        Opcode::Call => return call(c, oparg),
        Opcode::CallKw => return call_kw(c, oparg),
        Opcode::CallFunctionEx => return call_function_ex(c, oparg),
        Opcode::LoadSuperAttr => return load_super_attr(c, oparg),
        other => bail!(SystemError, "{} is not instrumented", other.name()),
    }
    Ok(true)
}

/// A byte offset, as events name instructions.
fn offset(index: usize) -> Value {
    int::from_usize(index * 2)
}

/// Whether a conditional jump is taken for the value `word`.
fn jumps(opcode: Opcode, word: u64) -> bool {
    match opcode {
        Opcode::PopJumpIfTrue => word == bits::TRUE,
        Opcode::PopJumpIfFalse => word == bits::FALSE,
        Opcode::PopJumpIfNone => word == bits::NONE,
        _ => word != bits::NONE,
    }
}

/// A generator ended with the value on top, without an exception: tells of the StopIteration that it stands for.
fn tell_end(c: &mut Cursor) -> Step {
    let value = c.peek(0).clone();
    let stop = exceptions::stop_iteration(value)
        .into_exception()
        .into_value();
    monitoring::fire(c, Event::StopIteration, &[stop])
}

fn for_iter(c: &mut Cursor, oparg: u32) -> PyResult<bool> {
    let here = c.frame().ip;
    c.jump_forward(Opcode::ForIter.cache_units() as u32);
    let iterator = c.peek(0).clone();
    let next = protocol::next(&iterator)
        .or_else(|raised| super::end_of_iteration(c, raised).map(|()| None))?;
    match next {
        Some(value) => {
            c.push(value);
            // SAFETY: both point into the code that runs.
            let target = unsafe { c.ip.offset_from(c.frame().code().units_ptr()) } as usize;
            monitoring::fire(c, Event::BranchLeft, &[offset(target)])?;
            has_jumped(c, here);
        }
        None => c.jump_forward(oparg + 1),
    }
    Ok(false)
}

/// What is called, and its first argument: methods are seen as their function and its receiver.
fn callee(callable: Value, receiver: Option<Value>, first: Option<Value>) -> (Value, Value) {
    if receiver.is_none()
        && let Some(method) = callable.downcast_exact::<BoundMethod>()
    {
        return (method.function.clone(), method.receiver.clone());
    }
    (
        callable,
        receiver
            .or(first)
            .unwrap_or_else(monitoring::missing_sentinel),
    )
}

/// The value of a stack word, or nothing for NULL.
fn value_at(c: &Cursor, depth: usize) -> Option<Value> {
    (!c.word(depth).is_null()).then(|| c.peek(depth).clone())
}

/// Calls something native by `body`, and tells how that ended.
fn native_call(
    c: &mut Cursor,
    told: &[Value],
    body: impl FnOnce(&mut Cursor) -> Step,
) -> PyResult<bool> {
    match body(c) {
        Ok(()) => monitoring::fire(c, Event::CReturn, told)?,
        Err(raised) => {
            monitoring::fire(c, Event::CRaise, told)?;
            return Err(raised);
        }
    }
    Ok(false)
}

fn call(c: &mut Cursor, oparg: u32) -> PyResult<bool> {
    let given = oparg as usize;
    let first = if given > 0 {
        value_at(c, given - 1)
    } else {
        None
    };
    let (callable, argument) = callee(c.peek(given + 1).clone(), value_at(c, given), first);
    let is_python = callable.downcast_exact::<Function>().is_some();
    let told = [callable, argument];
    monitoring::fire(c, Event::Call, &told)?;
    if is_python {
        return Ok(true);
    }
    c.jump_forward(Opcode::Call.cache_units() as u32);
    native_call(c, &told, |c| super::call_full(c, oparg))
}

fn call_kw(c: &mut Cursor, oparg: u32) -> PyResult<bool> {
    let given = oparg as usize;
    let first = if given > 0 { value_at(c, given) } else { None };
    let (callable, argument) = callee(c.peek(given + 2).clone(), value_at(c, given + 1), first);
    let is_python = callable.downcast_exact::<Function>().is_some();
    let told = [callable, argument];
    monitoring::fire(c, Event::Call, &told)?;
    if is_python {
        return Ok(true);
    }
    c.jump_forward(Opcode::CallKw.cache_units() as u32);
    native_call(c, &told, |c| super::call_kw(c, oparg))
}

fn call_function_ex(c: &mut Cursor, oparg: u32) -> PyResult<bool> {
    let callable = c.peek(3).clone();
    if c.peek(1).downcast_exact::<Tuple>().is_none() {
        let arguments = c.peek(1).clone();
        let items = Tuple::new(super::starred_arguments(&callable, &arguments)?);
        let word = c.word(1);
        c.set_word(1, StackRef::from_value(items.into_value()));
        // SAFETY: the word left the stack.
        unsafe { word.close() };
    }
    let first = c
        .peek(1)
        .downcast_exact::<Tuple>()
        .and_then(|arguments| arguments.get(0));
    let is_python = callable.downcast_exact::<Function>().is_some();
    let is_method = callable.downcast_exact::<BoundMethod>().is_some();
    let told = [callable, first.unwrap_or_else(monitoring::missing_sentinel)];
    monitoring::fire(c, Event::Call, &told)?;
    if is_python || is_method {
        return Ok(true);
    }
    native_call(c, &told, |c| super::call_function_ex(c, oparg))
}

/// `super()` is told as a call.
fn load_super_attr(c: &mut Cursor, oparg: u32) -> PyResult<bool> {
    let callable = c.peek(2).clone();
    let argument = if oparg & 2 != 0 {
        c.peek(1).clone()
    } else {
        monitoring::missing_sentinel()
    };
    let told = [callable, argument];
    monitoring::fire(c, Event::Call, &told)?;
    c.jump_forward(Opcode::LoadSuperAttr.cache_units() as u32);
    super::load_super_attr_told(c, oparg, |c, has_returned| {
        let event = if has_returned {
            Event::CReturn
        } else {
            Event::CRaise
        };
        monitoring::fire(c, event, &told)
    })?;
    Ok(false)
}
