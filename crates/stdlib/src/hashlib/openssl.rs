//! The module `_hashlib`: hash objects by name, keyed hashes, and keys from passwords.
//!
//! CPython builds it on OpenSSL; here it offers the same functions over the same code as the other modules. The classes
//! and functions keep the names that programs see: `_hashlib.HASH`, `openssl_sha256`.

use taipan_macros::{class, define_module, function, methods};
use taipan_objects::buffer;
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Once;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::module::Module;
use taipan_objects::native::NativeFunction;
use taipan_objects::raised::PyResult;
use taipan_objects::set::FrozenSet;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int, protocol, runtime};

use super::algorithm::Algorithm;
use super::hmac::{SharedHmac, digest_at_once};
use super::keyed;
use super::object::{Hasher, data_of, hexadecimal, initial};

static UNSUPPORTED_DIGESTMOD_ERROR: Once<Ref<Type>> = Once::new();

/// A hash object whose digest has a fixed length.
#[class(
    name = "HASH",
    module = "_hashlib",
    flags(NO_INSTANTIATION, BASETYPE, IMMUTABLE)
)]
#[repr(C)]
pub struct NamedHash {
    #[untraced]
    hasher: Hasher,
    #[untraced]
    algorithm: Algorithm,
}

/// A hash object whose digest has any length.
#[class(name = "HASHXOF", module = "_hashlib", base = NamedHash, marker, flags(NO_INSTANTIATION, IMMUTABLE))]
pub struct ExtendableHash;

fn make(algorithm: Algorithm, data: Option<&Value>) -> PyResult<Ref<NamedHash>> {
    Ok(wrap(Hasher::start(algorithm, data)?, algorithm))
}

fn wrap(hasher: Hasher, algorithm: Algorithm) -> Ref<NamedHash> {
    let class = if algorithm.is_extendable() {
        ExtendableHash::class()
    } else {
        NamedHash::class()
    };
    heap::new_object(class, NamedHash { hasher, algorithm })
}

#[methods]
impl NamedHash {
    #[slot(repr)]
    fn repr(this: &Ref<NamedHash>) -> PyResult<String> {
        Ok(format!(
            "<{} {} object @ {:#x}>",
            this.algorithm.name(),
            this.class().display_name(),
            this.as_value().id()
        ))
    }

    /// A copy of the hash object.
    #[method]
    fn copy(&self) -> Ref<NamedHash> {
        wrap(self.hasher.copy(), self.algorithm)
    }

    /// The digest of the data so far, as bytes.
    #[method]
    fn digest(&self) -> Ref<Bytes> {
        self.hasher.digest()
    }

    /// The digest of the data so far, as hexadecimal digits.
    #[method]
    fn hexdigest(&self) -> Ref<Str> {
        self.hasher.hexdigest()
    }

    /// Takes more data in.
    #[method("($self, obj, /)")]
    fn update(&self, obj: &Value) -> PyResult<()> {
        self.hasher.update(obj)
    }

    /// Bytes per block of the algorithm.
    #[getter]
    fn block_size(&self) -> usize {
        self.algorithm.block_size()
    }

    /// Bytes of the digest.
    #[getter]
    fn digest_size(&self) -> usize {
        self.algorithm.digest_size()
    }

    /// The algorithm's name.
    #[getter]
    fn name(&self) -> &'static str {
        self.algorithm.name()
    }
}

#[methods]
impl ExtendableHash {
    /// A digest of the data so far, as so many bytes.
    #[method("($self, /, length)")]
    fn digest(this: &Ref<NamedHash>, length: &Value) -> PyResult<Ref<Bytes>> {
        Ok(Bytes::new(&this.hasher.read(length)?))
    }

    /// A digest of the data so far, of so many bytes, as hexadecimal digits.
    #[method("($self, /, length)")]
    fn hexdigest(this: &Ref<NamedHash>, length: &Value) -> PyResult<Ref<Str>> {
        Ok(hexadecimal(&this.hasher.read(length)?))
    }
}

/// A hash object of the algorithm that a name stands for.
#[function("($module, /, name, data=b'', *, usedforsecurity=True, string=None)")]
fn new(
    name: &Ref<Str>,
    data: Option<&Value>,
    usedforsecurity: bool,
    string: Option<&Value>,
) -> PyResult<Ref<NamedHash>> {
    let _ = usedforsecurity;
    let data = initial(data, string)?;
    match Algorithm::named(&name.to_display()) {
        Some(algorithm) => make(algorithm, data),
        None => bail!(ValueError, "unsupported hash type {}", name.to_display()),
    }
}

