//! The class `ast.AST` and what all nodes have: construction, `repr`, pickling, `copy.replace()`.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::heap;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::union::Union;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, warnings};

use super::classes;
use super::grammar::Kind;

/// How deep `repr` looks into a tree.
const SHOWN_DEPTH: u32 = 3;

/// The payload of `ast.AST`: a node is what its attributes say.
#[class(
    name = "AST",
    module = "ast",
    flags(BASETYPE, ATTRIBUTES),
    references = false
)]
pub struct Node {}

/// A list of names that a class has, as a tuple; nothing where it has none.
fn names_of(class: &Ref<Type>, attribute: &Ref<Str>) -> PyResult<Vec<Ref<Str>>> {
    let Some(names) = protocol::getattr_optional(class.as_value(), attribute)? else {
        return Ok(Vec::new());
    };
    protocol::collect(&names)?
        .into_iter()
        .map(|name| {
            name.into_ref::<Str>().or_else(|other| {
                bail!(
                    TypeError,
                    "{} is not a name of a field",
                    other.class().name()
                )
            })
        })
        .collect()
}

fn contains(names: &[Ref<Str>], name: &Str) -> bool {
    names.iter().any(|known| known.same_text(name))
}

fn quoted(name: &Ref<Str>) -> PyResult<String> {
    Ok(protocol::repr(name.as_value())?.to_display().into_owned())
}

/// Fills the fields that were not given.
fn fill_missing(this: &Value, missing: &[Ref<Str>]) -> PyResult<()> {
    let class = this.class();
    let types = protocol::getattr_optional(class.as_value(), id!("_field_types"))?;
    for name in missing {
        let wanted = match types.as_ref().and_then(|types| types.downcast::<Dict>()) {
            Some(types) => types.get(name.as_value())?,
            None => None,
        };
        let Some(wanted) = wanted else {
            if types.is_some() {
                let message = format!(
                    "Field {} is missing from {}._field_types. This will become an error in Python 3.15.",
                    quoted(name)?,
                    class.name()
                );
                warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
            }
            continue;
        };
        if wanted.downcast::<Union>().is_some() {
            // The class has None under that name.
        } else if wanted.downcast::<GenericAlias>().is_some() {
            protocol::setattr(this, name, List::new(Vec::new()).as_value())?;
        } else if wanted.is(classes::of(Kind::expr_context).as_value()) {
            protocol::setattr(this, name, &classes::single(Kind::Load))?;
        } else {
            let message = format!(
                "{}.__init__ missing 1 required positional argument: {}. This will become an error in Python 3.15.",
                class.name(),
                quoted(name)?
            );
            warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
        }
    }
    Ok(())
}

/// The text of a node, as deep as `depth` says.
fn show(this: &Value, depth: u32, out: &mut StrBuilder) -> PyResult<()> {
    let class = this.class();
    out.push_string(&class.name_object());
    let guard = protocol::repr_guard(this);
    if depth == 0 || guard.is_none() {
        out.push_str("(...)");
        return Ok(());
    }
    out.push_str("(");
    for (index, name) in names_of(class, id!("_fields"))?.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_string(name);
        out.push_str("=");
        let value = protocol::getattr(this, name)?;
        if let Some(list) = value.downcast::<List>() {
            show_items(&list.to_vec(), "[", "]", depth, out)?;
        } else if let Some(tuple) = value.downcast::<Tuple>() {
            show_items(tuple.as_slice(), "(", ")", depth, out)?;
        } else {
            show_value(&value, depth, out)?;
        }
    }
    out.push_str(")");
    Ok(())
}

fn show_value(value: &Value, depth: u32, out: &mut StrBuilder) -> PyResult<()> {
    if value.downcast::<Node>().is_some() {
        return show(value, depth - 1, out);
    }
    out.push_string(&*protocol::repr(value)?);
    Ok(())
}

/// The first item and the last one.
fn show_items(
    items: &[Value],
    open: &str,
    close: &str,
    depth: u32,
    out: &mut StrBuilder,
) -> PyResult<()> {
    out.push_str(open);
    if let [first, rest @ ..] = items {
        show_value(first, depth, out)?;
        if rest.len() > 1 {
            out.push_str(", ...");
        }
        if let Some(last) = rest.last() {
            out.push_str(", ");
            show_value(last, depth, out)?;
        }
    }
    out.push_str(close);
    Ok(())
}

