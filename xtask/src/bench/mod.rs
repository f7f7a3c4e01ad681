//! `cargo xtask bench`: pyperformance's own scripts on Taipan, and on others in turn; `--micro`: small loops of our own.
//!
//! pyperformance's sources come from its wheel, downloaded into `target` once. Each script runs unchanged in one
//! process of each interpreter, one after the other, against the small `pyperf` in `xtask/bench/shim`. Compared are
//! the best round's seconds and the process's peak memory; start-up is a row of its own. The loops in
//! `xtask/bench/micro` say what they computed, and a result that differs from the first interpreter's does not count.

mod page;
pub mod programs;
mod report;
mod tiers;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::measured;
use crate::taipan::Interpreter;
use crate::{Failure, workspace};
use programs::{Program, Suite};
use report::Report;

/// Processes started for the start-up row.
const START_UPS: usize = 30;
/// The name of the start-up row.
pub const START_UP: &str = "startup";

struct Options {
    suite: Suite,
    against: Vec<Interpreter>,
    taipan: Option<Interpreter>,
    seconds: f64,
    rounds: usize,
    limit: Duration,
    json: Option<PathBuf>,
    markdown: Option<PathBuf>,
    /// Nothing is measured: results are compared between the tiers.
    tiers: bool,
    names: Vec<String>,
}

/// What was measured of one benchmark on one interpreter.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// Seconds of the best round.
    pub best: f64,
    /// Seconds of the median round.
    pub median: f64,
    /// Seconds of the first round.
    pub first: f64,
    /// The largest resident set in bytes.
    pub peak_memory: u64,
}

/// Runs the benchmarks and prints the table.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let options = Options::read(arguments)?;
    let taipan = match &options.taipan {
        Some(interpreter) => interpreter.clone(),
        None => Interpreter::taipan()?,
    };
    let mut interpreters = vec![taipan];
    interpreters.extend(options.against.iter().cloned());
    let sources = match options.suite {
        Suite::Pyperformance => sources(&interpreters)?,
        Suite::Micro => PathBuf::new(),
    };
    if options.tiers {
        return tiers::compare(&interpreters[0], &options, &sources);
    }
    let mut report = Report::new(&interpreters);
    if options.suite.has_start_up() && options.wants(START_UP) {
        start_up(&interpreters, &options, &mut report)?;
    }
    // A machine that is busy for a while slows all rounds of a program that follow each other: so each round goes over all.
    for round in 1..=options.rounds {
        for program in options.suite.programs() {
            if !options.wants(program.name) {
                continue;
            }
            for (index, interpreter) in interpreters.iter().enumerate() {
                measure(interpreter, index, program, &sources, &options, &mut report)?;
            }
        }
        println!("round {round} of {} is done", options.rounds);
    }
    report.print_rows();
    report.print_summary();
    if let Some(path) = &options.json {
        std::fs::write(path, report.json())?;
    }
    if let Some(path) = &options.markdown {
        page::write(path, options.suite, &report.markdown())?;
    }
    Ok(())
}

const USAGE: &str =
    "usage: cargo xtask bench [--micro] [--tiers] [--against [NAME=]COMMAND]... [--python [NAME=]COMMAND] [--seconds S]
       [--rounds N] [--timeout S] [--json FILE] [--markdown [FILE]] [NAME...]";

impl Options {
    fn read(arguments: &[&str]) -> Result<Options, Failure> {
        let suite = if arguments.contains(&"--micro") {
            Suite::Micro
        } else {
            Suite::Pyperformance
        };
        let mut options = Options {
            suite,
            against: Vec::new(),
            taipan: None,
            seconds: suite.seconds(),
            rounds: suite.rounds(),
            limit: Duration::from_secs(180),
            json: None,
            markdown: None,
            tiers: false,
            names: Vec::new(),
        };
        let usage = || Failure(USAGE.to_string());
        let mut words = arguments.iter().copied().peekable();
        while let Some(word) = words.next() {
            match word {
                "--micro" => {}
                "--tiers" => options.tiers = true,
                "--against" => {
                    let command = words.next().ok_or_else(usage)?;
                    options.against.push(Interpreter::from_argument(command));
                }
                "--python" => {
                    let command = words.next().ok_or_else(usage)?;
                    options.taipan = Some(Interpreter::from_argument(command));
                }
                "--seconds" => options.seconds = number(words.next())?,
                "--rounds" => options.rounds = number::<usize>(words.next())?.max(1),
                "--timeout" => options.limit = Duration::from_secs(number(words.next())?),
                "--json" => options.json = Some(words.next().ok_or_else(usage)?.into()),
                "--markdown" => {
                    let file = words.next_if(|word| word.ends_with(".md"));
                    let default = workspace::root().join("docs/performance.md");
                    options.markdown = Some(file.map_or(default, PathBuf::from));
                }
                _ if word.starts_with('-') => return Err(usage()),
                name => options.names.push(name.to_string()),
            }
        }
        let mut known: Vec<&str> = suite.programs().iter().map(|p| p.name).collect();
        if suite.has_start_up() {
            known.insert(0, START_UP);
        }
        match options
            .names
            .iter()
            .find(|name| !known.contains(&name.as_str()))
        {
            None => Ok(options),
            Some(name) => Err(Failure(format!(
                "no benchmark {name}; there are: {}",
                known.join(" ")
            ))),
        }
    }

