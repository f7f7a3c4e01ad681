//! The module `_ast`: syntax trees as Python objects.
//!
//! [`grammar`] says once what nodes there are; [`classes`] and [`node`] make Python classes of it when `_ast` is first
//! imported. [`show`] turns the compiler's tree into objects, [`read`] turns objects that a program made or changed into
//! a plain [`tree`], which [`validate`] checks and [`lower`] turns into the compiler's tree. `compile()` reaches all this
//! through hooks, so that a program without syntax trees pays nothing.

mod classes;
mod grammar;
mod lower;
mod node;
mod places;
mod read;
mod show;
mod tree;
mod validate;

use taipan_compiler::with_deep_stack;
use taipan_macros::define_module;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int};

use crate::compile::{self, Mode, Request, TreeHooks, compile_flags};
use grammar::Kind;
use tree::Item;

define_module! {
    name = "_ast",
    init = fill,
}

fn fill(module: &Ref<Module>) -> PyResult<()> {
    use taipan_objects::class::Payload;
    classes::prepare()?;
    compile::set_tree_hooks(TreeHooks {
        is_tree,
        parse,
        compile: compile_tree,
    });
    module.set("AST", node::Node::class().to_value());
    for kind in Kind::all() {
        module.set(kind.name(), classes::of(kind).to_value());
    }
    for (name, flag) in [
        (
            "PyCF_ALLOW_TOP_LEVEL_AWAIT",
            compile_flags::ALLOW_TOP_LEVEL_AWAIT,
        ),
        ("PyCF_ONLY_AST", compile_flags::ONLY_AST),
        (
            "PyCF_OPTIMIZED_AST",
            compile_flags::ONLY_AST | compile_flags::OPTIMIZED_AST,
        ),
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
    let refuse = |error| compile::syntax_error(error, &request.filename);
    if request.mode == Mode::FunctionType {
        let parsed = taipan_compiler::parse_function_type(source, &filename).map_err(refuse)?;
        return Ok(with_deep_stack(move || {
            let tree = show::Show::new(&parsed.source, &[]).function_type(&parsed);
            drop(parsed);
            tree
        }));
    }
    let options = request.options();
    let parsed = taipan_compiler::parse(source, &filename, request.compiler_mode(), &options)
        .map_err(refuse)?;
    let folds = request.flags & compile_flags::OPTIMIZED_AST != 0;
    let is_interactive = request.mode == Mode::Single;
    let (tree, stray) = with_deep_stack(|| {
        let mut module = parsed.module;
        if folds {
            taipan_compiler::preprocess(&mut module, &options);
        }
        let show = show::Show::new(&parsed.source, &parsed.comments);
        (show.module(&module, is_interactive), show.stray_comment())
    });
    match stray {
        None => Ok(tree),
        Some((message, comment)) => Err(refuse(taipan_compiler::SyntaxError::about(
            message,
            &parsed.source,
            comment,
        ))),
    }
}

fn compile_tree(value: &Value, request: &Request) -> PyResult<Value> {
    let only_tree = request.flags & compile_flags::ONLY_AST != 0;
    if only_tree && request.flags & compile_flags::OPTIMIZED_AST == 0 {
        return Ok(value.clone());
    }
    let (wanted, mode) = match request.mode {
        Mode::Exec => (Kind::Module, taipan_compiler::Mode::Exec),
        Mode::Eval => (Kind::Expression, taipan_compiler::Mode::Eval),
        Mode::Single => (Kind::Interactive, taipan_compiler::Mode::Single),
        Mode::FunctionType => return Ok(value.clone()),
    };
    if !value.class().is_subclass(classes::of(wanted)) {
        bail!(
            TypeError,
            "expected {} node, got {}",
            wanted.name(),
            value.class().name()
        );
    }
    let tree = match read::Reader::default().node(value, Kind::r#mod)? {
        Item::Node(tree) => tree,
        _ => bail!(
            TypeError,
            "expected {} node, got {}",
            wanted.name(),
            value.class().name()
        ),
    };
    validate::validate(&tree)?;
    let filename = request.filename.to_display();
    let options = request.options();
    if only_tree {
        return Ok(with_deep_stack(|| {
            let (mut module, source) = lower::lower(&tree, &filename);
            taipan_compiler::preprocess(&mut module, &options);
            show::Show::new(&source, &[]).module(&module, request.mode == Mode::Single)
        }));
    }
    let compiled = with_deep_stack(|| {
        let (module, source) = lower::lower(&tree, &filename);
        taipan_compiler::compile_ast(module, source, mode, &options)
    });
    Ok(compile::finish(compiled, request)?.into_value())
}
