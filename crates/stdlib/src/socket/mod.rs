//! `_socket`: sockets, and the names of hosts and services.

mod address;
mod constants;
mod messages;
mod names;
mod object;
mod transfer;

use std::cell::Cell;

use taipan_macros::{class, define_module};
use taipan_objects::cell::Locked;
use taipan_objects::exceptions::{ExceptionKind, OsError, os_error, raise_args};
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use crate::sys::socket::ResolveError;

pub use object::Socket;

define_module!(
    name = "_socket",
    doc =
        "Implementation module for socket operations.\n\nSee the socket module for documentation.",
    functions(
        names::gethostbyname,
        names::gethostbyname_ex,
        names::gethostbyaddr,
        names::gethostname,
        names::sethostname,
        names::getservbyname,
        names::getservbyport,
        names::getprotobyname,
        names::close,
        names::dup,
        names::socketpair,
        names::ntohs,
        names::ntohl,
        names::htons,
        names::htonl,
        names::inet_aton,
        names::inet_ntoa,
        names::inet_pton,
        names::inet_ntop,
        names::getaddrinfo,
        names::getnameinfo,
        names::getdefaulttimeout,
        names::setdefaulttimeout,
        names::if_nameindex,
        names::if_nametoindex,
        names::if_indextoname,
        names::CMSG_LEN,
        names::CMSG_SPACE,
    ),
    init = fill,
);

/// The error of `gethostbyname` and its like.
#[class(name = "herror", module = "socket", base = OsError, marker, no_methods, flags(BASETYPE))]
pub struct HostError;

/// The error of `getaddrinfo` and `getnameinfo`.
#[class(name = "gaierror", module = "socket", base = OsError, marker, no_methods, flags(BASETYPE))]
pub struct AddressError;

/// The timeout of new sockets in nanoseconds; negative for none.
static DEFAULT_TIMEOUT: Locked<Cell<i64>> = Locked::new(Cell::new(-1));

fn default_timeout() -> i64 {
    DEFAULT_TIMEOUT.with(|timeout| timeout.get())
}

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in constants::NUMBERS {
        module.set(name, int::new(number));
    }
    module.set("error", ExceptionKind::OSError.class());
    module.set("timeout", ExceptionKind::TimeoutError.class());
    module.set("herror", HostError::init_class());
    module.set("gaierror", AddressError::init_class());
    module.set("socket", Socket::init_class());
    module.set("SocketType", Socket::init_class());
    module.set("has_ipv6", true);
    Ok(())
}

fn pair(code: i32, text: &str) -> Vec<Value> {
    vec![int::new(i64::from(code)), Str::new(text).into_value()]
}

/// What a failed resolution raises.
fn resolve_error(error: ResolveError) -> Raised {
    if error.code == libc::EAI_SYSTEM {
        return os_error::os_error(&error.system, None);
    }
    raise_args(AddressError::init_class(), pair(error.code, &error.text))
}

/// What a failed look-up of a host raises.
fn host_error((code, text): (i32, String)) -> Raised {
    raise_args(HostError::init_class(), pair(code, &text))
}
