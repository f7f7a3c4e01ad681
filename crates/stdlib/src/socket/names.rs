//! The functions of the module: names of hosts, services and interfaces, byte orders, packed addresses.

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use taipan_macros::function;
use taipan_objects::buffer::{self, BufferFlags};
use taipan_objects::bytes::Bytes;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, exceptions, int, runtime};

use super::address::{self, host_address, host_bytes, host_text};
use super::object::{error, number_of, parse_timeout, timeout_value};
use super::{DEFAULT_TIMEOUT, host_error, resolve_error};
use crate::filesystem::{encode, fs_c_string, fs_decode};
use crate::sys::poll;
use crate::sys::socket::{self as system, Host};

fn c_text(text: &Ref<Str>) -> PyResult<CString> {
    CString::new(encode(text)?).map_err(|_| exc!(ValueError, "embedded null character"))
}

/// gethostbyname(host) -> address
///
/// Return the IP address (a string of the form '255.255.255.255') for a host.
#[function("(host, /)", nosig)]
pub fn gethostbyname(host: &Value) -> PyResult<Ref<Str>> {
    let name = host_bytes(host)?;
    host_text(&host_address(&name, libc::AF_INET)?)
}

/// Name, other names and addresses, as Python shows them.
fn host_triple(host: &Host) -> (Ref<Str>, Ref<List>, Ref<List>) {
    let aliases = host
        .aliases
        .iter()
        .map(|alias| fs_decode(alias).into_value())
        .collect();
    let addresses = host.addresses.iter().filter_map(|bytes| {
        let address = match host.family {
            libc::AF_INET => {
                IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes.as_slice()).ok()?))
            }
            libc::AF_INET6 => {
                IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?))
            }
            _ => return None,
        };
        Some(Str::new(&address.to_string()).into_value())
    });
    (
        fs_decode(&host.name),
        List::new(aliases),
        List::new(addresses.collect()),
    )
}

/// gethostbyname_ex(host) -> (name, aliaslist, addresslist)
///
/// Return the true host name, a list of aliases, and a list of IP addresses,
/// for a host.  The host argument is a string giving a host name or IP number.
#[function("(host, /)", nosig)]
pub fn gethostbyname_ex(host: &Value) -> PyResult<(Ref<Str>, Ref<List>, Ref<List>)> {
    let name = host_bytes(host)?;
    // The name is resolved first for the errors that gives.
    host_address(&name, libc::AF_INET)?;
    let name = CString::new(name)
        .map_err(|_| exc!(TypeError, "host name must not contain null character"))?;
    let host = runtime::allow_threads(|| system::host_by_name(&name)).map_err(host_error)?;
    Ok(host_triple(&host))
}

/// gethostbyaddr(host) -> (name, aliaslist, addresslist)
///
/// Return the true host name, a list of aliases, and a list of IP addresses,
/// for a host.  The host argument is a string giving a host name or IP number.
#[function("(host, /)", nosig)]
pub fn gethostbyaddr(host: &Value) -> PyResult<(Ref<Str>, Ref<List>, Ref<List>)> {
    let name = host_bytes(host)?;
    let address = host_address(&name, libc::AF_UNSPEC)?;
    let bytes = address.as_bytes();
    let (family, packed) = match address.family() {
        libc::AF_INET => (libc::AF_INET, &bytes[4..8]),
        libc::AF_INET6 => (libc::AF_INET6, &bytes[8..24]),
        _ => bail!(OSError, "unsupported address family"),
    };
    let host =
        runtime::allow_threads(|| system::host_by_address(packed, family)).map_err(host_error)?;
    Ok(host_triple(&host))
}

/// gethostname() -> string
///
/// Return the current host name.
#[function("()", nosig)]
pub fn gethostname() -> PyResult<Ref<Str>> {
    system::host_name()
        .map(|name| fs_decode(&name))
        .map_err(|failed| error(&failed))
}

/// sethostname(name)
///
/// Sets the hostname to name.
#[function("(name, /)", nosig)]
pub fn sethostname(name: &Value) -> PyResult<()> {
    let name = fs_c_string(name)?;
    system::set_host_name(name.as_bytes()).map_err(|failed| error(&failed))
}

