//! Containers against simple models, and what they show.

use taipan_objects::args::Args;
use taipan_objects::boot::boot;
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::range::Range;
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{int, protocol, runtime, thread};

fn with_runtime(body: impl FnOnce()) {
    runtime::attach(thread::ThreadState::new(1));
    boot();
    body();
    runtime::detach();
}

fn ok<T>(result: PyResult<T>) -> T {
    match result {
        Ok(value) => value,
        Err(raised) => panic!("{raised:?}"),
    }
}

fn text(value: impl Into<Value>) -> String {
    ok(protocol::repr(&value.into())).to_display().into_owned()
}

fn ints(numbers: &[i64]) -> Vec<Value> {
    numbers.iter().map(|&number| int::new(number)).collect()
}

fn key(number: u32) -> Value {
    if number.is_multiple_of(3) {
        Str::new(&format!("k{number}")).into_value()
    } else {
        int::new(number.into())
    }
}

/// A number sequence that looks random and is always the same.
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound
    }
}

fn check_dict(dict: &Ref<Dict>, model: &[(u32, u32)]) {
    assert_eq!(dict.len(), model.len());
    let items = dict.iter_snapshot();
    for ((stored_key, stored), (wanted_key, wanted)) in items.iter().zip(model) {
        assert!(ok(protocol::equal(stored_key, &key(*wanted_key))));
        assert_eq!(stored.as_small_int(), Some(i64::from(*wanted)));
    }
}

#[test]
fn a_dict_keeps_order_through_all_changes() {
    with_runtime(|| {
        let mut numbers = Numbers(1);
        for only_strings in [true, false] {
            let dict = Dict::new();
            let mut model: Vec<(u32, u32)> = Vec::new();
            for step in 0..20_000 {
                let number = numbers.below(400) * if only_strings { 3 } else { 1 };
                match numbers.below(10) {
                    0..=5 => {
                        ok(dict.set(key(number), int::new(step.into())));
                        match model.iter_mut().find(|(known, _)| *known == number) {
                            Some(entry) => entry.1 = step,
                            None => model.push((number, step)),
                        }
                    }
                    6 | 7 => {
                        let removed = ok(dict.remove(&key(number)));
                        let place = model.iter().position(|(known, _)| *known == number);
                        assert_eq!(removed.is_some(), place.is_some());
                        if let Some(place) = place {
                            model.remove(place);
                        }
                    }
                    8 => {
                        let popped = dict.popitem();
                        assert_eq!(popped.is_some(), model.pop().is_some());
                    }
                    _ => {
                        let popped = dict.pop_first();
                        assert_eq!(popped.is_some(), !model.is_empty());
                        if !model.is_empty() {
                            model.remove(0);
                        }
                    }
                }
                if step % 97 == 0 {
                    check_dict(&dict, &model);
                    check_dict(&dict.copy(), &model);
                }
            }
            assert_eq!(dict.has_only_str_keys(), only_strings);
        }
    });
}

#[test]
fn containers_show_compare_and_slice() {
    with_runtime(|| {
        a_dict_used_as_a_queue_stays_quick();
        moves_keep_the_order();
        sets_are_as_in_cpython();
        lists_change_in_place();
        ranges_and_slices();
        sorting();
        struct_sequences();
    });
}

fn a_dict_used_as_a_queue_stays_quick() {
    let dict = Dict::new();
    for number in 0..200_000 {
        ok(dict.set(int::new(number), Value::NONE));
    }
    for number in 0..200_000 {
        let (key, _) = dict.pop_first().expect("there are keys left");
        assert_eq!(key.as_small_int(), Some(number));
        ok(dict.set(int::new(number + 1_000_000), Value::NONE));
    }
    assert_eq!(dict.len(), 200_000);
}

