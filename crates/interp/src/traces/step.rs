//! A trace made ready to run: each uop is a step with the address of its op, so that going on is one indirect jump.
//!
//! ```text
//! Instruction                        Step
//! _LOAD_FAST_1                       op, oparg
//! _GUARD_TOS_INT -> 7                op, jump: 5 steps on
//! _BINARY_OP_ADD_INT -> 0, error 8   op, error: 5 steps on, jump: to a _DEOPT of its own
//! ```
//!
//! Where CPython's uop cannot leave, the body here may all the same: ints that do not fit a word, objects with more than one
//! layout. So every step has a place to jump to and one for errors; what the instructions have no stubs for gets some behind
//! them, which Python does not see.
//!
//! Invariants: a trace does not move while an executor, the list of deletions or a thread that runs it has it; the steps of its
//! stubs point to its exits.

use std::cell::Cell;
use std::ptr;
use std::rc::Rc;

use taipan_bytecode::{BackoffCounter, Uop};
use taipan_objects::cell::Slot;
use taipan_objects::value::{Ref, Value};

use super::config::{Stress, stress};
use super::counts::{Counts, StubCount};
use super::executor::Executor;
use super::instruction::Instruction;
use super::ops::{self, StepOp};
use super::pairs;

/// One uop, ready to run.
#[repr(C)]
pub struct Step {
    /// What runs.
    pub op: StepOp,
    /// As in the instruction; of a stub the exit, of `_START_EXECUTOR` the trace, of `_MAKE_WARM` the counter of its runs.
    pub operand0: u64,
    /// As in the instruction; of a stub the counter of how often it was taken.
    pub operand1: u64,
    /// Steps from here to where the uop goes on when it leaves.
    pub jump: i16,
    /// Steps from here to where it goes on when it raises.
    pub error: i16,
    /// The uop's argument.
    pub oparg: u16,
    /// The uop's number, for statistics.
    pub number: u16,
}

const _: () = assert!(size_of::<Step>() == 32);

/// A way out of a trace that may lead to another one.
pub struct Exit {
    /// The instruction where tier 1 goes on, in code units.
    pub target: u32,
    /// Counts down to a trace of its own.
    pub temperature: Cell<BackoffCounter>,
    /// The trace that goes on here, as long as `executor` is there; else null.
    pub next: Cell<*const Trace>,
    /// Its executor.
    pub executor: Slot<Ref<Executor>>,
}

impl Exit {
    fn new(target: u32) -> Exit {
        Exit {
            target,
            temperature: Cell::new(super::back_edge_counter()),
            next: Cell::new(ptr::null()),
            executor: Slot::empty(),
        }
    }

    /// Counts down towards a trace of its own; answers whether it is not hot yet.
    #[inline(always)]
    pub fn cool(&self) -> bool {
        let temperature = self.temperature.get();
        let is_cool = !temperature.is_triggered();
        if is_cool {
            self.temperature.set(temperature.advance());
        }
        is_cool
    }

    /// The exit leads to tier 1 again. Answers the executor it led to.
    #[must_use = "releasing an executor can free others"]
    pub fn unlink(&self) -> Option<Ref<Executor>> {
        self.next.set(ptr::null());
        self.temperature.set(super::back_edge_counter());
        self.executor.take()
    }
}

/// What an executor runs.
pub struct Trace {
    /// Whether what it relies on still holds. `_CHECK_VALIDITY` looks at it after everything that could change that.
    pub valid: Cell<bool>,
    /// How often it ran and was left.
    pub counts: Rc<Counts>,
    /// How often it had run at the last sweep for cold traces; none have run so often before their first.
    runs_at_sweep: Cell<u64>,
    /// How many traces lead here from one that code enters, less the multiple of four.
    pub chain_depth: u8,
    /// The ways out.
    pub exits: Box<[Exit]>,
    /// Objects that operands point to and nothing else keeps.
    _kept: Vec<Value>,
    steps: Box<[Step]>,
}

impl Trace {
    /// Makes a finished trace ready. `kept` has what operands point to and nothing else is sure to keep.
    pub fn new(
        instructions: &[Instruction],
        kept: Vec<Value>,
        chain_depth: u8,
        counts: Rc<Counts>,
    ) -> Box<Trace> {
        let exits = instructions
            .iter()
            .filter(|instruction| instruction.uop() == Uop::ExitTrace)
            .map(|instruction| Exit::new(instruction.target()))
            .collect();
        let mut trace = Box::new(Trace {
            valid: Cell::new(true),
            counts,
            runs_at_sweep: Cell::new(u64::MAX),
            chain_depth,
            exits,
            _kept: kept,
            steps: Box::default(),
        });
        let steps = Steps::of(instructions, &trace);
        trace.steps = steps.into_boxed_slice();
        trace
    }

    /// Whether it ran since the last sweep for cold traces.
    pub fn is_warm(&self) -> bool {
        self.runs_at_sweep.get() != self.counts.runs()
    }

    /// The sweep for cold traces passes; answers whether the trace was warm.
    pub(super) fn cool(&self) -> bool {
        let was_warm = self.is_warm();
        self.runs_at_sweep.set(self.counts.runs());
        was_warm
    }

