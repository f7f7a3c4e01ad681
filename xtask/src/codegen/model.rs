//! The instruction set with every name resolved: what the emitters print.
//!
//! `Model::new` turns statements into opcodes, uops, families and pseudo opcodes, numbers the uops, and derives what
//! the file leaves out: flags of an opcode from its parts, its stack effect by composing theirs, its expansion.
//! After that nothing looks at the statements again.

use std::collections::{BTreeMap, HashMap};

use super::Failure;
use super::lists::Bits;
use super::syntax::{Effect, Half, OpKeyword, OpStatement, Operand, Part, Slot, Statement, Width};

/// The number of the first uop that shares no opcode's.
const FIRST_UOP: u16 = 300;
/// The uops that are numbered before all others.
const LEADING_UOPS: [&str; 2] = ["_EXIT_TRACE", "_SET_IP"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Base,
    Specialized,
    Instrumented,
}

/// What projection puts in a uop's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    Uop(String),
    BranchGuard,
}

#[derive(Clone, Debug)]
pub struct Uop {
    pub name: String,
    pub number: u16,
    pub effect: Effect,
    pub flags: u32,
    pub viable: bool,
    pub copies: u16,
    /// The uop this is a copy of, and the oparg it fixes.
    pub copy_of: Option<(String, u16)>,
    pub tier2: Option<Replacement>,
    pub takes_return_offset: bool,
    pub enters_frame: bool,
}

/// One entry of an expansion: the size as `OpargSize` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub uop: String,
    pub size: &'static str,
    pub offset: u8,
}

#[derive(Clone, Debug)]
pub struct Opcode {
    pub name: String,
    pub number: u8,
    pub kind: Kind,
    /// The family's base opcode, or the plain opcode an instrumented one stands in for, or the opcode itself.
    pub base: String,
    pub cache: Vec<Operand>,
    pub effect: Effect,
    pub flags: u32,
    pub enters_frame: bool,
    pub parts: Vec<Part>,
    pub expansion: Option<Vec<Entry>>,
    /// The oparg at which a member's stack effect is its family's.
    pub fixed_oparg: Option<u16>,
    /// The opcode behind it whose work it does, too.
    pub skips: Option<String>,
}

impl Opcode {
    /// The inline cache's size in code units.
    pub fn cache_units(&self) -> u8 {
        self.cache.iter().map(|field| field.units).sum()
    }
}

#[derive(Clone, Debug)]
pub struct Pseudo {
    pub name: String,
    pub number: u16,
    pub effect: Effect,
    pub flags: u32,
    pub targets: Vec<String>,
    pub is_sequence: bool,
}

#[derive(Clone, Debug)]
pub struct Family {
    pub base: String,
    pub cache: Vec<Operand>,
    pub members: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Branch {
    pub opcode: String,
    pub stay: String,
    pub jump: String,
}

#[derive(Debug, Default)]
pub struct Model {
    /// By opcode byte.
    pub opcodes: BTreeMap<u8, Opcode>,
    /// By uop number.
    pub uops: BTreeMap<u16, Uop>,
    pub pseudos: Vec<Pseudo>,
    pub families: Vec<Family>,
    pub branches: Vec<Branch>,
    pub steps: HashMap<String, u8>,
    uop_numbers: HashMap<String, u16>,
    opcode_numbers: HashMap<String, u8>,
}

impl Model {
    pub fn new(statements: Vec<Statement>, flags: &Bits) -> Result<Model, Failure> {
        let mut model = Model::default();
        model.define_uops(&statements, flags)?;
        for statement in &statements {
            if let Statement::Step { name, units } = statement {
                model.steps.insert(name.clone(), *units);
            }
        }
        for statement in &statements {
            match statement {
                Statement::Op(op) if op.keyword != OpKeyword::Instrumented => {
                    let opcode = model.opcode(op, Kind::Base, &op.name, &[], flags)?;
                    model.add_opcode(op, opcode)?;
                }
                Statement::Family {
                    line,
                    name,
                    cache,
                    members,
                } => model.define_family(*line, name, cache, members, flags)?,
                _ => {}
            }
        }
        for statement in statements {
            match statement {
                Statement::Op(op) if op.keyword == OpKeyword::Instrumented => {
                    let base = op.of.clone().unwrap_or_else(|| op.name.clone());
                    let cache = match &op.of {
                        Some(of) => model.opcode_named(of, op.line)?.cache.clone(),
                        None => Vec::new(),
                    };
                    let opcode = model.opcode(&op, Kind::Instrumented, &base, &cache, flags)?;
                    model.add_opcode(&op, opcode)?;
                }
                Statement::Pseudo {
                    line,
                    name,
                    number,
                    effect,
                    words,
                    targets,
                    sequence,
                } => {
                    for target in &targets {
                        model.opcode_named(target, line)?;
                    }
                    let words = Words::read(&words, flags).map_err(|what| at(line, what))?;
                    model.pseudos.push(Pseudo {
                        name,
                        number,
                        effect,
                        flags: words.flags,
                        targets,
                        is_sequence: sequence,
                    });
                }
                Statement::Branch { opcode, stay, jump } => {
                    model.branches.push(Branch { opcode, stay, jump });
                }
                _ => {}
            }
        }
        Ok(model)
    }

