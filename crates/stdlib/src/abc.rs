//! `_abc`: the native half of `abc.ABCMeta`.
//!
//! Each abstract base class has an [`AbcData`] in its `_abc_impl`: which classes were registered, and what was found out
//! about subclasses. All three sets hold weak references. What is known to be no subclass stays known until some class is
//! registered anywhere, which the counter tells.

use std::cell::Cell;

use taipan_macros::{class, define_module, function, methods};
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::class::{ClassFlags, Payload, Type};
use taipan_objects::list::List;
use taipan_objects::native::{Binding, FunctionDef, NativeCode, NativeFunction};
use taipan_objects::raised::PyResult;
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::weakref::{self, WeakRef};
use taipan_objects::{bail, exc, heap, id, int, protocol};

define_module!(
    name = "_abc",
    doc = "Module contains faster C implementation of abc.ABCMeta",
    functions(
        get_cache_token,
        _abc_init,
        _abc_register,
        _abc_instancecheck,
        _abc_subclasscheck,
        _get_dump,
        _reset_registry,
        _reset_caches,
    ),
);

/// What an abstract base class knows of its subclasses.
#[class(
    name = "_abc_data",
    module = "_abc",
    doc = "Internal state held by ABC machinery."
)]
pub struct AbcData {
    registry: Slot<Ref<Set>>,
    cache: Slot<Ref<Set>>,
    negative_cache: Slot<Ref<Set>>,
    /// The counter when the negative cache was begun.
    #[untraced]
    negative_version: Cell<u64>,
}

#[methods]
impl AbcData {
    #[new]
    fn make(class: &Ref<Type>, _args: taipan_objects::args::Args<'_>) -> PyResult<Ref<AbcData>> {
        Ok(AbcData::new_in(class))
    }
}

impl AbcData {
    fn new_in(class: &Ref<Type>) -> Ref<AbcData> {
        let data = AbcData {
            registry: Slot::empty(),
            cache: Slot::empty(),
            negative_cache: Slot::empty(),
            negative_version: Cell::new(counter()),
        };
        heap::new_object(class, data)
    }
}

/// Counts the registrations of all abstract base classes.
static COUNTER: Locked<Cell<u64>> = Locked::new(Cell::new(0));

fn counter() -> u64 {
    COUNTER.with(|counter| counter.get())
}

fn data_of(class: &Value) -> PyResult<Ref<AbcData>> {
    let data = protocol::getattr(class, id!("_abc_impl"))?;
    data.into_ref::<AbcData>()
        .map_err(|_| exc!(TypeError, "_abc_impl is set to a wrong type"))
}

fn contains(set: &Slot<Ref<Set>>, class: &Value) -> PyResult<bool> {
    let Some(set) = set.get().filter(|set| !set.is_empty()) else {
        return Ok(false);
    };
    // What cannot be weakly referenced was never added.
    if !class.is_pointer() || !class.class().has(ClassFlags::WEAKREFABLE) {
        return Ok(false);
    }
    let reference = weakref::new_reference(WeakRef::class(), class, None)?;
    set.contains(&reference)
}

/// Takes a dead reference out of the set that its callback was made for.
static REMOVE: FunctionDef = FunctionDef {
    name: "_destroy",
    signature: None,
    doc: None,
    code: NativeCode::One(|set_reference, reference| {
        if let Some(set) = set_reference
            .downcast::<WeakRef>()
            .and_then(|set| set.get())
            && let Some(set) = set.downcast::<Set>()
        {
            set.discard(reference)?;
        }
        Ok(Value::NONE)
    }),
    binding: Binding::Method,
};

fn add(slot: &Slot<Ref<Set>>, class: &Value) -> PyResult<()> {
    let set = match slot.get() {
        Some(set) => set,
        None => {
            let set = Set::new();
            slot.set(Some(set.clone()));
            set
        }
    };
    let set_reference = weakref::new_reference(WeakRef::class(), set.as_value(), None)?;
    let destroy = NativeFunction::bound(&REMOVE, set_reference).into_value();
    let reference = weakref::new_reference(WeakRef::class(), class, Some(destroy))?;
    set.add(reference)?;
    Ok(())
}

/// Returns the current ABC cache token.
///
/// The token is an opaque object (supporting equality testing) identifying the
/// current version of the ABC cache for virtual subclasses. The token changes
/// with every call to register() on any ABC.
#[function("()")]
fn get_cache_token() -> Value {
    int::from_u64(counter())
}

