//! `type`: calling classes, their attributes, `__subclasses__`, `mro()`, `__bases__` assignment.

use crate::args::Args;
use crate::bytes::Bytes;
use crate::cell::Once;
use crate::class::create::{
    allocate_builtin, best_base, calculate_metaclass, compute_mro, create_builtin,
};
use crate::class::dunders::fill_slots;
use crate::class::generic::{class_getattr, class_setattr};
use crate::class::mro::bases_of;
use crate::class::{ClassDef, ClassFlags, Layout, Payload, Type, new_class};
use crate::dict::Dict;
use crate::id;
use crate::instance;
use crate::int::Int;
use crate::list::List;
use crate::mapping_proxy::MappingProxy;
use crate::native::{GetSetDef, getset_descriptor};
use crate::protocol;
use crate::raised::PyResult;
use crate::rare_events::{self, RareEvent};
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use taipan_macros::methods;

static LAYOUT: Layout = Layout::of::<Type>("Type", None, true);
static CLASS: Once<Ref<Type>> = Once::new();

static DEFINITION: ClassDef = ClassDef {
    name: "type",
    module: "builtins",
    doc: Some("type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type"),
    signature: Once::new(),
    flags: ClassFlags::BASETYPE | ClassFlags::TYPE | ClassFlags::WEAKREFABLE,
    layout: || &LAYOUT,
    base: Some(crate::object::Object::class),
    build: Type::build_methods,
};

impl Payload for Type {
    fn layout() -> &'static Layout {
        &LAYOUT
    }

    fn class() -> &'static Ref<Type> {
        &CLASS
    }
}

impl Type {
    /// Whether the class `type` exists yet.
    pub(crate) fn is_allocated() -> bool {
        CLASS.is_set()
    }

    /// Makes `type` itself, the first object of all.
    pub(crate) fn allocate_class() {
        let definition: &'static ClassDef = &BOOT_DEFINITION;
        allocate_builtin(definition, &CLASS);
        // `object` is made next and becomes the base then.
    }

    /// Gives `type` its methods.
    pub(crate) fn init_class() {
        CLASS.base.set(Some(crate::object::Object::class().clone()));
        create_builtin(&DEFINITION, &CLASS);
    }
}

/// `type` before `object` exists.
static BOOT_DEFINITION: ClassDef = ClassDef {
    name: "type",
    module: "builtins",
    doc: None,
    signature: Once::new(),
    flags: ClassFlags::BASETYPE | ClassFlags::TYPE | ClassFlags::WEAKREFABLE,
    layout: || &LAYOUT,
    base: None,
    build: Type::build_methods,
};

/// `issubclass` by the MRO only, for two arbitrary values that are classes.
pub fn is_subtype_of(class: &Value, other: &Value) -> bool {
    match (class.downcast::<Type>(), other.downcast::<Type>()) {
        (Some(class), Some(other)) => class.is_subclass(other),
        _ => false,
    }
}

/// Calls a class: `__new__`, then `__init__` if that made an instance of the class.
pub fn call_class(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    if class.is(Type::class()) && args.names().is_empty() {
        match args.positional() {
            [value] => return Ok(value.class().to_value()),
            [_, _, _] => {}
            _ => bail!(TypeError, "type() takes 1 or 3 arguments"),
        }
    }
    let Some(new) = class.slots.new.get() else {
        bail!(
            TypeError,
            "cannot create '{}' instances",
            class.display_name()
        );
    };
    let made = new(class, args)?;
    if !made.class().is(class) && !made.class().is_subclass(class) {
        return Ok(made);
    }
    if let Some(init) = made.class().slots.init.get() {
        init(&made, args)?;
    }
    Ok(made)
}

/// `__itemsize__`: not zero for the classes whose objects have as many items as they were made with. A string's text is
/// no item.
pub(crate) fn itemsize(class: &Type) -> usize {
    [
        (Int::class(), 4),
        (Bytes::class(), 1),
        (Tuple::class(), 8),
        (Type::class(), 40),
    ]
    .into_iter()
    .find_map(|(known, size)| class.is_subclass(known).then_some(size))
    .unwrap_or(0)
}

#[methods]
impl Type {
    #[slot(call)]
    fn call(this: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        call_class(this, args)
    }

    #[slot(getattr)]
    fn getattr_slot(this: &Value, name: &Ref<Str>) -> PyResult<Value> {
        class_getattr(this, name)
    }

    #[slot(setattr)]
    fn setattr_slot(this: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
        class_setattr(this, name, new)
    }

    #[slot(repr)]
    fn repr(this: &Ref<Type>) -> PyResult<Value> {
        Ok(Str::new(&format!("<class '{}'>", this.display_name())).into_value())
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        crate::union::union_or(left, right)
    }

