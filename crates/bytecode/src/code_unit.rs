//! The units a code object is made of.
//!
//! A unit is 16 bits: an opcode in the low byte, eight bits of oparg in the high byte, or a piece of inline cache.
//! Only walking from the start tells which: an instruction is its `EXTENDED_ARG` prefixes, its own unit, and as many
//! cache units as its opcode has.

use crate::Opcode;

/// 16 bits of a code object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct CodeUnit(pub u16);

const _: () = assert!(size_of::<CodeUnit>() == 2);

impl CodeUnit {
    /// An opcode with eight bits of oparg.
    pub const fn new(opcode: Opcode, oparg: u8) -> CodeUnit {
        CodeUnit(opcode as u16 | (oparg as u16) << 8)
    }

    /// The two bytes as `co_code` has them.
    pub const fn from_bytes(bytes: [u8; 2]) -> CodeUnit {
        CodeUnit(u16::from_le_bytes(bytes))
    }

    /// The two bytes as `co_code` has them.
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }

    /// The low byte: an opcode's number, if this is no cache.
    pub const fn opcode_byte(self) -> u8 {
        self.0 as u8
    }

    /// The opcode, if the low byte is one.
    pub const fn opcode(self) -> Option<Opcode> {
        Opcode::from_byte(self.opcode_byte())
    }

    /// The high byte.
    pub const fn oparg(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// The same oparg under another opcode.
    pub const fn with_opcode(self, opcode: Opcode) -> CodeUnit {
        CodeUnit::new(opcode, self.oparg())
    }
}

/// One instruction of a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Where it starts, prefixes included, in code units.
    pub start: u32,
    /// Where its opcode is, in code units.
    pub offset: u32,
    /// The opcode, or the byte that is none.
    pub opcode: Result<Opcode, u8>,
    /// The oparg with what the prefixes add.
    pub oparg: u32,
}

impl Instruction {
    /// Where the next instruction starts, in code units.
    pub fn end(&self) -> u32 {
        let cache = self.opcode.map_or(0, Opcode::cache_units);
        self.offset + 1 + cache as u32
    }
}

/// Walks the instructions of `code`, from its start.
pub fn instructions(code: &[CodeUnit]) -> Instructions<'_> {
    Instructions { code, next: 0 }
}

/// The instructions of a code object in order.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a [CodeUnit],
    next: usize,
}

impl Iterator for Instructions<'_> {
    type Item = Instruction;

    fn next(&mut self) -> Option<Instruction> {
        let start = self.next;
        let mut oparg: u32 = 0;
        let mut offset = start;
        loop {
            let unit = *self.code.get(offset)?;
            oparg = oparg << 8 | u32::from(unit.oparg());
            let opcode = Opcode::try_from(unit.opcode_byte());
            if opcode == Ok(Opcode::ExtendedArg) {
                offset += 1;
                continue;
            }
            let instruction = Instruction {
                start: start as u32,
                offset: offset as u32,
                opcode,
                oparg,
            };
            self.next = instruction.end() as usize;
            return Some(instruction);
        }
    }
}
