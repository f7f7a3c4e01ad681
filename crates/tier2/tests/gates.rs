//! The gates of the tier 2 control flow: installing, dispatching, cleaning up, refusing. Each is named as in the release notes that
//! first stated it; the four of the analysis are golden files, in tests/traces/gates.

use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex};

use taipan_bytecode::{CodeUnit, Opcode, Uop};
use taipan_compiler::{Mode, Options};
use taipan_interp::code::{Code, CodeParts};
use taipan_interp::eval;
use taipan_interp::function::Function;
use taipan_interp::traces::{
    self, BloomFilter, Cause, Executor, Finished, Instruction, Optimizer, Request, registry,
    set_optimizer,
};
use taipan_objects::args::Args;
use taipan_objects::dict::Dict;
use taipan_objects::protocol;
use taipan_objects::runtime::{self, breaker};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_stdlib::config::Config;
use taipan_stdlib::startup;

type Work = Box<dyn FnOnce() + Send>;

/// The thread that holds the interpreter lock: all tests run on it, one after the other.
static INTERPRETER: LazyLock<Mutex<Sender<Work>>> = LazyLock::new(|| {
    let (sender, receiver) = channel::<Work>();
    std::thread::spawn(move || {
        startup::start(Config::default()).expect("the interpreter starts");
        taipan_tier2::install(startup::builtins_module().dict());
        traces::set_enabled(true);
        while let Ok(work) = receiver.recv() {
            work();
        }
    });
    Mutex::new(sender)
});

/// Runs a test on the interpreter's thread.
fn with_interpreter(test: impl FnOnce() + Send + std::panic::UnwindSafe + 'static) {
    let (done, wait) = channel();
    let work: Work = Box::new(move || {
        let _ = done.send(std::panic::catch_unwind(test));
    });
    let sender = INTERPRETER.lock().expect("no test holds it while it fails");
    sender.send(work).expect("the interpreter runs");
    if let Err(panic) = wait.recv().expect("the test ends") {
        drop(sender);
        std::panic::resume_unwind(panic);
    }
}

/// Runs a program and answers its function `f`.
fn function(source: &str) -> Ref<Function> {
    let compiled = taipan_compiler::compile(source, "<gate>", Mode::Exec, &Options::default())
        .unwrap_or_else(|error| panic!("{error:?}"));
    let globals = Dict::new();
    globals.set_str(&Str::intern("__name__"), Str::new("gate").into_value());
    let builtins = startup::builtins_module().dict();
    globals.set_str(&Str::intern("__builtins__"), builtins.into_value());
    let code = Code::from_compiled(&compiled.code);
    eval::run(&code, &globals, None, None).unwrap_or_else(|raised| panic!("{raised:?}"));
    let found = globals.get_str(&Str::intern("f")).expect("there is an f");
    found
        .downcast_exact::<Function>()
        .expect("it is a function")
        .clone()
}

fn call(function: &Ref<Function>, arguments: &[Value]) -> Value {
    protocol::call(function.as_value(), Args::positional_only(arguments))
        .unwrap_or_else(|raised| panic!("{raised:?}"))
}

/// The offset of the first instruction of an opcode's family, or of what stands in its place.
fn offset_of(code: &Code, wanted: Opcode) -> usize {
    let plain = code.to_parts().code;
    let mut units = plain.chunks_exact(2).enumerate();
    units
        .find(|(_, unit)| unit[0] == wanted as u8)
        .expect("the code has the opcode")
        .0
}

fn unit(code: &Code, offset: usize) -> CodeUnit {
    CodeUnit(code.units()[offset].get())
}

fn uops(executor: &Executor) -> Vec<Uop> {
    executor
        .instructions()
        .iter()
        .map(Instruction::uop)
        .collect()
}

/// The trace that [`planned`] answers.
static PLANNED: Mutex<Vec<Instruction>> = Mutex::new(Vec::new());

