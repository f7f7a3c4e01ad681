//! types.GenericAlias.
use crate::value::{Ref,Value};
use crate::class::Payload;
use taipan_macros::{class, methods};
#[class(name="types.GenericAlias")]
pub struct GenericAlias { origin: Value, args: Value }
impl GenericAlias { pub fn new(origin: Value, args: Value) -> Ref<GenericAlias> { crate::heap::new_object(GenericAlias::class(), GenericAlias{origin,args}) } }
#[methods]
impl GenericAlias {}
