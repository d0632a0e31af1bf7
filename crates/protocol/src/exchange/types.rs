//! What goes into the exchange and what comes out of it.

use std::sync::Arc;
use std::time::Duration;

use ledger::hash::Hash;
use ledger::note::NoteSigner;
use ledger::proof::InclusionProof;
use ledger::tree::Edge;

use crate::check::{Checked, PeerMisbehaved};
use crate::consignment::{SignedConsignment, Verdict};
use crate::digest::{Commitment, Digest};
use crate::entry::Side;
use crate::envelope::{Header, Priority, SignedHeader};
use crate::frame::Frame;
use crate::ids::{ActorId, CaseId, ContactPoint, MessageId, PartyCode};
use crate::index::{InboxKey, InboxRecord, OutboxRecord};
use crate::key::EnvelopeKey;
use crate::payload::SealedPayload;
use crate::receipt::SignedReceipt;
use crate::rejection::{RejectionReason, SignedRejection};
use crate::time::UnixMillis;

/// Who this node is, and what it signs with.
#[derive(Debug)]
pub struct Identity {
    /// Its Party.
    pub party: PartyCode,
    /// Signs headers, receipts, rejections, reports.
    pub envelope_key: EnvelopeKey,
    /// Signs checkpoints; its name is the ledger's origin.
    pub ledger: NoteSigner,
}

/// What can be configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a request may go without an answer.
    pub request_timeout: Duration,
    /// The first wait before trying again `[RETRY]`.
    pub retry_first: Duration,
    /// The longest wait `[RETRY]`.
    pub retry_longest: Duration,
    /// Makes the jitter: the same seed, the same waits.
    pub jitter_seed: u64,
    /// When an emergency without a receipt escalates to people.
    pub emergency_overdue_after: Duration,
    /// Entries in one commit `[DURABLE]`.
    pub commit_entries_max: usize,
    /// Payload bytes in one commit `[DURABLE]`.
    pub commit_bytes_max: usize,
    /// Entries that wait for the next commit; beyond it, peers are told `Busy` and officers are refused.
    pub pending_entries_max: usize,
    /// Payload bytes that wait for the next commit.
    pub pending_bytes_max: usize,
    /// Requests without an answer, per peer.
    pub requests_per_peer_max: usize,
}

/// What the store remembers at start.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// The right edge of the ledger.
    pub edge: Edge,
    /// What peers have yet to record.
    pub outbox: Vec<OutboxRecord>,
}

/// A message that an officer sends.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Its id.
    pub message: MessageId,
    /// Its case.
    pub case: CaseId,
    /// What it answers.
    pub in_reply_to: Option<MessageId>,
    /// The sender.
    pub from: ContactPoint,
    /// The recipients: one envelope each.
    pub to: Vec<ContactPoint>,
    /// When it was sent.
    pub sent_at: UnixMillis,
    /// Until when it is tried.
    pub expires_at: UnixMillis,
    /// How soon it must be there.
    pub priority: Priority,
    /// The sealed payload, one for all recipients.
    pub payload: SealedPayload,
    /// The officer.
    pub actor: ActorId,
}

/// One atomic durable change. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The index of the first leaf.
    pub first_index: u64,
    /// The leaves, encoded.
    pub leaves: Arc<[Vec<u8>]>,
    /// The payloads that the leaves commit to.
    pub payloads: Arc<[SealedPayload]>,
    /// The ledger's size with these leaves.
    pub size_after: u64,
    /// The ledger's root with these leaves.
    pub root_after: Hash,
}

/// Names a stream that a peer opened, for the driver: the answer goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// A frame that came in and was checked.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// From whom.
    pub peer: PartyCode,
    /// Where to answer, if it is a request.
    pub stream: Option<StreamId>,
    /// What.
    pub frame: Checked,
    /// What the store knows of it, if it is a request.
    pub known: Option<Known>,
}

/// What the store knows of an envelope or report that came in.
#[derive(Debug, Clone)]
pub enum Known {
    /// The envelope's id was received before.
    Received {
        /// What became of it.
        record: InboxRecord,
        /// The header that was received then, from the leaf.
        header: SignedHeader,
        /// The leaf's proof in the tree of `commit_size`.
        inclusion: InclusionProof,
        /// The root of the tree of `commit_size`.
        root: Hash,
    },
    /// The envelope's id was refused before.
    Rejected {
        /// What became of it.
        record: InboxRecord,
        /// The rejection that was issued then, from the leaf.
        rejection: SignedRejection,
    },
    /// The report was recorded before, in this leaf.
    Report {
        /// The leaf.
        index: u64,
    },
}

/// Something to be sent, or a connection to be closed.
#[derive(Debug, Clone)]
pub enum Transmit {
    /// Open a stream to a peer and ask.
    Request {
        /// Whom.
        peer: PartyCode,
        /// The outbox item.
        item: Digest,
        /// Before or after other requests.
        priority: Priority,
        /// What.
        request: Request,
    },
    /// Answer on a stream that the peer opened.
    Reply {
        /// Whom.
        peer: PartyCode,
        /// Where.
        stream: StreamId,
        /// What.
        frame: Frame,
    },
    /// Close the connection.
    Close {
        /// Whose.
        peer: PartyCode,
        /// The application's close code.
        code: u32,
    },
}

/// What is asked of a peer.
#[derive(Debug, Clone)]
pub enum Request {
    /// Record this envelope.
    Envelope {
        /// The signed header.
        header: SignedHeader,
        /// Which payload: the driver reads it from the store.
        payload: Commitment,
    },
    /// Record this report.
    Consignment(SignedConsignment),
}

/// Something that happened, durably.
#[derive(Debug, Clone)]
pub enum Event {
    /// A message to one recipient is recorded and will be sent.
    Submitted {
        /// Which.
        message: MessageId,
        /// To whom.
        to: ContactPoint,
        /// The leaf.
        index: u64,
    },
    /// An envelope is recorded; its payload may be opened.
    Received {
        /// Its name in the inbox.
        key: InboxKey,
        /// Its header.
        header: Header,
        /// The leaf.
        index: u64,
        /// The digest of its signed header.
        envelope: Digest,
    },
    /// The recipient's node has proved that it recorded the message.
    Delivered {
        /// Which.
        message: MessageId,
        /// To whom.
        to: ContactPoint,
        /// The receipt.
        receipt: SignedReceipt,
    },
    /// The recipient's node has said whether it can read the message.
    Consigned {
        /// Which.
        message: MessageId,
        /// To whom.
        to: ContactPoint,
        /// What it said.
        verdict: Verdict,
    },
    /// A peer has recorded our report.
    ReportDelivered {
        /// The message that the report is about.
        message: MessageId,
    },
    /// An envelope was refused.
    Rejected {
        /// By us, or by the peer.
        side: Side,
        /// The peer.
        peer: PartyCode,
        /// Which message, if known.
        message: Option<MessageId>,
        /// To whom, if known.
        to: Option<ContactPoint>,
        /// Why.
        reason: RejectionReason,
    },
    /// Delivery was given up.
    Expired {
        /// Which.
        message: MessageId,
        /// To whom.
        to: ContactPoint,
    },
    /// An emergency has no receipt after its time: tell people.
    ReceiptOverdue {
        /// Which.
        message: MessageId,
        /// To whom.
        to: ContactPoint,
    },
    /// The ledger has a new signed head.
    CheckpointSigned {
        /// The signed note.
        note: String,
        /// The ledger's size.
        size: u64,
    },
    /// A peer broke the protocol.
    PeerMisbehaved {
        /// Who.
        peer: PartyCode,
        /// How.
        what: PeerMisbehaved,
    },
}
