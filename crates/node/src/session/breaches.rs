//! How long a peer is kept away that broke the protocol: longer each time, until it has kept it for a while.

use std::time::{Duration, Instant};

use crate::limits::{BACKED_OFF_MAX, BACKED_OFF_MIN, BREACHES_FORGIVEN_AFTER};

/// The breaches of one peer.
#[derive(Debug, Default)]
pub(super) struct Breaches {
    latest: Option<Latest>,
}

#[derive(Debug, Clone, Copy)]
struct Latest {
    at: Instant,
    kept_away_for: Duration,
}

impl Breaches {
    /// One more.
    pub(super) fn note(&mut self, now: Instant) {
        let kept_away_for = match self.latest {
            Some(latest) if now.saturating_duration_since(latest.at) < BREACHES_FORGIVEN_AFTER => {
                (latest.kept_away_for * 2).min(BACKED_OFF_MAX)
            }
            _ => BACKED_OFF_MIN,
        };
        self.latest = Some(Latest {
            at: now,
            kept_away_for,
        });
    }

    /// Whether the peer is to stay away.
    pub(super) fn keep_away(&self, now: Instant) -> bool {
        self.latest
            .is_some_and(|latest| now.saturating_duration_since(latest.at) < latest.kept_away_for)
    }
}

#[cfg(test)]
mod tests;
