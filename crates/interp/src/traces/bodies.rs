//! The bodies of the uops that only traces have, and of those that an opcode is, as uops.
//!
//! A trace has no code beside it: what an opcode reads there, the next instruction or its own address, comes from an operand,
//! or from the instruction pointer that `_SET_IP` left in the frame. So some uops have a body of their own here, which takes the
//! place of the one in [`crate::uops`] for traces.

use std::sync::atomic::Ordering;

use taipan_objects::raised::PyResult;
use taipan_objects::runtime::EVAL_BREAKER;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Value, bits};

use super::registry;
use crate::bodies::{
    self, BINARY_OP_UNITS, CALL_UNITS, close_quick, duplicate_quick, release_quick, would_die,
};
use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;
use crate::uops;
pub(super) use crate::uops::*;

/// A uop of which the bodies are an opcode's.
macro_rules! of_opcodes {
    (
        quick { $($quick:ident: $quick_body:path;)* }
        both { $($both:ident: $both_quick:path, $both_full:path;)* }
        full { $($full:ident: $full_body:path;)* }
    ) => {
        uops! {
            $(
                #[doc = "As the opcode."]
                quick $quick = |c: &mut Cursor, oparg: u32, _: Operands| {
                    $quick_body(c, oparg);
                    true
                };
            )*
            $(
                #[doc = "As the opcode."]
                both $both = |c: &mut Cursor, oparg: u32, _: Operands| $both_quick(c, oparg),
                |c: &mut Cursor, oparg: u32, _: Operands| $both_full(c, oparg).map(|()| Flow::Next);
            )*
            $(
                #[doc = "As the opcode."]
                full $full = |c: &mut Cursor, oparg: u32, _: Operands| $full_body(c, oparg).map(|()| Flow::Next);
            )*
        }
    };
}

of_opcodes! {
    quick {
        Nop: bodies::nop;
        LoadFast: bodies::load_fast;
        LoadFastBorrow: bodies::load_fast_borrow;
        LoadFastLoadFast: bodies::load_fast_load_fast;
        LoadFastBorrowLoadFastBorrow: bodies::load_fast_borrow_load_fast_borrow;
        LoadFastAndClear: bodies::load_fast_and_clear;
        LoadSmallInt: bodies::load_small_int;
        PushNull: bodies::push_null;
        Copy: bodies::copy;
        Swap: bodies::swap;
        UnaryNot: bodies::unary_not;
    }
    both {
        LoadFastCheck: bodies::load_fast_check, bodies::load_fast_check_full;
        IsOp: bodies::is_same, bodies::is_op_full;
        GetAwaitable: bodies::get_awaitable, bodies::get_awaitable_full;
        YieldValue: bodies::yield_value, bodies::yield_value_full;
        LoadDeref: bodies::load_deref, bodies::load_deref_full;
        UnaryNegative: bodies::unary_negative, bodies::unary_negative_full;
        ListAppend: bodies::list_append, bodies::list_append_full;
        ToBool: bodies::to_bool, bodies::to_bool_full;
        CompareOp: bodies::compare_numbers, bodies::compare_op_full;
        StoreSubscr: bodies::store_subscr, bodies::store_subscr_full;
        UnpackSequence: bodies::unpack_sequence, bodies::unpack_sequence_full;
        LoadAttr: bodies::load_attr, bodies::load_attr_full;
        StoreAttr: bodies::store_attr, bodies::store_attr_full;
        LoadGlobal: load_global, load_global_full;
        BinaryOp: bodies::binary_op, binary_op_full;
        GetIter: bodies::get_iter, bodies::get_iter_native;
        GetYieldFromIter: bodies::get_yield_from_iter, bodies::get_yield_from_iter_native;
    }
    full {
        ContainsOp: bodies::contains_op;
        DeleteFast: bodies::delete_fast;
        LoadCommonConstant: bodies::load_common_constant;
        LoadBuildClass: bodies::load_build_class;
        LoadName: bodies::load_name;
        StoreName: bodies::store_name;
        DeleteName: bodies::delete_name;
        StoreGlobal: bodies::store_global;
        DeleteGlobal: bodies::delete_global;
        LoadLocals: bodies::load_locals;
        LoadFromDictOrDeref: bodies::load_from_dict_or_deref;
        MakeCell: bodies::make_cell;
        CopyFreeVars: bodies::copy_free_vars;
        StoreDeref: bodies::store_deref;
        DeleteDeref: bodies::delete_deref;
        DeleteAttr: bodies::delete_attr;
        DeleteSubscr: bodies::delete_subscr;
        BinarySlice: bodies::binary_slice;
        StoreSlice: bodies::store_slice;
        UnaryInvert: bodies::unary_invert;
        BuildTuple: bodies::build_tuple;
        BuildList: bodies::build_list;
        BuildSet: bodies::build_set;
        BuildMap: bodies::build_map;
        BuildString: bodies::build_string;
        BuildSlice: bodies::build_slice;
        BuildTemplate: bodies::build_template;
        BuildInterpolation: bodies::build_interpolation;
        ListExtend: bodies::list_extend;
        SetAdd: bodies::set_add;
        SetUpdate: bodies::set_update;
        MapAdd: bodies::map_add;
        DictUpdate: bodies::dict_update;
        DictMerge: bodies::dict_merge;
        UnpackEx: bodies::unpack_ex;
        ConvertValue: bodies::convert_value;
        FormatSimple: bodies::format_simple;
        FormatWithSpec: bodies::format_with_spec;
        GetLen: bodies::get_len;
        MatchMapping: bodies::match_mapping;
        MatchSequence: bodies::match_sequence;
        MatchKeys: bodies::match_keys;
        MatchClass: bodies::match_class;
        GetAiter: bodies::get_aiter_native;
        GetAnext: bodies::get_anext;
        ReturnGenerator: bodies::return_generator;
        CallIntrinsic1: bodies::call_intrinsic_1;
        CallIntrinsic2: bodies::call_intrinsic_2;
        MakeFunction: bodies::make_function;
        SetFunctionAttribute: bodies::set_function_attribute;
        ExitInitCheck: bodies::exit_init_check;
        ImportName: bodies::import_name;
        ImportFrom: bodies::import_from;
        PushExcInfo: bodies::push_exc_info;
        PopExcept: bodies::pop_except;
        CheckExcMatch: bodies::check_exc_match;
        CheckEgMatch: bodies::check_eg_match;
        WithExceptStart: bodies::with_except_start;
        SetupAnnotations: bodies::setup_annotations;
    }
}

