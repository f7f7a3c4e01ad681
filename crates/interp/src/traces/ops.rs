//! The loop of uops: an op for each, which ends with a jump to the next step's.
//!
//! The registers are those of tier 1's tail-threaded loop, with a step in the place of the instruction pointer, and the rules are
//! its rules: an op that calls nothing needs no native frame, what calls is an op of its own. So entering a trace and leaving it
//! are jumps, too: no native frame stands between the tiers, and an error unwinds as in tier 1. The portable build runs the same
//! ops, which then answer where to go on.
//!
//! | body answers | the trace goes on |
//! |---|---|
//! | `Next` | with the next step |
//! | `Miss`, quick, with a full body | with the full body |
//! | `Miss` | at the step's jump target, the stack as it was |
//! | `Done` | at the step's jump target, the stack as the body left it |
//! | an error | at the step's error target |

use std::ptr;

use taipan_bytecode::{Opcode, Uop as Name};

use super::bodies::*;
use super::counts::Cause;
use super::step::{Exit, Step, Trace};
use super::{registry, warm};
use crate::bodies::Ending;
use crate::cursor::{Cursor, Next};
use crate::frame_stack::{EngineState, Frame, StackRef};
use crate::specialize::stats;

#[cfg(not(feature = "portable-loop"))]
mod flow {
    use super::*;

    /// An op of the loop.
    pub type StepOp =
        unsafe extern "C" fn(*const Step, *mut StackRef, *mut Frame, *mut EngineState);
    pub type Went = ();

    macro_rules! go {
        ($step:expr, $sp:expr, $frame:expr, $engine:expr) => {{
            let step: *const Step = $step;
            stats::uop((*step).number);
            let op = (*step).op;
            op(step, $sp, $frame, $engine)
        }};
    }

    macro_rules! leave {
        ($ip:expr, $sp:expr, $engine:expr) => {{
            let frame = (*$engine).current;
            crate::dispatch::enter($ip, $sp, frame, $engine)
        }};
    }

    /// Leaves the native loop.
    macro_rules! stop {
        () => {
            return
        };
    }

    pub(super) use {go, leave, stop};
}

#[cfg(feature = "portable-loop")]
mod flow {
    use super::*;

    /// An op of the loop.
    pub type StepOp =
        unsafe extern "C" fn(*const Step, *mut StackRef, *mut Frame, *mut EngineState) -> Went;

    /// Where the loop goes on: at a step, or without one in tier 1.
    #[repr(C)]
    pub struct Went {
        pub step: *const Step,
        pub ip: *const u16,
        pub sp: *mut StackRef,
    }

    macro_rules! go {
        ($step:expr, $sp:expr, $frame:expr, $engine:expr) => {{
            let _ = ($frame, $engine);
            Went {
                step: $step,
                ip: ptr::null(),
                sp: $sp,
            }
        }};
    }

    macro_rules! leave {
        ($ip:expr, $sp:expr, $engine:expr) => {{
            let _ = $engine;
            Went {
                step: ptr::null(),
                ip: $ip,
                sp: $sp,
            }
        }};
    }

    /// Leaves the native loop.
    macro_rules! stop {
        () => {
            return Went {
                step: ptr::null(),
                ip: ptr::null(),
                sp: ptr::null_mut(),
            }
        };
    }

    pub(super) use {go, leave, stop};

    /// Runs a trace until it is left; answers where tier 1 goes on.
    ///
    /// # Safety
    /// As [`enter`].
    pub(crate) unsafe fn run(
        trace: *const Trace,
        sp: *mut StackRef,
        engine: *mut EngineState,
    ) -> Next {
        // SAFETY: by contract; ops answer valid steps.
        unsafe {
            let (mut step, mut sp) = ((*trace).first_step(), sp);
            loop {
                let frame = (*engine).current;
                stats::uop((*step).number);
                let went = ((*step).op)(step, sp, frame, engine);
                if went.step.is_null() {
                    return Next {
                        ip: went.ip,
                        sp: went.sp,
                    };
                }
                (step, sp) = (went.step, went.sp);
            }
        }
    }
}

