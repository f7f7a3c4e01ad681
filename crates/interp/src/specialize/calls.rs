//! CALL and CALL_KW.

use taipan_bytecode::Opcode;
use taipan_objects::class::{ClassFlags, Payload, Type};
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::id;
use taipan_objects::native::{MethodDescriptor, NativeCode, NativeFunction};
use taipan_objects::object::Object;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use super::{Found, Site, builtins, is_isinstance, is_len, is_list_append};
use crate::cursor::Cursor;
use crate::function::Function;
use crate::versions;

const VERSION: usize = 1;

/// What is called, and how.
pub(crate) fn call(site: &Site, c: &Cursor, oparg: u32) -> Found {
    let given = oparg as usize;
    let callable = c.peek(given + 1);
    let has_self = !c.word(given).is_null();
    let count = given + usize::from(has_self);
    if let Some(function) = callable.downcast_exact::<Function>() {
        let exact = put_function(site, function, count);
        return Ok(if exact {
            Opcode::CallPyExactArgs
        } else {
            Opcode::CallPyGeneral
        });
    }
    if let Some(method) = callable.downcast_exact::<BoundMethod>() {
        let function = match method.function.downcast_exact::<Function>() {
            Some(function) if !has_self => function,
            _ => return Ok(Opcode::CallNonPyGeneral),
        };
        let exact = put_function(site, function, count + 1);
        return Ok(if exact {
            Opcode::CallBoundMethodExactArgs
        } else {
            Opcode::CallBoundMethodGeneral
        });
    }
    if let Some(class) = callable.downcast::<Type>() {
        return call_class(site, class, given, has_self);
    }
    builtins::find();
    if let Some(function) = callable.downcast_exact::<NativeFunction>() {
        let word = c.word(given + 1);
        return Ok(match function.def().code {
            _ if is_len(word) && given == 1 && !has_self => Opcode::CallLen,
            _ if is_isinstance(word) && count == 2 => Opcode::CallIsinstance,
            NativeCode::One(_) if count == 1 => Opcode::CallBuiltinO,
            NativeCode::Positional(_) => Opcode::CallBuiltinFast,
            NativeCode::Keywords(_) => Opcode::CallBuiltinFastWithKeywords,
            _ => Opcode::CallNonPyGeneral,
        });
    }
    if let Some(method) = callable.downcast_exact::<MethodDescriptor>() {
        let drops_result = c.next_unit() & 0xff == Opcode::PopTop as u16;
        return Ok(match method.def().code {
            _ if is_list_append(c.word(given + 1)) && given == 1 && has_self && drops_result => {
                Opcode::CallListAppend
            }
            NativeCode::NoArgs(_) if count == 1 => Opcode::CallMethodDescriptorNoargs,
            NativeCode::One(_) if count == 2 => Opcode::CallMethodDescriptorO,
            NativeCode::Positional(_) => Opcode::CallMethodDescriptorFast,
            NativeCode::Keywords(_) => Opcode::CallMethodDescriptorFastWithKeywords,
            _ => Opcode::CallNonPyGeneral,
        });
    }
    Ok(Opcode::CallNonPyGeneral)
}

/// Writes the function's version; answers whether it takes exactly `count` positional arguments and nothing else.
fn put_function(site: &Site, function: &Ref<Function>, count: usize) -> bool {
    site.put_u32(VERSION, versions::remember(function));
    let code = function.code();
    code.is_simple && code.arg_count as usize == count
}

fn call_class(site: &Site, class: &Ref<Type>, given: usize, has_self: bool) -> Found {
    if class.has(ClassFlags::IMMUTABLE) && !class.is_heap() {
        let is_only = given == 1 && !has_self;
        return Ok(match () {
            () if is_only && class.is(Str::class()) => Opcode::CallStr1,
            () if is_only && class.is(Type::class()) => Opcode::CallType1,
            () if is_only && class.is(Tuple::class()) => Opcode::CallTuple1,
            () => Opcode::CallBuiltinClass,
        });
    }
    if has_self || !class.class().is(Type::class()) || !makes_plain_objects(class) {
        return Ok(Opcode::CallNonPyGeneral);
    }
    let version = class.version_tag();
    let init: Value = match class.lookup(id!("__init__")) {
        Some(init) if version != 0 => init,
        _ => return Ok(Opcode::CallNonPyGeneral),
    };
    let is_simple = init
        .downcast_exact::<Function>()
        .is_some_and(|function| function.code().is_simple);
    if !is_simple {
        return Ok(Opcode::CallNonPyGeneral);
    }
    class.special.init.set(init.bits());
    site.put_u32(VERSION, version);
    Ok(Opcode::CallAllocAndEnterInit)
}

/// Whether `__new__` is that of `object` and makes an instance.
fn makes_plain_objects(class: &Ref<Type>) -> bool {
    use taipan_objects::class::SlotId;
    !class.has(ClassFlags::ABSTRACT)
        && std::ptr::eq(class.layout(), Object::layout())
        && class.slots.same_slot(SlotId::new, &Object::class().slots)
}

/// What is called with keywords.
pub(crate) fn call_kw(site: &Site, c: &Cursor, oparg: u32) -> Found {
    let given = oparg as usize + 1;
    let callable = c.peek(given + 1);
    if let Some(function) = callable.downcast_exact::<Function>() {
        site.put_u32(VERSION, versions::remember(function));
        return Ok(Opcode::CallKwPy);
    }
    if let Some(method) = callable.downcast_exact::<BoundMethod>()
        && let Some(function) = method.function.downcast_exact::<Function>()
        && c.word(given).is_null()
    {
        site.put_u32(VERSION, versions::remember(function));
        return Ok(Opcode::CallKwBoundMethod);
    }
    Ok(Opcode::CallKwNonPy)
}
