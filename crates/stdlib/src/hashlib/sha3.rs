//! The module `_sha3`.

use taipan_macros::{class, constant, define_module, methods};
use taipan_objects::bytes::Bytes;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::algorithm::Algorithm;
use super::object::{Hasher, LONG, hexadecimal, initial};

macro_rules! sha3_class {
    ($class:ident, $name:literal, $algorithm:ident, $suffix:literal) => {
        sha3_class!($class, $name, $algorithm, $suffix, {
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
        });
    };
    (extendable $class:ident, $name:literal, $algorithm:ident, $suffix:literal) => {
        sha3_class!($class, $name, $algorithm, $suffix, {
            /// A digest of the data so far, as so many bytes.
            #[method("($self, /, length)")]
            fn digest(&self, length: &Value) -> PyResult<Ref<Bytes>> {
                Ok(Bytes::new(&self.hasher.read(length)?))
            }

            /// A digest of the data so far, of so many bytes, as hexadecimal digits.
            #[method("($self, /, length)")]
            fn hexdigest(&self, length: &Value) -> PyResult<Ref<Str>> {
                Ok(hexadecimal(&self.hasher.read(length)?))
            }
        });
    };
    ($class:ident, $name:literal, $algorithm:ident, $suffix:literal, { $($digests:tt)* }) => {
        /// A hash object.
        #[class(name = $name, module = "_sha3", flags(IMMUTABLE), doc = "A hash object of this SHA-3 function.")]
        pub struct $class {
            #[untraced]
            hasher: Hasher,
        }

        impl $class {
            const ALGORITHM: Algorithm = Algorithm::$algorithm;
        }

        #[methods]
        impl $class {
            #[new("(data=b'', *, usedforsecurity=True, string=None)", nosig)]
            fn new(class: &Ref<Type>, data: Option<&Value>, usedforsecurity: bool, string: Option<&Value>) -> PyResult<Ref<$class>> {
                let _ = usedforsecurity;
                let hasher = Hasher::start(Self::ALGORITHM, initial(data, string)?)?;
                Ok(heap::new_object(class, $class { hasher }))
            }

            /// A copy of the hash object.
            #[method]
            fn copy(&self) -> Ref<$class> {
                heap::new_object($class::class(), $class { hasher: self.hasher.copy() })
            }

            /// Takes more data in.
            #[method("($self, data, /)")]
            fn update(&self, data: &Value) -> PyResult<()> {
                self.hasher.update(data)
            }

            /// Bytes per block of the algorithm.
            #[getter]
            fn block_size(&self) -> usize {
                Self::ALGORITHM.block_size()
            }

            /// Bytes of the digest; 0 if the caller chooses.
            #[getter]
            fn digest_size(&self) -> usize {
                Self::ALGORITHM.digest_size()
            }

            /// The algorithm's name.
            #[getter]
            fn name(&self) -> &'static str {
                Self::ALGORITHM.name()
            }

            /// Bits of the state that no data touch directly.
            #[getter(name = "_capacity_bits")]
            fn capacity_bits(&self) -> usize {
                1600 - self.rate_bits()
            }

            /// Bits of data taken in at a time.
            #[getter(name = "_rate_bits")]
            fn rate_bits(&self) -> usize {
                Self::ALGORITHM.block_size() * 8
            }

            /// What is put behind the data.
            #[getter(name = "_suffix")]
            fn suffix(&self) -> Ref<Bytes> {
                Bytes::new(&[$suffix])
            }

            $($digests)*
        }
    };
}

sha3_class!(Sha3x224, "sha3_224", Sha3_224, 0x06);
sha3_class!(Sha3x256, "sha3_256", Sha3_256, 0x06);
sha3_class!(Sha3x384, "sha3_384", Sha3_384, 0x06);
sha3_class!(Sha3x512, "sha3_512", Sha3_512, 0x06);
sha3_class!(extendable Shake128, "shake_128", Shake128, 0x1f);
sha3_class!(extendable Shake256, "shake_256", Shake256, 0x1f);

#[constant(name = "_GIL_MINSIZE")]
const GIL_MINSIZE: usize = LONG;
#[constant(name = "implementation")]
const IMPLEMENTATION: &str = "RustCrypto";

define_module! {
    name = "_sha3",
    constants(GIL_MINSIZE, IMPLEMENTATION),
    classes(Sha3x224, Sha3x256, Sha3x384, Sha3x512, Shake128, Shake256),
}
