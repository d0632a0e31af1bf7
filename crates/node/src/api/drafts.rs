//! Drafts that are kept until they are sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use control::headers::IdempotencyKey;
use control::types::{DraftDetail, SendRequest, Sent, StoredDraft};
use convention::message::Kind;
use serde_json::Value;

use super::gate::{Reading, Write};
use super::messages::{Outcome, submit};
use super::{Parts, Refusal, Shared, approvals, blocking};
use crate::drafts::{Drafts, Kept};
use crate::news::timestamp;
use crate::officers::Reader;
use crate::sending::Signers;

/// Judges the draft and keeps it under its idempotency key, which so becomes its name.
pub(super) async fn store(
    State(parts): State<Shared>,
    write: Write,
    request: Result<Json<SendRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<StoredDraft>), Refusal> {
    let Json(request) = request?;
    Ok((StatusCode::CREATED, Json(keep(&parts, &write, request).await?)))
}

/// The same, for a message that was to be sent and needs approval first.
pub(super) async fn keep(
    parts: &Shared,
    write: &Write,
    request: SendRequest,
) -> Result<StoredDraft, Refusal> {
    let report = parts.sending.check(request.clone().into()).await?;
    let about = StoredDraft {
        draft: write.key.as_str().to_owned(),
        kind: text(&request.draft, "kind"),
        to: recipients(&request),
        stored_at: timestamp(parts.clock.now()),
        advice: report.advice,
        author: write.acting.name.clone(),
        case: request.case.clone(),
        needs_approval: report.needs_approval,
        damaged: None,
    };
    let kept = Kept {
        about,
        request,
        author_actor: Some(write.acting.actor.to_string()),
    };
    let drafts = Drafts::new(&parts.node.drafts);
    blocking(move || Ok(drafts.keep(kept)?)).await
}

pub(super) async fn list(State(parts): State<Shared>) -> Result<Json<Vec<StoredDraft>>, Refusal> {
    let drafts = blocking(move || {
        let mut drafts = Drafts::new(&parts.node.drafts).list().map_err(Refusal::fault)?;
        for draft in &mut drafts {
            draft.needs_approval = needs_approval(&parts, draft);
        }
        Ok(drafts)
    })
    .await?;
    Ok(Json(drafts))
}

/// One draft, with what it says: what the second officer looks at `[FOUR-EYES]`.
pub(super) async fn show(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    Reading(reader): Reading,
) -> Result<Json<DraftDetail>, Refusal> {
    if matches!(reader, Reader::Auditor) {
        return Err(Refusal::not_allowed("auditors are not shown drafts", None));
    }
    let Found::Kept(_, kept) = find(&parts, path?).await? else {
        return Err(unknown());
    };
    let mut about = kept.about;
    about.needs_approval = needs_approval(&parts, &about);
    Ok(Json(DraftDetail {
        about,
        request: kept.request,
    }))
}

/// Asked anew, since the policy may have changed after the draft was stored.
fn needs_approval(parts: &Parts, draft: &StoredDraft) -> bool {
    let kind = draft.kind.parse::<Kind>();
    kind.is_ok_and(|kind| parts.four_eyes.asks_for(kind))
}

/// Sends a draft; it is gone afterwards. The draft's own name is the message's idempotency key, so that
/// one draft is never two messages, whatever key this request has.
pub(super) async fn send(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    write: Write,
) -> Result<(StatusCode, Json<Sent>), Refusal> {
    let (draft, kept) = match find(&parts, path?).await? {
        Found::Kept(draft, kept) => (draft, kept),
        Found::Sent(sent) => return Ok((StatusCode::CREATED, Json(sent))),
    };
    let signers = Signers {
        author: write.acting.clone(),
        approved_by: None,
    };
    match submit(&parts, kept.request, signers, &draft).await? {
        Outcome::Sent(sent) => Ok((StatusCode::CREATED, Json(finish(&parts, draft, *sent).await?))),
        Outcome::NeedsApproval(kind) => Err(approvals::needed(&parts, &write.acting, kind, draft.as_str())),
    }
}

/// Throws a draft away.
pub(super) async fn discard(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    _write: Write,
) -> Result<StatusCode, Refusal> {
    let Path(text) = path?;
    let draft = name(&text)?;
    let was_there = blocking(move || throw_away(&parts, &draft)).await?;
    if was_there {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown())
    }
}

/// The draft and the files that were sealed for it. Blocks.
fn throw_away(parts: &Parts, draft: &IdempotencyKey) -> Result<bool, Refusal> {
    let drafts = Drafts::new(&parts.node.drafts);
    let kept = drafts.find(draft).map_err(Refusal::fault)?;
    let was_there = drafts.discard(draft).map_err(Refusal::fault)?;
    let names = kept.map(|kept| kept.request.attachments).unwrap_or_default();
    for name in names.iter().filter_map(|name| name.parse().ok()) {
        // What stays is removed some days later.
        if let Err(error) = parts.attachments.staging.discard(name) {
            tracing::warn!(%error, "an attachment of a draft stays");
        }
    }
    Ok(was_there)
}

/// What a draft's name leads to.
pub(super) enum Found {
    Kept(IdempotencyKey, Box<Kept>),
    /// It was sent of late, as this.
    Sent(Sent),
}

pub(super) async fn find(parts: &Shared, Path(text): Path<String>) -> Result<Found, Refusal> {
    let draft = name(&text)?;
    let drafts = Drafts::new(&parts.node.drafts);
    blocking(move || {
        if let Some(kept) = drafts.find(&draft).map_err(Refusal::fault)? {
            return Ok(Found::Kept(draft, Box::new(kept)));
        }
        drafts.sent_before(&draft).map(Found::Sent).ok_or_else(unknown)
    })
    .await
}

/// The message is durable: the draft goes.
pub(super) async fn finish(parts: &Shared, draft: IdempotencyKey, sent: Sent) -> Result<Sent, Refusal> {
    let parts = Arc::clone(parts);
    blocking(move || {
        Drafts::new(&parts.node.drafts).note_sent(&draft, &sent);
        Ok(sent)
    })
    .await
}

fn name(text: &str) -> Result<IdempotencyKey, Refusal> {
    text.parse()
        .map_err(|_| Refusal::not_found(format!("there is no draft {text}")))
}

fn unknown() -> Refusal {
    Refusal::not_found("there is no such draft; it may have been sent or discarded")
}

fn recipients(request: &SendRequest) -> Vec<String> {
    if !request.to.is_empty() {
        return request.to.clone();
    }
    let list = request.draft.get("to").and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn text(draft: &Value, field: &str) -> String {
    draft
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
