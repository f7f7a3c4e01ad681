//! Making classes: builtin ones at start-up, Python ones for `class` statements and `type(name, bases, dict)`.

use std::cell::{Cell, RefCell};

use crate::args::Args;
use crate::cell::{Once, Slot};
use crate::class::dunders::fill_slots;
use crate::class::mro::bases_of;
use crate::class::type_object::itemsize;
use crate::class::{
    ClassBuilder, ClassDef, ClassFlags, Layout, Payload, Slots, SpecialMethods, Type,
    install_slot_wrappers, mro,
};
use crate::dict::Dict;
use crate::exceptions::ExceptionKind;
use crate::header::{IMMORTAL_COUNT, flags};
use crate::instance::{SHARED_KEYS_MAX, SharedKeys};
use crate::native::{MemberDescriptor, NativeFunction};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, id};

/// Makes a builtin class without name, dict and MRO, which need other classes to exist.
pub fn allocate_builtin(definition: &'static ClassDef, cell: &'static Once<Ref<Type>>) {
    if cell.is_set() {
        return;
    }
    let layout = (definition.layout)();
    let base = definition.base.map(|base| base());
    let mut class_flags = definition.flags
        | ClassFlags::IMMUTABLE
        | base.map_or(0, |base| base.flags() & ClassFlags::INHERITED);
    if layout.has_references {
        class_flags |= ClassFlags::TRACED;
    }
    if class_flags & ClassFlags::ATTRIBUTES != 0 {
        class_flags |= ClassFlags::EXTRAS | ClassFlags::TRACED;
    }
    let payload = empty_type(class_flags, layout, Some(definition));
    payload.base.set(base.cloned());
    let class = heap::new_class(payload);
    class.header().set(flags::IMMORTAL);
    class.header().refcount.set(IMMORTAL_COUNT);
    cell.set(class);
}

fn empty_type(flags: u32, layout: &'static Layout, definition: Option<&'static ClassDef>) -> Type {
    Type {
        flags: Cell::new(flags),
        version: Cell::new(0),
        layout,
        member_count: Cell::new(0),
        attr_capacity: Cell::new(0),
        attr_table: Cell::new(0),
        special: SpecialMethods::default(),
        slots: Slots::default(),
        shared_keys: SharedKeys::new(Vec::new()),
        name: Slot::empty(),
        qualname: Slot::empty(),
        base: Slot::empty(),
        bases: Slot::empty(),
        mro: Slot::empty(),
        dict: Slot::empty(),
        subclasses: RefCell::new(Vec::new()),
        definition,
        watched: Cell::new(0),
        abstract_methods: Slot::empty(),
    }
}

/// Makes a builtin class ready for use: allocates it if need be, then gives it its dict, MRO, methods and slots.
pub fn create_builtin(definition: &'static ClassDef, cell: &'static Once<Ref<Type>>) {
    allocate_builtin(definition, cell);
    let class: &Ref<Type> = cell;
    if !class.mro.is_empty() {
        return;
    }
    let base = definition.base.map(|base| base().clone());
    let name = Str::intern(
        definition
            .name
            .rsplit('.')
            .next()
            .unwrap_or(definition.name),
    );
    class.name.set(Some(name.clone()));
    class.qualname.set(Some(Str::intern(definition.name)));
    class.dict.set(Some(Dict::new()));
    let bases = base.clone().map(Ref::into_value).into_iter().collect();
    class.bases.set(Some(Tuple::new(bases)));
    let mut order = vec![class.to_value()];
    if let Some(base) = &base {
        order.extend(base.mro().tail().iter().cloned());
        base.add_subclass(class);
    }
    class.mro.set(Some(Tuple::new(order)));
    let builder = ClassBuilder {
        class,
        defined: RefCell::new(Vec::new()),
    };
    (definition.build)(&builder);
    let defined = builder.defined.into_inner();
    let own_new = class.slots.new.get().is_some();
    let own_hash = class.slots.hash.get().is_some() || class.slots.richcompare.get().is_some();
    if let Some(base) = &base {
        let inherited_hash = base.slots.hash.get();
        class.slots.inherit(&base.slots);
        // A class that compares in its own way does not inherit the hash (CPython's `inherit_slots`).
        if own_hash && builder_filled_compare_only(class, base) {
            let _ = inherited_hash;
            class.slots.hash.set(None);
        }
        if definition.flags & ClassFlags::NO_INSTANTIATION != 0 {
            class.slots.new.set(None);
        }
    }
    if class.slots.finalize.get().is_some() {
        class.set_flag(ClassFlags::FINALIZER, true);
    }
    install_slot_wrappers(class, &defined);
    if own_new && !defined.contains(&"__new__") {
        class
            .dict()
            .set_str(id!("__new__"), NativeFunction::new_for_class(class));
    }
    let dict = class.dict();
    let first_with_attributes = class.has(ClassFlags::ATTRIBUTES)
        && !base
            .as_ref()
            .is_some_and(|base| base.has(ClassFlags::ATTRIBUTES));
    if first_with_attributes && dict.get_str(id!("__dict__")).is_none() {
        dict.set_str(id!("__dict__"), super::type_object::dict_descriptor(class));
    }
    let doc = definition
        .doc
        .map_or(Value::NONE, |doc| Str::new(doc).into_value());
    if dict.get_str(id!("__doc__")).is_none() {
        dict.set_str(id!("__doc__"), doc);
    }
}

