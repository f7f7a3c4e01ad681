//! Limits and usage of resources.

use std::io;

use libc::{c_int, pid_t};

use super::check;

/// A soft and a hard limit.
pub type Limits = (u64, u64);

/// What a process used.
pub fn usage(who: c_int) -> io::Result<libc::rusage> {
    // SAFETY: a zeroed structure is valid and is filled by the call.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        check(libc::getrusage(who, &mut usage))?;
        Ok(usage)
    }
}

/// Reads the limits of a process (0 for this one) and sets them if asked to; answers what they were.
pub fn limits(pid: pid_t, resource: u32, new: Option<Limits>) -> io::Result<Limits> {
    let new = new.map(|(soft, hard)| libc::rlimit {
        rlim_cur: soft,
        rlim_max: hard,
    });
    let new_pointer = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let mut old = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the new limits are null or valid, the old ones are written.
    check(unsafe { libc::prlimit(pid, resource as _, new_pointer, &mut old) })?;
    Ok((old.rlim_cur, old.rlim_max))
}
