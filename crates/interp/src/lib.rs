//! The interpreter: frames, the loop, the op bodies, functions and generators.
//!
//! Reading order: [`code`] and [`function`] (what runs), [`frame_stack`] (where it runs), [`cursor`] (the registers and the
//! two kinds of bodies), [`dispatch`] (the loop), `bodies` (one function per opcode, by topic), `uops` (the parts of
//! specialized opcodes), [`specialize`] (what a site becomes), [`call`] (arguments to
//! locals), [`unwind`] (exceptions to handlers), [`generator`] (frames that stop and go on), [`eval`] (the way in).

#![cfg_attr(
    feature = "portable-loop",
    allow(
        dead_code,
        unused_imports,
        reason = "what only the tail-threaded loop needs"
    )
)]

mod bodies;

pub mod async_generator;
pub mod call;
pub mod code;
pub mod cursor;
pub mod dispatch;
pub mod eval;
pub mod fold;
pub mod frame_object;
pub mod frame_stack;
pub mod frames;
pub mod function;
pub mod generator;
pub mod locals_proxy;
pub mod monitoring;
pub mod specialize;
pub mod traces;
pub mod tracing;
pub mod typing;
pub mod unwind;

mod code_attributes;
mod frame_attributes;
mod function_attributes;
mod jump;
mod uops;
mod versions;

/// Makes the interpreter's classes. Called once, after `taipan_objects::boot`.
pub fn init_classes() {
    code::Code::init_class();
    code_attributes::init_classes();
    traces::Executor::init_class();
    traces::Optimizer::init_class();
    function::Function::init_class();
    frame_object::FrameObject::init_class();
    locals_proxy::FrameLocalsProxy::init_class();
    taipan_objects::traceback::set_frame_hooks(frame_attributes::hooks());
    generator::Generator::init_class();
    generator::Coroutine::init_class();
    generator::CoroutineWrapper::init_class();
    async_generator::init_classes();
    monitoring::init_classes();
    typing::init_classes();
}
