//! Random Python programs, the same for the same seed.
//!
//! A program is a preamble and some units; a unit is some classes, some functions and one function that runs hot. All
//! of it is written by templates (`expressions.rs`, `statements.rs`, `units.rs`, `classes.rs`), which this engine
//! expands: `$i` is an int expression, `$I` an int variable, `${block}` some statements. A template is a line of a
//! table with a weight, so a new construct is a new line.
//!
//! What a program prints depends on the program alone: no addresses, no time, no hashes of strings.

mod changes;
mod classes;
mod expressions;
mod scope;
mod statements;
mod template;
mod units;

use fastrand::Rng;

use scope::{Scope, Type};

/// What every program begins with.
const PREAMBLE: &str = include_str!("../../../fuzz/preamble.py");

/// Units of a program.
const UNITS: usize = 10;

/// About how many statements a unit may run.
const STATEMENTS: u64 = 9000;

/// What methods may say of objects.
const PLAIN_ATTRIBUTES: &[&str] = &[
    "$O.i1",
    "$O.f1",
    "$O.s1",
    "$O.i1 = $i & 65535",
    "$O.i1 += 1",
];

/// A template with its weight: how often it is taken beside the others of its table.
pub(crate) type Weighted = (u32, &'static str);

/// The program of this seed.
pub fn program(seed: u64) -> String {
    let mut text = format!("# Made from seed {seed}.\n{PREAMBLE}");
    for unit in 0..UNITS {
        let mut generator = Generator::new(seed, unit);
        for line in generator.unit() {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text.push_str("leftovers()\n");
    text
}

/// A function of the unit, to be called.
struct Callee {
    /// Ways to call it: templates.
    calls: Vec<String>,
    /// About how many statements a call runs.
    cost: u64,
}

/// What is known while a unit is written.
pub(crate) struct Generator {
    rng: Rng,
    unit: usize,
    /// The functions around the current place, the outermost first.
    scopes: Vec<Scope>,
    /// Functions that return an int.
    callees: Vec<Callee>,
    /// How often the current place runs for one run of the function.
    repeats: u64,
    /// Statements that the function runs, so far.
    spent: u64,
    /// How deep the current expression is in others.
    expression_depth: u32,
    /// How deep the current statement is in others of its function.
    statement_depth: u32,
    /// The number of the last fresh name.
    fresh: u32,
    /// Whether methods are being written: they do not call methods, which would go round for ever.
    in_class: bool,
}

impl Generator {
    fn new(seed: u64, unit: usize) -> Generator {
        // Units stay the same when the number of units changes.
        let rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(unit as u64));
        Generator {
            rng,
            unit,
            scopes: vec![Scope::default()],
            callees: Vec::new(),
            repeats: 1,
            spent: 0,
            expression_depth: 0,
            statement_depth: 0,
            fresh: 0,
            in_class: false,
        }
    }

    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("the module's scope stays")
    }

    /// True once in `count` times.
    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(0..count) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.rng.usize(0..of.len())]
    }

    /// A template of a table, by weight.
    fn weighted(&mut self, table: &[Weighted]) -> &'static str {
        let total: u32 = table.iter().map(|(weight, _)| weight).sum();
        let mut place = self.rng.u32(0..total);
        for (weight, template) in table {
            if place < *weight {
                return template;
            }
            place -= weight;
        }
        unreachable!("the place is below the sum of the weights")
    }

    /// A template of a table of expressions or statements that may stand here.
    fn allowed(&mut self, table: &[Weighted]) -> &'static str {
        loop {
            let template = self.weighted(table);
            let plain = PLAIN_ATTRIBUTES.contains(&template);
            let has_object = ["$O", "$o", "$C"]
                .iter()
                .any(|name| template.contains(name));
            if !self.in_class || plain || !has_object {
                return template;
            }
        }
    }

    /// A name that nothing else in the unit has.
    fn fresh_name(&mut self) -> String {
        self.fresh += 1;
        format!("v{}", self.fresh)
    }

    fn variable(&mut self, of: Type) -> String {
        let mut scope = self.scopes.pop().expect("the module's scope stays");
        let name = scope.variable(of, &mut self.rng);
        self.scopes.push(scope);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One text for each construct that programs are made of.
    const CONSTRUCTS: &[&str] = &[
        "in range(",
        "in enumerate(",
        "in zip(",
        ".items()",
        "while ",
        "while True:",
        "break",
        "continue",
        "else:",
        "elif ",
        "try:",
        "except ",
        "finally:",
        "with ",
        "match ",
        "case ",
        "case _:",
        "raise ",
        "assert ",
        "yield ",
        "yield from ",
        ".send(",
        ".throw(",
        ".close()",
        "async def ",
        "await ",
        "async for ",
        "lambda ",
        "nonlocal ",
        "global ",
        "del ",
        "class ",
        "__slots__",
        "@property",
        "@staticmethod",
        "@classmethod",
        "super()",
        "__getitem__",
        "__call__",
        "__add__",
        "__eq__",
        "__bool__",
        "__iter__",
        "__len__",
        "__contains__",
        "__enter__",
        "__getattr__",
        "__class__ = ",
        "__code__ = ",
        "__defaults__ = ",
        "__kwdefaults__ = ",
        "sys.settrace(",
        "sys.setprofile(",
        "traced.monitor(",
        "gc.collect()",
        "weakref.ref(",
        "Finalizer(",
        "threading.Thread(",
        "setswitchinterval(",
        "builtins.len",
        "exec(",
        "eval(",
        "f_locals",
        "UnboundLocalError",
        ":=",
        "2305843009213693951",
        "9223372036854775807",
        "18446744073709551616",
        "NAN",
        "INF",
        "-0.0",
        ".append(",
        ".pop(",
        ".format(",
        "isinstance(",
        "*args",
        "**",
        "run_text(",
        "__dict__",
        "sys._getframe()",
        "types.ModuleType",
        "del globals()",
        "RecursionError",
        "ExceptionGroup",
        "import math",
        "t'{",
        "[T]",
        "type ",
    ];

    #[test]
    fn a_seed_is_a_program() {
        assert_eq!(program(7), program(7));
        assert_ne!(program(7), program(8));
    }

    #[test]
    fn fifty_seeds_use_every_construct() {
        let all: String = (0..50).map(program).collect();
        let body = all.replace(PREAMBLE, "");
        let missing: Vec<_> = CONSTRUCTS
            .iter()
            .filter(|text| !body.contains(**text))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn templates_are_expanded_to_the_end() {
        for seed in 0..50 {
            let program = program(seed);
            let left = program.lines().find(|line| line.contains('$'));
            assert_eq!(left, None, "seed {seed}");
        }
    }
}
