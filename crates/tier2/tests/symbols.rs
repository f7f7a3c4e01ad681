//! The lattice: what each tag becomes when something is learned, and what it answers.

use taipan_objects::boot::boot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::int::boolean::Bool;
use taipan_objects::int::{self, Int};
use taipan_objects::list::List;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{runtime, thread};
use taipan_tier2::symbols::{Halt, SymId, Symbols, Tag};

/// One process has one interpreter: each claim is a function, and one test calls them all.
#[test]
fn the_lattice() {
    runtime::attach(thread::ThreadState::new(1));
    boot();
    null_and_not_null();
    types();
    versions();
    values();
    truth();
    truth_narrows_its_source();
    tuples();
    immortality();
    the_arena_is_limited();
    runtime::detach();
}

fn number(value: usize) -> Value {
    int::from_usize(value)
}

fn text(value: &str) -> Value {
    Str::new(value).into_value()
}

/// A symbol of every tag, in the order of the tags; bottom is left out, since nothing goes on behind it.
fn every_tag(symbols: &mut Symbols) -> Vec<SymId> {
    let made = (|| {
        let version = symbols.unknown()?;
        symbols.narrow_version(version, Int::class().version_tag())?;
        let item = symbols.unknown()?;
        let of = symbols.unknown()?;
        Ok::<_, Halt>(vec![
            symbols.unknown()?,
            symbols.null()?,
            symbols.not_null()?,
            version,
            symbols.of::<Int>()?,
            symbols.constant(&number(7))?,
            symbols.tuple(&[item])?,
            symbols.truth_of(of, false)?,
        ])
    })();
    made.expect("there is room")
}

/// What `narrow` makes of a symbol of every tag: the tag, or nothing for a contradiction.
fn outcomes(narrow: impl Fn(&mut Symbols, SymId) -> Result<(), Halt>) -> Vec<Option<Tag>> {
    let mut symbols = Symbols::new();
    let ids = every_tag(&mut symbols);
    let outcome = |id: SymId| match narrow(&mut symbols, id) {
        Ok(()) => Some(symbols.tag(id)),
        Err(halt) => {
            assert_eq!(halt, Halt::Contradiction);
            assert!(symbols.is_bottom(id));
            None
        }
    };
    ids.into_iter().map(outcome).collect()
}

fn null_and_not_null() {
    assert_eq!(
        outcomes(|symbols, id| symbols.narrow_null(id)),
        [
            Some(Tag::Null),
            Some(Tag::Null),
            None,
            None,
            None,
            None,
            None,
            None
        ]
    );
    assert_eq!(
        outcomes(|symbols, id| symbols.narrow_not_null(id)),
        [
            Some(Tag::NonNull),
            None,
            Some(Tag::NonNull),
            Some(Tag::TypeVersion),
            Some(Tag::KnownClass),
            Some(Tag::KnownValue),
            Some(Tag::Tuple),
            Some(Tag::Truthiness)
        ]
    );
}

fn types() {
    let narrowed = |class: &Ref<Type>| outcomes(|symbols, id| symbols.narrow_type(id, class));
    let known = Some(Tag::KnownClass);
    assert_eq!(
        narrowed(Int::class()),
        [
            known,
            None,
            known,
            known,
            known,
            Some(Tag::KnownValue),
            None,
            None
        ]
    );
    assert_eq!(
        narrowed(Tuple::class()),
        [known, None, known, None, None, None, Some(Tag::Tuple), None]
    );
    assert_eq!(
        narrowed(Bool::class()),
        [
            known,
            None,
            known,
            None,
            None,
            None,
            None,
            Some(Tag::Truthiness)
        ]
    );
}

fn versions() {
    let narrowed = |class: &Ref<Type>| {
        let version = class.version_tag();
        outcomes(|symbols, id| symbols.narrow_version(id, version))
    };
    let by_version = Some(Tag::TypeVersion);
    // A constant needs no guard of its version: what asks for one was looked at too late.
    assert_eq!(
        narrowed(Int::class()),
        [
            by_version,
            None,
            by_version,
            by_version,
            Some(Tag::KnownClass),
            None,
            None,
            None
        ]
    );
    assert_eq!(narrowed(Bool::class())[7], Some(Tag::Truthiness));
    let mut symbols = Symbols::new();
    let id = symbols.of::<List>().expect("there is room");
    assert_eq!(symbols.type_version(id), 0);
    let version = List::class().version_tag();
    symbols.narrow_version(id, version).expect("a list is one");
    assert_eq!(symbols.type_version(id), version);
    let id = symbols.unknown().expect("there is room");
    symbols.narrow_version(id, version).expect("it may be one");
    assert!(symbols.is_of::<List>(id), "the version names the type");
}

fn values() {
    let known = Some(Tag::KnownValue);
    assert_eq!(
        outcomes(|symbols, id| symbols.narrow_value(id, &number(7))),
        [known, None, known, known, known, known, None, None]
    );
    assert_eq!(
        outcomes(|symbols, id| symbols.narrow_value(id, &number(8)))[5],
        None,
        "7 is not 8"
    );
    assert_eq!(
        outcomes(|symbols, id| symbols.narrow_value(id, &Value::TRUE))[7],
        known
    );
}

