//! `Context`: which value each variable has, and the current context of each thread.
//!
//! Contexts are copied far more often than they change (an event loop copies one for every callback), so a copy shares the
//! [`Bindings`], an object of its own, and a context that changes while others share them makes its own first.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exceptions, heap, protocol, thread};

use super::ContextVar;

/// Variables and values, ordered by the variables' addresses.
#[class(name = "_bindings", module = "_contextvars", no_methods)]
pub struct Bindings {
    entries: RefCell<Vec<(Ref<ContextVar>, Value)>>,
}

impl Bindings {
    fn new(entries: Vec<(Ref<ContextVar>, Value)>) -> Ref<Bindings> {
        Bindings::init_class();
        heap::new_object(
            Bindings::class(),
            Bindings {
                entries: RefCell::new(entries),
            },
        )
    }

    fn place(
        entries: &[(Ref<ContextVar>, Value)],
        variable: &Ref<ContextVar>,
    ) -> Result<usize, usize> {
        entries.binary_search_by_key(&variable.as_ptr(), |(variable, _)| variable.as_ptr())
    }

    fn get(&self, variable: &Ref<ContextVar>) -> Option<Value> {
        let entries = self.entries.borrow();
        Some(entries[Bindings::place(&entries, variable).ok()?].1.clone())
    }

    /// Sets or removes a variable; answers the value it had.
    fn replace(&self, variable: &Ref<ContextVar>, value: Option<Value>) -> Option<Value> {
        let mut entries = self.entries.borrow_mut();
        match (Bindings::place(&entries, variable), value) {
            (Ok(index), Some(value)) => Some(std::mem::replace(&mut entries[index].1, value)),
            (Ok(index), None) => Some(entries.remove(index).1),
            (Err(index), Some(value)) => {
                entries.insert(index, (variable.clone(), value));
                None
            }
            (Err(_), None) => None,
        }
    }
}

/// A mapping of context variables to values.
#[class(name = "Context", module = "_contextvars", flags(WEAKREFABLE, MAPPING))]
pub struct Context {
    bindings: Slot<Ref<Bindings>>,
    /// The context that was current when this one was entered.
    previous: Slot<Ref<Context>>,
    #[untraced]
    entered: Cell<bool>,
    /// A number that no other state of the bindings of any context has.
    #[untraced]
    state: Cell<u64>,
}

/// How many states of bindings there were.
static STATES: Locked<u64> = Locked::new(0);

fn new_state() -> u64 {
    STATES.with(|states| {
        *states += 1;
        *states
    })
}

impl Context {
    fn with_bindings(bindings: Option<Ref<Bindings>>) -> Ref<Context> {
        Context::init_class();
        let context = Context {
            bindings: Slot::new(bindings),
            previous: Slot::empty(),
            entered: Cell::new(false),
            state: Cell::new(new_state()),
        };
        heap::new_object(Context::class(), context)
    }

    /// A context without bindings.
    pub fn empty() -> Ref<Context> {
        Context::with_bindings(None)
    }

    /// The running thread's current context.
    pub fn current() -> Ref<Context> {
        let place = &thread::current().context;
        if let Some(Ok(context)) = place.get().map(Value::into_ref::<Context>) {
            return context;
        }
        let context = Context::empty();
        place.set(Some(context.to_value()));
        context
    }

    /// What tells the bindings of the running thread's context from those of any other context and any other time: as long
    /// as this is the same, every variable has the same value. Zero where there is no context yet.
    #[inline(always)]
    pub fn current_state() -> u64 {
        thread::current().context.with(|context| {
            context
                .and_then(Value::downcast_exact::<Context>)
                .map_or(0, |context| context.state.get())
        })
    }

    /// A context with the same bindings.
    pub fn copy(&self) -> Ref<Context> {
        Context::with_bindings(self.bindings.get())
    }

    /// The value a variable has here.
    pub fn get(&self, variable: &Ref<ContextVar>) -> Option<Value> {
        self.bindings.get()?.get(variable)
    }

    /// Sets or removes a variable; answers the value it had.
    pub fn replace(&self, variable: &Ref<ContextVar>, value: Option<Value>) -> Option<Value> {
        let own = match self.bindings.get() {
            // One reference is the slot's, one this one.
            Some(bindings) if bindings.header().refcount() <= 2 => bindings,
            Some(shared) => Bindings::new(shared.entries.borrow().clone()),
            None => Bindings::new(Vec::new()),
        };
        let old = own.replace(variable, value);
        self.state.set(new_state());
        self.bindings.set(Some(own));
        old
    }

