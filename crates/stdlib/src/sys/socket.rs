//! Sockets: addresses in the system's form, and the calls on descriptors.

use std::ffi::{CStr, CString};
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;

use libc::{c_int, c_void, socklen_t};

use super::check;

/// An address of any family, with its length.
#[derive(Clone, Copy)]
pub struct Address {
    storage: libc::sockaddr_storage,
    len: socklen_t,
}

impl Address {
    fn zeroed() -> Address {
        // SAFETY: all bytes zero are a valid storage.
        Address {
            storage: unsafe { mem::zeroed() },
            len: mem::size_of::<libc::sockaddr_storage>() as socklen_t,
        }
    }

    /// An address from its bytes, which begin with the family. Bytes beyond the largest address are cut.
    pub fn from_bytes(bytes: &[u8]) -> Address {
        let mut address = Address::zeroed();
        let len = bytes.len().min(mem::size_of::<libc::sockaddr_storage>());
        // SAFETY: the storage has room for `len` bytes, and any bytes are valid in it.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut address.storage).cast::<u8>(), len)
        };
        address.len = len as socklen_t;
        address
    }

    /// The bytes of the address.
    pub fn as_bytes(&self) -> &[u8] {
        let len = (self.len as usize).min(mem::size_of::<libc::sockaddr_storage>());
        // SAFETY: the storage is initialized for its whole size.
        unsafe { std::slice::from_raw_parts((&raw const self.storage).cast::<u8>(), len) }
    }

    /// The family; 0 for the empty address.
    pub fn family(&self) -> c_int {
        if self.len < 2 {
            libc::AF_UNSPEC
        } else {
            c_int::from(self.storage.ss_family)
        }
    }

    fn pointer(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }
}

/// Calls `body` with a place for an address and its length; answers its result with the address.
fn with_address<T>(
    body: impl FnOnce(*mut libc::sockaddr, *mut socklen_t) -> io::Result<T>,
) -> io::Result<(T, Address)> {
    let mut address = Address::zeroed();
    let result = body((&raw mut address.storage).cast(), &mut address.len)?;
    address.len = address
        .len
        .min(mem::size_of::<libc::sockaddr_storage>() as socklen_t);
    Ok((result, address))
}

/// `socket(family, kind, protocol)`, closed on exec.
pub fn socket(family: c_int, kind: c_int, protocol: c_int) -> io::Result<c_int> {
    // SAFETY: takes numbers.
    check(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })
}

/// `socketpair(family, kind, protocol)`, closed on exec.
pub fn socketpair(family: c_int, kind: c_int, protocol: c_int) -> io::Result<(c_int, c_int)> {
    let mut pair = [0; 2];
    // SAFETY: the call writes two numbers.
    check(unsafe {
        libc::socketpair(
            family,
            kind | libc::SOCK_CLOEXEC,
            protocol,
            pair.as_mut_ptr(),
        )
    })?;
    Ok((pair[0], pair[1]))
}

/// `dup(fd)`, closed on exec.
pub fn duplicate(fd: c_int) -> io::Result<c_int> {
    // SAFETY: takes numbers.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

/// `bind(fd, address)`.
pub fn bind(fd: c_int, address: &Address) -> io::Result<()> {
    // SAFETY: the address is valid for its length.
    check(unsafe { libc::bind(fd, address.pointer(), address.len) }).map(drop)
}

/// `connect(fd, address)`.
pub fn connect(fd: c_int, address: &Address) -> io::Result<()> {
    // SAFETY: the address is valid for its length.
    check(unsafe { libc::connect(fd, address.pointer(), address.len) }).map(drop)
}

/// `listen(fd, backlog)`.
pub fn listen(fd: c_int, backlog: c_int) -> io::Result<()> {
    // SAFETY: takes numbers.
    check(unsafe { libc::listen(fd, backlog) }).map(drop)
}

/// `shutdown(fd, how)`.
pub fn shutdown(fd: c_int, how: c_int) -> io::Result<()> {
    // SAFETY: takes numbers.
    check(unsafe { libc::shutdown(fd, how) }).map(drop)
}

/// `accept4(fd)`, closed on exec.
pub fn accept(fd: c_int) -> io::Result<(c_int, Address)> {
    // SAFETY: the place and its length are valid.
    with_address(|address, len| {
        check(unsafe { libc::accept4(fd, address, len, libc::SOCK_CLOEXEC) })
    })
}

/// `getsockname(fd)`.
pub fn own_address(fd: c_int) -> io::Result<Address> {
    // SAFETY: the place and its length are valid.
    with_address(|address, len| check(unsafe { libc::getsockname(fd, address, len) }))
        .map(|(_, address)| address)
}

/// `getpeername(fd)`.
pub fn peer_address(fd: c_int) -> io::Result<Address> {
    // SAFETY: the place and its length are valid.
    with_address(|address, len| check(unsafe { libc::getpeername(fd, address, len) }))
        .map(|(_, address)| address)
}

/// `recv(fd, buffer, flags)`.
pub fn receive(fd: c_int, buffer: &mut [u8], flags: c_int) -> io::Result<usize> {
    // SAFETY: the buffer is writable for its length.
    check(unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags) })
        .map(|count| count as usize)
}

