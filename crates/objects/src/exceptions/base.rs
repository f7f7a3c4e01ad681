//! `BaseException`: the payload that every exception begins with, and what all exceptions can do.
//!
//! The arguments are always a tuple; traceback, cause and context are set by the interpreter as an exception travels, and
//! by Python code with checks. Notes (PEP 678) are an ordinary attribute of the instance.

use std::cell::Cell;

use taipan_macros::methods;

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{ClassBuilder, Layout, Payload, Trace, Type, Visitor};
use crate::dict::Dict;
use crate::list::List;
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::traceback::Traceback;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, id, instance, protocol};

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
    /// The class, for classes made from it; all exception classes are made together.
    pub fn init_class() -> &'static Ref<Type> {
        ExceptionKind::BaseException.class()
    }

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
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.args.trace(visitor);
        self.traceback.trace(visitor);
        self.cause.trace(visitor);
        self.context.trace(visitor);
    }

    fn clear(&self) {
        Trace::clear(&self.args);
        Trace::clear(&self.traceback);
        Trace::clear(&self.cause);
        Trace::clear(&self.context);
    }
}

pub(super) static LAYOUT: Layout = Layout::of::<BaseException>("BaseException", None, true);

impl Payload for BaseException {
    fn layout() -> &'static Layout {
        &LAYOUT
    }

    fn class() -> &'static Ref<Type> {
        ExceptionKind::BaseException.class()
    }
}

#[methods]
impl BaseException {
    #[new]
    fn py_new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let args = Tuple::from_slice(args.positional());
        Ok(heap::new_object(class, BaseException::with_args(args)).into_value())
    }

    #[init]
    fn py_init(this: &Value, args: Args<'_>) -> PyResult<()> {
        init(this, args)
    }

    #[slot(repr)]
    fn py_repr(this: &Ref<BaseException>) -> PyResult<Value> {
        let args = this.args();
        let mut text = StrBuilder::new();
        text.push_string(&this.class().name_object());
        match args.tail() {
            [one] => {
                let one = protocol::repr(one)?;
                text.push_str("(");
                text.push_string(&one);
                text.push_str(")");
            }
            _ => text.push_string(&*protocol::repr(args.as_value())?),
        }
        Ok(text.finish().into_value())
    }

    #[slot(str)]
    fn py_str(this: &Value) -> PyResult<Value> {
        str(this)
    }

    /// Add a note to the exception
    #[method("($self, note, /)")]
    fn add_note(this: &Ref<BaseException>, note: &Value) -> PyResult<()> {
        match note.downcast::<Str>() {
            Some(note) => append_note(this, note),
            None => bail!(
                TypeError,
                "note must be a str, not '{}'",
                note.class().name()
            ),
        }
    }

    /// Set self.__traceback__ to tb and return self.
    #[method("($self, tb, /)")]
    fn with_traceback(this: &Ref<BaseException>, tb: &Value) -> PyResult<Value> {
        this.assign_traceback(Some(tb))?;
        Ok(this.to_value())
    }

    #[method("($self, /)", name = "__reduce__")]
    fn py_reduce(this: &Ref<BaseException>) -> Value {
        let mut parts = vec![this.class().to_value(), this.args().into_value()];
        parts.extend(own_dict(this.as_value()).map(Ref::into_value));
        Tuple::new(parts).into_value()
    }

    #[method("($self, state, /)", name = "__setstate__")]
    fn py_setstate(this: &Ref<BaseException>, state: &Value) -> PyResult<()> {
        if state.is_none() {
            return Ok(());
        }
        let Some(state) = state.downcast::<Dict>() else {
            bail!(TypeError, "state is not a dictionary")
        };
        for (name, value) in state.iter_snapshot() {
            let Some(name) = name.downcast::<Str>() else {
                bail!(
                    TypeError,
                    "attribute name must be string, not '{}'",
                    name.class().name()
                )
            };
            protocol::setattr(this.as_value(), name, &value)?;
        }
        Ok(())
    }

    #[getter(name = "args")]
    fn py_args(&self) -> Ref<Tuple> {
        self.args()
    }

    #[setter(name = "args")]
    fn py_set_args(&self, new: Option<&Value>) -> PyResult<()> {
        let Some(new) = new else {
            bail!(TypeError, "args may not be deleted")
        };
        let args = match new.downcast_exact::<Tuple>() {
            Some(tuple) => tuple.clone(),
            None => Tuple::new(protocol::collect(new)?),
        };
        self.args.set(Some(args));
        Ok(())
    }

    #[getter(name = "__traceback__")]
    fn py_traceback(&self) -> Option<Value> {
        self.traceback()
    }

    #[setter(name = "__traceback__")]
    fn assign_traceback(&self, new: Option<&Value>) -> PyResult<()> {
        match new {
            None => bail!(TypeError, "__traceback__ may not be deleted"),
            Some(none) if none.is_none() => self.set_traceback(None),
            Some(traceback) if traceback.downcast::<Traceback>().is_some() => {
                self.set_traceback(Some(traceback.clone()))
            }
            Some(_) => bail!(TypeError, "__traceback__ must be a traceback or None"),
        }
        Ok(())
    }

    /// exception context
    #[getter(name = "__context__")]
    fn py_context(&self) -> Option<Value> {
        self.context()
    }

    #[setter(name = "__context__")]
    fn py_set_context(&self, new: Option<&Value>) -> PyResult<()> {
        match new {
            None => bail!(TypeError, "__context__ may not be deleted"),
            Some(none) if none.is_none() => self.set_context(None),
            Some(context) if context.downcast::<BaseException>().is_some() => {
                self.set_context(Some(context.clone()))
            }
            Some(_) => bail!(
                TypeError,
                "exception context must be None or derive from BaseException"
            ),
        }
        Ok(())
    }

    /// exception cause
    #[getter(name = "__cause__")]
    fn py_cause(&self) -> Option<Value> {
        self.cause()
    }

    #[setter(name = "__cause__")]
    fn py_set_cause(&self, new: Option<&Value>) -> PyResult<()> {
        match new {
            None => bail!(TypeError, "__cause__ may not be deleted"),
            Some(none) if none.is_none() => self.set_cause(None),
            Some(cause) if cause.downcast::<BaseException>().is_some() => {
                self.set_cause(Some(cause.clone()))
            }
            Some(_) => bail!(
                TypeError,
                "exception cause must be None or derive from BaseException"
            ),
        }
        Ok(())
    }

    #[getter(name = "__suppress_context__", member)]
    fn py_suppress_context(&self) -> bool {
        self.suppress_context.get()
    }

    #[setter(name = "__suppress_context__")]
    fn py_set_suppress_context(&self, new: Option<&Value>) -> PyResult<()> {
        match new {
            None => bail!(TypeError, "can't delete numeric/char attribute"),
            Some(value) if value.is_true() || value.is_false() => {
                self.suppress_context.set(value.is_true())
            }
            Some(_) => bail!(TypeError, "attribute value type must be bool"),
        }
        Ok(())
    }
}

