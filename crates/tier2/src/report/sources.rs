//! The source lines that a report quotes: of files, of the embedded library, and of texts that somebody handed in.

use std::collections::BTreeMap;

use taipan_objects::cell::Locked;

/// Programs that are in no file, by the name that their code has for one.
static TEXTS: Locked<BTreeMap<String, String>> = Locked::new(BTreeMap::new());

/// Makes the text of a program known that is in no file, as that of `-c` is, if a report may quote it.
pub fn add_source(file: &str, text: &str) {
    if super::is_recording() {
        TEXTS.with(|texts| texts.insert(file.to_owned(), text.to_owned()));
    }
}

/// The texts of the files that one report quotes.
#[derive(Default)]
pub(super) struct Sources(BTreeMap<String, Vec<String>>);

impl Sources {
    /// A line, counted from 1, without the white space behind it; nothing if nobody has it.
    pub fn line(&mut self, file: &str, line: u32) -> Option<&str> {
        let lines = self.0.entry(file.to_owned()).or_insert_with(|| {
            read(file)
                .lines()
                .map(|line| line.trim_end().to_owned())
                .collect()
        });
        let index = (line as usize).checked_sub(1)?;
        lines.get(index).map(String::as_str)
    }
}

fn read(file: &str) -> String {
    if let Some(text) = TEXTS.with(|texts| texts.get(file).cloned()) {
        return text;
    }
    let path = file.strip_prefix(taipan_pylib::PREFIX);
    if let Some(path) = path.and_then(|path| path.strip_prefix('/')) {
        return taipan_pylib::find_path(path).map_or_else(String::new, |module| module.source());
    }
    match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}
