//! How many rejections we sign for one peer.
//!
//! A rejection is a leaf of our ledger that a peer makes us write: without a bound, one that sends
//! rubbish all day would fill it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::PartyCode;
use crate::limits::REJECTIONS_PER_PEER_PER_HOUR_MAX;
use crate::time::UnixMillis;

const WINDOW: Duration = Duration::from_secs(3600);

/// Counts rejections by peer, in windows of an hour that begin with a peer's first.
#[derive(Debug, Default)]
pub(super) struct RejectionQuota {
    windows: BTreeMap<PartyCode, Window>,
}

#[derive(Debug)]
struct Window {
    began_at: UnixMillis,
    count: u32,
}

impl RejectionQuota {
    /// Counts one more, or says how long the peer must wait.
    pub(super) fn spend(&mut self, now: UnixMillis, peer: PartyCode) -> Result<(), Duration> {
        let window = self.windows.entry(peer).or_insert(Window {
            began_at: now,
            count: 0,
        });
        if now.since(window.began_at) >= WINDOW {
            *window = Window {
                began_at: now,
                count: 0,
            };
        }
        if window.count >= REJECTIONS_PER_PEER_PER_HOUR_MAX {
            return Err(WINDOW.saturating_sub(now.since(window.began_at)));
        }
        window.count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
