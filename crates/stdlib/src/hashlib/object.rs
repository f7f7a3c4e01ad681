//! What every hash object does, whatever its class.

use std::sync::{Mutex, MutexGuard, PoisonError};

use taipan_objects::bail;
use taipan_objects::buffer::{self, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::int;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::algorithm::{Algorithm, Hash};

/// Data of at least this many bytes are hashed without the interpreter lock.
pub const LONG: usize = 2048;

/// A hash function at work, shared by threads.
pub struct Hasher(Mutex<Hash>);

/// The bytes to hash.
pub fn data_of(value: &Value) -> PyResult<BufferView> {
    if value.downcast::<Str>().is_some() {
        bail!(TypeError, "Strings must be encoded before hashing");
    }
    if !buffer::is_bytes_like(value) {
        bail!(TypeError, "object supporting the buffer API required");
    }
    let view = buffer::bytes_like(value)?;
    if view.ndim() > 1 {
        bail!(BufferError, "Buffer must be single dimension");
    }
    Ok(view)
}

/// Runs `body`, without the interpreter lock if there is much to do.
pub fn off_lock<R>(len: usize, body: impl FnOnce() -> R) -> R {
    if len >= LONG {
        runtime::allow_threads(body)
    } else {
        body()
    }
}

/// The one of the arguments `data` and `string` that was given.
pub fn initial<'a>(
    data: Option<&'a Value>,
    string: Option<&'a Value>,
) -> PyResult<Option<&'a Value>> {
    if data.is_some() && string.is_some() {
        bail!(
            TypeError,
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in \
             a future version."
        );
    }
    Ok(data.or(string))
}

/// Lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> Ref<Str> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let text: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| {
            [
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]
        })
        .collect();
    Str::from_latin1(&text)
}

/// The length of a digest that the caller chooses.
pub fn chosen_length(length: &Value) -> PyResult<usize> {
    let length = unsigned_long(length)?;
    if length > 1 << 29 {
        bail!(ValueError, "value is too large");
    }
    Ok(length as usize)
}

/// An int that is not negative and fits an unsigned C long.
pub fn unsigned_long(value: &Value) -> PyResult<u64> {
    unsigned(value, "unsigned long")
}

/// An int that is not negative and fits the C type of this name, which has 64 bits.
pub fn unsigned(value: &Value, name: &str) -> PyResult<u64> {
    let found = int::with_index(value, |view| {
        if view.is_negative() {
            Err(())
        } else {
            Ok(view.unsigned_abs())
        }
    })?;
    match found {
        Ok(Some(number)) => Ok(number),
        Ok(None) => bail!(OverflowError, "Python int too large for C {name}"),
        Err(()) => bail!(ValueError, "Cannot convert negative int"),
    }
}

impl Hasher {
    /// The hash function, and what it starts with.
    pub fn new(hash: Hash, data: Option<&Value>) -> PyResult<Hasher> {
        let hasher = Hasher(Mutex::new(hash));
        if let Some(data) = data {
            hasher.update(data)?;
        }
        Ok(hasher)
    }

    /// The algorithm, and what it starts with.
    pub fn start(algorithm: Algorithm, data: Option<&Value>) -> PyResult<Hasher> {
        Hasher::new(algorithm.start(), data)
    }

    fn lock(&self) -> MutexGuard<'_, Hash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes more data in.
    pub fn update(&self, data: &Value) -> PyResult<()> {
        let view = data_of(data)?;
        let bytes = view.to_bytes();
        off_lock(bytes.len(), || self.lock().update(&bytes));
        Ok(())
    }

    /// The state, for another object that goes on from here.
    pub fn copy(&self) -> Hasher {
        Hasher(Mutex::new(self.state()))
    }

    /// The state.
    pub fn state(&self) -> Hash {
        self.lock().clone()
    }

    /// The digest as bytes.
    pub fn digest(&self) -> Ref<Bytes> {
        Bytes::new(&self.lock().digest())
    }

    /// The digest as hexadecimal digits.
    pub fn hexdigest(&self) -> Ref<Str> {
        hexadecimal(&self.lock().digest())
    }

    /// A digest of a chosen length.
    pub fn read(&self, length: &Value) -> PyResult<Vec<u8>> {
        Ok(self.lock().read(chosen_length(length)?))
    }
}

/// A class of hash objects with digests of fixed length, and the function that makes them.
macro_rules! hash_class {
    ($class:ident, $name:literal, $module:literal, $algorithm:ident, $make:ident) => {
        /// A hash object.
        #[taipan_macros::class(name = $name, module = $module, flags(NO_INSTANTIATION, IMMUTABLE))]
        pub struct $class {
            #[untraced]
            hasher: $crate::hashlib::object::Hasher,
        }

        impl $class {
            const ALGORITHM: $crate::hashlib::algorithm::Algorithm =
                $crate::hashlib::algorithm::Algorithm::$algorithm;
        }

        #[taipan_macros::methods]
        impl $class {
            /// A copy of the hash object.
            #[method]
            fn copy(&self) -> taipan_objects::value::Ref<$class> {
                let class = <$class as taipan_objects::class::Payload>::class();
                taipan_objects::heap::new_object(
                    class,
                    $class {
                        hasher: self.hasher.copy(),
                    },
                )
            }

            /// The digest of the data so far, as bytes.
            #[method]
            fn digest(&self) -> taipan_objects::value::Ref<taipan_objects::bytes::Bytes> {
                self.hasher.digest()
            }

            /// The digest of the data so far, as hexadecimal digits.
            #[method]
            fn hexdigest(&self) -> taipan_objects::value::Ref<taipan_objects::str::Str> {
                self.hasher.hexdigest()
            }

            /// Takes more data in.
            #[method("($self, obj, /)")]
            fn update(
                &self,
                obj: &taipan_objects::value::Value,
            ) -> taipan_objects::raised::PyResult<()> {
                self.hasher.update(obj)
            }

            /// Bytes per block of the algorithm.
            #[getter]
            fn block_size(&self) -> usize {
                Self::ALGORITHM.block_size()
            }

            /// Bytes of the digest.
            #[getter]
            fn digest_size(&self) -> usize {
                Self::ALGORITHM.digest_size()
            }

            /// The algorithm's name.
            #[getter]
            fn name(&self) -> &'static str {
                Self::ALGORITHM.name()
            }
        }

        /// A hash object that starts with the data given.
        #[taipan_macros::function("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
        pub fn $make(
            data: Option<&taipan_objects::value::Value>,
            usedforsecurity: bool,
            string: Option<&taipan_objects::value::Value>,
        ) -> taipan_objects::raised::PyResult<taipan_objects::value::Ref<$class>> {
            let _ = usedforsecurity;
            let data = $crate::hashlib::object::initial(data, string)?;
            let hasher = $crate::hashlib::object::Hasher::start($class::ALGORITHM, data)?;
            Ok(taipan_objects::heap::new_object(
                <$class as taipan_objects::class::Payload>::class(),
                $class { hasher },
            ))
        }
    };
}
pub(super) use hash_class;
