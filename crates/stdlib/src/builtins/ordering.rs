//! `min`, `max` and `sorted`.

use taipan_macros::function;
use taipan_objects::args::Args;
use taipan_objects::class::Comparison;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

/// min(iterable, *[, default=obj, key=func]) -> value
/// min(arg1, arg2, *args, *[, key=func]) -> value
///
/// With one argument, return its smallest item; the default is the answer where it is empty. With more, return the
/// smallest of them.
#[function(nosig)]
pub(super) fn min(args: Args<'_>) -> PyResult<Value> {
    extreme("min", args, Comparison::Lt)
}

/// max(iterable, *[, default=obj, key=func]) -> value
/// max(arg1, arg2, *args, *[, key=func]) -> value
///
/// With one argument, return its largest item; the default is the answer where it is empty. With more, return the
/// largest of them.
#[function(nosig)]
pub(super) fn max(args: Args<'_>) -> PyResult<Value> {
    extreme("max", args, Comparison::Gt)
}

/// The item that is `better` than all others; the first one of equals.
fn extreme(name: &str, args: Args<'_>, better: Comparison) -> PyResult<Value> {
    let (mut key, mut default) = (None, None);
    for (keyword, value) in args.keywords() {
        if keyword.eq_str("key") {
            key = Some(value).filter(|key| !key.is_none());
        } else if keyword.eq_str("default") {
            default = Some(value);
        } else {
            bail!(
                TypeError,
                "{name}() got an unexpected keyword argument '{}'",
                keyword.to_display()
            );
        }
    }
    let mut best = Best {
        key,
        better,
        found: None,
    };
    match args.positional() {
        [] => bail!(TypeError, "{name} expected at least 1 argument, got 0"),
        [iterable] => {
            let iterator = protocol::iter(iterable)?;
            while let Some(item) = protocol::next(&iterator)? {
                best.offer(item)?;
            }
        }
        _ if default.is_some() => bail!(
            TypeError,
            "Cannot specify a default for {name}() with multiple positional arguments"
        ),
        several => several
            .iter()
            .try_for_each(|item| best.offer(item.clone()))?,
    }
    match (best.found, default) {
        (Some(found), _) => Ok(found.item),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => bail!(ValueError, "{name}() iterable argument is empty"),
    }
}

struct Best<'a> {
    key: Option<&'a Value>,
    better: Comparison,
    found: Option<Found>,
}

/// The best item so far. Its weight is what is compared: with a key function another value than the item.
struct Found {
    item: Value,
    weight: Option<Value>,
}

impl Best<'_> {
    #[inline(always)]
    fn offer(&mut self, item: Value) -> PyResult<()> {
        let weight = match self.key {
            Some(key) => Some(protocol::call1(key, &item)?),
            None => None,
        };
        if let Some(found) = &self.found {
            let best = found.weight.as_ref().unwrap_or(&found.item);
            let offered = weight.as_ref().unwrap_or(&item);
            if !protocol::compare_bool(offered, best, self.better)? {
                return Ok(());
            }
        }
        self.found = Some(Found { item, weight });
        Ok(())
    }
}

/// Return a new list of the iterable's items in ascending order.
///
/// A key function says what is compared; reverse asks for descending order.
#[function("(iterable, /, *, key=None, reverse=False)", name = "sorted")]
pub(super) fn sorted(args: Args<'_>) -> PyResult<Ref<List>> {
    let [iterable] = args.positional() else {
        bail!(
            TypeError,
            "sorted expected 1 argument, got {}",
            args.positional().len()
        );
    };
    let list = List::new(protocol::collect(iterable)?);
    protocol::call_method_args(list.as_value(), id!("sort"), args.without_first())?;
    Ok(list)
}
