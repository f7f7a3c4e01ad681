//! Loads, stores and moves: where values come from and where they go.

use taipan_bytecode::Uop;
use taipan_bytecode::tunables::{GLOBALS_WATCHER_ID, MAX_ALLOWED_GLOBALS_MODIFICATIONS};
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::value::Value;

use super::super::driver::{Pass, Rewrite};
use super::Ruled;
use crate::project::address;
use crate::symbols::Halt;
use taipan_interp::traces::Instruction;

/// The rule of a load, store or move, if the uop is one.
pub(super) fn apply(pass: &mut Pass, instruction: &Instruction) -> Option<Ruled> {
    let oparg = u32::from(instruction.oparg);
    Some(match instruction.uop() {
        Uop::LoadFast | Uop::LoadFastBorrow => load_local(pass, oparg),
        Uop::LoadFastCheck => load_checked(pass, oparg),
        Uop::LoadFastAndClear => load_and_clear(pass, oparg),
        Uop::StoreFast => store_local(pass, oparg),
        Uop::LoadConst | Uop::LoadConstMortal | Uop::LoadConstImmortal => {
            load_constant(pass, oparg)
        }
        Uop::LoadSmallInt => push_constant(pass, &int::from_usize(oparg as usize)),
        Uop::LoadConstInline | Uop::LoadConstInlineBorrow => push_operand(pass, instruction, 0),
        Uop::PopTopLoadConstInline | Uop::PopTopLoadConstInlineBorrow => {
            push_operand(pass, instruction, 1)
        }
        Uop::PopTwoLoadConstInlineBorrow => push_operand(pass, instruction, 2),
        Uop::PushNull => push_null(pass),
        Uop::PushNullConditional => match oparg & 1 {
            0 => Ok(Rewrite::Drop),
            _ => push_null(pass).map(|_| Rewrite::Replace(Uop::PushNull, 0)),
        },
        Uop::InsertNull => insert_null(pass),
        Uop::Copy => copy(pass, oparg),
        Uop::Swap => swap(pass, oparg),
        Uop::LoadAttr => load_attribute(pass, oparg),
        Uop::LoadAttrModule => load_module_attribute(pass, instruction),
        Uop::LoadAttrMethodWithValues | Uop::LoadAttrMethodNoDict | Uop::LoadAttrMethodLazyDict => {
            load_method(pass)
        }
        Uop::LoadSpecial => load_special(pass),
        Uop::UnpackSequence => unpack_unknown(pass, oparg as usize),
        Uop::UnpackEx => unpack_unknown(pass, (oparg & 0xff) as usize + (oparg >> 8) as usize + 1),
        Uop::UnpackSequenceTuple => unpack_tuple(pass, oparg as usize),
        Uop::UnpackSequenceTwoTuple => unpack_tuple(pass, 2),
        Uop::BuildTuple => build_tuple(pass, oparg as usize),
        _ => return None,
    })
}

fn load_local(pass: &mut Pass, index: u32) -> Ruled {
    let value = pass.context.local(index)?;
    pass.context.push(value);
    Ok(Rewrite::Keep)
}

fn load_checked(pass: &mut Pass, index: u32) -> Ruled {
    let value = pass.context.local(index)?;
    if pass.context.symbols.is_null(value) {
        // It raises.
        return Err(Halt::Unpredictable);
    }
    load_local(pass, index)
}

fn load_and_clear(pass: &mut Pass, index: u32) -> Ruled {
    load_local(pass, index)?;
    let empty = pass.context.symbols.null()?;
    pass.context.set_local(index, empty)?;
    Ok(Rewrite::Keep)
}

fn store_local(pass: &mut Pass, index: u32) -> Ruled {
    let value = pass.context.pop()?;
    pass.context.set_local(index, value)?;
    Ok(Rewrite::Keep)
}

fn push_constant(pass: &mut Pass, value: &Value) -> Ruled {
    let symbol = pass.context.symbols.constant(value)?;
    pass.context.push(symbol);
    Ok(Rewrite::Keep)
}

/// A constant of the code goes into the trace, whose dependency on the code keeps it.
fn load_constant(pass: &mut Pass, index: u32) -> Ruled {
    let constant = pass
        .context
        .frame()
        .code
        .consts
        .get(index as usize)
        .cloned();
    let constant = constant.ok_or(Halt::Unpredictable)?;
    push_constant(pass, &constant)?;
    let (uop, operand) = pass.kept.constant(&constant);
    Ok(Rewrite::Replace(uop, operand))
}

