//! Tier 2 at run time: traces of micro-ops, the executors that own them, and the loop that runs them.
//!
//! ```text
//! JUMP_BACKWARD_JIT ──warm──▶ optimizer ──▶ Executor ──installed as──▶ ENTER_EXECUTOR
//!                                              │ owns                        │ enters
//!                                              ▼                             ▼
//!         dict, type and code watchers ──▶ valid? ◀──_CHECK_VALIDITY── Trace: Step Step Step … exits
//! ```
//!
//! What makes a trace is not here: an [`Optimizer`] is asked for one (`taipan-tier2` has what makes it). Reading order: [`Instruction`] is
//! what a trace is made of; [`step`] is the same made ready to run; `ops` runs steps, with `bodies` for the uops that no opcode
//! has; [`executor`] owns a trace and is what Python sees; [`side_table`] puts executors into code; [`warm`] asks for them, at
//! back edges and at exits; [`registry`] knows them all, invalidates and frees them; [`watchers`] hear of what they rely on; [`counts`] is what is counted
//! of it all.

mod bloom;
mod bodies;
mod config;
pub mod counts;
pub mod executor;
mod instruction;
pub(crate) mod ops;
mod optimizer;
mod pairs;
pub mod registry;
mod reporter;
pub mod side_table;
pub mod step;
pub mod warm;
pub mod watchers;

pub use bloom::BloomFilter;
pub(crate) use config::back_edge_counter;
pub use config::{Stress, is_enabled, set_enabled, set_stress, set_threshold, stress, threshold};
pub use counts::{Cause, Counts};
pub use executor::Executor;
pub use instruction::Instruction;
pub use optimizer::{Maker, Optimizer, install, optimizer, set_optimizer};
pub use reporter::{Form, Reporter, reporter, set_reporter};
pub use warm::{Finished, Request};

/// Whether the running Python code is in a trace: not one of those that wait for a native loop in one of their uops.
pub fn is_running() -> bool {
    !crate::frames::engine().running.is_null()
}
