//! `select`: waiting until descriptors are ready.

mod epoll;
mod poll;

use std::io;
use std::time::Duration;

use taipan_macros::{define_module, function};
use taipan_objects::exceptions::{ExceptionKind, os_error};
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, protocol, runtime};

use crate::posix::arguments::file_descriptor;
use crate::sys::poll::{self as system, DescriptorSet};
use crate::timeout::{Deadline, nanoseconds};

pub use epoll::Epoll;
pub use poll::Poll;

define_module!(
    name = "select",
    doc = "This module supports asynchronous I/O on multiple file descriptors.\n\n*** IMPORTANT NOTICE ***\nOn Windows, only sockets are supported; on Unix, all file descriptors.",
    functions(select, poll::poll),
    classes(Epoll),
    init = fill,
);

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

const NUMBERS: &[(&str, i64)] = numbers! {
    POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRNORM POLLWRBAND POLLRDHUP EPOLLIN EPOLLOUT
    EPOLLPRI EPOLLERR EPOLLHUP EPOLLRDHUP EPOLLONESHOT EPOLLEXCLUSIVE EPOLLRDNORM EPOLLRDBAND EPOLLWRNORM EPOLLWRBAND
    EPOLLMSG EPOLLWAKEUP EPOLL_CLOEXEC PIPE_BUF
};

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module.set(name, int::new(number));
    }
    module.set("EPOLLET", int::new(1 << 31));
    module.set("POLLMSG", int::new(0x400));
    module.set("error", ExceptionKind::OSError.class());
    Poll::init_class();
    Ok(())
}

fn error(error: &io::Error) -> Raised {
    os_error::os_error(error, None)
}

/// Calls with what is left of a time until an answer other than an interruption comes; `None` when the time ran out on the
/// way.
fn until<T>(
    deadline: Deadline,
    mut call: impl FnMut(Deadline) -> io::Result<T>,
) -> PyResult<Option<T>> {
    loop {
        match runtime::allow_threads(|| call(deadline)) {
            Ok(answer) => return Ok(Some(answer)),
            Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {
                runtime::check_signals()?;
                if deadline.is_over() {
                    return Ok(None);
                }
            }
            Err(failed) => return Err(error(&failed)),
        }
    }
}

/// The objects to wait for, and their descriptors.
struct Wanted {
    objects: Vec<(Value, i32)>,
    set: DescriptorSet,
}

impl Wanted {
    fn of(sequence: &Value) -> PyResult<Wanted> {
        let items =
            protocol::collect_or(sequence, || "arguments 1-3 must be sequences".to_owned())?;
        let mut wanted = Wanted {
            objects: Vec::with_capacity(items.len()),
            set: DescriptorSet::empty(),
        };
        for item in items {
            let fd = file_descriptor(&item)?;
            if fd >= system::SELECT_LIMIT {
                bail!(ValueError, "filedescriptor out of range in select()");
            }
            if wanted.objects.len() >= system::SELECT_LIMIT as usize {
                bail!(ValueError, "too many file descriptors in select()");
            }
            wanted.set.add(fd);
            wanted.objects.push((item, fd));
        }
        Ok(wanted)
    }

    fn ready(&self, set: &DescriptorSet) -> Ref<List> {
        List::new(
            self.objects
                .iter()
                .filter(|(_, fd)| set.contains(*fd))
                .map(|(object, _)| object.clone())
                .collect(),
        )
    }
}

/// Wait until one or more file descriptors are ready for some kind of I/O.
///
/// The first three arguments are iterables of file descriptors to be waited for:
/// rlist -- wait until ready for reading
/// wlist -- wait until ready for writing
/// xlist -- wait for an "exceptional condition"
/// If only one kind of condition is required, pass [] for the other lists.
///
/// A file descriptor is either a socket or file object, or a small integer
/// gotten from a fileno() method call on one of those.
///
/// The optional 4th argument specifies a timeout in seconds; it may be
/// a floating-point number to specify fractions of seconds.  If it is absent
/// or None, the call will never time out.
///
/// The return value is a tuple of three lists corresponding to the first three
/// arguments; each contains the subset of the corresponding file descriptors
/// that are ready.
///
/// *** IMPORTANT NOTICE ***
/// On Windows, only sockets are supported; on Unix, all file
/// descriptors can be used.
#[function("(rlist, wlist, xlist, timeout=None, /)")]
fn select(
    rlist: &Value,
    wlist: &Value,
    xlist: &Value,
    timeout: Option<&Value>,
) -> PyResult<(Ref<List>, Ref<List>, Ref<List>)> {
    let timeout = match timeout {
        None => None,
        Some(timeout) => match nanoseconds(timeout, 1_000_000_000)? {
            None => bail!(TypeError, "timeout must be a float or None"),
            Some(time) if time < 0 => bail!(ValueError, "timeout must be non-negative"),
            Some(time) => Some(Duration::from_nanos(time as u64)),
        },
    };
    let (read, write, except) = (Wanted::of(rlist)?, Wanted::of(wlist)?, Wanted::of(xlist)?);
    let all = read
        .objects
        .iter()
        .chain(&write.objects)
        .chain(&except.objects);
    let count = all.map(|(_, fd)| fd + 1).max().unwrap_or(0);
    let answer = until(Deadline::after(timeout), |deadline| {
        let mut sets = (read.set, write.set, except.set);
        system::select(
            count,
            &mut sets.0,
            &mut sets.1,
            &mut sets.2,
            deadline.left(),
        )
        .map(|_| sets)
    })?;
    let none = DescriptorSet::empty();
    let sets = answer.unwrap_or((none, none, none));
    Ok((
        read.ready(&sets.0),
        write.ready(&sets.1),
        except.ready(&sets.2),
    ))
}