pub use flow::StepOp;
pub(super) use flow::Went;
#[cfg(feature = "portable-loop")]
pub(crate) use flow::run;
use flow::{go, leave, stop};

/// Jumps to a trace.
///
/// # Safety
/// The registers satisfy the cursor's invariant, and the frame stands where the trace begins.
#[cfg(not(feature = "portable-loop"))]
#[inline(always)]
pub(crate) unsafe fn enter(
    trace: *const Trace,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) {
    // SAFETY: by contract.
    unsafe { go!((*trace).first_step(), sp, frame, engine) }
}

/// Where the trace goes on after a full body.
struct Place {
    step: *const Step,
    sp: *mut StackRef,
}

/// The registers of a body. A trace has no next instruction.
#[inline(always)]
fn cursor(sp: *mut StackRef, frame: *mut Frame, engine: *mut EngineState) -> Cursor {
    Cursor {
        ip: ptr::null(),
        sp,
        frame,
        engine,
    }
}

/// # Safety
/// The step is one of a trace, as for all functions here.
#[inline(always)]
pub(super) unsafe fn operands(step: *const Step) -> Operands {
    // SAFETY: by contract.
    unsafe { [(*step).operand0, (*step).operand1, 0] }
}

/// # Safety
/// As [`general`].
#[inline(always)]
pub(super) unsafe fn oparg(step: *const Step) -> u32 {
    // SAFETY: by contract.
    unsafe { u32::from((*step).oparg) }
}

/// # Safety
/// As [`general`].
#[inline(always)]
pub(super) unsafe fn jump(step: *const Step) -> *const Step {
    // SAFETY: by contract.
    unsafe { step.offset(isize::from((*step).jump)) }
}

/// # Safety
/// As [`general`].
#[inline(always)]
unsafe fn error(step: *const Step) -> *const Step {
    // SAFETY: by contract.
    unsafe { step.offset(isize::from((*step).error)) }
}

/// Goes on at a step.
///
/// # Safety
/// As [`general`].
#[cfg_attr(feature = "portable-loop", expect(unused_unsafe))]
#[inline(always)]
pub(super) unsafe fn goes_on(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: by contract.
    unsafe { go!(step, sp, frame, engine) }
}

/// An op of a uop with the two kinds of bodies.
///
/// # Safety
/// The registers satisfy the cursor's invariant, the step is one of the running trace: as for all ops.
#[inline(always)]
pub(super) unsafe extern "C" fn general<B: Uop>(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: by contract.
    unsafe {
        if const { !B::QUICK } {
            return full::<B>(step, sp, frame, engine);
        }
        let mut c = cursor(sp, frame, engine);
        match B::quick(&mut c, oparg(step), operands(step)) {
            Flow::Next => go!(step.add(1), c.sp, c.frame, engine),
            Flow::Miss if const { B::FULL } => full::<B>(step, sp, frame, engine),
            Flow::Miss => go!(jump(step), sp, frame, engine),
            Flow::Done => go!(jump(step), c.sp, c.frame, engine),
        }
    }
}

/// An op that calls a full body.
///
/// # Safety
/// As [`general`].
#[inline(never)]
pub(super) unsafe extern "C" fn full<B: Uop>(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`.
    unsafe {
        let place = behind::<B>(step, sp, frame, engine);
        let frame = (*engine).current;
        go!(place.step, place.sp, frame, engine)
    }
}

/// # Safety
/// As [`general`].
#[inline(never)]
unsafe fn behind<B: Uop>(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Place {
    // SAFETY: as for `general`.
    unsafe {
        let mut c = cursor(sp, frame, engine);
        let (step, sp) = match B::full(&mut c, oparg(step), operands(step)) {
            Ok(Flow::Next) => (step.add(1), c.sp),
            Ok(Flow::Miss) => (jump(step), sp),
            Ok(Flow::Done) => (jump(step), c.sp),
            Err(raised) => {
                (*engine).raised = Some(raised);
                (error(step), c.sp)
            }
        };
        Place { step, sp }
    }
}

/// An op that may leave a word to release.
///
/// # Safety
/// As [`general`].
#[inline(always)]
pub(super) unsafe extern "C" fn releasing<B: Releasing>(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`.
    unsafe {
        let mut c = cursor(sp, frame, engine);
        match B::body(&mut c, oparg(step), operands(step)) {
            None => go!(step.add(1), c.sp, c.frame, engine),
            Some(word) => release(step.add(1), c.sp, c.frame, engine, word.0),
        }
    }
}

