//! The headers that CPython would have if its instruction set were ours.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Files;
use crate::codegen::Definitions;
use crate::codegen::lists::Bits;
use crate::codegen::model::{Entry, Kind, kept};
use crate::codegen::syntax::{Slot, Width};
use crate::drift::headers::{OPCODE_IDS, OPCODE_METADATA, UOP_IDS, UOP_METADATA};

/// All files that are compared.
pub fn headers(ours: &Definitions) -> Files {
    let mut files = Files::from([
        (OPCODE_IDS.to_string(), opcode_ids(ours)),
        (UOP_IDS.to_string(), uop_ids(ours)),
        (UOP_METADATA.to_string(), uop_metadata(ours)),
        (OPCODE_METADATA.to_string(), opcode_metadata(ours)),
    ]);
    let mut define = |file: &String, name: &str, value: &str| {
        let text = files.entry(file.clone()).or_default();
        let _ = writeln!(text, "#define {name} {value}");
    };
    for tunable in &ours.tunables {
        if let Some((file, name)) = &tunable.source {
            define(file, name, &tunable.value);
        }
    }
    let names = |name: &str, prefix: &str| match name.starts_with(prefix) {
        true => name.to_string(),
        false => format!("{prefix}{}", name.replace(' ', "_")),
    };
    for list in &ours.lists {
        if let Some((file, prefix)) = &list.source {
            for row in &list.rows {
                define(file, &names(&row.name, prefix), &row.number.to_string());
            }
        }
    }
    for bits in &ours.bits {
        if let Some((file, prefix)) = &bits.source {
            for row in &bits.rows {
                define(file, &names(&row.name, prefix), &row.value);
            }
        }
    }
    files
}

fn opcode_ids(ours: &Definitions) -> String {
    let mut out = String::new();
    for opcode in ours.model.opcodes.values() {
        let _ = writeln!(out, "#define {:<40} {}", opcode.name, opcode.number);
    }
    for pseudo in &ours.model.pseudos {
        let _ = writeln!(out, "#define {:<40} {}", pseudo.name, pseudo.number);
    }
    out
}

fn uop_ids(ours: &Definitions) -> String {
    let mut out = String::new();
    for uop in ours.model.uops.values() {
        let number = match ours.model.opcode_by_name(&uop.name[1..]) {
            Some(opcode) if uop.number == opcode.number.into() => opcode.name.clone(),
            _ => uop.number.to_string(),
        };
        let _ = writeln!(out, "#define {} {number}", uop.name);
    }
    out
}

fn uop_metadata(ours: &Definitions) -> String {
    let bits = ours.flags().expect("there are flags");
    let viable = || ours.model.uops.values().filter(|uop| uop.viable);
    let flags = viable().map(|uop| (&uop.name, flags(bits, uop.flags)));
    let copied = viable().filter(|uop| uop.copies > 0);
    let copies = copied.map(|uop| (&uop.name, uop.copies.to_string()));
    let names = viable().map(|uop| (&uop.name, format!("{:?}", uop.name)));
    let popped = viable().map(|uop| (&uop.name, count(&uop.effect.inputs[kept(&uop.effect)..])));
    table("const uint16_t _PyUop_Flags[MAX_UOP_ID+1]", flags)
        + &table("const uint8_t _PyUop_Replication[MAX_UOP_ID+1]", copies)
        + &table("const char *const _PyOpcode_uop_name[MAX_UOP_ID+1]", names)
        + &function("_PyUop_num_popped", popped)
}

