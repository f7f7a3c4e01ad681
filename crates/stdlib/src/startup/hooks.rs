//! What the objects ask of the interpreter, put in place.

use taipan_interp::frames;
use taipan_objects::class::Type;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::runtime::{self, Hooks};
use taipan_objects::value::{Ref, Value};

use crate::{import, system};

/// Installs the hooks, once.
pub(super) fn install() {
    runtime::set_hooks(Hooks {
        is_python_function: |value| taipan_interp::function::as_function(value).is_some(),
        current_module_name: frames::current_module_name,
        current_builtins: frames::current_builtins,
        import_module: import::import_module,
        unraisable: system::report_unraisable,
        warn,
        super_arguments: frames::super_arguments,
        modules: import::modules,
    });
}

fn warn(category: &Ref<Type>, message: &Value, stack_level: isize) -> PyResult<()> {
    crate::warnings::warn_in_rust(category, message, stack_level)
}

/// Reports an exception that stops nothing.
pub(super) fn report(raised: Raised, what: &str) {
    system::report_unraisable(raised, Some(what), None);
}
