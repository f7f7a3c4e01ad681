//! The little of a syntax tree that explanations need: what kind of expression something is,
//! where it is, and what a container contains.

use crate::tokenizer::Token;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nodes side by side.
    Sequence,
    Attribute,
    Subscript,
    Starred,
    Name,
    List,
    Tuple,
    Lambda,
    Call,
    Operation,
    Generator,
    Yield,
    Await,
    ListComprehension,
    SetComprehension,
    DictComprehension,
    Dict,
    Set,
    FString,
    TString,
    None,
    True,
    False,
    Ellipsis,
    Literal,
    Comparison,
    /// The second half of `a in b`.
    ComparedIn,
    Conditional,
    Named,
    /// A `for` clause: targets, iterable, conditions.
    Comprehension,
    Arguments,
    Keyword,
    KeywordUnpacking,
    Parameter,
    Pattern,
    Statement,
}

impl Kind {
    /// The kind an action of the grammar names.
    pub fn of_name(name: &str) -> Self {
        match name {
            "Sequence" => Self::Sequence,
            "Attribute" => Self::Attribute,
            "Subscript" => Self::Subscript,
            "Starred" => Self::Starred,
            "Name" => Self::Name,
            "List" => Self::List,
            "Tuple" => Self::Tuple,
            "Lambda" => Self::Lambda,
            "Call" => Self::Call,
            "Operation" => Self::Operation,
            "Generator" => Self::Generator,
            "Yield" => Self::Yield,
            "Await" => Self::Await,
            "ListComprehension" => Self::ListComprehension,
            "SetComprehension" => Self::SetComprehension,
            "DictComprehension" => Self::DictComprehension,
            "Dict" => Self::Dict,
            "Set" => Self::Set,
            "TString" => Self::TString,
            "None" => Self::None,
            "True" => Self::True,
            "False" => Self::False,
            "Ellipsis" => Self::Ellipsis,
            "Literal" => Self::Literal,
            "Comparison" => Self::Comparison,
            "ComparedIn" => Self::ComparedIn,
            "Conditional" => Self::Conditional,
            "Named" => Self::Named,
            "Comprehension" => Self::Comprehension,
            "Arguments" => Self::Arguments,
            "Keyword" => Self::Keyword,
            "KeywordUnpacking" => Self::KeywordUnpacking,
            "Parameter" => Self::Parameter,
            "Pattern" => Self::Pattern,
            "Statement" => Self::Statement,
            other => panic!("no kind of node: {other}"),
        }
    }

    /// What messages call an expression of this kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attribute => "attribute",
            Self::Subscript => "subscript",
            Self::Starred => "starred",
            Self::Name => "name",
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Lambda => "lambda",
            Self::Call => "function call",
            Self::Operation => "expression",
            Self::Generator => "generator expression",
            Self::Yield => "yield expression",
            Self::Await => "await expression",
            Self::ListComprehension => "list comprehension",
            Self::SetComprehension => "set comprehension",
            Self::DictComprehension => "dict comprehension",
            Self::Dict => "dict literal",
            Self::Set => "set display",
            Self::FString => "f-string expression",
            Self::TString => "t-string expression",
            Self::None => "None",
            Self::True => "True",
            Self::False => "False",
            Self::Ellipsis => "ellipsis",
            Self::Literal => "literal",
            Self::Comparison => "comparison",
            Self::Conditional => "conditional expression",
            Self::Named => "named expression",
            Self::Sequence
            | Self::ComparedIn
            | Self::Comprehension
            | Self::Arguments
            | Self::Keyword
            | Self::KeywordUnpacking
            | Self::Parameter
            | Self::Pattern
            | Self::Statement => "expression",
        }
    }
}

/// What kind of target an expression should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Of an assignment, a `with` item.
    Store,
    /// Of `del`.
    Delete,
    /// Of a `for` clause.
    For,
}

/// A range of source: lines from one, columns in bytes from zero, -1 for none.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub line: i32,
    pub column: i32,
    pub end_line: i32,
    pub end_column: i32,
}

impl From<&Token> for Range {
    fn from(token: &Token) -> Self {
        Self {
            line: token.line,
            column: token.column,
            end_line: token.end_line,
            end_column: token.end_column,
        }
    }
}

/// A node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeIdx(u32);

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    pub range: Range,
    /// The number of its first token.
    pub first_token: usize,
    pub children: Vec<NodeIdx>,
}

/// All nodes of one diagnosis.
#[derive(Default)]
pub struct Nodes(Vec<Node>);

impl Nodes {
    /// Adds a node.
    pub fn add(&mut self, node: Node) -> NodeIdx {
        let index = NodeIdx(u32::try_from(self.0.len()).expect("fewer nodes than bytes of source"));
        self.0.push(node);
        index
    }

    /// A node by number.
    pub fn get(&self, index: NodeIdx) -> &Node {
        &self.0[index.0 as usize]
    }

    /// The nodes of a node, those of inner sequences in place of the sequences.
    pub fn flattened(&self, index: NodeIdx, into: &mut Vec<NodeIdx>) {
        let node = self.get(index);
        if node.kind == Kind::Sequence {
            for &child in &node.children {
                self.flattened(child, into);
            }
        } else {
            into.push(index);
        }
    }

    /// The innermost expression that makes `index` no target.
    pub fn invalid_target(&self, index: NodeIdx, targets: Targets) -> Option<NodeIdx> {
        let node = self.get(index);
        match node.kind {
            Kind::Name | Kind::Attribute | Kind::Subscript => None,
            Kind::List | Kind::Tuple => node
                .children
                .iter()
                .find_map(|&child| self.invalid_target(child, targets)),
            Kind::Starred if targets != Targets::Delete => {
                self.invalid_target(*node.children.first()?, targets)
            }
            Kind::Comparison if targets == Targets::For => {
                // `for a in b` reads as the comparison `a in b` first.
                match node.children[..] {
                    [left, right, ..] if self.get(right).kind == Kind::ComparedIn => {
                        self.invalid_target(left, targets)
                    }
                    _ => None,
                }
            }
            _ => Some(index),
        }
    }
}
