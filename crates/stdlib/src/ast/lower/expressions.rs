//! Expressions for the compiler.

use taipan_compiler::ast::name::Name;
use taipan_compiler::ast::{self, Expr, Operator};
use taipan_compiler::text_size::{Ranged, TextRange};

use super::{Lower, nodes};
use crate::ast::grammar::Kind;
use crate::ast::tree::{Item, Tree};

fn kind_of(item: &Item) -> Option<Kind> {
    item.node().map(|tree| tree.kind)
}

fn context(item: &Item) -> ast::ExprContext {
    match kind_of(item) {
        Some(Kind::Store) => ast::ExprContext::Store,
        Some(Kind::Del) => ast::ExprContext::Del,
        _ => ast::ExprContext::Load,
    }
}

/// A binary operator.
pub(super) fn operator(item: &Item) -> Operator {
    match kind_of(item) {
        Some(Kind::Sub) => Operator::Sub,
        Some(Kind::Mult) => Operator::Mult,
        Some(Kind::MatMult) => Operator::MatMult,
        Some(Kind::Div) => Operator::Div,
        Some(Kind::Mod) => Operator::Mod,
        Some(Kind::Pow) => Operator::Pow,
        Some(Kind::LShift) => Operator::LShift,
        Some(Kind::RShift) => Operator::RShift,
        Some(Kind::BitOr) => Operator::BitOr,
        Some(Kind::BitXor) => Operator::BitXor,
        Some(Kind::BitAnd) => Operator::BitAnd,
        Some(Kind::FloorDiv) => Operator::FloorDiv,
        _ => Operator::Add,
    }
}

fn comparison(item: &Item) -> ast::CmpOp {
    match kind_of(item) {
        Some(Kind::NotEq) => ast::CmpOp::NotEq,
        Some(Kind::Lt) => ast::CmpOp::Lt,
        Some(Kind::LtE) => ast::CmpOp::LtE,
        Some(Kind::Gt) => ast::CmpOp::Gt,
        Some(Kind::GtE) => ast::CmpOp::GtE,
        Some(Kind::Is) => ast::CmpOp::Is,
        Some(Kind::IsNot) => ast::CmpOp::IsNot,
        Some(Kind::In) => ast::CmpOp::In,
        Some(Kind::NotIn) => ast::CmpOp::NotIn,
        _ => ast::CmpOp::Eq,
    }
}

fn unary_operator(item: &Item) -> ast::UnaryOp {
    match kind_of(item) {
        Some(Kind::Invert) => ast::UnaryOp::Invert,
        Some(Kind::Not) => ast::UnaryOp::Not,
        Some(Kind::UAdd) => ast::UnaryOp::UAdd,
        _ => ast::UnaryOp::USub,
    }
}

impl Lower {
    /// The expressions of a list.
    pub(super) fn expressions(&mut self, list: &Item) -> Vec<Expr> {
        nodes(list)
            .map(|expression| self.expression(expression))
            .collect()
    }

    /// An expression that may be missing.
    pub(super) fn optional(&mut self, item: &Item) -> Option<Box<Expr>> {
        item.node().map(|tree| Box::new(self.expression(tree)))
    }

    /// The expression of a field that has one.
    pub(super) fn required(&mut self, item: &Item) -> Expr {
        match item.node() {
            Some(tree) => self.expression(tree),
            None => Expr::NoneLiteral(ast::ExprNoneLiteral::default()),
        }
    }

