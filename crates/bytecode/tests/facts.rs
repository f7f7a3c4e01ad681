//! The generated tables against CPython 3.14's own, row by row.

mod table;

use table::{Table, evaluate};
use taipan_bytecode::{
    BinaryOp, CodeFlags, CommonConstant, CompareMask, CompareOp, ConvertValue, Flags,
    FunctionAttribute, Intrinsic1, Intrinsic2, LocalKind, OpargSize, Opcode, OpcodeKind, Pseudo,
    Replacement, ResumeKind, SpecialMethod, Uop, stack_effect,
};

const OPARGS: [i64; 9] = [0, 1, 2, 3, 4, 7, 9, 255, 771];

/// The flags that CPython has, too.
fn common_flags(flags: Flags) -> String {
    let set = Flags::NAMES
        .iter()
        .filter(|(flag, _)| flag.0 <= 0xFFFF && flags.contains(*flag));
    let names: Vec<&str> = set.map(|(_, name)| *name).collect();
    sorted(&names.join(","))
}

fn sorted(list: &str) -> String {
    let mut words: Vec<&str> = list.split(',').collect();
    words.sort_unstable();
    words.join(",")
}

#[test]
fn opcodes_are_cpythons() {
    let table = Table::read("opcodes.tsv");
    assert_eq!(table.rows.len(), Opcode::ALL.len() + Pseudo::ALL.len());
    for row in &table.rows {
        let number: u16 = row["id"].parse().unwrap();
        let name = &row["name"];
        let (ours, flags, effect) = match u8::try_from(number) {
            Ok(byte) => {
                let opcode = Opcode::try_from(byte).unwrap();
                check_opcode(opcode, row);
                (opcode.name(), opcode.flags(), opcode.effect())
            }
            Err(_) => {
                let pseudo = Pseudo::try_from(number).unwrap();
                (pseudo.name(), pseudo.flags(), pseudo.effect())
            }
        };
        assert_eq!(ours, name);
        assert_eq!(common_flags(flags), sorted(&row["flags"]), "{name}");
        for oparg in OPARGS {
            assert_eq!(
                effect.popped(oparg),
                evaluate(&row["popped"], oparg),
                "{name}"
            );
            assert_eq!(
                effect.pushed(oparg),
                evaluate(&row["pushed"], oparg),
                "{name}"
            );
        }
    }
}

fn check_opcode(opcode: Opcode, row: &table::Row) {
    let kind = match opcode.kind() {
        OpcodeKind::Base => "base",
        OpcodeKind::Specialized => "specialized",
        OpcodeKind::Instrumented => "instrumented",
    };
    assert_eq!(kind, row["kind"]);
    let base = match opcode.kind() {
        OpcodeKind::Base => None,
        OpcodeKind::Specialized => Some(opcode.base()),
        OpcodeKind::Instrumented => opcode.plain(),
    };
    assert_eq!(base.map_or("", Opcode::name), row["base"], "{opcode:?}");
    assert_eq!(
        opcode.cache_units().to_string(),
        row["cache_units"],
        "{opcode:?}"
    );
    if let Some(plain) = opcode.plain() {
        assert_eq!(plain.instrumented(), Some(opcode));
    }
    if opcode.kind() == OpcodeKind::Specialized {
        assert!(opcode.base().specializations().contains(&opcode));
    }
    assert_eq!(Opcode::from_name(opcode.name()), Some(opcode));
}

#[test]
fn numbers_without_an_opcode_are_none() {
    let known = (0..=255).filter(|&byte| Opcode::try_from(byte).is_ok());
    assert_eq!(known.count(), Opcode::ALL.len());
    assert_eq!(Opcode::try_from(121), Err(121));
    assert_eq!(Pseudo::try_from(255), Err(255));
    assert_eq!(Pseudo::try_from(267), Err(267));
    assert_eq!(Uop::try_from(1), Err(1));
    assert_eq!(Uop::try_from(517), Err(517));
}

