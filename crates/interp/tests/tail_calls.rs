//! Dispatch is a jump: millions of instructions run on a small native stack.

use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::range::Range;
use taipan_objects::str::Str;
use taipan_objects::{boot, int, runtime, thread};

const PROGRAM: &str = "
def work(n):
    a = b = c = 0
    x = 1.5
    items = [1, 2, 3]
    pair = (4, 5)
    for i in range(n):
        a = a + i & 1023
        if a > 500 and not a == 501:
            b += 1
        elif b is None or c:
            b -= 1
        x = x * 0.5 + 1.0
        c = items[i % 3] - pair[i & 1]
        y, z = pair
        items[0] = -c
        def inner(q):
            return q
        c = inner(c)
        while c > 10:
            c //= 2
    return a
result = work(200000)
";

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
            builtins.set_str(&Str::intern("range"), Range::class().to_value());
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
