//! `_socket.socket`.
//!
//! A socket with a timeout is non-blocking for the system; its calls wait for readiness themselves, for what is left of the
//! timeout. All waiting happens without the interpreter lock, and interrupted calls go on (PEP 475).

use std::cell::Cell;
use std::io;
use std::time::Duration;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Type;
use taipan_objects::exceptions::{ExceptionKind, os_error};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, float, heap, int, protocol, runtime, warnings};

use super::address;
use crate::posix::arguments::file_descriptor;
use crate::sys::socket::{self as system, Address};
use crate::sys::{file, poll};
use crate::timeout::{Deadline, nanoseconds};

/// A timeout in nanoseconds; negative for none (the socket blocks).
const BLOCKING: i64 = -1;

/// A socket; its descriptor is -1 once it is closed.
#[class(
    name = "socket",
    module = "_socket",
    flags(BASETYPE),
    parts(options, transfer, messages),
    doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\nsocket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\nOpen a socket of the given type.  The family argument specifies the\naddress family; it defaults to AF_INET.  The type argument specifies\nwhether this is a stream (SOCK_STREAM, this is the default)\nor datagram (SOCK_DGRAM) socket.  The protocol argument defaults to 0,\nspecifying the default protocol.  Keyword arguments are accepted.\nThe socket is created as non-inheritable.\n\nWhen a fileno is passed in, family, type and proto are auto-detected,\nunless they are explicitly set.\n\nA socket object represents one endpoint of a network connection."
)]
pub struct Socket {
    #[untraced]
    pub(super) fd: Cell<i32>,
    #[untraced]
    pub(super) family: Cell<i32>,
    #[untraced]
    kind: Cell<i32>,
    #[untraced]
    pub(super) protocol: Cell<i32>,
    #[untraced]
    timeout: Cell<i64>,
}

/// What a call waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    Read,
    Write,
    Connect,
}

pub(super) fn error(error: &io::Error) -> Raised {
    os_error::os_error(error, None)
}

fn timed_out() -> Raised {
    exc!(TimeoutError, "timed out")
}

impl Socket {
    /// Number of the descriptor, which may be closed: the system says so.
    pub(super) fn descriptor(&self) -> i32 {
        self.fd.get()
    }

    /// When a call that starts now has to end.
    pub(super) fn deadline_of_call(&self) -> Deadline {
        self.deadline()
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(
            u64::try_from(self.timeout.get())
                .ok()
                .map(Duration::from_nanos),
        )
    }

    /// Makes a call that may have to wait. With a timeout, waits for readiness first and whenever the call would block.
    pub(super) fn wait_and_call<T>(
        &self,
        readiness: Readiness,
        call: impl FnMut() -> io::Result<T>,
    ) -> PyResult<T> {
        self.wait_and_call_until(self.deadline(), readiness, call)
    }

    pub(super) fn wait_and_call_until<T>(
        &self,
        deadline: Deadline,
        readiness: Readiness,
        mut call: impl FnMut() -> io::Result<T>,
    ) -> PyResult<T> {
        let waits = self.timeout.get() > 0;
        loop {
            if waits || readiness == Readiness::Connect {
                self.wait(deadline, readiness)?;
            }
            match runtime::allow_threads(&mut call) {
                Ok(result) => return Ok(result),
                Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {
                    runtime::check_signals()?
                }
                Err(failed) if waits && failed.kind() == io::ErrorKind::WouldBlock => {}
                Err(failed) => return Err(error(&failed)),
            }
        }
    }

    /// Waits until the socket is ready, or raises TimeoutError.
    fn wait(&self, deadline: Deadline, readiness: Readiness) -> PyResult<()> {
        let events = match readiness {
            Readiness::Read => libc::POLLIN,
            Readiness::Write => libc::POLLOUT,
            // Some systems report a failed connection as an error only.
            Readiness::Connect => libc::POLLOUT | libc::POLLERR,
        };
        loop {
            if self.timeout.get() > 0 && deadline.is_over() {
                return Err(timed_out());
            }
            let mut entry = [libc::pollfd {
                fd: self.descriptor(),
                events,
                revents: 0,
            }];
            match runtime::allow_threads(|| poll::poll(&mut entry, deadline.milliseconds())) {
                Ok(0) => return Err(timed_out()),
                Ok(_) => return Ok(()),
                Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {
                    runtime::check_signals()?
                }
                Err(failed) => return Err(error(&failed)),
            }
        }
    }

