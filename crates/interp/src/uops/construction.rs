//! Instances of classes with a Python `__init__`: made, and initialized in a frame of the same loop.

use std::sync::OnceLock;

use taipan_bytecode::Opcode;
use taipan_compiler::flags;
use taipan_objects::args::Args;
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::object::Object;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::frames::{code_of, has_room, make_frame, set_return};
use super::{Flow, Operands, class_of, uops};
use crate::bodies::{CALL_UNITS, duplicate_quick};
use crate::call::{initialize_frame_quick, new_frame};
use crate::code::{Code, CodeParts};
use crate::cursor::Cursor;
use crate::frame_stack::{Frame, StackRef, frame_words};
use crate::function::Function;

/// The function whose frame stands between a caller and an `__init__`: it checks the answer and returns the instance.
fn cleanup() -> &'static Ref<Function> {
    static CLEANUP: OnceLock<Ref<Function>> = OnceLock::new();
    CLEANUP.get_or_init(|| {
        let name = Str::intern("__init__");
        let code = Code::new_hidden(CodeParts {
            code: vec![Opcode::ExitInitCheck as u8, 0, Opcode::ReturnValue as u8, 0],
            consts: Vec::new(),
            names: Vec::new(),
            localsplus_names: Vec::new(),
            localsplus_kinds: Vec::new(),
            filename: Str::intern("<builtin>"),
            name: name.clone(),
            qualname: name,
            linetable: Vec::new(),
            exceptiontable: Vec::new(),
            flags: flags::OPTIMIZED | flags::NEWLOCALS,
            arg_count: 0,
            posonly_arg_count: 0,
            kwonly_arg_count: 0,
            stack_size: 2,
            first_line: 0,
        });
        Function::with_builtins(code, Dict::new(), Dict::new().into_value())
    })
}

uops! {
    /// Makes an instance of the class of the cache; the class's `__init__` is called on it next.
    full CheckAndAllocateObject = |c: &mut Cursor, oparg: u32, [version, ..]: Operands| {
        let given = oparg as usize;
        let callable = c.word(given + 1);
        if !c.word(given).is_null() || class_of(callable).is_none() {
            return Ok(Flow::Miss);
        }
        // SAFETY: the class stays on the stack; `__init__` is counted before the class is let go.
        unsafe {
            let view = callable.view();
            let Some(class) = view.downcast::<Type>() else {
                return Ok(Flow::Miss);
            };
            let init = class.special.init.get();
            if u64::from(class.current_version()) != version || init == 0 {
                return Ok(Flow::Miss);
            }
            let instance = Object::new_instance(class);
            c.set_word(given, StackRef::from_value(instance.into_value()));
            c.set_word(given + 1, duplicate_quick(StackRef(init)));
            callable.close();
        }
        Ok(Flow::Next)
    };
    /// Makes the frames of `__init__` and of what comes behind it, and makes that one the running one.
    full CreateInitFrame = |c: &mut Cursor, oparg: u32, operands: Operands| create_init_frame(c, oparg, operands);
}

fn create_init_frame(c: &mut Cursor, oparg: u32, _: Operands) -> PyResult<Flow> {
    let given = oparg as usize;
    let function = cleanup();
    // SAFETY: the words are valid; frames are made on top of the stack in the order in which they go.
    unsafe {
        let engine = &mut *c.engine;
        let code = function.code.peek().expect("a function has code");
        let shim = engine.reserve(frame_words(code));
        initialize_frame_quick(shim, StackRef(function.as_value().bits()).borrow(), code, 0);
        let init_word = c.word(given + 1);
        let init_code = code_of(init_word).expect("a function has code");
        if init_code.is_simple
            && init_code.arg_count as usize == given + 1
            && has_room(c, init_code)
        {
            let init = make_frame(c, init_word, init_code, given + 1);
            c.sp = c.sp.sub(1);
            return enter_init(c, shim, init);
        }
        let init = {
            let init = c.peek(given + 1);
            let init = init.downcast_unchecked::<Function>();
            let values: &[Value] = c.own_top(given + 1);
            new_frame(engine, init, Args::positional_only(values))
        };
        let init = match init {
            Ok(init) => init,
            Err(raised) => {
                crate::frame_stack::clear_frame(shim, (*shim).sp);
                engine.give_back(shim);
                return Err(raised);
            }
        };
        c.drop_words(given + 2);
        enter_init(c, shim, init)
    }
}

/// Links the frame behind `__init__`, which holds the instance, and leaves that of `__init__` for `PushFrame`.
///
/// # Safety
/// Both frames are fresh, the shim below the other; the first local of that one is the instance.
unsafe fn enter_init(c: &mut Cursor, shim: *mut Frame, init: *mut Frame) -> PyResult<Flow> {
    // SAFETY: by contract.
    unsafe {
        set_return(c, CALL_UNITS);
        let caller = c.frame;
        (*caller).sp = c.sp;
        if let Err(raised) = crate::eval::push_frame(&mut *c.engine, shim) {
            for frame in [init, shim] {
                crate::frame_stack::clear_frame(frame, (*frame).sp);
                (*c.engine).give_back(frame);
            }
            return Err(raised);
        }
        c.frame = shim;
        c.sp = (*shim).sp;
        c.push_word(duplicate_quick(*Frame::locals(init)));
        c.push_word(StackRef(init as u64));
    }
    Ok(Flow::Next)
}
