//! Addresses between Python and the system.
//!
//! | family | in Python |
//! |---|---|
//! | AF_INET | `(host, port)` |
//! | AF_INET6 | `(host, port[, flowinfo[, scope_id]])` |
//! | AF_UNIX | a path as `str` or `bytes`; an abstract name starts with a null byte |
//! | AF_NETLINK | `(pid, groups)` |
//! | AF_PACKET | `(interface, protocol[, packet type[, hardware type[, hardware address]]])` |
//! | AF_VSOCK | `(cid, port)` |
//! | others, on the way in | `(family, bytes)` |

use std::ffi::CString;
use std::net::{Ipv4Addr, Ipv6Addr};

use taipan_objects::buffer::{self, BufferFlags};
use taipan_objects::bytes::Bytes;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, codecs, exc, int, runtime};

use super::resolve_error;
use crate::filesystem::{encode, fs_decode};
use crate::sys::socket::{self as system, Address, Resolved};

/// Longest path of a Unix socket, with the null behind it.
const UNIX_PATH: usize = 108;

/// The bytes of a host name: ASCII as it is, other text by IDNA.
pub(super) fn host_bytes(value: &Value) -> PyResult<Vec<u8>> {
    if let Some(text) = value.downcast::<Str>() {
        let bytes = match text.as_ascii() {
            Some(ascii) => ascii.as_bytes().to_vec(),
            None => codecs::encode(text, &Str::intern("idna"), None)?
                .as_slice()
                .to_vec(),
        };
        if bytes.contains(&0) {
            bail!(TypeError, "host name must not contain null character");
        }
        return Ok(bytes);
    }
    if !buffer::is_bytes_like(value) {
        bail!(
            TypeError,
            "str, bytes or bytearray expected, not {}",
            value.class().name()
        );
    }
    let bytes = buffer::request(value, BufferFlags::SIMPLE)?
        .to_bytes()
        .into_owned();
    if bytes.contains(&0) {
        bail!(TypeError, "host name must not contain null character");
    }
    Ok(bytes)
}

fn one_of(mut found: Vec<Resolved>) -> PyResult<Address> {
    match found.len() {
        0 => bail!(OSError, "no address found"),
        1 => Ok(found.remove(0).address),
        _ => bail!(OSError, "wildcard resolved to multiple address"),
    }
}

fn resolve(
    host: Option<&CString>,
    hints: (i32, i32, i32, i32),
    service: Option<&CString>,
) -> PyResult<Vec<Resolved>> {
    runtime::allow_threads(|| system::resolve(host, service, hints)).map_err(resolve_error)
}

/// Finds the address of a host: empty means any, `<broadcast>` all, a number itself; a name is looked up.
pub(super) fn host_address(name: &[u8], family: i32) -> PyResult<Address> {
    if name.is_empty() {
        let zero = CString::from(c"0");
        return one_of(resolve(
            None,
            (family, libc::SOCK_DGRAM, 0, libc::AI_PASSIVE),
            Some(&zero),
        )?);
    }
    let text = std::str::from_utf8(name).unwrap_or_default();
    if text == "<broadcast>" || text == "255.255.255.255" {
        if family != libc::AF_INET && family != libc::AF_UNSPEC {
            bail!(OSError, "address family mismatched");
        }
        return Ok(ipv4(Ipv4Addr::BROADCAST, 0));
    }
    if family != libc::AF_INET6
        && let Ok(address) = text.parse::<Ipv4Addr>()
    {
        return Ok(ipv4(address, 0));
    }
    if family != libc::AF_INET
        && let Ok(address) = text.parse::<Ipv6Addr>()
    {
        return Ok(ipv6(address, 0, 0, 0));
    }
    let host = CString::new(name)
        .map_err(|_| exc!(TypeError, "host name must not contain null character"))?;
    let mut found = resolve(Some(&host), (family, 0, 0, 0), None)?;
    if found.is_empty() {
        bail!(OSError, "no address found");
    }
    Ok(found.remove(0).address)
}

