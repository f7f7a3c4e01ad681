//! Small programs through the whole way: compiled, run, their results looked at.

use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_objects::dict::Dict;
use taipan_objects::str::Str;
use taipan_objects::{boot, protocol, runtime, thread, value::Value};

/// Runs a program and answers the repr of its variable `result`.
fn result_of(source: &str) -> String {
    if !thread::is_attached() {
        runtime::attach(thread::ThreadState::new(1));
        boot::boot();
        taipan_interp::init_classes();
    }
    let compiled = taipan_compiler::compile(source, "<test>", Mode::Exec, &Options::default())
        .expect("the program compiles");
    let globals = Dict::new();
    let builtins = Dict::new();
    for class in ["range", "list", "dict", "tuple", "str"] {
        let class_value: Value = match class {
            "range" => {
                <taipan_objects::range::Range as taipan_objects::class::Payload>::class().to_value()
            }
            "list" => {
                <taipan_objects::list::List as taipan_objects::class::Payload>::class().to_value()
            }
            "dict" => <Dict as taipan_objects::class::Payload>::class().to_value(),
            "tuple" => {
                <taipan_objects::tuple::Tuple as taipan_objects::class::Payload>::class().to_value()
            }
            _ => <Str as taipan_objects::class::Payload>::class().to_value(),
        };
        builtins.set_str(&Str::intern(class), class_value);
    }
    for kind in taipan_objects::exceptions::ExceptionKind::ALL {
        builtins.set_str(&Str::intern(kind.name()), kind.class().to_value());
    }
    globals.set_str(&Str::intern("__builtins__"), builtins.into_value());
    globals.set_str(&Str::intern("__name__"), Str::new("test").into_value());
    let code = Code::from_compiled(&compiled.code);
    if let Err(raised) = eval::run(&code, &globals, None, None) {
        return format!("{raised:?}");
    }
    let result = globals
        .get_str(&Str::intern("result"))
        .expect("the program sets `result`");
    protocol::repr(&result)
        .expect("results have a repr")
        .to_display()
        .into_owned()
}

#[test]
fn programs() {
    let programs = [
        ("result = 1 + 2 * 3", "7"),
        ("result = 0\nfor i in range(10): result += i", "45"),
        (
            "def fib(n):\n    return n if n < 2 else fib(n-1) + fib(n-2)\nresult = fib(20)",
            "6765",
        ),
        (
            "def f(a, b=2, *args, c, d=4, **kw): return (a, b, args, c, d, kw)\nresult = f(1, c=3, x=9)",
            "(1, 2, (), 3, 4, {'x': 9})",
        ),
        (
            "try:\n    [][1]\nexcept IndexError as e:\n    result = str(e)",
            "'list index out of range'",
        ),
        (
            "def g():\n    for i in range(3):\n        yield i * i\nresult = list(g())",
            "[0, 1, 4]",
        ),
        (
            "def g():\n    x = yield 1\n    yield x\ng = g()\nresult = [g.send(None), g.send(5)]",
            "[1, 5]",
        ),
        (
            "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    inner()\n    return inner()\nresult = outer()",
            "2",
        ),
        (
            "result = [x * y for x in range(3) for y in range(2) if x]",
            "[0, 1, 0, 2]",
        ),
        (
            "a, *b, c = range(5)\nresult = (a, b, c)",
            "(0, [1, 2, 3], 4)",
        ),
        ("x = 3\nresult = f'{x:>4}|{x!r}'", "'   3|3'"),
        (
            "def f():\n    try:\n        return 1\n    finally:\n        global z\n        z = 5\nresult = (f(), z)",
            "(1, 5)",
        ),
        (
            "def f(n):\n    return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError as e:\n    result = str(e)",
            "'maximum recursion depth exceeded'",
        ),
        (
            "match {'a': [1, 2]}:\n    case {'a': [x, y]}:\n        result = x + y",
            "3",
        ),
        (
            "def f():\n    yield from [1, 2]\n    return 3\ndef g():\n    r = yield from f()\n    yield r\nresult = list(g())",
            "[1, 2, 3]",
        ),
        (
            "s = ''\nfor i in range(5):\n    s += 'ab'\nresult = s",
            "'ababababab'",
        ),
        (
            "try:\n    raise ValueError(1) from TypeError(2)\nexcept ValueError as e:\n    result = e.__cause__",
            "TypeError(2)",
        ),
        (
            "d = {}\nfor i in range(100): d[i] = -i\nresult = d[50]",
            "-50",
        ),
        ("result = 2 ** 100", "1267650600228229401496703205376"),
    ];
    for (source, expected) in programs {
        assert_eq!(result_of(source), expected, "{source}");
    }
}
