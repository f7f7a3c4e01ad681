//! Type parameters and aliases: what the intrinsics of PEP 695 make (being written).

use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::value::Value;

use crate::cursor::Cursor;

fn make(name: &str, values: &[Value]) -> PyResult<Value> {
    protocol::call_positional(&runtime::import_attribute("_typing", name)?, values)
}

/// A TypeVar with a lazily evaluated bound or constraints.
pub fn type_var(_c: &Cursor, name: Value, bound: Option<Value>, constraints: Option<Value>) -> PyResult<Value> {
    make("_make_type_var", &[name, bound.unwrap_or(Value::NONE), constraints.unwrap_or(Value::NONE)])
}

/// A ParamSpec.
pub fn param_spec(_c: &Cursor, name: Value) -> PyResult<Value> {
    make("_make_param_spec", &[name])
}

/// A TypeVarTuple.
pub fn type_var_tuple(_c: &Cursor, name: Value) -> PyResult<Value> {
    make("_make_type_var_tuple", &[name])
}

/// `Generic[params]` for a class with type parameters.
pub fn subscript_generic(parameters: Value) -> PyResult<Value> {
    make("_subscript_generic", &[parameters])
}

/// A type alias: name, type parameters, function that evaluates the value.
pub fn type_alias(_c: &Cursor, parts: Value) -> PyResult<Value> {
    make("_make_type_alias", &[parts])
}

/// Sets the lazily evaluated default of a type parameter.
pub fn set_default(parameter: Value, evaluate: Value) -> PyResult<Value> {
    make("_set_type_param_default", &[parameter, evaluate])
}
