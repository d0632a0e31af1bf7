//! Limits of witnesses and of publishing.

use std::time::Duration;

/// The least time between two heads of one ledger that we cosign. A head costs two syncs of the disk; a
/// ledger publishes every [`PUBLISHED_EVERY`].
pub const COSIGNED_EVERY_MIN: Duration = Duration::from_millis(200);

/// A file with a head that we cosigned.
pub const HEAD_FILE_BYTES_MAX: u64 = 64 * 1024;

/// A file with a head of ours and its cosignatures, and a policy file.
pub const PUBLISHED_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Proofs of forks that are kept of one Party: two are enough to ask questions.
pub const LEDGER_FORKS_KEPT_MAX: usize = 4;

/// How often a checkpoint that a peer shows in its messages is recorded, at most.
pub const SEEN_RECORDED_EVERY: Duration = Duration::from_secs(10);

/// How often our head is published while it changes, at most.
pub const PUBLISHED_EVERY: Duration = Duration::from_millis(1_500);

/// How often witnesses are asked again that have not cosigned a head that does not change.
pub const UNWITNESSED_ASKED_EVERY: Duration = Duration::from_secs(2);

/// How long a witness may take to answer. Others are not kept waiting once the quorum is there.
pub const WITNESS_ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// Requests to one witness for one head: the first may only tell where the witness stands.
pub const WITNESS_REQUESTS_MAX: usize = 3;

/// How often proofs of forks are looked for again, and alarms of witnesses repeated to the log.
pub const FORKS_LOOKED_FOR_EVERY: Duration = Duration::from_secs(60);

/// How often the log repeats that nothing is signed, or that witnesses lag.
pub const WITNESS_ALARM_EVERY: Duration = Duration::from_secs(10 * 60);

/// Cosignatures that a message's header carries with the checkpoint: enough to entangle the ledgers, and no
/// burden to each leaf.
pub const HEADER_COSIGNATURES_MAX: usize = 4;

/// How long a Party whose ledger has forked is told to wait.
pub const FORKED_RETRY_AFTER: Duration = Duration::from_secs(300);
