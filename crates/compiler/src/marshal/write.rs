//! The writer. Objects that occur more than once are found by a first pass that counts them.

use std::collections::HashMap;

use malachite_bigint::{BigInt, Sign};
use rustpython_wtf8::Wtf8;

use super::FLAG_REF;
use crate::code::{Code, Const};

/// What can be shared: the same key always stands for the same bytes of output.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key<'a> {
    Text(&'a Wtf8),
    Bytes(&'a [u8]),
    Names(&'a [String]),
}

/// Writes a code object.
pub fn write(code: &Code) -> Vec<u8> {
    let mut counts = HashMap::new();
    count(code, &mut counts);
    let mut writer = Writer {
        out: Vec::new(),
        counts,
        written: HashMap::new(),
    };
    writer.code(code);
    writer.out
}

fn count<'a>(code: &'a Code, counts: &mut HashMap<Key<'a>, u32>) {
    let mut see = |key| *counts.entry(key).or_insert(0) += 1;
    for names in [&code.names, &code.localsplus_names] {
        see(Key::Names(names));
        for name in names {
            see(Key::Text(Wtf8::new(name.as_str())));
        }
    }
    for text in [&code.filename, &code.name, &code.qualname] {
        see(Key::Text(Wtf8::new(text.as_str())));
    }
    for bytes in [&code.code, &code.linetable, &code.exceptiontable] {
        see(Key::Bytes(bytes));
    }
    see(Key::Bytes(&code.localsplus_kinds));
    code.consts
        .iter()
        .for_each(|constant| count_const(constant, counts));
}

fn count_const<'a>(constant: &'a Const, counts: &mut HashMap<Key<'a>, u32>) {
    match constant {
        Const::Str(text) => *counts.entry(Key::Text(text)).or_insert(0) += 1,
        Const::Bytes(bytes) => *counts.entry(Key::Bytes(bytes)).or_insert(0) += 1,
        Const::Tuple(items) | Const::FrozenSet(items) => {
            items.iter().for_each(|item| count_const(item, counts));
        }
        Const::Slice(items) => items.iter().for_each(|item| count_const(item, counts)),
        Const::Code(code) => count(code, counts),
        Const::None
        | Const::True
        | Const::False
        | Const::Ellipsis
        | Const::Int(_)
        | Const::Float(_)
        | Const::Complex(..) => {}
    }
}

struct Writer<'a> {
    out: Vec<u8>,
    counts: HashMap<Key<'a>, u32>,
    /// The reference number of every shared object written so far.
    written: HashMap<Key<'a>, u32>,
}

impl<'a> Writer<'a> {
    fn u32(&mut self, number: u32) {
        self.out.extend_from_slice(&number.to_le_bytes());
    }

    /// A length. Sources are shorter than 2 GiB, so every length fits.
    fn len(&mut self, len: usize) {
        self.u32(u32::try_from(len).expect("a source below 2 GiB makes no longer object"));
    }

    /// Writes a reference if the object was written before; otherwise says which flag its type
    /// byte gets, and reserves its number when it will be referred to.
    fn shared(&mut self, key: Key<'a>) -> Option<u8> {
        if let Some(&number) = self.written.get(&key) {
            self.out.push(b'r');
            self.u32(number);
            return None;
        }
        if self.counts.get(&key).is_some_and(|&count| count > 1) {
            let number = u32::try_from(self.written.len()).expect("fewer objects than bytes");
            self.written.insert(key, number);
            return Some(FLAG_REF);
        }
        Some(0)
    }

    fn code(&mut self, code: &'a Code) {
        self.out.push(b'c');
        self.u32(code.arg_count);
        self.u32(code.posonly_arg_count);
        self.u32(code.kwonly_arg_count);
        self.u32(code.stack_size);
        self.u32(code.flags);
        self.bytes(&code.code);
        self.tuple_header(code.consts.len(), 0);
        code.consts
            .iter()
            .for_each(|constant| self.constant(constant));
        self.names(&code.names);
        self.names(&code.localsplus_names);
        self.bytes(&code.localsplus_kinds);
        self.text(Wtf8::new(code.filename.as_str()));
        self.text(Wtf8::new(code.name.as_str()));
        self.text(Wtf8::new(code.qualname.as_str()));
        self.u32(code.first_line);
        self.bytes(&code.linetable);
        self.bytes(&code.exceptiontable);
    }