/// An IPv4 address.
pub(super) fn ipv4(address: Ipv4Addr, port: u16) -> Address {
    let mut bytes = [0u8; 16];
    bytes[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
    bytes[2..4].copy_from_slice(&port.to_be_bytes());
    bytes[4..8].copy_from_slice(&address.octets());
    Address::from_bytes(&bytes)
}

/// An IPv6 address.
pub(super) fn ipv6(address: Ipv6Addr, port: u16, flow: u32, scope: u32) -> Address {
    let mut bytes = [0u8; 28];
    bytes[..2].copy_from_slice(&(libc::AF_INET6 as u16).to_ne_bytes());
    bytes[2..4].copy_from_slice(&port.to_be_bytes());
    bytes[4..8].copy_from_slice(&flow.to_be_bytes());
    bytes[8..24].copy_from_slice(&address.octets());
    bytes[24..28].copy_from_slice(&scope.to_ne_bytes());
    Address::from_bytes(&bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut found = [0; N];
    if let Some(part) = bytes.get(at..at + N) {
        found.copy_from_slice(part);
    }
    found
}

/// The host of an internet address as text.
pub(super) fn host_text(address: &Address) -> PyResult<Ref<Str>> {
    let (host, _) = system::name_of(address, libc::NI_NUMERICHOST | libc::NI_NUMERICSERV)
        .map_err(resolve_error)?;
    Ok(fs_decode(&host))
}

/// An address as Python shows it.
pub(super) fn to_python(address: &Address) -> PyResult<Value> {
    let bytes = address.as_bytes();
    let number = |number: u32| int::new(i64::from(number));
    if bytes.len() < 2 {
        return Ok(Value::NONE);
    }
    let port = || int::new(i64::from(u16::from_be_bytes(array(bytes, 2))));
    match address.family() {
        libc::AF_INET => Ok(Tuple::pair(host_text(address)?.into_value(), port()).into_value()),
        libc::AF_INET6 => {
            let flow = u32::from_be_bytes(array(bytes, 4));
            let scope = u32::from_ne_bytes(array(bytes, 24));
            let parts = [
                host_text(address)?.into_value(),
                port(),
                number(flow & 0x000f_ffff),
                number(scope),
            ];
            Ok(Tuple::from_array(parts).into_value())
        }
        libc::AF_UNIX => Ok(match &bytes[2..] {
            // An abstract name is bytes, nulls and all.
            [0, ..] => Bytes::new(&bytes[2..]).into_value(),
            path => fs_decode(path.split(|&byte| byte == 0).next().unwrap_or(path)).into_value(),
        }),
        libc::AF_NETLINK => {
            let (pid, groups) = (
                u32::from_ne_bytes(array(bytes, 4)),
                u32::from_ne_bytes(array(bytes, 8)),
            );
            Ok(Tuple::pair(number(pid), number(groups)).into_value())
        }
        libc::AF_VSOCK => {
            let (port, cid) = (
                u32::from_ne_bytes(array(bytes, 4)),
                u32::from_ne_bytes(array(bytes, 8)),
            );
            Ok(Tuple::pair(number(cid), number(port)).into_value())
        }
        libc::AF_PACKET => {
            let index = u32::from_ne_bytes(array(bytes, 4));
            let name = system::interface_name(index).unwrap_or_default();
            let length = usize::from(*bytes.get(11).unwrap_or(&0)).min(8);
            let parts = [
                fs_decode(&name).into_value(),
                int::new(i64::from(u16::from_be_bytes(array(bytes, 2)))),
                int::new(i64::from(*bytes.get(10).unwrap_or(&0))),
                int::new(i64::from(u16::from_ne_bytes(array(bytes, 8)))),
                Bytes::new(bytes.get(12..12 + length).unwrap_or_default()).into_value(),
            ];
            Ok(Tuple::from_array(parts).into_value())
        }
        family => Ok(Tuple::pair(
            int::new(i64::from(family)),
            Bytes::new(&bytes[2..]).into_value(),
        )
        .into_value()),
    }
}

fn expect_tuple<'a>(value: &'a Value, caller: &str, family: &str) -> PyResult<&'a [Value]> {
    match value.downcast::<Tuple>() {
        Some(tuple) => Ok(tuple.tail()),
        None => bail!(
            TypeError,
            "{caller}(): {family} address must be tuple, not {}",
            value.class().name()
        ),
    }
}

fn port_of(value: &Value, caller: &str) -> PyResult<u16> {
    u16::try_from(int::as_i64(value)?)
        .map_err(|_| exc!(OverflowError, "{caller}(): port must be 0-65535."))
}

