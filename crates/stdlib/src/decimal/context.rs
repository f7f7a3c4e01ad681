//! `Context`: precision, limits, rounding, flags and traps; and which one is current.

use std::cell::Cell;

use taipan_macros::{class, function, methods};
use taipan_objects::args::{Args, Kwargs};
use taipan_objects::cell::{Locked, Once, Slot};
use taipan_objects::class::{Payload, Type, generic_setattr};
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int};

use crate::contextvars::ContextVar;

use super::quick::{Outcome, Scalar};
use super::settings::{MAX_EMAX, MAX_PREC, MIN_EMIN, Rounding, Settings, Status};
use super::signals::{self, SignalDictMixin};

/// The widest of the interchange formats.
pub const IEEE_CONTEXT_MAX_BITS: i64 = 512;

const DEFAULT_TRAPS: Status =
    Status(Status::INVALID.0 | Status::DIVISION_BY_ZERO.0 | Status::OVERFLOW.0);

const UNKNOWN_ROUNDING: &str = "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]";

/// What arithmetic needs to know, and what it leaves behind.
#[class(
    name = "Context",
    module = "decimal",
    flags(BASETYPE),
    parts(unary, binary, predicates, more),
    doc = "What decides the results of decimal arithmetic: precision, rounding, limits of exponents, and which signals raise.\n\nWhat is not given, or None, is as in DefaultContext; the flags start cleared."
)]
pub struct Context {
    #[untraced]
    settings: Cell<Settings>,
    flags: Ref<SignalDictMixin>,
    traps: Ref<SignalDictMixin>,
}

/// The variable whose value is the current context.
static CURRENT: Once<Ref<ContextVar>> = Once::new();

/// The current context that was looked up last.
static FOUND: Slot<Ref<Context>> = Slot::empty();

/// In what state of the context variables that was; the context there is current as long as this is their state.
static LOOKED_UP: Locked<u64> = Locked::new(u64::MAX);

/// The contexts that others are copied from.
struct Templates {
    default: Ref<Context>,
    basic: Ref<Context>,
    extended: Ref<Context>,
}

static TEMPLATES: Once<Templates> = Once::new();

impl Context {
    fn with(class: &Ref<Type>, settings: Settings, flags: Status, traps: Status) -> Ref<Context> {
        let context = Context {
            settings: Cell::new(settings),
            flags: SignalDictMixin::with(flags),
            traps: SignalDictMixin::with(traps),
        };
        heap::new_object(class, context)
    }

    /// What decides results.
    #[inline(always)]
    pub fn settings(&self) -> Settings {
        self.settings.get()
    }

    /// Adds conditions to the flags, and raises if one of them is trapped.
    #[inline(always)]
    pub fn report(&self, status: Status) -> PyResult<()> {
        if status == Status::NONE {
            Ok(())
        } else {
            self.report_slow(status)
        }
    }

    fn report_slow(&self, status: Status) -> PyResult<()> {
        self.flags.replace(self.flags.get() | status);
        let trapped = status.and(self.traps.get() | Status::MEMORY);
        if trapped == Status::NONE {
            Ok(())
        } else {
            Err(signals::raise(trapped))
        }
    }

    /// Adds conditions to the flags without raising.
    #[inline(always)]
    pub fn note(&self, status: Status) {
        self.flags.replace(self.flags.get() | status);
    }

    /// A context with the same settings, flags and traps.
    pub fn duplicate(&self) -> Ref<Context> {
        Context::with(
            Context::class(),
            self.settings(),
            self.flags.get(),
            self.traps.get(),
        )
    }

    fn without_flags(&self) -> Ref<Context> {
        Context::with(
            Context::class(),
            self.settings(),
            Status::NONE,
            self.traps.get(),
        )
    }

    /// The current context; the first time in a context of variables, a copy of the default one.
    #[inline(always)]
    pub fn current() -> PyResult<Ref<Context>> {
        if LOOKED_UP.with(|state| *state) == crate::contextvars::Context::current_state()
            && let Some(context) = FOUND.get()
        {
            return Ok(context);
        }
        Context::look_up()
    }