    pub fn uop(&self, name: &str) -> Option<&Uop> {
        self.uops.get(self.uop_numbers.get(name)?)
    }

    pub fn opcode_by_name(&self, name: &str) -> Option<&Opcode> {
        self.opcodes.get(self.opcode_numbers.get(name)?)
    }

    fn opcode_named(&self, name: &str, line: usize) -> Result<&Opcode, Failure> {
        self.opcode_by_name(name)
            .ok_or_else(|| at(line, format!("there is no opcode {name}")))
    }

    fn define_uops(&mut self, statements: &[Statement], flags: &Bits) -> Result<(), Failure> {
        let mut counted: BTreeMap<String, Uop> = BTreeMap::new();
        let mut shared: Vec<Uop> = Vec::new();
        for statement in statements {
            match statement {
                Statement::Uop {
                    line,
                    name,
                    effect,
                    words,
                } => {
                    let words = Words::read(words, flags).map_err(|what| at(*line, what))?;
                    if counted
                        .insert(name.clone(), words.uop(name, effect))
                        .is_some()
                    {
                        return Err(at(*line, format!("{name} is defined twice")));
                    }
                }
                Statement::Op(op) => shared.extend(inst_uop(op, flags)?),
                Statement::Family { members, .. } => {
                    for member in members {
                        shared.extend(inst_uop(member, flags)?);
                    }
                }
                _ => {}
            }
        }
        let mut number = FIRST_UOP;
        let leading: Vec<Uop> = LEADING_UOPS
            .iter()
            .filter_map(|name| counted.remove(*name))
            .collect();
        for mut uop in leading.into_iter().chain(counted.into_values()) {
            uop.number = number;
            number += 1 + uop.copies;
            let fixed = flags.value("arg").unwrap_or_default();
            let copies: Vec<Uop> = (0..uop.copies)
                .map(|oparg| Uop {
                    name: format!("{}_{oparg}", uop.name),
                    number: uop.number + 1 + oparg,
                    flags: uop.flags & !fixed,
                    copies: 0,
                    copy_of: Some((uop.name.clone(), oparg)),
                    ..uop.clone()
                })
                .collect();
            shared.push(uop);
            shared.extend(copies);
        }
        for uop in shared {
            self.uop_numbers.insert(uop.name.clone(), uop.number);
            if let Some(other) = self.uops.insert(uop.number, uop) {
                return Err(Failure(format!(
                    "uop number {} is given twice: {}",
                    other.number, other.name
                )));
            }
        }
        Ok(())
    }

    fn define_family(
        &mut self,
        line: usize,
        name: &str,
        cache: &[Operand],
        members: &[OpStatement],
        flags: &Bits,
    ) -> Result<(), Failure> {
        if members.first().is_none_or(|first| first.name != name) {
            return Err(at(line, format!("the first member is not {name}")));
        }
        for (index, member) in members.iter().enumerate() {
            let kind = if index == 0 {
                Kind::Base
            } else {
                Kind::Specialized
            };
            let opcode = self.opcode(member, kind, name, cache, flags)?;
            self.add_opcode(member, opcode)?;
        }
        self.families.push(Family {
            base: name.to_string(),
            cache: cache.to_vec(),
            members: members.iter().skip(1).map(|m| m.name.clone()).collect(),
        });
        Ok(())
    }

    fn add_opcode(&mut self, statement: &OpStatement, opcode: Opcode) -> Result<(), Failure> {
        self.opcode_numbers
            .insert(opcode.name.clone(), opcode.number);
        match self.opcodes.insert(opcode.number, opcode) {
            None => Ok(()),
            Some(other) => Err(at(
                statement.line,
                format!("{} has the number of {}", statement.name, other.name),
            )),
        }
    }

