//! `BaseExceptionGroup` and `ExceptionGroup` (PEP 654), and what `except*` does with them.
//!
//! A group is a tree whose leaves are plain exceptions. Splitting keeps the shape: each inner group is replaced by the part
//! of it that matches, made by the group's own `derive`, with traceback, cause, context and notes of the original.

use std::collections::HashSet;

use taipan_macros::methods;

use crate::args::Args;
use crate::class::{ClassBuilder, Type};
use crate::list::List;
use crate::native::GetSetDef;
use crate::raised::{PyResult, Raised};
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, id, protocol, thread};

use super::payload::{ExceptionPayload, exception_payload, view};
use super::{BaseException, ExceptionKind, is_exception_class, matches, raise_args};

exception_payload! {
    /// `BaseExceptionGroup`: a message and the exceptions, always a tuple.
    ExceptionGroup, BaseExceptionGroup, { message, exceptions, shown } {}
}

impl ExceptionGroup {
    /// The exceptions of the group.
    pub fn exceptions(&self) -> Ref<Tuple> {
        self.exceptions
            .get()
            .and_then(|tuple| tuple.into_ref::<Tuple>().ok())
            .unwrap_or_else(Tuple::empty)
    }

    /// The message of the group.
    pub fn message(&self) -> Value {
        self.message.get().unwrap_or(Value::NONE)
    }
}

/// Fills the class `BaseExceptionGroup`.
pub(super) fn build(builder: &ClassBuilder<'_>) {
    ExceptionGroup::build_methods(builder);
    builder.slots().new.set(Some(new));
    builder.slots().str.set(Some(str));
    builder.slots().repr.set(Some(repr));
    builder.getset(&MESSAGE);
    builder.getset(&EXCEPTIONS);
}

/// Gives `ExceptionGroup` its second base, `Exception`. It adds no layout and no slots, only a place in the MRO.
pub(super) fn add_exception_base(group: &Ref<Type>) {
    let base = ExceptionKind::BaseExceptionGroup.class();
    let exception = ExceptionKind::Exception.class();
    group
        .bases
        .set(Some(Tuple::pair(base.to_value(), exception.to_value())));
    let mut order = vec![group.to_value(), base.to_value()];
    order.extend(exception.mro().tail().iter().cloned());
    group.mro.set(Some(Tuple::new(order)));
    exception.add_subclass(group);
}

static MESSAGE: GetSetDef = GetSetDef {
    name: "message",
    doc: Some("exception message"),
    get: Some(|this| Ok(view::<ExceptionGroup>(this).message())),
    set: None,
    member: true,
};

static EXCEPTIONS: GetSetDef = GetSetDef {
    name: "exceptions",
    doc: Some("nested exceptions"),
    get: Some(|this| Ok(view::<ExceptionGroup>(this).exceptions().into_value())),
    set: None,
    member: true,
};

fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    let [message, given] = args.positional() else {
        bail!(
            TypeError,
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            args.positional().len()
        );
    };
    if message.downcast::<Str>().is_none() {
        bail!(
            TypeError,
            "BaseExceptionGroup.__new__() argument 1 must be str, not {}",
            message.class().name()
        );
    }
    if !protocol::is_sequence(given) {
        bail!(TypeError, "second argument (exceptions) must be a sequence");
    }
    let exceptions = protocol::collect(given)?;
    if exceptions.is_empty() {
        bail!(
            ValueError,
            "second argument (exceptions) must be a non-empty sequence"
        );
    }
    if let Some(index) = exceptions
        .iter()
        .position(|item| item.downcast::<BaseException>().is_none())
    {
        bail!(
            ValueError,
            "Item {index} of second argument (exceptions) is not an exception"
        );
    }
    let exception = ExceptionKind::Exception.class();
    let only_exceptions = exceptions
        .iter()
        .all(|item| item.class().is_subclass(exception));
    let mut class = class.clone();
    if class.is(ExceptionKind::BaseExceptionGroup.class()) {
        if only_exceptions {
            class = ExceptionKind::ExceptionGroup.class().clone();
        }
    } else if !only_exceptions {
        if class.is(ExceptionKind::ExceptionGroup.class()) {
            bail!(TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
        }
        if class.is_subclass(exception) {
            bail!(
                TypeError,
                "Cannot nest BaseExceptions in '{}'",
                class.name()
            );
        }
    }
    // The repr shows what was given; a mutable or lazy sequence may change later, so other types are shown as of now.
    let shown = match (given.downcast_exact::<Tuple>(), given.downcast::<List>()) {
        (None, None) => Some(protocol::repr(given)?.into_value()),
        _ => None,
    };
    let group = ExceptionGroup::fresh(BaseException::with_args(Tuple::from_slice(
        args.positional(),
    )));
    group.message.set(Some(message.clone()));
    group
        .exceptions
        .set(Some(Tuple::new(exceptions).into_value()));
    group.shown.set(shown);
    Ok(heap::new_object(&class, group).into_value())
}

