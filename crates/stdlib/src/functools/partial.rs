//! `partial` and `Placeholder`: functions with some arguments given in advance.
//!
//! Invariant: the last of the positional arguments is not the placeholder, and `open` is how many are.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::cell::{Once, Slot};
use taipan_objects::class::Type;
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::dict::Dict;
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::heap;
use taipan_objects::id;
use taipan_objects::instance;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// The class of the one placeholder.
#[class(
    name = "_PlaceholderType",
    module = "functools",
    doc = "The class of Placeholder, which keeps a positional argument of partial() open.",
    references = false
)]
pub struct Placeholder {}

static PLACEHOLDER: Once<Ref<Placeholder>> = Once::new();

impl Placeholder {
    /// `functools.Placeholder`.
    pub fn instance() -> Value {
        if !PLACEHOLDER.is_set() {
            PLACEHOLDER.set(heap::new_object(Placeholder::init_class(), Placeholder {}));
        }
        PLACEHOLDER.to_value()
    }
}

fn is_placeholder(value: &Value) -> bool {
    value.downcast_exact::<Placeholder>().is_some()
}

#[methods]
impl Placeholder {
    #[new(nosig)]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        if !args.is_empty() {
            bail!(TypeError, "PlaceholderType takes no arguments");
        }
        Ok(Placeholder::instance())
    }

    #[slot(repr)]
    fn repr(&self) -> Ref<Str> {
        Str::new("Placeholder")
    }

    #[method]
    fn __reduce__(&self) -> Ref<Str> {
        Str::new("Placeholder")
    }
}

/// `partial`: a function and arguments for it.
#[class(
    name = "partial",
    module = "functools",
    doc = "A function with some arguments given in advance.\n\nPlaceholder among the positional arguments keeps one open, which the call fills before those that follow.",
    flags(BASETYPE, ATTRIBUTES, WEAKREFABLE)
)]
pub struct Partial {
    function: Slot,
    args: Slot<Ref<Tuple>>,
    keywords: Slot<Ref<Dict>>,
    /// How many positional arguments are open.
    #[untraced]
    open: Cell<usize>,
}

fn count_open(args: &[Value]) -> usize {
    args.iter().filter(|arg| is_placeholder(arg)).count()
}

impl Partial {
    fn parts(&self) -> (Value, Ref<Tuple>, Ref<Dict>) {
        (
            self.function.get().unwrap_or(Value::NONE),
            self.args.get().unwrap_or_else(Tuple::empty),
            self.keywords.get().unwrap_or_else(Dict::new),
        )
    }

    /// The positional arguments with `more` in the open places and behind.
    fn fill(args: &[Value], more: &[Value]) -> Vec<Value> {
        let mut more = more.iter();
        let mut filled: Vec<Value> = args
            .iter()
            .map(|arg| {
                if is_placeholder(arg) {
                    more.next().unwrap_or(arg).clone()
                } else {
                    arg.clone()
                }
            })
            .collect();
        filled.extend(more.cloned());
        filled
    }

    fn has_attributes(value: &Value) -> bool {
        instance::attributes(value).is_some_and(|table| {
            table.dict().is_some_and(|dict| !dict.is_empty())
                || !table.items(value.class().shared_keys()).is_empty()
        })
    }
}

