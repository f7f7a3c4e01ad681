//! `cargo xtask fuzz`: random programs print the same in every tier.
//!
//! Programs are made from seeds (`generate`), run without traces and then in every mode of tier 2 (`modes`), two
//! processes at once. Where a mode says something else, the program is made smaller (`shrink`) and written to
//! `target/fuzz`. `--coverage` counts the uops of the traces that the programs get (`coverage`).

mod coverage;
mod generate;
mod modes;
mod shrink;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::taipan::Interpreter;
use crate::{Failure, process, workspace};
use modes::{MODES, Mode};

/// Processes that run at once.
const PROCESSES: usize = 2;
/// How long a finding is made smaller.
const SHRINKING: Duration = Duration::from_secs(60);
/// Findings after which no more are looked for.
const FINDINGS: usize = 8;

const USAGE: &str = "usage: cargo xtask fuzz [--seconds N] [--seed S] [--programs N] [--python [NAME=]COMMAND] \
[--coverage] [--print] [--shrink FILE]";

struct Options {
    seconds: u64,
    seed: u64,
    programs: u64,
    taipan: Option<Interpreter>,
    coverage: bool,
    print: bool,
    shrink: Option<PathBuf>,
}

/// What went wrong with one program.
struct Finding {
    seed: u64,
    mode: &'static Mode,
    difference: String,
}

/// Runs programs until the time is over; fails if one does not print the same everywhere.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let options = Options::read(arguments)?;
    if options.print {
        print!("{}", generate::program(options.seed));
        return Ok(());
    }
    let taipan = match &options.taipan {
        Some(taipan) => taipan.clone(),
        None => development_build()?,
    };
    let folder = workspace::target().join("fuzz");
    std::fs::create_dir_all(&folder)?;
    if let Some(file) = &options.shrink {
        return shrink_file(&taipan, file);
    }
    if options.coverage {
        let deadline = Instant::now() + Duration::from_secs(options.seconds);
        let seeds = options.seed..options.seed.saturating_add(options.programs);
        return coverage::report(&taipan, seeds, deadline, &folder);
    }
    let findings = search(&taipan, &options, &folder)?;
    if findings.is_empty() {
        return Ok(());
    }
    let mut lines = Vec::new();
    for finding in &findings {
        lines.push(report(&taipan, finding, &folder)?);
    }
    Err(Failure(lines.join("\n")))
}

/// The programs that run, and what was found.
struct Search<'a> {
    taipan: &'a Interpreter,
    options: &'a Options,
    folder: &'a Path,
    deadline: Instant,
    next: AtomicU64,
    programs: AtomicUsize,
    /// Those that take too long without traces: their values grow too large.
    slow: AtomicUsize,
    runs: AtomicUsize,
    findings: Mutex<Vec<Finding>>,
}

/// Runs programs in all modes; the findings, by seed.
fn search(taipan: &Interpreter, options: &Options, folder: &Path) -> Result<Vec<Finding>, Failure> {
    let search = Search {
        taipan,
        options,
        folder,
        deadline: Instant::now() + Duration::from_secs(options.seconds),
        next: AtomicU64::new(0),
        programs: AtomicUsize::new(0),
        slow: AtomicUsize::new(0),
        runs: AtomicUsize::new(0),
        findings: Mutex::new(Vec::new()),
    };
    std::thread::scope(|threads| -> Result<(), Failure> {
        let search = &search;
        let start = |number| threads.spawn(move || search.work(number));
        let workers: Vec<_> = (0..PROCESSES).map(start).collect();
        for worker in workers {
            worker.join().expect("no worker panics")?;
        }
        Ok(())
    })?;
    println!(
        "fuzz: {} programs from seed {}, of which {} take too long, {} runs in {} modes against tier 1",
        search.programs.into_inner(),
        options.seed,
        search.slow.into_inner(),
        search.runs.into_inner(),
        MODES.len()
    );
    let mut findings = search.findings.into_inner().expect("no worker panics");
    findings.sort_by_key(|finding| finding.seed);
    Ok(findings)
}

