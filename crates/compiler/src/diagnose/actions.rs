//! The actions of the grammar that are more than a message: checks of literals, and errors that
//! depend on more than where they are.

use super::engine::{Abort, Engine, Matched, Named, Value};
use super::escapes;
use super::node::{Kind, Node, NodeIdx, Range};
use crate::error::ErrorKind;
use crate::tokenizer::{Token, TokenKind};

impl Engine<'_> {
    /// Calls an action by the name the grammar uses.
    pub fn call(&mut self, function: &str, named: &Named) -> Matched {
        match function {
            "statement" => Ok(Some(self.statement(named))),
            "end_of_input" => Ok(None),
            "not_equal" => self.not_equal(named),
            "real" => self.number_part(named, false),
            "imaginary" => self.number_part(named, true),
            "string" => self.string(named),
            "strings" => self.strings(named),
            "interpolated" => self.interpolated(named),
            "format_text" => self.format_text(named),
            "conversion" => self.conversion(named),
            "legacy_statement" => self.legacy_statement(named),
            "missing_comma" => self.missing_comma(named),
            "missing_colon" => self.missing_colon(named),
            "bound_of_variadic" => self.bound(named, "TypeVarTuple"),
            "bound_of_parameters" => self.bound(named, "ParamSpec"),
            "unparenthesized_generator" => self.unparenthesized_generator(named),
            "positional_after_keyword" => self.positional_after_keyword(named),
            other => panic!("the grammar calls an unknown action: {other}"),
        }
    }

    fn statement(&mut self, named: &Named) -> Value {
        let first = self.tokens[named.start()].token;
        if first.line >= self.last_statement.0 {
            self.last_statement = (first.line, first.column);
        }
        Value::Unit
    }

    fn token_of(&self, value: Value) -> Option<Token> {
        match value {
            Value::Token(index) => Some(self.tokens[index].token),
            _ => None,
        }
    }

    fn node_of(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(index) => Some(self.nodes.get(index)),
            _ => None,
        }
    }

    fn not_equal(&mut self, named: &Named) -> Matched {
        let Some(token) = self.token_of(named.get('a')) else {
            return Ok(None);
        };
        let is_legacy = self.text(&token) == "<>";
        if self.barry && !is_legacy {
            let message = "with Barry as BDFL, use '<>' instead of '!='";
            return Err(self.raise_last(ErrorKind::Syntax, message));
        }
        Ok((is_legacy == self.barry).then_some(Value::Unit))
    }

    fn number_part(&mut self, named: &Named, imaginary: bool) -> Matched {
        let Some(token) = self.token_of(named.get('a')) else {
            return Ok(None);
        };
        if self.text(&token).ends_with(['j', 'J']) == imaginary {
            return Ok(Some(Value::Unit));
        }
        let part = if imaginary { "imaginary" } else { "real" };
        self.raise_range(
            &format!("{part} number required in complex literal"),
            Range::from(&token),
        )
    }

    /// Refuses a decimal integer that is too long to convert.
    pub fn check_digits(&mut self, token: &Token) -> Result<(), Abort> {
        let text = self.text(token);
        let is_integer = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_');
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let limit = self.max_digits;
        if !is_integer || limit == 0 || digits <= limit {
            return Ok(());
        }
        let message = format!(
            "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} \
             digits; use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal \
             for huge integer literals to avoid decimal conversion limits."
        );
        let range = Range {
            column: -1,
            end_column: -1,
            ..Range::from(token)
        };
        self.raise_range(&message, range).map(|_| ())
    }

    fn string(&mut self, named: &Named) -> Matched {
        let Some(token) = self.token_of(named.get('a')) else {
            return Ok(None);
        };
        match escapes::check_literal(self.text(&token)) {
            Ok(()) => {}
            Err(escapes::Problem::NotAscii) => {
                let message = "bytes can only contain ASCII literal characters";
                return self.raise_range(message, Range::from(&token));
            }
            Err(escapes::Problem::Escape(message)) => {
                return Err(self.raise_last(ErrorKind::Syntax, &message));
            }
        }
        Ok(Some(self.node(Kind::Literal, &[], named.start())))
    }

    fn is_bytes(&self, node: &Node) -> bool {
        let text = self.text(&self.tokens[node.first_token].token);
        let prefix = text.find(['\'', '"']).unwrap_or(0);
        node.kind == Kind::Literal && text[..prefix].contains(['b', 'B'])
    }

    fn strings(&mut self, named: &Named) -> Matched {
        let mut parts: Vec<NodeIdx> = Vec::new();
        if let Value::Node(index) = named.get('a') {
            self.nodes.flattened(index, &mut parts);
        }
        let parts: Vec<&Node> = parts.iter().map(|&part| self.nodes.get(part)).collect();
        let bytes = parts.iter().filter(|part| self.is_bytes(part)).count();
        if bytes != 0 && bytes < parts.len() {
            let message = "cannot mix bytes and nonbytes literals";
            return Err(self.raise_last(ErrorKind::Syntax, message));
        }
        let interpolated = parts.iter().any(|part| part.kind == Kind::FString);
        let kind = if interpolated {
            Kind::FString
        } else {
            Kind::Literal
        };
        Ok(Some(self.node(kind, &[], named.start())))
    }

    fn interpolated(&mut self, named: &Named) -> Matched {
        let start = named.start();
        let opening = self.tokens[start].token;
        let raw = self.text(&opening).contains(['r', 'R']);
        let is_text = |kind| matches!(kind, TokenKind::FStringMiddle | TokenKind::TStringMiddle);
        let mut depth = 0;
        for index in start + 1..self.mark {
            let token = self.tokens[index].token;
            match token.kind {
                TokenKind::FStringStart | TokenKind::TStringStart | TokenKind::LeftBrace => {
                    depth += 1;
                }
                TokenKind::FStringEnd | TokenKind::TStringEnd | TokenKind::RightBrace => depth -= 1,
                kind if is_text(kind) && depth == 0 && !raw => self.check_text(&token)?,
                _ => {}
            }
        }
        let kind = if opening.kind == TokenKind::TStringStart {
            Kind::TString
        } else {
            Kind::FString
        };
        Ok(Some(self.node(kind, &[], start)))
    }

    fn format_text(&mut self, named: &Named) -> Matched {
        if let Some(token) = self.token_of(named.get('a')) {
            self.check_text(&token)?;
        }
        Ok(Some(Value::Unit))
    }

    fn check_text(&mut self, token: &Token) -> Result<(), Abort> {
        match escapes::check_text(self.text(token)) {
            Some(message) => Err(self.raise_last(ErrorKind::Syntax, &message)),
            None => Ok(()),
        }
    }

    fn conversion(&mut self, named: &Named) -> Matched {
        let (Some(mark), Some(name)) =
            (self.token_of(named.get('a')), self.token_of(named.get('b')))
        else {
            return Ok(None);
        };
        let letter = if self.scanner.in_template() { 't' } else { 'f' };
        if mark.line != name.line || mark.end_column != name.column {
            let message = format!(
                "{letter}-string: conversion type must come right after the exclamation mark"
            );
            let range = Range {
                end_line: name.end_line,
                end_column: name.end_column,
                ..Range::from(&mark)
            };
            return self.raise_range(&message, range);
        }
        let text = self.text(&name);
        if !matches!(text, "s" | "r" | "a") {
            let message = format!(
                "{letter}-string: invalid conversion character '{text}': expected 's', 'r', or 'a'"
            );
            return self.raise_range(&message, Range::from(&name));
        }
        Ok(Some(Value::Unit))
    }

    /// Whether a value is the name of a statement that became a function.
    fn legacy_name(&self, value: Value) -> Option<String> {
        let token = match value {
            Value::Token(index) => self.tokens[index].token,
            Value::Node(index) => {
                let node = self.nodes.get(index);
                if node.kind != Kind::Name {
                    return None;
                }
                self.tokens[node.first_token].token
            }
            Value::Unit => return None,
        };
        let text = self.text(&token);
        matches!(text, "print" | "exec").then(|| text.to_owned())
    }

    fn legacy_statement(&mut self, named: &Named) -> Matched {
        let Some(name) = self.legacy_name(named.get('a')) else {
            return Ok(None);
        };
        let end = self.range(named.get('b'));
        let range = Range {
            end_line: end.end_line,
            end_column: end.end_column,
            ..self.range(named.get('a'))
        };
        let message = format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
        self.raise_range(&message, range)
    }

    fn missing_comma(&mut self, named: &Named) -> Matched {
        let outside = self.tokens[self.mark - 1].token.level == 0;
        if outside || self.legacy_name(named.get('a')).is_some() {
            return Ok(None);
        }
        let end = self.range(named.get('b'));
        let range = Range {
            end_line: end.end_line,
            end_column: end.end_column,
            ..self.range(named.get('a'))
        };
        self.raise_range("invalid syntax. Perhaps you forgot a comma?", range)
    }

    fn missing_colon(&mut self, named: &Named) -> Matched {
        let key = self.range(named.get('a'));
        let range = Range {
            column: key.end_column - 1,
            end_column: -1,
            ..key
        };
        self.raise_range("':' expected after dictionary key", range)
    }

    fn bound(&mut self, named: &Named, of: &str) -> Matched {
        let is_tuple = self
            .node_of(named.get('b'))
            .is_some_and(|node| node.kind == Kind::Tuple);
        let what = if is_tuple { "constraints" } else { "bound" };
        let colon = self.range(named.get('a'));
        self.raise_on(&format!("cannot use {what} with {of}"), colon)
    }

    fn unparenthesized_generator(&mut self, named: &Named) -> Matched {
        let positional: Vec<Range> = self
            .node_of(named.get('a'))
            .map(|arguments| arguments.children.clone())
            .unwrap_or_default()
            .into_iter()
            .map(|child| self.nodes.get(child))
            .filter(|node| !matches!(node.kind, Kind::Keyword | Kind::KeywordUnpacking))
            .map(|node| node.range)
            .collect();
        // A lone argument before the clause is the generator's element.
        let (Some(last), true) = (positional.last(), positional.len() > 1) else {
            return Ok(None);
        };
        let end = self.comprehension_end(named.get('b'));
        let range = Range {
            end_line: end.end_line,
            end_column: end.end_column,
            ..*last
        };
        self.raise_range("Generator expression must be parenthesized", range)
    }

    fn positional_after_keyword(&mut self, named: &Named) -> Matched {
        let unpacking = self.node_of(named.get('a')).is_some_and(|arguments| {
            arguments
                .children
                .iter()
                .any(|&child| self.nodes.get(child).kind == Kind::KeywordUnpacking)
        });
        let suffix = if unpacking { " unpacking" } else { "" };
        let message = format!("positional argument follows keyword argument{suffix}");
        Err(self.raise_last(ErrorKind::Syntax, &message))
    }
}