    /// Runs `operation` with the settings of the current context, if that is known without a look-up, and adds the
    /// conditions of its outcome to the flags. Answers nothing, and leaves the flags alone, if `operation` has no outcome
    /// or a condition is trapped. `operation` runs no Python code.
    #[inline(always)]
    pub fn quickly(operation: impl FnOnce(&Settings) -> Option<Outcome>) -> Option<Scalar> {
        if LOOKED_UP.with(|state| *state) != crate::contextvars::Context::current_state() {
            return None;
        }
        FOUND.with(|context| {
            let context = context?;
            let Outcome { scalar, status } = operation(&context.settings())?;
            if status != Status::NONE {
                if status.has(context.traps.get()) {
                    return None;
                }
                context.note(status);
            }
            Some(scalar)
        })
    }

    #[inline(never)]
    fn look_up() -> PyResult<Ref<Context>> {
        let context = match ContextVar::current(&CURRENT).map(Value::into_ref::<Context>) {
            Some(Ok(context)) => context,
            _ => {
                let context = TEMPLATES.default.without_flags();
                drop(
                    crate::contextvars::Context::current()
                        .replace(&CURRENT, Some(context.to_value())),
                );
                context
            }
        };
        // The context found before goes last, for its end may run Python code.
        let before = FOUND.replace(Some(context.clone()));
        let state = crate::contextvars::Context::current_state();
        LOOKED_UP.with(|looked_up| *looked_up = state);
        drop(before);
        Ok(context)
    }

    /// The context that an optional argument names: the current one if it is missing or None.
    #[inline]
    pub fn from_argument(context: Option<&Value>) -> PyResult<Ref<Context>> {
        match context.filter(|context| !context.is_none()) {
            None => Context::current(),
            Some(context) => match context.downcast::<Context>() {
                Some(context) => Ok(context.clone()),
                None => bail!(TypeError, "optional argument must be a context"),
            },
        }
    }

    fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings();
        change(&mut settings);
        self.settings.set(settings);
    }
}

/// Makes the template contexts and the variable, once.
pub fn make_templates() -> &'static [(&'static str, &'static Ref<Context>)] {
    static NAMED: Once<[(&str, &Ref<Context>); 3]> = Once::new();
    if !TEMPLATES.is_set() {
        let class = Context::class();
        let nine = Settings {
            precision: 9,
            ..Settings::DEFAULT
        };
        let basic_traps = DEFAULT_TRAPS | Status::UNDERFLOW | Status::CLAMPED;
        TEMPLATES.set(Templates {
            default: Context::with(class, Settings::DEFAULT, Status::NONE, DEFAULT_TRAPS),
            basic: Context::with(
                class,
                nine.rounded(Rounding::HalfUp),
                Status::NONE,
                basic_traps,
            ),
            extended: Context::with(class, nine, Status::NONE, Status::NONE),
        });
        CURRENT.set(ContextVar::new("decimal_context", None));
        let templates: &'static Templates = &TEMPLATES;
        NAMED.set([
            ("DefaultContext", &templates.default),
            ("BasicContext", &templates.basic),
            ("ExtendedContext", &templates.extended),
        ]);
    }
    &*NAMED
}

/// The rounding that a constant of the module names.
pub fn rounding_of(value: &Value) -> PyResult<Rounding> {
    if let Some(name) = value.downcast::<Str>()
        && let Some(rounding) = Rounding::ALL
            .into_iter()
            .find(|rounding| name.eq_str(rounding.name()))
    {
        return Ok(rounding);
    }
    bail!(TypeError, "{UNKNOWN_ROUNDING}")
}

/// A whole number for an attribute.
fn whole(value: &Value) -> PyResult<i64> {
    if !int::is_int(value) {
        bail!(TypeError, "an integer is required");
    }
    Ok(int::as_isize(value)? as i64)
}

/// A new value for an attribute, which cannot be deleted.
fn given(value: Option<&Value>) -> PyResult<&Value> {
    match value {
        Some(value) => Ok(value),
        None => bail!(AttributeError, "context attributes cannot be deleted"),
    }
}

/// The signals that a list or a mapping of them has set.
fn signals_of(value: &Value) -> PyResult<Status> {
    match value.downcast::<List>() {
        Some(list) => signals::list_as_signals(list),
        None => signals::mapping_as_signals(value),
    }
}

