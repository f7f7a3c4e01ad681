//! What is known about an opcode.
//!
//! The enum and the rows are generated; every property is a field of a row, so nobody matches over opcodes to learn
//! one.

use crate::cache::CacheField;
use crate::effect::Effect;
use crate::expansion::{BranchGuards, Expand};
use crate::generated::opcodes::ROWS;
use crate::{Flags, Opcode, Uop};

/// Who writes an opcode into a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpcodeKind {
    /// The compiler; and `ENTER_EXECUTOR`.
    Base,
    /// The specializer.
    Specialized,
    /// `sys.monitoring`.
    Instrumented,
}

/// The generated facts of one opcode.
pub(crate) struct OpcodeRow {
    pub(crate) name: &'static str,
    pub(crate) opcode: Opcode,
    pub(crate) kind: OpcodeKind,
    /// Family base, or plain opcode of an instrumented one, or the opcode itself.
    pub(crate) base: Opcode,
    pub(crate) instrumented: Option<Opcode>,
    pub(crate) cache_units: u8,
    pub(crate) flags: Flags,
    pub(crate) enters_frame: bool,
    pub(crate) skips: Option<Opcode>,
    pub(crate) uop: Option<Uop>,
    pub(crate) cache: &'static [CacheField],
    pub(crate) specializations: &'static [Opcode],
    pub(crate) effect: Effect,
    pub(crate) expansion: Option<&'static [Expand]>,
    pub(crate) guards: Option<BranchGuards>,
}

impl TryFrom<u8> for Opcode {
    type Error = u8;

    /// The opcode with this number; the error is the number back.
    fn try_from(byte: u8) -> Result<Opcode, u8> {
        Opcode::from_byte(byte).ok_or(byte)
    }
}

impl Opcode {
    /// The opcode with this number.
    pub const fn from_byte(byte: u8) -> Option<Opcode> {
        match &ROWS[byte as usize] {
            Some(row) => Some(row.opcode),
            None => None,
        }
    }

    const fn row(self) -> &'static OpcodeRow {
        match &ROWS[self as usize] {
            Some(row) => row,
            None => panic!("the rows and the enum are written together"),
        }
    }

    /// The opcode with this name, in capitals.
    pub fn from_name(name: &str) -> Option<Opcode> {
        Opcode::ALL.into_iter().find(|opcode| opcode.name() == name)
    }

    /// The name in capitals.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Who writes it.
    pub const fn kind(self) -> OpcodeKind {
        self.row().kind
    }

    /// The opcode the specializer starts from, for a specialized one; any other opcode itself.
    pub const fn base(self) -> Opcode {
        match self.kind() {
            OpcodeKind::Specialized => self.row().base,
            OpcodeKind::Base | OpcodeKind::Instrumented => self,
        }
    }

    /// The plain opcode that an instrumented one stands in for. `INSTRUMENTED_LINE` and `INSTRUMENTED_INSTRUCTION`
    /// have none: what they hide is kept elsewhere.
    pub fn plain(self) -> Option<Opcode> {
        let row = self.row();
        (row.kind == OpcodeKind::Instrumented && row.base != self).then_some(row.base)
    }

    /// The instrumented opcode that stands in for this one or its family.
    pub const fn instrumented(self) -> Option<Opcode> {
        self.base().row().instrumented
    }

    /// What the specializer may write over it, if it is the base of a family.
    pub const fn specializations(self) -> &'static [Opcode] {
        self.row().specializations
    }

    /// The code units of its inline cache, behind its own.
    pub const fn cache_units(self) -> usize {
        self.row().cache_units as usize
    }

    /// The fields of its inline cache.
    pub const fn cache_fields(self) -> &'static [CacheField] {
        self.row().cache
    }

    /// What it may do.
    pub const fn flags(self) -> Flags {
        self.row().flags
    }

    /// Whether its oparg means something.
    pub const fn has_arg(self) -> bool {
        self.flags().contains(Flags::ARG)
    }

    /// Whether the oparg indexes `co_consts`.
    pub const fn has_const(self) -> bool {
        self.flags().contains(Flags::CONST)
    }

    /// Whether the oparg (or its high bits) indexes `co_names`.
    pub const fn has_name(self) -> bool {
        self.flags().contains(Flags::NAME)
    }

    /// Whether the oparg is a jump distance.
    pub const fn has_jump(self) -> bool {
        self.flags().contains(Flags::JUMP)
    }

    /// Whether the oparg indexes a cell or free variable.
    pub const fn has_free(self) -> bool {
        self.flags().contains(Flags::FREE)
    }

    /// Whether the oparg indexes a local variable.
    pub const fn has_local(self) -> bool {
        self.flags().contains(Flags::LOCAL)
    }

    /// Whether it looks at the eval breaker.
    pub const fn has_eval_break(self) -> bool {
        self.flags().contains(Flags::EVAL_BREAK)
    }

    /// Whether it may leave a trace, by deopt.
    pub const fn may_deopt(self) -> bool {
        self.flags().contains(Flags::DEOPT)
    }

    /// Whether it may leave a trace, by a side exit.
    pub const fn may_exit(self) -> bool {
        self.flags().contains(Flags::EXIT)
    }

    /// Whether it may raise.
    pub const fn may_raise(self) -> bool {
        self.flags().contains(Flags::ERROR)
    }

    /// Whether it may run arbitrary code.
    pub const fn may_escape(self) -> bool {
        self.flags().contains(Flags::ESCAPES)
    }

    /// What it takes from the stack and leaves there.
    pub const fn effect(self) -> &'static Effect {
        &self.row().effect
    }

    /// Whether it starts a Python frame: then one value more is pushed when that frame returns.
    pub const fn enters_frame(self) -> bool {
        self.row().enters_frame
    }

    /// The opcode behind it whose work it does, too.
    pub const fn skips(self) -> Option<Opcode> {
        self.row().skips
    }

    /// The uop that shares its number: it and this opcode are one op.
    pub const fn uop(self) -> Option<Uop> {
        self.row().uop
    }

    /// The uops projection makes of it, or `None` when a trace ends before it. A conditional jump becomes one of its
    /// `branch_guards` instead.
    pub const fn expansion(self) -> Option<&'static [Expand]> {
        self.row().expansion
    }

    /// The guards of a conditional jump.
    pub const fn branch_guards(self) -> Option<BranchGuards> {
        self.row().guards
    }
}
