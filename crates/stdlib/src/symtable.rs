//! `_symtable`: the compiler's symbol tables, as `symtable` shows them.

use taipan_compiler::{Scope, ScopeKind};
use taipan_macros::{class, define_module, function, methods};
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int};

use crate::compile::{self, Mode, Request};

define_module! {
    name = "_symtable",
    functions(symtable),
    init = fill,
}

/// Names of bits and kinds, with CPython's numbers.
const CONSTANTS: [(&str, i64); 26] = [
    ("USE", 1 << 4),
    ("DEF_GLOBAL", 1),
    ("DEF_NONLOCAL", 1 << 3),
    ("DEF_LOCAL", 1 << 1),
    ("DEF_PARAM", 1 << 2),
    ("DEF_TYPE_PARAM", 1 << 10),
    ("DEF_FREE_CLASS", 1 << 6),
    ("DEF_IMPORT", 1 << 7),
    ("DEF_BOUND", 1 << 1 | 1 << 2 | 1 << 7),
    ("DEF_ANNOT", 1 << 8),
    ("DEF_COMP_ITER", 1 << 9),
    ("DEF_COMP_CELL", 1 << 11),
    ("TYPE_FUNCTION", 0),
    ("TYPE_CLASS", 1),
    ("TYPE_MODULE", 2),
    ("TYPE_ANNOTATION", 3),
    ("TYPE_TYPE_ALIAS", 4),
    ("TYPE_TYPE_PARAMETERS", 5),
    ("TYPE_TYPE_VARIABLE", 6),
    ("LOCAL", 1),
    ("GLOBAL_EXPLICIT", 2),
    ("GLOBAL_IMPLICIT", 3),
    ("FREE", 4),
    ("CELL", 5),
    ("SCOPE_OFF", 12),
    ("SCOPE_MASK", 15),
];

fn fill(module: &Ref<Module>) -> PyResult<()> {
    Entry::init_class();
    for (name, number) in CONSTANTS {
        module.set(name, int::new(number));
    }
    Ok(())
}

/// The payload of `symtable entry`.
#[class(name = "symtable entry", module = "builtins")]
pub struct Entry {
    name: Ref<Str>,
    symbols: Ref<Dict>,
    varnames: Ref<List>,
    children: Ref<List>,
    #[untraced]
    kind: ScopeKind,
    #[untraced]
    line: u32,
    #[untraced]
    is_nested: bool,
}

impl Entry {
    fn of(scope: Scope) -> Ref<Entry> {
        let symbols = Dict::new();
        for symbol in &scope.symbols {
            symbols.set_str(&Str::intern(&symbol.name), int::new(symbol.flags.into()));
        }
        let varnames = scope
            .varnames
            .iter()
            .map(|name| Str::intern(name).into_value())
            .collect();
        let children = scope
            .children
            .into_iter()
            .map(|child| Entry::of(child).into_value())
            .collect();
        heap::new_object(
            Entry::class(),
            Entry {
                name: Str::new(&scope.name),
                symbols,
                varnames: List::new(varnames),
                children: List::new(children),
                kind: scope.kind,
                line: scope.line,
                is_nested: scope.is_nested,
            },
        )
    }
}

#[methods]
impl Entry {
    #[getter(member)]
    fn id(this: &Ref<Entry>) -> Value {
        int::from_u64(this.as_value().id())
    }

    #[getter(member)]
    fn name(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[getter(member)]
    fn symbols(&self) -> Ref<Dict> {
        self.symbols.clone()
    }

    #[getter(member)]
    fn varnames(&self) -> Ref<List> {
        self.varnames.clone()
    }

    #[getter(member)]
    fn children(&self) -> Ref<List> {
        self.children.clone()
    }

    #[getter(member)]
    fn nested(&self) -> i64 {
        self.is_nested.into()
    }

    #[getter(name = "type", member)]
    fn kind(&self) -> i64 {
        match self.kind {
            ScopeKind::Function => 0,
            ScopeKind::Class => 1,
            ScopeKind::Module => 2,
            ScopeKind::Annotation => 3,
            ScopeKind::TypeAlias => 4,
            ScopeKind::TypeParameters => 5,
            ScopeKind::TypeVariable => 6,
        }
    }

    #[getter(member)]
    fn lineno(&self) -> i64 {
        self.line.into()
    }

    #[slot(repr)]
    fn repr(this: &Ref<Entry>) -> PyResult<Ref<Str>> {
        let (name, id) = (this.name.to_display(), this.as_value().id());
        Ok(Str::new(&format!(
            "<symtable entry {name}({id}), line {}>",
            this.line
        )))
    }
}

/// Return symbol and scope dictionaries used internally by compiler.
#[function("($module, source, filename, startstr, /)")]
fn symtable(source: &Value, filename: &Value, startstr: &str) -> PyResult<Ref<Entry>> {
    let filename = compile::path_text(filename)?;
    let source = compile::source_of(source, "symtable", "string or bytes")?;
    let mode = match startstr {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        _ => bail!(
            ValueError,
            "symtable() arg 3 must be 'exec' or 'eval' or 'single'"
        ),
    };
    let request = Request {
        filename,
        mode,
        flags: 0,
        optimize: -1,
        feature_version: -1,
    };
    let text = source.text(&request.filename)?;
    let table = taipan_compiler::symbol_table(
        &text,
        &request.filename.to_display(),
        request.compiler_mode(),
    );
    Ok(Entry::of(table.map_err(|error| {
        compile::syntax_error(error, &request.filename)
    })?))
}
