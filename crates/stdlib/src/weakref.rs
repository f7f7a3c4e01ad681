//! `_weakref`: the native half of `weakref`.

use taipan_macros::{define_module, function};
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::weakref::{self, CallableProxy, Proxy, WeakRef};

define_module!(
    name = "_weakref",
    doc = "Weak-reference support module.",
    functions(getweakrefcount, getweakrefs, proxy, _remove_dead_weakref),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("ref", WeakRef::class());
    module.set("ReferenceType", WeakRef::class());
    module.set("ProxyType", Proxy::class());
    module.set("CallableProxyType", CallableProxy::class());
    Ok(())
}

/// Return the number of weak references to 'object'.
#[function("(object, /)")]
fn getweakrefcount(object: &Value) -> usize {
    weakref::references(object).len()
}

/// Return a list of all weak reference objects pointing to 'object'.
#[function("(object, /)")]
fn getweakrefs(object: &Value) -> Ref<List> {
    List::new(weakref::references(object))
}

/// Create a proxy object that weakly references 'object'.
///
/// 'callback', if given, is called with a reference to the
/// proxy when 'object' is about to be finalized.
#[function("(object, callback=None, /)")]
fn proxy(object: &Value, callback: Option<Value>) -> PyResult<Value> {
    weakref::new_proxy(object, callback)
}

/// Atomically remove key from dict if it points to a dead weakref.
#[function("(dct, key, /)")]
fn _remove_dead_weakref(dct: &Ref<Dict>, key: &Value) -> PyResult<()> {
    let Some(value) = dct.get(key)? else {
        return Ok(());
    };
    let Some(reference) = value.downcast::<WeakRef>() else {
        taipan_objects::bail!(TypeError, "not a weakref");
    };
    if reference.is_dead() {
        dct.remove(key)?;
    }
    Ok(())
}
