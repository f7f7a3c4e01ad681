//! The tail-threaded loop: an op is a function that ends with a jump to the next one.
//!
//! An op that calls nothing needs no native frame: slow paths, misses and the specializer are ops of their own, which it
//! jumps to. `ops` has the opcodes, `specialized` the members of families; behind them stand, one for each, `slow` and
//! `slow_members` (which call full bodies), `missed` (the base opcode in a member's place), `specializing` and `quickening`.

use std::sync::atomic::Ordering;

use taipan_objects::runtime::EVAL_BREAKER;

use super::*;
use crate::specialize::{Quickener, stats};
use crate::traces;

/// Whether an opcode leaves a bool on top. What comes next is nearly always a jump on it, which is done at once: a dispatch
/// less. A trace has the two apart.
const fn makes_truth(base: Opcode) -> bool {
    matches!(
        base,
        Opcode::CompareOp | Opcode::ContainsOp | Opcode::ToBool
    )
}

/// Whether an opcode ends at the first instruction of a function.
const fn enters_function(member: Opcode) -> bool {
    matches!(
        member,
        Opcode::CallPyExactArgs
            | Opcode::CallBoundMethodExactArgs
            | Opcode::LoadAttrProperty
            | Opcode::BinaryOpSubscrGetitem
    )
}

type Op = unsafe extern "C" fn(*const u16, *mut StackRef, *mut Frame, *mut EngineState, u64);

/// Goes to the next instruction. The last expression of every op.
macro_rules! dispatch {
    ($ip:expr, $sp:expr, $frame:expr, $engine:expr) => {{
        let unit = *$ip;
        stats::execution(unit as u8);
        let next = TABLE[(unit & 0xff) as usize];
        next($ip, $sp, $frame, $engine, (unit >> 8) as u64)
    }};
}

/// Runs a quick body, or jumps to where the full one is called. An op that calls nothing itself needs no native frame.
macro_rules! general {
    ($op:ident, $quick:ident, $ip:ident, $sp:ident, $frame:ident, $engine:ident, $oparg:ident) => {{
        let mut c = Cursor {
            ip: $ip.add(const { 1 + Opcode::$op.cache_units() }),
            sp: $sp,
            frame: $frame,
            engine: $engine,
        };
        if $quick(&mut c, $oparg as u32) {
            dispatch!(c.ip, c.sp, c.frame, $engine)
        } else {
            slow::$op($ip, $sp, $frame, $engine, $oparg)
        }
    }};
}

/// Goes on as a quick body of an ending op says.
macro_rules! end {
    ($op:ident, $ending:ident, $c:ident, $ip:ident, $sp:ident, $frame:ident, $engine:ident, $oparg:ident) => {
        match $ending {
            Ending::Done => dispatch!($c.ip, $c.sp, $c.frame, $engine),
            Ending::Refused => slow::$op($ip, $sp, $frame, $engine, $oparg),
            Ending::Special => ops::return_special($ip, $sp, $frame, $engine, $oparg),
            Ending::Release(word) => {
                (*$frame).ip = $ip;
                release($c.ip, $c.sp, $c.frame, $engine, word.0)
            }
            Ending::ReleaseFirst(word) => again::$op($ip, $sp, $frame, $engine, word.0),
        }
    };
}

/// Releases a word whose object dies, and goes on.
///
/// # Safety
/// As [`enter`]; the last argument is an owned word that nothing else holds.
#[inline(never)]
unsafe extern "C" fn release(
    ip: *const u16,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
    word: u64,
) {
    // SAFETY: by contract.
    unsafe {
        StackRef(word).close();
        dispatch!(ip, sp, frame, engine)
    }
}

/// The full body of an opcode behind a call.
macro_rules! full {
    ($op:ident, $body:ident) => {
        #[inline(never)]
        pub(super) fn $op(
            ip: *const u16,
            sp: *mut StackRef,
            frame: *mut Frame,
            engine: *mut EngineState,
            oparg: u64,
        ) -> Next {
            let cache = const { Opcode::$op.cache_units() };
            run_full($body, cache, ip, sp, frame, engine, oparg as u32)
        }
    };
}

