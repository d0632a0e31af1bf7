//! The inbox and the cases: lists from the case index, one case from its fold.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use control::types::{CaseDetail, CaseSummary, CasesQuery, InboxItem};
use convention::case;

use super::gate::Reading;
use super::{Parts, Refusal, Shared, attachments, blocking, erasure};
use crate::cases::{Case, Wanted, lines};
use crate::limits::{ROWS_DEFAULT, ROWS_MAX};

mod shown;
mod status;
mod who;

use shown::detail;
pub(super) use status::{message_status, receipts};

/// Received messages, the latest first; what waits for an officer is never cut off.
pub(super) async fn inbox(State(parts): State<Shared>) -> Result<Json<Vec<InboxItem>>, Refusal> {
    let items = blocking(move || Ok(parts.cases.inbox(ROWS_MAX)?)).await?;
    Ok(Json(items))
}

/// Cases, the latest first; those that are due soon by their next deadline.
pub(super) async fn list(
    State(parts): State<Shared>,
    query: Result<Query<CasesQuery>, QueryRejection>,
) -> Result<Json<Vec<CaseSummary>>, Refusal> {
    let Query(query) = query?;
    let most = control::limits::CASES_PAGE_MAX as usize;
    let limit = query.limit.map_or(ROWS_DEFAULT, |limit| limit as usize).min(most);
    let state = query.state.as_deref().map(state).transpose()?;
    let rows = blocking(move || {
        let now = parts.clock.now();
        let before = query.before.as_ref().map(|text| parts.cases.find(text));
        let within = query.due_within_ms.map(Duration::from_millis);
        let wanted = Wanted {
            limit,
            before: before.transpose()?,
            due_until: within.map(|within| now.plus(within)),
            state,
        };
        Ok(parts.cases.list(&wanted, now)?)
    })
    .await?;
    Ok(Json(rows))
}

/// One case.
pub(super) async fn show(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    reading: Reading,
) -> Result<Json<CaseDetail>, Refusal> {
    let Path(reference) = path?;
    let shown = blocking(move || {
        let case = parts.cases.find(&reference)?;
        let now = parts.clock.now();
        // What the law says of one case does not wait for an index that is being made.
        let related = match parts.cases.caught_up() {
            Ok(()) => parts.cases.related_to(&case.selectors(), Some(case.id))?,
            Err(error) => {
                tracing::warn!(%error, "related cases are not shown");
                Vec::new()
            }
        };
        let (alarms, deadlines) = parts.cases.clocks_of(&case, now);
        let mut shown = CaseDetail {
            summary: parts.cases.summary(&case, now),
            alarms,
            deadlines,
            related,
            ..detail(&case, parts.own)?
        };
        attached(&mut shown, &case, &parts)?;
        who::annotate(&mut shown, &case, &parts);
        erasure::annotate(&mut shown, &case, &parts)?;
        Ok(who::shown_to(&reading.0, shown, &case, &parts))
    })
    .await?;
    Ok(Json(shown))
}

/// What is attached to each message.
fn attached(shown: &mut CaseDetail, case: &Case, parts: &Parts) -> Result<(), Refusal> {
    for (key, told) in &case.messages {
        if told.header.attachments.is_none() {
            continue;
        }
        let (id, from) = (key.1.to_string(), told.header.from.to_string());
        let mut messages = shown.messages.iter_mut();
        if let Some(message) = messages.find(|one| one.message == id && one.from == from) {
            let listed = attachments::listed(parts, case, *key)?;
            message.attachments = listed.attachments;
            message.attachment_receipts = listed.receipts;
        }
    }
    Ok(())
}

/// A state by its name, as lists show it.
fn state(text: &str) -> Result<case::State, Refusal> {
    let mut states = case::State::ALL.iter().copied();
    let found = states.find(|state| lines::word(*state) == text);
    found.ok_or_else(|| {
        let names: Vec<_> = case::State::ALL.iter().map(|state| lines::word(*state)).collect();
        Refusal::malformed(format!(
            "{text:?} is no state of a case; one of {}",
            names.join(", ")
        ))
    })
}
