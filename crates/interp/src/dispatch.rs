//! The loop: every opcode with its bodies, tail-threaded or as one `match`.
//!
//! In the tail-threaded build each opcode is a function whose last expression calls the next one through a table; LLVM
//! makes that call a jump from opt-level 1 on, because nothing in the function needs to live behind it. What is not quick
//! happens in a function of its own that gives the registers back. The portable build runs the same bodies from one
//! `loop { match }`.

use taipan_bytecode::{BackoffCounter, Opcode, OpcodeKind};

use crate::bodies::*;
use crate::cursor::{Cursor, Next, run_full, run_specialized};
use crate::frame_stack::{EngineState, Frame, StackRef};
use crate::specialize::{self, Quickener, Specializer, operand};
use crate::uops::{self, Flow, Uop};

/// Lists every opcode that is not specialized once: `quick` and `full` bodies, or only a full one, or only a quick one. The
/// base of a family is *adaptive*: it counts down to its specializer; or *quickened*: it becomes another when it runs first.
macro_rules! opcodes {
    ($consume:ident) => {
        $consume! {
            adaptive {
                LoadGlobal: load_global, load_global_full, load_global;
                ToBool: to_bool, to_bool_full, to_bool;
                BinaryOp: binary_op, binary_op_full, binary_op;
                StoreSubscr: store_subscr, store_subscr_full, store_subscr;
                CompareOp: compare_op, compare_op_full, compare_op;
                ContainsOp: no_quick_body, contains_op, contains_op;
                UnpackSequence: unpack_sequence, unpack_sequence_full, unpack_sequence;
                LoadAttr: load_attr, load_attr_full, load_attr;
                StoreAttr: store_attr, store_attr_full, store_attr;
                LoadSuperAttr: no_quick_body, load_super_attr, load_super_attr;
                Call: call, call_full, call;
                CallKw: no_quick_body, call_kw, call_kw;
                ForIter: for_iter, for_iter_full, for_iter;
                Send: no_quick_body, send, send;
            }
            quickened {
                Resume: resume, resume_full, quicken_resume;
                JumpBackward: jump_backward, jump_backward_full, quicken_jump_backward;
                LoadConst: load_const, load_const_full, quicken_load_const;
            }
            quick_full {
                LoadFastCheck: load_fast_check, load_fast_check_full;
                StoreFast: store_fast, store_fast_full;
                StoreFastLoadFast: store_fast_load_fast, store_fast_load_fast_full;
                StoreFastStoreFast: store_fast_store_fast, store_fast_store_fast_full;
                PopTop: pop_top, pop_top_full;
                PopIter: pop_top, pop_top_full;
                EndFor: pop_top, pop_top_full;
                EndSend: end_send, end_send_full;
                IsOp: is_op, is_op_full;
                PopJumpIfFalse: pop_jump_if_false, pop_jump_full;
                PopJumpIfTrue: pop_jump_if_true, pop_jump_full;
                PopJumpIfNone: pop_jump_if_none, pop_jump_if_none_full;
                PopJumpIfNotNone: pop_jump_if_not_none, pop_jump_if_not_none_full;
                ReturnValue: return_value, return_value_full;
                GetYieldFromIter: get_yield_from_iter, get_yield_from_iter_full;
                GetIter: get_iter, get_iter_full;
                GetAwaitable: get_awaitable, get_awaitable_full;
                YieldValue: yield_value, yield_value_full;
                LoadDeref: load_deref, load_deref_full;
                UnaryNegative: unary_negative, unary_negative_full;
                ListAppend: list_append, list_append_full;
            }
            quick {
                Nop: nop;
                NotTaken: nop;
                LoadFast: load_fast;
                LoadFastBorrow: load_fast_borrow;
                LoadFastLoadFast: load_fast_load_fast;
                LoadFastBorrowLoadFastBorrow: load_fast_borrow_load_fast_borrow;
                LoadFastAndClear: load_fast_and_clear;
                LoadSmallInt: load_small_int;
                PushNull: push_null;
                Copy: copy;
                Swap: swap;
                UnaryNot: unary_not;
                JumpForward: jump_forward;
                JumpBackwardNoInterrupt: jump_backward_no_interrupt;
            }
            full {
                DeleteFast: delete_fast;
                LoadCommonConstant: load_common_constant;
                LoadBuildClass: load_build_class;
                LoadName: load_name;
                StoreName: store_name;
                DeleteName: delete_name;
                StoreGlobal: store_global;
                DeleteGlobal: delete_global;
                LoadLocals: load_locals;
                LoadFromDictOrGlobals: load_from_dict_or_globals;
                LoadFromDictOrDeref: load_from_dict_or_deref;
                MakeCell: make_cell;
                CopyFreeVars: copy_free_vars;
                StoreDeref: store_deref;
                DeleteDeref: delete_deref;
                DeleteAttr: delete_attr;
                LoadSpecial: load_special;
                DeleteSubscr: delete_subscr;
                BinarySlice: binary_slice;
                StoreSlice: store_slice;
                UnaryInvert: unary_invert;
                BuildTuple: build_tuple;
                BuildList: build_list;
                BuildSet: build_set;
                BuildMap: build_map;
                BuildString: build_string;
                BuildSlice: build_slice;
                BuildTemplate: build_template;
                BuildInterpolation: build_interpolation;
                ListExtend: list_extend;
                SetAdd: set_add;
                SetUpdate: set_update;
                MapAdd: map_add;
                DictUpdate: dict_update;
                DictMerge: dict_merge;
                UnpackEx: unpack_ex;
                ConvertValue: convert_value;
                FormatSimple: format_simple;
                FormatWithSpec: format_with_spec;
                GetLen: get_len;
                MatchMapping: match_mapping;
                MatchSequence: match_sequence;
                MatchKeys: match_keys;
                MatchClass: match_class;
                GetAiter: get_aiter;
                GetAnext: get_anext;
                ReturnGenerator: return_generator;
                CleanupThrow: cleanup_throw;
                EndAsyncFor: end_async_for;
                CallFunctionEx: call_function_ex;
                CallIntrinsic1: call_intrinsic_1;
                CallIntrinsic2: call_intrinsic_2;
                MakeFunction: make_function;
                SetFunctionAttribute: set_function_attribute;
                ExitInitCheck: exit_init_check;
                InterpreterExit: interpreter_exit;
                ImportName: import_name;
                ImportFrom: import_from;
                RaiseVarargs: raise_varargs;
                Reraise: reraise;
                PushExcInfo: push_exc_info;
                PopExcept: pop_except;
                CheckExcMatch: check_exc_match;
                CheckEgMatch: check_eg_match;
                WithExceptStart: with_except_start;
                SetupAnnotations: setup_annotations;
            }
        }
    };
}

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

