//! The class `int`: slots and methods, on immediates and boxed ints alike.

use taipan_macros::methods;

use super::arithmetic;
use super::bytes::{ByteOrder, from_bytes, to_bytes};
use super::convert::{construct, exact};
use super::{Int, IntView, bit_count, bitwise, division, new, power, rounding, text, view};
use crate::bytes::{Bytes, copy_bytes};
use crate::class::{Comparison, Payload, Type};
use crate::float;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{format, id};

/// The number behind the receiver of a method of `int`.
#[inline(always)]
fn this_view(this: &Value) -> IntView<'_> {
    view(this).expect("methods of int are reached through ints")
}

/// What `bytes(value)` makes of a value that is not an int.
fn bytes_of_object(value: &Value) -> PyResult<Vec<u8>> {
    if value.downcast_exact::<Bytes>().is_none()
        && let Some(answer) = protocol::call_special_optional(value, id!("__bytes__"), &[])?
    {
        return match answer.downcast::<Bytes>() {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => bail!(
                TypeError,
                "__bytes__ returned non-bytes (type {})",
                answer.class().name()
            ),
        };
    }
    if value.downcast::<Str>().is_some() {
        bail!(TypeError, "cannot convert 'str' object to bytes");
    }
    copy_bytes(value, "bytes must be in range(0, 256)", "bytes")
}

#[methods]
impl Int {
    #[new("(x=0, /, base=10)", nosig)]
    fn new(class: &Ref<Type>, x: Option<&Value>, base: Option<&Value>) -> PyResult<Value> {
        construct(class, x, base)
    }

    #[slot(repr, str)]
    fn repr(this: &Value) -> PyResult<Ref<Str>> {
        text::to_str(this_view(this))
    }

    #[slot(hash)]
    fn hash(this: &Value) -> PyResult<i64> {
        Ok(arithmetic::hash(this_view(this)))
    }

    #[slot(richcompare)]
    fn richcompare(this: &Value, other: &Value, comparison: Comparison) -> PyResult<Value> {
        arithmetic::richcompare(this, other, comparison)
    }

    #[slot(bool)]
    fn bool(this: &Value) -> PyResult<bool> {
        Ok(!this_view(this).is_zero())
    }

    #[slot(add)]
    fn add(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::add(left, right)
    }

    #[slot(subtract)]
    fn subtract(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::subtract(left, right)
    }

    #[slot(multiply)]
    fn multiply(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::multiply(left, right)
    }

    #[slot(true_divide)]
    fn true_divide(left: &Value, right: &Value) -> PyResult<Value> {
        division::true_divide(left, right)
    }

    #[slot(floor_divide)]
    fn floor_divide(left: &Value, right: &Value) -> PyResult<Value> {
        division::floor_divide(left, right)
    }

