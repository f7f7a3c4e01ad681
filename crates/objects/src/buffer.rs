//! The bytes behind an object (PEP 3118).
pub struct BufferView {
    /// Keeps the memory alive.
    pub owner: crate::value::Value,
}
pub fn view_optional(v:&crate::value::Value)->crate::raised::PyResult<Option<BufferView>>{unreachable!()}
pub fn is_bytes_or_bytearray(v:&crate::value::Value)->bool{false}