/// The operands of a uop, from the inline cache behind `$ip`.
macro_rules! operands {
    ($ip:ident) => {
        [0; 3]
    };
    // SAFETY: the inline cache lies in the code object.
    ($ip:ident, $u0:literal @ $o0:literal) => {
        [unsafe { operand::<$u0, $o0>($ip) }, 0, 0]
    };
    ($ip:ident, $u0:literal @ $o0:literal, $u1:literal @ $o1:literal) => {
        // SAFETY: as above.
        unsafe { [operand::<$u0, $o0>($ip), operand::<$u1, $o1>($ip), 0] }
    };
    ($ip:ident, $u0:literal @ $o0:literal, $u1:literal @ $o1:literal, $u2:literal @ $o2:literal) => {
        // SAFETY: as above.
        unsafe {
            [
                operand::<$u0, $o0>($ip),
                operand::<$u1, $o1>($ip),
                operand::<$u2, $o2>($ip),
            ]
        }
    };
}

/// Runs `frame` from `start` on until it, an entry frame, is left. The engine then holds the result or the exception.
pub(crate) fn run_loop(engine: &mut EngineState, frame: *mut Frame, start: Next) {
    // SAFETY: the frame was prepared for running: `start` has its next instruction and its stack.
    unsafe { enter(start.ip, start.sp, frame, engine) }
}

#[cfg(not(feature = "portable-loop"))]
mod tail_threaded {
    use super::*;

    type Op = unsafe extern "C" fn(*const u16, *mut StackRef, *mut Frame, *mut EngineState, u64);

