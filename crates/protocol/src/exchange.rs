//! What happens next: the core of a node, as a deterministic state machine.
//!
//! [`Exchange`] does no input and no output, in the manner of quinn-proto. Whoever drives it (the
//! `node` crate, or a test in virtual time) takes an input off a socket, the disk or a clock, calls the
//! matching method, and then polls until everything says `None`:
//!
//! ```text
//!  submit, consign, complete, retrieve, record, change_envelope_key, change_ledger_key, begin_log
//!                                         poll_commit     -> make it durable, then handle_committed
//!  handle_connected, handle_disconnected  poll_transmit   -> put it on a stream
//!  handle_frame, handle_unanswered        poll_event      -> tell the officers and the log
//!  handle_committed, handle_timeout       poll_timeout    -> arm the one timer for handle_timeout
//! ```
//!
//! Time comes in with every call. The same inputs give the same outputs, byte for byte.
//!
//! # Nothing leaves before it is written
//!
//! A command or a frame changes nothing but the queue of facts that wait for the next [`Commit`]. One
//! commit is in flight; what arrives meanwhile joins the next one. Once the driver has made a commit
//! durable, [`Exchange::handle_committed`] signs the checkpoint of the tree that ends with it and lets
//! go of what hung on it, in this order and never in another: write, `fdatasync`, sign, answer
//! `[DURABLE]`. What hung on a commit is not remembered beside it: it follows from the entries, by the
//! same fold that rebuilds the store's index. So a crash has two cases only, before the commit or after
//! it, and [`Restored`] holds all that there is to know in either.
//!
//! The few outputs that hang on no commit say nothing that could be lost: requests for what is durable
//! already, first answers given again, [`Frame::Busy`](crate::frame::Frame::Busy), and alarms.
//!
//! # Retrying is safe
//!
//! A sender repeats the same bytes until it has an answer `[RETRY]`; a recipient gives the same answer
//! to the same bytes `[IDEMPOTENT]`. A receipt is a pure function of the ledger (Ed25519 is
//! deterministic), so the first receipt can be made again, byte for byte, for ever.
//!
//! # What the driver owes
//!
//! * It calls [`Exchange::handle_committed`] only when the commit is on stable storage. If it cannot be
//!   made durable, the process ends: memory is not to be believed after a failed write.
//! * It looks up [`Known`] after its last `handle_committed` and before `handle_frame`, in one thread: an
//!   answer from before a commit would hide what that commit recorded.
//! * It hands in times that do not go back.
//! * It puts a [`Transmit`] on the wire or loses it, but does not keep it: if a request is lost, it says
//!   so ([`Exchange::handle_unanswered`]) or the time-out does.
//!
//! # Where to read on
//!
//! `batch.rs` how facts become a commit · `release.rs` what a durable commit sets free · `command.rs`
//! what the node asks for · `frame.rs` what peers send · `inbox.rs` who waits for which answer ·
//! `outbox.rs`, `item.rs` and `lane.rs` what goes out, when, in which order · `retry.rs` how long to wait ·
//! `keys.rs` which key signs what · `log.rs` how a new log follows the old one · `signing.rs` whether
//! anything may be signed.

use std::collections::{BTreeSet, VecDeque};

use ledger::note::NoteSigner;

use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::envelope::SignedHeader;
use crate::ids::{ContactPoint, MessageId, PartyCode};
use crate::index::InboxKey;
use crate::key::EnvelopeKey;
use crate::time::UnixMillis;

mod batch;
mod command;
mod frame;
mod inbox;
mod item;
mod keys;
mod lane;
mod log;
mod outbox;
mod oversight;
mod quota;
mod release;
mod retry;
mod signing;
pub mod types;

pub use command::{RecordError, SubmitError};
pub use keys::{Former, FormerKeys};
pub use oversight::{Deed, Oversight};
pub use quota::{Allowance, Quota, Quotas};
pub use signing::Signing;
pub use types::{
    Commit, Event, Identity, Ignored, Incoming, Known, PutOff, Queued, Request, Restored, Settings, StreamId,
    Submission, Transmit, Waited,
};

use batch::Pipeline;
use inbox::Inbox;
use keys::Turns;
use outbox::{Due, Outbox};
use quota::Meters;
use signing::Witnessed;

