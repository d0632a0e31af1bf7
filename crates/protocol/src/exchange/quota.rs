//! How much of our ledger and disk a peer may fill in an hour.
//!
//! What a peer sends becomes leaves of our ledger, which is never made shorter, and payloads on our disk:
//! without a bound, one hostile or broken peer would fill both. A request over the quota is answered with
//! `Busy` and leaves no trace; its sender keeps it and tries again `[RETRY]`, so nothing is lost by it.
//!
//! Each kind of request has an allowance of its own, so that none can starve another: a flood of routine
//! messages keeps out neither an emergency nor the reports on what we have sent ourselves. What answers
//! a request of ours (receipts, rejections) asks for nothing: there is one at most for each item of the
//! outbox. Asking again for a first answer `[IDEMPOTENT]` costs nothing either: it is no leaf.
//!
//! An allowance refills evenly and can be saved up for an hour. It is not remembered over a restart.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::envelope::Priority;
use crate::ids::PartyCode;
use crate::limits;
use crate::time::UnixMillis;

/// The time in which an allowance refills.
const HOUR: Duration = Duration::from_secs(3_600);

/// What one peer may have us record in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Messages, each a leaf.
    pub messages: Allowance,
    /// Emergencies, before they are counted among the messages.
    pub emergencies: Allowance,
    /// Reports on messages of ours.
    pub reports: Allowance,
    /// Requests that we refuse with a signed rejection, which is a leaf as well.
    pub rejections: Allowance,
}

/// So much in an hour. The first of anybody is never too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Leaves.
    pub entries: u64,
    /// Bytes of payloads and signed statements.
    pub bytes: u64,
}

/// Which allowance a request was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quota {
    /// Messages in an hour.
    Messages,
    /// Bytes of messages in an hour.
    MessageBytes,
    /// Reports in an hour, or their bytes.
    Reports,
    /// Rejections in an hour, or their bytes.
    Rejections,
}

/// What a request is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charge {
    Message(Priority),
    Report,
    Rejection,
}

/// Which allowance is used up, and when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Over {
    pub(super) quota: Quota,
    pub(super) wait: Duration,
}

/// What each peer has used up.
#[derive(Debug)]
pub(super) struct Meters {
    quotas: Quotas,
    peers: BTreeMap<PartyCode, PeerMeters>,
}

#[derive(Debug, Default)]
struct PeerMeters {
    messages: Pair,
    emergencies: Pair,
    reports: Pair,
    rejections: Pair,
}

/// The meters of one allowance.
#[derive(Debug, Default)]
struct Pair {
    entries: Meter,
    bytes: Meter,
}

/// A bucket that runs empty evenly, in exact numbers: what is in it, times the milliseconds of an hour.
#[derive(Debug, Default)]
struct Meter {
    used: u128,
    at: UnixMillis,
}

impl Meters {
    /// Nobody has used anything.
    pub(super) fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            peers: BTreeMap::new(),
        }
    }

    /// Counts one more request of so many bytes, or says what it is over; then nothing is counted.
    pub(super) fn spend(
        &mut self,
        now: UnixMillis,
        peer: PartyCode,
        charge: Charge,
        bytes: usize,
    ) -> Result<(), Over> {
        let more = Allowance {
            entries: 1,
            bytes: bytes as u64,
        };
        let quotas = self.quotas;
        let meters = self.peers.entry(peer).or_default();
        let over = |[entries, bytes]: [Quota; 2]| {
            move |(what, wait)| {
                let quota = match what {
                    What::Entries => entries,
                    What::Bytes => bytes,
                };
                Over { quota, wait }
            }
        };
        match charge {
            Charge::Message(priority) => {
                let emergency = priority == Priority::Emergency;
                if emergency && meters.emergencies.spend(now, more, quotas.emergencies).is_ok() {
                    return Ok(());
                }
                let of_messages = meters.messages.spend(now, more, quotas.messages);
                of_messages.map_err(over([Quota::Messages, Quota::MessageBytes]))
            }
            Charge::Report => {
                let of_reports = meters.reports.spend(now, more, quotas.reports);
                of_reports.map_err(over([Quota::Reports; 2]))
            }
            Charge::Rejection => {
                let of_rejections = meters.rejections.spend(now, more, quotas.rejections);
                of_rejections.map_err(over([Quota::Rejections; 2]))
            }
        }
    }
}

/// Which of two meters is full.
enum What {
    Entries,
    Bytes,
}

impl Pair {
    /// Counts on both meters or on none.
    fn spend(
        &mut self,
        now: UnixMillis,
        more: Allowance,
        allowance: Allowance,
    ) -> Result<(), (What, Duration)> {
        self.entries.run_empty(now, allowance.entries);
        self.bytes.run_empty(now, allowance.bytes);
        let wait = self.entries.wait_for(more.entries, allowance.entries);
        wait.map_or(Ok(()), |wait| Err((What::Entries, wait)))?;
        let wait = self.bytes.wait_for(more.bytes, allowance.bytes);
        wait.map_or(Ok(()), |wait| Err((What::Bytes, wait)))?;
        self.entries.used += scaled(more.entries);
        self.bytes.used += scaled(more.bytes);
        Ok(())
    }
}

impl Meter {
    fn run_empty(&mut self, now: UnixMillis, an_hour: u64) {
        let ran = now.since(self.at).as_millis() * u128::from(an_hour.max(1));
        self.used = self.used.saturating_sub(ran);
        self.at = now;
    }

    /// How long until so much more fits; `None` if it does now.
    fn wait_for(&self, more: u64, an_hour: u64) -> Option<Duration> {
        let too_much = (self.used + scaled(more)).saturating_sub(scaled(an_hour));
        // What is more than an hour's allowance waits until all of it is there.
        let too_much = too_much.min(self.used);
        if too_much == 0 {
            return None;
        }
        let wait_ms = too_much.div_ceil(u128::from(an_hour.max(1)));
        Some(Duration::from_millis(u64::try_from(wait_ms).unwrap_or(u64::MAX)).min(HOUR))
    }
}

fn scaled(amount: u64) -> u128 {
    u128::from(amount) * HOUR.as_millis()
}

impl Default for Quotas {
    fn default() -> Self {
        let statements = |entries: u64| Allowance {
            entries,
            bytes: entries * limits::SIGNED_BYTES_MAX as u64,
        };
        Self {
            messages: Allowance {
                entries: limits::MESSAGES_PER_PEER_PER_HOUR_MAX,
                bytes: limits::MESSAGE_BYTES_PER_PEER_PER_HOUR_MAX,
            },
            emergencies: Allowance {
                entries: limits::EMERGENCIES_PER_PEER_PER_HOUR_MAX,
                bytes: limits::EMERGENCY_BYTES_PER_PEER_PER_HOUR_MAX,
            },
            reports: statements(limits::REPORTS_PER_PEER_PER_HOUR_MAX),
            rejections: statements(limits::REJECTIONS_PER_PEER_PER_HOUR_MAX),
        }
    }
}

#[cfg(test)]
mod tests;
