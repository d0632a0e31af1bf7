//! What goes into the exchange and what comes out of it.

use std::sync::Arc;
use std::time::Duration;

use ledger::hash::Hash;
use ledger::note::NoteSigner;
use ledger::proof::InclusionProof;
use ledger::tree::Edge;

use crate::check::{Checked, PeerMisbehaved};
use crate::completion::SignedCompletion;
use crate::consignment::SignedConsignment;
use crate::digest::{Commitment, Digest};
use crate::envelope::{Priority, SignedHeader};
use crate::frame::Frame;
use crate::ids::{ActorId, CaseId, ContactPoint, MessageId, PartyCode};
use crate::index::{InboxRecord, OutboxRecord};
use crate::key::EnvelopeKey;
use crate::limits;
use crate::payload::SealedPayload;
use crate::rejection::SignedRejection;
use crate::time::UnixMillis;

use super::keys::FormerKeys;
use super::oversight::Oversight;
use super::quota::Quotas;
use super::signing::Signing;

mod event;

pub use event::{Event, Ignored, PutOff, Queued, Waited};

/// Who this node is: its Party, and the keys that the core signs with, as the ledger's leaves say.
#[derive(Debug)]
pub struct Identity {
    /// The Party that this node serves.
    pub party: PartyCode,
    /// Signs headers, receipts, rejections and consignment reports.
    pub envelope_key: EnvelopeKey,
    /// Signs checkpoints; its name is the ledger's origin.
    pub ledger: NoteSigner,
    /// What it signed with before; empty until a key changes.
    pub former: FormerKeys,
}

/// How patient the exchange is, and how much it holds. The defaults are the limits of
/// [`crate::limits`].
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a request may go without an answer.
    pub request_timeout: Duration,
    /// The shortest wait before trying again `[RETRY]`.
    pub retry_first: Duration,
    /// The longest wait `[RETRY]`.
    pub retry_longest: Duration,
    /// Makes the jitter: the same seed, the same waits. From the driver's random source.
    pub jitter_seed: u64,
    /// When an emergency without a receipt escalates to people.
    pub emergency_overdue_after: Duration,
    /// Entries in one commit `[DURABLE]`. What belongs together is never parted: a single message that is
    /// larger makes a commit of its own.
    pub commit_entries_max: usize,
    /// Bytes of payloads and statements in one commit `[DURABLE]`.
    pub commit_bytes_max: usize,
    /// Entries that wait for the next commit; beyond it, peers are told `Busy` and officers are refused.
    /// One peer may take a quarter.
    pub pending_entries_max: usize,
    /// Bytes of payloads and statements that wait for the next commit. One peer may take a quarter.
    pub pending_bytes_max: usize,
    /// Items in the outbox, and on their way into it; beyond it, officers are refused.
    pub outbox_items_max: usize,
    /// Requests without an answer, per peer; emergencies have slots of their own.
    pub requests_per_peer_max: usize,
    /// What one peer may have us record in an hour.
    pub quotas: Quotas,
    /// Whether the ledger may be signed from the start, or is to be held against its witnesses first
    /// `[ROLLBACK]`.
    pub signing: Signing,
}

/// What was durable when the node stopped; for a new node, nothing.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// The position in the ledger at which its newest log begins: 0 as long as there is one only.
    pub log_first: u64,
    /// The right edge of the newest log's tree.
    pub edge: Edge,
    /// What waits for an answer by a peer, in any order.
    pub outbox: Vec<OutboxRecord>,
}

/// A message that an officer sends, sealed.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The message's new id.
    pub message: MessageId,
    /// The case that it belongs to.
    pub case: CaseId,
    /// The message that it answers.
    pub in_reply_to: Option<MessageId>,
    /// The contact point that sends it: one of ours.
    pub from: ContactPoint,
    /// The contact points that get it, each once, at most
    /// [`RECIPIENTS_MAX`](crate::limits::RECIPIENTS_MAX), none of ours.
    pub to: Vec<ContactPoint>,
    /// When it was sent, as the sender says.
    pub sent_at: UnixMillis,
    /// Until when delivery is attempted.
    pub expires_at: UnixMillis,
    /// Who goes first when there is a queue.
    pub priority: Priority,
    /// The sealed message: the same for every recipient.
    pub payload: SealedPayload,
    /// The commitment to the manifest of its attachments, if it has any `[TRANSFER]`: sealed, stored and
    /// ready to be served before the message is submitted.
    pub attachments: Option<Commitment>,
    /// The officer.
    pub actor: ActorId,
    /// Who else answers for it.
    pub oversight: Oversight,
}