/// A global or builtin; the place of `self` is another uop's.
#[inline(always)]
fn load_global(c: &mut Cursor, oparg: u32) -> bool {
    bodies::load_global(c, oparg & !1)
}

fn load_global_full(c: &mut Cursor, oparg: u32) -> Step {
    bodies::load_global_full(c, oparg & !1)
}

/// An operation that may add to a text in place: what stands behind it in the code says where the sum goes.
fn binary_op_full(c: &mut Cursor, oparg: u32) -> Step {
    // SAFETY: `_SET_IP` came before, as before everything that can raise: the frame's instruction is the one in question.
    c.ip = unsafe { c.frame().ip.add(usize::from(BINARY_OP_UNITS)) };
    bodies::binary_op_full(c, oparg)
}

/// A uop with a fixed oparg.
pub(super) struct Fixed<B, const OPARG: u32>(std::marker::PhantomData<B>);

impl<B: Uop, const OPARG: u32> Uop for Fixed<B, OPARG> {
    const QUICK: bool = B::QUICK;
    const FULL: bool = B::FULL;

    #[inline(always)]
    fn quick(c: &mut Cursor, _: u32, operands: Operands) -> Flow {
        B::quick(c, OPARG, operands)
    }

    #[inline(always)]
    fn full(c: &mut Cursor, _: u32, operands: Operands) -> PyResult<Flow> {
        B::full(c, OPARG, operands)
    }
}

/// Pops the flag on top and leaves the trace unless it is so.
#[inline(always)]
fn expect(holds: bool) -> Flow {
    if holds { Flow::Next } else { Flow::Done }
}

/// Where the loop or the `yield from` goes on when the generator that is resumed returns.
#[inline(always)]
fn note_resumption(c: &mut Cursor, oparg: u32, flow: Flow) -> Flow {
    if flow == Flow::Next {
        c.frame_mut().return_offset = uops::RESUMING_UNITS + oparg as u16;
    }
    flow
}

/// The value that is an operand, with a reference of its own.
#[inline(always)]
fn constant(operand: u64) -> StackRef {
    duplicate_quick(StackRef(operand))
}

