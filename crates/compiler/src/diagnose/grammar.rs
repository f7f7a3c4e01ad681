//! Reads `grammar.txt` into rules. The text is part of the crate, so a mistake in it is a bug
//! here, which the tests of this module find.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::tokenizer::TokenKind;

/// Which rule.
pub type RuleIdx = u16;

/// What a token has to be. Keywords follow the token kinds, in the order of [`KEYWORDS`].
pub type Terminal = u8;

/// The reserved words.
pub const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// The words that are reserved in some places.
pub const SOFT_KEYWORDS: [&str; 4] = ["_", "case", "match", "type"];

const FIRST_KEYWORD: u8 = 100;

/// The terminal of a name, which is a keyword or just a name.
pub fn terminal_of_name(name: &str) -> Terminal {
    match KEYWORDS.binary_search(&name) {
        Ok(index) => FIRST_KEYWORD + u8::try_from(index).expect("there are few keywords"),
        Err(_) => TokenKind::Name as u8,
    }
}

/// A grammar.
pub struct Grammar {
    /// The rules; [`Grammar::rule`] finds one by name.
    pub rules: Vec<Rule>,
    names: HashMap<&'static str, RuleIdx>,
}

/// A rule.
pub struct Rule {
    /// Its alternatives, in the order they are tried.
    pub alternatives: Vec<Alternative>,
    /// How its results are kept.
    pub memo: Memo,
    /// Whether an alternative that is nothing but this rule is left to the second pass.
    explains_errors: bool,
    /// Whether nothing below it explains errors.
    pub quiet: bool,
}

/// How results of a rule at one token are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memo {
    /// For as long as errors are explained, or not explained, as they were when it was computed.
    SameMode,
    /// For good, whatever the mode.
    Always,
    /// For good, grown from nothing until it grows no more.
    LeftRecursive,
    /// Not at all: the result depends on a recursion that is still growing.
    Never,
}

/// A sequence of items, and what to make of it.
pub struct Alternative {
    /// The items.
    pub items: Vec<(Option<char>, Item)>,
    /// Whether only the second pass tries it.
    pub explains_errors: bool,
    /// What the alternative results in.
    pub action: Action,
}