/// An optimizer that answers a hand-built trace for the place where it begins.
fn planned(request: &Request) -> Option<Finished> {
    let instructions = PLANNED.lock().expect("it is not poisoned").clone();
    let begins = instructions.first().map(Instruction::target);
    (begins == Some(request.offset)).then(|| Finished {
        instructions,
        dependencies: BloomFilter::new(),
        kept: Vec::new(),
        counts: Rc::default(),
    })
}

/// Runs `body` while the optimizer answers `trace`.
fn with_trace<R>(trace: &[Instruction], body: impl FnOnce() -> R) -> R {
    *PLANNED.lock().expect("it is not poisoned") = trace.to_vec();
    let before = set_optimizer(Some(Optimizer::with_maker(planned)));
    let result = body();
    drop(set_optimizer(before));
    result
}

fn op(uop: Uop, oparg: u16, operand: u64, target: u32) -> Instruction {
    Instruction::new(uop, oparg, operand, target)
}

/// A guard or check that leaves to a place in the trace.
fn guard(uop: Uop, jump: u16) -> Instruction {
    let mut instruction = op(uop, 0, 0, 0);
    instruction.set_jumps(jump, 0);
    instruction
}

const LOOP: &str = "
def f(n):
    while True:
        n -= 1
        if n == 0:
            break
    return n
";

#[test]
fn optimizer_gate_install() {
    with_interpreter(|| {
        traces::set_threshold(64);
        let function = function(LOOP);
        let code = function.code();
        let site = offset_of(&code, Opcode::JumpBackward);
        assert!(code.executor_list().is_empty());
        call(&function, &[taipan_objects::int::new(1000)]);
        let installed = unit(&code, site);
        assert_eq!(installed.opcode(), Some(Opcode::EnterExecutor));
        let executor = code.executor_at(site).expect("the side table has it");
        assert!(code.executor_list()[usize::from(installed.oparg())].is(&executor));
        let original = code.unit_behind_executor(site);
        assert_eq!(original.opcode(), Some(Opcode::JumpBackwardJit));
        let uops = uops(&executor);
        assert_eq!(uops[..2], [Uop::StartExecutor, Uop::MakeWarm]);
        assert!(uops.contains(&Uop::JumpToTop));
        assert!(executor.is_valid());
    });
}

#[test]
fn optimizer_gate_enter_executor_dispatch() {
    with_interpreter(|| {
        traces::set_threshold(64);
        let function = function(LOOP);
        let code = function.code();
        call(&function, &[taipan_objects::int::new(1000)]);
        let site = offset_of(&code, Opcode::JumpBackward);
        let executor = code.executor_at(site).expect("the loop got hot");
        // Something is due: the instruction that stood there runs, does it, and goes on.
        runtime::request(breaker::COLLECT);
        let result = call(&function, &[taipan_objects::int::new(3)]);
        assert_eq!(taipan_objects::int::to_i64(&result), Some(0));
        assert!(
            code.executor_at(site)
                .is_some_and(|there| there.is(&executor))
        );
        // Without its executor the loop is the code's own again.
        registry::invalidate(&executor, Cause::Asked);
        assert_eq!(unit(&code, site).opcode(), Some(Opcode::JumpBackwardJit));
        assert!(!executor.is_valid());
        let result = call(&function, &[taipan_objects::int::new(3)]);
        assert_eq!(taipan_objects::int::to_i64(&result), Some(0));
    });
}

#[test]
fn analysis_gate_cleanup_runs_in_optimize() {
    with_interpreter(|| {
        traces::set_threshold(64);
        let function = function(LOOP);
        call(&function, &[taipan_objects::int::new(1000)]);
        let code = function.code();
        let executor = code.executor_at(offset_of(&code, Opcode::JumpBackward));
        let uops = uops(&executor.expect("the loop got hot"));
        assert!(!uops.contains(&Uop::Nop));
        let first_escape = uops
            .iter()
            .position(|uop| uop.may_escape() || uop.may_raise());
        let first_ip = uops.iter().position(|uop| *uop == Uop::SetIp);
        // The instruction pointer is set for what needs it, and not before.
        let needs = first_escape.expect("a back edge looks for what is due");
        assert_eq!(first_ip, Some(needs - 1));
    });
}

