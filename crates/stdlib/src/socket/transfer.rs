//! Receiving and sending bytes, and the options of sockets.

use taipan_macros::methods;
use taipan_objects::args::Args;
use taipan_objects::buffer::{self, BufferFlags, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, runtime};

use super::Socket;
use super::address;
use super::object::{Readiness, error};
use crate::sys::socket as system;

fn sized_buffer(len: isize, function: &str) -> PyResult<Vec<u8>> {
    let Ok(len) = usize::try_from(len) else {
        bail!(ValueError, "negative buffersize in {function}")
    };
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(len).is_err() {
        bail!(MemoryError, "");
    }
    buffer.resize(len, 0);
    Ok(buffer)
}

/// A writable buffer, and how much of it is wanted.
fn target(value: &Value, wanted: isize, function: &str) -> PyResult<(BufferView, usize)> {
    let view = match buffer::request(value, BufferFlags::WRITABLE) {
        Ok(view) => view,
        Err(_) => bail!(
            TypeError,
            "{function}() argument 1 must be read-write bytes-like object, not {}",
            value.class().name()
        ),
    };
    let Ok(wanted) = usize::try_from(wanted) else {
        bail!(ValueError, "negative buffersize in {function}")
    };
    let len = if wanted == 0 { view.len() } else { wanted };
    if len > view.len() {
        if function == "recvfrom_into" {
            bail!(
                ValueError,
                "nbytes is greater than the length of the buffer"
            );
        }
        bail!(ValueError, "buffer too small for requested bytes");
    }
    Ok((view, len))
}

fn source(value: &Value) -> PyResult<BufferView> {
    buffer::request(value, BufferFlags::SIMPLE)
}

#[methods(part = transfer)]
impl Socket {
    /// recv(buffersize[, flags]) -> data
    ///
    /// Receive up to buffersize bytes from the socket.  For the optional flags
    /// argument, see the Unix manual.  When no data is available, block until
    /// at least one byte is available or until the remote end is closed.  When
    /// the remote end is closed and all data is read, return the empty string.
    #[method("($self, buffersize, flags=0, /)", nosig)]
    fn recv(&self, buffersize: isize, flags: i32) -> PyResult<Ref<Bytes>> {
        let mut buffer = sized_buffer(buffersize, "recv")?;
        let fd = self.descriptor();
        let count =
            self.wait_and_call(Readiness::Read, || system::receive(fd, &mut buffer, flags))?;
        Ok(Bytes::new(&buffer[..count]))
    }

    /// recv_into(buffer, [nbytes[, flags]]) -> nbytes_read
    ///
    /// A version of recv() that stores its data into a buffer rather than creating
    /// a new string.  Receive up to buffersize bytes from the socket.  If buffersize
    /// is not specified (or 0), receive up to the size available in the given buffer.
    ///
    /// See recv() for documentation about the flags.
    #[method("($self, buffer, nbytes=0, flags=0)", nosig)]
    fn recv_into(&self, buffer: &Value, nbytes: isize, flags: i32) -> PyResult<usize> {
        let (view, len) = target(buffer, nbytes, "recv_into")?;
        let fd = self.descriptor();
        self.wait_and_call(Readiness::Read, || {
            view.with_bytes_mut(|bytes| system::receive(fd, &mut bytes[..len], flags))
        })
    }

    /// recvfrom(buffersize[, flags]) -> (data, address info)
    ///
    /// Like recv(buffersize, flags) but also return the sender's address info.
    #[method("($self, buffersize, flags=0, /)", nosig)]
    fn recvfrom(&self, buffersize: isize, flags: i32) -> PyResult<(Ref<Bytes>, Value)> {
        let mut buffer = sized_buffer(buffersize, "recvfrom")?;
        let fd = self.descriptor();
        let (count, from) = self.wait_and_call(Readiness::Read, || {
            system::receive_from(fd, &mut buffer, flags)
        })?;
        Ok((Bytes::new(&buffer[..count]), address::to_python(&from)?))
    }

    /// recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)
    ///
    /// Like recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info.
    #[method("($self, buffer, nbytes=0, flags=0)", nosig)]
    fn recvfrom_into(&self, buffer: &Value, nbytes: isize, flags: i32) -> PyResult<(usize, Value)> {
        let (view, len) = target(buffer, nbytes, "recvfrom_into")?;
        let fd = self.descriptor();
        let (count, from) = self.wait_and_call(Readiness::Read, || {
            view.with_bytes_mut(|bytes| system::receive_from(fd, &mut bytes[..len], flags))
        })?;
        Ok((count, address::to_python(&from)?))
    }

