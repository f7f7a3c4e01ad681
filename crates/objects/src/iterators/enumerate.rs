//! `enumerate`.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::args::Args;
use crate::cell::Slot;
use crate::class::Type;
use crate::generic_alias::GenericAlias;
use crate::heap;
use crate::int;
use crate::protocol;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// Pairs each item with its number. Numbers count in a machine word as long as they fit, then in `big`.
#[class(
    name = "enumerate",
    doc = "An iterator over pairs of a number and an item.\n\n  iterable\n    What gives the items.\n  start\n    The number of the first item.",
    flags(BASETYPE)
)]
pub struct Enumerate {
    iterator: Value,
    #[untraced]
    next: Cell<i64>,
    /// The next number, once it is too large for `next`.
    big: Slot,
}

impl Enumerate {
    /// A new `enumerate(iterable)` that counts from `start`.
    pub fn new(
        class: &Ref<Type>,
        iterable: &Value,
        start: Option<&Value>,
    ) -> PyResult<Ref<Enumerate>> {
        let start = start
            .map(protocol::index)
            .transpose()?
            .unwrap_or_else(|| int::new(0));
        let iterator = protocol::iter(iterable)?;
        let payload = match int::to_i64(&start) {
            Some(next) => Enumerate {
                iterator,
                next: Cell::new(next),
                big: Slot::empty(),
            },
            None => Enumerate {
                iterator,
                next: Cell::new(i64::MAX),
                big: Slot::new(Some(start)),
            },
        };
        Ok(heap::new_object(class, payload))
    }

    fn next_number(&self) -> PyResult<Value> {
        if let Some(big) = self.big.get() {
            self.big.set(Some(protocol::add(&big, &int::new(1))?));
            return Ok(big);
        }
        let number = self.next.get();
        if number == i64::MAX {
            self.big
                .set(Some(protocol::add(&int::new(number), &int::new(1))?));
        } else {
            self.next.set(number + 1);
        }
        Ok(int::new(number))
    }
}

#[methods]
impl Enumerate {
    #[new("(iterable, start=0)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Enumerate>> {
        let positional = args.positional();
        let given = args.values().len();
        if given > 2 {
            bail!(
                TypeError,
                "enumerate() takes at most 2 arguments ({given} given)"
            );
        }
        let (mut iterable, mut start) = (positional.first(), positional.get(1));
        for (name, value) in args.keywords() {
            let place = match () {
                () if name.eq_str("iterable") => &mut iterable,
                () if name.eq_str("start") => &mut start,
                () => bail!(
                    TypeError,
                    "'{}' is an invalid keyword argument for enumerate()",
                    name.to_display()
                ),
            };
            if place.replace(value).is_some() {
                bail!(
                    TypeError,
                    "argument for enumerate() given by name ('{}') and position (1)",
                    name.to_display()
                );
            }
        }
        match iterable {
            Some(iterable) => Enumerate::new(class, iterable, start),
            None => bail!(
                TypeError,
                "enumerate() missing required argument 'iterable'"
            ),
        }
    }

    #[slot(iter)]
    fn iter(this: &Ref<Enumerate>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(item) = protocol::next(&self.iterator)? else {
            return Ok(None);
        };
        let number = self.next_number()?;
        Ok(Some(Tuple::pair(number, item).into_value()))
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Enumerate>) -> Value {
        let number = this.big.get().unwrap_or_else(|| int::new(this.next.get()));
        let arguments = Tuple::pair(this.iterator.clone(), number);
        Tuple::pair(this.class().to_value(), arguments.into_value()).into_value()
    }

    /// Describe an enumerate over items of some type.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }
}
