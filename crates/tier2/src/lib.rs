//! Tier 2: traces of micro-ops, made of hot loops, and what proves their guards away.

pub mod bloom;
pub mod symbols;
pub mod trace;
