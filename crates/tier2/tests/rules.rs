//! The rules of the passes, each on traces written for it: tests/rules.
//!
//! A file is about one pass. `# ` begins a comment; `pass` names the pass; the program in `== python` is run, and its
//! function `f` is what the traces run in. Then come the cases: `== UOP fires: why`, `== UOP not: why`, or `== UOP always: why`
//! for a rule without a condition; a trace, one uop a line; and behind `->` what becomes of it, what is known of the stack and
//! of the locals at its end, what the trace depends on, and why the pass ended early. `BLESS=1` writes what came out.
//!
//! Behind a uop come its oparg and its operands: `=EXPRESSION` is an object, `version EXPRESSION` the version of a class or a
//! function, `keys EXPRESSION NAME` the version of a namespace's keys and the place of a name in it, `#N` a number.

mod common;

use std::collections::HashMap;
use std::fmt::Write;

use taipan_bytecode::Uop;
use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_interp::function::Function;
use taipan_interp::traces::registry::address_of_value;
use taipan_interp::traces::{BloomFilter, Instruction};
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::module::Module;
use taipan_objects::protocol;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_stdlib::config::Config;
use taipan_tier2::kept::Kept;
use taipan_tier2::optimize::cleanup::remove_unneeded_uops;
use taipan_tier2::optimize::context::Context;
use taipan_tier2::optimize::globals::remove_globals;
use taipan_tier2::optimize::run_on_symbols;
use taipan_tier2::show;
use taipan_tier2::symbols::{SymId, Symbols, Tag};

/// A file's program, after it ran.
struct Program {
    globals: Ref<Dict>,
    function: Ref<Function>,
}

impl Program {
    fn run(source: &str) -> Program {
        let globals = Dict::new();
        globals.set_str(&Str::intern("__name__"), Str::new("rules").into_value());
        globals.set_str(
            &Str::intern("__builtins__"),
            common::builtins().into_value(),
        );
        let program = compiled(source, Mode::Exec);
        if let Err(raised) = eval::run(&program, &globals, None, None) {
            panic!("{raised:?}");
        }
        let function = globals.get_str(&Str::intern("f")).expect("there is an f");
        let function = function.downcast_exact::<Function>().cloned();
        Program {
            globals,
            function: function.expect("f is a function"),
        }
    }

    fn evaluate(&self, expression: &str) -> Value {
        let code = compiled(expression, Mode::Eval);
        match eval::run(&code, &self.globals, None, None) {
            Ok(value) => value,
            Err(raised) => panic!("{expression}: {raised:?}"),
        }
    }

    /// The namespace of a module, or what is one.
    fn namespace(&self, expression: &str) -> Ref<Dict> {
        let value = self.evaluate(expression);
        match value.downcast_exact::<Module>() {
            Some(module) => module.dict(),
            None => value.downcast_exact::<Dict>().expect("a namespace").clone(),
        }
    }

    /// Reads one uop.
    fn instruction(&self, line: &str, kept: &mut Kept) -> Instruction {
        let mut words = line.split_whitespace();
        let name = words.next().expect("a line has a word");
        let uop = Uop::from_name(name).unwrap_or_else(|| panic!("no uop {name}"));
        let mut instruction = Instruction::new(uop, 0, 0, EXIT);
        let rest: Vec<&str> = words.collect();
        let mut rest = rest.as_slice();
        if let [oparg, behind @ ..] = rest
            && let Ok(oparg) = oparg.parse()
        {
            instruction.oparg = oparg;
            rest = behind;
        }
        match rest {
            [] => {}
            ["version", expression] => {
                instruction.operand0 = u64::from(self.version(expression));
            }
            ["keys", expression, name] => {
                let dict = self.namespace(expression);
                let index = dict.index_of_str(&Str::intern(name));
                instruction.operand0 = u64::from(dict.keys_version_tag());
                instruction.operand1 = index.expect("the name is there") as u64;
            }
            [number] if number.starts_with('#') => {
                instruction.operand0 = number[1..].parse().expect("a number");
            }
            words => {
                let expression = words.join(" ");
                let expression = expression.strip_prefix('=').expect("an operand");
                let value = self.evaluate(expression);
                kept.keep_watched(&value);
                instruction.operand0 = value.bits();
            }
        }
        instruction
    }

    fn version(&self, expression: &str) -> u32 {
        let value = self.evaluate(expression);
        match value.downcast_exact::<Function>() {
            Some(function) => function.version_tag(),
            None => value.downcast::<Type>().expect("a class").version_tag(),
        }
    }