    /// Makes a command of an interpreter run a program; `sources` is where pyperformance's benchmarks are.
    fn prepare(&self, command: &mut Command, program: &Program, sources: &Path) {
        let script = self.suite.script(program, sources);
        command
            .arg(&script)
            .args(program.arguments)
            .current_dir(script.parent().unwrap_or(sources))
            .env("PYTHONPATH", programs::shim_folder())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONHASHSEED", "0")
            .env("BENCH_SECONDS", self.seconds.to_string());
    }

    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }
}

fn number<T: std::str::FromStr>(word: Option<&str>) -> Result<T, Failure> {
    let word = word.unwrap_or_default();
    word.parse()
        .map_err(|_| Failure(format!("`{word}` is no number\n{USAGE}")))
}

/// The folder of pyperformance's benchmarks; downloads the wheel if it is not there yet.
fn sources(interpreters: &[Interpreter]) -> Result<PathBuf, Failure> {
    let folder = workspace::root().join("target/pyperformance");
    let benchmarks = folder.join("pyperformance/data-files/benchmarks");
    if benchmarks.join("bm_nbody").is_dir() {
        return Ok(benchmarks);
    }
    // Any CPython will do to fetch and unpack a wheel; Taipan need not be able to.
    let python = interpreters
        .get(1)
        .cloned()
        .unwrap_or_else(|| Interpreter::from_argument("python3"));
    std::fs::create_dir_all(&folder)?;
    println!("downloading pyperformance with {}", python.name);
    let mut download = python.command();
    download.args(["-m", "pip", "download", "--quiet", "--no-deps", "-d", "."]);
    succeed(download.arg("pyperformance").current_dir(&folder))?;
    let wheel = workspace::files(&folder, "whl")
        .pop()
        .ok_or_else(|| Failure("pip downloaded no wheel".to_string()))?;
    let mut unpack = python.command();
    unpack.args(["-m", "zipfile", "-e"]).arg(wheel).arg(".");
    succeed(unpack.current_dir(&folder))?;
    Ok(benchmarks)
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    if command.status()?.success() {
        Ok(())
    } else {
        Err(Failure(format!("failed: {command:?}")))
    }
}

fn measure(
    interpreter: &Interpreter,
    index: usize,
    program: &Program,
    sources: &Path,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut command = interpreter.command();
    options.prepare(&mut command, program, sources);
    let finished = measured::run(&mut command, options.limit)?;
    let mut seen = false;
    for line in finished.stdout.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if let ["CHECK", name, computed] = fields[..]
            && let Err(first) = report.check(name, computed)
        {
            let why = format!("computed {computed}, not {first}");
            report.fail(program.name, index, why);
            return Ok(());
        }
        if let ["RESULT", name, best, median, first] = fields[..] {
            let seconds = |text: &str| text.parse().unwrap_or(f64::NAN);
            let measurement = Measurement {
                best: seconds(best),
                median: seconds(median),
                first: seconds(first),
                peak_memory: finished.peak_memory,
            };
            report.add(name, index, measurement);
            seen = true;
        }
    }
    let last_words = finished
        .stderr
        .lines()
        .rfind(|line| !line.trim().is_empty());
    let why = match (finished.timed_out, finished.signal, finished.succeeded) {
        (true, _, _) => format!("not done after {} s", options.limit.as_secs()),
        (_, Some(signal), _) => format!("ended by signal {signal}"),
        (_, _, true) if seen => return Ok(()),
        (_, _, true) => "printed no result".to_string(),
        _ => last_words.unwrap_or("failed without a word").to_string(),
    };
    report.fail(program.name, index, why);
    Ok(())
}

fn start_up(
    interpreters: &[Interpreter],
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut walls: Vec<Vec<f64>> = vec![Vec::new(); interpreters.len()];
    let mut peaks = vec![0; interpreters.len()];
    for _ in 0..START_UPS {
        for (index, interpreter) in interpreters.iter().enumerate() {
            let mut command = interpreter.command();
            let finished = measured::run(command.args(["-c", "pass"]), options.limit)?;
            if !finished.succeeded {
                report.fail(START_UP, index, "failed".to_string());
                continue;
            }
            walls[index].push(finished.wall.as_secs_f64());
            peaks[index] = peaks[index].max(finished.peak_memory);
        }
    }
    for (index, walls) in walls.iter_mut().enumerate() {
        let first = walls.first().copied();
        walls.sort_by(f64::total_cmp);
        if let (Some(first), Some(&best)) = (first, walls.first()) {
            let measurement = Measurement {
                best,
                median: walls[walls.len() / 2],
                first,
                peak_memory: peaks[index],
            };
            report.add(START_UP, index, measurement);
        }
    }
    Ok(())
}
