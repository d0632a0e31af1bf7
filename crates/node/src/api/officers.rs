//! The register of officers.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use control::types::{NewOfficer, Officer};

use super::gate::Write;
use super::{Refusal, Shared, blocking};

pub(super) async fn list(State(parts): State<Shared>) -> Json<Vec<Officer>> {
    Json(parts.officers.list())
}

pub(super) async fn add(
    State(parts): State<Shared>,
    write: Write,
    new: Result<Json<NewOfficer>, JsonRejection>,
) -> Result<(StatusCode, Json<Officer>), Refusal> {
    let Json(new) = new?;
    let shared = Arc::clone(&parts);
    let by = write.acting.name;
    let added = blocking(move || Ok(shared.officers.add(&new, &by, shared.clock.now())?)).await?;
    tracing::info!(actor = added.actor, "an officer was registered");
    Ok((StatusCode::CREATED, Json(added)))
}

pub(super) async fn remove(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    write: Write,
) -> Result<Json<Officer>, Refusal> {
    let Path(name) = path?;
    let shared = Arc::clone(&parts);
    let by = write.acting.name;
    let removed = blocking(move || Ok(shared.officers.remove(&name, &by, shared.clock.now())?)).await?;
    tracing::info!(actor = removed.actor, "an officer was removed");
    if parts.officers.registered() == 0 {
        tracing::warn!("officers: none is left, nobody may write");
    }
    Ok(Json(removed))
}
