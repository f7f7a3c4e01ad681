//! The exceptions of the module, and the mappings from them to flags and traps.
//!
//! A context and the mapping that Python sees share the mapping's object: the flags are its payload, so neither can
//! outlive the other. The classes are made when the module is imported.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Once;
use taipan_objects::class::{Comparison, Payload, Type, new_class};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::runtime::import_module;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, heap, id, protocol};

use super::settings::Status;

/// How many signals there are.
const SIGNALS: usize = 9;

/// The signals: what they are called and which conditions they stand for.
const SIGNAL_TABLE: [(&str, Status); SIGNALS] = [
    ("InvalidOperation", Status::INVALID),
    ("FloatOperation", Status::FLOAT_OPERATION),
    ("DivisionByZero", Status::DIVISION_BY_ZERO),
    ("Overflow", Status::OVERFLOW),
    ("Underflow", Status::UNDERFLOW),
    ("Subnormal", Status::SUBNORMAL),
    ("Inexact", Status::INEXACT),
    ("Rounded", Status::ROUNDED),
    ("Clamped", Status::CLAMPED),
];

/// The conditions that InvalidOperation stands for and that have names of their own.
const CONDITION_TABLE: [(&str, Status); 4] = [
    ("ConversionSyntax", Status::CONVERSION_SYNTAX),
    ("DivisionImpossible", Status::DIVISION_IMPOSSIBLE),
    ("DivisionUndefined", Status::DIVISION_UNDEFINED),
    ("InvalidContext", Status::INVALID_CONTEXT),
];

struct Classes {
    exception: Ref<Type>,
    signals: [Ref<Type>; SIGNALS],
    conditions: [Ref<Type>; CONDITION_TABLE.len()],
    mapping: Ref<Type>,
}

static CLASSES: Once<Classes> = Once::new();

const UNKNOWN_SIGNAL: &str = "valid values for signals are:\n  [InvalidOperation, FloatOperation, DivisionByZero,\n   Overflow, Underflow, Subnormal, Inexact, Rounded,\n   Clamped]";

fn exception_class(name: &str, bases: &[&Ref<Type>]) -> PyResult<Ref<Type>> {
    let namespace = Dict::new();
    namespace.set_str(id!("__module__"), id!("decimal").to_value());
    let bases = Tuple::new(bases.iter().map(|base| base.to_value()).collect());
    new_class(
        <Type as Payload>::class(),
        &Str::intern(name),
        &bases,
        &namespace,
        Args::EMPTY,
    )
}

fn make_classes() -> PyResult<Classes> {
    let exception = exception_class(
        "DecimalException",
        &[ExceptionKind::ArithmeticError.class()],
    )?;
    let plain = |name: &str| exception_class(name, &[&exception]);
    let [inexact, rounded, subnormal] = [plain("Inexact")?, plain("Rounded")?, plain("Subnormal")?];
    let invalid = plain("InvalidOperation")?;
    let undefined = exception_class(
        "DivisionUndefined",
        &[&invalid, ExceptionKind::ZeroDivisionError.class()],
    )?;
    let signals = [
        invalid.clone(),
        exception_class(
            "FloatOperation",
            &[&exception, ExceptionKind::TypeError.class()],
        )?,
        exception_class(
            "DivisionByZero",
            &[&exception, ExceptionKind::ZeroDivisionError.class()],
        )?,
        exception_class("Overflow", &[&inexact, &rounded])?,
        exception_class("Underflow", &[&inexact, &rounded, &subnormal])?,
        subnormal,
        inexact,
        rounded,
        plain("Clamped")?,
    ];
    let conditions = [
        exception_class("ConversionSyntax", &[&invalid])?,
        exception_class("DivisionImpossible", &[&invalid])?,
        undefined,
        exception_class("InvalidContext", &[&invalid])?,
    ];
    let base = protocol::getattr(&import_module("collections.abc")?, id!("MutableMapping"))?;
    let bases = Tuple::pair(SignalDictMixin::init_class().to_value(), base.clone());
    let arguments = [
        Str::new("SignalDict").into_value(),
        bases.into_value(),
        Dict::new().into_value(),
    ];
    let mapping = protocol::call(base.class().as_value(), Args::positional_only(&arguments))?;
    let Ok(mapping) = mapping.into_ref::<Type>() else {
        bail!(TypeError, "SignalDict is not a class")
    };
    Ok(Classes {
        exception,
        signals,
        conditions,
        mapping,
    })
}

