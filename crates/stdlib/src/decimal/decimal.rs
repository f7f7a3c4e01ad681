//! The class `Decimal`: construction, operators, comparison, conversion.

use std::cmp::Ordering;

use num_integer::Integer;
use taipan_macros::{class, methods};
use taipan_objects::args::{Args, check_positional};
use taipan_objects::cell::{Once, Slot};
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::format::locale;
use taipan_objects::int::{BigInt, BigUint, Sign};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::runtime::import_module;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, complex, exc, float, hash, heap, id, int, protocol, warnings};

use super::arithmetic;
use super::coefficient::Coefficient;
use super::context::Context;
use super::convert::{
    Operand, expect_operand, from_f64, from_int, from_int_or_float, from_value_exactly, int_from,
    operand, signals_memory, to_f64, to_int,
};
use super::format::{Failure, Separators, Spec};
use super::number::{Kind, Number};
use super::power;
use super::powers::{MOST_DIGITS, POWERS};
use super::quick::{self, Outcome, Scalar};
use super::rounding::{absolute, minus, plus, quantize_to};
use super::settings::{Rounding, Settings, Status};
use super::show::{Notation, SHORT, short_text, to_text};
use super::transcendental::power_of_ten;

/// A decimal number as a Python object; it never changes.
#[class(
    name = "Decimal",
    module = "decimal",
    flags(BASETYPE),
    references = false,
    parts(unary, binary, predicates, more),
    doc = "A number of decimal digits with an exponent, or an infinity, or a NaN.\n\nIt is made exactly from an int, a float, a text, a tuple of sign, digits and exponent, or another Decimal; without a value it is 0."
)]
pub struct Decimal {
    /// The number.
    #[untraced]
    pub number: Number,
}

/// An operation on two numbers in a context.
pub type BinaryOperation = fn(&Number, &Number, &Settings, &mut Status) -> Number;
/// An operation on one number in a context.
pub type UnaryOperation = fn(&Number, &Settings, &mut Status) -> Number;

/// The class of what `as_tuple` answers, and the class of rationals; set when the module is imported.
pub static DECIMAL_TUPLE: Once<Value> = Once::new();
/// `numbers.Rational`.
pub static RATIONAL: Once<Value> = Once::new();
/// `_pydecimal.Decimal`, once a specification was formatted that only it knows.
static PURE_DECIMAL: Slot = Slot::empty();

impl Decimal {
    /// A new object.
    #[inline(always)]
    pub fn value(number: Number) -> Value {
        heap::new_object(Decimal::class(), Decimal { number }).into_value()
    }
}

/// Runs an operation of one operand and reports what it has to say.
#[inline(always)]
pub fn run_unary(
    context: &Context,
    number: &Number,
    operation: impl Fn(&Number, &Settings, &mut Status) -> Number,
) -> PyResult<Value> {
    let mut status = Status::NONE;
    let result = operation(number, &context.settings(), &mut status);
    context.report(status)?;
    Ok(Decimal::value(result))
}

/// Runs an operation of two operands and reports what it has to say.
#[inline(always)]
pub fn run_binary(
    context: &Context,
    left: &Number,
    right: &Number,
    operation: impl Fn(&Number, &Number, &Settings, &mut Status) -> Number,
) -> PyResult<Value> {
    let mut status = Status::NONE;
    let result = operation(left, right, &context.settings(), &mut status);
    context.report(status)?;
    Ok(Decimal::value(result))
}

/// An operator that has a short way.
#[inline(always)]
fn quick_operator(
    left: &Value,
    right: &Value,
    quick: impl FnOnce(Scalar, Scalar, &Settings) -> Option<Outcome>,
    operation: BinaryOperation,
) -> PyResult<Value> {
    if let (Some(first), Some(second)) = (Scalar::of(left), Scalar::of(right))
        && let Some(result) = Context::quickly(|settings| quick(first, second, settings))
    {
        return Ok(Decimal::value(result.into_number()));
    }
    operator(left, right, operation)
}

