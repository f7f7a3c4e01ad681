//! Waiting for descriptors: `select`, `poll`, `epoll`.

use std::io;
use std::mem;
use std::time::Duration;

use libc::c_int;

use super::check;

/// Descriptors below this can be waited for by [`select`].
pub const SELECT_LIMIT: c_int = libc::FD_SETSIZE as c_int;

/// A set of descriptors for [`select`].
#[derive(Clone, Copy)]
pub struct DescriptorSet(libc::fd_set);

impl DescriptorSet {
    /// No descriptors.
    pub fn empty() -> DescriptorSet {
        // SAFETY: a zeroed set is valid and empty.
        DescriptorSet(unsafe { mem::zeroed() })
    }

    /// Adds a descriptor below [`SELECT_LIMIT`]; others are left out.
    pub fn add(&mut self, fd: c_int) {
        if (0..SELECT_LIMIT).contains(&fd) {
            // SAFETY: the descriptor has a place in the set.
            unsafe { libc::FD_SET(fd, &mut self.0) }
        }
    }

    /// Whether a descriptor is in the set.
    pub fn contains(&self, fd: c_int) -> bool {
        // SAFETY: the descriptor has a place in the set.
        (0..SELECT_LIMIT).contains(&fd) && unsafe { libc::FD_ISSET(fd, &self.0) }
    }
}

/// `select(count, read, write, except, timeout)`; the sets are left with the descriptors that are ready.
pub fn select(
    count: c_int,
    read: &mut DescriptorSet,
    write: &mut DescriptorSet,
    except: &mut DescriptorSet,
    timeout: Option<Duration>,
) -> io::Result<usize> {
    let mut time = timeout.map(|timeout| libc::timeval {
        tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_usec: timeout.subsec_micros().into(),
    });
    let time = time
        .as_mut()
        .map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the sets and the time are valid; `count` is at most the limit of the sets by the caller's check below.
    let ready = check(unsafe {
        libc::select(
            count.min(SELECT_LIMIT),
            &mut read.0,
            &mut write.0,
            &mut except.0,
            time,
        )
    })?;
    Ok(ready as usize)
}

/// `poll(entries, milliseconds)`; -1 waits for ever.
pub fn poll(entries: &mut [libc::pollfd], milliseconds: c_int) -> io::Result<usize> {
    // SAFETY: the slice is valid for its length.
    let ready = check(unsafe {
        libc::poll(
            entries.as_mut_ptr(),
            entries.len() as libc::nfds_t,
            milliseconds,
        )
    })?;
    Ok(ready as usize)
}

/// `epoll_create1(flags)`.
pub fn epoll_create(flags: c_int) -> io::Result<c_int> {
    // SAFETY: takes a number.
    check(unsafe { libc::epoll_create1(flags) })
}

/// `epoll_ctl(epoll, operation, fd, events)`.
pub fn epoll_control(epoll: c_int, operation: c_int, fd: c_int, events: u32) -> io::Result<()> {
    let mut event = libc::epoll_event {
        events,
        u64: fd as u64,
    };
    // SAFETY: the event is valid and only read.
    check(unsafe { libc::epoll_ctl(epoll, operation, fd, &mut event) }).map(drop)
}

/// `epoll_wait(epoll, most, milliseconds)`: descriptors and their events.
pub fn epoll_wait(epoll: c_int, most: usize, milliseconds: c_int) -> io::Result<Vec<(c_int, u32)>> {
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; most];
    // SAFETY: there is room for `most` events, of which the call writes as many as it answers.
    let ready = check(unsafe {
        libc::epoll_wait(epoll, events.as_mut_ptr(), most as c_int, milliseconds)
    })?;
    Ok(events[..ready as usize]
        .iter()
        .map(|event| (event.u64 as c_int, event.events))
        .collect())
}

/// `close(fd)`.
pub fn close(fd: c_int) -> io::Result<()> {
    // SAFETY: the caller owns the descriptor.
    check(unsafe { libc::close(fd) }).map(drop)
}
