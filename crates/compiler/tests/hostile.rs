//! Sources made to exhaust the stack: each gets code or an exception, on a small thread stack.

use taipan_compiler::{ErrorKind, Mode, Options, compile, parse, with_deep_stack};

const MANY: usize = 100_000;

/// What became of a source.
fn outcome(source: &str) -> Option<ErrorKind> {
    let options = Options::default();
    let compiled = compile(source, "<t>", Mode::Exec, &options)
        .err()
        .map(|error| error.kind);
    let parsed = with_deep_stack(|| {
        parse(source, "<t>", Mode::Exec, &options)
            .err()
            .map(|error| error.kind)
    });
    assert!(
        parsed.is_none() || compiled.is_some(),
        "what compiles parses"
    );
    compiled
}

/// A source of `depth` repetitions around or after a small middle.
type Shape = fn(usize) -> String;

/// Shapes that nest as deeply as they are long.
const NESTED: [(&str, Shape); 32] = [
    ("minus", |n| "-".repeat(n) + "1"),
    ("tilde", |n| "~".repeat(n) + "x"),
    ("not", |n| "not ".repeat(n) + "x"),
    ("await", |n| {
        format!("async def f():\n {}x{}", "await (".repeat(n), ")".repeat(n))
    }),
    ("power", |n| "2**".repeat(n) + "1"),
    ("sum", |n| "1".to_owned() + &"+1".repeat(n)),
    ("names", |n| "x".to_owned() + &"-x".repeat(n)),
    ("product", |n| "x".to_owned() + &"*x".repeat(n)),
    ("attributes", |n| "x".to_owned() + &".a".repeat(n)),
    ("calls", |n| "x".to_owned() + &"()".repeat(n)),
    ("call arguments", |n| {
        "x".to_owned() + &"(1, *a, k=2)".repeat(n)
    }),
    ("methods", |n| "x".to_owned() + &".a()".repeat(n)),
    ("subscripts", |n| "x".to_owned() + &"[0, 1]".repeat(n)),
    ("slices", |n| "x".to_owned() + &"[1:2]".repeat(n)),
    ("conditional", |n| "a if b else ".repeat(n) + "c"),
    ("lambda", |n| "lambda:".repeat(n) + "1"),
    ("lambda with parameters", |n| {
        "lambda a, b=1, *c:".repeat(n) + "1"
    }),
    ("lambda default", |n| {
        "lambda a=".repeat(n) + "1" + &":1".repeat(n)
    }),
    ("elif", |n| {
        "if a: b\n".to_owned() + &"elif a: b\n".repeat(n)
    }),
    ("parentheses", |n| "(".repeat(n) + "1" + &")".repeat(n)),
    ("brackets", |n| "[".repeat(n) + &"]".repeat(n)),
    ("braces", |n| "{1:".repeat(n) + "1" + &"}".repeat(n)),
    ("list comprehensions", |n| {
        "[".repeat(n) + "1" + &" for x in y]".repeat(n)
    }),
    ("generators", |n| {
        "(x for x in ".repeat(n) + "1" + &")".repeat(n)
    }),
    ("f-string minus", |n| format!("f'{{{}1}}'", "-".repeat(n))),
    ("f-string parentheses", |n| {
        format!("f'{{{}1{}}}'", "(".repeat(n), ")".repeat(n))
    }),
    ("comprehension clauses", |n| {
        format!("[x {}]", "for x in y ".repeat(n))
    }),
    ("comprehension conditions", |n| {
        format!("[x for x in y {}]", "if x ".repeat(n))
    }),
    ("with items", |n| format!("with {}x: pass", "x, ".repeat(n))),
    ("parenthesized with items", |n| {
        format!("with ({}x): pass", "x, ".repeat(n))
    }),
    ("walrus", |n| "(x:=".repeat(n) + "1" + &")".repeat(n)),
    ("decorated", |n| {
        "@".to_owned() + &"x.".repeat(n) + "y\ndef f(): pass"
    }),
];