/// An operator: in the current context, for ints besides decimal numbers.
#[inline(never)]
fn operator(left: &Value, right: &Value, operation: BinaryOperation) -> PyResult<Value> {
    let (Some(left), Some(right)) = (operand(left), operand(right)) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    run_binary(&*Context::current()?, &left, &right, operation)
}

/// `divmod` in a context.
pub fn run_divmod(context: &Context, left: &Number, right: &Number) -> PyResult<Value> {
    let mut status = Status::NONE;
    let (quotient, rest) = arithmetic::divide_modulo(left, right, &context.settings(), &mut status);
    context.report(status)?;
    Ok(Tuple::pair(Decimal::value(quotient), Decimal::value(rest)).into_value())
}

/// `pow` in a context, with or without a modulus.
pub fn run_power(
    context: &Context,
    base: &Number,
    exponent: &Number,
    modulus: Option<&Number>,
) -> PyResult<Value> {
    match modulus {
        None => run_binary(context, base, exponent, power::power),
        Some(modulus) => run_binary(
            context,
            base,
            exponent,
            |base, exponent, settings, status| {
                power::power_modulo(base, exponent, modulus, settings, status)
            },
        ),
    }
}

#[methods]
impl Decimal {
    #[new("(value='0', context=None)")]
    fn make(class: &Ref<Type>, value: Option<&Value>, context: Option<&Value>) -> PyResult<Value> {
        let is_own = class.is(Decimal::class());
        if let (Some(value), true, None) = (value, is_own, context)
            && let Some(view) = int::view(value)
        {
            return Ok(Decimal::value(from_int(view)));
        }
        let context = Context::from_argument(context)?;
        let number = match value {
            None => Number::zero(false, 0),
            Some(value) if is_own && value.downcast_exact::<Decimal>().is_some() => {
                return Ok(value.clone());
            }
            Some(value) => from_value_exactly(value, &context)?,
        };
        Ok(heap::new_object(class, Decimal { number }).into_value())
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<String> {
        let capitals = Context::current()?.settings().capitals;
        Ok(format!(
            "Decimal('{}')",
            to_text(&self.number, Notation::Scientific, capitals)
        ))
    }

    #[slot(str)]
    fn str(&self) -> PyResult<Ref<Str>> {
        if let Some(text) = short_text(&self.number, &mut [0; SHORT]) {
            return Ok(Str::from_latin1(text));
        }
        let capitals = Context::current()?.settings().capitals;
        Ok(Str::from_latin1(
            to_text(&self.number, Notation::Scientific, capitals).as_bytes(),
        ))
    }

    #[slot(hash)]
    fn hash(this: &Ref<Decimal>) -> PyResult<i64> {
        match this.number.kind {
            Kind::Finite => Ok(hash_finite(&this.number)),
            Kind::Infinity if this.number.negative => Ok(-hash::INFINITY),
            Kind::Infinity => Ok(hash::INFINITY),
            Kind::QuietNan => Ok(hash::hash_address(this.as_value().id())),
            Kind::SignalingNan => bail!(TypeError, "Cannot hash a signaling NaN value"),
        }
    }

    #[slot(richcompare)]
    fn richcompare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        if let (Some(left), Some(right)) = (Scalar::of_number(&self.number), Scalar::of(other))
            && let Some(order) = left.compare_aligned(right)
        {
            return Ok(compared(order, comparison));
        }
        richcompare(&self.number, other, comparison)
    }

    #[slot(bool)]
    fn bool(&self) -> bool {
        !self.number.is_zero()
    }

    #[slot(add)]
    fn add(left: &Value, right: &Value) -> PyResult<Value> {
        quick_operator(left, right, quick::add, arithmetic::add)
    }

    #[slot(subtract)]
    fn subtract(left: &Value, right: &Value) -> PyResult<Value> {
        quick_operator(left, right, quick::subtract, arithmetic::subtract)
    }

