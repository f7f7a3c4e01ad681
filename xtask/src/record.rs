//! Records what the programs in tests/programs print on CPython 3.14, which npm ships as `pyodide`.
//!
//! The recordings are committed; the tests need neither Node nor a network.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::workspace::root;

/// The release of `pyodide` whose Python is the oracle.
const PYODIDE: &str = "pyodide@314.0.7";

/// Records the named programs, or all.
pub fn run(names: &[&str]) -> Result<(), Failure> {
    let module = install()?;
    let programs = programs(names)?;
    let status = Command::new("node")
        .arg(root().join("xtask/oracle/record.mjs"))
        .arg(&module)
        .args(&programs)
        .status()
        .map_err(|error| Failure(format!("node: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure("the oracle failed".to_owned()))
    }
}

fn install() -> Result<PathBuf, Failure> {
    let folder = root().join("target/oracle");
    let module = folder.join("node_modules/pyodide/pyodide.mjs");
    if !module.exists() {
        std::fs::create_dir_all(&folder)?;
        let status = Command::new("npm")
            .args(["install", "--silent", "--prefix"])
            .arg(&folder)
            .arg(PYODIDE)
            .status()
            .map_err(|error| Failure(format!("npm: {error}")))?;
        if !status.success() {
            return Err(Failure(format!("npm could not install {PYODIDE}")));
        }
    }
    Ok(module)
}

fn programs(names: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let folder = root().join("tests/programs");
    if !names.is_empty() {
        return Ok(names
            .iter()
            .map(|name| folder.join(name).with_extension("py"))
            .collect());
    }
    let mut all: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path: &PathBuf| path.extension() == Some(Path::new("py").as_os_str()))
        .collect();
    all.sort();
    Ok(all)
}
