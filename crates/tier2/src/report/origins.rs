//! Where the operands of a trace come from, in the words of the source: what a report needs to say why a guard is there.
//!
//! A projected trace is walked once, with a name for every value on the stack and in the locals: `n`, `p.x`, `f(…)`, an item of
//! the loop. What a uop without a rule leaves has the name of the uop. Nothing is proved here: names only.

use std::rc::Rc;

use taipan_bytecode::{BinaryOp, Uop};
use taipan_interp::code::Code;
use taipan_interp::traces::Instruction;
use taipan_objects::float::Float;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{int, protocol};

use crate::project::{Projected, leaves_frame};

/// The longest name that is made of others.
const NAME_MAX: usize = 40;

/// What kind of place a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A local as the trace found it.
    Start,
    /// A parameter of a function that the trace goes into.
    Parameter,
    /// A constant of the code.
    Constant,
    /// A global or builtin.
    Global,
    /// A variable of an enclosing function.
    Shared,
    /// An attribute.
    Attribute,
    /// An element of a container.
    Element,
    /// What a loop gets of its iterator.
    Item,
    /// What a call answered.
    Answer,
    /// What an operator answered.
    Operation,
    /// What stood on the stack where the trace begins.
    Below,
    /// The empty slot.
    Null,
}

/// A value's name and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// How the source names it.
    pub name: Rc<str>,
    /// What a local was given in the trace, if the name is that local's.
    pub value: Option<Rc<str>>,
    /// Where it comes from.
    pub source: Source,
}

impl Origin {
    fn new(name: impl Into<Rc<str>>, source: Source) -> Origin {
        Origin {
            name: name.into(),
            value: None,
            source,
        }
    }

    fn composed(name: String, otherwise: &str, source: Source) -> Origin {
        match name.chars().count() <= NAME_MAX {
            true => Origin::new(name, source),
            false => Origin::new(otherwise, source),
        }
    }
}

/// Where an instruction of the trace stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The function, by its place in [`Walk::functions`].
    pub function: usize,
    /// The instruction, in code units.
    pub offset: u32,
    /// Its line.
    pub line: u32,
}

/// A function that the trace goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionName {
    /// Its file, as its code has it.
    pub file: Rc<str>,
    /// Its qualified name.
    pub name: Rc<str>,
    /// Its first line.
    pub first_line: u32,
}

impl FunctionName {
    pub fn of(code: &Code) -> FunctionName {
        FunctionName {
            file: text(&code.filename()),
            name: text(&code.qualname),
            first_line: code.first_line,
        }
    }
}

fn text(text: &Ref<Str>) -> Rc<str> {
    text.to_display().to_string().into()
}

struct Frame {
    code: Ref<Code>,
    function: usize,
    /// What the trace stored.
    locals: Vec<Option<Origin>>,
    stack: Vec<Origin>,
}

/// A walk through a projected trace.
pub(super) struct Walk<'a> {
    projected: &'a Projected,
    frames: Vec<Frame>,
    /// The arguments of the frame that is being made, if they are known.
    arguments: Vec<Origin>,
    /// All functions so far, that of the trace's start first.
    pub functions: Vec<FunctionName>,
    /// Where the walk stands.
    pub spot: Spot,
}

