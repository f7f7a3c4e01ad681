//! Expressions as Python objects.

use taipan_compiler::ast::{self, BoolOp, CmpOp, Expr, ExprContext, Number, Operator, UnaryOp};
use taipan_compiler::integer_value;
use taipan_compiler::text_size::{Ranged, TextRange};
use taipan_objects::bytes::Bytes;
use taipan_objects::str::Str;
use taipan_objects::value::Value;
use taipan_objects::{complex, float, int};

use super::{Show, flag, identifier, list, name};
use crate::ast::classes;
use crate::ast::grammar::Kind;

fn context(context: ExprContext) -> Value {
    classes::single(match context {
        ExprContext::Load | ExprContext::Invalid => Kind::Load,
        ExprContext::Store => Kind::Store,
        ExprContext::Del => Kind::Del,
    })
}

/// A binary operator.
pub(super) fn operator(operator: Operator) -> Value {
    classes::single(match operator {
        Operator::Add => Kind::Add,
        Operator::Sub => Kind::Sub,
        Operator::Mult => Kind::Mult,
        Operator::MatMult => Kind::MatMult,
        Operator::Div => Kind::Div,
        Operator::Mod => Kind::Mod,
        Operator::Pow => Kind::Pow,
        Operator::LShift => Kind::LShift,
        Operator::RShift => Kind::RShift,
        Operator::BitOr => Kind::BitOr,
        Operator::BitXor => Kind::BitXor,
        Operator::BitAnd => Kind::BitAnd,
        Operator::FloorDiv => Kind::FloorDiv,
    })
}

fn comparison(operator: &CmpOp) -> Value {
    classes::single(match operator {
        CmpOp::Eq => Kind::Eq,
        CmpOp::NotEq => Kind::NotEq,
        CmpOp::Lt => Kind::Lt,
        CmpOp::LtE => Kind::LtE,
        CmpOp::Gt => Kind::Gt,
        CmpOp::GtE => Kind::GtE,
        CmpOp::Is => Kind::Is,
        CmpOp::IsNot => Kind::IsNot,
        CmpOp::In => Kind::In,
        CmpOp::NotIn => Kind::NotIn,
    })
}

fn number(number: &Number) -> Value {
    match number {
        Number::Int(integer) => match integer.as_u64() {
            Some(small) => int::from_big(small.into()),
            None => int::from_big(integer_value(integer).unwrap_or_default()),
        },
        Number::Float(value) => float::new(*value),
        Number::Complex { real, imag } => complex::new(*real, *imag),
    }
}

