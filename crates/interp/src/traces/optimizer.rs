//! The optimizer as an object: what is asked for traces, and what programs can put in its place.
//!
//! An optimizer has a maker of traces, or none: then it counts how often it is asked, and refuses. The maker for all ordinary
//! ones is installed at start-up by a higher crate. Hot code asks the current optimizer, if there is one; refusals make it ask
//! ever more rarely. The counts are those of `_PyOptimizerObject` in the CPythons that had it.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::cell::Locked;
use taipan_objects::class::Payload;
use taipan_objects::heap;
use taipan_objects::value::Ref;

use super::warm::{Finished, Request};

/// What makes traces. It answers nothing if there shall be none: a refusal is no error.
pub type Maker = fn(&Request) -> Option<Finished>;

/// The maker that is installed.
static MAKER: Locked<Option<Maker>> = Locked::new(None);
/// The optimizer that hot code asks.
static CURRENT: Locked<Option<Ref<Optimizer>>> = Locked::new(None);

/// The payload of an optimizer.
#[class(
    name = "optimizer",
    module = "_tier2",
    references = false,
    flags(NO_INSTANTIATION)
)]
pub struct Optimizer {
    #[untraced]
    maker: Option<Maker>,
    #[untraced]
    asked: Cell<u64>,
    #[untraced]
    attempted: Cell<u64>,
    #[untraced]
    completed: Cell<u64>,
}

fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

impl Optimizer {
    fn new(maker: Option<Maker>) -> Ref<Optimizer> {
        let optimizer = Optimizer {
            maker,
            asked: Cell::new(0),
            attempted: Cell::new(0),
            completed: Cell::new(0),
        };
        heap::new_object(Optimizer::class(), optimizer)
    }

    /// One with a maker of its own.
    pub fn with_maker(maker: Maker) -> Ref<Optimizer> {
        Optimizer::new(Some(maker))
    }

    /// One with the installed maker. Without that it makes nothing.
    pub fn of_uops() -> Ref<Optimizer> {
        Optimizer::new(MAKER.with(|maker| *maker))
    }

    /// One that counts and makes nothing.
    pub fn counting() -> Ref<Optimizer> {
        Optimizer::new(None)
    }

    /// The trace that is asked for, if there shall be one.
    pub(super) fn make(&self, request: &Request) -> Option<Finished> {
        count(&self.asked);
        let maker = self.maker?;
        count(&self.attempted);
        maker(request).inspect(|_| count(&self.completed))
    }
}

#[methods]
impl Optimizer {
    /// How often hot code asked for a trace.
    #[getter]
    fn calls_to_optimize(&self) -> u64 {
        self.asked.get()
    }

    /// How often a trace was tried.
    #[getter]
    fn optimizations_attempted(&self) -> u64 {
        self.attempted.get()
    }

    /// How many of these gave one.
    #[getter]
    fn optimizations_completed(&self) -> u64 {
        self.completed.get()
    }

    /// How many were refused.
    #[getter]
    fn optimizations_failed(&self) -> u64 {
        self.attempted.get() - self.completed.get()
    }

    /// Return how often hot code asked for a trace.
    #[method]
    fn get_count(&self) -> u64 {
        self.asked.get()
    }
}

/// Installs what makes traces, and an optimizer that asks it. Called once, at start-up.
pub fn install(maker: Maker) {
    MAKER.with(|current| *current = Some(maker));
    drop(set_optimizer(Some(Optimizer::of_uops())));
}

/// The optimizer that hot code asks, if there is one.
pub fn optimizer() -> Option<Ref<Optimizer>> {
    CURRENT.with(|current| current.clone())
}

/// Puts another optimizer in place, or none. Answers the one before.
#[must_use = "the answer is released here, outside of the lock"]
pub fn set_optimizer(optimizer: Option<Ref<Optimizer>>) -> Option<Ref<Optimizer>> {
    CURRENT.with(|current| std::mem::replace(current, optimizer))
}
