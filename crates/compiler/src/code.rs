//! The code object as plain data: what CPython's `types.CodeType` holds, nothing of a runtime.
//!
//! `code` is `co_code` byte for byte, inline caches zeroed, so it is the base instruction stream
//! that a runtime copies before it specializes. The three variable tuples of Python are one list
//! here, `localsplus_names`, with a kind byte each, as CPython stores them.

use malachite_bigint::BigInt;
use rustpython_compiler_core::bytecode::{CodeObject, ConstantData};
use rustpython_wtf8::Wtf8Buf;

/// Bits of `co_flags`.
pub mod flags {
    /// Locals live in slots, not in a dict.
    pub const OPTIMIZED: u32 = 0x1;
    /// A call makes a new local namespace.
    pub const NEWLOCALS: u32 = 0x2;
    /// The code has a `*args` parameter.
    pub const VARARGS: u32 = 0x4;
    /// The code has a `**kwargs` parameter.
    pub const VARKEYWORDS: u32 = 0x8;
    /// The code is defined inside a function.
    pub const NESTED: u32 = 0x10;
    /// A generator function.
    pub const GENERATOR: u32 = 0x20;
    /// A coroutine function.
    pub const COROUTINE: u32 = 0x80;
    /// A generator that `types.coroutine` made awaitable.
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    /// An asynchronous generator function.
    pub const ASYNC_GENERATOR: u32 = 0x200;
    /// Every `CO_FUTURE_*` bit that a compilation inherits.
    pub const FUTURE_MASK: u32 = 0x1FE_0000;
    /// The first constant is the docstring.
    pub const HAS_DOCSTRING: u32 = 0x400_0000;
    /// The function is defined directly in a class body.
    pub const METHOD: u32 = 0x800_0000;
}

/// Bits of one byte of `localsplus_kinds`.
pub mod kinds {
    /// A parameter that takes positional arguments.
    pub const ARG_POS: u8 = 0x02;
    /// A parameter that takes keyword arguments.
    pub const ARG_KW: u8 = 0x04;
    /// `*args` or `**kwargs`.
    pub const ARG_VAR: u8 = 0x08;
    /// A variable of an inlined comprehension, hidden from `locals()`.
    pub const HIDDEN: u8 = 0x10;
    /// A local variable.
    pub const LOCAL: u8 = 0x20;
    /// A cell that inner functions share; a parameter may be a local and a cell.
    pub const CELL: u8 = 0x40;
    /// A variable of an enclosing function.
    pub const FREE: u8 = 0x80;
}

/// A compiled block: module, class body, function, lambda or comprehension.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// `co_code`: two bytes a code unit, inline caches included and zero.
    pub code: Box<[u8]>,
    /// `co_consts`.
    pub consts: Vec<Const>,
    /// `co_names`: globals, attributes and imports.
    pub names: Vec<String>,
    /// Locals, then cells that are not locals, then free variables.
    pub localsplus_names: Vec<String>,
    /// One [`kinds`] byte for each of `localsplus_names`.
    pub localsplus_kinds: Vec<u8>,
    /// `co_filename`.
    pub filename: String,
    /// `co_name`.
    pub name: String,
    /// `co_qualname`.
    pub qualname: String,
    /// `co_firstlineno`.
    pub first_line: u32,
    /// `co_stacksize`.
    pub stack_size: u32,
    /// `co_argcount`, which counts positional-only parameters too.
    pub arg_count: u32,
    /// `co_posonlyargcount`.
    pub posonly_arg_count: u32,
    /// `co_kwonlyargcount`.
    pub kwonly_arg_count: u32,
    /// `co_flags`; see [`flags`].
    pub flags: u32,
    /// `co_linetable`: positions of every code unit in CPython's location format.
    pub linetable: Box<[u8]>,
    /// `co_exceptiontable`.
    pub exceptiontable: Box<[u8]>,
}

/// A constant of a code object.
#[derive(Clone, Debug)]
pub enum Const {
    /// `None`.
    None,
    /// `True`.
    True,
    /// `False`.
    False,
    /// `...`.
    Ellipsis,
    /// An int of any size.
    Int(BigInt),
    /// A float.
    Float(f64),
    /// A complex number: real part, imaginary part.
    Complex(f64, f64),
    /// A string, which may hold lone surrogates.
    Str(Wtf8Buf),
    /// A bytes object.
    Bytes(Vec<u8>),
    /// A tuple of constants.
    Tuple(Vec<Const>),
    /// A frozenset of constants, in the order of the source.
    FrozenSet(Vec<Const>),
    /// A slice of constants: start, stop, step.
    Slice(Box<[Const; 3]>),
    /// A nested block.
    Code(Box<Code>),
}

