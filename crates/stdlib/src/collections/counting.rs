//! `_count_elements`: the loop of `Counter.update`.

use taipan_macros::function;
use taipan_objects::class::{Payload, SlotId};
use taipan_objects::dict::{Dict, hash_key};
use taipan_objects::id;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

/// The dict inside `mapping`, if its class neither changed `get` nor `__setitem__`.
fn plain_dict(mapping: &Value) -> Option<&Ref<Dict>> {
    let dict = mapping.downcast::<Dict>()?;
    let (class, plain) = (dict.class(), Dict::class());
    let same_get = match (class.lookup(id!("get")), plain.lookup(id!("get"))) {
        (Some(found), Some(expected)) => found.is(&expected),
        _ => false,
    };
    (same_get && class.slots.same_slot(SlotId::setitem, &plain.slots)).then_some(dict)
}

/// Count the items of an iterable in a mapping.
#[function("($module, mapping, iterable, /)")]
pub fn _count_elements(mapping: &Value, iterable: &Value) -> PyResult<()> {
    let one = int::new(1);
    if let Some(dict) = plain_dict(mapping) {
        return protocol::iterate(iterable, |item| {
            let hash = hash_key(&item)?;
            let count = match dict.get_known_hash(&item, hash)? {
                Some(count) => protocol::add(&count, &one)?,
                None => one.clone(),
            };
            dict.set_known_hash(item, hash, count)
        });
    }
    let get = protocol::getattr(mapping, id!("get"))?;
    protocol::iterate(iterable, |item| {
        let count = protocol::call2(&get, &item, &int::new(0))?;
        protocol::setitem(mapping, &item, &protocol::add(&count, &one)?)
    })
}
