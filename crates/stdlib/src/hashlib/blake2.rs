//! The module `_blake2`, with all parameters of the function: keys, salts, tree hashing.

use taipan_macros::{class, constant, define_module, methods};
use taipan_objects::buffer;
use taipan_objects::bytes::Bytes;
use taipan_objects::class::{Payload, Type};
use taipan_objects::int;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap};

use super::algorithm::Hash;
use super::object::{Hasher, LONG, initial, unsigned, unsigned_long};

/// The parameters of a BLAKE2 function, checked.
struct Parameters {
    digest_size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
    fanout: u8,
    depth: u8,
    leaf_size: u32,
    node_offset: u64,
    node_depth: u8,
    inner_size: usize,
    last_node: bool,
}

/// What differs between the two functions.
struct Limits {
    name: &'static str,
    digest: usize,
    key: usize,
    salt: usize,
    person: usize,
    node_offset: u64,
}

/// The arguments of a constructor, as they came.
struct Given<'a> {
    digest_size: Option<&'a Value>,
    key: Option<&'a Value>,
    salt: Option<&'a Value>,
    person: Option<&'a Value>,
    fanout: i32,
    depth: i32,
    leaf_size: Option<&'a Value>,
    node_offset: Option<&'a Value>,
    node_depth: i32,
    inner_size: i32,
    last_node: bool,
}

fn short_bytes(value: Option<&Value>, what: &str, most: usize) -> PyResult<Vec<u8>> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let bytes = buffer::bytes_like(value)?.to_bytes().into_owned();
    if bytes.len() > most {
        bail!(ValueError, "maximum {what} length is {most} bytes");
    }
    Ok(bytes)
}

fn small(value: i32, what: &str, least: u8) -> PyResult<u8> {
    match u8::try_from(value) {
        Ok(small) if small >= least => Ok(small),
        _ => bail!(ValueError, "{what} must be between {least} and 255"),
    }
}

impl Parameters {
    fn check(given: &Given<'_>, limits: &Limits) -> PyResult<Parameters> {
        let digest_size = match given.digest_size {
            Some(size) => int::as_i32(size)?,
            None => limits.digest as i32,
        };
        let Some(digest_size) = usize::try_from(digest_size)
            .ok()
            .filter(|&size| (1..=limits.digest).contains(&size))
        else {
            bail!(
                ValueError,
                "digest_size for {} must be between 1 and {} bytes, here it is {digest_size}",
                limits.name,
                limits.digest
            );
        };
        let salt = short_bytes(given.salt, "salt", limits.salt)?;
        let person = short_bytes(given.person, "person", limits.person)?;
        let fanout = small(given.fanout, "fanout", 0)?;
        let depth = small(given.depth, "depth", 1)?;
        let leaf_size = given.leaf_size.map_or(Ok(0), unsigned_long)?;
        let Ok(leaf_size) = u32::try_from(leaf_size) else {
            bail!(OverflowError, "leaf_size is too large")
        };
        let node_offset = given
            .node_offset
            .map_or(Ok(0), |offset| unsigned(offset, "unsigned long long"))?;
        if node_offset > limits.node_offset {
            bail!(OverflowError, "node_offset is too large");
        }
        let node_depth = small(given.node_depth, "node_depth", 0)?;
        let Some(inner_size) = usize::try_from(given.inner_size)
            .ok()
            .filter(|&size| size <= limits.digest)
        else {
            bail!(
                ValueError,
                "inner_size must be between 0 and is {}",
                limits.digest
            );
        };
        let key = short_bytes(given.key, "key", limits.key)?;
        Ok(Parameters {
            digest_size,
            key,
            salt,
            person,
            fanout,
            depth,
            leaf_size,
            node_offset,
            node_depth,
            inner_size,
            last_node: given.last_node,
        })
    }
}

