//! Strings: f-strings, templates, concatenation in place.

use taipan_bytecode::ConvertValue;
use taipan_objects::format;
use taipan_objects::protocol;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, runtime};

use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

pub(crate) fn build_string(c: &mut Cursor, oparg: u32) -> Step {
    let pieces = c.pop_many(oparg as usize);
    let strings = pieces;
    c.push(taipan_objects::str::join(&Str::empty(), &strings)?.into_value());
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
    let Some(spec) = spec.downcast::<Str>() else { bail!(TypeError, "Format specifier must be a string, not {}", spec.class().name()) };
    let text = format::format(&value, Some(spec))?;
    c.push(text.into_value());
    Ok(())
}

pub(crate) fn build_interpolation(c: &mut Cursor, oparg: u32) -> Step {
    let spec = if oparg & 1 != 0 { c.pop() } else { Str::empty().into_value() };
    let expression = c.pop();
    let value = c.pop();
    let conversion = match ConvertValue::from_number(oparg >> 2) {
        Some(ConvertValue::Str) => Str::new("s").into_value(),
        Some(ConvertValue::Repr) => Str::new("r").into_value(),
        Some(ConvertValue::Ascii) => Str::new("a").into_value(),
        _ => Value::NONE,
    };
    let class = runtime::import_attribute("string.templatelib", "Interpolation")?;
    let made = protocol::call_positional(&class, &[value, expression, conversion, spec])?;
    c.push(made);
    Ok(())
}

pub(crate) fn build_template(c: &mut Cursor, _oparg: u32) -> Step {
    let interpolations = c.pop();
    let strings = c.pop();
    let class = runtime::import_attribute("string.templatelib", "Template")?;
    let mut parts = Vec::new();
    let (strings, interpolations) = (protocol::collect(&strings)?, protocol::collect(&interpolations)?);
    for (index, string) in strings.into_iter().enumerate() {
        parts.push(string);
        parts.extend(interpolations.get(index).cloned());
    }
    let made = protocol::call_positional(&class, &parts)?;
    c.push(made);
    Ok(())
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

#[allow(unused_imports)]
use Ref as _;
