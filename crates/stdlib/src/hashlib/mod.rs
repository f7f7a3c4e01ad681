//! Hash functions: the modules `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`, `_hmac` and `_hashlib`.
//!
//! [`algorithm`] wraps the crates that compute, [`object`] what every hash object does; the other files are the modules.
//! A state sits in a mutex, because long data are hashed without the interpreter lock: a second thread that comes to the
//! same object meanwhile waits for the mutex, which its holder gives back before it asks for the interpreter lock.

mod algorithm;
pub mod blake2;
pub mod hmac;
mod keyed;
pub mod md5;
mod object;
pub mod openssl;
pub mod sha1;
pub mod sha2;
pub mod sha3;
