//! Writing one pickle: which way an object goes, and the objects that hold no others.
//!
//! [`Saver::save`] asks in a fixed order: the persistent id, the classes that are never memoized, the memo, the other exact
//! builtin classes, the override, classes and functions, and last the reduction protocol. Strings and bytes are written
//! straight from their memory.

use std::cell::RefCell;
use std::collections::HashSet;

use taipan_objects::bytes::{ByteArray, Bytes};
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions;
use taipan_objects::float;
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, protocol, runtime, thread};

use super::Settings;
use super::output::Output;
use crate::pickle::buffer::{self, PickleBuffer};
use crate::pickle::memo::Memo;
use crate::pickle::opcodes::*;
use crate::pickle::{LIBRARY, pickling_error};

/// What one `dump` works with.
pub(super) struct Saver<'a> {
    pub(super) out: Output,
    pub(super) memo: &'a RefCell<Memo>,
    pub(super) protocol: i64,
    pub(super) fix_imports: bool,
    /// Whether opcodes have binary arguments.
    pub(super) bin: bool,
    /// Whether nothing is memoized.
    pub(super) fast: bool,
    /// How many containers are being written in fast mode, and the inner ones of them once there are many.
    pub(super) fast_nesting: usize,
    pub(super) fast_memo: HashSet<u64>,
    pub(super) persistent_id: Option<Value>,
    pub(super) reducer_override: Option<Value>,
    pub(super) dispatch_table: Option<Value>,
    pub(super) buffer_callback: Option<Value>,
}

/// Adds a note to an exception on its way out.
#[cold]
pub(super) fn noted(raised: Raised, note: &str) -> Raised {
    exceptions::add_note(raised.exception(), note);
    raised
}