/// Makes the classes, once, and puts the exceptions into the module.
pub fn fill(module: &Ref<Module>) -> PyResult<()> {
    if !CLASSES.is_set() {
        let classes = make_classes()?;
        CLASSES.set(classes);
    }
    module.set("DecimalException", CLASSES.exception.to_value());
    for ((name, _), class) in SIGNAL_TABLE.iter().zip(&CLASSES.signals) {
        module.set(name, class.to_value());
    }
    for ((name, _), class) in CONDITION_TABLE.iter().zip(&CLASSES.conditions) {
        module.set(name, class.to_value());
    }
    Ok(())
}

/// The classes of the signals in a set.
fn signal_classes(set: Status) -> impl Iterator<Item = &'static Ref<Type>> {
    SIGNAL_TABLE
        .iter()
        .zip(&CLASSES.signals)
        .filter(move |((_, signal), _)| set.has(*signal))
        .map(|(_, class)| class)
}

/// The signals in a set, as a list of classes.
pub fn signals_as_list(set: Status) -> Ref<List> {
    List::new(signal_classes(set).map(|class| class.to_value()).collect())
}

/// The signals in a set as `Context` shows them, in the order of their bits.
pub fn signals_as_text(set: Status) -> String {
    let mut rest = set;
    let mut names = Vec::new();
    for bit in 0..u32::BITS {
        let condition = Status(1 << bit);
        if let Some((name, signal)) = SIGNAL_TABLE
            .iter()
            .find(|(_, signal)| signal.has(condition) && rest.has(condition))
        {
            names.push(*name);
            rest = Status(rest.0 & !signal.0);
        }
    }
    format!("[{}]", names.join(", "))
}

/// Raises what a set of trapped conditions asks for.
#[cold]
pub fn raise(trapped: Status) -> Raised {
    if trapped.has(Status::MEMORY) {
        return Raised::with_args(ExceptionKind::MemoryError, Vec::new());
    }
    let mut conditions = Vec::new();
    if trapped.has(Status::INVALID_OPERATION) {
        conditions.push(CLASSES.signals[0].to_value());
    }
    let named = CONDITION_TABLE.iter().zip(&CLASSES.conditions);
    conditions.extend(
        named
            .filter(|((_, condition), _)| trapped.has(*condition))
            .map(|(_, class)| class.to_value()),
    );
    conditions.extend(
        signal_classes(Status(trapped.0 & !Status::INVALID.0)).map(|class| class.to_value()),
    );
    let class = signal_classes(trapped).next().unwrap_or(&CLASSES.exception);
    exceptions::raise_args(class, vec![List::new(conditions).into_value()])
}

/// The signal that a class stands for.
fn signal_of(class: &Value) -> PyResult<Status> {
    match CLASSES
        .signals
        .iter()
        .position(|signal| signal.as_value().is(class))
    {
        Some(index) => Ok(SIGNAL_TABLE[index].1),
        None => bail!(KeyError, "{UNKNOWN_SIGNAL}"),
    }
}

/// The signals that a list of classes stands for.
pub fn list_as_signals(list: &List) -> PyResult<Status> {
    list.to_vec()
        .iter()
        .try_fold(Status::NONE, |set, class| Ok(set | signal_of(class)?))
}

/// The signals that a mapping from classes to truth values has set.
pub fn mapping_as_signals(value: &Value) -> PyResult<Status> {
    if let Some(mapping) = value.downcast::<SignalDictMixin>() {
        mapping.check_bound()?;
        return Ok(mapping.get());
    }
    let Some(dict) = value.downcast::<Dict>() else {
        bail!(TypeError, "argument must be a signal dict")
    };
    let invalid = || exc!(KeyError, "invalid signal dict");
    if dict.len() != SIGNALS {
        return Err(invalid());
    }
    let mut set = Status::NONE;
    for ((_, signal), class) in SIGNAL_TABLE.iter().zip(&CLASSES.signals) {
        let flag = dict.get(class.as_value())?.ok_or_else(invalid)?;
        if protocol::is_true(&flag)? {
            set |= *signal;
        }
    }
    Ok(set)
}

fn signals_as_dict(set: Status) -> PyResult<Ref<Dict>> {
    let dict = Dict::new();
    for ((_, signal), class) in SIGNAL_TABLE.iter().zip(&CLASSES.signals) {
        dict.set(class.to_value(), Value::from_bool(set.has(*signal)))?;
    }
    Ok(dict)
}

