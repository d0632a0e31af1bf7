//! Erasures, legal holds and retention `[ERASE]`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use control::types::{
    CaseDetail, CaseOrder, ErasedMessage, Erasure, ErasureOrder, LegalHold, RetentionReport,
};
use protocol::entry::{Entry, Hold};
use protocol::ids::ActorId;

use super::gate::Write;
use super::{Parts, Refusal, Shared, blocking};
use crate::cases::Case;
use crate::erasure::{ErasureError, POLICY_NAME};
use crate::news::timestamp;

/// An officer asks; nothing is erased yet.
pub(super) async fn ask(
    State(parts): State<Shared>,
    write: Write,
    order: Result<Json<CaseOrder>, JsonRejection>,
) -> Result<(StatusCode, Json<ErasureOrder>), Refusal> {
    let Json(order) = order?;
    let (erasing, acting) = (&parts.erasing, &write.acting);
    let asked = erasing.ask(&order.case, &order.basis, acting, &write.key).await?;
    Ok((StatusCode::CREATED, Json(asked)))
}

/// What waits for approval.
pub(super) async fn orders(State(parts): State<Shared>) -> Result<Json<Vec<ErasureOrder>>, Refusal> {
    let orders = parts.erasing.orders().await?;
    Ok(Json(orders.into_iter().map(|asked| asked.order).collect()))
}

/// Another officer approves `[FOUR-EYES]`: both are recorded, and it is carried out.
pub(super) async fn approve(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    write: Write,
) -> Result<Json<Erasure>, Refusal> {
    let Path(name) = path?;
    if parts.health.is_disk_full() {
        return Err(Refusal::disk_full());
    }
    let asked = parts.erasing.order(&name).await?;
    let asker: ActorId = asked.actor.parse().map_err(Refusal::fault)?;
    let (acting, asked_by) = (&write.acting, Some(asked.order.asked_by.as_str()));
    if parts.officers.is_same_person(acting, asker, asked_by) {
        return Err(Refusal::not_allowed(
            "two pairs of eyes: nobody approves an erasure that the same person has asked for [FOUR-EYES]",
            Some("ask another approver: ohrid officer list"),
        ));
    }
    Ok(Json(parts.erasing.approve(asked, acting.actor).await?))
}

/// An order that waits is thrown away.
pub(super) async fn discard(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    _write: Write,
) -> Result<StatusCode, Refusal> {
    let Path(name) = path?;
    parts.erasing.discard(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nothing of a case is erased from now on.
pub(super) async fn hold(
    State(parts): State<Shared>,
    write: Write,
    order: Result<Json<CaseOrder>, JsonRejection>,
) -> Result<(StatusCode, Json<LegalHold>), Refusal> {
    let Json(order) = order?;
    let (erasing, actor) = (&parts.erasing, write.acting.actor);
    let held = erasing
        .hold(&order.case, &order.basis, Hold::Placed, actor)
        .await?;
    let officer = Some(write.acting.name);
    Ok((StatusCode::CREATED, Json(LegalHold { officer, ..held })))
}

/// A case is held no more.
pub(super) async fn release(
    State(parts): State<Shared>,
    write: Write,
    order: Result<Json<CaseOrder>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    let Json(order) = order?;
    let (erasing, actor) = (&parts.erasing, write.acting.actor);
    erasing
        .hold(&order.case, &order.basis, Hold::Released, actor)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The cases that are held.
pub(super) async fn holds(State(parts): State<Shared>) -> Result<Json<Vec<LegalHold>>, Refusal> {
    let holds = blocking(move || {
        let held = parts.reader.holds()?;
        held.into_iter()
            .map(|(case, index)| hold_at(&parts, case.to_string(), index))
            .collect()
    })
    .await?;
    Ok(Json(holds))
}

/// What is due. Nothing is erased.
pub(super) async fn retention(State(parts): State<Shared>) -> Result<Json<RetentionReport>, Refusal> {
    Ok(Json(parts.erasing.preview().await?))
}

/// What is due is erased now.
pub(super) async fn run_retention(
    State(parts): State<Shared>,
    _write: Write,
) -> Result<Json<RetentionReport>, Refusal> {
    Ok(Json(parts.erasing.keep().await?))
}

/// Puts into what is shown of a case that it is held, and which of its messages were erased. Blocks.
pub(super) fn annotate(detail: &mut CaseDetail, case: &Case, parts: &Arc<Parts>) -> Result<(), Refusal> {
    if let Some(index) = parts.reader.hold(case.id)? {
        detail.hold = Some(hold_at(parts, case.name(), index)?);
    }
    for (key, told) in &case.messages {
        let Some(index) = told.erased_by else { continue };
        let Entry::ErasureNotice { at, basis, actor, .. } = entry(parts, index)? else {
            return Err(Refusal::fault(format!("leaf {index} is no erasure notice")));
        };
        let erased = ErasedMessage {
            at: timestamp(at),
            basis: basis.as_str().to_owned(),
            officer: parts.officers.name_of(actor, Some(POLICY_NAME)),
            actor: actor.to_string(),
            leaf_index: index,
        };
        let (id, from) = (key.1.to_string(), told.header.from.to_string());
        let mut messages = detail.messages.iter_mut();
        if let Some(message) = messages.find(|one| one.message == id && one.from == from) {
            message.erased = Some(erased);
        }
    }
    Ok(())
}

fn hold_at(parts: &Parts, case: String, index: u64) -> Result<LegalHold, Refusal> {
    match entry(parts, index)? {
        Entry::HoldChanged { at, basis, actor, .. } => Ok(LegalHold {
            case,
            basis: basis.as_str().to_owned(),
            officer: parts.officers.name_of(actor, None),
            at: timestamp(at),
            leaf_index: index,
        }),
        _ => Err(Refusal::fault(format!("leaf {index} places no hold"))),
    }
}

fn entry(parts: &Parts, index: u64) -> Result<Entry, Refusal> {
    Entry::decode(&parts.reader.leaf(index)?).map_err(Refusal::fault)
}

impl From<ErasureError> for Refusal {
    fn from(error: ErasureError) -> Self {
        let message = error.to_string();
        match error {
            ErasureError::Case(error) => error.into(),
            ErasureError::Index(error) => error.into(),
            ErasureError::Basis(_) => Self::malformed(message),
            ErasureError::Held { .. } => Self::conflict("held", message)
                .mended_by("a case is held until an approver lifts it: ohrid case release-hold"),
            ErasureError::OnTheirWay(_) => Self::conflict("on_their_way", message)
                .mended_by("wait until they and their files are delivered, or withdraw the request"),
            ErasureError::NothingLeft => Self::conflict("nothing_left", message),
            ErasureError::UnknownOrder(_) => Self::not_found(message),
            ErasureError::KeyReused => Self::conflict("idempotency_key_reused", message),
            ErasureError::TooManyOrders => Self::conflict("too_many_orders", message),
            ErasureError::NotHeld(_) => Self::not_found(message),
            ErasureError::Refused(refused) => refused.into(),
            ErasureError::Machine(_) => Self::fault(message),
        }
    }
}
