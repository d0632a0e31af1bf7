//! Every limit of the node, in one place, with its unit and its reason.
//!
//! Those that an operator may have to turn stand in `[limits]` of the configuration as well; what is
//! written here is then the default.

use std::time::Duration;

pub mod backup;
pub mod doctor;
pub mod erasure;
mod exports;
mod floods;
mod keys;
mod outside;
mod service;
mod watching;
mod witness;

pub use exports::*;
pub use floods::*;
pub use keys::*;
pub use outside::*;
pub use service::*;
pub use watching::*;
pub use witness::*;

// --- before a peer is known (security.md section 5.1) ----------------------------------------

/// Streams that a connection may open before its hello was checked.
pub const STREAMS_BEFORE_HELLO_MAX: u32 = 16;

/// From the first packet to the end of the TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// From the end of the handshake to the peer's whole hello.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// Connection attempts that wait to be looked at.
pub const INCOMING_MAX: usize = 256;

/// Bytes kept for one attempt that was not looked at yet.
pub const INCOMING_BUFFER_BYTES_MAX: u64 = 64 * 1024;

/// Bytes kept for all of them.
pub const INCOMING_BUFFERS_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Connections from one address that have not finished their hello.
pub const STRANGERS_PER_ADDRESS_MAX: usize = 16;

/// Connections from all addresses that have not finished their hello.
pub const STRANGERS_MAX: usize = 512;

// --- a known peer ----------------------------------------------------------------------------

/// Exchanges that a known peer may have open at once: streams of one connection.
pub const STREAMS_PER_PEER_MAX: u32 = 512;

/// Bytes of one stream that the peer may send ahead of our reading.
pub const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;

/// Bytes of one connection that the peer may send ahead of our reading.
pub const CONNECTION_WINDOW_BYTES: u32 = 8 * 1024 * 1024;

/// Bytes of one connection that we may have sent without an acknowledgement.
pub const SEND_WINDOW_BYTES: u64 = 8 * 1024 * 1024;

/// A connection on which nothing came for so long is dead.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The dialling side says something at least so often `[NAT]`: a NAT or firewall on the way forgets a UDP
/// binding on which nothing went out for 30 s at the earliest (RFC 4787 section 4.3 asks for two minutes).
pub const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);

/// From a stream's first byte to the first frame's last, for the least frame.
pub const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(5);

/// The least rate at which a frame must come in once it has begun, or go out.
pub const FRAME_RATE_BYTES_PER_SECOND_MIN: u64 = 1024;

/// From a request's last byte to its answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a test of the way to a peer waits for its connection.
pub const PEER_TEST_CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// How long it waits for an echo.
pub const PEER_TEST_ECHO_WITHIN: Duration = Duration::from_secs(5);

/// Requests to one peer that wait for a stream or an answer. The exchange itself stops earlier.
pub const REQUESTS_PER_PEER_MAX: usize = 1024;

/// Questions to one peer that are not the core's and wait for a stream: directory, chunks, echoes.
pub const QUESTIONS_PER_PEER_MAX: usize = 64;

/// First wait before dialling a peer again, and the longest.
pub const REDIAL_AFTER_MIN: Duration = Duration::from_millis(500);
/// See [`REDIAL_AFTER_MIN`].
pub const REDIAL_AFTER_MAX: Duration = Duration::from_secs(60);

/// The longest while something waits for the peer. One attempt is three datagrams and a fraction of a
/// millisecond; and everything is to be delivered within a minute of a network's healing.
pub const REDIAL_NEEDED_AFTER_MAX: Duration = Duration::from_secs(10);

/// From the last attempt to one that a hint causes: a message for the peer, or another peer's return.
pub const DIAL_AFTER_HINT_MIN: Duration = Duration::from_secs(1);

/// Even what is to happen at once is spread over so much time.
pub const DIAL_SPREAD: Duration = Duration::from_millis(50);

/// By so much the node dials later whose connection would not be kept: longer than a near handshake takes.
pub const DIAL_YIELD: Duration = Duration::from_millis(200);

/// A peer that returns after so long says something of the network, not only of itself.
pub const AWAY_AFTER: Duration = Duration::from_secs(5);

/// While an answer is awaited, a connection over which no datagram came for so long is given up. Longer than
/// [`KEEP_ALIVE_EVERY`], by some retransmissions: a peer that lives and takes long to answer is heard of as
/// often as that.
pub const SILENT_AFTER: Duration = Duration::from_secs(14);

