//! `FrameLocalsProxy`: the variables of a running function as a mapping that reads and writes through (PEP 667).
//!
//! Names of the function's variables lead to their places in the frame, behind a cell where there is one; any other key is
//! kept in a dict of the frame object. A value that a write replaces stays alive with the frame object: words on the stacks
//! of this frame and of the frames it calls may borrow it. Invariant: the frame's address is read again after everything
//! that can run foreign code, because the frame may have ended and moved meanwhile.

use taipan_compiler::kinds;
use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell_object::CellObject;
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, heap, protocol};

use crate::code::Code;
use crate::frame_object::{FrameObject, local_value};
use crate::frame_stack::{Frame, StackRef};

/// The payload of `FrameLocalsProxy`.
#[class(name = "FrameLocalsProxy", flags(MAPPING))]
pub struct FrameLocalsProxy {
    frame: Ref<FrameObject>,
}

impl FrameLocalsProxy {
    /// The mapping of a frame's variables.
    pub fn new(frame: Ref<FrameObject>) -> Ref<FrameLocalsProxy> {
        heap::new_object(FrameLocalsProxy::class(), FrameLocalsProxy { frame })
    }

    /// The place of the variable that `key` names. For reading, the variable has a value; for writing, it is not one of
    /// an inlined comprehension.
    fn place(&self, key: &Value, reading: bool) -> PyResult<Option<usize>> {
        protocol::hash(key)?;
        let code = self.frame.code();
        let fits = |index: usize| match reading {
            true => self.frame.local(index).is_some(),
            false => code.localsplus_kinds.0[index] & kinds::HIDDEN == 0,
        };
        let is_key = |index: &usize| code.localsplus_names[*index].as_value().is(key);
        let count = code.localsplus_count();
        if (0..count).any(|index| is_key(&index)) {
            return Ok((0..count).filter(is_key).find(|&index| fits(index)));
        }
        if key
            .downcast_exact::<Str>()
            .is_some_and(|key| key.is_interned())
        {
            return Ok(None);
        }
        for index in 0..count {
            if protocol::equal(code.localsplus_names[index].as_value(), key)? && fits(index) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn find(&self, key: &Value) -> PyResult<Option<Value>> {
        if let Some(index) = self.place(key, true)?
            && let Some(value) = self.frame.local(index)
        {
            return Ok(Some(value));
        }
        match self.frame.extra_locals.get() {
            Some(extra) => extra.get(key),
            None => Ok(None),
        }
    }

    fn store(&self, key: &Value, value: &Value) -> PyResult<()> {
        if let Some(index) = self.place(key, false)? {
            self.frame.set_local(index, value);
            return Ok(());
        }
        let extra = self.frame.extra_locals.get().unwrap_or_else(|| {
            let made = Dict::new();
            self.frame.extra_locals.set(Some(made.clone()));
            made
        });
        extra.set(key.clone(), value.clone())
    }

    /// Removes a key that is no variable; nothing if there is none.
    fn remove(&self, key: &Value) -> PyResult<Option<Value>> {
        if self.place(key, false)?.is_some() {
            bail!(
                ValueError,
                "cannot remove local variables from FrameLocalsProxy"
            );
        }
        match self.frame.extra_locals.get() {
            Some(extra) => extra.pop(key),
            None => Ok(None),
        }
    }

    /// Names and values of all variables that have one.
    fn entries(&self) -> Vec<(Value, Value)> {
        let code = self.frame.code();
        let names = code.localsplus_names.iter().enumerate();
        let mut entries: Vec<_> = names
            .filter_map(|(index, name)| Some((name.to_value(), self.frame.local(index)?)))
            .collect();
        if let Some(extra) = self.frame.extra_locals.get() {
            entries.extend(extra.iter_snapshot());
        }
        entries
    }

    /// A dict of the variables as they are now.
    pub fn to_dict(&self) -> PyResult<Ref<Dict>> {
        let dict = Dict::new();
        for (key, value) in self.entries() {
            dict.set(key, value)?;
        }
        Ok(dict)
    }

    fn merge(&self, other: &Value) -> PyResult<()> {
        let keys = protocol::call_method(other, taipan_objects::id!("keys"), &[])?;
        for key in protocol::collect(&keys)? {
            self.store(&key, &protocol::getitem(other, &key)?)?;
        }
        Ok(())
    }
}

fn is_mergeable(value: &Value) -> bool {
    value.downcast::<Dict>().is_some() || value.downcast::<FrameLocalsProxy>().is_some()
}

fn default_of(args: &[Value]) -> Value {
    args.get(1).cloned().unwrap_or(Value::NONE)
}

impl FrameObject {
    /// The activation.
    pub(crate) fn activation(&self) -> *mut Frame {
        self.frame
            .get()
            .expect("a frame object points to its frame once it is made")
    }

    /// The code that runs in the frame.
    pub fn code(&self) -> Ref<Code> {
        // SAFETY: the frame is live while the object points to it.
        unsafe { (*self.activation()).code().clone() }
    }

    /// The value of the variable at a place.
    pub fn local(&self, index: usize) -> Option<Value> {
        // SAFETY: the frame is live while the object points to it, and callers pass places of its code.
        unsafe { local_value(self.activation(), index) }
    }

    /// Sets the variable at a place, behind its cell if it has one.
    fn set_local(&self, index: usize, value: &Value) {
        let code = self.code();
        // SAFETY: the frame is live while the object points to it; the place belongs to its code.
        unsafe {
            let word = Frame::locals(self.activation()).add(index);
            let old = *word;
            if code.localsplus_kinds.0[index] & (kinds::CELL | kinds::FREE) != 0
                && !old.is_null()
                && let Some(cell) = old.view().downcast_exact::<CellObject>()
            {
                cell.clone().contents.set(Some(value.clone()));
                return;
            }
            *word = StackRef::from_value(value.clone());
            if !old.is_borrowed() {
                self.keep(old.into_value());
            }
        }
    }

    /// Keeps a replaced value alive for as long as the frame may be borrowed from.
    fn keep(&self, value: Value) {
        if !value.is_pointer() {
            return;
        }
        self.overwritten.borrow_mut().push(value);
    }
}

#[methods]
impl FrameLocalsProxy {
    #[slot(new)]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let [frame] = args.positional() else {
            bail!(
                TypeError,
                "FrameLocalsProxy expected 1 argument, got {}",
                args.positional().len()
            );
        };
        let Some(frame) = frame.downcast::<FrameObject>() else {
            bail!(
                TypeError,
                "expect frame, not {}",
                frame.class().display_name()
            );
        };
        if !args.names().is_empty() {
            bail!(TypeError, "FrameLocalsProxy takes no keyword arguments");
        }
        Ok(FrameLocalsProxy::new(frame.clone()).into_value())
    }

