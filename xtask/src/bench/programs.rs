//! The benchmark programs: pyperformance's that need nothing but the standard library, and small ones of our own.
//!
//! A suite is a list of programs, a section of the page, and how long a program is measured if nobody says.

use std::path::{Path, PathBuf};

use crate::workspace;

/// Programs that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// pyperformance's own scripts.
    Pyperformance,
    /// Loops in `xtask/bench/micro`, each about one thing; they print what they computed.
    Micro,
}

impl Suite {
    /// All of them, in the page's order.
    pub const ALL: [Suite; 2] = [Suite::Pyperformance, Suite::Micro];

    /// The programs, in the order they run.
    pub fn programs(self) -> &'static [Program] {
        match self {
            Suite::Pyperformance => PYPERFORMANCE,
            Suite::Micro => MICRO,
        }
    }

    /// Whether the start of the interpreter is a row.
    pub fn has_start_up(self) -> bool {
        self == Suite::Pyperformance
    }

    /// For how many seconds a process measures.
    pub fn seconds(self) -> f64 {
        match self {
            Suite::Pyperformance => 2.0,
            Suite::Micro => 0.5,
        }
    }

    /// How many processes of each interpreter run, in turn.
    pub fn rounds(self) -> usize {
        match self {
            Suite::Pyperformance => 1,
            Suite::Micro => 3,
        }
    }

    /// What the marks around its section of the page call it.
    pub fn mark(self) -> &'static str {
        match self {
            Suite::Pyperformance => "pyperformance",
            Suite::Micro => "micro",
        }
    }

    /// The heading of its section, and what is measured.
    pub fn introduction(self) -> &'static str {
        match self {
            Suite::Pyperformance => {
                "## pyperformance\n\npyperformance's own scripts, unchanged, each in one process; written by \
                 `cargo xtask bench --markdown`."
            }
            Suite::Micro => {
                "## One thing at a time\n\nThe loops in `xtask/bench/micro`, each about one thing and each in a process of its \
                 own, the interpreters\nin turn; written by `cargo xtask bench --micro --markdown`. What a loop \
                 computes is compared, too."
            }
        }
    }

    /// The script of one of its programs; `sources` is where pyperformance's benchmarks are.
    pub fn script(self, program: &Program, sources: &Path) -> PathBuf {
        match self {
            Suite::Pyperformance => sources
                .join(format!("bm_{}", program.folder))
                .join("run_benchmark.py"),
            Suite::Micro => micro_folder().join(program.folder).with_extension("py"),
        }
    }
}

/// Where the loops of our own are.
pub fn micro_folder() -> PathBuf {
    workspace::root().join("xtask/bench/micro")
}

/// Where the small `pyperf` is.
pub fn shim_folder() -> PathBuf {
    workspace::root().join("xtask/bench/shim")
}

/// One run of one script.
pub struct Program {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Its folder among pyperformance's, without `bm_`, or its file among ours, without `.py`.
    pub folder: &'static str,
    /// What the script is told.
    pub arguments: &'static [&'static str],
}

const fn program(name: &'static str) -> Program {
    Program {
        name,
        folder: name,
        arguments: &[],
    }
}

const fn variant(
    name: &'static str,
    folder: &'static str,
    arguments: &'static [&'static str],
) -> Program {
    Program {
        name,
        folder,
        arguments,
    }
}

const PYPERFORMANCE: &[Program] = &[
    program("nbody"),
    program("float"),
    program("fannkuch"),
    program("spectral_norm"),
    program("nqueens"),
    program("chaos"),
    program("raytrace"),
    program("richards"),
    program("richards_super"),
    program("deltablue"),
    program("go"),
    program("hexiom"),
    program("scimark"),
    program("barnes_hut"),
    program("bpe_tokeniser"),
    program("pyflate"),
    program("mdp"),
    program("meteor_contest"),
    program("pidigits"),
    program("telco"),
    program("unpack_sequence"),
    program("comprehensions"),
    program("generators"),
    program("coroutines"),
    program("async_generators"),
    variant("async_tree", "async_tree", &["none"]),
    program("deepcopy"),
    program("json_dumps"),
    program("json_loads"),
    variant("pickle", "pickle", &["pickle"]),
    variant("unpickle", "pickle", &["unpickle"]),
    variant("pickle_pure", "pickle", &["--pure-python", "pickle"]),
    variant("unpickle_pure", "pickle", &["--pure-python", "unpickle"]),
    program("regex_compile"),
    program("regex_effbot"),
    program("regex_dna"),
    program("regex_v8"),
    program("logging"),
    program("pprint"),
    program("pathlib"),
    variant("argparse", "argparse", &["many_optionals"]),
    program("base64"),
    program("decimal_pi"),
    program("decimal_factorial"),
    program("gc_collect"),
    program("gc_traversal"),
    program("typing_runtime_protocols"),
    program("xml_etree"),
];

const MICRO: &[Program] = &[
    program("fib"),
    program("int_loop"),
    program("float_loop"),
    program("function_calls"),
    program("keyword_calls"),
    program("star_calls"),
    program("method_calls"),
    program("attributes"),
    program("globals"),
    program("closures"),
    program("class_construction"),
    program("class_statements"),
    program("operators"),
    program("builtin_calls"),
    program("lists"),
    program("comprehensions"),
    program("tuples"),
    program("dicts"),
    program("sets"),
    program("sorting"),
    program("strings"),
    program("string_formatting"),
    program("big_ints"),
    program("generators"),
    program("coroutines"),
    program("try_except"),
    program("raise_and_catch"),
    program("objects"),
    program("iterators"),
    program("deques"),
    program("arrays"),
    program("byte_strings"),
    program("regexes"),
    program("json_text"),
    program("decimals"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_program_is_listed_and_there() {
        let mut listed: Vec<PathBuf> = MICRO
            .iter()
            .map(|program| Suite::Micro.script(program, Path::new("")))
            .collect();
        listed.sort();
        assert_eq!(workspace::files(&micro_folder(), "py"), listed);
    }
}