    /// An expression.
    pub(super) fn expression(&mut self, tree: &Tree) -> Expr {
        let range = self.range(tree);
        let node_index = ast::AtomicNodeIndex::NONE;
        match (tree.kind, &tree.fields[..]) {
            (Kind::BoolOp, [word, values]) => Expr::BoolOp(ast::ExprBoolOp {
                node_index,
                range,
                op: if kind_of(word) == Some(Kind::Or) {
                    ast::BoolOp::Or
                } else {
                    ast::BoolOp::And
                },
                values: self.expressions(values),
                runtime_values: None,
            }),
            (Kind::NamedExpr, [target, value]) => {
                let (target, value) = (
                    Box::new(self.required(target)),
                    Box::new(self.required(value)),
                );
                Expr::Named(ast::ExprNamed {
                    node_index,
                    range,
                    target,
                    value,
                })
            }
            (Kind::BinOp, [left, sign, right]) => {
                let (left, right) = (
                    Box::new(self.required(left)),
                    Box::new(self.required(right)),
                );
                Expr::BinOp(ast::ExprBinOp {
                    node_index,
                    range,
                    left,
                    op: operator(sign),
                    right,
                })
            }
            (Kind::UnaryOp, [sign, operand]) => {
                let operand = Box::new(self.required(operand));
                Expr::UnaryOp(ast::ExprUnaryOp {
                    node_index,
                    range,
                    op: unary_operator(sign),
                    operand,
                })
            }
            (Kind::Lambda, [parameters, body]) => {
                let has_parameters = |tree: &&Tree| {
                    tree.fields.iter().any(|item| {
                        !matches!(item, Item::Nothing) && item.name().is_none() && !is_empty(item)
                    })
                };
                let parameters = parameters
                    .node()
                    .filter(has_parameters)
                    .map(|tree| Box::new(self.parameters(tree)));
                Expr::Lambda(ast::ExprLambda {
                    node_index,
                    range,
                    parameters,
                    body: Box::new(self.required(body)),
                })
            }
            (Kind::IfExp, [test, body, orelse]) => Expr::If(ast::ExprIf {
                node_index,
                range,
                test: Box::new(self.required(test)),
                body: Box::new(self.required(body)),
                orelse: Box::new(self.required(orelse)),
            }),
            (Kind::Dict, [keys, values]) => {
                let item = |(key, value): (&Item, &Tree)| ast::DictItem {
                    key: key.node().map(|key| self.expression(key)),
                    value: self.expression(value),
                };
                let items = keys.items().iter().zip(nodes(values)).map(item).collect();
                Expr::Dict(ast::ExprDict {
                    node_index,
                    range,
                    items,
                    runtime_values: None,
                })
            }
            (Kind::Set, [elements]) => Expr::Set(ast::ExprSet {
                node_index,
                range,
                elts: self.expressions(elements),
                runtime_elts: None,
            }),
            (Kind::ListComp, [element, generators]) => {
                let (elt, generators) = (
                    Box::new(self.required(element)),
                    self.generators(generators),
                );
                Expr::ListComp(ast::ExprListComp {
                    node_index,
                    range,
                    elt,
                    generators,
                })
            }
            (Kind::SetComp, [element, generators]) => {
                let (elt, generators) = (
                    Box::new(self.required(element)),
                    self.generators(generators),
                );
                Expr::SetComp(ast::ExprSetComp {
                    node_index,
                    range,
                    elt,
                    generators,
                })
            }
            (Kind::GeneratorExp, [element, generators]) => {
                let (elt, generators) = (
                    Box::new(self.required(element)),
                    self.generators(generators),
                );
                Expr::Generator(ast::ExprGenerator {
                    node_index,
                    range,
                    elt,
                    generators,
                    parenthesized: true,
                })
            }
            (Kind::DictComp, [key, value, generators]) => Expr::DictComp(ast::ExprDictComp {
                node_index,
                range,
                key: self.optional(key),
                value: Box::new(self.required(value)),
                generators: self.generators(generators),
            }),
            (Kind::Await, [value]) => Expr::Await(ast::ExprAwait {
                node_index,
                range,
                value: Box::new(self.required(value)),
            }),
            (Kind::Yield, [value]) => Expr::Yield(ast::ExprYield {
                node_index,
                range,
                value: self.optional(value),
            }),
            (Kind::YieldFrom, [value]) => Expr::YieldFrom(ast::ExprYieldFrom {
                node_index,
                range,
                value: Box::new(self.required(value)),
            }),
            (Kind::Compare, [left, operators, comparators]) => Expr::Compare(ast::ExprCompare {
                node_index,
                range,
                left: Box::new(self.required(left)),
                ops: operators.items().iter().map(comparison).collect(),
                comparators: self.expressions(comparators).into(),
                runtime_comparators: None,
            }),
            (Kind::Call, [function, arguments, keywords]) => {
                let func = Box::new(self.required(function));
                let inner =
                    TextRange::new(func.end().min(range.end()).max(range.start()), range.end());
                let arguments = self.arguments(arguments, keywords, inner);
                Expr::Call(ast::ExprCall {
                    node_index,
                    range_start: range.start(),
                    func,
                    arguments,
                })
            }
            (Kind::FormattedValue | Kind::JoinedStr, _) => self.joined_string(tree),
            (Kind::Interpolation | Kind::TemplateStr, _) => self.template_string(tree),
            (Kind::Attribute, [value, name, ctx]) => Expr::Attribute(ast::ExprAttribute {
                node_index,
                range,
                value: Box::new(self.required(value)),
                attr: self.identifier(name, range),
                ctx: context(ctx),
            }),
            (Kind::Subscript, [value, slice, ctx]) => Expr::Subscript(ast::ExprSubscript {
                node_index,
                range,
                value: Box::new(self.required(value)),
                slice: Box::new(self.required(slice)),
                ctx: context(ctx),
            }),
            (Kind::Starred, [value, ctx]) => {
                let value = Box::new(self.required(value));
                Expr::Starred(ast::ExprStarred {
                    node_index,
                    range,
                    value,
                    ctx: context(ctx),
                })
            }
            (Kind::Name, [name, ctx]) => {
                let text = name
                    .name()
                    .map(|name| name.to_display())
                    .unwrap_or_default();
                Expr::Name(ast::ExprName {
                    node_index,
                    range,
                    id: Name::new(&*text),
                    ctx: context(ctx),
                })
            }
            (Kind::List, [elements, ctx]) => {
                let elts = self.expressions(elements);
                Expr::List(ast::ExprList {
                    node_index,
                    range,
                    elts,
                    ctx: context(ctx),
                    runtime_elts: None,
                })
            }
            (Kind::Tuple, [elements, ctx]) => {
                let elts = self.expressions(elements);
                let ctx = context(ctx);
                Expr::Tuple(ast::ExprTuple {
                    node_index,
                    range,
                    elts,
                    ctx,
                    parenthesized: true,
                    runtime_elts: None,
                })
            }
            (Kind::Slice, [lower, upper, step]) => Expr::Slice(ast::ExprSlice {
                node_index,
                range,
                lower: self.optional(lower),
                upper: self.optional(upper),
                step: self.optional(step),
            }),
            (_, fields) => match fields.first().and_then(Item::constant) {
                Some(value) => self.constant(value, range),
                None => Expr::NoneLiteral(ast::ExprNoneLiteral { node_index, range }),
            },
        }
    }

    fn generators(&mut self, list: &Item) -> Vec<ast::Comprehension> {
        let generator = |tree: &Tree| {
            let target = self.required(&tree.fields[0]);
            ast::Comprehension {
                range: target.range(),
                node_index: Default::default(),
                target,
                iter: self.required(&tree.fields[1]),
                ifs: self.expressions(&tree.fields[2]),
                is_async: tree.fields[3].int() != 0,
                runtime_ifs: None,
                runtime_is_async: None,
            }
        };
        nodes(list).map(generator).collect()
    }
}

fn is_empty(item: &Item) -> bool {
    matches!(item, Item::List(items) if items.is_empty())
}
