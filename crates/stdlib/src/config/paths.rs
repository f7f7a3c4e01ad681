//! Where this interpreter is: its executable, its prefix, the place of the embedded library.
//!
//! The library sits inside the executable, and its modules have paths under `EXECUTABLE/lib`, which no file can have:
//! as with modules in a zip file, a path tells where a module comes from, and cannot be mistaken for a file. A
//! `pyvenv.cfg` beside the executable or one folder up makes that folder the prefix (PEP 405).

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Config;

/// What `sys.platlibdir` is.
pub const PLATLIBDIR: &str = "lib";

/// The places of this process.
#[derive(Clone, Debug)]
pub struct Paths {
    /// `sys.executable`: as it was called, made absolute.
    pub executable: PathBuf,
    /// `sys._base_executable`: outside any virtual environment.
    pub base_executable: PathBuf,
    /// `sys.prefix`.
    pub prefix: PathBuf,
    /// `sys.base_prefix`.
    pub base_prefix: PathBuf,
    /// `sys._stdlib_dir`: the paths of library modules start with it.
    pub library: String,
}

static PATHS: OnceLock<Paths> = OnceLock::new();

/// The places of this process.
pub fn get() -> &'static Paths {
    PATHS.get_or_init(|| find(super::get()))
}

fn find(config: &Config) -> Paths {
    let real = env::current_exe().unwrap_or_else(|_| PathBuf::from("taipan"));
    let executable = called_as(&config.program_name).unwrap_or_else(|| real.clone());
    let library = format!("{}/lib", real.to_string_lossy());
    let own_prefix = prefix_of(&real);
    if let Some(home) = &config.home {
        let home = home
            .as_encoded_bytes()
            .split(|byte| *byte == b':')
            .next()
            .unwrap_or_default();
        let prefix = PathBuf::from(OsStr::from_bytes(home));
        return Paths {
            base_executable: executable.clone(),
            executable,
            base_prefix: prefix.clone(),
            prefix,
            library,
        };
    }
    match environment_of(&executable) {
        Some((prefix, home)) => {
            let name = executable.file_name().unwrap_or(OsStr::new("taipan"));
            let base_executable = [home.join(name), home.join("taipan")]
                .into_iter()
                .find(|path| is_executable(path));
            Paths {
                base_executable: base_executable.unwrap_or(real),
                base_prefix: prefix_of(&home.join(name)),
                executable,
                prefix,
                library,
            }
        }
        None => {
            let prefix = if executable == real {
                own_prefix
            } else {
                prefix_of(&real)
            };
            Paths {
                base_executable: executable.clone(),
                executable,
                base_prefix: prefix.clone(),
                prefix,
                library,
            }
        }
    }
}

/// The folder above `bin`, or else the executable's own.
fn prefix_of(executable: &Path) -> PathBuf {
    let folder = executable.parent().unwrap_or(Path::new("/"));
    match folder.parent() {
        Some(above) if folder.file_name() == Some(OsStr::new("bin")) => above.to_path_buf(),
        _ => folder.to_path_buf(),
    }
}

/// The program's path: its name if that is a path, or else where `PATH` has it.
fn called_as(name: &OsStr) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    let path = Path::new(name);
    if path.is_absolute() {
        return Some(path.to_path_buf());
    }
    if name.as_encoded_bytes().contains(&b'/') {
        let current = env::current_dir().ok()?;
        return Some(current.join(path.strip_prefix(".").unwrap_or(path)));
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The virtual environment of an executable: its folder, and the `home` that its configuration names.
fn environment_of(executable: &Path) -> Option<(PathBuf, PathBuf)> {
    let folder = executable.parent()?;
    let beside = folder.join("pyvenv.cfg");
    let above = folder.parent().map(|above| above.join("pyvenv.cfg"));
    for file in [Some(beside), above].into_iter().flatten() {
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        let home = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case("home"));
        if let (Some((_, home)), Some(prefix)) = (home, file.parent()) {
            return Some((prefix.to_path_buf(), PathBuf::from(home.trim())));
        }
    }
    None
}
