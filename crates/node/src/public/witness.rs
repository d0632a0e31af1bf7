//! Our cosignature, for public tools (c2sp.org/tlog-witness).

use std::sync::Arc;

use ::ledger::limits::MAX_ADD_CHECKPOINT_BYTES;
use ::ledger::witness::{AddCheckpointDecodeError, Refusal, Reply, monitoring_path};
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::{Board, read};
use crate::limits::PUBLIC_BODY_WITHIN;

/// What was asked is judged by the witness; here it is only read, within its limits.
pub(super) async fn add_checkpoint(State(board): State<Arc<Board>>, request: Request) -> Response {
    let body = to_bytes(request.into_body(), MAX_ADD_CHECKPOINT_BYTES);
    let reply = match timeout(PUBLIC_BODY_WITHIN, body).await {
        // Nobody can be answered who does not say what they want.
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, [(CACHE_CONTROL, "no-store")]).into_response(),
        Ok(Err(_)) => Refusal::from(AddCheckpointDecodeError::TooLong).to_reply(),
        // Whoever waits here keeps a place from nobody; whoever is judged uses the disk.
        Ok(Ok(body)) => match board.cosigning.try_acquire() {
            Ok(_place) => board.parts.witnessing.add_checkpoint(&body).await,
            Err(_) => Reply::overloaded(),
        },
    };
    let code = reply.status().code();
    board.parts.metrics.outside.asked("add-checkpoint", code);
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(CONTENT_TYPE, reply.content_type()), (CACHE_CONTROL, "no-store")];
    (status, headers, reply.body().to_owned()).into_response()
}

/// The head that we cosigned last of the ledger whose origin has this digest.
pub(super) async fn cosigned(board: &Board, digest: String) -> Response {
    let path = format!("{digest}/checkpoint");
    let accepted = board.parts.directory.current();
    let origins = accepted
        .directory
        .parties
        .values()
        .flat_map(|record| record.ledger_keys.iter().map(|key| key.value.name()));
    let Some(origin) = origins.into_iter().find(|origin| monitoring_path(origin) == path) else {
        return read::not_found();
    };
    let (witnessing, origin) = (board.parts.witnessing.clone(), origin.to_owned());
    match tokio::task::spawn_blocking(move || witnessing.cosigned(&origin)).await {
        Ok(Some(note)) => read::note(note.to_string()),
        Ok(None) | Err(_) => read::not_found(),
    }
}
