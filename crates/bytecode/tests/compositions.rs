//! What the loop runs for a specialized opcode are the uops of its expansion, in order. (A trace has a `_NOP` where another
//! pass may put a guard; the loop has nothing there.)

use taipan_bytecode::{Expand, Opcode, Uop};

macro_rules! list {
    ($($member:ident of $base:ident: $($part:ident[$($units:literal @ $offset:literal),*])*;)*) => {
        &[$((Opcode::$member, Opcode::$base, &[$(stringify!($part)),*])),*]
    };
}

const COMPOSITIONS: &[(Opcode, Opcode, &[&str])] = taipan_bytecode::specialized_opcodes!(list);

#[test]
fn compositions_are_expansions() {
    for &(member, base, parts) in COMPOSITIONS {
        assert_eq!(member.base(), base);
        let Some(expansion) = member.expansion() else {
            continue;
        };
        let uops: Vec<String> = expansion
            .iter()
            .filter(|entry| entry.uop != Uop::Nop && !fills_operand1(entry))
            .map(|entry| format!("{:?}", entry.uop))
            .collect();
        assert_eq!(uops, parts, "{member:?}");
    }
}

/// Whether an entry belongs to the uop before it.
fn fills_operand1(entry: &Expand) -> bool {
    format!("{:?}", entry.size).starts_with("Operand1")
}

#[test]
fn every_specialized_opcode_is_composed() {
    for opcode in Opcode::ALL {
        for member in opcode.specializations() {
            assert!(
                COMPOSITIONS.iter().any(|(listed, ..)| listed == member),
                "{member:?}"
            );
        }
    }
}