impl<'a> Walk<'a> {
    pub fn new(code: &Ref<Code>, offset: u32, projected: &'a Projected) -> Walk<'a> {
        let mut walk = Walk {
            projected,
            frames: Vec::new(),
            arguments: Vec::new(),
            functions: Vec::new(),
            spot: Spot {
                function: 0,
                offset,
                line: code.line_at(offset).unwrap_or(code.first_line),
            },
        };
        walk.enter(code);
        walk
    }

    fn enter(&mut self, code: &Ref<Code>) {
        let function = FunctionName::of(code);
        let known = self.functions.iter().position(|known| *known == function);
        let index = known.unwrap_or_else(|| {
            self.functions.push(function);
            self.functions.len() - 1
        });
        let mut locals = vec![None; code.localsplus_count()];
        for (local, argument) in locals.iter_mut().zip(self.arguments.drain(..)) {
            *local = Some(argument);
        }
        self.frames.push(Frame {
            code: code.clone(),
            function: index,
            locals,
            stack: Vec::new(),
        });
    }

    fn frame(&self) -> &Frame {
        self.frames.last().expect("the first frame is never left")
    }

    fn frame_mut(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("the first frame is never left")
    }

    /// The instruction that comes next stands elsewhere.
    pub fn arrive(&mut self, instruction: &Instruction) {
        if instruction.uop() == Uop::CheckValidity {
            let frame = self.frame();
            let offset = instruction.target();
            self.spot = Spot {
                function: frame.function,
                offset,
                line: frame.code.line_at(offset).unwrap_or(self.spot.line),
            };
        }
    }

    /// The value so deep on the running frame's stack.
    pub fn peek(&self, depth: usize) -> Origin {
        let stack = &self.frame().stack;
        let place = stack.len().checked_sub(depth + 1);
        place.map_or_else(below, |place| stack[place].clone())
    }

    fn pop(&mut self) -> Origin {
        self.frame_mut().stack.pop().unwrap_or_else(below)
    }

    fn push(&mut self, origin: Origin) {
        self.frame_mut().stack.push(origin);
    }

    /// The name of an attribute or a global.
    fn name(&self, index: usize) -> String {
        let name = self.frame().code.names.get(index);
        name.map_or_else(String::new, |name| name.to_display().to_string())
    }

    /// A number as it is written; other constants have no name.
    fn constant_name(&self, index: usize) -> Rc<str> {
        let value = self.frame().code.consts.get(index);
        let is_number =
            |value: &&Value| int::is_int(value) || value.downcast_exact::<Float>().is_some();
        let written = value
            .filter(is_number)
            .and_then(|value| protocol::repr(value).ok());
        let short = written.filter(|text| text.to_display().len() <= NAME_MAX / 2);
        short.map_or_else(|| "a constant".into(), |written| text(&written))
    }

    fn local_name(&self, index: usize) -> Rc<str> {
        let name = self.frame().code.localsplus_names.get(index);
        name.map_or_else(|| "a local".into(), text)
    }

    fn local(&self, index: usize) -> Origin {
        let name = self.local_name(index);
        let stored = self.frame().locals.get(index).and_then(Option::as_ref);
        match stored {
            Some(stored) => Origin {
                value: Some(stored.value.clone().unwrap_or(stored.name.clone())),
                name,
                source: stored.source,
            },
            None if self.frames.len() > 1 => Origin::new(name, Source::Parameter),
            None => Origin::new(name, Source::Start),
        }
    }

    fn store(&mut self, index: usize, origin: Origin) {
        if let Some(local) = self.frame_mut().locals.get_mut(index) {
            *local = Some(origin);
        }
    }

    /// The code that `_PUSH_FRAME` enters, if the trace goes on there.
    fn callee(&self, operand: u64) -> Option<Ref<Code>> {
        let kept = self.projected.kept.iter();
        let found = kept.rev().find(|callee| callee.operand() == operand);
        found
            .filter(|_| operand != 0)
            .map(|callee| callee.code.clone())
    }

    /// Runs one uop.
    pub fn step(&mut self, instruction: &Instruction) {
        let oparg = usize::from(instruction.oparg);
        match instruction.uop() {
            Uop::LoadFast | Uop::LoadFastBorrow | Uop::LoadFastCheck => {
                let local = self.local(oparg);
                self.push(local);
            }
            Uop::LoadFastAndClear => {
                let local = self.local(oparg);
                self.push(local);
                self.store(oparg, Origin::new("nothing", Source::Null));
            }
            Uop::StoreFast => {
                let value = self.pop();
                self.store(oparg, value);
            }
            Uop::LoadSmallInt => {
                self.push(Origin::new(oparg.to_string(), Source::Constant));
            }
            Uop::LoadConst | Uop::LoadConstMortal | Uop::LoadConstImmortal => {
                let name = self.constant_name(oparg);
                self.push(Origin::new(name, Source::Constant));
            }
            Uop::LoadGlobal | Uop::LoadGlobalModule | Uop::LoadGlobalBuiltins => {
                let name = self.name(oparg >> 1);
                self.push(Origin::new(name, Source::Global));
            }
            Uop::LoadName => {
                let name = self.name(oparg);
                self.push(Origin::new(name, Source::Global));
            }
            Uop::LoadDeref => {
                let name = self.local_name(oparg);
                self.push(Origin::new(name, Source::Shared));
            }
            Uop::PushNull => self.push(null()),
            Uop::PushNullConditional if oparg & 1 == 1 => self.push(null()),
            Uop::PushNullConditional => {}
            Uop::InsertNull => {
                let value = self.pop();
                self.push(null());
                self.push(value);
            }
            Uop::Copy => {
                let value = self.peek(oparg.saturating_sub(1));
                self.push(value);
            }
            Uop::Swap => self.swap(oparg),
            uop => self.step_further(uop, instruction, oparg),
        }
    }

    fn step_further(&mut self, uop: Uop, instruction: &Instruction, oparg: usize) {
        match uop {
            Uop::LoadAttr
            | Uop::LoadAttrInstanceValue
            | Uop::LoadAttrWithHint
            | Uop::LoadAttrSlot
            | Uop::LoadAttrClass
            | Uop::LoadAttrModule
            | Uop::LoadAttrNondescriptorWithValues
            | Uop::LoadAttrNondescriptorNoDict => {
                self.attribute(oparg);
                if uop == Uop::LoadAttr && oparg & 1 == 1 {
                    self.push(Origin::new("self or nothing", Source::Operation));
                }
            }
            Uop::LoadAttrMethodWithValues
            | Uop::LoadAttrMethodNoDict
            | Uop::LoadAttrMethodLazyDict => {
                let owner = self.peek(0);
                self.attribute(oparg);
                self.push(owner);
            }
            Uop::BinaryOp
            | Uop::BinaryOpAddInt
            | Uop::BinaryOpSubtractInt
            | Uop::BinaryOpMultiplyInt
            | Uop::BinaryOpAddFloat
            | Uop::BinaryOpSubtractFloat
            | Uop::BinaryOpMultiplyFloat
            | Uop::BinaryOpAddUnicode
            | Uop::BinaryOpExtend
            | Uop::BinaryOpSubscrListInt
            | Uop::BinaryOpSubscrListSlice
            | Uop::BinaryOpSubscrStrInt
            | Uop::BinaryOpSubscrTupleInt
            | Uop::BinaryOpSubscrDict => {
                let result = self.operation(oparg);
                self.push(result);
            }
            Uop::BinaryOpInplaceAddUnicode => {
                let result = self.operation(oparg);
                self.store(instruction.operand0 as usize, result);
            }
            Uop::IterNextRange
            | Uop::IterNextTuple
            | Uop::IterNextListTierTwo
            | Uop::ForIterTierTwo => {
                self.push(Origin::new("the item of the loop", Source::Item));
            }
            Uop::InitCallPyExactArgs => self.make_frame(oparg, true),
            Uop::PyFrameGeneral => self.make_frame(oparg, false),
            Uop::PushFrame => {
                self.pop();
                match self.callee(instruction.operand0) {
                    Some(code) => self.enter(&code),
                    None => self.arguments.clear(),
                }
            }
            uop if leaves_frame(uop) => self.leave(uop == Uop::ReturnValue),
            _ => self.by_effect(instruction),
        }
    }

    fn swap(&mut self, depth: usize) {
        let stack = &mut self.frame_mut().stack;
        while stack.len() < depth {
            stack.insert(0, below());
        }
        let top = stack.len().saturating_sub(1);
        if depth > 0 && !stack.is_empty() {
            stack.swap(top, top + 1 - depth);
        }
    }

    fn attribute(&mut self, oparg: usize) {
        let owner = self.pop();
        let attribute = self.name(oparg >> 1);
        let name = format!("{}.{attribute}", owner.name);
        self.push(Origin::composed(name, &attribute, Source::Attribute));
    }

    /// Takes two operands; answers what the operator makes of them.
    fn operation(&mut self, oparg: usize) -> Origin {
        let (right, left) = (self.pop(), self.pop());
        let operator = u32::try_from(oparg).ok().and_then(BinaryOp::from_number);
        match operator {
            Some(BinaryOp::Subscr) => {
                let name = format!("{}[{}]", left.name, right.name);
                Origin::composed(name, "an element", Source::Element)
            }
            operator => {
                let symbol = operator.map_or("?", BinaryOp::symbol).trim_end_matches('=');
                let name = format!("{} {symbol} {}", operand(&left), operand(&right));
                let otherwise = format!("the result of {symbol}");
                Origin::composed(name, &otherwise, Source::Operation)
            }
        }
    }

    /// Takes the callable, the place of `self` and the arguments.
    fn make_frame(&mut self, count: usize, are_exact: bool) {
        let mut arguments: Vec<Origin> = (0..count).map(|_| self.pop()).collect();
        let (receiver, callable) = (self.pop(), self.pop());
        arguments.push(receiver);
        arguments.reverse();
        if arguments[0].source == Source::Null {
            arguments.remove(0);
        }
        self.arguments = match are_exact {
            true => arguments,
            false => Vec::new(),
        };
        self.push(callable);
    }

    fn leave(&mut self, has_value: bool) {
        let value = has_value.then(|| self.pop());
        if self.frames.len() < 2 {
            return;
        }
        let left = self.frames.pop();
        let name = left.map_or_else(String::new, |frame| {
            frame.code.name.to_display().to_string()
        });
        let source = value.map_or(Source::Answer, |value| match value.source {
            Source::Start | Source::Null => Source::Answer,
            source => source,
        });
        self.push(Origin::new(format!("{name}(…)"), source));
    }

    /// A uop of which only the stack effect is known.
    fn by_effect(&mut self, instruction: &Instruction) {
        let uop = instruction.uop();
        let effect = uop.effect();
        let oparg = i64::from(instruction.oparg);
        let consumed = effect.consumed(oparg).max(0) as usize;
        let produced = effect.produced(oparg).max(0);
        let calls = effect
            .inputs
            .first()
            .is_some_and(|slot| slot.name == "callable");
        let first = self.peek(consumed.saturating_sub(1));
        for _ in 0..consumed {
            self.pop();
        }
        let result = if calls {
            Origin::composed(
                format!("{}(…)", first.name),
                "the answer of a call",
                Source::Answer,
            )
        } else if effect.inputs.first().is_some_and(|slot| slot.name == "seq") {
            let name = format!("an element of {}", first.name);
            Origin::composed(name, "an element", Source::Element)
        } else {
            let what = uop.name().trim_start_matches('_');
            Origin::new(format!("the result of {what}"), Source::Operation)
        };
        for _ in 0..produced {
            self.push(result.clone());
        }
    }
}

/// The name of an operand, in brackets if it has operands itself.
fn operand(origin: &Origin) -> String {
    match origin.source == Source::Operation && origin.value.is_none() && origin.name.contains(' ')
    {
        true => format!("({})", origin.name),
        false => origin.name.to_string(),
    }
}

fn below() -> Origin {
    Origin::new("what was on the stack", Source::Below)
}

fn null() -> Origin {
    Origin::new("nothing", Source::Null)
}
