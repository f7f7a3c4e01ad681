//! `_local`: an object whose attributes every thread has for itself.
//!
//! A thread's attributes are a dict in the thread's own table, found by the object's number. Invariant: the entries of an
//! object go with it, and those of a thread with the thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{SlotId, Type, no_attribute};
use taipan_objects::dict::Dict;
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol, thread};

static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// The payload of `_thread._local`.
#[class(
    name = "_local",
    module = "_thread",
    flags(BASETYPE, WEAKREFABLE),
    doc = "Thread-local data"
)]
pub struct Local {
    number: Cell<u64>,
    args: Slot<Ref<Tuple>>,
    keyword_names: Slot<Ref<Tuple>>,
}

impl Drop for Local {
    fn drop(&mut self) {
        if !thread::is_attached() {
            return;
        }
        let number = self.number.get();
        let mut gone = Vec::new();
        runtime::for_each_thread(|state| {
            if let Ok(mut locals) = state.locals.try_borrow_mut()
                && let Some(index) = locals.iter().position(|(known, _)| *known == number)
            {
                gone.push(locals.swap_remove(index));
            }
        });
    }
}

impl Local {
    fn known(&self) -> Option<Ref<Dict>> {
        let locals = thread::current().locals.borrow();
        let (_, dict) = locals
            .iter()
            .find(|(number, _)| *number == self.number.get())?;
        dict.downcast::<Dict>().cloned()
    }
}

/// The running thread's attributes, made now if need be: then `__init__` runs again.
fn attributes(this: &Ref<Local>) -> PyResult<Ref<Dict>> {
    if let Some(known) = this.known() {
        return Ok(known);
    }
    let dict = add_dict(this);
    if let Some(init) = this.class().slots.init.get()
        && !this
            .class()
            .slots
            .same_slot(SlotId::init, &object_class().slots)
    {
        let args = this.args.get().unwrap_or_else(Tuple::empty);
        let names = this.keyword_names.get().unwrap_or_else(Tuple::empty);
        if let Err(raised) = init(
            this.as_value(),
            Args::new(args.as_slice(), names.as_slice()),
        ) {
            let number = this.number.get();
            let gone = {
                let mut locals = thread::current().locals.borrow_mut();
                let index = locals.iter().position(|(known, _)| *known == number);
                index.map(|index| locals.swap_remove(index))
            };
            drop(gone);
            return Err(raised);
        }
    }
    Ok(dict)
}

fn add_dict(this: &Local) -> Ref<Dict> {
    let dict = Dict::new();
    thread::current()
        .locals
        .borrow_mut()
        .push((this.number.get(), dict.to_value()));
    dict
}

fn object_class() -> &'static Ref<Type> {
    <taipan_objects::object::Object as taipan_objects::class::Payload>::class()
}

#[methods]
impl Local {
    #[slot(new)]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        if !args.is_empty() && class.slots.same_slot(SlotId::init, &object_class().slots) {
            bail!(TypeError, "Initialization arguments are not supported");
        }
        let local = heap::new_object(
            class,
            Local {
                number: Cell::new(NUMBERS.fetch_add(1, Ordering::Relaxed)),
                args: Slot::new(Some(Tuple::from_slice(args.values()))),
                keyword_names: Slot::new(Some(Tuple::from_slice(args.names()))),
            },
        );
        // The thread that makes the object runs `__init__` as part of the call.
        add_dict(&local);
        Ok(local.into_value())
    }

    #[slot(getattr)]
    fn getattr(this: &Ref<Local>, name: &Ref<Str>) -> PyResult<Value> {
        let dict = attributes(this)?;
        if name.eq_str("__dict__") {
            return Ok(dict.into_value());
        }
        let descriptor = this.class().lookup(name);
        let get = descriptor
            .as_ref()
            .and_then(|descriptor| descriptor.class().slots.descr_get.get());
        if let (Some(descriptor), Some(get)) = (&descriptor, get)
            && descriptor.class().slots.descr_set.get().is_some()
        {
            return get(
                descriptor,
                Some(this.as_value()),
                Some(this.class().as_value()),
            );
        }
        if let Some(found) = dict.get_str(name) {
            return Ok(found);
        }
        match (descriptor, get) {
            (Some(descriptor), Some(get)) => get(
                &descriptor,
                Some(this.as_value()),
                Some(this.class().as_value()),
            ),
            (Some(descriptor), None) => Ok(descriptor),
            (None, _) => Err(no_attribute(this.as_value(), name)),
        }
    }

    #[slot(setattr)]
    fn setattr(this: &Ref<Local>, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
        let dict = attributes(this)?;
        if name.eq_str("__dict__") {
            let message = format!(
                "'{}' object attribute '__dict__' is read-only",
                this.class().name()
            );
            return Err(protocol::attribute_error(
                this.as_value(),
                id!("__dict__"),
                message,
            ));
        }
        if let Some(descriptor) = this.class().lookup(name)
            && let Some(set) = descriptor.class().slots.descr_set.get()
        {
            return set(&descriptor, this.as_value(), new);
        }
        match new {
            Some(new) => dict.set_str(name, new.clone()),
            None => {
                if dict.remove_str(name).is_none() {
                    return Err(no_attribute(this.as_value(), name));
                }
            }
        }
        Ok(())
    }
}