/// Whether the class has its own comparison but the hash of its base.
#[allow(unpredictable_function_pointer_comparisons)]
fn builder_filled_compare_only(class: &Type, base: &Type) -> bool {
    class.slots.richcompare.get() != base.slots.richcompare.get()
        && class.slots.hash.get() == base.slots.hash.get()
}

/// `type.__new__(metaclass, name, bases, namespace, **keywords)`.
pub fn new_class(
    metaclass: &Ref<Type>,
    name: &Ref<Str>,
    bases: &Ref<Tuple>,
    namespace: &Ref<Dict>,
    args: Args<'_>,
) -> PyResult<Ref<Type>> {
    let mut bases = bases.clone();
    let mut classes = bases_of(&bases)?;
    if classes.is_empty() {
        bases = Tuple::new(vec![crate::object::Object::class().to_value()]);
        classes = bases_of(&bases)?;
    }
    let metaclass = calculate_metaclass(metaclass, bases.tail())?;
    name.to_str()?;
    if name.code_points().any(|point| point == 0) {
        bail!(ValueError, "type name must not contain null characters");
    }
    let base = best_base(&classes)?;
    let dict = namespace.copy();
    let plan = plan_members(&base, &classes, &dict, name)?;

    let collection = ClassFlags::SEQUENCE | ClassFlags::MAPPING;
    let from_all = ClassFlags::WEAKREFABLE | ClassFlags::ATTRIBUTES;
    // The first base that is a sequence or a mapping decides.
    let first_collection = classes
        .iter()
        .map(|class| class.flags() & collection)
        .find(|&flags| flags != 0)
        .unwrap_or(0);
    let inherited = base.flags() & ClassFlags::INHERITED & !collection;
    let inherited = classes
        .iter()
        .fold(inherited | first_collection, |all, class| {
            all | class.flags() & from_all
        });
    let mut class_flags = inherited | ClassFlags::HEAP | ClassFlags::BASETYPE | ClassFlags::TRACED;
    class_flags &= !ClassFlags::FINALIZER;
    if plan.attributes {
        class_flags |= ClassFlags::ATTRIBUTES;
    }
    if plan.weakrefs {
        class_flags |= ClassFlags::WEAKREFABLE;
    }
    let member_count = base.member_count.get() + plan.members.len() as u32;
    if class_flags & ClassFlags::ATTRIBUTES != 0 || member_count > 0 {
        class_flags |= ClassFlags::EXTRAS;
    }
    let mut payload = empty_type(class_flags, base.layout(), None);
    payload.member_count.set(member_count);
    payload.shared_keys = SharedKeys::new(base.shared_keys().names().to_vec());
    if class_flags & ClassFlags::ATTRIBUTES != 0 {
        payload.attr_capacity.set(attribute_capacity(&base, &dict));
    }
    let class: Ref<Type> = heap::new_object(&metaclass, payload);
    class.name.set(Some(name.clone()));
    class.base.set(Some(base.clone()));
    class.bases.set(Some(bases.clone()));

    match dict.remove_str(id!("__qualname__")) {
        Some(qualname) => match qualname.into_ref::<Str>() {
            Ok(qualname) => class.qualname.set(Some(qualname)),
            Err(other) => bail!(
                TypeError,
                "type __qualname__ must be a str, not {}",
                other.class().name()
            ),
        },
        None => class.qualname.set(Some(name.clone())),
    }
    if dict.get_str(id!("__module__")).is_none()
        && let Some(module) = crate::runtime::current_module_name()
    {
        dict.set_str(id!("__module__"), module);
    }
    wrap_special_functions(&dict);
    let cell = dict.remove_str(id!("__classcell__"));
    let class_dict_cell = dict.remove_str(id!("__classdictcell__"));
    for (index, member) in plan.members.iter().enumerate() {
        let place = base.member_count.get() as usize + index;
        dict.set_str(
            &mangle(name, member),
            MemberDescriptor::new(&class, member, place),
        );
    }
    match dict.get_str(id!("__doc__")) {
        None => dict.set_str(id!("__doc__"), Value::NONE),
        Some(doc) => {
            if let Some(doc) = doc.downcast::<Str>() {
                doc.to_str()?;
            }
        }
    }
    let adds = |name: &Ref<Str>| dict.get_str(name).is_none();
    if plan.attributes
        && adds(id!("__dict__"))
        && !classes
            .iter()
            .any(|class| class.has(ClassFlags::ATTRIBUTES))
    {
        dict.set_str(id!("__dict__"), super::type_object::dict_descriptor(&class));
    }
    if plan.weakrefs
        && adds(id!("__weakref__"))
        && !classes
            .iter()
            .any(|class| class.has(ClassFlags::WEAKREFABLE))
    {
        dict.set_str(
            id!("__weakref__"),
            super::type_object::weakref_descriptor(&class),
        );
    }
    // A class that compares in its own way does not inherit the hash.
    if !adds(id!("__eq__")) && adds(id!("__hash__")) {
        dict.set_str(id!("__hash__"), Value::NONE);
    }
    if dict
        .iter_snapshot()
        .iter()
        .any(|(name, _)| name.downcast::<Str>().is_none())
    {
        let message = format!(
            "non-string key in the __dict__ of class {}",
            name.to_display()
        );
        crate::warnings::warn(ExceptionKind::RuntimeWarning, &message)?;
    }
    class.dict.set(Some(dict.clone()));
    for base in &classes {
        base.add_subclass(&class);
    }
    // A metaclass's mro() can already use the cells.
    if let Some(cell) = cell {
        crate::runtime::set_cell(&cell, class.to_value())?;
    }
    if let Some(cell) = class_dict_cell {
        crate::runtime::set_cell(&cell, dict.to_value())?;
    }
    compute_mro(&class, &classes)?;
    fill_slots(&class);
    call_set_name(&class)?;
    init_subclass(&class, args)?;
    Ok(class)
}

