//! The ledger in its public formats: C2SP vkey, checkpoint, tiles, proofs, leaves.

use ::ledger::tile::TilePath;
use ::ledger::tlog_proof::TlogProof;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use control::types::ProofQuery;
use protocol::receipt::SignedCheckpoint;

use super::{Refusal, Shared, blocking, plain};
use crate::keys::succession;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

pub(super) async fn key(State(parts): State<Shared>) -> Result<Response, Refusal> {
    let key = blocking(move || {
        let (_, in_use) = succession::in_use(&*parts.reader).map_err(Refusal::fault)?;
        Ok(in_use.unwrap_or_else(|| parts.first_ledger_key.clone()))
    })
    .await?;
    Ok(plain(TEXT, format!("{key}\n")))
}

pub(super) async fn checkpoint(State(parts): State<Shared>) -> Result<Response, Refusal> {
    let note = parts.health.head().checkpoint;
    let note = note.ok_or_else(|| Refusal::not_found("the ledger is empty"))?;
    Ok(plain(TEXT, note))
}

pub(super) async fn tile(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(text) = path?;
    let path: TilePath = format!("tile/{text}")
        .parse()
        .map_err(|_| Refusal::malformed("not a path of tlog-tiles"))?;
    let tile = blocking(move || Ok(parts.reader.tile(&path)?)).await?;
    let tile = tile.ok_or_else(|| Refusal::not_found("the ledger has no such tile"))?;
    Ok(plain(BYTES, tile))
}

pub(super) async fn proof(
    State(parts): State<Shared>,
    path: Result<Path<u64>, PathRejection>,
    query: Result<Query<ProofQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let (Path(index), Query(query)) = (path?, query?);
    let head = parts.health.head();
    let empty = || Refusal::not_found("the ledger is empty");
    let newest = head.checkpoint.ok_or_else(empty)?;
    let text = blocking(move || {
        let reader = &*parts.reader;
        let logs = reader.logs();
        let last = logs.last().ok_or_else(empty)?;
        let asked = query.log.unwrap_or(last.first);
        let log = logs.iter().find(|log| log.first == asked);
        let log = log.ok_or_else(|| Refusal::not_found("no log begins at this position"))?;
        let is_newest = log.first == last.first;
        let size = query.size.unwrap_or(if is_newest { head.size } else { log.size });
        let (position, end) = (log.position_of(index), log.position_of(size));
        let inclusion = reader.inclusion_proof(position, end)?;
        let note = if is_newest && size == head.size {
            newest
        } else {
            // The same bytes as when it was released, if it was: Ed25519 is deterministic.
            let first = &parts.first_ledger_key;
            let signer = succession::signer_of_size(&parts.keys, reader, first, end);
            let signer = signer.map_err(Refusal::fault)?;
            SignedCheckpoint::sign(size, reader.root_at(end)?, &signer).note()
        };
        let proof = TlogProof::new(inclusion, &note).map_err(Refusal::fault)?;
        Ok(proof.to_string())
    })
    .await?;
    Ok(plain(TEXT, text))
}

pub(super) async fn leaf(
    State(parts): State<Shared>,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(index) = path?;
    let leaf = blocking(move || Ok(parts.reader.leaf(index)?)).await?;
    Ok(plain(BYTES, leaf))
}