/// getservbyname(servicename[, protocolname]) -> integer
///
/// Return a port number from a service name and protocol name.
/// The optional protocol name, if given, should be 'tcp' or 'udp',
/// otherwise any protocol will match.
#[function("(servicename, protocolname=None, /)", nosig)]
pub fn getservbyname(servicename: &Ref<Str>, protocolname: Option<&Ref<Str>>) -> PyResult<u16> {
    let (name, protocol) = (c_text(servicename)?, protocolname.map(c_text).transpose()?);
    system::service_port(&name, protocol.as_ref())
        .ok_or_else(|| exc!(OSError, "service/proto not found"))
}

/// getservbyport(port[, protocolname]) -> string
///
/// Return the service name from a port number and protocol name.
/// The optional protocol name, if given, should be 'tcp' or 'udp',
/// otherwise any protocol will match.
#[function("(port, protocolname=None, /)", nosig)]
pub fn getservbyport(port: i32, protocolname: Option<&Ref<Str>>) -> PyResult<Ref<Str>> {
    let Ok(port) = u16::try_from(port) else {
        bail!(OverflowError, "getservbyport: port must be 0-65535.")
    };
    let protocol = protocolname.map(c_text).transpose()?;
    match system::service_name(port, protocol.as_ref()) {
        Some(name) => Ok(fs_decode(&name)),
        None => bail!(OSError, "port/proto not found"),
    }
}

/// getprotobyname(name) -> integer
///
/// Return the protocol number for the named protocol.  (Rarely used.)
#[function("(name, /)", nosig)]
pub fn getprotobyname(name: &Ref<Str>) -> PyResult<i32> {
    system::protocol_number(&c_text(name)?).ok_or_else(|| exc!(OSError, "protocol not found"))
}

/// close(integer) -> None
///
/// Close an integer socket file descriptor.  This is like os.close(), but for
/// sockets; on some platforms os.close() won't work for socket file descriptors.
#[function("(fd, /)", nosig)]
pub fn close(fd: &Value) -> PyResult<()> {
    let fd = number_of(fd)?;
    match runtime::allow_threads(|| poll::close(fd)) {
        Err(failed) if failed.raw_os_error() != Some(libc::ECONNRESET) => Err(error(&failed)),
        _ => Ok(()),
    }
}

/// dup(integer) -> integer
///
/// Duplicate an integer socket file descriptor.  This is like os.dup(), but for
/// sockets; on some platforms os.dup() won't work for socket file descriptors.
#[function("(fd, /)", nosig)]
pub fn dup(fd: &Value) -> PyResult<i32> {
    system::duplicate(number_of(fd)?).map_err(|failed| error(&failed))
}

/// socketpair([family[, type [, proto]]]) -> (socket object, socket object)
///
/// Create a pair of socket objects from the sockets returned by the platform
/// socketpair() function.
/// The arguments are the same as for socket() except the default family is
/// AF_UNIX if defined on the platform; otherwise, the default is AF_INET.
#[function("(family=1, type=1, proto=0, /)", nosig)]
pub fn socketpair(family: i32, kind: i32, proto: i32) -> PyResult<(Value, Value)> {
    let (first, second) =
        system::socketpair(family, kind, proto).map_err(|failed| error(&failed))?;
    let make = |fd: i32| {
        let args = [family, kind, proto, fd].map(|number| int::new(i64::from(number)));
        let made = taipan_objects::protocol::call_positional(
            super::Socket::init_class().as_value(),
            &args,
        );
        if made.is_err() {
            drop(poll::close(fd));
        }
        made
    };
    match make(first) {
        Ok(first) => Ok((first, make(second)?)),
        Err(raised) => {
            drop(poll::close(second));
            Err(raised)
        }
    }
}

/// Convert a 16-bit unsigned integer from network to host byte order.
#[function("(x, /)", nosig)]
pub fn ntohs(x: &Value) -> PyResult<u16> {
    short(x, "ntohs").map(u16::from_be)
}