macro_rules! constructors {
    ($($name:ident $algorithm:ident;)*) => { $(
        /// A hash object of this algorithm that starts with the data given.
        #[function("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
        fn $name(data: Option<&Value>, usedforsecurity: bool, string: Option<&Value>) -> PyResult<Ref<NamedHash>> {
            let _ = usedforsecurity;
            make(Algorithm::$algorithm, initial(data, string)?)
        }
    )* };
}
constructors! {
    openssl_md5 Md5;
    openssl_sha1 Sha1;
    openssl_sha224 Sha224;
    openssl_sha256 Sha256;
    openssl_sha384 Sha384;
    openssl_sha512 Sha512;
    openssl_sha3_224 Sha3_224;
    openssl_sha3_256 Sha3_256;
    openssl_sha3_384 Sha3_384;
    openssl_sha3_512 Sha3_512;
    openssl_shake_128 Shake128;
    openssl_shake_256 Shake256;
}

/// A keyed hash object.
#[class(name = "HMAC", module = "_hashlib", flags(NO_INSTANTIATION, IMMUTABLE))]
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

/// The algorithm of a `digestmod` argument: a name, or one of this module's constructors.
fn digestmod_algorithm(digestmod: &Value) -> PyResult<Algorithm> {
    let found = if let Some(name) = digestmod.downcast::<Str>() {
        Algorithm::named(&name.to_display())
    } else {
        digestmod
            .downcast_exact::<NativeFunction>()
            .and_then(|function| function.name().strip_prefix("openssl_"))
            .and_then(Algorithm::named)
    };
    if let Some(algorithm) = found.filter(|algorithm| !algorithm.is_extendable()) {
        return Ok(algorithm);
    }
    let message = match digestmod.downcast::<Str>() {
        Some(name) => format!("Unsupported digestmod {}", name.to_display()),
        None => format!(
            "Unsupported digestmod {}",
            protocol::repr(digestmod)?.to_display()
        ),
    };
    Err(exceptions::raise_args(
        &UNSUPPORTED_DIGESTMOD_ERROR,
        vec![Str::new(&message).into_value()],
    ))
}

/// A keyed hash object that starts with the message given.
#[function("($module, /, key, msg=b'', digestmod=None)")]
fn hmac_new(
    key: &Value,
    msg: Option<&Value>,
    digestmod: Option<&Value>,
) -> PyResult<Ref<KeyedHash>> {
    let Some(digestmod) = digestmod else {
        bail!(TypeError, "Missing required parameter 'digestmod'.")
    };
    let keyed = SharedHmac::new(digestmod_algorithm(digestmod)?, key, msg)?;
    Ok(heap::new_object(KeyedHash::class(), KeyedHash { keyed }))
}

/// The digest of one message.
#[function("($module, /, key, msg, digest)")]
fn hmac_digest(key: &Value, msg: &Value, digest: &Value) -> PyResult<Ref<Bytes>> {
    digest_at_once(digestmod_algorithm(digest)?, key, msg)
}

/// Whether two digests are equal, in a time that does not tell where they differ.
#[function("(a, b, /)")]
pub fn compare_digest(a: &Value, b: &Value) -> PyResult<bool> {
    if let (Some(a), Some(b)) = (a.downcast::<Str>(), b.downcast::<Str>()) {
        return match (a.as_ascii(), b.as_ascii()) {
            (Some(a), Some(b)) => Ok(equal_bytes(a.as_bytes(), b.as_bytes())),
            _ => bail!(
                TypeError,
                "comparing strings with non-ASCII characters is not supported"
            ),
        };
    }
    let (a, b) = (buffer::bytes_like(a)?, buffer::bytes_like(b)?);
    if a.ndim() > 1 || b.ndim() > 1 {
        bail!(BufferError, "Buffer must be single dimension");
    }
    Ok(equal_bytes(&a.to_bytes(), &b.to_bytes()))
}

fn equal_bytes(a: &[u8], b: &[u8]) -> bool {
    // The time depends on the length of `b` alone.
    let same_length = a.len() == b.len();
    let left = if same_length { a } else { b };
    let difference = left
        .iter()
        .zip(b)
        .fold(u8::from(!same_length), |all, (left, right)| {
            std::hint::black_box(all | left ^ right)
        });
    difference == 0
}

fn positive(value: i64, what: &str) -> PyResult<u64> {
    match u64::try_from(value) {
        Ok(positive @ 1..) => Ok(positive),
        _ => bail!(ValueError, "{what} must be greater than 0."),
    }
}

