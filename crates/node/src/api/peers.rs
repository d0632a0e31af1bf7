//! The peers, and a test of the way to one.

use axum::Json;
use axum::extract::{Path, State};
use control::types::{Dialled, Greeting, PeerDetail, PeerFailure, PeerStatus, PeerTest};
use protocol::ids::PartyCode;
use protocol::index::OutboxRecord;

use super::{Parts, Refusal, Shared, blocking};
use crate::news::timestamp;
use crate::session::{self, PeerView};

/// Every other Party's node, by its code.
pub(super) async fn list(State(parts): State<Shared>) -> Result<Json<Vec<PeerDetail>>, Refusal> {
    let counted = Shared::clone(&parts);
    let outbox = blocking(move || Ok(counted.reader.outbox()?)).await?;
    let statuses = statuses(&parts, &outbox);
    let accepted = parts.directory.current();
    let details = statuses.into_iter().map(|(party, view, status)| {
        let record = accepted.directory.party(party);
        PeerDetail {
            status,
            addresses: record
                .map(|record| record.node.addresses.clone())
                .unwrap_or_default(),
            dialled: view.dialled.map(|dialled| match dialled {
                session::Dialled::ByUs => Dialled::ByUs,
                session::Dialled::ByPeer => Dialled::ByPeer,
            }),
            greeting: view.greeting.map(greeting),
            last_failure: view.failure.map(|failure| PeerFailure {
                at: timestamp(failure.at),
                what: failure.what,
            }),
        }
    });
    Ok(Json(details.collect()))
}

/// Tests the way to one.
pub(super) async fn test(
    State(parts): State<Shared>,
    Path(party): Path<String>,
) -> Result<Json<PeerTest>, Refusal> {
    let code: PartyCode = party
        .parse()
        .map_err(|_| Refusal::malformed(format!("{party:?} is no Party code; RO is one")))?;
    let tested = parts.reachability.test(code).await;
    let unknown = || Refusal::not_found(format!("{code} is no other Party of the directory"));
    tested.map(Json).ok_or_else(unknown)
}

/// The other Parties' nodes, and what waits for each.
pub(super) fn statuses(parts: &Parts, outbox: &[OutboxRecord]) -> Vec<(PartyCode, PeerView, PeerStatus)> {
    let accepted = parts.directory.current();
    let others = accepted.directory.parties.iter();
    let others = others.filter(|(party, _)| **party != parts.own);
    others
        .map(|(party, record)| {
            let pending = outbox.iter().filter(|item| item.peer == *party).count();
            let (view, status) = status(parts, *party, &record.node.name, pending);
            (*party, view, status)
        })
        .collect()
}

fn status(parts: &Parts, party: PartyCode, name: &str, pending: usize) -> (PeerView, PeerStatus) {
    let view = parts.peers.view(party);
    let status = PeerStatus {
        party: party.to_string(),
        name: name.to_owned(),
        connected: view.connected,
        since: view.since.map(timestamp),
        last_seen: view.last_seen.map(timestamp),
        pending_messages: pending as u64,
        reachable_address: view.address.map(|address| address.to_string()),
        over_quota_since: parts
            .peers
            .over_quota_since(party, parts.clock.now())
            .map(timestamp),
    };
    (view, status)
}

fn greeting(greeting: session::Greeting) -> Greeting {
    Greeting {
        clock_ahead_ms: greeting.ahead_ms(),
        at: timestamp(greeting.at),
        versions: greeting.versions,
        directory_version: greeting.directory_version,
    }
}
