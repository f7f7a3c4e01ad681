//! `_collections`: the native half of `collections`.

mod counting;
mod default_dict;
mod deque;
mod ordered_dict;
mod ordered_views;
mod tuple_getter;

pub use default_dict::DefaultDict;
pub use deque::{Deque, DequeIterator, DequeReverseIterator};
pub use ordered_dict::OrderedDict;
pub use tuple_getter::TupleGetter;

use taipan_macros::define_module;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Ref;

define_module! {
    name = "_collections",
    doc = "Containers: deque, defaultdict, OrderedDict.",
    functions(counting::_count_elements),
    classes(Deque, DefaultDict, DequeIterator, DequeReverseIterator, TupleGetter, OrderedDict),
    init = init,
}

fn init(_module: &Ref<Module>) -> PyResult<()> {
    ordered_views::init_classes();
    Ok(())
}
