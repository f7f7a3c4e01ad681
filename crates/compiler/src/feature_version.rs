//! Constructs that are younger than the version of Python a tree is parsed for.
//!
//! Python's parser asks when it has read a construct whole, so what is inside is found first.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, ExceptHandler, Expr, Mod, Operator, Stmt, TypeParam};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// The first construct that a minor version does not have: the message, and where it is.
pub(crate) fn too_young(module: &Mod, source: &str, minor: u8) -> Option<(String, TextRange)> {
    let mut check = Check {
        source,
        minor,
        found: None,
    };
    match module {
        Mod::Module(module) => check.visit_body(&module.body),
        Mod::Expression(expression) => check.visit_expr(&expression.body),
    }
    check.found
}

struct Check<'a> {
    source: &'a str,
    minor: u8,
    found: Option<(String, TextRange)>,
}

impl Check<'_> {
    fn needs(&mut self, minor: u8, what: &str, range: TextRange) {
        if self.minor < minor && self.found.is_none() {
            let message = format!("{what} only supported in Python 3.{minor} and greater");
            self.found = Some((message, range));
        }
    }

    fn operator(&mut self, operator: Operator, range: TextRange) {
        if operator == Operator::MatMult {
            self.needs(5, "The '@' operator is", range);
        }
    }
}

impl<'a> Visitor<'a> for Check<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.found.is_some() {
            return;
        }
        visitor::walk_stmt(self, stmt);
        let range = stmt.range();
        match stmt {
            Stmt::FunctionDef(function) if function.is_async => {
                self.needs(5, "Async functions are", range);
            }
            Stmt::With(with) if with.is_async => self.needs(5, "Async with statements are", range),
            Stmt::For(each) if each.is_async => self.needs(5, "Async for loops are", range),
            Stmt::AugAssign(assign) => self.operator(assign.op, range),
            Stmt::AnnAssign(_) => self.needs(6, "Variable annotation syntax is", range),
            Stmt::Match(statement) => {
                let first = statement.cases.first().map_or(range, Ranged::range);
                self.needs(10, "Pattern matching is", first);
            }
            Stmt::Try(statement) if statement.is_star => {
                let first = statement.handlers.first().map_or(range, Ranged::range);
                self.needs(11, "Exception groups are", first);
            }
            Stmt::TypeAlias(_) => self.needs(12, "Type statement is", range),
            _ => {}
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.found.is_some() {
            return;
        }
        visitor::walk_expr(self, expr);
        let range = expr.range();
        match expr {
            Expr::Await(_) => self.needs(5, "Await expressions are", range),
            Expr::BinOp(operation) => self.operator(operation.op, range),
            Expr::NumberLiteral(_) if self.source[range.to_std_range()].contains('_') => {
                self.needs(6, "Underscores in numeric literals are", range);
            }
            Expr::Named(_) => self.needs(8, "Assignment expressions are", range),
            Expr::TString(_) => self.needs(14, "t-strings are", range),
            _ => {}
        }
    }

    fn visit_comprehension(&mut self, comprehension: &'a ast::Comprehension) {
        visitor::walk_comprehension(self, comprehension);
        if comprehension.is_async {
            self.needs(6, "Async comprehensions are", comprehension.range);
        }
    }

    fn visit_parameters(&mut self, parameters: &'a ast::Parameters) {
        visitor::walk_parameters(self, parameters);
        if !parameters.posonlyargs.is_empty() {
            self.needs(8, "Positional-only parameters are", parameters.range);
        }
    }

    fn visit_type_params(&mut self, params: &'a ast::TypeParams) {
        visitor::walk_type_params(self, params);
        self.needs(12, "Type parameter lists are", params.range);
    }

    fn visit_type_param(&mut self, param: &'a TypeParam) {
        visitor::walk_type_param(self, param);
        let default = match param {
            TypeParam::TypeVar(param) => &param.default,
            TypeParam::ParamSpec(param) => &param.default,
            TypeParam::TypeVarTuple(param) => &param.default,
        };
        if default.is_some() {
            self.needs(13, "Type parameter defaults are", param.range());
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        visitor::walk_except_handler(self, handler);
        let ExceptHandler::ExceptHandler(handler) = handler;
        if let Some(Expr::Tuple(tuple)) = handler.type_.as_deref()
            && !tuple.parenthesized
        {
            let what = "except expressions without parentheses are";
            self.needs(
                14,
                what,
                TextRange::at(handler.range.start(), TextSize::from(6)),
            );
        }
    }
}