    #[slot(new)]
    fn new(metaclass: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let positional = args.positional();
        if positional.len() != 3 {
            bail!(
                TypeError,
                "type.__new__() takes exactly 3 arguments ({} given)",
                positional.len()
            );
        }
        let Some(name) = positional[0].downcast::<Str>() else {
            bail!(
                TypeError,
                "type.__new__() argument 1 must be str, not {}",
                positional[0].class().name()
            );
        };
        let Some(bases) = positional[1].downcast::<Tuple>() else {
            bail!(
                TypeError,
                "type.__new__() argument 2 must be tuple, not {}",
                positional[1].class().name()
            );
        };
        let Some(namespace) = positional[2].downcast::<Dict>() else {
            bail!(
                TypeError,
                "type.__new__() argument 3 must be dict, not {}",
                positional[2].class().name()
            );
        };
        for base in bases.tail() {
            if base.downcast::<Type>().is_none()
                && protocol::getattr_optional(base, id!("__mro_entries__"))?.is_some()
            {
                bail!(
                    TypeError,
                    "type() doesn't support MRO entry resolution; use types.new_class()"
                );
            }
        }
        let _classes = bases_of(bases)?;
        let winner = calculate_metaclass(metaclass, bases.tail())?;
        if !winner.is(metaclass)
            && let Some(new) = winner.slots.new.get()
            && !winner
                .slots
                .same_slot(crate::class::SlotId::new, &Type::class().slots)
        {
            return new(&winner, args);
        }
        new_class(&winner, name, bases, namespace, args).map(Ref::into_value)
    }

    #[slot(init)]
    fn init(_this: &Ref<Type>, args: Args<'_>) -> PyResult<()> {
        let count = args.positional().len();
        if count == 1 && !args.names().is_empty() {
            bail!(TypeError, "type.__init__() takes no keyword arguments");
        }
        if count != 1 && count != 3 {
            bail!(TypeError, "type.__init__() takes 1 or 3 arguments");
        }
        Ok(())
    }

    /// Return a type's method resolution order.
    #[method("($self, /)", name = "mro")]
    fn compute_default_mro(this: &Ref<Type>) -> PyResult<Value> {
        let mut order = vec![this.to_value()];
        order.extend(
            super::mro::linearize(&this.name(), &bases_of(&this.bases())?)?
                .into_iter()
                .map(Ref::into_value),
        );
        Ok(List::new(order).into_value())
    }

    /// Return a list of immediate subclasses.
    #[method("($self, /)")]
    fn __subclasses__(this: &Ref<Type>) -> Value {
        List::new(this.subclasses().into_iter().map(Ref::into_value).collect()).into_value()
    }

    /// Check if an object is an instance.
    #[method("($self, instance, /)")]
    fn __instancecheck__(this: &Ref<Type>, instance: &Value) -> PyResult<bool> {
        protocol::default_is_instance(instance, this.as_value())
    }

    /// Check if a class is a subclass.
    #[method("($self, subclass, /)")]
    fn __subclasscheck__(this: &Ref<Type>, subclass: &Value) -> PyResult<bool> {
        protocol::default_is_subclass(subclass, this.as_value())
    }

    /// Create the namespace for the class statement
    #[classmethod("($cls, name, bases, /, **kwds)")]
    fn __prepare__(_class: &Value, _args: Args<'_>) -> Value {
        Dict::new().into_value()
    }

    /// Specialized __dir__ implementation for types.
    #[method("($self, /)")]
    fn __dir__(this: &Ref<Type>) -> PyResult<Value> {
        let names = Dict::new();
        for class in this.mro().tail() {
            if let Some(class) = class.downcast::<Type>() {
                for (name, _) in class.dict().iter_snapshot() {
                    names.set(name, Value::NONE)?;
                }
            }
        }
        Ok(List::new(
            names
                .iter_snapshot()
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
        )
        .into_value())
    }

    /// Return memory consumption of the type object.
    #[method("($self, /)")]
    fn __sizeof__(_this: &Ref<Type>) -> usize {
        size_of::<Type>() + 16
    }

    #[getter(name = "__name__")]
    fn name_getter(this: &Ref<Type>) -> Ref<Str> {
        this.name_object()
    }

    #[setter(name = "__name__")]
    fn set_name(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        let value = settable(this, "__name__", value)?;
        let Some(name) = value.downcast::<Str>() else {
            bail!(
                TypeError,
                "can only assign string to {}.__name__, not '{}'",
                this.name(),
                value.class().name()
            );
        };
        name.to_str()?;
        if name.code_points().any(|point| point == 0) {
            bail!(ValueError, "type name must not contain null characters");
        }
        this.name.set(Some(name.clone()));
        Ok(())
    }

