//! Exceptions, weak references and the collector of cycles, without an interpreter.

#![forbid(unsafe_code)]

use std::sync::Mutex;

use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, BaseException, ExceptionKind, group};
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::object::Object;
use taipan_objects::str::Str;
use taipan_objects::thread::ThreadState;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::weakref::{self, WeakRef};
use taipan_objects::{boot, gc, protocol, runtime};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn with_runtime(body: impl FnOnce()) {
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    runtime::attach(ThreadState::new(1));
    boot::boot();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
    runtime::detach();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

fn text(value: &Value) -> String {
    protocol::str(value)
        .expect("the value has a str")
        .to_display()
        .into_owned()
}

fn repr(value: &Value) -> String {
    protocol::repr(value)
        .expect("the value has a repr")
        .to_display()
        .into_owned()
}

fn call(class: &Ref<Type>, args: &[Value]) -> Value {
    protocol::call(class.as_value(), Args::positional_only(args)).expect("the call succeeds")
}

fn string(text: &str) -> Value {
    Str::new(text).into_value()
}

/// `class Name: pass`
fn plain_class(name: &str) -> Ref<Type> {
    let args = [
        string(name),
        Tuple::from_array([Object::class().to_value()]).into_value(),
        Dict::new().into_value(),
    ];
    call(Type::class(), &args)
        .into_ref::<Type>()
        .expect("type() answers a class")
}

#[test]
fn exceptions_show_their_arguments() {
    with_runtime(|| {
        let error = call(
            ExceptionKind::ValueError.class(),
            &[string("x"), int::new(1)],
        );
        assert_eq!(repr(&error), "ValueError('x', 1)");
        assert_eq!(text(&error), "('x', 1)");
        assert_eq!(
            text(&call(ExceptionKind::KeyError.class(), &[string("k")])),
            "'k'"
        );
        let error = call(
            ExceptionKind::OSError.class(),
            &[
                int::new(2),
                string("No such file or directory"),
                string("f"),
            ],
        );
        assert!(error.class().is(ExceptionKind::FileNotFoundError.class()));
        assert_eq!(text(&error), "[Errno 2] No such file or directory: 'f'");
        let error = call(
            ExceptionKind::UnicodeEncodeError.class(),
            &[
                string("ascii"),
                string("a\u{e9}"),
                int::new(1),
                int::new(2),
                string("ordinal not in range(128)"),
            ],
        );
        assert_eq!(
            text(&error),
            "'ascii' codec can't encode character '\\xe9' in position 1: ordinal not in range(128)"
        );
        let place = Tuple::from_array([string("a/b.py"), int::new(3), int::new(1), string("x")])
            .into_value();
        assert_eq!(
            text(&call(
                ExceptionKind::SyntaxError.class(),
                &[string("bad"), place]
            )),
            "bad (b.py, line 3)"
        );
    });
}

#[test]
fn contexts_make_no_cycles() {
    with_runtime(|| {
        let make = |name: &str| {
            let error = call(ExceptionKind::ValueError.class(), &[string(name)]);
            error.into_ref::<BaseException>().expect("an exception")
        };
        let (first, second) = (make("1"), make("2"));
        exceptions::link_context(&second, Some(first.to_value()));
        exceptions::link_context(&first, Some(second.to_value()));
        assert!(
            first
                .context()
                .is_some_and(|context| context.is(second.as_value()))
        );
        assert!(second.context().is_none());
    });
}

#[test]
fn groups_split_by_class() {
    with_runtime(|| {
        let errors = vec![
            call(ExceptionKind::ValueError.class(), &[]),
            call(ExceptionKind::TypeError.class(), &[]),
        ];
        let made = group::new_group("g", errors).expect("a group of exceptions");
        assert_eq!(text(&made), "g (2 sub-exceptions)");
        let (matching, rest) =
            group::match_star(&made, ExceptionKind::ValueError.class().as_value(), || None)
                .expect("it splits");
        assert_eq!(
            repr(&matching.expect("one matches")),
            "ExceptionGroup('g', [ValueError()])"
        );
        assert_eq!(
            repr(&rest.expect("one is left")),
            "ExceptionGroup('g', [TypeError()])"
        );
        let mro = repr(ExceptionKind::ExceptionGroup.class().mro().as_value());
        assert!(
            mro.contains("BaseExceptionGroup") && mro.contains("'Exception'"),
            "{mro}"
        );
    });
}

#[test]
fn weak_references_die_with_their_object() {
    with_runtime(|| {
        let class = plain_class("Node");
        let object = call(&class, &[]);
        let reference = weakref::new_reference(WeakRef::class(), &object, None)
            .expect("instances are weakly referenceable");
        let again = weakref::new_reference(WeakRef::class(), &object, None).expect("as before");
        assert!(reference.is(&again));
        let proxy = weakref::new_proxy(&object, None).expect("as before");
        assert_eq!(weakref::references(&object).len(), 2);
        protocol::setattr(&proxy, &Str::intern("x"), &int::new(5)).expect("proxies forward");
        assert_eq!(
            repr(&protocol::getattr(&object, &Str::intern("x")).expect("it was set")),
            "5"
        );
        drop(object);
        assert!(
            protocol::call0(&reference)
                .expect("a reference can be called")
                .is_none()
        );
        let raised = protocol::getattr(&proxy, &Str::intern("x")).expect_err("the object is gone");
        assert!(raised.is(ExceptionKind::ReferenceError));
        assert!(weakref::new_reference(WeakRef::class(), &int::new(3), None).is_err());
    });
}

#[test]
fn cycles_are_collected() {
    with_runtime(|| {
        gc::collect(2);
        let class = plain_class("Node");
        let object = call(&class, &[]);
        let reference = weakref::new_reference(WeakRef::class(), &object, None)
            .expect("instances are weakly referenceable");
        let list = List::new(vec![object.clone()]);
        protocol::setattr(&object, &Str::intern("list"), list.as_value())
            .expect("instances have attributes");
        drop(object);
        assert_eq!(gc::collect(0), 0);
        assert!(!protocol::call0(&reference).expect("callable").is_none());
        drop(list);
        assert!(!protocol::call0(&reference).expect("callable").is_none());
        assert_eq!(gc::collect(0), 0, "what survived a collection is old");
        assert_eq!(gc::collect(2), 2);
        assert!(protocol::call0(&reference).expect("callable").is_none());
        let own = List::new(Vec::new());
        own.push(own.to_value()).expect("there is memory");
        drop(own);
        assert_eq!(gc::collect(0), 1);
    });
}

#[test]
fn many_objects_ask_for_a_collection() {
    with_runtime(|| {
        gc::collect(2);
        gc::start();
        runtime::acknowledge(runtime::breaker::COLLECT);
        let kept: Vec<_> = (0..10_000).map(|_| List::new(Vec::new())).collect();
        let asked = runtime::EVAL_BREAKER.load(std::sync::atomic::Ordering::Relaxed)
            & runtime::breaker::COLLECT;
        assert_ne!(asked, 0);
        gc::poll();
        drop(kept);
        assert_eq!(gc::counts()[0], 0);
        for _ in 0..100_000 {
            drop(List::new(Vec::new()));
        }
        let asked = runtime::EVAL_BREAKER.load(std::sync::atomic::Ordering::Relaxed)
            & runtime::breaker::COLLECT;
        assert_eq!(asked, 0, "objects that are freed at once count for nothing");
    });
}