macro_rules! blake2_class {
    ($class:ident, $name:literal, $variant:ident, $library:ident, $block:literal, $limits:expr) => {
        /// A hash object.
        #[class(name = $name, module = "_blake2", flags(BASETYPE), doc = "A hash object of this BLAKE2 function.")]
        pub struct $class {
            #[untraced]
            hasher: Hasher,
            #[untraced]
            digest_size: usize,
        }

        impl $class {
            const LIMITS: Limits = $limits;
        }

        #[methods]
        impl $class {
            #[constant]
            const MAX_DIGEST_SIZE: usize = Self::LIMITS.digest;
            #[constant]
            const MAX_KEY_SIZE: usize = Self::LIMITS.key;
            #[constant]
            const PERSON_SIZE: usize = Self::LIMITS.person;
            #[constant]
            const SALT_SIZE: usize = Self::LIMITS.salt;

            #[new("(data=b'', *, digest_size=MAX_DIGEST_SIZE, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)")]
            fn new(
                class: &Ref<Type>,
                data: Option<&Value>,
                digest_size: Option<&Value>,
                key: Option<&Value>,
                salt: Option<&Value>,
                person: Option<&Value>,
                fanout: i32,
                depth: i32,
                leaf_size: Option<&Value>,
                node_offset: Option<&Value>,
                node_depth: i32,
                inner_size: i32,
                last_node: bool,
                usedforsecurity: bool,
                string: Option<&Value>,
            ) -> PyResult<Ref<$class>> {
                let _ = usedforsecurity;
                let data = initial(data, string)?;
                let given = Given {
                    digest_size, key, salt, person, fanout, depth, leaf_size, node_offset, node_depth, inner_size, last_node,
                };
                let parameters = Parameters::check(&given, &Self::LIMITS)?;
                let mut builder = $library::Params::new();
                builder
                    .hash_length(parameters.digest_size)
                    .key(&parameters.key)
                    .salt(&parameters.salt)
                    .personal(&parameters.person)
                    .fanout(parameters.fanout)
                    .max_depth(parameters.depth)
                    .max_leaf_length(parameters.leaf_size)
                    .node_offset(parameters.node_offset)
                    .node_depth(parameters.node_depth)
                    .inner_hash_length(parameters.inner_size)
                    .last_node(parameters.last_node);
                let hasher = Hasher::new(Hash::$variant(Box::new(builder.to_state())), data)?;
                Ok(heap::new_object(class, $class { hasher, digest_size: parameters.digest_size }))
            }

            /// A copy of the hash object.
            #[method]
            fn copy(&self) -> Ref<$class> {
                heap::new_object($class::class(), $class { hasher: self.hasher.copy(), digest_size: self.digest_size })
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
            #[method("($self, data, /)")]
            fn update(&self, data: &Value) -> PyResult<()> {
                self.hasher.update(data)
            }

            /// Bytes per block of the algorithm.
            #[getter]
            fn block_size(&self) -> usize {
                $block
            }

            /// Bytes of the digest.
            #[getter]
            fn digest_size(&self) -> usize {
                self.digest_size
            }

            /// The algorithm's name.
            #[getter]
            fn name(&self) -> &'static str {
                $name
            }
        }
    };
}

blake2_class!(
    Blake2b,
    "blake2b",
    Blake2b,
    blake2b_simd,
    128,
    Limits {
        name: "Blake2b",
        digest: 64,
        key: 64,
        salt: 16,
        person: 16,
        node_offset: u64::MAX
    }
);
blake2_class!(
    Blake2s,
    "blake2s",
    Blake2s,
    blake2s_simd,
    64,
    Limits {
        name: "Blake2s",
        digest: 32,
        key: 32,
        salt: 8,
        person: 8,
        node_offset: (1 << 48) - 1
    }
);

#[constant(name = "_GIL_MINSIZE")]
const GIL_MINSIZE: usize = LONG;
#[constant]
const BLAKE2B_MAX_DIGEST_SIZE: usize = Blake2b::LIMITS.digest;
#[constant]
const BLAKE2B_MAX_KEY_SIZE: usize = Blake2b::LIMITS.key;
#[constant]
const BLAKE2B_PERSON_SIZE: usize = Blake2b::LIMITS.person;
#[constant]
const BLAKE2B_SALT_SIZE: usize = Blake2b::LIMITS.salt;
#[constant]
const BLAKE2S_MAX_DIGEST_SIZE: usize = Blake2s::LIMITS.digest;
#[constant]
const BLAKE2S_MAX_KEY_SIZE: usize = Blake2s::LIMITS.key;
#[constant]
const BLAKE2S_PERSON_SIZE: usize = Blake2s::LIMITS.person;
#[constant]
const BLAKE2S_SALT_SIZE: usize = Blake2s::LIMITS.salt;

define_module! {
    name = "_blake2",
    doc = "The hash functions BLAKE2b and BLAKE2s.",
    constants(
        GIL_MINSIZE, BLAKE2B_MAX_DIGEST_SIZE, BLAKE2B_MAX_KEY_SIZE, BLAKE2B_PERSON_SIZE, BLAKE2B_SALT_SIZE,
        BLAKE2S_MAX_DIGEST_SIZE, BLAKE2S_MAX_KEY_SIZE, BLAKE2S_PERSON_SIZE, BLAKE2S_SALT_SIZE
    ),
    classes(Blake2b, Blake2s),
}
