//! `select.epoll`: Linux's scalable polling object.

use std::cell::Cell;
use std::time::Duration;

use taipan_macros::{class, methods};
use taipan_objects::class::Type;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int};

use super::{error, until};
use crate::posix::arguments::file_descriptor;
use crate::sys::poll as system;
use crate::timeout::{Deadline, nanoseconds};

/// An epoll descriptor; -1 once it is closed.
#[class(
    name = "epoll",
    module = "select",
    flags(BASETYPE),
    doc = "Returns an epolling object.\n\n  sizehint\n    The expected number of events to be registered.  It must be positive,\n    or -1 to use the default.  It is only used on older systems where\n    epoll_create1() is not available; otherwise it has no effect (though its\n    value is still checked).\n  flags\n    Deprecated and completely ignored.  However, when supplied, its value\n    must be 0 or select.EPOLL_CLOEXEC, otherwise OSError is raised."
)]
pub struct Epoll {
    #[untraced]
    fd: Cell<i32>,
}

impl Drop for Epoll {
    fn drop(&mut self) {
        if self.fd.get() >= 0 {
            // Nobody is left to tell of a failure.
            drop(system::close(self.fd.get()));
        }
    }
}

const DEFAULT_EVENTS: u32 = (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT) as u32;

impl Epoll {
    fn open(&self) -> PyResult<i32> {
        match self.fd.get() {
            fd if fd < 0 => bail!(ValueError, "I/O operation on closed epoll object"),
            fd => Ok(fd),
        }
    }

    fn control(&self, operation: i32, fd: &Value, events: u32) -> PyResult<()> {
        let epoll = self.open()?;
        let fd = file_descriptor(fd)?;
        system::epoll_control(epoll, operation, fd, events).map_err(|failed| error(&failed))
    }

    fn shut(&self) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        taipan_objects::runtime::allow_threads(|| system::close(fd))
            .map_err(|failed| error(&failed))
    }
}

#[methods]
impl Epoll {
    #[new("(sizehint=-1, flags=0)")]
    fn make(class: &Ref<Type>, sizehint: i32, flags: i32) -> PyResult<Ref<Epoll>> {
        if sizehint != -1 && sizehint <= 0 {
            bail!(ValueError, "negative sizehint");
        }
        if flags != 0 && flags != libc::EPOLL_CLOEXEC {
            bail!(OSError, "invalid flags");
        }
        let fd = system::epoll_create(libc::EPOLL_CLOEXEC).map_err(|failed| error(&failed))?;
        Ok(heap::new_object(class, Epoll { fd: Cell::new(fd) }))
    }

    /// Create an epoll object from a given control fd.
    #[classmethod("($type, fd, /)")]
    fn fromfd(class: &Ref<Type>, fd: i32) -> Ref<Epoll> {
        heap::new_object(class, Epoll { fd: Cell::new(fd) })
    }

    /// Close the epoll control file descriptor.
    ///
    /// Further operations on the epoll object will raise an exception.
    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.shut()
    }

    /// True if the epoll handler is closed
    #[getter]
    fn closed(&self) -> bool {
        self.fd.get() < 0
    }

    /// Return the epoll control file descriptor.
    #[method("($self, /)")]
    fn fileno(&self) -> PyResult<i32> {
        self.open()
    }

    /// Registers a new fd or raises an OSError if the fd is already registered.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ///   eventmask
    ///     a bit set composed of the various EPOLL constants
    ///
    /// The epoll interface supports all file descriptors that support poll.
    #[method("($self, fd, eventmask=<unrepresentable>)")]
    fn register(&self, fd: &Value, eventmask: Option<&Value>) -> PyResult<()> {
        let events = eventmask.map_or(Ok(DEFAULT_EVENTS), int::as_u32)?;
        self.control(libc::EPOLL_CTL_ADD, fd, events)
    }

    /// Modify event mask for a registered file descriptor.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ///   eventmask
    ///     a bit set composed of the various EPOLL constants
    #[method("($self, fd, eventmask)")]
    fn modify(&self, fd: &Value, eventmask: u32) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, eventmask)
    }

    /// Remove a registered file descriptor from the epoll object.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    #[method("($self, fd)")]
    fn unregister(&self, fd: &Value) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0)
    }

    /// Wait for events on the epoll file descriptor.
    ///
    ///   timeout
    ///     the maximum time to wait in seconds (as float);
    ///     a timeout of None or -1 makes poll wait indefinitely
    ///   maxevents
    ///     the maximum number of events returned; -1 means no limit
    ///
    /// Returns a list containing any descriptors that have events to report,
    /// as a list of (fd, events) 2-tuples.
    #[method("($self, timeout=None, maxevents=-1)")]
    fn poll(&self, timeout: Option<&Value>, maxevents: i32) -> PyResult<Ref<List>> {
        let epoll = self.open()?;
        let timeout = match timeout {
            None => None,
            Some(timeout) => match nanoseconds(timeout, 1_000_000_000)? {
                None => bail!(TypeError, "timeout must be an integer or None"),
                Some(time) if time / 1_000_000 > i64::from(i32::MAX) => {
                    bail!(OverflowError, "timeout is too large")
                }
                Some(time) => u64::try_from(time).ok().map(Duration::from_nanos),
            },
        };
        let most = match maxevents {
            -1 => system::SELECT_LIMIT as usize - 1,
            most if most < 1 => bail!(ValueError, "maxevents must be greater than 0, got {most}"),
            most => most as usize,
        };
        let answer = until(Deadline::after(timeout), |deadline| {
            system::epoll_wait(epoll, most, deadline.milliseconds())
        })?;
        let ready = answer.unwrap_or_default().into_iter().map(|(fd, events)| {
            Tuple::pair(int::new(i64::from(fd)), int::new(i64::from(events))).into_value()
        });
        Ok(List::new(ready.collect()))
    }

    #[method("($self, /)")]
    fn __enter__(this: &Ref<Epoll>) -> PyResult<Ref<Epoll>> {
        this.open()?;
        Ok(this.clone())
    }

    #[method("($self, exc_type=None, exc_value=None, exc_tb=None, /)")]
    fn __exit__(
        &self,
        _exc_type: Option<&Value>,
        _exc_value: Option<&Value>,
        _exc_tb: Option<&Value>,
    ) -> PyResult<()> {
        self.shut()
    }
}
