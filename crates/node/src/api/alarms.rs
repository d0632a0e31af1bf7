//! The alarms that stand now, in all cases.

use axum::Json;
use axum::extract::State;
use control::types::Alarm;

use super::{Refusal, Shared, blocking};

/// The oldest first.
pub(super) async fn list(State(parts): State<Shared>) -> Result<Json<Vec<Alarm>>, Refusal> {
    let alarms = blocking(move || Ok(parts.cases.alarms(parts.clock.now())?.alarms)).await?;
    Ok(Json(alarms))
}
