//! Building and taking apart containers.

use taipan_objects::dict::{Dict, Existing};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::set::Set;
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, id};

use super::{close_quick, duplicate_quick, own_quick};
use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

pub(crate) fn build_tuple(c: &mut Cursor, oparg: u32) -> Step {
    let count = oparg as usize;
    // SAFETY: the values move into the tuple, and leave the stack.
    unsafe {
        let items = c.own_top(count);
        let tuple = Tuple::from_moved(items);
        c.sp = c.sp.sub(count);
        c.push(tuple.into_value());
    }
    Ok(())
}

pub(crate) fn build_list(c: &mut Cursor, oparg: u32) -> Step {
    let items = c.pop_many(oparg as usize);
    c.push(List::new(items).into_value());
    Ok(())
}

pub(crate) fn build_set(c: &mut Cursor, oparg: u32) -> Step {
    let set = Set::new();
    // SAFETY: the values stay on the stack while the set takes references to them.
    for item in unsafe { c.own_top(oparg as usize) } {
        set.add(item.clone())?;
    }
    c.drop_words(oparg as usize);
    c.push(set.into_value());
    Ok(())
}

pub(crate) fn build_map(c: &mut Cursor, oparg: u32) -> Step {
    let count = oparg as usize * 2;
    let dict = Dict::with_capacity(oparg as usize);
    // SAFETY: the values stay on the stack while the dict takes references to them.
    for pair in unsafe { c.own_top(count) }.chunks_exact(2) {
        dict.set(pair[0].clone(), pair[1].clone())?;
    }
    c.drop_words(count);
    c.push(dict.into_value());
    Ok(())
}

pub(crate) fn build_slice(c: &mut Cursor, oparg: u32) -> Step {
    let step = if oparg == 3 { c.pop() } else { Value::NONE };
    let stop = c.pop();
    let start = c.pop();
    c.push(Slice::new(start, stop, step).into_value());
    Ok(())
}

/// Views the container `depth` words below the item on top.
fn below<T: taipan_objects::class::Payload>(c: &Cursor, depth: u32) -> PyResult<Ref<T>> {
    match c.peek(depth as usize - 1).downcast::<T>() {
        Some(container) => Ok(container.clone()),
        None => bail!(SystemError, "the container to add to is another"),
    }
}

/// A list of a comprehension that has room for the item.
#[inline(always)]
pub(crate) fn list_append(c: &mut Cursor, oparg: u32) -> bool {
    let (item, list) = (c.word(0), c.word(oparg as usize));
    // SAFETY: the list stays on the stack; the item moves into it.
    unsafe {
        let list = list.view();
        let Some(list) = list.downcast_exact::<List>() else {
            return false;
        };
        if !list.has_room() {
            return false;
        }
        let item = own_quick(item);
        std::mem::forget(list.push_within(Value::from_bits(item.0)));
    }
    c.pop_word();
    true
}

pub(crate) fn list_append_full(c: &mut Cursor, oparg: u32) -> Step {
    let item = c.pop();
    below::<List>(c, oparg)?.push(item)
}

pub(crate) fn list_extend(c: &mut Cursor, oparg: u32) -> Step {
    let iterable = c.pop();
    let list = below::<List>(c, oparg)?;
    let items = protocol::collect_or(&iterable, || {
        format!(
            "Value after * must be an iterable, not {}",
            iterable.class().name()
        )
    })?;
    list.extend_from_slice(&items)
}

pub(crate) fn set_add(c: &mut Cursor, oparg: u32) -> Step {
    let item = c.pop();
    below::<Set>(c, oparg)?.add(item).map(drop)
}

pub(crate) fn set_update(c: &mut Cursor, oparg: u32) -> Step {
    let iterable = c.pop();
    let set = below::<Set>(c, oparg)?;
    set.update(&iterable)
}

pub(crate) fn map_add(c: &mut Cursor, oparg: u32) -> Step {
    let value = c.pop();
    let key = c.pop();
    below::<Dict>(c, oparg)?.set(key, value)
}

pub(crate) fn dict_update(c: &mut Cursor, oparg: u32) -> Step {
    let mapping = c.pop();
    let dict = below::<Dict>(c, oparg)?;
    match dict.merge_mapping(&mapping, Existing::Replace) {
        Err(raised) if raised.is(ExceptionKind::AttributeError) => {
            bail!(
                TypeError,
                "'{}' object is not a mapping",
                mapping.class().name()
            )
        }
        other => other,
    }
}

pub(crate) fn dict_merge(c: &mut Cursor, oparg: u32) -> Step {
    let mapping = c.pop();
    let dict = below::<Dict>(c, oparg)?;
    let callable = c.peek(oparg as usize + 2).clone();
    match dict.merge_mapping(&mapping, Existing::Refuse) {
        Err(raised) if raised.is(ExceptionKind::AttributeError) => {
            bail!(
                TypeError,
                "{} argument after ** must be a mapping, not {}",
                function_text(&callable)?,
                mapping.class().name()
            )
        }
        Err(raised) if raised.is(ExceptionKind::KeyError) => {
            let args = raised.exception().args();
            match args.tail() {
                [key] if key.downcast::<Str>().is_some() => {
                    let key = protocol::str(key)?;
                    bail!(
                        TypeError,
                        "{} got multiple values for keyword argument '{}'",
                        function_text(&callable)?,
                        key.to_display()
                    )
                }
                [_] => bail!(TypeError, "keywords must be strings"),
                _ => Err(raised),
            }
        }
        other => other,
    }
}