/// Shapes that are long, not deep.
const FLAT: [(&str, Shape); 20] = [
    ("or", |n| "x".to_owned() + &" or x".repeat(n)),
    ("comparison", |n| "x".to_owned() + &" < x".repeat(n)),
    ("tuple", |n| "x, ".repeat(n)),
    ("negative numbers", |n| format!("[{}]", "-1, ".repeat(n))),
    ("calls in a list", |n| {
        format!("[{}]", "f(a.b, c=d), ".repeat(n))
    }),
    ("lambdas in a list", |n| {
        format!("[{}]", "lambda a, b: a, ".repeat(n))
    }),
    ("strings", |n| "'a' ".repeat(n)),
    ("f-string fields", |n| format!("f'{}'", "{x.y}".repeat(n))),
    ("statements", |n| "x = y\n".repeat(n)),
    ("semicolons", |n| "x = y; ".repeat(n)),
    ("assignments", |n| "x = ".repeat(n) + "1"),
    ("functions", |n| "def f(a, b=1): return a\n".repeat(n)),
    ("decorators", |n| "@x\n".repeat(n) + "def f(): pass\n"),
    ("arguments", |n| format!("f({})", "x, ".repeat(n))),
    ("keywords", |n| {
        format!(
            "f({})",
            (0..n).map(|i| format!("a{i}=1, ")).collect::<String>()
        )
    }),
    ("or patterns", |n| {
        format!("match x:\n case 1{}: pass\n", " | 1".repeat(n))
    }),
    ("cases", |n| {
        "match x:\n".to_owned() + &" case 1: pass\n".repeat(n)
    }),
    ("except clauses", |n| {
        "try: pass\n".to_owned() + &"except E: pass\n".repeat(n)
    }),
    ("dotted import", |n| "import a".to_owned() + &".a".repeat(n)),
    ("if statements", |n| "if a: b\n".repeat(n)),
];

#[test]
fn deep_sources_are_refused() {
    for (name, shape) in NESTED {
        let outcome = outcome(&shape(MANY));
        assert!(
            matches!(
                outcome,
                Some(ErrorKind::Syntax | ErrorKind::Memory | ErrorKind::Recursion)
            ),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn sources_just_below_the_limits_compile() {
    for (name, shape) in NESTED {
        for depth in [150, 900, 3500, 5900] {
            // A bracket may be refused, and a lambda or a with item earlier than the others.
            let source = shape(depth);
            outcome(&source);
            // An error behind it is diagnosed by another parser.
            assert!(outcome(&(source + "\n)\n")).is_some(), "{name}");
        }
    }
    for (name, shape) in &NESTED[5..12] {
        let outcome = outcome(&shape(2900));
        assert_eq!(outcome, None, "{name}");
    }
}

#[test]
fn flat_sources_compile() {
    for (name, shape) in FLAT {
        // The code generator's time grows with the square of the number of functions and names.
        let long = match name {
            "functions" | "lambdas in a list" | "keywords" => 1_500,
            "or patterns" | "dotted import" => 5_000,
            _ => 20_000,
        };
        assert_eq!(outcome(&shape(long)), None, "{name}");
    }
}

#[test]
fn deep_blocks_are_refused() {
    let nested = |statement: &str, depth: usize| -> String {
        (0..depth)
            .map(|level| format!("{}{statement}\n", " ".repeat(level)))
            .collect::<String>()
            + &" ".repeat(depth)
            + "pass\n"
    };
    for statement in [
        "if x:",
        "def f():",
        "class A:",
        "for x in y:",
        "while x:",
        "with x:",
    ] {
        assert_eq!(outcome(&nested(statement, 15)), None, "{statement}");
        assert!(outcome(&nested(statement, 98)).is_none_or(|kind| kind == ErrorKind::Syntax));
        assert!(outcome(&nested(statement, 2000)).is_some(), "{statement}");
    }
    assert_eq!(outcome(&nested("if x:", 100)), Some(ErrorKind::Indentation));
}
