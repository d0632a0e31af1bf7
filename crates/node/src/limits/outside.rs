//! Limits towards outsiders: who reads our ledger over HTTP, and whom we ask.

use std::time::Duration;

/// Connections of outsiders that are open at once. More wait until one ends.
pub const PUBLIC_CONNECTIONS_MAX: usize = 128;

/// From the first byte of a request to the end of its headers.
pub const PUBLIC_HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// From the end of the headers to the end of the body of `add-checkpoint`, which has 64 KiB at most.
pub const PUBLIC_BODY_WITHIN: Duration = Duration::from_secs(10);

/// A connection of an outsider ends after so long, whatever it is used for: nobody keeps a place by being
/// slow. A full bundle of the longest entries, 16 MiB, passes in it at half a megabit in a second.
pub const PUBLIC_CONNECTION_ENDS_AFTER: Duration = Duration::from_secs(300);

/// The buffer for the headers of a request.
pub const PUBLIC_HEADERS_BYTES_MAX: usize = 16 * 1024;

/// Tiles and bundles that are read for outsiders at once: they use the disk that messages wait for.
pub const PUBLIC_READS_AT_ONCE_MAX: usize = 2;

/// Requests for a cosignature over HTTP that are judged at once; more are told to come later (429).
pub const PUBLIC_WITNESS_REQUESTS_AT_ONCE_MAX: usize = 4;

/// For how long a checkpoint may be kept by who read it, in seconds. A newer one comes every second or two.
pub const CHECKPOINT_MAX_AGE_SECONDS: u32 = 5;

/// How long a question over HTTP to a service outside the network may take, its answer included.
pub const OUTBOUND_TIMEOUT: Duration = Duration::from_secs(10);

/// The first wait after a day's stamp could not be had, and the longest.
pub const TIME_STAMP_RETRY_AFTER_MIN: Duration = Duration::from_secs(60);
/// See [`TIME_STAMP_RETRY_AFTER_MIN`].
pub const TIME_STAMP_RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// How often it is looked whether a new day has begun.
pub const TIME_STAMP_LOOK_EVERY: Duration = Duration::from_secs(60);

/// How far the clock of a time-stamping service may be from ours: farther, and one of the two is wrong.
pub const TIME_STAMP_SKEW_MAX: Duration = Duration::from_secs(60 * 60);

/// A checkpoint that was stamped, with its cosignatures.
pub const STAMPED_CHECKPOINT_BYTES_MAX: u64 = 1024 * 1024;
