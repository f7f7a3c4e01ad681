//! Runs small programs in tests, with the builtin classes and exceptions as their builtins.

use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::native::{Binding, FunctionDef, NativeCode, NativeFunction};
use taipan_objects::str::Str;
use taipan_objects::value::Value;
use taipan_objects::{boot, protocol, runtime, thread};

static GETATTR: FunctionDef = FunctionDef {
    name: "getattr",
    signature: None,
    doc: None,
    code: NativeCode::Positional(|_, values| protocol::getattr(&values[0], protocol::attribute_name(&values[1])?)),
    binding: Binding::Module,
};
static FRAME: FunctionDef = FunctionDef {
    name: "frame",
    signature: None,
    doc: None,
    code: NativeCode::NoArgs(|_| Ok(taipan_interp::frames::frame_object_at(0).unwrap_or(Value::NONE))),
    binding: Binding::Module,
};
static LOCALS: FunctionDef = FunctionDef {
    name: "locals",
    signature: None,
    doc: None,
    code: NativeCode::NoArgs(|_| taipan_interp::frames::current_locals()),
    binding: Binding::Module,
};
static NEXT: FunctionDef = FunctionDef {
    name: "next",
    signature: None,
    doc: None,
    code: NativeCode::One(|_, iterator| match protocol::next(iterator)? {
        Some(item) => Ok(item),
        None => Err(taipan_objects::exceptions::stop_iteration(Value::NONE)),
    }),
    binding: Binding::Module,
};

/// Runs a program and answers the repr of its variable `result`.
pub fn result_of(source: &str) -> String {
    if !thread::is_attached() {
        runtime::attach(thread::ThreadState::new(1));
        boot::boot();
        taipan_interp::init_classes();
    }
    let options = Options::default();
    let compiled = taipan_compiler::compile(source, "<test>", Mode::Exec, &options).expect("the program compiles");
    let (globals, builtins) = (Dict::new(), Dict::new());
    let classes = [
        ("range", taipan_objects::range::Range::class()),
        ("list", taipan_objects::list::List::class()),
        ("dict", Dict::class()),
        ("tuple", taipan_objects::tuple::Tuple::class()),
        ("str", Str::class()),
        ("type", taipan_objects::class::Type::class()),
    ];
    for (name, class) in classes {
        builtins.set_str(&Str::intern(name), class.to_value());
    }
    for kind in ExceptionKind::ALL {
        builtins.set_str(&Str::intern(kind.name()), kind.class().to_value());
    }
    for function in [&GETATTR, &FRAME, &LOCALS, &NEXT] {
        builtins.set_str(&Str::intern(function.name), NativeFunction::bound(function, Value::NONE).into_value());
    }
    globals.set_str(&Str::intern("__builtins__"), builtins.into_value());
    globals.set_str(&Str::intern("__name__"), Str::new("test").into_value());
    let code = Code::from_compiled(&compiled.code);
    if let Err(raised) = eval::run(&code, &globals, None, None) {
        return format!("{raised:?}");
    }
    let result = globals.get_str(&Str::intern("result")).expect("the program sets `result`");
    protocol::repr(&result).expect("results have a repr").to_display().into_owned()
}

/// Asserts what each program's `result` is.
pub fn check(programs: &[(&str, &str)]) {
    for (source, expected) in programs {
        assert_eq!(result_of(source), *expected, "{source}");
    }
}
