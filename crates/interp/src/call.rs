//! From arguments to the locals of a new frame.

use taipan_compiler::flags;
use taipan_objects::args::Args;
use taipan_objects::dict::Dict;
use taipan_objects::exc;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::thread;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use crate::bodies::duplicate_quick;
use crate::code::Code;
use crate::frame_stack::{EngineState, Frame, StackRef, clear_frame, frame_words};
use crate::function::Function;

/// Writes the header of a new frame and empties its locals.
///
/// # Safety
/// `frame` is memory for a frame of `code`; `function` is a word for a function whose code is `code`.
pub unsafe fn initialize_frame(
    frame: *mut Frame,
    function: StackRef,
    code: &Ref<Code>,
    first_local: usize,
) {
    // SAFETY: by contract.
    unsafe {
        initialize_frame_quick(frame, function, code, first_local);
        if !code.has_flag(flags::OPTIMIZED) {
            // The names of a module or an expression that is called as a function are the globals.
            let globals = StackRef((*frame).globals().as_value().bits());
            (*frame).replace_namespace(globals.borrow());
        }
    }
}

/// As [`initialize_frame`] for optimized code.
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn initialize_frame_quick(
    frame: *mut Frame,
    function: StackRef,
    code: &Ref<Code>,
    first_local: usize,
) {
    // SAFETY: by contract.
    unsafe {
        let view = function.view();
        let payload = view.downcast_unchecked::<Function>();
        let locals = Frame::locals(frame);
        let count = code.localsplus_count();
        frame.write(Frame::new(
            payload.globals.as_ptr().as_ptr(),
            StackRef(payload.builtins.bits()),
            StackRef(code.as_value().bits()),
            function,
            code.units_ptr(),
            locals.add(count),
        ));
        empty_locals(locals, first_local..count);
    }
}

/// Moves words from the stack into locals. They are few, so each is stored for itself.
///
/// # Safety
/// `count` words stand at `from` and have room at `to`.
#[inline(always)]
pub(crate) unsafe fn move_words(from: *const StackRef, to: *mut StackRef, count: usize) {
    for index in 0..count {
        keep_rolled();
        // SAFETY: by contract.
        unsafe { *to.add(index) = *from.add(index) };
    }
}

/// Empties locals. They are few: one store each is quicker than the call that the compiler would make of the loop.
///
/// # Safety
/// The places are a frame's locals, and hold nothing.
#[inline(always)]
pub(crate) unsafe fn empty_locals(locals: *mut StackRef, places: std::ops::Range<usize>) {
    for index in places {
        keep_rolled();
        // SAFETY: by contract.
        unsafe { *locals.add(index) = StackRef::NULL };
    }
}

/// Keeps the compiler from unrolling a loop, which is quicker for the few rounds that there are, and needs fewer registers.
#[inline(always)]
pub(crate) fn keep_rolled() {
    #[cfg(not(miri))]
    // SAFETY: no instruction at all.
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags))
    };
}

/// Makes a frame for calling `function` with `args`, on top of the stack. It is not linked yet.
pub fn new_frame(
    engine: &mut EngineState,
    function: &Ref<Function>,
    args: Args<'_>,
) -> PyResult<*mut Frame> {
    if let Some(frame) = positional_frame(engine, function, args) {
        return Ok(frame);
    }
    let code = function.code();
    let frame = engine.reserve(frame_words(&code));
    // SAFETY: the memory was just reserved for this code.
    unsafe {
        initialize_frame(frame, StackRef::from_value(function.to_value()), &code, 0);
        if let Err(raised) = bind(frame, function, &code, args) {
            clear_frame(frame, (*frame).sp);
            engine.give_back(frame);
            return Err(raised);
        }
    }
    Ok(frame)
}

/// The last defaults of a function, for `missing` parameters. Nothing if it has fewer.
///
/// # Safety
/// The function keeps its defaults while they are used: no foreign code runs.
#[inline(always)]
pub(crate) unsafe fn last_defaults(function: &Function, missing: usize) -> Option<&[Value]> {
    if missing == 0 {
        return Some(&[]);
    }
    // SAFETY: by contract.
    let defaults = unsafe { function.defaults.peek() }?.tail();
    defaults.get(defaults.len().checked_sub(missing)?..)
}

/// Whether `count` positional arguments and defaults, and `*args` and `**kwargs` for the rest, are all that the parameters are about.
#[inline(always)]
pub(crate) fn is_positional(code: &Code, count: usize) -> bool {
    code.kwonly_arg_count == 0
        && code.has_flag(flags::OPTIMIZED)
        && (count <= code.arg_count as usize || code.has_flag(flags::VARARGS))
}

