//! A syntax tree as plain data: what was read from Python objects, in the shape the grammar gives it.

use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::grammar::Kind;
use super::places::Position;

/// A node.
pub(super) struct Tree {
    /// Its class.
    pub kind: Kind,
    /// Where it stands; meaningless where its class has no position.
    pub position: Position,
    /// Its fields, as many as the grammar says, in its order.
    pub fields: Vec<Item>,
}

/// The value of a field, or an item of a list.
pub(super) enum Item {
    /// None.
    Nothing,
    /// A node.
    Node(Box<Tree>),
    /// A list.
    List(Vec<Item>),
    /// An identifier.
    Name(Ref<Str>),
    /// A number.
    Int(i32),
    /// A constant, or a text.
    Constant(Value),
}

impl Item {
    /// The node, unless there is none.
    pub fn node(&self) -> Option<&Tree> {
        match self {
            Item::Node(tree) => Some(tree),
            _ => None,
        }
    }

    /// The list; nothing else has items.
    pub fn items(&self) -> &[Item] {
        match self {
            Item::List(items) => items,
            _ => &[],
        }
    }

    /// The identifier.
    pub fn name(&self) -> Option<&Ref<Str>> {
        match self {
            Item::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The number, 0 where there is none.
    pub fn int(&self) -> i32 {
        match self {
            Item::Int(number) => *number,
            _ => 0,
        }
    }

    /// The constant.
    pub fn constant(&self) -> Option<&Value> {
        match self {
            Item::Constant(value) => Some(value),
            _ => None,
        }
    }
}
