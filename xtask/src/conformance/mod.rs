//! `cargo xtask conformance`: CPython's own regression tests, run by Taipan.
//!
//! The `test` package of a CPython on this machine is copied into `target`, so that the rest of the library stays
//! Taipan's own; then each module runs as `taipan -m unittest -v test.MODULE` in a process with a time limit. The
//! counts and every failing method go to `docs/conformance.md`, with the reasons that
//! `docs/conformance-reasons.tsv` gives.

mod outcome;
mod page;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use crate::measured;
use crate::taipan::Interpreter;
use crate::{Failure, workspace};
use outcome::Outcome;

/// The modules that say what the language and its core types are.
const MODULES: &[&str] = &[
    "test_grammar",
    "test_compile",
    "test_generators",
    "test_coroutines",
    "test_patma",
    "test_fstring",
    "test_exceptions",
    "test_except_star",
    "test_with",
    "test_scope",
    "test_class",
    "test_descr",
    "test_super",
    "test_property",
    "test_decorators",
    "test_metaclass",
    "test_builtin",
    "test_int",
    "test_long",
    "test_float",
    "test_str",
    "test_bytes",
    "test_list",
    "test_tuple",
    "test_dict",
    "test_set",
    "test_range",
    "test_slice",
    "test_iter",
    "test_itertools",
    "test_sort",
    "test_format",
    "test_call",
    "test_extcall",
    "test_unpack",
    "test_raise",
    "test_richcmp",
    "test_isinstance",
    "test_gc",
    "test_weakref",
    "test_math",
    "test_re",
    "test_json",
    "test_collections",
    "test_functools",
    "test_contextlib",
    "test_dataclasses",
    "test_enum",
    "test_dis",
    "test__opcode",
    "test_opcache",
    "test_type_cache",
    "test_monitoring",
    "test_sys_settrace",
    "test_optimizer",
    "test_capi.test_opt",
];

/// Options that a module's tests take for granted: a 3.13 whose loops are hot after 16 rounds.
const OPTIONS: &[(&str, &[&str])] = &[(
    "test_capi.test_opt",
    &["-X", "jit=1", "-X", "tier2-threshold=16"],
)];

/// Interpreters whose `test` package is tried when none is named.
const TEST_SOURCES: [&str; 3] = ["python3.14", "python3.13", "python3"];

const USAGE: &str =
    "usage: cargo xtask conformance [--python [NAME=]COMMAND] [--tests-of COMMAND] [--timeout S]
       [--jobs N] [--no-page] [MODULE...]";

struct Options {
    python: Option<Interpreter>,
    tests_of: Option<Interpreter>,
    limit: Duration,
    jobs: usize,
    writes_page: bool,
    modules: Vec<String>,
}

/// Runs the modules, prints a line for each, and writes the page if all of them ran.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let options = Options::read(arguments)?;
    let python = match &options.python {
        Some(interpreter) => interpreter.clone(),
        None => Interpreter::taipan()?,
    };
    let source = test_source(&options)?;
    let library = copy_tests(&source)?;
    println!("tests of {}", source.version);
    println!(
        "{:<20}{:>7}{:>9}{:>9}{:>9}",
        "module", "tests", "passed", "failed", "skipped"
    );
    let outcomes = run_modules(&python, &source, &library, &options)?;
    let passed: usize = outcomes.iter().map(|outcome| outcome.passed).sum();
    let tests: usize = outcomes.iter().map(|outcome| outcome.tests).sum();
    println!(
        "{passed} of {tests} tests passed in {} modules",
        outcomes.len()
    );
    if options.writes_page {
        let root = workspace::root();
        let reasons = page::Reasons::read(&root.join("docs/conformance-reasons.tsv"))?;
        let features = std::fs::read_to_string(root.join("docs/tier2-features.tsv"))?;
        let page = page::page(&outcomes, &source.version, &reasons, &features);
        std::fs::write(root.join("docs/conformance.md"), page)?;
        println!("wrote docs/conformance.md");
    }
    Ok(())
}

impl Options {
    fn read(arguments: &[&str]) -> Result<Options, Failure> {
        let mut options = Options {
            python: None,
            tests_of: None,
            limit: Duration::from_secs(300),
            jobs: 1,
            writes_page: true,
            modules: Vec::new(),
        };
        let mut words = arguments.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Failure(USAGE.to_string()));
            match word {
                "--python" => options.python = Some(Interpreter::from_argument(value()?)),
                "--tests-of" => options.tests_of = Some(Interpreter::from_argument(value()?)),
                "--timeout" => options.limit = Duration::from_secs(number(value()?)?),
                "--jobs" => options.jobs = number(value()?)?.max(1) as usize,
                "--no-page" => options.writes_page = false,
                _ if word.starts_with('-') => return Err(Failure(USAGE.to_string())),
                module => options.modules.push(module.to_string()),
            }
        }
        if options.modules.is_empty() {
            options.modules = MODULES.iter().map(|module| module.to_string()).collect();
        } else {
            // The page is about all modules; a few of them are for the terminal.
            options.writes_page = false;
        }
        Ok(options)
    }
}

fn number(word: &str) -> Result<u64, Failure> {
    word.parse()
        .map_err(|_| Failure(format!("`{word}` is no number\n{USAGE}")))
}

/// A CPython that has the `test` package.
struct TestSource {
    interpreter: Interpreter,
    version: String,
    package: PathBuf,
}

