//! The loop: every opcode with its bodies, tail-threaded or as one `match`.
//!
//! In the tail-threaded build each opcode is a function whose last expression calls the next one through a table; LLVM
//! makes that call a jump from opt-level 1 on, because nothing in the function needs to live behind it. What is not quick
//! happens in a function of its own that gives the registers back. The portable build runs the same bodies from one
//! `loop { match }`.

use taipan_bytecode::{BackoffCounter, Opcode, OpcodeKind};

use crate::bodies::*;
use crate::cursor::{Cursor, Next, run_full, run_specialized};
use crate::frame_stack::{EngineState, Frame, StackRef, Waiting};
use crate::specialize::{self, Specializer, operand};
use crate::uops::{self, Flow, Uop};

/// Lists every opcode that is not specialized once: `quick` and `full` bodies, or only a full one, or only a quick one. What
/// dies in one that is *releasing* or *ending* is released in a function of its own, behind the quick body. The
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
            releasing {
                StoreFast: store_fast;
                StoreFastLoadFast: store_fast_load_fast;
                PopTop: pop_top;
                PopIter: pop_top;
                EndFor: pop_top;
                EndSend: end_send;
            }
            ending {
                StoreFastStoreFast: store_fast_store_fast, store_fast_store_fast_full;
                ReturnValue: return_value, return_value_full;
            }
            quick_full {
                LoadFastCheck: load_fast_check, load_fast_check_full;
                IsOp: is_op, is_op_full;
                PopJumpIfFalse: pop_jump_if_false, pop_jump_full;
                PopJumpIfTrue: pop_jump_if_true, pop_jump_full;
                PopJumpIfNone: pop_jump_if_none, pop_jump_if_none_full;
                PopJumpIfNotNone: pop_jump_if_not_none, pop_jump_if_not_none_full;
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

/// A byte that is no opcode.
#[cfg(not(feature = "portable-loop"))]
const LEAVE_BYTE: u8 = {
    let mut byte = u8::MAX;
    while Opcode::from_byte(byte).is_some() {
        byte -= 1;
    }
    byte
};

/// Where a quick body sends the loop to leave it: an instruction that only stands here.
#[cfg(not(feature = "portable-loop"))]
static LEAVE: u16 = LEAVE_BYTE as u16;

/// The instruction at which the loop ends without a call, if it can.
#[cfg(not(feature = "portable-loop"))]
#[inline(always)]
pub(crate) fn leaving_instruction() -> Option<*const u16> {
    Some(&raw const LEAVE)
}

/// The instruction at which the loop ends without a call, if it can.
#[cfg(feature = "portable-loop")]
pub(crate) fn leaving_instruction() -> Option<*const u16> {
    None
}

/// Runs `frame` from `start` on until it, an entry frame, is left. The engine then holds the result or the exception.
pub(crate) fn run_loop(engine: &mut EngineState, frame: *mut Frame, start: Next) {
    let trace = std::mem::replace(&mut engine.running, std::ptr::null());
    if trace.is_null() {
        // SAFETY: the frame was prepared for running: `start` has its next instruction and its stack.
        return unsafe { enter(start.ip, start.sp, frame, engine) };
    }
    // A uop of the trace entered this loop: the trace must not be freed meanwhile.
    let below = engine.waiting;
    let link = Waiting { trace, below };
    engine.waiting = &raw const link;
    // SAFETY: as above.
    unsafe { enter(start.ip, start.sp, frame, engine) };
    engine.waiting = below;
    engine.running = trace;
}

#[cfg(not(feature = "portable-loop"))]
mod tail_threaded;
#[cfg(not(feature = "portable-loop"))]
pub(crate) use tail_threaded::enter;

#[cfg(feature = "portable-loop")]
mod portable;
#[cfg(feature = "portable-loop")]
use portable::enter;
