//! Projection: from the specialized code of a hot loop to a trace of micro-ops.
//!
//! Nothing is recorded: projection walks the code and takes the way that inline caches say was taken. A branch goes where its
//! history says; each one costs confidence, and when too little is left the trace ends. A call is followed into the function
//! of the version in its cache, up to five frames deep. The first backward jump is followed, so that a trace goes round the
//! loop that got hot; a second one ends it. Each instruction becomes `_CHECK_VALIDITY`, `_SET_IP` and its expansion
//! (`ops/ops.def`). What is relied on, the code objects, goes into the dependency filter.
//!
//! ```text
//! JUMP_BACKWARD_JIT  ->  _CHECK_PERIODIC
//! FOR_ITER_RANGE     ->  _CHECK_VALIDITY _SET_IP _ITER_CHECK_RANGE _GUARD_NOT_EXHAUSTED_RANGE _ITER_NEXT_RANGE
//! STORE_FAST 1       ->  _CHECK_VALIDITY _SET_IP _STORE_FAST 1
//! JUMP_BACKWARD_JIT  ->  _JUMP_TO_TOP
//! ```
//!
//! The rules are those of `translate_bytecode_to_trace` in CPython 3.14's `Python/optimizer.c`.

use taipan_bytecode::cache::call::FUNC_VERSION;
use taipan_bytecode::tunables::{
    BRANCH_HISTORY_BITS, BRANCH_LIKELY_POPCOUNT, CONFIDENCE_CUTOFF, CONFIDENCE_RANGE,
    TRACE_PER_INSTR_RESERVE, TRACE_RESERVE_EXTRA, TRACE_STACK_SIZE, TRACE_TAIL_RESERVE,
    UOP_MAX_TRACE_LENGTH,
};
use taipan_bytecode::{Expand, Flags, OpargSize, Opcode, Replacement, Uop};
use taipan_interp::code::Code;
use taipan_interp::function::Function;
use taipan_objects::value::Ref;

use crate::abort::{TraceAbort, TraceEnd};
use crate::kept::Kept;
use taipan_interp::traces::{BloomFilter, Instruction, Request, registry};

/// A projected trace.
#[derive(Clone, Debug)]
pub struct Projected {
    /// The uops; the last is a terminator.
    pub instructions: Vec<Instruction>,
    /// The code objects that it goes through.
    pub dependencies: BloomFilter,
    /// Functions and code that operands point to. They live as long as this.
    pub kept: Vec<Callee>,
    /// Why it ends.
    pub end: TraceEnd,
}

/// What a call leads to.
#[derive(Clone, Debug)]
pub struct Callee {
    /// The function, if one of its version is known; else only the code that such functions have.
    pub function: Option<Ref<Function>>,
    /// Its code.
    pub code: Ref<Code>,
}

impl Callee {
    /// The operand of `_PUSH_FRAME` and of returns: the function, or the code with its low bit set.
    pub(crate) fn operand(&self) -> u64 {
        match &self.function {
            Some(function) => function.as_value().bits(),
            None => self.code.as_value().bits() | 1,
        }
    }
}

impl Projected {
    /// The objects that operands point to.
    pub fn kept_values(&self) -> Kept {
        let mut kept = Kept::default();
        for callee in &self.kept {
            if let Some(function) = &callee.function {
                kept.keep_watched(function.as_value());
            }
            kept.keep_watched(callee.code.as_value());
        }
        kept
    }
}

/// Projects the trace that begins at `start`.
pub fn project(start: &Request) -> Result<Projected, TraceAbort> {
    let mut projection = Projection::new(start);
    let end = projection.run(start)?;
    Ok(Projected {
        instructions: projection.trace,
        dependencies: projection.dependencies,
        kept: projection.kept,
        end,
    })
}

/// How the walk goes on after an instruction.
enum Step {
    /// At this offset of the running frame's code.
    At(u32),
    /// Not at all.
    End(TraceEnd),
}

/// One decoded instruction.
#[derive(Clone, Copy)]
struct Decoded {
    opcode: Opcode,
    oparg: u32,
    /// The offset of the opcode's unit, behind an EXTENDED_ARG.
    offset: u32,
    /// The offset of the whole instruction: what exits and the instruction pointer refer to.
    target: u32,
}

impl Decoded {
    fn next(&self) -> u32 {
        self.offset + 1 + self.opcode.cache_units() as u32
    }
}

