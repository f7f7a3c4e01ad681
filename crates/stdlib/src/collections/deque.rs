//! `deque`: a sequence that is quick at both ends.
//!
//! The items are in a ring buffer. `state` counts the changes of its structure, by which iterators and searches notice that
//! the deque changed under them. No borrow of the buffer is held while items are compared or released.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use taipan_macros::{class, methods};
use taipan_objects::args::{Args, Bound, ParamSpec};
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Comparison, Payload, Trace, Type, Visitor};
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::heap;
use taipan_objects::id;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::sequence;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// The payload of deques.
#[class(
    name = "deque",
    module = "collections",
    doc = "deque([iterable[, maxlen]]) -> a sequence to which items are added and from which they are taken quickly at both ends.\n\nWith maxlen, items fall out at one end when the other gets too many.",
    flags(BASETYPE, SEQUENCE, WEAKREFABLE),
    manual_trace
)]
pub struct Deque {
    items: RefCell<VecDeque<Value>>,
    max_len: Cell<Option<usize>>,
    state: Cell<usize>,
}

impl Trace for Deque {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Ok(items) = self.items.try_borrow() {
            items.iter().for_each(|value| visitor.visit(value));
        }
    }

    fn clear(&self) {
        drop(self.take_all());
    }
}

/// Which end of the deque.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Left,
    Right,
}

impl Deque {
    fn new_in(class: &Ref<Type>, max_len: Option<usize>) -> Ref<Deque> {
        let payload = Deque {
            items: RefCell::new(VecDeque::new()),
            max_len: Cell::new(max_len),
            state: Cell::new(0),
        };
        heap::new_object(class, payload)
    }

    fn len(&self) -> usize {
        self.items.borrow().len()
    }

    fn get(&self, index: usize) -> Option<Value> {
        self.items.borrow().get(index).cloned()
    }

    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    fn take_all(&self) -> VecDeque<Value> {
        self.changed();
        std::mem::take(&mut *self.items.borrow_mut())
    }

    fn snapshot(&self) -> Vec<Value> {
        self.items.borrow().iter().cloned().collect()
    }

    /// Adds an item at one end; the one that falls out at the other is released.
    fn push(&self, end: End, item: Value) -> PyResult<()> {
        self.changed();
        let mut items = self.items.borrow_mut();
        if items.try_reserve(1).is_err() {
            drop(items);
            bail!(MemoryError, "");
        }
        match end {
            End::Left => items.push_front(item),
            End::Right => items.push_back(item),
        }
        let overflow = match self.max_len.get() {
            Some(most) if items.len() > most => match end {
                End::Left => items.pop_back(),
                End::Right => items.pop_front(),
            },
            _ => None,
        };
        drop(items);
        drop(overflow);
        Ok(())
    }

    fn take(&self, end: End) -> PyResult<Value> {
        let taken = match end {
            End::Left => self.items.borrow_mut().pop_front(),
            End::Right => self.items.borrow_mut().pop_back(),
        };
        match taken {
            Some(item) => {
                self.changed();
                Ok(item)
            }
            None => bail!(IndexError, "pop from an empty deque"),
        }
    }

    fn extend(this: &Ref<Deque>, end: End, iterable: &Value) -> PyResult<()> {
        if iterable.is(this.as_value()) {
            return this
                .snapshot()
                .into_iter()
                .try_for_each(|item| this.push(end, item));
        }
        let iterator = protocol::iter(iterable)?;
        while let Some(item) = protocol::next(&iterator)? {
            this.push(end, item)?;
        }
        Ok(())
    }

    fn rotate_by(&self, count: isize) {
        let mut items = self.items.borrow_mut();
        if items.len() > 1 {
            let turn = count.rem_euclid(items.len() as isize) as usize;
            items.rotate_right(turn);
            drop(items);
            self.changed();
        }
    }

    /// A deque of the same items: of the same class, made by calling it if it is a subclass.
    fn duplicate(this: &Ref<Deque>) -> PyResult<Value> {
        let class = this.class();
        if class.is(Deque::class()) {
            let copy = Deque::new_in(class, this.max_len.get());
            *copy.items.borrow_mut() = this.items.borrow().clone();
            return Ok(copy.into_value());
        }
        let copy = match this.max_len.get() {
            None => protocol::call1(class.as_value(), this.as_value())?,
            Some(most) => {
                protocol::call2(class.as_value(), this.as_value(), &int::from_usize(most))?
            }
        };
        if copy.downcast::<Deque>().is_none() {
            bail!(
                TypeError,
                "{}() must return a deque, not {}",
                class.name(),
                copy.class().name()
            );
        }
        Ok(copy)
    }

