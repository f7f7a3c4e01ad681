//! `_opcode`: facts about opcodes for `dis` and `opcode`.

use taipan_bytecode::{
    BinaryOp, Flags, Intrinsic1, Intrinsic2, Opcode, Pseudo, SpecialMethod,
    stack_effect as effect_of,
};
use taipan_interp::code::Code;
use taipan_interp::specialize::stats;
use taipan_interp::traces::Executor;
use taipan_macros::{define_module, function};
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol};

define_module!(
    name = "_opcode",
    doc = "Opcode support module.",
    functions(
        stack_effect,
        is_valid,
        has_arg,
        has_const,
        has_name,
        has_jump,
        has_free,
        has_local,
        has_exc,
        get_nb_ops,
        get_intrinsic1_descs,
        get_intrinsic2_descs,
        get_special_method_names,
        get_specialization_stats,
        get_executor,
    ),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("ENABLE_SPECIALIZATION", true);
    module.set("ENABLE_SPECIALIZATION_FT", false);
    Ok(())
}

/// Compute the stack effect of the opcode.
#[function("(opcode, oparg=None, /, *, jump=None)")]
fn stack_effect(opcode: i32, oparg: Option<&Value>, jump: Option<&Value>) -> PyResult<i32> {
    let jump = match jump {
        None => None,
        Some(jump) if jump.is_true() => Some(true),
        Some(jump) if jump.is_false() => Some(false),
        Some(_) => bail!(ValueError, "stack_effect: jump must be False, True or None"),
    };
    let oparg = match oparg {
        Some(oparg) => int::as_i32(oparg)?,
        None => 0,
    };
    match u32::try_from(opcode)
        .ok()
        .and_then(|opcode| effect_of(opcode, oparg, jump))
    {
        Some(effect) => Ok(effect),
        None => bail!(ValueError, "invalid opcode or oparg"),
    }
}

/// What an opcode or pseudo opcode may do; nothing for other numbers.
fn flags_of(opcode: i32) -> Option<Flags> {
    if let Ok(byte) = u8::try_from(opcode) {
        return Opcode::try_from(byte).ok().map(Opcode::flags);
    }
    let number = u16::try_from(opcode).ok()?;
    Some(Pseudo::try_from(number).ok()?.flags())
}

fn has(opcode: i32, flag: Flags) -> bool {
    flags_of(opcode).is_some_and(|flags| flags.contains(flag))
}

/// Return True if opcode is valid, False otherwise.
#[function("(opcode)")]
fn is_valid(opcode: i32) -> bool {
    flags_of(opcode).is_some()
}

/// Return True if the opcode uses its oparg, False otherwise.
#[function("(opcode)")]
fn has_arg(opcode: i32) -> bool {
    has(opcode, Flags::ARG)
}

/// Return True if the opcode accesses a constant, False otherwise.
#[function("(opcode)")]
fn has_const(opcode: i32) -> bool {
    has(opcode, Flags::CONST)
}

/// Return True if the opcode accesses an attribute by name, False otherwise.
#[function("(opcode)")]
fn has_name(opcode: i32) -> bool {
    has(opcode, Flags::NAME)
}

/// Return True if the opcode has a jump target, False otherwise.
#[function("(opcode)")]
fn has_jump(opcode: i32) -> bool {
    has(opcode, Flags::JUMP)
}

/// Return True if the opcode accesses a free variable, False otherwise.
///
/// Note that 'free' in this context refers to names in the current scope that are
/// referenced by inner scopes or names in outer scopes that are referenced from
/// this scope. It does not include references to global or builtin scopes.
#[function("(opcode)")]
fn has_free(opcode: i32) -> bool {
    has(opcode, Flags::FREE)
}

/// Return True if the opcode accesses a local variable, False otherwise.
#[function("(opcode)")]
fn has_local(opcode: i32) -> bool {
    has(opcode, Flags::LOCAL)
}

/// Return True if the opcode sets an exception handler, False otherwise.
#[function("(opcode)")]
fn has_exc(opcode: i32) -> bool {
    has(opcode, Flags::BLOCK_PUSH)
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Ref<List> {
    List::new(names.map(|name| Str::intern(name).into_value()).collect())
}

/// Return array of symbols of binary ops.
///
/// Indexed by the BINARY_OP oparg value.
#[function("()")]
fn get_nb_ops() -> Ref<List> {
    let pair = |op: BinaryOp| {
        Tuple::pair(
            Str::intern(op.name()).into_value(),
            Str::intern(op.symbol()).into_value(),
        )
        .into_value()
    };
    List::new(BinaryOp::ALL.into_iter().map(pair).collect())
}

/// Return a list of names of the unary intrinsics.
#[function("()")]
fn get_intrinsic1_descs() -> Ref<List> {
    names(Intrinsic1::ALL.into_iter().map(Intrinsic1::name))
}

/// Return a list of names of the binary intrinsics.
#[function("()")]
fn get_intrinsic2_descs() -> Ref<List> {
    names(Intrinsic2::ALL.into_iter().map(Intrinsic2::name))
}

/// Return a list of special method names.
#[function("()")]
fn get_special_method_names() -> Ref<List> {
    names(SpecialMethod::ALL.into_iter().map(SpecialMethod::name))
}

/// Return the specialization stats
#[function("()")]
fn get_specialization_stats() -> Option<Value> {
    // As in a CPython built without statistics, unless `-X stats` asks for them.
    if !stats::is_wanted() {
        return None;
    }
    let families = Dict::new();
    for family in stats::families() {
        if family.base.cache_units() == 0 {
            continue;
        }
        let numbers = Dict::new();
        for (name, number) in [
            ("success", family.success()),
            ("failure", family.failure()),
            ("hit", family.hits()),
            ("deferred", family.deferred()),
            ("miss", family.misses()),
            ("deopt", 0),
        ] {
            numbers.set_str(&Str::intern(name), int::new(number as i64));
        }
        let kinds = family.failures.iter();
        let kinds = kinds.map(|(_, number)| int::new(*number as i64)).collect();
        numbers.set_str(id!("failure_kinds"), Tuple::new(kinds).into_value());
        let name = Str::intern(&family.base.name().to_lowercase());
        families.set_str(&name, numbers.into_value());
    }
    Some(families.into_value())
}

/// Return the executor object at offset in code if exists, None otherwise.
#[function("(code, offset)")]
fn get_executor(code: &Value, offset: i32) -> PyResult<Ref<Executor>> {
    let Some(code) = code.downcast::<Code>() else {
        bail!(
            TypeError,
            "expected a code object, not '{}'",
            protocol::type_name(code)
        );
    };
    let unit = usize::try_from(offset)
        .ok()
        .filter(|offset| offset % 2 == 0);
    match unit.and_then(|offset| code.executor_at(offset / 2)) {
        Some(executor) => Ok(executor),
        None => bail!(ValueError, "no executor at given byte offset"),
    }
}
