//! The logs that the ledger consists of, and what is asked of one of them.

use ::ledger::note::VerifierKey;
use ::ledger::tile::TilePath;
use axum::Json;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use control::paths;
use control::types::{LedgerLog, LogState};
use protocol::entry::Entry;
use store::{Kept, Log, Reader};

use super::{Parts, Refusal, Shared, blocking, plain};
use crate::keys::succession;

const BYTES: &str = "application/octet-stream";

/// Where the logs are.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route(paths::LEDGER_LOGS, get(list))
        .route(paths::LEDGER_LOG_TILE, get(tile))
}

async fn list(State(parts): State<Shared>) -> Result<Json<Vec<LedgerLog>>, Refusal> {
    blocking(move || all(&parts)).await.map(Json)
}

async fn tile(
    State(parts): State<Shared>,
    path: Result<Path<(u64, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path((log, text)) = path?;
    let path: TilePath = format!("tile/{text}")
        .parse()
        .map_err(|_| Refusal::malformed("not a path of tlog-tiles"))?;
    let tile = blocking(move || Ok(parts.reader.tile_of(log, &path)?)).await?;
    let tile = tile.ok_or_else(|| Refusal::not_found("the log has no such tile"))?;
    Ok(plain(BYTES, tile))
}

fn all(parts: &Parts) -> Result<Vec<LedgerLog>, Refusal> {
    // The head first: what is committed meanwhile only makes the logs longer.
    let head = parts.health.head();
    let (_, in_use) = succession::in_use(&*parts.reader).map_err(Refusal::fault)?;
    let in_use = in_use.unwrap_or_else(|| parts.first_ledger_key.clone());
    let logs = parts.reader.logs();
    let mut all = Vec::with_capacity(logs.len());
    for (place, log) in logs.iter().enumerate() {
        let (key, checkpoint, state) = match logs.get(place + 1) {
            Some(next) => {
                let (key, last) = ended(&*parts.reader, next)?;
                let state = match log.kept {
                    Kept::Here => LogState::Ended,
                    Kept::Away => LogState::Away,
                };
                (key, Some(last), state)
            }
            None => {
                let is_of_it = head.origin().is_some_and(|origin| origin == in_use.name());
                let checkpoint = head.checkpoint.clone().filter(|_| is_of_it);
                (in_use.clone(), checkpoint, LogState::Growing)
            }
        };
        let (size, root) = match (state, &head) {
            (LogState::Growing, head) if checkpoint.is_some() => (head.size, head.root.unwrap_or(log.root)),
            _ => (log.size, log.root),
        };
        all.push(LedgerLog {
            origin: key.name().to_owned(),
            first: log.first,
            size,
            root: root.to_base64(),
            state,
            key: key.to_string(),
            checkpoint,
        });
    }
    Ok(all)
}

/// The last checkpoint of a log and the key that signed it: the first leaf of the log that follows has both.
fn ended(reader: &dyn Reader, next: &Log) -> Result<(VerifierKey, String), Refusal> {
    match Entry::decode(&reader.leaf(next.first)?).map_err(Refusal::fault)? {
        Entry::LogBegun { old, last, .. } => Ok((*old, last)),
        _ => Err(Refusal::fault(
            "a log does not begin with the leaf that begins one",
        )),
    }
}