#[test]
fn uops_are_cpythons() {
    let table = Table::read("uops.tsv");
    assert_eq!(table.rows.len(), Uop::ALL.len());
    for row in &table.rows {
        let number: u16 = row["id"].parse().unwrap();
        let uop = Uop::try_from(number).unwrap();
        assert_eq!(uop.name(), row["name"]);
        assert_eq!(common_flags(uop.flags()), sorted(&row["flags"]), "{uop:?}");
        assert_eq!(
            u8::from(uop.is_viable()).to_string(),
            row["viable"],
            "{uop:?}"
        );
        assert_eq!(uop.copies().to_string(), row["replication"], "{uop:?}");
        if row["popped"] != "-1" {
            for oparg in OPARGS {
                let popped = evaluate(&row["popped"], oparg);
                assert_eq!(uop.effect().consumed(oparg), popped, "{uop:?} {oparg}");
            }
        }
        for oparg in 0..uop.copies() {
            let copy = uop.copy(oparg).unwrap();
            assert_eq!(copy.copy_of(), Some((uop, oparg)));
        }
        assert_eq!(uop.copy(uop.copies()), None);
        let opcode = u8::try_from(number)
            .ok()
            .map(|byte| Opcode::try_from(byte).unwrap());
        assert_eq!(uop.opcode(), opcode);
        if let Some(opcode) = opcode {
            assert_eq!(opcode.uop(), Some(uop));
        }
    }
}

#[test]
fn expansions_are_cpythons() {
    let table = Table::read("expansions.tsv");
    let expanding = Opcode::ALL
        .iter()
        .filter(|opcode| opcode.expansion().is_some());
    assert_eq!(table.rows.len(), expanding.count());
    for row in &table.rows {
        let opcode = Opcode::from_name(&row["opcode"]).unwrap();
        let entries: Vec<String> = opcode
            .expansion()
            .unwrap()
            .iter()
            .map(|entry| {
                format!(
                    "{}:{}:{}",
                    entry.uop.name(),
                    entry.size.name(),
                    entry.offset
                )
            })
            .collect();
        assert_eq!(entries.join(" "), row["uops"], "{opcode:?}");
    }
}

#[test]
fn replacements_and_guards_are_cpythons() {
    let table = Table::read("special.tsv");
    for (new, old, _) in table.group("uop_replacement") {
        let replacement = Replacement::Uop(Uop::from_name(new).unwrap());
        assert_eq!(
            Uop::from_name(old).unwrap().replacement(),
            Some(replacement)
        );
    }
    for (likely, opcode, meaning) in table.group("branch_guard") {
        let guards = Opcode::from_name(opcode).unwrap().branch_guards().unwrap();
        let guard = if likely == "1" {
            guards.jump
        } else {
            guards.stay
        };
        assert!(
            meaning.contains(&format!(": {},", guard.name())),
            "{opcode}"
        );
    }
    let exits: Vec<&str> = table
        .group("for_iter_exit")
        .map(|(_, name, _)| name)
        .collect();
    for uop in Uop::ALL {
        let leaves_loop = uop.flags().contains(Flags::LOOP_EXIT);
        assert_eq!(leaves_loop, exits.contains(&uop.name()), "{uop:?}");
    }
}

#[test]
fn cache_layouts_are_cpythons() {
    let table = Table::read("special.tsv");
    let mut with_cache = 0;
    for (units, name, layout) in table.group("cache_layout") {
        let opcode = Opcode::from_name(name).unwrap();
        let fields = opcode.cache_fields();
        let ours: Vec<String> = fields
            .iter()
            .map(|f| format!("{}:{}", f.name, f.units))
            .collect();
        assert_eq!(
            format!("{} (units of 16 bits)", ours.join(" ")),
            layout,
            "{name}"
        );
        assert_eq!(opcode.cache_units().to_string(), units);
        with_cache += 1;
    }
    let bases = Opcode::ALL
        .iter()
        .filter(|opcode| opcode.kind() == OpcodeKind::Base);
    assert_eq!(
        bases.filter(|opcode| opcode.cache_units() > 0).count(),
        with_cache
    );
}

