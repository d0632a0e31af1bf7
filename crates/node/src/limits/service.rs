//! Limits of a node as the machine sees it: its socket's path, and how it stops.

use std::time::Duration;

/// A Unix socket's address is short (`sun_path`, with its last zero).
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// How long a graceful stop waits for the commit in flight and its answers, unless the configuration says
/// otherwise.
pub const STOP_GRACE: Duration = Duration::from_secs(20);

/// What it may say at most: the unit's `TimeoutStopSec` is longer, so that systemd does not kill what still
/// drains.
pub const STOP_GRACE_MAX: Duration = Duration::from_secs(60);
