//! `typing.Union`, alias `types.UnionType`: what `int | str` is.
//!
//! A union holds its members flattened and without duplicates, in the order in which they came. Members that cannot be
//! hashed are compared one by one.

use taipan_macros::{class, methods};

use crate::builtins;
use crate::cell::Slot;
use crate::class::{Comparison, Payload, Type, generic_getattr};
use crate::exceptions::ExceptionKind;
use crate::generic_alias::{self, GenericAlias, push_argument_repr};
use crate::heap;
use crate::protocol;
use crate::raised::{Absent, PyResult};
use crate::runtime;
use crate::set::FrozenSet;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of unions.
#[class(
    name = "Union",
    module = "typing",
    doc = "Represents a type that is one of several, as in int | str.",
    flags(NO_INSTANTIATION, WEAKREFABLE)
)]
pub struct Union {
    args: Ref<Tuple>,
    hashable: Ref<FrozenSet>,
    unhashable: Ref<Tuple>,
    parameters: Slot<Ref<Tuple>>,
}

/// Collects the members of a union.
#[derive(Default)]
struct Members {
    all: Vec<Value>,
    hashable: Vec<Value>,
    unhashable: Vec<Value>,
}

impl Members {
    fn add(&mut self, member: &Value) -> PyResult<()> {
        if let Some(union) = member.downcast::<Union>() {
            return union
                .args
                .as_slice()
                .iter()
                .try_for_each(|member| self.add(member));
        }
        if member.is_none() {
            return self.add_one(builtins::none_class().to_value());
        }
        if member.downcast::<Str>().is_some() {
            let forward = runtime::import_attribute("annotationlib", "ForwardRef")?;
            return self.add_one(protocol::call1(&forward, member)?);
        }
        self.add_one(member.clone())
    }

    fn add_one(&mut self, member: Value) -> PyResult<()> {
        let hash = protocol::hash(&member).absent_on(ExceptionKind::TypeError)?;
        let known = if hash.is_some() {
            &mut self.hashable
        } else {
            &mut self.unhashable
        };
        for other in known.iter() {
            if protocol::equal(other, &member)? {
                return Ok(());
            }
        }
        known.push(member.clone());
        self.all.push(member);
        Ok(())
    }

    fn finish(self) -> PyResult<Value> {
        match &self.all[..] {
            [] => bail!(TypeError, "Cannot take a Union of no types."),
            [single] => Ok(single.clone()),
            _ => {
                let union = Union {
                    args: Tuple::new(self.all),
                    hashable: FrozenSet::from_items(&self.hashable)?,
                    unhashable: Tuple::new(self.unhashable),
                    parameters: Slot::empty(),
                };
                Ok(heap::new_object(Union::class(), union).into_value())
            }
        }
    }
}

/// `Union[items]`: one member, or a tuple of them.
pub fn union_of(items: &Value) -> PyResult<Value> {
    let mut members = Members::default();
    match items.downcast_exact::<Tuple>() {
        Some(tuple) => tuple
            .as_slice()
            .iter()
            .try_for_each(|member| members.add(member))?,
        None => members.add(items)?,
    }
    members.finish()
}

/// Whether `|` makes a union of the value.
fn can_join(value: &Value) -> bool {
    value.is_none()
        || value.downcast::<Type>().is_some()
        || value.downcast::<GenericAlias>().is_some()
        || value.downcast::<Union>().is_some()
        || is_type_alias(value)
}

/// Whether the value is what a `type` statement makes.
fn is_type_alias(value: &Value) -> bool {
    let class = value.class();
    !class.is_heap() && class.name() == "typing.TypeAliasType"
}

/// `left | right` for types.
pub fn union_or(left: &Value, right: &Value) -> PyResult<Value> {
    if !can_join(left) || !can_join(right) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let mut members = Members::default();
    members.add(left)?;
    members.add(right)?;
    members.finish()
}

/// The members of a union.
pub fn union_args(value: &Value) -> Option<Vec<Value>> {
    value.downcast::<Union>().map(|union| union.args.to_vec())
}

impl Union {
    fn parameters(&self) -> PyResult<Ref<Tuple>> {
        if let Some(parameters) = self.parameters.get() {
            return Ok(parameters);
        }
        let parameters = Tuple::new(generic_alias::type_parameters(self.args.as_slice())?);
        self.parameters.set(Some(parameters.clone()));
        Ok(parameters)
    }

    fn equals(&self, other: &Union) -> PyResult<bool> {
        if !self.hashable.equals(&other.hashable)?
            || self.unhashable.len() != other.unhashable.len()
        {
            return Ok(false);
        }
        let mut rest = other.unhashable.to_vec();
        for member in self.unhashable.as_slice() {
            let mut found = None;
            for (index, candidate) in rest.iter().enumerate() {
                if protocol::equal(member, candidate)? {
                    found = Some(index);
                    break;
                }
            }
            match found {
                Some(index) => drop(rest.swap_remove(index)),
                None => return Ok(false),
            }
        }
        Ok(true)
    }
}

#[methods]
impl Union {
    #[slot(repr)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        for (index, member) in self.args.as_slice().iter().enumerate() {
            if index > 0 {
                text.push_str(" | ");
            }
            push_argument_repr(&mut text, member)?;
        }
        Ok(text.finish())
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        if !self.unhashable.is_empty() {
            bail!(
                TypeError,
                "union contains {} unhashable elements",
                self.unhashable.len()
            );
        }
        for member in self.args.as_slice() {
            protocol::hash(member)?;
        }
        Ok(self.hashable.hash_value())
    }

    #[slot(getattr)]
    fn getattr(this: &Ref<Union>, name: &Ref<Str>) -> PyResult<Value> {
        if name.eq_str("__module__") {
            return protocol::getattr(this.class().as_value(), name);
        }
        generic_getattr(this.as_value(), name)
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<Union>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(match comparison {
            Comparison::Eq => Value::from_bool(self.equals(other)?),
            Comparison::Ne => Value::from_bool(!self.equals(other)?),
            _ => Value::NOT_IMPLEMENTED,
        })
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        union_or(left, right)
    }

    #[slot(getitem)]
    fn getitem(this: &Ref<Union>, item: &Value) -> PyResult<Value> {
        let args =
            generic_alias::substituted(this.as_value(), &this.args, &this.parameters()?, item)?;
        union_of(args.as_value())
    }

    #[method("($self, object, /)")]
    fn __mro_entries__(this: &Ref<Union>, _object: &Value) -> PyResult<Value> {
        bail!(
            TypeError,
            "Cannot subclass {}",
            protocol::repr(this.as_value())?.to_display()
        )
    }

    /// Make a union of some types.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(_class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        union_of(object)
    }

    #[getter(member)]
    fn __args__(&self) -> Ref<Tuple> {
        self.args.clone()
    }

    /// Name of the type.
    #[getter]
    fn __name__(&self) -> Ref<Str> {
        Str::intern("Union")
    }

    /// Qualified name of the type.
    #[getter]
    fn __qualname__(&self) -> Ref<Str> {
        Str::intern("Union")
    }

    /// The class of unions.
    #[getter]
    fn __origin__(&self) -> Value {
        Union::class().to_value()
    }

    /// The type variables among the members.
    #[getter(name = "__parameters__")]
    fn get_parameters(&self) -> PyResult<Ref<Tuple>> {
        self.parameters()
    }
}