#[test]
fn analysis_gate_benign_bail_from_optimize_uops() {
    with_interpreter(|| {
        traces::set_threshold(64);
        let function = function(LOOP);
        let small = function.code();
        let code = Code::new(CodeParts {
            stack_size: 5000,
            ..small.to_parts()
        });
        function.replace_code(&code);
        let result = call(&function, &[taipan_objects::int::new(1000)]);
        assert_eq!(taipan_objects::int::to_i64(&result), Some(0));
        let site = offset_of(&code, Opcode::JumpBackward);
        assert_eq!(unit(&code, site).opcode(), Some(Opcode::JumpBackwardJit));
        assert!(code.executor_list().is_empty());
    });
}

/// A function whose back edge is reached once, with a local to work on.
const ONCE: &str = "
def f(x, y):
    while y:
        y -= 1
    return x
";

#[test]
fn uops_gate_hand_ported_happy_path() {
    with_interpreter(|| {
        traces::set_threshold(1);
        let function = function(ONCE);
        let code = function.code();
        let site = offset_of(&code, Opcode::JumpBackward);
        let end = offset_of(&code, Opcode::ReturnValue) - 1;
        let ip = code.units_ptr() as u64 + 2 * site as u64;
        let forty_two = taipan_objects::int::new(42).bits();
        let trace = [
            op(Uop::StartExecutor, 0, 0, site as u32),
            op(Uop::MakeWarm, 0, 0, 0),
            guard(Uop::CheckValidity, 12),
            op(Uop::SetIp, 0, ip, site as u32),
            op(Uop::Nop, 0, 0, 0),
            op(Uop::LoadConstInlineBorrow, 0, forty_two, site as u32),
            op(Uop::PushNull, 0, 0, site as u32),
            op(Uop::Swap, 2, 0, site as u32),
            op(Uop::Copy, 1, 0, site as u32),
            op(Uop::StoreFast, 0, 0, site as u32),
            op(Uop::PopTop, 0, 0, site as u32),
            op(Uop::ExitTrace, 0, 0, end as u32),
            op(Uop::Deopt, 0, 0, site as u32),
        ];
        let arguments = [Value::NONE, taipan_objects::int::new(5)];
        let result = with_trace(&trace, || call(&function, &arguments));
        // NULL was swapped below and is dropped with the frame; the local has what was stored.
        assert_eq!(taipan_objects::int::to_i64(&result), Some(42));
        let executor = code.executor_at(site).expect("it was installed");
        assert!(executor.own_trace().is_warm());
    });
}

/// Where the release notes have a stub, there is a body: an addition in a hand-built trace adds.
#[test]
fn uops_gate_no_uop_is_a_stub() {
    with_interpreter(|| {
        traces::set_threshold(1);
        let function = function(ONCE);
        let code = function.code();
        let site = offset_of(&code, Opcode::JumpBackward) as u32;
        let end = offset_of(&code, Opcode::ReturnValue) as u32 - 1;
        let mut add = op(Uop::BinaryOp, 0, 0, site);
        add.set_jumps(0, 6);
        let trace = [
            op(Uop::StartExecutor, 0, 0, site),
            op(Uop::LoadFastBorrow, 1, 0, site),
            op(Uop::LoadSmallInt, 7, 0, site),
            add,
            op(Uop::StoreFast, 0, 0, site),
            op(Uop::ExitTrace, 0, 0, end),
            op(Uop::ErrorPopN, 0, u64::from(site), 0),
        ];
        let arguments = [Value::NONE, taipan_objects::int::new(5)];
        let result = with_trace(&trace, || call(&function, &arguments));
        // The first back edge becomes one that counts, the second is hot.
        assert_eq!(taipan_objects::int::to_i64(&result), Some(3 + 7));
    });
}

#[test]
fn uops_gate_projected_trace_terminates() {
    with_interpreter(|| {
        traces::set_threshold(16);
        let function = function(LOOP);
        for n in [1, 2, 15, 16, 17, 5000] {
            let result = call(&function, &[taipan_objects::int::new(n)]);
            assert_eq!(taipan_objects::int::to_i64(&result), Some(0), "{n}");
        }
    });
}
