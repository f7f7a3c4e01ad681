//! typing.Union.
use crate::raised::PyResult;
use crate::value::Value;
pub fn union_or(_l: &Value, _r: &Value) -> PyResult<Value> { Ok(Value::NOT_IMPLEMENTED) }
pub fn union_args(_v: &Value) -> Option<Vec<Value>> { None }
