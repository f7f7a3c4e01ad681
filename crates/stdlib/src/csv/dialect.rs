//! `Dialect`: how rows are spelled.
//!
//! A dialect is made of keyword arguments and of the attributes of anything else that has them, such as the classes that
//! `csv` defines. Invariant: a dialect that exists passed every check, so readers and writers check nothing.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, heap, int, protocol};

use super::registered;
use crate::suggestions;

/// Which fields have quotes around them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Where they are needed.
    Minimal,
    All,
    /// All that are not numbers.
    Nonnumeric,
    /// None: what is special is escaped.
    None,
    /// All strings.
    Strings,
    /// All but None.
    NotNull,
}

impl Quoting {
    /// The modes by the names of the module's constants; the values are those of the enum.
    pub(super) const NAMED: [(&str, Quoting); 6] = [
        ("QUOTE_MINIMAL", Quoting::Minimal),
        ("QUOTE_ALL", Quoting::All),
        ("QUOTE_NONNUMERIC", Quoting::Nonnumeric),
        ("QUOTE_NONE", Quoting::None),
        ("QUOTE_STRINGS", Quoting::Strings),
        ("QUOTE_NOTNULL", Quoting::NotNull),
    ];

    fn of_number(number: i32) -> PyResult<Quoting> {
        let index = usize::try_from(number).ok();
        match index.and_then(|index| Quoting::NAMED.get(index)) {
            Some((_, quoting)) => Ok(*quoting),
            None => bail!(TypeError, "bad \"quoting\" value"),
        }
    }

    /// Whether an empty field without quotes stands for None.
    pub(super) fn tells_null(self) -> bool {
        matches!(self, Quoting::Strings | Quoting::NotNull)
    }
}

/// The payload of `Dialect`.
#[class(
    name = "Dialect",
    module = "_csv",
    flags(BASETYPE),
    doc = "How the rows of a CSV file are spelled."
)]
pub(super) struct Dialect {
    #[untraced]
    pub(super) delimiter: u32,
    #[untraced]
    pub(super) quotechar: Option<u32>,
    #[untraced]
    pub(super) escapechar: Option<u32>,
    pub(super) lineterminator: Ref<Str>,
    #[untraced]
    pub(super) quoting: Quoting,
    #[untraced]
    pub(super) doublequote: bool,
    #[untraced]
    pub(super) skipinitialspace: bool,
    #[untraced]
    pub(super) strict: bool,
}