#[methods]
impl Partial {
    #[new("(func, /, *args, **keywords)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Partial>> {
        let [function, given @ ..] = args.positional() else {
            bail!(TypeError, "type 'partial' takes at least one argument");
        };
        if !protocol::is_callable(function) {
            bail!(TypeError, "the first argument must be callable");
        }
        if given.last().is_some_and(is_placeholder) {
            bail!(TypeError, "trailing Placeholders are not allowed");
        }
        if args.keywords().any(|(_, value)| is_placeholder(value)) {
            bail!(
                TypeError,
                "Placeholder cannot be passed as a keyword argument"
            );
        }
        // A partial of a partial calls the inner function itself.
        let inner = function
            .downcast::<Partial>()
            .filter(|_| !Partial::has_attributes(function));
        let (function, positional, keywords) = match inner {
            Some(inner) => {
                let (function, before, keywords) = inner.parts();
                (
                    function,
                    Partial::fill(before.as_slice(), given),
                    keywords.copy(),
                )
            }
            None => (function.clone(), given.to_vec(), Dict::new()),
        };
        for (name, value) in args.keywords() {
            keywords.set_str(name, value.clone());
        }
        let payload = Partial {
            function: Slot::new(Some(function)),
            open: Cell::new(count_open(&positional)),
            args: Slot::new(Some(Tuple::new(positional))),
            keywords: Slot::new(Some(keywords)),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let (function, before, keywords) = self.parts();
        let (given, open) = (args.positional(), self.open.get());
        if given.len() < open {
            bail!(
                TypeError,
                "missing positional arguments in 'partial' call; expected at least {open}, got {}",
                given.len()
            );
        }
        let mut values = match open {
            0 => {
                let mut values =
                    Vec::with_capacity(before.len() + args.values().len() + keywords.len());
                values.extend_from_slice(before.as_slice());
                values.extend_from_slice(given);
                values
            }
            _ => Partial::fill(before.as_slice(), given),
        };
        if keywords.is_empty() {
            values.extend_from_slice(&args.values()[given.len()..]);
            return protocol::call(&function, Args::new(&values, args.names()));
        }
        // Keywords of the call take the place of those given in advance.
        let merged = keywords.copy();
        for (name, value) in args.keywords() {
            merged.set(name.to_value(), value.clone())?;
        }
        let (names, rest): (Vec<Value>, Vec<Value>) = merged.iter_snapshot().into_iter().unzip();
        if names.iter().any(|name| name.downcast::<Str>().is_none()) {
            bail!(TypeError, "keywords must be strings");
        }
        values.extend(rest);
        protocol::call(&function, Args::new(&values, &names))
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<Partial>,
        instance: Option<&Value>,
        _owner: Option<&Value>,
    ) -> PyResult<Value> {
        match instance.filter(|instance| !instance.is_none()) {
            Some(instance) => Ok(BoundMethod::new(this.to_value(), instance.clone()).into_value()),
            None => Ok(this.to_value()),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<Partial>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("..."));
        };
        let (function, args, keywords) = this.parts();
        let mut text = StrBuilder::new();
        text.push_str(&this.class().display_name());
        text.push_char('(');
        text.push_string(&*protocol::repr(&function)?);
        for arg in args.as_slice() {
            text.push_str(", ");
            text.push_string(&*protocol::repr(arg)?);
        }
        for (name, value) in keywords.iter_snapshot() {
            text.push_str(", ");
            text.push_string(&*protocol::str(&name)?);
            text.push_char('=');
            text.push_string(&*protocol::repr(&value)?);
        }
        text.push_char(')');
        Ok(text.finish())
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Partial>) -> PyResult<Value> {
        let (function, args, keywords) = this.parts();
        let attributes = match Partial::has_attributes(this.as_value()) {
            true => protocol::getattr(this.as_value(), id!("__dict__"))?,
            false => Value::NONE,
        };
        let state = Tuple::from_array([
            function.clone(),
            args.into_value(),
            keywords.into_value(),
            attributes,
        ]);
        let arguments = Tuple::from_array([function]);
        Ok(Tuple::from_array([
            this.class().to_value(),
            arguments.into_value(),
            state.into_value(),
        ])
        .into_value())
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(this: &Ref<Partial>, object: &Value) -> PyResult<()> {
        let Some([function, args, keywords, attributes]) =
            object.downcast::<Tuple>().map(|state| state.as_slice())
        else {
            bail!(TypeError, "invalid partial state");
        };
        let keywords_are_none = keywords.is_none();
        let (Some(args), true) = (
            args.downcast::<Tuple>(),
            protocol::is_callable(function)
                && (keywords_are_none || keywords.downcast::<Dict>().is_some()),
        ) else {
            bail!(TypeError, "invalid partial state");
        };
        if args.as_slice().last().is_some_and(is_placeholder) {
            bail!(TypeError, "trailing Placeholders are not allowed");
        }
        let args = if args.as_value().downcast_exact::<Tuple>().is_some() {
            args.clone()
        } else {
            Tuple::from_slice(args.as_slice())
        };
        let keywords = match keywords.downcast::<Dict>() {
            Some(dict) if keywords.downcast_exact::<Dict>().is_some() => dict.clone(),
            Some(dict) => dict.copy(),
            None => Dict::new(),
        };
        this.open.set(count_open(args.as_slice()));
        this.function.set(Some(function.clone()));
        this.args.set(Some(args));
        this.keywords.set(Some(keywords));
        if let Some(table) = instance::attributes(this.as_value()) {
            table.adopt(attributes.downcast::<Dict>().cloned());
        }
        Ok(())
    }

    /// Describe a partial of a function of some type.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }

    /// The function to call.
    #[getter(member)]
    fn func(&self) -> Value {
        self.function.get().unwrap_or(Value::NONE)
    }

    /// The positional arguments.
    #[getter(member, name = "args")]
    fn get_args(&self) -> Ref<Tuple> {
        self.parts().1
    }

    /// The keyword arguments.
    #[getter(member)]
    fn keywords(&self) -> Ref<Dict> {
        self.parts().2
    }
}