    /// The position an index stands for.
    fn place(&self, index: &Value) -> PyResult<usize> {
        let position = protocol::to_index(index)?;
        match protocol::wrap_index(position, self.len()) {
            Some(place) => Ok(place),
            None => bail!(IndexError, "deque index out of range"),
        }
    }

    fn repeat_in_place(&self, times: &Value) -> PyResult<()> {
        let times = sequence::repeat_count(times)?;
        let items = self.snapshot();
        if items.is_empty() || times == 1 {
            return Ok(());
        }
        if times == 0 {
            drop(self.take_all());
            return Ok(());
        }
        // With a bound only the last copies can stay.
        let copies = match self.max_len.get() {
            Some(most) => times.min(most.div_ceil(items.len()).max(1)),
            None => times,
        };
        let mut all: VecDeque<Value> = sequence::repeat(&items, copies)?.into();
        if let Some(most) = self.max_len.get()
            && all.len() > most
        {
            drop(all.drain(..all.len() - most));
        }
        self.changed();
        let old = self.items.replace(all);
        drop(old);
        Ok(())
    }

    /// Calls `found` for each item that equals `value` in `start..stop` until it answers true.
    fn search(
        &self,
        value: &Value,
        start: usize,
        stop: usize,
        message: &str,
        mut found: impl FnMut(usize) -> bool,
    ) -> PyResult<()> {
        let state = self.state.get();
        let mut index = start;
        while index < stop
            && let Some(item) = self.get(index)
        {
            let same = sequence::same_item(&item, value)?;
            if self.state.get() != state {
                return Err(match message {
                    "remove" => taipan_objects::exc!(IndexError, "deque mutated during remove()."),
                    _ => taipan_objects::exc!(RuntimeError, "deque mutated during iteration"),
                });
            }
            if same && found(index) {
                return Ok(());
            }
            index += 1;
        }
        Ok(())
    }
}

const INIT: ParamSpec = ParamSpec {
    function: "deque",
    names: &["iterable", "maxlen"],
    positional_only: 0,
    positional: 2,
    required: &[false, false],
    varargs: false,
    varkw: false,
};

#[methods]
impl Deque {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<Deque>> {
        Ok(Deque::new_in(class, None))
    }

