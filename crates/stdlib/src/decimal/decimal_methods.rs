//! The methods of `Decimal` that the specification names: each an operation in a context, the current one by default.

use taipan_macros::methods;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::context::{Context, rounding_of};
use super::convert::expect_operand;
use super::decimal::{BinaryOperation, Decimal, UnaryOperation, run_binary, run_unary};
use super::number::Number;
use super::operations;
use super::settings::{Rounding, Settings};
use super::show::{Notation, class_name, to_text};
use super::{arithmetic, digits, rounding, transcendental};

fn unary(this: &Decimal, context: Option<&Value>, operation: UnaryOperation) -> PyResult<Value> {
    run_unary(&*Context::from_argument(context)?, &this.number, operation)
}

fn binary(
    this: &Decimal,
    other: &Value,
    context: Option<&Value>,
    operation: BinaryOperation,
) -> PyResult<Value> {
    let context = Context::from_argument(context)?;
    run_binary(&context, &this.number, &*expect_operand(other)?, operation)
}

/// The settings of a context, with the rounding that an argument names.
fn with_rounding(context: &Context, rounding: Option<&Value>) -> PyResult<Settings> {
    let rounding: Option<Rounding> = rounding
        .filter(|rounding| !rounding.is_none())
        .map(rounding_of)
        .transpose()?;
    let settings = context.settings();
    Ok(rounding.map_or(settings, |rounding| settings.rounded(rounding)))
}

