//! The module `_hmac`: keyed hashes.

use std::sync::{Mutex, PoisonError};

use taipan_macros::{class, constant, define_module, function, methods};
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Once;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, protocol};

use super::algorithm::Algorithm;
use super::keyed::Hmac;
use super::object::{LONG, data_of, hexadecimal, off_lock};

static UNKNOWN_HASH_ERROR: Once<Ref<Type>> = Once::new();

/// A keyed hash that threads share.
pub(super) struct SharedHmac(Mutex<Hmac>);

impl SharedHmac {
    pub(super) fn new(
        algorithm: Algorithm,
        key: &Value,
        message: Option<&Value>,
    ) -> PyResult<SharedHmac> {
        let keyed = SharedHmac(Mutex::new(Hmac::new(algorithm, &data_of(key)?.to_bytes())));
        if let Some(message) = message.filter(|message| !message.is_none()) {
            keyed.update(message)?;
        }
        Ok(keyed)
    }

    pub(super) fn update(&self, message: &Value) -> PyResult<()> {
        let view = data_of(message)?;
        let bytes = view.to_bytes();
        off_lock(bytes.len(), || {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .update(&bytes)
        });
        Ok(())
    }

    pub(super) fn state(&self) -> Hmac {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn copy(&self) -> SharedHmac {
        SharedHmac(Mutex::new(self.state()))
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        self.state().digest()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.state().algorithm()
    }
}

/// The digest of one message.
pub(super) fn digest_at_once(
    algorithm: Algorithm,
    key: &Value,
    message: &Value,
) -> PyResult<Ref<Bytes>> {
    Ok(Bytes::new(
        &SharedHmac::new(algorithm, key, Some(message))?.digest(),
    ))
}

/// A keyed hash object.
#[class(name = "HMAC", module = "_hmac", flags(NO_INSTANTIATION, IMMUTABLE))]
pub struct KeyedHash {
    #[untraced]
    keyed: SharedHmac,
}

#[methods]
impl KeyedHash {
    #[slot(repr)]
    fn repr(this: &Ref<KeyedHash>) -> PyResult<String> {
        Ok(format!(
            "<{} HMAC object @ {:#x}>",
            this.keyed.algorithm().name(),
            this.as_value().id()
        ))
    }

    /// A copy of the object.
    #[method]
    fn copy(&self) -> Ref<KeyedHash> {
        heap::new_object(
            KeyedHash::class(),
            KeyedHash {
                keyed: self.keyed.copy(),
            },
        )
    }

    /// Takes more of the message in.
    #[method("($self, /, msg)")]
    fn update(&self, msg: &Value) -> PyResult<()> {
        self.keyed.update(msg)
    }

    /// The digest of the message so far, as bytes.
    #[method]
    fn digest(&self) -> Ref<Bytes> {
        Bytes::new(&self.keyed.digest())
    }

    /// The digest of the message so far, as hexadecimal digits.
    #[method]
    fn hexdigest(&self) -> Ref<Str> {
        hexadecimal(&self.keyed.digest())
    }

    /// The name: 'hmac-' and that of the hash function.
    #[getter]
    fn name(&self) -> String {
        format!("hmac-{}", self.keyed.algorithm().name())
    }

    /// Bytes per block of the hash function.
    #[getter]
    fn block_size(&self) -> usize {
        self.keyed.algorithm().block_size()
    }

    /// Bytes of the digest.
    #[getter]
    fn digest_size(&self) -> usize {
        self.keyed.algorithm().digest_size()
    }
}

/// The algorithm that a name stands for.
fn known(digest: &Value) -> PyResult<Algorithm> {
    let found = digest
        .downcast::<Str>()
        .and_then(|name| Algorithm::named(&name.to_display()));
    if let Some(algorithm) = found.filter(|algorithm| !algorithm.is_extendable()) {
        return Ok(algorithm);
    }
    let message = format!(
        "unsupported hash type: {}",
        protocol::repr(digest)?.to_display()
    );
    Err(exceptions::raise_args(
        &UNKNOWN_HASH_ERROR,
        vec![Str::new(&message).into_value()],
    ))
}

/// A keyed hash object that starts with the message given.
#[function("($module, /, key, msg=None, digestmod=None)")]
fn new(key: &Value, msg: Option<&Value>, digestmod: Option<&Value>) -> PyResult<Ref<KeyedHash>> {
    let Some(digestmod) = digestmod else {
        bail!(TypeError, "new() missing 1 required argument 'digestmod'")
    };
    let keyed = SharedHmac::new(known(digestmod)?, key, msg)?;
    Ok(heap::new_object(KeyedHash::class(), KeyedHash { keyed }))
}

/// The digest of a message.
#[function("($module, /, key, msg, digest)")]
fn compute_digest(key: &Value, msg: &Value, digest: &Value) -> PyResult<Ref<Bytes>> {
    digest_at_once(known(digest)?, key, msg)
}

macro_rules! compute_functions {
    ($($name:ident $algorithm:ident;)*) => { $(
        /// The digest of a message with this hash function.
        #[function("(key, msg, /)")]
        fn $name(key: &Value, msg: &Value) -> PyResult<Ref<Bytes>> {
            digest_at_once(Algorithm::$algorithm, key, msg)
        }
    )* };
}
compute_functions! {
    compute_md5 Md5;
    compute_sha1 Sha1;
    compute_sha224 Sha224;
    compute_sha256 Sha256;
    compute_sha384 Sha384;
    compute_sha512 Sha512;
    compute_sha3_224 Sha3_224;
    compute_sha3_256 Sha3_256;
    compute_sha3_384 Sha3_384;
    compute_sha3_512 Sha3_512;
    compute_blake2b_32 Blake2b;
    compute_blake2s_32 Blake2s;
}

#[constant(name = "_GIL_MINSIZE")]
const GIL_MINSIZE: usize = LONG;

define_module! {
    name = "_hmac",
    functions(
        new, compute_digest, compute_md5, compute_sha1, compute_sha224, compute_sha256, compute_sha384, compute_sha512,
        compute_sha3_224, compute_sha3_256, compute_sha3_384, compute_sha3_512, compute_blake2b_32, compute_blake2s_32
    ),
    constants(GIL_MINSIZE),
    classes(KeyedHash),
    init = add_error,
}

fn add_error(module: &Ref<Module>) -> PyResult<()> {
    if !UNKNOWN_HASH_ERROR.is_set() {
        UNKNOWN_HASH_ERROR.set(exceptions::new_exception_class(
            "_hmac",
            "UnknownHashError",
            ExceptionKind::ValueError.class(),
        )?);
    }
    module.set("UnknownHashError", UNKNOWN_HASH_ERROR.to_value());
    Ok(())
}
