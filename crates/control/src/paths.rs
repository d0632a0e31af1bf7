//! Where things are, in version 1. The constants with `{…}` are route patterns; the functions fill them in.

use crate::types::{CasesQuery, ExportQuery, LedgerRangeQuery, UploadQuery, Wait};

/// `GET` → [`NodeStatus`](crate::types::NodeStatus).
pub const STATUS: &str = "/v1/status";
/// `GET` → [`DirectorySummary`](crate::types::DirectorySummary).
pub const DIRECTORY: &str = "/v1/directory";
/// `GET` → the signed directory's bytes, as they came.
pub const DIRECTORY_DOCUMENT: &str = "/v1/directory/document";
/// `POST` [`CheckRequest`](crate::types::CheckRequest) → [`CheckReport`](crate::types::CheckReport).
pub const DRAFTS_CHECK: &str = "/v1/drafts/check";
/// `POST` [`SendRequest`](crate::types::SendRequest) → [`StoredDraft`](crate::types::StoredDraft); `GET` → a
/// list.
pub const DRAFTS: &str = "/v1/drafts";
/// `GET` → [`DraftDetail`](crate::types::DraftDetail).
pub const DRAFT: &str = "/v1/drafts/{draft}";
/// `POST` → [`Sent`](crate::types::Sent).
pub const DRAFT_SEND: &str = "/v1/drafts/{draft}/send";
/// `POST` → [`Sent`](crate::types::Sent): a second officer approves, and the draft is sent.
pub const DRAFT_APPROVE: &str = "/v1/drafts/{draft}/approve";
/// `POST` → 204: the draft is thrown away.
pub const DRAFT_DISCARD: &str = "/v1/drafts/{draft}/discard";
/// `POST` [`SendRequest`](crate::types::SendRequest) → [`Sent`](crate::types::Sent).
pub const MESSAGES: &str = "/v1/messages";
/// `GET` → [`MessageStatus`](crate::types::MessageStatus); a long poll with `wait`.
pub const MESSAGE: &str = "/v1/messages/{message}";
/// `GET` → [`ReceiptDocument`](crate::types::ReceiptDocument).
pub const MESSAGE_RECEIPT: &str = "/v1/messages/{message}/receipt";
/// `POST` → [`Approval`](crate::types::Approval): the review of a message that was sent without approval.
pub const MESSAGE_APPROVE: &str = "/v1/messages/{message}/approve";
/// `POST` a file, with [`UploadQuery`] → [`StagedAttachment`](crate::types::StagedAttachment); `GET` → a list
/// of those that wait for their message.
pub const ATTACHMENTS: &str = "/v1/attachments";
/// `POST` → 204: a file that waits for its message is thrown away.
pub const ATTACHMENT_DISCARD: &str = "/v1/attachments/{attachment}/discard";
/// `GET` → the file itself, opened, once all of it is here and authentic.
pub const ATTACHMENT_CONTENT: &str = "/v1/attachments/{attachment}/content";
/// `GET` → [`MessageAttachments`](crate::types::MessageAttachments).
pub const MESSAGE_ATTACHMENTS: &str = "/v1/messages/{message}/attachments";
/// `GET` → list of [`Review`](crate::types::Review).
pub const REVIEWS: &str = "/v1/reviews";
/// `GET` → list of [`Officer`](crate::types::Officer); `POST`
/// [`NewOfficer`](crate::types::NewOfficer) → [`Officer`](crate::types::Officer).
pub const OFFICERS: &str = "/v1/officers";
/// `POST` → [`Officer`](crate::types::Officer).
pub const OFFICER_REMOVE: &str = "/v1/officers/{name}/remove";
/// `GET` → list of [`PeerDetail`](crate::types::PeerDetail).
pub const PEERS: &str = "/v1/peers";
/// `POST` → [`PeerTest`](crate::types::PeerTest): the way to a peer, step by step. Records nothing.
pub const PEER_TEST: &str = "/v1/peers/{party}/test";
/// `GET` → list of [`InboxItem`](crate::types::InboxItem).
pub const INBOX: &str = "/v1/inbox";
/// `GET` → list of [`CaseSummary`](crate::types::CaseSummary).
pub const CASES: &str = "/v1/cases";
/// `GET` → [`CaseDetail`](crate::types::CaseDetail).
pub const CASE: &str = "/v1/cases/{reference}";
/// `GET` with [`ExportQuery`] → the case's bundle, a zip file (`docs/bundle.md`).
pub const CASE_EXPORT: &str = "/v1/cases/{reference}/export";
/// `POST` [`CaseOrder`](crate::types::CaseOrder) → [`ErasureOrder`](crate::types::ErasureOrder): an officer
/// asks for a case's content to be erased `[ERASE]`; `GET` → list of those that wait for approval.
pub const ERASURES: &str = "/v1/erasures";
/// `POST` → [`Erasure`](crate::types::Erasure): a second officer approves, and it is recorded and carried
/// out.
pub const ERASURE_APPROVE: &str = "/v1/erasures/{order}/approve";
/// `POST` → 204: an order that waits is thrown away.
pub const ERASURE_DISCARD: &str = "/v1/erasures/{order}/discard";
/// `POST` [`CaseOrder`](crate::types::CaseOrder) → [`LegalHold`](crate::types::LegalHold): nothing of the
/// case is erased from now on; `GET` → list.
pub const HOLDS: &str = "/v1/holds";
/// `POST` [`CaseOrder`](crate::types::CaseOrder) → 204: the case is held no more.
pub const HOLD_RELEASE: &str = "/v1/holds/release";
/// `GET` → [`RetentionReport`](crate::types::RetentionReport): what is due now. Nothing is erased.
pub const RETENTION: &str = "/v1/retention";
/// `POST` → [`RetentionReport`](crate::types::RetentionReport): what is due is erased now.
pub const RETENTION_RUN: &str = "/v1/retention/run";
/// `GET` → list of [`PreflightReport`](crate::types::PreflightReport), one for each recipient.
pub const PREFLIGHT: &str = "/v1/preflight";
/// `GET` → the `convention` crate's `Statistics`.
pub const STATISTICS: &str = "/v1/statistics";
/// `GET` → list of [`Alarm`](crate::types::Alarm), the oldest first.
pub const ALARMS: &str = "/v1/alarms";
/// `GET` → server-sent events, see [`crate::events`].
pub const EVENTS: &str = "/v1/events";
/// `GET` → the ledger's verifier key (C2SP vkey, one line).
pub const LEDGER_KEY: &str = "/v1/ledger/key";
/// `GET` → the latest checkpoint (C2SP signed note).
pub const LEDGER_CHECKPOINT: &str = "/v1/ledger/checkpoint";
/// `GET` → a tile or an entry bundle, by its tlog-tiles path below `tile/`.
pub const LEDGER_TILE: &str = "/v1/ledger/tile/{*path}";
/// `GET` → a tlog-proof as text; `?size=` for another tree than the latest.
pub const LEDGER_PROOF: &str = "/v1/ledger/proof/{index}";
/// `GET` → list of [`LedgerLog`](crate::types::LedgerLog), oldest first.
pub const LEDGER_LOGS: &str = "/v1/ledger/logs";
/// `GET` → a tile or entry bundle of the log that begins at this position.
pub const LEDGER_LOG_TILE: &str = "/v1/ledger/logs/{log}/tile/{*path}";
/// `GET` → one leaf's bytes, by its position in the ledger.
pub const LEDGER_LEAF: &str = "/v1/ledger/leaf/{index}";
/// `GET` → the newest checkpoint that has its quorum of cosignatures (a signed note).
pub const LEDGER_WITNESSED: &str = "/v1/ledger/witnessed";
/// `GET` → the policy of witnesses in use (c2sp.org/tlog-policy).
pub const LEDGER_POLICY: &str = "/v1/ledger/policy";
/// `GET` → a tlog-proof under the checkpoint of [`LEDGER_WITNESSED`].
pub const LEDGER_WITNESSED_PROOF: &str = "/v1/ledger/proof/{index}/witnessed";
/// `GET` → [`ReceiptDocument`](crate::types::ReceiptDocument), under a checkpoint that is witnessed.
pub const MESSAGE_WITNESSED_RECEIPT: &str = "/v1/messages/{message}/witnessed-receipt";
/// `GET` → [`LedgerRange`](crate::types::LedgerRange): what an export of a period consists of.
pub const LEDGER_RANGE: &str = "/v1/ledger/range";
/// `GET` → list of [`TimeStampSummary`](crate::types::TimeStampSummary), the oldest first.
pub const LEDGER_STAMPS: &str = "/v1/ledger/stamps";
/// `GET` → the checkpoint that was stamped on a day (C2SP signed note).
pub const LEDGER_STAMP_CHECKPOINT: &str = "/v1/ledger/stamps/{day}/checkpoint";
/// `GET` → the answer of the time-stamping service (RFC 3161).
pub const LEDGER_STAMP_RESPONSE: &str = "/v1/ledger/stamps/{day}/response";
/// `POST` → 202; the node stops as it does on SIGTERM.
pub const NODE_STOP: &str = "/v1/node/stop";
/// `GET` → list of [`KeyTerm`](crate::types::KeyTerm): the node's own keys and their days.
pub const KEYS: &str = "/v1/keys";
/// `POST` → [`Reloaded`](crate::types::Reloaded): directory and keys are read again, as on SIGHUP.
pub const RELOAD: &str = "/v1/reload";
/// `GET` → Prometheus text.
pub const METRICS: &str = "/metrics";
/// `GET` → 200 while the process answers.
pub const LIVEZ: &str = "/livez";
/// `GET` → 200 when the node can serve, 503 otherwise.
pub const READYZ: &str = "/readyz";

