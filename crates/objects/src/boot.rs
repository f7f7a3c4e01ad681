//! Bringing the builtin classes to life.
//!
//! `type`, `object`, `str`, `dict` and `tuple` need each other: a class has a name (a `str`), a dict and an MRO (a
//! `tuple`). So these are first allocated bare, then completed; all others follow in one step each.

use crate::class::{Payload, Type};
use crate::{
    bytes, cell_object, codecs, complex, descriptors, dict, exceptions, float, generic_alias, int,
    iterators, list, mapping_proxy, module, native, object, range, set, simple_namespace,
    singletons, slice, str, template, traceback, tuple, union, weakref,
};

/// Makes every builtin class. Called once, under the interpreter lock, before anything else; later calls do nothing.
pub fn boot() {
    if Type::is_allocated() && Type::class().is_ready() {
        return;
    }
    Type::allocate_class();
    object::Object::allocate_class();
    str::Str::allocate_class();
    dict::Dict::allocate_class();
    tuple::Tuple::allocate_class();
    native::allocate_classes();
    object::Object::init_class();
    Type::init_class();
    str::Str::init_class();
    dict::Dict::init_class();
    tuple::Tuple::init_class();
    native::init_classes();
    int::Int::init_class();
    float::Float::init_class();
    complex::Complex::init_class();
    singletons::init_classes();
    str::StrIterator::init_class();
    bytes::init_classes();
    codecs::EncodingMap::init_class();
    list::init_classes();
    tuple::iterator::TupleIterator::init_class();
    dict::init_classes();
    set::init_classes();
    slice::Slice::init_class();
    range::init_classes();
    iterators::init_classes();
    mapping_proxy::MappingProxy::init_class();
    generic_alias::init_classes();
    union::Union::init_class();
    simple_namespace::SimpleNamespace::init_class();
    module::Module::init_class();
    cell_object::CellObject::init_class();
    descriptors::BoundMethod::init_class();
    descriptors::StaticMethod::init_class();
    descriptors::ClassMethod::init_class();
    descriptors::Property::init_class();
    descriptors::Super::init_class();
    exceptions::init_classes();
    traceback::Traceback::init_class();
    template::init_classes();
    weakref::init_classes();
}
