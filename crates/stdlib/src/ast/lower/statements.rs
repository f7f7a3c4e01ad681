//! Statements for the compiler.

use taipan_compiler::ast::{self, Stmt};
use taipan_compiler::text_size::{Ranged, TextRange};

use super::{Lower, nodes};
use crate::ast::grammar::Kind;
use crate::ast::tree::{Item, Tree};

impl Lower {
    /// The statements of a block.
    pub(super) fn body(&mut self, list: &Item) -> ast::Suite {
        nodes(list)
            .map(|statement| self.statement(statement))
            .collect()
    }

    fn statement(&mut self, tree: &Tree) -> Stmt {
        let range = self.range(tree);
        let node_index = ast::AtomicNodeIndex::NONE;
        match (tree.kind, &tree.fields[..]) {
            (
                Kind::FunctionDef | Kind::AsyncFunctionDef,
                [name, parameters, body, decorators, returns, _, params],
            ) => Stmt::FunctionDef(ast::StmtFunctionDef {
                node_index,
                range,
                is_async: tree.kind == Kind::AsyncFunctionDef,
                decorator_list: self.decorators(decorators),
                name: self.identifier(name, range),
                type_params: self.type_params(params, range),
                parameters: Box::new(
                    parameters
                        .node()
                        .map_or_else(Default::default, |tree| self.parameters(tree)),
                ),
                returns: self.optional(returns),
                body: self.body(body),
                runtime_decorator_list: None,
                runtime_type_comment: None,
                runtime_type_comment_bytes: None,
                runtime_body: None,
            }),
            (Kind::ClassDef, [name, bases, keywords, body, decorators, params]) => {
                let is_bare = bases.items().is_empty() && keywords.items().is_empty();
                Stmt::ClassDef(ast::StmtClassDef {
                    node_index,
                    range,
                    decorator_list: self.decorators(decorators),
                    name: self.identifier(name, range),
                    type_params: self.type_params(params, range),
                    arguments: (!is_bare).then(|| Box::new(self.arguments(bases, keywords, range))),
                    body: self.body(body),
                    runtime_decorator_list: None,
                    runtime_body: None,
                })
            }
            (Kind::Return, [value]) => Stmt::Return(ast::StmtReturn {
                node_index,
                range,
                value: self.optional(value),
            }),
            (Kind::Delete, [targets]) => {
                let targets = self.expressions(targets);
                Stmt::Delete(ast::StmtDelete {
                    node_index,
                    range,
                    targets,
                    runtime_targets: None,
                })
            }
            (Kind::Assign, [targets, value, _]) => Stmt::Assign(ast::StmtAssign {
                node_index,
                range,
                targets: self.expressions(targets),
                value: Box::new(self.required(value)),
                runtime_targets: None,
                runtime_type_comment: None,
                runtime_type_comment_bytes: None,
            }),
            (Kind::TypeAlias, [name, params, value]) => Stmt::TypeAlias(ast::StmtTypeAlias {
                node_index,
                range,
                name: Box::new(self.required(name)),
                type_params: self.type_params(params, range),
                value: Box::new(self.required(value)),
            }),
            (Kind::AugAssign, [target, operator, value]) => Stmt::AugAssign(ast::StmtAugAssign {
                node_index,
                range,
                target: Box::new(self.required(target)),
                op: super::expressions::operator(operator),
                value: Box::new(self.required(value)),
            }),
            (Kind::AnnAssign, [target, annotation, value, simple]) => {
                Stmt::AnnAssign(ast::StmtAnnAssign {
                    node_index,
                    range,
                    target: Box::new(self.required(target)),
                    annotation: Box::new(self.required(annotation)),
                    value: self.optional(value),
                    simple: simple.int() != 0,
                    runtime_simple: None,
                })
            }
            (Kind::For | Kind::AsyncFor, [target, iterable, body, orelse, _]) => {
                Stmt::For(ast::StmtFor {
                    node_index,
                    range,
                    is_async: tree.kind == Kind::AsyncFor,
                    target: Box::new(self.required(target)),
                    iter: Box::new(self.required(iterable)),
                    body: self.body(body),
                    orelse: self.body(orelse),
                    runtime_type_comment: None,
                    runtime_type_comment_bytes: None,
                    runtime_body: None,
                    runtime_orelse: None,
                })
            }
            (Kind::While, [test, body, orelse]) => Stmt::While(ast::StmtWhile {
                node_index,
                range,
                test: Box::new(self.required(test)),
                body: self.body(body),
                orelse: self.body(orelse),
                runtime_body: None,
                runtime_orelse: None,
            }),
            (Kind::If, [test, body, orelse]) => Stmt::If(ast::StmtIf {
                node_index,
                range,
                test: Box::new(self.required(test)),
                body: self.body(body),
                elif_else_clauses: self.else_clauses(orelse, range),
                runtime_body: None,
            }),
            (Kind::With | Kind::AsyncWith, [items, body, _]) => Stmt::With(ast::StmtWith {
                node_index,
                range,
                is_async: tree.kind == Kind::AsyncWith,
                items: nodes(items).map(|item| self.with_item(item)).collect(),
                body: self.body(body),
                runtime_type_comment: None,
                runtime_type_comment_bytes: None,
                runtime_body: None,
            }),
            (Kind::Match, [subject, cases]) => Stmt::Match(ast::StmtMatch {
                node_index,
                range,
                subject: Box::new(self.required(subject)),
                cases: nodes(cases).map(|case| self.case(case)).collect(),
            }),
            (Kind::Raise, [exception, cause]) => {
                let (exc, cause) = (self.optional(exception), self.optional(cause));
                Stmt::Raise(ast::StmtRaise {
                    node_index,
                    range,
                    exc,
                    cause,
                })
            }
            (Kind::Try | Kind::TryStar, [body, handlers, orelse, finalbody]) => {
                Stmt::Try(ast::StmtTry {
                    node_index,
                    range,
                    body: self.body(body),
                    handlers: nodes(handlers)
                        .map(|handler| self.handler(handler))
                        .collect(),
                    orelse: self.body(orelse),
                    finalbody: self.body(finalbody),
                    is_star: tree.kind == Kind::TryStar,
                    runtime_body: None,
                    runtime_handlers: None,
                    runtime_orelse: None,
                    runtime_finalbody: None,
                })
            }
            (Kind::Assert, [test, message]) => {
                let (test, msg) = (Box::new(self.required(test)), self.optional(message));
                Stmt::Assert(ast::StmtAssert {
                    node_index,
                    range,
                    test,
                    msg,
                })
            }
            (Kind::Import, [names]) => Stmt::Import(ast::StmtImport {
                node_index,
                range,
                names: self.aliases(names),
                is_lazy: false,
            }),
            (Kind::ImportFrom, [module, names, level]) => Stmt::ImportFrom(ast::StmtImportFrom {
                node_index,
                range,
                module: self.optional_identifier(module, range),
                names: self.aliases(names),
                level: u32::try_from(level.int()).unwrap_or(0),
                is_lazy: false,
                runtime_level: None,
            }),
            (Kind::Global, [names]) => Stmt::Global(ast::StmtGlobal {
                node_index,
                range,
                names: self.identifiers(names, range),
            }),
            (Kind::Nonlocal, [names]) => Stmt::Nonlocal(ast::StmtNonlocal {
                node_index,
                range,
                names: self.identifiers(names, range),
            }),
            (Kind::Expr, [value]) => Stmt::Expr(ast::StmtExpr {
                node_index,
                range,
                value: Box::new(self.required(value)),
            }),
            (Kind::Break, _) => Stmt::Break(ast::StmtBreak { node_index, range }),
            (Kind::Continue, _) => Stmt::Continue(ast::StmtContinue { node_index, range }),
            _ => Stmt::Pass(ast::StmtPass { node_index, range }),
        }
    }