/// Convert a 16-bit unsigned integer from host to network byte order.
#[function("(x, /)", nosig)]
pub fn htons(x: &Value) -> PyResult<u16> {
    short(x, "htons").map(u16::to_be)
}

fn short(value: &Value, function: &str) -> PyResult<u16> {
    let number = int::as_i64(value)?;
    if number < 0 {
        bail!(
            OverflowError,
            "{function}: can't convert negative Python int to C 16-bit unsigned integer"
        );
    }
    u16::try_from(number).map_err(|_| {
        exc!(
            OverflowError,
            "{function}: Python int too large to convert to C 16-bit unsigned integer"
        )
    })
}

fn long(value: &Value) -> PyResult<u32> {
    if !int::is_int(value) {
        bail!(TypeError, "expected int, {} found", value.class().name());
    }
    int::as_u32(value)
}

/// Convert a 32-bit integer from network to host byte order.
#[function("(x, /)", nosig)]
pub fn ntohl(x: &Value) -> PyResult<u32> {
    long(x).map(u32::from_be)
}

/// Convert a 32-bit integer from host to network byte order.
#[function("(x, /)", nosig)]
pub fn htonl(x: &Value) -> PyResult<u32> {
    long(x).map(u32::to_be)
}

/// An IPv4 address in the forms that `inet_aton` takes: one to four numbers, decimal, octal or hexadecimal.
fn loose_ipv4(text: &str) -> Option<Ipv4Addr> {
    let text = text.split_ascii_whitespace().next()?;
    let number = |part: &str| {
        if let Some(hex) = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
            u32::from_str_radix(hex, 16).ok()
        } else if part.len() > 1 && part.starts_with('0') {
            u32::from_str_radix(part, 8).ok()
        } else if part.bytes().all(|byte| byte.is_ascii_digit()) {
            part.parse().ok()
        } else {
            None
        }
    };
    let parts = text.split('.').map(number).collect::<Option<Vec<u32>>>()?;
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|&part| part > 255) {
        return None;
    }
    let rest_bits = 32 - 8 * leading.len() as u32;
    if rest_bits < 32 && last >> rest_bits != 0 {
        return None;
    }
    let high = leading
        .iter()
        .enumerate()
        .map(|(index, &part)| part << (24 - 8 * index as u32))
        .sum::<u32>();
    Some(Ipv4Addr::from(high | last))
}

/// Convert an IP address in string format (123.45.67.89) to the 32-bit packed binary format used in low-level network functions.
#[function("(ip_addr, /)")]
pub fn inet_aton(ip_addr: &Ref<Str>) -> PyResult<Ref<Bytes>> {
    match loose_ipv4(&ip_addr.to_display()) {
        Some(address) => Ok(Bytes::new(&address.octets())),
        None => bail!(OSError, "illegal IP address string passed to inet_aton"),
    }
}

fn packed(value: &Value) -> PyResult<Vec<u8>> {
    Ok(buffer::request(value, BufferFlags::SIMPLE)?
        .to_bytes()
        .into_owned())
}

/// Convert an IP address from 32-bit packed binary format to string format.
#[function("(packed_ip, /)")]
pub fn inet_ntoa(packed_ip: &Value) -> PyResult<String> {
    match <[u8; 4]>::try_from(packed(packed_ip)?.as_slice()) {
        Ok(octets) => Ok(Ipv4Addr::from(octets).to_string()),
        Err(_) => bail!(OSError, "packed IP wrong length for inet_ntoa"),
    }
}

/// inet_pton(af, ip) -> packed IP address string
///
/// Convert an IP address from string format to a packed string suitable
/// for use with low-level network functions.
#[function("(af, ip, /)", nosig)]
pub fn inet_pton(af: i32, ip: &Ref<Str>) -> PyResult<Ref<Bytes>> {
    let text = ip.to_display();
    let bytes = match af {
        libc::AF_INET => text
            .parse::<Ipv4Addr>()
            .map(|address| address.octets().to_vec()),
        libc::AF_INET6 => text
            .parse::<Ipv6Addr>()
            .map(|address| address.octets().to_vec()),
        _ => return Err(exceptions::raise_errno(libc::EAFNOSUPPORT, None, None)),
    };
    match bytes {
        Ok(bytes) => Ok(Bytes::new(&bytes)),
        Err(_) => bail!(OSError, "illegal IP address string passed to inet_pton"),
    }
}

