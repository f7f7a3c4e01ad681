//! `_typing`: the classes of type parameters and aliases for `typing`.

use taipan_interp::typing::{
    Generic, ParamSpec, ParamSpecArgs, ParamSpecKwargs, TypeAliasType, TypeVar, TypeVarTuple,
    no_default,
};
use taipan_macros::{define_module, function};
use taipan_objects::class::Payload;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::union::Union;
use taipan_objects::value::{Ref, Value};

define_module!(
    name = "_typing",
    doc = "Primitives and accelerators for the typing module.\n",
    functions(_idfunc),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("TypeVar", TypeVar::class());
    module.set("ParamSpec", ParamSpec::class());
    module.set("TypeVarTuple", TypeVarTuple::class());
    module.set("ParamSpecArgs", ParamSpecArgs::class());
    module.set("ParamSpecKwargs", ParamSpecKwargs::class());
    module.set("TypeAliasType", TypeAliasType::class());
    module.set("Generic", Generic::init_class());
    module.set("Union", Union::class());
    module.set("NoDefault", no_default());
    Ok(())
}

/// Answers its argument.
#[function("(x, /)", nosig)]
fn _idfunc(x: &Value) -> Value {
    x.clone()
}