/// Internal ABC helper for class set-up. Should be never used outside abc module.
#[function("(self, /)")]
fn _abc_init(class: &Value) -> PyResult<()> {
    compute_abstract_methods(class)?;
    let data = AbcData::new_in(AbcData::init_class());
    protocol::setattr(class, id!("_abc_impl"), data.as_value())?;
    // `collections.abc` marks its two families so that `match` knows their subclasses.
    let Some(class) = class.downcast::<Type>() else {
        return Ok(());
    };
    let dict = class.dict();
    if let Some(flags) = dict.get_str(id!("__abc_tpflags__")) {
        if let Some(bits) = int::to_i64(&flags) {
            set_collection_flags(class, bits)?;
        }
        protocol::delattr(class.as_value(), id!("__abc_tpflags__"))?;
    }
    Ok(())
}

const TPFLAGS_SEQUENCE: i64 = 1 << 5;
const TPFLAGS_MAPPING: i64 = 1 << 6;

fn set_collection_flags(class: &Ref<Type>, bits: i64) -> PyResult<()> {
    match bits & (TPFLAGS_SEQUENCE | TPFLAGS_MAPPING) {
        0 => {}
        TPFLAGS_SEQUENCE => class.mark_collection(ClassFlags::SEQUENCE),
        TPFLAGS_MAPPING => class.mark_collection(ClassFlags::MAPPING),
        _ => bail!(
            TypeError,
            "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"
        ),
    }
    Ok(())
}

fn is_abstract(value: &Value) -> PyResult<bool> {
    match protocol::getattr_optional(value, id!("__isabstractmethod__"))? {
        Some(flag) => protocol::is_true(&flag),
        None => Ok(false),
    }
}

/// Sets `__abstractmethods__`: the class's own abstract attributes, and those of bases that it leaves abstract.
fn compute_abstract_methods(class: &Value) -> PyResult<()> {
    let mut names = Vec::new();
    let namespace = protocol::getattr(class, id!("__dict__"))?;
    let items = protocol::call_method(&namespace, id!("items"), &[])?;
    for item in protocol::collect(&items)? {
        let pair = protocol::collect(&item)?;
        let [name, value] = pair.as_slice() else {
            bail!(
                TypeError,
                "Iteration over __dict__.items() must yield 2-tuples"
            );
        };
        if is_abstract(value)? {
            names.push(name.clone());
        }
    }
    let bases = protocol::getattr(class, id!("__bases__"))?;
    let Some(bases) = bases.downcast::<Tuple>() else {
        bail!(TypeError, "__bases__ is not tuple")
    };
    for base in bases.tail() {
        let Some(inherited) = protocol::getattr_optional(base, id!("__abstractmethods__"))? else {
            continue;
        };
        for name in protocol::collect(&inherited)? {
            let Some(text) = name.downcast::<Str>() else {
                bail!(
                    TypeError,
                    "attribute name must be string, not '{}'",
                    name.class().name()
                );
            };
            if let Some(value) = protocol::getattr_optional(class, text)?
                && is_abstract(&value)?
            {
                names.push(name);
            }
        }
    }
    let set = FrozenSet::from_items(&names)?;
    protocol::setattr(class, id!("__abstractmethods__"), set.as_value())
}

/// Internal ABC helper for subclasss registration. Should be never used outside abc module.
#[function("(self, subclass, /)")]
fn _abc_register(class: &Value, subclass: &Value) -> PyResult<Value> {
    let Some(subtype) = subclass.downcast::<Type>() else {
        bail!(TypeError, "Can only register classes")
    };
    if protocol::is_subclass(subclass, class)? {
        return Ok(subclass.clone());
    }
    // A cycle would make the check below recurse for ever.
    if protocol::is_subclass(class, subclass)? {
        bail!(RuntimeError, "Refusing to create an inheritance cycle");
    }
    let data = data_of(class)?;
    add(&data.registry, subclass)?;
    COUNTER.with(|counter| counter.set(counter.get() + 1));
    if let Some(class) = class.downcast::<Type>() {
        if class.has(ClassFlags::SEQUENCE) {
            subtype.mark_collection_deep(ClassFlags::SEQUENCE);
        } else if class.has(ClassFlags::MAPPING) {
            subtype.mark_collection_deep(ClassFlags::MAPPING);
        }
    }
    Ok(subclass.clone())
}

