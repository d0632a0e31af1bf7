//! Every limit of the protocol, in one place, with its unit and its reason.

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
