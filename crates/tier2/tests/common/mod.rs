//! What the tests with golden files share: files in sections, and writing what came out.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use taipan_objects::dict::Dict;
use taipan_objects::module::Module;
use taipan_objects::value::Ref;
use taipan_stdlib::import;

/// A golden file in its parts, in order.
pub struct Golden {
    /// What stands before the first section.
    pub head: String,
    /// Name and text of each section: what `== ` begins.
    pub sections: Vec<(String, String)>,
}

impl Golden {
    fn read(path: &Path) -> Golden {
        let text = std::fs::read_to_string(path).expect("the file was listed");
        let mut golden = Golden {
            head: String::new(),
            sections: Vec::new(),
        };
        for line in text.lines() {
            match (line.strip_prefix("== "), golden.sections.last_mut()) {
                (Some(name), _) => golden.sections.push((name.to_string(), String::new())),
                (None, Some((_, text))) => *text += &format!("{line}\n"),
                (None, None) => golden.head += &format!("{line}\n"),
            }
        }
        golden
    }

    /// The text of a section.
    pub fn section(&self, wanted: &str) -> Option<&str> {
        let found = self.sections.iter().find(|(name, _)| name == wanted);
        found.map(|(_, text)| text.as_str())
    }

    /// The words behind `name` at a line's beginning.
    pub fn words<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.head.lines();
        let lines = lines.filter_map(move |line| line.strip_prefix(name)?.strip_prefix(' '));
        lines.flat_map(str::split_whitespace)
    }
}

/// Compares each file of a folder of the tests with what `outcome` makes of it, sections of a name and a text. With `BLESS=1` they
/// are written instead.
pub fn compare(folder: &str, outcome: impl Fn(&Golden) -> Vec<(String, String)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests")
        .join(folder);
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for path in files(&folder) {
        let golden = Golden::read(&path);
        let mut text = golden.head.clone();
        for (name, section) in outcome(&golden) {
            let _ = write!(text, "== {name}\n{section}");
        }
        let before = std::fs::read_to_string(&path).expect("it was read before");
        if text == before {
            continue;
        }
        if bless {
            std::fs::write(&path, &text).expect("the file can be written");
        } else {
            let _ = writeln!(wrong, "{}: now\n{text}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)
        .expect("the folder exists")
        .flatten()
    {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// The namespace of the builtins.
pub fn builtins() -> Ref<Dict> {
    let module = import::import_module("builtins").expect("there are builtins");
    module.downcast::<Module>().expect("it is a module").dict()
}
