//! Why there is no trace, and why one ends where it does.
//!
//! A refusal is no error: the program never sees it. The log and the statistics do, under the names here; those that
//! CPython counts, too, have its names (`Include/cpython/pystats.h`).

/// Why no trace was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TraceAbort {
    /// Nothing behind the first instruction could be projected.
    TooShort,
    /// The trace returns from the frame it began in.
    StackUnderflow,
    /// Calls nest deeper than projection follows.
    StackOverflow,
    /// Nobody knows the function that is called.
    UnknownCallee,
    /// Where the call goes is not in the code: a generator, a property, a `__getitem__`.
    DynamicCallee,
    /// Globals or builtins are not those that were specialized for.
    GlobalsChanged,
    /// The facts contradict each other: no run gets through this trace.
    Contradiction,
    /// The frame that the trace begins in has more words than the abstract machine.
    OutOfSpace,
    /// The finished trace is too long.
    TooLong,
}

impl TraceAbort {
    /// All of them.
    pub const ALL: [TraceAbort; 9] = [
        TraceAbort::TooShort,
        TraceAbort::StackUnderflow,
        TraceAbort::StackOverflow,
        TraceAbort::UnknownCallee,
        TraceAbort::DynamicCallee,
        TraceAbort::GlobalsChanged,
        TraceAbort::Contradiction,
        TraceAbort::OutOfSpace,
        TraceAbort::TooLong,
    ];

    /// The name in logs and statistics.
    pub fn name(self) -> &'static str {
        match self {
            TraceAbort::TooShort => "trace_too_short",
            TraceAbort::StackUnderflow => "trace_stack_underflow",
            TraceAbort::StackOverflow => "trace_stack_overflow",
            TraceAbort::UnknownCallee => "unknown_callee",
            TraceAbort::DynamicCallee => "dynamic_callee",
            TraceAbort::GlobalsChanged => "globals_changed",
            TraceAbort::Contradiction => "contradiction",
            TraceAbort::OutOfSpace => "abstract_out_of_space",
            TraceAbort::TooLong => "finished_trace_too_long",
        }
    }
}

/// Why a trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TraceEnd {
    /// It is back at its start, and goes round.
    Loop,
    /// A second backward jump: an inner loop gets a trace of its own.
    InnerLoop,
    /// Another trace begins here.
    Executor,
    /// Too many branches that go either way.
    LowConfidence,
    /// No room for the next instruction.
    TooLong,
    /// An opcode that no trace can hold.
    UnsupportedOpcode,
    /// A function calls itself.
    RecursiveCall,
    /// An instance is made, and initialized by a Python function.
    Initializer,
    /// The function's code was replaced.
    CodeReplaced,
    /// An oparg of more than 16 bits.
    LargeOparg,
}

impl TraceEnd {
    /// The name in logs and statistics.
    pub fn name(self) -> &'static str {
        match self {
            TraceEnd::Loop => "loop",
            TraceEnd::InnerLoop => "inner_loop",
            TraceEnd::Executor => "executor",
            TraceEnd::LowConfidence => "low_confidence",
            TraceEnd::TooLong => "trace_too_long",
            TraceEnd::UnsupportedOpcode => "unsupported_opcode",
            TraceEnd::RecursiveCall => "recursive_call",
            TraceEnd::Initializer => "initializer",
            TraceEnd::CodeReplaced => "code_replaced",
            TraceEnd::LargeOparg => "large_oparg",
        }
    }
}
