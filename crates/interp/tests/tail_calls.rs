//! Dispatch is a jump: millions of instructions run on a small native stack.

use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_objects::class::{Payload, Type};
use taipan_objects::descriptors::Property;
use taipan_objects::dict::Dict;
use taipan_objects::range::Range;
use taipan_objects::str::Str;
use taipan_objects::{boot, int, runtime, thread};

const PROGRAM: &str = include_str!("../../../tests/dispatch/opcodes.py");

#[test]
fn a_small_stack_is_enough() {
    let thread = std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(|| {
            runtime::attach(thread::ThreadState::new(1));
            boot::boot();
            taipan_interp::init_classes();
            let compiled =
                taipan_compiler::compile(PROGRAM, "<test>", Mode::Exec, &Options::default())
                    .expect("the program compiles");
            let globals = Dict::new();
            let builtins = Dict::new();
            for class in [Range::class(), Type::class(), Property::class()] {
                builtins.set_str(&Str::intern(&class.name()), class.to_value());
            }
            globals.set_str(&Str::intern("__builtins__"), builtins.into_value());
            let code = Code::from_compiled(&compiled.code);
            eval::run(&code, &globals, None, None).expect("the program runs");
            let result = globals
                .get_str(&Str::intern("result"))
                .expect("the program sets `result`");
            int::to_i64(&result)
        });
    let result = thread
        .expect("a thread starts")
        .join()
        .expect("the thread does not overflow its stack");
    assert!(result.is_some());
}
