//! Classes: the payload of `type`, attribute lookup along the MRO, version tags.
//!
//! A class owns its dict, bases and MRO; its [`Slots`] say what its instances can do. Every change of a class or of a
//! class it inherits from takes its version tag away ([`Type::modified`]); a tag that is still there proves that every
//! lookup made under it still holds. The lookup cache and, later, the guards of specialized code rest on that.

pub mod builder;
mod create;
mod dunders;
mod generic;
mod lookup;
mod mro;
pub mod payload;
mod slots;
mod type_object;
pub mod watch;

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

pub use crate::gc::Visitor;
pub use builder::{ClassBuilder, ClassDef};
pub use create::{allocate_builtin, calculate_metaclass, create_builtin, new_class};
pub use dunders::{DUNDERS, Dunder, install_slot_wrappers, run_finalizer, update_slots};
pub use generic::*;
pub use lookup::{clear_lookup_cache, lookup_special};
pub use payload::{Layout, Payload, Tailed, Trace};
pub use slots::*;
pub use type_object::is_subtype_of;

use crate::cell::Slot;
use crate::dict::Dict;
use crate::instance::SharedKeys;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Object, Ref};

/// Bits of a class's flags word.
#[allow(non_snake_case)]
pub mod ClassFlags {
    /// Made at run time: counted references from instances, mutable.
    pub const HEAP: u32 = 1 << 0;
    /// Instances can hold references (the collector looks at them).
    pub const TRACED: u32 = 1 << 1;
    /// Instances have `__slots__` members or attributes behind their payload.
    pub const EXTRAS: u32 = 1 << 2;
    /// The class has a finalizer.
    pub const FINALIZER: u32 = 1 << 3;
    /// The class may be a base of others.
    pub const BASETYPE: u32 = 1 << 4;
    /// Instances have inline attributes and a `__dict__`.
    pub const ATTRIBUTES: u32 = 1 << 5;
    /// `match` treats instances as sequences.
    pub const SEQUENCE: u32 = 1 << 6;
    /// `match` treats instances as mappings.
    pub const MAPPING: u32 = 1 << 7;
    /// `match C(x)` binds the instance itself.
    pub const MATCH_SELF: u32 = 1 << 8;
    /// Calling the class raises TypeError.
    pub const NO_INSTANTIATION: u32 = 1 << 9;
    /// `__abstractmethods__` is not empty.
    pub const ABSTRACT: u32 = 1 << 10;
    /// Calling an instance found on a class may pass `self` first instead of binding (functions, method descriptors).
    pub const METHOD_DESCRIPTOR: u32 = 1 << 11;
    /// Attributes of the class cannot be set from Python.
    pub const IMMUTABLE: u32 = 1 << 12;
    /// Instances can be weakly referenced.
    pub const WEAKREFABLE: u32 = 1 << 13;
    /// The class is a subclass of `int`.
    pub const INT: u32 = 1 << 14;
    /// The class is a subclass of `str`.
    pub const STR: u32 = 1 << 15;
    /// The class is a subclass of `bytes`.
    pub const BYTES: u32 = 1 << 16;
    /// The class is a subclass of `list`.
    pub const LIST: u32 = 1 << 17;
    /// The class is a subclass of `tuple`.
    pub const TUPLE: u32 = 1 << 18;
    /// The class is a subclass of `dict`.
    pub const DICT: u32 = 1 << 19;
    /// The class is a subclass of `BaseException`.
    pub const EXCEPTION: u32 = 1 << 20;
    /// The class is a subclass of `type`.
    pub const TYPE: u32 = 1 << 21;
    /// What subclasses inherit without looking further.
    pub const INHERITED: u32 = TRACED
        | EXTRAS
        | FINALIZER
        | ATTRIBUTES
        | SEQUENCE
        | MAPPING
        | MATCH_SELF
        | WEAKREFABLE
        | INT
        | STR
        | BYTES
        | LIST
        | TUPLE
        | DICT
        | EXCEPTION
        | TYPE;
}

/// Methods of a class that specialized opcodes call without a lookup: bits of the values that the class holds, or 0. They are
/// forgotten with the version tag.
#[derive(Default)]
pub struct SpecialMethods {
    /// `__init__`, of a class whose instances are plain.
    pub init: Cell<u64>,
    /// `__getitem__`.
    pub getitem: Cell<u64>,
}