    #[slot(repr)]
    fn repr(this: &Ref<FrameLocalsProxy>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("{...}"));
        };
        protocol::repr(this.to_dict()?.as_value())
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        if let Some(other) = other.downcast::<FrameLocalsProxy>() {
            let same = self.frame.is(&other.frame);
            return Ok(match comparison {
                Comparison::Eq => Value::from_bool(same),
                Comparison::Ne => Value::from_bool(!same),
                _ => Value::NOT_IMPLEMENTED,
            });
        }
        match other.downcast::<Dict>() {
            Some(_) => protocol::compare(self.to_dict()?.as_value(), other, comparison),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(iter)]
    fn iter(&self) -> PyResult<Value> {
        protocol::iter(self.keys().as_value())
    }

    #[slot(len)]
    fn length(&self) -> usize {
        self.entries().len()
    }

    #[slot(contains)]
    fn contains(&self, key: &Value) -> PyResult<bool> {
        self.find(key).map(|found| found.is_some())
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<Value> {
        match self.find(key)? {
            Some(value) => Ok(value),
            None => bail!(
                KeyError,
                "local variable '{}' is not defined",
                protocol::repr(key)?.to_display()
            ),
        }
    }

    #[slot(setitem)]
    fn setitem(&self, key: &Value, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(value) => self.store(key, value),
            None => match self.remove(key)? {
                Some(_) => Ok(()),
                None => Err(exceptions::key_error(key)),
            },
        }
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        if !is_mergeable(right) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let dict = Dict::new();
        dict.update_with(left)?;
        dict.update_with(right)?;
        Ok(dict.into_value())
    }

    #[slot(inplace_or)]
    fn inplace_or(this: &Ref<FrameLocalsProxy>, other: &Value) -> PyResult<Value> {
        if !is_mergeable(other) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        this.merge(other)?;
        Ok(this.to_value())
    }

    #[method("($self, object, /)", nosig)]
    fn update(&self, other: &Value) -> PyResult<()> {
        let refused = || {
            exc!(
                TypeError,
                "update() argument must be dict or another FrameLocalsProxy"
            )
        };
        if is_mergeable(other) {
            self.merge(other)
        } else {
            Err(refused())
        }
    }

    #[method("($self, /)", nosig)]
    fn __reversed__(&self) -> Ref<List> {
        let keys = self.keys();
        keys.reverse_all();
        keys
    }

    #[method("($self, /)", nosig)]
    fn copy(&self) -> PyResult<Ref<Dict>> {
        self.to_dict()
    }

    #[method("($self, /)", nosig)]
    fn keys(&self) -> Ref<List> {
        List::new(self.entries().into_iter().map(|(key, _)| key).collect())
    }

    #[method("($self, /)", nosig)]
    fn values(&self) -> Ref<List> {
        List::new(self.entries().into_iter().map(|(_, value)| value).collect())
    }

    #[method("($self, /)", nosig)]
    fn items(&self) -> Ref<List> {
        List::new(
            self.entries()
                .into_iter()
                .map(|(key, value)| Tuple::pair(key, value).into_value())
                .collect(),
        )
    }

    #[method(nosig)]
    fn get(&self, args: Args<'_>) -> PyResult<Value> {
        let [key, ..] = args.positional() else {
            bail!(TypeError, "get expected 1 or 2 arguments")
        };
        if args.values().len() > 2 {
            bail!(TypeError, "get expected 1 or 2 arguments");
        }
        Ok(self
            .find(key)?
            .unwrap_or_else(|| default_of(args.positional())))
    }

    #[method(nosig)]
    fn pop(&self, args: Args<'_>) -> PyResult<Value> {
        let values = args.positional_between("pop", 1, 2)?;
        match (self.remove(&values[0])?, values.get(1)) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(exceptions::key_error(&values[0])),
        }
    }

    #[method(nosig)]
    fn setdefault(&self, args: Args<'_>) -> PyResult<Value> {
        let [key, ..] = args.positional() else {
            bail!(TypeError, "setdefault expected 1 or 2 arguments")
        };
        if args.values().len() > 2 {
            bail!(TypeError, "setdefault expected 1 or 2 arguments");
        }
        if let Some(value) = self.find(key)? {
            return Ok(value);
        }
        let default = default_of(args.positional());
        self.store(key, &default)?;
        Ok(default)
    }
}