/// `module.qualname()` of a callable, for messages about its arguments.
pub(crate) fn function_text(callable: &Value) -> PyResult<String> {
    let Some(qualname) = protocol::getattr_optional(callable, id!("__qualname__"))? else {
        return Ok(protocol::str(callable)?.to_display().into_owned());
    };
    let qualname = protocol::str(&qualname)?.to_display().into_owned();
    let module =
        protocol::getattr_optional(callable, id!("__module__"))?.filter(|module| !module.is_none());
    match module {
        Some(module) => {
            let module = protocol::str(&module)?.to_display().into_owned();
            Ok(if module == "builtins" {
                format!("{qualname}()")
            } else {
                format!("{module}.{qualname}()")
            })
        }
        None => Ok(format!("{qualname}()")),
    }
}

#[inline(always)]
pub(crate) fn unpack_sequence(c: &mut Cursor, oparg: u32) -> bool {
    let word = c.word(0);
    // SAFETY: the sequence stays alive until its items are counted.
    unsafe {
        let view = word.view();
        let items: &[Value] = match view.downcast_exact::<Tuple>() {
            Some(tuple) => tuple.tail(),
            None => return false,
        };
        if items.len() != oparg as usize || !close_quick(word) {
            return false;
        }
        c.pop_word();
        let mut index = items.len();
        while index > 0 {
            index -= 1;
            c.push_word(duplicate_quick(StackRef(items.get_unchecked(index).bits())));
        }
    }
    true
}

fn unpack_exact(sequence: &Value, items: &[Value], expected: usize) -> Step {
    if items.len() == expected {
        return Ok(());
    }
    if items.len() < expected {
        bail!(
            ValueError,
            "not enough values to unpack (expected {expected}, got {})",
            items.len()
        );
    }
    let _ = sequence;
    bail!(
        ValueError,
        "too many values to unpack (expected {expected}, got {})",
        items.len()
    )
}

pub(crate) fn unpack_sequence_full(c: &mut Cursor, oparg: u32) -> Step {
    let expected = oparg as usize;
    let sequence = c.pop();
    let known = match (
        sequence.downcast_exact::<Tuple>(),
        sequence.downcast_exact::<List>(),
    ) {
        (Some(tuple), _) => Some(tuple.to_vec()),
        (_, Some(list)) => Some(list.to_vec()),
        _ => None,
    };
    let items = match known {
        Some(items) => {
            unpack_exact(&sequence, &items, expected)?;
            items
        }
        None => unpack_iterator(&sequence, expected)?,
    };
    for item in items.into_iter().rev() {
        c.push(item);
    }
    Ok(())
}

fn cannot_unpack(sequence: &Value) -> taipan_objects::raised::Raised {
    exc!(
        TypeError,
        "cannot unpack non-iterable {} object",
        sequence.class().name()
    )
}

fn is_iterable(value: &Value) -> bool {
    value.class().slots.iter.get().is_some() || value.class().slots.getitem.get().is_some()
}

fn unpack_iterator(sequence: &Value, expected: usize) -> PyResult<Vec<Value>> {
    if !is_iterable(sequence) {
        return Err(cannot_unpack(sequence));
    }
    let iterator = protocol::iter(sequence)?;
    let mut items = Vec::with_capacity(expected);
    while items.len() < expected {
        match protocol::next(&iterator)? {
            Some(item) => items.push(item),
            None => bail!(
                ValueError,
                "not enough values to unpack (expected {expected}, got {})",
                items.len()
            ),
        }
    }
    if protocol::next(&iterator)?.is_some() {
        let sized = sequence.downcast::<Dict>().is_some();
        if sized {
            let len = protocol::len(sequence)?;
            if len > expected {
                bail!(
                    ValueError,
                    "too many values to unpack (expected {expected}, got {len})"
                );
            }
        }
        bail!(
            ValueError,
            "too many values to unpack (expected {expected})"
        );
    }
    Ok(items)
}

pub(crate) fn unpack_ex(c: &mut Cursor, oparg: u32) -> Step {
    let (before, after) = ((oparg & 0xff) as usize, (oparg >> 8) as usize);
    let sequence = c.pop();
    if !is_iterable(&sequence) {
        return Err(cannot_unpack(&sequence));
    }
    let iterator = protocol::iter(&sequence)?;
    let mut items = Vec::with_capacity(before);
    while items.len() < before {
        match protocol::next(&iterator)? {
            Some(item) => items.push(item),
            None => {
                bail!(
                    ValueError,
                    "not enough values to unpack (expected at least {}, got {})",
                    before + after,
                    items.len()
                )
            }
        }
    }
    let mut rest = protocol::collect(&iterator)?;
    if rest.len() < after {
        bail!(
            ValueError,
            "not enough values to unpack (expected at least {}, got {})",
            before + after,
            before + rest.len()
        );
    }
    let last = rest.split_off(rest.len() - after);
    for item in last.into_iter().rev() {
        c.push(item);
    }
    c.push(List::new(rest).into_value());
    for item in items.into_iter().rev() {
        c.push(item);
    }
    Ok(())
}
