//! Patterns as Python objects.

use taipan_compiler::ast::{self, Pattern};
use taipan_compiler::text_size::Ranged;
use taipan_objects::value::Value;

use super::{Show, identifier, list, optional_identifier};
use crate::ast::grammar::Kind;

impl Show<'_> {
    fn patterns(&self, patterns: &[Pattern]) -> Value {
        list(
            patterns
                .iter()
                .map(|pattern| self.pattern(pattern))
                .collect(),
        )
    }

    /// A pattern.
    pub(super) fn pattern(&self, pattern: &Pattern) -> Value {
        let range = pattern.range();
        match pattern {
            Pattern::MatchValue(p) => {
                self.node(Kind::MatchValue, range, [self.expression(&p.value)])
            }
            Pattern::MatchSingleton(p) => {
                let value = match p.value {
                    ast::Singleton::None => Value::NONE,
                    ast::Singleton::True => Value::TRUE,
                    ast::Singleton::False => Value::FALSE,
                };
                self.node(Kind::MatchSingleton, range, [value])
            }
            Pattern::MatchSequence(p) => {
                self.node(Kind::MatchSequence, range, [self.patterns(&p.patterns)])
            }
            Pattern::MatchMapping(p) => self.node(
                Kind::MatchMapping,
                range,
                [
                    self.expressions(&p.keys),
                    self.patterns(&p.patterns),
                    optional_identifier(p.rest.as_ref()),
                ],
            ),
            Pattern::MatchClass(p) => {
                let keywords = &p.arguments.keywords;
                self.node(
                    Kind::MatchClass,
                    range,
                    [
                        self.expression(&p.cls),
                        self.patterns(&p.arguments.patterns),
                        list(
                            keywords
                                .iter()
                                .map(|keyword| identifier(&keyword.attr))
                                .collect(),
                        ),
                        list(
                            keywords
                                .iter()
                                .map(|keyword| self.pattern(&keyword.pattern))
                                .collect(),
                        ),
                    ],
                )
            }
            Pattern::MatchStar(p) => self.node(
                Kind::MatchStar,
                range,
                [optional_identifier(p.name.as_ref())],
            ),
            Pattern::MatchAs(p) => {
                let inner = p
                    .pattern
                    .as_deref()
                    .map_or(Value::NONE, |pattern| self.pattern(pattern));
                self.node(
                    Kind::MatchAs,
                    range,
                    [inner, optional_identifier(p.name.as_ref())],
                )
            }
            Pattern::MatchOr(p) => self.node(Kind::MatchOr, range, [self.patterns(&p.patterns)]),
        }
    }
}
