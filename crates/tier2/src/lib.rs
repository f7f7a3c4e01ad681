//! Tier 2: traces of micro-ops, made of hot loops, and what proves their guards away.
//!
//! ```text
//! specialized code ──project──▶ trace ──optimize──▶ shorter trace ──▶ executor
//! ```
//!
//! In reading order: [`trace`] is what everything here works on; [`project`] makes one of the code of a loop; [`abort`] says why
//! it would not; [`optimize`] proves guards away; [`symbols`] is what the optimizer knows of values; [`kept`] is what operands
//! point to; [`finish`] makes stubs of the exits; [`bloom`] is what an executor relies on; [`show`] prints traces, [`verify`]
//! says whether one is well formed.

pub mod abort;
pub mod bloom;
pub mod finish;
pub mod kept;
pub mod optimize;
pub mod project;
pub mod show;
pub mod symbols;
pub mod trace;
pub mod verify;
