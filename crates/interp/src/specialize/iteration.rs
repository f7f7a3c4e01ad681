//! FOR_ITER and SEND.

use taipan_bytecode::Opcode;
use taipan_objects::list::iterators::ListIterator;
use taipan_objects::range::RangeIterator;
use taipan_objects::tuple::iterator::TupleIterator;

use super::stats::Failure;
use super::{Found, Site};
use crate::cursor::Cursor;
use crate::generator::{Coroutine, Generator};
use crate::uops::is_exact;

/// Code units of the longest loop whose generators are resumed in its frame's loop.
const MAX_LOOP: u32 = 0x7fff;

/// What the loop runs over.
pub(crate) fn for_iter(_: &Site, c: &Cursor, oparg: u32) -> Found {
    let iterator = c.word(0);
    if is_exact::<RangeIterator>(iterator) {
        Ok(Opcode::ForIterRange)
    } else if is_exact::<ListIterator>(iterator) {
        Ok(Opcode::ForIterList)
    } else if is_exact::<TupleIterator>(iterator) {
        Ok(Opcode::ForIterTuple)
    } else if is_exact::<Generator>(iterator) {
        // The generator's return goes behind the loop: the frame keeps how far that is in sixteen bits.
        if oparg < MAX_LOOP {
            Ok(Opcode::ForIterGen)
        } else {
            Err(Failure::OutOfRange)
        }
    } else {
        Err(Failure::OtherType)
    }
}

/// What gets the value.
pub(crate) fn send(_: &Site, c: &Cursor, _: u32) -> Found {
    let receiver = c.word(1);
    if is_exact::<Generator>(receiver) || is_exact::<Coroutine>(receiver) {
        Ok(Opcode::SendGen)
    } else {
        Err(Failure::OtherType)
    }
}