uops! {
    // === The trace itself ===

    /// The trace runs: it will not be swept as cold.
    quick MakeWarm = |_: &mut Cursor, _: u32, [runs, ..]: Operands| {
        let runs = runs as *mut u64;
        // SAFETY: the operand of a step is the counter of the trace, which lives while that runs.
        unsafe { *runs += 1 };
        registry::count_run();
        true
    };
    /// Holds while what the trace relies on does.
    quick CheckValidity = |c: &mut Cursor, _: u32, _: Operands| {
        // SAFETY: a trace runs, and lives while it does.
        unsafe { (*(*c.engine).running).valid.get() }
    };
    /// Notes which instruction runs, for tracebacks and returns.
    quick SetIp = |c: &mut Cursor, _: u32, [unit, ..]: Operands| {
        c.frame_mut().ip = unit as *const u16;
        true
    };
    /// Holds if nothing is due between instructions.
    quick Tier2ResumeCheck = |_: &mut Cursor, _: u32, _: Operands| EVAL_BREAKER.load(Ordering::Relaxed) == 0;
    /// Does what is due, but not behind `yield from` and `await`, where the innermost generator does.
    both CheckPeriodicIfNotYieldFrom = |_: &mut Cursor, oparg: u32, _: Operands| {
        oparg & RESUME_PLACE >= RESUME_AFTER_YIELD_FROM || EVAL_BREAKER.load(Ordering::Relaxed) == 0
    }, |c: &mut Cursor, oparg: u32, _: Operands| {
        if oparg & RESUME_PLACE < RESUME_AFTER_YIELD_FROM {
            crate::eval::safe_point_if_needed(c)?;
        }
        Ok(Flow::Next)
    };

    // === Constants ===

    /// An object that the trace knows.
    quick LoadConstInline = |c: &mut Cursor, _: u32, [value, ..]: Operands| {
        c.push_word(constant(value));
        true
    };
    /// A value that the trace knows. What is no object has no references to count.
    quick LoadConstInlineBorrow = |c: &mut Cursor, _: u32, [value, ..]: Operands| {
        c.push_word(constant(value));
        true
    };
    /// A known value in place of two.
    both PopTwoLoadConstInlineBorrow = |c: &mut Cursor, _: u32, [value, ..]: Operands| {
        if would_die(c.word(0)) || would_die(c.word(1)) || c.word(0) == c.word(1) {
            return Flow::Miss;
        }
        let top = c.pop_word();
        close_quick(top);
        close_quick(c.word(0));
        c.set_word(0, constant(value));
        Flow::Next
    }, |c: &mut Cursor, _: u32, [value, ..]: Operands| {
        c.drop_words(2);
        c.push_word(constant(value));
        Ok(Flow::Next)
    };

    // === Branches ===

    /// Goes on if the flag on top is True.
    quick GuardIsTruePop = |c: &mut Cursor, _: u32, _: Operands| expect(c.pop_word().0 == bits::TRUE);
    /// Goes on if the flag on top is False.
    quick GuardIsFalsePop = |c: &mut Cursor, _: u32, _: Operands| expect(c.pop_word().0 == bits::FALSE);
    /// Goes on if the value on top is None.
    both GuardIsNonePop = |c: &mut Cursor, _: u32, _: Operands| {
        let word = c.word(0);
        if !close_quick(word) {
            return Flow::Miss;
        }
        c.pop_word();
        expect(word.0 == bits::NONE)
    }, |c: &mut Cursor, _: u32, _: Operands| Ok(expect(c.pop().is_none()));
    /// Goes on if the value on top is not None.
    both GuardIsNotNonePop = |c: &mut Cursor, _: u32, _: Operands| {
        let word = c.word(0);
        if !close_quick(word) {
            return Flow::Miss;
        }
        c.pop_word();
        expect(word.0 != bits::NONE)
    }, |c: &mut Cursor, _: u32, _: Operands| Ok(expect(!c.pop().is_none()));
    /// Whether the value on top is None, in its place.
    full IsNone = |c: &mut Cursor, _: u32, _: Operands| {
        let is_none = c.pop().is_none();
        c.push(Value::from_bool(is_none));
        Ok(Flow::Next)
    };

    // === Loops ===

    /// Goes on if the list has another item.
    both GuardNotExhaustedList = |c: &mut Cursor, _: u32, _: Operands| uops::list_goes_on(c),
    |c: &mut Cursor, _: u32, _: Operands| Ok(Flow::from(uops::list_goes_on_or_ends(c)));
    /// Goes on if the tuple has another item.
    both GuardNotExhaustedTuple = |c: &mut Cursor, _: u32, _: Operands| uops::tuple_goes_on(c),
    |c: &mut Cursor, _: u32, _: Operands| Ok(Flow::from(uops::tuple_goes_on_or_ends(c)));
    /// Goes on if the range has another int.
    quick GuardNotExhaustedRange = |c: &mut Cursor, _: u32, _: Operands| uops::range_goes_on(c);
    /// The list's next item, if it still has one.
    quick IterNextListTierTwo = |c: &mut Cursor, oparg: u32, operands: Operands| {
        match uops::list_goes_on(c) {
            true => <uops::IterNextList as Uop>::quick(c, oparg, operands),
            false => Flow::Miss,
        }
    };
    /// The next item of any iterator; at the end the trace is left, the iterator still on the stack.
    both ForIterTierTwo = |c: &mut Cursor, oparg: u32, _: Operands| bodies::for_iter(c, oparg),
    |c: &mut Cursor, _: u32, _: Operands| Ok(Flow::from(bodies::next_of_iterator(c)?));

    // === Calls ===

    /// Holds if the running function has the version.
    quick CheckFunction = |c: &mut Cursor, _: u32, [version, ..]: Operands| {
        // SAFETY: frames always have a function word.
        unsafe { u64::from(uops::version_of(c.frame().function)) == version }
    };
    /// Holds if the function that is the second operand has the version still.
    quick CheckFunctionVersionInline = |_: &mut Cursor, _: u32, [version, function, _]: Operands| {
        // SAFETY: the trace is valid, so the function is where it was found.
        unsafe { u64::from(uops::version_of(StackRef(function))) == version }
    };
    /// Holds if the stack has so many words left, and more frames are allowed.
    quick CheckStackSpaceOperand = |c: &mut Cursor, _: u32, [words, ..]: Operands| {
        uops::has_words(c, words as usize) && uops::may_recurse(c)
    };
    /// Where the caller goes on, behind the instruction that `_SET_IP` noted.
    quick SaveReturnOffset = |c: &mut Cursor, oparg: u32, _: Operands| {
        c.frame_mut().return_offset = oparg as u16;
        true
    };
    /// The frame of an `__init__`, above the instance.
    full CreateInitFrame = |c: &mut Cursor, oparg: u32, _: Operands| {
        uops::create_init_frame(c, oparg as usize + 1)?;
        c.frame_mut().return_offset = CALL_UNITS;
        Ok(Flow::Next)
    };
    /// The frame of `__getitem__`.
    quick BinaryOpSubscrInitCall = |c: &mut Cursor, _: u32, _: Operands| {
        c.frame_mut().return_offset = BINARY_OP_UNITS;
        uops::make_getitem_frame(c)
    };
    /// The frame of a suspended generator, for the next step of a loop.
    quick ForIterGenFrame = |c: &mut Cursor, oparg: u32, _: Operands| {
        let flow = uops::resume_for_next(c);
        note_resumption(c, oparg, flow)
    };
    /// The frame of a suspended generator or coroutine, which gets the value on top.
    quick SendGenFrame = |c: &mut Cursor, oparg: u32, _: Operands| {
        let flow = uops::resume_with_top(c);
        note_resumption(c, oparg, flow)
    };
    /// Takes a bound method apart, if one is called.
    full MaybeExpandMethod = |c: &mut Cursor, oparg: u32, operands: Operands| {
        <uops::ExpandMethod as Uop>::full(c, oparg, operands)?;
        Ok(Flow::Next)
    };
    /// The same, with the names of keyword arguments on top.
    full MaybeExpandMethodKw = |c: &mut Cursor, oparg: u32, operands: Operands| {
        <uops::ExpandMethodKw as Uop>::full(c, oparg, operands)?;
        Ok(Flow::Next)
    };
    /// The arguments of `f(*arguments, **keywords)` as a tuple.
    full MakeCallargsATuple = |c: &mut Cursor, _: u32, _: Operands| {
        const ARGUMENTS: usize = 1;
        const CALLABLE: usize = 3;
        if c.peek(ARGUMENTS).downcast_exact::<Tuple>().is_none() {
            let items = bodies::starred_arguments(&c.peek(CALLABLE), &c.peek(ARGUMENTS))?;
            let before = c.word(ARGUMENTS);
            c.set_word(ARGUMENTS, StackRef::from_value(Tuple::new(items).into_value()));
            // SAFETY: the word left the stack.
            unsafe { before.close() };
        }
        Ok(Flow::Next)
    };
    /// `list.append(value)` whose answer nobody wants.
    both CallListAppend = |c: &mut Cursor, _: u32, _: Operands| uops::append_quick(c),
    |c: &mut Cursor, _: u32, _: Operands| uops::append_full(c);

    // === The rest ===

    /// NULL below the value on top.
    quick InsertNull = |c: &mut Cursor, _: u32, _: Operands| {
        let value = c.word(0);
        c.set_word(0, StackRef::NULL);
        c.push_word(value);
        true
    };
    /// A special method of the value on top, with NULL below it, where the method goes.
    full LoadSpecial = |c: &mut Cursor, oparg: u32, _: Operands| {
        let value = c.pop_word();
        c.set_word(0, value);
        bodies::load_special(c, oparg)?;
        Ok(Flow::Next)
    };
    /// `s += t` and the store behind it, into the local that the operand names.
    full BinaryOpInplaceAddUnicode = |c: &mut Cursor, _: u32, [local, ..]: Operands| {
        uops::add_in_place(c, local as u32)
    };
}

