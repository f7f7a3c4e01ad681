//! `types.GenericAlias`: what `list[int]` is.
//!
//! An alias behaves like its origin for nearly every attribute, remembers the arguments, and replaces type variables in them
//! when it is subscripted again. The search for type variables and their replacement are shared with unions.

use taipan_macros::{class, methods};

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{Comparison, Payload, Type, generic_getattr};
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::id;
use crate::iterators::builtin;
use crate::list::List;
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::union;
use crate::value::{Ref, Value};

/// Attributes that are the alias's own; all others are the origin's.
const OWN_ATTRIBUTES: [&str; 12] = [
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
    "__bases__",
];

/// The payload of `types.GenericAlias`.
#[class(
    name = "GenericAlias",
    module = "types",
    doc = "Represents a generic type with its arguments, as in list[int].",
    flags(BASETYPE, WEAKREFABLE)
)]
pub struct GenericAlias {
    origin: Value,
    args: Ref<Tuple>,
    /// The type variables among the arguments, once they were looked for.
    parameters: Slot<Ref<Tuple>>,
    /// Whether this is `*alias`.
    #[untraced]
    starred: bool,
}

impl GenericAlias {
    /// `origin[args]`: one argument, or a tuple of them.
    pub fn new(origin: Value, args: Value) -> Ref<GenericAlias> {
        GenericAlias::make_in(GenericAlias::class(), origin, args, false)
    }

    fn make_in(class: &Ref<Type>, origin: Value, args: Value, starred: bool) -> Ref<GenericAlias> {
        let args = args
            .into_ref::<Tuple>()
            .unwrap_or_else(|single| Tuple::from_array([single]));
        heap::new_object(
            class,
            GenericAlias {
                origin,
                args,
                parameters: Slot::empty(),
                starred,
            },
        )
    }

    /// The generic type.
    pub fn origin(&self) -> &Value {
        &self.origin
    }

    /// The arguments.
    pub fn args(&self) -> &Ref<Tuple> {
        &self.args
    }

    fn parameters(&self) -> PyResult<Ref<Tuple>> {
        if let Some(parameters) = self.parameters.get() {
            return Ok(parameters);
        }
        let parameters = Tuple::new(type_parameters(self.args.as_slice())?);
        self.parameters.set(Some(parameters.clone()));
        Ok(parameters)
    }
}

/// Adds a type variable unless it is there.
fn add_parameter(parameters: &mut Vec<Value>, parameter: &Value) {
    if !parameters.iter().any(|known| known.is(parameter)) {
        parameters.push(parameter.clone());
    }
}

/// The type variables among the arguments of an alias, each once, in order.
pub(crate) fn type_parameters(args: &[Value]) -> PyResult<Vec<Value>> {
    let mut parameters = Vec::new();
    for arg in args {
        // The `__parameters__` of a bare class are its own business.
        if arg.downcast::<Type>().is_some() {
            continue;
        }
        if let Some(inner) = exact_items(arg) {
            type_parameters(&inner)?
                .iter()
                .for_each(|parameter| add_parameter(&mut parameters, parameter));
        } else if protocol::getattr_optional(arg, id!("__typing_subst__"))?.is_some() {
            add_parameter(&mut parameters, arg);
        } else if let Some(inner) = protocol::getattr_optional(arg, id!("__parameters__"))?
            && let Some(inner) = inner.downcast::<Tuple>()
        {
            inner
                .as_slice()
                .iter()
                .for_each(|parameter| add_parameter(&mut parameters, parameter));
        }
    }
    Ok(parameters)
}

/// The items of a list or tuple, subclasses aside.
fn exact_items(value: &Value) -> Option<Vec<Value>> {
    if let Some(tuple) = value.downcast_exact::<Tuple>() {
        return Some(tuple.to_vec());
    }
    value.downcast_exact::<List>().map(|list| list.to_vec())
}

