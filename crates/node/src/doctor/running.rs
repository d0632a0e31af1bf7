//! What a running node says of itself and of its peers.

use std::os::unix::net::UnixStream;

use control::client::{Client, ClientError};
use control::types::{Alarm, NodeState, NodeStatus, PeerDetail, RetentionReport, SigningState};

use super::{Check, Look, failed, ok, skipped, warning};
use crate::config::Config;
use crate::limits::doctor::{OUTBOX_OLD_MINUTES, PEER_CLOCK_OFF_MS};

/// The answers of a node that runs.
pub(super) struct Running {
    /// The id of its process.
    pub(super) process: u32,
    status: NodeStatus,
    peers: Vec<PeerDetail>,
    alarms: Vec<Alarm>,
    retention: Option<RetentionReport>,
    pub(super) metrics: String,
}

/// Asks the control socket; what it says instead, where that is no answer.
pub(super) async fn ask(config: &Config) -> (Option<Running>, Option<ClientError>) {
    match ask_all(config).await {
        Ok(running) => (Some(running), None),
        Err(error) => (None, Some(error)),
    }
}

async fn ask_all(config: &Config) -> Result<Running, ClientError> {
    let client = Client::connect(&config.control_socket).await?;
    Ok(Running {
        process: process(config).unwrap_or_default(),
        status: client.status().await?,
        peers: client.peers().await?,
        // Not everybody may ask everything.
        alarms: client.alarms().await.unwrap_or_default(),
        retention: client.retention().await.ok(),
        metrics: client.metrics().await.unwrap_or_default(),
    })
}

fn process(config: &Config) -> Option<u32> {
    let stream = UnixStream::connect(&config.control_socket).ok()?;
    let peer = rustix::net::sockopt::socket_peercred(&stream).ok()?;
    u32::try_from(peer.pid.as_raw_nonzero().get()).ok()
}

pub(super) fn look(look: &mut Look<'_>, running: Option<&Running>, trouble: Option<ClientError>) {
    let place = look.place();
    let Some(running) = running else {
        let check = match trouble {
            None | Some(ClientError::NotRunning { .. }) => {
                skipped("running", "no node answers on the control socket")
            }
            Some(error) => warning("running", error.to_string(), "systemctl status ohrid-node"),
        };
        return look.add(check);
    };
    let status = &running.status;
    look.add(state(status, &place));
    look.add(versions(status));
    look.add(witnesses(status, &place));
    look.add(peers(running, &place));
    look.add(clocks(running));
    look.add(outbox(look, running, &place));
    look.add(keys(status, &place));
    look.add(erasures(running, &place));
    look.add(forks(status));
}

fn state(status: &NodeStatus, place: &str) -> Check {
    const NAME: &str = "running";
    match status.state {
        NodeState::Ready => ok(NAME, format!("ready since {}", status.started_at)),
        NodeState::Starting => warning(
            NAME,
            "it is starting, or waits for witnesses",
            format!("ohrid node status {place}"),
        ),
        NodeState::Stopping => warning(NAME, "it is stopping", format!("ohrid node status {place}")),
        NodeState::ReadOnly => failed(
            NAME,
            "it signs nothing: witnesses know more of its ledger than it does",
            format!("ohrid node status {place}; docs/backup.md says what a restore after a loss means"),
        ),
    }
}

fn versions(status: &NodeStatus) -> Check {
    let own = env!("CARGO_PKG_VERSION");
    if status.version == own {
        return ok("versions", format!("program and running node are {own}"));
    }
    let what = format!("the node that runs is {}, the program is {own}", status.version);
    warning("versions", what, "systemctl restart ohrid-node")
}

fn witnesses(status: &NodeStatus, place: &str) -> Check {
    const NAME: &str = "witnesses";
    let state = &status.witness;
    let mend = format!("ohrid node status {place}; ohrid peer test PARTY {place}");
    let named = state.witnesses.len();
    match state.signing {
        SigningState::Refused => failed(NAME, format!("{} know more", state.against.join(", ")), mend),
        SigningState::Waiting | SigningState::Checking => warning(NAME, "too few were reached so far", mend),
        SigningState::Allowed if state.lagging => failed(
            NAME,
            "what was released has been without its quorum for long",
            mend,
        ),
        SigningState::Allowed
            if state.published_size != Some(status.ledger.size) && status.ledger.size > 0 =>
        {
            let published = state.published_size.unwrap_or(0);
            let what = format!(
                "{published} of {} entries are cosigned by a quorum",
                status.ledger.size
            );
            warning(NAME, what, mend)
        }
        SigningState::Allowed => ok(
            NAME,
            format!("all entries have their quorum; {named} witnesses asked"),
        ),
    }
}

