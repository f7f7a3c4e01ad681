//! `getset_descriptor` and `member_descriptor`: computed attributes of builtin classes, and `__slots__` members.

use crate::class::{Payload, Type};
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::instance;
use crate::native::{GetSetDef, check_instance, qualified_name, reduce_by_getattr};
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::value::{Ref, Value};
use taipan_macros::{class, methods};

/// The payload of computed attributes.
#[class(name = "getset_descriptor", flags(NO_INSTANTIATION), references = true)]
pub struct GetSetDescriptor {
    owner: Ref<Type>,
    #[untraced]
    def: &'static GetSetDef,
}

/// A computed attribute of `owner`.
pub fn getset_descriptor(owner: &Ref<Type>, def: &'static GetSetDef) -> Value {
    if def.member {
        return MemberDescriptor::of(owner, &Str::intern(def.name), Source::Native(def));
    }
    heap::new_object(
        GetSetDescriptor::class(),
        GetSetDescriptor {
            owner: owner.clone(),
            def,
        },
    )
    .into_value()
}

impl GetSetDescriptor {
    /// What the attribute is made from.
    pub fn def(&self) -> &'static GetSetDef {
        self.def
    }

    /// The class that has the attribute.
    pub fn owner(&self) -> &Ref<Type> {
        &self.owner
    }
}

fn not_possible(owner: &Ref<Type>, name: &str, what: &str) -> Raised {
    exc!(
        AttributeError,
        "attribute '{name}' of '{}' objects is not {what}",
        owner.name()
    )
}

#[methods]
impl GetSetDescriptor {
    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<Self>,
        instance: Option<&Value>,
        _owner: Option<&Value>,
    ) -> PyResult<Value> {
        let Some(instance) = instance else {
            return Ok(this.to_value());
        };
        check_instance(&this.owner, this.def.name, instance)?;
        match this.def.get {
            Some(get) => get(instance),
            None => Err(not_possible(&this.owner, this.def.name, "readable")),
        }
    }

    #[slot(descr_set)]
    fn descr_set(&self, instance: &Value, value: Option<&Value>) -> PyResult<()> {
        check_instance(&self.owner, self.def.name, instance)?;
        match self.def.set {
            Some(set) => set(instance, value),
            None => Err(not_possible(&self.owner, self.def.name, "writable")),
        }
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!(
            "<attribute '{}' of '{}' objects>",
            self.def.name,
            self.owner.name()
        )
    }

    #[getter(name = "__objclass__", member)]
    fn objclass(&self) -> &Ref<Type> {
        &self.owner
    }

    #[getter(name = "__name__", member)]
    fn name(&self) -> &'static str {
        self.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        qualified_name(&self.owner, self.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(&self) -> Option<&'static str> {
        self.def.doc
    }
}

/// The payload of members: places of instances, and attributes of builtin classes that CPython declares as members.
#[class(name = "member_descriptor", flags(NO_INSTANTIATION), references = true)]
pub struct MemberDescriptor {
    owner: Ref<Type>,
    name: Ref<Str>,
    #[untraced]
    source: Source,
}

/// Where a member's value is.
enum Source {
    /// In a place of the instance.
    Place(usize),
    /// Behind functions.
    Native(&'static GetSetDef),
    /// A field of a structure, by number; read-only.
    Field {
        index: usize,
        read: fn(&Value, usize) -> PyResult<Value>,
        doc: &'static str,
    },
}

impl MemberDescriptor {
    /// The `__slots__` member `name` of `owner`, in place `place` of the instances.
    pub fn new(owner: &Ref<Type>, name: &Ref<Str>, place: usize) -> Value {
        MemberDescriptor::of(owner, name, Source::Place(place))
    }

    /// A read-only member of `owner` that `read` finds by number.
    pub fn of_field(
        owner: &Ref<Type>,
        name: &Ref<Str>,
        index: usize,
        read: fn(&Value, usize) -> PyResult<Value>,
        doc: &'static str,
    ) -> Value {
        MemberDescriptor::of(owner, name, Source::Field { index, read, doc })
    }

    fn of(owner: &Ref<Type>, name: &Ref<Str>, source: Source) -> Value {
        let member = MemberDescriptor {
            owner: owner.clone(),
            name: name.clone(),
            source,
        };
        heap::new_object(MemberDescriptor::class(), member).into_value()
    }

    /// The class that has the member.
    #[inline(always)]
    pub fn owner(&self) -> &Ref<Type> {
        &self.owner
    }

    /// The place in instances, for members that have one.
    #[inline(always)]
    pub fn place(&self) -> Option<usize> {
        match self.source {
            Source::Place(place) => Some(place),
            Source::Native(_) | Source::Field { .. } => None,
        }
    }
}

#[methods]
impl MemberDescriptor {
    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<Self>,
        instance: Option<&Value>,
        _owner: Option<&Value>,
    ) -> PyResult<Value> {
        let Some(instance) = instance else {
            return Ok(this.to_value());
        };
        check_instance(&this.owner, &this.name.to_display(), instance)?;
        match this.source {
            Source::Place(place) => match instance::get_member(instance, place) {
                Some(value) => Ok(value),
                None => {
                    let message = format!(
                        "'{}' object has no attribute '{}'",
                        instance.class().full_name(),
                        this.name.to_display()
                    );
                    Err(protocol::attribute_error(instance, &this.name, message))
                }
            },
            Source::Native(def) => match def.get {
                Some(get) => get(instance),
                None => Err(not_possible(&this.owner, def.name, "readable")),
            },
            Source::Field { index, read, .. } => read(instance, index),
        }
    }

    #[slot(descr_set)]
    fn descr_set(&self, instance: &Value, value: Option<&Value>) -> PyResult<()> {
        check_instance(&self.owner, &self.name.to_display(), instance)?;
        match self.source {
            Source::Place(place) => {
                let before = instance::set_member(instance, place, value.cloned());
                if before.is_none() && value.is_none() {
                    return Err(Raised::with_args(
                        ExceptionKind::AttributeError,
                        vec![self.name.to_value()],
                    ));
                }
                Ok(())
            }
            Source::Native(GetSetDef { set: Some(set), .. }) => set(instance, value),
            Source::Native(_) | Source::Field { .. } => {
                Err(exc!(AttributeError, "readonly attribute"))
            }
        }
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!(
            "<member '{}' of '{}' objects>",
            self.name.to_display(),
            self.owner.name()
        )
    }

    #[getter(name = "__objclass__", member)]
    fn objclass(&self) -> &Ref<Type> {
        &self.owner
    }

    #[getter(name = "__name__", member)]
    fn name(&self) -> &Ref<Str> {
        &self.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        qualified_name(&self.owner, &self.name.to_display())
    }

    #[getter(name = "__doc__")]
    fn doc(&self) -> Option<&'static str> {
        match self.source {
            Source::Place(_) => None,
            Source::Native(def) => def.doc,
            Source::Field { doc, .. } => Some(doc),
        }
    }

    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        reduce_by_getattr(self.owner.to_value(), &self.name.to_display())
    }
}
