//! `cargo xtask fuzz --coverage`: which uops the traces of generated programs are made of.
//!
//! Programs run with `PYTHON_OPT_DEBUG=2`, which shows each finished trace; the uops are those of ops/ops.def.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use super::generate;
use super::modes::{self, MODES};
use crate::codegen::Definitions;
use crate::taipan::Interpreter;
use crate::{Failure, workspace};

/// Runs programs in the modes of tier 2, in turn, and prints what their traces hold.
pub fn report(
    taipan: &Interpreter,
    seeds: Range<u64>,
    deadline: Instant,
    folder: &Path,
) -> Result<(), Failure> {
    let definitions = Definitions::of_workspace(&workspace::root())?;
    let file = folder.join("coverage.py");
    let mut uops: BTreeMap<String, u64> = BTreeMap::new();
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    let mut programs = 0;
    let mut left = 0;
    for seed in seeds {
        if Instant::now() > deadline {
            break;
        }
        std::fs::write(&file, generate::program(seed))?;
        let mode = &MODES[programs % MODES.len()];
        programs += 1;
        let outcome = mode.run_with(taipan, &file, modes::LIMIT, &[("PYTHON_OPT_DEBUG", "2")])?;
        left += outcome.count(" raised ");
        for line in outcome.stderr.lines() {
            if let Some((_, end)) = line
                .rsplit_once("ends: ")
                .or(line.rsplit_once("no trace: "))
            {
                *ends.entry(end.to_string()).or_default() += 1;
            } else if let Some(uop) = line
                .split_whitespace()
                .nth(1)
                .filter(|uop| uop.starts_with('_'))
            {
                *uops.entry(uop.to_string()).or_default() += 1;
            }
        }
    }
    super::remove(&file)?;
    let mut by_count: Vec<(&String, &u64)> = uops.iter().collect();
    by_count.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (uop, count) in by_count {
        println!("{count:9}  {uop}");
    }
    let viable = definitions.model.uops.values().filter(|uop| uop.viable);
    let missing: Vec<&str> = viable
        .clone()
        .map(|uop| uop.name.as_str())
        .filter(|uop| !uops.contains_key(*uop))
        .collect();
    println!(
        "\n{} of {} viable uops never occur:",
        missing.len(),
        viable.count()
    );
    println!("  {}", missing.join(" "));
    println!("\nhow traces end, or why there is none:");
    for (end, count) in ends {
        println!("{count:9}  {end}");
    }
    println!("\n{programs} programs; {left} units ended with an exception");
    Ok(())
}
