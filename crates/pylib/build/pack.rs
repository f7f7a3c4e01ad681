//! Writes the blobs and the index that refers to them.

use std::fmt::Write as _;
use std::path::Path;

use crate::library::{DataFile, Module, PREFIX};

/// Writes `code.bin`, `source.bin`, `data.bin` and `index.rs` into `out`.
pub fn write(out: &Path, modules: Vec<Module>, data: Vec<DataFile>) {
    let mut code = Vec::new();
    let mut source = Vec::new();
    let mut content = Vec::new();
    let mut index = format!(
        "/// What `co_filename` of library code starts with.\npub const PREFIX: &str = {PREFIX:?};\n\n"
    );
    index.push_str("static MODULES: &[ModuleEntry] = &[\n");
    for module in modules {
        let code_at = append(&mut code, &module.code);
        let source_at = append(&mut source, &module.source);
        writeln!(
            index,
            "    ModuleEntry {{ name: {:?}, path: {:?}, code: {code_at:?}, source: {source_at:?} }},",
            module.name, module.path
        )
        .expect("a string takes all text");
    }
    index.push_str("];\n\nstatic DATA_FILES: &[DataEntry] = &[\n");
    for file in data {
        let at = append(&mut content, &file.content);
        writeln!(
            index,
            "    DataEntry {{ path: {:?}, content: {at:?}, deflated: {} }},",
            file.path, file.deflated
        )
        .expect("a string takes all text");
    }
    index.push_str("];\n");
    for (name, bytes) in [
        ("code.bin", code.as_slice()),
        ("source.bin", &source),
        ("data.bin", &content),
        ("index.rs", index.as_bytes()),
    ] {
        std::fs::write(out.join(name), bytes)
            .unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
    }
}

/// Where a piece begins and ends in its blob.
fn append(blob: &mut Vec<u8>, piece: &[u8]) -> (u32, u32) {
    let start = blob.len();
    blob.extend_from_slice(piece);
    let offset = |at: usize| u32::try_from(at).expect("a blob stays below 4 GiB");
    (offset(start), offset(blob.len()))
}