fn moves_keep_the_order() {
    let dict = Dict::new();
    for name in ["a", "b", "c"] {
        dict.set_str(&Str::new(name), Value::NONE);
    }
    let version = dict.keys_version_tag();
    assert_ne!(version, 0);
    dict.set_str(&Str::new("b"), Value::TRUE);
    assert_eq!(dict.keys_version(), version);
    let a = Str::new("a");
    ok(dict.move_to_end(a.as_value(), a.hash_value()));
    assert_ne!(dict.keys_version_tag(), version);
    assert_eq!(text(dict.clone()), "{'b': True, 'c': None, 'a': None}");
    assert!(ok(dict.move_to_front(a.as_value(), a.hash_value())));
    assert_eq!(text(dict.clone()), "{'a': None, 'b': True, 'c': None}");
    dict.set_str(&Str::new("d"), dict.to_value());
    assert_eq!(
        text(dict.clone()),
        "{'a': None, 'b': True, 'c': None, 'd': {...}}"
    );
    dict.clear_all();
}

fn sets_are_as_in_cpython() {
    let set = ok(Set::from_items(&ints(&[5, 300, 7, 1, 100_000, -1, 12, 64])));
    assert_eq!(text(set.clone()), "{100000, 1, 64, 5, 7, 300, 12, -1}");
    ok(set.discard(&int::new(7)));
    for number in 0..40 {
        ok(set.add(int::new(number * number)));
    }
    let frozen = ok(FrozenSet::from_items(&set.snapshot()));
    assert!(ok(set.equals(&frozen)));
    let three = ok(FrozenSet::from_items(&ints(&[1, 2, 3])));
    assert_eq!(three.hash_value(), -272_375_401_224_217_160);
    assert_eq!(text(three), "frozenset({1, 2, 3})");
    let mut numbers = Numbers(3);
    let (set, mut model) = (Set::new(), std::collections::BTreeSet::new());
    for _ in 0..20_000 {
        let number = numbers.below(500);
        if numbers.below(3) > 0 {
            assert_eq!(ok(set.add(key(number))), model.insert(number));
        } else {
            assert_eq!(ok(set.discard(&key(number))), model.remove(&number));
        }
        assert_eq!(set.len(), model.len());
    }
    assert!(model.iter().all(|&number| ok(set.contains(&key(number)))));
}