    fn entries(&self) -> Vec<(Ref<ContextVar>, Value)> {
        self.bindings
            .get()
            .map_or_else(Vec::new, |bindings| bindings.entries.borrow().clone())
    }

    /// Makes this the current context; RuntimeError if it is current somewhere already.
    pub fn enter(this: &Ref<Context>) -> PyResult<()> {
        if this.entered.get() {
            bail!(
                RuntimeError,
                "cannot enter context: {} is already entered",
                protocol::repr(this.as_value())?.to_display()
            );
        }
        this.previous.set(Some(Context::current()));
        this.entered.set(true);
        thread::current().context.set(Some(this.to_value()));
        Ok(())
    }

    /// Makes the context before this one current again.
    pub fn exit(this: &Ref<Context>) {
        let previous = this.previous.take();
        this.entered.set(false);
        thread::current().context.set(previous.map(Ref::into_value));
    }
}

fn key(value: &Value) -> PyResult<&Ref<ContextVar>> {
    match value.downcast::<ContextVar>() {
        Some(variable) => Ok(variable),
        None => bail!(
            TypeError,
            "a ContextVar key was expected, got {}",
            protocol::repr(value)?.to_display()
        ),
    }
}

#[methods]
impl Context {
    #[new]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Context>> {
        if !args.is_empty() {
            bail!(TypeError, "Context() does not accept any arguments");
        }
        Ok(Context::empty())
    }

    #[slot(len)]
    fn len(&self) -> usize {
        self.bindings
            .get()
            .map_or(0, |bindings| bindings.entries.borrow().len())
    }

    #[slot(contains)]
    fn contains(&self, item: &Value) -> PyResult<bool> {
        Ok(self.get(key(item)?).is_some())
    }

    #[slot(getitem)]
    fn getitem(&self, item: &Value) -> PyResult<Value> {
        self.get(key(item)?)
            .ok_or_else(|| exceptions::key_error(item))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Context>) -> PyResult<Value> {
        Context::keys(this)
    }

    #[slot(hash)]
    fn hash(this: &Ref<Context>) -> PyResult<i64> {
        bail!(TypeError, "unhashable type: '{}'", this.class().name())
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(right) = other.downcast::<Context>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(comparison, Comparison::Eq | Comparison::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let same = self.same_bindings(right)?;
        Ok(Value::from_bool(same == (comparison == Comparison::Eq)))
    }

    /// Return the value for `key` if `key` has the value in the context object.
    ///
    /// If `key` does not exist, return `default`. If `default` is not given,
    /// return None.
    #[method("($self, key, default=None, /)", name = "get")]
    fn get_method(&self, variable: &Value, default: Option<Value>) -> PyResult<Option<Value>> {
        Ok(self.get(key(variable)?).or(default))
    }

    /// Return all variables and their values in the context object.
    ///
    /// The result is returned as a list of 2-tuples (variable, value).
    #[method("($self, /)")]
    fn items(this: &Ref<Context>) -> PyResult<Value> {
        let items = this
            .entries()
            .into_iter()
            .map(|(variable, value)| Tuple::pair(variable.into_value(), value).into_value());
        protocol::iter(List::new(items.collect()).as_value())
    }

    /// Return a list of all variables in the context object.
    #[method("($self, /)")]
    fn keys(this: &Ref<Context>) -> PyResult<Value> {
        let keys = this
            .entries()
            .into_iter()
            .map(|(variable, _)| variable.into_value());
        protocol::iter(List::new(keys.collect()).as_value())
    }

    /// Return a list of all variables' values in the context object.
    #[method("($self, /)")]
    fn values(this: &Ref<Context>) -> PyResult<Value> {
        let values = this.entries().into_iter().map(|(_, value)| value);
        protocol::iter(List::new(values.collect()).as_value())
    }

    /// Return a shallow copy of the context object.
    #[method("($self, /)", name = "copy")]
    fn copy_method(&self) -> Ref<Context> {
        self.copy()
    }

    #[method(nosig)]
    fn run(this: &Ref<Context>, args: Args<'_>) -> PyResult<Value> {
        let Some(callable) = args.positional().first() else {
            bail!(TypeError, "run() missing 1 required positional argument");
        };
        Context::enter(this)?;
        let result = protocol::call(callable, args.without_first());
        Context::exit(this);
        result
    }
}

impl Context {
    fn same_bindings(&self, other: &Context) -> PyResult<bool> {
        let (left, right) = (self.entries(), other.entries());
        if left.len() != right.len() {
            return Ok(false);
        }
        for ((variable, value), (other_variable, other_value)) in left.iter().zip(&right) {
            if !variable.is(other_variable) || !protocol::equal(value, other_value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
