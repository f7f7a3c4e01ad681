//! The module `_ast`: syntax trees as Python objects.
//!
//! [`grammar`] says once what nodes there are; [`classes`] and [`node`] make Python classes of it when `_ast` is first
//! imported. [`show`] turns the compiler's tree into objects, [`read`] turns objects that a program made or changed into
//! a plain [`tree`], which is checked, rewritten if asked for, and handed to the compiler. `compile()` reaches all this
//! through hooks, so that a program without syntax trees pays nothing.

mod classes;
mod grammar;
mod node;
mod places;
mod show;

use taipan_compiler::with_deep_stack;
use taipan_macros::define_module;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int};

use crate::compile::{self, Mode, Request, TreeHooks, compile_flags};
use grammar::Kind;

define_module! {
    name = "_ast",
    init = fill,
}

fn fill(module: &Ref<Module>) -> PyResult<()> {
    use taipan_objects::class::Payload;
    classes::prepare()?;
    compile::set_tree_hooks(TreeHooks { is_tree, parse, compile: compile_tree });
    module.set("AST", node::Node::class().to_value());
    for kind in Kind::all() {
        module.set(kind.name(), classes::of(kind).to_value());
    }
    for (name, flag) in [
        ("PyCF_ALLOW_TOP_LEVEL_AWAIT", compile_flags::ALLOW_TOP_LEVEL_AWAIT),
        ("PyCF_ONLY_AST", compile_flags::ONLY_AST),
        ("PyCF_OPTIMIZED_AST", compile_flags::ONLY_AST | compile_flags::OPTIMIZED_AST),
        ("PyCF_TYPE_COMMENTS", compile_flags::TYPE_COMMENTS),
    ] {
        module.set(name, int::new(flag.into()));
    }
    Ok(())
}

fn is_tree(value: &Value) -> PyResult<bool> {
    Ok(node::is_node(value))
}

fn parse(source: &str, request: &Request) -> PyResult<Value> {
    let filename = request.filename.to_display();
    let parsed = taipan_compiler::parse(source, &filename, request.compiler_mode(), &request.options())
        .map_err(|error| compile::syntax_error(error, &request.filename))?;
    Ok(with_deep_stack(move || {
        let tree = show::Show::new(&parsed.source).module(&parsed.module, request.mode == Mode::Single);
        drop(parsed);
        tree
    }))
}

fn compile_tree(_tree: &Value, _request: &Request) -> PyResult<Value> {
    bail!(NotImplementedError, "syntax trees cannot be compiled")
}
