//! The environment: `environ`, which `os` wraps, and the functions that change what new processes see.

use taipan_macros::{constant, function};
use taipan_objects::bail;
use taipan_objects::bytes::Bytes;
use taipan_objects::dict::Dict;
use taipan_objects::native::{ConstantDef, FunctionDef};
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

use crate::filesystem::{fs_c_string, fs_encode};
use crate::os_result::OsResult;
use crate::sys::environment as calls;

/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![putenv, unsetenv, _create_environ];
/// The constants of this file.
pub const CONSTANTS: &[ConstantDef] = taipan_macros::constants![environ];

fn environ_dict() -> PyResult<Ref<Dict>> {
    let dict = Dict::new();
    for (name, value) in calls::all() {
        // Of several entries of one name, the first is the one that `getenv` answers.
        dict.setdefault(Bytes::new(&name).as_value(), Bytes::new(&value).as_value())?;
    }
    Ok(dict)
}

#[constant]
fn environ() -> PyResult<Ref<Dict>> {
    environ_dict()
}

/// Create the environment dictionary.
#[function("()")]
fn _create_environ() -> PyResult<Ref<Dict>> {
    environ_dict()
}

/// Change or add an environment variable.
#[function("(name, value, /)")]
fn putenv(name: &Value, value: &Value) -> PyResult<()> {
    let (name, value) = (fs_encode(name)?, fs_encode(value)?);
    if name.contains(&b'=') {
        bail!(ValueError, "illegal environment variable name");
    }
    let (name, value) = (
        crate::filesystem::c_string(name, "byte")?,
        crate::filesystem::c_string(value, "byte")?,
    );
    calls::set(&name, &value).or_raise()
}

/// Delete an environment variable.
#[function("(name, /)")]
fn unsetenv(name: &Value) -> PyResult<()> {
    calls::unset(&fs_c_string(name)?).or_raise()
}
