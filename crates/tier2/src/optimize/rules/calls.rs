//! Calls: what builtins answer, and frames that the trace goes into and leaves.

use taipan_bytecode::Uop;
use taipan_interp::code::Code;
use taipan_interp::frame_stack::frame_words;
use taipan_interp::function::Function;
use taipan_objects::class::Payload;
use taipan_objects::int::Int;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Ref;

use super::super::driver::{Pass, Rewrite};
use super::Ruled;
use super::operators::result_of;
use crate::symbols::Halt;
use taipan_interp::traces::Instruction;

/// How far behind the uop that makes a frame the one stands that enters it: `_SAVE_RETURN_OFFSET` is in between.
const PUSH_FRAME_AHEAD: usize = 2;

/// The rule of a call, if the uop is part of one.
pub(super) fn apply(pass: &mut Pass, instruction: &Instruction) -> Option<Ruled> {
    let oparg = usize::from(instruction.oparg);
    Some(match instruction.uop() {
        Uop::CallLen => result_of::<Int>(pass, 3),
        Uop::CallStr1 => converted::<Str>(pass),
        Uop::CallTuple1 => converted::<Tuple>(pass),
        Uop::CallType1 => type_of(pass),
        Uop::CheckAndAllocateObject
        | Uop::MaybeExpandMethod
        | Uop::InitCallBoundMethodExactArgs => renewed_callable(pass, oparg),
        Uop::InitCallPyExactArgs => exact_frame(pass, oparg),
        Uop::PyFrameGeneral => general_frame(pass, oparg),
        Uop::PushFrame => push_frame(pass, instruction),
        Uop::ReturnValue => return_value(pass, instruction, false),
        Uop::ReturnGenerator => return_value(pass, instruction, true),
        Uop::YieldValue => {
            let sent = pass.context.symbols.unknown();
            sent.and_then(|sent| pass.context.poke(0, sent))
                .map(|()| Rewrite::Keep)
        }
        // Frames of which the arguments are not known, or the code.
        Uop::PyFrameKw
        | Uop::CreateInitFrame
        | Uop::LoadAttrPropertyFrame
        | Uop::ForIterGenFrame
        | Uop::SendGenFrame => Err(Halt::Unpredictable),
        _ => return None,
    })
}

/// `str(value)` or `tuple(value)`: the value itself, if it is one.
fn converted<T: Payload>(pass: &mut Pass) -> Ruled {
    let argument = pass.context.peek(0)?;
    if !pass.context.symbols.is_of::<T>(argument) {
        return result_of::<T>(pass, 3);
    }
    pass.context.drop_values(3)?;
    pass.context.push(argument);
    Ok(Rewrite::Keep)
}

fn type_of(pass: &mut Pass) -> Ruled {
    let argument = pass.context.peek(0)?;
    let symbols = &mut pass.context.symbols;
    let class = symbols.known_type(argument);
    let result = match &class {
        Some(class) => symbols.constant(class.as_value())?,
        None => symbols.not_null()?,
    };
    if let Some(class) = class.filter(|class| class.is_heap()) {
        // An object of it can get another one.
        pass.depend_on_type(&class);
    }
    pass.context.drop_values(3)?;
    pass.context.push(result);
    Ok(Rewrite::Keep)
}

/// The callable and the place of `self` hold other objects now.
fn renewed_callable(pass: &mut Pass, arguments: usize) -> Ruled {
    for depth in [arguments + 1, arguments] {
        let value = pass.context.symbols.not_null()?;
        pass.context.poke(depth, value)?;
    }
    Ok(Rewrite::Keep)
}

/// The code of the function whose frame is being made.
fn callee(pass: &Pass) -> Result<Ref<Code>, Halt> {
    let enters = pass.ahead(PUSH_FRAME_AHEAD);
    let enters = enters.filter(|uop| uop.uop() == Uop::PushFrame && uop.operand0 != 0);
    let operand = enters.ok_or(Halt::Unpredictable)?.operand0;
    code_of(pass, operand)
}

/// The code that an operand names: a function's, or with the low bit set itself.
fn code_of(pass: &Pass, operand: u64) -> Result<Ref<Code>, Halt> {
    let object = pass.kept.value(operand & !1).ok_or(Halt::Unpredictable)?;
    if let Some(function) = object.downcast_exact::<Function>() {
        return Ok(function.code());
    }
    let code = object.downcast_exact::<Code>();
    code.cloned().ok_or(Halt::Unpredictable)
}

/// Takes the callable, the place of `self` and the arguments, and leaves a frame in the place of a value.
fn leave_frame_word(pass: &mut Pass, arguments: usize) -> Ruled {
    pass.context.drop_values(arguments + 2)?;
    let frame = pass.context.symbols.unknown()?;
    pass.context.push(frame);
    Ok(Rewrite::Keep)
}

/// The frame of a function that gets its positional arguments as they are.
fn exact_frame(pass: &mut Pass, arguments: usize) -> Ruled {
    let code = callee(pass)?;
    let receiver = pass.context.peek(arguments)?;
    let values = match pass.context.symbols.is_present(receiver) {
        Some(has_self) => pass
            .context
            .top(arguments + usize::from(has_self))?
            .to_vec(),
        None => Vec::new(),
    };
    pass.context.make_frame(&code, &values)?;
    leave_frame_word(pass, arguments)
}

/// The frame of a function whose arguments are matched to its parameters.
fn general_frame(pass: &mut Pass, arguments: usize) -> Ruled {
    let code = callee(pass)?;
    pass.context.make_frame(&code, &[])?;
    leave_frame_word(pass, arguments)
}

fn push_frame(pass: &mut Pass, instruction: &Instruction) -> Ruled {
    pass.context.pop()?;
    if instruction.operand0 == 0 {
        return Err(Halt::Unpredictable);
    }
    let code = code_of(pass, instruction.operand0)?;
    pass.context.push_frame()?;
    pass.frame_entered(frame_words(&code))?;
    Ok(Rewrite::Keep)
}

/// Back to the caller, which gets what is on top, or of a generator function a generator.
fn return_value(pass: &mut Pass, instruction: &Instruction, makes_generator: bool) -> Ruled {
    let value = match makes_generator {
        true => pass.context.symbols.unknown()?,
        false => pass.context.pop()?,
    };
    let left = pass.context.pop_frame()?;
    pass.frame_left(frame_words(&left));
    pass.context.push(value);
    match instruction.operand0 {
        0 => Err(Halt::Unpredictable),
        _ => Ok(Rewrite::Keep),
    }
}
