//! `str.maketrans` and `str.translate`: mapping characters through a table.
//!
//! A table is anything that is indexed by code points. What it says about an ASCII character is asked once per call.

use taipan_macros::methods;

use crate::class::Payload;
use crate::dict::Dict;
use crate::exceptions::ExceptionKind;
use crate::int;
use crate::protocol;
use crate::raised::{Absent, PyResult};
use crate::str::{Str, StrBuilder};
use crate::value::{Ref, Value};

/// What a table says about a character.
enum Mapping {
    Keep,
    Delete,
    Code(u32),
    Text(Ref<Str>),
}

fn look_up(table: &Value, code: u32) -> PyResult<Mapping> {
    let key = int::new(code.into());
    let found = match table.downcast_exact::<Dict>() {
        Some(dict) => dict.get(&key)?,
        None => protocol::getitem(table, &key).absent_on(ExceptionKind::LookupError)?,
    };
    let Some(found) = found else {
        return Ok(Mapping::Keep);
    };
    if found.is_none() {
        return Ok(Mapping::Delete);
    }
    if int::is_int(&found) {
        return match int::to_i64(&found)
            .and_then(|code| u32::try_from(code).ok())
            .filter(|&code| code <= 0x10_ffff)
        {
            Some(code) => Ok(Mapping::Code(code)),
            None => bail!(ValueError, "character mapping must be in range(0x110000)"),
        };
    }
    match found.into_ref::<Str>() {
        Ok(text) => Ok(Mapping::Text(text)),
        Err(_) => bail!(
            TypeError,
            "character mapping must return integer, None or str"
        ),
    }
}

fn apply(out: &mut StrBuilder, code: u32, mapping: &Mapping) {
    match mapping {
        Mapping::Keep => out.push(code),
        Mapping::Delete => {}
        Mapping::Code(code) => out.push(*code),
        Mapping::Text(text) => out.push_string(text),
    }
}

fn single_key(key: &Value) -> PyResult<Value> {
    if let Some(text) = key.downcast::<Str>() {
        return match text.len() {
            1 => Ok(int::new(text.units().at(0).into())),
            _ => bail!(
                ValueError,
                "string keys in translate table must be of length 1"
            ),
        };
    }
    if int::is_int(key) {
        Ok(key.clone())
    } else {
        bail!(
            TypeError,
            "keys in translate table must be strings or integers"
        )
    }
}

#[methods(part = translate)]
impl Str {
    /// A table for translate(): from a dict, or from two strings of equal length and a string of characters to drop.
    #[staticmethod("(x, y=None, z=None, /)")]
    fn maketrans(x: &Value, y: Option<&Ref<Str>>, z: Option<&Ref<Str>>) -> PyResult<Ref<Dict>> {
        let table = Dict::new();
        let Some(y) = y else {
            let Some(source) = x
                .downcast::<Dict>()
                .filter(|_| z.is_none())
                .filter(|_| x.class().is(Dict::class()) || x.class().is_subclass(Dict::class()))
            else {
                bail!(
                    TypeError,
                    "if you give only one argument to maketrans it must be a dict"
                );
            };
            for (key, value) in source.iter_snapshot() {
                table.set(single_key(&key)?, value)?;
            }
            return Ok(table);
        };
        let Some(x) = x.downcast::<Str>() else {
            bail!(
                TypeError,
                "first maketrans argument must be a string if there is a second argument"
            );
        };
        if x.len() != y.len() {
            bail!(
                ValueError,
                "the first two maketrans arguments must have equal length"
            );
        }
        for (from, to) in x.code_points().zip(y.code_points()) {
            table.set(int::new(from.into()), int::new(to.into()))?;
        }
        for code in z.iter().flat_map(|dropped| dropped.code_points()) {
            table.set(int::new(code.into()), Value::NONE)?;
        }
        Ok(table)
    }

    /// A copy of the string in which each character is replaced by what the table maps its code point to.
    #[method("($self, table, /)")]
    fn translate(&self, table: &Value) -> PyResult<Ref<Str>> {
        let mut known: [Option<Mapping>; 128] = [const { None }; 128];
        let mut out = StrBuilder::with_capacity(self.len());
        for code in self.code_points() {
            let Some(place) = known.get_mut(code as usize) else {
                apply(&mut out, code, &look_up(table, code)?);
                continue;
            };
            if place.is_none() {
                *place = Some(look_up(table, code)?);
            }
            if let Some(mapping) = place {
                apply(&mut out, code, mapping);
            }
        }
        Ok(out.finish())
    }
}
