//! `uop_executor`: what owns a trace, and what Python sees of it.
//!
//! An executor lives in the side table of the code that enters it, in the exits that lead to it, and in whatever Python
//! variable somebody put it. When it dies its trace may be running still: it goes to the list of deletions ([`super::registry`]).
//! The layout that Python sees, indexing included, is that of `_PyUOpExecutor_Type` in CPython 3.14's `Python/optimizer.c`;
//! `get_trace` gives a whole trace at once.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::class::Payload;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int, protocol};

use super::bloom::BloomFilter;
use super::instruction::Instruction;
use super::registry;
use super::side_table::Place;
use super::step::Trace;
use super::warm::Finished;

/// The payload of an executor.
#[class(name = "uop_executor", references = false, flags(NO_INSTANTIATION))]
pub struct Executor {
    /// What runs. It is there until the executor dies.
    #[untraced]
    trace: Option<Box<Trace>>,
    /// The same as it was made.
    #[untraced]
    instructions: Box<[Instruction]>,
    #[untraced]
    dependencies: RefCell<BloomFilter>,
    /// Where code enters it.
    #[untraced]
    pub(super) place: Cell<Option<Place>>,
    /// The instruction that stood there, for as long as somebody asks.
    #[untraced]
    pub(super) original: Cell<(u8, u8)>,
}

impl Drop for Executor {
    fn drop(&mut self) {
        if let Some(trace) = self.trace.take() {
            registry::bury(trace);
        }
    }
}

impl Executor {
    /// Makes an executor and enters it in the list of all.
    pub(super) fn new(finished: Finished, chain_depth: u8) -> Ref<Executor> {
        let trace = Trace::new(
            &finished.instructions,
            finished.kept,
            chain_depth,
            finished.counts,
        );
        let address: *const Trace = &raw const *trace;
        let executor = heap::new_object(
            Executor::class(),
            Executor {
                trace: Some(trace),
                instructions: finished.instructions.into_boxed_slice(),
                dependencies: RefCell::new(finished.dependencies),
                place: Cell::new(None),
                original: Cell::new((0, 0)),
            },
        );
        registry::register(&executor, address);
        executor
    }

    /// What it runs.
    pub fn own_trace(&self) -> &Trace {
        self.trace
            .as_deref()
            .expect("a live executor has its trace")
    }

    /// The uops, as they were made.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Whether it may rely on the object at an address.
    pub fn may_depend_on(&self, address: usize) -> bool {
        self.dependencies.borrow().may_contain(address)
    }

    /// From now on it relies on the object at an address, too.
    pub fn depend_on(&self, address: usize) {
        self.dependencies.borrow_mut().add(address);
    }

    /// Whether it can be entered.
    pub fn is_valid(&self) -> bool {
        self.own_trace().valid.get()
    }
}

/// One uop as Python sees it: name, oparg and target, and by index also the first operand.
fn row(instruction: &Instruction, operand: Option<u64>) -> Value {
    let name = Str::intern(instruction.uop().name()).into_value();
    let oparg = int::new(i64::from(instruction.oparg));
    let target = int::new(i64::from(instruction.raw_target()));
    let mut row = vec![name, oparg, target];
    row.extend(operand.map(int::from_u64));
    Tuple::new(row).into_value()
}

#[methods]
impl Executor {
    #[slot(len)]
    fn len(&self) -> PyResult<usize> {
        Ok(self.instructions.len())
    }

    #[slot(getitem)]
    fn getitem(&self, index: &Value) -> PyResult<Value> {
        if index.class().slots.index.get().is_none() {
            bail!(
                TypeError,
                "sequence index must be integer, not '{}'",
                index.class().name()
            );
        }
        let index = protocol::to_index(index)?;
        let index = match index < 0 {
            true => index + self.instructions.len() as isize,
            false => index,
        };
        let found = usize::try_from(index)
            .ok()
            .and_then(|index| self.instructions.get(index));
        match found {
            Some(instruction) => Ok(row(instruction, Some(instruction.operand0))),
            None => Err(Raised::with_args(ExceptionKind::IndexError, Vec::new())),
        }
    }

    /// Return whether the executor can be entered still.
    #[method(name = "is_valid")]
    fn is_valid_py(&self) -> bool {
        self.is_valid()
    }

    /// Return the opcode that the executor stands in the place of.
    #[method]
    fn get_opcode(&self) -> u8 {
        self.original.get().0
    }

    /// Return the oparg of the instruction that the executor stands in the place of.
    #[method]
    fn get_oparg(&self) -> u8 {
        self.original.get().1
    }

    /// Return the machine code of the executor.
    #[method]
    fn get_jit_code(&self) -> PyResult<Value> {
        bail!(RuntimeError, "JIT support not enabled.")
    }

    /// Return the uops as a list of (name, oparg, target).
    #[method]
    fn get_trace(&self) -> Ref<List> {
        List::new(
            self.instructions
                .iter()
                .map(|instruction| row(instruction, None))
                .collect(),
        )
    }
}
