//! How the node is, and stopping it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::types::{
    DirectoryFork, DirectoryState, ForkedDocument, LedgerState, NodeState, NodeStatus, OfficersState,
};
use protocol::directory::Freshness;

use super::gate::Write;
use super::{Parts, Refusal, Shared, blocking};
use crate::directory::{ForkProof, Forked};
use crate::news::timestamp;
use crate::publishing::Signing;
use crate::rotation::terms::Stage;

pub(super) async fn status(State(parts): State<Shared>) -> Result<Json<NodeStatus>, Refusal> {
    let counted = std::sync::Arc::clone(&parts);
    let (outbox, unopened, time_stamp) = blocking(move || {
        let outbox = counted.reader.outbox()?;
        let unopened = counted.reader.unopened()?.len();
        Ok((outbox, unopened, super::stamps::state(&counted)))
    })
    .await?;
    let peers = super::peers::statuses(&parts, &outbox);
    let now = parts.clock.now();
    let head = parts.health.head();
    let in_use = parts.rotation.in_use();
    let accepted = parts.directory.current();
    let directory = &accepted.directory;
    Ok(Json(NodeStatus {
        party: parts.own.to_string(),
        node_name: parts.node.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        state: state(&parts),
        witness: super::witnesses::state(&parts),
        ledger: LedgerState {
            origin: head.origin().unwrap_or(in_use.ledger.name()).to_owned(),
            size: head.size,
            root: head.root.map(|root| root.to_base64()).unwrap_or_default(),
            last_checkpoint_at: head.signed_at.map(timestamp),
        },
        directory: Some(DirectoryState {
            network: directory.network.clone(),
            version: directory.version,
            expires_at: timestamp(directory.expires_at),
            in_date: parts.directory.freshness(now) == Freshness::Current,
            key_set: accepted.key_set.map(|mark| mark.number),
            forks: parts.directory.forks().iter().map(fork).collect(),
        }),
        peers: peers.into_iter().map(|(_, _, status)| status).collect(),
        outbox_pending: outbox.len() as u64,
        unopened: unopened as u64,
        officers: OfficersState {
            registered: parts.officers.registered() as u64,
            in_force: parts.officers.is_in_force(),
            approval_needed: parts
                .four_eyes
                .kinds
                .iter()
                .map(|kind| kind.as_str().to_owned())
                .collect(),
            reviews_outstanding: parts.reviews.outstanding() as u64,
        },
        keys: super::keys::shown(&parts, |term| term.stage == Stage::InUse),
        time_stamp,
        listen: parts.listen.to_string(),
        started_at: timestamp(parts.started_at),
        clock: timestamp(now),
    }))
}

fn state(parts: &Parts) -> NodeState {
    match parts.published.standing().signing {
        _ if parts.stop.is_stopping() => NodeState::Stopping,
        Signing::Allowed => NodeState::Ready,
        Signing::Checking | Signing::Waiting { .. } => NodeState::Starting,
        Signing::Refused { .. } => NodeState::ReadOnly,
    }
}

fn fork(proof: &ForkProof) -> DirectoryFork {
    DirectoryFork {
        of: match proof.of {
            Forked::Directory => ForkedDocument::Directory,
            Forked::KeySet => ForkedDocument::KeySet,
        },
        number: proof.number,
        proof: proof.file.display().to_string(),
    }
}

pub(super) async fn stop(State(parts): State<Shared>, _write: Write) -> StatusCode {
    tracing::info!("stopping, because the control socket asked for it");
    parts.stopper.stop();
    StatusCode::ACCEPTED
}