/// `BaseException.__init__`: keeps the arguments.
pub(super) fn init(this: &Value, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(&this.class().name())?;
    set_args(this, args.positional());
    Ok(())
}

/// Keeps the arguments. Most often `__new__` was given the same ones just before.
pub(super) fn set_args(this: &Value, args: &[Value]) {
    let Some(exception) = this.downcast::<BaseException>() else {
        return;
    };
    let current = exception.args();
    if current.len() != args.len()
        || !current
            .tail()
            .iter()
            .zip(args)
            .all(|(old, new)| old.is(new))
    {
        exception.args.set(Some(Tuple::from_slice(args)));
    }
}

/// `BaseException.__str__`: nothing, the only argument, or all of them.
pub(super) fn str(this: &Value) -> PyResult<Value> {
    let args = this
        .downcast::<BaseException>()
        .map_or_else(Tuple::empty, |exception| exception.args());
    match args.tail() {
        [] => Ok(Str::empty().into_value()),
        [one] => Ok(protocol::str(one)?.into_value()),
        _ => Ok(protocol::str(args.as_value())?.into_value()),
    }
}

/// The instance's own attributes as a dict, if it has any.
pub(super) fn own_dict(this: &Value) -> Option<Ref<Dict>> {
    let table = instance::attributes(this)?;
    let class = this.class();
    if table.dict().is_none() && table.items(class.shared_keys()).is_empty() {
        return None;
    }
    Some(table.ensure_dict(class))
}

/// `exception.add_note(note)`.
pub(super) fn append_note(exception: &Ref<BaseException>, note: &Ref<Str>) -> PyResult<()> {
    let notes = match protocol::getattr_optional(exception.as_value(), id!("__notes__"))? {
        Some(notes) => notes,
        None => {
            let notes = List::new(Vec::new()).into_value();
            protocol::setattr(exception.as_value(), id!("__notes__"), &notes)?;
            notes
        }
    };
    match notes.downcast::<List>() {
        Some(list) => list.push(note.to_value()),
        None => bail!(TypeError, "Cannot add note: __notes__ is not a list"),
    }
}

/// Fills the class `BaseException`.
pub(super) fn build(builder: &ClassBuilder<'_>) {
    BaseException::build_methods(builder);
}

/// Fills the class `KeyError`: a single key is shown as its repr, because the message of `KeyError('')` would be empty
/// otherwise.
pub(super) fn build_key_error(builder: &ClassBuilder<'_>) {
    builder.slots().str.set(Some(|this| {
        let args = this
            .downcast::<BaseException>()
            .map_or_else(Tuple::empty, |exception| exception.args());
        match args.tail() {
            [key] => Ok(protocol::repr(key)?.into_value()),
            _ => str(this),
        }
    }));
}