fn slice(start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> Value {
    let bound = |bound: Option<i64>| bound.map_or(Value::NONE, int::new);
    Slice::new(bound(start), bound(stop), bound(step)).into_value()
}

fn lists_change_in_place() {
    let list = List::new(ints(&[0, 1, 2, 3, 4, 5, 6, 7]));
    let value = list.as_value();
    assert_eq!(
        text(ok(protocol::getitem(value, &slice(None, None, Some(-3))))),
        "[7, 4, 1]"
    );
    ok(protocol::delitem(value, &slice(None, None, Some(3))));
    assert_eq!(text(list.clone()), "[1, 2, 4, 5, 7]");
    ok(protocol::setitem(
        value,
        &slice(Some(1), Some(3), None),
        List::new(ints(&[9, 9, 9])).as_value(),
    ));
    assert_eq!(text(list.clone()), "[1, 9, 9, 9, 5, 7]");
    ok(protocol::setitem(
        value,
        &slice(Some(3), Some(1), None),
        List::new(ints(&[8])).as_value(),
    ));
    assert_eq!(text(list.clone()), "[1, 9, 9, 8, 9, 5, 7]");
    ok(protocol::delitem(value, &slice(None, None, Some(-2))));
    assert_eq!(text(list.clone()), "[9, 8, 5]");
    ok(list.extend(value));
    assert_eq!(text(list.clone()), "[9, 8, 5, 9, 8, 5]");
    ok(list.push(list.to_value()));
    assert_eq!(text(list.clone()), "[9, 8, 5, 9, 8, 5, [...]]");
    drop(list.take_all());
    let raised = protocol::getitem(value, &int::new(0)).expect_err("the list is empty");
    assert_eq!(
        format!("{raised:?}"),
        "Raised(IndexError: list index out of range)"
    );
    let pair = Tuple::from_array([int::new(1), Str::new("x").into_value()]);
    assert_eq!(text(pair.clone()), "(1, 'x')");
    assert_eq!(
        ok(Tuple::from_array([int::new(1)]).hash_value()),
        -6_644_214_454_873_602_895
    );
    assert_eq!(text(Tuple::from_array([int::new(1)])), "(1,)");
    assert!(
        ok(protocol::compare(
            pair.as_value(),
            Tuple::from_array([int::new(2)]).as_value(),
            Comparison::Lt
        ))
        .is_true()
    );
}

fn ranges_and_slices() {
    let range = Range::new(0, 10, 3);
    assert_eq!(text(range.clone()), "range(0, 10, 3)");
    assert_eq!(
        text(ok(List::from_iterable(range.as_value()))),
        "[0, 3, 6, 9]"
    );
    assert_eq!(
        text(ok(protocol::getitem(
            range.as_value(),
            &slice(None, None, Some(-1))
        ))),
        "range(9, -3, -3)"
    );
    assert!(ok(protocol::contains(range.as_value(), &int::new(6))));
    assert!(!ok(protocol::contains(range.as_value(), &int::new(7))));
    let edge = Range::new(i64::MAX - 2, i64::MAX, 2);
    assert_eq!(
        text(ok(List::from_iterable(edge.as_value()))),
        format!("[{}]", i64::MAX - 2)
    );
    let backwards = ok(protocol::call_method(
        range.as_value(),
        taipan_objects::id!("__reversed__"),
        &[],
    ));
    assert_eq!(text(ok(List::from_iterable(&backwards))), "[9, 6, 3, 0]");
    assert_eq!(text(slice(Some(1), None, Some(2))), "slice(1, None, 2)");
}

fn sorting() {
    let words = ["pear", "fig", "apple", "kiwi", "fig"];
    let list = List::new(
        words
            .iter()
            .map(|word| Str::new(word).into_value())
            .collect(),
    );
    ok(protocol::call_method(
        list.as_value(),
        taipan_objects::id!("sort"),
        &[],
    ));
    assert_eq!(
        text(list.clone()),
        "['apple', 'fig', 'fig', 'kiwi', 'pear']"
    );
    let reverse = [Value::TRUE];
    let names = [Str::new("reverse").into_value()];
    let sort = ok(protocol::getattr(
        list.as_value(),
        taipan_objects::id!("sort"),
    ));
    ok(protocol::call(&sort, Args::new(&reverse, &names)));
    assert_eq!(
        text(list.clone()),
        "['pear', 'kiwi', 'fig', 'fig', 'apple']"
    );
    ok(list.push(int::new(1)));
    assert!(protocol::call0(&sort).is_err());
    assert_eq!(list.len(), 6);
}

static POINT: StructSeqDef = StructSeqDef {
    name: "point",
    module: "test",
    doc: "A point.",
    fields: &[
        Field::new("x", "across"),
        Field::new("y", "up"),
        Field::new("label", "its name"),
    ],
    visible: 2,
    instantiable: true,
    complete: None,
};

fn struct_sequences() {
    let point = POINT.make(vec![int::new(1), int::new(2), Str::new("p").into_value()]);
    assert_eq!(text(point.clone()), "test.point(x=1, y=2)");
    let label = ok(protocol::getattr(&point, taipan_objects::id!("label")));
    assert_eq!(text(label), "'p'");
    assert!(ok(protocol::equal(
        &point,
        Tuple::pair(int::new(1), int::new(2)).as_value()
    )));
    let class: &Ref<Type> = POINT.class();
    let other = ok(protocol::call1(
        class.as_value(),
        List::new(ints(&[3, 4])).as_value(),
    ));
    assert_eq!(text(other), "test.point(x=3, y=4)");
    assert!(class.is_subclass(Tuple::class()));
}
