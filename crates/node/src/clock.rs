//! The clock, in one place: everything below the programs takes time as an argument.
//!
//! What is believed of the system's clock, and why, is [`protocol::time::believed`]'s affair; here the two
//! clocks of the machine are read, and people are told when they contradict each other.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use protocol::time::UnixMillis;
use protocol::time::believed::{Believed, Doubt};

/// The time that the node goes by.
#[derive(Debug)]
pub struct Clock {
    believed: Mutex<Believed>,
    /// Since when the monotonic clock is read.
    began: Instant,
}

impl Clock {
    /// A clock that shows no time before `floor`: the time of the ledger's last entry.
    #[must_use]
    pub fn not_before(floor: UnixMillis) -> Self {
        Self {
            believed: Mutex::new(Believed::not_before(floor)),
            began: Instant::now(),
        }
    }

    /// Shows no time before this one either: that at which the directory in use was issued.
    pub fn raise_floor(&self, floor: UnixMillis) {
        self.lock().raise_floor(floor);
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
        self.lock().is_doubted()
    }

    fn read(&self, system: UnixMillis, at: Instant) -> UnixMillis {
        let monotonic = at.saturating_duration_since(self.began);
        let (time, doubt) = self.lock().read(system, monotonic);
        match doubt {
            Doubt::Same => {}
            Doubt::Begins => tracing::error!(
                system_ms = system.0,
                believed_ms = time.0,
                "the system's clock has leapt forward and is not believed: set it right, or start the node \
                 again if it is right"
            ),
            Doubt::Ends => tracing::warn!("the system's clock is believed again"),
        }
        time
    }

    fn lock(&self) -> MutexGuard<'_, Believed> {
        // What was shown last is whole at every step.
        self.believed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::not_before(UnixMillis::default())
    }
}

#[cfg(test)]
mod tests;
