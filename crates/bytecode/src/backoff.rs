//! Counters that decide when to try something costly: to specialize, to make a trace.
//!
//! Sixteen bits: twelve count down, four remember how often trying has failed. At zero the counter triggers; a
//! failed try restarts it with twice the count, up to the largest. It lives in an inline cache or an exit and is
//! stored back after each change.

use crate::tunables::{
    ADAPTIVE_COOLDOWN_BACKOFF, ADAPTIVE_COOLDOWN_VALUE, ADAPTIVE_WARMUP_BACKOFF,
    ADAPTIVE_WARMUP_VALUE, BACKOFF_BITS, COUNTER_ADVANCE_STEP, COUNTER_TRIGGER_LIMIT,
    JUMP_BACKWARD_INITIAL_BACKOFF, JUMP_BACKWARD_INITIAL_VALUE, MAX_BACKOFF,
    SIDE_EXIT_INITIAL_BACKOFF, SIDE_EXIT_INITIAL_VALUE, UNREACHABLE_BACKOFF,
};

/// A counter with exponential backoff, as its sixteen bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct BackoffCounter(pub u16);

impl BackoffCounter {
    /// What a site that can specialize starts with.
    pub const ADAPTIVE_WARMUP: BackoffCounter =
        BackoffCounter::new(ADAPTIVE_WARMUP_VALUE, ADAPTIVE_WARMUP_BACKOFF);
    /// What a site has after it was specialized.
    pub const ADAPTIVE_COOLDOWN: BackoffCounter =
        BackoffCounter::new(ADAPTIVE_COOLDOWN_VALUE, ADAPTIVE_COOLDOWN_BACKOFF);
    /// What the back edge of a loop starts with.
    pub const JUMP_BACKWARD: BackoffCounter =
        BackoffCounter::new(JUMP_BACKWARD_INITIAL_VALUE, JUMP_BACKWARD_INITIAL_BACKOFF);
    /// What a side exit starts with.
    pub const SIDE_EXIT: BackoffCounter =
        BackoffCounter::new(SIDE_EXIT_INITIAL_VALUE, SIDE_EXIT_INITIAL_BACKOFF);
    /// A counter that never triggers.
    pub const UNREACHABLE: BackoffCounter = BackoffCounter::new(0, UNREACHABLE_BACKOFF);

    /// A counter that triggers after `value` steps. `value` has 12 bits, `backoff` four.
    pub const fn new(value: u16, backoff: u16) -> BackoffCounter {
        BackoffCounter(value << BACKOFF_BITS | backoff)
    }

    /// The steps left.
    pub const fn value(self) -> u16 {
        self.0 >> BACKOFF_BITS
    }

    /// The binary logarithm of the next restart's count, less one.
    pub const fn backoff(self) -> u16 {
        self.0 & ((1 << BACKOFF_BITS) - 1)
    }

    /// Whether to try now. Asked before the step.
    pub const fn is_triggered(self) -> bool {
        self.0 < COUNTER_TRIGGER_LIMIT
    }

    /// One step further. A counter at zero wraps around to the largest count.
    #[must_use]
    pub const fn advance(self) -> BackoffCounter {
        BackoffCounter(self.0.wrapping_sub(COUNTER_ADVANCE_STEP))
    }

    /// After a failed try: twice the count, up to the largest.
    #[must_use]
    pub const fn restart(self) -> BackoffCounter {
        let backoff = self.backoff();
        if backoff < MAX_BACKOFF {
            BackoffCounter::new((1 << (backoff + 1)) - 1, backoff + 1)
        } else {
            BackoffCounter::new((1 << MAX_BACKOFF) - 1, MAX_BACKOFF)
        }
    }

    /// Not triggered at the next test: for when tier 1 runs what an executor stands before.
    #[must_use]
    pub const fn pause(self) -> BackoffCounter {
        BackoffCounter(self.0 | 1 << BACKOFF_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_site_is_tried_at_its_second_execution() {
        let counter = BackoffCounter::ADAPTIVE_WARMUP;
        assert_eq!(counter.0, 0x11);
        assert!(!counter.is_triggered());
        assert!(counter.advance().is_triggered());
    }

    #[test]
    fn failed_tries_double_the_count_up_to_the_largest() {
        let mut counter = BackoffCounter::ADAPTIVE_WARMUP;
        let mut seen = Vec::new();
        for _ in 0..13 {
            counter = counter.restart();
            seen.push(counter.0);
        }
        assert_eq!(seen[..4], [0x32, 0x73, 0xf4, 0x1f5]);
        assert_eq!(seen[10..], [0xfffc, 0xfffc, 0xfffc]);
    }

    #[test]
    fn a_specialized_site_is_tried_again_at_the_53rd_miss() {
        let mut counter = BackoffCounter::ADAPTIVE_COOLDOWN;
        assert_eq!(counter.0, 0x340);
        let mut misses = 0;
        loop {
            misses += 1;
            if counter.is_triggered() {
                break;
            }
            counter = counter.advance();
        }
        assert_eq!(misses, 53);
    }

    #[test]
    fn a_loop_is_tried_at_the_4096th_back_edge() {
        let mut counter = BackoffCounter::JUMP_BACKWARD;
        assert_eq!(counter.0, 0xfffc);
        let mut edges = 1;
        while !counter.is_triggered() {
            counter = counter.advance();
            edges += 1;
        }
        assert_eq!(edges, 4096);
    }

    #[test]
    fn the_unreachable_counter_does_not_trigger() {
        assert_eq!(BackoffCounter::UNREACHABLE.0, 0x000f);
        assert!(!BackoffCounter::UNREACHABLE.is_triggered());
    }

    #[test]
    fn a_paused_counter_does_not_trigger_at_the_next_test() {
        let triggered = BackoffCounter::new(0, 3);
        assert!(triggered.is_triggered());
        assert!(!triggered.pause().is_triggered());
        assert!(triggered.pause().advance().is_triggered());
    }
}
