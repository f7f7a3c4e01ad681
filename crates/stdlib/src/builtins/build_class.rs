//! `__build_class__`: what a class statement calls.

use taipan_interp::eval;
use taipan_interp::function::Function;
use taipan_macros::function;
use taipan_objects::args::Args;
use taipan_objects::cell_object::CellObject;
use taipan_objects::class::{Payload, Type, calculate_metaclass};
use taipan_objects::dict::Dict;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

/// __build_class__(func, name, /, *bases, [metaclass], **kwds) -> class
///
/// The class statement calls this.
#[function(name = "__build_class__", nosig)]
pub(super) fn build_class(args: Args<'_>) -> PyResult<Value> {
    let [body, name, bases @ ..] = args.positional() else {
        bail!(TypeError, "__build_class__: not enough arguments");
    };
    let Some(body) = body.downcast_exact::<Function>() else {
        bail!(TypeError, "__build_class__: func must be a function");
    };
    let Some(name) = name.downcast::<Str>() else {
        bail!(TypeError, "__build_class__: name is not a string");
    };
    let original = Tuple::from_slice(bases);
    let bases = resolve_bases(&original)?;
    let mut keywords: Vec<(&Ref<Str>, &Value)> = args.keywords().collect();
    let explicit = keywords
        .iter()
        .position(|(name, _)| name.eq_str("metaclass"))
        .map(|index| keywords.remove(index).1);
    let metaclass = metaclass(explicit, &bases)?;
    let namespace = prepare(&metaclass, name, &bases, &keywords)?;
    let code = body.code();
    let cell = eval::run(&code, &body.globals, Some(&namespace), body.closure.get())?;
    if !bases.is(&original) {
        protocol::setitem(
            &namespace,
            id!("__orig_bases__").as_value(),
            original.as_value(),
        )?;
    }
    let arguments = [name.to_value(), bases.to_value(), namespace];
    let class = call_with(&metaclass, arguments.to_vec(), &keywords)?;
    check_class_cell(&class, &cell, name)?;
    Ok(class)
}

/// `callable(*values, **keywords)`.
fn call_with(
    callable: &Value,
    mut values: Vec<Value>,
    keywords: &[(&Ref<Str>, &Value)],
) -> PyResult<Value> {
    let names: Vec<Value> = keywords.iter().map(|(name, _)| name.to_value()).collect();
    values.extend(keywords.iter().map(|(_, value)| (*value).clone()));
    protocol::call(callable, Args::new(&values, &names))
}

/// The bases with `__mro_entries__` of those that are no classes put in; the same tuple if nothing changes.
fn resolve_bases(bases: &Ref<Tuple>) -> PyResult<Ref<Tuple>> {
    let mut resolved: Option<Vec<Value>> = None;
    for (index, base) in bases.as_slice().iter().enumerate() {
        let entries = match base.downcast::<Type>() {
            Some(_) => None,
            None => protocol::getattr_optional(base, id!("__mro_entries__"))?,
        };
        let Some(entries) = entries else {
            if let Some(resolved) = &mut resolved {
                resolved.push(base.clone());
            }
            continue;
        };
        let entries = protocol::call1(&entries, bases.as_value())?;
        let Some(entries) = entries.downcast::<Tuple>() else {
            bail!(TypeError, "__mro_entries__ must return a tuple");
        };
        resolved
            .get_or_insert_with(|| bases.as_slice()[..index].to_vec())
            .extend_from_slice(entries.as_slice());
    }
    Ok(resolved.map_or_else(|| bases.clone(), Tuple::new))
}

/// The most derived metaclass; one that is no class decides for itself.
fn metaclass(explicit: Option<&Value>, bases: &Ref<Tuple>) -> PyResult<Value> {
    let chosen = match explicit {
        Some(explicit) => explicit.clone(),
        None => bases
            .as_slice()
            .first()
            .map_or_else(|| Type::class().to_value(), |base| base.class().to_value()),
    };
    let Some(class) = chosen.downcast::<Type>() else {
        return Ok(chosen);
    };
    Ok(calculate_metaclass(class, bases.as_slice())?.into_value())
}

fn prepare(
    metaclass: &Value,
    name: &Ref<Str>,
    bases: &Ref<Tuple>,
    keywords: &[(&Ref<Str>, &Value)],
) -> PyResult<Value> {
    let Some(prepare) = protocol::getattr_optional(metaclass, id!("__prepare__"))? else {
        return Ok(Dict::new().into_value());
    };
    let namespace = call_with(&prepare, vec![name.to_value(), bases.to_value()], keywords)?;
    if namespace.class().slots.getitem.get().is_none() {
        let owner = match metaclass.downcast::<Type>() {
            Some(class) => class.name(),
            None => "<metaclass>".to_owned(),
        };
        bail!(
            TypeError,
            "{owner}.__prepare__() must return a mapping, not {}",
            namespace.class().name()
        );
    }
    Ok(namespace)
}

/// Methods find their class through the cell, so `type.__new__` must have got it.
fn check_class_cell(class: &Value, cell: &Value, name: &Ref<Str>) -> PyResult<()> {
    let (Some(_), Some(cell)) = (class.downcast::<Type>(), cell.downcast::<CellObject>()) else {
        return Ok(());
    };
    let contents = cell.contents.get();
    if contents.as_ref().is_some_and(|contents| contents.is(class)) {
        return Ok(());
    }
    let name = protocol::repr(name.as_value())?;
    let class = protocol::repr(class)?;
    match contents {
        None => bail!(
            RuntimeError,
            "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
            name.to_display(),
            class.to_display()
        ),
        Some(contents) => {
            let contents = protocol::repr(&contents)?;
            bail!(
                TypeError,
                "__class__ set to {} defining {} as {}",
                contents.to_display(),
                name.to_display(),
                class.to_display()
            )
        }
    }
}