    /// send(data[, flags]) -> count
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  Return the number of bytes
    /// sent; this may be less than len(data) if the network is busy.
    #[method("($self, data, flags=0, /)", nosig)]
    fn send(&self, data: &Value, flags: i32) -> PyResult<usize> {
        let view = source(data)?;
        let (fd, bytes) = (self.descriptor(), view.to_bytes());
        self.wait_and_call(Readiness::Write, || system::send(fd, &bytes, flags))
    }

    /// sendall(data[, flags])
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  This calls send() repeatedly
    /// until all data is sent.  If an error occurs, it's impossible
    /// to tell how much data has been sent.
    #[method("($self, data, flags=0, /)", nosig)]
    fn sendall(&self, data: &Value, flags: i32) -> PyResult<()> {
        let view = source(data)?;
        let (fd, bytes) = (self.descriptor(), view.to_bytes());
        // The timeout is for all of it.
        let deadline = self.deadline_of_call();
        let mut sent = 0;
        loop {
            sent += self.wait_and_call_until(deadline, Readiness::Write, || {
                system::send(fd, &bytes[sent..], flags)
            })?;
            if sent >= bytes.len() {
                return Ok(());
            }
            runtime::check_signals()?;
        }
    }

    /// sendto(data[, flags], address) -> count
    ///
    /// Like send(data, flags) but allows specifying the destination address.
    /// For IP sockets, the address is a pair (hostaddr, port).
    #[method(nosig)]
    fn sendto(&self, args: Args<'_>) -> PyResult<usize> {
        args.no_keywords("socket.sendto")?;
        let (data, flags, to) = match args.positional() {
            [data, to] => (data, 0, to),
            [data, flags, to] => (data, int::as_i32(flags)?, to),
            other => bail!(
                TypeError,
                "sendto() takes 2 or 3 arguments ({} given)",
                other.len()
            ),
        };
        let view = source(data)?;
        let (fd, bytes) = (self.descriptor(), view.to_bytes());
        let to = self.address_from(to, "sendto")?;
        self.wait_and_call(Readiness::Write, || system::send_to(fd, &bytes, flags, &to))
    }
}

#[methods(part = options)]
impl Socket {
    /// getsockopt(level, option[, buffersize]) -> value
    ///
    /// Get a socket option.  See the Unix manual for level and option.
    /// If a nonzero buffersize argument is given, the return value is a
    /// string of that length; otherwise it is an integer.
    #[method("($self, level, option, buffersize=0, /)", nosig)]
    fn getsockopt(&self, level: i32, option: i32, buffersize: i32) -> PyResult<Value> {
        let fd = self.descriptor();
        if buffersize == 0 {
            let bytes = system::option(fd, level, option, 4).map_err(|failed| error(&failed))?;
            let mut number = [0; 4];
            number[..bytes.len().min(4)].copy_from_slice(&bytes[..bytes.len().min(4)]);
            return Ok(int::new(i64::from(i32::from_ne_bytes(number))));
        }
        let Some(len) = usize::try_from(buffersize).ok().filter(|&len| len <= 1024) else {
            bail!(OSError, "getsockopt buflen out of range");
        };
        let bytes = system::option(fd, level, option, len).map_err(|failed| error(&failed))?;
        Ok(Bytes::new(&bytes).into_value())
    }

    /// setsockopt(level, option, value: int)
    /// setsockopt(level, option, value: buffer)
    /// setsockopt(level, option, None, optlen: int)
    ///
    /// Set a socket option.  See the Unix manual for level and option.
    /// The value argument can either be an integer, a string buffer, or
    /// None, optlen.
    #[method(nosig)]
    fn setsockopt(&self, args: Args<'_>) -> PyResult<()> {
        args.no_keywords("socket.setsockopt")?;
        let fd = self.descriptor();
        let (level, option, value) = match args.positional() {
            [level, option, value] => (int::as_i32(level)?, int::as_i32(option)?, value),
            [level, option, none, len] => {
                if !none.is_none() {
                    bail!(
                        TypeError,
                        "setsockopt() argument 3 must be None, not {}",
                        none.class().name()
                    );
                }
                let (level, option, len) =
                    (int::as_i32(level)?, int::as_i32(option)?, int::as_u32(len)?);
                return system::set_option(fd, level, option, Err(len))
                    .map_err(|failed| error(&failed));
            }
            other => bail!(
                TypeError,
                "setsockopt() takes exactly 3 arguments ({} given)",
                other.len()
            ),
        };
        let bytes = if int::is_int(value) {
            int::as_i32(value)?.to_ne_bytes().to_vec()
        } else {
            source(value)?.to_bytes().into_owned()
        };
        system::set_option(fd, level, option, Ok(&bytes)).map_err(|failed| error(&failed))
    }
}
