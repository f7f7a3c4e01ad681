//! The node classes as Python objects, made from the grammar when `_ast` is first imported.

use taipan_objects::args::Args;
use taipan_objects::cell::Once;
use taipan_objects::class::{Payload, Type, new_class};
use taipan_objects::dict::Dict;
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{builtins, id, instance, list, object, protocol, str, union};

use super::grammar::{Field, Kind, Place, Quantity, Sort};
use super::node::Node;

struct Classes {
    classes: Vec<Ref<Type>>,
    /// The one object of each class that has but one.
    singles: Vec<Option<Value>>,
    /// The names of each class's fields.
    fields: Vec<Vec<Ref<Str>>>,
    /// What the values of these are.
    sorts: Vec<Vec<Sort>>,
}

static READY: Once<Classes> = Once::new();

/// Whether the classes were made.
pub(super) fn is_ready() -> bool {
    READY.is_set()
}

/// The class of a kind.
pub(super) fn of(kind: Kind) -> &'static Ref<Type> {
    &READY.classes[kind as usize]
}

/// The one node of a class that has neither fields nor a position.
pub(super) fn single(kind: Kind) -> Value {
    READY.singles[kind as usize].clone().unwrap_or(Value::NONE)
}

/// The names of the fields of a class, interned.
pub(super) fn fields_of(kind: Kind) -> &'static [Ref<Str>] {
    &READY.fields[kind as usize]
}

/// What the values of the fields of a class are.
pub(super) fn sorts_of(kind: Kind) -> &'static [Sort] {
    &READY.sorts[kind as usize]
}

/// A node with these fields, in order.
pub(super) fn make(kind: Kind, values: impl IntoIterator<Item = Value>) -> Value {
    let node = heap::new_object(of(kind), Node {}).into_value();
    for (name, value) in fields_of(kind).iter().zip(values) {
        instance::set_attribute(&node, name, Some(value));
    }
    node
}

fn names(names: &[&str]) -> Value {
    Tuple::new(
        names
            .iter()
            .map(|name| Str::intern(name).into_value())
            .collect(),
    )
    .into_value()
}

/// The Python class of a field's values.
fn class_of_field(field: &Field, known: &[Ref<Type>]) -> Value {
    match field.sort() {
        Sort::Identifier | Sort::Text => str::Str::class().to_value(),
        Sort::Int => builtins::int_class().to_value(),
        Sort::Constant => object::Object::class().to_value(),
        Sort::Node(kind) => known[kind as usize].to_value(),
    }
}

fn namespace_of(kind: Kind) -> Ref<Dict> {
    let class = kind.class();
    let namespace = Dict::new();
    namespace.set_str(id!("__module__"), id!("ast").to_value());
    namespace.set_str(id!("__doc__"), Str::new(&kind.doc()).into_value());
    let fields: Vec<&str> = class.fields.iter().map(|field| field.name).collect();
    namespace.set_str(id!("_fields"), names(&fields));
    namespace.set_str(id!("__match_args__"), names(&fields));
    if class.sum.is_none() {
        let attributes: &[&str] = match class.place {
            Place::Nowhere => &[],
            Place::Somewhere | Place::Exactly => {
                &["lineno", "col_offset", "end_lineno", "end_col_offset"]
            }
        };
        namespace.set_str(id!("_attributes"), names(attributes));
        if class.place == Place::Somewhere {
            namespace.set_str(id!("end_lineno"), Value::NONE);
            namespace.set_str(id!("end_col_offset"), Value::NONE);
        }
    }
    for field in class
        .fields
        .iter()
        .filter(|field| field.quantity == Quantity::Optional)
    {
        namespace.set_str(&Str::intern(field.name), Value::NONE);
    }
    namespace
}

fn field_types(kind: Kind, known: &[Ref<Type>]) -> PyResult<Ref<Dict>> {
    let types = Dict::new();
    for field in kind.class().fields {
        let class = class_of_field(field, known);
        let wanted = match field.quantity {
            Quantity::One => class,
            Quantity::Optional => union::union_or(&class, &Value::NONE)?,
            Quantity::List | Quantity::Holes => {
                GenericAlias::new(list::List::class().to_value(), class).into_value()
            }
        };
        types.set_str(&Str::intern(field.name), wanted);
    }
    Ok(types)
}

/// Makes the classes, once.
pub(super) fn prepare() -> PyResult<()> {
    if is_ready() {
        return Ok(());
    }
    let base = Node::init_class();
    for name in [id!("_fields"), id!("_attributes"), id!("__match_args__")] {
        base.dict().set_str(name, Tuple::empty().into_value());
    }
    let mut classes: Vec<Ref<Type>> = Vec::new();
    for kind in Kind::all() {
        let parent = kind.class().sum.map_or(base, |sum| &classes[sum as usize]);
        let bases = Tuple::from_array([parent.to_value()]);
        classes.push(new_class(
            Type::class(),
            &Str::intern(kind.name()),
            &bases,
            &namespace_of(kind),
            Args::EMPTY,
        )?);
    }
    for kind in Kind::all().filter(|kind| !kind.is_sum()) {
        let types = field_types(kind, &classes)?;
        let class = classes[kind as usize].as_value();
        protocol::setattr(class, id!("_field_types"), types.as_value())?;
        protocol::setattr(class, id!("__annotations__"), types.as_value())?;
    }
    let one = |kind: Kind| {
        kind.is_single()
            .then(|| heap::new_object(&classes[kind as usize], Node {}).into_value())
    };
    let singles = Kind::all().map(one).collect();
    let fields = Kind::all()
        .map(|kind| {
            kind.class()
                .fields
                .iter()
                .map(|field| Str::intern(field.name))
                .collect()
        })
        .collect();
    let sorts = Kind::all()
        .map(|kind| kind.class().fields.iter().map(Field::sort).collect())
        .collect();
    READY.set(Classes {
        classes,
        singles,
        fields,
        sorts,
    });
    Ok(())
}
