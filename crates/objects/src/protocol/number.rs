//! Arithmetic on any values.

use crate::class::{Binary, Slots};
use crate::protocol::to_size;
use crate::raised::{PyResult, Raised};
use crate::value::Value;

/// Tries the slots of both operands in Python's order; NotImplemented when neither knows.
#[inline]
fn dispatch(
    left: &Value,
    right: &Value,
    slot: impl Fn(&Slots) -> Option<Binary>,
) -> PyResult<Value> {
    let (left_class, right_class) = (left.class(), right.class());
    let on_left = slot(&left_class.slots);
    let mut on_right = None;
    if !left_class.is(right_class) {
        on_right = slot(&right_class.slots);
        if let (Some(left), Some(right)) = (on_left, on_right)
            && left as usize == right as usize
        {
            on_right = None;
        }
    }
    if let Some(operation) = on_left {
        if let Some(reflected) = on_right
            && right_class.is_subclass(left_class)
        {
            let answer = reflected(left, right)?;
            if !answer.is_not_implemented() {
                return Ok(answer);
            }
            on_right = None;
        }
        let answer = operation(left, right)?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    match on_right {
        Some(reflected) => reflected(left, right),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

#[cold]
fn unsupported(symbol: &str, left: &Value, right: &Value) -> Raised {
    exc!(
        TypeError,
        "unsupported operand type(s) for {symbol}: '{}' and '{}'",
        left.class().name(),
        right.class().name()
    )
}

macro_rules! binary_operations {
    ($($(#[$doc:meta])* $name:ident, $inplace:ident, $inplace_slot:ident, $symbol:literal, $inplace_symbol:literal;)*) => { $(
        $(#[$doc])*
        pub fn $name(left: &Value, right: &Value) -> PyResult<Value> {
            let answer = dispatch(left, right, |slots| slots.$name.get())?;
            if answer.is_not_implemented() { Err(unsupported($symbol, left, right)) } else { Ok(answer) }
        }

        /// The in-place form: the left operand's own slot first.
        pub fn $inplace(left: &Value, right: &Value) -> PyResult<Value> {
            if let Some(operation) = left.class().slots.$inplace_slot.get() {
                let answer = operation(left, right)?;
                if !answer.is_not_implemented() {
                    return Ok(answer);
                }
            }
            let answer = dispatch(left, right, |slots| slots.$name.get())?;
            if answer.is_not_implemented() { Err(unsupported($inplace_symbol, left, right)) } else { Ok(answer) }
        }
    )* };
}

binary_operations! {
    /// `left - right`.
    subtract, inplace_subtract, inplace_subtract, "-", "-=";
    /// `left @ right`.
    matrix_multiply, inplace_matrix_multiply, inplace_matrix_multiply, "@", "@=";
    /// `left / right`.
    true_divide, inplace_true_divide, inplace_true_divide, "/", "/=";
    /// `left // right`.
    floor_divide, inplace_floor_divide, inplace_floor_divide, "//", "//=";
    /// `left % right`.
    remainder, inplace_remainder, inplace_remainder, "%", "%=";
    /// `left << right`.
    lshift, inplace_lshift, inplace_lshift, "<<", "<<=";
    /// `left & right`.
    and, inplace_and, inplace_and, "&", "&=";
    /// `left ^ right`.
    xor, inplace_xor, inplace_xor, "^", "^=";
    /// `left | right`.
    or, inplace_or, inplace_or, "|", "|=";
}

/// `left >> right`.
pub fn rshift(left: &Value, right: &Value) -> PyResult<Value> {
    let answer = dispatch(left, right, |slots| slots.rshift.get())?;
    if !answer.is_not_implemented() {
        return Ok(answer);
    }
    if crate::runtime::is_builtin_print(left) {
        bail!(
            TypeError,
            "unsupported operand type(s) for >>: '{}' and '{}'. Did you mean \"print(<message>, file=<output_stream>)\"?",
            left.class().name(),
            right.class().name()
        );
    }
    Err(unsupported(">>", left, right))
}

/// `left >>= right`.
pub fn inplace_rshift(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(operation) = left.class().slots.inplace_rshift.get() {
        let answer = operation(left, right)?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    let answer = dispatch(left, right, |slots| slots.rshift.get())?;
    if answer.is_not_implemented() {
        Err(unsupported(">>=", left, right))
    } else {
        Ok(answer)
    }
}

/// `divmod(left, right)`.
pub fn divmod(left: &Value, right: &Value) -> PyResult<Value> {
    let answer = dispatch(left, right, |slots| slots.divmod.get())?;
    if answer.is_not_implemented() {
        Err(unsupported("divmod()", left, right))
    } else {
        Ok(answer)
    }
}

/// `left + right`: numbers first, then sequences.
pub fn add(left: &Value, right: &Value) -> PyResult<Value> {
    let answer = dispatch(left, right, |slots| slots.add.get())?;
    if !answer.is_not_implemented() {
        return Ok(answer);
    }
    match left.class().slots.concat.get() {
        Some(concat) => concat(left, right),
        None => Err(unsupported("+", left, right)),
    }
}

/// `left += right`.
pub fn inplace_add(left: &Value, right: &Value) -> PyResult<Value> {
    let class = left.class();
    if let Some(operation) = class.slots.inplace_add.get() {
        let answer = operation(left, right)?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    let answer = dispatch(left, right, |slots| slots.add.get())?;
    if !answer.is_not_implemented() {
        return Ok(answer);
    }
    let slots = &left.class().slots;
    match slots.inplace_concat.get().or(slots.concat.get()) {
        Some(concat) => concat(left, right),
        None => Err(unsupported("+=", left, right)),
    }
}

fn repeat(operation: Binary, sequence: &Value, count: &Value) -> PyResult<Value> {
    if count.class().slots.index.get().is_none() {
        bail!(
            TypeError,
            "can't multiply sequence by non-int of type '{}'",
            count.class().name()
        );
    }
    let count = crate::int::new(to_size(count)? as i64);
    operation(sequence, &count)
}

/// `left * right`: numbers first, then sequences.
pub fn multiply(left: &Value, right: &Value) -> PyResult<Value> {
    let answer = dispatch(left, right, |slots| slots.multiply.get())?;
    if !answer.is_not_implemented() {
        return Ok(answer);
    }
    if let Some(operation) = left.class().slots.repeat.get() {
        return repeat(operation, left, right);
    }
    if let Some(operation) = right.class().slots.repeat.get() {
        return repeat(operation, right, left);
    }
    Err(unsupported("*", left, right))
}

/// `left *= right`.
pub fn inplace_multiply(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(operation) = left.class().slots.inplace_multiply.get() {
        let answer = operation(left, right)?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    let answer = dispatch(left, right, |slots| slots.multiply.get())?;
    if !answer.is_not_implemented() {
        return Ok(answer);
    }
    let slots = &left.class().slots;
    if let Some(operation) = slots.inplace_repeat.get().or(slots.repeat.get()) {
        return repeat(operation, left, right);
    }
    if let Some(operation) = right.class().slots.repeat.get() {
        return repeat(operation, right, left);
    }
    Err(unsupported("*=", left, right))
}

/// `pow(base, exponent, modulus)`; without a modulus it is None.
pub fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
    power_named(base, exponent, modulus, "** or pow()")
}

/// `base **= exponent`.
pub fn inplace_power(base: &Value, exponent: &Value) -> PyResult<Value> {
    if let Some(operation) = base.class().slots.inplace_power.get() {
        let answer = operation(base, exponent)?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    power_named(base, exponent, &Value::NONE, "**=")
}

fn power_named(base: &Value, exponent: &Value, modulus: &Value, symbol: &str) -> PyResult<Value> {
    let (base_class, exponent_class) = (base.class(), exponent.class());
    let on_base = base_class.slots.power.get();
    let mut on_exponent = if base_class.is(exponent_class) {
        None
    } else {
        exponent_class.slots.power.get()
    };
    if let (Some(left), Some(right)) = (on_base, on_exponent)
        && left as usize == right as usize
    {
        on_exponent = None;
    }
    let mut tried = Vec::new();
    if let (Some(_), Some(reflected)) = (on_base, on_exponent)
        && exponent_class.is_subclass(base_class)
    {
        tried.push(reflected);
        on_exponent = None;
    }
    tried.extend(on_base);
    tried.extend(on_exponent);
    if !modulus.is_none()
        && let Some(third) = modulus.class().slots.power.get()
        && !tried
            .iter()
            .any(|operation| *operation as usize == third as usize)
    {
        tried.push(third);
    }
    for operation in tried {
        let answer = operation(base, exponent, modulus)?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    if modulus.is_none() {
        return Err(unsupported(symbol, base, exponent));
    }
    bail!(
        TypeError,
        "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
        base.class().name(),
        exponent.class().name(),
        modulus.class().name()
    )
}

macro_rules! unary_operations {
    ($($(#[$doc:meta])* $name:ident, $message:literal;)*) => { $(
        $(#[$doc])*
        pub fn $name(value: &Value) -> PyResult<Value> {
            match value.class().slots.$name.get() {
                Some(operation) => operation(value),
                None => bail!(TypeError, $message, value.class().name()),
            }
        }
    )* };
}

unary_operations! {
    /// `-value`.
    negative, "bad operand type for unary -: '{}'";
    /// `+value`.
    positive, "bad operand type for unary +: '{}'";
    /// `~value`.
    invert, "bad operand type for unary ~: '{}'";
    /// `abs(value)`.
    absolute, "bad operand type for abs(): '{}'";
}