/// Releases a word whose object dies, and goes on. The last argument is the word.
///
/// # Safety
/// As [`general`].
#[inline(never)]
unsafe extern "C" fn release(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
    word: u64,
) -> Went {
    // SAFETY: as for `general`; nothing else holds the word.
    unsafe {
        StackRef(word).close();
        go!(step, sp, frame, engine)
    }
}

/// An op that may leave a word to release, or ask for something else.
///
/// # Safety
/// As [`general`].
#[inline(always)]
pub(super) unsafe extern "C" fn ending<B: Ended>(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`.
    unsafe {
        let mut c = cursor(sp, frame, engine);
        match B::quick(&mut c, oparg(step)) {
            Ending::Done => go!(step.add(1), c.sp, c.frame, engine),
            Ending::Release(word) => release(step.add(1), c.sp, c.frame, engine, word.0),
            Ending::ReleaseFirst(word) => release(step, sp, frame, engine, word.0),
            Ending::Refused => full::<Rest<B>>(step, sp, frame, engine),
            Ending::Special => special::<B>(step, sp, frame, engine),
        }
    }
}

/// The full body of an ending op.
struct Rest<B>(std::marker::PhantomData<B>);

impl<B: Ended> Uop for Rest<B> {
    const QUICK: bool = false;
    const FULL: bool = true;

    fn quick(_: &mut Cursor, _: u32, _: Operands) -> Flow {
        Flow::Miss
    }

    fn full(c: &mut Cursor, oparg: u32, _: Operands) -> taipan_objects::raised::PyResult<Flow> {
        B::full(c, oparg).map(|()| Flow::Next)
    }
}

/// A return from a frame that no plain call made.
///
/// # Safety
/// As [`general`].
#[inline(never)]
unsafe extern "C" fn special<B: Ended>(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`.
    unsafe {
        let mut c = cursor(sp, frame, engine);
        match crate::bodies::return_special(&mut c) {
            Ending::Done => go!(step.add(1), c.sp, c.frame, engine),
            Ending::Release(word) => release(step.add(1), c.sp, c.frame, engine, word.0),
            Ending::ReleaseFirst(word) => release(step, sp, frame, engine, word.0),
            Ending::Refused | Ending::Special => full::<Rest<B>>(step, sp, frame, engine),
        }
    }
}

/// Says which trace runs.
///
/// # Safety
/// As [`general`].
unsafe extern "C" fn start_executor(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`; the operand is the trace.
    unsafe {
        (*engine).running = (*step).operand0 as *const Trace;
        go!(step.add(1), sp, frame, engine)
    }
}

/// Begins again behind the start.
///
/// # Safety
/// As [`general`].
unsafe extern "C" fn jump_to_top(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`.
    unsafe { go!(jump(step), sp, frame, engine) }
}

/// Counts that the trace is left at a stub.
///
/// # Safety
/// As [`general`]; the step is a stub's.
#[inline(always)]
unsafe fn count_leaving(step: *const Step) {
    // SAFETY: the second operand of a stub is its counter, which lives as long as the trace.
    unsafe {
        let taken = (*step).operand1 as *mut u64;
        *taken += 1;
    }
}

