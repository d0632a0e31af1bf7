//! What the recipients will need, and the figures of a period.

use std::borrow::Borrow;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use control::types::{PreflightQuery, PreflightReport, StatisticsQuery};
use convention::case::CaseView;
use convention::message::{Kind, UnknownKind};
use convention::preflight::Intention;
use convention::statistics::{Period, Statistics};
use convention::time::Zone;
use protocol::ids::{ContactPoint, NameError};

use super::{Parts, Refusal, Shared, blocking};
use crate::cases::{Case, CaseError};

/// `[PROFILE-PREFLIGHT]` What these contact points will need for a message of this kind.
pub(super) async fn preflight(
    State(parts): State<Shared>,
    query: Result<Query<PreflightQuery>, QueryRejection>,
) -> Result<Json<Vec<PreflightReport>>, Refusal> {
    let Query(query) = query?;
    let kind = query.kind.parse();
    let kind: Kind = kind.map_err(|error: UnknownKind| Refusal::malformed(format!("kind: {error}")))?;
    let to: Result<Vec<ContactPoint>, NameError> = query.to.split(',').map(str::parse).collect();
    let to = to.map_err(|error| Refusal::malformed(format!("to: {error}")))?;
    if to.len() > convention::limits::RECIPIENTS_MAX {
        return Err(Refusal::malformed("to: too many contact points"));
    }
    let language = match &query.language {
        None => None,
        Some(tag) => Some(
            tag.parse()
                .map_err(|error| Refusal::malformed(format!("language: {error}")))?,
        ),
    };
    let intention = Intention {
        kind,
        assistance: None,
        language,
        offence_in_convention: None,
    };
    Ok(Json(parts.sending.preflight(&to, &intention)?))
}

/// The figures of our Party for a period: a fold over the cases, which are folds over the ledger. Whoever has
/// the same ledger and the same store gets the same figures.
pub(super) async fn statistics(
    State(parts): State<Shared>,
    query: Result<Query<StatisticsQuery>, QueryRejection>,
) -> Result<Json<Statistics>, Refusal> {
    let Query(query) = query?;
    let zone = match &query.zone {
        None => Zone::utc(),
        Some(name) => Zone::named(name).map_err(|error| Refusal::malformed(format!("zone: {error}")))?,
    };
    let period = Period::named(&query.period, &zone);
    let period = period.map_err(|error| Refusal::malformed(format!("period: {error}")))?;
    let statistics = blocking(move || fold(&parts, period)).await?;
    Ok(Json(statistics))
}

/// A case that lives no longer than it is looked at.
struct Passing(Arc<Case>);

impl Borrow<CaseView> for Passing {
    fn borrow(&self) -> &CaseView {
        &self.0.view
    }
}

/// One case after the other, so that all of them are never in memory at once.
fn fold(parts: &Parts, period: Period) -> Result<Statistics, Refusal> {
    let own = parts.own.as_str().parse();
    let own = own.map_err(|error: convention::party::PartyError| Refusal::fault(error))?;
    let mut failed: Option<CaseError> = None;
    let ids = parts.cases.ids()?;
    let cases = ids.into_iter().flat_map(|id| match parts.cases.with_id(id) {
        Ok(cases) => cases,
        Err(error) => {
            failed.get_or_insert(error);
            Vec::new()
        }
    });
    let statistics = Statistics::of(cases.map(Passing), own, period);
    match failed {
        // Figures that leave something out are wrong figures.
        Some(error) => Err(error.into()),
        None => Ok(statistics),
    }
}
