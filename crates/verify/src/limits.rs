//! What bounds the memory and the time of a check, whatever lies in the folder that is checked.

/// Findings that are kept and shown; further ones are counted.
pub const FINDINGS_MAX: usize = 100;

/// Different reasons, for which something could not be checked, that are kept and shown.
pub const NOT_CHECKED_MAX: usize = 50;

/// Bundles missing in a row after which the check stops: a forged checkpoint can claim 2^63 - 1 entries,
/// and a forged name can stand at the end of them.
pub const MISSING_IN_A_ROW_MAX: u64 = 1_024;

/// Folders within folders; a tile's name needs no more than eleven.
pub const FOLDER_DEPTH_MAX: usize = 12;

/// Envelopes remembered, by digest and index, until their answers come: some 100 bytes each. Answers
/// to older ones are matched by reading the ledger again.
pub const REMEMBERED_ENVELOPES_MAX: usize = 65_536;

/// Answers to envelopes that are not remembered any more, matched in one reading of the ledger; some 100
/// bytes each. Few would mean that a ledger with many is read over and over.
pub const LATE_ANSWERS_MAX: usize = 65_536;

/// Bundles that are read at the same time: each may be 16 MiB long, if the export is a hostile one.
pub const THREADS_MAX: usize = 16;

/// Bundles that a worker may have ready before they are taken up: enough for the slowest to catch up. The
/// longest bundle is 16 MiB, but what is kept of it is less than 100 KiB.
pub const BUNDLES_AHEAD_MAX: usize = 8;

/// Answers that are checked together with the envelopes that they answer, a share of them on each core.
pub const PAIRS_AT_ONCE: usize = 1_024;

/// Rows of a period that are listed, some 200 bytes each; further ones are counted.
pub const PERIOD_ROWS_MAX: usize = 100_000;

/// A key file, in bytes.
pub const KEY_FILE_BYTES_MAX: usize = 4_096;

/// Keys of the secretariat that an auditor may bring.
pub const SECRETARIAT_KEYS_MAX: usize = 64;

/// A directory document, in bytes.
pub const DIRECTORY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A reason in a finding, in bytes; longer ones are cut. What is quoted in it was written by whoever
/// wrote the export.
pub const REASON_BYTES_MAX: usize = 400;

/// Bytes of a file of a bundle that are read at a time.
pub const READ_AT_ONCE_BYTES: usize = 64 * 1024;

/// A manifest of a bundle, in bytes: of each file a sum, a path and three characters more.
pub const BUNDLE_MANIFEST_BYTES_MAX: usize =
    protocol::limits::BUNDLE_FILES_MAX * (protocol::limits::BUNDLE_PATH_BYTES_MAX + 131);

/// A timeline of a bundle, in bytes: some hundred for each leaf.
pub const TIMELINE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What a bundle says of itself in `bag-info.txt`, in bytes.
pub const BAG_INFO_BYTES_MAX: usize = 8_192;
