//! Byte strings.
use crate::raised::PyResult;
use crate::value::Value;
use crate::bail;
pub fn memory_view_with_flags(v: &Value, _f: u32) -> PyResult<Value> { bail!(TypeError, "{}", v.class().name()) }
pub fn buffer_from_python(v: &Value, _f: u32) -> PyResult<crate::buffer::BufferView> { bail!(TypeError, "{}", v.class().name()) }
#[taipan_macros::class(name="bytes", no_methods)] pub struct Bytes { #[untraced] pub v: Vec<u8> }
impl Bytes { pub fn new(v:&[u8])->crate::value::Ref<Bytes>{unreachable!()} pub fn as_slice(&self)->&[u8]{&self.v} }
