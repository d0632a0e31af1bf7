//! Why a peer cannot be reached, and whose it is to mend: the way to it, looked at step by step.
//!
//! Names are resolved and every address is dialled beside a connection that stands, which is not disturbed
//! ([`crate::quic::probe`]). The rest is asked over the peer's own connection, for which the test waits a
//! while. Nothing is recorded.
//!
//! * `way.rs`: from the directory to a handshake.
//! * `talk.rs`: what the connection itself shows.

use std::sync::Arc;

use control::types::{Blame, PeerTest, StepName, StepOutcome, TestStep};
use protocol::ids::PartyCode;

use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::news::timestamp;
use crate::quic::BoundEndpoint;
use crate::session::Peers;

mod talk;
mod way;

/// What a test works with.
#[derive(Clone)]
pub struct Reachability {
    own: PartyCode,
    clock: Arc<Clock>,
    directory: Arc<CurrentDirectory>,
    peers: Arc<Peers>,
    endpoint: BoundEndpoint,
}

impl Reachability {
    /// Tests from this endpoint.
    #[must_use]
    pub fn new(
        own: PartyCode,
        clock: Arc<Clock>,
        directory: Arc<CurrentDirectory>,
        peers: Arc<Peers>,
        endpoint: BoundEndpoint,
    ) -> Self {
        Self {
            own,
            clock,
            directory,
            peers,
            endpoint,
        }
    }

    /// Tests the way to a Party's node; `None` when the directory does not name it, or names us.
    pub async fn test(&self, party: PartyCode) -> Option<PeerTest> {
        let accepted = self.directory.current();
        let record = accepted.directory.party(party).filter(|_| party != self.own)?;
        let tested_at = timestamp(self.clock.now());
        let mut steps = vec![self.directory_step(&accepted.directory, record)];
        let way = self.way(party, &record.node).await;
        let is_hopeless = !record.node.addresses.is_empty()
            && way.iter().any(|step| step.outcome == StepOutcome::Failed)
            && !way
                .iter()
                .any(|step| step.step == StepName::Tls && step.outcome == StepOutcome::Ok);
        steps.extend(way);
        steps.extend(self.talk(party, &accepted.directory, is_hopeless).await);
        Some(PeerTest::of(party.to_string(), tested_at, steps))
    }
}

/// A step that is as it should be.
fn ok(step: StepName, what: impl Into<String>) -> TestStep {
    TestStep {
        step,
        address: None,
        outcome: StepOutcome::Ok,
        what: what.into(),
        took_us: None,
        blame: None,
        mend: None,
    }
}

/// A step that was not taken.
fn skipped(step: StepName, why: impl Into<String>) -> TestStep {
    TestStep {
        outcome: StepOutcome::Skipped,
        ..ok(step, why)
    }
}

/// A step that is not as it should be.
fn fault(
    step: StepName,
    outcome: StepOutcome,
    what: impl Into<String>,
    blame: Blame,
    mend: impl Into<String>,
) -> TestStep {
    TestStep {
        outcome,
        blame: Some(blame),
        mend: Some(mend.into()),
        ..ok(step, what)
    }
}

#[cfg(test)]
mod tests;