/// A key derived from a password by many rounds of HMAC (RFC 8018).
#[function("($module, /, hash_name, password, salt, iterations, dklen=None)")]
fn pbkdf2_hmac(
    hash_name: &Ref<Str>,
    password: &Value,
    salt: &Value,
    iterations: i64,
    dklen: Option<&Value>,
) -> PyResult<Ref<Bytes>> {
    let Some(algorithm) =
        Algorithm::named(&hash_name.to_display()).filter(|algorithm| !algorithm.is_extendable())
    else {
        bail!(
            ValueError,
            "unsupported hash type {}",
            hash_name.to_display()
        );
    };
    let (password, salt) = (data_of(password)?, data_of(salt)?);
    let rounds = positive(iterations, "iteration value")?;
    if rounds > i32::MAX as u64 {
        bail!(OverflowError, "iteration value is too great.");
    }
    let length = match dklen {
        None => algorithm.digest_size() as u64,
        Some(length) => positive(int::as_i64(length)?, "key length")?,
    };
    if length > i32::MAX as u64 {
        bail!(OverflowError, "key length is too great.");
    }
    let (password, salt) = (password.to_bytes(), salt.to_bytes());
    let key = runtime::allow_threads(|| {
        keyed::pbkdf2(algorithm, &password, &salt, rounds, length as usize)
    });
    Ok(Bytes::new(&key))
}

/// A key derived from a password by a function that takes much memory (RFC 7914).
#[function("($module, /, password, *, salt, n, r, p, maxmem=0, dklen=64)")]
fn scrypt(
    password: &Value,
    salt: &Value,
    n: u64,
    r: u64,
    p: u64,
    maxmem: i64,
    dklen: i64,
) -> PyResult<Ref<Bytes>> {
    let (password, salt) = (data_of(password)?, data_of(salt)?);
    if n < 2 || !n.is_power_of_two() {
        bail!(ValueError, "n must be a power of 2.");
    }
    if !(0..=i64::from(i32::MAX)).contains(&maxmem) {
        bail!(
            ValueError,
            "maxmem must be positive and smaller than {}",
            i32::MAX
        );
    }
    if !(1..=i64::from(i32::MAX)).contains(&dklen) {
        bail!(
            ValueError,
            "dklen must be greater than 0 and smaller than {}",
            i32::MAX
        );
    }
    let most = if maxmem == 0 {
        32 << 20
    } else {
        maxmem as u128
    };
    let needed = 128 * u128::from(r) * (u128::from(n) + u128::from(p) + 2);
    let (Ok(r), Ok(p)) = (u32::try_from(r), u32::try_from(p)) else {
        bail!(
            ValueError,
            "Invalid parameter combination for n, r, p, maxmem."
        )
    };
    let parameters = match ::scrypt::Params::new(n.trailing_zeros() as u8, r, p) {
        Ok(parameters) if needed <= most => parameters,
        _ => bail!(
            ValueError,
            "Invalid parameter combination for n, r, p, maxmem."
        ),
    };
    let (password, salt) = (password.to_bytes(), salt.to_bytes());
    let mut key = vec![0; dklen as usize];
    if runtime::allow_threads(|| ::scrypt::scrypt(&password, &salt, &parameters, &mut key)).is_err()
    {
        bail!(ValueError, "dklen is too large");
    }
    Ok(Bytes::new(&key))
}

/// Whether only approved algorithms are offered: never.
#[function]
fn get_fips_mode() -> i64 {
    0
}

define_module! {
    name = "_hashlib",
    doc = "Hash functions by name, keyed hashes, keys from passwords.",
    functions(
        new, openssl_md5, openssl_sha1, openssl_sha224, openssl_sha256, openssl_sha384, openssl_sha512, openssl_sha3_224,
        openssl_sha3_256, openssl_sha3_384, openssl_sha3_512, openssl_shake_128, openssl_shake_256, hmac_new, hmac_digest,
        compare_digest, pbkdf2_hmac, scrypt, get_fips_mode
    ),
    classes(NamedHash, ExtendableHash, KeyedHash),
    init = complete,
}

fn complete(module: &Ref<Module>) -> PyResult<()> {
    if !UNSUPPORTED_DIGESTMOD_ERROR.is_set() {
        let base = ExceptionKind::ValueError.class();
        UNSUPPORTED_DIGESTMOD_ERROR.set(exceptions::new_exception_class(
            "_hashlib",
            "UnsupportedDigestmodError",
            base,
        )?);
    }
    module.set(
        "UnsupportedDigestmodError",
        UNSUPPORTED_DIGESTMOD_ERROR.to_value(),
    );
    let names = Algorithm::ALL
        .iter()
        .map(|algorithm| Str::intern(algorithm.name()).into_value());
    module.set(
        "openssl_md_meth_names",
        FrozenSet::from_items(&names.collect::<Vec<_>>())?,
    );
    Ok(())
}