/// The payload of a class object.
pub struct Type {
    pub(crate) flags: Cell<u32>,
    /// Version tag; 0 when the class changed since it was last asked for.
    pub(crate) version: Cell<u32>,
    pub(crate) layout: &'static Layout,
    /// Number of `__slots__` members instances have, inherited ones included.
    pub(crate) member_count: Cell<u32>,
    /// How many inline attribute places new instances get.
    pub(crate) attr_capacity: Cell<u32>,
    /// Where instances have their table of attributes, as an [`AttrPlace`]; 0 if nowhere fixed. Known with the version tag.
    pub(crate) attr_table: Cell<u16>,
    /// What specialized opcodes remember of the class while it has its version tag.
    pub special: SpecialMethods,
    /// The function pointers.
    pub slots: Slots,
    pub(crate) shared_keys: SharedKeys,
    pub(crate) name: Slot<Ref<Str>>,
    pub(crate) qualname: Slot<Ref<Str>>,
    pub(crate) base: Slot<Ref<Type>>,
    pub(crate) bases: Slot<Ref<Tuple>>,
    pub(crate) mro: Slot<Ref<Tuple>>,
    pub(crate) dict: Slot<Ref<Dict>>,
    /// Addresses of the direct subclasses that are alive.
    pub(crate) subclasses: RefCell<Vec<NonNull<Object<Type>>>>,
    /// What the builtin class was made from; `None` for classes made at run time.
    pub(crate) definition: Option<&'static ClassDef>,
    /// Bit set of watchers (PEP-less C API `PyType_Watch`), at most eight.
    pub(crate) watched: Cell<u8>,
    /// Set for types whose `__getattribute__`/`__getattr__` are both Python functions; kept by [`update_slots`].
    pub(crate) abstract_methods: Slot,
}

impl Type {
    /// The class's flags, see [`ClassFlags`].
    #[inline(always)]
    pub fn flags(&self) -> u32 {
        self.flags.get()
    }

    /// Whether any flag of `mask` is set.
    #[inline(always)]
    pub fn has(&self, mask: u32) -> bool {
        self.flags.get() & mask != 0
    }

    pub(crate) fn set_flag(&self, mask: u32, on: bool) {
        let flags = self.flags.get();
        self.flags
            .set(if on { flags | mask } else { flags & !mask });
    }

    /// Makes `match` treat instances as sequences or as mappings, one of the two flags.
    pub fn mark_collection(&self, flag: u32) {
        self.set_flag(ClassFlags::SEQUENCE | ClassFlags::MAPPING, false);
        self.set_flag(flag, true);
    }

    /// As [`Type::mark_collection`], for the class and all below it; builtin classes stay as they are.
    pub fn mark_collection_deep(&self, flag: u32) {
        if !self.is_heap() || self.has(flag) {
            return;
        }
        self.mark_collection(flag);
        for class in self.subclasses() {
            class.mark_collection_deep(flag);
        }
    }

    /// The layout of instances.
    #[inline(always)]
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// The name in messages: `cls.__name__`, which native classes outside `builtins` say with their module.
    pub fn name(&self) -> String {
        if let Some(definition) = self.definition
            && definition.module != "builtins"
        {
            return format!("{}.{}", definition.module, definition.name);
        }
        self.name
            .get()
            .map_or_else(|| "?".to_owned(), |name| name.to_display().into_owned())
    }

    /// `cls.__name__`.
    pub fn name_object(&self) -> Ref<Str> {
        self.name.get().expect("a class has a name")
    }

    /// `cls.__qualname__`.
    pub fn qualname_object(&self) -> Ref<Str> {
        self.qualname.get().expect("a class has a qualified name")
    }

    /// `cls.__module__` when it is a string in the class's own dict or a builtin's definition.
    pub fn module_name(&self) -> Option<Ref<Str>> {
        if let Some(definition) = self.definition {
            return Some(Str::intern(definition.module));
        }
        self.dict()
            .get_str(crate::id!("__module__"))
            .and_then(|value| value.into_ref::<Str>().ok())
    }

    /// `module.qualname`, without the module for builtins: what `repr` and tracebacks show.
    pub fn display_name(&self) -> String {
        let qualname = self.qualname_object().to_display().into_owned();
        match self.module_name() {
            Some(module) if !module.eq_str("builtins") => {
                format!("{}.{qualname}", module.to_display())
            }
            _ => qualname,
        }
    }

