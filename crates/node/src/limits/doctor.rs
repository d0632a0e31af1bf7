//! From where on `ohrid node doctor` warns.

/// Files that can still be made on the store's file system.
pub const FREE_FILES_LOW: u64 = 10_000;

/// Files that the node may have open: connections to 60 Parties, the store, exports, with room.
pub const OPEN_FILES_LOW: u64 = 4_096;

/// A UDP socket's buffer: what Linux has where nobody changed it.
pub const RECEIVE_BUFFER_LOW_BYTES: u64 = 200 * 1024;

/// Days before the end of a directory or certificate.
pub const ENDS_SOON_DAYS: i64 = 14;

/// How far a peer's clock may be off, in milliseconds, before that is worth a look.
pub const PEER_CLOCK_OFF_MS: u64 = 2_000;

/// How old the oldest message may be that waits for its receipt, in minutes.
pub const OUTBOX_OLD_MINUTES: i64 = 60;

/// Lines of the log that go into a bundle.
pub const LOG_LINES: usize = 200;

/// A log file is read from so far behind its end.
pub const LOG_BYTES: u64 = 256 * 1024;