/// Internal ABC helper for instance checks. Should be never used outside abc module.
#[function("(self, instance, /)")]
fn _abc_instancecheck(class: &Value, instance: &Value) -> PyResult<Value> {
    let data = data_of(class)?;
    let subclass = protocol::getattr(instance, id!("__class__"))?;
    if contains(&data.cache, &subclass)? {
        return Ok(Value::TRUE);
    }
    let subtype = instance.class().to_value();
    let check = |candidate: &Value| {
        protocol::call_method(
            class,
            id!("__subclasscheck__"),
            std::slice::from_ref(candidate),
        )
    };
    if subtype.is(&subclass) {
        if data.negative_version.get() == counter() && contains(&data.negative_cache, &subclass)? {
            return Ok(Value::FALSE);
        }
        return check(&subclass);
    }
    let answer = check(&subclass)?;
    if protocol::is_true(&answer)? {
        Ok(answer)
    } else {
        check(&subtype)
    }
}

/// Internal ABC helper for subclasss checks. Should be never used outside abc module.
#[function("(self, subclass, /)")]
fn _abc_subclasscheck(class: &Value, subclass: &Value) -> PyResult<bool> {
    let Some(subtype) = subclass.downcast::<Type>() else {
        bail!(TypeError, "issubclass() arg 1 must be a class")
    };
    let data = data_of(class)?;
    if contains(&data.cache, subclass)? {
        return Ok(true);
    }
    if data.negative_version.get() < counter() {
        data.negative_cache.set(None);
        data.negative_version.set(counter());
    } else if contains(&data.negative_cache, subclass)? {
        return Ok(false);
    }
    let hook = protocol::call_method(
        class,
        id!("__subclasshook__"),
        std::slice::from_ref(subclass),
    )?;
    if hook.is_true() {
        add(&data.cache, subclass)?;
        return Ok(true);
    }
    if hook.is_false() {
        add(&data.negative_cache, subclass)?;
        return Ok(false);
    }
    if !hook.is_not_implemented() {
        bail!(
            AssertionError,
            "__subclasshook__ must return either False, True, or NotImplemented"
        );
    }
    if subtype.mro().tail().iter().any(|base| base.is(class))
        || in_registry(&data, subclass)?
        || below(class, subclass)?
    {
        add(&data.cache, subclass)?;
        return Ok(true);
    }
    add(&data.negative_cache, subclass)?;
    Ok(false)
}

/// Whether `subclass` is, or is below, a registered class.
fn in_registry(data: &AbcData, subclass: &Value) -> PyResult<bool> {
    if contains(&data.registry, subclass)? {
        return Ok(true);
    }
    let Some(registry) = data.registry.get() else {
        return Ok(false);
    };
    for reference in registry.snapshot() {
        if let Some(registered) = reference
            .downcast::<WeakRef>()
            .and_then(|reference| reference.get())
            && protocol::is_subclass(subclass, &registered)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `subclass` is below a direct subclass of `class`.
fn below(class: &Value, subclass: &Value) -> PyResult<bool> {
    let subclasses = protocol::call_method(class, id!("__subclasses__"), &[])?;
    let Some(subclasses) = subclasses.downcast::<List>() else {
        bail!(TypeError, "__subclasses__() must return a list");
    };
    for candidate in subclasses.to_vec() {
        if protocol::is_subclass(subclass, &candidate)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn copy(slot: &Slot<Ref<Set>>) -> PyResult<Value> {
    let items = slot.get().map_or_else(Vec::new, |set| set.snapshot());
    Ok(Set::from_items(&items)?.into_value())
}

/// Internal ABC helper for cache and registry debugging.
///
/// Return shallow copies of registry, of both caches, and
/// negative cache version. Don't call this function directly,
/// instead use ABC._dump_registry() for a nice repr.
#[function("(self, /)")]
fn _get_dump(class: &Value) -> PyResult<(Value, Value, Value, u64)> {
    let data = data_of(class)?;
    Ok((
        copy(&data.registry)?,
        copy(&data.cache)?,
        copy(&data.negative_cache)?,
        data.negative_version.get(),
    ))
}

fn clear(slot: &Slot<Ref<Set>>) {
    if let Some(set) = slot.get() {
        set.clear_all();
    }
}

/// Internal ABC helper to reset registry of a given class.
///
/// Should be only used by refleak.py
#[function("(self, /)")]
fn _reset_registry(class: &Value) -> PyResult<()> {
    clear(&data_of(class)?.registry);
    Ok(())
}

/// Internal ABC helper to reset both caches of a given class.
///
/// Should be only used by refleak.py
#[function("(self, /)")]
fn _reset_caches(class: &Value) -> PyResult<()> {
    let data = data_of(class)?;
    clear(&data.cache);
    clear(&data.negative_cache);
    Ok(())
}
