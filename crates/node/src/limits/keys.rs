//! Limits of the keys' changes, and of the years'.

use std::time::Duration;

/// Whether the time of a key has come is looked at least so often. The moment itself is not missed: it is
/// known, and waited for.
pub const ROTATION_REVIEW_EVERY: Duration = Duration::from_secs(60);

/// A key that ends so soon and has no successor is an alarm: time enough for a secretariat to sign.
pub const KEY_ENDS_SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Between two alarms about the end of one key.
pub const KEY_ALARM_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// A year that ends so soon, with no key for the next year's log in the directory, is an alarm: all December.
pub const LOG_ENDS_SOON: Duration = Duration::from_secs(31 * 24 * 60 * 60);
