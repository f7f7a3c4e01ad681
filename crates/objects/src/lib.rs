//! Values, types and containers: everything a Python program touches, without the interpreter that runs it.
//!
//! Reading order: [`value`] (the 64-bit word), [`header`] and [`heap`] (objects in memory), [`cell`] (change under the
//! interpreter lock), [`class`] (types, slots, lookup), [`instance`] (attributes), [`native`] and the macros (how builtin
//! functions and classes are written), [`protocol`] (what operators mean), then the types themselves. [`boot`] brings the
//! classes to life in an order that works. Everything runs under one process-wide lock ([`runtime`]); functions take
//! values and answer [`raised::PyResult`], and there is no context parameter.

extern crate self as taipan_objects;

pub mod cell;
pub mod header;
#[macro_use]
pub mod raised;
#[macro_use]
#[allow(
    clippy::useless_conversion,
    reason = "each_kind! writes code once for three widths of characters"
)]
pub mod str;

pub mod annotations;
pub mod args;
pub mod blocks;
pub mod boot;
pub mod buffer;
pub mod builtins;
pub mod bytes;
pub mod cell_object;
pub mod class;
pub mod codecs;
pub mod complex;
pub mod descriptors;
pub mod dict;
pub mod exceptions;
pub mod float;
pub mod format;
pub mod gc;
pub mod generic_alias;
pub mod hash;
pub mod heap;
pub mod instance;
pub mod int;
pub mod iterators;
pub mod list;
pub mod mapping_proxy;
pub mod module;
pub mod native;
pub mod object;
pub mod protocol;
pub mod range;
pub mod rare_events;
pub mod runtime;
pub mod sequence;
pub mod set;
pub mod signals;
pub mod simple_namespace;
pub mod singletons;
pub mod slice;
pub mod structseq;
pub mod template;
pub mod thread;
pub mod traceback;
pub mod tuple;
pub mod union;
pub mod value;
pub mod warnings;
pub mod weakref;
