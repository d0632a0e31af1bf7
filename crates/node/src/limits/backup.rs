//! Limits of backups.

/// `set.json`: one line for each pack, and a few more.
pub const SET_DOCUMENT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How much of a file is read, encrypted and written at a time.
pub const PIECE_BYTES: usize = 1024 * 1024;

/// A pack that has grown to this is ended, and another one begun: a damaged one costs no more.
pub const PACK_BYTES: u64 = 1024 * 1024 * 1024;

/// A file of the node's own that is rewritten as a whole is compared with what the chain has, in memory, up
/// to this length; a longer one is copied each time.
pub const COMPARED_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Sets in a chain, after which the next one is full: restoring reads them all.
pub const CHAIN_SETS_MAX: usize = 100;

/// How often a copy is begun anew when the store changed under it: it does while something is being erased.
pub const COPIES_TRIED: usize = 5;

/// How long is waited before the next try, in milliseconds: an erasure takes about as long.
pub const COPY_TRIED_AFTER_MS: u64 = 500;

/// A key file that lies beside the configured ones; a larger file there is no key.
pub const KEY_FOLDER_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The note of the last backup.
pub const LAST_BYTES_MAX: u64 = 64 * 1024;

/// A backup that is older than this is a warning of `ohrid node doctor`, in hours.
pub const BACKUP_OLD_HOURS: i64 = 48;
