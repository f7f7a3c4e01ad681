//! The executors of a code object: `ENTER_EXECUTOR` has the number of one, and stands where its trace begins.
//!
//! At most 256, as many as an oparg can name. The unit that an `ENTER_EXECUTOR` took the place of is kept here, and comes back
//! when the executor goes. Invariant: a unit is `ENTER_EXECUTOR n` exactly while entry `n` is there.

use std::cell::UnsafeCell;

use taipan_bytecode::tunables::MAX_EXECUTORS_SIZE;
use taipan_bytecode::{CodeUnit, Opcode};
use taipan_objects::class::{Trace as Traced, Visitor};
use taipan_objects::value::{Ref, Value};

use super::executor::Executor;
use super::step::Trace;
use crate::code::Code;

/// Where an executor is entered.
#[derive(Clone, Copy)]
pub struct Place {
    /// The code object, which takes its executors' places from them before it dies.
    pub(super) code: *const Code,
    /// The number in its side table.
    pub(super) number: u8,
}

/// An executor in a code object.
pub(crate) struct Entry {
    executor: Ref<Executor>,
    pub(crate) trace: *const Trace,
    /// The unit that `ENTER_EXECUTOR` took the place of.
    pub(crate) original: CodeUnit,
    /// Its offset.
    offset: u32,
}

/// The side table.
#[derive(Default)]
pub struct Executors(UnsafeCell<Vec<Option<Entry>>>);

impl Traced for Executors {
    const REFERENCES: bool = false;
    fn trace(&self, _: &mut Visitor<'_>) {}
}

impl Executors {
    /// The entries, for a change that runs no foreign code.
    #[allow(
        clippy::mut_from_ref,
        reason = "the interpreter lock is held, and no borrow outlives a method"
    )]
    fn entries(&self) -> &mut Vec<Option<Entry>> {
        // SAFETY: callers are the methods below, which neither nest nor release values while they use the answer.
        unsafe { &mut *self.0.get() }
    }

    /// An entry.
    #[inline(always)]
    pub(crate) fn entry(&self, number: usize) -> Option<&Entry> {
        self.entries().get(number)?.as_ref()
    }
}

impl Code {
    /// The entry that is entered at an offset. A cache unit may look like an `ENTER_EXECUTOR`, but no entry has its offset.
    fn entry_at(&self, offset: usize) -> Option<&Entry> {
        let unit = CodeUnit(self.units().get(offset)?.get());
        if unit.opcode() != Some(Opcode::EnterExecutor) {
            return None;
        }
        let entry = self.executors.entry(usize::from(unit.oparg()))?;
        (entry.offset as usize == offset).then_some(entry)
    }

    /// The executor that is entered at an offset, if there is one.
    pub fn executor_at(&self, offset: usize) -> Option<Ref<Executor>> {
        self.entry_at(offset).map(|entry| entry.executor.clone())
    }

    /// All executors, by number.
    pub fn executor_list(&self) -> Vec<Ref<Executor>> {
        let entries = self.executors.entries().iter().flatten();
        entries.map(|entry| entry.executor.clone()).collect()
    }

    /// All executors, by number, and behind them those of the code objects among the constants, and so on.
    pub fn executors_within(&self) -> Vec<Ref<Executor>> {
        let mut executors = self.executor_list();
        let mut inner = self.inner_code();
        while let Some(code) = inner.pop() {
            executors.extend(code.executor_list());
            inner.extend(code.inner_code());
        }
        executors
    }

    /// The code objects among the constants, the last first.
    fn inner_code(&self) -> Vec<Ref<Code>> {
        let inner = self.consts.iter().filter_map(Value::downcast::<Code>);
        inner.rev().cloned().collect()
    }

    /// The unit at an offset as it was before an executor took its place.
    pub fn unit_behind_executor(&self, offset: usize) -> CodeUnit {
        match self.entry_at(offset) {
            Some(entry) => entry.original,
            None => CodeUnit(self.units().get(offset).map_or(0, std::cell::Cell::get)),
        }
    }

    /// Whether an executor can be put at an offset.
    pub(super) fn has_space_for_executor(&self, offset: usize) -> bool {
        let entries = self.executors.entries();
        self.executor_at(offset).is_some()
            || entries.len() < MAX_EXECUTORS_SIZE
            || entries.iter().any(Option::is_none)
    }

    /// Puts an executor at an offset, for which there is space. Answers the one that was there.
    #[must_use = "releasing an executor can free others"]
    pub(super) fn insert_executor(
        &self,
        offset: usize,
        executor: &Ref<Executor>,
    ) -> Option<Ref<Executor>> {
        let before = self.executor_at(offset);
        if let Some(before) = &before {
            detach(before);
        }
        let original = CodeUnit(self.units()[offset].get());
        let entries = self.executors.entries();
        let free = entries.iter().position(Option::is_none);
        let number = free.unwrap_or_else(|| {
            entries.push(None);
            entries.len() - 1
        });
        entries[number] = Some(Entry {
            executor: executor.clone(),
            trace: executor.own_trace(),
            original,
            offset: offset as u32,
        });
        executor.place.set(Some(Place {
            code: self,
            number: number as u8,
        }));
        executor
            .original
            .set((original.opcode_byte(), original.oparg()));
        self.units()[offset].set(CodeUnit::new(Opcode::EnterExecutor, number as u8).0);
        before
    }
}

/// Takes an executor out of its code, where what was there before stands again. Answers the reference that the code had.
pub(super) fn detach(executor: &Executor) -> Option<Ref<Executor>> {
    let place = executor.place.take()?;
    // SAFETY: the code lives: it takes the places of its executors from them before it dies.
    let code = unsafe { &*place.code };
    let entry = code
        .executors
        .entries()
        .get_mut(usize::from(place.number))?
        .take()?;
    code.units()[entry.offset as usize].set(entry.original.0);
    Some(entry.executor)
}