impl<'a> Saver<'a> {
    /// A saver without hooks.
    pub(super) fn new(settings: Settings, out: Output, memo: &'a RefCell<Memo>) -> Saver<'a> {
        Saver {
            out,
            memo,
            protocol: settings.protocol,
            fix_imports: settings.fix_imports,
            bin: settings.protocol > 0,
            fast: false,
            fast_nesting: 0,
            fast_memo: HashSet::new(),
            persistent_id: None,
            reducer_override: None,
            dispatch_table: None,
            buffer_callback: None,
        }
    }

    /// Writes a whole pickle.
    pub(super) fn dump(mut self, value: &Value) -> PyResult<Vec<u8>> {
        if self.protocol >= 2 {
            self.out.push(&[PROTO, self.protocol as u8]);
            if self.protocol >= 4 {
                self.out.start_framing();
            }
        }
        self.save(value)?;
        self.out.byte(STOP);
        self.out.finish()
    }

    /// Writes an object.
    pub(super) fn save(&mut self, value: &Value) -> PyResult<()> {
        self.out.boundary()?;
        if let Some(hook) = &self.persistent_id {
            let id = protocol::call1(&hook.clone(), value)?;
            if !id.is_none() {
                return self.persistent(&id);
            }
        }
        self.save_unasked(value)
    }

    /// Writes an object whose persistent id nobody asks for.
    fn save_unasked(&mut self, value: &Value) -> PyResult<()> {
        if value.is_none() {
            self.out.byte(NONE);
        } else if value.is_true() || value.is_false() {
            self.bool(value.is_true());
        } else if int::is_exact(value) {
            return self.int(value);
        } else if let Some(number) = float::exact(value) {
            return self.float(number);
        } else if self.get(value) {
        } else if let Some(bytes) = value.downcast_exact::<Bytes>() {
            return self.bytes(bytes);
        } else if let Some(text) = value.downcast_exact::<Str>() {
            return self.text(text);
        } else {
            thread::check_stack(" while pickling an object")?;
            return self.composed(value);
        }
        Ok(())
    }

    fn composed(&mut self, value: &Value) -> PyResult<()> {
        if let Some(dict) = value.downcast_exact::<Dict>() {
            self.dict(dict)
        } else if let Some(set) = value.downcast_exact::<Set>() {
            self.set(set)
        } else if let Some(set) = value.downcast_exact::<FrozenSet>() {
            self.frozen_set(set)
        } else if let Some(list) = value.downcast_exact::<List>() {
            self.list(list)
        } else if let Some(tuple) = value.downcast_exact::<Tuple>() {
            self.tuple(tuple)
        } else if let Some(array) = value.downcast_exact::<ByteArray>() {
            self.byte_array(array)
        } else if let Some(buffer) = value.downcast_exact::<PickleBuffer>() {
            self.pickle_buffer(buffer)
        } else {
            self.other(value)
        }
    }

    /// Writes an object of none of the classes this module knows.
    fn other(&mut self, value: &Value) -> PyResult<()> {
        if let Some(hook) = self.reducer_override.clone() {
            let reduced = protocol::call1(&hook, value)?;
            if !reduced.is_not_implemented() {
                return self.reduced(value, &reduced);
            }
        }
        let class = value.class();
        if class.is(Type::class()) {
            return self.class(value);
        }
        if runtime::is_python_function(value) {
            return self.global(value, None);
        }
        let reducer = match &self.dispatch_table {
            None => LIBRARY.dispatch_table.get(class.as_value())?,
            Some(table) => {
                use taipan_objects::exceptions::ExceptionKind;
                use taipan_objects::raised::Absent;
                protocol::getitem(&table.clone(), class.as_value())
                    .absent_on(ExceptionKind::KeyError)?
            }
        };
        let reduced = if let Some(reducer) = reducer {
            protocol::call1(&reducer, value)?
        } else if class.is_subclass(Type::class()) {
            return self.global(value, None);
        } else {
            self.reduce(value)?
        };
        self.reduced(value, &reduced)
    }

    /// Writes a persistent id.
    fn persistent(&mut self, id: &Value) -> PyResult<()> {
        if self.bin {
            self.out.boundary()?;
            self.save_unasked(id)?;
            self.out.byte(BINPERSID);
            return Ok(());
        }
        let text = protocol::str(id)?;
        let Some(ascii) = text.as_ascii() else {
            return Err(pickling_error(
                "persistent IDs in protocol 0 must be ASCII strings".to_owned(),
            ));
        };
        self.line(PERSID, ascii.as_bytes());
        Ok(())
    }

    /// An opcode with a line of text as its argument.
    pub(super) fn line(&mut self, opcode: u8, text: &[u8]) {
        self.out.byte(opcode);
        self.out.push(text);
        self.out.byte(b'\n');
    }

    /// Writes a reference to an object that was written before, if it was.
    #[inline]
    pub(super) fn get(&mut self, value: &Value) -> bool {
        let Some(number) = self.memo.borrow().get(value) else {
            return false;
        };
        self.numbered(number, GET, BINGET, LONG_BINGET);
        true
    }

    fn numbered(&mut self, number: i64, text: u8, short: u8, long: u8) {
        if !self.bin {
            self.line(text, number.to_string().as_bytes());
        } else if let Ok(byte) = u8::try_from(number) {
            self.out.push(&[short, byte]);
        } else {
            let [a, b, c, d] = (number as u32).to_le_bytes();
            self.out.push(&[long, a, b, c, d]);
        }
    }

    /// Remembers an object that was just written.
    #[inline]
    pub(super) fn memoize(&mut self, value: &Value) {
        if self.fast {
            return;
        }
        let number = {
            let mut memo = self.memo.borrow_mut();
            let number = memo.len() as i64;
            memo.set(value, number);
            number
        };
        if self.protocol >= 4 {
            self.out.byte(MEMOIZE);
        } else {
            self.numbered(number, PUT, BINPUT, LONG_BINPUT);
        }
    }

    fn bool(&mut self, truth: bool) {
        match (self.protocol >= 2, truth) {
            (true, true) => self.out.byte(NEWTRUE),
            (true, false) => self.out.byte(NEWFALSE),
            (false, true) => self.out.push(b"I01\n"),
            (false, false) => self.out.push(b"I00\n"),
        }
    }

    fn int(&mut self, value: &Value) -> PyResult<()> {
        let small = int::to_i64(value).and_then(|number| i32::try_from(number).ok());
        if let Some(small) = small {
            if !self.bin {
                self.line(INT, small.to_string().as_bytes());
            } else if let Ok(byte) = u8::try_from(small) {
                self.out.push(&[BININT1, byte]);
            } else if let Ok(short) = u16::try_from(small) {
                let [low, high] = short.to_le_bytes();
                self.out.push(&[BININT2, low, high]);
            } else {
                let [a, b, c, d] = small.to_le_bytes();
                self.out.push(&[BININT, a, b, c, d]);
            }
            return Ok(());
        }
        if self.protocol < 2 {
            let digits = protocol::repr(value)?;
            self.out.byte(LONG);
            self.out.push(digits.to_display().as_bytes());
            self.out.push(b"L\n");
            return Ok(());
        }
        let bytes = match int::view(value) {
            Some(view) => view.into_big().to_signed_bytes_le(),
            None => Vec::new(),
        };
        if let Ok(len) = u8::try_from(bytes.len()) {
            self.out.push(&[LONG1, len]);
        } else if let Ok(len) = i32::try_from(bytes.len()) {
            self.out.byte(LONG4);
            self.out.push(&len.to_le_bytes());
        } else {
            bail!(OverflowError, "int too large to pickle");
        }
        self.out.push(&bytes);
        Ok(())
    }

    fn float(&mut self, number: f64) -> PyResult<()> {
        if self.bin {
            let mut bytes = [BINFLOAT; 9];
            bytes[1..].copy_from_slice(&number.to_be_bytes());
            self.out.push(&bytes);
        } else {
            let text = protocol::repr(&float::new(number))?;
            self.line(FLOAT, text.to_display().as_bytes());
        }
        Ok(())
    }

    /// Writes bytes of an immutable object.
    fn bytes_data(
        &mut self,
        size: usize,
        payload: impl FnOnce() -> Value,
        append: impl FnOnce(&mut Vec<u8>),
    ) -> PyResult<()> {
        let long = (self.protocol >= 4).then_some(BINBYTES8);
        let header = counted(size, Some(SHORT_BINBYTES), BINBYTES, long)
            .ok_or_else(|| too_large("bytes object"))?;
        self.out.sized(header.bytes(), size, payload, append)
    }

    fn bytes(&mut self, bytes: &Ref<Bytes>) -> PyResult<()> {
        let value = bytes.as_value();
        if self.protocol >= 3 {
            let data = bytes.as_slice();
            self.bytes_data(
                data.len(),
                || value.clone(),
                |out| out.extend_from_slice(data),
            )?;
            self.memoize(value);
            return Ok(());
        }
        // Python 2, whose `bytes` is `str`, can read these, and so can Python 3.
        if bytes.is_empty() {
            let call = [Bytes::class().to_value(), Tuple::empty().into_value()];
            return self.save_reduce(&call, Some(value));
        }
        let text = Str::from_latin1(bytes.as_slice()).into_value();
        let encoding = Str::intern("latin1").into_value();
        let call = [
            LIBRARY.codecs_encode.clone(),
            Tuple::pair(text, encoding).into_value(),
        ];
        self.save_reduce(&call, Some(value))
    }

    fn byte_array_data(
        &mut self,
        size: usize,
        payload: impl FnOnce() -> Value,
        append: impl FnOnce(&mut Vec<u8>),
    ) -> PyResult<()> {
        let mut header = [BYTEARRAY8; 9];
        header[1..].copy_from_slice(&(size as u64).to_le_bytes());
        self.out.sized(&header, size, payload, append)
    }

    fn byte_array(&mut self, array: &Ref<ByteArray>) -> PyResult<()> {
        let value = array.as_value();
        if self.protocol >= 5 {
            self.byte_array_data(
                array.cell().len(),
                || value.clone(),
                |out| array.cell().with(|bytes| out.extend_from_slice(bytes)),
            )?;
            self.memoize(value);
            return Ok(());
        }
        let arguments = if array.cell().is_empty() {
            Tuple::empty()
        } else {
            Tuple::from_array([Bytes::new(&array.cell().to_vec()).into_value()])
        };
        let call = [ByteArray::class().to_value(), arguments.into_value()];
        self.save_reduce(&call, Some(value))
    }

    fn pickle_buffer(&mut self, pickled: &Ref<PickleBuffer>) -> PyResult<()> {
        if self.protocol < 5 {
            return Err(pickling_error(
                "PickleBuffer can only be pickled with protocol >= 5".to_owned(),
            ));
        }
        let view = pickled.current()?;
        if !buffer::is_contiguous(&view) {
            return Err(pickling_error(
                "PickleBuffer can not be pickled when pointing to a non-contiguous buffer"
                    .to_owned(),
            ));
        }
        let value = pickled.as_value();
        if let Some(callback) = self.buffer_callback.clone()
            && !protocol::is_true(&protocol::call1(&callback, value)?)?
        {
            self.out.byte(NEXT_BUFFER);
            if view.is_readonly() {
                self.out.byte(READONLY_BUFFER);
            }
            return Ok(());
        }
        let flat = buffer::flat(&view);
        let payload = || value.clone();
        let append = |out: &mut Vec<u8>| out.extend_from_slice(&flat.to_bytes());
        if view.is_readonly() {
            self.bytes_data(view.len(), payload, append)?;
        } else {
            self.byte_array_data(view.len(), payload, append)?;
        }
        self.memoize(value);
        Ok(())
    }

    pub(super) fn text(&mut self, text: &Ref<Str>) -> PyResult<()> {
        if self.bin {
            let encoded = text.to_wtf8();
            let data = encoded.as_bytes();
            let is_new = self.protocol >= 4;
            let header = counted(
                data.len(),
                is_new.then_some(SHORT_BINUNICODE),
                BINUNICODE,
                is_new.then_some(BINUNICODE8),
            )
            .ok_or_else(|| too_large("string"))?;
            self.out.sized(
                header.bytes(),
                data.len(),
                || Bytes::new(data).into_value(),
                |out| out.extend_from_slice(data),
            )?;
        } else {
            self.line(UNICODE, &raw_escaped(text));
        }
        self.memoize(text.as_value());
        Ok(())
    }
}

/// The opcode and size of a counted string, and how many bytes they are.
struct Header([u8; 9], usize);

impl Header {
    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// The header of a counted string; nothing if the protocol has none for the size.
fn counted(size: usize, short: Option<u8>, medium: u8, long: Option<u8>) -> Option<Header> {
    let mut bytes = [0; 9];
    let size_bytes = (size as u64).to_le_bytes();
    let (opcode, width) = match short {
        Some(short) if size <= 0xff => (short, 1),
        _ if size <= 0xffff_ffff => (medium, 4),
        _ => (long?, 8),
    };
    bytes[0] = opcode;
    bytes[1..=width].copy_from_slice(&size_bytes[..width]);
    Some(Header(bytes, width + 1))
}

#[cold]
fn too_large(what: &str) -> Raised {
    exc!(
        OverflowError,
        "serializing a {what} larger than 4 GiB requires pickle protocol 4 or higher"
    )
}

/// Latin-1 with escapes for what is beyond it, and for what would end the line or start an escape.
fn raw_escaped(text: &Str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for code in text.code_points() {
        match code {
            0 | 0x0a | 0x0d | 0x1a | 0x5c | 0x100..0x1_0000 => {
                out.extend_from_slice(format!("\\u{code:04x}").as_bytes());
            }
            0x1_0000.. => out.extend_from_slice(format!("\\U{code:08x}").as_bytes()),
            _ => out.push(code as u8),
        }
    }
    out
}

/// How notes call an object's class.
pub(super) fn class_name(value: &Value) -> String {
    value.class().full_name()
}
