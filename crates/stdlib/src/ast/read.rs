//! From Python objects to a [`Tree`]: every field is looked up and has the type that the grammar wants.
//!
//! Attributes of nodes may be anything, and looking them up may run Python code; afterwards nothing does.

use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::thread::check_stack;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, bytes, exc, id, int, protocol};

use super::classes;
use super::grammar::{Kind, Place, Quantity, Sort};
use super::places::Position;
use super::tree::{Item, Tree};

/// The deepest tree that the passes after this one walk.
const DEEPEST: u32 = 6000;

/// Reads a tree.
#[derive(Default)]
pub(super) struct Reader {
    depth: u32,
}

#[cold]
fn not_a(kind: Kind, value: &Value) -> Raised {
    match protocol::repr(value) {
        Ok(text) => exc!(
            TypeError,
            "expected some sort of {}, but got {}",
            kind.name(),
            text.to_display()
        ),
        Err(raised) => raised,
    }
}

#[cold]
fn missing(attribute: &Str, kind: Kind) -> Raised {
    exc!(
        TypeError,
        "required field \"{}\" missing from {}",
        attribute.to_display(),
        kind.name()
    )
}

fn is_a(value: &Value, kind: Kind) -> bool {
    value.class().is_subclass(classes::of(kind))
}

fn number(value: &Value) -> PyResult<i32> {
    if !int::is_int(value) {
        bail!(
            ValueError,
            "invalid integer value: {}",
            protocol::repr(value)?.to_display()
        );
    }
    match int::to_i64(value).map(i32::try_from) {
        Some(Ok(number)) => Ok(number),
        _ => bail!(OverflowError, "Python int too large to convert to C int"),
    }
}

fn identifier(value: &Value) -> PyResult<Item> {
    match value.downcast_exact::<Str>() {
        Some(name) => {
            // The compiler's names are UTF-8.
            name.to_str()?;
            Ok(Item::Name(Str::intern_ref(name)))
        }
        None if value.is_none() => Ok(Item::Nothing),
        None => bail!(TypeError, "AST identifier must be of type str"),
    }
}

fn text(value: &Value) -> PyResult<Item> {
    if value.is_none() {
        return Ok(Item::Nothing);
    }
    if value.downcast_exact::<Str>().is_none() && value.downcast_exact::<bytes::Bytes>().is_none() {
        bail!(TypeError, "AST string must be of type str");
    }
    Ok(Item::Constant(value.clone()))
}

impl Reader {
    /// Reads a node of a class, or a case of it; None may stand for a node that is not there.
    pub fn node(&mut self, value: &Value, class: Kind) -> PyResult<Item> {
        if !class.is_sum() {
            let mut tree = Tree {
                kind: class,
                position: Position::default(),
                fields: self.fields(value, class)?,
            };
            tree.position = position(value, class)?;
            return Ok(Item::Node(Box::new(tree)));
        }
        if value.is_none() && !class.is_plain_sum() {
            return Ok(Item::Nothing);
        }
        let position = position(value, class)?;
        let Some(kind) = class.cases().find(|&kind| is_a(value, kind)) else {
            return Err(not_a(class, value));
        };
        Ok(Item::Node(Box::new(Tree {
            kind,
            position,
            fields: self.fields(value, kind)?,
        })))
    }

    fn fields(&mut self, value: &Value, kind: Kind) -> PyResult<Vec<Item>> {
        let class = kind.class();
        let mut fields = Vec::with_capacity(class.fields.len());
        let described = class
            .fields
            .iter()
            .zip(classes::fields_of(kind))
            .zip(classes::sorts_of(kind));
        for ((field, name), &sort) in described {
            let found = protocol::getattr_optional(value, name)?;
            fields.push(match (field.quantity, found) {
                (Quantity::List | Quantity::Holes, None) => Item::List(Vec::new()),
                (Quantity::List | Quantity::Holes, Some(found)) => {
                    self.list(&found, kind, name, sort)?
                }
                (Quantity::Optional, None) => Item::Nothing,
                (Quantity::Optional, Some(found)) if found.is_none() => Item::Nothing,
                (Quantity::One, None) => return Err(missing(name, kind)),
                (Quantity::One | Quantity::Optional, Some(found)) => {
                    self.item(&found, kind, sort)?
                }
            });
        }
        for (field, item) in class.fields.iter().zip(&fields) {
            if field.quantity == Quantity::One && matches!(item, Item::Nothing) {
                bail!(
                    ValueError,
                    "field '{}' is required for {}",
                    field.name,
                    kind.name()
                );
            }
        }
        Ok(fields)
    }

    fn list(&mut self, value: &Value, kind: Kind, name: &Ref<Str>, sort: Sort) -> PyResult<Item> {
        let Some(list) = value.downcast::<List>() else {
            let class = value.class();
            bail!(
                TypeError,
                "{} field \"{}\" must be a list, not a {}",
                kind.name(),
                name.to_display(),
                class.name()
            );
        };
        let length = list.len();
        let mut items = Vec::with_capacity(length);
        for index in 0..length {
            let Some(item) = list.get(index) else { break };
            items.push(self.item(&item, kind, sort)?);
            if list.len() != length {
                let name = name.to_display();
                bail!(
                    RuntimeError,
                    "{} field \"{name}\" changed size during iteration",
                    kind.name()
                );
            }
        }
        Ok(Item::List(items))
    }

    fn item(&mut self, value: &Value, owner: Kind, sort: Sort) -> PyResult<Item> {
        match sort {
            Sort::Identifier => identifier(value),
            Sort::Text => text(value),
            Sort::Int => Ok(Item::Int(number(value)?)),
            Sort::Constant => Ok(Item::Constant(value.clone())),
            Sort::Node(class) => {
                if self.depth >= DEEPEST || check_stack("").is_err() {
                    let owner = owner.name();
                    bail!(
                        RecursionError,
                        "maximum recursion depth exceeded while traversing '{owner}' node"
                    );
                }
                self.depth += 1;
                let item = self.node(value, class);
                self.depth -= 1;
                item
            }
        }
    }
}

/// The position of a node: an end that is not known is where it starts.
fn position(value: &Value, kind: Kind) -> PyResult<Position> {
    let place = kind.class().place;
    if place == Place::Nowhere {
        return Ok(Position::default());
    }
    let required = |name: &Ref<Str>| match protocol::getattr_optional(value, name)? {
        Some(found) => number(&found),
        None => Err(missing(name, kind)),
    };
    let (line, column) = (required(id!("lineno"))?, required(id!("col_offset"))?);
    let end = |name: &Ref<Str>, start: i32| match protocol::getattr_optional(value, name)? {
        None if place == Place::Exactly => Err(missing(name, kind)),
        None => Ok(start),
        Some(found) if found.is_none() && place == Place::Somewhere => Ok(start),
        Some(found) => number(&found),
    };
    let end_line = end(id!("end_lineno"), line)?;
    let end_column = end(id!("end_col_offset"), column)?;
    Ok(Position {
        line,
        column,
        end_line,
        end_column,
    })
}