/// Sets what stands behind the named parameters: the positional arguments that are left over, and no keyword arguments.
///
/// # Safety
/// `frame` is a fresh frame of `code`, whose parameters there hold nothing.
#[inline(always)]
pub(crate) unsafe fn put_rest(frame: *mut Frame, code: &Code, rest: Option<Ref<Tuple>>) {
    let names = code.has_flag(flags::VARKEYWORDS).then(Dict::new);
    let words = [rest.map(Ref::into_value), names.map(Ref::into_value)];
    // SAFETY: by contract.
    unsafe {
        let places = Frame::locals(frame).add(code.arg_count as usize);
        for (index, value) in words.into_iter().flatten().enumerate() {
            *places.add(index) = StackRef::from_value(value);
        }
    }
}

/// The frame of a call with positional arguments alone, of a function without parameters that are given by keyword only: what is
/// missing has defaults, what is left over goes where `*args` is.
#[inline]
fn positional_frame(
    engine: &mut EngineState,
    function: &Ref<Function>,
    args: Args<'_>,
) -> Option<*mut Frame> {
    // SAFETY: nothing here runs foreign code, so the function keeps its code and defaults; the memory is just reserved.
    unsafe {
        let code = function.code.peek()?;
        let (values, wanted) = (args.values(), code.arg_count as usize);
        if !args.names().is_empty() || !is_positional(code, values.len()) {
            return None;
        }
        let (values, rest) = values.split_at(values.len().min(wanted));
        let defaults = last_defaults(function, wanted - values.len())?;
        let frame = engine.reserve(frame_words(code));
        let function = StackRef::from_value(function.to_value());
        initialize_frame_quick(frame, function, code, wanted);
        let locals = Frame::locals(frame);
        for (index, value) in values.iter().enumerate() {
            keep_rolled();
            *locals.add(index) = duplicate_quick(StackRef(value.bits()));
        }
        for (index, value) in defaults.iter().enumerate() {
            keep_rolled();
            *locals.add(values.len() + index) = duplicate_quick(StackRef(value.bits()));
        }
        if !code.is_simple {
            let rest = code
                .has_flag(flags::VARARGS)
                .then(|| Tuple::from_slice(rest));
            put_rest(frame, code, rest);
        }
        Some(frame)
    }
}

/// Matches arguments to parameters as the language reference says, into the frame's locals.
///
/// # Safety
/// `frame` is a fresh frame of `code` with empty locals.
unsafe fn bind(
    frame: *mut Frame,
    function: &Ref<Function>,
    code: &Ref<Code>,
    args: Args<'_>,
) -> PyResult<()> {
    // SAFETY: parameter indices are below the local count.
    let set = |index: usize, value: Value| unsafe {
        *Frame::locals(frame).add(index) = StackRef::from_value(value)
    };
    // SAFETY: as above.
    let is_set = |index: usize| unsafe { !(*Frame::locals(frame).add(index)).is_null() };
    let arg_count = code.arg_count as usize;
    let named = arg_count + code.kwonly_arg_count as usize;
    let positional = args.positional();
    for (index, value) in positional.iter().take(arg_count).enumerate() {
        set(index, value.clone());
    }
    let has_varargs = code.has_flag(flags::VARARGS);
    if has_varargs {
        let rest = positional.get(arg_count..).unwrap_or(&[]);
        set(named, Tuple::from_slice(rest).into_value());
    }
    let keywords = if code.has_flag(flags::VARKEYWORDS) {
        let dict = Dict::new();
        set(named + usize::from(has_varargs), dict.to_value());
        Some(dict)
    } else {
        None
    };
    for (name, value) in args.keywords() {
        bind_keyword(
            function,
            code,
            name,
            value,
            keywords.as_ref(),
            named,
            &set,
            &is_set,
        )?;
    }
    if positional.len() > arg_count && !has_varargs {
        // SAFETY: the frame is live.
        return Err(too_many_positional(
            function,
            code,
            positional.len(),
            unsafe { &*frame },
        ));
    }
    if positional.len() < arg_count {
        let defaults = function.defaults.get();
        let defaults = defaults
            .as_ref()
            .map_or(&[][..], |defaults| defaults.tail());
        let first_default = arg_count.saturating_sub(defaults.len());
        let missing: Vec<usize> = (positional.len()..first_default)
            .filter(|&index| !is_set(index))
            .collect();
        if !missing.is_empty() {
            return Err(missing_arguments(function, code, "positional", &missing));
        }
        for index in first_default.max(positional.len())..arg_count {
            if !is_set(index) {
                set(
                    index,
                    defaults[defaults.len() - (arg_count - index)].clone(),
                );
            }
        }
    }
    if code.kwonly_arg_count > 0 {
        let defaults = function.keyword_defaults.get();
        let mut missing = Vec::new();
        for index in arg_count..named {
            if is_set(index) {
                continue;
            }
            match defaults
                .as_ref()
                .and_then(|defaults| defaults.get_str(&code.localsplus_names[index]))
            {
                Some(value) => set(index, value),
                None => missing.push(index),
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(function, code, "keyword-only", &missing));
        }
    }
    Ok(())
}