/// `recvfrom(fd, buffer, flags)`.
pub fn receive_from(fd: c_int, buffer: &mut [u8], flags: c_int) -> io::Result<(usize, Address)> {
    with_address(|address, len| {
        // SAFETY: the buffer is writable for its length; the place and its length are valid.
        let count = unsafe {
            libc::recvfrom(
                fd,
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                flags,
                address,
                len,
            )
        };
        check(count).map(|count| count as usize)
    })
}

/// `send(fd, bytes, flags)`; a closed peer is an error and no signal.
pub fn send(fd: c_int, bytes: &[u8], flags: c_int) -> io::Result<usize> {
    // SAFETY: the bytes are readable for their length.
    check(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
        .map(|count| count as usize)
}

/// `sendto(fd, bytes, flags, address)`.
pub fn send_to(fd: c_int, bytes: &[u8], flags: c_int, address: &Address) -> io::Result<usize> {
    // SAFETY: the bytes are readable for their length, the address is valid for its length.
    let count = unsafe {
        libc::sendto(
            fd,
            bytes.as_ptr().cast(),
            bytes.len(),
            flags,
            address.pointer(),
            address.len,
        )
    };
    check(count).map(|count| count as usize)
}

/// Ancillary data: level, kind and bytes.
pub type Ancillary = (c_int, c_int, Vec<u8>);

/// Bytes that ancillary data of some length takes, without and with padding; `None` for lengths no message has.
pub fn ancillary_sizes(len: usize) -> Option<(usize, usize)> {
    let len = libc::c_uint::try_from(len)
        .ok()
        .filter(|&len| len < i32::MAX as libc::c_uint - 64)?;
    // SAFETY: pure computations.
    unsafe { Some((libc::CMSG_LEN(len) as usize, libc::CMSG_SPACE(len) as usize)) }
}

/// `sendmsg`: buffers, ancillary data and perhaps an address.
pub fn send_message(
    fd: c_int,
    buffers: &[&[u8]],
    ancillary: &[Ancillary],
    flags: c_int,
    address: Option<&Address>,
) -> io::Result<usize> {
    let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
    let mut vectors: Vec<libc::iovec> = buffers
        .iter()
        .map(|bytes| libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        })
        .collect();
    let mut space = 0;
    for (_, _, bytes) in ancillary {
        space += ancillary_sizes(bytes.len()).ok_or_else(invalid)?.1;
    }
    // Words, because control headers are aligned.
    let mut control = vec![0u64; space.div_ceil(8)];
    // SAFETY: the message's pointers are valid for the call; the control buffer has room for every header and its bytes, and
    // the header macros stay within the length that is set.
    unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_iov = vectors.as_mut_ptr();
        message.msg_iovlen = vectors.len() as _;
        if let Some(address) = address {
            message.msg_name = address.pointer().cast_mut().cast();
            message.msg_namelen = address.len;
        }
        if space > 0 {
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = space as _;
            let mut header = libc::CMSG_FIRSTHDR(&message);
            for (level, kind, bytes) in ancillary {
                if header.is_null() {
                    return Err(invalid());
                }
                (*header).cmsg_level = *level;
                (*header).cmsg_type = *kind;
                (*header).cmsg_len = libc::CMSG_LEN(bytes.len() as libc::c_uint) as _;
                ptr::copy_nonoverlapping(bytes.as_ptr(), libc::CMSG_DATA(header), bytes.len());
                header = libc::CMSG_NXTHDR(&message, header);
            }
        }
        check(libc::sendmsg(fd, &message, flags)).map(|count| count as usize)
    }
}

