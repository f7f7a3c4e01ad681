//! `mappingproxy`: a mapping that can be looked at but not changed through the proxy.

use taipan_macros::{class, methods};

use crate::class::{Comparison, Payload, Type};
use crate::dict::Dict;
use crate::generic_alias::GenericAlias;
use crate::heap;
use crate::id;
use crate::list::List;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of `types.MappingProxyType`.
#[class(
    name = "mappingproxy",
    doc = "A view of a mapping through which the mapping cannot be changed.",
    flags(MAPPING)
)]
pub struct MappingProxy {
    mapping: Value,
}

impl MappingProxy {
    /// A new proxy of a mapping.
    pub fn new(mapping: Value) -> Ref<MappingProxy> {
        heap::new_object(MappingProxy::class(), MappingProxy { mapping })
    }

    /// The mapping behind the proxy.
    pub fn mapping(&self) -> &Value {
        &self.mapping
    }

    fn call(&self, method: &Ref<Str>, arguments: &[Value]) -> PyResult<Value> {
        protocol::call_method(&self.mapping, method, arguments)
    }
}

/// The mapping behind a proxy, or the value itself.
fn unwrap(value: &Value) -> &Value {
    value
        .downcast::<MappingProxy>()
        .map_or(value, |proxy| &proxy.mapping)
}

#[methods]
impl MappingProxy {
    #[new("(mapping)")]
    fn make(class: &Ref<Type>, mapping: &Value) -> PyResult<Ref<MappingProxy>> {
        let is_mapping = mapping.class().slots.getitem.get().is_some();
        if !is_mapping
            || mapping.downcast::<List>().is_some()
            || mapping.downcast::<Tuple>().is_some()
        {
            bail!(
                TypeError,
                "mappingproxy() argument must be a mapping, not {}",
                mapping.class().name()
            );
        }
        Ok(heap::new_object(
            class,
            MappingProxy {
                mapping: mapping.clone(),
            },
        ))
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        text.push_str("mappingproxy(");
        text.push_string(&*protocol::repr(&self.mapping)?);
        text.push_char(')');
        Ok(text.finish())
    }

    #[slot(str)]
    fn str(&self) -> PyResult<Ref<Str>> {
        protocol::str(&self.mapping)
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        protocol::hash(&self.mapping)
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        protocol::compare(&self.mapping, other, comparison)
    }

    #[slot(iter)]
    fn iter(&self) -> PyResult<Value> {
        protocol::iter(&self.mapping)
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        protocol::or(unwrap(left), unwrap(right))
    }

    #[slot(inplace_or)]
    fn inplace_or(this: &Ref<MappingProxy>, _other: &Value) -> PyResult<Value> {
        bail!(
            TypeError,
            "'|=' is not supported by {}; use '|' instead",
            this.class().name()
        )
    }

    #[slot(len)]
    fn length(&self) -> PyResult<usize> {
        protocol::len(&self.mapping)
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<Value> {
        protocol::getitem(&self.mapping, key)
    }

    #[slot(contains)]
    fn contains(&self, key: &Value) -> PyResult<bool> {
        match self.mapping.downcast_exact::<Dict>() {
            Some(dict) => dict.contains(key),
            None => protocol::contains(&self.mapping, key),
        }
    }

    /// The value of key, or default if the key is missing.
    #[method("($self, key, default=None, /)")]
    fn get(&self, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        self.call(
            id!("get"),
            &[key.clone(), default.cloned().unwrap_or(Value::NONE)],
        )
    }

    /// D.keys() -> the keys of the mapping
    #[method]
    fn keys(&self) -> PyResult<Value> {
        self.call(id!("keys"), &[])
    }

    /// D.values() -> the values of the mapping
    #[method]
    fn values(&self) -> PyResult<Value> {
        self.call(id!("values"), &[])
    }

    /// D.items() -> the pairs of key and value of the mapping
    #[method]
    fn items(&self) -> PyResult<Value> {
        self.call(id!("items"), &[])
    }

    /// D.copy() -> a copy of the mapping
    #[method]
    fn copy(&self) -> PyResult<Value> {
        self.call(id!("copy"), &[])
    }

    /// Describe a proxy of a mapping of some types.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }

    /// D.__reversed__() -> an iterator over the keys, the last one first
    #[method]
    fn __reversed__(&self) -> PyResult<Value> {
        self.call(id!("__reversed__"), &[])
    }
}