fn str(this: &Value) -> PyResult<Value> {
    let group = view::<ExceptionGroup>(this);
    let mut text = StrBuilder::new();
    text.push_string(&*protocol::str(&group.message())?);
    let count = group.exceptions().len();
    text.push_str(&format!(
        " ({count} sub-exception{})",
        if count == 1 { "" } else { "s" }
    ));
    Ok(text.finish().into_value())
}

fn repr(this: &Value) -> PyResult<Value> {
    let group = view::<ExceptionGroup>(this);
    let exceptions = match group
        .shown
        .get()
        .and_then(|shown| shown.into_ref::<Str>().ok())
    {
        Some(shown) => shown,
        None => {
            let given_list = group
                .base
                .args()
                .get(1)
                .is_some_and(|given| given.downcast::<List>().is_some());
            let exceptions = group.exceptions();
            match given_list {
                true => protocol::repr(List::new(exceptions.to_vec()).as_value())?,
                false => protocol::repr(exceptions.as_value())?,
            }
        }
    };
    let mut text = StrBuilder::new();
    text.push_string(&this.class().name_object());
    text.push_str("(");
    text.push_string(&*protocol::repr(&group.message())?);
    text.push_str(", ");
    text.push_string(&exceptions);
    text.push_str(")");
    Ok(text.finish().into_value())
}

#[methods]
impl ExceptionGroup {
    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        Ok(crate::generic_alias::GenericAlias::new(class.to_value(), object.clone()).into_value())
    }

    #[method("($self, excs, /)", nosig)]
    fn derive(this: &Ref<ExceptionGroup>, excs: &Value) -> PyResult<Value> {
        protocol::call2(
            ExceptionKind::BaseExceptionGroup.class().as_value(),
            &this.message(),
            excs,
        )
    }

    #[method("($self, matcher_value, /)", nosig)]
    fn split(this: &Ref<ExceptionGroup>, matcher_value: &Value) -> PyResult<Value> {
        let matcher = Matcher::new(matcher_value)?;
        let parts = split_by(this.as_value(), &matcher, true)?;
        let or_none = |part: Option<Value>| part.unwrap_or(Value::NONE);
        Ok(Tuple::pair(or_none(parts.matching), or_none(parts.rest)).into_value())
    }

    #[method("($self, matcher_value, /)", nosig)]
    fn subgroup(this: &Ref<ExceptionGroup>, matcher_value: &Value) -> PyResult<Option<Value>> {
        let matcher = Matcher::new(matcher_value)?;
        Ok(split_by(this.as_value(), &matcher, false)?.matching)
    }
}