/// An address from Python for a socket of some family; `caller` names the method in messages.
pub(super) fn from_python(value: &Value, family: i32, caller: &str) -> PyResult<Address> {
    match family {
        libc::AF_INET => {
            let parts = expect_tuple(value, caller, "AF_INET")?;
            let [host, port] = parts else {
                bail!(TypeError, "AF_INET address must be a pair (host, port)")
            };
            let address = host_address(&host_bytes(host)?, libc::AF_INET)?;
            let host = Ipv4Addr::from(array::<4>(address.as_bytes(), 4));
            Ok(ipv4(host, port_of(port, caller)?))
        }
        libc::AF_INET6 => {
            let parts = expect_tuple(value, caller, "AF_INET6")?;
            if !(2..=4).contains(&parts.len()) {
                bail!(
                    TypeError,
                    "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"
                );
            }
            let address = host_address(&host_bytes(&parts[0])?, libc::AF_INET6)?;
            let port = port_of(&parts[1], caller)?;
            let flow = parts.get(2).map_or(Ok(0), int::as_u32)?;
            if flow > 0x000f_ffff {
                bail!(OverflowError, "{caller}(): flowinfo must be 0-1048575.");
            }
            let given_scope = u32::from_ne_bytes(array(address.as_bytes(), 24));
            let scope = parts.get(3).map_or(Ok(given_scope), int::as_u32)?;
            Ok(ipv6(
                Ipv6Addr::from(array::<16>(address.as_bytes(), 8)),
                port,
                flow,
                scope,
            ))
        }
        libc::AF_UNIX => unix_address(value),
        libc::AF_NETLINK => {
            let parts = expect_tuple(value, caller, "AF_NETLINK")?;
            let [pid, groups] = parts else {
                bail!(TypeError, "AF_NETLINK address must be a pair (pid, groups)")
            };
            let mut bytes = [0u8; 12];
            bytes[..2].copy_from_slice(&(libc::AF_NETLINK as u16).to_ne_bytes());
            bytes[4..8].copy_from_slice(&int::as_u32(pid)?.to_ne_bytes());
            bytes[8..12].copy_from_slice(&int::as_u32(groups)?.to_ne_bytes());
            Ok(Address::from_bytes(&bytes))
        }
        libc::AF_VSOCK => {
            let parts = expect_tuple(value, caller, "AF_VSOCK")?;
            let [cid, port] = parts else {
                bail!(TypeError, "AF_VSOCK address must be a pair (cid, port)")
            };
            let mut bytes = [0u8; 16];
            bytes[..2].copy_from_slice(&(libc::AF_VSOCK as u16).to_ne_bytes());
            bytes[4..8].copy_from_slice(&int::as_u32(port)?.to_ne_bytes());
            bytes[8..12].copy_from_slice(&int::as_u32(cid)?.to_ne_bytes());
            Ok(Address::from_bytes(&bytes))
        }
        libc::AF_PACKET => packet_address(value, caller),
        _ => bail!(OSError, "{caller}(): bad family"),
    }
}

fn unix_address(value: &Value) -> PyResult<Address> {
    let path = match value.downcast::<Str>() {
        Some(text) => encode(text)?,
        None if buffer::is_bytes_like(value) => buffer::request(value, BufferFlags::SIMPLE)?
            .to_bytes()
            .into_owned(),
        None => bail!(
            TypeError,
            "a bytes-like object is required, not '{}'",
            value.class().name()
        ),
    };
    let is_abstract = path.first() == Some(&0);
    if path.len() > UNIX_PATH || (!is_abstract && path.len() == UNIX_PATH) {
        bail!(OSError, "AF_UNIX path too long");
    }
    let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
    bytes.extend_from_slice(&path);
    if !is_abstract {
        bytes.push(0);
    }
    Ok(Address::from_bytes(&bytes))
}

fn packet_address(value: &Value, caller: &str) -> PyResult<Address> {
    let parts = expect_tuple(value, caller, "AF_PACKET")?;
    let (Some(interface), Some(protocol)) = (parts.first(), parts.get(1)) else {
        bail!(
            TypeError,
            "AF_PACKET address must be a tuple of two to five elements"
        );
    };
    if parts.len() > 5 {
        bail!(
            TypeError,
            "AF_PACKET address must be a tuple of two to five elements"
        );
    }
    let name = host_bytes(interface)?;
    let name = CString::new(name).map_err(|_| exc!(ValueError, "embedded null character"))?;
    let index = system::interface_number(&name);
    if index == 0 {
        return Err(taipan_objects::exceptions::last_os_error(None));
    }
    let Ok(protocol) = u16::try_from(int::as_i64(protocol)?) else {
        bail!(OverflowError, "{caller}(): proto must be 0-65535.");
    };
    let kind = parts.get(2).map_or(Ok(0), int::as_u8)?;
    let hardware = parts.get(3).map_or(Ok(0), int::as_u32)? as u16;
    let address = match parts.get(4) {
        Some(address) => buffer::request(address, BufferFlags::SIMPLE)?
            .to_bytes()
            .into_owned(),
        None => Vec::new(),
    };
    if address.len() > 8 {
        bail!(ValueError, "Hardware address must be 8 bytes or less");
    }
    let mut bytes = [0u8; 20];
    bytes[..2].copy_from_slice(&(libc::AF_PACKET as u16).to_ne_bytes());
    bytes[2..4].copy_from_slice(&protocol.to_be_bytes());
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    bytes[8..10].copy_from_slice(&hardware.to_ne_bytes());
    bytes[10] = kind;
    bytes[11] = address.len() as u8;
    bytes[12..12 + address.len()].copy_from_slice(&address);
    Ok(Address::from_bytes(&bytes))
}
