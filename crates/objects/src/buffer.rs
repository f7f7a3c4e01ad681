//! The bytes behind an object (PEP 3118).
pub struct BufferView {
    /// Keeps the memory alive.
    pub owner: crate::value::Value,
}
