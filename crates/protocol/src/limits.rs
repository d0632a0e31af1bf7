//! Every limit of the protocol, in one place, with its unit and its reason.

use std::time::Duration;

/// An office's name within a Party.
pub const OFFICE_LENGTH_BYTES_MAX: usize = 32;

/// A sealed payload. Attachments travel apart, in chunks.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A signed header, receipt, rejection or consignment report (COSE_Sign1 bytes).
pub const SIGNED_BYTES_MAX: usize = 16 * 1024;

/// A ledger leaf: the limit of an entry bundle (tlog-tiles).
pub const LEAF_BYTES_MAX: usize = 65_535;

/// Entries in one commit `[DURABLE]`.
pub const COMMIT_ENTRIES_MAX: usize = 4_096;

/// Payload bytes in one commit; a single larger payload makes a commit of its own `[DURABLE]`.
pub const COMMIT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A code in a verdict or an erasure notice, or the name of a rule.
pub const CODE_LENGTH_BYTES_MAX: usize = 64;

/// Rules that one verdict names.
pub const VERDICT_RULES_MAX: usize = 32;

/// Recipients of one message: one envelope, one leaf and one outbox item each.
pub const RECIPIENTS_MAX: usize = 64;

/// Entries that wait for a commit; beyond it peers are told `Busy` and officers are refused. Four full
/// commits: more would only be a longer queue.
pub const PENDING_ENTRIES_MAX: usize = 4 * COMMIT_ENTRIES_MAX;

/// Bytes of payloads and statements that wait for a commit. One peer may take a quarter: a payload of
/// [`PAYLOAD_BYTES_MAX`].
pub const PENDING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Items in the outbox, for all peers. At under 1 KiB each, what memory holds.
pub const OUTBOX_ITEMS_MAX: usize = 1_000_000;

/// Requests to one peer that are out without an answer.
pub const REQUESTS_PER_PEER_MAX: usize = 256;

/// Emergencies to one peer that are out without an answer, beside the other requests.
pub const EMERGENCY_REQUESTS_PER_PEER_MAX: usize = 64;

/// How long a request may go without an answer. A peer's commit takes milliseconds; a slow line with a
/// payload of [`PAYLOAD_BYTES_MAX`] takes longer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The first wait before the same bytes are sent again `[RETRY]`.
pub const RETRY_DELAY_MIN: Duration = Duration::from_secs(1);

/// The longest wait before the same bytes are sent again, whatever a peer asks for `[RETRY]`.
pub const RETRY_DELAY_MAX: Duration = Duration::from_secs(300);

/// When an emergency without a receipt escalates to people `[RETRY]`.
pub const EMERGENCY_OVERDUE_AFTER: Duration = Duration::from_secs(60);

/// When a peer that was told `Busy` should try again.
pub const BUSY_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Streams of one peer that wait for the answer to the same bytes. A sender needs one, and one more for
/// each time that it lost patience.
pub const WAITING_STREAMS_MAX: usize = 8;

/// Rejections that we record for one peer in an hour.
pub const REJECTIONS_PER_PEER_PER_HOUR_MAX: u32 = 600;