    pub(super) fn address_from(&self, value: &Value, caller: &str) -> PyResult<Address> {
        address::from_python(value, self.family.get(), caller)
    }

    fn set_timeout(&self, timeout: i64) -> PyResult<()> {
        self.timeout.set(timeout);
        file::set_blocking(self.descriptor(), timeout < 0).map_err(|failed| error(&failed))
    }

    /// Connects; answers the error number, 0 for success.
    fn connect_to(&self, address: &Address) -> PyResult<i32> {
        let fd = self.descriptor();
        let failed = match runtime::allow_threads(|| system::connect(fd, address)) {
            Ok(()) => return Ok(0),
            Err(failed) => failed,
        };
        let errno = failed.raw_os_error().unwrap_or(libc::EIO);
        let waits = match errno {
            libc::EINTR => {
                // The connection goes on by itself; only its end is to be waited for.
                runtime::check_signals()?;
                self.timeout.get() != 0
            }
            libc::EINPROGRESS | libc::EWOULDBLOCK => self.timeout.get() > 0,
            _ => false,
        };
        if !waits {
            return Ok(errno);
        }
        self.wait_and_call(Readiness::Connect, || {
            let bytes = system::option(fd, libc::SOL_SOCKET, libc::SO_ERROR, 4)?;
            Ok(i32::from_ne_bytes(bytes.try_into().unwrap_or_default()))
        })
    }

    fn shut(&self) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        match runtime::allow_threads(|| poll::close(fd)) {
            Ok(()) => Ok(()),
            // The peer's reset is no failure of the close.
            Err(failed) if failed.raw_os_error() == Some(libc::ECONNRESET) => Ok(()),
            Err(failed) => Err(error(&failed)),
        }
    }

    fn fresh(class: &Ref<Type>) -> Ref<Socket> {
        let socket = Socket {
            fd: Cell::new(-1),
            family: Cell::new(0),
            kind: Cell::new(0),
            protocol: Cell::new(0),
            timeout: Cell::new(BLOCKING),
        };
        heap::new_object(class, socket)
    }
}

/// A timeout from Python in nanoseconds; -1 for `None`.
pub(super) fn parse_timeout(value: &Value) -> PyResult<i64> {
    if value.is_none() {
        return Ok(BLOCKING);
    }
    match nanoseconds(value, 1_000_000_000)? {
        None => bail!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            value.class().name()
        ),
        Some(time) if time < 0 => bail!(ValueError, "Timeout value out of range"),
        Some(time) => Ok(time),
    }
}

/// A timeout as Python shows it.
pub(super) fn timeout_value(timeout: i64) -> Value {
    if timeout < 0 {
        Value::NONE
    } else {
        float::new(timeout as f64 / 1e9)
    }
}

fn int_option(fd: i32, name: i32) -> io::Result<i32> {
    let bytes = system::option(fd, libc::SOL_SOCKET, name, 4)?;
    Ok(i32::from_ne_bytes(bytes.try_into().unwrap_or_default()))
}

