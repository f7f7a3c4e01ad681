//! Calls allocate nothing: no memory of the allocator's and no object, once a call site is warm.
//!
//! Two runs of a loop, one of which makes [`CALLS`] calls more, are compared: what differs, the calls have allocated. The
//! last programs allocate on purpose, so that a counter that stands still is noticed.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicU64, Ordering};

use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_objects::blocks::Blocks;
use taipan_objects::str::Str;
use taipan_objects::{id, int, protocol};
use taipan_stdlib::config::Config;
use taipan_stdlib::{import, startup};

/// The command's allocator, counted.
struct Counted;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: all of it is `Blocks`'; counting does not allocate.
unsafe impl GlobalAlloc for Counted {
    /// # Safety
    /// As [`GlobalAlloc::alloc`].
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's contract is that of `Blocks`.
        unsafe { Blocks.alloc(layout) }
    }

    /// # Safety
    /// As [`GlobalAlloc::dealloc`].
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is that of `Blocks`.
        unsafe { Blocks.dealloc(block, layout) }
    }

    /// # Safety
    /// As [`GlobalAlloc::realloc`].
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's contract is that of `Blocks`.
        unsafe { Blocks.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// By how many calls the two runs differ.
const CALLS: u64 = 10_000;

struct Case {
    name: &'static str,
    setup: &'static str,
    /// What the loop does.
    call: &'static str,
    /// Objects that each call makes.
    objects: u64,
    /// Allocations of each call.
    allocations: u64,
}

const fn case(name: &'static str, setup: &'static str, call: &'static str) -> Case {
    Case {
        name,
        setup,
        call,
        objects: 0,
        allocations: 0,
    }
}

const CASES: &[Case] = &[
    case("positional arguments", "def f(a, b): return a", "f(i, 2)"),
    case("no arguments", "def f(): pass", "f()"),
    case("defaults", "def f(a, b=2, c=3): return c", "f(i); f(i, 1)"),
    case(
        "keywords",
        "def f(a, b, c=3): return c",
        "f(i, b=2); f(a=1, c=i, b=3)",
    ),
    case(
        "keyword-only parameters",
        "def f(a, *, b, c=3): return c",
        "f(i, b=2); f(i, c=i, b=3)",
    ),
    case(
        "a call in a call",
        "def g(a): return a\ndef f(a): return g(a)",
        "f(i)",
    ),
    case(
        "a method",
        "class C:\n    def m(self, a): return a\nc = C()",
        "c.m(i)",
    ),
    case(
        "a method of a class with slots",
        "class C:\n    __slots__ = ('x',)\n    def m(self, a): self.x = a\nc = C()",
        "c.m(i)",
    ),
    case(
        "an inherited method by way of super()",
        "class B:\n    def m(self, a): return a\nclass C(B):\n    def m(self, a): return super().m(a)\nc = C()",
        "c.m(i)",
    ),
    case(
        "a bound method",
        "class C:\n    def m(self, a): return a\nm = C().m",
        "m(i)",
    ),
    case(
        "a property",
        "class C:\n    @property\n    def p(self): return 1\nc = C()",
        "c.p",
    ),
    case(
        "a closure",
        "def make():\n    n = 1\n    def f(a): return n\n    return f\nf = make()",
        "f(i)",
    ),
    case(
        "a closure that writes its cell",
        "def make():\n    n = 1\n    def f(a):\n        nonlocal n\n        n = a\n    return f\nf = make()",
        "f(i)",
    ),
    Case {
        objects: 1,
        ..case(
            "a class with __init__",
            "class C:\n    def __init__(self, a): self.a = a",
            "C(i)",
        )
    },
    Case {
        objects: 1,
        ..case("a class without __init__", "class C: pass", "C()")
    },
    case(
        "a generator's next",
        "def generate():\n    while True: yield 1\ng = generate()",
        "next(g)",
    ),
    case(
        "a generator's send",
        "def generate():\n    while True: yield 1\ng = generate(); g.send(None)",
        "g.send(i)",
    ),
    case(
        "a step of a loop over a generator",
        "def generate():\n    while True: yield 1\ng = generate()",
        "\n        for _ in g: break",
    ),
    case("a builtin function", "l = [1, 2]", "len(l)"),
    case(
        "a builtin function of two arguments",
        "",
        "isinstance(i, int)",
    ),
    case("a builtin function of many arguments", "", "max(i, 2, 3)"),
    case(
        "a method of a builtin class",
        "s = 'abc'",
        "s.startswith('a')",
    ),
    case(
        "a special method",
        "class C:\n    def __len__(self): return 1\n    def __add__(self, other): return other\n    \
         def __eq__(self, other): return True\n    def __getitem__(self, key): return key\nc = C()",
        "len(c); c + i; c == i; c[i]",
    ),
    Case {
        objects: 1,
        allocations: 1,
        ..case("control: a list", "", "[i]")
    },
    Case {
        objects: 1,
        ..case(
            "control: a tuple of arguments",
            "def f(*args): pass",
            "f(i)",
        )
    },
];

/// Objects made by now.
#[cfg(debug_assertions)]
fn made() -> Option<u64> {
    Some(taipan_objects::heap::made_count())
}

#[cfg(not(debug_assertions))]
fn made() -> Option<u64> {
    None
}

/// Objects and allocations of `CALLS` calls.
fn cost_of(case: &Case) -> (Option<u64>, u64) {
    let source = format!(
        "{}\ndef loop(n):\n    for i in range(n):\n        {}\n",
        case.setup, case.call
    );
    let source = source.replace("        \n", "");
    let compiled = taipan_compiler::compile(
        &source,
        "<test>",
        taipan_compiler::Mode::Exec,
        &taipan_compiler::Options::default(),
    )
    .expect("the program compiles");
    let globals = import::ensure_module(id!("__main__"))
        .expect("there is a __main__")
        .dict();
    eval::run(&Code::from_compiled(&compiled.code), &globals, None, None).expect(case.name);
    let run = globals
        .get_str(&Str::intern("loop"))
        .expect("the program defines the loop");
    let cost_of_run = |calls: u64| {
        let count = int::new(calls as i64);
        let before = (made(), ALLOCATIONS.load(Ordering::Relaxed));
        protocol::call1(&run, &count).expect(case.name);
        let objects = made().zip(before.0).map(|(after, before)| after - before);
        (objects, ALLOCATIONS.load(Ordering::Relaxed) - before.1)
    };
    cost_of_run(2 * CALLS);
    let (few, many) = (cost_of_run(CALLS), cost_of_run(2 * CALLS));
    let objects = many.0.zip(few.0).map(|(many, few)| many - few);
    (objects, many.1 - few.1)
}

#[test]
fn calls_allocate_nothing() {
    startup::start(Config::default()).expect("the interpreter starts");
    let mut wrong = Vec::new();
    for case in CASES {
        let (objects, allocations) = cost_of(case);
        if let Some(objects) = objects
            && objects != case.objects * CALLS
        {
            wrong.push(format!("{}: {objects} objects", case.name));
        }
        if allocations != case.allocations * CALLS {
            wrong.push(format!("{}: {allocations} allocations", case.name));
        }
    }
    assert!(wrong.is_empty(), "in {CALLS} calls:\n{}", wrong.join("\n"));
}