/// The most derived metaclass of the explicit one and those of the bases, which need not be classes.
pub fn calculate_metaclass(metaclass: &Ref<Type>, bases: &[Value]) -> PyResult<Ref<Type>> {
    let mut winner = metaclass.clone();
    for base in bases {
        let other = base.class();
        if winner.is_subclass(other) {
            continue;
        }
        if other.is_subclass(&winner) {
            winner = other.clone();
            continue;
        }
        bail!(
            TypeError,
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
        );
    }
    Ok(winner)
}

/// The class in `class`'s base chain that last added to the layout of instances.
fn solid_base(class: &Ref<Type>) -> Ref<Type> {
    let mut class = class.clone();
    while let Some(base) = class.base() {
        if !std::ptr::eq(base.layout(), class.layout())
            || class.member_count.get() > base.member_count.get()
        {
            break;
        }
        class = base;
    }
    class
}

/// The base whose layout instances extend.
pub(super) fn best_base(bases: &[Ref<Type>]) -> PyResult<Ref<Type>> {
    let mut winner: Option<(Ref<Type>, Ref<Type>)> = None;
    for base in bases {
        if !base.has(ClassFlags::BASETYPE) {
            bail!(
                TypeError,
                "type '{}' is not an acceptable base type",
                base.name()
            );
        }
        let candidate = solid_base(base);
        match &winner {
            None => winner = Some((candidate, base.clone())),
            Some((solid, _)) if solid.is_subclass(&candidate) => {}
            Some((solid, _)) if candidate.is_subclass(solid) => {
                winner = Some((candidate, base.clone()))
            }
            Some(_) => bail!(TypeError, "multiple bases have instance lay-out conflict"),
        }
    }
    Ok(winner.expect("a class has at least one base").1)
}