/// One item of an alternative.
pub enum Item {
    /// A token.
    Terminal(Terminal),
    /// A token that has to follow, or else an error names it.
    Forced(Terminal, &'static str),
    /// A name with this text.
    SoftKeyword(&'static str),
    /// A name that is some soft keyword.
    AnySoftKeyword,
    /// Another rule.
    Rule(RuleIdx),
    /// The first of several alternatives.
    Group(Vec<Alternative>),
    /// The item, or nothing.
    Optional(Box<Item>),
    /// The item any number of times, from a minimum.
    Repeat(Box<Item>, usize),
    /// The item once or more, with separators.
    Separated(Box<Item>, Box<Item>),
    /// Whether the item follows, or does not.
    Lookahead(Box<Item>, bool),
    /// No later alternative of the rule.
    Cut,
}

/// What a matched alternative results in.
pub enum Action {
    /// Its only item, or the nodes among its items.
    Default,
    /// A named item as it is.
    Item(char),
    /// A node.
    Node(super::node::Kind),
    /// A function of [`super::actions`].
    Call(&'static str),
    /// An error.
    Error(ErrorAction),
    /// An error if the item is no target.
    Target(super::node::Targets, char),
}

/// An error with a fixed message.
pub struct ErrorAction {
    /// The exception is an `IndentationError`.
    pub indentation: bool,
    /// What is underlined.
    pub place: Place,
    /// The item that `{line}` refers to.
    pub subject: Option<char>,
    /// The message, before `{...}` is filled in.
    pub message: &'static str,
}

/// A place that an error names.
#[derive(Clone, Copy)]
pub enum Place {
    /// The last token that was read.
    Last,
    /// The token after the match.
    Next,
    /// One item.
    Item(Part),
    /// From one item to another.
    Range(Part, Part),
    /// From an item to where the tokenizer is.
    On(Part),
}

/// A named item, or one of the items it consists of.
#[derive(Clone, Copy)]
pub enum Part {
    /// All of it.
    Whole(char),
    /// The first of a sequence.
    First(char),
    /// The last of a sequence.
    Last(char),
    /// The last condition, or else the iterable, of the last clause of a comprehension.
    End(char),
}

impl Grammar {
    /// The grammar of Python.
    pub fn get() -> &'static Self {
        static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
        GRAMMAR.get_or_init(|| Self::read(include_str!("grammar.txt")))
    }

    /// A rule by name.
    pub fn rule(&self, name: &str) -> RuleIdx {
        *self
            .names
            .get(name)
            .expect("the grammar defines every rule that is named")
    }

    fn read(text: &'static str) -> Self {
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .collect();
        let mut grammar = Self {
            rules: Vec::new(),
            names: HashMap::new(),
        };
        let mut heads = Vec::new();
        for line in lines.iter().filter(|line| !line.starts_with(' ')) {
            let head = line
                .strip_suffix(':')
                .expect("a rule's first line ends with a colon");
            let mut words = head.split(' ');
            let name = words.next().expect("a rule has a name");
            let index = RuleIdx::try_from(heads.len()).expect("there are few rules");
            assert!(
                grammar.names.insert(name, index).is_none(),
                "{name} is defined twice"
            );
            heads.push(words.collect::<Vec<_>>());
        }
        let mut heads = heads.into_iter();
        for line in lines {
            if !line.starts_with(' ') {
                let flags = heads.next().expect("every first line was seen");
                let has = |flag| flags.contains(&flag);
                let memo = match () {
                    () if has("left") => Memo::LeftRecursive,
                    () if has("memo") => Memo::Always,
                    () if has("loop") => Memo::Never,
                    () => Memo::SameMode,
                };
                grammar.rules.push(Rule {
                    alternatives: Vec::new(),
                    memo,
                    explains_errors: has("error"),
                    quiet: has("quiet"),
                });
                continue;
            }
            let alternative = Reader {
                grammar: &grammar,
                words: Vec::new(),
            }
            .alternative(line);
            let rule = grammar
                .rules
                .last_mut()
                .expect("an alternative belongs to a rule");
            rule.alternatives.push(alternative);
        }
        let explaining: Vec<bool> = grammar
            .rules
            .iter()
            .map(|rule| rule.explains_errors)
            .collect();
        for alternative in grammar
            .rules
            .iter_mut()
            .flat_map(|rule| &mut rule.alternatives)
        {
            if let [(None, Item::Rule(rule))] = alternative.items[..] {
                alternative.explains_errors = explaining[usize::from(rule)];
            }
        }
        grammar
    }
}

/// Reads one line.
struct Reader<'g> {
    grammar: &'g Grammar,
    /// The words that are left, last first.
    words: Vec<&'static str>,
}

impl Reader<'_> {
    fn alternative(&mut self, line: &'static str) -> Alternative {
        let (items, action) = match line.split_once(" -> ") {
            Some((items, action)) => (items, read_action(action)),
            None => (line, Action::Default),
        };
        self.words = items.split_whitespace().rev().collect();
        let items = self.items();
        assert!(self.words.is_empty(), "left over in: {line}");
        Alternative {
            items,
            explains_errors: false,
            action,
        }
    }

    fn items(&mut self) -> Vec<(Option<char>, Item)> {
        let mut items = Vec::new();
        while let Some(&word) = self.words.last() {
            if word == "|" || word.starts_with(')') || word.starts_with(']') {
                break;
            }
            items.push(self.named_item());
        }
        items
    }

    fn named_item(&mut self) -> (Option<char>, Item) {
        let word = self.words.pop().expect("an item follows");
        let mut characters = word.chars();
        let name = characters.next().filter(char::is_ascii_lowercase);
        match characters.as_str().strip_prefix('=') {
            Some(rest) if name.is_some() && !rest.is_empty() => {
                self.words.push(rest);
                (name, self.item())
            }
            _ => {
                self.words.push(word);
                (None, self.item())
            }
        }
    }

    fn item(&mut self) -> Item {
        let word = self.words.pop().expect("an item follows");
        if word == "~" {
            return Item::Cut;
        }
        if let Some(rest) = word.strip_prefix("&&") {
            let text = rest.trim_matches('\'');
            return Item::Forced(terminal(text), text);
        }
        for (prefix, positive) in [('&', true), ('!', false)] {
            if let Some(rest) = word.strip_prefix(prefix) {
                self.words.push(rest);
                return Item::Lookahead(Box::new(self.item()), positive);
            }
        }
        if word == "(" || word == "[" {
            return self.group(word);
        }
        let (atom, suffix) = split_suffix(word);
        let item = self.atom(atom);
        self.repeated(item, suffix)
    }

    fn group(&mut self, open: &str) -> Item {
        let mut alternatives = Vec::new();
        loop {
            let items = self.items();
            alternatives.push(Alternative {
                items,
                explains_errors: false,
                action: Action::Default,
            });
            let end = self.words.pop().expect("a group is closed");
            if end == "|" {
                continue;
            }
            let item = Item::Group(alternatives);
            if open == "[" {
                return Item::Optional(Box::new(item));
            }
            return self.repeated(item, &end[1..]);
        }
    }