/// Which exceptions of a tree are wanted.
enum Matcher<'a> {
    Classes(&'a Value),
    Predicate(&'a Value),
    Leaves(HashSet<u64>),
}

impl<'a> Matcher<'a> {
    fn new(value: &'a Value) -> PyResult<Matcher<'a>> {
        if value.downcast::<Type>().is_none() && protocol::is_callable(value) {
            return Ok(Matcher::Predicate(value));
        }
        let classes = match value.downcast_exact::<Tuple>() {
            Some(tuple) => tuple.tail().iter().all(is_exception_class),
            None => is_exception_class(value),
        };
        if classes {
            return Ok(Matcher::Classes(value));
        }
        Err(exc!(
            TypeError,
            "expected an exception type, a tuple of exception types, or a callable (other than a class)"
        ))
    }

    fn matches(&self, exception: &Value) -> PyResult<bool> {
        match self {
            Matcher::Classes(classes) => matches(exception, classes),
            Matcher::Predicate(predicate) => {
                protocol::is_true(&protocol::call1(predicate, exception)?)
            }
            Matcher::Leaves(ids) => Ok(ids.contains(&exception.id())),
        }
    }
}

struct Parts {
    matching: Option<Value>,
    rest: Option<Value>,
}

fn split_by(exception: &Value, matcher: &Matcher<'_>, want_rest: bool) -> PyResult<Parts> {
    if matcher.matches(exception)? {
        return Ok(Parts {
            matching: Some(exception.clone()),
            rest: None,
        });
    }
    let Some(group) = exception.downcast::<ExceptionGroup>() else {
        return Ok(Parts {
            matching: None,
            rest: want_rest.then(|| exception.clone()),
        });
    };
    thread::check_stack(" in exceptiongroup_split_recursive")?;
    let (mut matching, mut rest) = (Vec::new(), Vec::new());
    for inner in group.exceptions().tail() {
        let parts = split_by(inner, matcher, want_rest)?;
        matching.extend(parts.matching);
        rest.extend(parts.rest);
    }
    let matching = subset(group, matching)?;
    let rest = if want_rest {
        subset(group, rest)?
    } else {
        None
    };
    Ok(Parts { matching, rest })
}

/// A group like `original` with only some exceptions; nothing for none.
fn subset(original: &Ref<ExceptionGroup>, exceptions: Vec<Value>) -> PyResult<Option<Value>> {
    if exceptions.is_empty() {
        return Ok(None);
    }
    let exceptions = List::new(exceptions).into_value();
    let made = protocol::call_method(original.as_value(), id!("derive"), &[exceptions])?;
    let Some(group) = made.downcast::<ExceptionGroup>() else {
        bail!(
            TypeError,
            "derive must return an instance of BaseExceptionGroup"
        );
    };
    group.base.set_traceback(original.base.traceback());
    group.base.set_context(original.base.context());
    group.base.set_cause(original.base.cause());
    let notes = protocol::getattr_optional(original.as_value(), id!("__notes__"))?;
    // Notes that are no sequence are the program's mistake, and a split is not the place to say so.
    if let Some(notes) = notes.filter(protocol::is_sequence) {
        let copy = List::new(protocol::collect(&notes)?).into_value();
        protocol::setattr(&made, id!("__notes__"), &copy)?;
    }
    Ok(Some(made))
}

/// Makes an exception group, of the class that fits its exceptions.
pub fn new_group(message: &str, exceptions: Vec<Value>) -> PyResult<Value> {
    let exceptions = List::new(exceptions).into_value();
    protocol::call2(
        ExceptionKind::BaseExceptionGroup.class().as_value(),
        Str::new(message).as_value(),
        &exceptions,
    )
}

/// What an `except*` clause takes of the exception, and what it leaves. `wrap_traceback` gives the traceback for a naked
/// exception's new group.
pub fn match_star(
    exception: &Value,
    classes: &Value,
    wrap_traceback: impl FnOnce() -> Option<Value>,
) -> PyResult<(Option<Value>, Option<Value>)> {
    check_star_classes(classes)?;
    if exception.is_none() {
        return Ok((None, None));
    }
    let is_group = exception.downcast::<ExceptionGroup>().is_some();
    if matches(exception, classes)? {
        if is_group {
            return Ok((Some(exception.clone()), None));
        }
        let inside = Tuple::from_slice(std::slice::from_ref(exception)).into_value();
        let group = protocol::call2(
            ExceptionKind::BaseExceptionGroup.class().as_value(),
            Str::empty().as_value(),
            &inside,
        )?;
        if let Some(payload) = group.downcast::<BaseException>() {
            payload.set_traceback(wrap_traceback());
        }
        return Ok((Some(group), None));
    }
    if !is_group {
        return Ok((None, Some(exception.clone())));
    }
    let answer = protocol::call_method(exception, id!("split"), std::slice::from_ref(classes))?;
    let Some(pair) = answer.downcast::<Tuple>() else {
        bail!(
            TypeError,
            "{}.split must return a tuple, not {}",
            exception.class().name(),
            answer.class().name()
        );
    };
    // More than two items are let through: the first two count.
    let [matching, rest, ..] = pair.tail() else {
        bail!(
            TypeError,
            "{}.split must return a 2-tuple, got tuple of size {}",
            exception.class().name(),
            pair.len()
        );
    };
    let some = |part: &Value| (!part.is_none()).then(|| part.clone());
    Ok((some(matching), some(rest)))
}

/// What may stand behind `except*`: exception classes, but no groups.
fn check_star_classes(classes: &Value) -> PyResult<()> {
    let group = ExceptionKind::BaseExceptionGroup.class();
    let check = |class: &Value| match class.downcast::<Type>() {
        Some(class) if class.is_subclass(group) => Err(star_group()),
        Some(_) if is_exception_class(class) => Ok(()),
        _ => Err(exc!(
            TypeError,
            "catching classes that do not inherit from BaseException is not allowed"
        )),
    };
    match classes.downcast::<Tuple>() {
        Some(tuple) => tuple.tail().iter().try_for_each(check),
        None => check(classes),
    }
}

#[cold]
fn star_group() -> Raised {
    exc!(
        TypeError,
        "catching ExceptionGroup with except* is not allowed. Use except instead."
    )
}

/// What is raised after all `except*` clauses ran: `excs` are the exceptions they raised or left (`None` for nothing).
/// Parts of the original that were re-raised are merged into one group again.
pub fn prep_reraise_star(original: &Value, excs: &[Value]) -> PyResult<Option<Value>> {
    let excs: Vec<&Value> = excs
        .iter()
        .filter(|exception| !exception.is_none())
        .collect();
    if excs.is_empty() {
        return Ok(None);
    }
    let Some(group) = original.downcast::<ExceptionGroup>() else {
        // A naked exception was wrapped, so one clause ran at most, and there is one exception.
        return Ok(Some(excs[0].clone()));
    };
    let (reraised, mut raised): (Vec<&Value>, Vec<&Value>) = excs
        .into_iter()
        .partition(|exception| same_metadata(exception, group));
    let projection = project(original, &reraised)?;
    if raised.is_empty() {
        return Ok(projection);
    }
    raised.extend(projection.as_ref());
    match raised.as_slice() {
        [one] => Ok(Some((*one).clone())),
        _ => Ok(Some(new_group("", raised.into_iter().cloned().collect())?)),
    }
}

/// Whether an exception is a part of the original group: parts share traceback, cause and context.
fn same_metadata(exception: &Value, original: &Ref<ExceptionGroup>) -> bool {
    let Some(group) = exception.downcast::<ExceptionGroup>() else {
        return false;
    };
    let same = |left: Option<Value>, right: Option<Value>| match (left, right) {
        (Some(left), Some(right)) => left.is(&right),
        (None, None) => true,
        _ => false,
    };
    same(group.base.traceback(), original.base.traceback())
        && same(group.base.cause(), original.base.cause())
        && same(group.base.context(), original.base.context())
}

/// The part of `group` whose leaves are those of `keep`.
fn project(group: &Value, keep: &[&Value]) -> PyResult<Option<Value>> {
    let mut leaves = HashSet::new();
    for exception in keep {
        collect_leaves(exception, &mut leaves)?;
    }
    Ok(split_by(group, &Matcher::Leaves(leaves), false)?.matching)
}

fn collect_leaves(exception: &Value, leaves: &mut HashSet<u64>) -> PyResult<()> {
    let Some(group) = exception.downcast::<ExceptionGroup>() else {
        leaves.insert(exception.id());
        return Ok(());
    };
    thread::check_stack(" in collect_exception_group_leaf_ids")?;
    for inner in group.exceptions().tail() {
        collect_leaves(inner, leaves)?;
    }
    Ok(())
}

/// Raises an exception group.
#[cold]
pub fn raise_group(message: &str, exceptions: Vec<Value>) -> Raised {
    let args = vec![
        Str::new(message).into_value(),
        List::new(exceptions).into_value(),
    ];
    raise_args(ExceptionKind::BaseExceptionGroup.class(), args)
}