/// An attribute of a known module is a constant, while a watcher sees that the module does not change.
fn load_module_attribute(pass: &mut Pass, load: &Instruction) -> Ruled {
    let owner = pass.context.pop()?;
    let module = pass.context.symbols.known_value(owner);
    let found = module.as_ref().and_then(|module| {
        let dict = module.downcast_exact::<Module>()?.dict();
        if u32::from(dict.mutations()) >= MAX_ALLOWED_GLOBALS_MODIFICATIONS {
            return None;
        }
        dict.watch(GLOBALS_WATCHER_ID as u8);
        pass.dependencies.add(address(&dict));
        if u64::from(dict.keys_version()) != load.operand0 {
            return None;
        }
        dict.value_at(load.operand1 as usize)
    });
    let Some(value) = found else {
        let unknown = pass.context.symbols.not_null()?;
        pass.context.push(unknown);
        return Ok(Rewrite::Keep);
    };
    push_constant(pass, &value)?;
    let (uop, operand) = pass.kept.watched_constant(&value);
    let popping = match uop {
        Uop::LoadConstInline => Uop::PopTopLoadConstInline,
        _ => Uop::PopTopLoadConstInlineBorrow,
    };
    Ok(Rewrite::Replace(popping, operand))
}

fn push_operand(pass: &mut Pass, instruction: &Instruction, popped: usize) -> Ruled {
    pass.context.drop_values(popped)?;
    let value = pass.kept.value(instruction.operand0);
    let value = value.ok_or(Halt::Unpredictable)?;
    push_constant(pass, &value)
}

fn push_null(pass: &mut Pass) -> Ruled {
    let empty = pass.context.symbols.null()?;
    pass.context.push(empty);
    Ok(Rewrite::Keep)
}

fn insert_null(pass: &mut Pass) -> Ruled {
    let value = pass.context.pop()?;
    push_null(pass)?;
    pass.context.push(value);
    Ok(Rewrite::Keep)
}

fn copy(pass: &mut Pass, oparg: u32) -> Ruled {
    let depth = (oparg as usize).checked_sub(1).ok_or(Halt::Unpredictable)?;
    let value = pass.context.peek(depth)?;
    pass.context.push(value);
    Ok(Rewrite::Keep)
}

fn swap(pass: &mut Pass, oparg: u32) -> Ruled {
    let depth = (oparg as usize).checked_sub(1).ok_or(Halt::Unpredictable)?;
    let (top, bottom) = (pass.context.peek(0)?, pass.context.peek(depth)?);
    pass.context.poke(0, bottom)?;
    pass.context.poke(depth, top)?;
    Ok(Rewrite::Keep)
}

fn load_attribute(pass: &mut Pass, oparg: u32) -> Ruled {
    let attribute = pass.context.symbols.not_null()?;
    pass.context.poke(0, attribute)?;
    if oparg & 1 != 0 {
        let receiver = pass.context.symbols.unknown()?;
        pass.context.push(receiver);
    }
    Ok(Rewrite::Keep)
}

/// A method and its owner, which is the same as before.
fn load_method(pass: &mut Pass) -> Ruled {
    let owner = pass.context.peek(0)?;
    let method = pass.context.symbols.not_null()?;
    pass.context.poke(0, method)?;
    pass.context.push(owner);
    Ok(Rewrite::Keep)
}

fn load_special(pass: &mut Pass) -> Ruled {
    let method = pass.context.symbols.not_null()?;
    let receiver = pass.context.symbols.unknown()?;
    pass.context.poke(1, method)?;
    pass.context.poke(0, receiver)?;
    Ok(Rewrite::Keep)
}

fn unpack_unknown(pass: &mut Pass, count: usize) -> Ruled {
    pass.context.pop()?;
    for _ in 0..count {
        let item = pass.context.symbols.unknown()?;
        pass.context.push(item);
    }
    Ok(Rewrite::Keep)
}

/// The items of a tuple, the first on top.
fn unpack_tuple(pass: &mut Pass, count: usize) -> Ruled {
    let tuple = pass.context.pop()?;
    for index in (0..count).rev() {
        let item = pass.context.symbols.tuple_item(tuple, index)?;
        pass.context.push(item);
    }
    Ok(Rewrite::Keep)
}

fn build_tuple(pass: &mut Pass, count: usize) -> Ruled {
    let items = pass.context.top(count)?.to_vec();
    let tuple = pass.context.symbols.tuple(&items)?;
    pass.context.drop_values(count)?;
    pass.context.push(tuple);
    Ok(Rewrite::Keep)
}
