//! Every code object of the library against CPython 3.14.2, by hash.
//!
//! The table was made with CPython over the same sources. A row names a file and the path of
//! names to a code object, then the first ten hexadecimal digits of the MD5 of: `co_code`; names,
//! variables, flags, sizes and constants as text; the exception table; and `repr` of the list of
//! `co_positions()`.

use std::fmt::Write as _;
use std::path::Path;

use md5::{Digest, Md5};
use rustpython_literal::{complex, escape, float};
use taipan_compiler::{Code, Const, Decoded, Mode, Options, compile, decode_source};

fn hash(bytes: &[u8]) -> String {
    Md5::digest(bytes)
        .iter()
        .take(5)
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes all text");
            text
        })
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(",")
}

/// A constant as `type:repr`, the elements of frozensets sorted.
fn const_key(constant: &Const) -> Vec<u8> {
    let list = |items: &[Const]| items.iter().map(const_key).collect::<Vec<_>>();
    match constant {
        Const::Code(_) => b"<code>".to_vec(),
        Const::None => b"NoneType:None".to_vec(),
        Const::True => b"bool:True".to_vec(),
        Const::False => b"bool:False".to_vec(),
        Const::Ellipsis => b"ellipsis:Ellipsis".to_vec(),
        Const::Tuple(items) => [b"(", list(items).join(&b","[..]).as_slice(), b")"].concat(),
        Const::FrozenSet(items) => {
            let mut items = list(items);
            items.sort();
            [b"{", items.join(&b","[..]).as_slice(), b"}"].concat()
        }
        Const::Slice(items) => {
            let parts = items.each_ref().map(|item| {
                let key = const_key(item);
                let colon = key
                    .iter()
                    .position(|&byte| byte == b':')
                    .map_or(0, |at| at + 1);
                key[colon..].to_vec()
            });
            [b"slice:slice(", parts.join(&b", "[..]).as_slice(), b")"].concat()
        }
        Const::Int(value) => format!("int:{value}").into_bytes(),
        Const::Float(value) => format!("float:{}", float::to_string(*value)).into_bytes(),
        Const::Complex(real, imag) => {
            format!("complex:{}", complex::to_string(*real, *imag)).into_bytes()
        }
        Const::Bytes(bytes) => {
            let repr = escape::AsciiEscape::new_repr(bytes)
                .bytes_repr()
                .to_string();
            format!("bytes:{}", repr.expect("a short repr")).into_bytes()
        }
        Const::Str(text) => {
            let repr = escape::UnicodeEscape::new_repr(text).str_repr().to_string();
            format!("str:{}", repr.expect("a short repr")).into_bytes()
        }
    }
}

/// The text that the second hash covers.
fn summary(code: &Code) -> Vec<u8> {
    let head = [
        code.names.join(","),
        join(code.varnames()),
        join(code.freevars()),
        join(code.cellvars()),
        code.flags.to_string(),
        code.stack_size.to_string(),
        code.arg_count.to_string(),
    ]
    .join("|");
    let consts: Vec<_> = code.consts.iter().map(const_key).collect();
    [head.as_bytes(), b"|", &consts.join(&b";"[..])].concat()
}

/// `repr(list(code.co_positions()))`.
fn positions(code: &Code) -> String {
    let mut bytes = code.linetable.iter().copied();
    let mut line = i64::from(code.first_line);
    let mut out = Vec::new();
    while let Some(head) = bytes.next() {
        let length = usize::from(head & 7) + 1;
        let mut varint = || {
            let (mut value, mut shift) = (0i64, 0);
            loop {
                let byte = bytes.next().expect("an entry is whole");
                value |= i64::from(byte & 0x3f) << shift;
                shift += 6;
                if byte & 0x40 == 0 {
                    return value;
                }
            }
        };
        let signed = |value: i64| {
            if value & 1 != 0 {
                -(value >> 1)
            } else {
                value >> 1
            }
        };
        let entry = match (head >> 3) & 15 {
            15 => "(None, None, None, None)".to_owned(),
            14 => {
                line += signed(varint());
                let end_line = line + varint();
                let mut column = || match varint() {
                    0 => "None".to_owned(),
                    column => (column - 1).to_string(),
                };
                let start = column();
                format!("({line}, {end_line}, {start}, {})", column())
            }
            13 => {
                line += signed(varint());
                format!("({line}, {line}, None, None)")
            }
            kind @ 10..=12 => {
                line += i64::from(kind - 10);
                let start = bytes.next().expect("an entry is whole");
                let end = bytes.next().expect("an entry is whole");
                format!("({line}, {line}, {start}, {end})")
            }
            kind => {
                let byte = bytes.next().expect("an entry is whole");
                let start = kind << 3 | byte >> 4;
                format!("({line}, {line}, {start}, {})", start + (byte & 15))
            }
        };
        out.extend(std::iter::repeat_n(entry, length));
    }
    format!("[{}]", out.join(", "))
}

fn rows(code: &Code, path: &str, file: &str, out: &mut Vec<String>) {
    out.push(format!(
        "{file}\t{path}\t{}\t{}\t{}\t{}",
        hash(&code.code),
        hash(&summary(code)),
        hash(&code.exceptiontable),
        hash(positions(code).as_bytes())
    ));
    let mut seen = Vec::new();
    for constant in &code.consts {
        let Const::Code(inner) = constant else {
            continue;
        };
        let earlier = seen.iter().filter(|name| **name == &inner.name).count();
        seen.push(&inner.name);
        let suffix = if earlier == 0 {
            String::new()
        } else {
            format!("#{earlier}")
        };
        rows(inner, &format!("{path}/{}{suffix}", inner.name), file, out);
    }
}

#[test]
fn code_objects_equal_cpython() {
    let packed = include_bytes!("data/codehash-3.14.2.tsv.zlib");
    let table = miniz_oxide::inflate::decompress_to_vec_zlib(packed).expect("the table is whole");
    let table = String::from_utf8(table).expect("the table is text");
    let mut expected = table.lines().peekable();
    let mut checked = 0;
    while let Some(row) = expected.peek() {
        let file = row
            .split('\t')
            .next()
            .expect("a row begins with its file")
            .to_owned();
        let content = std::fs::read(Path::new(rustpython_pylib::LIB_PATH).join(&file))
            .expect("the table is of this library");
        let Ok(Decoded::Text { text, .. }) = decode_source(&content) else {
            panic!("{file} is in a codec of its own");
        };
        let code = compile(&text, &file, Mode::Exec, &Options::default())
            .unwrap_or_else(|error| panic!("{file}: {error:?}"))
            .code;
        let mut actual = Vec::new();
        rows(&code, "<module>", &file, &mut actual);
        for row in actual {
            assert_eq!(Some(row.as_str()), expected.next());
            checked += 1;
        }
    }
    assert_eq!(checked, 22_151);
}