macro_rules! unary_methods {
    ($($(#[$doc:meta])* $name:ident => $operation:path;)*) => {
        #[methods(part = unary)]
        impl Decimal {
            $(
                $(#[$doc])*
                #[method("($self, /, context=None)")]
                fn $name(&self, context: Option<&Value>) -> PyResult<Value> {
                    unary(self, context, $operation)
                }
            )*
        }
    };
}

macro_rules! binary_methods {
    ($($(#[$doc:meta])* $name:ident => $operation:path;)*) => {
        #[methods(part = binary)]
        impl Decimal {
            $(
                $(#[$doc])*
                #[method("($self, /, other, context=None)")]
                fn $name(&self, other: &Value, context: Option<&Value>) -> PyResult<Value> {
                    binary(self, other, context, $operation)
                }
            )*
        }
    };
}

macro_rules! predicate_methods {
    ($($(#[$doc:meta])* $name:ident => $predicate:path;)*) => {
        #[methods(part = predicates)]
        impl Decimal {
            $(
                $(#[$doc])*
                #[method]
                fn $name(&self) -> bool {
                    $predicate(&self.number)
                }
            )*
        }
    };
}

unary_methods! {
    /// e ** self, correctly rounded.
    exp => transcendental::exp;
    /// The natural logarithm, correctly rounded.
    ln => transcendental::ln;
    /// The logarithm to base ten, correctly rounded.
    log10 => transcendental::log10;
    /// The square root, correctly rounded.
    sqrt => transcendental::sqrt;
    /// The largest number of the context that is smaller.
    next_minus => rounding::next_minus;
    /// The smallest number of the context that is larger.
    next_plus => rounding::next_plus;
    /// The number without trailing zeros; a zero gets exponent zero.
    normalize => rounding::reduce;
    /// The exponent of the first digit, as a decimal number.
    logb => arithmetic::logb;
    /// Zeros and ones exchanged, in all digits of the precision.
    logical_invert => digits::logical_invert;
}

binary_methods! {
    /// -1, 0 or 1, as the numbers compare; NaN if one of them is.
    compare => arithmetic::compare;
    /// As compare, but every NaN signals.
    compare_signal => arithmetic::compare_signal;
    /// -1, 0 or 1 in the order of all forms of numbers: 1.0 stands before 1, and NaNs have places too.
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
    /// The number of the context next to this one in the direction of the other.
    next_toward => rounding::next_toward;
    /// What the nearest whole quotient leaves.
    remainder_near => arithmetic::remainder_near;
    /// This number with the sign of the other.
    copy_sign => operations::copy_sign;
    /// 'and', digit by digit, of numbers of zeros and ones.
    logical_and => operations::logical_and;
    /// 'or', digit by digit, of numbers of zeros and ones.
    logical_or => operations::logical_or;
    /// 'xor', digit by digit, of numbers of zeros and ones.
    logical_xor => operations::logical_xor;
    /// The digits rotated by a number of places, to the left if that is positive.
    rotate => digits::rotate;
    /// The digits shifted by a number of places, to the left if that is positive.
    shift => digits::shift;
    /// The number with its exponent raised by the other number.
    scaleb => arithmetic::scaleb;
}

predicate_methods! {
    /// Whether the number is neither an infinity nor a NaN.
    is_finite => Number::is_finite;
    /// Whether the number is an infinity.
    is_infinite => Number::is_infinite;
    /// Whether the number is a NaN.
    is_nan => Number::is_nan;
    /// Whether the number is a quiet NaN.
    is_qnan => Number::is_quiet;
    /// Whether the number is a signaling NaN.
    is_snan => Number::is_signaling;
    /// Whether the number is a zero.
    is_zero => Number::is_zero;
    /// Whether the sign is minus; zeros and NaNs have signs too.
    is_signed => operations::is_signed;
    /// Always true: every number has one form here.
    is_canonical => operations::is_canonical;
}

#[methods(part = more)]
impl Decimal {
    /// Whether the number is finite, not zero, and not subnormal.
    #[method("($self, /, context=None)")]
    fn is_normal(&self, context: Option<&Value>) -> PyResult<bool> {
        Ok(operations::is_normal(
            &self.number,
            &Context::from_argument(context)?.settings(),
        ))
    }

    /// Whether the number is subnormal.
    #[method("($self, /, context=None)")]
    fn is_subnormal(&self, context: Option<&Value>) -> PyResult<bool> {
        Ok(operations::is_subnormal(
            &self.number,
            &Context::from_argument(context)?.settings(),
        ))
    }

    /// Whether both numbers have the same exponent, or are NaNs, or infinities.
    #[method("($self, /, other, context=None)")]
    fn same_quantum(&self, other: &Value, context: Option<&Value>) -> PyResult<bool> {
        Context::from_argument(context)?;
        Ok(self.number.same_quantum(&*expect_operand(other)?))
    }

    /// self * other + third, rounded once.
    #[method("($self, /, other, third, context=None)")]
    fn fma(&self, other: &Value, third: &Value, context: Option<&Value>) -> PyResult<Value> {
        let context = Context::from_argument(context)?;
        let (other, third) = (expect_operand(other)?, expect_operand(third)?);
        run_binary(
            &context,
            &self.number,
            &other,
            |left, right, settings, status| {
                arithmetic::fused_multiply_add(left, right, &third, settings, status)
            },
        )
    }

    /// The number rounded to the exponent of another.
    #[method("($self, /, exp, rounding=None, context=None)")]
    fn quantize(
        &self,
        exp: &Value,
        rounding: Option<&Value>,
        context: Option<&Value>,
    ) -> PyResult<Value> {
        let context = Context::from_argument(context)?;
        let settings = with_rounding(&context, rounding)?;
        run_binary(
            &context,
            &self.number,
            &*expect_operand(exp)?,
            |number, model, _, status| rounding::quantize(number, model, &settings, status),
        )
    }

    /// The nearest whole number, without a word about what is lost.
    #[method("($self, /, rounding=None, context=None)")]
    fn to_integral_value(
        &self,
        rounding: Option<&Value>,
        context: Option<&Value>,
    ) -> PyResult<Value> {
        self.integral(rounding, context, false)
    }

    /// The same as to_integral_value.
    #[method("($self, /, rounding=None, context=None)")]
    fn to_integral(&self, rounding: Option<&Value>, context: Option<&Value>) -> PyResult<Value> {
        self.integral(rounding, context, false)
    }

    /// The nearest whole number; the flags say what is lost.
    #[method("($self, /, rounding=None, context=None)")]
    fn to_integral_exact(
        &self,
        rounding: Option<&Value>,
        context: Option<&Value>,
    ) -> PyResult<Value> {
        self.integral(rounding, context, true)
    }

    /// The exponent of the first digit; 0 for what is not finite.
    #[method]
    fn adjusted(&self) -> i64 {
        if self.number.is_finite() {
            self.number.adjusted()
        } else {
            0
        }
    }

    /// The number itself.
    #[method]
    fn canonical(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    /// The number itself.
    #[method]
    fn conjugate(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    /// Ten.
    #[method]
    fn radix(&self) -> Value {
        Decimal::value(Number::from_i64(10))
    }

    /// The number with sign plus; nothing is rounded.
    #[method]
    fn copy_abs(&self) -> Value {
        Decimal::value(self.number.with_sign(false))
    }

    /// The number with the other sign; nothing is rounded.
    #[method]
    fn copy_negate(&self) -> Value {
        Decimal::value(self.number.with_sign(!self.number.negative))
    }

    /// What class the number belongs to: '-Normal', '+Zero', 'NaN' and the like.
    #[method("($self, /, context=None)")]
    fn number_class(&self, context: Option<&Value>) -> PyResult<&'static str> {
        Ok(class_name(
            &self.number,
            Context::from_argument(context)?.settings().emin,
        ))
    }

    /// The number as text whose exponent, if there is one, is a multiple of three.
    #[method("($self, /, context=None)")]
    fn to_eng_string(&self, context: Option<&Value>) -> PyResult<Ref<Str>> {
        let capitals = Context::from_argument(context)?.settings().capitals;
        Ok(Str::new(&to_text(
            &self.number,
            Notation::Engineering,
            capitals,
        )))
    }
}

impl Decimal {
    fn integral(
        &self,
        rounding: Option<&Value>,
        context: Option<&Value>,
        exact: bool,
    ) -> PyResult<Value> {
        let context = Context::from_argument(context)?;
        let settings = with_rounding(&context, rounding)?;
        run_unary(&context, &self.number, |number, _, status| {
            rounding::to_integral(number, exact, &settings, status)
        })
    }
}
