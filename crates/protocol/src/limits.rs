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

/// How long a request may go without an answer, beside the time that its payload takes to travel. A peer's
/// commit takes milliseconds.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The slowest line on which a payload travels without being sent a second time beside the first: a quarter
/// of an hour for [`PAYLOAD_BYTES_MAX`]. When a stream breaks, the driver says so at once.
pub const LINE_BYTES_PER_SECOND_MIN: usize = 16 * 1024;

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

/// Messages that we record for one peer in an hour. A Party with a thousand cases a day sends some ten
/// thousand messages a day; what it could not send for a week is then here within the hour. About 100 MiB of
/// ledger.
pub const MESSAGES_PER_PEER_PER_HOUR_MAX: u64 = 100_000;

/// Bytes of messages (payloads and headers) that we record for one peer in an hour: those messages at 10 KiB
/// each. Attachments have quotas of their own.
pub const MESSAGE_BYTES_PER_PEER_PER_HOUR_MAX: u64 = 1024 * 1024 * 1024;

/// Emergencies of one peer in an hour that are recorded even when its messages are over their quota. More
/// are counted as messages.
pub const EMERGENCIES_PER_PEER_PER_HOUR_MAX: u64 = 1_000;

/// Their bytes: the largest payload eight times.
pub const EMERGENCY_BYTES_PER_PEER_PER_HOUR_MAX: u64 = 128 * 1024 * 1024;

/// Reports (on whether our messages could be opened) of one peer in an hour: one for each message that we may
/// have sent it.
pub const REPORTS_PER_PEER_PER_HOUR_MAX: u64 = MESSAGES_PER_PEER_PER_HOUR_MAX;

/// Rejections that we record for one peer in an hour.
pub const REJECTIONS_PER_PEER_PER_HOUR_MAX: u64 = 600;

/// Labels below 0 in one map that a reader passes over (see `cbor`), and the length of their values.
pub const ADVISORY_LABELS_MAX: usize = 8;
/// See [`ADVISORY_LABELS_MAX`].
pub const ADVISORY_VALUE_BYTES_MAX: usize = 1024;

/// A Party or contact point as text: `RO/` and an office.
pub const NAME_LENGTH_BYTES_MAX: usize = 3 + OFFICE_LENGTH_BYTES_MAX;

/// A checkpoint with its cosignatures, as a header or leaf carries it: some thirty witnesses.
pub const CHECKPOINT_NOTE_BYTES_MAX: usize = 6 * 1024;

/// A head that a witness gives: a checkpoint with the signatures of its ledger and of the witness.
pub const WITNESSED_HEAD_BYTES_MAX: usize = 16 * 1024;

/// A receipt under a witnessed checkpoint: up to 63 hashes, and a checkpoint with some hundred cosignatures.
pub const WITNESSED_RECEIPT_BYTES_MAX: usize = 32 * 1024;

/// The longest time from sending to expiry: 90 days. It also bounds for how long after the end of its
/// period a stolen envelope key could sign headers that are dated back into it.
pub const ENVELOPE_LIFETIME_MAX: Duration = Duration::from_secs(90 * 24 * 3_600);

/// How far ahead of our clock a peer's statement may be dated. Clocks and time zones are set wrongly by
/// up to half a day, and then a message must not be lost; a date beyond this is no date.
pub const DATED_AHEAD_MAX: Duration = Duration::from_secs(24 * 3_600);

/// How far a system's clock may be ahead of what the monotonic clock says that has passed. Far less than
/// any envelope lives; far more than a summer time set by hand, or a clock that drifted for months.
pub const CLOCK_LEAP_MAX: Duration = Duration::from_secs(6 * 60 * 60);

/// Entries that one erasure notice names; more make another notice. Nine bytes each in a leaf.
pub const ERASED_ENTRIES_MAX: usize = 4_096;

/// A hello: versions, features, and the length of a feature's name.
pub const HELLO_VERSIONS_MAX: usize = 16;
/// See [`HELLO_VERSIONS_MAX`].
pub const HELLO_FEATURES_MAX: usize = 32;
/// See [`HELLO_VERSIONS_MAX`].
pub const FEATURE_LENGTH_BYTES_MAX: usize = 32;

/// A signed hello.
pub const HELLO_BYTES_MAX: usize = 4 * 1024;

/// A signed directory: 400 Parties with a few post-quantum certificates (22 KiB each) are about half.
pub const DIRECTORY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A join request: one Party's record.
pub const JOIN_REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Parties in a directory: all states there are, twice.
pub const PARTIES_MAX: usize = 400;

/// Contact points of one Party.
pub const CONTACT_POINTS_MAX: usize = 32;

/// Keys of one role of one Party. Old ledger keys stay, so that old receipts can be checked: one a year.
pub const KEYS_PER_ROLE_MAX: usize = 64;

/// OpenPGP certificates of one contact point: one of the office, more for officers.
pub const OFFICE_CERTIFICATES_MAX: usize = 64;

/// One OpenPGP certificate; post-quantum ones take 22 KiB (security.md section 5.2).
pub const OPENPGP_CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// CA certificates of one Party, and the length of one.
pub const CA_CERTIFICATES_MAX: usize = 4;
/// See [`CA_CERTIFICATES_MAX`].
pub const CA_CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

/// Pinned TLS keys of one node: the current one and the next, twice.
pub const TLS_PINS_MAX: usize = 4;