    /// Where it begins.
    pub fn first_step(&self) -> *const Step {
        self.steps.as_ptr()
    }
}

/// Steps in the making.
struct Steps {
    made: Vec<Step>,
    /// The last `_DEOPT` and `_ERROR_POP_N` that only steps have: their bytecode offsets and places.
    own_deopt: Option<(u32, usize)>,
    own_error: Option<(u32, usize)>,
    stubs: Vec<StubCount>,
}

impl Steps {
    fn of(instructions: &[Instruction], trace: &Trace) -> Vec<Step> {
        let mut steps = Steps {
            made: instructions.iter().map(step).collect(),
            own_deopt: None,
            own_error: None,
            stubs: Vec::new(),
        };
        let mut exits = trace.exits.iter();
        for (at, instruction) in instructions.iter().enumerate() {
            match instruction.uop() {
                Uop::StartExecutor => steps.made[at].operand0 = ptr::from_ref(trace) as u64,
                Uop::ExitTrace => {
                    let exit = exits.next().expect("each exit was made of a stub");
                    steps.made[at].operand0 = ptr::from_ref(exit) as u64;
                    steps.note_stub(at, Uop::ExitTrace, instruction.target());
                }
                Uop::Deopt => {
                    steps.made[at].operand0 = u64::from(instruction.target());
                    steps.note_stub(at, Uop::Deopt, instruction.target());
                }
                Uop::ErrorPopN => {
                    steps.note_stub(at, Uop::ErrorPopN, instruction.operand0 as u32);
                }
                Uop::MakeWarm => steps.made[at].operand0 = trace.counts.runs_counter(),
                Uop::JumpToTop => {
                    steps.made[at].jump = distance(at, usize::from(instruction.jump_target()));
                }
                _ => steps.connect(instructions, at),
            }
        }
        steps.count_stubs(&trace.counts);
        steps.join_pairs(instructions);
        steps.made
    }

    /// Where two uops have an op together, the first step gets it.
    fn join_pairs(&mut self, instructions: &[Instruction]) {
        if stress() == Stress::Invalidate {
            // `_CHECK_VALIDITY` is another op.
            return;
        }
        for (at, pair) in instructions.windows(2).enumerate() {
            if let Some(op) = pairs::pair_of(pair[0].uop(), pair[1].uop()) {
                self.made[at].op = op;
            }
        }
    }

    fn note_stub(&mut self, at: usize, uop: Uop, target: u32) {
        self.stubs.push(StubCount::new(at, uop, target));
    }

    /// Gives each stub its counter.
    fn count_stubs(&mut self, counts: &Counts) {
        self.stubs.sort_by_key(|stub| stub.place);
        counts.set_stubs(std::mem::take(&mut self.stubs));
        for stub in counts.stubs() {
            self.made[stub.place].operand1 = stub.counter();
        }
    }

    /// Says where a step goes on when it leaves and when it raises.
    fn connect(&mut self, instructions: &[Instruction], at: usize) {
        let instruction = &instructions[at];
        let uop = instruction.uop();
        let has_jump = uop.may_exit() || uop.may_deopt();
        let offset = match (instruction.has_jumps(), uop.may_raise()) {
            (false, _) => instruction.target(),
            (true, true) => instructions[usize::from(instruction.error_target())].operand0 as u32,
            (true, false) => instructions[usize::from(instruction.jump_target())].target(),
        };
        let jump = match has_jump {
            true => usize::from(instruction.jump_target()),
            false => self.own_deopt(offset),
        };
        let error = match uop.may_raise() {
            true => usize::from(instruction.error_target()),
            false => self.own_error(offset),
        };
        let step = &mut self.made[at];
        (step.jump, step.error) = (distance(at, jump), distance(at, error));
    }

    fn own_deopt(&mut self, offset: u32) -> usize {
        match self.own_deopt {
            Some((known, place)) if known == offset => place,
            _ => {
                let place = self.push(Uop::Deopt, offset);
                self.own_deopt = Some((offset, place));
                place
            }
        }
    }

    fn own_error(&mut self, offset: u32) -> usize {
        match self.own_error {
            Some((known, place)) if known == offset => place,
            _ => {
                let place = self.push(Uop::ErrorPopN, offset);
                self.own_error = Some((offset, place));
                place
            }
        }
    }

    /// Adds a stub behind the instructions.
    fn push(&mut self, uop: Uop, offset: u32) -> usize {
        self.made
            .push(step(&Instruction::new(uop, 0, u64::from(offset), 0)));
        let place = self.made.len() - 1;
        self.note_stub(place, uop, offset);
        place
    }
}

fn distance(from: usize, to: usize) -> i16 {
    i16::try_from(to as isize - from as isize).expect("a trace has at most 800 uops")
}

fn step(instruction: &Instruction) -> Step {
    let op = match (instruction.uop(), stress()) {
        (Uop::CheckValidity, Stress::Invalidate) => ops::INVALIDATE,
        (uop, _) => ops::op_of(uop),
    };
    Step {
        op,
        operand0: instruction.operand0,
        operand1: instruction.operand1,
        jump: 0,
        error: 0,
        oparg: instruction.oparg,
        number: instruction.uop().index() as u16,
    }
}
