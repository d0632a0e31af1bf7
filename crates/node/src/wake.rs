//! Everything that can wake the core: one closed list.

use ::ledger::note::{Note, NoteSigner};
use ::ledger::witness::Cleared;
use protocol::check::PeerMisbehaved;
use protocol::consignment::Verdict;
use protocol::digest::{Commitment, Digest};
use protocol::entry::Entry;
use protocol::exchange::{Incoming, Queued, RecordError, Submission, SubmitError};
use protocol::frame::Frame;
use protocol::ids::{ActorId, ContactPoint, MessageId, PartyCode};
use protocol::index::InboxKey;
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use tokio::sync::oneshot;

use crate::session::{Link, LinkId};

/// What woke the core. (The one timer and the request to stop are the other two; see the driver.)
#[derive(Debug)]
pub enum Wake {
    /// Somebody on this machine wants something.
    Command(Command),
    /// A frame came and was checked.
    Frame {
        /// What, from whom.
        incoming: Box<Incoming>,
        /// Where the answer goes, if it is a request.
        answer: Option<oneshot::Sender<Frame>>,
    },
    /// A peer has shown who it is.
    Connected(Link),
    /// A connection is gone.
    Disconnected {
        /// Whose.
        peer: PartyCode,
        /// Which.
        link: LinkId,
    },
    /// A peer broke the protocol.
    Misbehaved {
        /// Who.
        peer: PartyCode,
        /// How.
        what: PeerMisbehaved,
    },
    /// A ledger of this Party has forked: nothing is exchanged with it any more `[ROLLBACK]`.
    Forked(PartyCode),
    /// A request's stream broke, or could not be opened.
    Unanswered(Digest),
    /// The commit in flight is on stable storage.
    Committed,
    /// All attachments of a received message are here, verified and durable `[TRANSFER]`.
    Arrived {
        /// Which.
        key: InboxKey,
        /// The digest of its envelope.
        envelope: Digest,
        /// What its header commits to.
        manifest: Commitment,
        /// Until when the sender is told.
        expires_at: UnixMillis,
    },
    /// A received payload was opened, or could not be.
    Opened {
        /// Which.
        key: InboxKey,
        /// The digest of its envelope.
        envelope: Digest,
        /// What opening it showed.
        verdict: Verdict,
        /// Until when the sender is told.
        expires_at: UnixMillis,
    },
}

/// What somebody on this machine wants.
#[derive(Debug)]
pub enum Command {
    /// Say that the core is alive.
    Pulse(oneshot::Sender<()>),
    /// Send a sealed message.
    Submit {
        /// The message.
        submission: Box<Submission>,
        /// Told once it is durable, or why it is not.
        answer: oneshot::Sender<Result<Submitted, Refused>>,
    },
    /// A fact of the node itself.
    Record(Box<Entry>),
    /// Sign what is said from now on with another key.
    ChangeEnvelopeKey {
        /// Which.
        key: Box<EnvelopeKey>,
        /// Told whether the core has taken it.
        answer: oneshot::Sender<Result<(), RecordError>>,
    },
    /// No witness that was reached knows more of our ledger than we do: sign from now on `[ROLLBACK]`.
    AllowSigning(Cleared),
    /// Our key has signed what our ledger does not have: sign nothing more in the life of this process
    /// `[ROLLBACK]`.
    StopSigning,
    /// The newest head of ours that witnesses have cosigned, for the headers of what is sent from now on.
    Witnessed(Option<Box<Note>>),
    /// Sign the checkpoints from the next commit on with another key.
    ChangeLedgerKey {
        /// Which.
        signer: Box<NoteSigner>,
        /// Told whether the core has taken it.
        answer: oneshot::Sender<Result<(), RecordError>>,
    },
    /// Begin a new log with the next commit: under the name of this key, which signs it.
    BeginLog {
        /// Which.
        signer: Box<NoteSigner>,
        /// The newest checkpoint of the log before that witnesses have cosigned, if there is one.
        witnessed: Option<String>,
        /// Told whether the core has taken it.
        answer: oneshot::Sender<Result<(), RecordError>>,
    },
    /// What waits for the peers: for whoever watches. That it is answered shows that the core goes on.
    TellQueued(oneshot::Sender<Vec<Queued>>),
    /// A fact of the node itself, for whoever waits until it is on stable storage.
    RecordDurably {
        /// The fact: one that is of no message.
        entry: Box<Entry>,
        /// Told once it is durable, or why it is not.
        answer: oneshot::Sender<Result<Recorded, Refused>>,
    },
    /// A second officer approves a message that was sent without `[FOUR-EYES]`.
    Approve {
        /// Which.
        message: MessageId,
        /// Who.
        actor: ActorId,
        /// Told once it is durable, or why it is not.
        answer: oneshot::Sender<Result<Recorded, Refused>>,
    },
}

/// A fact that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Its leaf.
    pub index: u64,
    /// When, as its leaf says.
    pub at: UnixMillis,
}

/// A message that is durable and will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// For each recipient, the leaf that records it, in the order of the submission.
    pub leaves: Vec<(ContactPoint, u64)>,
    /// When the commit was durable.
    pub recorded_at: UnixMillis,
}

/// Why the core did not take a message. Nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The core says why.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// Too many submissions wait for their commit.
    #[error("too many messages wait to be recorded; try again in a moment")]
    Busy,
    /// The node stops.
    #[error("the node is stopping")]
    Stopping,
    /// Nothing is signed any more `[ROLLBACK]`.
    #[error("this node signs nothing: its witnesses know more of its ledger than it does")]
    NotSigning,
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NotSigning => Self::NotSigning,
            // What the node says is always in order: there can only be no room.
            _ => Self::Busy,
        }
    }
}
