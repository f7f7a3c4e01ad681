//! The loop: every opcode with its bodies, tail-threaded or as one `match`.
//!
//! In the tail-threaded build each opcode is a function whose last expression calls the next one through a table; LLVM
//! makes that call a jump from opt-level 1 on, because nothing in the function needs to live behind it. What is not quick
//! happens in a function of its own that gives the registers back. The portable build runs the same bodies from one
//! `loop { match }`.

use taipan_bytecode::{Opcode, OpcodeKind};

use crate::bodies::*;
use crate::cursor::{Cursor, Next, run_full};
use crate::frame_stack::{EngineState, Frame, StackRef};

/// Lists every opcode once: `quick` and `full` bodies, or only a full one, or only a quick one.
macro_rules! opcodes {
    ($consume:ident) => {
        $consume! {
            quick_full {
                LoadFastCheck: load_fast_check, load_fast_check_full;
                StoreFast: store_fast, store_fast_full;
                StoreFastLoadFast: store_fast_load_fast, store_fast_load_fast_full;
                StoreFastStoreFast: store_fast_store_fast, store_fast_store_fast_full;
                PopTop: pop_top, pop_top_full;
                PopIter: pop_top, pop_top_full;
                EndFor: pop_top, pop_top_full;
                EndSend: end_send, end_send_full;
                BinaryOp: binary_op, binary_op_full;
                CompareOp: compare_op, compare_op_full;
                IsOp: is_op, is_op_full;
                ToBool: to_bool, to_bool_full;
                PopJumpIfFalse: pop_jump_if_false, pop_jump_full;
                PopJumpIfTrue: pop_jump_if_true, pop_jump_full;
                PopJumpIfNone: pop_jump_if_none, pop_jump_if_none_full;
                PopJumpIfNotNone: pop_jump_if_not_none, pop_jump_if_not_none_full;
                JumpBackward: jump_backward, jump_backward_full;
                Resume: resume, resume_full;
                ForIter: for_iter, for_iter_full;
                ReturnValue: return_value, return_value_full;
                Call: call, call_full;
                LoadGlobal: load_global, load_global_full;
                LoadAttr: load_attr, load_attr_full;
                StoreAttr: store_attr, store_attr_full;
                LoadDeref: load_deref, load_deref_full;
                StoreSubscr: store_subscr, store_subscr_full;
                UnpackSequence: unpack_sequence, unpack_sequence_full;
                UnaryNegative: unary_negative, unary_negative_full;
            }
            quick {
                Nop: nop;
                NotTaken: nop;
                LoadFast: load_fast;
                LoadFastBorrow: load_fast_borrow;
                LoadFastLoadFast: load_fast_load_fast;
                LoadFastBorrowLoadFastBorrow: load_fast_borrow_load_fast_borrow;
                LoadFastAndClear: load_fast_and_clear;
                LoadConst: load_const;
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
                LoadSuperAttr: load_super_attr;
                LoadSpecial: load_special;
                DeleteSubscr: delete_subscr;
                BinarySlice: binary_slice;
                StoreSlice: store_slice;
                UnaryInvert: unary_invert;
                ContainsOp: contains_op;
                BuildTuple: build_tuple;
                BuildList: build_list;
                BuildSet: build_set;
                BuildMap: build_map;
                BuildString: build_string;
                BuildSlice: build_slice;
                BuildTemplate: build_template;
                BuildInterpolation: build_interpolation;
                ListAppend: list_append;
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
                GetIter: get_iter;
                GetYieldFromIter: get_yield_from_iter;
                GetAiter: get_aiter;
                GetAnext: get_anext;
                GetAwaitable: get_awaitable;
                Send: send;
                YieldValue: yield_value;
                ReturnGenerator: return_generator;
                CleanupThrow: cleanup_throw;
                EndAsyncFor: end_async_for;
                CallKw: call_kw;
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
            quick_full { $($both:ident: $quick:ident, $slow:ident;)* }
            quick { $($only:ident: $only_body:ident;)* }
            full { $($full:ident: $full_body:ident;)* }
        ) => {
            #[allow(non_snake_case)]
            mod behind {
                use super::*;
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
                pub(super) fn instrumented(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) -> Next {
                    crate::bodies::instrumented(ip, sp, frame, engine, oparg as u32)
                }
            }

            #[allow(non_snake_case)]
            mod ops {
                use super::*;
                $(
                    /// # Safety
                    /// As [`enter`].
                    pub(super) unsafe extern "C" fn $both(ip: *const u16, sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState, oparg: u64) {
                        // SAFETY: the registers satisfy the cursor's invariant on entry and after a body.
                        unsafe {
                            let mut c = Cursor { ip: ip.add(const { 1 + Opcode::$both.cache_units() }), sp, frame, engine };
                            if $quick(&mut c, oparg as u32) {
                                dispatch!(c.ip, c.sp, c.frame, engine)
                            } else {
                                continue_with!(behind::$both(ip, sp, frame, engine, oparg), engine)
                            }
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

            static TABLE: [Op; 256] = {
                let mut table: [Op; 256] = [ops::unknown; 256];
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
