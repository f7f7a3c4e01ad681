use crate::value::*; use crate::str::Str; use crate::raised::*;
pub fn format_int<T:?Sized,U:?Sized>(a:&T,b:&U)->PyResult<Ref<Str>>{unreachable!()}
pub fn format_float<T:?Sized,U:?Sized>(a:&T,b:&U)->PyResult<Ref<Str>>{unreachable!()}
pub fn format_complex<T:?Sized,U:?Sized>(a:&T,b:&U)->PyResult<Ref<Str>>{unreachable!()}
