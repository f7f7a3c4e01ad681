//! `code`: a compiled block with the units the interpreter runs.
//!
//! `units` is a private copy of `co_code` that the interpreter may rewrite (quickening, specialization, instrumentation);
//! `co_code` is computed back from it: every opcode deoptimized, every cache zero.

use std::cell::{Cell, RefCell};

use crate::monitoring::{self, CodeMonitoring};
use crate::traces::side_table::Executors;
use taipan_bytecode::{CodeUnit, Opcode, instructions, linetable};
use taipan_compiler as compiler;
use taipan_compiler::{Const, flags, kinds};
use taipan_macros::class;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Trace, Visitor};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bytes, complex, float, heap, int, set, slice};

/// Code units that change while they run, and behind them [`GUARD_UNITS`] that no opcode has.
pub struct Units(Box<[Cell<u16>]>);

/// Units behind the last instruction: code that falls off its end meets an unknown opcode there. An instruction at the
/// very end skips its inline cache, so there are as many as the longest cache has, and one more.
const GUARD_UNITS: usize = 16;

impl Units {
    fn own(&self) -> &[Cell<u16>] {
        &self.0[..self.0.len() - GUARD_UNITS]
    }
}

impl Trace for Units {
    const REFERENCES: bool = false;
    fn trace(&self, _: &mut Visitor<'_>) {}
}

/// Plain bytes of a code object.
pub struct Table(pub Box<[u8]>);

impl Trace for Table {
    const REFERENCES: bool = false;
    fn trace(&self, _: &mut Visitor<'_>) {}
}

/// The payload of `types.CodeType`.
#[class(
    name = "code",
    flags(WEAKREFABLE),
    parts(attributes),
    references = false
)]
pub struct Code {
    units: Units,
    /// `co_consts`.
    pub consts: Box<[Value]>,
    /// `co_names`, interned.
    pub names: Box<[Ref<Str>]>,
    /// Names of locals, cells and free variables.
    pub localsplus_names: Box<[Ref<Str>]>,
    /// What each of them is, see [`kinds`].
    pub localsplus_kinds: Table,
    /// `co_filename`.
    filename: Slot<Ref<Str>>,
    /// `co_name`.
    pub name: Ref<Str>,
    /// `co_qualname`.
    pub qualname: Ref<Str>,
    /// `co_linetable`.
    pub linetable: Table,
    /// `co_exceptiontable`.
    pub exceptiontable: Table,
    /// `co_flags`.
    pub flags: u32,
    /// `co_argcount`.
    pub arg_count: u32,
    /// `co_posonlyargcount`.
    pub posonly_arg_count: u32,
    /// `co_kwonlyargcount`.
    pub kwonly_arg_count: u32,
    /// `co_stacksize`.
    pub stack_size: u32,
    /// `co_firstlineno`.
    pub first_line: u32,
    /// Words of locals and stack.
    pub frame_size: usize,
    /// Number of `varnames`.
    pub local_count: u32,
    /// Number of free variables.
    pub free_count: u32,
    /// Index of the first instruction that tracing sees (`RESUME`).
    pub first_traceable: u32,
    /// Calls with exactly `arg_count` positional arguments need no matching.
    pub is_simple: bool,
    /// Number of parameters of all kinds, `*args` and `**kwargs` included.
    pub parameter_count: u32,
    /// Version tag of the functions made of this code; 0 before the first.
    version: Cell<u32>,
    /// The version of the instrumentation that the units carry.
    pub instrumentation: Cell<u64>,
    /// What tools listen to in this code (`sys.monitoring`).
    pub monitoring: CodeMonitoring,
    /// `_co_code_adaptive` readers and `co_extra`-like caches: lazily made tuples.
    cache: RefCell<Vec<(&'static str, Value)>>,
    /// What `ENTER_EXECUTOR` enters (`co_executors`).
    pub(crate) executors: Executors,
}

/// The value of a compiler constant.
pub fn constant_value(constant: &Const) -> Value {
    match constant {
        Const::None => Value::NONE,
        Const::True => Value::TRUE,
        Const::False => Value::FALSE,
        Const::Ellipsis => Value::ELLIPSIS,
        Const::Int(value) => int::from_big(value.clone()),
        Const::Float(value) => float::new(*value),
        Const::Complex(real, imaginary) => complex::new(*real, *imaginary),
        Const::Str(text) => constant_str(&Str::from_wtf8(text)).into_value(),
        Const::Bytes(value) => bytes::Bytes::new(value).into_value(),
        Const::Tuple(items) => Tuple::new(items.iter().map(constant_value).collect()).into_value(),
        Const::FrozenSet(items) => {
            let items: Vec<Value> = items.iter().map(constant_value).collect();
            set::FrozenSet::from_items(&items)
                .expect("constants are hashable")
                .into_value()
        }
        Const::Slice(parts) => {
            let [start, stop, step] = &**parts;
            slice::Slice::new(
                constant_value(start),
                constant_value(stop),
                constant_value(step),
            )
            .into_value()
        }
        Const::Code(code) => Code::from_compiled(code).into_value(),
    }
}

/// Constants that look like identifiers are interned, as CPython does.
fn constant_str(text: &Ref<Str>) -> Ref<Str> {
    let is_name = text.as_ascii().is_some_and(|text| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    if is_name {
        Str::intern_ref(text)
    } else {
        text.clone()
    }
}

/// Everything a code object is made from, as values.
pub struct CodeParts {
    /// `co_code`.
    pub code: Vec<u8>,
    /// `co_consts`.
    pub consts: Vec<Value>,
    /// `co_names`.
    pub names: Vec<Ref<Str>>,
    /// `co_localsplusnames`.
    pub localsplus_names: Vec<Ref<Str>>,
    /// `co_localspluskinds`.
    pub localsplus_kinds: Vec<u8>,
    /// `co_filename`.
    pub filename: Ref<Str>,
    /// `co_name`.
    pub name: Ref<Str>,
    /// `co_qualname`.
    pub qualname: Ref<Str>,
    /// `co_linetable`.
    pub linetable: Vec<u8>,
    /// `co_exceptiontable`.
    pub exceptiontable: Vec<u8>,
    /// `co_flags`.
    pub flags: u32,
    /// `co_argcount`.
    pub arg_count: u32,
    /// `co_posonlyargcount`.
    pub posonly_arg_count: u32,
    /// `co_kwonlyargcount`.
    pub kwonly_arg_count: u32,
    /// `co_stacksize`.
    pub stack_size: u32,
    /// `co_firstlineno`.
    pub first_line: u32,
}

impl Drop for Code {
    fn drop(&mut self) {
        crate::versions::forget_code(self);
        crate::traces::registry::invalidate_code(self);
    }
}

impl Code {
    /// Makes a code object of what the compiler answered.
    pub fn from_compiled(code: &compiler::Code) -> Ref<Code> {
        let intern = |text: &String| Str::intern(text);
        Code::new(CodeParts {
            code: code.code.to_vec(),
            consts: code.consts.iter().map(constant_value).collect(),
            names: code.names.iter().map(intern).collect(),
            localsplus_names: code.localsplus_names.iter().map(intern).collect(),
            localsplus_kinds: code.localsplus_kinds.clone(),
            filename: Str::new(&code.filename),
            name: Str::intern(&code.name),
            qualname: Str::intern(&code.qualname),
            linetable: code.linetable.to_vec(),
            exceptiontable: code.exceptiontable.to_vec(),
            flags: code.flags,
            arg_count: code.arg_count,
            posonly_arg_count: code.posonly_arg_count,
            kwonly_arg_count: code.kwonly_arg_count,
            stack_size: code.stack_size,
            first_line: code.first_line,
        })
    }

    /// Makes a code object. The parts fit together: `co_code` is whole units of known opcodes.
    pub fn new(parts: CodeParts) -> Ref<Code> {
        let units = parts
            .code
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let units: Box<[Cell<u16>]> = units
            .chain(std::iter::repeat_n(0, GUARD_UNITS))
            .map(Cell::new)
            .collect();
        let has = |mask: u32| parts.flags & mask != 0;
        let count = |mask: u8| {
            parts
                .localsplus_kinds
                .iter()
                .filter(|kind| **kind & mask != 0)
                .count() as u32
        };
        let parameters = parts.arg_count
            + parts.kwonly_arg_count
            + u32::from(has(flags::VARARGS))
            + u32::from(has(flags::VARKEYWORDS));
        let is_simple = !has(flags::VARARGS | flags::VARKEYWORDS)
            && parts.kwonly_arg_count == 0
            && has(flags::OPTIMIZED);
        let first_resume = units
            .iter()
            .position(|unit| unit.get() & 0xff == Opcode::Resume as u16);
        let first_traceable = first_resume.map_or(0, |position| position as u32);
        crate::specialize::write_counters(&units[..units.len() - GUARD_UNITS]);
        let code = heap::new_object(
            Code::class(),
            Code {
                frame_size: parts.localsplus_names.len() + parts.stack_size as usize + 1,
                local_count: count(kinds::LOCAL),
                free_count: count(kinds::FREE),
                units: Units(units),
                consts: parts.consts.into_boxed_slice(),
                names: parts.names.into_boxed_slice(),
                localsplus_names: parts.localsplus_names.into_boxed_slice(),
                localsplus_kinds: Table(parts.localsplus_kinds.into_boxed_slice()),
                filename: Slot::new(Some(parts.filename)),
                name: parts.name,
                qualname: parts.qualname,
                linetable: Table(parts.linetable.into_boxed_slice()),
                exceptiontable: Table(parts.exceptiontable.into_boxed_slice()),
                flags: parts.flags,
                arg_count: parts.arg_count,
                posonly_arg_count: parts.posonly_arg_count,
                kwonly_arg_count: parts.kwonly_arg_count,
                stack_size: parts.stack_size,
                first_line: parts.first_line,
                first_traceable,
                is_simple,
                parameter_count: parameters,
                version: Cell::new(0),
                instrumentation: Cell::new(0),
                monitoring: CodeMonitoring::default(),
                cache: RefCell::new(Vec::new()),
                executors: Executors::default(),
            },
        );
        if monitoring::is_active() {
            monitoring::mark(&code);
        }
        code
    }

    /// The version tag of functions made of this code, given out now if there is none.
    pub(crate) fn version_tag(&self) -> u32 {
        if self.version.get() == 0 {
            self.version.set(crate::function::next_version());
        }
        self.version.get()
    }

    /// The version tag of functions made of this code; 0 if there is none yet.
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    /// The parts, to make a changed copy (`code.replace`).
    pub fn to_parts(&self) -> CodeParts {
        CodeParts {
            code: self.original_bytes(),
            consts: self.consts.to_vec(),
            names: self.names.to_vec(),
            localsplus_names: self.localsplus_names.to_vec(),
            localsplus_kinds: self.localsplus_kinds.0.to_vec(),
            filename: self.filename(),
            name: self.name.clone(),
            qualname: self.qualname.clone(),
            linetable: self.linetable.0.to_vec(),
            exceptiontable: self.exceptiontable.0.to_vec(),
            flags: self.flags,
            arg_count: self.arg_count,
            posonly_arg_count: self.posonly_arg_count,
            kwonly_arg_count: self.kwonly_arg_count,
            stack_size: self.stack_size,
            first_line: self.first_line,
        }
    }

    /// `co_filename`.
    pub fn filename(&self) -> Ref<Str> {
        self.filename.get().unwrap_or_else(Str::empty)
    }

    /// Shows `co_filename` to `body`, which runs no Python code, without counting a reference.
    pub fn with_filename<R>(&self, body: impl FnOnce(&Str) -> R) -> R {
        // SAFETY: nothing replaces the name meanwhile: `body` runs no Python code.
        match unsafe { self.filename.peek() } {
            Some(filename) => body(filename),
            None => body(&Str::empty()),
        }
    }

    /// Gives this code, and the code in its constants, another file name.
    pub fn set_filename(&self, filename: &Ref<Str>) {
        self.filename.set(Some(filename.clone()));
        for constant in self
            .consts
            .iter()
            .filter_map(|constant| constant.downcast::<Code>())
        {
            constant.set_filename(filename);
        }
    }

    /// The first code unit.
    #[inline(always)]
    pub fn units_ptr(&self) -> *const u16 {
        self.units.0.as_ptr().cast()
    }

    /// The units, for whoever rewrites them.
    pub fn units(&self) -> &[Cell<u16>] {
        self.units.own()
    }

    /// The units as they are, but for those that an `ENTER_EXECUTOR` took the place of.
    pub(crate) fn units_behind_executors(&self) -> Vec<CodeUnit> {
        (0..self.units().len())
            .map(|index| self.unit_behind_executor(index))
            .collect()
    }

    /// Number of locals, cells and free variables.
    #[inline(always)]
    pub fn localsplus_count(&self) -> usize {
        self.localsplus_names.len()
    }

    /// `co_code`: base opcodes, caches zero.
    pub fn original_bytes(&self) -> Vec<u8> {
        if let Some(plain) = self.monitoring.plain_units() {
            return plain.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        }
        let units = self.units_behind_executors();
        let mut bytes = Vec::with_capacity(units.len() * 2);
        for instruction in instructions(&units) {
            let start = bytes.len() / 2;
            for unit in &units[start..instruction.offset as usize] {
                bytes.extend_from_slice(&unit.to_bytes());
            }
            let unit = units[instruction.offset as usize];
            let opcode = instruction.opcode.map_or_else(
                |byte| byte,
                |opcode| opcode.plain().unwrap_or_else(|| opcode.base()) as u8,
            );
            bytes.extend_from_slice(&[opcode, unit.oparg()]);
            bytes.resize(instruction.end() as usize * 2, 0);
        }
        bytes
    }

    /// The plain unit at `index`: neither specialized nor instrumented. Inline caches are as they are.
    pub fn base_unit(&self, index: usize) -> CodeUnit {
        if let Some(unit) = self.monitoring.plain_unit(index) {
            return unit;
        }
        let unit = self.unit_behind_executor(index);
        match unit.opcode() {
            Some(opcode) => unit.with_opcode(opcode.plain().unwrap_or_else(|| opcode.base())),
            None => unit,
        }
    }

    /// The line of the instruction at `index`.
    pub fn line_at(&self, index: u32) -> Option<u32> {
        // Traced code is asked at every line: it has a table.
        if let Some(line) = self.monitoring.line(index as usize) {
            return Some(line as u32);
        }
        linetable::line_of(&self.linetable.0, self.first_line, index)
    }

    /// A lazily made value that goes with the code object.
    pub fn cached(&self, key: &'static str, make: impl FnOnce() -> Value) -> Value {
        if let Some((_, value)) = self.cache.borrow().iter().find(|(name, _)| *name == key) {
            return value.clone();
        }
        let value = make();
        self.cache.borrow_mut().push((key, value.clone()));
        value
    }

    /// Whether any of the `CO_*` bits is set.
    #[inline(always)]
    pub fn has_flag(&self, mask: u32) -> bool {
        self.flags & mask != 0
    }

    /// The names of localsplus with any of these kinds.
    pub fn names_of_kind(&self, mask: u8) -> Vec<Value> {
        let kinds = self.localsplus_kinds.0.iter();
        self.localsplus_names
            .iter()
            .zip(kinds)
            .filter(|(_, kind)| **kind & mask != 0)
            .map(|(name, _)| name.to_value())
            .collect()
    }
}
