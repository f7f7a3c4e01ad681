//! Why things are as they are, in plain words: guards that remain, refusals, ends of traces.

use taipan_bytecode::Uop;

use super::origins::{Origin, Source};
use crate::abort::{TraceAbort, TraceEnd};
use crate::symbols::Halt;

/// What nobody knows of a value, and why.
fn why(origin: &Origin) -> String {
    let name = &origin.name;
    let is = match &origin.value {
        Some(value) if **value != **name && origin.source != Source::Item => {
            format!("{name} is {value}, ")
        }
        _ => format!("{name} is "),
    };
    let what = match origin.source {
        Source::Start => "a local of which nothing is known where the loop begins",
        Source::Parameter => "a parameter of which nothing is known",
        Source::Constant => "a constant",
        Source::Global => "a global that may change",
        Source::Shared => "shared with another function, which may store anything in it",
        Source::Attribute => "an attribute, which may hold anything",
        Source::Element => "an element of a container, which may be anything",
        Source::Item => "an item of the loop, which may be anything",
        Source::Answer => "the answer of a call, which may be anything",
        Source::Operation => "the result of an operation, which may be anything",
        Source::Below => "older than the trace",
        Source::Null => "the empty slot",
    };
    let written = origin.value.as_ref().unwrap_or(name);
    match origin.source {
        Source::Element if written.starts_with("an element") => {
            format!("{name} is {written}, which may be anything")
        }
        Source::Item if origin.value.is_none() => format!("it is {what}"),
        _ => format!("{is}{what}"),
    }
}

/// The type that a guard compares with, if that is what it does.
fn wanted_type(uop: Uop) -> Option<&'static str> {
    Some(match uop {
        Uop::GuardTosInt | Uop::GuardNosInt => "an int",
        Uop::GuardTosFloat | Uop::GuardNosFloat => "a float",
        Uop::GuardTosUnicode | Uop::GuardNosUnicode => "a str",
        Uop::GuardTosList | Uop::GuardNosList => "a list",
        Uop::GuardTosTuple | Uop::GuardNosTuple => "a tuple",
        Uop::GuardTosDict | Uop::GuardNosDict => "a dict",
        Uop::GuardTosAnySet => "a set",
        Uop::GuardTosSlice => "a slice",
        Uop::ToBoolBool => "a bool",
        Uop::ToBoolInt => "an int",
        Uop::ToBoolNone => "None",
        _ => return None,
    })
}

/// Why a guard remains. `subject` is the value it looks at, the deepest that its uop finds.
pub(super) fn guard(uop: Uop, subject: &Origin) -> String {
    let name = &subject.name;
    if let Some(wanted) = wanted_type(uop) {
        return format!("{}; it has to be {wanted}", why(subject));
    }
    match uop {
        Uop::GuardTypeVersion | Uop::GuardTypeVersionAndLock => format!(
            "the class of {name} may change, or be another: {}",
            why(subject)
        ),
        Uop::CheckAttrClass => format!("{name} has to be the class that was seen"),
        Uop::CheckManagedObjectHasValues => {
            format!("{name} has its attributes inline until somebody asks for its __dict__")
        }
        Uop::GuardDorvNoDict | Uop::GuardDorvValuesInstAttrFromDict => {
            format!("{name} may have got a __dict__ of its own")
        }
        Uop::GuardKeysVersion => {
            format!("an attribute of {name} may come to hide what its class has")
        }
        Uop::CheckAttrMethodLazyDict => {
            format!("{name} may have got a __dict__ that hides the method")
        }
        Uop::GuardNosNull => "a method may be called where a function was".to_owned(),
        Uop::GuardBinaryOpExtend => {
            format!(
                "both operands have to be of the types that were seen; {}",
                why(subject)
            )
        }
        Uop::GuardGlobalsVersion => {
            "the globals changed too often to be watched, so their names are compared each time"
                .to_owned()
        }
        Uop::LoadGlobalModule | Uop::LoadGlobalBuiltins => {
            "the globals changed too often to be watched, so this one is loaded each time"
                .to_owned()
        }
        Uop::GuardIsTruePop => {
            "only a run tells; the trace goes on if the condition is true".to_owned()
        }
        Uop::GuardIsFalsePop => {
            "only a run tells; the trace goes on if the condition is false".to_owned()
        }
        Uop::GuardIsNonePop => {
            "only a run tells; the trace goes on if the value is None".to_owned()
        }
        Uop::GuardIsNotNonePop => {
            "only a run tells; the trace goes on if the value is not None".to_owned()
        }
        Uop::GuardNotExhaustedList => {
            "the loop ends where the list does, and that may grow or shrink".to_owned()
        }
        Uop::GuardNotExhaustedTuple => "the loop ends where the tuple does".to_owned(),
        Uop::GuardNotExhaustedRange => "the loop ends where the range does".to_owned(),
        Uop::ForIterTierTwo => "the loop ends when the iterator has nothing more".to_owned(),
        Uop::IterNextListTierTwo => "the list may have become shorter meanwhile".to_owned(),
        Uop::IterCheckList => iterator("a list", subject),
        Uop::IterCheckTuple => iterator("a tuple", subject),
        Uop::IterCheckRange => iterator("a range", subject),
        uop => of_call(uop, subject).unwrap_or_else(|| of_operation(uop, subject)),
    }
}

