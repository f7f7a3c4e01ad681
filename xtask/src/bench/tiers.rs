//! `cargo xtask bench --tiers`: every program gives the same with tier 2 off, on, hot from the first iteration, and with every
//! trace invalidated where it looks whether it is valid.

use std::path::Path;

use super::Options;
use super::programs::Program;
use crate::Failure;
use crate::measured;
use crate::taipan::Interpreter;

/// What tier 2 does; the first is what the others are compared with.
const TIERS: [(&str, &[&str]); 4] = [
    ("off", &["jit=0"]),
    ("on", &["jit=1"]),
    ("hot", &["jit=1", "tier2-threshold=1"]),
    // A trace that is made anew at each iteration takes its time; a higher threshold leaves some of them to run.
    (
        "invalidated",
        &["jit=1", "tier2-threshold=25", "tier2-stress=invalidate"],
    ),
];

/// The last line of a run that has ended well.
const DONE: &str = "done";

/// Runs the programs in all of them; fails if one differs. `sources` is where pyperformance's benchmarks are.
pub fn compare(taipan: &Interpreter, options: &Options, sources: &Path) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    let (mut count, mut failed) = (0, 0);
    for program in options.suite.programs() {
        if !options.wants(program.name) {
            continue;
        }
        let mut first: Option<Vec<String>> = None;
        for (name, tier) in TIERS {
            let lines = lines(taipan, tier, program, options, sources)?;
            let expected = first.get_or_insert_with(|| lines.clone());
            if let Some(difference) = difference(expected, &lines) {
                wrong.push(format!("{}, {name}: {difference}", program.name));
                println!("{}", wrong[wrong.len() - 1]);
            }
        }
        match first.as_ref().and_then(|lines| lines.last()) {
            Some(end) if end != DONE => {
                failed += 1;
                println!("{}, in every tier: {end}", program.name);
            }
            _ => count += 1,
        }
    }
    println!(
        "{count} programs compared in {} tiers, {failed} cannot run",
        TIERS.len()
    );
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure(wrong.join("\n"))),
    }
}

/// What a program prints, and how it ends.
fn lines(
    taipan: &Interpreter,
    tier: &[&str],
    program: &Program,
    options: &Options,
    sources: &Path,
) -> Result<Vec<String>, Failure> {
    let mut command = taipan.command();
    command.args(tier.iter().flat_map(|option| ["-X", option]));
    options.prepare(&mut command, program, sources);
    let finished = measured::run(command.env("BENCH_CHECK", "1"), options.limit)?;
    let mut lines: Vec<String> = finished.stdout.lines().map(str::to_string).collect();
    lines.push(match (finished.timed_out, finished.code) {
        (true, _) => format!("not done after {} s", options.limit.as_secs()),
        (false, Some(0)) if lines.iter().any(|line| line.starts_with("CHECK")) => DONE.to_string(),
        (false, _) => {
            let last = finished.stderr.lines().last().unwrap_or_default();
            format!("failed: {last}")
        }
    });
    Ok(lines)
}

/// How a run differs from the first.
fn difference(expected: &[String], lines: &[String]) -> Option<String> {
    let mut pairs = expected.iter().zip(lines);
    match pairs.find(|(expected, line)| expected != line) {
        Some((expected, line)) => Some(format!("{line:?} instead of {expected:?}")),
        None if expected.len() != lines.len() => Some("more or fewer lines".to_string()),
        None => None,
    }
}