    #[slot(multiply)]
    fn multiply(left: &Value, right: &Value) -> PyResult<Value> {
        quick_operator(left, right, quick::multiply, arithmetic::multiply)
    }

    #[slot(true_divide)]
    fn true_divide(left: &Value, right: &Value) -> PyResult<Value> {
        quick_operator(left, right, quick::divide, arithmetic::divide)
    }

    #[slot(floor_divide)]
    fn floor_divide(left: &Value, right: &Value) -> PyResult<Value> {
        quick_operator(
            left,
            right,
            quick::divide_integer,
            arithmetic::divide_integer,
        )
    }

    #[slot(remainder)]
    fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
        quick_operator(left, right, quick::remainder, arithmetic::remainder)
    }

    #[slot(divmod)]
    fn divmod(left: &Value, right: &Value) -> PyResult<Value> {
        let (Some(left), Some(right)) = (operand(left), operand(right)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        run_divmod(&*Context::current()?, &left, &right)
    }

    #[slot(power)]
    fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
        let (Some(base), Some(exponent)) = (operand(base), operand(exponent)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let context = Context::current()?;
        if modulus.is_none() {
            return run_power(&context, &base, &exponent, None);
        }
        match operand(modulus) {
            Some(modulus) => run_power(&context, &base, &exponent, Some(&modulus)),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(negative)]
    fn negative(&self) -> PyResult<Value> {
        run_unary(&*Context::current()?, &self.number, minus)
    }

    #[slot(positive)]
    fn positive(&self) -> PyResult<Value> {
        run_unary(&*Context::current()?, &self.number, plus)
    }

    #[slot(absolute)]
    fn absolute(&self) -> PyResult<Value> {
        run_unary(&*Context::current()?, &self.number, absolute)
    }

    #[slot(int)]
    fn int(&self) -> PyResult<Value> {
        to_int(&self.number, Rounding::Down, &*Context::current()?)
    }

    #[slot(float)]
    fn float(&self) -> PyResult<Value> {
        to_f64(&self.number).map(float::new)
    }

    /// The complex number with this real part.
    #[method]
    fn __complex__(&self) -> PyResult<Value> {
        Ok(complex::new(to_f64(&self.number)?, 0.0))
    }

    #[method]
    fn __trunc__(&self) -> PyResult<Value> {
        to_int(&self.number, Rounding::Down, &*Context::current()?)
    }

    #[method]
    fn __floor__(&self) -> PyResult<Value> {
        to_int(&self.number, Rounding::Floor, &*Context::current()?)
    }

    #[method]
    fn __ceil__(&self) -> PyResult<Value> {
        to_int(&self.number, Rounding::Ceiling, &*Context::current()?)
    }

    #[method(nosig)]
    fn __round__(&self, args: Args<'_>) -> PyResult<Value> {
        args.no_keywords("__round__")?;
        check_positional("__round__", args.values().len(), 0, 1)?;
        let context = Context::current()?;
        let Some(places) = args.values().first() else {
            return to_int(&self.number, Rounding::HalfEven, &context);
        };
        if !int::is_int(places) {
            bail!(TypeError, "optional arg must be an integer");
        }
        let exponent = (int::as_isize(places)? as i64).saturating_neg();
        run_unary(
            &context,
            &self.number,
            |number, settings, status| match number.is_finite() {
                true => quantize_to(number, exponent, settings, status),
                false => {
                    super::rounding::quantize(number, &Number::zero(false, 0), settings, status)
                }
            },
        )
    }

    #[method]
    fn __copy__(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    #[method("($self, memo, /)")]
    fn __deepcopy__(this: &Ref<Decimal>, _memo: &Value) -> Ref<Decimal> {
        this.clone()
    }

    #[method]
    fn __reduce__(this: &Ref<Decimal>) -> PyResult<Value> {
        let text = Decimal::str(this)?;
        let arguments = Tuple::from_array([text.into_value()]);
        Ok(Tuple::pair(this.class().to_value(), arguments.into_value()).into_value())
    }

    #[method]
    fn __sizeof__(this: &Ref<Decimal>) -> usize {
        let tail = match &this.number.coefficient {
            Coefficient::Small(..) => 0,
            Coefficient::Big(number) => number.limbs().len() * 8,
        };
        Decimal::layout().size + tail
    }

    #[method(nosig)]
    fn __format__(this: &Ref<Decimal>, args: Args<'_>) -> PyResult<Value> {
        args.no_keywords("__format__")?;
        check_positional("__format__", args.values().len(), 1, 2)?;
        format_number(this, &args.values()[0], args.values().get(1))
    }

    /// The number itself.
    #[getter]
    fn real(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    /// Zero.
    #[getter]
    fn imag(&self) -> Value {
        Decimal::value(Number::zero(false, 0))
    }

    /// The number that an int or a float is, exactly.
    #[classmethod("($type, f, /)")]
    fn from_float(class: &Ref<Type>, f: &Value) -> PyResult<Value> {
        let decimal = Decimal::value(from_int_or_float(f)?);
        if class.is(Decimal::class()) {
            Ok(decimal)
        } else {
            protocol::call1(class.as_value(), &decimal)
        }
    }

    /// The number that a real number is, exactly; unlike the class itself it takes neither text nor tuples.
    #[classmethod("($type, number, /)")]
    fn from_number(class: &Ref<Type>, number: &Value) -> PyResult<Value> {
        if operand(number).is_none() && float::value_of(number).is_none() {
            return Err(super::convert::unsupported(number));
        }
        let is_exact = number.downcast_exact::<Decimal>().is_some();
        let decimal = match is_exact {
            true => number.clone(),
            false => Decimal::value(from_value_exactly(number, &*Context::current()?)?),
        };
        if class.is(Decimal::class()) {
            Ok(decimal)
        } else {
            protocol::call1(class.as_value(), &decimal)
        }
    }

    /// Sign, digits and exponent as a named tuple.
    #[method]
    fn as_tuple(&self) -> PyResult<Value> {
        let number = &self.number;
        let exponent = match number.kind {
            Kind::Finite => Value::from(number.exponent),
            Kind::Infinity => Str::new("F").into_value(),
            Kind::QuietNan => Str::new("n").into_value(),
            Kind::SignalingNan => Str::new("N").into_value(),
        };
        let digits = match number.is_nan() && number.coefficient.is_zero() {
            true => Vec::new(),
            false => number
                .coefficient
                .to_text()
                .bytes()
                .map(|digit| Value::from(i64::from(digit - b'0')))
                .collect(),
        };
        let arguments = [
            Value::from(i64::from(number.negative)),
            Tuple::new(digits).into_value(),
            exponent,
        ];
        protocol::call(&DECIMAL_TUPLE, Args::positional_only(&arguments))
    }

    /// The fraction in lowest terms that equals the number: a pair of ints, the second positive.
    #[method]
    fn as_integer_ratio(&self) -> PyResult<Value> {
        let number = &self.number;
        match number.kind {
            Kind::Finite => {}
            Kind::Infinity => bail!(OverflowError, "cannot convert Infinity to integer ratio"),
            _ => bail!(ValueError, "cannot convert NaN to integer ratio"),
        }
        if number.coefficient.is_zero() {
            return Ok(Tuple::pair(Value::from(0i64), Value::from(1i64)).into_value());
        }
        if number.exponent >= 0 {
            let Some(whole) = number.coefficient.shifted_left(number.exponent) else {
                return Err(signals_memory());
            };
            return Ok(
                Tuple::pair(int_from(number.negative, &whole), Value::from(1i64)).into_value(),
            );
        }
        let Some(denominator) = power_of_ten(number.exponent.unsigned_abs()) else {
            return Err(signals_memory());
        };
        let (numerator, denominator) = (
            BigUint::from(number.coefficient.to_natural()),
            BigUint::from(denominator),
        );
        let divisor = numerator.gcd(&denominator);
        let sign = if number.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        let numerator = int::from_big(BigInt::from_biguint(sign, numerator / &divisor));
        Ok(Tuple::pair(numerator, int::from_biguint(denominator / divisor)).into_value())
    }
}

/// The hash of a finite number: its value modulo the prime of all numeric hashes.
fn hash_finite(number: &Number) -> i64 {
    /// The inverse of ten modulo the prime.
    const TENTH: u64 = 2_075_258_708_292_324_556;
    let reduce = |number: u128| (number % u128::from(hash::MODULUS)) as u64;
    let multiply = |left: u64, right: u64| reduce(u128::from(left) * u128::from(right));
    let digits = match number.coefficient.small() {
        Some(small) => reduce(small),
        None => number
            .coefficient
            .to_natural()
            .limbs()
            .rev()
            .fold(0u64, |rest, limb| {
                reduce(u128::from(rest) << 64 | u128::from(limb))
            }),
    };
    let mut exponent = number.exponent.unsigned_abs();
    let mut power = match number.exponent >= 0 && exponent < 19 {
        true => {
            return signed_hash(
                multiply(digits, POWERS[exponent as usize] as u64 % hash::MODULUS),
                number.negative,
            );
        }
        false => {
            if number.exponent >= 0 {
                10
            } else {
                TENTH
            }
        }
    };
    let mut result = digits;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, power);
        }
        power = multiply(power, power);
        exponent >>= 1;
    }
    signed_hash(result, number.negative)
}

