//! With the feature `stats`, what opcodes did is counted: a loop of n rounds executes its opcodes n times.

use taipan_bytecode::Opcode;
use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_interp::specialize::stats::{self, Family};
use taipan_objects::dict::Dict;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{boot, float, int, protocol, runtime, thread};

const PROGRAM: &str = "
def loop(n, step):
    i = 0
    total = step
    while i < n:
        total = total + step
        i = i + 1
    return total
";

/// Rounds of the loop.
const ROUNDS: u64 = 10_000;
/// By how much a count may differ: a site runs its general opcode until it specializes, and again when it has.
const SLACK: u64 = 64;

fn loop_function() -> Value {
    runtime::attach(thread::ThreadState::new(1));
    boot::boot();
    taipan_interp::init_classes();
    let compiled = taipan_compiler::compile(PROGRAM, "<test>", Mode::Exec, &Options::default())
        .expect("the program compiles");
    let globals = Dict::new();
    globals.set_str(&Str::intern("__builtins__"), Dict::new().into_value());
    globals.set_str(&Str::intern("__name__"), Str::new("test").into_value());
    let code: Ref<Code> = Code::from_compiled(&compiled.code);
    eval::run(&code, &globals, None, None).expect("the program runs");
    globals
        .get_str(&Str::intern("loop"))
        .expect("the program defines the loop")
}

fn family(base: Opcode) -> Family {
    stats::families()
        .into_iter()
        .find(|family| family.base == base)
        .expect("the opcode has a family")
}

/// Executions of all opcodes of a family.
fn executions(base: Opcode) -> u64 {
    family(base).runs.iter().map(|(_, runs, _)| runs).sum()
}

fn is_about(number: u64, expected: u64) -> bool {
    (expected..=expected + SLACK).contains(&number)
}

#[test]
fn a_loop_executes_its_opcodes_as_often_as_it_has_rounds() {
    assert!(stats::COUNTS_EXECUTIONS);
    let function = loop_function();
    let rounds = int::new(ROUNDS as i64);
    stats::clear();
    assert_eq!(executions(Opcode::BinaryOp), 0);

    protocol::call2(&function, &rounds, &int::new(2)).expect("the loop runs");
    let adds = family(Opcode::BinaryOp);
    let total = executions(Opcode::BinaryOp);
    assert!(is_about(total, 2 * ROUNDS), "{total} additions");
    let compares = executions(Opcode::CompareOp);
    assert!(is_about(compares, ROUNDS + 1), "{compares} comparisons");
    let jumps = executions(Opcode::JumpBackward);
    assert!(is_about(jumps, ROUNDS), "{jumps} jumps");
    assert_eq!(adds.misses(), 0);
    assert!(adds.hits() >= 2 * ROUNDS - SLACK, "{} hits", adds.hits());
    assert_eq!(adds.success(), 2);

    // Floats, where ints were: one of the two sites misses until it specializes anew.
    protocol::call2(&function, &rounds, &float::new(0.5)).expect("the loop runs");
    let adds = family(Opcode::BinaryOp);
    assert!((1..=SLACK).contains(&adds.misses()), "{}", adds.misses());
    assert_eq!(adds.success(), 3);
    assert!(adds.hits() >= 4 * ROUNDS - 4 * SLACK, "{}", adds.hits());

    // Nothing is counted while counting is off.
    let before = executions(Opcode::BinaryOp);
    stats::set_counting(false);
    protocol::call2(&function, &rounds, &int::new(2)).expect("the loop runs");
    stats::set_counting(true);
    assert_eq!(executions(Opcode::BinaryOp), before);

    let json = stats::to_json();
    assert!(json.contains("\"counts_executions\": true"), "{json}");
    stats::clear();
    assert_eq!(executions(Opcode::BinaryOp), 0);
}
