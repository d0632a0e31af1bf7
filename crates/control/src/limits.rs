//! Every limit of the local API, in one place, with its unit and its reason.

use std::time::Duration;

/// The body of a request: one draft with its free text, far above any real one.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// The body of an answer. The largest is an entry bundle: 256 leaves of at most 64 KiB and their lengths.
pub const ANSWER_BYTES_MAX: usize = 20 * 1024 * 1024;

/// The body of an error. A longer one was not written by a node.
pub const PROBLEM_BYTES_MAX: usize = 1024 * 1024;

/// One server-sent event, all its lines.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

/// Reaching the socket. It is on this machine, so it is there at once or not at all.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that a client keeps for its next questions.
pub const IDLE_CONNECTIONS_MAX: usize = 4;

/// An ordinary answer. A commit on a slow disk and an OpenPGP operation fit in this many times over.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The figures of a period, for which the node reads every case that it has: what a node gives to one
/// request.
pub const FIGURES_TIMEOUT: Duration = Duration::from_secs(75);

/// One call of a long poll. A client that wants to wait longer asks again.
pub const LONG_POLL_MS_MAX: u64 = 60_000;

/// Cases in one answer of the list of cases.
pub const CASES_PAGE_MAX: u32 = 200;

/// Characters of a case's id that may stand for it, when no other case begins with them.
pub const CASE_PREFIX_LENGTH_MIN: usize = 8;

/// An officer's name in the header `Ohrid-Officer`.
pub const OFFICER_LENGTH_BYTES_MAX: usize = 200;

/// The part of a file that is handed over at once.
pub const FILE_BLOCK_BYTES: usize = 256 * 1024;

/// Such parts on their way between a program and the node.
pub const FILE_BLOCKS_MAX: usize = 4;

/// How long the other side may take for one part: a disk that syncs gigabytes keeps everybody waiting.
pub const BLOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// A whole upload: 64 GiB at 1 MiB/s.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(18 * 3_600);

/// From the last byte of an upload to its answer: until all of the sealed file is durable.
pub const SEALED_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Until the first byte of an attachment, before which all of it is verified: 64 GiB at 20 MiB/s.
pub const OPENING_TIMEOUT: Duration = Duration::from_secs(3_600);

/// How long a client waits for an erasure: the node answers sooner, and says whether it is complete.
pub const ERASURE_TIMEOUT: Duration = Duration::from_secs(60);