/// The settings that `Context` and `localcontext` take by name.
#[derive(Default)]
struct Changes<'a> {
    prec: Option<&'a Value>,
    rounding: Option<&'a Value>,
    emin: Option<&'a Value>,
    emax: Option<&'a Value>,
    capitals: Option<&'a Value>,
    clamp: Option<&'a Value>,
    flags: Option<&'a Value>,
    traps: Option<&'a Value>,
}

impl<'a> Changes<'a> {
    fn from_keywords(keywords: &Kwargs<'a>) -> PyResult<Changes<'a>> {
        let mut changes = Changes::default();
        for (name, value) in &keywords.0 {
            let place = match &*name.to_display() {
                "prec" => &mut changes.prec,
                "rounding" => &mut changes.rounding,
                "Emin" => &mut changes.emin,
                "Emax" => &mut changes.emax,
                "capitals" => &mut changes.capitals,
                "clamp" => &mut changes.clamp,
                "flags" => &mut changes.flags,
                "traps" => &mut changes.traps,
                other => bail!(
                    TypeError,
                    "this function got an unexpected keyword argument '{other}'"
                ),
            };
            *place = Some(value);
        }
        Ok(changes)
    }

    fn apply(&self, context: &Context) -> PyResult<()> {
        let given = |value: Option<&'_ Value>| value.filter(|value| !value.is_none()).cloned();
        if let Some(value) = given(self.prec) {
            context.set_prec(Some(&value))?;
        }
        if let Some(value) = given(self.rounding) {
            context.set_rounding(Some(&value))?;
        }
        if let Some(value) = given(self.emin) {
            context.set_emin(Some(&value))?;
        }
        if let Some(value) = given(self.emax) {
            context.set_emax(Some(&value))?;
        }
        if let Some(value) = given(self.capitals) {
            context.set_capitals(Some(&value))?;
        }
        if let Some(value) = given(self.clamp) {
            context.set_clamp(Some(&value))?;
        }
        if let Some(value) = given(self.traps) {
            context.traps.replace(signals_of(&value)?);
        }
        if let Some(value) = given(self.flags) {
            context.flags.replace(signals_of(&value)?);
        }
        Ok(())
    }
}

#[methods]
impl Context {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Ref<Context>> {
        Ok(match TEMPLATES.is_set() {
            true => Context::with(
                class,
                Settings {
                    capitals: true,
                    ..TEMPLATES.default.settings()
                },
                TEMPLATES.default.flags.get(),
                TEMPLATES.default.traps.get(),
            ),
            false => Context::with(class, Settings::DEFAULT, Status::NONE, DEFAULT_TRAPS),
        })
    }