fn bind_keyword(
    function: &Ref<Function>,
    code: &Ref<Code>,
    name: &Ref<Str>,
    value: &Value,
    keywords: Option<&Ref<Dict>>,
    named: usize,
    set: &dyn Fn(usize, Value),
    is_set: &dyn Fn(usize) -> bool,
) -> PyResult<()> {
    let names = &code.localsplus_names[..named];
    let first = code.posonly_arg_count as usize;
    let found = names[first..]
        .iter()
        .position(|parameter| parameter.is(name));
    let found = found.or_else(|| {
        names[first..]
            .iter()
            .position(|parameter| parameter.same_text(name))
    });
    match found {
        Some(index) if is_set(first + index) => Err(exc!(
            TypeError,
            "{}() got multiple values for argument '{}'",
            function.display_name(),
            name.to_display()
        )),
        Some(index) => {
            set(first + index, value.clone());
            Ok(())
        }
        None => match keywords {
            Some(keywords) => keywords.set(name.to_value(), value.clone()),
            None => Err(unexpected_keyword(function, code, name, first)?),
        },
    }
}

#[cold]
fn unexpected_keyword(
    function: &Ref<Function>,
    code: &Ref<Code>,
    name: &Ref<Str>,
    positional_only: usize,
) -> PyResult<Raised> {
    let display = function.display_name();
    let given_by_name = code.localsplus_names[..positional_only]
        .iter()
        .any(|parameter| parameter.same_text(name));
    if given_by_name {
        return Ok(exc!(
            TypeError,
            "{display}() got some positional-only arguments passed as keyword arguments: '{}'",
            name.to_display()
        ));
    }
    let named = (code.arg_count + code.kwonly_arg_count) as usize;
    let candidates: Vec<Value> = code.localsplus_names[positional_only..named]
        .iter()
        .map(|name| name.to_value())
        .collect();
    let candidates = taipan_objects::list::List::new(candidates).into_value();
    let suggestion =
        match taipan_objects::runtime::import_attribute("_suggestions", "_generate_suggestions") {
            Ok(generate) => protocol::call2(&generate, &candidates, name.as_value())
                .ok()
                .filter(|found| !found.is_none()),
            Err(_) => None,
        };
    let hint = match suggestion
        .as_ref()
        .and_then(|found| found.downcast::<Str>())
    {
        Some(found) => format!(". Did you mean '{}'?", found.to_display()),
        None => String::new(),
    };
    Ok(exc!(
        TypeError,
        "{display}() got an unexpected keyword argument '{}'{hint}",
        name.to_display()
    ))
}

#[cold]
fn missing_arguments(
    function: &Ref<Function>,
    code: &Ref<Code>,
    kind: &str,
    missing: &[usize],
) -> Raised {
    let names: Vec<String> = missing
        .iter()
        .map(|&index| format!("'{}'", code.localsplus_names[index].to_display()))
        .collect();
    let list = match names.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
        [] => String::new(),
    };
    let plural = if missing.len() == 1 { "" } else { "s" };
    exc!(
        TypeError,
        "{}() missing {} required {kind} argument{plural}: {list}",
        function.display_name(),
        missing.len()
    )
}

#[cold]
fn too_many_positional(
    function: &Ref<Function>,
    code: &Ref<Code>,
    given: usize,
    frame: &Frame,
) -> Raised {
    let arg_count = code.arg_count as usize;
    let defaults = function
        .defaults
        .get()
        .map_or(0, |defaults| defaults.tail().len());
    let mut keyword_only = 0;
    for index in 0..code.kwonly_arg_count as usize {
        // SAFETY: parameter indices are below the local count.
        let word =
            unsafe { *Frame::locals(std::ptr::from_ref(frame).cast_mut()).add(arg_count + index) };
        keyword_only += usize::from(!word.is_null());
    }
    let (plural, signature) = if defaults > 0 {
        let at_least = arg_count - defaults;
        (true, format!("from {at_least} to {arg_count}"))
    } else {
        (arg_count != 1, arg_count.to_string())
    };
    let plural = if plural { "s" } else { "" };
    let keyword_part = if keyword_only > 0 {
        let given_plural = if given == 1 { "" } else { "s" };
        let keyword_plural = if keyword_only == 1 { "" } else { "s" };
        format!(
            " positional argument{given_plural} (and {keyword_only} keyword-only argument{keyword_plural})"
        )
    } else {
        String::new()
    };
    let verb = if given == 1 && keyword_only == 0 {
        "was"
    } else {
        "were"
    };
    exc!(
        TypeError,
        "{}() takes {signature} positional argument{plural} but {given}{keyword_part} {verb} given",
        function.display_name()
    )
}

/// Calls a function from native code: a frame of its own and a native loop that ends with it.
pub fn call_function(function: &Ref<Function>, args: Args<'_>) -> PyResult<Value> {
    thread::check_stack("")?;
    let engine = crate::frames::engine();
    let frame = new_frame(engine, function, args)?;
    crate::eval::run_entry_frame(engine, frame)
}
