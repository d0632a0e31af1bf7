//! The time stamps of checkpoints, and how asking for them goes.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use control::types::{TimeStampState, TimeStampSummary};

use super::{Parts, Refusal, Shared, blocking, plain};
use crate::news::timestamp;
use crate::stamps::Stamp;

pub(super) async fn list(State(parts): State<Shared>) -> Result<Json<Vec<TimeStampSummary>>, Refusal> {
    let stamps = blocking(move || {
        let days = parts.stamps.days();
        Ok(days
            .iter()
            .filter_map(|day| parts.stamps.of_day(day))
            .collect::<Vec<_>>())
    })
    .await?;
    Ok(Json(stamps.iter().map(summary).collect()))
}

pub(super) async fn checkpoint(
    State(parts): State<Shared>,
    day: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let stamp = of_day(parts, day).await?;
    Ok(plain("text/plain; charset=utf-8", stamp.note))
}

pub(super) async fn response(
    State(parts): State<Shared>,
    day: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let stamp = of_day(parts, day).await?;
    Ok(plain(protocol::time_stamp::REPLY_CONTENT_TYPE, stamp.response))
}

async fn of_day(parts: Shared, day: Result<Path<String>, PathRejection>) -> Result<Stamp, Refusal> {
    let Path(day) = day?;
    let stamp = blocking(move || Ok(parts.stamps.of_day(&day))).await?;
    stamp.ok_or_else(|| Refusal::not_found("there is no time stamp of that day"))
}

/// How asking goes; `None` where no service is asked. Blocks.
pub(super) fn state(parts: &Parts) -> Option<TimeStampState> {
    let service = parts.time_stamp_service.as_ref()?.to_string();
    let failing = parts.stamps.failing().since();
    Some(TimeStampState {
        service,
        newest: parts.stamps.newest().as_ref().map(summary),
        failing_since: failing.as_ref().map(|(since, _)| timestamp(*since)),
        problem: failing.map(|(_, why)| why),
    })
}

fn summary(stamp: &Stamp) -> TimeStampSummary {
    TimeStampSummary {
        day: stamp.day.clone(),
        at: timestamp(stamp.at),
        origin: stamp.checkpoint.origin.clone(),
        size: stamp.checkpoint.size,
    }
}
