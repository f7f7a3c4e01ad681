//! What the parser takes although Python's does not, for callers that stop at the syntax tree.
//!
//! Compiling finds these in later passes. A tree that is only looked at has to be checked for
//! them: a construct that could be one sends the source through Python's own grammar.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{self as ast, Expr, Mod};
use ruff_text_size::Ranged;
use rustpython_codegen::preprocess::{FutureFeatureErrorKind, checked_future_features};

/// Whether a tree holds something that Python's grammar may not have.
pub(crate) fn has_doubts(module: &Mod, source: &str) -> bool {
    let mut doubts = Doubts {
        source,
        found: false,
    };
    match module {
        Mod::Module(module) => doubts.visit_body(&module.body),
        Mod::Expression(expression) => doubts.visit_expr(&expression.body),
    }
    doubts.found
}

struct Doubts<'a> {
    source: &'a str,
    found: bool,
}

impl Doubts<'_> {
    fn starts_with(&self, node: &impl Ranged, start: &str) -> bool {
        self.source[usize::from(node.start())..].starts_with(start)
    }
}

impl<'a> Visitor<'a> for Doubts<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found |= match expr {
            Expr::ListComp(ast::ExprListComp { elt, .. })
            | Expr::SetComp(ast::ExprSetComp { elt, .. })
            | Expr::Generator(ast::ExprGenerator { elt, .. }) => elt.is_starred_expr(),
            Expr::DictComp(comprehension) => comprehension.key.is_none(),
            // `f((x)=1)`
            Expr::Call(call) => call
                .arguments
                .keywords
                .iter()
                .any(|keyword| self.starts_with(keyword, "(")),
            // `yield in x`
            Expr::Yield(ast::ExprYield { value: None, .. }) => {
                let rest = &self.source[usize::from(expr.end())..];
                !rest
                    .trim_start()
                    .starts_with([')', ']', '}', ',', ';', '=', '#', ':'])
                    && !rest
                        .trim_start_matches([' ', '\t', '\x0c'])
                        .starts_with('\n')
            }
            _ => false,
        };
        if !self.found {
            walk_expr(self, expr);
        }
    }
}

/// The message about a `__future__` import of a module, and the offset of the name.
pub(crate) fn future_error(module: &Mod) -> Option<(String, usize, usize)> {
    let error = checked_future_features(module).err()?;
    let message = match error.kind {
        FutureFeatureErrorKind::InvalidFeature(name) => {
            format!("future feature {name} is not defined")
        }
        FutureFeatureErrorKind::InvalidBraces => "not a chance".to_owned(),
    };
    Some((
        message,
        error.range.start().into(),
        error.range.end().into(),
    ))
}
