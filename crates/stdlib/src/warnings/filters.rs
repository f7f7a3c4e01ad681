//! The filters: five-tuples of action, message, category, module and line, of which the first that fits decides.

use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol};

use super::place::Place;
use super::show::warnings_attribute;
use crate::contextvars::ContextVar;

/// The filters before any option or call changes them.
pub(super) fn defaults() -> Vec<Value> {
    let filter = |action: &str, kind: ExceptionKind, module: Option<&str>| {
        let module = module.map_or(Value::NONE, |name| Str::intern(name).into_value());
        let parts = [
            Str::intern(action).into_value(),
            Value::NONE,
            kind.class().to_value(),
            module,
            int::new(0),
        ];
        Tuple::from_array(parts).into_value()
    };
    vec![
        filter(
            "default",
            ExceptionKind::DeprecationWarning,
            Some("__main__"),
        ),
        filter("ignore", ExceptionKind::DeprecationWarning, None),
        filter("ignore", ExceptionKind::PendingDeprecationWarning, None),
        filter("ignore", ExceptionKind::ImportWarning, None),
        filter("ignore", ExceptionKind::ResourceWarning, None),
    ]
}

/// What to do with a warning, and the filter that says so (`None` for the default action).
pub(super) fn action_for(
    category: &Value,
    text: &Value,
    place: &Place,
) -> PyResult<(Ref<Str>, Value)> {
    if let Some(context) = ContextVar::current(&super::context_variable()) {
        let filters = protocol::getattr(&context, id!("_filters"))?;
        let Some(filters) = filters.downcast::<List>() else {
            bail!(
                ValueError,
                "_filters of warnings._warnings_context must be a list"
            );
        };
        if let Some(found) = search(filters, category, text, place)? {
            return Ok(found);
        }
    } else {
        let filters = match warnings_attribute(id!("filters"), false)? {
            Some(filters) => filters,
            None => super::filters().into_value(),
        };
        let Some(filters) = filters.downcast::<List>() else {
            bail!(ValueError, "_warnings.filters must be a list")
        };
        if let Some(found) = search(filters, category, text, place)? {
            return Ok(found);
        }
    }
    let action = match warnings_attribute(id!("defaultaction"), false)? {
        Some(action) => match action.downcast::<Str>() {
            Some(action) => action.clone(),
            None => bail!(
                TypeError,
                "_warnings.defaultaction must be a string, not '{}'",
                action.class().name()
            ),
        },
        None => Str::intern("default"),
    };
    Ok((action, Value::NONE))
}

/// The first filter that fits. Matching runs Python code that may change the list.
fn search(
    filters: &Ref<List>,
    category: &Value,
    text: &Value,
    place: &Place,
) -> PyResult<Option<(Ref<Str>, Value)>> {
    let mut index = 0;
    while let Some(item) = filters.get(index) {
        let Some([action, message, wanted, module, line]) =
            item.downcast::<Tuple>().map(|item| item.tail())
        else {
            bail!(ValueError, "warnings.filters item {index} isn't a 5-tuple");
        };
        let Some(action) = action.downcast::<Str>() else {
            bail!(
                TypeError,
                "action must be a string, not '{}'",
                action.class().name()
            );
        };
        let line = protocol::to_index(line)? as i64;
        let fits = matches(message, text)?
            && protocol::is_subclass(category, wanted)?
            && matches(module, &place.module)?
            && (line == 0 || line == place.line);
        if fits {
            return Ok(Some((action.clone(), item.clone())));
        }
        index += 1;
    }
    Ok(None)
}

/// Whether a pattern fits: nothing fits all, text fits itself, anything else is asked by `match`.
fn matches(pattern: &Value, text: &Value) -> PyResult<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if let Some(pattern) = pattern.downcast_exact::<Str>() {
        return Ok(text
            .downcast::<Str>()
            .is_some_and(|text| text.same_text(pattern)));
    }
    protocol::is_true(&protocol::call_method(
        pattern,
        id!("match"),
        std::slice::from_ref(text),
    )?)
}

/// The registry of warnings that are shown once.
pub(super) fn once_registry() -> PyResult<Ref<Dict>> {
    match warnings_attribute(id!("onceregistry"), false)? {
        None => Ok(super::once_registry()),
        Some(registry) => match registry.downcast::<Dict>() {
            Some(registry) => Ok(registry.clone()),
            None => bail!(
                TypeError,
                "_warnings.onceregistry must be a dict, not '{}'",
                registry.class().name()
            ),
        },
    }
}
