//! Guards on what stands on the stack. What a guard sees holds from there on, so a second one is not needed.

use taipan_bytecode::Uop;
use taipan_interp::function::Function;
use taipan_interp::specialize::is_len_value;
use taipan_objects::class::{Payload, Type};
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::dict::Dict;
use taipan_objects::float::Float;
use taipan_objects::int::Int;
use taipan_objects::list::List;
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use super::super::driver::{Pass, Rewrite};
use super::Ruled;
use crate::project::address;
use crate::symbols::{Halt, SymId};
use taipan_interp::traces::Instruction;

/// The rule of a guard, if the uop is one.
pub(super) fn apply(pass: &mut Pass, instruction: &Instruction) -> Option<Ruled> {
    Some(match instruction.uop() {
        Uop::GuardTosInt => of::<Int>(pass, 0),
        Uop::GuardNosInt => of::<Int>(pass, 1),
        Uop::GuardTosFloat => of::<Float>(pass, 0),
        Uop::GuardNosFloat => of::<Float>(pass, 1),
        Uop::GuardTosUnicode => of::<Str>(pass, 0),
        Uop::GuardNosUnicode => of::<Str>(pass, 1),
        Uop::GuardTosList => of::<List>(pass, 0),
        Uop::GuardNosList => of::<List>(pass, 1),
        Uop::GuardTosTuple => of::<Tuple>(pass, 0),
        Uop::GuardNosTuple => of::<Tuple>(pass, 1),
        Uop::GuardTosDict => of::<Dict>(pass, 0),
        Uop::GuardNosDict => of::<Dict>(pass, 1),
        Uop::GuardTosAnySet => any_set(pass),
        Uop::GuardNosNull => null_below(pass),
        Uop::GuardTypeVersion => type_version(pass, instruction.operand0 as u32),
        Uop::GuardCallableType1 => callable(pass, Type::class().as_value()),
        Uop::GuardCallableStr1 => callable(pass, Str::class().as_value()),
        Uop::GuardCallableTuple1 => callable(pass, Tuple::class().as_value()),
        Uop::GuardCallableLen => callable_len(pass),
        // Frames are always evaluated by this interpreter: PEP 523's hook does not exist.
        Uop::CheckPep523 => Ok(Rewrite::Drop),
        Uop::CheckFunctionVersion => function_version(pass, instruction),
        Uop::CheckFunctionExactArgs => exact_arguments(pass, instruction),
        Uop::CheckCallBoundMethodExactArgs => bound_method(pass, instruction),
        Uop::CheckStackSpace => {
            pass.note_stack_check();
            Ok(Rewrite::Keep)
        }
        _ => return None,
    })
}

/// The value so deep is exactly a `T`.
fn of<T: Payload>(pass: &mut Pass, depth: usize) -> Ruled {
    let value = pass.context.peek(depth)?;
    if pass.context.symbols.is_of::<T>(value) {
        return Ok(Rewrite::Drop);
    }
    pass.context.symbols.narrow::<T>(value)?;
    Ok(Rewrite::Keep)
}

fn any_set(pass: &mut Pass) -> Ruled {
    let value = pass.context.peek(0)?;
    let symbols = &pass.context.symbols;
    // Which of the two it is stays unknown.
    match symbols.is_of::<Set>(value) || symbols.is_of::<FrozenSet>(value) {
        true => Ok(Rewrite::Drop),
        false => Ok(Rewrite::Keep),
    }
}

fn null_below(pass: &mut Pass) -> Ruled {
    let value = pass.context.peek(1)?;
    if pass.context.symbols.is_null(value) {
        return Ok(Rewrite::Drop);
    }
    pass.context.symbols.narrow_null(value)?;
    Ok(Rewrite::Keep)
}

/// The owner's type has the version. From then on the trace depends on that type: a change takes it away.
fn type_version(pass: &mut Pass, version: u32) -> Ruled {
    let owner = pass.context.peek(0)?;
    let Some(class) = Type::of_version(version) else {
        return Ok(Rewrite::Keep);
    };
    if pass.context.symbols.type_version(owner) == version {
        // The class of a known value has the version now: it may not have it for as long as the trace lives.
        pass.depend_on_type(&class);
        return Ok(Rewrite::Drop);
    }
    if pass.context.symbols.known_value(owner).is_none() {
        pass.context.symbols.narrow_version(owner, version)?;
        pass.depend_on_type(&class);
    }
    Ok(Rewrite::Keep)
}

/// The callable, below two values, is this builtin.
fn callable(pass: &mut Pass, builtin: &Value) -> Ruled {
    let callable = pass.context.peek(2)?;
    let symbols = &mut pass.context.symbols;
    if symbols
        .known_value(callable)
        .is_some_and(|known| known.is(builtin))
    {
        return Ok(Rewrite::Drop);
    }
    symbols.narrow_value(callable, builtin)?;
    Ok(Rewrite::Keep)
}

/// The callable, below two values, is `len`. There may be more than one such function, so none is narrowed to.
fn callable_len(pass: &mut Pass) -> Ruled {
    let callable = pass.context.peek(2)?;
    let known = pass.context.symbols.known_value(callable);
    match known.is_some_and(|known| is_len_value(&known)) {
        true => Ok(Rewrite::Drop),
        false => Ok(Rewrite::Keep),
    }
}

/// The callable and what stands in the place of `self`, below `oparg` arguments.
fn callable_and_self(pass: &Pass, instruction: &Instruction) -> Result<(SymId, SymId), Halt> {
    let depth = usize::from(instruction.oparg);
    Ok((pass.context.peek(depth + 1)?, pass.context.peek(depth)?))
}

fn function_version(pass: &mut Pass, instruction: &Instruction) -> Ruled {
    let (callable, _) = callable_and_self(pass, instruction)?;
    let symbols = &mut pass.context.symbols;
    let known = symbols.known_value(callable);
    symbols.narrow::<Function>(callable)?;
    let Some(function) = known else {
        return Ok(Rewrite::Keep);
    };
    pass.trace[pass.at].operand1 = function.bits();
    pass.kept.keep_watched(&function);
    Ok(Rewrite::Replace(
        Uop::CheckFunctionVersionInline,
        instruction.operand0,
    ))
}

fn exact_arguments(pass: &mut Pass, instruction: &Instruction) -> Ruled {
    let (callable, receiver) = callable_and_self(pass, instruction)?;
    let symbols = &mut pass.context.symbols;
    let Some(has_self) = symbols.is_present(receiver) else {
        return Ok(Rewrite::Keep);
    };
    let given = u32::from(instruction.oparg) + u32::from(has_self);
    let known = symbols.known_value(callable);
    let function = known.as_ref().and_then(Value::downcast_exact::<Function>);
    match function {
        Some(function) if function.code().arg_count == given => Ok(Rewrite::Drop),
        _ => Ok(Rewrite::Keep),
    }
}

fn bound_method(pass: &mut Pass, instruction: &Instruction) -> Ruled {
    let (callable, receiver) = callable_and_self(pass, instruction)?;
    let symbols = &mut pass.context.symbols;
    symbols.narrow_null(receiver)?;
    symbols.narrow::<BoundMethod>(callable)?;
    Ok(Rewrite::Keep)
}

impl Pass<'_> {
    /// The trace is invalid once the type changes, or an object of it gets another.
    pub(super) fn depend_on_type(&mut self, class: &Ref<Type>) {
        class.watch(taipan_bytecode::tunables::TYPE_WATCHER_ID);
        self.dependencies.add(address(class));
    }
}
