//! `types.CapsuleType`: in CPython, a C pointer with a name.
//!
//! Extension modules in C are not loaded, so there are no capsules here; the class exists because programs ask whether
//! something is one.

use taipan_macros::{class, methods};

/// A capsule; never made.
#[class(
    name = "PyCapsule",
    flags(NO_INSTANTIATION),
    doc = "Capsule objects let you wrap a C \"void *\" pointer in a Python object."
)]
pub struct Capsule {}

#[methods]
impl Capsule {}
