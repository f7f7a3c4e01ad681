//! mappingproxy.
use crate::value::{Ref,Value};
use crate::class::Payload;
use taipan_macros::{class, methods};
#[class(name="mappingproxy")]
pub struct MappingProxy { mapping: Value }
impl MappingProxy { pub fn new(mapping: Value) -> Ref<MappingProxy> { crate::heap::new_object(MappingProxy::class(), MappingProxy{mapping}) } }
#[methods]
impl MappingProxy {}