/// inet_ntop(af, packed_ip) -> string formatted IP address
///
/// Convert a packed IP address of the given family to string format.
#[function("(af, packed_ip, /)", nosig)]
pub fn inet_ntop(af: i32, packed_ip: &Value) -> PyResult<String> {
    let bytes = packed(packed_ip)?;
    let text =
        match af {
            libc::AF_INET => <[u8; 4]>::try_from(bytes.as_slice())
                .map(|octets| Ipv4Addr::from(octets).to_string()),
            libc::AF_INET6 => <[u8; 16]>::try_from(bytes.as_slice())
                .map(|octets| Ipv6Addr::from(octets).to_string()),
            _ => bail!(ValueError, "unknown address family {af}"),
        };
    text.map_err(|_| exc!(ValueError, "invalid length of packed IP address string"))
}

/// getaddrinfo(host, port [, family, type, proto, flags])
///     -> list of (family, type, proto, canonname, sockaddr)
///
/// Resolve host and port into addrinfo struct.
#[function("(host, port, family=0, type=0, proto=0, flags=0)", nosig)]
pub fn getaddrinfo(
    host: &Value,
    port: &Value,
    family: i32,
    kind: i32,
    proto: i32,
    flags: i32,
) -> PyResult<Ref<List>> {
    let c_string = |bytes: Vec<u8>| {
        CString::new(bytes).map_err(|_| exc!(ValueError, "embedded null character"))
    };
    let host = if host.is_none() {
        None
    } else if host.downcast::<Str>().is_some() || host.downcast::<Bytes>().is_some() {
        Some(c_string(host_bytes(host)?)?)
    } else {
        bail!(TypeError, "getaddrinfo() argument 1 must be string or None")
    };
    let service = if port.is_none() {
        None
    } else if int::is_int(port) {
        Some(c_string(
            taipan_objects::protocol::str(port)?
                .to_display()
                .into_owned()
                .into_bytes(),
        )?)
    } else if let Some(text) = port.downcast::<Str>() {
        Some(c_text(text)?)
    } else if let Some(bytes) = port.downcast::<Bytes>() {
        Some(c_string(bytes.as_slice().to_vec())?)
    } else {
        bail!(OSError, "Int or String expected")
    };
    let found = runtime::allow_threads(|| {
        system::resolve(
            host.as_ref(),
            service.as_ref(),
            (family, kind, proto, flags),
        )
    });
    let mut list = Vec::new();
    for entry in found.map_err(resolve_error)? {
        let parts = [
            int::new(i64::from(entry.family)),
            int::new(i64::from(entry.kind)),
            int::new(i64::from(entry.protocol)),
            fs_decode(&entry.canonical_name).into_value(),
            address::to_python(&entry.address)?,
        ];
        list.push(Tuple::from_array(parts).into_value());
    }
    Ok(List::new(list))
}