/// What `__slots__` asks for.
struct MemberPlan {
    members: Vec<Ref<Str>>,
    attributes: bool,
    weakrefs: bool,
}

fn plan_members(
    base: &Ref<Type>,
    bases: &[Ref<Type>],
    dict: &Ref<Dict>,
    class_name: &Ref<Str>,
) -> PyResult<MemberPlan> {
    let Some(slots) = dict.get_str(id!("__slots__")) else {
        return Ok(MemberPlan {
            members: Vec::new(),
            attributes: !has_own_dict(base),
            weakrefs: true,
        });
    };
    let names = if slots.downcast::<Str>().is_some() {
        vec![slots]
    } else {
        protocol::collect(&slots)?
    };
    let mut plan = MemberPlan {
        members: Vec::new(),
        attributes: false,
        weakrefs: false,
    };
    if !names.is_empty() && itemsize(base) != 0 && names.iter().any(|name| !is_special_slot(name)) {
        bail!(
            TypeError,
            "nonempty __slots__ not supported for subtype of '{}'",
            base.name()
        );
    }
    for name in names {
        let Some(name) = name.downcast::<Str>() else {
            bail!(
                TypeError,
                "__slots__ items must be strings, not '{}'",
                name.class().name()
            );
        };
        if !is_identifier(name) {
            bail!(TypeError, "__slots__ must be identifiers");
        }
        if name.eq_str("__dict__") {
            if plan.attributes || base.has(ClassFlags::ATTRIBUTES) || has_own_dict(base) {
                bail!(TypeError, "__dict__ slot disallowed: we already got one");
            }
            plan.attributes = true;
            continue;
        }
        if name.eq_str("__weakref__") {
            if plan.weakrefs || base.has(ClassFlags::WEAKREFABLE) {
                bail!(TypeError, "__weakref__ slot disallowed: we already got one");
            }
            plan.weakrefs = true;
            continue;
        }
        let mangled = mangle(class_name, name);
        let special = ["__qualname__", "__classcell__", "__classdictcell__"]
            .iter()
            .any(|special| mangled.eq_str(special));
        if dict.get_str(&mangled).is_some() && !special {
            bail!(
                ValueError,
                "'{}' in __slots__ conflicts with class variable",
                mangled.to_display()
            );
        }
        plan.members.push(name.clone());
    }
    plan.members
        .sort_by_cached_key(|name| mangle(class_name, name).to_display().into_owned());
    for base in bases {
        plan.attributes |= base.has(ClassFlags::ATTRIBUTES);
        plan.weakrefs |= base.has(ClassFlags::WEAKREFABLE);
    }
    Ok(plan)
}

/// Whether instances of a builtin class keep a dict of their own making, as classes and modules do: subclasses use that.
fn has_own_dict(base: &Ref<Type>) -> bool {
    !base.has(ClassFlags::ATTRIBUTES) && base.lookup(id!("__dict__")).is_some()
}

fn is_special_slot(name: &Value) -> bool {
    name.downcast::<Str>()
        .is_some_and(|name| name.eq_str("__dict__") || name.eq_str("__weakref__"))
}

/// The name a private attribute (`__x`) has inside a class.
pub fn mangle(class_name: &Str, name: &Ref<Str>) -> Ref<Str> {
    let text = name.to_display();
    if !text.starts_with("__") || text.ends_with("__") || text.contains('.') {
        return name.clone();
    }
    let class = class_name.to_display();
    let class = class.trim_start_matches('_');
    if class.is_empty() {
        name.clone()
    } else {
        Str::intern(&format!("_{class}{text}"))
    }
}