    fn names(&mut self, names: &'a [String]) {
        if let Some(flag) = self.shared(Key::Names(names)) {
            self.tuple_header(names.len(), flag);
            names
                .iter()
                .for_each(|name| self.text(Wtf8::new(name.as_str())));
        }
    }

    fn tuple_header(&mut self, len: usize, flag: u8) {
        if let Ok(short) = u8::try_from(len) {
            self.out.extend_from_slice(&[b')' | flag, short]);
        } else {
            self.out.push(b'(' | flag);
            self.len(len);
        }
    }

    fn bytes(&mut self, bytes: &'a [u8]) {
        if let Some(flag) = self.shared(Key::Bytes(bytes)) {
            self.out.push(b's' | flag);
            self.len(bytes.len());
            self.out.extend_from_slice(bytes);
        }
    }

    fn text(&mut self, text: &'a Wtf8) {
        let Some(flag) = self.shared(Key::Text(text)) else {
            return;
        };
        let bytes = text.as_bytes();
        let interned = is_interned(bytes);
        match u8::try_from(bytes.len()) {
            Ok(short) if bytes.is_ascii() => {
                let kind = if interned { b'Z' } else { b'z' };
                self.out.extend_from_slice(&[kind | flag, short]);
            }
            _ => {
                let kind = match (bytes.is_ascii(), interned) {
                    (true, true) => b'A',
                    (true, false) => b'a',
                    (false, true) => b't',
                    (false, false) => b'u',
                };
                self.out.push(kind | flag);
                self.len(bytes.len());
            }
        }
        self.out.extend_from_slice(bytes);
    }

    fn constant(&mut self, constant: &'a Const) {
        match constant {
            Const::None => self.out.push(b'N'),
            Const::True => self.out.push(b'T'),
            Const::False => self.out.push(b'F'),
            Const::Ellipsis => self.out.push(b'.'),
            Const::Int(value) => self.int(value),
            Const::Float(value) => {
                self.out.push(b'g');
                self.out.extend_from_slice(&value.to_le_bytes());
            }
            Const::Complex(real, imag) => {
                self.out.push(b'y');
                self.out.extend_from_slice(&real.to_le_bytes());
                self.out.extend_from_slice(&imag.to_le_bytes());
            }
            Const::Str(text) => self.text(text),
            Const::Bytes(bytes) => self.bytes(bytes),
            Const::Tuple(items) => {
                self.tuple_header(items.len(), 0);
                items.iter().for_each(|item| self.constant(item));
            }
            Const::FrozenSet(items) => {
                self.out.push(b'>');
                self.len(items.len());
                items.iter().for_each(|item| self.constant(item));
            }
            Const::Slice(items) => {
                self.out.push(b':');
                items.iter().for_each(|item| self.constant(item));
            }
            Const::Code(code) => self.code(code),
        }
    }

    fn int(&mut self, value: &BigInt) {
        if let Ok(small) = i32::try_from(value) {
            self.out.push(b'i');
            self.out.extend_from_slice(&small.to_le_bytes());
            return;
        }
        let (sign, bytes) = value.to_bytes_le();
        let digits = digits_of_15_bits(&bytes);
        let count = i32::try_from(digits.len()).expect("a literal below 2 GiB has fewer digits");
        self.out.push(b'l');
        let signed = if sign == Sign::Minus { -count } else { count };
        self.out.extend_from_slice(&signed.to_le_bytes());
        for digit in digits {
            self.out.extend_from_slice(&digit.to_le_bytes());
        }
    }
}

fn digits_of_15_bits(bytes: &[u8]) -> Vec<u16> {
    let mut digits = Vec::with_capacity(bytes.len() * 8 / 15 + 1);
    let mut pending = 0u32;
    let mut bits = 0;
    for &byte in bytes {
        pending |= u32::from(byte) << bits;
        bits += 8;
        if bits >= 15 {
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

/// CPython interns names, and the constants that could be names. Both decide by the text alone
/// here, because a name and a constant of the same text are written as one object.
fn is_interned(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