/// The path that sends a stored draft.
#[must_use]
pub fn draft_send(draft: &str) -> String {
    format!("{DRAFTS}/{}/send", escaped(draft))
}

/// The path that approves and sends a stored draft.
#[must_use]
pub fn draft_approve(draft: &str) -> String {
    format!("{DRAFTS}/{}/approve", escaped(draft))
}

/// The path of one stored draft.
#[must_use]
pub fn draft(draft: &str) -> String {
    format!("{DRAFTS}/{}", escaped(draft))
}

/// The path that throws a stored draft away.
#[must_use]
pub fn draft_discard(draft: &str) -> String {
    format!("{DRAFTS}/{}/discard", escaped(draft))
}

/// The path that approves a message after the fact.
#[must_use]
pub fn message_approve(message: &str) -> String {
    format!("{MESSAGES}/{}/approve", escaped(message))
}

/// The path that approves an erasure.
#[must_use]
pub fn erasure_approve(order: &str) -> String {
    format!("{ERASURES}/{}/approve", escaped(order))
}

/// The path that throws an order to erase away.
#[must_use]
pub fn erasure_discard(order: &str) -> String {
    format!("{ERASURES}/{}/discard", escaped(order))
}

/// The path that removes an officer.
#[must_use]
pub fn officer_remove(name: &str) -> String {
    format!("{OFFICERS}/{}/remove", escaped(name))
}

