//! `ohrid node status`, how the node is, in one look, and `ohrid node stop`.

use std::time::{Duration, Instant};

use clap::Args;
use control::types::{DirectoryFork, ForkedDocument, NodeState, NodeStatus, PeerStatus, TimeStampState};
use jiff::tz::TimeZone;

use super::witness;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::limits::POLL_INTERVAL;
use crate::session::Session;
use crate::{key, officer, random, table, when};

/// Options of `ohrid node status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// Wait at most so long until the node is ready, such as 30s: for scripts that have just started it
    #[arg(long, value_name = "LENGTH", value_parser = when::parse_length)]
    wait: Option<Duration>,
}

pub(super) async fn run(session: &Session, arguments: &StatusArguments) -> Result<(), Failure> {
    let end = Instant::now() + arguments.wait.unwrap_or_default();
    let status = loop {
        let status = ask(session).await;
        let is_ready = status
            .as_ref()
            .is_ok_and(|status| matches!(status.state, NodeState::Ready | NodeState::ReadOnly));
        let is_final = status
            .as_ref()
            .is_err_and(|failure| failure.exit != Exit::Temporary);
        if is_ready || is_final || Instant::now() >= end {
            break status?;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    };
    session
        .terminal
        .result(&status, |status| text(status, &when::local_zone()));
    match status.state {
        NodeState::Ready => {}
        NodeState::ReadOnly => {
            let what = "the node signs nothing: witnesses know more of its ledger than it does";
            let mend = "its log says what to do";
            let failure = Failure::new(Exit::Failed, "not_signing", what).mended_by(mend);
            return Err(failure.told_by_result());
        }
        NodeState::Starting | NodeState::Stopping => {
            let failure = Failure::new(Exit::Temporary, "not_ready", "the node is not ready");
            return Err(failure.told_by_result());
        }
    }
    match status.directory {
        None => session.next("ohrid directory install FILE --key KEY"),
        Some(_) => session.next("ohrid inbox"),
    }
    Ok(())
}

async fn ask(session: &Session) -> Result<NodeStatus, Failure> {
    Ok(session.client().await?.status().await?)
}

/// Stops the node. Returns when it has agreed, which is before it has stopped.
pub(super) async fn stop(session: &Session) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    client.stop(&random::idempotency_key()?).await?;
    session
        .terminal
        .say("The node finishes what is under way, and stops.");
    Ok(())
}

fn text(status: &NodeStatus, zone: &TimeZone) -> String {
    let state = match status.state {
        NodeState::Starting => "starting",
        NodeState::Ready => "ready",
        NodeState::ReadOnly => "READ-ONLY",
        NodeState::Stopping => "stopping",
    };
    let directory = match &status.directory {
        None => "none yet".to_owned(),
        Some(directory) => {
            let end = when::both(directory.expires_at, zone);
            let end = if directory.in_date {
                format!("until {end}")
            } else {
                format!("EXPIRED {end}")
            };
            let key_set = directory.key_set;
            let key_set = key_set.map_or_else(String::new, |number| format!(", key set {number}"));
            format!(
                "{} version {}, {end}{key_set}",
                directory.network, directory.version
            )
        }
    };
    let ledger = &status.ledger;
    let mut pairs = vec![
        (
            "Node",
            format!(
                "{} of {}, release {}",
                status.node_name, status.party, status.version
            ),
        ),
        (
            "State",
            format!("{state} since {}", when::both(status.started_at, zone)),
        ),
        ("Listens on", status.listen.clone()),
        ("Clock", when::both(status.clock, zone)),
        (
            "Ledger",
            format!("{}, {}", ledger.origin, table::entries(ledger.size)),
        ),
        ("Root", ledger.root.clone()),
        (
            "Last checkpoint",
            when::both_or_dash(ledger.last_checkpoint_at, zone),
        ),
        ("Directory", directory),
        ("To be confirmed", status.outbox_pending.to_string()),
        ("To be opened", status.unopened.to_string()),
    ];
    let forks = status.directory.iter().flat_map(|directory| &directory.forks);
    pairs.extend(forks.map(fork));
    pairs.extend(witness::lines(&status.witness, &status.party, zone));
    pairs.extend(status.time_stamp.iter().map(|state| time_stamp(state, zone)));
    pairs.extend(key::status_line(&status.keys, zone).map(|line| ("Keys", line)));
    pairs.extend(officer::status_lines(&status.officers));
    let mut text = table::properties(&pairs);
    if !status.peers.is_empty() {
        let rows: Vec<Vec<String>> = status.peers.iter().map(peer).collect();
        text.push('\n');
        text.push_str(&table::table(&["PEER", "CONNECTED", "WAITING", "NODE"], &rows));
    }
    text
}

fn fork(fork: &DirectoryFork) -> (&'static str, String) {
    let what = match fork.of {
        ForkedDocument::Directory => "directories of version",
        ForkedDocument::KeySet => "key sets of number",
    };
    let told = format!(
        "there are two {what} {}, both signed by the secretariat: call it, and other Parties\n{}",
        fork.number, fork.proof
    );
    ("ALARM", told)
}

fn time_stamp(state: &TimeStampState, zone: &TimeZone) -> (&'static str, String) {
    let newest = state.newest.as_ref();
    let newest = newest.map_or_else(
        || "none yet".to_owned(),
        |newest| format!("{}, {}", when::both(newest.at, zone), table::entries(newest.size)),
    );
    match &state.problem {
        None => ("Time stamp", newest),
        Some(problem) => {
            let since = when::both_or_dash(state.failing_since, zone);
            let told = format!("no time stamp since {since}: {problem}\nthe newest: {newest}");
            ("ALARM", told)
        }
    }
}

fn peer(peer: &PeerStatus) -> Vec<String> {
    let connected = if peer.connected { "yes" } else { "no" };
    let address = peer
        .reachable_address
        .as_deref()
        .map(|address| format!(" ({address})"))
        .unwrap_or_default();
    vec![
        peer.party.clone(),
        connected.to_owned(),
        peer.pending_messages.to_string(),
        format!("{}{address}", peer.name),
    ]
}
