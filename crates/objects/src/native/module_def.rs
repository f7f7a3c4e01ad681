//! Native modules: what they are made from, and how a module object is made from it.

use crate::class::Type;
use crate::id;
use crate::module::Module;
use crate::native::{FunctionDef, NativeFunction};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};

/// A native module as its Rust source declares it.
pub struct ModuleDef {
    /// `__name__`.
    pub name: &'static str,
    /// `__doc__`.
    pub doc: Option<&'static str>,
    /// The functions, in as many lists as the module has parts.
    pub functions: &'static [&'static [FunctionDef]],
    /// The constants, likewise.
    pub constants: &'static [&'static [ConstantDef]],
    /// Makes each class of the module, once, and answers it.
    pub classes: &'static [fn() -> &'static Ref<Type>],
    /// What remains to be done when everything else is in place.
    pub init: Option<fn(&Ref<Module>) -> PyResult<()>>,
}

/// A constant of a native module.
pub struct ConstantDef {
    /// Its name.
    pub name: &'static str,
    /// Makes its value.
    pub value: fn() -> PyResult<Value>,
}

/// A new module object made from `def`.
pub fn create_module(def: &'static ModuleDef) -> PyResult<Ref<Module>> {
    let doc = def.doc.map(|doc| Str::new(doc).into_value());
    let module = Module::new(&Str::intern(def.name), doc);
    fill_module(&module, def)?;
    Ok(module)
}

/// Puts what `def` declares into a module that exists.
pub fn fill_module(module: &Ref<Module>, def: &'static ModuleDef) -> PyResult<()> {
    let dict = module.dict();
    for function in def.functions.iter().copied().flatten() {
        dict.set_str(
            &Str::intern(function.name),
            NativeFunction::of_module(function, module).into_value(),
        );
    }
    for constant in def.constants.iter().copied().flatten() {
        dict.set_str(&Str::intern(constant.name), (constant.value)()?);
    }
    for class in def.classes {
        let class = class();
        dict.set_str(&class.name_object(), class.to_value());
    }
    if let Some(doc) = def.doc
        && dict.get_str(id!("__doc__")).is_none_or(|doc| doc.is_none())
    {
        dict.set_str(id!("__doc__"), Str::new(doc).into_value());
    }
    match def.init {
        Some(init) => init(module),
        None => Ok(()),
    }
}