    #[init(nosig)]
    fn init(this: &Ref<Deque>, args: Args<'_>) -> PyResult<()> {
        let bound: Bound<'_, 2> = INIT.bind(args)?;
        let [iterable, max_len] = bound.values;
        let max_len = match max_len.filter(|max_len| !max_len.is_none()) {
            None => None,
            Some(max_len) => {
                if max_len.class().slots.index.get().is_none() {
                    bail!(TypeError, "an integer is required");
                }
                match usize::try_from(int::as_isize(max_len)?) {
                    Ok(most) => Some(most),
                    Err(_) => bail!(ValueError, "maxlen must be non-negative"),
                }
            }
        };
        this.max_len.set(max_len);
        drop(this.take_all());
        match iterable {
            Some(iterable) => Deque::extend(this, End::Right, iterable),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<Deque>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("[...]"));
        };
        let items = this.snapshot();
        let close = match this.max_len.get() {
            Some(most) => format!("], maxlen={most})"),
            None => "])".to_owned(),
        };
        let open = format!("{}([", this.class().name_object().to_display());
        sequence::repr(&open, &close, |index| items.get(index).cloned())
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<Deque>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let (left_state, right_state) = (self.state.get(), other.state.get());
        let result = sequence::compare(
            |index| self.get(index),
            |index| other.get(index),
            || (self.len(), other.len()),
            comparison,
        )?;
        if (self.state.get(), other.state.get()) != (left_state, right_state) {
            bail!(RuntimeError, "deque mutated during iteration");
        }
        Ok(result)
    }

    #[slot(iter)]
    fn iter(this: &Ref<Deque>) -> Value {
        DequeIterator::over(this, 0).into_value()
    }

    #[slot(len)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(getitem)]
    fn getitem(&self, index: &Value) -> PyResult<Value> {
        if index.class().slots.index.get().is_none() {
            bail!(
                TypeError,
                "sequence index must be integer, not '{}'",
                index.class().name()
            );
        }
        let place = self.place(index)?;
        match self.get(place) {
            Some(item) => Ok(item),
            None => bail!(IndexError, "deque index out of range"),
        }
    }

    #[slot(setitem)]
    fn setitem(&self, index: &Value, value: Option<&Value>) -> PyResult<()> {
        if index.class().slots.index.get().is_none() {
            bail!(
                TypeError,
                "sequence index must be integer, not '{}'",
                index.class().name()
            );
        }
        let place = self.place(index)?;
        let old = match value {
            Some(value) => self
                .items
                .borrow_mut()
                .get_mut(place)
                .map(|item| std::mem::replace(item, value.clone())),
            None => {
                self.changed();
                self.items.borrow_mut().remove(place)
            }
        };
        drop(old);
        Ok(())
    }

    #[slot(contains)]
    fn contains(&self, item: &Value) -> PyResult<bool> {
        let mut is_there = false;
        self.search(item, 0, usize::MAX, "iteration", |_| {
            is_there = true;
            true
        })?;
        Ok(is_there)
    }

    #[slot(concat)]
    fn concat(this: &Ref<Deque>, other: &Value) -> PyResult<Value> {
        if other.downcast::<Deque>().is_none() {
            bail!(
                TypeError,
                "can only concatenate deque (not \"{}\") to deque",
                other.class().name()
            );
        }
        let copy = Deque::duplicate(this)?;
        match copy.downcast::<Deque>() {
            Some(deque) => Deque::extend(deque, End::Right, other)?,
            None => return Ok(Value::NOT_IMPLEMENTED),
        }
        Ok(copy)
    }

    #[slot(repeat)]
    fn repeat(this: &Ref<Deque>, times: &Value) -> PyResult<Value> {
        sequence::repeat_count(times)?;
        let copy = Deque::duplicate(this)?;
        if let Some(deque) = copy.downcast::<Deque>() {
            deque.repeat_in_place(times)?;
        }
        Ok(copy)
    }

    #[slot(inplace_concat)]
    fn inplace_concat(this: &Ref<Deque>, other: &Value) -> PyResult<Value> {
        Deque::extend(this, End::Right, other)?;
        Ok(this.to_value())
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat(this: &Ref<Deque>, times: &Value) -> PyResult<Value> {
        this.repeat_in_place(times)?;
        Ok(this.to_value())
    }

    /// Add an item at the right end.
    #[method("($self, item, /)")]
    fn append(&self, item: Value) -> PyResult<()> {
        self.push(End::Right, item)
    }

    /// Add an item at the left end.
    #[method("($self, item, /)")]
    fn appendleft(&self, item: Value) -> PyResult<()> {
        self.push(End::Left, item)
    }

    /// Remove all items.
    #[method]
    fn clear(&self) {
        drop(self.take_all());
    }

    /// A deque of the same items.
    #[method]
    fn __copy__(this: &Ref<Deque>) -> PyResult<Value> {
        Deque::duplicate(this)
    }

    /// A deque of the same items.
    #[method]
    fn copy(this: &Ref<Deque>) -> PyResult<Value> {
        Deque::duplicate(this)
    }

    /// How many items equal value.
    #[method]
    fn count(&self, value: &Value) -> PyResult<usize> {
        let mut count = 0;
        self.search(value, 0, usize::MAX, "iteration", |_| {
            count += 1;
            false
        })?;
        Ok(count)
    }

    /// Add the items of an iterable at the right end.
    #[method(name = "extend")]
    fn extend_method(this: &Ref<Deque>, iterable: &Value) -> PyResult<()> {
        Deque::extend(this, End::Right, iterable)
    }

    /// Add the items of an iterable at the left end, one after the other.
    #[method]
    fn extendleft(this: &Ref<Deque>, iterable: &Value) -> PyResult<()> {
        Deque::extend(this, End::Left, iterable)
    }

    /// The position of the first item that equals value.
    ///
    /// ValueError if there is none.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(&self, value: &Value, start: Option<&Value>, stop: Option<&Value>) -> PyResult<usize> {
        let len = self.len();
        let start = sequence::search_bound(start, 0, len)?;
        let stop = sequence::search_bound(stop, isize::MAX, len)?.min(len);
        let mut place = None;
        self.search(value, start, stop, "iteration", |index| {
            place = Some(index);
            true
        })?;
        match place {
            Some(place) => Ok(place),
            None => bail!(ValueError, "deque.index(x): x not in deque"),
        }
    }

    /// Put a value before the item at index.
    #[method]
    fn insert(&self, index: &Value, value: Value) -> PyResult<()> {
        let index = protocol::to_size(index)?;
        let len = self.len();
        if self.max_len.get().is_some_and(|most| len >= most) {
            bail!(IndexError, "deque already at its maximum size");
        }
        let place = if index < 0 {
            (index + len as isize).max(0) as usize
        } else {
            (index as usize).min(len)
        };
        self.changed();
        self.items.borrow_mut().insert(place, value);
        Ok(())
    }

    /// Remove the item at the right end and return it.
    #[method]
    fn pop(&self) -> PyResult<Value> {
        self.take(End::Right)
    }

    /// Remove the item at the left end and return it.
    #[method]
    fn popleft(&self) -> PyResult<Value> {
        self.take(End::Left)
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Deque>) -> PyResult<Value> {
        let state = protocol::call_method(this.as_value(), id!("__getstate__"), &[])?;
        let arguments = match this.max_len.get() {
            Some(most) => Tuple::pair(Tuple::empty().into_value(), int::from_usize(most)),
            None => Tuple::empty(),
        };
        let items = protocol::iter(this.as_value())?;
        Ok(Tuple::from_array([
            this.class().to_value(),
            arguments.into_value(),
            state,
            items,
        ])
        .into_value())
    }

    /// Remove the first item that equals value.
    ///
    /// ValueError if there is none.
    #[method]
    fn remove(&self, value: &Value) -> PyResult<()> {
        let mut place = None;
        self.search(value, 0, usize::MAX, "remove", |index| {
            place = Some(index);
            true
        })?;
        let Some(place) = place else {
            bail!(ValueError, "deque.remove(x): x not in deque")
        };
        self.changed();
        let removed = self.items.borrow_mut().remove(place);
        drop(removed);
        Ok(())
    }

    /// An iterator over the items from the right to the left.
    #[method]
    fn __reversed__(this: &Ref<Deque>) -> Ref<DequeReverseIterator> {
        DequeReverseIterator::over(this, 0)
    }

    /// Turn the order of the items round.
    #[method]
    fn reverse(&self) {
        self.items.borrow_mut().make_contiguous().reverse();
    }

    /// Move the items n places to the right, those that fall out coming in at the left; a negative n goes left.
    #[method("($self, n=1, /)")]
    fn rotate(&self, n: Option<&Value>) -> PyResult<()> {
        let count = n.map(protocol::to_size).transpose()?.unwrap_or(1);
        self.rotate_by(count);
        Ok(())
    }

    /// The bytes that the deque takes.
    #[method]
    fn __sizeof__(this: &Ref<Deque>) -> usize {
        this.class().layout().size + this.items.borrow().capacity() * size_of::<Value>()
    }

    /// Describe a deque of items of some type.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }

    /// How many items there may be, or None.
    #[getter]
    fn maxlen(&self) -> Value {
        self.max_len.get().map_or(Value::NONE, int::from_usize)
    }
}