fn iterator(of: &str, subject: &Origin) -> String {
    match subject.source {
        Source::Below => format!(
            "the loop's iterator was made before the trace begins; it has to be that of {of}"
        ),
        _ => format!("the iterator has to be that of {of}: {}", why(subject)),
    }
}

fn of_call(uop: Uop, subject: &Origin) -> Option<String> {
    let name = &subject.name;
    Some(match uop {
        Uop::CheckFunction => {
            "the running function's code, defaults or builtins may be replaced; its globals are taken for \
             constants"
                .to_owned()
        }
        Uop::CheckFunctionVersion
        | Uop::CheckFunctionVersionKw
        | Uop::CheckMethodVersion
        | Uop::CheckMethodVersionKw => {
            format!("{name} has to be the function that was seen: {}", why(subject))
        }
        Uop::CheckFunctionVersionInline => {
            format!("the code or the defaults of {name} may be replaced")
        }
        Uop::CheckFunctionExactArgs => {
            format!("{name} has to take as many arguments as it gets")
        }
        Uop::CheckCallBoundMethodExactArgs => format!("{name} has to be a bound method"),
        Uop::CheckIsNotPyCallable | Uop::CheckIsNotPyCallableKw => {
            format!("{name} must not be a Python function")
        }
        Uop::CheckStackSpace | Uop::CheckStackSpaceOperand => {
            "the frames of inlined calls need room on the stack".to_owned()
        }
        Uop::CheckRecursionRemaining => "calls may nest too deeply".to_owned(),
        Uop::CheckPep523 => "who evaluates frames is asked each time".to_owned(),
        Uop::ResumeCheck | Uop::Tier2ResumeCheck => "a signal, another thread or the collector may be waiting".to_owned(),
        Uop::CheckAndAllocateObject => format!("{name} has to be the class that was seen"),
        Uop::GuardCallableType1
        | Uop::GuardCallableStr1
        | Uop::GuardCallableTuple1
        | Uop::GuardCallableLen => format!("{name} has to be the builtin: {}", why(subject)),
        Uop::CallIsinstance | Uop::CallListAppend => format!("{name} has to be the builtin"),
        Uop::CallBuiltinClass
        | Uop::CallBuiltinO
        | Uop::CallBuiltinFast
        | Uop::CallBuiltinFastWithKeywords
        | Uop::CallMethodDescriptorO
        | Uop::CallMethodDescriptorFast
        | Uop::CallMethodDescriptorFastWithKeywords
        | Uop::CallMethodDescriptorNoargs => {
            format!("{name} has to be a builtin of the kind that was seen")
        }
        Uop::LoadSuperAttrAttr | Uop::LoadSuperAttrMethod => "super has to be the builtin".to_owned(),
        _ => return None,
    })
}

