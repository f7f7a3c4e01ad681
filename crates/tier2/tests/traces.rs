//! The golden trace files in tests/traces.
//!
//! A file is a small program and what becomes of its hot loop. `# ` begins a comment; `hide` names uops that are left out. The
//! program in `== python` is run, so that its code gets specialized; then the first loop of its function `f` is projected,
//! or with `loop N` the one with the Nth back edge, where `depth N` values are on the stack. `== projected` is the trace, `== ends`
//! why it ends there, `== optimized` what is left of it, `== halts` why the abstract rules ended early, `== finished` what an
//! executor runs, `== abort` why there is none. `show` names the sections that a file is about. `BLESS=1` writes what came out.

mod common;

use common::{Golden, builtins};
use taipan_bytecode::{Opcode, Uop};
use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_interp::function::Function;
use taipan_interp::traces::Request;
use taipan_objects::dict::Dict;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;
use taipan_stdlib::config::Config;
use taipan_tier2::abort::TraceAbort;
use taipan_tier2::finish::finish;
use taipan_tier2::optimize::optimize;
use taipan_tier2::project::project;
use taipan_tier2::show;

/// A file of tests/traces.
struct Traced<'a>(&'a Golden);

impl Traced<'_> {
    fn hidden(&self) -> Vec<Uop> {
        let uop = |name| Uop::from_name(name).unwrap_or_else(|| panic!("no uop {name}"));
        self.0.words("hide").map(uop).collect()
    }

    /// The sections that come of the program, as they are now.
    fn outcome(&self) -> Vec<(String, String)> {
        let function = run(self.0.section("python").expect("a file has a program"));
        let start = Request {
            code: function.code(),
            offset: back_edge(&function.code(), self.number("loop", 1)),
            function: Some(function),
            depth: self.number("depth", 0),
            progress_needed: true,
            chain_depth: 0,
        };
        let mut sections = Vec::new();
        if let Err(abort) = self.trace(&start, &mut sections) {
            sections.push(("abort".to_string(), format!("{}\n", abort.name())));
        }
        // A file about one step shows that step alone.
        let shown: Vec<&str> = self.0.words("show").collect();
        sections.retain(|(name, _)| shown.is_empty() || shown.contains(&name.as_str()));
        sections
    }

    /// Makes the trace, and a section of each step.
    fn trace(
        &self,
        start: &Request,
        sections: &mut Vec<(String, String)>,
    ) -> Result<(), TraceAbort> {
        let hidden = self.hidden();
        let mut section = |name: &str, text: String| sections.push((name.to_string(), text));
        let projected = project(start)?;
        section("projected", show::text(&projected.instructions, &hidden));
        section("ends", format!("{}\n", projected.end.name()));
        let optimized = optimize(projected, start, &builtins())?;
        let left = show::text(
            &optimized.instructions,
            &[hidden.as_slice(), &[Uop::Nop]].concat(),
        );
        section("optimized", left);
        if let Some(halt) = optimized.outcome.halt {
            section("halts", format!("{halt:?}\n"));
        }
        let finished = finish(&optimized.instructions)?;
        section("finished", show::text(&finished, &[]));
        Ok(())
    }

    fn number(&self, name: &str, otherwise: usize) -> usize {
        let word = self.0.words(name).next();
        word.map_or(otherwise, |word| word.parse().expect("a number"))
    }
}

/// Runs a program and answers its function `f`.
fn run(source: &str) -> Ref<Function> {
    let compiled = taipan_compiler::compile(source, "<trace>", Mode::Exec, &Options::default())
        .unwrap_or_else(|error| panic!("{error:?}"));
    let globals = Dict::new();
    globals.set_str(&Str::intern("__name__"), Str::new("trace").into_value());
    globals.set_str(&Str::intern("__builtins__"), builtins().into_value());
    let code = Code::from_compiled(&compiled.code);
    if let Err(raised) = eval::run(&code, &globals, None, None) {
        panic!("{raised:?}");
    }
    let function = globals
        .get_str(&Str::intern("f"))
        .expect("the program defines f");
    let function = function.downcast_exact::<Function>();
    function.expect("f is a function").clone()
}

/// The offset of a backward jump.
fn back_edge(code: &Ref<Code>, number: usize) -> u32 {
    let (mut at, mut seen) = (0, 0);
    while let Some(unit) = code.units().get(at) {
        let opcode = Opcode::from_byte(unit.get() as u8).expect("code is made of opcodes");
        if opcode.base() == Opcode::JumpBackward {
            seen += 1;
            if seen == number {
                return at as u32;
            }
        }
        at += 1 + opcode.cache_units();
    }
    panic!("f has no such loop");
}

#[test]
fn golden_traces() {
    taipan_stdlib::startup::start(Config::default()).expect("the interpreter starts");
    common::compare("traces", |golden| {
        let program = golden.section("python").expect("a file has a program");
        let mut sections = vec![("python".to_string(), program.to_string())];
        sections.extend(Traced(golden).outcome());
        sections
    });
}