impl Search<'_> {
    /// Runs programs, one after the other, until the time is over.
    fn work(&self, number: usize) -> Result<(), Failure> {
        // Another search may be under way in the same folder.
        let name = format!("running-{}-{number}.py", std::process::id());
        let file = self.folder.join(name);
        while Instant::now() < self.deadline && self.found() < FINDINGS {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.options.programs {
                break;
            }
            let seed = self.options.seed.wrapping_add(index);
            std::fs::write(&file, generate::program(seed))?;
            if let Some((mode, difference)) = self.differs(&file)? {
                println!("seed {seed}, {mode}: {difference}");
                let finding = Finding {
                    seed,
                    mode,
                    difference,
                };
                let mut findings = self.findings.lock().expect("no worker panics");
                findings.push(finding);
            }
        }
        remove(&file)
    }

    fn found(&self) -> usize {
        self.findings.lock().expect("no worker panics").len()
    }

    /// The first mode in which a program is not as without traces, and how.
    fn differs(&self, program: &Path) -> Result<Option<(&'static Mode, String)>, Failure> {
        let baseline = modes::BASELINE.run(self.taipan, program, modes::BASELINE_LIMIT)?;
        self.programs.fetch_add(1, Ordering::Relaxed);
        if baseline.timed_out() {
            self.slow.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        if let Some(what) = baseline.is_broken() {
            return Ok(Some((&modes::BASELINE, what)));
        }
        for mode in MODES {
            let outcome = mode.run(self.taipan, program, modes::LIMIT)?;
            self.runs.fetch_add(1, Ordering::Relaxed);
            if let Some(difference) = baseline.difference(&outcome) {
                return Ok(Some((mode, difference)));
            }
        }
        Ok(None)
    }
}

/// Removes a file, if it is there.
fn remove(file: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Makes the finding's program smaller and writes it; the line that tells of it.
fn report(taipan: &Interpreter, finding: &Finding, folder: &Path) -> Result<String, Failure> {
    let Finding {
        seed,
        mode,
        difference,
    } = finding;
    let file = folder.join(format!("{seed}.py"));
    let program = generate::program(*seed);
    let small = shrink::shrink(
        taipan,
        &program,
        mode,
        SHRINKING,
        &folder.join(format!("{seed}-try")),
    )?;
    let text = format!("# {mode}\n# seed {seed}: {difference}\n{small}");
    std::fs::write(&file, text)?;
    Ok(format!(
        "seed {seed}: {mode}: {difference}\n  {}",
        file.display()
    ))
}

/// Makes a program in a file smaller that differs in some mode.
fn shrink_file(taipan: &Interpreter, file: &Path) -> Result<(), Failure> {
    let program = std::fs::read_to_string(file)?;
    let baseline = modes::BASELINE.run(taipan, file, modes::LIMIT)?;
    for mode in MODES {
        let outcome = mode.run(taipan, file, modes::LIMIT)?;
        let Some(difference) = baseline.difference(&outcome) else {
            println!("{mode}: the same");
            continue;
        };
        println!("{mode}: {difference}");
        let small = shrink::shrink(
            taipan,
            &program,
            mode,
            SHRINKING * 5,
            &file.with_extension("try"),
        )?;
        let written = file.with_extension("small.py");
        std::fs::write(&written, format!("# {mode}\n{small}"))?;
        println!("{}", written.display());
        return Ok(());
    }
    Ok(())
}

/// Builds Taipan as for development and gives it.
fn development_build() -> Result<Interpreter, Failure> {
    process::step(
        &process::cargo(),
        &["build", "--ignore-rust-version", "-p", "taipan-cli"],
    )?;
    let binary = workspace::target().join("debug").join("taipan");
    Ok(Interpreter {
        name: "taipan".to_string(),
        command: vec![binary.to_string_lossy().into_owned()],
    })
}

impl Options {
    fn read(arguments: &[&str]) -> Result<Options, Failure> {
        let mut options = Options {
            seconds: 120,
            seed: 1,
            programs: u64::MAX,
            taipan: None,
            coverage: false,
            print: false,
            shrink: None,
        };
        let usage = || Failure(USAGE.to_string());
        let mut words = arguments.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(usage);
            let number = |text: &str| text.parse::<u64>().map_err(|_| usage());
            match word {
                "--seconds" => options.seconds = number(value()?)?,
                "--seed" => options.seed = number(value()?)?,
                "--programs" => options.programs = number(value()?)?,
                "--python" => options.taipan = Some(Interpreter::from_argument(value()?)),
                "--coverage" => options.coverage = true,
                "--print" => options.print = true,
                "--shrink" => options.shrink = Some(value()?.into()),
                _ => return Err(usage()),
            }
        }
        Ok(options)
    }
}