/// The flags or the traps of a context; with `MutableMapping` it makes the class of `Context.flags`.
#[class(
    name = "SignalDictMixin",
    module = "decimal",
    flags(BASETYPE, MAPPING),
    references = false
)]
pub struct SignalDictMixin {
    #[untraced]
    set: Cell<u32>,
    /// Whether a context made it; one that Python code makes is of no use.
    #[untraced]
    is_bound: bool,
}

impl SignalDictMixin {
    /// A mapping with a set of conditions.
    pub fn with(set: Status) -> Ref<SignalDictMixin> {
        heap::new_object(
            &CLASSES.mapping,
            SignalDictMixin {
                set: Cell::new(set.0),
                is_bound: true,
            },
        )
    }

    /// The conditions.
    #[inline(always)]
    pub fn get(&self) -> Status {
        Status(self.set.get())
    }

    fn check_bound(&self) -> PyResult<()> {
        if self.is_bound {
            Ok(())
        } else {
            bail!(ValueError, "invalid signal dict")
        }
    }

    /// Replaces the conditions.
    #[inline(always)]
    pub fn replace(&self, set: Status) {
        self.set.set(set.0);
    }
}

#[methods]
impl SignalDictMixin {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<SignalDictMixin>> {
        Ok(heap::new_object(
            class,
            SignalDictMixin {
                set: Cell::new(0),
                is_bound: false,
            },
        ))
    }

    #[slot(init)]
    fn init(&self, _args: Args<'_>) -> PyResult<()> {
        Ok(())
    }

    #[slot(len)]
    fn len(&self) -> PyResult<usize> {
        self.check_bound()?;
        Ok(SIGNALS)
    }

    #[slot(iter)]
    fn iter(&self) -> PyResult<Value> {
        self.check_bound()?;
        let classes = CLASSES.signals.iter().map(|class| class.to_value());
        protocol::iter(Tuple::new(classes.collect()).as_value())
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<bool> {
        self.check_bound()?;
        Ok(self.get().has(signal_of(key)?))
    }

    #[slot(setitem)]
    fn setitem(&self, key: &Value, value: Option<&Value>) -> PyResult<()> {
        self.check_bound()?;
        let Some(value) = value else {
            bail!(ValueError, "signal keys cannot be deleted")
        };
        let signal = signal_of(key)?;
        let set = protocol::is_true(value)?;
        self.set.set(if set {
            self.set.get() | signal.0
        } else {
            self.set.get() & !signal.0
        });
        Ok(())
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<String> {
        self.check_bound()?;
        let show = |(name, signal): &(&str, Status)| {
            let set = if self.get().has(*signal) {
                "True"
            } else {
                "False"
            };
            format!("<class 'decimal.{name}'>:{set}")
        };
        Ok(format!(
            "{{{}}}",
            SIGNAL_TABLE.iter().map(show).collect::<Vec<_>>().join(", ")
        ))
    }

    #[slot(hash)]
    fn hash(this: &Value) -> PyResult<i64> {
        bail!(TypeError, "unhashable type: '{}'", this.class().name())
    }

    #[slot(richcompare)]
    fn richcompare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        self.check_bound()?;
        if !matches!(comparison, Comparison::Eq | Comparison::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let other = match other.downcast::<Dict>() {
            // A dict that is no signal dict is not comparable.
            Some(dict) if dict.len() != SIGNALS => return Ok(Value::NOT_IMPLEMENTED),
            Some(_) => match mapping_as_signals(other) {
                Ok(set) => set,
                Err(raised) if raised.is(ExceptionKind::KeyError) => {
                    return Ok(Value::NOT_IMPLEMENTED);
                }
                Err(raised) => return Err(raised),
            },
            None => match other.downcast::<SignalDictMixin>() {
                Some(other) => {
                    other.check_bound()?;
                    other.get()
                }
                None => return Ok(Value::NOT_IMPLEMENTED),
            },
        };
        Ok(Value::from_bool(
            (self.get() == other) == (comparison == Comparison::Eq),
        ))
    }

    /// A plain dict with the same signals.
    #[method]
    fn copy(&self) -> PyResult<Ref<Dict>> {
        self.check_bound()?;
        signals_as_dict(self.get())
    }
}
