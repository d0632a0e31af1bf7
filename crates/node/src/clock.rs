//! The clock, in one place: everything below the programs takes time as an argument.
//!
//! The system's time is believed within reason, because what follows from it is signed and for
//! good: a rejection of an expired envelope, the end of trying to deliver.
//!
//! * It never runs backwards, and shows nothing before the ledger's last entry: a clock that was set back
//!   must not revive what has expired (threat 13 of security.md). While the system's clock is behind, this
//!   one goes on at half speed until it is caught up with, so that retries and time-outs go on as well.
//! * A leap forward that the monotonic clock knows nothing of is not believed: time goes on from where it
//!   was, by the monotonic clock, until the system's clock comes back or the operator confirms it by
//!   starting the node again. A start with a wrong clock is bounded by the directory: one that has expired
//!   is refused.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use protocol::time::UnixMillis;

use crate::limits::CLOCK_LEAP_MAX;

/// The time that the node goes by.
#[derive(Debug, Default)]
pub struct Clock {
    shown: Mutex<Option<Shown>>,
    floor: UnixMillis,
}

/// What was shown last.
#[derive(Debug, Clone, Copy)]
struct Shown {
    time: UnixMillis,
    at: Instant,
    doubt: bool,
}

impl Clock {
    /// A clock that shows no time before `floor`: the time of the ledger's last entry.
    #[must_use]
    pub fn not_before(floor: UnixMillis) -> Self {
        Self {
            shown: Mutex::default(),
            floor,
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        let system_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        self.read(UnixMillis(system_ms), Instant::now())
    }

    /// Whether the system's clock has leapt, so that it is not believed.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        let _ = self.now();
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.is_some_and(|shown| shown.doubt)
    }

    fn read(&self, system: UnixMillis, at: Instant) -> UnixMillis {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match *shown {
            None => Shown {
                time: system.max(self.floor),
                at,
                doubt: false,
            },
            Some(last) => last.next(system, at),
        };
        let doubted = shown.is_some_and(|last| last.doubt);
        *shown = Some(next);
        if next.doubt && !doubted {
            tracing::error!(
                system_ms = system.0,
                believed_ms = next.time.0,
                "the system's clock has leapt forward and is not believed: set it right, or start the node \
                 again if it is right"
            );
        } else if doubted && !next.doubt {
            tracing::warn!("the system's clock is believed again");
        }
        next.time
    }
}

impl Shown {
    fn next(self, system: UnixMillis, at: Instant) -> Self {
        // Threads may have read their two clocks in another order than they come here.
        let elapsed = at.saturating_duration_since(self.at);
        let expected = self.gone_on(elapsed, 1);
        if system > expected.time.plus(CLOCK_LEAP_MAX) {
            return Self {
                doubt: true,
                ..expected
            };
        }
        if system < self.time {
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
            at: self
                .at
                .checked_add(step.saturating_mul(slower))
                .unwrap_or(self.at),
            doubt: false,
        }
    }
}

#[cfg(test)]
mod tests;