/// Constants are equal when they are the same constant: floats compare by their bits.
impl PartialEq for Const {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None)
            | (Self::True, Self::True)
            | (Self::False, Self::False)
            | (Self::Ellipsis, Self::Ellipsis) => true,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Complex(a, b), Self::Complex(c, d)) => {
                a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits()
            }
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) | (Self::FrozenSet(a), Self::FrozenSet(b)) => a == b,
            (Self::Slice(a), Self::Slice(b)) => a == b,
            (Self::Code(a), Self::Code(b)) => a == b,
            _ => false,
        }
    }
}

impl Code {
    /// Takes over what the code generator made.
    pub(crate) fn from_generated(mut generated: CodeObject) -> Self {
        let mut localsplus_names = generated.varnames.into_vec();
        // A parameter that is also a cell keeps its one slot among the locals.
        let cells: Vec<String> = generated
            .cellvars
            .into_vec()
            .into_iter()
            .filter(|cell| !localsplus_names.contains(cell))
            .collect();
        localsplus_names.extend(cells);
        localsplus_names.extend(generated.freevars);
        Self {
            code: generated.instructions.original_bytes().into_boxed_slice(),
            consts: take_all(&mut generated.constants),
            names: generated.names.into_vec(),
            localsplus_names,
            localsplus_kinds: generated.localspluskinds.into_vec(),
            filename: generated.source_path,
            name: generated.obj_name,
            qualname: generated.qualname,
            first_line: generated
                .first_line_number
                .map_or(0, |line| u32::try_from(line.get()).unwrap_or(u32::MAX)),
            stack_size: generated.max_stackdepth,
            arg_count: generated.arg_count,
            posonly_arg_count: generated.posonlyarg_count,
            kwonly_arg_count: generated.kwonlyarg_count,
            flags: generated.flags.bits(),
            linetable: generated.linetable,
            exceptiontable: generated.exceptiontable,
        }
    }

    /// The names of the slots whose kind has a bit of `mask`, in slot order.
    pub fn slots_of_kind(&self, mask: u8) -> impl Iterator<Item = &str> {
        self.localsplus_names
            .iter()
            .zip(&self.localsplus_kinds)
            .filter(move |(_, kind)| **kind & mask != 0)
            .map(|(name, _)| name.as_str())
    }

    /// `co_varnames`.
    pub fn varnames(&self) -> impl Iterator<Item = &str> {
        self.slots_of_kind(kinds::LOCAL)
    }

    /// `co_cellvars`.
    pub fn cellvars(&self) -> impl Iterator<Item = &str> {
        self.slots_of_kind(kinds::CELL)
    }

    /// `co_freevars`.
    pub fn freevars(&self) -> impl Iterator<Item = &str> {
        self.slots_of_kind(kinds::FREE)
    }
}

impl Const {
    fn from_generated(constant: ConstantData) -> Self {
        match constant {
            ConstantData::None => Self::None,
            ConstantData::Boolean { value: true } => Self::True,
            ConstantData::Boolean { value: false } => Self::False,
            ConstantData::Ellipsis => Self::Ellipsis,
            ConstantData::Integer { value } => Self::Int(value),
            ConstantData::Float { value } => Self::Float(value),
            ConstantData::Complex { value } => Self::Complex(value.re, value.im),
            ConstantData::Str { value } => Self::Str(value),
            ConstantData::Bytes { value } => Self::Bytes(value),
            ConstantData::Tuple { mut elements } => Self::Tuple(take_all(&mut elements)),
            ConstantData::Frozenset { mut elements } => Self::FrozenSet(take_all(&mut elements)),
            ConstantData::Slice { elements } => {
                Self::Slice(Box::new(elements.map(Self::from_generated)))
            }
            ConstantData::Code { code } => Self::Code(Box::new(Code::from_generated(*code))),
        }
    }
}

/// Moves the constants out of a list that is about to be dropped.
fn take_all(constants: &mut [ConstantData]) -> Vec<Const> {
    constants
        .iter_mut()
        .map(|constant| Const::from_generated(std::mem::replace(constant, ConstantData::None)))
        .collect()
}