/// Where an answer goes: the driver's name for one stream, never used twice in the life of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// A frame that came in and was checked.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The peer, as its connection proves.
    pub peer: PartyCode,
    /// For a request: the stream that the answer goes to.
    pub stream: Option<StreamId>,
    /// For an answer: the item that we asked about on this stream.
    pub asked: Option<Digest>,
    /// What [`crate::check::check`] made of it.
    pub frame: Checked,
    /// For a request: what the store knows of it; see [`Known`].
    pub known: Option<Known>,
}

/// What the store knows of something that a peer sends (again) `[IDEMPOTENT]`.
///
/// For an envelope, or a refusable one that has an [`InboxKey`]: the inbox record under this key, and
/// what it leads to. For a report or a completion: the record of its digest. Looked up by the driver, in one
/// thread, after its last `handle_committed` and before `handle_frame`.
#[derive(Debug, Clone)]
pub enum Known {
    /// The envelope's id was received before.
    Received {
        /// What became of it.
        record: InboxRecord,
        /// The header that was received then, from the leaf.
        header: SignedHeader,
        /// The leaf's proof in its log's tree of `commit_size`, with its index in that log.
        inclusion: InclusionProof,
        /// The root of its log's tree of `commit_size`.
        root: Hash,
    },
    /// The envelope's id was refused before.
    Rejected {
        /// What became of it.
        record: InboxRecord,
        /// The rejection that was issued then, from the leaf.
        rejection: SignedRejection,
    },
    /// The report, or the completion, was recorded before, in this leaf.
    Report {
        /// The leaf.
        index: u64,
    },
}

/// One atomic durable change: leaves for the ledger, in order, and the payloads that they speak of.
///
/// What the store keeps beside the ledger follows from the leaves (`index::index_changes`), and so does where
/// a log begins: with a commit whose first leaf says so ([`crate::entry::begins_log`]). A clone is cheap.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The position of the first leaf: the number of leaves before, of all logs.
    pub first_index: u64,
    /// The leaves, encoded.
    pub leaves: Arc<[Vec<u8>]>,
    /// The payloads, each named by its commitment in a leaf.
    pub payloads: Arc<[SealedPayload]>,
    /// The number of leaves after, of all logs.
    pub size_after: u64,
    /// The root of its log's tree after.
    pub root_after: Hash,
}

/// Something to put on the wire.
#[derive(Debug, Clone)]
pub enum Transmit {
    /// Open a stream to the peer and ask. The peer is connected, as far as the exchange was told.
    Request {
        /// Whom to ask.
        peer: PartyCode,
        /// What an answer, or [`Exchange::handle_unanswered`](super::Exchange::handle_unanswered), is
        /// about.
        item: Digest,
        /// The stream's priority.
        priority: Priority,
        /// What to ask.
        request: Request,
    },
    /// Answer on this stream, and finish it. If it is gone, so is the answer: the peer asks again.
    Reply {
        /// Who asked.
        peer: PartyCode,
        /// Where.
        stream: StreamId,
        /// The answer.
        frame: Frame,
    },
    /// Close the connection to a peer that broke the protocol.
    Close {
        /// Whose.
        peer: PartyCode,
        /// The application's close code; see [`PeerMisbehaved::close_code`].
        code: u32,
    },
}

/// A request to a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Deliver an envelope. The payload is named, not held: the driver reads it from the store, where it
    /// is durable.
    Envelope {
        /// The signed header.
        header: SignedHeader,
        /// What the payload is stored under.
        payload: Commitment,
    },
    /// Deliver a consignment report.
    Consignment(SignedConsignment),
    /// Deliver the statement that all attachments are complete `[TRANSFER]`.
    Completion(SignedCompletion),
}

impl PeerMisbehaved {
    /// The code with which the connection is closed: what a peer's operator finds in the log.
    #[must_use]
    pub fn close_code(&self) -> u32 {
        match self {
            Self::Malformed(_) => 0x101,
            Self::Unexpected(_) => 0x102,
            Self::OtherParty => 0x103,
            Self::OtherItem => 0x104,
            Self::BadSignature => 0x105,
            Self::BadReceipt(_) => 0x106,
            Self::WrongChunk(_) => 0x107,
            Self::WrongManifest => 0x108,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request_timeout: limits::REQUEST_TIMEOUT,
            retry_first: limits::RETRY_DELAY_MIN,
            retry_longest: limits::RETRY_DELAY_MAX,
            jitter_seed: 0,
            emergency_overdue_after: limits::EMERGENCY_OVERDUE_AFTER,
            commit_entries_max: limits::COMMIT_ENTRIES_MAX,
            commit_bytes_max: limits::COMMIT_BYTES_MAX,
            pending_entries_max: limits::PENDING_ENTRIES_MAX,
            pending_bytes_max: limits::PENDING_BYTES_MAX,
            outbox_items_max: limits::OUTBOX_ITEMS_MAX,
            requests_per_peer_max: limits::REQUESTS_PER_PEER_MAX,
            quotas: Quotas::default(),
            signing: Signing::default(),
        }
    }
}