/// The state machine; the module says how to drive it.
#[derive(Debug)]
pub struct Exchange {
    own: PartyCode,
    envelope_keys: Turns<EnvelopeKey>,
    ledger_keys: Turns<NoteSigner>,
    /// The origins of the logs that have ended: none of them begins again.
    ended_logs: BTreeSet<String>,
    /// The time of the last input.
    now: UnixMillis,
    pipeline: Pipeline,
    outbox: Outbox,
    outbox_items_max: usize,
    /// What joins the outbox once the commits that wait are durable.
    promised: BTreeSet<Digest>,
    inbox: Inbox,
    /// Messages of ours, and to whom, that wait for the commit which records them.
    submitting: BTreeSet<(MessageId, ContactPoint)>,
    /// Received messages whose consignment report waits for its commit.
    consigning: BTreeSet<InboxKey>,
    /// Received messages whose completion waits for its commit.
    completing: BTreeSet<InboxKey>,
    meters: Meters,
    signing: Signing,
    witnessed: Option<Witnessed>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

impl Exchange {
    /// Goes on from what is durable: a new node from an empty tree and an empty outbox, a restarted one
    /// from those that it had.
    ///
    /// Signs the checkpoint of the tree as it stands, which gives the bytes that it gave before: a crash
    /// may have come between making a commit durable and signing it. A node that must compare its head
    /// with its witnesses before it signs `[ROLLBACK]` begins with [`Signing::Held`].
    ///
    /// # Errors
    /// When an item of the outbox cannot be read: the store's index is damaged, and must be rebuilt.
    pub fn new(
        now: UnixMillis,
        identity: Identity,
        settings: &Settings,
        restored: Restored,
    ) -> Result<Self, DecodeError> {
        let former = identity.former;
        let mut exchange = Self {
            own: identity.party,
            envelope_keys: Turns::new(former.envelope, identity.envelope_key),
            ledger_keys: Turns::new(former.ledger, identity.ledger),
            ended_logs: former.ended_logs,
            now,
            pipeline: Pipeline::new(restored.log_first, restored.edge, settings),
            outbox: Outbox::new(settings),
            outbox_items_max: settings.outbox_items_max,
            promised: BTreeSet::new(),
            inbox: Inbox::default(),
            submitting: BTreeSet::new(),
            consigning: BTreeSet::new(),
            completing: BTreeSet::new(),
            meters: Meters::new(settings.quotas),
            signing: settings.signing,
            witnessed: None,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        };
        for record in restored.outbox {
            exchange.outbox.insert(record)?;
        }
        let needed = exchange.outbox.needed().map(|peer| Event::PeerNeeded { peer });
        exchange.events.extend(needed);
        if exchange.signing == Signing::Allowed && exchange.pipeline.edge().size() > 0 {
            exchange.sign_checkpoint();
        }
        Ok(exchange)
    }

    /// A peer is connected and has shown who it is: what waits for it goes out at once `[RETRY]`.
    ///
    /// If the connection replaces another, say [`Exchange::handle_disconnected`] first: requests on the
    /// old one will not be answered.
    pub fn handle_connected(&mut self, now: UnixMillis, peer: PartyCode) {
        self.now = now;
        self.outbox.connected(peer);
    }

    /// The connection to a peer is gone, and every stream on it.
    pub fn handle_disconnected(&mut self, now: UnixMillis, peer: PartyCode) {
        self.now = now;
        self.outbox.disconnected(peer);
        self.say_if_needed(peer);
    }

    /// The request for this item got no answer: its stream broke, or could not be opened.
    ///
    /// Safe to say late or twice; without it, the request's time-out does the same.
    pub fn handle_unanswered(&mut self, now: UnixMillis, item: Digest) {
        self.now = now;
        self.outbox.unanswered(now, &item, std::time::Duration::ZERO);
    }

    /// Does what has become due: requests that went unanswered, retries, expiries, overdue receipts.
    ///
    /// Safe to call early or late.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        self.now = now;
        while let Some(due) = self.outbox.next_due(now) {
            match due {
                Due::Expired(item) => self.expire(item),
                Due::Overdue(item) => self.announce_overdue(item),
            }
        }
    }

    /// The next commit to make durable; `None` while one is in flight, when nothing waits, or while nothing
    /// may be signed.
    pub fn poll_commit(&mut self) -> Option<Commit> {
        if self.signing != Signing::Allowed {
            return None;
        }
        let last = self.last_of_ending_log();
        self.pipeline.seal(last.as_deref())
    }

    /// The next thing to put on the wire: answers first, then requests, peer by peer in turn.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        if let Some(transmit) = self.transmits.pop_front() {
            return Some(transmit);
        }
        match self.signing {
            Signing::Allowed => self.outbox.next_request(self.now),
            Signing::Held | Signing::Stopped => None,
        }
    }

    /// The next thing to tell the node.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Exchange::handle_timeout`]; `None` when nothing will be due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<UnixMillis> {
        self.outbox.next_timer()
    }

    /// The signed header of an envelope that waits for its receipt: what the receipt is checked against.
    #[must_use]
    pub fn awaited_header(&self, envelope: &Digest) -> Option<&SignedHeader> {
        match &self.outbox.get(envelope)?.request {
            Request::Envelope { header, .. } => Some(header),
            Request::Consignment(_) | Request::Completion(_) => None,
        }
    }

    /// How many items wait for an answer by a peer, in any stage.
    #[must_use]
    pub fn outbox_len(&self) -> usize {
        self.outbox.len()
    }

    /// What waits for an answer by each peer, by priority: how many items, and since when the oldest.
    pub fn queued(&self) -> impl Iterator<Item = Queued> {
        self.outbox.queued()
    }
}

#[cfg(test)]
mod tests;
