//! The golden trace files in tests/traces.
//!
//! A file is a small program and what becomes of its hot loop. `# ` begins a comment; `hide` names uops that are left out. The
//! program in `== python` is run, so that its code gets specialized; then the first loop of its function `f` is projected,
//! or with `loop N` the one with the Nth back edge.
//! `== projected` is the trace, `== ends` why it ends there, `== abort` why there is none. `BLESS=1` writes what came out.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use taipan_bytecode::{Opcode, Uop};
use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_interp::function::Function;
use taipan_objects::dict::Dict;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;
use taipan_stdlib::config::Config;
use taipan_stdlib::import;
use taipan_tier2::project::{Start, project};
use taipan_tier2::show;

/// A golden file in its parts, in order.
struct Golden {
    path: PathBuf,
    /// What stands before the first section.
    head: String,
    /// Name and text of each section.
    sections: Vec<(String, String)>,
}

impl Golden {
    fn read(path: &Path) -> Golden {
        let text = std::fs::read_to_string(path).expect("the file was listed");
        let mut golden = Golden {
            path: path.to_path_buf(),
            head: String::new(),
            sections: Vec::new(),
        };
        for line in text.lines() {
            match (line.strip_prefix("== "), golden.sections.last_mut()) {
                (Some(name), _) => golden.sections.push((name.to_string(), String::new())),
                (None, Some((_, text))) => *text += &format!("{line}\n"),
                (None, None) => golden.head += &format!("{line}\n"),
            }
        }
        golden
    }

    fn section(&self, wanted: &str) -> Option<&str> {
        let found = self.sections.iter().find(|(name, _)| name == wanted);
        found.map(|(_, text)| text.as_str())
    }

    fn hidden(&self) -> Vec<Uop> {
        let lines = self
            .head
            .lines()
            .filter_map(|line| line.strip_prefix("hide "));
        let names = lines.flat_map(str::split_whitespace);
        names
            .map(|name| {
                Uop::from_name(name)
                    .unwrap_or_else(|| panic!("{}: no uop {name}", self.path.display()))
            })
            .collect()
    }

    /// Which back edge is the hot one, counted from 1.
    fn back_edge(&self) -> usize {
        let line = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix("loop "));
        line.map_or(1, |number| number.trim().parse().expect("a number"))
    }

    /// The sections that come of the program, as they are now.
    fn outcome(&self) -> Vec<(String, String)> {
        let function = run(self.section("python").expect("a file has a program"));
        let start = Start {
            code: function.code(),
            offset: back_edge(&function.code(), self.back_edge()),
            function: Some(function),
            progress_needed: true,
        };
        match project(&start) {
            Ok(projected) => {
                let trace = show::text(&projected.instructions, &self.hidden());
                vec![
                    ("projected".to_string(), trace),
                    ("ends".to_string(), format!("{}\n", projected.end.name())),
                ]
            }
            Err(abort) => vec![("abort".to_string(), format!("{}\n", abort.name()))],
        }
    }
}

/// Runs a program and answers its function `f`.
fn run(source: &str) -> Ref<Function> {
    let compiled = taipan_compiler::compile(source, "<trace>", Mode::Exec, &Options::default())
        .unwrap_or_else(|error| panic!("{error:?}"));
    let globals = Dict::new();
    globals.set_str(&Str::intern("__name__"), Str::new("trace").into_value());
    let builtins = import::import_module("builtins").expect("there are builtins");
    globals.set_str(&Str::intern("__builtins__"), builtins);
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

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)
        .expect("tests/traces exists")
        .flatten()
    {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

#[test]
fn golden_traces() {
    taipan_stdlib::startup::start(Config::default()).expect("the interpreter starts");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/traces");
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for path in files(&folder) {
        let golden = Golden::read(&path);
        let mut text = format!("{}== python\n", golden.head);
        text += golden.section("python").unwrap_or_default();
        for (name, outcome) in golden.outcome() {
            let _ = write!(text, "== {name}\n{outcome}");
        }
        let before = std::fs::read_to_string(&path).expect("it was read before");
        if text == before {
            continue;
        }
        if bless {
            std::fs::write(&path, &text).expect("the file can be written");
        } else {
            let _ = writeln!(wrong, "{}: now\n{text}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