    #[init(
        "(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "the parameters of the Python function"
    )]
    fn init(
        &self,
        prec: Option<&Value>,
        rounding: Option<&Value>,
        emin: Option<&Value>,
        emax: Option<&Value>,
        capitals: Option<&Value>,
        clamp: Option<&Value>,
        flags: Option<&Value>,
        traps: Option<&Value>,
    ) -> PyResult<()> {
        Changes {
            prec,
            rounding,
            emin,
            emax,
            capitals,
            clamp,
            flags,
            traps,
        }
        .apply(self)
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let Settings {
            precision,
            emax,
            emin,
            rounding,
            clamp,
            capitals,
        } = self.settings();
        let (flags, traps) = (
            signals::signals_as_text(self.flags.get()),
            signals::signals_as_text(self.traps.get()),
        );
        format!(
            "Context(prec={precision}, rounding={}, Emin={emin}, Emax={emax}, capitals={}, clamp={}, flags={flags}, traps={traps})",
            rounding.name(),
            u8::from(capitals),
            u8::from(clamp),
        )
    }

    #[slot(setattr)]
    fn setattr(this: &Value, name: &Ref<Str>, value: Option<&Value>) -> PyResult<()> {
        given(value)?;
        generic_setattr(this, name, value)
    }

    /// The most digits of a result.
    #[getter]
    fn prec(&self) -> i64 {
        self.settings().precision
    }

    #[setter(name = "prec")]
    fn set_prec(&self, value: Option<&Value>) -> PyResult<()> {
        match whole(given(value)?)? {
            precision @ 1..=MAX_PREC => self.change(|settings| settings.precision = precision),
            _ => bail!(ValueError, "valid range for prec is [1, MAX_PREC]"),
        }
        Ok(())
    }

    /// The largest exponent of the first digit.
    #[getter(name = "Emax")]
    fn emax(&self) -> i64 {
        self.settings().emax
    }

    #[setter(name = "Emax")]
    fn set_emax(&self, value: Option<&Value>) -> PyResult<()> {
        match whole(given(value)?)? {
            emax @ 0..=MAX_EMAX => self.change(|settings| settings.emax = emax),
            _ => bail!(ValueError, "valid range for Emax is [0, MAX_EMAX]"),
        }
        Ok(())
    }

    /// The smallest exponent of the first digit of a normal number.
    #[getter(name = "Emin")]
    fn emin(&self) -> i64 {
        self.settings().emin
    }

    #[setter(name = "Emin")]
    fn set_emin(&self, value: Option<&Value>) -> PyResult<()> {
        match whole(given(value)?)? {
            emin @ MIN_EMIN..=0 => self.change(|settings| settings.emin = emin),
            _ => bail!(ValueError, "valid range for Emin is [MIN_EMIN, 0]"),
        }
        Ok(())
    }

    /// How results are rounded: one of the constants of the module.
    #[getter]
    fn rounding(&self) -> Ref<Str> {
        Str::intern(self.settings().rounding.name())
    }

    #[setter(name = "rounding")]
    fn set_rounding(&self, value: Option<&Value>) -> PyResult<()> {
        let rounding = rounding_of(given(value)?)?;
        self.change(|settings| settings.rounding = rounding);
        Ok(())
    }

    /// Whether exponents are written with a capital letter: 0 or 1.
    #[getter]
    fn capitals(&self) -> i64 {
        i64::from(self.settings().capitals)
    }

    #[setter(name = "capitals")]
    fn set_capitals(&self, value: Option<&Value>) -> PyResult<()> {
        match whole(given(value)?)? {
            capitals @ 0..=1 => self.change(|settings| settings.capitals = capitals == 1),
            _ => bail!(ValueError, "valid values for capitals are 0 or 1"),
        }
        Ok(())
    }

    /// Whether large exponents are folded down: 0 or 1.
    #[getter]
    fn clamp(&self) -> i64 {
        i64::from(self.settings().clamp)
    }

    #[setter(name = "clamp")]
    fn set_clamp(&self, value: Option<&Value>) -> PyResult<()> {
        match whole(given(value)?)? {
            clamp @ 0..=1 => self.change(|settings| settings.clamp = clamp == 1),
            _ => bail!(ValueError, "valid values for clamp are 0 or 1"),
        }
        Ok(())
    }

    /// Which signals have occurred.
    #[getter]
    fn flags(&self) -> Ref<SignalDictMixin> {
        self.flags.clone()
    }

    #[setter(name = "flags")]
    fn set_flags(&self, value: Option<&Value>) -> PyResult<()> {
        self.flags
            .replace(signals::mapping_as_signals(given(value)?)?);
        Ok(())
    }

    /// Which signals raise.
    #[getter]
    fn traps(&self) -> Ref<SignalDictMixin> {
        self.traps.clone()
    }

    #[setter(name = "traps")]
    fn set_traps(&self, value: Option<&Value>) -> PyResult<()> {
        self.traps
            .replace(signals::mapping_as_signals(given(value)?)?);
        Ok(())
    }

    /// Clears all flags.
    #[method]
    fn clear_flags(&self) {
        self.flags.replace(Status::NONE);
    }

    /// Clears all traps.
    #[method]
    fn clear_traps(&self) {
        self.traps.replace(Status::NONE);
    }

    /// The smallest exponent of all: Emin - prec + 1.
    #[method(name = "Etiny")]
    fn etiny(&self) -> i64 {
        self.settings().etiny()
    }

    /// The largest exponent of a number with all its digits: Emax - prec + 1.
    #[method(name = "Etop")]
    fn etop(&self) -> i64 {
        self.settings().etop()
    }

    /// A context with the same settings, flags and traps.
    #[method]
    fn copy(&self) -> Ref<Context> {
        self.duplicate()
    }

    #[method]
    fn __copy__(&self) -> Ref<Context> {
        self.duplicate()
    }

    #[method]
    fn __reduce__(this: &Ref<Context>) -> Value {
        let Settings {
            precision,
            emax,
            emin,
            rounding,
            clamp,
            capitals,
        } = this.settings();
        let arguments = Tuple::new(vec![
            Value::from(precision),
            Str::intern(rounding.name()).into_value(),
            Value::from(emin),
            Value::from(emax),
            Value::from(i64::from(capitals)),
            Value::from(i64::from(clamp)),
            signals::signals_as_list(this.flags.get()).into_value(),
            signals::signals_as_list(this.traps.get()).into_value(),
        ]);
        Tuple::pair(this.class().to_value(), arguments.into_value()).into_value()
    }
}