/// What `recvmsg` answered.
pub struct Received {
    pub count: usize,
    pub ancillary: Vec<Ancillary>,
    pub flags: c_int,
    pub address: Address,
}

/// `recvmsg` into buffers, with room for ancillary data.
pub fn receive_message(
    fd: c_int,
    buffers: &mut [io::IoSliceMut<'_>],
    space: usize,
    flags: c_int,
) -> io::Result<Received> {
    let mut address = Address::zeroed();
    let mut control = vec![0u64; space.div_ceil(8)];
    // SAFETY: the message's pointers are valid for the call (`IoSliceMut` has the layout of `iovec`); the headers that come
    // back lie within the control buffer, and their lengths are cut to it.
    unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_name = (&raw mut address.storage).cast();
        message.msg_namelen = address.len;
        message.msg_iov = buffers.as_mut_ptr().cast();
        message.msg_iovlen = buffers.len() as _;
        if space > 0 {
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = space as _;
        }
        let count = check(libc::recvmsg(fd, &mut message, flags))? as usize;
        address.len = message.msg_namelen;
        let mut ancillary = Vec::new();
        let end = control.as_ptr() as usize + message.msg_controllen as usize;
        let mut header = if space > 0 {
            libc::CMSG_FIRSTHDR(&message)
        } else {
            ptr::null_mut()
        };
        while !header.is_null() {
            let data = libc::CMSG_DATA(header);
            let declared = ((*header).cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
            let len = declared.min(end.saturating_sub(data as usize));
            let bytes = std::slice::from_raw_parts(data, len).to_vec();
            ancillary.push(((*header).cmsg_level, (*header).cmsg_type, bytes));
            header = libc::CMSG_NXTHDR(&message, header);
        }
        Ok(Received {
            count,
            ancillary,
            flags: message.msg_flags,
            address,
        })
    }
}

/// `getsockopt` of at most `len` bytes.
pub fn option(fd: c_int, level: c_int, name: c_int, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0u8; len];
    let mut actual = len as socklen_t;
    // SAFETY: the buffer is writable for the length that is passed.
    check(unsafe { libc::getsockopt(fd, level, name, bytes.as_mut_ptr().cast(), &mut actual) })?;
    bytes.truncate(actual as usize);
    Ok(bytes)
}

/// `setsockopt` of bytes, or of a length without bytes.
pub fn set_option(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: Result<&[u8], u32>,
) -> io::Result<()> {
    let (pointer, len): (*const c_void, socklen_t) = match value {
        Ok(bytes) => (bytes.as_ptr().cast(), bytes.len() as socklen_t),
        Err(len) => (ptr::null(), len),
    };
    // SAFETY: the bytes are readable for their length; a null pointer is passed where the caller asks for one.
    check(unsafe { libc::setsockopt(fd, level, name, pointer, len) }).map(drop)
}

/// Why a name could not be resolved.
#[derive(Debug)]
pub struct ResolveError {
    /// `EAI_*`.
    pub code: c_int,
    /// What it means.
    pub text: String,
    /// For `EAI_SYSTEM`, the system's own error.
    pub system: io::Error,
}

fn resolve_error(code: c_int) -> ResolveError {
    let system = io::Error::last_os_error();
    // SAFETY: the answer is a static C string.
    let text = unsafe { CStr::from_ptr(libc::gai_strerror(code)) }
        .to_string_lossy()
        .into_owned();
    ResolveError { code, text, system }
}

/// One answer of [`resolve`].
pub struct Resolved {
    pub family: c_int,
    pub kind: c_int,
    pub protocol: c_int,
    pub canonical_name: Vec<u8>,
    pub address: Address,
}

