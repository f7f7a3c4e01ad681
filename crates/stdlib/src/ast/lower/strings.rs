//! F-strings and t-strings for the compiler.
//!
//! A program may put any expression into one. What a source could say becomes what the parser would make of it; the rest
//! goes into the fields that the compiler has for such trees.

use taipan_compiler::ast::{
    self, ConstantValue, ConversionFlag, Expr, InterpolatedStringElement as Element,
};
use taipan_compiler::text_size::TextRange;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;

use super::{Lower, nodes};
use crate::ast::grammar::Kind;
use crate::ast::tree::{Item, Tree};

fn conversion(item: &Item) -> ConversionFlag {
    match u8::try_from(item.int()) {
        Ok(b's') => ConversionFlag::Str,
        Ok(b'r') => ConversionFlag::Repr,
        Ok(b'a') => ConversionFlag::Ascii,
        _ => ConversionFlag::None,
    }
}

/// The text of a constant that a source can hold.
fn plain_text(tree: &Tree) -> Option<&Ref<Str>> {
    if tree.kind != Kind::Constant {
        return None;
    }
    let text = tree.fields[0].constant()?.downcast::<Str>()?;
    text.try_to_str()
        .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER) && !text.is_empty())?;
    Some(text)
}

/// Whether a string could come from a source.
fn is_regular(values: &Item) -> bool {
    nodes(values).all(|value| match value.kind {
        Kind::FormattedValue => value.fields[2].node().is_none_or(is_regular_spec),
        _ => plain_text(value).is_some(),
    })
}

fn is_regular_spec(spec: &Tree) -> bool {
    spec.kind == Kind::JoinedStr && is_regular(&spec.fields[0])
}

fn string_of(elements: Vec<Element>, range: TextRange) -> ast::FStringValue {
    ast::FStringValue::single(ast::FString {
        range,
        node_index: Default::default(),
        elements: elements.into(),
        flags: ast::FStringFlags::empty(),
    })
}

fn template_of(elements: Vec<Element>, range: TextRange) -> ast::TStringValue {
    ast::TStringValue::single(ast::TString {
        range,
        node_index: Default::default(),
        elements: elements.into(),
        flags: ast::TStringFlags::empty(),
    })
}

impl Lower {
    /// An f-string, or a replacement field that stands alone.
    pub(super) fn joined_string(&mut self, tree: &Tree) -> Expr {
        let range = self.range(tree);
        let (elements, values) = match &tree.fields[..] {
            [values] if is_regular(values) => (self.elements(values), None),
            [values] => (Vec::new(), Some(self.expressions(values))),
            _ => (vec![self.field(tree)], None),
        };
        Expr::FString(ast::ExprFString {
            node_index: Default::default(),
            range,
            value: string_of(elements, range),
            runtime_joined_str: values,
            runtime_values: None,
        })
    }

    /// A t-string, or an interpolation that stands alone.
    pub(super) fn template_string(&mut self, tree: &Tree) -> Expr {
        let range = self.range(tree);
        let (elements, values) = match &tree.fields[..] {
            [values] => (Vec::new(), Some(self.expressions(values))),
            _ => (vec![self.field(tree)], None),
        };
        Expr::TString(ast::ExprTString {
            node_index: Default::default(),
            range,
            value: template_of(elements, range),
            runtime_template_str: values,
            runtime_values: None,
        })
    }

    fn elements(&mut self, values: &Item) -> Vec<Element> {
        nodes(values).map(|value| self.element(value)).collect()
    }

    fn element(&mut self, tree: &Tree) -> Element {
        match plain_text(tree) {
            Some(text) => Element::Literal(ast::InterpolatedStringLiteralElement {
                range: self.range(tree),
                node_index: Default::default(),
                value: text.to_display().into(),
            }),
            None => self.field(tree),
        }
    }

    fn field(&mut self, tree: &Tree) -> Element {
        let is_template = tree.kind == Kind::Interpolation;
        let range = self.range(tree);
        let [value, rest @ ..] = &tree.fields[..] else {
            unreachable!("a replacement field has a value")
        };
        let (flag, spec) = (&rest[rest.len() - 2], rest[rest.len() - 1].node());
        let natural = spec.filter(|spec| !is_template && is_regular_spec(spec));
        let format_spec = natural.map(|spec| {
            let range = self.range(spec);
            let elements = self.elements(&spec.fields[0]).into();
            Box::new(ast::InterpolatedStringFormatSpec {
                range,
                node_index: Default::default(),
                elements,
            })
        });
        let other_spec = spec
            .filter(|_| format_spec.is_none())
            .map(|spec| Box::new(self.expression(spec)));
        let (interpolation_spec, formatted_spec) = if is_template {
            (other_spec, None)
        } else {
            (None, other_spec)
        };
        let text =
            is_template.then(
                || match rest[0].constant().and_then(|text| text.downcast::<Str>()) {
                    Some(text) => ConstantValue::Str(text.to_display().into()),
                    None => rest[0]
                        .constant()
                        .map_or(ConstantValue::None, super::constants::plain),
                },
            );
        Element::Interpolation(ast::InterpolatedElement {
            range,
            node_index: Default::default(),
            expression: Box::new(self.required(value)),
            debug_text: None,
            conversion: conversion(flag),
            format_spec,
            runtime_str: text,
            runtime_interpolation_format_spec: interpolation_spec,
            runtime_formatted_value_format_spec: formatted_spec,
        })
    }
}