/// How often that is looked at, while an answer is awaited.
pub const SILENCE_LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often live connections are held against the directory and the clock: a peer that left, or
/// whose certificate expired, is gone within 5 s (threat 3 of security.md).
pub const REVIEW_EVERY: Duration = Duration::from_secs(4);

// --- inside ------------------------------------------------------------------------------------

/// What waits for the core. Full means that whoever brings more has to wait.
pub const WAKES_MAX: usize = 4096;

/// Wakes that the core takes before it looks at its outputs: the group of a group commit.
pub const WAKES_PER_TURN_MAX: usize = 512;

/// Payloads being opened or sealed, or waiting for it.
pub const SEALING_MAX: usize = 256;

/// Received payloads that wait to be opened; more stay in the index and are fetched later.
pub const OPENING_QUEUE_MAX: usize = 4096;

/// Events that a slow reader of `/v1/events` may be behind before it loses some (and is told so).
pub const EVENTS_BEHIND_MAX: usize = 1024;

/// Cases kept folded in memory; others are folded again when they are asked for.
pub const CASES_CACHED_MAX: usize = 64;

/// Leaves that the case index takes in one step; in it each case is folded once.
pub const FOLLOW_STEP_LEAVES: u64 = 1024;

/// Leaves that the case index may be behind for a question to wait until it has caught up: some seconds.
pub const CATCH_UP_LEAVES_MAX: u64 = 16_384;

/// Cases below which folding them on several threads gains nothing.
pub const FOLLOW_CASES_PER_THREAD_MIN: usize = 16;

/// What following may cost when nobody waits for it: it rests so many times as long as it works.
pub const FOLLOW_REST_FACTOR: u32 = 9;

/// The longest and the least rest after a step of following that found something to do.
pub const FOLLOW_REST_MAX: Duration = Duration::from_secs(10);
/// See [`FOLLOW_REST_MAX`].
pub const FOLLOW_REST_MIN: Duration = Duration::from_millis(500);

/// How long the watch over alarms sleeps at most: system clocks are set, and machines are suspended.
pub const ALARMS_LOOK_EVERY_MAX: Duration = Duration::from_secs(60);

/// Rows of the case index that are read in one go.
pub const INDEX_PAGE_ROWS: usize = 1024;

/// Selectors by which one case is found again. A message has at most 500.
pub const SELECTORS_PER_CASE_MAX: usize = 4096;

/// Messages of one case that are kept at the top of the inbox because they wait.
pub const WAITING_PER_CASE_MAX: usize = 16;

/// Cases with something unreadable that are tried again after a start or with a new directory. If there are
/// more, `ohrid-node rebuild-index` tries all.
pub const UNREAD_RETRIED_MAX: usize = 1024;

/// Alarms in one answer: far more than anybody reads, and few enough for one answer.
pub const ALARMS_MAX: usize = 10_000;

/// Related cases shown for one message, the latest first.
pub const RELATED_MAX: usize = 20;

/// Leaves that the case index may be behind when a message is sent, for related cases to be looked for in all
/// of it, where no other message is being sent. Under load they are looked for in what the index has: no
/// message waits for a fold of others.
pub const RELATED_BEHIND_LEAVES_MAX: u64 = 64;

/// Messages kept in memory as they were read: those that are just being sent, opened, reported on.
pub const MESSAGES_CACHED_MAX: usize = 256;
/// Of some thousand more the text: so far the case index may be behind, and none is opened again.
pub const BODIES_CACHED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Submissions whose outcome somebody waits for.
pub const SUBMISSIONS_WAITING_MAX: usize = 4096;

// --- attachments -----------------------------------------------------------------------------

/// Chunks of the manifests that are kept read in memory, at 32 bytes each: two of the largest.
pub const MANIFEST_CHUNKS_CACHED_MAX: usize = 2 * protocol::limits::MESSAGE_CHUNKS_MAX;

/// Chunks that are asked for and not on the disk yet, over all peers, at 1 MiB each: what pulling may take of
/// memory.
pub const CHUNKS_PULLED_MAX: usize = 24;

/// Chunks that are being served: the same for what is sent.
pub const CHUNKS_SERVED_MAX: usize = 24;

