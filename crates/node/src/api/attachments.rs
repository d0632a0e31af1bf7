//! Files, in and out: as streams, whatever their length, with no more in memory than a few blocks.

mod reading;
pub(super) mod writing;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use control::types::{AttachmentReceipt, AttachmentState, MessageAttachments, StagedAttachment, UploadQuery};
use protocol::entry::Side;
use protocol::ids::{CaseId, ContactPoint};
use tokio::sync::OwnedSemaphorePermit;

use super::gate::{Reading, Write};
use super::{Parts, Refusal, Shared, blocking, messages};
use crate::attachments::staging::Staged;
use crate::attachments::{AttachmentName, Given};
use crate::cases::{Case, MessageKey, Said};
use crate::news::timestamp;
use crate::officers::Reader;
use crate::sending::Begun;

/// Seals a file while it comes in.
pub(super) async fn add(
    State(parts): State<Shared>,
    write: Write,
    query: Result<Query<UploadQuery>, QueryRejection>,
    request: Request,
) -> Result<(StatusCode, Json<StagedAttachment>), Refusal> {
    let Query(query) = query?;
    if parts.health.is_disk_full() {
        return Err(Refusal::disk_full());
    }
    let _place = place(&parts)?;
    let attaching = match parts.sending.attach(query, &write.acting, &write.key).await? {
        Begun::Before(staged) => return Ok((StatusCode::CREATED, Json(shown(&staged)))),
        Begun::New(attaching) => attaching,
    };
    let (pump, source) = reading::channel();
    let sealing = tokio::task::spawn_blocking(move || attaching.seal(source));
    let came = pump.run(request.into_body(), parts.stop.clone()).await;
    let sealed = sealing
        .await
        .map_err(|_| Refusal::fault("sealing a file panicked"))?;
    match (sealed, came) {
        (Ok(staged), _) => Ok((StatusCode::CREATED, Json(shown(&staged)))),
        (Err(_), Err(reading::Ended::Stopping)) => Err(Refusal::stopping()),
        (Err(error), _) => Err(error.into()),
    }
}

/// What waits for its message. Names of files are content, which auditors are not shown.
pub(super) async fn staged(
    State(parts): State<Shared>,
    Reading(reader): Reading,
) -> Result<Json<Vec<StagedAttachment>>, Refusal> {
    if matches!(reader, Reader::Auditor) {
        return Err(Refusal::not_allowed("auditors are not shown attachments", None));
    }
    let staging = &parts.attachments.staging;
    staging.check_whole().map_err(Refusal::fault)?;
    Ok(Json(staging.list().iter().map(shown).collect()))
}

/// Throws a file away that waits for its message.
pub(super) async fn discard(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    _write: Write,
) -> Result<StatusCode, Refusal> {
    let Path(text) = path?;
    let name = parse(&text)?;
    blocking(move || {
        let in_drafts = crate::drafts::Drafts::new(&parts.node.drafts).attached_to();
        if in_drafts.map_err(Refusal::fault)?.contains(&name.message) {
            return Err(Refusal::conflict(
                "in_a_draft",
                "a draft names this attachment: discard the draft, and its attachments go with it",
            ));
        }
        match parts.attachments.staging.discard(name)? {
            true => Ok(StatusCode::NO_CONTENT),
            false => Err(Refusal::not_found(format!(
                "attachment {name} does not wait for a message"
            ))),
        }
    })
    .await
}

/// What is attached to a message.
pub(super) async fn of_message(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    Reading(reader): Reading,
) -> Result<Json<MessageAttachments>, Refusal> {
    let Path(text) = path?;
    let message = messages::parse(&text)?;
    if matches!(reader, Reader::Auditor) {
        return Err(Refusal::not_allowed("auditors are not shown attachments", None));
    }
    blocking(move || {
        let case = messages::find(&parts, message)?;
        let key = case.key_of(message).ok_or_else(|| unknown(&text))?;
        Ok(Json(listed(&parts, &case, key)?))
    })
    .await
}

