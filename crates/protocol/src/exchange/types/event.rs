//! What comes out of the exchange for people, logs and figures.

use ledger::hash::Hash;

use crate::check::PeerMisbehaved;
use crate::consignment::Verdict;
use crate::digest::Digest;
use crate::entry::Side;
use crate::envelope::{Header, Priority};
use crate::exchange::Deed;
use crate::exchange::quota::Quota;
use crate::ids::{ActorId, ContactPoint, MessageId, PartyCode};
use crate::index::InboxKey;
use crate::receipt::SignedReceipt;
use crate::rejection::RejectionReason;
use crate::time::UnixMillis;

/// Something that the node should know. Events about facts come after the commit that records them, in
/// the order of the ledger.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A message to one recipient is recorded, and will be sent.
    Submitted {
        /// The message.
        message: MessageId,
        /// The recipient.
        to: ContactPoint,
        /// Its leaf.
        index: u64,
    },
    /// A message came in and is recorded.
    Received {
        /// Sender, id and recipient.
        key: InboxKey,
        /// What its sender says of it.
        header: Box<Header>,
        /// The digest of the envelope.
        envelope: Digest,
        /// Its leaf.
        index: u64,
    },
    /// The recipient's node has it: the receipt is verified and recorded.
    Delivered {
        /// The message.
        message: MessageId,
        /// The recipient.
        to: ContactPoint,
        /// The recipient's receipt.
        receipt: SignedReceipt,
        /// How long it waited for that; `None` where it is not in the outbox, which never happens.
        waited: Option<Waited>,
        /// The leaf that records it.
        index: u64,
    },
    /// Whether a message could be read was reported, by us or by a peer to us.
    Consigned {
        /// The message.
        message: MessageId,
        /// The contact point that opened it.
        to: ContactPoint,
        /// Whose report it is.
        side: Side,
        /// What it found.
        verdict: Verdict,
        /// The leaf that records it.
        index: u64,
    },
    /// A peer has recorded our consignment report.
    ReportDelivered {
        /// The message that the report is about.
        message: MessageId,
        /// The digest of the report.
        report: Digest,
        /// The leaf that records it.
        index: u64,
    },
    /// All attachments of a message are complete: ours of a peer's message (`Issued`), or a peer's of ours.
    Completed {
        /// The message.
        message: MessageId,
        /// The recipient.
        to: ContactPoint,
        /// Whose statement it is.
        side: Side,
        /// The leaf that records it.
        index: u64,
    },
    /// A peer has recorded our statement that a message's attachments are complete.
    CompletionDelivered {
        /// The message.
        message: MessageId,
        /// The digest of the statement.
        statement: Digest,
        /// The leaf that records it.
        index: u64,
    },
    /// Something was refused: by us (`Issued`) or by a peer (`Received`).
    Rejected {
        /// Who refused.
        side: Side,
        /// The peer.
        peer: PartyCode,
        /// The message, where it is known.
        message: Option<MessageId>,
        /// Its recipient, where it is known.
        to: Option<ContactPoint>,
        /// The digest of what was refused.
        envelope: Digest,
        /// Why.
        reason: RejectionReason,
        /// The leaf that records it.
        index: u64,
    },
    /// Nobody answered until it expired: recorded, never dropped in silence `[RETRY]`.
    Expired {
        /// The message.
        message: MessageId,
        /// Its recipient, or for a report of ours, the contact point that was to get it.
        to: ContactPoint,
        /// The digest of what was not answered for.
        item: Digest,
        /// The leaf that records it.
        index: u64,
    },
    /// What an officer did with a message is recorded.
    Acted {
        /// What.
        deed: Deed,
        /// The message.
        message: MessageId,
        /// The officer.
        actor: ActorId,
        /// Its leaf.
        index: u64,
    },
    /// Another fact of the node itself is recorded (`record`).
    Recorded {
        /// Its leaf.
        index: u64,
    },
    /// An emergency has no receipt after one minute: people must act. Said once in the life of a process.
    ReceiptOverdue {
        /// The message.
        message: MessageId,
        /// The recipient.
        to: ContactPoint,
    },
    /// Something waits for a peer that is not connected: whoever can dial it should, soon `[RETRY]`. Said for
    /// each item that comes, and when a connection ends that leaves some.
    PeerNeeded {
        /// Who.
        peer: PartyCode,
    },
    /// A commit is durable and its checkpoint signed.
    CheckpointSigned {
        /// The signed note.
        note: String,
        /// The size of its log's tree.
        size: u64,
        /// The root of that tree.
        root: Hash,
    },
    /// A peer broke the protocol; its connection is closed.
    PeerMisbehaved {
        /// Who.
        peer: PartyCode,
        /// How.
        what: PeerMisbehaved,
    },
    /// A request was answered with `Busy`. To be counted; a peer that is over its quota for long is a matter
    /// for people.
    PutOff {
        /// Who asked.
        peer: PartyCode,
        /// Why not now.
        why: PutOff,
    },
    /// A first answer cannot be given again: the key that signed it is lost. The peer was told `Busy`.
    AnswerLost {
        /// Who asked again.
        peer: PartyCode,
        /// The digest of what it asked with.
        item: Digest,
    },
    /// An answer changed nothing. To be counted.
    Ignored {
        /// Who sent it.
        peer: PartyCode,
        /// Why.
        why: Ignored,
    },
}

/// How long something of ours waited for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waited {
    /// How soon it had to be there.
    pub priority: Priority,
    /// When it joined the outbox.
    pub since: UnixMillis,
}

/// What waits for an answer by one peer, of one priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// The peer.
    pub peer: PartyCode,
    /// How soon it must be there.
    pub priority: Priority,
    /// How many items: one at least.
    pub items: usize,
    /// When the oldest joined the outbox.
    pub oldest_at: UnixMillis,
}

/// Why an answer changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// It is about nothing that we sent this peer, or about something that is answered for already.
    NothingAwaited,
    /// A receipt for a report, or a confirmation of a report for an envelope.
    WrongKind,
    /// Its date cannot be right: a clock is wrong, the peer's or ours.
    FalseDate,
}

/// Why a request is to be made again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOff {
    /// The peer has used up what it may have us record in an hour.
    OverQuota(Quota),
    /// Too much waits for a commit, of this peer or of all.
    Crowded,
    /// Too many streams wait for the answer to the same bytes.
    AskedTooOften,
    /// It is signed by a key that our directory does not have (yet).
    UnknownKey,
    /// Its date cannot be right: a clock is wrong, the peer's or ours.
    FalseDate,
    /// Nothing is signed here (yet, or any more) `[ROLLBACK]`.
    NotSigning,
}