/// The path that tests the way to a Party's node.
#[must_use]
pub fn peer_test(party: &str) -> String {
    format!("{PEERS}/{}/test", escaped(party))
}

/// The path of a message's status; with `wait`, the answer comes when that is reached or the time is over.
#[must_use]
pub fn message(message: &str, wait: Option<(Wait, u64)>) -> String {
    let path = format!("{MESSAGES}/{}", escaped(message));
    match wait {
        Some((wait, timeout_ms)) => format!("{path}?wait={}&timeout_ms={timeout_ms}", wait.as_str()),
        None => path,
    }
}

/// The path of the receipt that `to` gave for a message.
#[must_use]
pub fn message_receipt(message: &str, to: &str) -> String {
    format!("{MESSAGES}/{}/receipt?to={}", escaped(message), escaped(to))
}

/// The path of an upload.
#[must_use]
pub fn attachment_upload(query: &UploadQuery) -> String {
    let UploadQuery {
        name,
        media_type,
        size_bytes,
        from,
        to,
        case,
        message,
    } = query;
    let text = |key: &str, value: &Option<String>| {
        let value = value.as_deref().map(escaped);
        value.map_or_else(String::new, |value| format!("&{key}={value}"))
    };
    let size = size_bytes.map_or_else(String::new, |size| format!("&size_bytes={size}"));
    format!(
        "{ATTACHMENTS}?name={}{}{size}{}{}{}{}",
        escaped(name),
        text("media_type", media_type),
        text("from", from),
        text("to", to),
        text("case", case),
        text("message", message),
    )
}

/// The path that throws away a file that waits for its message.
#[must_use]
pub fn attachment_discard(attachment: &str) -> String {
    format!("{ATTACHMENTS}/{}/discard", escaped(attachment))
}

/// The path of an attachment's content.
#[must_use]
pub fn attachment_content(attachment: &str) -> String {
    format!("{ATTACHMENTS}/{}/content", escaped(attachment))
}

/// The path of a message's attachments.
#[must_use]
pub fn message_attachments(message: &str) -> String {
    format!("{MESSAGES}/{}/attachments", escaped(message))
}

/// The path of the list of cases.
#[must_use]
pub fn cases(limit: Option<u32>, before: Option<&str>) -> String {
    cases_by(&CasesQuery {
        limit,
        before: before.map(str::to_owned),
        ..CasesQuery::default()
    })
}

/// The path of the list of the cases that a query asks for.
#[must_use]
pub fn cases_by(query: &CasesQuery) -> String {
    let CasesQuery {
        limit,
        before,
        due_within_ms,
        state,
    } = query;
    let parts = [
        limit.map(|limit| format!("limit={limit}")),
        before
            .as_deref()
            .map(|before| format!("before={}", escaped(before))),
        due_within_ms.map(|within| format!("due_within_ms={within}")),
        state.as_deref().map(|state| format!("state={}", escaped(state))),
    ];
    match parts.into_iter().flatten().collect::<Vec<_>>().join("&") {
        query if query.is_empty() => CASES.to_owned(),
        query => format!("{CASES}?{query}"),
    }
}