/// How many inline places instances get before anything is known of them: what the compiler saw assigned to `self`, and some
/// for what is assigned from outside. An instance that runs out of places gets a dict and keeps it.
fn attribute_capacity(base: &Ref<Type>, dict: &Ref<Dict>) -> u32 {
    let own = dict
        .get_str(id!("__static_attributes__"))
        .and_then(|names| names.downcast::<Tuple>().map(|names| names.tail().len()))
        .unwrap_or(0);
    let inherited = base.attr_capacity.get() as usize;
    const MORE: usize = 2;
    (own + inherited.max(MORE)).min(SHARED_KEYS_MAX) as u32
}

/// Functions that are implicitly static or class methods.
fn wrap_special_functions(dict: &Ref<Dict>) {
    if let Some(function) = dict.get_str(id!("__new__"))
        && crate::runtime::is_python_function(&function)
    {
        dict.set_str(
            id!("__new__"),
            crate::descriptors::StaticMethod::wrap(function),
        );
    }
    for name in [id!("__init_subclass__"), id!("__class_getitem__")] {
        if let Some(function) = dict.get_str(name)
            && crate::runtime::is_python_function(&function)
        {
            dict.set_str(name, crate::descriptors::ClassMethod::wrap(function));
        }
    }
}

/// Gives a class its MRO, by the metaclass's `mro()` if that has one of its own. Answers false, and leaves all as it is, if
/// that `mro()` made the class get another MRO meanwhile.
pub(super) fn compute_mro(class: &Ref<Type>, bases: &[Ref<Type>]) -> PyResult<bool> {
    let default = || -> PyResult<Vec<Value>> {
        let mut order = vec![class.to_value()];
        order.extend(
            mro::linearize(&class.name(), bases)?
                .into_iter()
                .map(Ref::into_value),
        );
        Ok(order)
    };
    let metaclass = class.class().clone();
    let own_mro = if metaclass.is(Type::class()) {
        None
    } else {
        metaclass.lookup(id!("mro"))
    };
    let builtin = Type::class().lookup(id!("mro"));
    let order = match own_mro {
        Some(method) if builtin.as_ref().is_none_or(|builtin| !builtin.is(&method)) => {
            if class.mro.is_empty() {
                class.mro.set(Some(Tuple::new(default()?)));
            }
            let before = class.mro();
            let answer = protocol::call_bound(&method, class.as_value(), &[])?;
            let order = protocol::collect(&answer)?;
            if !class.mro().is(&before) {
                return Ok(false);
            }
            for item in &order {
                let Some(item_class) = item.downcast::<Type>() else {
                    bail!(
                        TypeError,
                        "mro() returned a non-class ('{}')",
                        item.class().name()
                    );
                };
                if !solid_base(class).is_subclass(&solid_base(item_class)) {
                    bail!(
                        TypeError,
                        "mro() returned base with unsuitable layout ('{}')",
                        item_class.name()
                    );
                }
            }
            order
        }
        _ => default()?,
    };
    class.modified();
    class.mro.set(Some(Tuple::new(order)));
    Ok(true)
}

/// Tells every attribute that wants to know its name and owner (`__set_name__`).
fn call_set_name(class: &Ref<Type>) -> PyResult<()> {
    for (name, value) in class.dict().iter_snapshot() {
        let Some(method) = value.class().lookup(id!("__set_name__")) else {
            continue;
        };
        if let Err(raised) =
            protocol::call_bound(&method, &value, &[class.to_value(), name.clone()])
        {
            let note = format!(
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                value.class().name(),
                protocol::repr(&name)?.to_display(),
                class.name()
            );
            let _ = protocol::call_method(
                raised.exception().as_value(),
                id!("add_note"),
                &[Str::new(&note).into_value()],
            );
            return Err(raised);
        }
    }
    Ok(())
}

/// Calls `super(cls, cls).__init_subclass__(**keywords)`.
fn init_subclass(class: &Ref<Type>, args: Args<'_>) -> PyResult<()> {
    let function =
        crate::descriptors::super_getattr(class, class.as_value(), id!("__init_subclass__"))?;
    let names = args.names();
    let values = &args.values()[args.values().len() - names.len()..];
    protocol::call(&function, Args::new(values, names))?;
    Ok(())
}

fn is_identifier(name: &Str) -> bool {
    name.try_to_str().is_some_and(|text| {
        let mut characters = text.chars();
        characters
            .next()
            .is_some_and(rustpython_unicode::identifier::is_start)
            && characters.all(rustpython_unicode::identifier::is_xid_continue)
    })
}