    fn identifiers(&self, names: &Item, range: TextRange) -> Vec<ast::Identifier> {
        names
            .items()
            .iter()
            .map(|name| self.identifier(name, range))
            .collect()
    }

    fn decorators<C: FromIterator<ast::Decorator>>(&mut self, list: &Item) -> C {
        let decorator = |decorator: &Tree| {
            let expression = self.expression(decorator);
            ast::Decorator {
                range: expression.range(),
                node_index: Default::default(),
                expression,
            }
        };
        nodes(list).map(decorator).collect()
    }

    /// The blocks after the first: an `if` that stands alone in the `else` is an `elif`.
    fn else_clauses(&mut self, orelse: &Item, statement: TextRange) -> Vec<ast::ElifElseClause> {
        let mut clauses = Vec::new();
        let mut orelse = orelse;
        while !orelse.items().is_empty() {
            let only = if orelse.items().len() == 1 {
                orelse.items()[0].node()
            } else {
                None
            };
            let (range, test, body, rest) = match only.map(|only| (only, &only.fields[..])) {
                Some((only, [test, body, rest])) if only.kind == Kind::If => {
                    (self.range(only), Some(self.required(test)), body, rest)
                }
                _ => (statement, None, orelse, &Item::Nothing),
            };
            clauses.push(ast::ElifElseClause {
                range,
                node_index: Default::default(),
                test,
                body: self.body(body),
                runtime_body: None,
                runtime_orelse: None,
            });
            orelse = rest;
        }
        clauses
    }

    fn with_item(&mut self, item: &Tree) -> ast::WithItem {
        let context_expr = self.required(&item.fields[0]);
        ast::WithItem {
            range: context_expr.range(),
            node_index: Default::default(),
            context_expr,
            optional_vars: self.optional(&item.fields[1]),
        }
    }

    fn case(&mut self, case: &Tree) -> ast::MatchCase {
        let pattern = self.pattern(&case.fields[0]);
        ast::MatchCase {
            range: pattern.range(),
            node_index: Default::default(),
            pattern,
            guard: self.optional(&case.fields[1]),
            body: self.body(&case.fields[2]),
            runtime_body: None,
        }
    }

    fn handler(&mut self, handler: &Tree) -> ast::ExceptHandler {
        let range = self.range(handler);
        ast::ExceptHandler::ExceptHandler(ast::ExceptHandlerExceptHandler {
            range,
            node_index: Default::default(),
            type_: self.optional(&handler.fields[0]),
            name: self.optional_identifier(&handler.fields[1], range),
            body: self.body(&handler.fields[2]),
            runtime_body: None,
        })
    }

    fn aliases(&self, names: &Item) -> Vec<ast::Alias> {
        let alias = |alias: &Tree| {
            let range = self.range(alias);
            ast::Alias {
                range,
                node_index: Default::default(),
                name: self.identifier(&alias.fields[0], range),
                asname: self.optional_identifier(&alias.fields[1], range),
            }
        };
        nodes(names).map(alias).collect()
    }
}
