//! The inbox and the cases, from folds over the ledger.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use control::types::{CaseDetail, CaseSummary, CasesQuery, InboxItem};

use super::{Refusal, Shared, blocking};
use crate::limits::ROWS_DEFAULT;

mod shown;
mod status;

use shown::{detail, inbox_items, summary};
pub(super) use status::{message_status, receipts};

/// Received messages, the latest first.
pub(super) async fn inbox(State(parts): State<Shared>) -> Result<Json<Vec<InboxItem>>, Refusal> {
    let items = blocking(move || {
        let cases = parts.cases.latest(None, crate::limits::ROWS_MAX)?;
        let mut items: Vec<InboxItem> = cases
            .iter()
            .flat_map(|case| inbox_items(case, parts.own))
            .collect();
        items.sort_by_key(|item| std::cmp::Reverse(item.received_at));
        items.truncate(crate::limits::ROWS_MAX);
        Ok(items)
    })
    .await?;
    Ok(Json(items))
}

/// Cases, the latest first.
pub(super) async fn list(
    State(parts): State<Shared>,
    query: Result<Query<CasesQuery>, QueryRejection>,
) -> Result<Json<Vec<CaseSummary>>, Refusal> {
    let Query(query) = query?;
    let most = control::limits::CASES_PAGE_MAX as usize;
    let limit = query.limit.map_or(ROWS_DEFAULT, |limit| limit as usize).min(most);
    let rows = blocking(move || {
        let before = match &query.before {
            Some(text) => Some(parts.cases.find(text)?.id),
            None => None,
        };
        let cases = parts.cases.latest(before, limit)?;
        Ok(cases.iter().map(|case| summary(case, parts.own)).collect())
    })
    .await?;
    Ok(Json(rows))
}

/// One case.
pub(super) async fn show(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<CaseDetail>, Refusal> {
    let Path(reference) = path?;
    let shown = blocking(move || {
        let case: Arc<_> = parts.cases.find(&reference)?;
        detail(&case, parts.own)
    })
    .await?;
    Ok(Json(shown))
}