/// getnameinfo(sockaddr, flags) --> (host, port)
///
/// Get host and port for a sockaddr.
#[function("(sockaddr, flags, /)", nosig)]
pub fn getnameinfo(sockaddr: &Value, flags: i32) -> PyResult<(Ref<Str>, Ref<Str>)> {
    let Some(parts) = sockaddr.downcast::<Tuple>().map(|tuple| tuple.tail()) else {
        bail!(TypeError, "getnameinfo() argument 1 must be a tuple");
    };
    if !(2..=4).contains(&parts.len()) {
        bail!(TypeError, "getnameinfo(): illegal sockaddr argument");
    }
    let Some(host) = parts[0].downcast::<Str>() else {
        bail!(TypeError, "getnameinfo(): illegal sockaddr argument");
    };
    let port = int::as_i32(&parts[1])?;
    let flow = parts.get(2).map_or(Ok(0), int::as_u32)?;
    let scope = parts.get(3).map_or(Ok(0), int::as_u32)?;
    if flow > 0x000f_ffff {
        bail!(OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
    }
    let (host, service) = (c_text(host)?, c_text(&Str::new(&port.to_string()))?);
    let hints = (libc::AF_UNSPEC, libc::SOCK_DGRAM, 0, libc::AI_NUMERICHOST);
    let found = runtime::allow_threads(|| system::resolve(Some(&host), Some(&service), hints))
        .map_err(resolve_error)?;
    let [entry] = found.as_slice() else {
        bail!(OSError, "sockaddr resolved to multiple addresses")
    };
    let bytes = entry.address.as_bytes();
    let address = match entry.family {
        libc::AF_INET if parts.len() != 2 => bail!(OSError, "IPv4 sockaddr must be 2 tuple"),
        libc::AF_INET6 => {
            let octets: [u8; 16] = bytes[8..24].try_into().unwrap_or_default();
            address::ipv6(Ipv6Addr::from(octets), port as u16, flow, scope)
        }
        _ => entry.address,
    };
    let (host, service) =
        runtime::allow_threads(|| system::name_of(&address, flags)).map_err(resolve_error)?;
    Ok((fs_decode(&host), fs_decode(&service)))
}

/// getdefaulttimeout() -> timeout
///
/// Returns the default timeout in seconds (float) for new socket objects.
/// A value of None indicates that new socket objects have no timeout.
/// When the socket module is first imported, the default is None.
#[function("()", nosig)]
pub fn getdefaulttimeout() -> Value {
    timeout_value(super::default_timeout())
}

/// setdefaulttimeout(timeout)
///
/// Set the default timeout in seconds (float) for new socket objects.
/// A value of None indicates that new socket objects have no timeout.
/// When the socket module is first imported, the default is None.
#[function("(timeout, /)", nosig)]
pub fn setdefaulttimeout(timeout: &Value) -> PyResult<()> {
    let timeout = parse_timeout(timeout)?;
    DEFAULT_TIMEOUT.with(|place| place.set(timeout));
    Ok(())
}

/// if_nameindex()
///
/// Returns a list of network interface information (index, name) tuples.
#[function("()", nosig)]
pub fn if_nameindex() -> PyResult<Ref<List>> {
    let found = system::interfaces().map_err(|failed| error(&failed))?;
    let pairs = found.iter().map(|(number, name)| {
        Tuple::pair(int::new(i64::from(*number)), fs_decode(name).into_value()).into_value()
    });
    Ok(List::new(pairs.collect()))
}

/// Returns the interface index corresponding to the interface name if_name.
#[function("(oname, /)")]
pub fn if_nametoindex(oname: &Value) -> PyResult<u32> {
    match system::interface_number(&fs_c_string(oname)?) {
        0 => bail!(OSError, "no interface with this name"),
        number => Ok(number),
    }
}

/// Returns the interface name corresponding to the interface index if_index.
#[function("(if_index, /)")]
pub fn if_indextoname(if_index: &Value) -> PyResult<Ref<Str>> {
    system::interface_name(int::as_u32(if_index)?)
        .map(|name| fs_decode(&name))
        .map_err(|failed| error(&failed))
}

fn ancillary_sizes(length: isize, function: &str) -> PyResult<(usize, usize)> {
    let sizes = usize::try_from(length)
        .ok()
        .and_then(system::ancillary_sizes);
    sizes.ok_or_else(|| exc!(OverflowError, "{function}() argument out of range"))
}

/// CMSG_LEN(length) -> control message length
///
/// Return the total length, without trailing padding, of an ancillary
/// data item with associated data of the given length.
#[function("(length, /)", nosig)]
#[allow(non_snake_case)]
pub fn CMSG_LEN(length: isize) -> PyResult<usize> {
    ancillary_sizes(length, "CMSG_LEN").map(|(len, _)| len)
}

/// CMSG_SPACE(length) -> buffer size
///
/// Return the buffer size needed for recvmsg() to receive an ancillary
/// data item with associated data of the given length, along with any
/// trailing padding.
#[function("(length, /)", nosig)]
#[allow(non_snake_case)]
pub fn CMSG_SPACE(length: isize) -> PyResult<usize> {
    ancillary_sizes(length, "CMSG_SPACE").map(|(_, space)| space)
}