/// Of the chunks that are pulled, what one peer may have at once: the window of a connection.
pub const CHUNKS_PULLED_PER_PEER_MAX: usize = 8;

/// Of the chunks that are served, what one peer may have at once: half of [`SEND_WINDOW_BYTES`], so that
/// there is always room in it for an emergency, which then goes before what waits there.
pub const CHUNKS_SERVED_PER_PEER_MAX: usize = 4;

/// How long a request for a chunk waits for its share before the peer is told to ask again: less than it
/// waits for an answer.
pub const SHARE_WAIT_MAX: Duration = Duration::from_secs(100);

/// How long a peer may take to read a chunk that it asked for. It gives up no sooner itself
/// ([`protocol::limits::CHUNK_TIMEOUT`]).
pub const CHUNK_SENT_WITHIN: Duration = Duration::from_secs(240);

/// Transfers on the board: received messages whose attachments are not all here. More stay in the index and
/// are looked for later.
pub const TRANSFERS_KNOWN_MAX: usize = 4096;

/// Transfers that go on at once: each has a file open, and a thread that writes it.
pub const TRANSFERS_ACTIVE_MAX: usize = 16;

/// Of these, with one peer: so that a small file need not wait for a large one.
pub const TRANSFERS_PER_PEER_ACTIVE_MAX: usize = 3;

/// How often the ledger is asked for what is still to be pulled.
pub const TRANSFERS_SWEPT_EVERY: Duration = Duration::from_secs(60);

/// How often it is looked whether there is room by now.
pub const TRANSFER_ROOM_LOOKED_FOR_EVERY: Duration = Duration::from_secs(30);

/// The longest wait before a transfer is tried again that cannot be expected to go on.
pub const TRANSFER_RETRY_MAX: Duration = Duration::from_secs(60 * 60);

/// How long telling a sender that its attachments are complete is tried: as long as a routine message.
pub const COMPLETION_TRIED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How much of a file arrives between two syncs. The ledger's own sync must never wait for more than this to
/// be written (see performance in SECURITY.md), and a power cut costs no more of what had come.
pub const ATTACHMENT_SYNC_EVERY_BYTES: u64 = 8 * 1024 * 1024;

/// One attachment of a peer, sealed, in MiB: the most that the protocol has.
pub const ATTACHMENT_MIB_MAX: u64 = 64 * 1024;

/// All attachments of one message, in MiB: the most that the protocol has.
pub const ATTACHMENT_MESSAGE_MIB_MAX: u64 = 128 * 1024;

/// All attachments of one Party that are kept here, in MiB: 1 TiB.
pub const ATTACHMENT_PEER_MIB_MAX: u64 = 1024 * 1024;

/// What attachments leave free of the disk, in MiB.
pub const FREE_DISK_KEPT_MIB: u64 = 1024;

// --- control socket --------------------------------------------------------------------------

/// Open connections on the control socket.
pub const CONTROL_CONNECTIONS_MAX: usize = 128;

/// A request's body: a draft with long free text is a tenth of it.
pub const CONTROL_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The longest that one request on the control socket may take: a long poll and something more.
pub const CONTROL_REQUEST_TIMEOUT: Duration = Duration::from_secs(75);

/// The longest wait of one long poll; the client asks again.
pub const LONG_POLL_MAX: Duration = Duration::from_secs(60);

/// Rows in one answer when the caller names no limit, and the most it can ask for.
pub const ROWS_DEFAULT: usize = 100;
/// See [`ROWS_DEFAULT`].
pub const ROWS_MAX: usize = 1000;

/// Drafts kept in the node's folder.
pub const DRAFTS_MAX: usize = 1000;

/// How long it is known what a draft was sent as, for whoever lost the answer.
pub const SENT_DRAFTS_REMEMBERED_FOR: Duration = Duration::from_secs(48 * 60 * 60);

/// Names in the register of officers, counting those who were removed.
pub const OFFICERS_MAX: usize = 1000;

/// An officer's name, as in the header that carries it.
pub const OFFICER_NAME_BYTES_MAX: usize = control::limits::OFFICER_LENGTH_BYTES_MAX;

/// Why an emergency could not wait for approval.
pub const BREAK_GLASS_REASON_BYTES_MAX: usize = 4096;

/// Readings that are on their way into the ledger, so that none is noted twice; beyond it, all are forgotten.
pub const READINGS_NOTED_MAX: usize = 4096;

