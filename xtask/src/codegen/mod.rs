//! `cargo xtask codegen`: from `ops/*.def` to the generated files of the crates.
//!
//! Read, resolve, check, print, format; then write, or with `--check` compare. A generated file is never edited:
//! what is wrong in it is wrong in `ops/` or in the emitter.

mod check;
mod compose;
mod emit;
pub mod lists;
pub mod model;
pub mod syntax;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::workspace;
use lists::{Bits, List, Tunable};
use model::Model;

/// A generated file: its path in the workspace and its text.
struct Generated {
    path: &'static str,
    text: String,
}

/// Writes the generated files, or with `only_check` fails if one is stale.
pub fn run(only_check: bool) -> Result<(), Failure> {
    let root = workspace::root();
    let mut stale = Vec::new();
    for file in generate(&root)? {
        let path = root.join(file.path);
        let text = format_rust(&file.text)?;
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        if old == text {
            continue;
        }
        if only_check {
            stale.push(file.path);
        } else {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&path, text)?;
            println!("wrote {}", file.path);
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(Failure(format!(
            "stale, run `cargo xtask codegen`: {}",
            stale.join(", ")
        )))
    }
}

/// What `ops/*.def` say, read and checked.
pub struct Definitions {
    pub model: Model,
    pub lists: Vec<List>,
    pub bits: Vec<Bits>,
    pub tunables: Vec<Tunable>,
}

impl Definitions {
    /// Reads the three files of the workspace.
    pub fn of_workspace(root: &Path) -> Result<Definitions, Failure> {
        let read = |name: &str| {
            std::fs::read_to_string(root.join("ops").join(name))
                .map_err(|error| Failure(format!("ops/{name}: {error}")))
        };
        let [ops, lists, tunables] = [read("ops.def")?, read("lists.def")?, read("tunables.def")?];
        Definitions::parse(&ops, &lists, &tunables)
    }

    /// Reads the texts of the three files.
    pub fn parse(ops: &str, lists: &str, tunables: &str) -> Result<Definitions, Failure> {
        let (lists, bits) = lists::parse_lists(lists)?;
        let tunables = lists::parse_tunables(tunables)?;
        let flags = flags(&bits)?;
        let model = Model::new(syntax::parse(ops)?, flags)?;
        check::check(&model, flags)?;
        Ok(Definitions {
            model,
            lists,
            bits,
            tunables,
        })
    }

    /// The bits of an opcode's or uop's flags.
    pub fn flags(&self) -> Result<&Bits, Failure> {
        flags(&self.bits)
    }
}

fn flags(bits: &[Bits]) -> Result<&Bits, Failure> {
    bits.iter()
        .find(|bits| bits.name == "Flags")
        .ok_or_else(|| Failure("ops/lists.def lacks `bits Flags`".to_string()))
}

fn generate(root: &Path) -> Result<Vec<Generated>, Failure> {
    let Definitions {
        model,
        lists,
        bits,
        tunables,
    } = Definitions::of_workspace(root)?;
    Ok(vec![
        Generated {
            path: "crates/bytecode/src/generated/opcodes.rs",
            text: emit::opcodes(&model),
        },
        Generated {
            path: "crates/bytecode/src/generated/uops.rs",
            text: emit::uops(&model),
        },
        Generated {
            path: "crates/bytecode/src/generated/pseudos.rs",
            text: emit::pseudos(&model),
        },
        Generated {
            path: "crates/bytecode/src/generated/caches.rs",
            text: emit::caches(&model),
        },
        Generated {
            path: "crates/bytecode/src/generated/compositions.rs",
            text: compose::compositions(&model),
        },
        Generated {
            path: "crates/bytecode/src/generated/lists.rs",
            text: emit::lists(&lists, &bits),
        },
        Generated {
            path: "crates/bytecode/src/generated/tunables.rs",
            text: emit::tunables(&tunables),
        },
    ])
}

fn format_rust(text: &str) -> Result<String, Failure> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failure(format!("rustfmt: {error}")))?;
    let mut stdin = rustfmt
        .stdin
        .take()
        .ok_or_else(|| Failure("rustfmt has no input".to_string()))?;
    let text = text.to_string();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    if writer.join().is_err() || !output.status.success() {
        return Err(Failure("rustfmt refuses the generated code".to_string()));
    }
    String::from_utf8(output.stdout).map_err(|error| Failure(error.to_string()))
}