struct Projection {
    trace: Vec<Instruction>,
    /// How many uops the trace may have; each instruction takes some of it for the stubs behind the trace.
    room: usize,
    frame: Callee,
    /// The callers, and where each goes on.
    callers: Vec<(Callee, u32)>,
    dependencies: BloomFilter,
    kept: Vec<Callee>,
    confidence: u32,
    seen_backward_jump: bool,
}

impl Projection {
    fn new(start: &Request) -> Projection {
        let frame = Callee {
            function: start.function.clone(),
            code: start.code.clone(),
        };
        let mut dependencies = BloomFilter::new();
        dependencies.add(address(&frame.code));
        Projection {
            trace: Vec::with_capacity(128),
            room: UOP_MAX_TRACE_LENGTH - TRACE_TAIL_RESERVE,
            kept: vec![frame.clone()],
            frame,
            callers: Vec::new(),
            dependencies,
            confidence: CONFIDENCE_RANGE,
            seen_backward_jump: false,
        }
    }

    fn add(&mut self, uop: Uop, oparg: u32, operand0: u64, target: u32) {
        debug_assert!(uop.is_viable(), "{} in a trace", uop.name());
        self.trace
            .push(Instruction::new(uop, oparg as u16, operand0, target));
    }

    /// Whether `count` more uops fit.
    fn has_room(&self, count: usize) -> bool {
        self.trace.len() + count <= self.room
    }

    fn run(&mut self, start: &Request) -> Result<TraceEnd, TraceAbort> {
        let mut at = start.offset;
        let first_unit = self.unit_address(at);
        self.add(Uop::StartExecutor, 0, first_unit, at);
        self.add(Uop::MakeWarm, 0, 0, 0);
        let mut is_first = true;
        let end = loop {
            self.room = self.room.saturating_sub(TRACE_PER_INSTR_RESERVE);
            let is_start = at == start.offset && self.frame.code.is(&start.code);
            if !is_first && is_start {
                if !self.has_room(1 + TRACE_RESERVE_EXTRA) {
                    break TraceEnd::TooLong;
                }
                self.add(Uop::JumpToTop, 0, 0, 0);
                break TraceEnd::Loop;
            }
            match self.instruction(at, is_first && start.progress_needed)? {
                Step::At(next) => at = next,
                Step::End(end) => break end,
            }
            is_first = false;
        };
        if is_first {
            return Err(TraceAbort::TooShort);
        }
        if !self
            .trace
            .last()
            .is_some_and(|last| last.uop().is_terminator())
        {
            self.add(Uop::ExitTrace, 0, 0, at);
        }
        Ok(end)
    }

    /// Projects the instruction at `at`.
    fn instruction(&mut self, at: u32, progress_needed: bool) -> Result<Step, TraceAbort> {
        let Some(mut decoded) = self.decode(at) else {
            return Ok(Step::End(TraceEnd::LargeOparg));
        };
        if decoded.opcode == Opcode::EnterExecutor {
            return Ok(Step::End(TraceEnd::Executor));
        }
        if !self.has_room(2) {
            return Ok(Step::End(TraceEnd::TooLong));
        }
        self.add(Uop::CheckValidity, 0, 0, at);
        if !decoded.opcode.flags().contains(Flags::NO_SAVE_IP) {
            if !self.has_room(2) {
                return Ok(Step::End(TraceEnd::TooLong));
            }
            self.add(Uop::SetIp, 0, self.unit_address(decoded.offset), at);
        }
        if progress_needed && (decoded.opcode.may_exit() || decoded.opcode.may_deopt()) {
            decoded.opcode = decoded.opcode.base();
        }
        // A stub for each way out, behind the trace.
        for leaves in [decoded.opcode.may_exit(), decoded.opcode.may_raise()] {
            if leaves {
                if !self.has_room(2) {
                    return Ok(Step::End(TraceEnd::TooLong));
                }
                self.room -= 1;
            }
        }
        self.dispatch(decoded)
    }

    fn dispatch(&mut self, decoded: Decoded) -> Result<Step, TraceAbort> {
        let Decoded {
            opcode,
            oparg,
            target,
            ..
        } = decoded;
        match opcode {
            Opcode::PopJumpIfFalse
            | Opcode::PopJumpIfTrue
            | Opcode::PopJumpIfNone
            | Opcode::PopJumpIfNotNone => Ok(self.branch(decoded)),
            // What was quickened while tier 2 was off is a backward jump all the same.
            Opcode::JumpBackward
            | Opcode::JumpBackwardJit
            | Opcode::JumpBackwardNoJit
            | Opcode::JumpBackwardNoInterrupt => {
                if opcode != Opcode::JumpBackwardNoInterrupt {
                    self.add(Uop::CheckPeriodic, 0, 0, target);
                }
                if self.seen_backward_jump {
                    return Ok(Step::End(TraceEnd::InnerLoop));
                }
                self.seen_backward_jump = true;
                Ok(Step::At(decoded.next() - oparg))
            }
            Opcode::JumpForward => Ok(Step::At(decoded.next() + oparg)),
            Opcode::Resume => {
                self.add(Uop::Tier2ResumeCheck, 0, 0, target);
                Ok(Step::At(decoded.next()))
            }
            _ => match opcode.expansion() {
                Some(expansion) if !expansion.is_empty() => self.expand(decoded, expansion),
                _ => Ok(Step::End(TraceEnd::UnsupportedOpcode)),
            },
        }
    }

