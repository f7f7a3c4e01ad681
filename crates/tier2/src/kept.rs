//! The objects that a trace's operands point to: they must live as long as the trace.
//!
//! An operand is the bits of a value. What those bits mean is found here again, so that nothing is made of bits alone. While a
//! trace is made all of them are held. When it runs, an executor holds only what nothing else is sure to hold: a function or a
//! global that a watched namespace has lives until that changes, and then the trace is invalid; and if an executor held it, the
//! cycle from function to code to executor would keep a whole module alive.

use taipan_bytecode::Uop;
use taipan_objects::value::Value;

/// Objects that operands point to, each once.
#[derive(Clone, Debug, Default)]
pub struct Kept(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    value: Value,
    /// Whether something that the trace depends on keeps it.
    is_watched: bool,
}

impl Kept {
    /// Notes what an operand points to and something that the trace depends on keeps.
    pub fn keep_watched(&mut self, value: &Value) {
        self.add(value, true);
    }

    fn add(&mut self, value: &Value, is_watched: bool) {
        if !value.is_pointer() {
            return;
        }
        match self.0.iter_mut().find(|entry| entry.value.is(value)) {
            Some(entry) => entry.is_watched &= is_watched,
            None => self.0.push(Entry {
                value: value.clone(),
                is_watched,
            }),
        }
    }

    /// The value that an operand is the bits of: an immediate one, or one that is kept.
    pub fn value(&self, operand: u64) -> Option<Value> {
        let entry = self.0.iter().find(|entry| entry.value.bits() == operand);
        entry
            .map(|entry| entry.value.clone())
            .or_else(|| Value::immediate_of(operand))
    }

    /// The uop that loads a constant, and its operand. Nobody counts references to an immediate value.
    pub fn constant(&mut self, value: &Value) -> (Uop, u64) {
        self.add(value, false);
        load(value)
    }

    /// The same for a constant that something which the trace depends on keeps.
    pub fn watched_constant(&mut self, value: &Value) -> (Uop, u64) {
        self.add(value, true);
        load(value)
    }

    /// What an executor has to hold.
    pub fn into_owned(self) -> Vec<Value> {
        let owned = self.0.into_iter().filter(|entry| !entry.is_watched);
        owned.map(|entry| entry.value).collect()
    }
}

fn load(value: &Value) -> (Uop, u64) {
    let uop = match value.is_pointer() {
        true => Uop::LoadConstInline,
        false => Uop::LoadConstInlineBorrow,
    };
    (uop, value.bits())
}
