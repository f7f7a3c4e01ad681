//! Callbacks for the event BRANCH, which is two events since Python 3.14.
//!
//! A tool that answers DISABLE for a branch wants to hear of neither direction any more, so the handler of one direction
//! takes the tool off the other one too, as far as that one's instruction is known.

use taipan_bytecode::{Opcode, OpcodeKind};
use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Payload;
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

use super::fire::disable_sentinel;
use super::instrument::{Layer, remove};
use crate::code::Code;

/// The payload of callbacks for one direction of BRANCH.
#[class(
    name = "branch_event_handler",
    module = "sys.monitoring",
    flags(NO_INSTANTIATION)
)]
pub(super) struct BranchHandler {
    function: Value,
    #[untraced]
    right: bool,
    #[untraced]
    tool: u8,
}

impl BranchHandler {
    /// A callback that hands the events of one direction to `function`.
    pub(super) fn make(tool: usize, function: Value, right: bool) -> Value {
        heap::new_object(
            BranchHandler::class(),
            BranchHandler {
                function,
                right,
                tool: tool as u8,
            },
        )
        .into_value()
    }

    /// The function behind a handler; any other callback itself.
    pub(super) fn unwrapped(callback: Value) -> Value {
        match callback.downcast_exact::<BranchHandler>() {
            Some(handler) => handler.function.clone(),
            None => callback,
        }
    }

    /// The place of the other direction's event.
    fn other_place(&self, code: &Code, source: usize) -> Option<usize> {
        let plain = code.base_unit(source).opcode()?;
        match plain {
            Opcode::ForIter => self.right.then_some(source),
            // NOT_TAKEN stands behind the jump and its cache.
            Opcode::PopJumpIfFalse
            | Opcode::PopJumpIfTrue
            | Opcode::PopJumpIfNone
            | Opcode::PopJumpIfNotNone => Some(if self.right {
                source + 1 + plain.cache_units()
            } else {
                source
            }),
            _ => None,
        }
    }
}

#[methods]
impl BranchHandler {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let place = match args.positional() {
            [code, source, _] => code
                .downcast_exact::<Code>()
                .cloned()
                .zip(int::to_i64(source).map(|source| source as usize / 2)),
            _ => None,
        };
        let Some((code, source)) = place else {
            return protocol::call(&self.function, args);
        };
        let shown = code
            .units()
            .get(source)
            .and_then(|unit| Opcode::from_byte(unit.get() as u8));
        if shown.is_some_and(|shown| shown.kind() != OpcodeKind::Instrumented) {
            return Ok(disable_sentinel());
        }
        let answer = protocol::call(&self.function, args)?;
        if answer.is(&disable_sentinel())
            && let Some(other) = self.other_place(&code, source)
        {
            remove(&code, other, Layer::Event, 1 << self.tool);
        }
        Ok(answer)
    }
}

pub(super) fn init_classes() {
    BranchHandler::init_class();
}