/// `getaddrinfo(host, service, hints)`.
pub fn resolve(
    host: Option<&CString>,
    service: Option<&CString>,
    (family, kind, protocol, flags): (c_int, c_int, c_int, c_int),
) -> Result<Vec<Resolved>, ResolveError> {
    let pointer = |text: Option<&CString>| text.map_or(ptr::null(), |text| text.as_ptr());
    // SAFETY: the hints are zeroed but for the fields set; the list is walked before it is freed, addresses are copied.
    unsafe {
        let mut hints: libc::addrinfo = mem::zeroed();
        (
            hints.ai_family,
            hints.ai_socktype,
            hints.ai_protocol,
            hints.ai_flags,
        ) = (family, kind, protocol, flags);
        let mut list = ptr::null_mut();
        let code = libc::getaddrinfo(pointer(host), pointer(service), &hints, &mut list);
        if code != 0 {
            return Err(resolve_error(code));
        }
        let mut found = Vec::new();
        let mut entry = list;
        while !entry.is_null() {
            let info = &*entry;
            let name = if info.ai_canonname.is_null() {
                Vec::new()
            } else {
                CStr::from_ptr(info.ai_canonname).to_bytes().to_vec()
            };
            let bytes =
                std::slice::from_raw_parts(info.ai_addr.cast::<u8>(), info.ai_addrlen as usize);
            found.push(Resolved {
                family: info.ai_family,
                kind: info.ai_socktype,
                protocol: info.ai_protocol,
                canonical_name: name,
                address: Address::from_bytes(bytes),
            });
            entry = info.ai_next;
        }
        libc::freeaddrinfo(list);
        Ok(found)
    }
}

/// `getnameinfo(address, flags)`: host and service.
pub fn name_of(address: &Address, flags: c_int) -> Result<(Vec<u8>, Vec<u8>), ResolveError> {
    let mut host = vec![0u8; 1025];
    let mut service = vec![0u8; 32];
    // SAFETY: the address is valid for its length, the buffers are writable for theirs.
    let code = unsafe {
        libc::getnameinfo(
            address.pointer(),
            address.len,
            host.as_mut_ptr().cast(),
            host.len() as socklen_t,
            service.as_mut_ptr().cast(),
            service.len() as socklen_t,
            flags,
        )
    };
    if code != 0 {
        return Err(resolve_error(code));
    }
    Ok((
        super::file::until_null(host),
        super::file::until_null(service),
    ))
}

/// A host's entry: name, other names, addresses as bytes.
pub struct Host {
    pub name: Vec<u8>,
    pub aliases: Vec<Vec<u8>>,
    pub family: c_int,
    pub addresses: Vec<Vec<u8>>,
}

