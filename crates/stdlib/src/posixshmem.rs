//! `_posixshmem`: named shared memory.

use std::ffi::CString;

use taipan_macros::function;
use taipan_objects::bail;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;

use crate::blocking;
use crate::filesystem;
use crate::os_result::OsResult;
use crate::sys::memory;

taipan_macros::define_module!(
    name = "_posixshmem",
    doc = "POSIX shared memory module",
    functions(shm_open, shm_unlink)
);

fn name_of(path: &Ref<Str>) -> PyResult<CString> {
    match CString::new(filesystem::encode(path)?) {
        Ok(name) => Ok(name),
        Err(_) => bail!(ValueError, "embedded null character"),
    }
}

/// Open a shared memory object.  Returns a file descriptor (integer).
#[function("(path, flags, mode=511)")]
fn shm_open(path: &Ref<Str>, flags: i32, mode: i32) -> PyResult<i32> {
    let name = name_of(path)?;
    blocking::retry(|| memory::shm_open(&name, flags, mode as libc::mode_t))
        .or_raise_for(path.as_value())
}

/// Remove a shared memory object (similar to unlink()).
///
/// Remove a shared memory object name, and, once all processes  have  unmapped
/// the object, de-allocates and destroys the contents of the associated memory
/// region.
#[function("(path)")]
fn shm_unlink(path: &Ref<Str>) -> PyResult<()> {
    let name = name_of(path)?;
    blocking::retry(|| memory::shm_unlink(&name)).or_raise_for(path.as_value())
}