    /// A conditional jump becomes the guard that its history calls for.
    fn branch(&mut self, decoded: Decoded) -> Step {
        if !self.has_room(1 + TRACE_RESERVE_EXTRA) {
            return Step::End(TraceEnd::TooLong);
        }
        let history = self.unit(decoded.offset + 1);
        let taken = u32::from(history).count_ones();
        let is_likely = taken > BRANCH_LIKELY_POPCOUNT;
        let agreeing = if is_likely {
            taken
        } else {
            BRANCH_HISTORY_BITS - taken
        };
        self.confidence = self.confidence * agreeing / BRANCH_HISTORY_BITS;
        if self.confidence < CONFIDENCE_CUTOFF {
            return Step::End(TraceEnd::LowConfidence);
        }
        let guards = decoded
            .opcode
            .branch_guards()
            .expect("every conditional jump has guards");
        let fall_through = decoded.next();
        let destination = fall_through + decoded.oparg;
        if is_likely {
            // Behind the NOT_TAKEN that follows every conditional jump, unless a tool wants to hear of it.
            let is_silent = self.unit(fall_through) as u8 == Opcode::NotTaken as u8;
            let behind = fall_through + u32::from(is_silent);
            self.add(guards.jump, 0, 0, behind);
            Step::At(destination)
        } else {
            self.add(guards.stay, 0, 0, destination);
            Step::At(fall_through)
        }
    }

    /// The uops of an opcode, with what its inline cache says.
    fn expand(
        &mut self,
        decoded: Decoded,
        expansion: &'static [Expand],
    ) -> Result<Step, TraceAbort> {
        let emitted = expansion.len();
        if !self.has_room(emitted + 1 + TRACE_RESERVE_EXTRA) {
            return Ok(Step::End(TraceEnd::TooLong));
        }
        if expansion.last().is_some_and(|last| leaves_frame(last.uop)) && self.callers.is_empty() {
            return Err(TraceAbort::StackUnderflow);
        }
        for part in expansion {
            let (uop, oparg, operand) = match self.part(decoded, part) {
                Some(part) => part,
                // A second operand of the uop before.
                None => continue,
            };
            if leaves_frame(uop) {
                return Ok(self.leave_frame(uop, oparg, decoded.target));
            }
            if uop == Uop::PushFrame {
                return self.enter_frame(decoded, oparg);
            }
            self.add(uop, oparg, operand, decoded.target);
        }
        let mut next = decoded.next();
        match decoded.opcode {
            // The store that stands behind is done by the uop.
            Opcode::BinaryOpInplaceAddUnicode => {
                let store = self.unit(next);
                if let Some(last) = self.trace.last_mut() {
                    last.operand0 = u64::from(store >> 8);
                }
                next += 1;
            }
            // The result, None, is not even pushed.
            Opcode::CallListAppend => next += 1,
            _ => {}
        }
        Ok(Step::At(next))
    }

    /// One uop of an expansion, with its oparg and its first operand.
    fn part(&mut self, decoded: Decoded, part: &Expand) -> Option<(Uop, u32, u64)> {
        let at = decoded.offset + 1 + u32::from(part.offset);
        let oparg = decoded.oparg;
        Some(match part.size {
            OpargSize::Oparg => (part.uop, oparg, 0),
            OpargSize::Cache1 => (part.uop, oparg, self.cached(at, 1)),
            OpargSize::Cache2 => (part.uop, oparg, self.cached(at, 2)),
            OpargSize::Cache4 => (part.uop, oparg, self.cached(at, 4)),
            OpargSize::Top => (part.uop, oparg >> 4, 0),
            OpargSize::Bottom => (part.uop, oparg & 15, 0),
            OpargSize::ReturnOffset => (part.uop, 1 + u32::from(part.offset), 0),
            OpargSize::Replaced => match part.uop.replacement() {
                Some(Replacement::Uop(uop)) => (uop, oparg, 0),
                _ => (part.uop, oparg, 0),
            },
            OpargSize::Operand1Cache1 => return self.second_operand(at, 1),
            OpargSize::Operand1Cache2 => return self.second_operand(at, 2),
            OpargSize::Operand1Cache4 => return self.second_operand(at, 4),
        })
    }

