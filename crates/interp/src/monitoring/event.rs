//! The events that tools can listen to, with the numbers that `sys.monitoring.events` is made of.

use taipan_bytecode::Opcode;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// Something that happens while Python code runs.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Event {
            $($(#[$doc])* $name,)*
        }

        impl Event {
            /// Every event, in order of its number.
            pub const ALL: &'static [Event] = &[$(Event::$name,)*];

            /// The name in `sys.monitoring.events`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Event::$name => $text,)*
                }
            }
        }
    };
}

events! {
    /// A function starts.
    PyStart "PY_START",
    /// A generator goes on.
    PyResume "PY_RESUME",
    /// A function returns.
    PyReturn "PY_RETURN",
    /// A generator yields.
    PyYield "PY_YIELD",
    /// A call is about to happen.
    Call "CALL",
    /// A line is about to run.
    Line "LINE",
    /// An instruction is about to run.
    Instruction "INSTRUCTION",
    /// An unconditional jump.
    Jump "JUMP",
    /// A branch that is not taken, or a loop that goes on.
    BranchLeft "BRANCH_LEFT",
    /// A branch that is taken, or a loop that ends.
    BranchRight "BRANCH_RIGHT",
    /// An iterator ended by StopIteration that no instruction raises.
    StopIteration "STOP_ITERATION",
    /// An exception is raised.
    Raise "RAISE",
    /// An exception is caught.
    ExceptionHandled "EXCEPTION_HANDLED",
    /// A function ends by an exception.
    PyUnwind "PY_UNWIND",
    /// A generator goes on with an exception thrown in.
    PyThrow "PY_THROW",
    /// An exception is raised again.
    Reraise "RERAISE",
    /// A native function returned.
    CReturn "C_RETURN",
    /// A native function raised.
    CRaise "C_RAISE",
    /// Either of the two branch events; the name that older tools use.
    Branch "BRANCH",
}

impl Event {
    /// How many events code objects are instrumented for: they can be on for one code object alone.
    pub const LOCAL_COUNT: usize = Event::StopIteration as usize + 1;
    /// How many events are not made of others.
    pub const UNGROUPED_COUNT: usize = Event::Reraise as usize + 1;
    /// How many events there are.
    pub const COUNT: usize = Event::Branch as usize + 1;

    /// The event's bit in a set.
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Whether instructions are rewritten for the event.
    pub const fn is_local(self) -> bool {
        (self as usize) < Event::LOCAL_COUNT
    }
}

/// The event that an instruction tells of, by its plain opcode and its unit's oparg.
///
/// The pairs are those of PEP 669 and no property that anything else asks of an opcode.
pub(crate) fn event_of(opcode: Opcode, oparg: u8) -> Option<Event> {
    Some(match opcode {
        Opcode::Resume if oparg == 0 => Event::PyStart,
        Opcode::Resume => Event::PyResume,
        Opcode::ReturnValue => Event::PyReturn,
        Opcode::YieldValue => Event::PyYield,
        Opcode::Call | Opcode::CallKw | Opcode::CallFunctionEx | Opcode::LoadSuperAttr => {
            Event::Call
        }
        Opcode::JumpForward | Opcode::JumpBackward => Event::Jump,
        Opcode::ForIter | Opcode::NotTaken => Event::BranchLeft,
        Opcode::PopJumpIfFalse
        | Opcode::PopJumpIfTrue
        | Opcode::PopJumpIfNone
        | Opcode::PopJumpIfNotNone
        | Opcode::PopIter
        | Opcode::EndAsyncFor => Event::BranchRight,
        Opcode::EndFor | Opcode::EndSend => Event::StopIteration,
        _ => return None,
    })
}
