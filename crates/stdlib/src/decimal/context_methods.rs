//! The methods of `Context` that the specification names: the same operations as those of `Decimal`, on any numbers.

use taipan_macros::methods;
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::context::Context;
use super::convert::{expect_operand, from_int_or_float, from_value_rounded};
use super::decimal::{Decimal, run_binary, run_divmod, run_power, run_unary, to_decimal};
use super::number::Number;
use super::operations;
use super::settings::{Settings, Status};
use super::show::{Notation, class_name, to_text};
use super::{arithmetic, digits, rounding, transcendental};

macro_rules! unary_methods {
    ($($(#[$doc:meta])* $name:ident => $operation:path;)*) => {
        #[methods(part = unary)]
        impl Context {
            $(
                $(#[$doc])*
                #[method("($self, x, /)")]
                fn $name(&self, x: &Value) -> PyResult<Value> {
                    run_unary(self, &*expect_operand(x)?, $operation)
                }
            )*
        }
    };
}

macro_rules! binary_methods {
    ($($(#[$doc:meta])* $name:ident => $operation:path;)*) => {
        #[methods(part = binary)]
        impl Context {
            $(
                $(#[$doc])*
                #[method("($self, x, y, /)")]
                fn $name(&self, x: &Value, y: &Value) -> PyResult<Value> {
                    run_binary(self, &*expect_operand(x)?, &*expect_operand(y)?, $operation)
                }
            )*
        }
    };
}

macro_rules! predicate_methods {
    ($($(#[$doc:meta])* $name:ident => $predicate:path;)*) => {
        #[methods(part = predicates)]
        impl Context {
            $(
                $(#[$doc])*
                #[method("($self, x, /)")]
                fn $name(&self, x: &Value) -> PyResult<bool> {
                    Ok($predicate(&*expect_operand(x)?))
                }
            )*
        }
    };
}

fn to_integral_value(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    rounding::to_integral(number, false, settings, status)
}

fn to_integral_exact(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    rounding::to_integral(number, true, settings, status)
}

fn copy_absolute(number: &Number, _: &Settings, _: &mut Status) -> Number {
    number.with_sign(false)
}

fn copy_negated(number: &Number, _: &Settings, _: &mut Status) -> Number {
    number.with_sign(!number.negative)
}

fn applied(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    rounding::finish(number.clone(), settings, status)
}

unary_methods! {
    /// The magnitude of x.
    abs => rounding::absolute;
    /// e ** x, correctly rounded.
    exp => transcendental::exp;
    /// The natural logarithm of x, correctly rounded.
    ln => transcendental::ln;
    /// The logarithm of x to base ten, correctly rounded.
    log10 => transcendental::log10;
    /// The square root of x, correctly rounded.
    sqrt => transcendental::sqrt;
    /// -x, rounded to the context.
    minus => rounding::minus;
    /// +x, rounded to the context.
    plus => rounding::plus;
    /// The largest number of the context that is smaller than x.
    next_minus => rounding::next_minus;
    /// The smallest number of the context that is larger than x.
    next_plus => rounding::next_plus;
    /// x without trailing zeros; a zero gets exponent zero.
    normalize => rounding::reduce;
    /// The same as to_integral_value.
    to_integral => to_integral_value;
    /// The nearest whole number, without a word about what is lost.
    to_integral_value => to_integral_value;
    /// The nearest whole number; the flags say what is lost.
    to_integral_exact => to_integral_exact;
    /// The exponent of the first digit of x, as a decimal number.
    logb => arithmetic::logb;
    /// Zeros and ones of x exchanged, in all digits of the precision.
    logical_invert => digits::logical_invert;
    /// x with sign plus; nothing is rounded.
    copy_abs => copy_absolute;
    /// x with the other sign; nothing is rounded.
    copy_negate => copy_negated;
    /// x rounded to the context.
    _apply => applied;
}

binary_methods! {
    /// x + y.
    add => arithmetic::add;
    /// x - y.
    subtract => arithmetic::subtract;
    /// x * y.
    multiply => arithmetic::multiply;
    /// x / y.
    divide => arithmetic::divide;
    /// The whole part of x / y.
    divide_int => arithmetic::divide_integer;
    /// What the whole quotient leaves, with the sign of x.
    remainder => arithmetic::remainder;
    /// What the nearest whole quotient leaves.
    remainder_near => arithmetic::remainder_near;
    /// -1, 0 or 1, as x and y compare; NaN if one of them is.
    compare => arithmetic::compare;
    /// As compare, but every NaN signals.
    compare_signal => arithmetic::compare_signal;
    /// -1, 0 or 1 in the order of all forms of numbers.
    compare_total => operations::compare_total;
    /// As compare_total, with the signs left out.
    compare_total_mag => operations::compare_total_magnitude;
    /// The larger number; a number wins over a quiet NaN.
    max => operations::max;
    /// The number of larger magnitude.
    max_mag => operations::max_magnitude;
    /// The smaller number; a number wins over a quiet NaN.
    min => operations::min;
    /// The number of smaller magnitude.
    min_mag => operations::min_magnitude;
    /// The number of the context next to x in the direction of y.
    next_toward => rounding::next_toward;
    /// x rounded to the exponent of y.
    quantize => rounding::quantize;
    /// x with the sign of y.
    copy_sign => operations::copy_sign;
    /// 'and', digit by digit, of numbers of zeros and ones.
    logical_and => operations::logical_and;
    /// 'or', digit by digit, of numbers of zeros and ones.
    logical_or => operations::logical_or;
    /// 'xor', digit by digit, of numbers of zeros and ones.
    logical_xor => operations::logical_xor;
    /// The digits of x rotated by y places, to the left if y is positive.
    rotate => digits::rotate;
    /// The digits of x shifted by y places, to the left if y is positive.
    shift => digits::shift;
    /// x with its exponent raised by y.
    scaleb => arithmetic::scaleb;
}

predicate_methods! {
    /// Whether x is neither an infinity nor a NaN.
    is_finite => Number::is_finite;
    /// Whether x is an infinity.
    is_infinite => Number::is_infinite;
    /// Whether x is a NaN.
    is_nan => Number::is_nan;
    /// Whether x is a quiet NaN.
    is_qnan => Number::is_quiet;
    /// Whether x is a signaling NaN.
    is_snan => Number::is_signaling;
    /// Whether x is a zero.
    is_zero => Number::is_zero;
    /// Whether the sign of x is minus.
    is_signed => operations::is_signed;
}

fn expect_decimal(value: &Value) -> PyResult<&Ref<Decimal>> {
    match value.downcast::<Decimal>() {
        Some(decimal) => Ok(decimal),
        None => bail!(TypeError, "argument must be a Decimal"),
    }
}

#[methods(part = more)]
impl Context {
    /// Whether x is finite, not zero, and not subnormal.
    #[method("($self, x, /)")]
    fn is_normal(&self, x: &Value) -> PyResult<bool> {
        Ok(operations::is_normal(
            &*expect_operand(x)?,
            &self.settings(),
        ))
    }

    /// Whether x is subnormal.
    #[method("($self, x, /)")]
    fn is_subnormal(&self, x: &Value) -> PyResult<bool> {
        Ok(operations::is_subnormal(
            &*expect_operand(x)?,
            &self.settings(),
        ))
    }

    /// Always true: every number has one form here.
    #[method("($self, x, /)")]
    fn is_canonical(&self, x: &Value) -> PyResult<bool> {
        Ok(operations::is_canonical(&expect_decimal(x)?.number))
    }

    /// x itself.
    #[method("($self, x, /)")]
    fn canonical(&self, x: &Value) -> PyResult<Ref<Decimal>> {
        expect_decimal(x).cloned()
    }

    /// x as a decimal number; nothing is rounded.
    #[method("($self, x, /)")]
    fn copy_decimal(&self, x: &Value) -> PyResult<Value> {
        to_decimal(x)
    }

    /// Whether x and y have the same exponent, or are NaNs, or infinities.
    #[method("($self, x, y, /)")]
    fn same_quantum(&self, x: &Value, y: &Value) -> PyResult<bool> {
        Ok(expect_operand(x)?.same_quantum(&*expect_operand(y)?))
    }

    /// The whole part of x / y, and what it leaves.
    #[method("($self, x, y, /)")]
    fn divmod(&self, x: &Value, y: &Value) -> PyResult<Value> {
        run_divmod(self, &*expect_operand(x)?, &*expect_operand(y)?)
    }

    /// a ** b, or a ** b % modulo.
    #[method("($self, /, a, b, modulo=None)")]
    fn power(&self, a: &Value, b: &Value, modulo: Option<&Value>) -> PyResult<Value> {
        let (base, exponent) = (expect_operand(a)?, expect_operand(b)?);
        match modulo.filter(|modulo| !modulo.is_none()) {
            None => run_power(self, &base, &exponent, None),
            Some(modulo) => run_power(self, &base, &exponent, Some(&*expect_operand(modulo)?)),
        }
    }

    /// x * y + z, rounded once.
    #[method("($self, x, y, z, /)")]
    fn fma(&self, x: &Value, y: &Value, z: &Value) -> PyResult<Value> {
        let (x, y, z) = (expect_operand(x)?, expect_operand(y)?, expect_operand(z)?);
        run_binary(self, &x, &y, |x, y, settings, status| {
            arithmetic::fused_multiply_add(x, y, &z, settings, status)
        })
    }

    /// Ten.
    #[method]
    fn radix(&self) -> Value {
        Decimal::value(Number::from_i64(10))
    }

    /// What class x belongs to: '-Normal', '+Zero', 'NaN' and the like.
    #[method("($self, x, /)")]
    fn number_class(&self, x: &Value) -> PyResult<&'static str> {
        Ok(class_name(&*expect_operand(x)?, self.settings().emin))
    }

    /// x as text.
    #[method("($self, x, /)")]
    fn to_sci_string(&self, x: &Value) -> PyResult<Ref<Str>> {
        Ok(Str::new(&to_text(
            &*expect_operand(x)?,
            Notation::Scientific,
            self.settings().capitals,
        )))
    }

    /// x as text whose exponent, if there is one, is a multiple of three.
    #[method("($self, x, /)")]
    fn to_eng_string(&self, x: &Value) -> PyResult<Ref<Str>> {
        Ok(Str::new(&to_text(
            &*expect_operand(x)?,
            Notation::Engineering,
            self.settings().capitals,
        )))
    }

    /// A decimal number from a value, rounded to the context; text stands without spaces and underscores.
    #[method("($self, num='0', /)")]
    fn create_decimal(&self, args: Args<'_>) -> PyResult<Value> {
        match args.positional_between("create_decimal", 0, 1)? {
            [value, ..] => from_value_rounded(value, self).map(Decimal::value),
            [] => run_unary(self, &Number::zero(false, 0), applied),
        }
    }

    /// A decimal number from an int or a float, rounded to the context.
    #[method("($self, f, /)")]
    fn create_decimal_from_float(&self, f: &Value) -> PyResult<Value> {
        run_unary(self, &from_int_or_float(f)?, applied)
    }
}
