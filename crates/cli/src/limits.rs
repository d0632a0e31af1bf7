//! Every limit of the command line, in one place, with its unit and its reason.

use std::time::Duration;

/// A request that an officer wrote: far above any real one, and below what the node takes.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 512 * 1024;

/// A directory or a join request.
pub(crate) const SIGNED_DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file with a seed or a password.
pub(crate) const SECRET_BYTES_MAX: u64 = 4 * 1024;

/// Bytes of a Unix socket's path, without the final zero (Linux, unix(7)).
pub(crate) const SOCKET_PATH_BYTES_MAX: usize = 107;

/// How long `--wait` waits where `--timeout` does not say.
pub(crate) const WAIT_TIMEOUT_DEFAULT: &str = "30s";

/// How long `ohrid drill` waits for a human where `--timeout` does not say: what policy gives an officer.
pub(crate) const DRILL_TIMEOUT_DEFAULT: &str = "30m";

/// How long a node may take to become ready in the demo: the first start derives keys from passwords.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two looks whether something has happened that no long poll waits for.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Between two looks how far an attachment is.
pub(crate) const ATTACHMENT_LOOKED_FOR_EVERY: Duration = Duration::from_millis(500);

/// How long a node may take to stop before it is killed.
pub(crate) const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the demo waits for each step between the two nodes.
pub(crate) const DEMO_STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// What one node of the demo may take in memory, in MiB: twice what it does at rest, built for debugging.
pub(crate) const DEMO_NODE_MEMORY_MIB: u64 = 96;

/// The CA certificate of a Party, in days: ten years.
pub(crate) const CA_VALIDITY_DAYS: u64 = 3_653;

/// The node's TLS certificate, in days. Renewal is cheap; the CA key is at hand only then.
pub(crate) const TLS_VALIDITY_DAYS: u64 = 397;

/// Pinned TLS keys that a Party has at a time: the current one and the next.
pub(crate) const TLS_PINS: usize = 2;

/// How often a write is asked again, with the same idempotency key, when the connection broke before the
/// answer.
pub(crate) const SEND_ATTEMPTS_MAX: u32 = 3;

/// Lines of a node's log that are shown when the demo fails.
pub(crate) const LOG_TAIL_LINES: usize = 15;

/// When a node begins to use a new key, unless somebody says otherwise: time for the next directory to be
/// signed
/// and to reach everybody.
pub(crate) const KEY_BEGINS_IN: Duration = Duration::from_secs(7 * 24 * 60 * 60);
