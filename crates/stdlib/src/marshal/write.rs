//! The writer.
//!
//! From version 3 on, an object that more than one place may hold is written with the flag, and later mentions are its
//! number. Which object that is, is known by identity; immediate values are written out each time.

use std::collections::HashMap;

use malachite_bigint::{BigInt, Sign};
use taipan_interp::code::Code;
use taipan_objects::buffer;
use taipan_objects::bytes::Bytes;
use taipan_objects::complex;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::float;
use taipan_objects::int::{self, IntView};
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc};

use super::{MAX_DEPTH, tag};

/// Writes a value in a version of the format.
pub fn dump_value(value: &Value, version: i32, allow_code: bool) -> PyResult<Vec<u8>> {
    let mut writer = Writer {
        out: Vec::new(),
        version,
        allow_code,
        references: HashMap::new(),
    };
    writer.object(value, MAX_DEPTH)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    version: i32,
    allow_code: bool,
    /// The number of every shared object written so far, by identity. Their owner keeps them alive meanwhile.
    references: HashMap<u64, i32>,
}

#[cold]
fn unmarshallable() -> Raised {
    exc!(ValueError, "unmarshallable object")
}

impl Writer {
    fn i32(&mut self, number: i32) {
        self.out.extend_from_slice(&number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.i32(number as i32);
    }

    fn len(&mut self, len: usize) -> PyResult<()> {
        match i32::try_from(len) {
            Ok(len) => {
                self.i32(len);
                Ok(())
            }
            Err(_) => Err(unmarshallable()),
        }
    }

    fn sized(&mut self, kind: u8, bytes: &[u8]) -> PyResult<()> {
        self.out.push(kind);
        self.len(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes a reference if the object was written before; otherwise the flag for its type byte.
    fn shared(&mut self, value: &Value) -> Option<u8> {
        if self.version < 3 || !value.is_pointer() {
            return Some(0);
        }
        let may_be_shared = value.refcount() > 1
            || value
                .downcast_exact::<Str>()
                .is_some_and(|text| text.is_interned());
        if !may_be_shared {
            return Some(0);
        }
        if let Some(&number) = self.references.get(&value.id()) {
            self.out.push(tag::REFERENCE);
            self.i32(number);
            return None;
        }
        let number = i32::try_from(self.references.len()).ok()?;
        self.references.insert(value.id(), number);
        Some(tag::FLAG_REF)
    }

    fn object(&mut self, value: &Value, depth: u32) -> PyResult<()> {
        let Some(depth) = depth.checked_sub(1) else {
            bail!(ValueError, "object too deeply nested to marshal")
        };
        if value.is_none() {
            self.out.push(tag::NONE);
        } else if value.is_true() {
            self.out.push(tag::TRUE);
        } else if value.is_false() {
            self.out.push(tag::FALSE);
        } else if value.is(&Value::ELLIPSIS) {
            self.out.push(tag::ELLIPSIS);
        } else if value.is(ExceptionKind::StopIteration.class().as_value()) {
            self.out.push(tag::STOP_ITERATION);
        } else if let Some(flag) = self.shared(value) {
            return self.composed(value, flag, depth);
        }
        Ok(())
    }

    fn composed(&mut self, value: &Value, flag: u8, depth: u32) -> PyResult<()> {
        if int::is_exact(value) {
            self.int(value, flag);
        } else if float::is_exact(value) {
            let number = float::value_of(value).unwrap_or_default();
            self.float(tag::FLOAT | flag, tag::BINARY_FLOAT | flag, &[number]);
        } else if value.downcast_exact::<complex::Complex>().is_some() {
            let parts = complex::parts_of(value).ok_or_else(unmarshallable)?;
            self.float(
                tag::COMPLEX | flag,
                tag::BINARY_COMPLEX | flag,
                &[parts.re, parts.im],
            );
        } else if let Some(bytes) = value.downcast_exact::<Bytes>() {
            self.sized(tag::STRING | flag, bytes.as_slice())?;
        } else if let Some(text) = value.downcast_exact::<Str>() {
            self.text(text, flag)?;
        } else if let Some(tuple) = value.downcast_exact::<Tuple>() {
            match u8::try_from(tuple.len()) {
                Ok(short) if self.version >= 4 => self
                    .out
                    .extend_from_slice(&[tag::SMALL_TUPLE | flag, short]),
                _ => {
                    self.out.push(tag::TUPLE | flag);
                    self.len(tuple.len())?;
                }
            }
            self.objects(tuple.as_slice(), depth)?;
        } else if let Some(list) = value.downcast_exact::<List>() {
            let items = list.to_vec();
            self.out.push(tag::LIST | flag);
            self.len(items.len())?;
            self.objects(&items, depth)?;
        } else if let Some(dict) = value.downcast_exact::<Dict>() {
            self.out.push(tag::DICT | flag);
            for (key, item) in dict.iter_snapshot() {
                self.object(&key, depth)?;
                self.object(&item, depth)?;
            }
            self.out.push(tag::NULL);
        } else if let Some(set) = value.downcast_exact::<Set>() {
            self.set(tag::SET | flag, set.snapshot(), depth)?;
        } else if let Some(set) = value.downcast_exact::<FrozenSet>() {
            self.set(tag::FROZEN_SET | flag, set.snapshot(), depth)?;
        } else if let Some(code) = value.downcast_exact::<Code>() {
            self.code(code, flag, depth)?;
        } else if let Some(slice) = value.downcast_exact::<Slice>() {
            if self.version < 5 {
                return Err(unmarshallable());
            }
            self.out.push(tag::SLICE | flag);
            for part in [slice.start_value(), slice.stop_value(), slice.step_value()] {
                self.object(part, depth)?;
            }
        } else if buffer::is_bytes_like(value) {
            let view = buffer::bytes_like(value).map_err(|_| unmarshallable())?;
            self.sized(tag::STRING | flag, &view.to_bytes())?;
        } else {
            self.out.push(b'?');
            return Err(unmarshallable());
        }
        Ok(())
    }

    fn objects(&mut self, items: &[Value], depth: u32) -> PyResult<()> {
        items.iter().try_for_each(|item| self.object(item, depth))
    }

    /// The items of a set in an order that depends on nothing but the items.
    fn set(&mut self, kind: u8, items: Vec<Value>, depth: u32) -> PyResult<()> {
        self.out.push(kind);
        self.len(items.len())?;
        let alone = |item: Value| Ok((dump_value(&item, self.version, self.allow_code)?, item));
        let mut pairs = items.into_iter().map(alone).collect::<PyResult<Vec<_>>>()?;
        pairs.sort_by(|left, right| left.0.cmp(&right.0));
        pairs
            .iter()
            .try_for_each(|(_, item)| self.object(item, depth))
    }

    fn int(&mut self, value: &Value, flag: u8) {
        if let Some(small) = int::to_i64(value).and_then(|number| i32::try_from(number).ok()) {
            self.out.push(tag::INT | flag);
            self.i32(small);
            return;
        }
        let big = int::view(value).map(IntView::into_big).unwrap_or_default();
        let digits = digits_of_15_bits(&big);
        let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        self.out.push(tag::LONG | flag);
        self.i32(if big.sign() == Sign::Minus {
            -count
        } else {
            count
        });
        for digit in digits {
            self.out.extend_from_slice(&digit.to_le_bytes());
        }
    }

    fn float(&mut self, text: u8, binary: u8, numbers: &[f64]) {
        if self.version > 1 {
            self.out.push(binary);
            numbers
                .iter()
                .for_each(|number| self.out.extend_from_slice(&number.to_le_bytes()));
            return;
        }
        self.out.push(text);
        for number in numbers {
            let text = seventeen_digits(*number);
            self.out.push(text.len() as u8);
            self.out.extend_from_slice(text.as_bytes());
        }
    }

    fn text(&mut self, text: &Ref<Str>, flag: u8) -> PyResult<()> {
        let interned = text.is_interned();
        if let Some(ascii) = text.as_ascii().filter(|_| self.version >= 4) {
            return match u8::try_from(ascii.len()) {
                Ok(short) => {
                    let kind = if interned {
                        tag::SHORT_ASCII_INTERNED
                    } else {
                        tag::SHORT_ASCII
                    };
                    self.out.extend_from_slice(&[kind | flag, short]);
                    self.out.extend_from_slice(ascii.as_bytes());
                    Ok(())
                }
                Err(_) => self.sized(
                    if interned {
                        tag::ASCII_INTERNED
                    } else {
                        tag::ASCII
                    } | flag,
                    ascii.as_bytes(),
                ),
            };
        }
        let kind = if self.version >= 3 && interned {
            tag::INTERNED
        } else {
            tag::UNICODE
        };
        self.sized(kind | flag, text.to_wtf8().as_bytes())
    }

    fn names(&mut self, names: &[Ref<Str>], depth: u32) -> PyResult<()> {
        self.tuple_header(names.len())?;
        names
            .iter()
            .try_for_each(|name| self.object(name.as_value(), depth))
    }

    fn tuple_header(&mut self, len: usize) -> PyResult<()> {
        match u8::try_from(len) {
            Ok(short) if self.version >= 4 => {
                self.out.extend_from_slice(&[tag::SMALL_TUPLE, short]);
                Ok(())
            }
            _ => {
                self.out.push(tag::TUPLE);
                self.len(len)
            }
        }
    }

    fn code(&mut self, code: &Ref<Code>, flag: u8, depth: u32) -> PyResult<()> {
        if !self.allow_code {
            bail!(ValueError, "marshalling code objects is disallowed");
        }
        let parts = code.to_parts();
        self.out.push(tag::CODE | flag);
        for number in [
            parts.arg_count,
            parts.posonly_arg_count,
            parts.kwonly_arg_count,
            parts.stack_size,
            parts.flags,
        ] {
            self.u32(number);
        }
        self.sized(tag::STRING, &parts.code)?;
        self.tuple_header(parts.consts.len())?;
        self.objects(&parts.consts, depth)?;
        self.names(&parts.names, depth)?;
        self.names(&parts.localsplus_names, depth)?;
        self.sized(tag::STRING, &parts.localsplus_kinds)?;
        for text in [&parts.filename, &parts.name, &parts.qualname] {
            self.object(text.as_value(), depth)?;
        }
        self.u32(parts.first_line);
        self.sized(tag::STRING, &parts.linetable)?;
        self.sized(tag::STRING, &parts.exceptiontable)
    }
}

fn digits_of_15_bits(number: &BigInt) -> Vec<u16> {
    let (_, words) = number.to_u32_digits();
    let mut digits = Vec::with_capacity(words.len() * 3);
    let (mut pending, mut bits) = (0u64, 0);
    for word in words {
        pending |= u64::from(word) << bits;
        bits += 32;
        while bits >= 15 {
            digits.push((pending & 0x7fff) as u16);
            pending >>= 15;
            bits -= 15;
        }
    }
    digits.push(pending as u16);
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits
}

/// As C's `%.17g`, the text form of floats in versions 0 and 1.
fn seventeen_digits(number: f64) -> String {
    if !number.is_finite() {
        return match number {
            number if number.is_nan() => "nan".to_owned(),
            number if number > 0.0 => "inf".to_owned(),
            _ => "-inf".to_owned(),
        };
    }
    let scientific = format!("{number:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..17).contains(&exponent) {
        let fixed = format!("{number:.*}", (16 - exponent).max(0) as usize);
        return if fixed.contains('.') {
            fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            fixed
        };
    }
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
