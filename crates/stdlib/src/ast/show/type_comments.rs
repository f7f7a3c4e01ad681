//! Type comments: `# type: int` after what they say something about, and `# type: ignore`.
//!
//! Python's scanner makes tokens of them, which the grammar has in a few places only: what stands elsewhere is an error.

use std::cell::Cell;

use taipan_compiler::ast::Stmt;
use taipan_compiler::text_size::{Ranged, TextRange, TextSize};
use taipan_objects::int;
use taipan_objects::str::Str;
use taipan_objects::value::Value;

use super::{Show, list};
use crate::ast::classes;
use crate::ast::grammar::Kind;

/// A comment with a type.
struct TypeComment {
    /// Where the comment starts.
    start: TextSize,
    /// The type in it.
    text: TextRange,
    /// Whether a node has it.
    is_taken: Cell<bool>,
}

/// The type comments of a source.
#[derive(Default)]
pub(super) struct TypeComments {
    comments: Vec<TypeComment>,
    /// What follows `ignore` in those that say it.
    ignores: Vec<TextRange>,
    /// Whether a function has one beside its colon and one below.
    has_two_on_def: Cell<bool>,
}

/// What follows the mark of a type comment.
fn after_mark(comment: &str) -> Option<&str> {
    let blank = [' ', '\t'];
    Some(
        comment
            .strip_prefix('#')?
            .trim_start_matches(blank)
            .strip_prefix("type:")?
            .trim_start_matches(blank),
    )
}

fn is_ignore(text: &str) -> bool {
    text.strip_prefix("ignore").is_some_and(|rest| {
        rest.bytes()
            .next()
            .is_none_or(|byte| byte < 128 && !byte.is_ascii_alphanumeric())
    })
}

impl TypeComments {
    /// Those among all comments.
    pub fn new(text: &str, comments: &[TextRange]) -> TypeComments {
        let mut found = TypeComments::default();
        for comment in comments {
            let Some(kind) = after_mark(&text[comment.to_std_range()]) else {
                continue;
            };
            let start = comment.end() - TextSize::of(kind);
            if is_ignore(kind) {
                found.ignores.push(TextRange::new(
                    start + TextSize::of("ignore"),
                    comment.end(),
                ));
            } else {
                let text = TextRange::new(start, comment.end());
                found.comments.push(TypeComment {
                    start: comment.start(),
                    text,
                    is_taken: Cell::new(false),
                });
            }
        }
        found
    }

    /// The first that no node has, and what is wrong with it.
    pub fn stray(&self) -> Option<(&'static str, TextRange)> {
        let stray = self
            .comments
            .iter()
            .find(|comment| !comment.is_taken.get())?;
        let has_two = self.has_two_on_def.get();
        let message = if has_two {
            "Cannot have two type comments on def"
        } else {
            "invalid syntax"
        };
        Some((message, TextRange::new(stray.start, stray.text.end())))
    }

    fn at(&self, start: TextSize) -> Option<&TypeComment> {
        let index = self
            .comments
            .binary_search_by_key(&start, |comment| comment.start)
            .ok()?;
        self.comments.get(index)
    }
}

impl Show<'_> {
    /// The nodes of the ignoring comments.
    pub(super) fn type_ignores(&self) -> Value {
        let ignore = |&range: &TextRange| {
            let line = self.places.position(range).line;
            classes::make(
                Kind::TypeIgnore,
                [
                    int::new(line.into()),
                    Str::new(self.places.slice(range)).into_value(),
                ],
            )
        };
        list(self.comments.ignores.iter().map(ignore).collect())
    }

    /// The type comment that starts behind the blanks at an offset.
    fn take(&self, from: TextSize) -> Option<Value> {
        let rest = &self.text()[from.to_usize()..];
        let start = from + TextSize::of(rest) - TextSize::of(rest.trim_start_matches([' ', '\t']));
        let comment = self
            .comments
            .at(start)
            .filter(|comment| !comment.is_taken.get())?;
        comment.is_taken.set(true);
        Some(Str::new(self.places.slice(comment.text)).into_value())
    }

    /// The type comment at the end of a simple statement.
    pub(super) fn comment_of_line(&self, end: TextSize) -> Value {
        if self.comments.comments.is_empty() {
            return Value::NONE;
        }
        self.take(end).unwrap_or(Value::NONE)
    }

    /// The type comment behind the colon of a compound statement, or of a function on the line below.
    pub(super) fn comment_of_header(
        &self,
        end: TextSize,
        body: &[Stmt],
        may_be_below: bool,
    ) -> Value {
        let Some(first) = body.first().filter(|_| !self.comments.comments.is_empty()) else {
            return Value::NONE;
        };
        let mut at = self.skip_blank(end);
        while at < first.start() && self.text().as_bytes()[at.to_usize()] != b':' {
            at = self.skip_blank(at + TextSize::from(1));
        }
        if at >= first.start() {
            return Value::NONE;
        }
        at += TextSize::from(1);
        let beside = self.take(at);
        if !may_be_below {
            return beside.unwrap_or(Value::NONE);
        }
        let is_below = |comment: &&TypeComment| {
            let is_between =
                comment.start > at && comment.start < first.start() && !comment.is_taken.get();
            is_between && self.skip_comments(at, comment.start) == comment.start
        };
        let below = self.comments.comments.iter().find(is_below);
        match (beside, below) {
            (Some(beside), below) => {
                self.comments
                    .has_two_on_def
                    .set(self.comments.has_two_on_def.get() || below.is_some());
                beside
            }
            (None, below) => below
                .and_then(|comment| self.take(comment.start))
                .unwrap_or(Value::NONE),
        }
    }

    /// As far as blanks and comments before `limit` reach.
    fn skip_comments(&self, from: TextSize, limit: TextSize) -> TextSize {
        let bytes = self.text().as_bytes();
        let mut at = from.to_usize();
        while at < limit.to_usize() {
            match bytes[at] {
                b' ' | b'\t' | b'\x0c' | b'\n' | b'\\' => at += 1,
                b'#' => at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
                _ => break,
            }
        }
        TextSize::try_from(at).unwrap_or(from)
    }

    /// The type comment of a parameter: behind the comma, or before the closing parenthesis.
    pub(super) fn comment_of_parameter(&self, end: TextSize) -> Value {
        if self.comments.comments.is_empty() {
            return Value::NONE;
        }
        let mut at = end;
        let mut has_comma = false;
        loop {
            let rest = &self.text()[at.to_usize()..];
            at += TextSize::of(rest)
                - TextSize::of(rest.trim_start_matches([' ', '\t', '\n', '\x0c', '\\']));
            match self.text().as_bytes().get(at.to_usize()) {
                Some(b',') if !has_comma => {
                    has_comma = true;
                    at += TextSize::from(1);
                }
                Some(b'#') => {
                    if self.comments.at(at).is_some() {
                        return self.take(at).unwrap_or(Value::NONE);
                    }
                    let length = self.text()[at.to_usize()..].find('\n').unwrap_or(0);
                    if length == 0 {
                        return Value::NONE;
                    }
                    at += TextSize::try_from(length).unwrap_or_default();
                }
                _ => return Value::NONE,
            }
        }
    }
}