    fn opcode(
        &self,
        op: &OpStatement,
        kind: Kind,
        base: &str,
        cache: &[Operand],
        flags: &Bits,
    ) -> Result<Opcode, Failure> {
        let number = u8::try_from(op.number)
            .map_err(|_| at(op.line, format!("{} is no byte", op.number)))?;
        let words = Words::read(&op.words, flags).map_err(|what| at(op.line, what))?;
        let parts = op.parts.clone().unwrap_or_default();
        for part in &parts {
            match part {
                Part::Uop(name, _) if self.uop(name).is_none() => {
                    return Err(at(op.line, format!("there is no uop {name}")));
                }
                Part::Step(name) if !self.steps.contains_key(name) => {
                    return Err(at(op.line, format!("there is no step {name}")));
                }
                _ => {}
            }
        }
        let effect = match &op.effect {
            Some(effect) => effect.clone(),
            None => self.compose(&parts).map_err(|what| at(op.line, what))?,
        };
        let derives = op.effect.is_none() && words.flags == 0;
        let own_flags = if derives {
            self.union_of_flags(&parts, flags)
        } else {
            words.flags
        };
        let expansion = if parts.is_empty() {
            let uop = self.uop(&format!("_{}", op.name));
            match uop {
                Some(uop) if uop.number == op.number && uop.viable => {
                    Some(vec![inst_entry(uop, &effect)])
                }
                _ => None,
            }
        } else {
            self.expansion(&parts)
        };
        let enters_frame = self.uops_of(&parts).any(|uop| uop.enters_frame);
        Ok(Opcode {
            name: op.name.clone(),
            number,
            kind,
            base: base.to_string(),
            cache: cache.to_vec(),
            effect,
            flags: own_flags,
            enters_frame,
            parts,
            expansion,
            fixed_oparg: words.fixed_oparg,
            skips: words.skips,
        })
    }

    /// The uops among the parts.
    pub fn uops_of<'a>(&'a self, parts: &'a [Part]) -> impl Iterator<Item = &'a Uop> {
        parts.iter().filter_map(|part| match part {
            Part::Uop(name, _) => self.uop(name),
            _ => None,
        })
    }

    fn union_of_flags(&self, parts: &[Part], flags: &Bits) -> u32 {
        let pure = flags.value("pure").unwrap_or_default();
        let mut union = 0;
        let mut all_pure = true;
        for uop in self.uops_of(parts) {
            union |= uop.flags;
            all_pure &= uop.flags & pure != 0;
        }
        if all_pure { union } else { union & !pure }
    }

    /// The stack effect of doing the parts in order.
    pub fn compose(&self, parts: &[Part]) -> Result<Effect, String> {
        let mut inputs: Vec<Slot> = Vec::new();
        let mut stack: Vec<Slot> = Vec::new();
        for part in parts {
            let Part::Uop(name, _) = part else { continue };
            let effect = &self
                .uop(name)
                .ok_or_else(|| format!("no uop {name}"))?
                .effect;
            for slot in effect.inputs.iter().rev() {
                match stack.pop() {
                    None => inputs.insert(0, slot.clone()),
                    Some(top) if top.width == slot.width => {}
                    Some(top) => {
                        return Err(format!(
                            "{name} takes `{}`, but `{}` is on top",
                            slot.name, top.name
                        ));
                    }
                }
            }
            stack.extend(effect.outputs.iter().cloned());
        }
        Ok(Effect {
            operands: Vec::new(),
            inputs,
            outputs: stack,
        })
    }

    /// The entries projection reads, or nothing if a part cannot be in a trace.
    fn expansion(&self, parts: &[Part]) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut offset = 0u8;
        for part in parts {
            match part {
                // The projector's tables count from behind the specializer's counter.
                Part::Step(name) if name == "specialize" => {}
                Part::Step(_) => return None,
                Part::Skip(units) => offset += units,
                Part::Rewind(units) => offset = offset.checked_sub(*units)?,
                Part::Uop(name, half) => {
                    let uop = self.uop(name)?;
                    self.expand_uop(uop, *half, &mut offset, &mut entries)?;
                }
            }
        }
        Some(entries)
    }

    fn expand_uop(
        &self,
        uop: &Uop,
        half: Half,
        offset: &mut u8,
        entries: &mut Vec<Entry>,
    ) -> Option<()> {
        let mut push = |size, offset| {
            entries.push(Entry {
                uop: uop.name.clone(),
                size,
                offset,
            });
        };
        let mut reads = 0;
        for operand in &uop.effect.operands {
            if operand.name != "_" {
                push(cache_size(reads, operand.units)?, *offset);
                reads += 1;
            }
            *offset += operand.units;
        }
        if reads > 0 {
            return uop.viable.then_some(());
        }
        if uop.tier2.is_some() {
            push("Replaced", *offset);
        } else if !uop.viable {
            return None;
        } else if uop.takes_return_offset {
            push("ReturnOffset", *offset);
        } else {
            let size = match half {
                Half::Whole => "Oparg",
                Half::Top => "Top",
                Half::Bottom => "Bottom",
            };
            push(size, *offset);
        }
        Some(())
    }
}

