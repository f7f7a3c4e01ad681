//! `_tier2`: traces and what makes them, for tests and tools.
//!
//! What CPython's tests reach through `_testinternalcapi` of its test build: the optimizer that hot code asks, and the
//! executors by what they rely on. No other module imports it, and nothing in it is needed to run a program.

use std::fmt::Write;

use taipan_bytecode::tunables::BUILTINS_WATCHER_ID;
use taipan_bytecode::{CodeUnit, Opcode, instructions};
use taipan_interp::code::Code;
use taipan_interp::frame_stack::frame_words;
use taipan_interp::traces::{self, Cause, Executor, Optimizer, registry};
use taipan_macros::{define_module, function};
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, protocol, rare_events};

use crate::startup;

define_module!(
    name = "_tier2",
    doc = "Traces of hot loops and what makes them, for tests and tools.",
    functions(
        get_optimizer,
        set_optimizer,
        new_counter_optimizer,
        new_uop_optimizer,
        executors,
        add_executor_dependency,
        invalidate_executors,
        clear_executor_deletion_list,
        get_co_framesize,
        disassembly,
        get_rare_event_counters,
        reset_rare_event_counters,
    ),
    classes(Optimizer, Executor),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("TIER2_THRESHOLD", i64::from(traces::threshold()));
    Ok(())
}

/// Return the optimizer that hot code asks for traces, or None.
#[function("()")]
fn get_optimizer() -> Option<Ref<Optimizer>> {
    traces::optimizer()
}

/// Let hot code ask another optimizer for traces, or none.
#[function("(optimizer, /)")]
fn set_optimizer(optimizer: &Value) -> PyResult<()> {
    let optimizer = match optimizer.downcast::<Optimizer>() {
        None if !optimizer.is_none() => bail!(
            TypeError,
            "expected an optimizer or None, not '{}'",
            protocol::type_name(optimizer)
        ),
        optimizer => optimizer.cloned(),
    };
    drop(traces::set_optimizer(optimizer));
    Ok(())
}

/// Return an optimizer that counts how often it is asked and makes no traces.
#[function("()")]
fn new_counter_optimizer() -> Ref<Optimizer> {
    Optimizer::counting()
}

/// Return an optimizer that makes traces of micro-ops.
#[function("()")]
fn new_uop_optimizer() -> Ref<Optimizer> {
    Optimizer::of_uops()
}

/// Return all executors, those of side traces included.
#[function("()")]
fn executors() -> Ref<List> {
    List::new(registry::all().into_iter().map(Ref::into_value).collect())
}

/// From now on the executor relies on the object, too.
#[function("(executor, obj, /)")]
fn add_executor_dependency(executor: &Ref<Executor>, obj: &Value) {
    executor.depend_on(registry::address_of_value(obj));
}

/// Invalidate the executors that may rely on the object.
#[function("(obj, /)")]
fn invalidate_executors(obj: &Value) {
    registry::invalidate_dependents(registry::address_of_value(obj), Cause::Asked);
}

/// Free the traces whose executors are gone and that no thread runs.
#[function("()")]
fn clear_executor_deletion_list() {
    registry::free_buried();
}

/// Return how many words of the stack a frame of the code takes.
#[function("(code, /)")]
fn get_co_framesize(code: &Ref<Code>) -> usize {
    frame_words(code)
}

/// Return how often what the optimizer relies on not to happen has happened.
///
/// The builtins are looked at from the first call of this or of reset_rare_event_counters() on, or once a trace has
/// taken one of them for a constant.
#[function("()")]
fn get_rare_event_counters() -> Ref<Dict> {
    watch_builtins();
    let counters = Dict::new();
    for (event, count) in rare_events::all() {
        counters.set_str(&Str::intern(event.name()), int::from_usize(count as usize));
    }
    counters
}

/// Count rare events from zero again.
#[function("()")]
fn reset_rare_event_counters() {
    watch_builtins();
    rare_events::reset();
}

fn watch_builtins() {
    startup::builtins_module()
        .dict()
        .watch(BUILTINS_WATCHER_ID as u8);
}

/// Return the code as it runs, an instruction a line, and under each ENTER_EXECUTOR what it stands for and the trace.
///
/// `dis` shows the instruction that stands there without an executor.
#[function("(code, /)")]
fn disassembly(code: &Ref<Code>) -> String {
    let plain: Vec<CodeUnit> = code
        .original_bytes()
        .chunks_exact(2)
        .map(|unit| CodeUnit(u16::from_le_bytes([unit[0], unit[1]])))
        .collect();
    let mut text = String::new();
    let mut next = 0;
    for instruction in instructions(&plain) {
        for offset in next..=instruction.offset as usize {
            let unit = CodeUnit(code.units()[offset].get());
            let _ = writeln!(text, "{:5}  {}", offset * 2, line(unit));
            if let Some(executor) = code.executor_at(offset) {
                let behind = line(code.unit_behind_executor(offset));
                let _ = writeln!(text, "         in the place of {behind}");
                trace(&mut text, &executor);
            }
        }
        next = instruction.end() as usize;
    }
    text
}

/// An instruction's name and oparg.
fn line(unit: CodeUnit) -> String {
    let name = unit.opcode().map_or("<unknown>", Opcode::name);
    format!("{name:<26} {}", unit.oparg())
}

/// The uops of an executor as `get_trace` has them.
fn trace(text: &mut String, executor: &Executor) {
    for (at, uop) in executor.instructions().iter().enumerate() {
        let (name, target) = (uop.uop().name(), uop.raw_target());
        let _ = writeln!(text, "         {at:4}  {name:<35} {:5} {target}", uop.oparg);
    }
}
