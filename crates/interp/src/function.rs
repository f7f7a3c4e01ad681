//! `function`: code with its globals, defaults and closure.

use std::cell::{Cell, RefCell};

use taipan_macros::class;
use taipan_objects::cell::{Locked, Slot};
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::module::Module;
use taipan_objects::rare_events::{self, RareEvent};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{heap, id};

use crate::code::Code;

/// The payload of `types.FunctionType`.
#[class(
    name = "function",
    flags(METHOD_DESCRIPTOR, WEAKREFABLE, ATTRIBUTES),
    parts(attributes),
    doc = "Create a function object.\n\n  code\n    a code object\n  globals\n    the globals dictionary\n  name\n    a string that overrides the name from the code object\n  argdefs\n    a tuple that specifies the default argument values\n  closure\n    a tuple that supplies the bindings for free variables\n  kwdefaults\n    a dictionary that specifies the default keyword argument values"
)]
pub struct Function {
    /// `__code__`.
    pub code: Slot<Ref<Code>>,
    /// `__globals__`.
    pub globals: Ref<Dict>,
    /// `__builtins__`: where globals' globals are found.
    pub builtins: Value,
    /// `__name__`.
    pub name: Slot<Ref<Str>>,
    /// `__qualname__`.
    pub qualname: Slot<Ref<Str>>,
    /// `__defaults__`.
    pub defaults: Slot<Ref<Tuple>>,
    /// `__kwdefaults__`.
    pub keyword_defaults: Slot<Ref<Dict>>,
    /// `__closure__`.
    pub closure: Slot<Ref<Tuple>>,
    /// `__doc__`.
    pub doc: Slot,
    /// `__module__`.
    pub module: Slot,
    /// `__annotations__`.
    pub annotations: Slot,
    /// `__annotate__`.
    pub annotate: Slot,
    /// `__type_params__`.
    pub type_params: Slot,
    /// Code that was replaced: frames may still run it.
    #[untraced]
    retired: RefCell<Vec<Ref<Code>>>,
    /// Version tag; 0 when something a guard relies on changed.
    pub version: Cell<u32>,
}

static NEXT_VERSION: Locked<Cell<u32>> = Locked::new(Cell::new(1));

/// A version tag that no function has yet.
pub(crate) fn next_version() -> u32 {
    NEXT_VERSION.with(|next| {
        let version = next.get();
        next.set(version.wrapping_add(1));
        version
    })
}

/// The mapping of builtins that goes with a namespace: its `__builtins__`, or the builtins of the running code.
pub fn builtins_of(globals: &Ref<Dict>) -> Value {
    match globals.get_str(id!("__builtins__")) {
        Some(builtins) => match builtins.downcast::<Module>() {
            Some(module) => module.dict().into_value(),
            None => builtins,
        },
        None => crate::frames::current_builtins().unwrap_or_else(|| Dict::new().into_value()),
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        crate::versions::forget_function(self);
    }
}

impl Function {
    /// The function that a call was specialized for with this version, if it lives and nothing of it was replaced, and the
    /// code that functions of the version have (`_PyFunction_LookupByVersion`).
    pub fn of_version(version: u32) -> Option<(Option<Ref<Function>>, Ref<Code>)> {
        crate::versions::lookup(version)
    }

    /// A function of `code` in the namespace `globals`.
    pub fn new(code: Ref<Code>, globals: Ref<Dict>) -> Ref<Function> {
        let builtins = builtins_of(&globals);
        Function::with_builtins(code, globals, builtins)
    }

    /// As [`Function::new`], where the builtins are known.
    pub fn with_builtins(code: Ref<Code>, globals: Ref<Dict>, builtins: Value) -> Ref<Function> {
        let has_doc = code.has_flag(taipan_compiler::flags::HAS_DOCSTRING);
        let doc = if has_doc {
            code.consts.first().cloned()
        } else {
            None
        };
        let module = globals.get_str(id!("__name__"));
        let (name, qualname) = (code.name.clone(), code.qualname.clone());
        heap::new_object(
            Function::class(),
            Function {
                code: Slot::new(Some(code)),
                globals,
                builtins,
                name: Slot::new(Some(name)),
                qualname: Slot::new(Some(qualname)),
                defaults: Slot::empty(),
                keyword_defaults: Slot::empty(),
                closure: Slot::empty(),
                doc: Slot::new(doc),
                module: Slot::new(module),
                annotations: Slot::empty(),
                annotate: Slot::empty(),
                type_params: Slot::empty(),
                retired: RefCell::new(Vec::new()),
                version: Cell::new(0),
            },
        )
    }

    /// `__code__`.
    pub fn code(&self) -> Ref<Code> {
        self.code.get().expect("a function has code")
    }

    /// Gives the function other code.
    pub fn replace_code(&self, code: &Ref<Code>) {
        self.changed();
        if let Some(old) = self.code.replace(Some(code.clone())) {
            let mut retired = self.retired.borrow_mut();
            if !retired.iter().any(|known| known.is(&old)) {
                retired.push(old);
            }
        }
    }

    /// The version tag, given out now if there is none.
    pub fn version_tag(&self) -> u32 {
        if self.version.get() == 0 {
            self.version.set(next_version());
        }
        self.version.get()
    }

    /// What guards know of the function no longer holds.
    pub fn changed(&self) {
        crate::versions::forget_function(self);
        self.version.set(0);
        rare_events::count(RareEvent::FuncModification);
    }

    /// `__qualname__` for messages.
    pub fn display_name(&self) -> String {
        self.qualname
            .get()
            .map_or_else(|| "?".to_owned(), |name| name.to_display().into_owned())
    }
}

/// Views a value as a function made by `def`.
pub fn as_function(value: &Value) -> Option<&Ref<Function>> {
    value.downcast_exact::<Function>()
}
