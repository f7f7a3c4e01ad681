//! The module `_sha2`.

use taipan_macros::{constant, define_module};

use super::object::{LONG, hash_class};

hash_class!(Sha224Type, "SHA224Type", "_sha2", Sha224, sha224);
hash_class!(Sha256Type, "SHA256Type", "_sha2", Sha256, sha256);
hash_class!(Sha384Type, "SHA384Type", "_sha2", Sha384, sha384);
hash_class!(Sha512Type, "SHA512Type", "_sha2", Sha512, sha512);

#[constant(name = "_GIL_MINSIZE")]
const GIL_MINSIZE: usize = LONG;

define_module! {
    name = "_sha2",
    functions(sha224, sha256, sha384, sha512),
    constants(GIL_MINSIZE),
    classes(Sha224Type, Sha256Type, Sha384Type, Sha512Type),
}
