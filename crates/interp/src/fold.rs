//! What uops compute of constants, for tier 2: the same functions that their bodies call.

use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

/// What `BINARY_OP oparg` computes.
pub fn binary(left: &Value, right: &Value, oparg: u32) -> PyResult<Value> {
    crate::bodies::binary(left, right, oparg)
}

/// The truth of what `COMPARE_OP oparg` computes.
pub fn compare(left: &Value, right: &Value, oparg: u32) -> PyResult<bool> {
    protocol::compare_bool(left, right, crate::bodies::comparison_of(oparg))
}
