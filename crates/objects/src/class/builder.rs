//! How builtin classes describe themselves: what the `#[class]` and `#[methods]` macros generate.

use std::cell::RefCell;

use crate::cell::Once;
use crate::class::{Layout, Slots, Type};
use crate::native::{FunctionDef, GetSetDef};
use crate::str::Str;
use crate::value::{Ref, Value};

/// A builtin class as its Rust source declares it.
pub struct ClassDef {
    /// `__name__`.
    pub name: &'static str,
    /// `__module__`; "builtins" is not shown in reprs.
    pub module: &'static str,
    /// `__doc__`, if any.
    pub doc: Option<&'static str>,
    /// `__text_signature__`, where the class has a constructor that says its parameters; set while the class is built.
    pub signature: Once<&'static str>,
    /// Flags of [`crate::class::ClassFlags`], beyond those inherited.
    pub flags: u32,
    /// The layout of instances.
    pub layout: fn() -> &'static Layout,
    /// The base class; `None` for `object` alone.
    pub base: Option<fn() -> &'static Ref<Type>>,
    /// Adds methods, properties and slots.
    pub build: fn(&ClassBuilder<'_>),
}

impl ClassDef {
    /// `__text_signature__`, once the class is built.
    pub fn signature(&self) -> Option<&'static str> {
        self.signature.is_set().then(|| *self.signature)
    }
}

/// Receives what a builtin class consists of.
pub struct ClassBuilder<'a> {
    pub(crate) class: &'a Ref<Type>,
    /// Special methods this class defines as ordinary methods, so that no slot wrapper replaces them.
    pub(crate) defined: RefCell<Vec<&'static str>>,
}

impl ClassBuilder<'_> {
    /// The class being made.
    pub fn class(&self) -> &Ref<Type> {
        self.class
    }

    /// The slots to fill.
    pub fn slots(&self) -> &Slots {
        &self.class.slots
    }

    /// Adds a method, class method or static method.
    pub fn method(&self, def: &'static FunctionDef) {
        self.defined.borrow_mut().push(def.name);
        self.class.dict().set_str(
            &Str::intern(def.name),
            crate::native::descriptor_for(self.class, def),
        );
    }

    /// Adds a computed attribute.
    pub fn getset(&self, def: &'static GetSetDef) {
        self.class.dict().set_str(
            &Str::intern(def.name),
            crate::native::getset_descriptor(self.class, def),
        );
    }

    /// Says the parameters of the constructor; the first function that says them wins.
    pub fn signature(&self, text: &'static str) {
        if let Some(definition) = self.class.definition
            && !definition.signature.is_set()
        {
            definition.signature.set(text);
        }
    }

    /// Adds a class attribute.
    pub fn constant(&self, name: &'static str, value: Value) {
        self.defined.borrow_mut().push(name);
        self.class.dict().set_str(&Str::intern(name), value);
    }
}
