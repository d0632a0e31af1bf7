//! Checking, sending and following a message.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control::events::Event;
use control::headers::IdempotencyKey;
use control::types::{
    CheckReport, CheckRequest, MessageQuery, MessageStatus, ReceiptDocument, ReceiptQuery, SendRequest, Sent,
    Wait,
};
use convention::message::Kind;
use protocol::entry::Entry;
use protocol::ids::{CaseId, MessageId};
use protocol::receipt::Receipt;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use super::cases::{message_status, receipts};
use super::gate::Write;
use super::{Parts, Refusal, Shared, approvals, blocking, computed, drafts, patience};
use crate::cases::Case;
use crate::four_eyes::Withheld;
use crate::news::Following;
use crate::sending::{SendError, Signers};

pub(super) async fn check(
    State(parts): State<Shared>,
    request: Result<Json<CheckRequest>, JsonRejection>,
) -> Result<Json<CheckReport>, Refusal> {
    let Json(request) = request?;
    Ok(Json(parts.sending.check(request).await?))
}

pub(super) async fn send(
    State(parts): State<Shared>,
    write: Write,
    request: Result<Json<SendRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Sent>), Refusal> {
    let Json(request) = request?;
    let signers = Signers {
        author: write.acting.clone(),
        approved_by: None,
    };
    match submit(&parts, request.clone(), signers, &write.key).await? {
        Outcome::Sent(sent) => Ok((StatusCode::CREATED, Json(*sent))),
        Outcome::NeedsApproval(kind) => {
            let stored = drafts::keep(&parts, &write, request).await?;
            Err(approvals::needed(&parts, &write.acting, kind, &stored.draft))
        }
    }
}

/// What became of a message that was to be sent.
pub(super) enum Outcome {
    Sent(Box<Sent>),
    /// `[FOUR-EYES]` Nothing was sealed or recorded.
    NeedsApproval(Kind),
}

/// Sends, unless nothing can be recorded.
pub(super) async fn submit(
    parts: &Parts,
    request: SendRequest,
    signers: Signers,
    key: &IdempotencyKey,
) -> Result<Outcome, Refusal> {
    if parts.health.is_disk_full() {
        return Err(Refusal::disk_full());
    }
    match parts.sending.send(request, signers, key).await {
        Ok(sent) => Ok(Outcome::Sent(Box::new(sent))),
        Err(SendError::Withheld(Withheld::NeedsApproval(kind))) => Ok(Outcome::NeedsApproval(kind)),
        Err(error) => Err(error.into()),
    }
}

/// Where a message is; with `wait`, once it has got there or the time is over.
pub(super) async fn status(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<MessageQuery>, QueryRejection>,
) -> Result<Json<MessageStatus>, Refusal> {
    let (Path(text), Query(query)) = (path?, query?);
    let message = parse(&text)?;
    let Some(wait) = query.wait else {
        return Ok(Json(look(&parts, message, None).await?.1));
    };
    let until = Instant::now() + patience(query.timeout_ms);
    // Listening first: what happens while we look is not missed.
    let mut watched = match wait {
        Wait::Delivered | Wait::Consigned => Watched::Message(parts.news.follow(message)),
        // An answer is another message of the same case.
        Wait::Acknowledged | Wait::Answered => Watched::Case(parts.news.listen()),
    };
    let mut stop = parts.stop.clone();
    loop {
        let case = match look_for(&parts, message, wait).await? {
            Look::Reached(status) => return Ok(Json(*status)),
            Look::NotYet(case) => case,
        };
        let happened = tokio::select! {
            happened = timeout_at(until, watched.something(&text, case)) => happened.is_ok(),
            () = stop.stopping() => false,
        };
        if !happened {
            return Ok(Json(look(&parts, message, Some(wait)).await?.1));
        }
    }
}

/// What a look for something showed.
enum Look {
    Reached(Box<MessageStatus>),
    /// The case, where it had to be read to say so.
    NotYet(Option<CaseId>),
}

/// Looks whether a message has got somewhere, and reads its case only if it may have.
async fn look_for(parts: &Shared, message: MessageId, wait: Wait) -> Result<Look, Refusal> {
    let looking = Arc::clone(parts);
    let look = move || {
        let parts = looking;
        if is_too_early(&parts, message, wait)? {
            return Ok(Look::NotYet(None));
        }
        let (case, status) = see(&parts, message, Some(wait))?;
        Ok(if status.reached {
            Look::Reached(Box::new(status))
        } else {
            Look::NotYet(Some(case))
        })
    };
    computed(parts, look).await
}

