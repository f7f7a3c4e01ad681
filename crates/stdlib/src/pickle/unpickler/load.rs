//! Reading one pickle: the machine with its stack, its marks and its opcodes.
//!
//! The stack is one vector; a mark is the length it had. Nothing is popped from below the last mark, the *fence*: what an
//! opcode needs must lie above it, or the pickle is refused.

use std::cell::RefCell;

use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, float, id, int, protocol};

use super::{Input, Sources, Unpickler};
use crate::pickle::memo::Recall;
use crate::pickle::opcodes::*;
use crate::pickle::{UNPICKLING_ERROR, unpickling_error};

/// What one `load` works with.
pub(super) struct Loader<'a> {
    pub(super) input: &'a mut Input,
    pub(super) sources: &'a Sources,
    memo: &'a RefCell<Recall>,
    pub(super) stack: Vec<Value>,
    marks: Vec<usize>,
    /// The last mark, or the bottom of the stack.
    fence: usize,
    pub(super) protocol: u8,
    pub(super) persistent_load: Option<Value>,
    pub(super) unpickler: Option<&'a Ref<Unpickler>>,
}

#[cold]
fn invalid_key(key: u8) -> Raised {
    let shown = match key {
        b'\'' | b'\\' => format!("\\x{key:02x}"),
        0x20..=0x7e => char::from(key).to_string(),
        _ => format!("\\x{key:02x}"),
    };
    unpickling_error(&format!("invalid load key, '{shown}'."))
}

