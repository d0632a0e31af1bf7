//! What witnesses have seen of our ledger, in public formats and in the status.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use control::types::{LedgerFork, ReceiptDocument, ReceiptQuery, SigningState, WitnessState, WitnessStatus};

use super::{Parts, Refusal, Shared, blocking, messages, plain};
use crate::news::timestamp;
use crate::publishing::Signing;
use crate::publishing::second_stage::NoProof;

const TEXT: &str = "text/plain; charset=utf-8";

pub(super) async fn checkpoint(State(parts): State<Shared>) -> Result<Response, Refusal> {
    let head = parts.health.head();
    let witnessed = head.origin().and_then(|origin| parts.published.of(origin));
    let witnessed = witnessed.ok_or_else(|| Refusal::not_found("no checkpoint has its quorum yet"))?;
    Ok(plain(TEXT, witnessed.note().to_string()))
}

pub(super) async fn policy(State(parts): State<Shared>) -> Response {
    plain(TEXT, parts.published.policy().text.clone())
}

pub(super) async fn proof(
    State(parts): State<Shared>,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(index) = path?;
    let proof = blocking(move || Ok(parts.receipts.proof(index)?)).await?;
    let proof = proof.ok_or_else(|| Refusal::not_found("no checkpoint that covers it has its quorum yet"))?;
    Ok(plain(TEXT, proof.to_string()))
}

pub(super) async fn receipt(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<ReceiptQuery>, QueryRejection>,
) -> Result<Json<ReceiptDocument>, Refusal> {
    let (Path(text), Query(query)) = (path?, query?);
    let asking = parts.second_stage.clone();
    let found = blocking(move || messages::document(&parts, &text, &query)).await?;
    let (receipt, leaf, document) = found;
    let proof = asking.proof(&receipt, &leaf).await.map_err(|error| match error {
        NoProof::NotReached => Refusal::busy(error.to_string()),
        NoProof::NotYet | NoProof::TooFew => Refusal::not_found(error.to_string()),
        NoProof::Wrong(_) => Refusal::conflict("receipt_contradicted", error.to_string()),
        NoProof::Machine(_) => Refusal::fault(error),
    })?;
    Ok(Json(ReceiptDocument { proof, ..document }))
}

/// How the ledger stands with its witnesses.
pub(super) fn state(parts: &Parts) -> WitnessState {
    let standing = parts.published.standing();
    let witnesses = standing.witnesses.into_iter().map(|(name, one)| WitnessStatus {
        name,
        path: one.path,
        size: one.size,
        cosigned_at: one.cosigned_at.map(timestamp),
        trouble: one.trouble,
    });
    let proofs = parts.witnessing.forks();
    let forks = proofs.standing().into_iter().map(|proof| LedgerFork {
        party: proof.party.to_string(),
        shows: proof.shows.as_str().to_owned(),
        size: proof.size,
        proof: proofs.path(&proof).display().to_string(),
    });
    let (signing, against) = match standing.signing {
        Signing::Checking => (SigningState::Checking, Vec::new()),
        Signing::Waiting { .. } => (SigningState::Waiting, Vec::new()),
        Signing::Allowed => (SigningState::Allowed, Vec::new()),
        Signing::Refused { witnesses, .. } => (SigningState::Refused, witnesses),
    };
    let head = parts.health.head();
    let published = head.origin().and_then(|origin| parts.published.of(origin));
    WitnessState {
        signing,
        against,
        published_size: published.map(|published| published.checkpoint().size),
        published_at: standing.published_at.map(timestamp),
        behind_since: standing.behind_since.map(timestamp),
        lagging: standing.is_lagging,
        witnesses: witnesses.collect(),
        forks: forks.collect(),
    }
}
