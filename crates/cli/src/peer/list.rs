//! `ohrid peer list`.

use control::types::{Dialled, PeerDetail};
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::terminal::COLUMNS;
use crate::when;

pub(super) async fn run(session: &Session) -> Result<(), Failure> {
    let peers = session.client().await?.peers().await?;
    session
        .terminal
        .result(&peers, |peers| text(peers, &when::local_zone()));
    if let Some(away) = peers.iter().find(|peer| !peer.status.connected) {
        session.next(format_args!("ohrid peer test {}", away.status.party));
    }
    Ok(())
}

/// A table, and below it why those that are away could not be reached.
fn text(peers: &[PeerDetail], zone: &TimeZone) -> String {
    if peers.is_empty() {
        return "The directory names no other Party.\n".to_owned();
    }
    let rows: Vec<Vec<String>> = peers.iter().map(row).collect();
    let headings = ["PEER", "CONNECTED", "WAITING", "DIRECTORY", "CLOCK", "NODE"];
    let mut text = table::table(&headings, &rows);
    for peer in peers.iter().filter(|peer| !peer.status.connected) {
        let why = match &peer.last_failure {
            Some(failure) => format!("{}: {}", when::both(failure.at, zone), failure.what),
            None if peer.addresses.is_empty() => "it dials us, and has not done so yet".to_owned(),
            None => "not reached yet".to_owned(),
        };
        text.push('\n');
        for line in table::wrap(&printable(&format!("{}  {why}", peer.status.party)), COLUMNS) {
            text.push_str(&format!("{line}\n"));
        }
    }
    for peer in peers {
        let Some(since) = peer.status.over_quota_since else {
            continue;
        };
        let since = when::both(since, zone);
        let what = format!(
            "{}  over its quota since {since}: what it sends waits",
            peer.status.party
        );
        text.push('\n');
        for line in table::wrap(&printable(&what), COLUMNS) {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

fn row(peer: &PeerDetail) -> Vec<String> {
    let status = &peer.status;
    let connected = match (status.connected, peer.dialled) {
        (false, _) => "no",
        (true, Some(Dialled::ByPeer)) => "yes, it dialled",
        (true, _) => "yes",
    };
    let greeting = peer.greeting.as_ref().filter(|_| status.connected);
    let directory = greeting.map(|greeting| greeting.directory_version.to_string());
    let clock = greeting.map(|greeting| clock(greeting.clock_ahead_ms));
    let address = status.reachable_address.as_deref();
    let address = address.map(|address| format!(" ({address})")).unwrap_or_default();
    let dash = || "-".to_owned();
    vec![
        status.party.clone(),
        connected.to_owned(),
        status.pending_messages.to_string(),
        directory.unwrap_or_else(dash),
        clock.unwrap_or_else(dash),
        printable(&format!("{}{address}", status.name)),
    ]
}

/// `+0.0 s`: by how much its clock is ahead of ours.
fn clock(ahead_ms: i64) -> String {
    let sign = if ahead_ms < 0 { '-' } else { '+' };
    let ahead_ms = ahead_ms.unsigned_abs();
    format!("{sign}{}.{} s", ahead_ms / 1000, ahead_ms % 1000 / 100)
}

#[cfg(test)]
mod tests;