/// The attachments of one message, as people see them. Blocks.
pub(super) fn listed(parts: &Parts, case: &Case, key: MessageKey) -> Result<MessageAttachments, Refusal> {
    let told = case
        .messages
        .get(&key)
        .ok_or_else(|| unknown(&key.1.to_string()))?;
    let attachments = parts.giving.list(&told.header)?;
    let listed = told.header.attachments.is_none() || !attachments.is_empty();
    let is_here = |state| matches!(state, AttachmentState::Complete | AttachmentState::Sent);
    let receipts = match told.ours && told.header.attachments.is_some() {
        true => told.to.iter().map(|to| receipt(case, key, to)).collect(),
        false => Vec::new(),
    };
    Ok(MessageAttachments {
        message: key.1.to_string(),
        listed,
        complete: listed && attachments.iter().all(|one| is_here(one.state)),
        attachments,
        receipts,
    })
}

/// Whether a recipient has said that it has all of them.
fn receipt(case: &Case, key: MessageKey, to: &ContactPoint) -> AttachmentReceipt {
    let said = case.leaves.iter().find(|leaf| {
        let completion = match &leaf.said {
            Said::Completed(Side::Received, completion, _) => completion,
            _ => return false,
        };
        leaf.about == Some(key) && completion.to == *to
    });
    AttachmentReceipt {
        to: to.to_string(),
        complete_at: said.map(|leaf| timestamp(leaf.at)),
    }
}

/// An attachment's content: verified to its end first, then given.
pub(super) async fn content(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    Reading(reader): Reading,
) -> Result<Response, Refusal> {
    let Path(text) = path?;
    let name = parse(&text)?;
    let Reader::Officer(officer) = reader else {
        return Err(Refusal::not_allowed(
            "attachments are opened by officers and approvers only",
            Some("name yourself with --officer NAME or OHRID_OFFICER"),
        ));
    };
    let place = place(&parts)?;
    let shared = Arc::clone(&parts);
    let given = blocking(move || {
        let case = messages::find(&shared, name.message)?;
        let key = case.key_of(name.message).ok_or_else(|| unknown(&text))?;
        let told = case.messages.get(&key).ok_or_else(|| unknown(&text))?;
        let given = shared.giving.find(name, &told.header, told.recorded_at)?;
        given.verify()?;
        shared.readings.note_one(&case, key, &officer, shared.clock.now());
        Ok(given)
    })
    .await?;
    let length_bytes = given.length_bytes();
    Ok(stream(given, length_bytes, place))
}

/// A place among the files that are sealed or opened at once.
pub(super) fn place(parts: &Parts) -> Result<OwnedSemaphorePermit, Refusal> {
    let place = Arc::clone(&parts.files).try_acquire_owned();
    place.map_err(|_| Refusal::busy("as many files as this node takes at once are being sealed or opened"))
}

fn stream(given: Given, length_bytes: u64, place: OwnedSemaphorePermit) -> Response {
    let (body, sink) = writing::channel();
    let failed = sink.breaker();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = given.give(sink) {
            tracing::warn!(%error, "an attachment was not given to its end");
            failed.break_off();
        }
        drop(place);
    });
    // What kind of file it is the sender says: no program shall believe it by itself.
    let kind = HeaderValue::from_static("application/octet-stream");
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length_bytes));
    response
}

fn shown(staged: &Staged) -> StagedAttachment {
    let attachment = &staged.attachment;
    let opens_case = staged.route.case == CaseId::opened_by(staged.name.message);
    StagedAttachment {
        attachment: staged.name.to_string(),
        message: staged.name.message.to_string(),
        number: u8::try_from(staged.name.number.place() + 1).unwrap_or(u8::MAX),
        name: attachment.name().to_string(),
        media_type: attachment.media_type().to_string(),
        size_bytes: attachment.plaintext_length_bytes(),
        sha256: attachment.plaintext().to_string(),
        sealed_size_bytes: attachment.sealed_length_bytes(),
        from: staged.route.from.to_string(),
        to: staged.route.to.iter().map(ToString::to_string).collect(),
        case: (!opens_case).then(|| staged.route.case.to_string()),
        sealed_at: timestamp(staged.sealed_at),
        usable_until: timestamp(staged.usable_until()),
        officer: staged.officer.clone(),
    }
}

fn parse(text: &str) -> Result<AttachmentName, Refusal> {
    text.parse()
        .map_err(|error: crate::attachments::NotAnAttachmentName| Refusal::malformed(error.to_string()))
}

fn unknown(text: &str) -> Refusal {
    Refusal::not_found(format!("there is no message {text}"))
}
