//! `cargo xtask release`: the binary that is given to people, built along a profile of our own programs.
//!
//! The interpreter is built twice: once with counters, which the programs in tests/programs and the loops in
//! xtask/bench/micro fill, and once for what the counters say. Nothing that the benchmark tables are made of is trained on but
//! those loops. The profile is merged by the `llvm-profdata` of the compiler's own LLVM. See docs/decisions/0006.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bench::programs;
use crate::process::{cargo, step_with};
use crate::{Failure, measured, workspace};

/// How long one training program may run.
const LIMIT: Duration = Duration::from_secs(120);
/// How long a loop of xtask/bench/micro is trained on, in seconds.
const LOOP_SECONDS: &str = "0.3";

/// Blocks that training did not reach are laid out apart, but not made smaller: some program will reach them.
const COLD_IS_QUICK: &str = "-Cllvm-args=-pgso=false";
/// The optimization that compares the target of an indirect call with the usual ones and inlines those. An op of the
/// tail-threaded loop would take the usual next ops in, and with them their registers.
const NO_PROMOTED_CALLS: &str = "-Cllvm-args=-disable-icp";

/// What the Rust compiler says of itself.
struct Compiler {
    host: String,
    llvm: String,
}

impl Compiler {
    fn ask() -> Result<Compiler, Failure> {
        let output = Command::new("rustc").arg("-vV").output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(|value| value.trim().to_string())
                .ok_or_else(|| Failure(format!("rustc -vV names no {name}")))
        };
        Ok(Compiler {
            host: field("host:")?,
            llvm: field("LLVM version:")?,
        })
    }

    fn llvm_major(&self) -> &str {
        self.llvm.split('.').next().unwrap_or(&self.llvm)
    }

    /// The tool that merges profiles: of the toolchain (`rustup component add llvm-tools`) or of the system.
    fn profdata(&self) -> Result<PathBuf, Failure> {
        let output = Command::new("rustc")
            .args(["--print", "target-libdir"])
            .output()?;
        let library = String::from_utf8_lossy(&output.stdout).trim().to_string();
        let of_toolchain = Path::new(&library).join("../bin/llvm-profdata");
        let of_system = format!("llvm-profdata-{}", self.llvm_major());
        let candidates = [of_toolchain, of_system.into(), "llvm-profdata".into()];
        candidates
            .into_iter()
            .find(|tool| self.is_made_for(tool))
            .ok_or_else(|| {
                Failure(format!(
                    "no llvm-profdata of LLVM {major}, the compiler's: `rustup component add llvm-tools`, \
                     or the system's package llvm-{major}",
                    major = self.llvm_major()
                ))
            })
    }

    fn is_made_for(&self, tool: &Path) -> bool {
        let Ok(output) = Command::new(tool).arg("--version").output() else {
            return false;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        text.split_whitespace()
            .zip(text.split_whitespace().skip(1))
            .any(|(word, version)| {
                word == "version" && version.split('.').next() == Some(self.llvm_major())
            })
    }
}

/// Builds, trains, builds again; prints where the binary is.
pub fn run() -> Result<(), Failure> {
    let compiler = Compiler::ask()?;
    let profdata = compiler.profdata()?;
    let folder = workspace::target().join("profiled");
    let raw = folder.join("raw");
    if raw.exists() {
        std::fs::remove_dir_all(&raw)?;
    }
    std::fs::create_dir_all(&raw)?;
    let counting = build(
        &compiler,
        &folder.join("counting"),
        &format!("-Cprofile-generate={}", raw.display()),
    )?;
    train(&counting)?;
    let profile = merge(&profdata, &raw, &folder)?;
    let binary = build(
        &compiler,
        &folder.join("optimized"),
        &format!(
            "-Cprofile-use={} {NO_PROMOTED_CALLS} {COLD_IS_QUICK}",
            profile.display()
        ),
    )?;
    println!("\n{}", binary.display());
    Ok(())
}

/// Builds the release binary with a flag more. The target is named, so that build scripts are built without the flag.
fn build(compiler: &Compiler, folder: &Path, flag: &str) -> Result<PathBuf, Failure> {
    let folder_text = folder.to_string_lossy();
    let arguments = [
        "build",
        "--release",
        "--ignore-rust-version",
        "-p",
        "taipan-cli",
        "--target",
        &compiler.host,
        "--target-dir",
        &folder_text,
    ];
    step_with(&cargo(), &arguments, &[("RUSTFLAGS", flag)])?;
    Ok(folder.join(&compiler.host).join("release").join("taipan"))
}

/// Runs the training programs, each in a process of its own. One that fails has counted all the same.
fn train(binary: &Path) -> Result<(), Failure> {
    let shim = programs::shim_folder();
    let mut programs = workspace::files(&workspace::root().join("tests/programs"), "py");
    programs.extend(workspace::files(&programs::micro_folder(), "py"));
    println!("\ntraining on {} programs", programs.len());
    for program in programs {
        let mut command = Command::new(binary);
        command
            .arg(&program)
            .env("PYTHONPATH", &shim)
            .env("PYTHONHASHSEED", "0")
            .env("BENCH_SECONDS", LOOP_SECONDS);
        let finished = measured::run(&mut command, LIMIT)?;
        if finished.timed_out {
            println!("{}: still running, ended", program.display());
        }
    }
    Ok(())
}

/// Merges the counters into a profile. Its name tells its content, because cargo builds again when a flag changed, not when
/// the file did that a flag names.
fn merge(profdata: &Path, raw: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let merged = folder.join("merged.profdata");
    let mut command = Command::new(profdata);
    command.arg("merge").arg("-o").arg(&merged).arg(raw);
    println!("\n$ {command:?}");
    if !command.stdin(Stdio::null()).status()?.success() {
        return Err(Failure("the profile could not be merged".to_string()));
    }
    let mut hasher = DefaultHasher::new();
    std::fs::read(&merged)?.hash(&mut hasher);
    for entry in std::fs::read_dir(folder)? {
        let old = entry?.path();
        if old != merged && old.extension().is_some_and(|suffix| suffix == "profdata") {
            std::fs::remove_file(old)?;
        }
    }
    let profile = folder.join(format!("{:016x}.profdata", hasher.finish()));
    std::fs::rename(merged, &profile)?;
    Ok(profile)
}
