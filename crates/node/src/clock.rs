//! The clock, in one place: everything below the programs takes time as an argument.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use protocol::time::UnixMillis;

/// The system's time, which never runs backwards here: a clock that was set back must not revive
/// what has expired (threat 13 of security.md).
#[derive(Debug, Default)]
pub struct Clock {
    latest_ms: AtomicU64,
}

impl Clock {
    /// A clock that shows no time before `floor`: the time of the ledger's last entry.
    #[must_use]
    pub fn not_before(floor: UnixMillis) -> Self {
        Self {
            latest_ms: AtomicU64::new(floor.0),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        let system_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let before_ms = self.latest_ms.fetch_max(system_ms, Ordering::Relaxed);
        UnixMillis(before_ms.max(system_ms))
    }
}

#[cfg(test)]
mod tests;