    fn repeated(&mut self, item: Item, suffix: &str) -> Item {
        match suffix {
            "*" => Item::Repeat(Box::new(item), 0),
            "+" if self.words.last() == Some(&"by") => {
                self.words.pop();
                let separator = self.item();
                Item::Separated(Box::new(item), Box::new(separator))
            }
            "+" => Item::Repeat(Box::new(item), 1),
            _ => item,
        }
    }

    fn atom(&self, atom: &'static str) -> Item {
        if let Some(text) = atom.strip_prefix('\'') {
            return Item::Terminal(terminal(text.trim_end_matches('\'')));
        }
        if let Some(text) = atom.strip_prefix('"') {
            let text = text.trim_end_matches('"');
            return if SOFT_KEYWORDS.contains(&text) {
                Item::SoftKeyword(text)
            } else {
                Item::Terminal(terminal(text))
            };
        }
        let kind = match atom {
            "NAME" => TokenKind::Name,
            "NUMBER" => TokenKind::Number,
            "STRING" => TokenKind::String,
            "NEWLINE" => TokenKind::Newline,
            "INDENT" => TokenKind::Indent,
            "DEDENT" => TokenKind::Dedent,
            "ENDMARKER" => TokenKind::EndMarker,
            "FSTRING_START" => TokenKind::FStringStart,
            "FSTRING_MIDDLE" => TokenKind::FStringMiddle,
            "FSTRING_END" => TokenKind::FStringEnd,
            "TSTRING_START" => TokenKind::TStringStart,
            "TSTRING_MIDDLE" => TokenKind::TStringMiddle,
            "TSTRING_END" => TokenKind::TStringEnd,
            "SOFT_KEYWORD" => return Item::AnySoftKeyword,
            rule => return Item::Rule(self.grammar.rule(rule)),
        };
        Item::Terminal(kind as u8)
    }
}

fn split_suffix(word: &'static str) -> (&'static str, &'static str) {
    // The quoted operators `'*'` and `'+'` end with a quote, not with a suffix.
    if word.len() > 1 && (word.ends_with('*') || word.ends_with('+')) {
        word.split_at(word.len() - 1)
    } else {
        (word, "")
    }
}

fn terminal(text: &str) -> Terminal {
    match TokenKind::of_operator(text) {
        Some(kind) => kind as u8,
        None => {
            let terminal = terminal_of_name(text);
            assert!(terminal >= FIRST_KEYWORD, "{text} is no token");
            terminal
        }
    }
}

fn read_action(text: &'static str) -> Action {
    let mut words = text.split(' ');
    match words.next().expect("an action has a word") {
        "call" => Action::Call(words.next().expect("a call names a function")),
        "target" => {
            let targets = match words.next().expect("a target has a kind") {
                "store" => super::node::Targets::Store,
                "delete" => super::node::Targets::Delete,
                "for" => super::node::Targets::For,
                other => panic!("no kind of target: {other}"),
            };
            Action::Target(targets, name_of(words.next().expect("a target is an item")))
        }
        kind @ ("error" | "indent") => {
            let (place, message) = text.split_once(": ").expect("an error has a message");
            let mut words: Vec<&str> = place.split(' ').skip(1).collect();
            let mut subject = None;
            if kind == "indent" && words.len() == 2 {
                subject = words.pop().map(name_of);
            }
            Action::Error(ErrorAction {
                indentation: kind == "indent",
                place: read_place(&words),
                subject,
                message,
            })
        }
        word if word.len() == 1 => Action::Item(name_of(word)),
        kind => Action::Node(super::node::Kind::of_name(kind)),
    }
}

fn name_of(word: &str) -> char {
    word.chars().next().expect("an item's name is a letter")
}

fn read_place(words: &[&str]) -> Place {
    let (start, rest) = read_part(words);
    match rest {
        [] if words == ["last"] => Place::Last,
        [] if words == ["next"] => Place::Next,
        [] => Place::Item(start),
        ["on"] => Place::On(start),
        ["to", end @ ..] => Place::Range(start, read_part(end).0),
        other => panic!("no place: {other:?}"),
    }
}

fn read_part<'w>(words: &'w [&'w str]) -> (Part, &'w [&'w str]) {
    match words {
        ["first", name, rest @ ..] => (Part::First(name_of(name)), rest),
        ["last", name, rest @ ..] => (Part::Last(name_of(name)), rest),
        ["end", name, rest @ ..] => (Part::End(name_of(name)), rest),
        [name, rest @ ..] => (Part::Whole(name_of(name)), rest),
        [] => panic!("a place is missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_readable() {
        let grammar = Grammar::get();
        for start in ["file", "interactive", "eval"] {
            let rule = &grammar.rules[usize::from(grammar.rule(start))];
            assert!(!rule.alternatives.is_empty());
        }
        assert!(grammar.rules.len() > 250);
    }

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }
}