/// Files that are sealed or opened at once, over the control socket. Each takes three threads and some
/// megabytes.
pub const FILES_AT_ONCE_MAX: usize = 6;

/// Blocks of a file between the control socket and the threads that seal or open it.
pub const FILE_BLOCKS_MAX: usize = 4;

/// How long the other end of the control socket may take for one block of a file.
pub const FILE_BLOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// Files that are sealed and wait for their messages.
pub const STAGED_ATTACHMENTS_MAX: usize = 256;

/// What they may take, sealed, in bytes: two messages of the largest size.
pub const STAGED_BYTES_MAX: u64 = 256 * 1024 * 1024 * 1024;

/// How often, in bytes, room on the disk is looked for while a file is sealed.
pub const ROOM_LOOKED_FOR_EVERY_BYTES: u64 = 64 * 1024 * 1024;

/// How often files are looked for that wait for no message any more.
pub const STAGED_LOOKED_THROUGH_EVERY: Duration = Duration::from_secs(60 * 60);

// --- files -----------------------------------------------------------------------------------

/// A configuration file.
pub const CONFIG_BYTES_MAX: u64 = 256 * 1024;

/// The register of officers: a thousand of them with long names.
pub const OFFICERS_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What is kept of a message that waits for a review.
pub const REVIEW_FILE_BYTES_MAX: u64 = 64 * 1024;

/// A key, certificate or password file.
pub const KEY_FILE_BYTES_MAX: u64 = 256 * 1024;

// --- the directory -----------------------------------------------------------------------------

/// Proofs of forks that are kept: two are enough to ask questions, and whoever holds the secretariat's keys
/// could make any number.
pub const FORKS_KEPT_MAX: usize = 32;

/// How often each peer is asked for a newer directory, should an announcement have been lost.
pub const DIRECTORY_ASKED_EVERY: Duration = Duration::from_secs(10 * 60);

/// The least time between two questions to one peer.
pub const DIRECTORY_ASKED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// From the question for a newer directory to the answer's first byte.
pub const DIRECTORY_ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// From the question to the answer's last byte: a few megabytes over a slow line.
pub const DIRECTORY_FETCH_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a peer is not asked whose answer was of no use; twice as long each time, up to the longest.
pub const DIRECTORY_PEER_RESTS_MIN: Duration = Duration::from_secs(60);
/// See [`DIRECTORY_PEER_RESTS_MIN`].
pub const DIRECTORY_PEER_RESTS_MAX: Duration = Duration::from_secs(60 * 60);

/// Whole directories on their way to peers at once: each may fill a connection's window of 8 MiB.
pub const DIRECTORY_SERVED_AT_ONCE_MAX: usize = 8;

/// The least time between two whole directories to one peer.
pub const DIRECTORY_SERVED_EVERY: Duration = Duration::from_secs(5);

/// The log warns when less of the directory's time than this is left.
pub const DIRECTORY_ENDS_SOON: Duration = Duration::from_secs(7 * 24 * 60 * 60);

// --- peers' clocks, and how long is tried ----------------------------------------------------

/// A peer's clock that differs by more is reported (protocol.md, hello).
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(5 * 60);

/// How long delivering a consignment report is tried: as long as a routine message.
pub const CONSIGNMENT_TRIED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long delivering a routine message is tried, unless the sender says otherwise `[RETRY]`.
pub const ROUTINE_TRIED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The same for what is urgent, or an emergency.
pub const URGENT_TRIED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long before this start a write is still known by its idempotency key.
pub const IDEMPOTENCY_REMEMBERED_FOR: Duration = Duration::from_secs(48 * 60 * 60);

/// Idempotency keys of this process that are remembered with the ids of their messages.
pub const IDEMPOTENCY_KEYS_MAX: usize = 16_384;

/// Idempotency keys whose answers are kept as they were given: with related cases one takes some KiB.
pub const IDEMPOTENCY_ANSWERS_MAX: usize = 64;

/// The newest leaves among which the directory's entry is looked for at start.
pub const DIRECTORY_LOOKED_FOR_IN: u64 = 4096;

/// How long a connection that is closed by a stop waits for its last answers to arrive.
pub const LAST_ANSWERS_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the log repeats what is wrong with the directory.
pub const DIRECTORY_ALARM_EVERY: Duration = Duration::from_secs(60 * 60);
