//! The environment of the process.

use std::ffi::CStr;
use std::io;

use super::check;

/// All variables, in order. Entries without `=` are left out.
pub fn all() -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    // SAFETY: the environment is a null-terminated array of C strings, which only the holder of the interpreter lock changes.
    unsafe {
        unsafe extern "C" {
            static environ: *const *const libc::c_char;
        }
        let mut place = environ;
        while !place.is_null() && !(*place).is_null() {
            let entry = CStr::from_ptr(*place).to_bytes();
            if let Some(at) = entry.iter().position(|&byte| byte == b'=') {
                found.push((entry[..at].to_vec(), entry[at + 1..].to_vec()));
            }
            place = place.add(1);
        }
    }
    found
}

/// Sets a variable.
pub fn set(name: &CStr, value: &CStr) -> io::Result<()> {
    // SAFETY: the C library copies both strings; the interpreter lock orders changes of the environment.
    check(unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) }).map(drop)
}

/// Removes a variable.
pub fn unset(name: &CStr) -> io::Result<()> {
    // SAFETY: the name is borrowed for the call; the interpreter lock orders changes of the environment.
    check(unsafe { libc::unsetenv(name.as_ptr()) }).map(drop)
}

/// Removes all variables.
pub fn clear() -> io::Result<()> {
    // SAFETY: the interpreter lock orders changes of the environment.
    check(unsafe { libc::clearenv() }).map(drop)
}
