//! The objects that a trace's operands point to: they must live as long as the trace.
//!
//! An operand is the bits of a value. What those bits mean is found here again, so that nothing is made of bits alone.

use taipan_bytecode::Uop;
use taipan_objects::value::Value;

/// Objects that operands point to, each once.
#[derive(Clone, Debug, Default)]
pub struct Kept(Vec<Value>);

impl Kept {
    /// Keeps what an operand points to. An immediate value needs no keeping.
    pub fn keep(&mut self, value: &Value) {
        if value.is_pointer() && !self.0.iter().any(|kept| kept.is(value)) {
            self.0.push(value.clone());
        }
    }

    /// The value that an operand is the bits of: an immediate one, or one that is kept.
    pub fn value(&self, operand: u64) -> Option<Value> {
        let kept = self.0.iter().find(|kept| kept.bits() == operand);
        kept.cloned().or_else(|| Value::immediate_of(operand))
    }

    /// The uop that loads a constant, and its operand. Nobody counts references to an immediate value.
    pub fn constant(&mut self, value: &Value) -> (Uop, u64) {
        self.keep(value);
        let uop = match value.is_pointer() {
            true => Uop::LoadConstInline,
            false => Uop::LoadConstInlineBorrow,
        };
        (uop, value.bits())
    }
}