macro_rules! deque_iterators {
    ($($(#[$doc:meta])* $type:ident = $name:literal, $backwards:literal;)*) => { $(
        $(#[$doc])*
        #[class(name = $name, module = "collections")]
        pub struct $type {
            deque: Slot<Ref<Deque>>,
            /// How many items were given.
            #[untraced]
            given: Cell<usize>,
            /// The number of items when the iterator was made.
            #[untraced]
            len: usize,
            #[untraced]
            state: Cell<usize>,
        }

        impl $type {
            fn over(deque: &Ref<Deque>, skip: usize) -> Ref<$type> {
                let payload = $type {
                    deque: Slot::new(Some(deque.clone())),
                    given: Cell::new(skip.min(deque.len())),
                    len: deque.len(),
                    state: Cell::new(deque.state.get()),
                };
                heap::new_object($type::class(), payload)
            }
        }

        #[methods]
        impl $type {
            #[new(nosig)]
            fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<$type>> {
                let arguments = args.positional_between($name, 1, 2)?;
                let Some(deque) = arguments[0].downcast::<Deque>() else {
                    bail!(TypeError, "{}() argument 1 must be collections.deque, not {}", $name, arguments[0].class().name());
                };
                let skip = arguments.get(1).map(int::as_isize).transpose()?.unwrap_or(0);
                Ok($type::over(deque, skip.max(0) as usize))
            }

            #[slot(iter)]
            fn iter(this: &Ref<$type>) -> Value {
                this.to_value()
            }

            #[slot(next)]
            fn next(&self) -> PyResult<Option<Value>> {
                let Some(deque) = self.deque.get() else { return Ok(None) };
                let given = self.given.get();
                if deque.state.get() != self.state.get() {
                    self.given.set(self.len);
                    self.deque.set(None);
                    bail!(RuntimeError, "deque mutated during iteration");
                }
                if given >= self.len {
                    self.deque.set(None);
                    return Ok(None);
                }
                self.given.set(given + 1);
                Ok(deque.get(if $backwards { self.len - 1 - given } else { given }))
            }

            /// How many items are left.
            #[method]
            fn __length_hint__(&self) -> usize {
                self.len - self.given.get()
            }

            /// Return state information for pickling.
            #[method]
            fn __reduce__(this: &Ref<$type>) -> Value {
                let deque = match this.deque.get() {
                    Some(deque) => deque,
                    None => Deque::new_in(Deque::class(), None),
                };
                let arguments = Tuple::pair(deque.into_value(), int::from_usize(this.given.get()));
                Tuple::pair(this.class().to_value(), arguments.into_value()).into_value()
            }
        }
    )* };
}

deque_iterators! {
    /// `iter(deque)`.
    DequeIterator = "_deque_iterator", false;
    /// `reversed(deque)`.
    DequeReverseIterator = "_deque_reverse_iterator", true;
}
