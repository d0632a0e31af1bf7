//! Every size that a hostile input could try to stretch, and where its limit comes from.

/// The greatest tree size, leaf index and decimal number anywhere: 2^63 - 1, so that other people's
/// signed 64-bit integers agree with ours.
pub const MAX_TREE_SIZE: u64 = i64::MAX as u64;

/// The most hashes in a proof: c2sp.org/tlog-witness allows no more. Inclusion in a tree of
/// [`MAX_TREE_SIZE`] leaves needs no more, and consistency up to 2^62 leaves.
pub const MAX_PROOF_HASHES: usize = 63;

/// The longest entry, in bytes: its length is a `u16` in an entry bundle (c2sp.org/tlog-tiles).
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The number of hashes in a full tile, and of entries in a full bundle (c2sp.org/tlog-tiles).
pub const TILE_WIDTH: u16 = 256;

/// The highest tile level that a tree of [`MAX_TREE_SIZE`] leaves has: 256^7 <= 2^63 - 1 < 256^8.
/// c2sp.org/tlog-tiles allows names up to 63, for which no tile can exist.
pub const MAX_TILE_LEVEL: u8 = 7;

/// The longest entry bundle, in bytes: a full one of longest entries.
pub const MAX_BUNDLE_BYTES: usize = TILE_WIDTH as usize * (2 + MAX_ENTRY_BYTES);

/// The longest text that says what an excerpt of a log holds, in bytes: a hundred thousand single bundles.
pub const MAX_EXCERPT_BYTES: usize = 2 * 1024 * 1024;

/// The longest signed note that is looked at, in bytes.
pub const MAX_NOTE_BYTES: usize = 1_000_000;

/// The most signature lines in a note. c2sp.org/signed-note asks for at least 16.
pub const MAX_NOTE_SIGNATURES: usize = 100;

/// The longest key name and the longest checkpoint origin, in bytes (c2sp.org/tlog-cosignature).
pub const MAX_NAME_BYTES: usize = 255;

/// The longest verifier key in its text form, in bytes: name, two `+`, eight hex digits and 33 bytes
/// of key in base64.
pub const MAX_VERIFIER_KEY_BYTES: usize = MAX_NAME_BYTES + 1 + 8 + 1 + 44;

/// The longest `extra` field of a tlog-proof, in bytes. It is not authenticated, so it is kept small.
pub const MAX_PROOF_EXTRA_BYTES: usize = 4_096;

/// The longest tlog-proof file, in bytes: its checkpoint, its hashes and its `extra` field.
pub const MAX_TLOG_PROOF_BYTES: usize = MAX_NOTE_BYTES + 16_384;

/// The longest `add-checkpoint` request that a witness reads, in bytes: 63 hashes, a checkpoint, and
/// sixteen signature lines of the longest kind there is (ML-DSA-44).
pub const MAX_ADD_CHECKPOINT_BYTES: usize = 65_536;

/// The longest answer of a witness that is read, in bytes: sixteen signature lines of the longest kind.
pub const MAX_WITNESS_ANSWER_BYTES: usize = 65_536;

/// How often in a row a witness may name another size as the one that it stands at. Two are honest: we
/// knew nothing, and somebody else submitted meanwhile.
pub const MAX_CONFLICTS_IN_A_ROW: u32 = 4;

/// The longest file with two heads of one log ([`crate::fork`]), in bytes: each head is a checkpoint with
/// its log's own signatures.
pub const MAX_TWO_HEADS_BYTES: usize = 2 * MAX_ADD_CHECKPOINT_BYTES;

/// The longest policy file, in bytes.
pub const MAX_POLICY_BYTES: usize = 262_144;

/// The most logs in a policy, the most witnesses, and the most groups. c2sp.org/tlog-policy asks for at
/// least 32 of each.
pub const MAX_POLICY_LINES_OF_A_KIND: usize = 256;

#[cfg(test)]
mod tests;
