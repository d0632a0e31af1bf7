//! What the connection itself shows: version, directory, clock, and whether it answers now.

use std::time::{Duration, Instant};

use control::types::{Blame, StepName, StepOutcome, TestStep};
use protocol::directory::Directory;
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use tokio::time::timeout;

use super::way::micros;
use super::{Reachability, fault, ok, skipped};
use crate::limits;
use crate::news::timestamp;
use crate::session::{Dialled, Greeting, PeerView, Unanswered, Urgency};

/// What is shown while there is no connection.
const NOT_CONNECTED: &str = "there is no connection";

impl Reachability {
    /// Waits for the peer's connection, unless the way to it is closed, and asks over it.
    pub(super) async fn talk(
        &self,
        party: PartyCode,
        directory: &Directory,
        is_hopeless: bool,
    ) -> Vec<TestStep> {
        if !is_hopeless {
            // How long it takes is not the test's matter; whether it stands afterwards is.
            let _ = timeout(limits::PEER_TEST_CONNECTED_WITHIN, self.connected(party)).await;
        }
        let view = self.peers.view(party);
        let is_dialled = directory
            .party(party)
            .is_some_and(|record| !record.node.addresses.is_empty());
        let mut steps = vec![protocol_step(&view, is_dialled)];
        match view.greeting.as_ref().filter(|_| view.connected) {
            None => steps.extend(
                [StepName::DirectoryVersion, StepName::Clock, StepName::Echo]
                    .map(|step| skipped(step, NOT_CONNECTED)),
            ),
            Some(greeting) => {
                steps.push(directory_version_step(
                    greeting.directory_version,
                    directory.version,
                ));
                steps.push(self.clock_step(party, greeting, directory));
                steps.push(self.echo_step(party).await);
            }
        }
        let asked = "not asked for: only a message shows that, such as a drill (ohrid peer test --receipt)";
        steps.push(skipped(StepName::Receipt, asked));
        steps
    }

    async fn connected(&self, party: PartyCode) {
        let mut changes = self.peers.changes();
        while !self.peers.connected(party) {
            // The sender lives as long as `self`.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn clock_step(&self, party: PartyCode, greeting: &Greeting, directory: &Directory) -> TestStep {
        let others: Vec<i64> = directory
            .parties
            .keys()
            .filter(|other| **other != party)
            .filter_map(|other| {
                let view = self.peers.view(*other);
                view.greeting.filter(|_| view.connected)
            })
            .map(|greeting| greeting.ahead_ms())
            .collect();
        clock_step(greeting.ahead_ms(), &others)
    }

    async fn echo_step(&self, party: PartyCode) -> TestStep {
        let Some(asker) = self.peers.asker(party) else {
            return skipped(StepName::Echo, "the connection ended meanwhile");
        };
        let number = self.clock.now().0;
        let began = Instant::now();
        let answered = asker
            .ask(
                Frame::Ping(number),
                Urgency::Urgent,
                limits::PEER_TEST_ECHO_WITHIN,
            )
            .await;
        let took = began.elapsed();
        match answered {
            Ok(Frame::Pong(same)) if same == number => {
                let mut step = ok(StepName::Echo, format!("answered in {}", readable(took)));
                step.took_us = Some(micros(took));
                step
            }
            Ok(_) => fault(
                StepName::Echo,
                StepOutcome::Failed,
                "it answered something else",
                Blame::Theirs,
                "it does not speak ohrid/1 as it should: compare the releases",
            ),
            Err(Unanswered::Gone) => fault(
                StepName::Echo,
                StepOutcome::Failed,
                "the connection ended before the answer",
                Blame::Network,
                "test again: it is dialled anew by itself",
            ),
            Err(error) => fault(
                StepName::Echo,
                StepOutcome::Failed,
                format!("no answer: {error}"),
                Blame::Theirs,
                "the node over there is connected and does not keep up: ask its operator",
            ),
        }
    }
}

/// Whether a connection stands, with the peer's signed hello.
fn protocol_step(view: &PeerView, is_dialled: bool) -> TestStep {
    if view.connected {
        let versions: Vec<String> = view
            .greeting
            .iter()
            .flat_map(|greeting| &greeting.versions)
            .map(ToString::to_string)
            .collect();
        let who = match view.dialled {
            Some(Dialled::ByUs) => "dialled by us",
            Some(Dialled::ByPeer) => "dialled by the peer",
            None => "connected",
        };
        let since = view.since.map(|since| format!(" since {}", timestamp(since)));
        return ok(
            StepName::Protocol,
            format!("ohrid/{}, {who}{}", versions.join(","), since.unwrap_or_default()),
        );
    }
    match &view.failure {
        Some(failure) => fault(
            StepName::Protocol,
            StepOutcome::Failed,
            format!("not connected; at {}: {}", timestamp(failure.at), failure.what),
            if failure.what.starts_with("the hello") {
                Blame::Directory
            } else {
                Blame::Network
            },
            "mend what the steps above show; if they are good, compare the directory's version and the \
             envelope key on both sides: ohrid directory show",
        ),
        None if !is_dialled => fault(
            StepName::Protocol,
            StepOutcome::Failed,
            "not connected: it has not dialled us since this node started",
            Blame::Theirs,
            "ask its operator for ohrid peer test on that side; the address that the directory gives for \
             us must be reachable from there",
        ),
        None => fault(
            StepName::Protocol,
            StepOutcome::Failed,
            "not connected",
            Blame::Network,
            "mend what the steps above show, and test again",
        ),
    }
}

fn directory_version_step(theirs: u64, ours: u64) -> TestStep {
    let step = StepName::DirectoryVersion;
    let what = format!("theirs was version {theirs} when it connected, ours is {ours}");
    match theirs.cmp(&ours) {
        std::cmp::Ordering::Equal => ok(step, format!("both have version {ours}")),
        std::cmp::Ordering::Less => fault(
            step,
            StepOutcome::Warning,
            what,
            Blame::Theirs,
            "it fetches the newer one from its peers; if it stays behind, ask its operator",
        ),
        std::cmp::Ordering::Greater => fault(
            step,
            StepOutcome::Warning,
            what,
            Blame::Ours,
            "this node fetches it from its peers; if it stays behind, see ohrid node status",
        ),
    }
}

/// Whose clock is wrong: ours, if it differs from most others in the same direction.
fn clock_step(ahead_ms: i64, others_ahead_ms: &[i64]) -> TestStep {
    let step = StepName::Clock;
    let tolerated_ms = i64::try_from(limits::CLOCK_SKEW_MAX.as_millis()).unwrap_or(i64::MAX);
    let differs = |ms: i64| ms.saturating_abs() > tolerated_ms;
    let size = Duration::from_millis(ahead_ms.unsigned_abs());
    let direction = if ahead_ms < 0 { "behind" } else { "ahead of" };
    let what = format!("its clock was {} {direction} ours", readable(size));
    if !differs(ahead_ms) {
        return ok(step, what);
    }
    let alike = others_ahead_ms
        .iter()
        .filter(|other| differs(**other) && (**other < 0) == (ahead_ms < 0))
        .count();
    let (blame, mend) = if alike > 0 && alike * 2 >= others_ahead_ms.len() {
        (
            Blame::Ours,
            "other peers' clocks differ from ours in the same way: set this machine's clock (NTP)",
        )
    } else {
        (Blame::Theirs, "ask its operator to set the clock (NTP)")
    };
    fault(step, StepOutcome::Warning, what, blame, mend)
}

fn readable(took: Duration) -> String {
    if took >= Duration::from_secs(1) {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{:.1} ms", took.as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests;