/// Goes on in the trace behind the exit, or in tier 1.
///
/// # Safety
/// As [`general`].
unsafe extern "C" fn exit_trace(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`; the operand is an exit of the trace.
    unsafe {
        count_leaving(step);
        let exit = (*step).operand0 as *const Exit;
        let next = (*exit).next.get();
        if !next.is_null() && (*next).valid.get() {
            return go!((*next).first_step(), sp, frame, engine);
        }
        if next.is_null() && (*exit).cool() {
            return tier_one(sp, engine, (*exit).target);
        }
        exit_slowly(step, sp, frame, engine)
    }
}

/// # Safety
/// As [`general`].
#[inline(never)]
unsafe extern "C" fn exit_slowly(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `exit_trace`.
    unsafe {
        let next = step_behind_exit(step, sp, frame, engine);
        if next.is_null() {
            let exit = (*step).operand0 as *const Exit;
            return tier_one(sp, engine, (*exit).target);
        }
        go!(next, sp, frame, engine)
    }
}

/// # Safety
/// As [`general`].
#[inline(never)]
unsafe fn step_behind_exit(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> *const Step {
    // SAFETY: as for `exit_trace`.
    unsafe {
        let exit = &*((*step).operand0 as *const Exit);
        let c = cursor(sp, frame, engine);
        let next = warm::follow(&c, exit, &*(*engine).running);
        next.map_or(ptr::null(), |trace| (*trace).first_step())
    }
}

/// Leaves the trace for the instruction at an offset of the running code.
///
/// # Safety
/// As [`general`].
#[inline(always)]
unsafe fn tier_one(sp: *mut StackRef, engine: *mut EngineState, offset: u32) -> Went {
    // SAFETY: the offset is that of an instruction.
    unsafe {
        (*engine).running = ptr::null();
        let ip = (*(*engine).current).code().units_ptr().add(offset as usize);
        leave!(ip, sp, engine)
    }
}

/// Leaves the trace for the instruction that it cannot do.
///
/// # Safety
/// As [`general`].
unsafe extern "C" fn deopt(
    step: *const Step,
    sp: *mut StackRef,
    _: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`; the operand is an offset.
    unsafe {
        count_leaving(step);
        tier_one(sp, engine, (*step).operand0 as u32)
    }
}

/// Leaves the trace with the exception that was raised. The bodies have taken their inputs off the stack.
///
/// # Safety
/// As [`general`].
unsafe extern "C" fn error_pop_n(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `deopt`.
    unsafe {
        let next = unwind(step, sp, frame, engine);
        if next.ip.is_null() {
            stop!();
        }
        leave!(next.ip, next.sp, engine)
    }
}