fn attributes_of(this: &Value) -> PyResult<Ref<Dict>> {
    match protocol::getattr_optional(this, id!("__dict__"))?.map(Value::into_ref::<Dict>) {
        Some(Ok(dict)) => Ok(dict),
        _ => Ok(Dict::new()),
    }
}

#[methods]
impl Node {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Ref<Node> {
        heap::new_object(class, Node {})
    }

    #[slot(init)]
    fn init(this: &Value, args: Args<'_>) -> PyResult<()> {
        let class = this.class();
        let fields = names_of(class, id!("_fields"))?;
        let mut missing = fields.clone();
        let positional = args.positional();
        if positional.len() > fields.len() {
            let plural = if fields.len() == 1 { "" } else { "s" };
            bail!(
                TypeError,
                "{} constructor takes at most {} positional argument{plural}",
                class.name(),
                fields.len()
            );
        }
        for (name, value) in fields.iter().zip(positional) {
            protocol::setattr(this, name, value)?;
            missing.retain(|other| !other.same_text(name));
        }
        let mut attributes = None;
        for (name, value) in args.keywords() {
            if contains(&fields, name) {
                if !contains(&missing, name) {
                    bail!(
                        TypeError,
                        "{} got multiple values for argument {}",
                        class.name(),
                        quoted(name)?
                    );
                }
                missing.retain(|other| !other.same_text(name));
            } else {
                if attributes.is_none() {
                    attributes = Some(names_of(class, id!("_attributes"))?);
                }
                if !attributes
                    .as_deref()
                    .is_some_and(|attributes| contains(attributes, name))
                {
                    let message = format!(
                        "{}.__init__ got an unexpected keyword argument {}. Support for arbitrary keyword arguments is deprecated and will be removed in Python 3.15.",
                        class.name(),
                        quoted(name)?
                    );
                    warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
                }
            }
            protocol::setattr(this, name, value)?;
        }
        fill_missing(this, &missing)
    }

    #[slot(repr)]
    fn repr(this: &Value) -> PyResult<Ref<Str>> {
        let mut out = StrBuilder::new();
        show(this, SHOWN_DEPTH, &mut out)?;
        Ok(out.finish())
    }

    /// Return what pickle needs.
    #[method("($self, /)")]
    fn __reduce__(this: &Value) -> PyResult<Ref<Tuple>> {
        let state = attributes_of(this)?.copy();
        // The constructor wants the fields; that they hold what they hold is for the state to say, which may refer back.
        let mut placeholders = Vec::new();
        for name in names_of(this.class(), id!("_fields"))? {
            if !state.contains(name.as_value())? {
                break;
            }
            placeholders.push(Value::NONE);
        }
        Ok(Tuple::from_array([
            this.class().to_value(),
            Tuple::new(placeholders).into_value(),
            state.into_value(),
        ]))
    }

    /// Return a copy of the node with new values for the specified fields.
    #[method("($self, /, **fields)")]
    fn __replace__(this: &Value, fields: taipan_objects::args::Kwargs<'_>) -> PyResult<Value> {
        let class = this.class();
        let own = attributes_of(this)?;
        let mut known = names_of(class, id!("_fields"))?;
        let required = known.clone();
        known.extend(names_of(class, id!("_attributes"))?);
        for (name, _) in &fields.0 {
            if !contains(&known, name) && !own.contains(name.as_value())? {
                bail!(
                    TypeError,
                    "{}.__replace__ got an unexpected keyword argument {}.",
                    class.name(),
                    quoted(name)?
                );
            }
        }
        let state = own.copy();
        for (name, value) in &fields.0 {
            state.set(name.to_value(), (*value).clone())?;
        }
        let mut absent = Vec::new();
        for name in &required {
            if !state.contains(name.as_value())?
                && protocol::getattr_optional(this, name)?.is_none()
            {
                absent.push(quoted(name)?);
            }
        }
        if !absent.is_empty() {
            absent.sort();
            let plural = if absent.len() == 1 { "" } else { "s" };
            bail!(
                TypeError,
                "{}.__replace__ missing {} keyword argument{plural}: {}.",
                class.name(),
                absent.len(),
                absent.join(", ")
            );
        }
        let (names, values): (Vec<Value>, Vec<Value>) = state.iter_snapshot().into_iter().unzip();
        protocol::call(class.as_value(), Args::new(&values, &names))
    }
}

/// Whether a value is a node.
pub(super) fn is_node(value: &Value) -> bool {
    classes::is_ready() && value.class().is_subclass(Node::class())
}