/// The path of one case, by its number, its id, an unambiguous beginning of it, or the id of any of its
/// messages.
#[must_use]
pub fn case(reference: &str) -> String {
    format!("{CASES}/{}", escaped(reference))
}

/// The path of a case's bundle.
#[must_use]
pub fn case_export(reference: &str, query: &ExportQuery) -> String {
    let ExportQuery {
        redact,
        attachments,
        session_keys,
    } = query;
    let redact = redact.as_deref().map(escaped);
    let redact = redact.map_or_else(String::new, |redact| format!("&redact={redact}"));
    let keys = session_keys.map_or_else(String::new, |keys| format!("&session_keys={keys}"));
    let case = escaped(reference);
    format!("{CASES}/{case}/export?attachments={attachments}{redact}{keys}")
}

/// The path of what these contact points will need for a message of this kind.
#[must_use]
pub fn preflight(to: &[String], kind: &str, language: Option<&str>) -> String {
    let path = format!("{PREFLIGHT}?to={}&kind={}", escaped(&to.join(",")), escaped(kind));
    match language {
        Some(language) => format!("{path}&language={}", escaped(language)),
        None => path,
    }
}

/// The path of the figures for a period, by the clocks of a zone.
#[must_use]
pub fn statistics(period: &str, zone: Option<&str>) -> String {
    let path = format!("{STATISTICS}?period={}", escaped(period));
    match zone {
        Some(zone) => format!("{path}&zone={}", escaped(zone)),
        None => path,
    }
}

/// The path of a tile or entry bundle; `path` as in tlog-tiles, without the leading `tile/`.
#[must_use]
pub fn ledger_tile(path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(escaped).collect();
    format!("/v1/ledger/tile/{}", parts.join("/"))
}

/// The path of a tile or entry bundle of the log that begins at this position.
#[must_use]
pub fn ledger_log_tile(log: u64, path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(escaped).collect();
    format!("{LEDGER_LOGS}/{log}/tile/{}", parts.join("/"))
}

/// The path of a proof for the leaf `index`, in the tree of `size` or the latest.
#[must_use]
pub fn ledger_proof(index: u64, size: Option<u64>) -> String {
    match size {
        Some(size) => format!("/v1/ledger/proof/{index}?size={size}"),
        None => format!("/v1/ledger/proof/{index}"),
    }
}

/// The same for a leaf of the log that begins at this position, or of the newest.
#[must_use]
pub fn ledger_log_proof(log: Option<u64>, index: u64, size: Option<u64>) -> String {
    let path = ledger_proof(index, size);
    match log {
        Some(log) if size.is_some() => format!("{path}&log={log}"),
        Some(log) => format!("{path}?log={log}"),
        None => path,
    }
}

/// The path of one leaf.
#[must_use]
pub fn ledger_leaf(index: u64) -> String {
    format!("/v1/ledger/leaf/{index}")
}

/// The path of the proof of one leaf under a witnessed head.
#[must_use]
pub fn witnessed_proof(index: u64) -> String {
    format!("/v1/ledger/proof/{index}/witnessed")
}

/// The path of a receipt of the second stage.
#[must_use]
pub fn witnessed_receipt(message: &str, to: Option<&str>) -> String {
    let path = format!("/v1/messages/{}/witnessed-receipt", escaped(message));
    match to {
        Some(to) => format!("{path}?to={}", escaped(to)),
        None => path,
    }
}

/// The path of the part of the ledger that belongs to a period.
#[must_use]
pub fn ledger_range(query: &LedgerRangeQuery) -> String {
    let LedgerRangeQuery { from, until } = query;
    let (from, until) = (escaped(&from.to_string()), escaped(&until.to_string()));
    format!("{LEDGER_RANGE}?from={from}&until={until}")
}

/// The path of the checkpoint that was stamped on a day.
#[must_use]
pub fn ledger_stamp_checkpoint(day: &str) -> String {
    format!("{LEDGER_STAMPS}/{}/checkpoint", escaped(day))
}

/// The path of the time-stamping service's answer on a day.
#[must_use]
pub fn ledger_stamp_response(day: &str) -> String {
    format!("{LEDGER_STAMPS}/{}/response", escaped(day))
}

/// Percent-encodes everything but the unreserved characters (RFC 3986 section 2.3): what people type can hold
/// a `/` or a `?`, and must not become another path.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
