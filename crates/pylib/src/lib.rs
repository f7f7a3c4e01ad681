//! The pure-Python standard library, inside the binary.
//!
//! The build compiles every module to a marshalled code object. These are borrowed straight from
//! the binary's read-only pages, so an import costs what reading the code object costs, and a
//! module that nobody imports costs nothing. Sources are kept deflated, one by one, for
//! tracebacks, `inspect` and `linecache`; files that are no modules (the bundled pip, style
//! sheets, licences) are kept as data. Deflate was chosen because its decoder is small, safe Rust
//! and comes within a fifth of zstd on files of this size.
//!
//! The library is that of `rustpython-pylib`, with `amendments.txt` applied and the files of
//! `Lib/` put over it. Invariant: the index is sorted by name, so lookups are binary searches.
#![forbid(unsafe_code)]

use std::borrow::Cow;

static CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.bin"));
static SOURCE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/source.bin"));
static DATA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/data.bin"));

include!(concat!(env!("OUT_DIR"), "/index.rs"));

struct ModuleEntry {
    name: &'static str,
    path: &'static str,
    code: (u32, u32),
    source: (u32, u32),
}

struct DataEntry {
    path: &'static str,
    content: (u32, u32),
    deflated: bool,
}

/// The code objects of all modules: what [`Module::code`] borrows from.
pub fn all_code() -> &'static [u8] {
    CODE
}

/// A module of the library.
#[derive(Clone, Copy)]
pub struct Module {
    entry: &'static ModuleEntry,
}

impl Module {
    /// The dotted name that imports it.
    pub fn name(&self) -> &'static str {
        self.entry.name
    }

    /// Whether it is a package, that is, its file is an `__init__.py`.
    pub fn is_package(&self) -> bool {
        self.entry.path.ends_with("__init__.py")
    }

    /// The path of its file in the library, such as `os.py` or `json/__init__.py`. Its
    /// `co_filename` is [`PREFIX`], a slash, and this path.
    pub fn path(&self) -> &'static str {
        self.entry.path
    }

    /// Its code object in CPython's marshal format.
    pub fn code(&self) -> &'static [u8] {
        piece(CODE, self.entry.code)
    }

    /// Its source text.
    pub fn source(&self) -> String {
        let bytes = inflate(piece(SOURCE, self.entry.source));
        String::from_utf8(bytes).expect("the build packs text")
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .field("path", &self.path())
            .finish()
    }
}

/// The module of a dotted name.
pub fn find(name: &str) -> Option<Module> {
    let index = MODULES
        .binary_search_by(|entry| entry.name.cmp(name))
        .ok()?;
    Some(Module {
        entry: &MODULES[index],
    })
}

/// The module whose file has a path, such as `json/__init__.py`.
pub fn find_path(path: &str) -> Option<Module> {
    let name = path.strip_suffix(".py")?;
    let name = name.strip_suffix("/__init__").unwrap_or(name);
    find(&name.replace('/', ".")).filter(|module| module.path() == path)
}

/// Every module, sorted by name.
pub fn modules() -> impl ExactSizeIterator<Item = Module> {
    MODULES.iter().map(|entry| Module { entry })
}

/// The content of a file that is no module, by its path in the library.
pub fn data_file(path: &str) -> Option<Cow<'static, [u8]>> {
    let index = DATA_FILES
        .binary_search_by(|entry| entry.path.cmp(path))
        .ok()?;
    let entry = &DATA_FILES[index];
    let content = piece(DATA, entry.content);
    Some(if entry.deflated {
        Cow::Owned(inflate(content))
    } else {
        Cow::Borrowed(content)
    })
}

/// The paths of every file that is no module, sorted.
pub fn data_files() -> impl ExactSizeIterator<Item = &'static str> {
    DATA_FILES.iter().map(|entry| entry.path)
}

fn piece(blob: &'static [u8], (start, end): (u32, u32)) -> &'static [u8] {
    &blob[start as usize..end as usize]
}

fn inflate(content: &[u8]) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(content).expect("the build packs whole streams")
}
