//! The classes come to life.

use taipan_objects::boot::boot;
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::str::Str;
use taipan_objects::{protocol, runtime, thread, tuple::Tuple, value::Value};

#[test]
fn classes_have_names_and_methods() {
    runtime::attach(thread::ThreadState::new(1));
    boot();
    let class = Str::class();
    assert_eq!(class.display_name(), "str");
    assert!(
        ExceptionKind::KeyError
            .class()
            .is_subclass(ExceptionKind::LookupError.class())
    );
    let dict = Dict::new();
    dict.set(Str::new("a").into_value(), Value::TRUE)
        .expect("a str hashes");
    assert_eq!(dict.len(), 1);
    let pair = Tuple::pair(dict.into_value(), Value::NONE);
    let shown = protocol::repr(class.as_value()).expect("classes have a repr");
    assert_eq!(shown.to_display(), "<class 'str'>");
    let raised = protocol::call0(pair.as_value()).expect_err("a tuple is not callable");
    assert!(raised.is(ExceptionKind::TypeError));
}