/// An op that calls a full body.
macro_rules! slow {
    ($op:ident) => {
        /// # Safety
        /// As [`enter`].
        #[inline(never)]
        pub(super) unsafe extern "C" fn $op(
            ip: *const u16,
            sp: *mut StackRef,
            frame: *mut Frame,
            engine: *mut EngineState,
            oparg: u64,
        ) {
            // SAFETY: as in `ops`.
            unsafe { continue_with!(behind::$op(ip, sp, frame, engine, oparg), engine) }
        }
    };
}

macro_rules! continue_with {
    ($next:expr, $engine:expr) => {{
        let next: Next = $next;
        if next.ip.is_null() {
            return;
        }
        let frame = (*$engine).current;
        dispatch!(next.ip, next.sp, frame, $engine)
    }};
}

macro_rules! define {
    (
        adaptive { $($adaptive:ident: $adaptive_quick:ident, $adaptive_slow:ident, $specializer:ident;)* }
        quickened { $($quickened:ident: $quickened_quick:ident, $quickened_slow:ident, $quickener:ident;)* }
        releasing { $($releasing:ident: $releasing_body:ident;)* }
        ending { $($ending:ident: $ending_quick:ident, $ending_slow:ident;)* }
        quick_full { $($both:ident: $quick:ident, $slow:ident;)* }
        quick { $($only:ident: $only_body:ident;)* }
        full { $($full:ident: $full_body:ident;)* }
    ) => {
        #[allow(non_snake_case)]
        mod behind {
            use super::*;
            $(full!($adaptive, $adaptive_slow);)*
            $(full!($quickened, $quickened_slow);)*
            $(full!($ending, $ending_slow);)*
            $(full!($both, $slow);)*
            $(full!($full, $full_body);)*

            #[cold]
            #[inline(never)]
            pub(super) fn specialize(base: Opcode, specializer: Specializer, ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> u8 {
                // SAFETY: the inline cache lies in the code object.
                let ip_behind = unsafe { ip.add(1 + base.cache_units()) };
                specialize::specialize(base, specializer, ip, &Cursor { ip: ip_behind, sp, frame, engine }, oparg as u32)
            }

            #[cold]
            #[inline(never)]
            pub(super) fn quicken(quickener: Quickener, ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                quickener(ip, &Cursor { ip, sp, frame, engine }, oparg as u32)
            }

            #[cold]
            #[inline(never)]
            pub(super) fn instrumented(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> Next {
                crate::bodies::instrumented(ip, sp, frame, engine, oparg as u32)
            }
        }

        /// Calls of full bodies, where quick ones refuse.
        #[allow(non_snake_case)]
        mod slow {
            use super::*;
            $(slow!($adaptive);)*
            $(slow!($quickened);)*
            $(slow!($ending);)*
            $(slow!($both);)*
        }

        /// What goes on with an opcode after an object died for it.
        #[allow(non_snake_case)]
        mod again {
            use super::*;
            $(
                /// # Safety
                /// As [`enter`]; the last argument is an owned word that nothing else holds.
                #[inline(never)]
                pub(super) unsafe extern "C" fn $ending(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, word: u64) {
                    // SAFETY: by contract.
                    unsafe {
                        (*frame).ip = ip;
                        StackRef(word).close();
                        ops::$ending(ip, sp, frame, engine, 0)
                    }
                }
            )*
        }

        /// Opcodes that run first, and become others.
        #[allow(non_snake_case)]
        mod quickening {
            use super::*;
            $(
                /// # Safety
                /// As [`enter`].
                #[cold]
                #[inline(never)]
                pub(super) unsafe extern "C" fn $quickened(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as in `ops`.
                    unsafe {
                        behind::quicken(specialize::$quickener, ip, sp, frame, engine, oparg);
                        general!($quickened, $quickened_quick, ip, sp, frame, engine, oparg)
                    }
                }
            )*
        }

        /// Base opcodes whose counters ran out: they run as what they became, or as themselves.
        #[allow(non_snake_case)]
        mod specializing {
            use super::*;
            $(
                /// # Safety
                /// As [`enter`].
                #[cold]
                #[inline(never)]
                pub(super) unsafe extern "C" fn $adaptive(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as in `ops`.
                    unsafe {
                        let opcode = behind::specialize(Opcode::$adaptive, specialize::$specializer, ip, sp, frame, engine, oparg);
                        if opcode == Opcode::$adaptive as u8 {
                            slow::$adaptive(ip, sp, frame, engine, oparg)
                        } else {
                            TABLE[opcode as usize](ip, sp, frame, engine, oparg)
                        }
                    }
                }
            )*
        }

        /// What runs when the guards of a specialized opcode fail: the base opcode, once, which counts the miss.
        #[allow(non_snake_case)]
        mod missed {
            use super::*;
            $(
                /// # Safety
                /// As [`enter`].
                #[inline(never)]
                pub(super) unsafe extern "C" fn $adaptive(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as in `ops`.
                    unsafe {
                        stats::miss(*ip as u8);
                        let counter = BackoffCounter(*ip.add(1));
                        if counter.is_triggered() {
                            behind::specialize(Opcode::$adaptive, specialize::$specializer, ip, sp, frame, engine, oparg);
                        } else {
                            *ip.add(1).cast_mut() = counter.advance().0;
                        }
                        general!($adaptive, $adaptive_quick, ip, sp, frame, engine, oparg)
                    }
                }
            )*
            $(pub(super) use super::ops::$quickened;)*
        }

        #[allow(non_snake_case)]
        mod ops {
            use super::*;
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $adaptive(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: the registers satisfy the cursor's invariant on entry and after a body.
                    unsafe {
                        let counter = BackoffCounter(*ip.add(1));
                        if counter.is_triggered() {
                            return specializing::$adaptive(ip, sp, frame, engine, oparg);
                        }
                        *ip.add(1).cast_mut() = counter.advance().0;
                        general!($adaptive, $adaptive_quick, ip, sp, frame, engine, oparg)
                    }
                }
            )*
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $quickened(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as above.
                    unsafe {
                        if *ip as u8 == Opcode::$quickened as u8 {
                            return quickening::$quickened(ip, sp, frame, engine, oparg);
                        }
                        general!($quickened, $quickened_quick, ip, sp, frame, engine, oparg)
                    }
                }
            )*
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $releasing(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: the registers satisfy the cursor's invariant on entry and after a body.
                    unsafe {
                        let mut c = Cursor { ip: ip.add(const { 1 + Opcode::$releasing.cache_units() }), sp, frame, engine };
                        match $releasing_body(&mut c, oparg as u32) {
                            None => dispatch!(c.ip, c.sp, c.frame, engine),
                            Some(word) => {
                                (*frame).ip = ip;
                                release(c.ip, c.sp, c.frame, engine, word.0)
                            }
                        }
                    }
                }
            )*
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $ending(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as above.
                    unsafe {
                        let mut c = Cursor { ip: ip.add(const { 1 + Opcode::$ending.cache_units() }), sp, frame, engine };
                        let ending = $ending_quick(&mut c, oparg as u32);
                        end!($ending, ending, c, ip, sp, frame, engine, oparg)
                    }
                }
            )*
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $both(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: the registers satisfy the cursor's invariant on entry and after a body.
                    unsafe {
                        general!($both, $quick, ip, sp, frame, engine, oparg)
                    }
                }
            )*
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $only(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as above.
                    unsafe {
                        let mut c = Cursor { ip: ip.add(const { 1 + Opcode::$only.cache_units() }), sp, frame, engine };
                        $only_body(&mut c, oparg as u32);
                        dispatch!(c.ip, c.sp, c.frame, engine)
                    }
                }
            )*
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $full(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as above.
                    unsafe { continue_with!(behind::$full(ip, sp, frame, engine, oparg), engine) }
                }
            )*
            /// # Safety
            /// As [`enter`].
            pub(super) unsafe extern "C" fn extended_arg(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                // SAFETY: an instruction follows its prefix.
                unsafe {
                    let ip = ip.add(1);
                    let unit = *ip;
                    let next = TABLE[(unit & 0xff) as usize];
                    next(ip, sp, frame, engine, oparg << 8 | (unit >> 8) as u64)
                }
            }
            /// Goes on in a trace; but if something is due, with the instruction that stood here, which does it.
            /// # Safety
            /// As [`enter`].
            pub(super) unsafe extern "C" fn enter_executor(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                // SAFETY: as above; the code has an entry for each executor that is entered.
                unsafe {
                    let Some(entry) = (*frame).code().executors.entry(oparg as u8 as usize) else {
                        return unknown(ip, sp, frame, engine, oparg);
                    };
                    if EVAL_BREAKER.load(Ordering::Relaxed) == 0 {
                        return traces::ops::enter(entry.trace, sp, frame, engine);
                    }
                    let original = entry.original;
                    let oparg = oparg & !0xff | u64::from(original.oparg());
                    TABLE[original.opcode_byte() as usize](ip, sp, frame, engine, oparg)
                }
            }
            /// RETURN_VALUE, of a frame that no plain call made.
            /// # Safety
            /// As [`enter`].
            #[inline(never)]
            pub(super) unsafe extern "C" fn return_special(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                // SAFETY: as above.
                unsafe {
                    let mut c = Cursor { ip: ip.add(1), sp, frame, engine };
                    let ending = crate::bodies::return_special(&mut c);
                    end!(ReturnValue, ending, c, ip, sp, frame, engine, oparg)
                }
            }
            /// Ends the loop where a quick body sent it here.
            /// # Safety
            /// As [`enter`].
            pub(super) unsafe extern "C" fn leave(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                // SAFETY: as above.
                unsafe {
                    if !std::ptr::eq(ip, &raw const LEAVE) {
                        unknown(ip, sp, frame, engine, oparg)
                    }
                }
            }
            /// Any instrumented opcode; it may go on with another opcode at the same place, with the same oparg.
            /// # Safety
            /// As [`enter`].
            pub(super) unsafe extern "C" fn instrumented(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                // SAFETY: as above.
                unsafe {
                    let next = behind::instrumented(ip, sp, frame, engine, oparg);
                    if next.ip.is_null() {
                        return;
                    }
                    let redirect = (*engine).redirect;
                    let frame = (*engine).current;
                    if redirect != 0 {
                        TABLE[redirect as usize](next.ip, next.sp, frame, engine, oparg)
                    } else {
                        dispatch!(next.ip, next.sp, frame, engine)
                    }
                }
            }
            /// # Safety
            /// As [`enter`].
            pub(super) unsafe extern "C" fn unknown(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                // SAFETY: as above.
                unsafe { continue_with!(run_full(unknown_opcode, 0, ip, sp, frame, engine, oparg as u32), engine) }
            }
        }

        const PLAIN_TABLE: [Op; 256] = {
            let mut table: [Op; 256] = [ops::unknown; 256];
            $(table[Opcode::$adaptive as usize] = ops::$adaptive;)*
            $(table[Opcode::$quickened as usize] = ops::$quickened;)*
            $(table[Opcode::$releasing as usize] = ops::$releasing;)*
            $(table[Opcode::$ending as usize] = ops::$ending;)*
            $(table[Opcode::$both as usize] = ops::$both;)*
            $(table[Opcode::$only as usize] = ops::$only;)*
            $(table[Opcode::$full as usize] = ops::$full;)*
            table[Opcode::ExtendedArg as usize] = ops::extended_arg;
            table[Opcode::EnterExecutor as usize] = ops::enter_executor;
            table[LEAVE_BYTE as usize] = ops::leave;
            let mut byte = 0;
            while byte < table.len() {
                if let Some(opcode) = Opcode::from_byte(byte as u8)
                    && matches!(opcode.kind(), OpcodeKind::Instrumented)
                {
                    table[byte] = ops::instrumented;
                }
                byte += 1;
            }
            table
        };
    };
}

