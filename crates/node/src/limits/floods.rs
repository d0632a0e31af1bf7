//! Limits against floods, and against peers that are slow, broken or hostile: of addresses that are not
//! proved, of strangers, of peers that have not said their hello, and of peers.

use std::time::Duration;

/// TLS handshakes with one address in a second, on average: each costs about a millisecond. It is counted
/// only once the address is proved, so that nobody can use up another's. Behind one address there may be
/// several nodes.
pub const HANDSHAKES_PER_ADDRESS_PER_SECOND_MAX: u32 = 32;

/// First packets from one address, not proved yet, that are answered in a second: each with one small packet.
/// Others are not answered at all. Far more than nodes behind one address ever need, since addresses that are
/// not proved may be forged: whoever would lock out another by his name must send this many.
pub const RETRIES_PER_ADDRESS_PER_SECOND_MAX: u32 = 256;

/// How many seconds' worth of either may come at once: all nodes behind one address, after it was cut off.
pub const ADDRESS_BURST_SECONDS: u32 = 4;

/// Addresses whose rates are told apart; beyond that some share theirs. 24 bytes each.
pub const ADDRESS_RATES: usize = 8192;

/// Addresses from which peers were connected that are remembered: those of all Parties, some after moves.
pub const FAMILIAR_ADDRESSES_MAX: usize = 1024;

/// Bytes of one connection that may come before its hello was checked: a hello, four times over.
pub const WINDOW_BEFORE_HELLO_BYTES: u32 = 16 * 1024;

/// Connections of one peer, as its certificate says, whose hello is not done: it needs one, and one more if
/// its first was lost on the way.
pub const INTRODUCTIONS_PER_PEER_MAX: usize = 2;

/// Connections that one peer may make in a minute, and at once: each makes us send anew what waits for it.
pub const CONNECTIONS_PER_PEER_PER_MINUTE_MAX: u32 = 30;

/// How long a frame may stand still before it is given up: its rate is measured over so long.
pub const FRAME_PROGRESS_WINDOW: Duration = Duration::from_secs(10);

/// Frames that are taken from one peer in a second, on average. A node that commits as fast as it can takes
/// about as many from all peers together.
pub const FRAMES_PER_PEER_PER_SECOND_MAX: u32 = 2000;

/// How many seconds' worth of frames may come at once.
pub const FRAMES_BURST_SECONDS: u32 = 4;

/// Bytes for which a frame counts once more.
pub const FRAME_COUNTED_BYTES: u64 = 64 * 1024;

/// Memory for frames of one peer, in MiB: the largest payload twice. Once for what comes, once for what goes.
pub const FRAMES_MIB_PER_PEER_MAX: u32 = 32;

/// The same for all peers. A peer may hold no more than what it leaves to others.
pub const FRAMES_MIB_MAX: u32 = 256;

/// Up to this length a frame is small: a few that are larger must not keep it waiting.
pub const FRAME_SMALL_BYTES_MAX: usize = 64 * 1024;

/// Memory for small frames that each peer has for itself, whatever others hold; in either direction.
pub const FRAMES_OWN_BYTES: usize = 512 * 1024;

/// How long a frame waits for room in memory before its sender is told to try again.
pub const FRAME_ROOM_WITHIN: Duration = Duration::from_secs(5);

/// When a peer for whose frame there was no room should try again.
pub const NO_ROOM_RETRY_AFTER: Duration = Duration::from_secs(2);

/// How long an answer that was sent may go without being acknowledged before it is given up.
pub const ANSWER_TAKEN_WITHIN: Duration = Duration::from_secs(15);

/// For how long a peer must have been put off for its quota to be an alarm.
pub const OVER_QUOTA_ALARM_AFTER: Duration = Duration::from_secs(10 * 60);

/// For how long nothing of a peer must have been put off for the alarm to end.
pub const OVER_QUOTA_ENDS_AFTER: Duration = Duration::from_secs(10 * 60);

/// How often the log says so of one peer.
pub const OVER_QUOTA_LOGGED_EVERY: Duration = Duration::from_secs(60 * 60);

/// How long a peer is kept away that broke the protocol; twice as long each time.
pub const BACKED_OFF_MIN: Duration = Duration::from_secs(10);

/// See [`BACKED_OFF_MIN`].
pub const BACKED_OFF_MAX: Duration = Duration::from_secs(5 * 60);

/// After how long without a breach the next is its first again.
pub const BREACHES_FORGIVEN_AFTER: Duration = Duration::from_secs(30 * 60);
