//! Paths with what stands in them: each escaped, so that nothing that people type becomes another path.

use super::{
    ATTACHMENTS, CASES, DRAFTS, ERASURES, LEDGER_LOGS, LEDGER_RANGE, LEDGER_STAMPS, MESSAGES, OFFICERS,
    PEERS, PREFLIGHT, STATISTICS,
};
use crate::types::{CasesQuery, ExportQuery, LedgerRangeQuery, UploadQuery, Wait};

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
