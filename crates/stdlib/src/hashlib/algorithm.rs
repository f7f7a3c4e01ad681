//! The hash functions themselves, one enum over the crates that compute them.

use ::md5::Md5;
use ::sha1::Sha1;
use ::sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use ::sha3::digest::{Digest, ExtendableOutput, Update, XofReader};
use ::sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};
use ::shake::{Shake128, Shake256};

macro_rules! algorithms {
    ($($name:ident $text:literal $block:literal $digest:literal,)*) => {
        /// Which hash function.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Algorithm { $($name,)* Shake128, Shake256, Blake2b, Blake2s }

        /// A hash function at work.
        #[derive(Clone)]
        pub enum Hash { $($name($name),)* Shake128(Shake128), Shake256(Shake256), Blake2b(Box<blake2b_simd::State>), Blake2s(Box<blake2s_simd::State>) }

        impl Algorithm {
            /// Every algorithm, in the order of their names in CPython's tables.
            pub const ALL: &[Algorithm] = &[
                $(Algorithm::$name,)* Algorithm::Shake128, Algorithm::Shake256, Algorithm::Blake2b, Algorithm::Blake2s,
            ];

            /// The name `hashlib` gives it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Algorithm::$name => $text,)*
                    Algorithm::Shake128 => "shake_128",
                    Algorithm::Shake256 => "shake_256",
                    Algorithm::Blake2b => "blake2b",
                    Algorithm::Blake2s => "blake2s",
                }
            }

            /// Bytes per block.
            pub fn block_size(self) -> usize {
                match self {
                    $(Algorithm::$name => $block,)*
                    Algorithm::Shake128 => 168,
                    Algorithm::Shake256 => 136,
                    Algorithm::Blake2b => 128,
                    Algorithm::Blake2s => 64,
                }
            }

            /// Bytes per digest; 0 if the caller chooses.
            pub fn digest_size(self) -> usize {
                match self {
                    $(Algorithm::$name => $digest,)*
                    Algorithm::Shake128 | Algorithm::Shake256 => 0,
                    Algorithm::Blake2b => 64,
                    Algorithm::Blake2s => 32,
                }
            }

            /// The function before any data.
            pub fn start(self) -> Hash {
                match self {
                    $(Algorithm::$name => Hash::$name(<$name as Digest>::new()),)*
                    Algorithm::Shake128 => Hash::Shake128(Shake128::default()),
                    Algorithm::Shake256 => Hash::Shake256(Shake256::default()),
                    Algorithm::Blake2b => Hash::Blake2b(Box::new(blake2b_simd::State::new())),
                    Algorithm::Blake2s => Hash::Blake2s(Box::new(blake2s_simd::State::new())),
                }
            }
        }

        impl Hash {
            /// Takes more data in.
            pub fn update(&mut self, data: &[u8]) {
                match self {
                    $(Hash::$name(state) => Digest::update(state, data),)*
                    Hash::Shake128(state) => state.update(data),
                    Hash::Shake256(state) => state.update(data),
                    Hash::Blake2b(state) => { state.update(data); }
                    Hash::Blake2s(state) => { state.update(data); }
                }
            }

            /// The digest of the data so far; empty for functions whose digest has any length.
            pub fn digest(&self) -> Vec<u8> {
                match self {
                    $(Hash::$name(state) => state.clone().finalize().to_vec(),)*
                    Hash::Shake128(_) | Hash::Shake256(_) => Vec::new(),
                    Hash::Blake2b(state) => state.finalize().as_bytes().to_vec(),
                    Hash::Blake2s(state) => state.finalize().as_bytes().to_vec(),
                }
            }
        }
    };
}

algorithms! {
    Md5 "md5" 64 16,
    Sha1 "sha1" 64 20,
    Sha224 "sha224" 64 28,
    Sha256 "sha256" 64 32,
    Sha384 "sha384" 128 48,
    Sha512 "sha512" 128 64,
    Sha512_224 "sha512_224" 128 28,
    Sha512_256 "sha512_256" 128 32,
    Sha3_224 "sha3_224" 144 28,
    Sha3_256 "sha3_256" 136 32,
    Sha3_384 "sha3_384" 104 48,
    Sha3_512 "sha3_512" 72 64,
}

impl Hash {
    /// A digest of `length` bytes, for functions whose digest has any length.
    pub fn read(&self, length: usize) -> Vec<u8> {
        let mut digest = vec![0; length];
        match self {
            Hash::Shake128(state) => state.clone().finalize_xof().read(&mut digest),
            Hash::Shake256(state) => state.clone().finalize_xof().read(&mut digest),
            _ => digest = self.digest(),
        }
        digest
    }
}

impl Algorithm {
    /// The algorithm that a name stands for, in the spellings that OpenSSL knows.
    pub fn named(name: &str) -> Option<Algorithm> {
        let name = name.to_ascii_lowercase().replace('-', "_");
        let name = match name.as_str() {
            "sha2_224" => "sha224",
            "sha2_256" => "sha256",
            "sha2_384" => "sha384",
            "sha2_512" => "sha512",
            "sha512/224" | "sha2_512/224" => "sha512_224",
            "sha512/256" | "sha2_512/256" => "sha512_256",
            "shake128" => "shake_128",
            "shake256" => "shake_256",
            "blake2b512" | "blake2b_512" => "blake2b",
            "blake2s256" | "blake2s_256" => "blake2s",
            "ssl3_md5" => "md5",
            "ssl3_sha1" | "sha" | "sha_1" => "sha1",
            name => name,
        };
        Algorithm::ALL
            .iter()
            .copied()
            .find(|algorithm| algorithm.name() == name)
    }

    /// Whether the digest has any length the caller asks for.
    pub fn is_extendable(self) -> bool {
        self.digest_size() == 0
    }
}