/// # Safety
/// As [`general`].
#[inline(never)]
unsafe fn unwind(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Next {
    // SAFETY: as for `deopt`.
    unsafe {
        count_leaving(step);
        (*engine).running = ptr::null();
        let code = (*frame).code();
        let mut offset = (*step).operand0 as usize;
        // Tracebacks name the instruction behind its prefixes.
        while code.base_unit(offset).opcode() == Some(Opcode::ExtendedArg) {
            offset += 1;
        }
        (*frame).ip = code.units_ptr().add(offset);
        let raised = (*engine).raised.take();
        crate::unwind::unwind(engine, sp, raised.expect("an error was raised"))
    }
}

/// No trace holds this uop where it could run.
///
/// # Safety
/// As [`general`].
unsafe extern "C" fn fatal_error(
    _: *const Step,
    _: *mut StackRef,
    _: *mut Frame,
    _: *mut EngineState,
) -> Went {
    fatal()
}

#[cold]
#[inline(never)]
fn fatal() -> ! {
    unreachable!("a trace ran into _FATAL_ERROR")
}

/// `_CHECK_VALIDITY` of a test: the executor is invalidated, and the trace left.
///
/// # Safety
/// As [`general`].
unsafe extern "C" fn invalidating(
    step: *const Step,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) -> Went {
    // SAFETY: as for `general`.
    unsafe {
        invalidate((*engine).running);
        go!(jump(step), sp, frame, engine)
    }
}

#[inline(never)]
fn invalidate(trace: *const Trace) {
    if let Some(executor) = registry::executor_of(trace) {
        registry::invalidate(&executor, Cause::Stress);
    }
}

/// The op of `_CHECK_VALIDITY` for [`super::Stress::Invalidate`].
pub(super) const INVALIDATE: StepOp = invalidating;

macro_rules! ops {
    (
        uops { $($uop:ident)* }
        copies { $($copied:ident: $($copy:ident $oparg:literal)*;)* }
        releasing { $($releasing:ident)* }
        releasing_copies { $($releasing_copied:ident: $($releasing_copy:ident $releasing_oparg:literal)*;)* }
        ending { $($ending:ident)* }
        own { $($own:ident: $op:ident;)* }
    ) => {
        const OPS: [Option<StepOp>; Name::ALL.len()] = {
            let mut table: [Option<StepOp>; Name::ALL.len()] = [None; Name::ALL.len()];
            $(table[Name::$uop.index()] = Some(general::<$uop>);)*
            $($(table[Name::$copy.index()] = Some(general::<Fixed<$copied, $oparg>>);)*)*
            $(table[Name::$releasing.index()] = Some(releasing::<$releasing>);)*
            $($(table[Name::$releasing_copy.index()] = Some(releasing::<Fixed<$releasing_copied, $releasing_oparg>>);)*)*
            $(table[Name::$ending.index()] = Some(ending::<$ending>);)*
            $(table[Name::$own.index()] = Some($op);)*
            let mut index = 0;
            while index < Name::ALL.len() {
                assert!(
                    table[index].is_some() == Name::ALL[index].is_viable(),
                    "a uop that traces hold has no body, or one that they do not hold has one"
                );
                index += 1;
            }
            table
        };
    };
}

/// What runs a uop. Traces hold viable uops only.
pub(super) fn op_of(uop: Name) -> StepOp {
    OPS[uop.index()].unwrap_or(fatal_error)
}

ops! {
    uops {
        BuildTemplate CheckEgMatch CheckExcMatch DeleteSubscr ExitInitCheck FormatSimple FormatWithSpec GetAiter
        GetAnext GetIter GetLen GetYieldFromIter LoadBuildClass LoadLocals MakeFunction MatchKeys MatchMapping
        MatchSequence Nop PopExcept PushExcInfo PushNull ReturnGenerator SetupAnnotations UnaryInvert UnaryNegative
        UnaryNot WithExceptStart BuildInterpolation BuildList BuildMap BuildSet BuildSlice BuildString BuildTuple
        CallIntrinsic1 CallIntrinsic2 ConvertValue Copy CopyFreeVars DeleteAttr DeleteDeref DeleteFast DeleteGlobal
        DeleteName DictMerge DictUpdate GetAwaitable ImportFrom ImportName IsOp ListAppend ListExtend
        LoadCommonConstant LoadDeref LoadFastAndClear LoadFastBorrowLoadFastBorrow LoadFastCheck LoadFastLoadFast
        LoadFromDictOrDeref LoadName MakeCell MapAdd MatchClass SetAdd SetFunctionAttribute SetUpdate StoreDeref
        StoreGlobal StoreName Swap UnpackEx YieldValue CallIsinstance CallListAppend LoadConstImmortal LoadConstMortal
        LoadSuperAttrAttr LoadSuperAttrMethod ResumeCheck ToBoolBool ToBoolInt ToBoolNone SetIp BinaryOp
        BinaryOpAddFloat BinaryOpAddInt BinaryOpAddUnicode BinaryOpExtend BinaryOpInplaceAddUnicode
        BinaryOpMultiplyFloat BinaryOpMultiplyInt BinaryOpSubscrCheckFunc BinaryOpSubscrDict BinaryOpSubscrInitCall
        BinaryOpSubscrListInt BinaryOpSubscrListSlice BinaryOpSubscrStrInt BinaryOpSubscrTupleInt
        BinaryOpSubtractFloat BinaryOpSubtractInt BinarySlice CallBuiltinClass CallBuiltinFast
        CallBuiltinFastWithKeywords CallBuiltinO CallKwNonPy CallLen CallMethodDescriptorFast
        CallMethodDescriptorFastWithKeywords CallMethodDescriptorNoargs CallMethodDescriptorO CallNonPyGeneral
        CallStr1 CallTuple1 CallType1 CheckAndAllocateObject CheckAttrClass CheckAttrMethodLazyDict
        CheckCallBoundMethodExactArgs CheckFunction CheckFunctionExactArgs CheckFunctionVersion
        CheckFunctionVersionInline CheckFunctionVersionKw CheckIsNotPyCallable CheckIsNotPyCallableKw
        CheckManagedObjectHasValues CheckMethodVersion CheckMethodVersionKw CheckPep523 CheckPeriodic
        CheckPeriodicIfNotYieldFrom CheckRecursionRemaining CheckStackSpace CheckStackSpaceOperand CheckValidity
        CompareOp CompareOpFloat CompareOpInt CompareOpStr ContainsOp ContainsOpDict ContainsOpSet CreateInitFrame
        ExpandMethod ExpandMethodKw ForIterGenFrame ForIterTierTwo GuardBinaryOpExtend GuardCallableLen
        GuardCallableStr1 GuardCallableTuple1 GuardCallableType1 GuardDorvNoDict GuardDorvValuesInstAttrFromDict
        GuardGlobalsVersion GuardIsFalsePop GuardIsNonePop GuardIsNotNonePop GuardIsTruePop GuardKeysVersion
        GuardNosDict GuardNosFloat GuardNosInt GuardNosList GuardNosNull GuardNosTuple GuardNosUnicode
        GuardNotExhaustedList GuardNotExhaustedRange GuardNotExhaustedTuple GuardTosAnySet GuardTosDict GuardTosFloat
        GuardTosInt GuardTosList GuardTosSlice GuardTosTuple GuardTosUnicode GuardTypeVersion GuardTypeVersionAndLock
        InitCallBoundMethodExactArgs InitCallPyExactArgs InsertNull IsNone IterCheckList IterCheckRange IterCheckTuple
        IterNextListTierTwo IterNextRange IterNextTuple LoadAttr LoadAttrClass LoadAttrInstanceValue
        LoadAttrMethodLazyDict LoadAttrMethodNoDict LoadAttrMethodWithValues LoadAttrModule
        LoadAttrNondescriptorNoDict LoadAttrNondescriptorWithValues LoadAttrPropertyFrame LoadAttrSlot
        LoadAttrWithHint LoadConstInline LoadConstInlineBorrow LoadFast LoadFastBorrow LoadGlobal LoadGlobalBuiltins
        LoadGlobalModule LoadSmallInt LoadSpecial MakeCallargsATuple MakeWarm MaybeExpandMethod MaybeExpandMethodKw
        PopTwoLoadConstInlineBorrow PushFrame PushNullConditional PyFrameGeneral PyFrameKw ReplaceWithTrue
        SaveReturnOffset SendGenFrame StoreAttr StoreAttrInstanceValue StoreAttrSlot StoreAttrWithHint StoreSlice
        StoreSubscr StoreSubscrDict StoreSubscrListInt Tier2ResumeCheck ToBool ToBoolList ToBoolStr UnpackSequence
        UnpackSequenceList UnpackSequenceTuple UnpackSequenceTwoTuple
    }
    copies {
        LoadFast: LoadFast0 0 LoadFast1 1 LoadFast2 2 LoadFast3 3 LoadFast4 4 LoadFast5 5 LoadFast6 6 LoadFast7 7;
        LoadFastBorrow: LoadFastBorrow0 0 LoadFastBorrow1 1 LoadFastBorrow2 2 LoadFastBorrow3 3 LoadFastBorrow4 4 LoadFastBorrow5 5 LoadFastBorrow6 6 LoadFastBorrow7 7;
        LoadSmallInt: LoadSmallInt0 0 LoadSmallInt1 1 LoadSmallInt2 2 LoadSmallInt3 3;
        InitCallPyExactArgs: InitCallPyExactArgs0 0 InitCallPyExactArgs1 1 InitCallPyExactArgs2 2 InitCallPyExactArgs3 3 InitCallPyExactArgs4 4;
    }
    releasing { StoreFast StoreFastLoadFast PopTop EndFor EndSend PopTopLoadConstInline PopTopLoadConstInlineBorrow }
    releasing_copies {
        StoreFast: StoreFast0 0 StoreFast1 1 StoreFast2 2 StoreFast3 3 StoreFast4 4 StoreFast5 5 StoreFast6 6 StoreFast7 7;
    }
    ending { ReturnValue StoreFastStoreFast }
    own {
        StartExecutor: start_executor;
        JumpToTop: jump_to_top;
        ExitTrace: exit_trace;
        Deopt: deopt;
        ErrorPopN: error_pop_n;
        FatalError: fatal_error;
    }
}