    /// An object as a case names it.
    fn name(&self, value: &Value) -> String {
        let names = ["__qualname__", "__name__"];
        let named = names.iter().find_map(|name| {
            let found = protocol::getattr(value, &Str::intern(name)).ok()?;
            Some(text_of(found.downcast_exact::<Str>()?))
        });
        named.unwrap_or_else(|| text_of(&protocol::repr(value).expect("it has a repr")))
    }
}

/// Where the uops of a case leave the trace.
const EXIT: u32 = 7;

fn compiled(source: &str, mode: Mode) -> Ref<Code> {
    let compiled = taipan_compiler::compile(source, "<rules>", mode, &Options::default());
    Code::from_compiled(&compiled.unwrap_or_else(|error| panic!("{error:?}")).code)
}

fn text_of(text: &Ref<Str>) -> String {
    text.to_str().expect("it has no surrogates").into_owned()
}

/// What becomes of the trace of a case.
fn outcome(program: &Program, pass: &str, text: &str) -> String {
    let mut kept = Kept::default();
    let mut trace: Vec<Instruction> = text
        .lines()
        .map(|line| program.instruction(line, &mut kept))
        .collect();
    trace.push(Instruction::new(Uop::ExitTrace, 0, 0, EXIT));
    let mut dependencies = BloomFilter::default();
    let mut known = String::new();
    match pass {
        "remove_globals" => {
            let removed = remove_globals(
                &mut trace,
                &program.function,
                &common::builtins(),
                &mut dependencies,
                &mut kept,
            );
            if let Err(abort) = removed {
                let _ = writeln!(known, "abort {}", abort.name());
            }
        }
        "abstract" => {
            let code = program.function.code();
            let context = Context::new(&code, 0).expect("there is room");
            let (outcome, context) =
                run_on_symbols(&mut trace, context, &mut dependencies, &mut kept);
            known = Knowledge::new(program, context).text();
            if let Some(halt) = outcome.halt {
                let _ = writeln!(known, "halts {halt:?}");
            }
        }
        "remove_unneeded" => remove_unneeded_uops(&mut trace),
        other => panic!("no pass {other}"),
    }
    let mut text = String::new();
    // The last is the one that was added.
    if trace.last().is_some_and(|last| last.target() == EXIT) && trace.len() > 1 {
        trace.pop();
    }
    for instruction in &trace {
        let _ = writeln!(text, "{}", line(program, instruction, &kept));
    }
    text + &known + &depends(program, &dependencies)
}

/// A uop with what it loads, or checks for.
fn line(program: &Program, instruction: &Instruction, kept: &Kept) -> String {
    let uop = instruction.uop();
    let text = show::line(instruction);
    let object = match uop {
        Uop::LoadConstInline
        | Uop::LoadConstInlineBorrow
        | Uop::PopTopLoadConstInline
        | Uop::PopTopLoadConstInlineBorrow
        | Uop::PopTwoLoadConstInlineBorrow => instruction.operand0,
        Uop::CheckFunctionVersionInline => instruction.operand1,
        Uop::CheckStackSpaceOperand => return format!("{text} #{}", instruction.operand0),
        _ => return text,
    };
    match kept.value(object) {
        Some(value) => format!("{text} ={}", program.name(&value)),
        None => text,
    }
}

fn depends(program: &Program, dependencies: &BloomFilter) -> String {
    let mut names = Vec::new();
    let candidates = [
        "globals()",
        "__builtins__",
        "Point",
        "Slotted",
        "module.__dict__",
    ];
    for name in candidates {
        let address = address_of_value(&program.evaluate(name));
        if dependencies.may_contain(address) {
            names.push(name);
        }
    }
    match names.is_empty() {
        true => String::new(),
        false => format!("depends {}\n", names.join(" ")),
    }
}

/// What is known where a trace ends, as text.
struct Knowledge<'a> {
    program: &'a Program,
    context: Context,
    /// The names of the locals that have had their value from the beginning.
    names: HashMap<SymId, String>,
}

