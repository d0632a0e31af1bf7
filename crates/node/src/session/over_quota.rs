//! Whether a peer has been over its quota for so long that people should know.

use protocol::ids::PartyCode;
use protocol::time::UnixMillis;

use super::Peers;
use crate::limits::{OVER_QUOTA_ALARM_AFTER, OVER_QUOTA_ENDS_AFTER, OVER_QUOTA_LOGGED_EVERY};

/// The time in which requests of one peer were put off again and again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OverQuota {
    span: Option<Span>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    began_at: UnixMillis,
    last_at: UnixMillis,
    logged_at: Option<UnixMillis>,
}

impl Peers {
    /// A request of the peer was put off since it is over its quota. Since when it is, if it has been for so
    /// long that the log should say so now.
    pub fn note_over_quota(&self, peer: PartyCode, now: UnixMillis) -> Option<UnixMillis> {
        self.lock().entry(peer).or_default().over_quota.note(now)
    }

    /// Since when the peer is over its quota, if it has been for long.
    #[must_use]
    pub fn over_quota_since(&self, peer: PartyCode, now: UnixMillis) -> Option<UnixMillis> {
        self.lock().get(&peer)?.over_quota.alarm(now)
    }

    /// How many peers have been over their quota for long.
    #[must_use]
    pub fn over_quota_count(&self, now: UnixMillis) -> usize {
        let states = self.lock();
        states
            .values()
            .filter(|state| state.over_quota.alarm(now).is_some())
            .count()
    }
}

impl OverQuota {
    /// A request was put off since the peer is over its quota. Since when it is, if that is to be logged now.
    pub(super) fn note(&mut self, now: UnixMillis) -> Option<UnixMillis> {
        let span = match &mut self.span {
            Some(span) if now.since(span.last_at) < OVER_QUOTA_ENDS_AFTER => span,
            other => other.insert(Span {
                began_at: now,
                last_at: now,
                logged_at: None,
            }),
        };
        span.last_at = now;
        let logged = span.logged_at;
        let due = logged.is_none_or(|at| now.since(at) >= OVER_QUOTA_LOGGED_EVERY);
        if !span.is_long() || !due {
            return None;
        }
        span.logged_at = Some(now);
        Some(span.began_at)
    }

    /// Since when the peer is over its quota, if it has been for long and still is.
    pub(super) fn alarm(&self, now: UnixMillis) -> Option<UnixMillis> {
        let span = self.span.filter(Span::is_long)?;
        (now.since(span.last_at) < OVER_QUOTA_ENDS_AFTER).then_some(span.began_at)
    }
}

impl Span {
    fn is_long(&self) -> bool {
        self.last_at.since(self.began_at) >= OVER_QUOTA_ALARM_AFTER
    }
}

#[cfg(test)]
mod tests;