    #[getter(name = "__qualname__")]
    fn qualname_getter(this: &Ref<Type>) -> Ref<Str> {
        this.qualname_object()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        let value = settable(this, "__qualname__", value)?;
        let Some(name) = value.downcast::<Str>() else {
            bail!(
                TypeError,
                "can only assign string to {}.__qualname__, not '{}'",
                this.name(),
                value.class().name()
            );
        };
        this.qualname.set(Some(name.clone()));
        Ok(())
    }

    #[getter(name = "__module__")]
    fn module_getter(this: &Ref<Type>) -> PyResult<Value> {
        if let Some(definition) = this.definition {
            return Ok(Str::intern(definition.module).into_value());
        }
        this.dict()
            .get_str(id!("__module__"))
            .ok_or_else(|| exc!(AttributeError, "__module__"))
    }

    #[setter(name = "__module__")]
    fn set_module(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        let value = settable(this, "__module__", value)?;
        this.modified();
        this.dict().set_str(id!("__module__"), value.clone());
        // The line belongs to a statement in the other module.
        this.dict().remove_str(id!("__firstlineno__"));
        Ok(())
    }

    #[getter(name = "__bases__")]
    fn bases_getter(this: &Ref<Type>) -> Ref<Tuple> {
        this.bases()
    }

    #[setter(name = "__bases__")]
    fn set_bases(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        let value = settable(this, "__bases__", value)?;
        assign_bases(this, value)?;
        rare_events::count(RareEvent::SetBases);
        Ok(())
    }

    #[getter(name = "__base__")]
    fn base_getter(this: &Ref<Type>) -> Option<Value> {
        this.base().map(Ref::into_value)
    }

    #[getter(name = "__mro__")]
    fn mro_getter(this: &Ref<Type>) -> Ref<Tuple> {
        this.mro()
    }

    #[getter(name = "__dict__")]
    fn dict_getter(this: &Ref<Type>) -> Value {
        MappingProxy::new(this.dict().into_value()).into_value()
    }

    #[getter(name = "__doc__")]
    fn doc_getter(this: &Ref<Type>) -> PyResult<Value> {
        match this.dict().get_str(id!("__doc__")) {
            Some(doc) => match doc.class().slots.descr_get.get() {
                Some(get) => get(&doc, None, Some(this.as_value())),
                None => Ok(doc),
            },
            None => Ok(Value::NONE),
        }
    }

    #[setter(name = "__doc__")]
    fn set_doc(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        let value = settable(this, "__doc__", value)?;
        this.modified();
        this.dict().set_str(id!("__doc__"), value.clone());
        Ok(())
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(this: &Ref<Type>) -> Option<Value> {
        let definition = this.definition?;
        definition
            .signature()
            .map(|signature| Str::new(signature).into_value())
    }

    #[getter(name = "__flags__")]
    fn flags_getter(this: &Ref<Type>) -> i64 {
        cpython_flags(this)
    }

    #[getter(name = "__basicsize__")]
    fn basicsize(this: &Ref<Type>) -> usize {
        let size = if this.is_subclass(Int::class()) {
            24
        } else {
            this.layout().size
        };
        size + this.member_count.get() as usize * 8
    }

    #[getter(name = "__itemsize__")]
    fn itemsize(this: &Ref<Type>) -> usize {
        itemsize(this)
    }

    #[getter(name = "__dictoffset__")]
    fn dictoffset(this: &Ref<Type>) -> i64 {
        if this.has(ClassFlags::ATTRIBUTES) {
            -1
        } else {
            0
        }
    }

    #[getter(name = "__weakrefoffset__")]
    fn weakrefoffset(this: &Ref<Type>) -> usize {
        if this.has(ClassFlags::WEAKREFABLE) {
            8
        } else {
            0
        }
    }

    #[getter(name = "__abstractmethods__")]
    fn abstract_methods(this: &Ref<Type>) -> PyResult<Value> {
        match this.abstract_methods.get() {
            Some(methods) => Ok(methods),
            None => Err(protocol::attribute_error(
                this.as_value(),
                id!("__abstractmethods__"),
                "__abstractmethods__".to_owned(),
            )),
        }
    }

    #[setter(name = "__abstractmethods__")]
    fn set_abstract_methods(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        let is_abstract = match value {
            Some(methods) => protocol::is_true(methods)?,
            None if this.abstract_methods.is_empty() => {
                return Err(protocol::attribute_error(
                    this.as_value(),
                    id!("__abstractmethods__"),
                    "__abstractmethods__".to_owned(),
                ));
            }
            None => false,
        };
        this.modified();
        this.abstract_methods.set(value.cloned());
        this.set_flag(ClassFlags::ABSTRACT, is_abstract);
        Ok(())
    }

    #[getter(name = "__annotations__")]
    fn annotations(this: &Ref<Type>) -> PyResult<Value> {
        crate::annotations::class_annotations(this)
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        crate::annotations::set_class_annotations(this, value)
    }

    #[getter(name = "__annotate__")]
    fn annotate(this: &Ref<Type>) -> PyResult<Value> {
        crate::annotations::class_annotate(this)
    }

    #[setter(name = "__annotate__")]
    fn set_annotate(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        crate::annotations::set_class_annotate(this, value)
    }

    #[getter(name = "__type_params__")]
    fn type_params(this: &Ref<Type>) -> Value {
        // What `type` has under that name is this attribute.
        let params = if this.is_heap() {
            this.dict().get_str(id!("__type_params__"))
        } else {
            None
        };
        params.unwrap_or_else(|| Tuple::empty().into_value())
    }

    #[setter(name = "__type_params__")]
    fn set_type_params(this: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
        let value = settable(this, "__type_params__", value)?;
        this.modified();
        this.dict().set_str(id!("__type_params__"), value.clone());
        Ok(())
    }
}

fn settable<'a>(class: &Ref<Type>, name: &str, value: Option<&'a Value>) -> PyResult<&'a Value> {
    if !class.is_heap() {
        bail!(
            TypeError,
            "cannot set '{name}' attribute of immutable type '{}'",
            class.name()
        );
    }
    match value {
        Some(value) => Ok(value),
        None => bail!(
            TypeError,
            "cannot delete '{name}' attribute of immutable type '{}'",
            class.name()
        ),
    }
}