fn of_operation(uop: Uop, subject: &Origin) -> String {
    let name = &subject.name;
    match uop {
        Uop::LoadAttrInstanceValue | Uop::LoadAttrSlot | Uop::LoadAttrWithHint => {
            format!("{name} may lack the attribute")
        }
        Uop::LoadAttrModule => format!("the names of {name} may change"),
        Uop::StoreAttrWithHint | Uop::StoreAttrSlot => {
            format!("{name} may keep its attributes elsewhere")
        }
        Uop::BinaryOpSubscrListInt | Uop::BinaryOpSubscrTupleInt | Uop::BinaryOpSubscrStrInt => {
            format!("the index has to be within {name}")
        }
        Uop::StoreSubscrListInt => "the index has to be within the list".to_owned(),
        Uop::BinaryOpSubscrCheckFunc => format!("{name} has to have the __getitem__ that was seen"),
        Uop::CompareOpInt => "only ints of a machine word are compared here".to_owned(),
        Uop::UnpackSequenceTwoTuple | Uop::UnpackSequenceTuple | Uop::UnpackSequenceList => {
            format!("{name} has to have as many items as there are targets")
        }
        Uop::LoadAttrPropertyFrame => format!("the property of {name} has to be a plain function"),
        Uop::ForIterGenFrame | Uop::SendGenFrame => "the generator has to be suspended".to_owned(),
        _ => "the operation is done here only for what was seen".to_owned(),
    }
}

/// Why the analysis of a trace ended early, if a guard behind that place was not looked at.
pub(super) fn halt(halt: Halt) -> &'static str {
    match halt {
        Halt::Contradiction => "what is known contradicts itself",
        Halt::OutOfSpace => "the room for what is known of values was used up",
        Halt::Unpredictable => {
            "nothing can be known behind a call into a frame that is made at run time"
        }
    }
}

/// Why there is no trace, and what could be done.
pub(super) fn refusal(abort: TraceAbort) -> (&'static str, &'static str) {
    match abort {
        TraceAbort::TooShort => (
            "the first instruction cannot be part of a trace",
            "such as an `await`, a `yield`, a `raise` or a `del`: move what is hot into a loop without it",
        ),
        TraceAbort::StackUnderflow => (
            "the way that is mostly taken returns or yields, out of the function that it began in",
            "let the loop be in one function: a trace follows calls into functions, not out of them",
        ),
        TraceAbort::StackOverflow => (
            "calls nest deeper than traces follow",
            "shorten the chain of small functions that call each other in the loop",
        ),
        TraceAbort::UnknownCallee => (
            "the function that is called is not known: it is made anew again and again, or one of many",
            "define the function outside of the loop, and call the same one each time",
        ),
        TraceAbort::DynamicCallee => (
            "the loop enters code that only a run can name: a generator, a property, a `__getitem__`",
            "loop over a list or a range, or call a function or a method, in the hottest loop",
        ),
        TraceAbort::GlobalsChanged => (
            "globals or builtins are not those that the code was specialized for",
            "store globals before the loop, not in it; it is tried again later",
        ),
        TraceAbort::Contradiction => (
            "what was seen cannot be: a value has another type on the way than the code was specialized for",
            "use one type in a variable; it is tried again later, when the code has adapted",
        ),
        TraceAbort::OutOfSpace => (
            "the function has more locals than the analysis has room for",
            "move the loop into a smaller function",
        ),
        TraceAbort::TooLong => (
            "the trace is too long with its exits",
            "move parts of the loop's body into functions that are called less often",
        ),
    }
}

/// Why a trace ends.
pub(super) fn end(end: TraceEnd) -> &'static str {
    match end {
        TraceEnd::Loop => "goes round",
        TraceEnd::InnerLoop => {
            "ends at the jump back of an inner or outer loop, which has a trace of its own"
        }
        TraceEnd::Executor => "ends where another trace begins",
        TraceEnd::LowConfidence => "ends where the branches so far made every way unlikely",
        TraceEnd::TooLong => "ends because it is as long as a trace can be",
        TraceEnd::UnsupportedOpcode => "ends at an instruction that no trace can hold",
        TraceEnd::RecursiveCall => "ends where a function calls itself",
        TraceEnd::Initializer => "ends in the `__init__` of a new object",
        TraceEnd::CodeReplaced => "ends where a function is called whose code was replaced",
        TraceEnd::LargeOparg => "ends at an instruction with an argument of more than 16 bits",
    }
}
