//! Whole code objects against CPython 3.14.2: every field, position tables included.

use taipan_compiler::{Code, Const, Mode, Options, compile, marshal};

fn module(source: &str) -> Code {
    compile(source, "<t>", Mode::Exec, &Options::default())
        .expect("the source is a program")
        .code
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("hexadecimal is ASCII");
            u8::from_str_radix(pair, 16).expect("a pair of digits is a byte")
        })
        .collect()
}

/// The programs of the data file: name, source, marshalled code object.
fn programs() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    include_str!("data/code-3.14.2.txt")
        .split("== ")
        .skip(1)
        .map(|program| {
            let (name, rest) = program.split_once('\n').expect("a name ends its line");
            let (source, hex) = rest
                .split_once("\n--\n")
                .expect("a source ends with two dashes");
            (name, source, bytes_of_hex(hex.trim()))
        })
        .collect()
}

#[test]
fn code_objects_equal_cpython() {
    for (name, source, expected) in programs() {
        let expected = marshal::read(&expected).expect("CPython's data is readable");
        assert_eq!(module(&format!("{source}\n")), expected, "{name}");
    }
}

#[test]
fn marshal_reads_what_it_writes() {
    for (name, source, _) in programs() {
        let code = module(source);
        assert_eq!(marshal::read(&marshal::write(&code)), Ok(code), "{name}");
    }
    let integers =
        module("x = (2**14, 2**15, 2**31, -2**31, 2**32, 2**89, -(2**90) + 1, 1e400, -0.0)\n");
    assert_eq!(marshal::read(&marshal::write(&integers)), Ok(integers));
}

#[test]
fn marshal_refuses_damaged_data() {
    let data = marshal::write(&module(programs()[2].1));
    for end in 0..data.len() {
        assert!(marshal::read(&data[..end]).is_err(), "cut at {end}");
    }
    for at in 0..data.len() {
        let mut damaged = data.clone();
        damaged[at] ^= 0xff;
        // Any answer is right, as long as there is one.
        let _ = marshal::read(&damaged);
    }
}

#[test]
fn base_instructions_have_zero_caches() {
    // RESUME 0; LOAD_SMALL_INT 1; STORE_NAME 0; LOAD_CONST 1; RETURN_VALUE 0
    assert_eq!(
        *module("x = 1\n").code,
        [0x80, 0, 0x5e, 1, 0x74, 0, 0x52, 1, 0x23, 0]
    );
}

#[test]
fn modes_choose_the_start_symbol() {
    let options = Options::default();
    let eval = compile("1 + x", "<t>", Mode::Eval, &options)
        .expect("an expression")
        .code;
    assert_eq!(eval.names, ["x"]);
    assert!(compile("x = 1", "<t>", Mode::Eval, &options).is_err());
    let single = compile("x\n", "<t>", Mode::Single, &options)
        .expect("a statement")
        .code;
    // CALL_INTRINSIC_1 INTRINSIC_PRINT
    assert!(
        single.code.chunks(2).any(|unit| unit == [0x35, 1]),
        "{:x?}",
        single.code
    );
}

#[test]
fn optimization_drops_asserts_and_docstrings() {
    let source = "'doc'\nassert x\n";
    let names = |optimize| {
        let options = Options {
            optimize,
            ..Options::default()
        };
        let code = compile(source, "<t>", Mode::Exec, &options)
            .expect("a module")
            .code;
        (code.names, code.consts)
    };
    assert!(names(0).0.contains(&"x".to_owned()));
    assert_eq!(names(1).0, ["__doc__"]);
    assert_eq!(names(2), (vec![], vec![Const::None]));
}

#[test]
fn line_ends_are_normalized() {
    let unix = module("x = '''a\nb'''\ny = 1\n");
    assert_eq!(module("x = '''a\r\nb'''\r\ny = 1\r\n"), unix);
    assert_eq!(module("x = '''a\rb'''\ry = 1\r"), unix);
}