/// Addresses of one node.
pub const NODE_ADDRESSES_MAX: usize = 8;

/// A DNS name (RFC 1035 section 2.3.4).
pub const DNS_NAME_BYTES_MAX: usize = 253;

/// An address: a DNS name, a colon and a port.
pub const ADDRESS_BYTES_MAX: usize = DNS_NAME_BYTES_MAX + 6;

/// A Party's name, for people.
pub const PARTY_NAME_BYTES_MAX: usize = 256;

/// The profile of a Party or contact point (JSON).
pub const PROFILE_BYTES_MAX: usize = 64 * 1024;

/// Signatures on one directory, and keys of a secretariat.
pub const SECRETARIAT_SIGNATURES_MAX: usize = 16;

/// Signatures on one key set: by as many keys of the set before, and of its own.
pub const KEY_SET_SIGNATURES_MAX: usize = 2 * SECRETARIAT_SIGNATURES_MAX;

/// A signed key set: sixteen keys and 32 signatures of some 100 bytes each.
pub const KEY_SET_BYTES_MAX: usize = 8 * 1024;

/// Key sets that a directory brings along: one a year for a lifetime. Whoever is farther behind asks the
/// secretariat for its keys again; the oldest are left out first.
pub const KEY_SETS_MAX: usize = 64;

/// How far a directory's version may be ahead of the one in use: more than anybody can miss. Whoever holds
/// stolen keys cannot use the numbers up, so that the secretariat always has a higher one (threat 12 of
/// security.md).
pub const DIRECTORY_VERSION_STEP_MAX: u64 = 1 << 20;

/// A change request: one Party's record, and proofs.
pub const CHANGE_REQUEST_BYTES_MAX: usize = JOIN_REQUEST_BYTES_MAX + 4 * 1024;

/// For how long after it was signed a change request is taken: the time of one directory.
pub const CHANGE_REQUEST_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);

/// New envelope keys that one change request brings, each with its proof.
pub const KEY_PROOFS_MAX: usize = 4;

/// One proof that a new key is held: two keys and a signature.
pub const KEY_PROOF_BYTES_MAX: usize = 1024;

/// For how long an old envelope key and its successor are valid side by side, at least: until the directory
/// that names the new one is everywhere.
pub const KEY_OVERLAP_MIN: Duration = Duration::from_secs(24 * 3_600);

/// A chunk of an attachment: what is asked for, verified and sent at once `[TRANSFER]`. Small enough that
/// an emergency waits for no more than one on each stream, large enough that requests cost nothing.
pub const CHUNK_BYTES: usize = 1024 * 1024;

/// Chunks of one attachment: 64 GiB of ciphertext.
pub const ATTACHMENT_CHUNKS_MAX: usize = 64 * 1024;

/// Attachments of one message.
pub const ATTACHMENTS_PER_MESSAGE_MAX: usize = 64;

/// Chunks of all attachments of one message: 128 GiB of ciphertext, 4 MiB of digests.
pub const MESSAGE_CHUNKS_MAX: usize = 128 * 1024;

/// A manifest: the digests of [`MESSAGE_CHUNKS_MAX`] chunks, and what else is said of each attachment.
pub const MANIFEST_BYTES_MAX: usize = MESSAGE_CHUNKS_MAX * 32 + ATTACHMENTS_PER_MESSAGE_MAX * 1024;

/// A file's name: what file systems take.
pub const FILE_NAME_BYTES_MAX: usize = 255;

/// Each of the two parts of a media type (RFC 6838 section 4.2).
pub const MEDIA_TYPE_PART_BYTES_MAX: usize = 127;

/// Chunks of one attachment that are asked for and not there yet, over all sources: the most that a pull
/// can have in memory.
pub const CHUNKS_IN_FLIGHT_MAX: usize = 16;

/// The same over one source. Half of the window of a connection (security.md section 5.1), so that other
/// streams are not kept waiting.
pub const CHUNKS_IN_FLIGHT_PER_SOURCE_MAX: usize = 8;

/// The same before the first chunk came. Two take two minutes on the slowest line that is served
/// ([`LINE_BYTES_PER_SECOND_MIN`]).
pub const CHUNKS_IN_FLIGHT_PER_SOURCE_FIRST: usize = 2;

/// Sources of one pull: the connections to the sender, and to other nodes of its Party.
pub const PULL_SOURCES_MAX: usize = 16;

/// How long a chunk may take. On the slowest line that is served one takes a minute, and two at once two; a
/// stream that breaks is told of at once.
pub const CHUNK_TIMEOUT: Duration = Duration::from_secs(180);

/// A bundle's table of contents: about 300 bytes for each leaf.
pub const BUNDLE_JSON_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Files of a bundle: what a zip file without zip64 can have.
pub const BUNDLE_FILES_MAX: usize = 65_000;

/// A zip file without zip64.
pub const BUNDLE_ZIP_BYTES_MAX: u64 = u32::MAX as u64 - 1;

/// A path in a bundle.
pub const BUNDLE_PATH_BYTES_MAX: usize = 255;

/// Each part of it: with a folder before it, within what file systems take.
pub const BUNDLE_PATH_PART_BYTES_MAX: usize = 100;

/// A text of one line in a bundle's table of contents: a name, an origin.
pub const BUNDLE_TEXT_BYTES_MAX: usize = 255;

/// The answer of a time-stamping service (RFC 3161): a token with a few certificates has some kilobytes.
pub const TIME_STAMP_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests;
