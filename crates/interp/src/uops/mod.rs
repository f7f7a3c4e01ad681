//! The bodies of the uops that specialized opcodes are composed of.
//!
//! A uop is a type with two bodies, as an op of the loop has: a *quick* one, which is inlined and must stay free of calls
//! and destructors, and a *full* one, which may do anything. A specialized opcode tries the quick bodies of its parts in
//! order; if one answers [`Flow::Miss`], it starts again with the full ones behind a call. So a quick body that misses
//! changes nothing, and behind a quick body that changes something only bodies come that never miss, or that the base
//! opcode goes on from just as well. When a full body misses, a guard does not hold, and the base opcode runs.

mod arithmetic;
mod attributes;
mod calls;
mod construction;
mod frames;
mod globals;
mod guards;
mod iteration;
mod native_calls;
mod subscripts;
mod truth;

pub(crate) use arithmetic::*;
pub(crate) use attributes::*;
pub(crate) use calls::*;
pub(crate) use construction::*;
pub(crate) use frames::*;
pub(crate) use globals::*;
pub(crate) use guards::*;
pub(crate) use iteration::*;
pub(crate) use native_calls::*;
pub(crate) use subscripts::*;
pub(crate) use truth::*;

use taipan_objects::raised::PyResult;

use crate::cursor::Cursor;

/// How an opcode goes on after one of its uops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// With the next uop.
    Next,
    /// With the next instruction: what is left of this one is not needed.
    Done,
    /// From a quick body: with the full bodies. From a full one: with the family's base opcode, because a guard does not
    /// hold. Nothing was changed, or nothing that matters to what goes on.
    Miss,
}

impl From<bool> for Flow {
    #[inline(always)]
    fn from(goes_on: bool) -> Flow {
        if goes_on { Flow::Next } else { Flow::Miss }
    }
}

/// What a uop reads from the inline cache, in order; zeros behind the last.
pub(crate) type Operands = [u64; 3];

/// A step of a specialized opcode, of a trace, or of both.
pub(crate) trait Uop {
    /// Whether there is a quick body.
    const QUICK: bool = true;
    /// Whether there is a full body: else what the quick one misses is a guard that does not hold.
    const FULL: bool = false;

    /// The body without calls and destructors.
    fn quick(c: &mut Cursor, oparg: u32, operands: Operands) -> Flow;

    /// Does the whole work, or finds that it is not this opcode's.
    #[inline(always)]
    fn full(c: &mut Cursor, oparg: u32, operands: Operands) -> PyResult<Flow> {
        Ok(Self::quick(c, oparg, operands))
    }
}

/// Defines uops. `quick NAME = body;` has a quick body alone, `full NAME = body;` a full one alone, `both NAME = quick, full;`
/// both. Bodies are written as closures of cursor, oparg and operands; quick ones answer a `Flow`, or whether to go on, full
/// ones `PyResult<Flow>`. They become functions, because closures are not always inlined.
macro_rules! uops {
    () => {};
    (
        $(#[$doc:meta])*
        quick $name:ident = |$c:tt: &mut Cursor, $oparg:tt: u32, $operands:tt: Operands| $quick:expr;
        $($rest:tt)*
    ) => {
        $(#[$doc])*
        pub(crate) struct $name;
        impl $crate::uops::Uop for $name {
            $crate::uops::quick_body!($c, $oparg, $operands, $quick);
        }
        $crate::uops::uops! { $($rest)* }
    };
    (
        $(#[$doc:meta])*
        full $name:ident = |$c:tt: &mut Cursor, $oparg:tt: u32, $operands:tt: Operands| $full:expr;
        $($rest:tt)*
    ) => {
        $(#[$doc])*
        pub(crate) struct $name;
        impl $crate::uops::Uop for $name {
            const QUICK: bool = false;
            $crate::uops::quick_body!(_, _, _, $crate::uops::Flow::Miss);
            const FULL: bool = true;
            $crate::uops::full_body!($c, $oparg, $operands, $full);
        }
        $crate::uops::uops! { $($rest)* }
    };
    (
        $(#[$doc:meta])*
        both $name:ident = |$c:tt: &mut Cursor, $oparg:tt: u32, $operands:tt: Operands| $quick:expr,
            |$full_c:tt: &mut Cursor, $full_oparg:tt: u32, $full_operands:tt: Operands| $full:expr;
        $($rest:tt)*
    ) => {
        $(#[$doc])*
        pub(crate) struct $name;
        impl $crate::uops::Uop for $name {
            $crate::uops::quick_body!($c, $oparg, $operands, $quick);
            const FULL: bool = true;
            $crate::uops::full_body!($full_c, $full_oparg, $full_operands, $full);
        }
        $crate::uops::uops! { $($rest)* }
    };
}
pub(crate) use uops;

macro_rules! quick_body {
    ($c:tt, $oparg:tt, $operands:tt, $body:expr) => {
        #[inline(always)]
        fn quick(
            $c: &mut $crate::cursor::Cursor,
            $oparg: u32,
            $operands: $crate::uops::Operands,
        ) -> $crate::uops::Flow {
            $crate::uops::Flow::from($body)
        }
    };
}
pub(crate) use quick_body;

macro_rules! full_body {
    ($c:tt, $oparg:tt, $operands:tt, $body:expr) => {
        #[inline(always)]
        fn full(
            $c: &mut $crate::cursor::Cursor,
            $oparg: u32,
            $operands: $crate::uops::Operands,
        ) -> taipan_objects::raised::PyResult<$crate::uops::Flow> {
            $body
        }
    };
}
pub(crate) use full_body;
