//! HMAC (RFC 2104) over any of the hash functions, and PBKDF2 (RFC 8018) over HMAC.

use super::algorithm::{Algorithm, Hash};

/// A keyed hash at work: the inner hash with the data, and the outer one that waits for its digest.
#[derive(Clone)]
pub struct Hmac {
    algorithm: Algorithm,
    inner: Hash,
    outer: Hash,
}

impl Hmac {
    /// Before any data. The algorithm's digests have a fixed length.
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Hmac {
        let mut block = if key.len() > algorithm.block_size() {
            let mut hash = algorithm.start();
            hash.update(key);
            hash.digest()
        } else {
            key.to_vec()
        };
        block.resize(algorithm.block_size(), 0);
        let keyed = |pad: u8| {
            let mut hash = algorithm.start();
            hash.update(&block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>());
            hash
        };
        Hmac {
            algorithm,
            inner: keyed(0x36),
            outer: keyed(0x5c),
        }
    }

    /// The hash function.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Takes more data in.
    pub fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// The digest of the data so far.
    pub fn digest(&self) -> Vec<u8> {
        let mut outer = self.outer.clone();
        outer.update(&self.inner.digest());
        outer.digest()
    }
}

/// A key of `length` bytes derived from a password.
pub fn pbkdf2(
    algorithm: Algorithm,
    password: &[u8],
    salt: &[u8],
    rounds: u64,
    length: usize,
) -> Vec<u8> {
    let keyed = Hmac::new(algorithm, password);
    let mut key = Vec::with_capacity(length);
    let mut block_index = 1u32;
    while key.len() < length {
        let mut first = keyed.clone();
        first.update(salt);
        first.update(&block_index.to_be_bytes());
        let mut last = first.digest();
        let mut block = last.clone();
        for _ in 1..rounds {
            let mut next = keyed.clone();
            next.update(&last);
            last = next.digest();
            block
                .iter_mut()
                .zip(&last)
                .for_each(|(byte, other)| *byte ^= other);
        }
        let wanted = (length - key.len()).min(block.len());
        key.extend_from_slice(&block[..wanted]);
        block_index += 1;
    }
    key
}