opcodes!(define);

/// What the quick bodies of a specialized opcode came to.
enum Outcome {
    Done,
    /// The full bodies may do it.
    Slow,
    /// A guard does not hold.
    Missed,
}

/// Calls the full bodies of a specialized opcode. After a miss the registers are what they were: the frame has the
/// instruction, the engine the rest, so that nothing has to be kept across the call but the engine.
macro_rules! specialized_slow {
    ($behind:path, $missed:path, $ip:ident, $sp:ident, $frame:ident, $engine:ident, $oparg:ident) => {{
        let next = $behind($ip, $sp, $frame, $engine, $oparg);
        if next.is_miss() {
            let frame = (*$engine).current;
            $missed(
                (*frame).ip,
                next.sp,
                frame,
                $engine,
                (*$engine).missed_oparg,
            )
        } else {
            continue_with!(next, $engine)
        }
    }};
}

macro_rules! define_specialized {
    ($($member:ident of $base:ident: $($part:ident[$($units:literal @ $offset:literal),*])*;)*) => {
        #[allow(non_snake_case)]
        mod specialized_behind {
            use super::*;
            $(
                #[inline(never)]
                pub(super) fn $member(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> Next {
                    run_specialized(|c, oparg| {
                        $(
                            match <uops::$part as Uop>::full(c, oparg, operands!(ip $(, $units @ $offset)*))? {
                                Flow::Next => {}
                                flow => return Ok(flow),
                            }
                        )*
                        Ok(Flow::Done)
                    }, const { Opcode::$member.cache_units() }, ip, sp, frame, engine, oparg as u32)
                }
            )*
        }

        /// Calls of the full bodies of specialized opcodes, where quick ones refuse.
        #[allow(non_snake_case)]
        mod slow_members {
            use super::*;
            $(
                /// # Safety
                /// As [`enter`].
                #[inline(never)]
                pub(super) unsafe extern "C" fn $member(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: as in `specialized`.
                    unsafe { specialized_slow!(specialized_behind::$member, missed::$base, ip, sp, frame, engine, oparg) }
                }
            )*
        }

        #[allow(non_snake_case, unused_unsafe, reason = "the operands of full bodies are read outside of unsafe code")]
        mod specialized {
            use super::*;
            $(
                /// # Safety
                /// As [`enter`].
                pub(super) unsafe extern "C" fn $member(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                    // SAFETY: the registers satisfy the cursor's invariant on entry and after a body.
                    unsafe {
                        if const { !(true $(&& <uops::$part as Uop>::QUICK)*) } {
                            return specialized_slow!(specialized_behind::$member, missed::$base, ip, sp, frame, engine, oparg);
                        }
                        let mut c = Cursor { ip: ip.add(const { 1 + Opcode::$member.cache_units() }), sp, frame, engine };
                        let outcome = 'parts: {
                            $(
                                match <uops::$part as Uop>::quick(&mut c, oparg as u32, operands!(ip $(, $units @ $offset)*)) {
                                    Flow::Next => {}
                                    Flow::Done => break 'parts Outcome::Done,
                                    Flow::Miss if const { <uops::$part as Uop>::FULL } => break 'parts Outcome::Slow,
                                    Flow::Miss => break 'parts Outcome::Missed,
                                }
                            )*
                            Outcome::Done
                        };
                        match outcome {
                            Outcome::Done => {
                                if const { makes_truth(Opcode::$base) } {
                                    jump_on_truth(&mut c);
                                }
                                if const { enters_function(Opcode::$member) } {
                                    resume_at_once(&mut c);
                                }
                                dispatch!(c.ip, c.sp, c.frame, engine)
                            }
                            Outcome::Slow => slow_members::$member(ip, sp, frame, engine, oparg),
                            Outcome::Missed => missed::$base(ip, sp, frame, engine, oparg),
                        }
                    }
                }
            )*
        }

        static TABLE: [Op; 256] = {
            let mut table = PLAIN_TABLE;
            $(table[Opcode::$member as usize] = specialized::$member;)*
            table
        };
    };
}

taipan_bytecode::specialized_opcodes!(define_specialized);

/// # Safety
/// The registers satisfy the cursor's invariant.
pub unsafe fn enter(
    ip: *const u16,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) {
    // SAFETY: by contract.
    unsafe { dispatch!(ip, sp, frame, engine) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_that_code_can_hold_has_a_body() {
        let without: Vec<Opcode> = Opcode::ALL
            .into_iter()
            .filter(|opcode| TABLE[*opcode as usize] as usize == ops::unknown as *const () as usize)
            .collect();
        assert_eq!(without, [Opcode::Cache, Opcode::Reserved]);
    }
}