// SAFETY: the declarations are the C library's.
unsafe extern "C" {
    fn gethostbyname_r(
        name: *const libc::c_char,
        entry: *mut libc::hostent,
        buffer: *mut libc::c_char,
        len: usize,
        found: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
    fn gethostbyaddr_r(
        address: *const c_void,
        address_len: socklen_t,
        family: c_int,
        entry: *mut libc::hostent,
        buffer: *mut libc::c_char,
        len: usize,
        found: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
    fn hstrerror(error: c_int) -> *const libc::c_char;
}

/// # Safety
/// `list` is null or an array of C strings that ends with null.
unsafe fn strings(mut list: *mut *mut libc::c_char) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    // SAFETY: by contract.
    unsafe {
        while !list.is_null() && !(*list).is_null() {
            found.push(CStr::from_ptr(*list).to_bytes().to_vec());
            list = list.add(1);
        }
    }
    found
}

fn look_up_host(
    mut call: impl FnMut(
        *mut libc::hostent,
        *mut libc::c_char,
        usize,
        *mut *mut libc::hostent,
        *mut c_int,
    ) -> c_int,
) -> Result<Host, (c_int, String)> {
    let mut buffer = vec![0 as libc::c_char; 16 * 1024];
    loop {
        let mut entry = MaybeUninit::<libc::hostent>::uninit();
        let mut found = ptr::null_mut();
        let mut error = 0;
        let result = call(
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &mut found,
            &mut error,
        );
        if result == libc::ERANGE && buffer.len() < 1 << 22 {
            buffer.resize(buffer.len() * 2, 0);
            continue;
        }
        // SAFETY: a found entry is valid while the buffer lives and is copied; `hstrerror` answers a static string.
        unsafe {
            if result != 0 || found.is_null() {
                return Err((
                    error,
                    CStr::from_ptr(hstrerror(error))
                        .to_string_lossy()
                        .into_owned(),
                ));
            }
            let host = &*found;
            let mut addresses = Vec::new();
            let mut list = host.h_addr_list;
            while !list.is_null() && !(*list).is_null() {
                addresses.push(
                    std::slice::from_raw_parts((*list).cast::<u8>(), host.h_length as usize)
                        .to_vec(),
                );
                list = list.add(1);
            }
            return Ok(Host {
                name: CStr::from_ptr(host.h_name).to_bytes().to_vec(),
                aliases: strings(host.h_aliases),
                family: host.h_addrtype,
                addresses,
            });
        }
    }
}

/// `gethostbyname(name)`; the error is `h_errno` and its text.
pub fn host_by_name(name: &CString) -> Result<Host, (c_int, String)> {
    // SAFETY: the pointers are valid for the call, the length is the buffer's.
    look_up_host(|entry, buffer, len, found, error| unsafe {
        gethostbyname_r(name.as_ptr(), entry, buffer, len, found, error)
    })
}

/// `gethostbyaddr(address, family)`.
pub fn host_by_address(address: &[u8], family: c_int) -> Result<Host, (c_int, String)> {
    // SAFETY: as above.
    look_up_host(|entry, buffer, len, found, error| unsafe {
        gethostbyaddr_r(
            address.as_ptr().cast(),
            address.len() as socklen_t,
            family,
            entry,
            buffer,
            len,
            found,
            error,
        )
    })
}

/// The port of a service, in host order. The answer is the C library's own until the next call: the interpreter lock keeps
/// others out.
pub fn service_port(name: &CString, protocol: Option<&CString>) -> Option<u16> {
    let protocol = protocol.map_or(ptr::null(), |protocol| protocol.as_ptr());
    // SAFETY: the strings are C strings or null; the entry is read at once.
    unsafe {
        let entry = libc::getservbyname(name.as_ptr(), protocol);
        (!entry.is_null()).then(|| u16::from_be((*entry).s_port as u16))
    }
}

/// The name of the service on a port.
pub fn service_name(port: u16, protocol: Option<&CString>) -> Option<Vec<u8>> {
    let protocol = protocol.map_or(ptr::null(), |protocol| protocol.as_ptr());
    // SAFETY: as above.
    unsafe {
        let entry = libc::getservbyport(c_int::from(port.to_be()), protocol);
        (!entry.is_null()).then(|| CStr::from_ptr((*entry).s_name).to_bytes().to_vec())
    }
}

/// The number of a protocol.
pub fn protocol_number(name: &CString) -> Option<c_int> {
    // SAFETY: as above.
    unsafe {
        let entry = libc::getprotobyname(name.as_ptr());
        (!entry.is_null()).then(|| (*entry).p_proto)
    }
}

/// The host's name.
pub fn host_name() -> io::Result<Vec<u8>> {
    let mut name = vec![0u8; 1024];
    // SAFETY: the buffer is writable for the length that is passed, less a null at its end.
    check(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) })?;
    Ok(super::file::until_null(name))
}

/// Sets the host's name.
pub fn set_host_name(name: &[u8]) -> io::Result<()> {
    // SAFETY: the bytes are readable for their length.
    check(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) }).map(drop)
}

/// The network interfaces: number and name.
pub fn interfaces() -> io::Result<Vec<(u32, Vec<u8>)>> {
    // SAFETY: the list ends with an entry of number 0, and is freed after it is copied.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            return Err(io::Error::last_os_error());
        }
        let mut found = Vec::new();
        let mut entry = list;
        while (*entry).if_index != 0 && !(*entry).if_name.is_null() {
            found.push((
                (*entry).if_index,
                CStr::from_ptr((*entry).if_name).to_bytes().to_vec(),
            ));
            entry = entry.add(1);
        }
        libc::if_freenameindex(list);
        Ok(found)
    }
}

/// The number of an interface; 0 if there is none of this name.
pub fn interface_number(name: &CString) -> u32 {
    // SAFETY: the name is a C string.
    unsafe { libc::if_nametoindex(name.as_ptr()) }
}

/// The name of an interface.
pub fn interface_name(number: u32) -> io::Result<Vec<u8>> {
    let mut name = vec![0u8; libc::IF_NAMESIZE + 1];
    // SAFETY: the buffer has room for the longest name.
    let answer = unsafe { libc::if_indextoname(number, name.as_mut_ptr().cast()) };
    if answer.is_null() {
        Err(io::Error::last_os_error())
    } else {
        Ok(super::file::until_null(name))
    }
}