    /// Goes to the next instruction. The last expression of every op.
    macro_rules! dispatch {
        ($ip:expr, $sp:expr, $frame:expr, $engine:expr) => {{
            let unit = *$ip;
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
            quick_full { $($both:ident: $quick:ident, $slow:ident;)* }
            quick { $($only:ident: $only_body:ident;)* }
            full { $($full:ident: $full_body:ident;)* }
        ) => {
            #[allow(non_snake_case)]
            mod behind {
                use super::*;
                $(
                    #[inline(never)]
                    pub(super) fn $adaptive(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> Next {
                        run_full($adaptive_slow, const { Opcode::$adaptive.cache_units() }, ip, sp, frame, engine, oparg as u32)
                    }
                )*
                $(
                    #[inline(never)]
                    pub(super) fn $quickened(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> Next {
                        run_full($quickened_slow, const { Opcode::$quickened.cache_units() }, ip, sp, frame, engine, oparg as u32)
                    }
                )*
                $(
                    #[inline(never)]
                    pub(super) fn $both(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> Next {
                        run_full($slow, const { Opcode::$both.cache_units() }, ip, sp, frame, engine, oparg as u32)
                    }
                )*
                $(
                    #[inline(never)]
                    pub(super) fn $full(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> Next {
                        run_full($full_body, const { Opcode::$full.cache_units() }, ip, sp, frame, engine, oparg as u32)
                    }
                )*

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
                $(slow!($both);)*
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
                $(table[Opcode::$both as usize] = ops::$both;)*
                $(table[Opcode::$only as usize] = ops::$only;)*
                $(table[Opcode::$full as usize] = ops::$full;)*
                table[Opcode::ExtendedArg as usize] = ops::extended_arg;
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
}

#[cfg(not(feature = "portable-loop"))]
use tail_threaded::enter;

#[cfg(feature = "portable-loop")]
mod portable {
    use super::*;

    macro_rules! define {
        (
            adaptive { $($adaptive:ident: $adaptive_quick:ident, $adaptive_slow:ident, $specializer:ident;)* }
            quickened { $($quickened:ident: $quickened_quick:ident, $quickened_slow:ident, $quickener:ident;)* }
            quick_full { $($both:ident: $quick:ident, $slow:ident;)* }
            quick { $($only:ident: $only_body:ident;)* }
            full { $($full:ident: $full_body:ident;)* }
        ) => {
            /// # Safety
            /// The registers satisfy the cursor's invariant.
            pub unsafe fn enter(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState) {
                let mut next = Next { ip, sp };
                let mut frame = frame;
                let mut prefix = 0;
                let mut redirected = None;
                loop {
                    // SAFETY: code ends with an instruction that does not fall through.
                    let unit = unsafe { *next.ip };
                    let (byte, oparg) = redirected.take().unwrap_or(((unit & 0xff) as u8, prefix | (unit >> 8) as u32));
                    prefix = 0;
                    let (ip, sp) = (next.ip, next.sp);
                    let Some(opcode) = Opcode::from_byte(byte) else {
                        next = run_full(unknown_opcode, 0, ip, sp, frame, engine, oparg);
                        if next.ip.is_null() { return; }
                        continue;
                    };
                    // SAFETY: the inline cache lies in the code object.
                    let mut c = Cursor { ip: unsafe { ip.add(1 + opcode.cache_units()) }, sp, frame, engine };
                    let done = match opcode {
                        $(Opcode::$both => {
                            if $quick(&mut c, oparg) { Some(Next { ip: c.ip, sp: c.sp }) }
                            else { Some(run_full($slow, opcode.cache_units(), ip, sp, frame, engine, oparg)) }
                        })*
                        $(Opcode::$only => { $only_body(&mut c, oparg); Some(Next { ip: c.ip, sp: c.sp }) })*
                        $(Opcode::$full => Some(run_full($full_body, opcode.cache_units(), ip, sp, frame, engine, oparg)),)*
                        Opcode::ExtendedArg => { prefix = oparg << 8; Some(Next { ip: c.ip, sp: c.sp }) }
                        instrumented if instrumented.kind() == OpcodeKind::Instrumented => {
                            let next = crate::bodies::instrumented(ip, sp, frame, engine, oparg);
                            // SAFETY: the state outlives the loop.
                            let redirect = unsafe { (*engine).redirect };
                            redirected = (redirect != 0).then_some((redirect, oparg));
                            Some(next)
                        }
                        _ => None,
                    };
                    next = match done {
                        Some(next) => next,
                        None => run_full(unknown_opcode, 0, ip, sp, frame, engine, oparg),
                    };
                    if next.ip.is_null() { return; }
                    // SAFETY: the state outlives the loop.
                    frame = unsafe { (*engine).current };
                }
            }
        };
    }

    opcodes!(define);
}

#[cfg(feature = "portable-loop")]
use portable::enter;