/// `cls.__bases__ = bases`: the layout must stay; the MROs of the class and all below it are made again.
fn assign_bases(class: &Ref<Type>, value: &Value) -> PyResult<()> {
    let Some(bases) = value.downcast::<Tuple>() else {
        bail!(
            TypeError,
            "can only assign tuple to {}.__bases__, not {}",
            class.name(),
            value.class().name()
        );
    };
    if bases.tail().is_empty() {
        bail!(
            TypeError,
            "can only assign non-empty tuple to {}.__bases__, not ()",
            class.name()
        );
    }
    for base in bases.tail() {
        let Some(base) = base.downcast::<Type>() else {
            bail!(
                TypeError,
                "{}.__bases__ must be tuple of classes, not '{}'",
                class.name(),
                base.class().name()
            );
        };
        // Within a metaclass's `mro()` the bases can be ahead of the MRO.
        if base.is_subclass(class) || descends_from(base, class) {
            bail!(TypeError, "a __bases__ item causes an inheritance cycle");
        }
    }
    let classes = bases_of(bases)?;
    let base = best_base(&classes)?;
    let old_base = class.base().expect("a heap class has a base");
    let compatible = std::ptr::eq(base.layout(), old_base.layout())
        && base.member_count.get() == old_base.member_count.get();
    if !compatible || (base.has(ClassFlags::ATTRIBUTES) && !class.has(ClassFlags::ATTRIBUTES)) {
        bail!(
            TypeError,
            "__bases__ assignment: '{}' object layout differs from '{}'",
            base.name(),
            old_base.name()
        );
    }
    let old_bases = class.bases();
    class.modified();
    class.bases.set(Some(bases.clone()));
    class.base.set(Some(base));
    let mut changes = Vec::new();
    let outcome = rebuild_mro(class, &mut changes);
    // An `mro()` can have assigned other bases: then those count.
    let is_current = class.bases().is(bases);
    if let Err(raised) = outcome {
        for (class, new, old) in changes {
            if class.mro().is(&new) {
                class.modified();
                class.mro.set(Some(old));
            }
        }
        if is_current {
            class.bases.set(Some(old_bases));
            class.base.set(Some(old_base));
        }
        return Err(raised);
    }
    if is_current {
        for old in bases_of(&old_bases)? {
            old.remove_subclass(class.as_ptr());
        }
        for new in &classes {
            new.add_subclass(class);
        }
        refill(class);
    }
    Ok(())
}

/// Whether `class` is `ancestor` or extends it, by the chain of bases that give the layout.
fn descends_from(class: &Ref<Type>, ancestor: &Ref<Type>) -> bool {
    std::iter::successors(Some(class.clone()), |class| class.base()).any(|class| class.is(ancestor))
}

