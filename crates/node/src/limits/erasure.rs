//! Limits of erasing and of retention `[ERASE]`.

use std::time::Duration;

/// How often the retention policy is looked at: terms are of days.
pub const RETENTION_LOOKED_AT_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// When it is looked at again where the case index, which says what may be due, was being made.
pub const RETENTION_RETRIED_AFTER: Duration = Duration::from_secs(60);

/// When an erasure that could not be ended is tried again.
pub const ERASURE_RETRIED_AFTER: Duration = Duration::from_secs(5);

/// How long whoever approves an erasure waits until nothing is left; it goes on afterwards by itself.
pub const ERASURE_WAITED_FOR: Duration = Duration::from_secs(20);

/// Orders that wait for approval.
pub const ERASURE_ORDERS_MAX: usize = 1_000;

/// The file of an order, in bytes.
pub const ERASURE_ORDER_BYTES_MAX: u64 = 64 * 1024;

/// Days that a retention policy may name: more than a century is a slip of the pen.
pub const RETENTION_DAYS_MAX: u32 = 36_525;
