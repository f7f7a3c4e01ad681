//! `super`: attribute lookup that starts behind a class in an instance's MRO.

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{ClassFlags, Payload, Type, generic_getattr};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{heap, id, runtime};
use taipan_macros::{class, methods};

/// The payload of `super`.
#[class(
    name = "super",
    flags(BASETYPE),
    doc = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)\nTypical use to call a cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)"
)]
pub struct Super {
    class: Slot<Ref<Type>>,
    object: Slot,
    object_class: Slot<Ref<Type>>,
}

/// The class in whose MRO `super(class, object)` looks: the object itself if it is a subclass, else its class.
fn check(class: &Ref<Type>, object: &Value) -> PyResult<Ref<Type>> {
    if let Some(object_class) = object.downcast::<Type>()
        && object_class.is_subclass(class)
    {
        return Ok(object_class.clone());
    }
    if object.class().is_subclass(class) {
        return Ok(object.class().clone());
    }
    if let Some(claimed) = protocol::getattr_optional(object, id!("__class__"))?
        && let Some(claimed) = claimed.downcast::<Type>()
        && !claimed.is(object.class())
        && claimed.is_subclass(class)
    {
        return Ok(claimed.clone());
    }
    let what = if object.downcast::<Type>().is_some() {
        "type"
    } else {
        "instance of"
    };
    let shown = match object.downcast::<Type>() {
        Some(class) => class.name(),
        None => object.class().name(),
    };
    bail!(
        TypeError,
        "super(type, obj): obj ({what} {shown}) is not an instance or subtype of type ({}).",
        class.name()
    )
}

/// Finds `name` behind `class` in the MRO of `start` and binds it to `object`.
fn lookup_after(
    class: &Ref<Type>,
    start: &Ref<Type>,
    object: &Value,
    name: &Ref<Str>,
) -> PyResult<Option<Value>> {
    let mro = start.mro();
    let order = mro.tail();
    let Some(at) = order.iter().position(|item| item.is(class.as_value())) else {
        return Ok(None);
    };
    for item in &order[at + 1..] {
        let Some(item) = item.downcast::<Type>() else {
            continue;
        };
        let Some(found) = item.dict().get_str(name) else {
            continue;
        };
        let Some(get) = found.class().slots.descr_get.get() else {
            return Ok(Some(found));
        };
        let instance = if object.is(start.as_value()) {
            None
        } else {
            Some(object)
        };
        return get(&found, instance, Some(start.as_value())).map(Some);
    }
    Ok(None)
}

/// What `LOAD_SUPER_ATTR` computes: `super(class, object).name`, honouring `__class__` as the super object itself does.
pub fn super_getattr(class: &Ref<Type>, object: &Value, name: &Ref<Str>) -> PyResult<Value> {
    if name.eq_str("__class__") {
        return Ok(Super::class().to_value());
    }
    let start = check(class, object)?;
    match lookup_after(class, &start, object, name)? {
        Some(found) => Ok(found),
        None => {
            let made = Super::bound(class.clone(), object.clone(), start);
            generic_getattr(made.as_value(), name)
        }
    }
}

/// What a call of `super(class, object).name` finds: a function, which takes `object` first, or something bound already.
/// The answer says whether it takes `object`.
pub fn super_method(class: &Ref<Type>, object: &Value, name: &Ref<Str>) -> PyResult<(Value, bool)> {
    let start = object.class();
    // For an instance of the class the start is its class, unless it is a class itself.
    if object.downcast::<Type>().is_none()
        && start.is_subclass(class)
        && let Some(found) = start.lookup_after(class, name)
        && found.class().has(ClassFlags::METHOD_DESCRIPTOR)
    {
        return Ok((found, true));
    }
    Ok((super_getattr(class, object, name)?, false))
}

impl Super {
    fn bound(class: Ref<Type>, object: Value, start: Ref<Type>) -> Ref<Super> {
        heap::new_object(
            Super::class(),
            Super {
                class: Slot::new(Some(class)),
                object: Slot::new(Some(object)),
                object_class: Slot::new(Some(start)),
            },
        )
    }
}

#[methods]
impl Super {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Value> {
        Ok(heap::new_object(
            class,
            Super {
                class: Slot::empty(),
                object: Slot::empty(),
                object_class: Slot::empty(),
            },
        )
        .into_value())
    }

    #[slot(init)]
    fn init(this: &Ref<Super>, args: Args<'_>) -> PyResult<()> {
        let values = args.positional_between("super", 0, 2)?;
        let (class, object) = match values {
            [] => {
                let Some(hooks) = runtime::hooks() else {
                    bail!(RuntimeError, "super(): no current frame")
                };
                let (class, object) = (hooks.super_arguments)()?;
                (class, Some(object))
            }
            [class, rest @ ..] => {
                let Some(class) = class.downcast::<Type>() else {
                    bail!(
                        TypeError,
                        "super() argument 1 must be a type, not {}",
                        class.class().name()
                    );
                };
                (
                    class.clone(),
                    rest.first().filter(|object| !object.is_none()).cloned(),
                )
            }
        };
        if let Some(object) = &object {
            this.object_class.set(Some(check(&class, object)?));
        }
        this.class.set(Some(class));
        this.object.set(object);
        Ok(())
    }

    #[slot(getattr)]
    fn getattr(this: &Ref<Super>, name: &Ref<Str>) -> PyResult<Value> {
        if !name.eq_str("__class__")
            && let (Some(class), Some(object), Some(start)) =
                (this.class.get(), this.object.get(), this.object_class.get())
            && let Some(found) = lookup_after(&class, &start, &object, name)?
        {
            return Ok(found);
        }
        generic_getattr(this.as_value(), name)
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<Super>,
        instance: Option<&Value>,
        _class: Option<&Value>,
    ) -> PyResult<Value> {
        let (Some(instance), None) = (
            instance.filter(|instance| !instance.is_none()),
            this.object.get(),
        ) else {
            return Ok(this.to_value());
        };
        let Some(class) = this.class.get() else {
            return Ok(this.to_value());
        };
        if !this.as_value().class().is(Super::class()) {
            return protocol::call2(
                this.as_value().class().as_value(),
                class.as_value(),
                instance,
            );
        }
        let start = check(&class, instance)?;
        Ok(Super::bound(class, instance.clone(), start).into_value())
    }

    #[slot(repr)]
    fn repr(this: &Ref<Super>) -> PyResult<Value> {
        let class = this
            .class
            .get()
            .map_or_else(|| "NULL".to_owned(), |class| class.name());
        let text = match this.object_class.get() {
            Some(object) => format!("<super: <class '{class}'>, <{} object>>", object.name()),
            None => format!("<super: <class '{class}'>, NULL>"),
        };
        Ok(Str::new(&text).into_value())
    }

    /// the class invoking super()
    #[getter(name = "__thisclass__")]
    fn this_class(this: &Ref<Super>) -> Option<Ref<Type>> {
        this.class.get()
    }

    /// the instance invoking super(); may be None
    #[getter(name = "__self__")]
    fn self_getter(this: &Ref<Super>) -> Option<Value> {
        this.object.get()
    }

    /// the type of the instance invoking super(); may be None
    #[getter(name = "__self_class__")]
    fn self_class(this: &Ref<Super>) -> Option<Ref<Type>> {
        this.object_class.get()
    }
}
