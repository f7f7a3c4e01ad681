//! Messages with ancillary data: `sendmsg`, `recvmsg`, `recvmsg_into`.

use std::io::IoSliceMut;

use taipan_macros::methods;
use taipan_objects::buffer::{self, BufferFlags, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, protocol};

use super::Socket;
use super::address;
use super::object::Readiness;
use crate::sys::socket::{self as system, Ancillary, Received};

/// Most buffers in one message (`UIO_MAXIOV` is 1024; CPython leaves the limit to the system and its own count type).
const MOST_BUFFERS: usize = i32::MAX as usize;

fn ancillary_list(received: &Received) -> Ref<List> {
    let items = received.ancillary.iter().map(|(level, kind, bytes)| {
        let parts = [
            int::new(i64::from(*level)),
            int::new(i64::from(*kind)),
            Bytes::new(bytes).into_value(),
        ];
        Tuple::from_array(parts).into_value()
    });
    List::new(items.collect())
}

fn ancillary_space(size: isize) -> PyResult<usize> {
    match usize::try_from(size) {
        Ok(size) if size <= i32::MAX as usize => Ok(size),
        _ => bail!(ValueError, "invalid ancillary data buffer length"),
    }
}

impl Socket {
    fn receive_parts(
        &self,
        buffers: &mut [Vec<u8>],
        space: usize,
        flags: i32,
    ) -> PyResult<Received> {
        let fd = self.descriptor();
        self.wait_and_call(Readiness::Read, || {
            let mut slices: Vec<IoSliceMut<'_>> = buffers
                .iter_mut()
                .map(|buffer| IoSliceMut::new(buffer))
                .collect();
            system::receive_message(fd, &mut slices, space, flags)
        })
    }
}

#[methods(part = messages)]
impl Socket {
    /// recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)
    ///
    /// Receive normal data (up to bufsize bytes) and ancillary data from the
    /// socket.  The ancbufsize argument sets the size in bytes of the
    /// internal buffer used to receive the ancillary data; it defaults to 0,
    /// meaning that no ancillary data will be received.
    #[method("($self, bufsize, ancbufsize=0, flags=0, /)", nosig)]
    fn recvmsg(
        &self,
        bufsize: isize,
        ancbufsize: isize,
        flags: i32,
    ) -> PyResult<(Ref<Bytes>, Ref<List>, i32, Value)> {
        let Ok(len) = usize::try_from(bufsize) else {
            bail!(ValueError, "negative buffer size in recvmsg()")
        };
        let mut buffer = Vec::new();
        if buffer.try_reserve_exact(len).is_err() {
            bail!(MemoryError, "");
        }
        buffer.resize(len, 0);
        let mut buffers = [buffer];
        let received = self.receive_parts(&mut buffers, ancillary_space(ancbufsize)?, flags)?;
        let data = Bytes::new(&buffers[0][..received.count.min(len)]);
        Ok((
            data,
            ancillary_list(&received),
            received.flags,
            address::to_python(&received.address)?,
        ))
    }

    /// recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)
    ///
    /// Receive normal data and ancillary data from the socket, scattering the
    /// non-ancillary data into a series of buffers.
    #[method("($self, buffers, ancbufsize=0, flags=0, /)", nosig)]
    fn recvmsg_into(
        &self,
        buffers: &Value,
        ancbufsize: isize,
        flags: i32,
    ) -> PyResult<(usize, Ref<List>, i32, Value)> {
        let items = protocol::collect_or(buffers, || {
            "recvmsg_into() argument 1 must be an iterable".to_owned()
        })?;
        if items.len() > MOST_BUFFERS {
            bail!(OSError, "recvmsg_into() argument 1 is too long");
        }
        let views: Vec<BufferView> = items
            .iter()
            .map(|item| buffer::request(item, BufferFlags::WRITABLE))
            .collect::<PyResult<_>>()?;
        let mut parts: Vec<Vec<u8>> = views.iter().map(|view| vec![0; view.len()]).collect();
        let received = self.receive_parts(&mut parts, ancillary_space(ancbufsize)?, flags)?;
        let mut left = received.count;
        for (view, part) in views.iter().zip(&parts) {
            let count = left.min(part.len());
            view.with_bytes_mut(|bytes| bytes[..count].copy_from_slice(&part[..count]));
            left -= count;
        }
        Ok((
            received.count,
            ancillary_list(&received),
            received.flags,
            address::to_python(&received.address)?,
        ))
    }

    /// sendmsg(buffers[, ancdata[, flags[, address]]]) -> count
    ///
    /// Send normal and ancillary data to the socket, gathering the
    /// non-ancillary data from a series of buffers and concatenating it into
    /// a single message.
    #[method("($self, buffers, ancdata=(), flags=0, address=None, /)", nosig)]
    fn sendmsg(
        &self,
        buffers: &Value,
        ancdata: Option<&Value>,
        flags: i32,
        address: Option<&Value>,
    ) -> PyResult<usize> {
        let items = protocol::collect_or(buffers, || {
            "sendmsg() argument 1 must be an iterable".to_owned()
        })?;
        let views: Vec<BufferView> = items
            .iter()
            .map(|item| buffer::request(item, BufferFlags::SIMPLE))
            .collect::<PyResult<_>>()?;
        let ancillary = match ancdata {
            Some(ancdata) => ancillary_of(ancdata)?,
            None => Vec::new(),
        };
        let to = address
            .map(|address| self.address_from(address, "sendmsg"))
            .transpose()?;
        let fd = self.descriptor();
        let bytes: Vec<_> = views.iter().map(BufferView::to_bytes).collect();
        let slices: Vec<&[u8]> = bytes.iter().map(|bytes| &**bytes).collect();
        self.wait_and_call(Readiness::Write, || {
            system::send_message(fd, &slices, &ancillary, flags, to.as_ref())
        })
    }
}

fn ancillary_of(value: &Value) -> PyResult<Vec<Ancillary>> {
    let items = protocol::collect_or(value, || {
        "sendmsg() argument 2 must be an iterable".to_owned()
    })?;
    let mut ancillary = Vec::with_capacity(items.len());
    for item in items {
        let parts = protocol::collect(&item)?;
        let [level, kind, data] = parts.as_slice() else {
            bail!(
                TypeError,
                "[sendmsg() ancillary data items] must be a 3-tuple (level, type, data)"
            );
        };
        let bytes = buffer::request(data, BufferFlags::SIMPLE)?
            .to_bytes()
            .into_owned();
        if system::ancillary_sizes(bytes.len()).is_none() {
            bail!(OSError, "ancillary data item too large");
        }
        ancillary.push((int::as_i32(level)?, int::as_i32(kind)?, bytes));
    }
    Ok(ancillary)
}
