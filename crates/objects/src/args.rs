//! Arguments of a call, and how native functions receive them.
//!
//! The convention is CPython's vectorcall: one slice holds the positional arguments and after them the keyword values,
//! whose names stand in a second slice. Native functions declare their parameters with a [`ParamSpec`]; the macros
//! generate it from the signature text, and [`ParamSpec::bind`] does the matching and the error messages.

use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};

/// The arguments of one call, borrowed from the caller.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// Positional arguments, then the values of keyword arguments.
    values: &'a [Value],
    /// Names of the keyword arguments, in the order of their values; every one is a `str`.
    names: &'a [Value],
}

impl<'a> Args<'a> {
    /// No arguments.
    pub const EMPTY: Args<'static> = Args {
        values: &[],
        names: &[],
    };

    /// Positional arguments only.
    #[inline(always)]
    pub fn positional_only(values: &'a [Value]) -> Args<'a> {
        Args { values, names: &[] }
    }

    /// Positional and keyword arguments; `names` are strings and belong to the last values.
    #[inline(always)]
    pub fn new(values: &'a [Value], names: &'a [Value]) -> Args<'a> {
        debug_assert!(names.len() <= values.len());
        Args { values, names }
    }

    /// The positional arguments.
    #[inline(always)]
    pub fn positional(&self) -> &'a [Value] {
        &self.values[..self.values.len() - self.names.len()]
    }

    /// The keyword arguments' names.
    #[inline(always)]
    pub fn names(&self) -> &'a [Value] {
        self.names
    }

    /// All values: positional, then keyword.
    #[inline(always)]
    pub fn values(&self) -> &'a [Value] {
        self.values
    }

    /// Names and values of the keyword arguments.
    pub fn keywords(&self) -> impl Iterator<Item = (&'a Ref<Str>, &'a Value)> + use<'a> {
        let values = &self.values[self.values.len() - self.names.len()..];
        self.names.iter().zip(values).map(|(name, value)| {
            (
                name.downcast::<Str>().expect("keyword names are strings"),
                value,
            )
        })
    }

    /// Whether there are neither positional nor keyword arguments.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of one keyword argument.
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.keywords()
            .find(|(key, _)| key.eq_str(name))
            .map(|(_, value)| value)
    }

    /// The same call without its first positional argument (the `self` of an unbound call).
    pub fn without_first(&self) -> Args<'a> {
        debug_assert!(!self.positional().is_empty());
        Args {
            values: &self.values[1..],
            names: self.names,
        }
    }

    /// Raises TypeError if there are keyword arguments.
    pub fn no_keywords(&self, function: &str) -> PyResult<()> {
        if self.names.is_empty() {
            Ok(())
        } else {
            bail!(TypeError, "{function}() takes no keyword arguments")
        }
    }

    /// The positional arguments, whose number must be in `min..=max`; no keyword arguments.
    pub fn positional_between(
        &self,
        function: &str,
        min: usize,
        max: usize,
    ) -> PyResult<&'a [Value]> {
        self.no_keywords(function)?;
        check_count(function, self.values.len(), min, max)?;
        Ok(self.values)
    }
}

/// Raises CPython's TypeError when a positional-only function got the wrong number of arguments.
pub fn check_count(function: &str, given: usize, min: usize, max: usize) -> PyResult<()> {
    if (min..=max).contains(&given) {
        return Ok(());
    }
    match (min, max) {
        (0, 0) => Err(exc!(
            TypeError,
            "{function}() takes no arguments ({given} given)"
        )),
        (1, 1) => Err(exc!(
            TypeError,
            "{function}() takes exactly one argument ({given} given)"
        )),
        _ => check_positional(function, given, min, max),
    }
}

/// As [`check_count`], in the words that constructors have for any number of arguments.
pub fn check_positional(function: &str, given: usize, min: usize, max: usize) -> PyResult<()> {
    if (min..=max).contains(&given) {
        return Ok(());
    }
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    Err(match given {
        _ if min == max => exc!(
            TypeError,
            "{function} expected {min} argument{}, got {given}",
            plural(min)
        ),
        _ if given < min => exc!(
            TypeError,
            "{function} expected at least {min} argument{}, got {given}",
            plural(min)
        ),
        _ => exc!(
            TypeError,
            "{function} expected at most {max} argument{}, got {given}",
            plural(max)
        ),
    })
}

/// The keyword arguments that a native function takes as `**kwargs`.
#[derive(Clone)]
pub struct Kwargs<'a>(pub Vec<(&'a Ref<Str>, &'a Value)>);

