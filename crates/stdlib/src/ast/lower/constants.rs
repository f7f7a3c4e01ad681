//! Constants for the compiler.

use taipan_compiler::ast::{self, ConstantValue, Expr, Number};
use taipan_compiler::text_size::TextRange;
use taipan_objects::bytes::Bytes;
use taipan_objects::int::boolean;
use taipan_objects::set::FrozenSet;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Value;
use taipan_objects::{complex, float, int};

use super::Lower;

impl Lower {
    /// A constant. What has a literal becomes one, so that the compiler does with it what it does with sources.
    pub(super) fn constant(&mut self, value: &Value, range: TextRange) -> Expr {
        let node_index = ast::AtomicNodeIndex::NONE;
        if value.is(&Value::ELLIPSIS) {
            return Expr::EllipsisLiteral(ast::ExprEllipsisLiteral { node_index, range });
        }
        if let Some(value) = boolean::as_bool(value) {
            return Expr::BooleanLiteral(ast::ExprBooleanLiteral {
                node_index,
                range,
                value,
            });
        }
        if let Some(text) = value.downcast::<Str>() {
            return self.string(text, range);
        }
        if let Some(bytes) = value.downcast::<Bytes>() {
            let literal = ast::BytesLiteral {
                range,
                node_index: Default::default(),
                value: bytes.as_slice().into(),
                flags: ast::BytesLiteralFlags::empty(),
            };
            let value = ast::BytesLiteralValue::single(literal);
            return Expr::BytesLiteral(ast::ExprBytesLiteral {
                node_index,
                range,
                value,
            });
        }
        if let Some(tuple) = value.downcast::<Tuple>()
            && tuple.as_slice().iter().any(has_surrogates)
        {
            let elts = tuple
                .as_slice()
                .iter()
                .map(|item| self.constant(item, range))
                .collect();
            let ctx = ast::ExprContext::Load;
            return Expr::Tuple(ast::ExprTuple {
                node_index,
                range,
                elts,
                ctx,
                parenthesized: true,
                runtime_elts: None,
            });
        }
        if let Some(value) = number(value) {
            return Expr::NumberLiteral(ast::ExprNumberLiteral {
                node_index,
                range,
                value,
            });
        }
        if value.is_none() {
            return Expr::NoneLiteral(ast::ExprNoneLiteral { node_index, range });
        }
        Expr::Constant(ast::ExprConstant {
            node_index,
            range,
            value: plain(value),
            kind: None,
            invalid_type: None,
        })
    }

    fn string(&mut self, text: &Str, range: TextRange) -> Expr {
        // The compiler reads literals again that hold what may stand for a lone surrogate.
        let display = text.to_display();
        let literal_range = if display.contains(char::REPLACEMENT_CHARACTER) {
            self.layout.append(&escaped(text))
        } else {
            range
        };
        let literal = ast::StringLiteral {
            range: literal_range,
            node_index: Default::default(),
            value: display.into(),
            flags: ast::StringLiteralFlags::empty(),
        };
        let value = ast::StringLiteralValue::single(literal);
        Expr::StringLiteral(ast::ExprStringLiteral {
            node_index: ast::AtomicNodeIndex::NONE,
            range,
            value,
        })
    }
}

/// A literal of a string in which nothing but escapes stands.
fn escaped(text: &Str) -> String {
    let mut literal = String::from("'");
    for code in text.code_points() {
        literal.push_str(&format!("\\U{:08x}", code));
    }
    literal.push('\'');
    literal
}

fn has_surrogates(value: &Value) -> bool {
    if let Some(tuple) = value.downcast::<Tuple>() {
        return tuple.as_slice().iter().any(has_surrogates);
    }
    value
        .downcast::<Str>()
        .is_some_and(|text| text.try_to_str().is_none())
}

/// A number that a literal can stand for: ints have no sign.
fn number(value: &Value) -> Option<Number> {
    if let Some(float) = float::exact(value) {
        return Some(Number::Float(float));
    }
    if let Some(parts) = complex::parts_of(value) {
        return Some(Number::Complex {
            real: parts.re,
            imag: parts.im,
        });
    }
    if !int::is_int(value) || int::is_negative(value) {
        return None;
    }
    let big = int::to_big(value)?;
    // In hexadecimal, because decimal ones of any length would take their time.
    let text = format!("{:#x}", &*big);
    ast::Int::from_str_radix(&text[2..], 16, &text)
        .ok()
        .map(Number::Int)
}

/// A constant as plain data.
pub(super) fn plain(value: &Value) -> ConstantValue {
    if let Some(value) = boolean::as_bool(value) {
        return ConstantValue::Boolean(value);
    }
    if let Some(float) = float::exact(value) {
        return ConstantValue::Float(float);
    }
    if let Some(big) = int::to_big(value) {
        return ConstantValue::Integer(big.to_string().into());
    }
    if let Some(parts) = complex::parts_of(value) {
        return ConstantValue::Complex {
            real: parts.re,
            imag: parts.im,
        };
    }
    if let Some(text) = value.downcast::<Str>() {
        return ConstantValue::Str(text.to_display().into());
    }
    if let Some(bytes) = value.downcast::<Bytes>() {
        return ConstantValue::Bytes(bytes.as_slice().into());
    }
    if let Some(tuple) = value.downcast::<Tuple>() {
        return ConstantValue::Tuple(tuple.as_slice().iter().map(plain).collect());
    }
    if let Some(set) = value.downcast::<FrozenSet>() {
        return ConstantValue::Frozenset(set.snapshot().iter().map(plain).collect());
    }
    if value.is(&Value::ELLIPSIS) {
        ConstantValue::Ellipsis
    } else {
        ConstantValue::None
    }
}
