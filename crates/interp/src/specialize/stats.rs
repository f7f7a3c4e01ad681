//! What specialization does, counted: attempts by family and outcome, and with the feature `stats` every execution.

use std::cell::RefCell;
use std::collections::BTreeMap;

use taipan_bytecode::Opcode;
use taipan_objects::cell::Locked;

use super::Found;

/// Why a site was not specialized.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Failure {
    /// Tests want every attempt to fail.
    Forced,
    /// No member of the family takes such operands.
    OtherType,
    /// The name, or the method, is not there.
    Absent,
    /// The namespace is of a subclass of dict.
    Subclass,
    /// The class or the dict has no version: too much of it changed, or its keys are no names.
    NoVersion,
    /// The version does not fit the cache any more.
    OutOfVersions,
    /// A number does not fit the cache.
    OutOfRange,
    /// The sequence has another length.
    WrongLength,
    /// Strings are compared for order.
    Ordering,
    /// Attribute access of the class is not that of `object`.
    Overridden,
    /// A descriptor that no member of the family knows.
    Descriptor,
    /// What the class has is of a class that can change: it may become a descriptor.
    MutableDescriptor,
    /// A method that is not called at once.
    BoundMethod,
    /// An attribute of the instance may hide what the class has.
    Shadowed,
    /// The layout of the instance has no fixed place for attributes.
    Layout,
    /// The function takes more than plain positional parameters.
    ComplexParameters,
    /// The metaclass calls in a way of its own.
    Metaclass,
}

static ATTEMPTS: Locked<RefCell<BTreeMap<(Opcode, Outcome), u64>>> =
    Locked::new(RefCell::new(BTreeMap::new()));

/// What an attempt came to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The site runs this opcode now.
    Specialized(Opcode),
    /// The site stays general.
    Failed(Failure),
}

/// Notes an attempt.
pub(super) fn attempt(base: Opcode, found: &Found) {
    let outcome = match found {
        Ok(member) => Outcome::Specialized(*member),
        Err(failure) => Outcome::Failed(*failure),
    };
    ATTEMPTS.with(|attempts| *attempts.borrow_mut().entry((base, outcome)).or_insert(0) += 1);
}

/// All attempts so far: family, outcome, how often.
pub fn attempts() -> Vec<(Opcode, Outcome, u64)> {
    ATTEMPTS.with(|attempts| {
        let attempts = attempts.borrow();
        attempts
            .iter()
            .map(|(&(base, outcome), &count)| (base, outcome, count))
            .collect()
    })
}