#[test]
fn lists_are_cpythons() {
    let table = Table::read("special.tsv");
    macro_rules! check {
        ($group:literal, $list:ty) => {
            let rows: Vec<(&str, &str, &str)> = table.group($group).collect();
            assert_eq!(rows.len(), <$list>::ALL.len(), $group);
            for (number, name, _) in rows {
                let item = <$list>::from_number(number.parse().unwrap()).unwrap();
                assert_eq!(item.name(), name);
            }
        };
    }
    check!("load_special", SpecialMethod);
    check!("load_common_constant", CommonConstant);
    check!("call_intrinsic_1", Intrinsic1);
    check!("call_intrinsic_2", Intrinsic2);
    check!("binary_op", BinaryOp);
    check!("compare_op_kind", CompareOp);
    check!("resume_location", ResumeKind);
    check!("convert_value", ConvertValue);
    check!("set_function_attribute", FunctionAttribute);
    check!("oparg_size", OpargSize);
    for (number, _, symbol) in table.group("binary_op") {
        let op = BinaryOp::from_number(number.parse().unwrap()).unwrap();
        assert_eq!(op.symbol(), symbol);
    }
    macro_rules! check_bits {
        ($group:literal, $bits:ty, $take:expr) => {
            let names = <$bits>::NAMES.map(|(bit, name)| (u64::from(bit.0), name.to_uppercase()));
            let ours = names[..$take].to_vec();
            let theirs: Vec<(u64, String)> = table
                .group($group)
                .map(|(value, name, _)| (table::number(value), name.to_uppercase()))
                .collect();
            assert_eq!(ours, theirs);
        };
    }
    check_bits!("code_flag", CodeFlags, 20);
    check_bits!("localsplus_kind", LocalKind, 7);
    check_bits!("compare_op_mask", CompareMask, 4);
    let flags = Flags::NAMES.map(|(flag, name)| (flag.0, name.replace('_', "")));
    for (value, name, _) in table.group("flag_bit") {
        let name = name.to_lowercase().replace('_', "");
        assert!(flags.contains(&(value.parse().unwrap(), name)));
    }
}

#[test]
fn comparison_opargs_are_cpythons() {
    let table = Table::read("special.tsv");
    for (oparg, symbol, meaning) in table.group("compare_op_oparg") {
        let op = CompareOp::ALL
            .into_iter()
            .find(|op| op.name() == symbol)
            .unwrap();
        assert_eq!(op.oparg(false).to_string(), oparg);
        assert!(meaning.ends_with(&format!("to_bool {}", op.oparg(true))));
        assert_eq!(CompareOp::from_oparg(op.oparg(true)), Some(op));
        assert!(CompareMask::from_oparg(op.oparg(true)).contains(CompareMask::TO_BOOL));
    }
}

#[test]
fn tunables_are_cpythons() {
    let source = include_str!("../src/generated/tunables.rs");
    let mut constants = std::collections::HashMap::new();
    for line in source.lines().filter(|line| line.starts_with("pub const ")) {
        let (name, rest) = line["pub const ".len()..].split_once(": ").unwrap();
        let value = rest.split_once("= ").unwrap().1.trim_end_matches(';');
        constants.insert(name, table::number(value));
    }
    let table = Table::read("constants.tsv");
    assert_eq!(table.rows.len(), constants.len());
    for row in &table.rows {
        assert_eq!(
            constants[row["name"].as_str()],
            table::number(&row["value"]),
            "{}",
            row["name"]
        );
    }
}

#[test]
fn stack_effect_answers_as_dis_does() {
    let of = |opcode: Opcode, oparg| stack_effect(opcode as u32, oparg, None);
    assert_eq!(of(Opcode::BuildList, 3), Some(-2));
    assert_eq!(of(Opcode::BuildMap, 2), Some(-3));
    assert_eq!(of(Opcode::Call, 1), Some(-2));
    assert_eq!(of(Opcode::UnpackEx, 0x0102), Some(3));
    assert_eq!(of(Opcode::LoadAttr, 1), Some(1));
    assert_eq!(of(Opcode::InstrumentedCall, 1), Some(-2));
    assert_eq!(of(Opcode::EnterExecutor, 1), Some(0));
    assert_eq!(of(Opcode::BinaryOpAddInt, 0), None);
    assert_eq!(of(Opcode::BuildList, -1), None);
    assert_eq!(stack_effect(121, 0, None), None);
    assert_eq!(stack_effect(1000, 0, None), None);
    let setup = Pseudo::SetupCleanup as u32;
    assert_eq!(stack_effect(setup, 0, None), Some(2));
    assert_eq!(stack_effect(setup, 0, Some(true)), Some(2));
    assert_eq!(stack_effect(setup, 0, Some(false)), Some(0));
    assert_eq!(
        stack_effect(Opcode::ForIter as u32, 0, Some(false)),
        Some(1)
    );
}
