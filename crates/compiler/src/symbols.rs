//! The symbol table as plain data: what the `_symtable` module shows to Python programs.
//!
//! Only the scopes a program can see are here: the children of a scope are those that CPython
//! lists, with comprehensions that are compiled inline left out.

use ruff_source_file::SourceFileBuilder;
use rustpython_codegen::symboltable::{CompilerScope, SymbolTable};
use rustpython_compiler as wrapped;

use crate::compile::{examined, normalized, syntax_error, wrapped_mode};
use crate::error::SyntaxError;
use crate::nesting;
use crate::options::{Mode, Options};

/// What kind of block a scope belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// A module, or the expression of an evaluation.
    Module,
    /// A class body.
    Class,
    /// A function, lambda or comprehension.
    Function,
    /// The deferred annotations of a function, class or module.
    Annotation,
    /// The value of a `type` statement.
    TypeAlias,
    /// The type parameters of a generic class, function or alias.
    TypeParameters,
    /// The bound, constraints or default of a type variable.
    TypeVariable,
}

/// One name of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name, mangled where a class body mangles it.
    pub name: String,
    /// CPython's `DEF_*` and `USE` bits, with the resolved scope above bit 12, as
    /// `_symtable.entry.symbols` maps it.
    pub flags: u32,
}

/// One scope and the scopes inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// A number that is unique in one table.
    pub id: usize,
    /// The name of the function or class; `top` for a module.
    pub name: String,
    /// The kind of block.
    pub kind: ScopeKind,
    /// The line the block starts on, 0 for a module.
    pub line: u32,
    /// Whether the block is inside a function.
    pub is_nested: bool,
    /// The names, in order of first mention.
    pub symbols: Vec<Symbol>,
    /// The names of variables, parameters first, as `varnames` lists them.
    pub varnames: Vec<String>,
    /// The scopes inside, in source order.
    pub children: Vec<Scope>,
}

/// Makes the symbol table of a source.
pub fn symbol_table(source: &str, filename: &str, mode: Mode) -> Result<Scope, SyntaxError> {
    let source = normalized(source, filename)?;
    let options = Options::default();
    let stack = examined(&source, filename, mode, &options)?.stack;
    nesting::with_stack(stack, || {
        let file = SourceFileBuilder::new(filename, &*source).finish();
        wrapped::_compile_symtable(file, wrapped_mode(mode))
            .map(scope)
            .map_err(|error| syntax_error(error, &source, filename, mode, &options))
    })
}

fn scope(table: SymbolTable) -> Scope {
    let kind = scope_kind(table.typ);
    Scope {
        id: table.block_index,
        name: table.name.to_string(),
        kind,
        line: table.line_number,
        is_nested: table.is_nested,
        symbols: table
            .symbols
            .iter()
            .map(|(name, symbol)| Symbol {
                name: name.to_string(),
                flags: definition_bits(name, u32::from(symbol.flags.bits()), kind)
                    | scope_bits(symbol.scope.as_i32()),
            })
            .collect(),
        varnames: table.varnames.iter().map(ToString::to_string).collect(),
        // Annotations that stay text have no scope, though the wrapped crate makes one.
        children: children(
            table.sub_tables,
            table.annotation_block.filter(|_| !table.future_annotations),
        ),
    }
}

/// The scopes inside, those of deferred annotations among them, in the order they were entered.
fn children(inner: Vec<SymbolTable>, annotations: Option<Box<SymbolTable>>) -> Vec<Scope> {
    let mut all: Vec<SymbolTable> = inner
        .into_iter()
        .chain(annotations.map(|block| *block))
        .collect();
    all.sort_by_key(|table| table.block_index);
    all.into_iter().map(scope).collect()
}

/// The bits of definition and use. The wrapped crate also notes that a name is free in a class
/// where CPython does not: in other scopes, and for names the class itself does not mention.
fn definition_bits(name: &str, bits: u32, kind: ScopeKind) -> u32 {
    const FREE_IN_CLASS: u32 = 1 << 6;
    let sees_class = matches!(kind, ScopeKind::Class | ScopeKind::TypeParameters);
    if !sees_class || bits == FREE_IN_CLASS || name.starts_with('.') {
        bits & !FREE_IN_CLASS
    } else {
        bits
    }
}

/// The resolved scope sits above the twelve bits of definition and use.
fn scope_bits(resolved: i32) -> u32 {
    u32::try_from(resolved).unwrap_or(0) << 12
}

fn scope_kind(kind: CompilerScope) -> ScopeKind {
    match kind {
        CompilerScope::Module => ScopeKind::Module,
        CompilerScope::Class => ScopeKind::Class,
        CompilerScope::Function
        | CompilerScope::AsyncFunction
        | CompilerScope::Lambda
        | CompilerScope::Comprehension => ScopeKind::Function,
        CompilerScope::TypeParams => ScopeKind::TypeParameters,
        CompilerScope::Annotation => ScopeKind::Annotation,
        CompilerScope::TypeAlias => ScopeKind::TypeAlias,
        CompilerScope::TypeVariable => ScopeKind::TypeVariable,
    }
}
