//! `pwd`: the database of users.

use std::ffi::CString;

use taipan_macros::{define_module, function};
use taipan_objects::exceptions::{ExceptionKind, os_error, raise_args};
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, int, protocol, runtime};

use crate::filesystem::{encode, fs_decode};
use crate::sys::accounts::{self, User};

define_module!(
    name = "pwd",
    doc = "This module provides access to the Unix password database.\nIt is available on all Unix versions.\n\nPassword database entries are reported as 7-tuples containing the following\nitems from the password database (see `<pwd.h>'), in order:\npw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, pw_dir, pw_shell.\nThe uid and gid items are integers, all others are strings. An\nexception is raised if the entry asked for cannot be found.",
    functions(getpwuid, getpwnam, getpwall),
    init = fill,
);

static PASSWD: StructSeqDef = StructSeqDef {
    name: "struct_passwd",
    module: "pwd",
    doc: "pwd.struct_passwd: Results from getpw*() routines.\n\nThis object may be accessed either as a tuple of\n  (pw_name,pw_passwd,pw_uid,pw_gid,pw_gecos,pw_dir,pw_shell)\nor via the object attributes as named in the above tuple.",
    fields: &[
        Field::new("pw_name", "user name"),
        Field::new("pw_passwd", "password"),
        Field::new("pw_uid", "user id"),
        Field::new("pw_gid", "group id"),
        Field::new("pw_gecos", "real name"),
        Field::new("pw_dir", "home directory"),
        Field::new("pw_shell", "shell program"),
    ],
    visible: 7,
    instantiable: true,
    complete: None,
};

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("struct_passwd", PASSWD.class());
    Ok(())
}

fn shown(user: &User) -> Value {
    let text = |bytes: &[u8]| fs_decode(bytes).into_value();
    PASSWD.make(vec![
        text(&user.name),
        text(&user.password),
        number(user.uid),
        number(user.gid),
        text(&user.gecos),
        text(&user.home),
        text(&user.shell),
    ])
}

/// An id as Python shows it: the largest one means none, -1.
pub(crate) fn number(id: u32) -> Value {
    if id == u32::MAX {
        int::new(-1)
    } else {
        int::new(i64::from(id))
    }
}

/// An id from Python; `None` for numbers that no account can have.
pub(crate) fn id_of(value: &Value) -> PyResult<Option<u32>> {
    let index = protocol::index(value)?;
    Ok(match int::to_i64(&index) {
        Some(-1) => Some(u32::MAX),
        Some(id) => u32::try_from(id).ok(),
        None => None,
    })
}

/// KeyError with a text.
pub(crate) fn not_found(message: String) -> Raised {
    raise_args(
        ExceptionKind::KeyError.class(),
        vec![Str::new(&message).into_value()],
    )
}

/// A name from Python as the C library takes it.
pub(crate) fn c_name(name: &Ref<Str>) -> PyResult<CString> {
    CString::new(encode(name)?).map_err(|_| exc!(ValueError, "embedded null byte"))
}

/// Return the password database entry for the given numeric user ID.
///
/// See `help(pwd)` for more on password database entries.
#[function("(uidobj, /)")]
fn getpwuid(uidobj: &Value) -> PyResult<Value> {
    let missing = || -> PyResult<Raised> {
        Ok(not_found(format!(
            "getpwuid(): uid not found: {}",
            protocol::str(uidobj)?.to_display()
        )))
    };
    let Some(uid) = id_of(uidobj)? else {
        return Err(not_found("getpwuid(): uid not found".to_owned()));
    };
    match runtime::allow_threads(|| accounts::user_by_id(uid)) {
        Ok(Some(user)) => Ok(shown(&user)),
        Ok(None) => Err(missing()?),
        Err(error) => Err(os_error::os_error(&error, None)),
    }
}

/// Return the password database entry for the given user name.
///
/// See `help(pwd)` for more on password database entries.
#[function("(name, /)")]
fn getpwnam(name: &Ref<Str>) -> PyResult<Value> {
    let wanted = c_name(name)?;
    match runtime::allow_threads(|| accounts::user_by_name(&wanted)) {
        Ok(Some(user)) => Ok(shown(&user)),
        Ok(None) => {
            let name = protocol::repr(name.as_value())?;
            Err(not_found(format!(
                "getpwnam(): name not found: {}",
                name.to_display()
            )))
        }
        Err(error) => bail_os(&error),
    }
}

fn bail_os(error: &std::io::Error) -> PyResult<Value> {
    if error.kind() == std::io::ErrorKind::OutOfMemory {
        bail!(MemoryError, "");
    }
    Err(os_error::os_error(error, None))
}

/// Return a list of all available password database entries, in arbitrary order.
///
/// See help(pwd) for more on password database entries.
#[function("()")]
fn getpwall() -> Ref<List> {
    List::new(accounts::all_users().iter().map(shown).collect())
}
