//! Polling objects.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use taipan_macros::{class, function, methods};
use taipan_objects::class::Payload;
use taipan_objects::exceptions::{self, os_error};
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int};

use super::until;
use crate::posix::arguments::file_descriptor;
use crate::sys::poll as system;
use crate::timeout::{Deadline, nanoseconds};

/// A set of descriptors with the events to wait for.
#[class(name = "poll", module = "select", flags(NO_INSTANTIATION))]
pub struct Poll {
    /// In order of registration.
    #[untraced]
    entries: RefCell<Vec<(i32, u16)>>,
    #[untraced]
    running: Cell<bool>,
}

const DEFAULT_EVENTS: u16 = (libc::POLLIN | libc::POLLPRI | libc::POLLOUT) as u16;

/// Returns a polling object.
///
/// This object supports registering and unregistering file descriptors, and then
/// polling them for I/O events.
#[function("()")]
pub fn poll() -> Ref<Poll> {
    heap::new_object(
        Poll::class(),
        Poll {
            entries: RefCell::new(Vec::new()),
            running: Cell::new(false),
        },
    )
}

/// An event mask: an unsigned short.
fn mask_of(value: &Value) -> PyResult<u16> {
    let number = int::as_i64(value)?;
    if number < 0 {
        bail!(ValueError, "value must be positive");
    }
    u16::try_from(number).map_err(|_| {
        taipan_objects::exc!(OverflowError, "Python int too large for C unsigned short")
    })
}

#[methods]
impl Poll {
    /// Register a file descriptor with the polling object.
    ///
    ///   fd
    ///     either an integer, or an object with a fileno() method returning an int
    ///   eventmask
    ///     an optional bitmask describing the type of events to check for
    #[method("($self, fd, eventmask=<unrepresentable>, /)")]
    fn register(&self, fd: &Value, eventmask: Option<&Value>) -> PyResult<()> {
        let fd = file_descriptor(fd)?;
        let mask = eventmask.map_or(Ok(DEFAULT_EVENTS), mask_of)?;
        let mut entries = self.entries.borrow_mut();
        match entries.iter_mut().find(|(known, _)| *known == fd) {
            Some(entry) => entry.1 = mask,
            None => entries.push((fd, mask)),
        }
        Ok(())
    }

    /// Modify an already registered file descriptor.
    ///
    ///   fd
    ///     either an integer, or an object with a fileno() method returning
    ///     an int
    ///   eventmask
    ///     a bitmask describing the type of events to check for
    #[method("($self, fd, eventmask, /)")]
    fn modify(&self, fd: &Value, eventmask: &Value) -> PyResult<()> {
        let fd = file_descriptor(fd)?;
        let mask = mask_of(eventmask)?;
        match self
            .entries
            .borrow_mut()
            .iter_mut()
            .find(|(known, _)| *known == fd)
        {
            Some(entry) => {
                entry.1 = mask;
                Ok(())
            }
            None => Err(os_error::raise_errno(libc::ENOENT, None, None)),
        }
    }

    /// Remove a file descriptor being tracked by the polling object.
    #[method("($self, fd, /)")]
    fn unregister(&self, fd: &Value) -> PyResult<()> {
        let fd = file_descriptor(fd)?;
        let mut entries = self.entries.borrow_mut();
        match entries.iter().position(|(known, _)| *known == fd) {
            Some(index) => {
                entries.remove(index);
                Ok(())
            }
            None => {
                drop(entries);
                Err(exceptions::key_error(&int::new(i64::from(fd))))
            }
        }
    }

    /// Polls the set of registered file descriptors.
    ///
    ///   timeout
    ///     The maximum time to wait in milliseconds, or else None (or a negative
    ///     value) to wait indefinitely.
    ///
    /// Returns a list containing any descriptors that have events or errors to
    /// report, as a list of (fd, event) 2-tuples.
    #[method("($self, timeout=None, /)")]
    fn poll(&self, timeout: Option<&Value>) -> PyResult<Ref<List>> {
        let timeout = match timeout {
            None => None,
            Some(timeout) => match nanoseconds(timeout, 1_000_000)? {
                None => bail!(TypeError, "timeout must be an integer or None"),
                Some(time) if time / 1_000_000 > i64::from(i32::MAX) => {
                    bail!(OverflowError, "timeout is too large")
                }
                Some(time) => u64::try_from(time).ok().map(Duration::from_nanos),
            },
        };
        if self.running.get() {
            bail!(RuntimeError, "concurrent poll() invocation");
        }
        let mut entries: Vec<libc::pollfd> = self
            .entries
            .borrow()
            .iter()
            .map(|&(fd, mask)| libc::pollfd {
                fd,
                events: mask as i16,
                revents: 0,
            })
            .collect();
        self.running.set(true);
        let answer = until(Deadline::after(timeout), |deadline| {
            system::poll(&mut entries, deadline.milliseconds())
        });
        self.running.set(false);
        if answer?.is_none() {
            return Ok(List::new(Vec::new()));
        }
        let ready = entries
            .iter()
            .filter(|entry| entry.revents != 0)
            .map(|entry| {
                let (fd, events) = (
                    int::new(i64::from(entry.fd)),
                    int::new(i64::from(entry.revents as u16)),
                );
                Tuple::pair(fd, events).into_value()
            });
        Ok(List::new(ready.collect()))
    }
}