fn truth() {
    let mut symbols = Symbols::new();
    let mut truth_of = |value: Value| {
        let id = symbols.constant(&value).expect("there is room");
        symbols.truth(id)
    };
    assert_eq!(truth_of(Value::NONE), Some(false));
    assert_eq!(truth_of(Value::TRUE), Some(true));
    assert_eq!(truth_of(number(0)), Some(false));
    assert_eq!(truth_of(number(5)), Some(true));
    assert_eq!(truth_of(text("")), Some(false));
    assert_eq!(truth_of(text("a")), Some(true));
    assert_eq!(
        truth_of(List::new(Vec::new()).into_value()),
        None,
        "a list changes"
    );
    let none_known = symbols.of::<Int>().expect("there is room");
    assert_eq!(symbols.truth(none_known), None);
    let empty = symbols.tuple(&[]).expect("there is room");
    assert_eq!(symbols.truth(empty), Some(false));
}

fn truth_narrows_its_source() {
    let cases: [(&Ref<Type>, bool, bool, Option<Value>); 6] = [
        (Bool::class(), false, true, Some(Value::TRUE)),
        (Bool::class(), true, true, Some(Value::FALSE)),
        (Int::class(), false, false, Some(number(0))),
        (Int::class(), true, true, Some(number(0))),
        (Int::class(), false, true, None),
        (List::class(), false, false, None),
    ];
    for (class, inverted, seen, expected) in cases {
        let mut symbols = Symbols::new();
        let source = symbols.of_type(class).expect("there is room");
        let truth = symbols.truth_of(source, inverted).expect("there is room");
        let seen = Value::from_bool(seen);
        symbols.narrow_value(truth, &seen).expect("it may be so");
        let known = symbols.known_value(source);
        assert_eq!(
            known.as_ref().map(Value::bits),
            expected.as_ref().map(Value::bits),
            "{} {inverted} {seen:?}",
            class.name()
        );
    }
    let mut symbols = Symbols::new();
    let source = symbols.of::<Str>().expect("there is room");
    let truth = symbols.truth_of(source, false).expect("there is room");
    assert_eq!(
        symbols.truth_of(truth, false),
        Ok(truth),
        "a truth is its own truth"
    );
    symbols
        .narrow_value(truth, &Value::FALSE)
        .expect("it may be so");
    assert_eq!(symbols.truth(source), Some(false));
    // Once the source is known, so is what was made of it, and its opposite contradicts.
    let again = symbols.truth_of(source, true).expect("there is room");
    assert!(
        symbols
            .known_value(again)
            .is_some_and(|value| value.is_true())
    );
    assert_eq!(
        symbols.narrow_value(again, &Value::FALSE),
        Err(Halt::Contradiction)
    );
}

fn tuples() {
    let mut symbols = Symbols::new();
    let first = symbols.of::<Int>().expect("there is room");
    let second = symbols.unknown().expect("there is room");
    let pair = symbols.tuple(&[first, second]).expect("there is room");
    assert_eq!(symbols.tuple_length(pair), Some(2));
    assert_eq!(symbols.tuple_item(pair, 0), Ok(first));
    assert_eq!(symbols.tuple_item(pair, 1), Ok(second));
    let beyond = symbols.tuple_item(pair, 2).expect("there is room");
    assert_eq!(symbols.tag(beyond), Tag::Unknown);
    let long = symbols.tuple(&[first; 8]).expect("there is room");
    assert_eq!(
        (symbols.tag(long), symbols.tuple_length(long)),
        (Tag::KnownClass, None)
    );
    let constant = Tuple::from_array([number(3), Value::NONE]).into_value();
    let constant = symbols.constant(&constant).expect("there is room");
    let item = symbols.tuple_item(constant, 0).expect("there is room");
    assert_eq!(
        symbols
            .known_value(item)
            .and_then(|value| value.as_small_int()),
        Some(3)
    );
}

fn immortality() {
    let mut symbols = Symbols::new();
    let ids = every_tag(&mut symbols);
    let immortal: Vec<bool> = ids.iter().map(|id| symbols.is_immortal(*id)).collect();
    assert_eq!(
        immortal,
        [false, false, false, false, false, true, false, true]
    );
    let bools = symbols.of_type(Bool::class()).expect("there is room");
    let list = symbols
        .constant(&List::new(Vec::new()).into_value())
        .expect("there is room");
    assert!(symbols.is_immortal(bools) && !symbols.is_immortal(list));
}

fn the_arena_is_limited() {
    let mut symbols = Symbols::new();
    let mut made = 0;
    let halt = loop {
        match symbols.unknown() {
            Ok(_) => made += 1,
            Err(halt) => break halt,
        }
    };
    assert_eq!((made, halt), (4000, Halt::OutOfSpace));
}
