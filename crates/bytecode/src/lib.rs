//! Bytecode as data: what the opcodes and uops of Python 3.14 are called, take, leave and may do.
//!
//! Everything here follows from `ops/*.def`, the one place that names an op: `cargo xtask codegen` prints it as the
//! tables in `generated`, and the modules beside them give the tables a face. [`Opcode`] is what can stand in a code
//! object, [`Pseudo`] what the compiler uses before there is one, [`Uop`] one step of a trace. Their stack effects are
//! [`Effect`]s, with names and counts that may depend on the oparg; an opcode's [`Expand`] entries say which uops
//! projection makes of it. The small lists that opargs index ([`BinaryOp`], [`Intrinsic1`] …) and the thresholds
//! ([`tunables`]) come from there, too.
//!
//! Written by hand are the encodings inside a code object: [`CodeUnit`] and [`instructions`], [`cache`] for what
//! stands behind an opcode, [`BackoffCounter`] for the counters there, [`exception_table`] and [`linetable`].
//!
//! The crate holds no values, no interpreter state and no unsafe code, and nothing here panics on malformed bytes:
//! a table that ends early just ends.
#![forbid(unsafe_code)]

mod effect;
mod expansion;
mod opcode;
mod pseudo;
mod uop;

pub mod cache;
pub mod exception_table;
pub mod linetable;

mod backoff;
mod code_unit;
mod compare;

mod generated {
    //! The tables; see the files' heads.
    pub mod caches;
    pub mod compositions;
    pub mod lists;
    pub mod opcodes;
    pub mod pseudos;
    pub mod tunables;
    pub mod uops;
}

pub use backoff::BackoffCounter;
pub use code_unit::{CodeUnit, Instruction, Instructions, instructions};
pub use effect::{Effect, Slot, Width, opcode_name, stack_effect};
pub use expansion::{BranchGuards, Expand};
pub use generated::lists::{
    BinaryOp, CodeFlags, CommonConstant, CompareMask, CompareOp, ConvertValue, Flags,
    FunctionAttribute, Intrinsic1, Intrinsic2, LocalKind, OpargSize, ResumeKind, SpecialMethod,
};
pub use generated::opcodes::Opcode;
pub use generated::pseudos::Pseudo;
pub use generated::tunables;
pub use generated::uops::Uop;
pub use opcode::OpcodeKind;
pub use uop::{Operand, Replacement};
