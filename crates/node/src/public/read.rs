//! Checkpoints, tiles and bundles.

use std::sync::Arc;

use ::ledger::tile::{TileKind, TilePath};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use store::{ReadError, Reader};

use super::{Board, witness};
use crate::keys::{KeysError, succession};
use crate::limits::CHECKPOINT_MAX_AGE_SECONDS;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// What it names never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// The published head of the ledger with this origin.
    Checkpoint(String),
    /// A tile or bundle of the ledger with this origin.
    Tile(String, TilePath),
    /// The head that we cosigned last of the ledger whose origin has this SHA-256.
    Cosigned(String),
}

pub(super) async fn get(State(board): State<Arc<Board>>, uri: Uri) -> Response {
    let metrics = &board.parts.metrics.outside;
    // As it was sent: what is written in another way, with `%30` for `0`, is another path.
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let origins = board.parts.published.origins();
    let (kind, response) = match name(path, &origins) {
        Some(Named::Checkpoint(origin)) => ("checkpoint", checkpoint(&board, &origin)),
        Some(Named::Tile(origin, path)) => {
            let kind = if path.kind() == TileKind::Entries {
                "entries"
            } else {
                "tile"
            };
            (kind, tile(&board, origin, path).await)
        }
        Some(Named::Cosigned(digest)) => ("cosigned", witness::cosigned(&board, digest).await),
        None => ("other", not_found()),
    };
    metrics.asked(kind, response.status().as_u16());
    response
}

/// What a path, without its first slash, names; of these ledgers of ours.
pub(super) fn name(path: &str, origins: &[String]) -> Option<Named> {
    let is_digest = |text: &str| {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        text.len() == 64 && text.bytes().all(is_hex)
    };
    if let Some(digest) = path.strip_suffix("/checkpoint").filter(|text| is_digest(text)) {
        return Some(Named::Cosigned(digest.to_owned()));
    }
    origins.iter().find_map(|origin| {
        let prefix = origin.split_once('/').map_or("", |(_, path)| path);
        let below = path.strip_prefix(prefix)?;
        let below = if prefix.is_empty() {
            below
        } else {
            below.strip_prefix('/')?
        };
        match below {
            "checkpoint" => Some(Named::Checkpoint(origin.clone())),
            tile => Some(Named::Tile(origin.clone(), tile.parse().ok()?)),
        }
    })
}

fn checkpoint(board: &Board, origin: &str) -> Response {
    match board.parts.published.of(origin) {
        Some(witnessed) => note(witnessed.note().to_string()),
        None => not_found(),
    }
}

/// A checkpoint: a newer one comes soon.
pub(super) fn note(text: String) -> Response {
    let age = format!("public, max-age={CHECKPOINT_MAX_AGE_SECONDS}");
    let headers = [(CONTENT_TYPE, TEXT.to_owned()), (CACHE_CONTROL, age)];
    (headers, text).into_response()
}

async fn tile(board: &Board, origin: String, path: TilePath) -> Response {
    let published = board.parts.published.of(&origin);
    let size = published.map_or(0, |witnessed| witnessed.checkpoint().size);
    if path.leaf_range().end > size {
        return not_found();
    }
    let Ok(place) = Arc::clone(&board.reads).acquire_owned().await else {
        return unavailable();
    };
    let reader = Arc::clone(&board.parts.reader);
    let read = tokio::task::spawn_blocking(move || {
        // Kept until the end also where the one who asked has gone.
        let _place = place;
        read_tile(&*reader, &origin, &path)
    });
    match read.await {
        Ok(Ok(Some(bytes))) => {
            let headers = [(CONTENT_TYPE, BYTES), (CACHE_CONTROL, FOR_EVER)];
            (headers, bytes).into_response()
        }
        Ok(Ok(None)) => not_found(),
        // Nothing is wrong; it must be put back to be read.
        Ok(Err(TileError::Store(ReadError::InColdStorage { .. }))) => unavailable(),
        Ok(Err(error)) => {
            tracing::error!(%error, "a tile cannot be read");
            unavailable()
        }
        Err(_) => unavailable(),
    }
}

#[derive(Debug, thiserror::Error)]
enum TileError {
    #[error(transparent)]
    Store(#[from] ReadError),
    #[error(transparent)]
    Ledger(#[from] KeysError),
}

/// A tile of the log with this origin. Where the ledger names no log, there is one.
fn read_tile(reader: &dyn Reader, origin: &str, path: &TilePath) -> Result<Option<Vec<u8>>, TileError> {
    let logs = succession::origins(reader)?;
    let log = logs.iter().find(|(_, name)| name == origin);
    let first = match log {
        Some((first, _)) => *first,
        None if logs.is_empty() => 0,
        None => return Ok(None),
    };
    Ok(reader.tile_of(first, path)?)
}

/// It may be there soon: not to be remembered.
pub(super) fn not_found() -> Response {
    let headers = [(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, "there is nothing at this path\n").into_response()
}

fn unavailable() -> Response {
    let headers = [(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, "not now\n").into_response()
}
