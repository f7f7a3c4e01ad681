//! Tier 2: traces of micro-ops, made of hot loops, and what proves their guards away.
//!
//! ```text
//! specialized code ──project──▶ trace ──optimize──▶ shorter trace ──finish──▶ executor
//! ```
//!
//! A trace is a row of [`taipan_interp::traces::Instruction`]s. In reading order: [`make`](make()) is all of it; [`project`] makes a
//! trace of the code of a loop; [`abort`] says why it would not; [`optimize`] proves guards away; [`symbols`] is what the
//! optimizer knows of values; [`kept`] is what operands point to; [`finish`] makes stubs of the exits; [`show`] prints traces,
//! [`verify`] says whether one is well formed; [`report`] tells people what became of their loops. What runs a trace, and takes it back, is in `taipan-interp`.

pub mod abort;
pub mod finish;
pub mod kept;
pub mod log;
mod make;
pub mod optimize;
pub mod project;
pub mod report;
pub mod show;
pub mod symbols;
pub mod verify;

pub use make::{install, make, set_analysis};
