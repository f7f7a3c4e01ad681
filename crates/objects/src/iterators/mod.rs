//! The iterators that belong to no container: over anything indexable, over calls, and the builtin adaptors.
//!
//! An iterator says that it ended by answering nothing; StopIteration exists only at the borders to Python code. One that
//! ended lets go of what it went over and stays ended.

mod adaptors;
mod calls;
mod enumerate;
mod reversed;
mod sequence;

pub use adaptors::{Filter, Map, Zip};
pub use calls::CallableIterator;
pub use enumerate::Enumerate;
pub use reversed::Reversed;
pub use sequence::SequenceIterator;

use crate::list::List;
use crate::raised::PyResult;
use crate::runtime;
use crate::tuple::Tuple;
use crate::value::Value;

/// A builtin function, as pickles name it.
pub(crate) fn builtin(name: &str) -> PyResult<Value> {
    runtime::builtin(name)
}

/// The pickle form of an iterator: `function(object)`, then the state.
pub(crate) fn reduce_iterator(function: &str, object: Value, state: Value) -> PyResult<Value> {
    let function = builtin(function)?;
    Ok(Tuple::from_array([function, Tuple::from_array([object]).into_value(), state]).into_value())
}

/// The pickle form of an iterator that ended: `function([])`.
pub(crate) fn reduce_exhausted(function: &str) -> PyResult<Value> {
    reduce_items(function, Vec::new())
}

/// The pickle form of an iterator that has only these items left: `function([items])`.
pub(crate) fn reduce_items(function: &str, items: Vec<Value>) -> PyResult<Value> {
    let list = List::new(items).into_value();
    Ok(Tuple::pair(builtin(function)?, Tuple::from_array([list]).into_value()).into_value())
}

/// Makes the classes.
pub fn init_classes() {
    SequenceIterator::init_class();
    CallableIterator::init_class();
    Enumerate::init_class();
    Reversed::init_class();
    Zip::init_class();
    Map::init_class();
    Filter::init_class();
}
