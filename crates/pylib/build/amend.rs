//! Small changes to modules of the library, read from `amendments.txt`.
//!
//! The format: a line `== PATH` names a module; below it, changes follow as
//! `<<<<`, old lines, `====`, new lines, `>>>>`. The old lines have to occur exactly once, so a
//! new release of the library that changes them fails the build instead of going unnoticed.

use std::collections::BTreeMap;

/// The changes of every amended module, by path.
pub type Amendments = BTreeMap<String, Vec<Change>>;

/// One replacement.
pub struct Change {
    old: String,
    new: String,
}

/// Reads the amendments.
pub fn parse(text: &str) -> Amendments {
    let mut result = Amendments::new();
    let mut path = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("== ") {
            path = Some(name.to_owned());
        } else if line == "<<<<" {
            let mut part = |end| {
                let mut part = String::new();
                for line in lines.by_ref().take_while(|&line| line != end) {
                    part.push_str(line);
                    part.push('\n');
                }
                part
            };
            let change = Change {
                old: part("===="),
                new: part(">>>>"),
            };
            let path = path.clone().expect("a change belongs to a module");
            result.entry(path).or_default().push(change);
        }
    }
    result
}

/// Applies the changes of one module.
pub fn apply(path: &str, source: &str, changes: &[Change]) -> String {
    let mut source = source.to_owned();
    for change in changes {
        let count = source.matches(&change.old).count();
        assert!(
            count == 1,
            "{path}: expected once, found {count} times:\n{}",
            change.old
        );
        source = source.replacen(&change.old, &change.new, 1);
    }
    source
}