fn test_source(options: &Options) -> Result<TestSource, Failure> {
    let candidates: Vec<Interpreter> = match &options.tests_of {
        Some(interpreter) => vec![interpreter.clone()],
        None => TEST_SOURCES.map(Interpreter::from_argument).to_vec(),
    };
    for interpreter in candidates {
        let mut command = interpreter.command();
        command.args(["-c", "import test.support; print(test.__path__[0])"]);
        let Ok(output) = command.output() else {
            continue;
        };
        let path = String::from_utf8_lossy(&output.stdout).trim().to_string();
        if output.status.success() && !path.is_empty() {
            return Ok(TestSource {
                version: interpreter.version(),
                interpreter,
                package: path.into(),
            });
        }
    }
    let hint = "no CPython here has its `test` package; name one with --tests-of";
    Err(Failure(hint.to_string()))
}

/// Copies the package, unless this version's is there, amended by the same table; gives the folder to put on the path.
fn copy_tests(source: &TestSource) -> Result<PathBuf, Failure> {
    let folder = workspace::root().join("target/conformance");
    let library = folder.join("lib");
    let stamp = folder.join("version");
    let own = workspace::root().join("xtask/conformance");
    let amendments = std::fs::read_to_string(own.join("amendments.tsv"))?;
    let current = format!("{}\n{amendments}", source.version);
    if !std::fs::read_to_string(&stamp).is_ok_and(|copied| copied == current) {
        if library.exists() {
            std::fs::remove_dir_all(&library)?;
        }
        copy_folder(&source.package, &library.join("test"))?;
        amend(&library.join("test"), &amendments)?;
        std::fs::write(stamp, current)?;
    }
    copy_folder(&own.join("support"), &library)?;
    Ok(library)
}

/// Replaces the lines that keep a module of an older release, or one about CPython alone, from running on another 3.14. A row
/// of the table has the file, the line, what stands for it, and why.
fn amend(package: &Path, table: &str) -> Result<(), Failure> {
    for row in table.lines() {
        let [file, old, new, _reason] = row.split('\t').collect::<Vec<_>>()[..] else {
            return Err(Failure(format!(
                "amendments.tsv: not four columns in `{row}`"
            )));
        };
        let path = package.join(file);
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                if line.trim() == old {
                    line.replace(old, new)
                } else {
                    line.to_string()
                }
            })
            .collect();
        std::fs::write(&path, lines.join("\n") + "\n")?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "__pycache__" {
                copy_folder(&entry.path(), &target)?;
            }
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Runs the modules on `jobs` threads; the outcomes keep the order of the modules.
fn run_modules(
    python: &Interpreter,
    source: &TestSource,
    library: &Path,
    options: &Options,
) -> Result<Vec<Outcome>, Failure> {
    let next = Mutex::new(0);
    let outcomes: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::new());
    let failure = Mutex::new(None);
    let work = || {
        loop {
            let index = {
                let mut next = next.lock().expect("no holder of this lock panics");
                *next += 1;
                *next - 1
            };
            let Some(module) = options.modules.get(index) else {
                return;
            };
            match run_module(python, source, library, module, options.limit) {
                Ok(outcome) => {
                    println!("{}", outcome.line());
                    let mut outcomes = outcomes.lock().expect("no holder of this lock panics");
                    outcomes.push((index, outcome));
                }
                Err(error) => {
                    *failure.lock().expect("no holder of this lock panics") = Some(error);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(work);
        }
    });
    if let Some(error) = failure.into_inner().expect("no holder of this lock panics") {
        return Err(error);
    }
    let mut outcomes = outcomes
        .into_inner()
        .expect("no holder of this lock panics");
    outcomes.sort_by_key(|(index, _)| *index);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn run_module(
    python: &Interpreter,
    source: &TestSource,
    library: &Path,
    module: &str,
    limit: Duration,
) -> Result<Outcome, Failure> {
    let work = workspace::root()
        .join("target/conformance/work")
        .join(module);
    std::fs::create_dir_all(&work)?;
    // What stands for CPython's own modules in this module's tests, and nowhere else: others look whether they are there.
    let own = workspace::root()
        .join("xtask/conformance/support_of")
        .join(module);
    let path = std::env::join_paths([own.as_path(), library])
        .map_err(|error| Failure(error.to_string()))?;
    let mut command = python.command();
    if let Some((_, options)) = OPTIONS.iter().find(|(of, _)| *of == module) {
        command.args(*options);
    }
    command
        .args(["-m", "unittest", "-v", &format!("test.{module}")])
        .current_dir(&work)
        .env("PYTHONPATH", &path)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONHASHSEED", "0")
        .env("NO_COLOR", "1");
    let finished = measured::run(&mut command, limit)?;
    // What a test leaves lying about is of no interest, and may be gone already.
    let _ = std::fs::remove_dir_all(&work);
    let tests = count_tests(source, &path, module).unwrap_or(0);
    Ok(Outcome::read(module, tests, &finished, limit))
}

/// How many tests the module has, as CPython counts them: a crash must not make the module look smaller.
fn count_tests(source: &TestSource, path: &OsStr, module: &str) -> Option<usize> {
    let program = format!(
        "import unittest; print(unittest.defaultTestLoader.loadTestsFromName('test.{module}').countTestCases())"
    );
    let mut command = source.interpreter.command();
    command
        .args(["-c", &program])
        .env("PYTHONPATH", path)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let finished = measured::run(&mut command, Duration::from_secs(60)).ok()?;
    finished.stdout.lines().last()?.trim().parse().ok()
}