fn inst_entry(uop: &Uop, effect: &Effect) -> Entry {
    Entry {
        uop: uop.name.clone(),
        size: "Oparg",
        offset: effect.operands.iter().map(|operand| operand.units).sum(),
    }
}

fn cache_size(reads: usize, units: u8) -> Option<&'static str> {
    Some(match (reads, units) {
        (0, 1) => "Cache1",
        (0, 2) => "Cache2",
        (0, 4) => "Cache4",
        (1, 1) => "Operand1Cache1",
        (1, 2) => "Operand1Cache2",
        (1, 4) => "Operand1Cache4",
        _ => return None,
    })
}

fn inst_uop(op: &OpStatement, flags: &Bits) -> Result<Option<Uop>, Failure> {
    let words = Words::read(&op.words, flags).map_err(|what| at(op.line, what))?;
    let Some(effect) = &op.effect else {
        return Ok(None);
    };
    if words.tier1 {
        return Ok(None);
    }
    let mut uop = words.uop(&format!("_{}", op.name), effect);
    uop.number = op.number;
    uop.flags = words.in_trace.unwrap_or(words.flags);
    if !uop.viable {
        uop.flags = 0;
    }
    Ok(Some(uop))
}

/// The flags and other words behind an effect.
#[derive(Default)]
struct Words {
    flags: u32,
    in_trace: Option<u32>,
    tier1: bool,
    unviable: bool,
    copies: u16,
    tier2: Option<Replacement>,
    takes_return_offset: bool,
    enters_frame: bool,
    fixed_oparg: Option<u16>,
    skips: Option<String>,
}

impl Words {
    fn read(words: &[String], flags: &Bits) -> Result<Words, String> {
        let mut read = Words::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut argument = || words.next().ok_or_else(|| format!("`{word}` of what?"));
            let number = |text: &String| {
                text.parse::<u16>()
                    .map_err(|_| format!("`{word}`: `{text}` is no number"))
            };
            match word.as_str() {
                "tier1" => read.tier1 = true,
                "unviable" => read.unviable = true,
                "in_trace" => read.in_trace = Some(0),
                "return_offset" => read.takes_return_offset = true,
                "enters" => read.enters_frame = true,
                "copies" => read.copies = number(argument()?)?,
                "oparg" => read.fixed_oparg = Some(number(argument()?)?),
                "skips" => read.skips = Some(argument()?.clone()),
                "tier2" => {
                    read.tier2 = Some(match argument()?.as_str() {
                        "guard" => Replacement::BranchGuard,
                        uop => Replacement::Uop(uop.to_string()),
                    });
                }
                flag => {
                    let bit = flags
                        .value(flag)
                        .ok_or_else(|| format!("there is no flag `{flag}`"))?;
                    *read.in_trace.as_mut().unwrap_or(&mut read.flags) |= bit;
                }
            }
        }
        Ok(read)
    }

    fn uop(&self, name: &str, effect: &Effect) -> Uop {
        Uop {
            name: name.to_string(),
            number: 0,
            effect: effect.clone(),
            flags: self.flags,
            viable: !self.unviable,
            copies: self.copies,
            copy_of: None,
            tier2: self.tier2.clone(),
            takes_return_offset: self.takes_return_offset,
            enters_frame: self.enters_frame,
        }
    }
}

fn at(line: usize, what: String) -> Failure {
    Failure(format!("ops/ops.def:{line}: {what}"))
}

/// The total of some slots for `oparg`.
pub fn slots(of: &[Slot], oparg: i64) -> i64 {
    of.iter().map(|slot| slot.width.slots(oparg)).sum()
}

/// How many leading inputs stay on the stack as outputs.
pub fn kept(effect: &Effect) -> usize {
    let pairs = effect.inputs.iter().zip(&effect.outputs);
    pairs.take_while(|(input, output)| input == output).count()
}

/// Whether any count of the effect depends on the oparg.
pub fn depends_on_oparg(effect: &Effect) -> bool {
    let mut all = effect.inputs.iter().chain(&effect.outputs);
    all.any(|slot| !matches!(slot.width, Width::Fixed(_)))
}