fn expect_context(value: &Value) -> PyResult<&Ref<Context>> {
    match value.downcast::<Context>() {
        Some(context) => Ok(context),
        None => bail!(TypeError, "argument must be a context"),
    }
}

fn make_current(context: &Ref<Context>) {
    let templates = [&TEMPLATES.default, &TEMPLATES.basic, &TEMPLATES.extended];
    let own = match templates.into_iter().any(|template| template.is(context)) {
        true => context.without_flags(),
        false => context.clone(),
    };
    drop(crate::contextvars::Context::current().replace(&CURRENT, Some(own.into_value())));
}

/// The current context.
#[function("()")]
pub(super) fn getcontext() -> PyResult<Ref<Context>> {
    Context::current()
}

/// Makes a context the current one; of the templates of the module, a copy.
#[function("(context, /)")]
pub(super) fn setcontext(context: &Value) -> PyResult<()> {
    make_current(expect_context(context)?);
    Ok(())
}

/// A context manager that makes a copy of a context current, changed as the keywords say.
///
/// Without a context, it is a copy of the one that is current now; that one is current again at the end.
#[function("(ctx=None, **kwargs)")]
pub(super) fn localcontext(
    ctx: Option<&Value>,
    kwargs: Kwargs<'_>,
) -> PyResult<Ref<ContextManager>> {
    let outer = Context::current()?;
    let inner = Context::from_argument(ctx)?.duplicate();
    Changes::from_keywords(&kwargs)?.apply(&inner)?;
    let manager = ContextManager {
        inner,
        outer: Slot::new(Some(outer)),
    };
    Ok(heap::new_object(ContextManager::class(), manager))
}

/// The context of one of the interchange formats of IEEE 754.
///
/// The number of bits is a multiple of 32 and at most IEEE_CONTEXT_MAX_BITS.
#[function("(bits, /)", name = "IEEEContext")]
pub(super) fn ieee_context(bits: &Value) -> PyResult<Ref<Context>> {
    let bits = whole(bits)?;
    if !(1..=IEEE_CONTEXT_MAX_BITS).contains(&bits) || bits % 32 != 0 {
        bail!(
            ValueError,
            "argument must be a multiple of 32, with a maximum of {IEEE_CONTEXT_MAX_BITS}"
        );
    }
    let emax = 3 << (bits / 16 + 3);
    let settings = Settings {
        precision: 9 * (bits / 32) - 2,
        emax,
        emin: 1 - emax,
        clamp: true,
        ..Settings::DEFAULT
    };
    Ok(Context::with(
        Context::class(),
        settings,
        Status::NONE,
        Status::NONE,
    ))
}

/// What `localcontext` answers.
#[class(name = "ContextManager", module = "decimal", flags(NO_INSTANTIATION))]
pub struct ContextManager {
    inner: Ref<Context>,
    outer: Slot<Ref<Context>>,
}

#[methods]
impl ContextManager {
    #[method]
    fn __enter__(&self) -> Ref<Context> {
        make_current(&self.inner);
        self.inner.clone()
    }

    #[method(nosig)]
    fn __exit__(&self, _args: Args<'_>) -> PyResult<()> {
        if let Some(outer) = self.outer.get() {
            make_current(&outer);
        }
        Ok(())
    }
}