fn opcode_metadata(ours: &Definitions) -> String {
    let bits = ours.flags().expect("there are flags");
    let model = &ours.model;
    let mut effects = BTreeMap::new();
    let mut metadata = BTreeMap::new();
    for opcode in model.opcodes.values() {
        effects.insert(&opcode.name, &opcode.effect);
        let flags = flags(bits, opcode.flags);
        let letter = if flags.contains("HAS_ARG_FLAG") {
            'B'
        } else {
            'X'
        };
        let units = match opcode.cache_units() {
            0 => String::new(),
            units => format!("C{}", "0".repeat(usize::from(units) - 1)),
        };
        let row = format!("{{ true, INSTR_FMT_I{letter}{units}, {flags} }}");
        metadata.insert(&opcode.name, row);
    }
    for pseudo in &model.pseudos {
        effects.insert(&pseudo.name, &pseudo.effect);
        let row = format!("{{ true, -1, {} }}", flags(bits, pseudo.flags));
        metadata.insert(&pseudo.name, row);
    }
    let mut out = String::new();
    for row in &bits.rows {
        if bits.value(&row.name).is_some_and(|bit| bit < 0x10000) {
            let _ = writeln!(out, "#define HAS_{}_FLAG ({})", row.constant, row.value);
        }
    }
    let sizes = ours.lists.iter().find(|list| list.name == "OpargSize");
    let sizes = &sizes.expect("there are sizes").rows;
    for row in sizes {
        let _ = writeln!(out, "#define {} {}", row.name, row.number);
    }
    let size = |entry: &Entry| {
        let mut rows = sizes.iter();
        let row = rows.find(|row| row.variant == entry.size);
        row.expect("every size has a row").name.clone()
    };
    let expansions = model.opcodes.values().filter_map(|opcode| {
        let entries = opcode.expansion.as_ref()?;
        let uops: Vec<String> = entries
            .iter()
            .map(|entry| format!("{{ {}, {}, {} }}", entry.uop, size(entry), entry.offset))
            .collect();
        let uops = uops.join(", ");
        let row = format!("{{ .nuops = {}, .uops = {{ {uops} }} }}", entries.len());
        Some((&opcode.name, row))
    });
    let families = model.opcodes.values().map(|opcode| match opcode.kind {
        Kind::Specialized => (&opcode.name, opcode.base.clone()),
        _ => (&opcode.name, opcode.name.clone()),
    });
    let caches = model.families.iter().filter_map(|family| {
        let units: u8 = family.cache.iter().map(|field| field.units).sum();
        (units > 0).then(|| (&family.base, units.to_string()))
    });
    let names = effects.keys().map(|name| (*name, format!("{name:?}")));
    let popped = effects
        .iter()
        .map(|(name, effect)| (*name, count(&effect.inputs)));
    let pushed = effects
        .iter()
        .map(|(name, effect)| (*name, count(&effect.outputs)));
    out += &function("_PyOpcode_num_popped", popped);
    out += &function("_PyOpcode_num_pushed", pushed);
    let mut put = |head: &str, table: String| {
        let _ = writeln!(out, "const {head}{table}");
    };
    put(
        "struct opcode_metadata\n",
        table("_PyOpcode_opcode_metadata[267]", metadata),
    );
    put(
        "struct expansion\n",
        table("_PyOpcode_macro_expansion[256]", expansions),
    );
    put("char *", table("_PyOpcode_OpName[267]", names));
    put("uint8_t ", table("_PyOpcode_Caches[256]", caches));
    put("uint8_t ", table("_PyOpcode_Deopt[256]", families));
    let pseudos: Vec<(String, String)> = model
        .pseudos
        .iter()
        .map(|pseudo| {
            let targets = pseudo.targets.join(", ");
            let is_sequence = u8::from(pseudo.is_sequence);
            let row = format!("{{ {is_sequence}, {{ {targets}, 0 }} }}");
            (format!("{}-256", pseudo.name), row)
        })
        .collect();
    let pseudos = pseudos.iter().map(|(name, row)| (name, row.clone()));
    put(
        "struct targets ",
        table("_PyOpcode_PseudoTargets[11]", pseudos),
    );
    out
}

fn flags(bits: &Bits, flags: u32) -> String {
    let rows = bits.rows.iter().filter(|row| {
        let bit = bits.value(&row.name).unwrap_or_default();
        bit < 0x10000 && flags & bit != 0
    });
    let names: Vec<String> = rows
        .map(|row| format!("HAS_{}_FLAG", row.constant))
        .collect();
    match names.is_empty() {
        true => "0".to_string(),
        false => names.join(" | "),
    }
}

/// Each group of slots as its own term, with CPython's parentheses.
fn count(slots: &[Slot]) -> String {
    let terms: Vec<String> = slots
        .iter()
        .map(|slot| match slot.width {
            Width::Fixed(n) => n.to_string(),
            Width::Oparg => "oparg".to_string(),
            Width::OpargMinus(n) => format!("(oparg-{n})"),
            Width::OpargTimes(n) => format!("oparg*{n}"),
            Width::LowBit => "(oparg & 1)".to_string(),
            Width::LowByte => "(oparg & 0xFF)".to_string(),
            Width::HighByte => "(oparg >> 8)".to_string(),
        })
        .collect();
    match terms.is_empty() {
        true => "0".to_string(),
        false => terms.join(" + "),
    }
}

fn table<'a>(head: &str, rows: impl IntoIterator<Item = (&'a String, String)>) -> String {
    let mut out = format!("{head} = {{\n");
    for (name, value) in rows {
        let _ = writeln!(out, "    [{name}] = {value},");
    }
    out + "};\n"
}

fn function<'a>(name: &str, cases: impl Iterator<Item = (&'a String, String)>) -> String {
    let mut out = format!("int {name}(int opcode, int oparg)  {{\n    switch(opcode) {{\n");
    for (name, value) in cases {
        let _ = writeln!(out, "        case {name}:\n            return {value};");
    }
    out + "        default:\n            return -1;\n    }\n}\n"
}