impl<'a> Knowledge<'a> {
    fn new(program: &'a Program, context: Context) -> Knowledge<'a> {
        Knowledge {
            program,
            context,
            names: HashMap::new(),
        }
    }

    fn text(mut self) -> String {
        let code = self.context.frame().code.clone();
        let mut text = String::new();
        if !code.is(&self.program.function.code()) {
            let _ = writeln!(text, "frame {}", text_of(&code.name));
        }
        let locals: Vec<String> = code.localsplus_names.iter().map(text_of).collect();
        let mut known = Vec::new();
        for (index, name) in locals.iter().enumerate() {
            let symbol = self.context.local(index as u32).expect("it is a local");
            self.names.entry(symbol).or_insert_with(|| name.clone());
            let about = self.about(symbol);
            if about != "?" {
                known.push(format!("{name} {about}"));
            }
        }
        if !known.is_empty() {
            let _ = writeln!(text, "locals {}", known.join(", "));
        }
        let depth = self.context.depth();
        let stack: Vec<String> = (0..depth).rev().map(|depth| self.place(depth)).collect();
        if !stack.is_empty() {
            let _ = writeln!(text, "stack {}", stack.join(", "));
        }
        text
    }

    fn place(&mut self, depth: usize) -> String {
        let symbol = self.context.peek(depth).expect("it is on the stack");
        match self.names.get(&symbol).cloned() {
            Some(name) => name,
            None => self.about(symbol),
        }
    }

    /// What is known of a value.
    fn about(&mut self, symbol: SymId) -> String {
        let symbols: &mut Symbols = &mut self.context.symbols;
        match symbols.tag(symbol) {
            Tag::Unknown => "?".to_string(),
            Tag::Null => "NULL".to_string(),
            Tag::NonNull => "object".to_string(),
            Tag::Bottom => "bottom".to_string(),
            Tag::TypeVersion => {
                let class = symbols.known_type(symbol);
                format!("{} by version", class.expect("it has a version").name())
            }
            Tag::KnownClass => {
                let class = symbols.known_type(symbol).expect("it is known");
                let seen = if symbols.type_version(symbol) != 0 {
                    ", version seen"
                } else {
                    ""
                };
                format!("{}{seen}", class.name())
            }
            Tag::KnownValue => {
                let value = symbols.known_value(symbol).expect("it is known");
                format!("={}", self.program.name(&value))
            }
            Tag::Tuple => {
                let length = symbols.tuple_length(symbol).expect("it is a tuple");
                let items: Vec<String> = (0..length)
                    .map(|index| {
                        let item = self.context.symbols.tuple_item(symbol, index);
                        self.named(item.expect("there is room"))
                    })
                    .collect();
                format!("({})", items.join(", "))
            }
            Tag::Truthiness => {
                let (of, inverted) = symbols.truth_source(symbol).expect("it is a truth");
                let not = if inverted { "not " } else { "" };
                format!("{not}truth of {}", self.named(of))
            }
        }
    }

    fn named(&mut self, symbol: SymId) -> String {
        match self.names.get(&symbol).cloned() {
            Some(name) => name,
            None => self.about(symbol),
        }
    }
}

/// The rules that tests/data/rules.tsv lists, by pass.
fn listed() -> Vec<(&'static str, &'static str)> {
    let rows = include_str!("data/rules.tsv").lines();
    let rows = rows.filter(|row| !row.starts_with('#'));
    rows.map(|row| row.split_once('\t').expect("a uop and a pass"))
        .collect()
}

#[test]
fn rules() {
    taipan_stdlib::startup::start(Config::default()).expect("the interpreter starts");
    let mut shown: HashMap<(String, String), Vec<String>> = HashMap::new();
    let shown_here = std::cell::RefCell::new(&mut shown);
    common::compare("rules", |golden| {
        let pass = golden.words("pass").next().expect("a file names its pass");
        let program = Program::run(golden.section("python").expect("a file has a program"));
        let case = |(name, text): &(String, String)| {
            if name == "python" {
                return (name.clone(), text.clone());
            }
            let (uop, rest) = name.split_once(' ').expect("a case names its uop");
            let (kind, _) = rest.split_once(':').expect("a case says why");
            let key = (uop.to_string(), pass.to_string());
            shown_here
                .borrow_mut()
                .entry(key)
                .or_default()
                .push(kind.to_string());
            let trace = text
                .split_once("->")
                .map_or(text.trim_end(), |(trace, _)| trace.trim_end());
            let after = outcome(&program, pass, trace);
            (name.clone(), format!("{trace}\n->\n{after}\n"))
        };
        golden.sections.iter().map(case).collect()
    });
    let has = |uop: &str, pass: &str, kind: &str| {
        let kinds = shown.get(&(uop.to_string(), pass.to_string()));
        kinds.is_some_and(|kinds| kinds.iter().any(|shown| shown == kind))
    };
    let missing: Vec<String> = listed()
        .into_iter()
        .filter(|(uop, pass)| {
            let both = has(uop, pass, "fires") && has(uop, pass, "not");
            !(both || has(uop, pass, "always"))
        })
        .map(|(uop, pass)| format!("{uop} ({pass})"))
        .collect();
    assert!(missing.is_empty(), "no cases of: {}", missing.join(", "));
}
