//! Finds the files of the library and brings each into the form that is packed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use taipan_compiler::{Decoded, Mode, Options, compile, decode_source, marshal};

use crate::amend::{self, Amendments};

/// Files that stay out: other implementations' additions, a module that left Python long ago, and
/// programs and tests that need a native `tkinter`.
const EXCLUDED: [&str; 8] = [
    "README.md",
    "_dummy_os.py",
    "_dummy_thread.py",
    "_pycodecs.py",
    "dummy_threading.py",
    "idlelib/",
    "turtledemo/",
    "__pycache__/",
];

/// What `co_filename` starts with.
pub const PREFIX: &str = "<stdlib>";

/// A module, compiled and deflated.
pub struct Module {
    /// Its dotted name.
    pub name: String,
    /// Its path in the library.
    pub path: String,
    /// Its marshalled code object.
    pub code: Vec<u8>,
    /// Its source, deflated.
    pub source: Vec<u8>,
}

/// A file that is no module.
pub struct DataFile {
    /// Its path in the library.
    pub path: String,
    /// Its content, deflated where that helps.
    pub content: Vec<u8>,
    /// Whether `content` is deflated.
    pub deflated: bool,
}

/// The files of the library by path; those of `own` replace those of `upstream`.
pub fn collect(upstream: &Path, own: &Path) -> BTreeMap<String, PathBuf> {
    let mut files = BTreeMap::new();
    for root in [upstream, own] {
        walk(root, "", &mut files);
    }
    files.retain(|path, _| {
        !EXCLUDED
            .iter()
            .any(|excluded| match excluded.strip_suffix('/') {
                Some(_) => path.contains(excluded),
                None => path == excluded,
            })
    });
    files
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a listed file has an entry");
        let name = entry
            .file_name()
            .into_string()
            .expect("library paths are UTF-8");
        let path = entry.path();
        if path.is_dir() {
            walk(&path, &format!("{prefix}{name}/"), files);
        } else {
            files.insert(format!("{prefix}{name}"), path);
        }
    }
}

/// Reads, amends and compiles the files; takes the amendments it applies out of the map.
pub fn load(
    files: BTreeMap<String, PathBuf>,
    amendments: &mut Amendments,
) -> (Vec<Module>, Vec<DataFile>) {
    let jobs: Vec<(String, PathBuf, Vec<amend::Change>)> = files
        .into_iter()
        .map(|(name, file)| {
            let changes = amendments.remove(&name).unwrap_or_default();
            (name, file, changes)
        })
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((path, file, changes)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(load_one(path, file, changes));
        }
        done
    };
    let done: Vec<Loaded> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker's panic names its module"))
            .collect()
    });
    let (mut modules, mut data) = (Vec::new(), Vec::new());
    for loaded in done {
        match loaded {
            Loaded::Module(module) => modules.push(module),
            Loaded::Data(file) => data.push(file),
        }
    }
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    data.sort_by(|a, b| a.path.cmp(&b.path));
    (modules, data)
}

enum Loaded {
    Module(Module),
    Data(DataFile),
}

fn load_one(path: &str, file: &Path, changes: &[amend::Change]) -> Loaded {
    let content = std::fs::read(file)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
    let Some(name) = path.strip_suffix(".py") else {
        let deflated = miniz_oxide::deflate::compress_to_vec(&content, 9);
        // A wheel is compressed already.
        let smaller = deflated.len() < content.len() * 9 / 10;
        return Loaded::Data(DataFile {
            path: path.to_owned(),
            content: if smaller { deflated } else { content },
            deflated: smaller,
        });
    };
    let name = name
        .strip_suffix("/__init__")
        .unwrap_or(name)
        .replace('/', ".");
    let source = match decode_source(&content) {
        Ok(Decoded::Text { text, .. }) => text,
        Ok(Decoded::Codec(codec)) => panic!("{path} is written in {codec}"),
        Err(error) => panic!("{path} is no text: {error:?}"),
    };
    let source = amend::apply(path, &source, changes);
    let filename = format!("{PREFIX}/{path}");
    let compiled = compile(&source, &filename, Mode::Exec, &Options::default())
        .unwrap_or_else(|error| panic!("{path} does not compile: {error:?}"));
    Loaded::Module(Module {
        name,
        path: path.to_owned(),
        code: marshal::write(&compiled.code),
        source: miniz_oxide::deflate::compress_to_vec(source.as_bytes(), 9),
    })
}