/// The bits of a RESUME's oparg that say where it stands, and the first of the places behind `yield from`.
const RESUME_PLACE: u32 = 3;
const RESUME_AFTER_YIELD_FROM: u32 = 2;

/// The bodies that leave a word for their op to release.
pub(super) trait Releasing {
    /// Does all but release the word, of which the object dies.
    fn body(c: &mut Cursor, oparg: u32, operands: Operands) -> Option<StackRef>;
}

macro_rules! releasing {
    ($($name:ident: |$c:ident, $oparg:tt, $operands:tt| $body:expr;)*) => {
        $(
            pub(super) struct $name;
            impl Releasing for $name {
                #[inline(always)]
                fn body($c: &mut Cursor, $oparg: u32, $operands: Operands) -> Option<StackRef> {
                    $body
                }
            }
        )*
    };
}

/// Puts a constant in the place of the value on top.
#[inline(always)]
fn replace_top(c: &mut Cursor, value: u64) -> Option<StackRef> {
    let before = c.word(0);
    c.set_word(0, constant(value));
    release_quick(before)
}

releasing! {
    StoreFast: |c, oparg, _| bodies::store_fast(c, oparg);
    StoreFastLoadFast: |c, oparg, _| bodies::store_fast_load_fast(c, oparg);
    PopTop: |c, oparg, _| bodies::pop_top(c, oparg);
    EndFor: |c, oparg, _| bodies::pop_top(c, oparg);
    EndSend: |c, oparg, _| bodies::end_send(c, oparg);
    PopTopLoadConstInline: |c, _, [value, ..]| replace_top(c, value);
    PopTopLoadConstInlineBorrow: |c, _, [value, ..]| replace_top(c, value);
}