    /// As [`Self::display_name`], without `__main__` too: CPython's `%T`.
    pub fn full_name(&self) -> String {
        match self.module_name() {
            Some(module) if module.eq_str("__main__") => {
                self.qualname_object().to_display().into_owned()
            }
            _ => self.display_name(),
        }
    }

    /// The class's own dict.
    #[inline(always)]
    pub fn dict(&self) -> Ref<Dict> {
        self.dict.get().expect("a class has a dict")
    }

    /// The base whose layout this class extends (`__base__`); `None` for `object`.
    pub fn base(&self) -> Option<Ref<Type>> {
        self.base.get()
    }

    /// `__bases__`.
    pub fn bases(&self) -> Ref<Tuple> {
        self.bases.get().expect("a class has its bases")
    }

    /// `__mro__`, as a tuple of classes (or of whatever a metaclass's `mro()` answered, all classes).
    pub fn mro(&self) -> Ref<Tuple> {
        self.mro.get().expect("a class has an MRO")
    }

    /// Whether `other` is in this class's MRO (no `__subclasscheck__`).
    #[inline(always)]
    pub fn is_subclass(&self, other: &Ref<Type>) -> bool {
        if std::ptr::eq(self, &raw const **other) {
            return true;
        }
        // SAFETY: walking the MRO runs no foreign code, and a class's MRO is replaced only by its own methods.
        match unsafe { self.mro.peek() } {
            Some(mro) => mro.tail().iter().any(|class| class.is(other.as_value())),
            None => false,
        }
    }

    /// Whether the class has its MRO and methods.
    pub fn is_ready(&self) -> bool {
        !self.mro.is_empty()
    }

    /// Whether the class was made at run time.
    pub fn is_heap(&self) -> bool {
        self.has(ClassFlags::HEAP)
    }

    /// Direct subclasses that are alive.
    pub fn subclasses(&self) -> Vec<Ref<Type>> {
        let alive = self.subclasses.borrow();
        alive
            .iter()
            .map(|&pointer| {
                // SAFETY: a class removes itself from its bases' lists before it dies, so listed classes are live.
                let class = std::mem::ManuallyDrop::new(unsafe { Ref::from_owned(pointer) });
                Ref::clone(&class)
            })
            .collect()
    }

    pub(crate) fn add_subclass(&self, class: &Ref<Type>) {
        self.subclasses.borrow_mut().push(class.as_ptr());
    }

    pub(crate) fn remove_subclass(&self, class: NonNull<Object<Type>>) {
        self.subclasses
            .borrow_mut()
            .retain(|&pointer| pointer != class);
    }
}

impl Trace for Type {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.base.trace(visitor);
        self.bases.trace(visitor);
        self.mro.trace(visitor);
        self.dict.trace(visitor);
        self.abstract_methods.trace(visitor);
    }

    fn clear(&self) {
        if let Some(dict) = self.dict.get() {
            dict.clear_all();
        }
        // The bases stay: instances that die later still ask their class how. Only the cycle with itself is broken.
        if let Some(mro) = self.mro.get() {
            let others = mro.tail().iter().filter(|class| {
                class
                    .downcast::<Type>()
                    .is_none_or(|class| !std::ptr::eq(self, &raw const **class))
            });
            self.mro.set(Some(Tuple::new(others.cloned().collect())));
        }
    }
}

impl Type {
    /// The object whose payload this is.
    fn object(&self) -> NonNull<Object<Type>> {
        let this = NonNull::from(self).cast::<u8>();
        // SAFETY: a `Type` is only ever the payload of an object, which starts a header's size before it.
        unsafe {
            this.sub(std::mem::offset_of!(Object<Type>, payload))
                .cast::<Object<Type>>()
        }
    }

    /// The class as a counted reference.
    fn this(&self) -> Ref<Type> {
        // SAFETY: the object lives as long as `self`; the reference that is made up here is not given back.
        let lent = std::mem::ManuallyDrop::new(unsafe { Ref::from_owned(self.object()) });
        Ref::clone(&lent)
    }
}

impl Drop for Type {
    fn drop(&mut self) {
        self.forget_version();
        let object = self.object();
        if let Some(bases) = self.bases.get() {
            for base in bases.tail() {
                if let Some(base) = base.downcast::<Type>() {
                    base.remove_subclass(object);
                }
            }
        }
    }
}
