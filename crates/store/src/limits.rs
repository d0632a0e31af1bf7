//! Every limit of the store, in one place, with its unit and its reason.

use std::time::Duration;

/// The unit of writing to the journal. A batch begins at a multiple of it, so that no write ever
/// touches a block that holds an acknowledged batch: what was promised cannot be torn later.
pub const BLOCK_BYTES: usize = 4_096;

/// The smallest part of a file that a disk writes whole; what tells a torn write from damage.
pub const SECTOR_BYTES: usize = 512;

/// A run of this many zeros at the end or the beginning of a sector is taken for bytes that were
/// never written. Ciphertext has such a run with a probability of 2^-512.
pub const UNWRITTEN_RUN_BYTES: usize = 64;

/// A journal segment, unless [`crate::Settings`] says otherwise: 8,000 messages sent one at a time.
pub const SEGMENT_BYTES_DEFAULT: u64 = 32 * 1024 * 1024;

/// A journal segment may be as small as this; a larger batch gets a segment of its own size.
pub const SEGMENT_BYTES_MIN: u64 = 64 * 1024;

/// No segment is longer: twice what the largest batch needs. Where a segment is shorter than its header says,
/// zeros are written up to there, and a header that was forged must not fill the disk with them.
pub const SEGMENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// A batch in the journal, with everything: its length is a `u32`, and it is written from memory.
pub const BATCH_BYTES_MAX: usize = 512 * 1024 * 1024;

/// A segment's header: at most eight levels of 255 hashes, and a few fields.
pub const SEGMENT_HEADER_BYTES_MAX: usize = 72 * 1024;

/// How much of a new segment one step of maintenance fills with zeros and syncs.
pub const FILL_STEP_BYTES: u64 = 1024 * 1024;

/// The write buffer is given back after a batch larger than this.
pub const BUFFER_KEPT_BYTES: usize = 1024 * 1024;

/// How many tiles, each with its bundle, one step of the thread beside commits stores: where some wait, they
/// are synced together. Commits begin a step when so many wait, maintenance when one does.
pub const TILES_PER_STEP: usize = 12;
/// Bytes of bundles after which such a step takes no further ones: a bundle may have 16 MiB.
pub const TILES_STEP_BYTES: usize = 1024 * 1024;

/// When more tiles than these wait to be stored, a commit waits for the step that is under way: their hashes
/// (8 KiB each) and the places of their leaves are in memory, some 80 MiB at this many.
pub const TILES_WAITING_MAX: usize = 4_096;

/// When more journal segments than these are in use, it waits as well: what is stored too slowly to be
/// retired must not fill the disk. Half a gigabyte.
pub const SEGMENTS_WAITING_MAX: usize = 4 * SEGMENTS_IN_USE_MAX;

/// How many payloads one step of maintenance copies out of the journal, or reads back.
pub const PAYLOADS_PER_STEP: usize = 128;

/// When more journal segments than these are in use, commits do background work themselves: the journal
/// is bounded even if commits always wait.
pub const SEGMENTS_IN_USE_MAX: usize = 4;

/// A commit of this many payloads then does one more step; fewer than [`PAYLOADS_PER_STEP`], because a
/// payload is copied and read back, and tiles and segments are made too.
pub const PAYLOADS_PER_EXTRA_STEP: usize = 32;

/// How many bytes of payloads one step of maintenance copies out of the journal.
pub const PAYLOAD_STEP_BYTES: usize = 1024 * 1024;

/// Payloads of recent commits kept in memory: they are read again at once, to be sent or opened. Some hundred
/// messages; what waits longer is in the kernel's cache, and a node at rest is to be small.
pub const PAYLOAD_CACHE_BYTES_DEFAULT: usize = 2 * 1024 * 1024;

/// Leaves of recent commits kept in memory, with what holds them: those of some thousand messages.
pub const LEAF_CACHE_BYTES_DEFAULT: usize = 2 * 1024 * 1024;

/// A commit is refused when less than this is free: room for tiles, payload files and the index.
pub const FREE_SPACE_FLOOR_BYTES_DEFAULT: u64 = 128 * 1024 * 1024;

/// Kept back in a file of its own, to finish work in hand on a full disk.
pub const RESERVE_BYTES_DEFAULT: u64 = 32 * 1024 * 1024;

/// What must be free beside twice the index's size before sled may open it: opened on a full disk, it
/// never opens again (security.md, section 4).
pub const INDEX_HEADROOM_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;

/// sled's page cache. sled takes about twice as much, there are two of it, and the kernel caches its file
/// too.
pub const INDEX_CACHE_BYTES_DEFAULT: u64 = 3 * 1024 * 1024;

/// How often a locked index is tried again before the store is not opened: ten seconds in all. sled lets
/// go of its log within milliseconds, but on a busy machine nobody says when its threads run.
pub const INDEX_LOCK_TRIES_DEFAULT: u32 = 1_000;

/// The pause between two of these tries.
pub const INDEX_LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Changes that wait in memory for the index; a commit that finds more applies them itself.
pub const INDEX_PENDING_MAX: usize = 16 * 1024;

/// Changes applied to the index between two flushes of it.
pub const INDEX_FLUSH_INTERVAL: usize = 8 * 1024;

/// Leaves replayed into the index in one batch, when it is behind or is rebuilt.
pub const INDEX_REPLAY_LEAVES: u64 = 1_024;

/// Rows copied at a time when an index is renewed.
pub const INDEX_COPIED_ROWS: usize = 1_024;

/// Rows in one of sled's values, and how long they may be together; a longer one stands alone. What changes
/// is written whole, and what is looked up is hashed whole.
pub const INDEX_BLOCK_ROWS_MAX: usize = 32;
/// See [`INDEX_BLOCK_ROWS_MAX`].
pub const INDEX_BLOCK_BYTES_MAX: usize = 2_048;

/// A value in the index: larger ones are blobs, which sled does not write safely (security.md,
/// section 4).
pub const INDEX_VALUE_BYTES_MAX: usize = 8_000;

/// Verified hash tiles kept in memory (8 KiB each): enough for the path of one proof on each level.
pub const TILE_CACHE_TILES: usize = 32;

/// A stored payload file: the salt and the largest sealed payload.
pub const PAYLOAD_FILE_BYTES_MAX: usize = 32 + protocol::limits::PAYLOAD_BYTES_MAX;

/// What must be left free beside an attachment: so much more than [`FREE_SPACE_FLOOR_BYTES_DEFAULT`] that
/// files never keep messages from being accepted.
pub const ATTACHMENT_FREE_SPACE_FLOOR_BYTES_DEFAULT: u64 = 1024 * 1024 * 1024;

/// How much of an attachment arrives between two syncs. Less, and the disk does nothing else; more, and a
/// power cut costs more than a few seconds of the line.
pub const ATTACHMENT_SYNC_INTERVAL_BYTES_DEFAULT: u64 = 32 * 1024 * 1024;

/// After how many of the steps in which arriving files are synced one that is sealed here is: it has a thread
/// for it, and nothing of it is lost to anybody in a power cut.
pub const SEALED_SYNC_STEPS: u64 = 4;
