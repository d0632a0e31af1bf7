//! The table of operations, from which the document is made.

use crate::paths;

/// Whether an operation changes anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads.
    Get,
    /// Reads, with a body.
    Post,
    /// Changes something: needs the officer and the idempotency key.
    Write,
    /// The same, with a file as its body.
    Upload,
}

/// What an answer holds.
pub(super) enum Body {
    Json(&'static str),
    JsonList(&'static str),
    /// JSON whose schema is the `convention` crate's.
    Document,
    Text,
    Bytes(&'static str),
    Events,
    Nothing,
}

/// One operation.
pub(super) struct Operation {
    pub(super) id: &'static str,
    pub(super) kind: Kind,
    pub(super) path: &'static str,
    pub(super) query: &'static [(&'static str, &'static str)],
    pub(super) request: Option<&'static str>,
    pub(super) status: &'static str,
    pub(super) answer: Body,
    pub(super) summary: &'static str,
}

const fn get(id: &'static str, path: &'static str, answer: Body, summary: &'static str) -> Operation {
    Operation {
        id,
        kind: Kind::Get,
        path,
        query: &[],
        request: None,
        status: "200",
        answer,
        summary,
    }
}

const fn query(mut operation: Operation, query: &'static [(&'static str, &'static str)]) -> Operation {
    operation.query = query;
    operation
}

const fn write(
    id: &'static str,
    path: &'static str,
    request: Option<&'static str>,
    status: &'static str,
    answer: Body,
    summary: &'static str,
) -> Operation {
    Operation {
        id,
        kind: Kind::Write,
        path,
        query: &[],
        request,
        status,
        answer,
        summary,
    }
}

pub(super) const OPERATIONS: &[Operation] = &[
    write(
        "ask_for_erasure",
        paths::ERASURES,
        Some("CaseOrder"),
        "201",
        Body::Json("ErasureOrder"),
        "Asks for a case's content to be erased; another officer must approve.",
    ),
    get(
        "erasure_orders",
        paths::ERASURES,
        Body::JsonList("ErasureOrder"),
        "The erasures that wait for approval.",
    ),
    write(
        "approve_erasure",
        paths::ERASURE_APPROVE,
        None,
        "200",
        Body::Json("Erasure"),
        "A second officer approves: the erasure is recorded and carried out.",
    ),
    write(
        "discard_erasure",
        paths::ERASURE_DISCARD,
        None,
        "204",
        Body::Nothing,
        "Throws away an order to erase that waits.",
    ),
    write(
        "place_hold",
        paths::HOLDS,
        Some("CaseOrder"),
        "201",
        Body::Json("LegalHold"),
        "Keeps a case from being erased.",
    ),
    get(
        "holds",
        paths::HOLDS,
        Body::JsonList("LegalHold"),
        "The cases that are held.",
    ),
    write(
        "release_hold",
        paths::HOLD_RELEASE,
        Some("CaseOrder"),
        "204",
        Body::Nothing,
        "Lifts a hold.",
    ),
    get(
        "retention",
        paths::RETENTION,
        Body::Json("RetentionReport"),
        "What the retention policy would erase now. Nothing is erased.",
    ),
    write(
        "run_retention",
        paths::RETENTION_RUN,
        None,
        "200",
        Body::Json("RetentionReport"),
        "Erases what is due by the retention policy, now.",
    ),
    get(
        "status",
        paths::STATUS,
        Body::Json("NodeStatus"),
        "How the node is.",
    ),
    get(
        "directory",
        paths::DIRECTORY,
        Body::Json("DirectorySummary"),
        "The directory in use, without its keys.",
    ),
    get(
        "directory_document",
        paths::DIRECTORY_DOCUMENT,
        Body::Bytes("application/cose"),
        "The directory's signed bytes.",
    ),
    Operation {
        id: "check_draft",
        kind: Kind::Post,
        path: paths::DRAFTS_CHECK,
        query: &[],
        request: Some("CheckRequest"),
        status: "200",
        answer: Body::Json("CheckReport"),
        summary: "Whether a draft could be sent; nothing is recorded. 422 with all faults otherwise.",
    },
    write(
        "store_draft",
        paths::DRAFTS,
        Some("SendRequest"),
        "201",
        Body::Json("StoredDraft"),
        "Stores a draft, outside the ledger.",
    ),
    get(
        "drafts",
        paths::DRAFTS,
        Body::JsonList("StoredDraft"),
        "The stored drafts.",
    ),
    get(
        "draft",
        paths::DRAFT,
        Body::Json("DraftDetail"),
        "A stored draft with what it says. Auditors are not shown it.",
    ),
    write(
        "send_draft",
        paths::DRAFT_SEND,
        None,
        "201",
        Body::Json("Sent"),
        "Sends a stored draft.",
    ),
    write(
        "approve_draft",
        paths::DRAFT_APPROVE,
        None,
        "201",
        Body::Json("Sent"),
        "A second officer approves a stored draft, which is sent at once.",
    ),
    write(
        "discard_draft",
        paths::DRAFT_DISCARD,
        None,
        "204",
        Body::Nothing,
        "Throws a stored draft away.",
    ),
    write(
        "approve_message",
        paths::MESSAGE_APPROVE,
        None,
        "200",
        Body::Json("Approval"),
        "A second officer approves a message that was sent without approval.",
    ),
    Operation {
        id: "add_attachment",
        kind: Kind::Upload,
        path: paths::ATTACHMENTS,
        query: &[
            ("name", "The file's name, without folders."),
            (
                "media_type",
                "Its media type; application/octet-stream when absent.",
            ),
            ("size_bytes", "Its size, so that room for it is looked for first."),
            ("from", "Our contact point that sends."),
            ("to", "The contact points that receive, separated by commas."),
            ("case", "The case that its message belongs to."),
            ("message", "The message that an earlier file was sealed for."),
        ],
        request: None,
        status: "201",
        answer: Body::Json("StagedAttachment"),
        summary: "Seals a file for its recipients while it is read; nothing is sent.",
    },
    get(
        "staged_attachments",
        paths::ATTACHMENTS,
        Body::JsonList("StagedAttachment"),
        "The files that are sealed and wait for their message.",
    ),
    write(
        "discard_attachment",
        paths::ATTACHMENT_DISCARD,
        None,
        "204",
        Body::Nothing,
        "Throws away a file that waits for its message.",
    ),
    get(
        "attachment_content",
        paths::ATTACHMENT_CONTENT,
        Body::Bytes("application/octet-stream"),
        "An attachment, opened; all of it was verified before the first byte. 503 while it is arriving.",
    ),
    get(
        "message_attachments",
        paths::MESSAGE_ATTACHMENTS,
        Body::Json("MessageAttachments"),
        "What is attached to a message, and how far it is.",
    ),
    get(
        "reviews",
        paths::REVIEWS,
        Body::JsonList("Review"),
        "Messages that were sent without the approval they need, and wait for a review.",
    ),
    get(
        "officers",
        paths::OFFICERS,
        Body::JsonList("Officer"),
        "Everybody who is or was registered.",
    ),
    write(
        "add_officer",
        paths::OFFICERS,
        Some("NewOfficer"),
        "201",
        Body::Json("Officer"),
        "Registers an officer; from the first one on, nobody else may write.",
    ),
    write(
        "remove_officer",
        paths::OFFICER_REMOVE,
        None,
        "200",
        Body::Json("Officer"),
        "Removes an officer; the name stays for history.",
    ),
    write(
        "send",
        paths::MESSAGES,
        Some("SendRequest"),
        "201",
        Body::Json("Sent"),
        "Sends a message; it is durably recorded when the answer comes.",
    ),
    query(
        get(
            "export_case",
            paths::CASE_EXPORT,
            Body::Bytes("application/zip"),
            "The bundle of a case (docs/bundle.md): a zip file, to be checked without the node.",
        ),
        &[
            (
                "redact",
                "What to leave out, separated by commas: content, sealed, session-key, attachments, each \
                 also of one message (content:3), and selectors.",
            ),
            ("attachments", "Whether attachments are in it; false when absent."),
            (
                "session_keys",
                "Whether the keys that open the sealed originals are in it; true when absent.",
            ),
        ],
    ),
    query(
        get(
            "message",
            paths::MESSAGE,
            Body::Json("MessageStatus"),
            "Where a message is; a long poll with wait.",
        ),
        &[
            (
                "wait",
                "delivered, consigned, acknowledged or answered: when to answer.",
            ),
            ("timeout_ms", "How long to wait, at most 60000."),
        ],
    ),
    query(
        get(
            "receipt",
            paths::MESSAGE_RECEIPT,
            Body::Json("ReceiptDocument"),
            "A receipt, with all that an outsider needs to verify it.",
        ),
        &[("to", "The contact point that gave it.")],
    ),
    get(
        "inbox",
        paths::INBOX,
        Body::JsonList("InboxItem"),
        "What was received.",
    ),
    query(
        get(
            "cases",
            paths::CASES,
            Body::JsonList("CaseSummary"),
            "The cases, latest first; with due_within_ms by their next deadline.",
        ),
        &[
            ("limit", "At most so many."),
            ("before", "The last case of the page before."),
            (
                "due_within_ms",
                "Only those with a deadline within so many milliseconds.",
            ),
            ("state", "Only those in this state, such as preserved."),
        ],
    ),
    get(
        "case",
        paths::CASE,
        Body::Json("CaseDetail"),
        "One case, by its number, its id, a beginning of that (8 characters or more), or a message's id.",
    ),
    get(
        "peers",
        paths::PEERS,
        Body::JsonList("PeerDetail"),
        "Every other Party's node: whether it is connected, and what it last said or why it failed.",
    ),
    Operation {
        id: "test_peer",
        kind: Kind::Post,
        path: paths::PEER_TEST,
        query: &[],
        request: None,
        status: "200",
        answer: Body::Json("PeerTest"),
        summary: "Tests the way to a Party's node, step by step, and says whose a fault is. Records nothing.",
    },
    get(
        "alarms",
        paths::ALARMS,
        Body::JsonList("Alarm"),
        "The alarms that stand now, the oldest first.",
    ),
    query(
        get(
            "preflight",
            paths::PREFLIGHT,
            Body::JsonList("PreflightReport"),
            "Whether the recipients can be reached, and what they will need.",
        ),
        &[
            ("to", "The contact points, separated by commas."),
            ("kind", "The kind of message."),
            ("language", "The language in which it is written (BCP 47)."),
        ],
    ),
    query(
        get(
            "statistics",
            paths::STATISTICS,
            Body::Document,
            "The figures for a period: the convention crate's Statistics.",
        ),
        &[
            ("period", "A year, a quarter or a month: 2026, 2026-Q3, 2026-07."),
            (
                "zone",
                "The IANA zone by whose clocks it begins and ends; UTC when absent.",
            ),
        ],
    ),
    get(
        "events",
        paths::EVENTS,
        Body::Events,
        "What happens, as it happens.",
    ),
    get(
        "ledger_key",
        paths::LEDGER_KEY,
        Body::Text,
        "The ledger's verifier key (C2SP vkey).",
    ),
    get(
        "ledger_checkpoint",
        paths::LEDGER_CHECKPOINT,
        Body::Text,
        "The latest checkpoint (C2SP).",
    ),
    get(
        "ledger_tile",
        paths::LEDGER_TILE,
        Body::Bytes("application/octet-stream"),
        "A tile or entry bundle (C2SP tlog-tiles).",
    ),
    get(
        "ledger_logs",
        paths::LEDGER_LOGS,
        Body::JsonList("LedgerLog"),
        "The logs that the ledger consists of: one for each year.",
    ),
    get(
        "ledger_log_tile",
        paths::LEDGER_LOG_TILE,
        Body::Bytes("application/octet-stream"),
        "A tile or entry bundle of one log (C2SP tlog-tiles).",
    ),
    query(
        get(
            "ledger_proof",
            paths::LEDGER_PROOF,
            Body::Text,
            "A leaf's proof (C2SP tlog-proof).",
        ),
        &[
            ("size", "The tree's size; the latest checkpoint's when absent."),
            (
                "log",
                "The position at which the leaf's log begins; the newest when absent.",
            ),
        ],
    ),
    get(
        "witnessed_checkpoint",
        paths::LEDGER_WITNESSED,
        Body::Text,
        "The newest checkpoint that has its quorum of cosignatures (C2SP tlog-cosignature).",
    ),
    get(
        "witness_policy",
        paths::LEDGER_POLICY,
        Body::Text,
        "The policy of witnesses in use (C2SP tlog-policy).",
    ),
    get(
        "witnessed_proof",
        paths::LEDGER_WITNESSED_PROOF,
        Body::Text,
        "The proof of a leaf under that checkpoint (C2SP tlog-proof). 404 while it does not cover the leaf.",
    ),
    query(
        get(
            "witnessed_receipt",
            paths::MESSAGE_WITNESSED_RECEIPT,
            Body::Json("ReceiptDocument"),
            "A receipt under a checkpoint that witnesses have cosigned, from the recipient's node.",
        ),
        &[("to", "The contact point that gave it.")],
    ),
    get(
        "ledger_leaf",
        paths::LEDGER_LEAF,
        Body::Bytes("application/octet-stream"),
        "One leaf's bytes.",
    ),
    query(
        get(
            "ledger_range",
            paths::LEDGER_RANGE,
            Body::Json("LedgerRange"),
            "What an export of a period consists of. It verifies by itself.",
        ),
        &[
            ("from", "The first instant, RFC 3339."),
            ("until", "The instant after the last, RFC 3339."),
        ],
    ),
    get(
        "ledger_stamps",
        paths::LEDGER_STAMPS,
        Body::JsonList("TimeStampSummary"),
        "The time stamps of checkpoints.",
    ),
    get(
        "ledger_stamp_checkpoint",
        paths::LEDGER_STAMP_CHECKPOINT,
        Body::Text,
        "The checkpoint that was stamped on a day (C2SP).",
    ),
    get(
        "ledger_stamp_response",
        paths::LEDGER_STAMP_RESPONSE,
        Body::Bytes("application/timestamp-reply"),
        "The answer of the time-stamping service (RFC 3161).",
    ),
    write(
        "stop",
        paths::NODE_STOP,
        None,
        "202",
        Body::Nothing,
        "Stops the node as SIGTERM does.",
    ),
    write(
        "reload",
        paths::RELOAD,
        None,
        "200",
        Body::Json("Reloaded"),
        "Reads directory and keys again, as SIGHUP does. What cannot be used stays as it was.",
    ),
    get(
        "keys",
        paths::KEYS,
        Body::JsonList("KeyTerm"),
        "The node's own keys and their days.",
    ),
    get(
        "metrics",
        paths::METRICS,
        Body::Text,
        "Metrics in Prometheus' text format.",
    ),
    get(
        "livez",
        paths::LIVEZ,
        Body::Text,
        "200 while the process answers.",
    ),
    get(
        "readyz",
        paths::READYZ,
        Body::Text,
        "200 when the node can serve, 503 otherwise; JSON with `?verbose`.",
    ),
];