/// The parameters of `Dialect`: what it starts from, then the options.
const NAMES: [&str; 9] = [
    "dialect",
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

/// Matches arguments to [`NAMES`].
fn bind(args: Args<'_>) -> PyResult<[Option<&Value>; 9]> {
    let (positional, given) = (args.positional(), args.values().len());
    if given > NAMES.len() {
        let keyword = if positional.is_empty() {
            "keyword "
        } else {
            ""
        };
        bail!(
            TypeError,
            "function takes at most 9 {keyword}arguments ({given} given)"
        );
    }
    let mut bound = [None; 9];
    for (index, value) in positional.iter().enumerate() {
        let name = NAMES[index];
        if args.keyword(name).is_some() {
            bail!(
                TypeError,
                "argument for function given by name ('{name}') and position ({})",
                index + 1
            );
        }
        bound[index] = Some(value);
    }
    for (name, value) in args.keywords() {
        match NAMES.iter().position(|known| name.eq_str(known)) {
            Some(index) => bound[index] = Some(value),
            None => return Err(unexpected(name)),
        }
    }
    Ok(bound)
}

#[cold]
fn unexpected(name: &Ref<Str>) -> Raised {
    let names = NAMES.map(Str::intern);
    let hint = match suggestions::closest(&names.each_ref(), name) {
        Some(meant) => format!(". Did you mean '{}'?", meant.to_display()),
        None => String::new(),
    };
    exc!(
        TypeError,
        "this function got an unexpected keyword argument '{}'{hint}",
        name.to_display()
    )
}

/// An option that is one character; `None` is for those that can do without.
fn character(name: &str, value: &Value) -> PyResult<Option<u32>> {
    let can_be_none = name != "delimiter";
    if can_be_none && value.is_none() {
        return Ok(None);
    }
    let or_none = if can_be_none { " or None" } else { "" };
    match value.downcast::<Str>() {
        Some(text) if text.len() == 1 => Ok(text.char_at(0)),
        Some(text) => bail!(
            TypeError,
            "\"{name}\" must be a unicode character{or_none}, not a string of length {}",
            text.len()
        ),
        None => bail!(
            TypeError,
            "\"{name}\" must be a unicode character{or_none}, not {}",
            value.class().name()
        ),
    }
}

fn quoting_number(value: &Value) -> PyResult<i32> {
    if !int::is_exact(value) {
        bail!(
            TypeError,
            "\"quoting\" must be an integer, not {}",
            value.class().name()
        );
    }
    let number = int::as_i64(value).ok();
    match number.and_then(|number| i32::try_from(number).ok()) {
        Some(number) => Ok(number),
        None => bail!(OverflowError, "Python int too large to convert to C int"),
    }
}

fn truth(value: Option<&Value>, default: bool) -> PyResult<bool> {
    value.map_or(Ok(default), protocol::is_true)
}

/// The options, in the order of [`NAMES`], as a dialect.
fn from_options(options: &[Option<Value>; 8]) -> PyResult<Dialect> {
    let [
        delimiter,
        doublequote,
        escapechar,
        lineterminator,
        quotechar,
        quoting,
        skipinitialspace,
        strict,
    ] = options.each_ref().map(Option::as_ref);
    let one = |name, value: Option<&Value>, default| {
        value.map_or(Ok(default), |value| character(name, value))
    };
    let delimiter = one("delimiter", delimiter, None)?.unwrap_or(u32::from(','));
    let doublequote = truth(doublequote, true)?;
    let escapechar = one("escapechar", escapechar, None)?;
    let lineterminator = match lineterminator {
        None => Str::intern("\r\n"),
        Some(value) => match value.downcast::<Str>() {
            Some(text) => text.clone(),
            None => bail!(
                TypeError,
                "\"lineterminator\" must be a string, not {}",
                value.class().name()
            ),
        },
    };
    let has_no_quotes = quotechar.is_some_and(Value::is_none);
    let quotechar = one("quotechar", quotechar, Some(u32::from('"')))?;
    let quoting = quoting.map(quoting_number).transpose()?;
    let skipinitialspace = truth(skipinitialspace, false)?;
    let strict = truth(strict, false)?;
    let quoting = match quoting {
        Some(number) => Quoting::of_number(number)?,
        None if has_no_quotes => Quoting::None,
        None => Quoting::Minimal,
    };
    if quoting != Quoting::None && quotechar.is_none() {
        bail!(TypeError, "quotechar must be set if quoting enabled");
    }
    Ok(Dialect {
        delimiter,
        quotechar,
        escapechar,
        lineterminator,
        quoting,
        doublequote,
        skipinitialspace,
        strict,
    })
}

impl Dialect {
    /// Raises ValueError where two options exclude each other.
    fn check(&self) -> PyResult<()> {
        let special = [
            ("delimiter", Some(self.delimiter)),
            ("escapechar", self.escapechar),
            ("quotechar", self.quotechar),
        ];
        for (name, code) in special {
            let Some(code) = code else { continue };
            let may_be_space = name == "delimiter" || !self.skipinitialspace;
            if matches!(code, 0x0a | 0x0d) || (code == 0x20 && !may_be_space) {
                bail!(ValueError, "bad {name} value");
            }
            if self.lineterminator.units().find_code(code).is_some() {
                bail!(ValueError, "bad {name} or lineterminator value");
            }
        }
        for (first, second) in [(0, 1), (0, 2), (1, 2)] {
            let ((first, code), (second, other)) = (special[first], special[second]);
            if code.is_some() && code == other {
                bail!(ValueError, "bad {first} or {second} value");
            }
        }
        Ok(())
    }

    /// What `Dialect(dialect, **keywords)` answers, with the keyword arguments of another function's call.
    pub(super) fn of_call(dialect: Option<&Value>, args: Args<'_>) -> PyResult<Ref<Dialect>> {
        let keywords = args.keywords().map(|(_, value)| value);
        let values: Vec<Value> = dialect.into_iter().chain(keywords).cloned().collect();
        let made = protocol::call(
            Dialect::class().as_value(),
            Args::new(&values, args.names()),
        )?;
        match made.into_ref::<Dialect>() {
            Ok(dialect) => Ok(dialect),
            Err(_) => bail!(TypeError, "Dialect() answered no dialect"),
        }
    }
}

fn character_or_none(code: Option<u32>) -> Option<Ref<Str>> {
    code.map(Str::from_code_point)
}

#[methods]
impl Dialect {
    #[new]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let [dialect, options @ ..] = bind(args)?;
        let base = match dialect {
            Some(name) if name.downcast::<Str>().is_some() => Some(registered(name)?),
            dialect => dialect.cloned(),
        };
        if let Some(base) = &base
            && base.downcast::<Dialect>().is_some()
            && options.iter().all(Option::is_none)
        {
            return Ok(base.clone());
        }
        let mut options: [Option<Value>; 8] = options.map(|option| option.cloned());
        if let Some(base) = &base {
            for (option, name) in options.iter_mut().zip(&NAMES[1..]) {
                if option.is_none() {
                    // Whatever is wrong with the attribute, the option has its default then.
                    *option = protocol::getattr(base, &Str::intern(name)).ok();
                }
            }
        }
        let dialect = from_options(&options)?;
        dialect.check()?;
        Ok(heap::new_object(class, dialect).into_value())
    }

    /// What separates fields.
    #[getter]
    fn delimiter(&self) -> Ref<Str> {
        Str::from_code_point(self.delimiter)
    }

    /// What takes the special meaning from the next character.
    #[getter]
    fn escapechar(&self) -> Option<Ref<Str>> {
        character_or_none(self.escapechar)
    }

    /// What ends a row that is written.
    #[getter]
    fn lineterminator(&self) -> Ref<Str> {
        self.lineterminator.clone()
    }

    /// What stands around fields.
    #[getter]
    fn quotechar(&self) -> Option<Ref<Str>> {
        character_or_none(self.quotechar)
    }

    /// Which fields have quotes around them.
    #[getter]
    fn quoting(&self) -> usize {
        self.quoting as usize
    }

    /// Whether spaces after a delimiter do not count.
    #[getter(member)]
    fn skipinitialspace(&self) -> bool {
        self.skipinitialspace
    }

    /// Whether a quote in a field is written twice.
    #[getter(member)]
    fn doublequote(&self) -> bool {
        self.doublequote
    }

    /// Whether what is wrong in a file that is read raises an error.
    #[getter(member)]
    fn strict(&self) -> bool {
        self.strict
    }

    /// Raises TypeError: dialects are neither pickled nor copied.
    #[method(name = "__reduce__", nosig)]
    fn reduce(this: &Ref<Dialect>, _arguments: &[Value]) -> PyResult<Value> {
        bail!(
            TypeError,
            "cannot pickle '{}' instances",
            this.class().name_object().to_display()
        )
    }

    /// Raises TypeError: dialects are neither pickled nor copied.
    #[method(name = "__reduce_ex__", nosig)]
    fn reduce_ex(this: &Ref<Dialect>, arguments: &[Value]) -> PyResult<Value> {
        Dialect::reduce(this, arguments)
    }
}