fn signed_hash(magnitude: u64, negative: bool) -> i64 {
    hash::avoid_minus_one(if negative {
        -(magnitude as i64)
    } else {
        magnitude as i64
    })
}

/// Compares with a value of any type that can equal a decimal number.
fn richcompare(left: &Number, other: &Value, comparison: Comparison) -> PyResult<Value> {
    let is_equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
    if let Some(right) = operand(other) {
        return answer(left, &right, comparison);
    }
    if let Some(value) = float::value_of(other) {
        let context = Context::current()?;
        match is_equality {
            true => context.note(Status::FLOAT_OPERATION),
            false => context.report(Status::FLOAT_OPERATION)?,
        }
        return answer(left, &from_f64(value), comparison);
    }
    if other.downcast::<complex::Complex>().is_some()
        && let Some(parts) = complex::parts_of(other)
    {
        if !is_equality || parts.im != 0.0 {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        Context::current()?.note(Status::FLOAT_OPERATION);
        return answer(left, &from_f64(parts.re), comparison);
    }
    if !protocol::is_instance(other, &RATIONAL)? {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let part = |name: &Ref<Str>| -> PyResult<Number> {
        let value = protocol::getattr(other, name)?;
        match int::view(&value) {
            Some(view) => Ok(from_int(view)),
            None => bail!(TypeError, "argument must be an integer"),
        }
    };
    let numerator = part(id!("numerator"))?;
    if !left.is_finite() {
        return answer(left, &numerator, comparison);
    }
    let denominator = part(id!("denominator"))?;
    let scaled = Number {
        coefficient: left.coefficient.multiply(&denominator.coefficient),
        ..left.clone()
    };
    answer(&scaled, &numerator, comparison)
}

#[inline]
fn answer(left: &Number, right: &Number, comparison: Comparison) -> PyResult<Value> {
    if left.is_nan() || right.is_nan() {
        let is_equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
        if left.is_signaling() || right.is_signaling() || !is_equality {
            Context::current()?.report(Status::INVALID_OPERATION)?;
        }
        return Ok(Value::from_bool(comparison == Comparison::Ne));
    }
    Ok(compared(left.compare(right), comparison))
}

#[inline(always)]
fn compared(order: Ordering, comparison: Comparison) -> Value {
    Value::from_bool(match comparison {
        Comparison::Lt => order == Ordering::Less,
        Comparison::Le => order != Ordering::Greater,
        Comparison::Eq => order == Ordering::Equal,
        Comparison::Ne => order != Ordering::Equal,
        Comparison::Gt => order == Ordering::Greater,
        Comparison::Ge => order != Ordering::Less,
    })
}

/// The separators that a dict given for them says, besides those of the specification.
fn overridden(spec: &mut Spec, parts: &Value) -> PyResult<()> {
    let Some(parts) = parts.downcast::<Dict>() else {
        bail!(TypeError, "optional argument must be a dict")
    };
    let text = |name: &str| -> PyResult<Option<String>> {
        match parts.get_str(&Str::intern(name)) {
            None => Ok(None),
            Some(value) => match value.downcast::<Str>() {
                Some(text) => Ok(Some(text.to_str()?.into_owned())),
                None => bail!(TypeError, "bad argument type for built-in operation"),
            },
        }
    };
    if let Some(point) = text("decimal_point")? {
        spec.separators.point = point;
    }
    if let Some(separator) = text("thousands_sep")? {
        spec.separators.separator = separator;
    }
    if let Some(grouping) = text("grouping")? {
        spec.separators.grouping = grouping.into_bytes();
    }
    if !spec.separators.is_valid() {
        bail!(ValueError, "invalid override dict");
    }
    Ok(())
}

/// `format(this, text)`. What the specification of decimal arithmetic does not know is left to the pure Python module.
fn format_number(this: &Ref<Decimal>, text: &Value, parts: Option<&Value>) -> PyResult<Value> {
    let context = Context::current()?;
    let Some(specification) = text.downcast::<Str>() else {
        bail!(TypeError, "format arg must be str")
    };
    let Some(mut spec) = Spec::parse(&specification.to_str()?, context.settings().capitals) else {
        return format_purely(this, text, &context);
    };
    if spec.is_deprecated {
        warnings::warn(
            ExceptionKind::DeprecationWarning,
            "Format specifier 'N' is deprecated",
        )?;
    }
    if spec.is_local {
        let known = locale::conventions();
        spec.separators = Separators {
            point: known.decimal_point,
            separator: known.thousands_separator,
            grouping: known.grouping,
        };
        if parts.is_none() && !spec.separators.is_valid() {
            return format_purely(this, text, &context);
        }
    }
    if let Some(parts) = parts {
        overridden(&mut spec, parts)?;
    }
    match spec.format(&this.number, &context.settings()) {
        Ok(text) => Ok(Str::new(&text).into_value()),
        Err(Failure::Memory) => Err(signals_memory()),
        Err(_) => bail!(
            ValueError,
            "format specification exceeds internal limits of _decimal"
        ),
    }
}

/// Formats by `_pydecimal`, which knows more specifications.
#[cold]
fn format_purely(
    this: &Ref<Decimal>,
    specification: &Value,
    context: &Ref<Context>,
) -> PyResult<Value> {
    let class = match PURE_DECIMAL.get() {
        Some(class) => class,
        None => {
            let class = protocol::getattr(&import_module("_pydecimal")?, id!("Decimal"))?;
            PURE_DECIMAL.set(Some(class.clone()));
            class
        }
    };
    let number = protocol::call1(&class, Decimal::str(this)?.as_value())?;
    let arguments = [specification.clone(), context.to_value()];
    protocol::call_method(&number, id!("__format__"), &arguments)
        .map_err(|_: Raised| exc!(ValueError, "invalid format string"))
}

/// An operand as a number of its own object: the same object where it is a decimal number already.
pub fn to_decimal(value: &Value) -> PyResult<Value> {
    if value.downcast::<Decimal>().is_some() {
        return Ok(value.clone());
    }
    match expect_operand(value)? {
        Operand::Borrowed(number) => Ok(Decimal::value(number.clone())),
        Operand::Owned(number) => Ok(Decimal::value(number)),
    }
}

const _: () = assert!(
    MOST_DIGITS < i64::MAX as u64 / 4,
    "digit counts add up without overflow"
);
