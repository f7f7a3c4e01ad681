//! Iterators.
use crate::value::{Ref,Value};
use crate::class::Payload;
use taipan_macros::{class, methods};
#[class(name="iterator")]
pub struct SequenceIterator { sequence: Value }
impl SequenceIterator { pub fn new(sequence: Value) -> Ref<SequenceIterator> { crate::heap::new_object(SequenceIterator::class(), SequenceIterator{sequence}) } }
#[methods]
impl SequenceIterator {}
