//! Ops for two uops that often follow each other: the second one's body stands right behind the first one's, without a jump.
//!
//! ```text
//! step                    op                                goes on with
//! _CHECK_VALIDITY         _CHECK_VALIDITY then _SET_IP      the step after the next
//! _SET_IP                 _SET_IP then _STORE_FAST          the step after the next
//! _STORE_FAST_1           _STORE_FAST_1                     the next step
//! ```
//!
//! Steps do not move: a pair's op stands in the first step and reads the second one's operands there. So whoever gets to the
//! second step alone, because the first needed its full body, finds an op there, too; and ways out are where they were.
//!
//! The pairs are those that took most jumps out of pyperformance's hot loops, each chosen after the ones before it.

use taipan_bytecode::Uop as Name;

use super::bodies::*;
use super::ops::{StepOp, Went, ending, full, general, goes_on, jump, oparg, operands, releasing};
use super::step::Step;
use crate::cursor::Cursor;
use crate::frame_stack::{EngineState, Frame, StackRef};
use crate::specialize::stats;

/// Runs the first uop, and if that succeeds the second.
///
/// # Safety
/// As for all ops; `second` is the op of the step behind `step`.
#[inline(always)]
unsafe fn then<A: Uop>(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
    second: StepOp,
) -> Went {
    // SAFETY: by contract.
    unsafe {
        let mut c = Cursor {
            ip: std::ptr::null(),
            sp,
            frame,
            engine,
        };
        match A::quick(&mut c, oparg(step), operands(step)) {
            Flow::Next => {
                let next = step.add(1);
                stats::uop((*next).number);
                second(next, c.sp, c.frame, engine)
            }
            Flow::Miss if const { A::FULL } => full::<A>(step, sp, frame, engine),
            Flow::Miss => goes_on(jump(step), sp, frame, engine),
            Flow::Done => goes_on(jump(step), c.sp, c.frame, engine),
        }
    }
}

/// The uop itself, or what it is a copy of: steps keep the oparg that a copy fixes.
fn plain(uop: Name) -> Name {
    uop.copy_of().map_or(uop, |(original, _)| original)
}

macro_rules! pairs {
    ($($first:ident: $($kind:ident $second:ident)*;)*) => {
        /// The op that runs both uops, if there is one.
        pub(super) fn pair_of(first: Name, second: Name) -> Option<StepOp> {
            Some(match (plain(first), plain(second)) {
                $($(
                    (Name::$first, Name::$second) => {
                        const { assert!(<$first as Uop>::QUICK) };
                        /// # Safety
                        /// As for all ops.
                        unsafe extern "C" fn op(
                            step: *const Step,
                            sp: *mut StackRef,
                            frame: *mut Frame,
                            engine: *mut EngineState,
                        ) -> Went {
                            // SAFETY: by contract; the step behind is one of the second uop.
                            unsafe { then::<$first>(step, sp, frame, engine, $kind::<$second>) }
                        }
                        op
                    }
                )*)*
                _ => return None,
            })
        }
    };
}

pairs! {
    CheckValidity:
        general SetIp general LoadFastBorrow general LoadConstInlineBorrow general ToBoolBool general CheckFunction
        general GuardIsFalsePop general LoadSmallInt general Copy;
    SetIp:
        releasing StoreFast releasing PopTop ending ReturnValue general GetAnext general GuardTypeVersion
        general GuardTosInt;
    MakeWarm: general SetIp;
    CheckPeriodic: general CheckValidity;
    ResumeCheck: general LoadFastBorrow general CheckFunction;
    LoadFastBorrow: general SetIp general LoadFastBorrow;
    LoadSmallInt: general SetIp;
    LoadConstInline: general PushNull general SetIp;
    LoadConstInlineBorrow: general SetIp;
    PushNull: general LoadFastBorrow;
    Swap: general SetIp;
    Copy: general SetIp;
    CheckManagedObjectHasValues: general LoadAttrInstanceValue;
    GuardDorvValuesInstAttrFromDict: general GuardKeysVersion;
    GuardTypeVersion: general LoadAttrMethodNoDict;
    LoadAttrMethodWithValues: general SetIp;
    CheckFunctionVersion: general CheckFunctionExactArgs;
    CheckRecursionRemaining: general InitCallPyExactArgs general PyFrameGeneral;
    SaveReturnOffset: general PushFrame;
    IterCheckList: general GuardNotExhaustedList;
    IterCheckRange: general GuardNotExhaustedRange;
    IterCheckTuple: general GuardNotExhaustedTuple;
    IterNextListTierTwo: general CheckValidity;
    GuardNosInt: general CompareOpInt;
    GuardTosFloat: general GuardNosFloat;
    GuardIsTruePop: general LoadFastBorrow;
    GuardIsFalsePop: general LoadFastBorrow;
    GuardBinaryOpExtend: general BinaryOpExtend;
    BinaryOp: general CheckValidity;
    BinaryOpAddInt: general CheckValidity;
    BinaryOpSubtractInt: general CheckValidity;
    BinaryOpSubscrListInt: general CheckValidity;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_pair_like_what_they_are_copies_of() {
        let plain = pair_of(Name::LoadFastBorrow, Name::SetIp).expect("they are a pair");
        let copy = pair_of(Name::LoadFastBorrow3, Name::SetIp).expect("they are a pair");
        assert!(std::ptr::fn_addr_eq(plain, copy));
        let stored = pair_of(Name::SetIp, Name::StoreFast).expect("they are a pair");
        let copy = pair_of(Name::SetIp, Name::StoreFast7).expect("they are a pair");
        assert!(std::ptr::fn_addr_eq(stored, copy));
    }

    #[test]
    fn what_leaves_the_trace_is_in_no_pair() {
        let leaving = [
            Name::JumpToTop,
            Name::ExitTrace,
            Name::Deopt,
            Name::ErrorPopN,
        ];
        for other in Name::ALL {
            for leaves in leaving {
                assert!(pair_of(leaves, other).is_none() && pair_of(other, leaves).is_none());
            }
        }
    }
}