impl<'a> Loader<'a> {
    /// A loader without hooks.
    pub(super) fn new(
        input: &'a mut Input,
        sources: &'a Sources,
        memo: &'a RefCell<Recall>,
    ) -> Loader<'a> {
        Loader {
            input,
            sources,
            memo,
            stack: Vec::new(),
            marks: Vec::new(),
            fence: 0,
            protocol: 0,
            persistent_load: None,
            unpickler: None,
        }
    }

    /// Reads a whole pickle.
    pub(super) fn load(&mut self) -> PyResult<Value> {
        self.set_protocol(0);
        loop {
            let key = match self.input.byte() {
                Ok(STOP) => break,
                Ok(key) => key,
                Err(raised) if raised.is_instance(&UNPICKLING_ERROR) => {
                    bail!(EOFError, "Ran out of input")
                }
                Err(raised) => return Err(raised),
            };
            self.step(key)?;
        }
        self.input.skip_consumed()?;
        self.pop()
    }

    fn set_protocol(&mut self, protocol: u8) {
        self.protocol = protocol;
        if let Some(unpickler) = self.unpickler {
            unpickler.protocol.set(protocol);
        }
    }

    #[inline]
    fn step(&mut self, key: u8) -> PyResult<()> {
        match key {
            NONE => self.push(Value::NONE),
            NEWTRUE => self.push(Value::TRUE),
            NEWFALSE => self.push(Value::FALSE),
            BININT => {
                let number = i32::from_le_bytes(self.input.array()?);
                self.push(int::new(number.into()));
            }
            BININT1 => {
                let number = self.input.byte()?;
                self.push(int::new(number.into()));
            }
            BININT2 => {
                let number = u16::from_le_bytes(self.input.array()?);
                self.push(int::new(number.into()));
            }
            BINFLOAT => {
                let number = f64::from_be_bytes(self.input.array()?);
                self.push(float::new(number));
            }
            SHORT_BINUNICODE => return self.counted_text(1),
            BINUNICODE => return self.counted_text(4),
            BINUNICODE8 => return self.counted_text(8),
            SHORT_BINBYTES => return self.counted_bytes(1),
            BINBYTES => return self.counted_bytes(4),
            BINBYTES8 => return self.counted_bytes(8),
            BYTEARRAY8 => return self.byte_array(),
            MARK => {
                self.fence = self.stack.len();
                self.marks.push(self.fence);
            }
            MEMOIZE => {
                let number = self.memo.borrow().len();
                return self.put(number);
            }
            BINPUT => {
                let number = self.input.byte()?;
                return self.put(number.into());
            }
            LONG_BINPUT => {
                let number = u32::from_le_bytes(self.input.array()?);
                return self.put(number as usize);
            }
            BINGET => {
                let number = self.input.byte()?;
                return self.get(number.into());
            }
            LONG_BINGET => {
                let number = u32::from_le_bytes(self.input.array()?);
                return self.get(number.into());
            }
            EMPTY_TUPLE => self.push(Tuple::empty().into_value()),
            TUPLE1 => return self.small_tuple(1),
            TUPLE2 => return self.small_tuple(2),
            TUPLE3 => return self.small_tuple(3),
            TUPLE => {
                let items = self.pop_mark()?;
                self.push(Tuple::new(items).into_value());
            }
            EMPTY_LIST => self.push(List::new(Vec::new()).into_value()),
            EMPTY_DICT => self.push(Dict::new().into_value()),
            EMPTY_SET => self.push(Set::new().into_value()),
            APPEND => {
                let start = self.start_of(1)?;
                return self.append(start);
            }
            APPENDS => {
                let start = self.mark()?;
                return self.append(start);
            }
            SETITEM => {
                let start = self.start_of(2)?;
                return self.set_items(start);
            }
            SETITEMS => {
                let start = self.mark()?;
                return self.set_items(start);
            }
            FRAME => return self.frame(),
            PROTO => return self.proto(),
            _ => return self.rare_step(key),
        }
        Ok(())
    }

    fn rare_step(&mut self, key: u8) -> PyResult<()> {
        match key {
            STACK_GLOBAL => self.stack_global(),
            GLOBAL => self.global(),
            REDUCE => self.reduce(),
            NEWOBJ => self.new_object(false),
            NEWOBJ_EX => self.new_object(true),
            BUILD => self.build(),
            ADDITEMS => self.add_items(),
            FROZENSET => {
                let items = self.pop_mark()?;
                let set = FrozenSet::from_items(&items)?;
                self.push(set.into_value());
                Ok(())
            }
            LIST => {
                let items = self.pop_mark()?;
                self.push(List::new(items).into_value());
                Ok(())
            }
            DICT => self.dict(),
            LONG1 => {
                let size = self.input.byte()?;
                self.long(size.into())
            }
            LONG4 => match usize::try_from(i32::from_le_bytes(self.input.array()?)) {
                Ok(size) => self.long(size),
                Err(_) => Err(unpickling_error("LONG pickle has negative byte count")),
            },
            INT => self.int_line(),
            LONG => self.long_line(),
            FLOAT => self.float_line(),
            STRING => self.string_line(),
            UNICODE => self.unicode_line(),
            SHORT_BINSTRING => {
                let size = self.input.byte()?;
                self.counted_string(size.into())
            }
            BINSTRING => match usize::try_from(i32::from_le_bytes(self.input.array()?)) {
                Ok(size) => self.counted_string(size),
                Err(_) => Err(unpickling_error("BINSTRING pickle has negative byte count")),
            },
            POP => self.pop_one(),
            POP_MARK => {
                let items = self.pop_mark()?;
                drop(items);
                Ok(())
            }
            DUP => {
                let top = self.top()?.clone();
                self.push(top);
                Ok(())
            }
            GET => self.get_line(),
            PUT => self.put_line(),
            PERSID => self.persistent_line(),
            BINPERSID => self.persistent(),
            INST => self.inst(),
            OBJ => self.obj(),
            EXT1 => {
                let code = self.input.byte()?;
                self.extension(code.into())
            }
            EXT2 => {
                let code = u16::from_le_bytes(self.input.array()?);
                self.extension(code.into())
            }
            EXT4 => {
                let code = i32::from_le_bytes(self.input.array()?);
                self.extension(code.into())
            }
            NEXT_BUFFER => self.next_buffer(),
            READONLY_BUFFER => self.readonly_buffer(),
            _ => Err(invalid_key(key)),
        }
    }

    #[cold]
    pub(super) fn underflow<T>(&self) -> PyResult<T> {
        Err(unpickling_error(if self.marks.is_empty() {
            "unpickling stack underflow"
        } else {
            "unexpected MARK found"
        }))
    }

    #[inline]
    pub(super) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> PyResult<Value> {
        if self.stack.len() <= self.fence {
            return self.underflow();
        }
        match self.stack.pop() {
            Some(value) => Ok(value),
            None => self.underflow(),
        }
    }

    /// The topmost object above the fence.
    #[inline]
    pub(super) fn top(&self) -> PyResult<&Value> {
        match self.stack.last() {
            Some(top) if self.stack.len() > self.fence => Ok(top),
            _ => self.underflow(),
        }
    }

    /// Where the topmost `count` objects start, which lie above the fence.
    fn start_of(&self, count: usize) -> PyResult<usize> {
        match self.stack.len().checked_sub(count) {
            Some(start) if start > self.fence => Ok(start),
            _ => self.underflow(),
        }
    }

    /// Takes the last mark away.
    pub(super) fn mark(&mut self) -> PyResult<usize> {
        let Some(mark) = self.marks.pop() else {
            return Err(unpickling_error("could not find MARK"));
        };
        self.fence = self.marks.last().copied().unwrap_or(0);
        Ok(mark)
    }

    /// What lies above the last mark, which goes too.
    pub(super) fn pop_mark(&mut self) -> PyResult<Vec<Value>> {
        let mark = self.mark()?;
        Ok(self.stack.split_off(mark))
    }

    /// Whether a container lies right below `start`, above the fence.
    pub(super) fn container_below(&self, start: usize) -> PyResult<&Value> {
        if start > self.stack.len() || start <= self.fence {
            return self.underflow();
        }
        Ok(&self.stack[start - 1])
    }

    fn pop_one(&mut self) -> PyResult<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.mark()?;
            return Ok(());
        }
        self.pop().map(drop)
    }

    fn small_tuple(&mut self, count: usize) -> PyResult<()> {
        let start = match self.stack.len().checked_sub(count) {
            Some(start) if start >= self.fence => start,
            _ => return self.underflow(),
        };
        let items: Vec<Value> = self.stack.drain(start..).collect();
        self.push(Tuple::new(items).into_value());
        Ok(())
    }

    #[inline]
    pub(super) fn put(&mut self, number: usize) -> PyResult<()> {
        let value = self.top()?.clone();
        let old = self.memo.borrow_mut().set(number, value);
        drop(old);
        Ok(())
    }

    #[inline]
    pub(super) fn get(&mut self, number: i64) -> PyResult<()> {
        let found = usize::try_from(number)
            .ok()
            .and_then(|number| self.memo.borrow().get(number).cloned());
        match found {
            Some(value) => {
                self.push(value);
                Ok(())
            }
            None => Err(unpickling_error(&format!(
                "Memo value not found at index {number}"
            ))),
        }
    }

    fn proto(&mut self) -> PyResult<()> {
        let protocol = self.input.byte()?;
        if i64::from(protocol) > HIGHEST_PROTOCOL {
            bail!(ValueError, "unsupported pickle protocol: {protocol}");
        }
        self.set_protocol(protocol);
        Ok(())
    }

    fn frame(&mut self) -> PyResult<()> {
        let length = self.size(8, || {
            format!(
                "FRAME length exceeds system's maximum of {} bytes",
                isize::MAX
            )
        })?;
        self.input.expect(length)
    }

    /// A size of so many bytes; `message` is for one that is too large for any memory.
    pub(super) fn size(
        &mut self,
        width: usize,
        message: impl FnOnce() -> String,
    ) -> PyResult<usize> {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(self.input.read(width)?);
        match isize::try_from(u64::from_le_bytes(bytes)) {
            Ok(size) => Ok(size as usize),
            Err(_) => Err(exc!(OverflowError, "{}", message())),
        }
    }

    fn next_buffer(&mut self) -> PyResult<()> {
        let Some(buffers) = &self.sources.buffers else {
            return Err(unpickling_error(
                "pickle stream refers to out-of-band data but no *buffers* argument was given",
            ));
        };
        match protocol::next(buffers)? {
            Some(buffer) => {
                self.push(buffer);
                Ok(())
            }
            None => Err(unpickling_error("not enough out-of-band buffers")),
        }
    }

    fn readonly_buffer(&mut self) -> PyResult<()> {
        use taipan_objects::bytes::MemoryView;
        let top = self.top()?.clone();
        let view = MemoryView::of_object(&top)?.current()?;
        if !view.is_readonly() {
            let readonly = MemoryView::of_view(view.to_readonly());
            drop(self.pop()?);
            self.push(readonly.into_value());
        }
        Ok(())
    }

    /// Finds an object by the names of its module and its own, through the method if it may be overridden.
    pub(super) fn find_class(&self, module: &Value, name: &Value) -> PyResult<Value> {
        use taipan_objects::class::Payload;
        match self.unpickler {
            Some(unpickler) if !unpickler.class().is(Unpickler::class()) => protocol::call_method(
                unpickler.as_value(),
                id!("find_class"),
                &[module.clone(), name.clone()],
            ),
            _ => super::globals::find_class(module, name, self.protocol, self.sources.fix_imports),
        }
    }
}
