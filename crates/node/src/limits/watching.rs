//! Limits of what is shown to whoever watches the node.

use std::time::Duration;

/// Peers that have lines of their own in the metrics: the first by their codes. The Convention has some
/// eighty Parties; a directory with more must not make a scrape without bounds.
pub const METRICS_PEERS_MAX: usize = 100;

/// How long a scrape, or a question whether the node is ready, waits for the core. One turn of it takes
/// milliseconds; a core that does not answer for so long stands still.
pub const CORE_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// A commit that has been under way for so long is with a disk that hangs: the node is not ready.
pub const COMMIT_HANGS_AFTER: Duration = Duration::from_secs(10);

/// Below so much free space the node says that room is short, while everything works: messages and their
/// index of some weeks.
pub const ROOM_SHORT_BYTES: u64 = 1024 * 1024 * 1024;

/// Peers whose clocks must be known before ours is held against them: of one or two, nobody can say whose is
/// wrong.
pub const CLOCKS_COMPARED_MIN: usize = 3;

/// A count of files is kept for as long as their folder's time stays, if it was made so long after that
/// time: a file system's times are as coarse as its ticks.
pub const FOLDER_TIME_SETTLES: Duration = Duration::from_secs(2);

/// Alarms whose messages are looked at for emergencies; there are few, or everything is late.
pub const EMERGENCIES_LOOKED_AT_MAX: usize = 256;
