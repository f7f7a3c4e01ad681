//! The system's databases of users and groups.

use std::ffi::{CStr, CString};
use std::io;
use std::ptr;

use libc::{c_char, c_int, gid_t, size_t, uid_t};

/// A user's entry.
#[derive(Clone, Debug)]
pub struct User {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub uid: uid_t,
    pub gid: gid_t,
    pub gecos: Vec<u8>,
    pub home: Vec<u8>,
    pub shell: Vec<u8>,
}

/// A group's entry.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub gid: gid_t,
    pub members: Vec<Vec<u8>>,
}

/// Largest entry that is read.
const LARGEST: usize = 1 << 24;

/// # Safety
/// `text` is null or a C string.
unsafe fn copy(text: *const c_char) -> Vec<u8> {
    // SAFETY: by contract.
    if text.is_null() {
        Vec::new()
    } else {
        unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
    }
}

/// # Safety
/// The entry's strings are valid.
unsafe fn user(entry: &libc::passwd) -> User {
    // SAFETY: by contract.
    unsafe {
        User {
            name: copy(entry.pw_name),
            password: copy(entry.pw_passwd),
            uid: entry.pw_uid,
            gid: entry.pw_gid,
            gecos: copy(entry.pw_gecos),
            home: copy(entry.pw_dir),
            shell: copy(entry.pw_shell),
        }
    }
}

/// # Safety
/// The entry's strings are valid, and its list of members ends with null.
unsafe fn group(entry: &libc::group) -> Group {
    // SAFETY: by contract.
    unsafe {
        let mut members = Vec::new();
        let mut member = entry.gr_mem;
        while !member.is_null() && !(*member).is_null() {
            members.push(copy(*member));
            member = member.add(1);
        }
        Group {
            name: copy(entry.gr_name),
            password: copy(entry.gr_passwd),
            gid: entry.gr_gid,
            members,
        }
    }
}

/// Calls a `get…_r` function with buffers of growing size.
fn look_up<E, R>(
    mut call: impl FnMut(*mut E, *mut c_char, size_t, *mut *mut E) -> c_int,
    convert: unsafe fn(&E) -> R,
) -> io::Result<Option<R>> {
    let mut buffer = vec![0 as c_char; 1024];
    loop {
        let mut entry = std::mem::MaybeUninit::<E>::uninit();
        let mut found = ptr::null_mut();
        let error = call(
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &mut found,
        );
        if error == libc::ERANGE && buffer.len() < LARGEST {
            buffer.resize(buffer.len() * 2, 0);
            continue;
        }
        // Some systems answer these for entries that do not exist.
        if found.is_null()
            && [0, libc::ENOENT, libc::ESRCH, libc::EBADF, libc::EPERM].contains(&error)
        {
            return Ok(None);
        }
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error));
        }
        // SAFETY: the call succeeded: the entry is filled, and its strings stand in the buffer, which is alive.
        return Ok(Some(unsafe { convert(&*found) }));
    }
}

/// The user with this name.
pub fn user_by_name(name: &CString) -> io::Result<Option<User>> {
    // SAFETY: the pointers are valid for the call, the length is the buffer's.
    look_up(
        |entry, buffer, size, found| unsafe {
            libc::getpwnam_r(name.as_ptr(), entry, buffer, size, found)
        },
        user,
    )
}

/// The user with this number.
pub fn user_by_id(uid: uid_t) -> io::Result<Option<User>> {
    // SAFETY: as above.
    look_up(
        |entry, buffer, size, found| unsafe { libc::getpwuid_r(uid, entry, buffer, size, found) },
        user,
    )
}

/// The group with this name.
pub fn group_by_name(name: &CString) -> io::Result<Option<Group>> {
    // SAFETY: as above.
    look_up(
        |entry, buffer, size, found| unsafe {
            libc::getgrnam_r(name.as_ptr(), entry, buffer, size, found)
        },
        group,
    )
}

/// The group with this number.
pub fn group_by_id(gid: gid_t) -> io::Result<Option<Group>> {
    // SAFETY: as above.
    look_up(
        |entry, buffer, size, found| unsafe { libc::getgrgid_r(gid, entry, buffer, size, found) },
        group,
    )
}

/// All users. The walk is the process's own, so the caller keeps others out by the interpreter lock.
pub fn all_users() -> Vec<User> {
    let mut users = Vec::new();
    // SAFETY: the entry is valid until the next call, and is copied before.
    unsafe {
        libc::setpwent();
        loop {
            let entry = libc::getpwent();
            if entry.is_null() {
                break;
            }
            users.push(user(&*entry));
        }
        libc::endpwent();
    }
    users
}

/// All groups, as [`all_users`].
pub fn all_groups() -> Vec<Group> {
    let mut groups = Vec::new();
    // SAFETY: as above.
    unsafe {
        libc::setgrent();
        loop {
            let entry = libc::getgrent();
            if entry.is_null() {
                break;
            }
            groups.push(group(&*entry));
        }
        libc::endgrent();
    }
    groups
}
