//! F-strings and t-strings as Python objects.
//!
//! Python's parser sees a string as a run of pieces: texts and replacement fields, over all the literals that are
//! implicitly concatenated. Texts that touch become one constant, empty ones go away.

use taipan_compiler::ast::{self, InterpolatedStringElement as Element};
use taipan_compiler::text_size::{Ranged, TextRange, TextSize};
use taipan_compiler::{
    Wtf8Buf, interpolated_string_literal_value, interpolation_debug_text, string_literal_part_value,
};
use taipan_objects::int;
use taipan_objects::str::Str;
use taipan_objects::value::Value;

use super::{Show, list, name};
use crate::ast::grammar::Kind;

/// A part of a string.
enum Piece {
    Text {
        value: Wtf8Buf,
        range: TextRange,
        is_unicode: bool,
    },
    Field(Value),
}

/// What a replacement field becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fields {
    Formatted,
    Interpolated,
}

impl Show<'_> {
    /// An f-string.
    pub(super) fn joined_string(&self, string: &ast::ExprFString) -> Value {
        let mut pieces = Vec::new();
        for part in &string.value {
            match part {
                ast::FStringPart::Literal(literal) => pieces.push(Piece::Text {
                    value: string_literal_part_value(self.source, literal),
                    range: literal.range,
                    is_unicode: literal.flags.prefix().is_unicode(),
                }),
                ast::FStringPart::FString(part) => {
                    self.pieces(
                        &part.elements,
                        part.flags.into(),
                        Fields::Formatted,
                        &mut pieces,
                    );
                }
            }
        }
        self.node(Kind::JoinedStr, string.range, [self.merged(pieces)])
    }

    /// A t-string.
    pub(super) fn template_string(&self, string: &ast::ExprTString) -> Value {
        let mut pieces = Vec::new();
        for part in &string.value {
            self.pieces(
                &part.elements,
                part.flags.into(),
                Fields::Interpolated,
                &mut pieces,
            );
        }
        self.node(Kind::TemplateStr, string.range, [self.merged(pieces)])
    }

    fn pieces(
        &self,
        elements: &[Element],
        flags: ast::AnyStringFlags,
        fields: Fields,
        pieces: &mut Vec<Piece>,
    ) {
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    let value = interpolated_string_literal_value(self.source, literal, flags);
                    if !value.is_empty() {
                        pieces.push(Piece::Text {
                            value,
                            range: literal.range,
                            is_unicode: false,
                        });
                    }
                }
                Element::Interpolation(field) => {
                    if let Some(debug) = &field.debug_text {
                        let (text, range) =
                            interpolation_debug_text(self.source, debug, field.expression.range());
                        pieces.push(Piece::Text {
                            value: text.into(),
                            range,
                            is_unicode: false,
                        });
                    }
                    pieces.push(Piece::Field(self.field(field, flags, fields)));
                }
            }
        }
    }

    fn field(
        &self,
        field: &ast::InterpolatedElement,
        flags: ast::AnyStringFlags,
        fields: Fields,
    ) -> Value {
        let value = self.expression(&field.expression);
        let spec = field
            .format_spec
            .as_deref()
            .map_or(Value::NONE, |spec| self.format_spec(spec, flags));
        let is_bare_debug = field.debug_text.is_some() && field.format_spec.is_none();
        let conversion = match field.conversion {
            ast::ConversionFlag::None if is_bare_debug => ast::ConversionFlag::Repr as i64,
            conversion => conversion as i64,
        };
        if fields == Fields::Formatted {
            return self.node(
                Kind::FormattedValue,
                field.range,
                [value, int::new(conversion), spec],
            );
        }
        let text = Str::new(&self.expression_text(field)).into_value();
        self.node(
            Kind::Interpolation,
            field.range,
            [value, text, int::new(conversion), spec],
        )
    }

    /// The specification after the colon, which belongs to its range.
    fn format_spec(
        &self,
        spec: &ast::InterpolatedStringFormatSpec,
        flags: ast::AnyStringFlags,
    ) -> Value {
        let mut pieces = Vec::new();
        self.pieces(&spec.elements, flags, Fields::Formatted, &mut pieces);
        let start = spec.range.start().to_usize();
        let after_colon = start > 0 && self.text().as_bytes()[start - 1] == b':';
        let start = if after_colon {
            spec.range.start() - TextSize::from(1)
        } else {
            spec.range.start()
        };
        self.node(
            Kind::JoinedStr,
            TextRange::new(start, spec.range.end()),
            [self.merged(pieces)],
        )
    }

    /// The text of an interpolated expression: everything before the conversion, the format or the closing brace, but for
    /// blanks and equal signs at its end.
    fn expression_text(&self, field: &ast::InterpolatedElement) -> String {
        let start = field.range.start() + TextSize::from(1);
        let mut end = field.expression.end();
        let bytes = self.text().as_bytes();
        if let Some(debug) = &field.debug_text {
            let (text, _) = interpolation_debug_text(self.source, debug, field.expression.range());
            return text
                .trim_end_matches(|c: char| c.is_whitespace() || c == '=')
                .to_owned();
        }
        end = self.skip_blank(end);
        while let Some(b')' | b',') = bytes.get(end.to_usize()) {
            end = self.skip_blank(end + TextSize::from(1));
        }
        let before = self
            .places
            .slice(TextRange::new(start, field.expression.start()));
        let expression = self.places.slice(field.expression.range());
        let after = self
            .places
            .slice(TextRange::new(field.expression.end(), end));
        let text = [
            &without_comments(before),
            expression,
            &without_comments(after),
        ]
        .concat();
        text.trim_end_matches(|c: char| c.is_whitespace() || c == '=')
            .to_owned()
    }

    fn merged(&self, pieces: Vec<Piece>) -> Value {
        let mut values = Vec::new();
        let mut pending: Option<(Wtf8Buf, TextRange, bool)> = None;
        for piece in pieces {
            match piece {
                Piece::Text {
                    value,
                    range,
                    is_unicode,
                } => match &mut pending {
                    Some((text, whole, _)) => {
                        text.push_wtf8(&value);
                        *whole = whole.cover(range);
                    }
                    None => pending = Some((value, range, is_unicode)),
                },
                Piece::Field(field) => {
                    self.flush(&mut pending, &mut values);
                    values.push(field);
                }
            }
        }
        self.flush(&mut pending, &mut values);
        list(values)
    }

    fn flush(&self, pending: &mut Option<(Wtf8Buf, TextRange, bool)>, values: &mut Vec<Value>) {
        let Some((text, range, is_unicode)) = pending.take() else {
            return;
        };
        if !text.is_empty() {
            let kind = if is_unicode { name("u") } else { Value::NONE };
            values.push(self.node(
                Kind::Constant,
                range,
                [Str::from_wtf8(&text).into_value(), kind],
            ));
        }
    }
}

/// Text around an expression, which holds blanks, brackets and comments alone.
fn without_comments(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.find('#') {
            Some(start) => {
                result.push_str(&line[..start]);
                result.push_str(if line.ends_with('\n') { "\n" } else { "" });
            }
            None => result.push_str(line),
        }
    }
    result
}