/// The arguments behind a subscript, with `*tuple[…]` spread out.
fn unpacked_arguments(item: &Value) -> PyResult<Vec<Value>> {
    let items = match item.downcast::<Tuple>() {
        Some(tuple) => tuple.to_vec(),
        None => vec![item.clone()],
    };
    let mut unpacked = Vec::with_capacity(items.len());
    for item in items {
        let inner = match item.downcast::<Type>() {
            Some(_) => None,
            None => protocol::getattr_optional(&item, id!("__typing_unpacked_tuple_args__"))?,
        };
        match inner.as_ref().and_then(|inner| inner.downcast::<Tuple>()) {
            Some(inner)
                if !inner
                    .as_slice()
                    .last()
                    .is_some_and(|last| last.is(&Value::ELLIPSIS)) =>
            {
                unpacked.extend_from_slice(inner.as_slice());
            }
            _ => unpacked.push(item),
        }
    }
    Ok(unpacked)
}

/// Whether an argument is `*Ts`, which stands for several.
fn is_unpacked_variable(arg: &Value) -> PyResult<bool> {
    if arg.downcast::<Type>().is_some() {
        return Ok(false);
    }
    match protocol::getattr_optional(arg, id!("__typing_is_unpacked_typevartuple__"))? {
        Some(answer) => protocol::is_true(&answer),
        None => Ok(false),
    }
}

/// Replaces the type variables within an argument that is generic itself.
fn substitute_within(arg: &Value, parameters: &[Value], items: &[Value]) -> PyResult<Value> {
    let inner = protocol::getattr_optional(arg, id!("__parameters__"))?;
    let Some(inner) = inner
        .as_ref()
        .and_then(|inner| inner.downcast::<Tuple>())
        .filter(|inner| !inner.is_empty())
    else {
        return Ok(arg.clone());
    };
    let mut replaced = Vec::with_capacity(inner.len());
    for parameter in inner.as_slice() {
        match parameters.iter().position(|known| known.is(parameter)) {
            Some(index) => {
                let item = &items[index];
                match item.downcast::<Tuple>() {
                    Some(several) if parameters[index].class().slots.iter.get().is_some() => {
                        replaced.extend_from_slice(several.as_slice());
                    }
                    _ => replaced.push(item.clone()),
                }
            }
            None => replaced.push(parameter.clone()),
        }
    }
    protocol::getitem(arg, Tuple::new(replaced).as_value())
}

fn substitute_all(args: &[Value], parameters: &[Value], items: &[Value]) -> PyResult<Vec<Value>> {
    let mut replaced = Vec::with_capacity(args.len());
    for arg in args {
        if arg.downcast::<Type>().is_some() {
            replaced.push(arg.clone());
            continue;
        }
        if let Some(inner) = exact_items(arg) {
            let inner = substitute_all(&inner, parameters, items)?;
            replaced.push(match arg.downcast_exact::<Tuple>() {
                Some(_) => Tuple::new(inner).into_value(),
                None => List::new(inner).into_value(),
            });
            continue;
        }
        let is_unpacked = is_unpacked_variable(arg)?;
        let new = match protocol::getattr_optional(arg, id!("__typing_subst__"))? {
            Some(substitute) => match parameters.iter().position(|known| known.is(arg)) {
                Some(index) => protocol::call1(&substitute, &items[index])?,
                None => arg.clone(),
            },
            None => substitute_within(arg, parameters, items)?,
        };
        if !is_unpacked {
            replaced.push(new);
            continue;
        }
        match new.downcast::<Tuple>() {
            Some(several) => replaced.extend_from_slice(several.as_slice()),
            None => bail!(
                TypeError,
                "expected __typing_subst__ of {} objects to return a tuple, not {}",
                arg.class().display_name(),
                new.class().display_name()
            ),
        }
    }
    Ok(replaced)
}

/// The arguments of `alias[item]`: those of the alias with its type variables replaced.
pub(crate) fn substituted(
    alias: &Value,
    args: &Ref<Tuple>,
    parameters: &Ref<Tuple>,
    item: &Value,
) -> PyResult<Ref<Tuple>> {
    if parameters.is_empty() {
        bail!(
            TypeError,
            "{} is not a generic class",
            protocol::repr(alias)?.to_display()
        );
    }
    let mut items = Tuple::new(unpacked_arguments(item)?).into_value();
    for parameter in parameters.as_slice() {
        let prepare = protocol::getattr_optional(parameter, id!("__typing_prepare_subst__"))?;
        if let Some(prepare) = prepare.filter(|prepare| !prepare.is_none()) {
            if items.downcast::<Tuple>().is_none() {
                items = Tuple::from_array([items]).into_value();
            }
            items = protocol::call2(&prepare, alias, &items)?;
        }
    }
    let items = items
        .into_ref::<Tuple>()
        .unwrap_or_else(|single| Tuple::from_array([single]));
    if items.len() != parameters.len() {
        bail!(
            TypeError,
            "Too {} arguments for {}; actual {}, expected {}",
            if items.len() > parameters.len() {
                "many"
            } else {
                "few"
            },
            protocol::repr(alias)?.to_display(),
            items.len(),
            parameters.len()
        );
    }
    Ok(Tuple::new(substitute_all(
        args.as_slice(),
        parameters.as_slice(),
        items.as_slice(),
    )?))
}

