//! The decoders of line and exception tables against what CPython makes of the same bytes.

mod table;

use table::{Table, bytes};
use taipan_bytecode::exception_table::{self, Entry, Handler};
use taipan_bytecode::linetable::{self, LineRange, Location};
use taipan_bytecode::{CodeUnit, Opcode, instructions};

fn optional(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[test]
fn positions_are_cpythons() {
    for row in Table::read("linetables.tsv").rows {
        let table = bytes(&row["linetable"]);
        let first_line = row["first_line"].parse().unwrap();
        let mut expected = Vec::new();
        for run in row["positions"].split(' ') {
            let (position, units) = run.split_once('*').unwrap();
            let fields: Vec<Option<u32>> = position.split(',').map(optional).collect();
            let location = Location {
                line: fields[0],
                end_line: fields[1],
                column: fields[2],
                end_column: fields[3],
            };
            expected.extend(vec![location; units.parse().unwrap()]);
        }
        let found: Vec<Location> = linetable::positions(&table, first_line).collect();
        assert_eq!(found, expected);
        for (offset, location) in expected.iter().enumerate() {
            let line = linetable::line_of(&table, first_line, offset as u32);
            assert_eq!(line, location.line);
        }
        let behind = expected.len() as u32;
        assert_eq!(linetable::line_of(&table, first_line, behind), None);
    }
}

#[test]
fn lines_are_cpythons() {
    for row in Table::read("linetables.tsv").rows {
        let table = bytes(&row["linetable"]);
        let first_line = row["first_line"].parse().unwrap();
        let expected: Vec<LineRange> = row["lines"]
            .split(' ')
            .map(|range| {
                let fields: Vec<&str> = range.split(',').collect();
                LineRange {
                    start: fields[0].parse().unwrap(),
                    end: fields[1].parse().unwrap(),
                    line: optional(fields[2]),
                }
            })
            .collect();
        let found: Vec<LineRange> = linetable::lines(&table, first_line).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn exception_tables_are_cpythons() {
    for row in Table::read("exceptiontables.tsv").rows {
        let table = bytes(&row["exceptiontable"]);
        let expected: Vec<Entry> = row["entries"]
            .split(' ')
            .map(|entry| {
                let fields: Vec<u32> = entry.split(',').map(|f| f.parse().unwrap()).collect();
                Entry {
                    start: fields[0],
                    end: fields[1],
                    handler: Handler {
                        target: fields[2],
                        depth: fields[3],
                        lasti: fields[4] == 1,
                    },
                }
            })
            .collect();
        let found: Vec<Entry> = exception_table::entries(&table).collect();
        assert_eq!(found, expected);
        let last = expected.last().unwrap().end;
        for offset in 0..last + 3 {
            let guarding = expected
                .iter()
                .find(|e| e.start <= offset && offset < e.end);
            let handler = exception_table::lookup(&table, offset);
            assert_eq!(handler, guarding.map(|entry| entry.handler), "{offset}");
        }
    }
}

#[test]
fn malformed_tables_end_without_a_panic() {
    for byte in 0..=255u8 {
        for length in [1, 2, 3, 41, 200] {
            let table = vec![byte; length];
            assert!(exception_table::entries(&table).count() <= length);
            exception_table::lookup(&table, 7);
            exception_table::lookup(&table, u32::MAX);
            assert!(linetable::entries(&table, 1).count() <= length);
            assert!(linetable::lines(&table, u32::MAX).count() <= length);
            linetable::line_of(&table, 1, u32::MAX);
        }
    }
}

#[test]
fn instructions_step_over_prefixes_and_caches() {
    let code = [
        CodeUnit::new(Opcode::Resume, 0),
        CodeUnit::new(Opcode::ExtendedArg, 1),
        CodeUnit::new(Opcode::LoadGlobal, 2),
        CodeUnit(7),
        CodeUnit(0),
        CodeUnit(0),
        CodeUnit(0),
        CodeUnit(121),
        CodeUnit::new(Opcode::ReturnValue, 0),
    ];
    let found: Vec<_> = instructions(&code)
        .map(|found| (found.start, found.offset, found.opcode, found.oparg))
        .collect();
    let expected = [
        (0, 0, Ok(Opcode::Resume), 0),
        (1, 2, Ok(Opcode::LoadGlobal), 258),
        (7, 7, Err(121), 0),
        (8, 8, Ok(Opcode::ReturnValue), 0),
    ];
    assert_eq!(found, expected);
    assert_eq!(instructions(&code[..2]).count(), 1);
}
