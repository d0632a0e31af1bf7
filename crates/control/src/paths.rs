//! Where things are, in version 1. The constants with `{…}` are route patterns; the functions fill them in.

mod filled;

pub use filled::*;

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
/// `POST` a file, with [`UploadQuery`](crate::types::UploadQuery) →
/// [`StagedAttachment`](crate::types::StagedAttachment); `GET` → a list of those that wait for their message.
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
/// `GET` with [`ExportQuery`](crate::types::ExportQuery) → the case's bundle, a zip file (`docs/bundle.md`).
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

#[cfg(test)]
mod tests;