/// The repr of something between the brackets of an alias.
pub fn push_argument_repr(text: &mut StrBuilder, argument: &Value) -> PyResult<()> {
    if argument.is(&Value::ELLIPSIS) {
        text.push_str("...");
        return Ok(());
    }
    if argument.is(crate::builtins::none_class().as_value()) {
        text.push_str("None");
        return Ok(());
    }
    let is_alias = protocol::getattr_optional(argument, id!("__origin__"))?.is_some()
        && protocol::getattr_optional(argument, id!("__args__"))?.is_some();
    if !is_alias
        && let Some(qualname) = protocol::getattr_optional(argument, id!("__qualname__"))?
        && let Some(module) = protocol::getattr_optional(argument, id!("__module__"))?
            .filter(|module| !module.is_none())
    {
        if !module
            .downcast::<Str>()
            .is_some_and(|module| module.eq_str("builtins"))
        {
            text.push_string(&*protocol::str(&module)?);
            text.push_char('.');
        }
        text.push_string(&*protocol::str(&qualname)?);
        return Ok(());
    }
    text.push_string(&*protocol::repr(argument)?);
    Ok(())
}

#[methods]
impl GenericAlias {
    #[new("(origin, args, /)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<GenericAlias>> {
        let arguments = args.positional_between("GenericAlias", 2, 2)?;
        Ok(GenericAlias::make_in(
            class,
            arguments[0].clone(),
            arguments[1].clone(),
            false,
        ))
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        if self.starred {
            text.push_char('*');
        }
        push_argument_repr(&mut text, &self.origin)?;
        text.push_char('[');
        for (index, argument) in self.args.as_slice().iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            let Some(list) = argument.downcast::<List>() else {
                push_argument_repr(&mut text, argument)?;
                continue;
            };
            // A list of types, as in Callable[[int], str].
            text.push_char('[');
            let mut place = 0;
            while let Some(item) = list.get(place) {
                if place > 0 {
                    text.push_str(", ");
                }
                push_argument_repr(&mut text, &item)?;
                place += 1;
            }
            text.push_char(']');
        }
        if self.args.is_empty() {
            text.push_str("()");
        }
        text.push_char(']');
        Ok(text.finish())
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        let hash = protocol::hash(&self.origin)? ^ self.args.hash_value()?;
        Ok(crate::hash::avoid_minus_one(hash))
    }

    #[slot(call)]
    fn call(this: &Ref<GenericAlias>, args: Args<'_>) -> PyResult<Value> {
        let made = protocol::call(&this.origin, args)?;
        match protocol::setattr(&made, id!("__orig_class__"), this.as_value()) {
            Err(raised)
                if !raised.is(ExceptionKind::AttributeError)
                    && !raised.is(ExceptionKind::TypeError) =>
            {
                Err(raised)
            }
            _ => Ok(made),
        }
    }

    #[slot(getattr)]
    fn getattr(this: &Ref<GenericAlias>, name: &Ref<Str>) -> PyResult<Value> {
        if OWN_ATTRIBUTES.iter().any(|own| name.eq_str(own)) {
            return generic_getattr(this.as_value(), name);
        }
        protocol::getattr(&this.origin, name)
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<GenericAlias>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(comparison, Comparison::Eq | Comparison::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = self.starred == other.starred
            && sequence::same_item(&self.origin, &other.origin)?
            && protocol::equal(self.args.as_value(), other.args.as_value())?;
        Ok(Value::from_bool(equal == (comparison == Comparison::Eq)))
    }

    #[slot(iter)]
    fn iter(this: &Ref<GenericAlias>) -> Value {
        let payload = GenericAliasIterator {
            alias: Slot::new(Some(this.clone())),
        };
        heap::new_object(GenericAliasIterator::class(), payload).into_value()
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        union::union_or(left, right)
    }

    #[slot(getitem)]
    fn getitem(this: &Ref<GenericAlias>, item: &Value) -> PyResult<Value> {
        let args = substituted(this.as_value(), &this.args, &this.parameters()?, item)?;
        Ok(GenericAlias::make_in(
            GenericAlias::class(),
            this.origin.clone(),
            args.into_value(),
            this.starred,
        )
        .into_value())
    }

    #[method("($self, object, /)")]
    fn __mro_entries__(&self, _object: &Value) -> Value {
        Tuple::from_array([self.origin.clone()]).into_value()
    }

    #[method("($self, object, /)")]
    fn __instancecheck__(&self, _object: &Value) -> PyResult<Value> {
        bail!(
            TypeError,
            "isinstance() argument 2 cannot be a parameterized generic"
        )
    }

    #[method("($self, object, /)")]
    fn __subclasscheck__(&self, _object: &Value) -> PyResult<Value> {
        bail!(
            TypeError,
            "issubclass() argument 2 cannot be a parameterized generic"
        )
    }

    #[method]
    fn __reduce__(this: &Ref<GenericAlias>) -> PyResult<Value> {
        if this.starred {
            let plain = GenericAlias::new(this.origin.clone(), this.args.to_value());
            let iterator = protocol::iter(plain.as_value())?;
            return Ok(
                Tuple::pair(builtin("next")?, Tuple::from_array([iterator]).into_value())
                    .into_value(),
            );
        }
        let arguments = Tuple::pair(this.origin.clone(), this.args.to_value());
        Ok(Tuple::pair(this.class().to_value(), arguments.into_value()).into_value())
    }

    #[method]
    fn __dir__(this: &Ref<GenericAlias>) -> PyResult<Value> {
        let names = List::from_iterable(&protocol::call1(&builtin("dir")?, &this.origin)?)?;
        for own in OWN_ATTRIBUTES.iter().filter(|own| **own != "__bases__") {
            let own = Str::intern(own).into_value();
            if !protocol::contains(names.as_value(), &own)? {
                names.push(own)?;
            }
        }
        Ok(names.into_value())
    }

    #[getter(member)]
    fn __origin__(&self) -> Value {
        self.origin.clone()
    }

    #[getter(member)]
    fn __args__(&self) -> Ref<Tuple> {
        self.args.clone()
    }

    #[getter(member)]
    fn __unpacked__(&self) -> bool {
        self.starred
    }

    /// The type variables among the arguments.
    #[getter(name = "__parameters__")]
    fn get_parameters(&self) -> PyResult<Ref<Tuple>> {
        self.parameters()
    }

    #[getter]
    fn __typing_unpacked_tuple_args__(&self) -> Value {
        match self.starred && self.origin.is(Tuple::class().as_value()) {
            true => self.args.to_value(),
            false => Value::NONE,
        }
    }
}

/// `iter(alias)`: gives `*alias`, once.
#[class(name = "generic_alias_iterator", flags(NO_INSTANTIATION))]
pub struct GenericAliasIterator {
    alias: Slot<Ref<GenericAlias>>,
}

#[methods]
impl GenericAliasIterator {
    #[slot(iter)]
    fn iter(this: &Ref<GenericAliasIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let alias = self.alias.take();
        Ok(alias.map(|alias| {
            GenericAlias::make_in(
                GenericAlias::class(),
                alias.origin.clone(),
                alias.args.to_value(),
                true,
            )
            .into_value()
        }))
    }

    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        let over = self
            .alias
            .get()
            .map_or_else(|| Tuple::empty().into_value(), Ref::into_value);
        Ok(Tuple::pair(builtin("iter")?, Tuple::from_array([over]).into_value()).into_value())
    }
}

/// `origin[args]` as a value: what `__class_getitem__` of builtin classes answers.
pub fn new(origin: &Value, args: &Value) -> PyResult<Value> {
    Ok(GenericAlias::new(origin.clone(), args.clone()).into_value())
}

/// Makes the classes.
pub fn init_classes() {
    GenericAlias::init_class();
    GenericAliasIterator::init_class();
}
