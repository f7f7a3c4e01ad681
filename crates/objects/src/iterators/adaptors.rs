//! `zip`, `map` and `filter`.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::args::Args;
use crate::class::Type;
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The iterators of several iterables that are gone over side by side.
fn iterators_of(iterables: &[Value]) -> PyResult<Ref<Tuple>> {
    let iterators: Vec<Value> = iterables
        .iter()
        .map(protocol::iter)
        .collect::<PyResult<_>>()?;
    Ok(Tuple::new(iterators))
}

/// The `strict` keyword, the only one that `zip` and `map` take.
fn strict_keyword(function: &str, args: Args<'_>) -> PyResult<bool> {
    let given = args.names().len();
    if given > 1 {
        bail!(
            TypeError,
            "{function}() takes at most 1 keyword argument ({given} given)"
        );
    }
    match args.keywords().next() {
        None => Ok(false),
        Some((name, value)) if name.eq_str("strict") => protocol::is_true(value),
        Some((name, _)) => bail!(
            TypeError,
            "{function}() got an unexpected keyword argument '{}'",
            name.to_display()
        ),
    }
}

/// The next item of every iterator, or nothing when one has ended; with `strict` it is an error unless all have.
fn next_row(function: &str, iterators: &Ref<Tuple>, strict: bool) -> PyResult<Option<Vec<Value>>> {
    let iterators = iterators.as_slice();
    let mut row = Vec::with_capacity(iterators.len());
    for (index, iterator) in iterators.iter().enumerate() {
        match protocol::next(iterator)? {
            Some(item) => row.push(item),
            None if strict => return uneven(function, iterators, index),
            None => return Ok(None),
        }
    }
    Ok(Some(row))
}

/// Iterator `ended` is at its end: in strict mode it must be the first, and all others must end too.
#[cold]
fn uneven(function: &str, iterators: &[Value], ended: usize) -> PyResult<Option<Vec<Value>>> {
    let others = |count: usize| {
        if count == 1 {
            " ".to_owned()
        } else {
            "s 1-".to_owned()
        }
    };
    if ended > 0 {
        bail!(
            ValueError,
            "{function}() argument {} is shorter than argument{}{ended}",
            ended + 1,
            others(ended)
        );
    }
    for (index, iterator) in iterators.iter().enumerate().skip(1) {
        if protocol::next(iterator)?.is_some() {
            bail!(
                ValueError,
                "{function}() argument {} is longer than argument{}{index}",
                index + 1,
                others(index)
            );
        }
    }
    Ok(None)
}

/// The pickle form: the class, its arguments, and `True` as state when strict.
fn reduce(class: &Ref<Type>, arguments: Ref<Tuple>, strict: bool) -> Value {
    let (class, arguments) = (class.to_value(), arguments.into_value());
    match strict {
        true => Tuple::from_array([class, arguments, Value::TRUE]).into_value(),
        false => Tuple::pair(class, arguments).into_value(),
    }
}

/// `zip`: tuples of one item from each iterable.
#[class(
    name = "zip",
    doc = "An iterator over tuples that take one item from each iterable, until the shortest ends.\n\nWith strict=True it is a ValueError if one iterable ends before another.",
    flags(BASETYPE)
)]
pub struct Zip {
    iterators: Ref<Tuple>,
    #[untraced]
    strict: Cell<bool>,
}

#[methods]
impl Zip {
    #[new("(*iterables, strict=False)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Zip>> {
        let strict = Cell::new(strict_keyword("zip", args)?);
        let iterators = iterators_of(args.positional())?;
        Ok(heap::new_object(class, Zip { iterators, strict }))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Zip>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        match self.iterators.as_slice() {
            [] => Ok(None),
            [first, second] if !self.strict.get() => {
                let Some(left) = protocol::next(first)? else {
                    return Ok(None);
                };
                let Some(right) = protocol::next(second)? else {
                    return Ok(None);
                };
                Ok(Some(Tuple::pair(left, right).into_value()))
            }
            _ => {
                let row = next_row("zip", &self.iterators, self.strict.get())?;
                Ok(row.map(|row| Tuple::new(row).into_value()))
            }
        }
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Zip>) -> Value {
        reduce(this.class(), this.iterators.clone(), this.strict.get())
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        self.strict.set(protocol::is_true(object)?);
        Ok(())
    }
}

/// `map`: what a function answers for one item from each iterable.
#[class(
    name = "map",
    doc = "An iterator over what function answers for one argument from each iterable, until the shortest ends.\n\nWith strict=True it is a ValueError if one iterable ends before another.",
    flags(BASETYPE)
)]
pub struct Map {
    function: Value,
    iterators: Ref<Tuple>,
    #[untraced]
    strict: Cell<bool>,
}

#[methods]
impl Map {
    #[new("(function, iterable, /, *iterables, strict=False)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Map>> {
        let strict = Cell::new(strict_keyword("map", args)?);
        let [function, iterables @ ..] = args.positional() else {
            bail!(TypeError, "map() must have at least two arguments.");
        };
        if iterables.is_empty() {
            bail!(TypeError, "map() must have at least two arguments.");
        }
        let iterators = iterators_of(iterables)?;
        Ok(heap::new_object(
            class,
            Map {
                function: function.clone(),
                iterators,
                strict,
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Map>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        if let [iterator] = self.iterators.as_slice() {
            let Some(item) = protocol::next(iterator)? else {
                return Ok(None);
            };
            return protocol::call1(&self.function, &item).map(Some);
        }
        match next_row("map", &self.iterators, self.strict.get())? {
            Some(row) => protocol::call_positional(&self.function, &row).map(Some),
            None => Ok(None),
        }
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Map>) -> Value {
        let mut arguments = vec![this.function.clone()];
        arguments.extend_from_slice(this.iterators.as_slice());
        reduce(this.class(), Tuple::new(arguments), this.strict.get())
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        self.strict.set(protocol::is_true(object)?);
        Ok(())
    }
}

/// `filter`: the items a function finds true.
#[class(
    name = "filter",
    doc = "An iterator over those items of an iterable for which function answers something true; None takes the items' own truth.",
    flags(BASETYPE)
)]
pub struct Filter {
    function: Value,
    iterator: Value,
}

#[methods]
impl Filter {
    #[new("(function, iterable, /)")]
    fn make(class: &Ref<Type>, function: &Value, iterable: &Value) -> PyResult<Ref<Filter>> {
        let iterator = protocol::iter(iterable)?;
        Ok(heap::new_object(
            class,
            Filter {
                function: function.clone(),
                iterator,
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Filter>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let own_truth =
            self.function.is_none() || self.function.is(crate::builtins::bool_class().as_value());
        while let Some(item) = protocol::next(&self.iterator)? {
            let good = match own_truth {
                true => protocol::is_true(&item)?,
                false => protocol::is_true(&protocol::call1(&self.function, &item)?)?,
            };
            if good {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Filter>) -> Value {
        let arguments = Tuple::pair(this.function.clone(), this.iterator.clone());
        Tuple::pair(this.class().to_value(), arguments.into_value()).into_value()
    }
}
