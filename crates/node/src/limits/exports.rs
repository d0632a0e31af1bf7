//! Limits of what is given away as a bundle.

/// What of a bundle is in memory while it is made: everything but opened attachments. Thousands of messages
/// of ordinary length; sixteen of the longest.
pub const EXPORT_BYTES_MAX: usize = 256 * 1024 * 1024;
