//! The time that a node goes by, from what the two clocks of its machine show: a pure function of these, so
//! that the simulation can drive it as it drives the exchange.
//!
//! The system's time is believed within reason, because what follows from it is signed and for
//! good: a rejection of an expired envelope, the end of trying to deliver.
//!
//! * It never runs backwards, and shows nothing before its floor: a clock that was set back must not revive
//!   what has expired (threat 13 of security.md). While the system's clock is behind, or stands still, this
//!   one goes on at half speed until it is caught up with, so that retries and time-outs go on as well.
//! * A leap forward that the monotonic clock knows nothing of is not believed: time goes on from where it
//!   was, by the monotonic clock, until the system's clock comes back or the operator confirms it by
//!   starting the node again. A start with a wrong clock is bounded by the directory: one that has expired
//!   is refused, and nothing is dated before it was issued.

use std::time::Duration;

use super::UnixMillis;
use crate::limits::CLOCK_LEAP_MAX;

/// The time that a node goes by.
#[derive(Debug, Clone, Default)]
pub struct Believed {
    shown: Option<Shown>,
    floor: UnixMillis,
}

/// What was shown last.
#[derive(Debug, Clone, Copy)]
struct Shown {
    time: UnixMillis,
    /// By the monotonic clock.
    at: Duration,
    doubt: bool,
}

/// How a reading stands to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// As before.
    Same,
    /// The system's clock has leapt, and is not believed any more.
    Begins,
    /// It is believed again.
    Ends,
}

impl Believed {
    /// Shows no time before `floor`: the time of the ledger's last entry.
    #[must_use]
    pub fn not_before(floor: UnixMillis) -> Self {
        Self { shown: None, floor }
    }

    /// Shows no time before this one either: that at which the directory in use was issued.
    pub fn raise_floor(&mut self, floor: UnixMillis) {
        self.floor = self.floor.max(floor);
        if let Some(shown) = &mut self.shown {
            shown.time = shown.time.max(floor);
        }
    }

    /// The time, when the system's clock shows `system`, and `monotonic` has passed since a moment that is
    /// always the same. Readings may come in another order than they were taken.
    pub fn read(&mut self, system: UnixMillis, monotonic: Duration) -> (UnixMillis, Doubt) {
        let doubted = self.is_doubted();
        let next = match self.shown {
            None => Shown {
                time: system.max(self.floor),
                at: monotonic,
                doubt: false,
            },
            Some(last) => last.next(system, monotonic),
        };
        self.shown = Some(next);
        let doubt = match (doubted, next.doubt) {
            (false, true) => Doubt::Begins,
            (true, false) => Doubt::Ends,
            _ => Doubt::Same,
        };
        (next.time, doubt)
    }

    /// Whether the system's clock has leapt, so that it is not believed.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        self.shown.is_some_and(|shown| shown.doubt)
    }
}

impl Shown {
    fn next(self, system: UnixMillis, at: Duration) -> Self {
        let elapsed = at.saturating_sub(self.at);
        let expected = self.gone_on(elapsed, 1);
        if system > expected.time.plus(CLOCK_LEAP_MAX) {
            return Self {
                doubt: true,
                ..expected
            };
        }
        // One that stands still is behind as well: with it, every retry would wait for ever.
        if system <= self.time {
            return self.gone_on(elapsed, 2);
        }
        Self {
            time: system,
            at: at.max(self.at),
            doubt: false,
        }
    }

    /// Goes on by the monotonic clock, a `slower`th of its speed. By whole milliseconds: a fraction must not
    /// be lost each time that somebody asks.
    fn gone_on(self, elapsed: Duration, slower: u32) -> Self {
        let elapsed_ms = u64::try_from((elapsed / slower).as_millis()).unwrap_or(u64::MAX);
        let step = Duration::from_millis(elapsed_ms);
        Self {
            time: self.time.plus(step),
            at: self.at.saturating_add(step.saturating_mul(slower)),
            doubt: false,
        }
    }
}

#[cfg(test)]
mod tests;
