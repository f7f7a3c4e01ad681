//! The signatures that type comments hold: `(int, *str, **Any) -> float`.
//!
//! The wrapped parser has no such start symbol. The tokens say where the parts are; each part is an expression.

use ruff_python_ast::{self as ast, Expr};
use ruff_python_parser as parser;
use ruff_source_file::{SourceFile, SourceFileBuilder};
use ruff_text_size::{TextRange, TextSize};

use crate::compile::normalized;
use crate::error::SyntaxError;
use crate::nesting;
use crate::tokenizer::{Scanner, Token, TokenKind as K};

/// A parsed signature: the types of the parameters, that of the result, and the source of their positions.
#[derive(Clone, Debug)]
pub struct FunctionType {
    /// The types of the parameters.
    pub parameters: Vec<Expr>,
    /// The type of the result.
    pub returns: Expr,
    /// The source, line ends normalized.
    pub source: SourceFile,
}

/// Parses a signature.
pub fn parse_function_type(source: &str, filename: &str) -> Result<FunctionType, SyntaxError> {
    let source = normalized(source, filename)?;
    let stack = nesting::measure(&source, filename)?.stack;
    nesting::with_stack(stack, || {
        let file = SourceFileBuilder::new(filename, &*source).finish();
        let parts = split(&source).map_err(|at| SyntaxError::about("invalid syntax", &file, at))?;
        let expression = |range: TextRange, is_inner: bool| {
            let parsed = if is_inner {
                parser::parse_parenthesized_expression_range(&source, range)
            } else {
                parser::parse_expression_range(&source, range)
            };
            match parsed.map(parser::Parsed::into_expr) {
                Ok(expression) if is_type(&expression) => Ok(expression),
                Ok(_) => Err(SyntaxError::about("invalid syntax", &file, range)),
                Err(error) => Err(SyntaxError::about("invalid syntax", &file, error.location)),
            }
        };
        let parameters = parts
            .parameters
            .iter()
            .map(|&range| expression(range, true));
        let parameters = parameters.collect::<Result<_, _>>()?;
        let returns = expression(parts.returns, false)?;
        Ok(FunctionType {
            parameters,
            returns,
            source: file,
        })
    })
}

/// Whether an expression is one of the grammar's `expression`.
fn is_type(expression: &Expr) -> bool {
    match expression {
        Expr::Tuple(ast::ExprTuple { parenthesized, .. }) => *parenthesized,
        Expr::Named(_) | Expr::Starred(_) | Expr::Yield(_) | Expr::YieldFrom(_) => false,
        _ => true,
    }
}

struct Parts {
    parameters: Vec<TextRange>,
    returns: TextRange,
}

fn range(start: usize, end: usize) -> TextRange {
    let size = |offset: usize| TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX));
    TextRange::new(size(start), size(end.max(start)))
}

/// The stars in front of a parameter: those of one kind come once, and in this order.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Stars {
    None,
    One,
    Two,
}

fn split(source: &str) -> Result<Parts, TextRange> {
    let mut scanner = Scanner::new(source, false);
    let mut next = || loop {
        let token = scanner.next_token();
        if token.kind != K::NonLogicalNewline && token.kind != K::Comment {
            return token;
        }
    };
    let wrong = |token: &Token| Err(range(token.start, token.end));
    let open = next();
    if open.kind != K::LeftParen {
        return wrong(&open);
    }
    let mut parameters = Vec::new();
    let mut before = Stars::None;
    loop {
        let first = next();
        if first.kind == K::RightParen && parameters.is_empty() {
            break;
        }
        let stars = match first.kind {
            K::Star => Stars::One,
            K::DoubleStar => Stars::Two,
            _ => Stars::None,
        };
        if (stars == before && stars != Stars::None) || stars < before {
            return wrong(&first);
        }
        before = stars;
        let mut token = if stars == Stars::None { first } else { next() };
        let start = token.start;
        let mut end = start;
        while !((token.kind == K::Comma && token.level == 1) || token.level == 0) {
            if matches!(token.kind, K::EndMarker | K::Error) {
                return wrong(&token);
            }
            end = token.end;
            token = next();
        }
        if end == start {
            return wrong(&token);
        }
        parameters.push(range(start, end));
        if token.kind != K::Comma {
            break;
        }
    }
    let arrow = next();
    if arrow.kind != K::RightArrow {
        return wrong(&arrow);
    }
    let first = next();
    let mut end = first.start;
    let mut token = first;
    while !matches!(token.kind, K::Newline | K::EndMarker) {
        if token.kind == K::Error {
            return wrong(&token);
        }
        end = token.end;
        token = next();
    }
    let mut after = next();
    while matches!(after.kind, K::Newline) {
        after = next();
    }
    if end == first.start || after.kind != K::EndMarker {
        return wrong(&token);
    }
    Ok(Parts {
        parameters,
        returns: range(first.start, end),
    })
}
