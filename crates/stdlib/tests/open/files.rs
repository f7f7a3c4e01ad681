//! Programs about files and system calls, run with the native modules alone: each asserts what it expects, and runs under
//! CPython too (`python -c "import _io, posix; exec(open('io.py').read())"`).

use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::native::{FunctionDef, create_module};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{boot, bytes, id, int, list, protocol, runtime, set, str, thread, tuple};

#[taipan_macros::function("(obj, /)")]
fn repr(obj: &Value) -> PyResult<Ref<Str>> {
    protocol::repr(obj)
}

#[taipan_macros::function("(obj, /)")]
fn len(obj: &Value) -> PyResult<usize> {
    protocol::len(obj)
}

#[taipan_macros::function("(obj, /)")]
fn iter(obj: &Value) -> PyResult<Value> {
    protocol::iter(obj)
}

#[taipan_macros::function("(obj, name, default=None, /)")]
fn getattr(obj: &Value, name: &Ref<Str>, default: Option<&Value>) -> PyResult<Value> {
    match protocol::getattr_optional(obj, name)? {
        Some(found) => Ok(found),
        None => Ok(default.cloned().unwrap_or(Value::NONE)),
    }
}

#[taipan_macros::function("(obj, cls, /)")]
fn isinstance(obj: &Value, cls: &Value) -> PyResult<bool> {
    protocol::is_instance(obj, cls)
}

static FUNCTIONS: &[FunctionDef] = taipan_macros::functions![repr, len, iter, getattr, isinstance];

fn start() -> Ref<Dict> {
    if !thread::is_attached() {
        runtime::attach(thread::ThreadState::new(1));
        boot::boot();
        taipan_interp::init_classes();
    }
    let globals = Dict::new();
    let builtins = Dict::new();
    for function in FUNCTIONS {
        let value = taipan_objects::native::NativeFunction::bound(function, Value::NONE);
        builtins.set_str(&Str::intern(function.name), value.into_value());
    }
    let classes = [
        int::Int::class(),
        str::Str::class(),
        bytes::Bytes::class(),
        bytes::ByteArray::class(),
        bytes::MemoryView::class(),
        list::List::class(),
        tuple::Tuple::class(),
        Dict::class(),
        set::Set::class(),
        taipan_objects::range::Range::class(),
        taipan_objects::class::Type::class(),
        taipan_objects::object::Object::class(),
        taipan_objects::float::Float::class(),
    ];
    for class in classes {
        builtins.set_str(&class.name_object(), class.to_value());
    }
    for kind in ExceptionKind::ALL {
        builtins.set_str(&Str::intern(kind.name()), kind.class().to_value());
    }
    globals.set_str(id!("__builtins__"), builtins.into_value());
    globals.set_str(id!("__name__"), Str::new("test").into_value());
    for name in ["_io", "posix"] {
        let module = create_module(taipan_stdlib::find(name).expect("the module is registered")).expect("the module is made");
        globals.set_str(&Str::intern(name), module.into_value());
    }
    globals
}

/// Runs a program of several functions `test_…`, each on its own.
fn run(source: &str, name: &str) {
    let globals = start();
    let compiled = taipan_compiler::compile(source, name, Mode::Exec, &Options::default()).expect("the program compiles");
    let code = Code::from_compiled(&compiled.code);
    if let Err(raised) = eval::run(&code, &globals, None, None) {
        panic!("{name}: {}", exceptions::describe(raised.exception()));
    }
    let mut failures = Vec::new();
    for (key, value) in globals.iter_snapshot() {
        let key = key.downcast::<Str>().expect("names are strings").to_display().into_owned();
        if key.starts_with("test_")
            && let Err(raised) = protocol::call0(&value)
        {
            failures.push(format!("{key}: {}{}", place(raised.exception()), exceptions::describe(raised.exception())));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The innermost line of a traceback.
fn place(exception: &Ref<exceptions::BaseException>) -> String {
    let mut line = String::new();
    let mut next = exception.traceback();
    while let Some(traceback) = next.filter(|traceback| !traceback.is_none()) {
        if let Ok(number) = protocol::getattr(&traceback, id!("tb_lineno")) {
            line = format!("line {number:?}: ");
        }
        next = protocol::getattr(&traceback, id!("tb_next")).ok();
    }
    line
}

#[test]
fn programs_about_files() {
    run(include_str!("files/io.py"), "io.py");
    run(include_str!("files/posix.py"), "posix.py");
}