fn peers(running: &Running, place: &str) -> Check {
    const NAME: &str = "peers";
    let away: Vec<&str> = running
        .peers
        .iter()
        .filter(|peer| !peer.status.connected)
        .map(|peer| peer.status.party.as_str())
        .collect();
    let all = running.peers.len();
    let mend = away
        .first()
        .map(|party| format!("ohrid peer test {party} {place}"));
    match (away.len(), mend) {
        (_, None) => ok(NAME, format!("all {all} are connected")),
        (count, Some(mend)) if count == all => failed(NAME, format!("none of {all} is connected"), mend),
        (_, Some(mend)) => warning(
            NAME,
            format!("not connected: {} of {all}: {}", away.len(), away.join(", ")),
            mend,
        ),
    }
}

fn clocks(running: &Running) -> Check {
    const NAME: &str = "peer_clocks";
    let known = running.peers.iter().filter_map(|peer| {
        let ahead = peer.greeting.as_ref()?.clock_ahead_ms;
        Some((peer.status.party.as_str(), ahead))
    });
    let known: Vec<_> = known.collect();
    let off: Vec<_> = known
        .iter()
        .filter(|(_, ahead)| ahead.unsigned_abs() > PEER_CLOCK_OFF_MS)
        .collect();
    match (known.len(), off.len()) {
        (0, _) => skipped(NAME, "no peer has said what time it is"),
        (_, 0) => ok(NAME, format!("{} peers' clocks agree with ours", known.len())),
        (all, count) => {
            let (party, ahead) = off[0];
            let what = format!("{count} of {all} differ; {party} is {ahead} ms ahead of us");
            let is_ours = count * 2 > all;
            let mend = if is_ours {
                "timedatectl set-ntp true"
            } else {
                "tell the operator of that Party"
            };
            warning(NAME, what, mend)
        }
    }
}

fn outbox(look: &Look<'_>, running: &Running, place: &str) -> Check {
    const NAME: &str = "outbox";
    let pending = running.status.outbox_pending;
    let overdue = running
        .alarms
        .iter()
        .filter(|alarm| alarm.kind == "receipt-overdue");
    let oldest = overdue.map(|alarm| alarm.raised_at.as_second()).min();
    let minutes = oldest.map_or(0, |since| (look.now.as_second() - since) / 60);
    let mend = format!("ohrid alarms {place}; ohrid peer list {place}");
    if minutes >= OUTBOX_OLD_MINUTES {
        return failed(
            NAME,
            format!("{pending} wait; the oldest receipt is overdue by {minutes} minutes"),
            mend,
        );
    }
    if oldest.is_some() {
        return warning(NAME, format!("{pending} wait; a receipt is overdue"), mend);
    }
    ok(NAME, format!("{pending} wait for an answer, none for too long"))
}

fn keys(status: &NodeStatus, place: &str) -> Check {
    const NAME: &str = "key_terms";
    let ending: Vec<String> = status
        .keys
        .iter()
        .filter(|key| key.ends_soon)
        .map(|key| format!("{:?}", key.kind).to_lowercase())
        .collect();
    if ending.is_empty() {
        return ok(NAME, "no key in use ends soon without another to take its place");
    }
    let mend = format!("ohrid key list {place}; ohrid key rotate {} {place}", ending[0]);
    warning(
        NAME,
        format!(
            "these end soon, and nothing takes their place: {}",
            ending.join(", ")
        ),
        mend,
    )
}

fn erasures(running: &Running, place: &str) -> Check {
    const NAME: &str = "erasures_due";
    let Some(retention) = &running.retention else {
        return skipped(NAME, "this user may not ask what is due");
    };
    let due = retention.due.iter().filter(|case| !case.is_held).count();
    if due > 0 || !retention.is_complete {
        let mend = format!("ohrid retention run {place}");
        return warning(NAME, format!("the content of {due} cases is due"), mend);
    }
    ok(NAME, "nothing is due")
}

fn forks(status: &NodeStatus) -> Check {
    const NAME: &str = "forks";
    let directory = status
        .directory
        .as_ref()
        .map_or(0, |directory| directory.forks.len());
    let ledgers = status.witness.forks.len();
    if directory + ledgers == 0 {
        return ok(NAME, "nobody has shown two histories");
    }
    let what = format!("{directory} of the directory, {ledgers} of ledgers: somebody shows two histories");
    failed(
        NAME,
        what,
        "telephone the secretariat and the Party; the proofs are named by ohrid node status",
    )
}