/// Makes the MROs of a class and all below it again; `changes` gets each class with its new and its old one.
fn rebuild_mro(
    class: &Ref<Type>,
    changes: &mut Vec<(Ref<Type>, Ref<Tuple>, Ref<Tuple>)>,
) -> PyResult<()> {
    let old = class.mro();
    if !compute_mro(class, &bases_of(&class.bases())?)? {
        return Ok(());
    }
    changes.push((class.clone(), class.mro(), old));
    for subclass in class.subclasses() {
        rebuild_mro(&subclass, changes)?;
    }
    Ok(())
}

fn refill(class: &Ref<Type>) {
    fill_slots(class);
    for subclass in class.subclasses() {
        refill(&subclass);
    }
}

/// Modules whose native classes CPython has no heap for.
const STATIC_MODULES: [&str; 5] = ["builtins", "types", "collections", "datetime", "weakref"];

/// `type.__flags__` as CPython numbers them.
fn cpython_flags(class: &Type) -> i64 {
    let pairs = [
        (ClassFlags::HEAP, 9),
        (ClassFlags::BASETYPE, 10),
        (ClassFlags::TRACED, 14),
        (ClassFlags::METHOD_DESCRIPTOR, 17),
        (ClassFlags::IMMUTABLE, 8),
        (ClassFlags::NO_INSTANTIATION, 7),
        (ClassFlags::SEQUENCE, 5),
        (ClassFlags::MAPPING, 6),
        (ClassFlags::ATTRIBUTES, 4),
        (ClassFlags::MATCH_SELF, 22),
        (ClassFlags::ABSTRACT, 20),
        (ClassFlags::INT, 24),
        (ClassFlags::LIST, 25),
        (ClassFlags::TUPLE, 26),
        (ClassFlags::BYTES, 27),
        (ClassFlags::STR, 28),
        (ClassFlags::DICT, 29),
        (ClassFlags::EXCEPTION, 30),
        (ClassFlags::TYPE, 31),
    ];
    let ready = 1 << 12;
    // CPython makes the classes of its modules when these are imported, on the heap.
    let is_of_module = class
        .definition
        .is_some_and(|definition| !STATIC_MODULES.contains(&definition.module));
    let start = if is_of_module { ready | 1 << 9 } else { ready };
    pairs
        .iter()
        .filter(|(flag, _)| class.has(*flag))
        .fold(start, |bits, (_, bit)| bits | 1 << bit)
}

/// `__dict__` of classes that Python code defines: it can be deleted, and is then made anew.
static DICT_ATTRIBUTE: GetSetDef = GetSetDef {
    name: "__dict__",
    doc: Some("dictionary for instance variables"),
    get: Some(|value| match instance::attributes(value) {
        Some(table) => Ok(table.ensure_dict(value.class()).into_value()),
        None => Err(super::generic::no_attribute(value, id!("__dict__"))),
    }),
    set: Some(|value, new| {
        let Some(table) = instance::attributes(value) else {
            return Err(super::generic::no_attribute(value, id!("__dict__")));
        };
        match new {
            Some(new) => match new.downcast::<Dict>() {
                Some(dict) => table.adopt(Some(dict.clone())),
                None => bail!(
                    TypeError,
                    "__dict__ must be set to a dictionary, not a '{}'",
                    new.class().name()
                ),
            },
            None => table.adopt(None),
        }
        Ok(())
    }),
    member: false,
};

/// `__dict__` of builtin classes.
static LASTING_DICT_ATTRIBUTE: GetSetDef = GetSetDef {
    set: Some(|value, new| match (new, DICT_ATTRIBUTE.set) {
        (Some(_), Some(set)) => set(value, new),
        _ => bail!(TypeError, "cannot delete __dict__"),
    }),
    ..DICT_ATTRIBUTE
};

static WEAKREF_ATTRIBUTE: GetSetDef = GetSetDef {
    name: "__weakref__",
    doc: Some("list of weak references to the object"),
    get: Some(|value| Ok(crate::weakref::first_reference(value).unwrap_or(Value::NONE))),
    set: None,
    member: false,
};

/// The `__dict__` descriptor that the first class with instance attributes defines.
pub(super) fn dict_descriptor(class: &Ref<Type>) -> Value {
    getset_descriptor(
        class,
        if class.is_heap() {
            &DICT_ATTRIBUTE
        } else {
            &LASTING_DICT_ATTRIBUTE
        },
    )
}

/// The `__weakref__` descriptor of the first class with weakly referenced instances.
pub(super) fn weakref_descriptor(class: &Ref<Type>) -> Value {
    getset_descriptor(class, &WEAKREF_ATTRIBUTE)
}
