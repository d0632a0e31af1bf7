//! What is known of a peer by its hello.

use protocol::time::UnixMillis;

/// What a peer said in its signed hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// When, by our clock.
    pub at: UnixMillis,
    /// The versions of the protocol that it speaks.
    pub versions: Vec<u16>,
    /// The version of its directory.
    pub directory_version: u64,
    /// Its clock.
    pub clock: UnixMillis,
}

impl Greeting {
    /// By how many milliseconds its clock was ahead of ours; below zero when it was behind.
    #[must_use]
    pub fn ahead_ms(&self) -> i64 {
        let ahead = i64::try_from(self.clock.0).unwrap_or(i64::MAX);
        ahead.saturating_sub(i64::try_from(self.at.0).unwrap_or(i64::MAX))
    }
}