    #[slot(remainder)]
    fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
        division::remainder(left, right)
    }

    #[slot(divmod)]
    fn divmod(left: &Value, right: &Value) -> PyResult<Value> {
        division::divmod(left, right)
    }

    #[slot(power)]
    fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
        power::power(base, exponent, modulus)
    }

    #[slot(lshift)]
    fn lshift(left: &Value, right: &Value) -> PyResult<Value> {
        bitwise::lshift(left, right)
    }

    #[slot(rshift)]
    fn rshift(left: &Value, right: &Value) -> PyResult<Value> {
        bitwise::rshift(left, right)
    }

    #[slot(and)]
    fn and(left: &Value, right: &Value) -> PyResult<Value> {
        bitwise::and(left, right)
    }

    #[slot(xor)]
    fn xor(left: &Value, right: &Value) -> PyResult<Value> {
        bitwise::xor(left, right)
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        bitwise::or(left, right)
    }

    #[slot(negative)]
    fn negative(this: &Value) -> PyResult<Value> {
        Ok(arithmetic::negative(this_view(this)))
    }

    #[slot(positive, int, index)]
    fn positive(this: &Value) -> PyResult<Value> {
        Ok(exact(this))
    }

    #[slot(absolute)]
    fn absolute(this: &Value) -> PyResult<Value> {
        Ok(arithmetic::absolute(this_view(this)))
    }

    #[slot(invert)]
    fn invert(this: &Value) -> PyResult<Value> {
        Ok(bitwise::invert(this_view(this)))
    }

    #[slot(float)]
    fn float(this: &Value) -> PyResult<Value> {
        float::int_to_f64(this).map(float::new)
    }

    /// The number itself: the complex conjugate of a real number.
    #[method]
    fn conjugate(this: &Value) -> Value {
        exact(this)
    }

    /// Number of bits the magnitude takes, without leading zeros.
    #[method]
    fn bit_length(this: &Value) -> u64 {
        this_view(this).bit_length()
    }

    /// Number of ones among the bits of the magnitude.
    #[method(name = "bit_count")]
    fn count_bits(this: &Value) -> u64 {
        bit_count(this_view(this))
    }

    /// The int as an array of bytes.
    ///
    /// OverflowError is raised if it does not fit in `length` bytes. `byteorder` is 'big' (most significant byte first)
    /// or 'little'; `signed` asks for two's complement, without which negative ints have no bytes.
    #[method(
        "($self, /, length=1, byteorder='big', *, signed=False)",
        name = "to_bytes"
    )]
    fn bytes_of(
        this: &Value,
        length: isize,
        byteorder: &Ref<Str>,
        signed: bool,
    ) -> PyResult<Ref<Bytes>> {
        let order = ByteOrder::named(&byteorder.to_display())?;
        let Ok(length) = usize::try_from(length) else {
            bail!(ValueError, "length argument must be non-negative")
        };
        Ok(Bytes::new(&to_bytes(
            this_view(this),
            length,
            order,
            signed,
        )?))
    }

    /// The int that an array of bytes stands for.
    ///
    /// `bytes` is a bytes-like object or an iterable of them; `byteorder` and `signed` are as for `int.to_bytes`.
    #[classmethod(
        "($type, /, bytes, byteorder='big', *, signed=False)",
        name = "from_bytes"
    )]
    fn of_bytes(
        class: &Ref<Type>,
        bytes: &Value,
        byteorder: &Ref<Str>,
        signed: bool,
    ) -> PyResult<Value> {
        let order = ByteOrder::named(&byteorder.to_display())?;
        let number = from_bytes(&bytes_of_object(bytes)?, order, signed);
        if class.is(Int::class()) {
            Ok(number)
        } else {
            protocol::call1(class.as_value(), &number)
        }
    }

    /// A pair of ints whose quotient is the number: itself and one.
    #[method]
    fn as_integer_ratio(this: &Value) -> Ref<Tuple> {
        Tuple::pair(exact(this), new(1))
    }

    /// True: an int has no fraction.
    #[method]
    fn is_integer(_this: &Value) -> bool {
        true
    }

    /// The number itself: it has no fraction to cut off.
    #[method]
    fn __trunc__(this: &Value) -> Value {
        exact(this)
    }

    /// The number itself: it has no fraction to round down.
    #[method]
    fn __floor__(this: &Value) -> Value {
        exact(this)
    }

    /// The number itself: it has no fraction to round up.
    #[method]
    fn __ceil__(this: &Value) -> Value {
        exact(this)
    }

    /// The nearest multiple of `10**-ndigits`, the even one of two.
    #[method("($self, ndigits=None, /)")]
    fn __round__(this: &Value, ndigits: Option<&Value>) -> PyResult<Value> {
        match ndigits {
            None => Ok(exact(this)),
            Some(ndigits) => rounding::round(this_view(this), ndigits),
        }
    }

    /// The arguments that make the number again.
    #[method]
    fn __getnewargs__(this: &Value) -> Ref<Tuple> {
        Tuple::from_array([exact(this)])
    }

    /// The number as text, as `format_spec` says.
    #[method("($self, format_spec, /)")]
    fn __format__(this: &Value, format_spec: &Ref<Str>) -> PyResult<Ref<Str>> {
        format::format_int(this, format_spec)
    }

    /// Bytes of memory the number takes.
    #[method]
    fn __sizeof__(this: &Value) -> u64 {
        24 + 4 * this_view(this).bit_length().div_ceil(30).max(1)
    }

    /// The number itself: a real number is its own real part.
    #[getter]
    fn real(this: &Value) -> Value {
        exact(this)
    }

    /// Zero: a real number has no imaginary part.
    #[getter]
    fn imag(_this: &Value) -> Value {
        new(0)
    }

    /// The number itself, as a fraction in lowest terms has it.
    #[getter]
    fn numerator(this: &Value) -> Value {
        exact(this)
    }

    /// One: an int is a fraction with this denominator.
    #[getter]
    fn denominator(_this: &Value) -> Value {
        new(1)
    }
}
