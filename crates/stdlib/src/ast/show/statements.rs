//! Statements as Python objects.

use taipan_compiler::ast::{self, Stmt};
use taipan_compiler::text_size::{Ranged, TextRange, TextSize};
use taipan_objects::int;
use taipan_objects::value::Value;

use super::{Show, flag, identifier, list, optional_identifier};
use crate::ast::classes;
use crate::ast::grammar::Kind;

impl Show<'_> {
    /// A list of statements.
    pub(super) fn body(&self, body: &[Stmt]) -> Value {
        list(
            body.iter()
                .map(|statement| self.statement(statement))
                .collect(),
        )
    }

    fn statement(&self, statement: &Stmt) -> Value {
        let range = match statement {
            Stmt::For(_)
            | Stmt::While(_)
            | Stmt::If(_)
            | Stmt::With(_)
            | Stmt::Match(_)
            | Stmt::Try(_) => self.with_semicolon(statement.range()),
            _ => statement.range(),
        };
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(s) => self.node(Kind::Return, range, [self.optional(s.value.as_deref())]),
            Stmt::Delete(s) => self.node(Kind::Delete, range, [self.expressions(&s.targets)]),
            Stmt::TypeAlias(s) => {
                let params = self.type_params(s.type_params.as_deref());
                self.node(
                    Kind::TypeAlias,
                    range,
                    [self.expression(&s.name), params, self.expression(&s.value)],
                )
            }
            Stmt::Assign(s) => {
                let comment = self.comment_of_line(range.end());
                self.node(
                    Kind::Assign,
                    range,
                    [
                        self.expressions(&s.targets),
                        self.expression(&s.value),
                        comment,
                    ],
                )
            }
            Stmt::AugAssign(s) => {
                let operator = super::expressions::operator(s.op);
                self.node(
                    Kind::AugAssign,
                    range,
                    [
                        self.expression(&s.target),
                        operator,
                        self.expression(&s.value),
                    ],
                )
            }
            Stmt::AnnAssign(s) => self.node(
                Kind::AnnAssign,
                range,
                [
                    self.expression(&s.target),
                    self.expression(&s.annotation),
                    self.optional(s.value.as_deref()),
                    flag(s.simple),
                ],
            ),
            Stmt::For(s) => {
                let kind = if s.is_async {
                    Kind::AsyncFor
                } else {
                    Kind::For
                };
                let (target, iterable) = (self.expression(&s.target), self.expression(&s.iter));
                let comment = self.comment_of_header(s.iter.end(), &s.body, false);
                self.node(
                    kind,
                    range,
                    [
                        target,
                        iterable,
                        self.body(&s.body),
                        self.body(&s.orelse),
                        comment,
                    ],
                )
            }
            Stmt::While(s) => self.node(
                Kind::While,
                range,
                [
                    self.expression(&s.test),
                    self.body(&s.body),
                    self.body(&s.orelse),
                ],
            ),
            Stmt::If(s) => {
                let orelse = self.else_clauses(&s.elif_else_clauses, range);
                self.node(
                    Kind::If,
                    range,
                    [self.expression(&s.test), self.body(&s.body), orelse],
                )
            }
            Stmt::With(s) => {
                let kind = if s.is_async {
                    Kind::AsyncWith
                } else {
                    Kind::With
                };
                let item = |item: &ast::WithItem| {
                    let variables = self.optional(item.optional_vars.as_deref());
                    classes::make(
                        Kind::withitem,
                        [self.expression(&item.context_expr), variables],
                    )
                };
                let end = s.items.last().map_or(range.start(), Ranged::end);
                let comment = self.comment_of_header(end, &s.body, false);
                self.node(
                    kind,
                    range,
                    [
                        list(s.items.iter().map(item).collect()),
                        self.body(&s.body),
                        comment,
                    ],
                )
            }
            Stmt::Match(s) => {
                let case = |case: &ast::MatchCase| {
                    let guard = self.optional(case.guard.as_deref());
                    classes::make(
                        Kind::match_case,
                        [self.pattern(&case.pattern), guard, self.body(&case.body)],
                    )
                };
                self.node(
                    Kind::Match,
                    range,
                    [
                        self.expression(&s.subject),
                        list(s.cases.iter().map(case).collect()),
                    ],
                )
            }
            Stmt::Raise(s) => self.node(
                Kind::Raise,
                range,
                [
                    self.optional(s.exc.as_deref()),
                    self.optional(s.cause.as_deref()),
                ],
            ),
            Stmt::Try(s) => {
                let kind = if s.is_star { Kind::TryStar } else { Kind::Try };
                let handlers = list(
                    s.handlers
                        .iter()
                        .map(|handler| self.handler(handler))
                        .collect(),
                );
                self.node(
                    kind,
                    range,
                    [
                        self.body(&s.body),
                        handlers,
                        self.body(&s.orelse),
                        self.body(&s.finalbody),
                    ],
                )
            }
            Stmt::Assert(s) => self.node(
                Kind::Assert,
                range,
                [self.expression(&s.test), self.optional(s.msg.as_deref())],
            ),
            Stmt::Import(s) => self.node(Kind::Import, range, [self.aliases(&s.names)]),
            Stmt::ImportFrom(s) => self.node(
                Kind::ImportFrom,
                range,
                [
                    optional_identifier(s.module.as_ref()),
                    self.aliases(&s.names),
                    int::new(s.level.into()),
                ],
            ),
            Stmt::Global(s) => self.node(
                Kind::Global,
                range,
                [list(s.names.iter().map(identifier).collect())],
            ),
            Stmt::Nonlocal(s) => self.node(
                Kind::Nonlocal,
                range,
                [list(s.names.iter().map(identifier).collect())],
            ),
            Stmt::Expr(s) => self.node(Kind::Expr, range, [self.expression(&s.value)]),
            // Commands of IPython are parsed in its own mode alone.
            Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => self.node(Kind::Pass, range, []),
            Stmt::Break(_) => self.node(Kind::Break, range, []),
            Stmt::Continue(_) => self.node(Kind::Continue, range, []),
        }
    }

    /// The range of a compound statement: a semicolon after its last simple one belongs to it.
    fn with_semicolon(&self, range: TextRange) -> TextRange {
        let rest = &self.text()[range.end().to_usize()..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\x0c']).len();
        if !rest[blank..].starts_with(';') {
            return range;
        }
        TextRange::new(
            range.start(),
            range.end() + TextSize::try_from(blank + 1).unwrap_or_default(),
        )
    }

    /// The range of a definition, whose decorators stand before it.
    fn undecorated(&self, range: TextRange, decorators: &[ast::Decorator]) -> TextRange {
        let range = self.with_semicolon(range);
        match decorators.last() {
            // A tree that a program made starts where it says.
            Some(last) if range.start() < last.range.end() => TextRange::new(
                self.skip_blank(last.range.end()).min(range.end()),
                range.end(),
            ),
            _ => range,
        }
    }

    fn decorators(&self, decorators: &[ast::Decorator]) -> Value {
        list(
            decorators
                .iter()
                .map(|decorator| self.expression(&decorator.expression))
                .collect(),
        )
    }

    fn function(&self, function: &ast::StmtFunctionDef) -> Value {
        let kind = if function.is_async {
            Kind::AsyncFunctionDef
        } else {
            Kind::FunctionDef
        };
        let header_end = function
            .returns
            .as_deref()
            .map_or(function.parameters.range.end(), Ranged::end);
        let comment = self.comment_of_header(header_end, &function.body, true);
        self.node(
            kind,
            self.undecorated(function.range, &function.decorator_list),
            [
                identifier(&function.name),
                self.parameters(&function.parameters),
                self.body(&function.body),
                self.decorators(&function.decorator_list),
                self.optional(function.returns.as_deref()),
                comment,
                self.type_params(function.type_params.as_deref()),
            ],
        )
    }

    fn class(&self, class: &ast::StmtClassDef) -> Value {
        self.node(
            Kind::ClassDef,
            self.undecorated(class.range, &class.decorator_list),
            [
                identifier(&class.name),
                self.expressions(class.bases()),
                self.keywords(class.keywords()),
                self.body(&class.body),
                self.decorators(&class.decorator_list),
                self.type_params(class.type_params.as_deref()),
            ],
        )
    }

    /// What stands under `else`: the next `elif` is an `if` of its own that lasts to the end of the statement.
    fn else_clauses(&self, clauses: &[ast::ElifElseClause], statement: TextRange) -> Value {
        let mut orelse = list(Vec::new());
        for clause in clauses.iter().rev() {
            orelse = match &clause.test {
                None => self.body(&clause.body),
                Some(test) => {
                    let range = TextRange::new(clause.range.start(), statement.end());
                    let values = [self.expression(test), self.body(&clause.body), orelse];
                    list(vec![self.node(Kind::If, range, values)])
                }
            };
        }
        orelse
    }

    fn handler(&self, handler: &ast::ExceptHandler) -> Value {
        let ast::ExceptHandler::ExceptHandler(handler) = handler;
        self.node(
            Kind::ExceptHandler,
            self.with_semicolon(handler.range),
            [
                self.optional(handler.type_.as_deref()),
                optional_identifier(handler.name.as_ref()),
                self.body(&handler.body),
            ],
        )
    }

    fn aliases(&self, names: &[ast::Alias]) -> Value {
        let alias = |alias: &ast::Alias| {
            self.node(
                Kind::alias,
                alias.range,
                [
                    identifier(&alias.name),
                    optional_identifier(alias.asname.as_ref()),
                ],
            )
        };
        list(names.iter().map(alias).collect())
    }
}
