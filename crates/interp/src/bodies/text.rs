//! Strings: f-strings, templates, concatenation in place.

use taipan_bytecode::ConvertValue;
use taipan_objects::bail;
use taipan_objects::format::{self, ValueConversion};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::template::{Interpolation, Template};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

pub(crate) fn build_string(c: &mut Cursor, oparg: u32) -> Step {
    // SAFETY: the pieces stay on the stack until they are joined.
    let text = taipan_objects::str::join(&Str::empty(), unsafe { c.own_top(oparg as usize) })?;
    c.drop_words(oparg as usize);
    c.push(text.into_value());
    Ok(())
}

pub(crate) fn convert_value(c: &mut Cursor, oparg: u32) -> Step {
    let value = c.pop();
    let text = match ConvertValue::from_number(oparg) {
        Some(ConvertValue::Str) => protocol::str(&value)?,
        Some(ConvertValue::Repr) => protocol::repr(&value)?,
        Some(ConvertValue::Ascii) => protocol::ascii(&value)?,
        _ => bail!(SystemError, "bad conversion number {oparg}"),
    };
    c.push(text.into_value());
    Ok(())
}

pub(crate) fn format_simple(c: &mut Cursor, _oparg: u32) -> Step {
    if c.peek(0).downcast_exact::<Str>().is_some() {
        return Ok(());
    }
    let value = c.pop();
    let text = format::format(&value, None)?;
    c.push(text.into_value());
    Ok(())
}

pub(crate) fn format_with_spec(c: &mut Cursor, _oparg: u32) -> Step {
    let spec = c.pop();
    let value = c.pop();
    let Some(spec) = spec.downcast::<Str>() else {
        bail!(
            TypeError,
            "Format specifier must be a string, not {}",
            spec.class().name()
        )
    };
    let text = format::format(&value, Some(spec))?;
    c.push(text.into_value());
    Ok(())
}

pub(crate) fn build_interpolation(c: &mut Cursor, oparg: u32) -> Step {
    let spec = if oparg & 1 != 0 {
        text(c.pop())?
    } else {
        Str::empty()
    };
    let expression = text(c.pop())?;
    let value = c.pop();
    let conversion = match ConvertValue::from_number(oparg >> 2) {
        Some(ConvertValue::Str) => Some(ValueConversion::Str),
        Some(ConvertValue::Repr) => Some(ValueConversion::Repr),
        Some(ConvertValue::Ascii) => Some(ValueConversion::Ascii),
        _ => None,
    };
    c.push(Interpolation::new(value, expression, conversion, spec).into_value());
    Ok(())
}

pub(crate) fn build_template(c: &mut Cursor, _oparg: u32) -> Step {
    let interpolations = Tuple::new(protocol::collect(&c.pop())?);
    let strings = Tuple::new(protocol::collect(&c.pop())?);
    c.push(Template::new(strings, interpolations).into_value());
    Ok(())
}

/// The text that the compiler put on the stack.
fn text(value: Value) -> PyResult<Ref<Str>> {
    value.into_ref::<Str>().or_else(|other| {
        bail!(
            SystemError,
            "{} is no part of a template",
            other.class().name()
        )
    })
}

/// `s += t` for exact strings: when the next instruction stores into the local that holds the only other reference, the
/// local is emptied first, so that the text can grow in place and a loop of appends stays linear.
pub(crate) fn inplace_concat(c: &mut Cursor) -> Option<Step> {
    {
        let (left, right) = (c.peek(1), c.peek(0));
        left.downcast_exact::<Str>()?;
        right.downcast_exact::<Str>()?;
    }
    let next = c.next_unit();
    let (opcode, oparg) = ((next & 0xff) as u8, u32::from(next >> 8));
    if opcode == taipan_bytecode::Opcode::StoreFast as u8 {
        let place = c.local(oparg);
        let left = c.word(1);
        // SAFETY: the place is a local's. A borrowed left operand takes over the local's reference.
        unsafe {
            if (*place).value_bits() == left.value_bits() && !(*place).is_borrowed() {
                if left.is_borrowed() {
                    c.set_word(1, place.replace(StackRef::NULL));
                } else {
                    place.replace(StackRef::NULL).close();
                }
            }
        }
    }
    let right = c.pop();
    let left = c.pop();
    let (Ok(left), Ok(right)) = (left.into_ref::<Str>(), right.into_ref::<Str>()) else {
        return Some(Ok(()));
    };
    c.push(taipan_objects::str::append(left, &right).into_value());
    Some(Ok(()))
}