/// The parameters of a native function that takes keywords.
pub struct ParamSpec {
    /// The function's name in messages.
    pub function: &'static str,
    /// All parameter names in order: positional-only, positional-or-keyword, keyword-only (`*args`/`**kwargs` excluded).
    pub names: &'static [&'static str],
    /// How many are positional-only.
    pub positional_only: usize,
    /// How many can be given by position (positional-only included).
    pub positional: usize,
    /// For each name, whether it must be given.
    pub required: &'static [bool],
    /// Whether `*args` takes further positional arguments.
    pub varargs: bool,
    /// Whether `**kwargs` takes further keyword arguments.
    pub varkw: bool,
}

/// Arguments matched to parameters.
pub struct Bound<'a, const N: usize> {
    /// One entry per name of the spec.
    pub values: [Option<&'a Value>; N],
    /// What `*args` received.
    pub rest: &'a [Value],
    /// What `**kwargs` received.
    pub keywords: Vec<(&'a Ref<Str>, &'a Value)>,
}

impl ParamSpec {
    /// Matches `args` to the parameters, or raises the TypeError that CPython's argument parser raises.
    pub fn bind<'a, const N: usize>(&self, args: Args<'a>) -> PyResult<Bound<'a, N>> {
        debug_assert_eq!(N, self.names.len());
        let positional = args.positional();
        let mut bound = Bound {
            values: [None; N],
            rest: &[],
            keywords: Vec::new(),
        };
        if positional.len() > self.positional || (args.values().len() > N && !self.varkw) {
            if !self.varargs {
                return Err(self.too_many(args));
            }
            bound.rest = positional.get(self.positional..).unwrap_or_default();
        }
        for (place, value) in bound
            .values
            .iter_mut()
            .zip(&positional[..positional.len().min(self.positional)])
        {
            *place = Some(value);
        }
        for (name, value) in args.keywords() {
            self.bind_keyword(name, value, &mut bound)?;
        }
        for (index, place) in bound.values.iter().enumerate() {
            if self.required[index] && place.is_none() {
                return Err(self.missing(index, args));
            }
        }
        Ok(bound)
    }

    fn bind_keyword<'a, const N: usize>(
        &self,
        name: &'a Ref<Str>,
        value: &'a Value,
        bound: &mut Bound<'a, N>,
    ) -> PyResult<()> {
        let index = (self.positional_only..N).find(|&index| name.eq_str(self.names[index]));
        match index {
            Some(index) if bound.values[index].is_some() => {
                bail!(
                    TypeError,
                    "argument for {}() given by name ('{}') and position ({})",
                    self.function,
                    name.to_display(),
                    index + 1
                )
            }
            Some(index) => bound.values[index] = Some(value),
            None if self.varkw => bound.keywords.push((name, value)),
            None => bail!(
                TypeError,
                "{}() got an unexpected keyword argument '{}'",
                self.function,
                name.to_display()
            ),
        }
        Ok(())
    }

    #[cold]
    fn too_many(&self, args: Args<'_>) -> crate::raised::Raised {
        let required = self.required[..self.positional]
            .iter()
            .filter(|&&required| required)
            .count();
        let (given, total, names) = (
            args.positional().len(),
            args.values().len(),
            self.names.len(),
        );
        let (most, kind, given) = match () {
            _ if total > names && !self.varkw => {
                (names, if given == 0 { " keyword" } else { "" }, total)
            }
            _ if self.positional == 0 => {
                return exc!(
                    TypeError,
                    "{}() takes no positional arguments",
                    self.function
                );
            }
            _ => (self.positional, " positional", given),
        };
        let bound = if required < most {
            "at most"
        } else {
            "exactly"
        };
        let plural = if most == 1 { "" } else { "s" };
        exc!(
            TypeError,
            "{}() takes {bound} {most}{kind} argument{plural} ({given} given)",
            self.function
        )
    }

    #[cold]
    fn missing(&self, index: usize, args: Args<'_>) -> crate::raised::Raised {
        if index < self.positional_only {
            let required = self.required[..self.positional]
                .iter()
                .filter(|&&required| required)
                .count();
            let bound = if required == self.positional {
                "exactly"
            } else {
                "at least"
            };
            let plural = if required == 1 { "" } else { "s" };
            let given = args.positional().len();
            return exc!(
                TypeError,
                "{}() takes {bound} {required} positional argument{plural} ({given} given)",
                self.function
            );
        }
        exc!(
            TypeError,
            "{}() missing required argument '{}' (pos {})",
            self.function,
            self.names[index],
            index + 1
        )
    }
}