#[methods]
impl Socket {
    #[new]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<Socket>> {
        Ok(Socket::fresh(class))
    }

    #[init("($self, family=-1, type=-1, proto=-1, fileno=None)")]
    fn init(&self, family: i32, kind: i32, proto: i32, fileno: Option<&Value>) -> PyResult<()> {
        let (mut family, mut kind, mut protocol) = (family, kind, proto);
        let fd = match fileno {
            Some(value) => {
                if float::value_of(value).is_some() {
                    bail!(TypeError, "integer argument expected, got float");
                }
                let fd = int::as_i32(&protocol::index(value)?)?;
                if fd < 0 {
                    bail!(ValueError, "negative file descriptor");
                }
                let address = match system::own_address(fd) {
                    Ok(address) => Some(address),
                    Err(failed)
                        if family == -1
                            || matches!(
                                failed.raw_os_error(),
                                Some(libc::EBADF | libc::ENOTSOCK)
                            ) =>
                    {
                        return Err(error(&failed));
                    }
                    Err(_) => None,
                };
                if family == -1 {
                    family = address.map_or(libc::AF_UNSPEC, |address| address.family());
                }
                if kind == -1 {
                    kind = int_option(fd, libc::SO_TYPE).map_err(|failed| error(&failed))?;
                }
                if protocol == -1 {
                    protocol =
                        int_option(fd, libc::SO_PROTOCOL).map_err(|failed| error(&failed))?;
                }
                fd
            }
            None => {
                family = if family == -1 { libc::AF_INET } else { family };
                kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
                protocol = protocol.max(0);
                runtime::allow_threads(|| system::socket(family, kind, protocol))
                    .map_err(|failed| error(&failed))?
            }
        };
        let old = self.fd.replace(fd);
        if old >= 0 {
            drop(poll::close(old));
        }
        self.family.set(family);
        self.protocol.set(protocol);
        let non_blocking = kind & libc::SOCK_NONBLOCK != 0;
        self.kind
            .set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
        if non_blocking {
            self.timeout.set(0);
            return Ok(());
        }
        self.timeout.set(super::default_timeout());
        if self.timeout.get() >= 0 {
            self.set_timeout(self.timeout.get())?;
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!(
            "<socket object, fd={}, family={}, type={}, proto={}>",
            self.fd.get(),
            self.family.get(),
            self.kind.get(),
            self.protocol.get()
        )
    }

    #[slot(finalize)]
    fn finalize(this: &Value) {
        let Some(socket) = this.downcast::<Socket>() else {
            return;
        };
        if socket.fd.get() < 0 {
            return;
        }
        let shown = protocol::repr(this).map_or_else(
            |_| "socket".to_owned(),
            |text| text.to_display().into_owned(),
        );
        if let Err(raised) =
            warnings::warn(ExceptionKind::ResourceWarning, &format!("unclosed {shown}"))
        {
            runtime::unraisable(raised, None, Some(this));
        }
        drop(socket.shut());
    }

    /// the socket family
    #[getter(member)]
    fn family(&self) -> i32 {
        self.family.get()
    }

    /// the socket type
    #[getter(name = "type", member)]
    fn kind(&self) -> i32 {
        self.kind.get()
    }

    /// the socket protocol
    #[getter(name = "proto", member)]
    fn protocol(&self) -> i32 {
        self.protocol.get()
    }

    /// the socket timeout
    #[getter]
    fn timeout(&self) -> Value {
        timeout_value(self.timeout.get())
    }

    /// _accept() -> (integer, address info)
    ///
    /// Wait for an incoming connection.  Return a new socket file descriptor
    /// representing the connection, and the address of the client.
    /// For IP sockets, the address info is a pair (hostaddr, port).
    #[method("($self, /)", nosig)]
    fn _accept(&self) -> PyResult<(i32, Value)> {
        let fd = self.descriptor();
        let (connection, address) = self.wait_and_call(Readiness::Read, || system::accept(fd))?;
        match address::to_python(&address) {
            Ok(address) => Ok((connection, address)),
            Err(raised) => {
                drop(poll::close(connection));
                Err(raised)
            }
        }
    }

    /// bind(address)
    ///
    /// Bind the socket to a local address.  For IP sockets, the address is a
    /// pair (host, port); the host must refer to the local host. For raw packet
    /// sockets the address is a tuple (ifname, proto [,pkttype [,hatype [,addr]]])
    #[method("($self, address, /)", nosig)]
    fn bind(&self, address: &Value) -> PyResult<()> {
        let (fd, address) = (self.descriptor(), self.address_from(address, "bind")?);
        runtime::allow_threads(|| system::bind(fd, &address)).map_err(|failed| error(&failed))
    }

    /// close()
    ///
    /// Close the socket.  It cannot be used after this call.
    #[method("($self, /)", nosig)]
    fn close(&self) -> PyResult<()> {
        self.shut()
    }

    /// detach()
    ///
    /// Close the socket object without closing the underlying file descriptor.
    /// The object cannot be used after this call, but the file descriptor
    /// can be reused for other purposes.  The file descriptor is returned.
    #[method("($self, /)", nosig)]
    fn detach(&self) -> i32 {
        self.fd.replace(-1)
    }

    /// connect(address)
    ///
    /// Connect the socket to a remote address.  For IP sockets, the address
    /// is a pair (host, port).
    #[method("($self, address, /)", nosig)]
    fn connect(&self, address: &Value) -> PyResult<()> {
        let address = self.address_from(address, "connect")?;
        match self.connect_to(&address)? {
            0 => Ok(()),
            errno => Err(os_error::raise_errno(errno, None, None)),
        }
    }

    /// connect_ex(address) -> errno
    ///
    /// This is like connect(address), but returns an error code (the errno value)
    /// instead of raising an exception when an error occurs.
    #[method("($self, address, /)", nosig)]
    fn connect_ex(&self, address: &Value) -> PyResult<i32> {
        let address = self.address_from(address, "connect_ex")?;
        match self.connect_to(&address) {
            Err(raised) if raised.is(ExceptionKind::TimeoutError) => Ok(libc::EWOULDBLOCK),
            answer => answer,
        }
    }

    /// fileno() -> integer
    ///
    /// Return the integer file descriptor of the socket.
    #[method("($self, /)", nosig)]
    fn fileno(&self) -> i32 {
        self.fd.get()
    }

    /// getpeername() -> address info
    ///
    /// Return the address of the remote endpoint.  For IP sockets, the address
    /// info is a pair (hostaddr, port).
    #[method("($self, /)", nosig)]
    fn getpeername(&self) -> PyResult<Value> {
        address::to_python(
            &system::peer_address(self.descriptor()).map_err(|failed| error(&failed))?,
        )
    }

    /// getsockname() -> address info
    ///
    /// Return the address of the local endpoint. The format depends on the
    /// address family. For IPv4 sockets, the address info is a pair
    /// (hostaddr, port). For IPv6 sockets, the address info is a 4-tuple
    /// (hostaddr, port, flowinfo, scope_id).
    #[method("($self, /)", nosig)]
    fn getsockname(&self) -> PyResult<Value> {
        address::to_python(
            &system::own_address(self.descriptor()).map_err(|failed| error(&failed))?,
        )
    }

    /// listen([backlog])
    ///
    /// Enable a server to accept connections.  If backlog is specified, it must be
    /// at least 0 (if it is lower, it is set to 0); it specifies the number of
    /// unaccepted connections that the system will allow before refusing new
    /// connections. If not specified, a default reasonable value is chosen.
    #[method("($self, backlog=128, /)", nosig)]
    fn listen(&self, backlog: i32) -> PyResult<()> {
        let fd = self.descriptor();
        runtime::allow_threads(|| system::listen(fd, backlog.max(0)))
            .map_err(|failed| error(&failed))
    }

    /// shutdown(flag)
    ///
    /// Shut down the reading side of the socket (flag == SHUT_RD), the writing side
    /// of the socket (flag == SHUT_WR), or both ends (flag == SHUT_RDWR).
    #[method("($self, flag, /)", nosig)]
    fn shutdown(&self, flag: i32) -> PyResult<()> {
        let fd = self.descriptor();
        runtime::allow_threads(|| system::shutdown(fd, flag)).map_err(|failed| error(&failed))
    }

    /// setblocking(flag)
    ///
    /// Set the socket to blocking (flag is true) or non-blocking (false).
    /// setblocking(True) is equivalent to settimeout(None);
    /// setblocking(False) is equivalent to settimeout(0.0).
    #[method("($self, flag, /)", nosig)]
    fn setblocking(&self, flag: bool) -> PyResult<()> {
        self.set_timeout(if flag { BLOCKING } else { 0 })
    }

    /// getblocking()
    ///
    /// Returns True if socket is in blocking mode, or False if it
    /// is in non-blocking mode.
    #[method("($self, /)", nosig)]
    fn getblocking(&self) -> bool {
        self.timeout.get() != 0
    }

    /// settimeout(timeout)
    ///
    /// Set a timeout on socket operations.  'timeout' can be a float,
    /// giving in seconds, or None.  Setting a timeout of None disables
    /// the timeout feature and is equivalent to setblocking(1).
    /// Setting a timeout of zero is the same as setblocking(0).
    #[method("($self, timeout, /)", nosig)]
    fn settimeout(&self, timeout: &Value) -> PyResult<()> {
        self.set_timeout(parse_timeout(timeout)?)
    }

    /// gettimeout() -> timeout
    ///
    /// Returns the timeout in seconds (float) associated with socket
    /// operations. A timeout of None indicates that timeouts on socket
    /// operations are disabled.
    #[method("($self, /)", nosig)]
    fn gettimeout(&self) -> Value {
        timeout_value(self.timeout.get())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The finalizer closed it, unless there was no time for finalizers.
        if self.fd.get() >= 0 {
            drop(poll::close(self.fd.get()));
        }
    }
}

/// A descriptor from a socket number given to a module function.
pub(super) fn number_of(value: &Value) -> PyResult<i32> {
    if int::is_int(value) {
        int::as_i32(value)
    } else {
        file_descriptor(value)
    }
}
