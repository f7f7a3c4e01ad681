//! `BaseException`: the payload that every exception begins with, and what all exceptions can do.
//!
//! The arguments are always a tuple; traceback, cause and context are set by the interpreter as an exception travels, and
//! by Python code with checks. Notes (PEP 678) are an ordinary attribute of the instance.

use std::cell::Cell;

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{ClassBuilder, Layout, Payload, Trace, Type};
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

use super::ExceptionKind;

/// What every exception holds.
#[repr(C)]
pub struct BaseException {
    pub(crate) args: Slot<Ref<Tuple>>,
    pub(crate) traceback: Slot,
    pub(crate) cause: Slot,
    pub(crate) context: Slot,
    pub(crate) suppress_context: Cell<bool>,
}

impl BaseException {
    /// The inside of a fresh exception with these arguments.
    pub fn with_args(args: Ref<Tuple>) -> BaseException {
        BaseException {
            args: Slot::new(Some(args)),
            traceback: Slot::empty(),
            cause: Slot::empty(),
            context: Slot::empty(),
            suppress_context: Cell::new(false),
        }
    }

    /// The arguments.
    pub fn args(&self) -> Ref<Tuple> {
        self.args.get().unwrap_or_else(Tuple::empty)
    }

    /// The traceback object, if the exception was raised.
    pub fn traceback(&self) -> Option<Value> {
        self.traceback.get()
    }

    /// Sets or removes the traceback.
    pub fn set_traceback(&self, traceback: Option<Value>) {
        self.traceback.set(traceback);
    }

    /// The explicit cause (`raise … from cause`).
    pub fn cause(&self) -> Option<Value> {
        self.cause.get()
    }

    /// Sets the explicit cause; with or without one, the context is no longer shown.
    pub fn set_cause(&self, cause: Option<Value>) {
        self.suppress_context.set(true);
        self.cause.set(cause);
    }

    /// The exception that was being handled when this one was raised.
    pub fn context(&self) -> Option<Value> {
        self.context.get()
    }

    /// Sets or removes the context.
    pub fn set_context(&self, context: Option<Value>) {
        self.context.set(context);
    }

    /// Whether a traceback hides the context.
    pub fn suppresses_context(&self) -> bool {
        self.suppress_context.get()
    }
}

impl Trace for BaseException {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.args.trace(visit);
        self.traceback.trace(visit);
        self.cause.trace(visit);
        self.context.trace(visit);
    }

    fn clear(&self) {
        Trace::clear(&self.args);
        Trace::clear(&self.traceback);
        Trace::clear(&self.cause);
        Trace::clear(&self.context);
    }
}

static LAYOUT: Layout = Layout::of::<BaseException>("BaseException", None, true);

impl Payload for BaseException {
    fn layout() -> &'static Layout {
        &LAYOUT
    }

    fn class() -> &'static Ref<Type> {
        ExceptionKind::BaseException.class()
    }
}

/// Fills the class `BaseException`.
pub(super) fn build(builder: &ClassBuilder<'_>) {
    let slots = builder.slots();
    slots.new.set(Some(new));
    slots.init.set(Some(init));
    slots.repr.set(Some(repr));
    slots.str.set(Some(str));
}

/// Fills the class `KeyError`.
pub(super) fn build_key_error(builder: &ClassBuilder<'_>) {
    builder.slots().str.set(Some(key_error_str));
}

fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    let args = Tuple::from_slice(args.positional());
    Ok(heap::new_object(class, BaseException::with_args(args)).into_value())
}

fn init(this: &Value, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(&this.class().name())?;
    if let Some(exception) = this.downcast::<BaseException>() {
        exception.args.set(Some(Tuple::from_slice(args.positional())));
    }
    Ok(())
}

fn args_of(this: &Value) -> Ref<Tuple> {
    this.downcast::<BaseException>().map_or_else(Tuple::empty, |exception| exception.args())
}

fn repr(this: &Value) -> PyResult<Value> {
    let args = args_of(this);
    let inside = match args.tail() {
        [one] => format!("({})", protocol::repr(one)?.to_display()),
        _ => protocol::repr(args.as_value())?.to_display().into_owned(),
    };
    Ok(Str::new(&format!("{}{inside}", this.class().name())).into_value())
}

pub(super) fn str(this: &Value) -> PyResult<Value> {
    let args = args_of(this);
    match args.tail() {
        [] => Ok(Str::empty().into_value()),
        [one] => Ok(protocol::str(one)?.into_value()),
        _ => Ok(protocol::str(args.as_value())?.into_value()),
    }
}

/// A single key is shown as its repr: the message of `KeyError('')` would be empty otherwise.
fn key_error_str(this: &Value) -> PyResult<Value> {
    match args_of(this).tail() {
        [key] => Ok(protocol::repr(key)?.into_value()),
        _ => str(this),
    }
}