/// Whether no leaf is there yet without which the message cannot have got there. `false` where only the
/// case can say.
fn is_too_early(parts: &Parts, message: MessageId, wait: Wait) -> Result<bool, Refusal> {
    let (Wait::Delivered | Wait::Consigned) = wait else {
        return Ok(false);
    };
    let entries = parts.reader.message_entries(message)?;
    for index in &entries {
        let entry = Entry::decode(&parts.reader.leaf(*index)?).map_err(Refusal::fault)?;
        let may_be_reached = match wait {
            Wait::Delivered => matches!(entry, Entry::Delivered { .. } | Entry::Received { .. }),
            _ => matches!(entry, Entry::Consigned { .. }),
        };
        if may_be_reached {
            return Ok(false);
        }
    }
    // A message that nobody knows is for the case to say.
    Ok(!entries.is_empty())
}

/// What is heard of while a message is waited for.
enum Watched {
    Message(Following),
    Case(Receiver<Event>),
}

impl Watched {
    /// Until it is worth looking again.
    async fn something(&mut self, message: &str, case: Option<CaseId>) {
        match self {
            Self::Message(following) => following.happened().await,
            Self::Case(news) => {
                let case = case.map(|case| case.to_string());
                loop {
                    match news.recv().await {
                        Ok(event) if event.message == message || (case.is_some() && event.case == case) => {
                            return;
                        }
                        Ok(_) => {}
                        Err(RecvError::Lagged(_) | RecvError::Closed) => return,
                    }
                }
            }
        }
    }
}

pub(super) async fn receipt(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<ReceiptQuery>, QueryRejection>,
) -> Result<Json<ReceiptDocument>, Refusal> {
    let (Path(text), Query(query)) = (path?, query?);
    blocking(move || Ok(Json(document(&parts, &text, &query)?.2))).await
}

/// A receipt, the leaf that the recipient's node wrote, and all that an outsider needs to verify it. Blocks.
pub(super) fn document(
    parts: &Parts,
    text: &str,
    query: &ReceiptQuery,
) -> Result<(Receipt, Vec<u8>, ReceiptDocument), Refusal> {
    let message = parse(text)?;
    let case = find(parts, message)?;
    let mut found = receipts(&case, message);
    if let Some(to) = &query.to {
        found.retain(|(receipt, _)| receipt.to.to_string() == *to);
    }
    let [(receipt, signed)] = found.as_slice() else {
        return Err(match found.len() {
            0 => Refusal::not_found("there is no receipt yet"),
            _ => Refusal::malformed("the message has several recipients: say which one (to)"),
        });
    };
    let sent = case.header_to(message, &receipt.to);
    let index = sent.ok_or_else(|| Refusal::fault("the ledger has a receipt for nothing"))?;
    let header = match Entry::decode(&parts.reader.leaf(index)?).map_err(Refusal::fault)? {
        Entry::Submitted { header, .. } => header,
        _ => return Err(Refusal::fault("a leaf is not what the index says")),
    };
    // The leaf that the recipient's node wrote, byte for byte.
    let leaf = Entry::Received {
        at: receipt.received_at,
        header,
        commit_size: receipt.checkpoint.size,
    };
    let document = ReceiptDocument {
        receipt_base64: STANDARD.encode(signed.as_bytes()),
        proof: receipt.tlog_proof(),
        leaf_base64: STANDARD.encode(leaf.encode()),
        log_vkey: log_key(parts, receipt)?,
    };
    Ok((Receipt::clone(receipt), leaf.encode(), document))
}

fn log_key(parts: &Parts, receipt: &protocol::receipt::Receipt) -> Result<String, Refusal> {
    let origin = receipt.checkpoint.origin.as_str();
    // Also a key that has left the directory since: it was checked when the receipt came.
    let keys = parts
        .directory
        .ledger_keys_ever(receipt.to.party(), origin, receipt.received_at);
    let id = receipt.checkpoint_signature.key_id;
    let key = keys.into_iter().find(|key| key.key_id() == id);
    key.map(|key| key.to_string())
        .ok_or_else(|| Refusal::not_found("no directory that was in use here has such a ledger key"))
}

async fn look(
    parts: &Shared,
    message: MessageId,
    wait: Option<Wait>,
) -> Result<(CaseId, MessageStatus), Refusal> {
    let looking = Arc::clone(parts);
    computed(parts, move || see(&looking, message, wait)).await
}

fn see(parts: &Parts, message: MessageId, wait: Option<Wait>) -> Result<(CaseId, MessageStatus), Refusal> {
    let case = find(parts, message)?;
    let status = message_status(&case, message, wait, parts.own);
    let status = status.ok_or_else(|| Refusal::not_found(format!("there is no message {message}")))?;
    Ok((case.id, status))
}

pub(super) fn find(parts: &Parts, message: MessageId) -> Result<Arc<Case>, Refusal> {
    let case = parts.cases.case_of(message)?;
    case.ok_or_else(|| Refusal::not_found(format!("there is no message {message}")))
}

pub(super) fn parse(text: &str) -> Result<MessageId, Refusal> {
    text.parse()
        .map_err(|error: protocol::ids::NameError| Refusal::malformed(error.to_string()))
}