impl<B: Releasing, const OPARG: u32> Releasing for Fixed<B, OPARG> {
    #[inline(always)]
    fn body(c: &mut Cursor, _: u32, operands: Operands) -> Option<StackRef> {
        B::body(c, OPARG, operands)
    }
}

/// The bodies that leave a word for their op to release, or ask for something else.
pub(super) trait Ended {
    fn quick(c: &mut Cursor, oparg: u32) -> bodies::Ending;
    fn full(c: &mut Cursor, oparg: u32) -> Step;
}

pub(super) struct ReturnValue;

impl Ended for ReturnValue {
    #[inline(always)]
    fn quick(c: &mut Cursor, oparg: u32) -> bodies::Ending {
        bodies::return_value(c, oparg)
    }

    fn full(c: &mut Cursor, oparg: u32) -> Step {
        bodies::return_value_full(c, oparg)
    }
}

pub(super) struct StoreFastStoreFast;

impl Ended for StoreFastStoreFast {
    #[inline(always)]
    fn quick(c: &mut Cursor, oparg: u32) -> bodies::Ending {
        bodies::store_fast_store_fast(c, oparg)
    }

    fn full(c: &mut Cursor, oparg: u32) -> Step {
        bodies::store_fast_store_fast_full(c, oparg)
    }
}
