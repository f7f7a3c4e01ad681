//! Patterns for the compiler.

use taipan_compiler::ast::{self, Pattern};
use taipan_objects::value::Value;

use super::{Lower, nodes};
use crate::ast::grammar::Kind;
use crate::ast::tree::{Item, Tree};

impl Lower {
    /// The pattern of a field that has one.
    pub(super) fn pattern(&mut self, item: &Item) -> Pattern {
        match item.node() {
            Some(tree) => self.pattern_of(tree),
            None => Pattern::MatchAs(ast::PatternMatchAs {
                range: Default::default(),
                node_index: Default::default(),
                pattern: None,
                name: None,
            }),
        }
    }

    fn patterns<C: FromIterator<Pattern>>(&mut self, list: &Item) -> C {
        nodes(list)
            .map(|pattern| self.pattern_of(pattern))
            .collect()
    }

    fn pattern_of(&mut self, tree: &Tree) -> Pattern {
        let range = self.range(tree);
        let node_index = ast::AtomicNodeIndex::NONE;
        match (tree.kind, &tree.fields[..]) {
            (Kind::MatchValue, [value]) => Pattern::MatchValue(ast::PatternMatchValue {
                range,
                node_index,
                value: Box::new(self.required(value)),
            }),
            (Kind::MatchSingleton, [value]) => {
                let value = match value.constant() {
                    Some(value) if value.is(&Value::TRUE) => ast::Singleton::True,
                    Some(value) if value.is(&Value::FALSE) => ast::Singleton::False,
                    _ => ast::Singleton::None,
                };
                Pattern::MatchSingleton(ast::PatternMatchSingleton {
                    range,
                    node_index,
                    value,
                })
            }
            (Kind::MatchSequence, [patterns]) => {
                let patterns = self.patterns(patterns);
                Pattern::MatchSequence(ast::PatternMatchSequence {
                    range,
                    node_index,
                    patterns,
                    runtime_patterns: None,
                })
            }
            (Kind::MatchMapping, [keys, patterns, rest]) => {
                Pattern::MatchMapping(ast::PatternMatchMapping {
                    range,
                    node_index,
                    keys: nodes(keys).map(|key| self.expression(key)).collect(),
                    patterns: self.patterns(patterns),
                    rest: self.optional_identifier(rest, range),
                    runtime_keys: None,
                    runtime_patterns: None,
                })
            }
            (Kind::MatchClass, [class, patterns, names, named]) => {
                let cls = Box::new(self.required(class));
                let patterns = self.patterns(patterns);
                let keyword = |(name, tree): (&Item, &Tree)| ast::PatternKeyword {
                    range: self.range(tree),
                    node_index: Default::default(),
                    attr: self.identifier(name, range),
                    pattern: self.pattern_of(tree),
                };
                let keywords = names
                    .items()
                    .iter()
                    .zip(nodes(named))
                    .map(keyword)
                    .collect();
                Pattern::MatchClass(ast::PatternMatchClass {
                    range,
                    node_index,
                    cls,
                    arguments: ast::PatternArguments {
                        range,
                        node_index: Default::default(),
                        patterns,
                        keywords,
                    },
                    runtime_patterns: None,
                    runtime_kwd_attrs: None,
                    runtime_kwd_patterns: None,
                })
            }
            (Kind::MatchStar, [name]) => {
                let name = self.optional_identifier(name, range);
                Pattern::MatchStar(ast::PatternMatchStar {
                    range,
                    node_index,
                    name,
                })
            }
            (Kind::MatchOr, [patterns]) => {
                let patterns = self.patterns(patterns);
                Pattern::MatchOr(ast::PatternMatchOr {
                    range,
                    node_index,
                    patterns,
                    runtime_patterns: None,
                })
            }
            (_, fields) => {
                let inner = fields
                    .first()
                    .and_then(Item::node)
                    .map(|pattern| Box::new(self.pattern_of(pattern)));
                let name = fields
                    .get(1)
                    .and_then(|name| self.optional_identifier(name, range));
                Pattern::MatchAs(ast::PatternMatchAs {
                    range,
                    node_index,
                    pattern: inner,
                    name,
                })
            }
        }
    }
}