    /// The last uop gets a second operand; no uop comes of that.
    fn second_operand<T>(&mut self, at: u32, units: u32) -> Option<T> {
        let operand = self.cached(at, units);
        if let Some(last) = self.trace.last_mut() {
            last.operand1 = operand;
        }
        None
    }

    /// Goes on in the caller. The operand says which function that is.
    fn leave_frame(&mut self, uop: Uop, oparg: u32, target: u32) -> Step {
        let (caller, at) = self
            .callers
            .pop()
            .expect("a trace that would leave its first frame was refused");
        self.frame = caller;
        self.add(uop, oparg, self.frame.operand(), target);
        Step::At(at)
    }

    /// Goes on in the function of the version in the call's cache.
    fn enter_frame(&mut self, call: Decoded, oparg: u32) -> Result<Step, TraceAbort> {
        if !matches!(call.opcode.base(), Opcode::Call | Opcode::CallKw) {
            return Err(TraceAbort::DynamicCallee);
        }
        if call.opcode == Opcode::CallAllocAndEnterInit {
            // The version in its cache is the class's.
            self.add(Uop::PushFrame, oparg, 0, call.target);
            self.add(Uop::ExitTrace, 0, 0, 0);
            return Ok(Step::End(TraceEnd::Initializer));
        }
        let version = self.cached(call.offset + 1 + FUNC_VERSION as u32, 2) as u32;
        let (function, code) = Function::of_version(version).ok_or(TraceAbort::UnknownCallee)?;
        let end = if code.is(&self.frame.code) {
            Some(TraceEnd::RecursiveCall)
        } else if code.version() != version {
            Some(TraceEnd::CodeReplaced)
        } else {
            None
        };
        if let Some(end) = end {
            self.add(Uop::PushFrame, oparg, 0, call.target);
            self.add(Uop::ExitTrace, 0, 0, 0);
            return Ok(Step::End(end));
        }
        if self.callers.len() >= TRACE_STACK_SIZE {
            return Err(TraceAbort::StackOverflow);
        }
        self.dependencies.add(address(&code));
        let callee = Callee { function, code };
        self.kept.push(callee.clone());
        self.add(Uop::PushFrame, oparg, callee.operand(), call.target);
        let caller = std::mem::replace(&mut self.frame, callee);
        self.callers.push((caller, call.next()));
        Ok(Step::At(0))
    }

    // === The code ===

    fn unit(&self, at: u32) -> u16 {
        let units = self.frame.code.units();
        units.get(at as usize).map_or(0, std::cell::Cell::get)
    }

    /// Where a unit lies in memory.
    fn unit_address(&self, at: u32) -> u64 {
        self.frame.code.units_ptr() as u64 + 2 * u64::from(at)
    }

    fn cached(&self, at: u32, units: u32) -> u64 {
        (0..units).fold(0, |value, index| {
            value | u64::from(self.unit(at + index)) << (16 * index)
        })
    }

    /// The instruction at `at`; nothing if its oparg has more than 16 bits, or it is no opcode.
    fn decode(&self, at: u32) -> Option<Decoded> {
        let [byte, oparg] = self.unit(at).to_le_bytes();
        let opcode = Opcode::from_byte(byte)?;
        if opcode != Opcode::ExtendedArg {
            return Some(Decoded {
                opcode,
                oparg: u32::from(oparg),
                offset: at,
                target: at,
            });
        }
        let [byte, low] = self.unit(at + 1).to_le_bytes();
        let opcode = Opcode::from_byte(byte).filter(|opcode| *opcode != Opcode::ExtendedArg)?;
        Some(Decoded {
            opcode,
            oparg: u32::from(oparg) << 8 | u32::from(low),
            offset: at + 1,
            target: at,
        })
    }
}

/// Whether a uop goes back to the caller.
pub(crate) fn leaves_frame(uop: Uop) -> bool {
    matches!(
        uop,
        Uop::ReturnValue | Uop::ReturnGenerator | Uop::YieldValue
    )
}

/// The address that stands for an object in a dependency filter.
pub(crate) fn address<T: taipan_objects::class::Payload>(object: &Ref<T>) -> usize {
    registry::address_of::<T>(object)
}