impl Show<'_> {
    /// A list of expressions.
    pub(super) fn expressions(&self, expressions: &[Expr]) -> Value {
        list(
            expressions
                .iter()
                .map(|expression| self.expression(expression))
                .collect(),
        )
    }

    /// An expression, or None.
    pub(super) fn optional(&self, expression: Option<&Expr>) -> Value {
        expression.map_or(Value::NONE, |expression| self.expression(expression))
    }

    /// A constant.
    pub(super) fn constant(&self, range: TextRange, value: Value) -> Value {
        self.node(Kind::Constant, range, [value, Value::NONE])
    }

    /// An expression.
    pub(super) fn expression(&self, expression: &Expr) -> Value {
        let range = expression.range();
        match expression {
            Expr::BoolOp(e) => {
                let word = if e.op == BoolOp::And {
                    Kind::And
                } else {
                    Kind::Or
                };
                self.node(
                    Kind::BoolOp,
                    range,
                    [classes::single(word), self.expressions(&e.values)],
                )
            }
            Expr::Named(e) => self.node(
                Kind::NamedExpr,
                range,
                [self.expression(&e.target), self.expression(&e.value)],
            ),
            Expr::BinOp(e) => {
                let (left, right) = (self.expression(&e.left), self.expression(&e.right));
                self.node(Kind::BinOp, range, [left, operator(e.op), right])
            }
            Expr::UnaryOp(e) => {
                let sign = match e.op {
                    UnaryOp::Invert => Kind::Invert,
                    UnaryOp::Not => Kind::Not,
                    UnaryOp::UAdd => Kind::UAdd,
                    UnaryOp::USub => Kind::USub,
                };
                self.node(
                    Kind::UnaryOp,
                    range,
                    [classes::single(sign), self.expression(&e.operand)],
                )
            }
            Expr::Lambda(e) => {
                let parameters = match &e.parameters {
                    Some(parameters) => self.parameters(parameters),
                    None => self.parameters(&ast::Parameters::default()),
                };
                self.node(Kind::Lambda, range, [parameters, self.expression(&e.body)])
            }
            Expr::If(e) => {
                let values = [
                    self.expression(&e.test),
                    self.expression(&e.body),
                    self.expression(&e.orelse),
                ];
                self.node(Kind::IfExp, range, values)
            }
            Expr::Dict(e) => {
                let keys = e
                    .items
                    .iter()
                    .map(|item| self.optional(item.key.as_ref()))
                    .collect();
                let values = e
                    .items
                    .iter()
                    .map(|item| self.expression(&item.value))
                    .collect();
                self.node(Kind::Dict, range, [list(keys), list(values)])
            }
            Expr::Set(e) => self.node(Kind::Set, range, [self.expressions(&e.elts)]),
            Expr::ListComp(e) => self.comprehension(Kind::ListComp, range, &e.elt, &e.generators),
            Expr::SetComp(e) => self.comprehension(Kind::SetComp, range, &e.elt, &e.generators),
            Expr::DictComp(e) => {
                let key = self.optional(e.key.as_deref());
                self.node(
                    Kind::DictComp,
                    range,
                    [
                        key,
                        self.expression(&e.value),
                        self.generators(&e.generators),
                    ],
                )
            }
            Expr::Generator(e) => {
                self.comprehension(Kind::GeneratorExp, range, &e.elt, &e.generators)
            }
            Expr::Await(e) => self.node(Kind::Await, range, [self.expression(&e.value)]),
            Expr::Yield(e) => self.node(Kind::Yield, range, [self.optional(e.value.as_deref())]),
            Expr::YieldFrom(e) => self.node(Kind::YieldFrom, range, [self.expression(&e.value)]),
            Expr::Compare(e) => {
                let operators = list(e.ops.iter().map(comparison).collect());
                self.node(
                    Kind::Compare,
                    range,
                    [
                        self.expression(&e.left),
                        operators,
                        self.expressions(&e.comparators),
                    ],
                )
            }
            Expr::Call(e) => self.call(e),
            Expr::FString(e) => self.joined_string(e),
            Expr::TString(e) => self.template_string(e),
            Expr::StringLiteral(e) => {
                let kind = if e.value.is_unicode() {
                    name("u")
                } else {
                    Value::NONE
                };
                let value = taipan_compiler::string_literal_value(self.source, &e.value);
                self.node(
                    Kind::Constant,
                    range,
                    [Str::from_wtf8(&value).into_value(), kind],
                )
            }
            Expr::BytesLiteral(e) => {
                let bytes: Vec<u8> = e.value.bytes().collect();
                self.constant(range, Bytes::new(&bytes).into_value())
            }
            Expr::NumberLiteral(e) => self.constant(range, number(&e.value)),
            Expr::BooleanLiteral(e) => self.constant(range, Value::from(e.value)),
            Expr::NoneLiteral(_) => self.constant(range, Value::NONE),
            Expr::EllipsisLiteral(_) => self.constant(range, Value::ELLIPSIS),
            Expr::Attribute(e) => self.node(
                Kind::Attribute,
                range,
                [
                    self.expression(&e.value),
                    identifier(&e.attr),
                    context(e.ctx),
                ],
            ),
            Expr::Subscript(e) => {
                let (value, slice) = (self.expression(&e.value), self.expression(&e.slice));
                self.node(Kind::Subscript, range, [value, slice, context(e.ctx)])
            }
            Expr::Starred(e) => self.node(
                Kind::Starred,
                range,
                [self.expression(&e.value), context(e.ctx)],
            ),
            Expr::Name(e) => self.node(Kind::Name, range, [name(e.id.as_str()), context(e.ctx)]),
            Expr::List(e) => self.node(
                Kind::List,
                range,
                [self.expressions(&e.elts), context(e.ctx)],
            ),
            Expr::Tuple(e) => self.node(
                Kind::Tuple,
                range,
                [self.expressions(&e.elts), context(e.ctx)],
            ),
            Expr::Slice(e) => {
                let bound = |bound: &Option<Box<Expr>>| self.optional(bound.as_deref());
                self.node(
                    Kind::Slice,
                    range,
                    [bound(&e.lower), bound(&e.upper), bound(&e.step)],
                )
            }
            // Neither is a result of parsing Python: one is made by programs, the other by IPython's mode.
            Expr::Constant(_) | Expr::IpyEscapeCommand(_) => self.constant(range, Value::NONE),
        }
    }

    /// A call; a generator that is its only argument shares the call's parentheses.
    fn call(&self, call: &ast::ExprCall) -> Value {
        let arguments = &call.arguments;
        let values = match &*arguments.args {
            [Expr::Generator(generator)] if !generator.parenthesized => {
                list(vec![self.comprehension(
                    Kind::GeneratorExp,
                    arguments.range,
                    &generator.elt,
                    &generator.generators,
                )])
            }
            values => self.expressions(values),
        };
        self.node(
            Kind::Call,
            call.range(),
            [
                self.expression(&call.func),
                values,
                self.keywords(&arguments.keywords),
            ],
        )
    }

    fn comprehension(
        &self,
        kind: Kind,
        range: TextRange,
        element: &Expr,
        generators: &[ast::Comprehension],
    ) -> Value {
        self.node(
            kind,
            range,
            [self.expression(element), self.generators(generators)],
        )
    }

    fn generators(&self, generators: &[ast::Comprehension]) -> Value {
        let generator = |generator: &ast::Comprehension| {
            classes::make(
                Kind::comprehension,
                [
                    self.expression(&generator.target),
                    self.expression(&generator.iter),
                    self.expressions(&generator.ifs),
                    flag(generator.is_async),
                ],
            )
        };
        list(generators.iter().map(generator).collect())
    }
}
