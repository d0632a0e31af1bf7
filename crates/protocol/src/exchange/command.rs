//! What the node asks for: messages to send, reports on what was opened, facts of its own.

use std::collections::BTreeSet;

use super::batch::Group;
use super::oversight::{self, Oversight};
use super::{Exchange, Submission};
use crate::completion::{Completion, SignedCompletion};
use crate::consignment::{Consignment, SignedConsignment, Verdict};
use crate::digest::{Commitment, Digest};
use crate::entry::{Entry, Side};
use crate::envelope::{Header, SignedHeader};
use crate::ids::{ActorId, ContactPoint, MessageId};
use crate::index::InboxKey;
use crate::limits::{DATED_AHEAD_MAX, LEAF_BYTES_MAX, PAYLOAD_BYTES_MAX, RECIPIENTS_MAX};
use crate::time::UnixMillis;

/// Why a message is not taken. Nothing of it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too much waits for its commit: try again in a moment.
    #[error("the node is busy writing what it has; try again in a moment")]
    Busy,
    /// Too much waits for answers by peers ([`OUTBOX_ITEMS_MAX`](crate::limits::OUTBOX_ITEMS_MAX)).
    #[error("the outbox is full")]
    OutboxFull,
    /// The sender is no contact point of this node's Party.
    #[error("the sender is not a contact point of this node")]
    NotOurContactPoint,
    /// There are none, more than [`RECIPIENTS_MAX`], or one of them twice.
    #[error("a message has 1 to {RECIPIENTS_MAX} recipients, each named once")]
    Recipients,
    /// A recipient is of this node's own Party: there is no peer to send it to.
    #[error("a recipient is a contact point of this node's own Party")]
    OwnParty,
    /// The time until which it is to be tried is over.
    #[error("the message has expired before it was sent")]
    Expired,
    /// It would expire before it was sent or more than
    /// [`ENVELOPE_LIFETIME_MAX`](crate::limits::ENVELOPE_LIFETIME_MAX) after, or was sent in the future:
    /// no peer would take it.
    #[error("the message's times of sending and expiry cannot both be right")]
    ImpossibleTimes,
    /// The sealed payload is over [`PAYLOAD_BYTES_MAX`].
    #[error("the sealed payload is larger than {PAYLOAD_BYTES_MAX} bytes")]
    TooLarge,
    /// It is approved by the very officer who sends it `[FOUR-EYES]`.
    #[error("an officer cannot approve what the same officer sends")]
    OwnApproval,
    /// A message of this id is on its way to one of the recipients, or waits to be recorded.
    #[error("this message was submitted already")]
    AlreadySubmitted,
    /// Nothing is signed any more `[ROLLBACK]`.
    #[error("this node signs nothing: its witnesses know more of its ledger than it does")]
    NotSigning,
}

/// Why a fact is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Too much waits for its commit: try again in a moment.
    #[error("the node is busy writing what it has; try again in a moment")]
    Busy,
    /// The entry is over [`LEAF_BYTES_MAX`].
    #[error("the entry is larger than a leaf of {LEAF_BYTES_MAX} bytes can be")]
    TooLarge,
    /// What it says breaks a limit or an order of its kind, so that nobody could read the leaf.
    #[error("the entry breaks a limit of its kind: no leaf of it could be read back")]
    Unreadable,
    /// Only the exchange itself records what travels: no other caller may say that it did.
    #[error("this kind of entry is recorded by the exchange only")]
    NotTheNodes,
    /// Nothing is signed any more `[ROLLBACK]`.
    #[error("this node signs nothing: its witnesses know more of its ledger than it does")]
    NotSigning,
    /// The new ledger key has another name: it is the key of another ledger.
    #[error("a ledger key of another name is that of another ledger")]
    OtherLedger,
    /// The new log's key has the name of the log in use: it is another key of that one.
    #[error("a new log has another origin than the one before")]
    SameLog,
    /// The log of this origin has ended: none is begun twice.
    #[error("the log of this origin has ended, and does not begin again")]
    LogEnded,
    /// The log before has no leaf, so that there is nothing which a new one could follow.
    #[error("nothing is recorded in this log yet")]
    NothingRecorded,
}

impl Exchange {
    /// Sends a message: one envelope for each recipient, and the approval that it has or lacks, all recorded
    /// in one commit or none.
    ///
    /// An `Ok` means that it will be recorded; that it is recorded, [`super::Event::Submitted`] says. Said
    /// again while the message is on its way, it changes nothing. Once the message has its outcome it is not
    /// remembered here: whoever says it again looks into the ledger first.
    ///
    /// # Errors
    /// [`SubmitError`]; then nothing has changed.
    pub fn submit(&mut self, now: UnixMillis, submission: Submission) -> Result<(), SubmitError> {
        self.now = now;
        if self.is_stopped() {
            return Err(SubmitError::NotSigning);
        }
        self.check_submission(&submission)?;
        let copies: Vec<(MessageId, ContactPoint)> = submission
            .to
            .iter()
            .map(|to| (submission.message, to.clone()))
            .collect();
        // By their names, not by their headers: what witnesses have cosigned meanwhile is in a header that is
        // made again, and the peer would refuse that one as other bytes under the same id [IDEMPOTENT].
        if copies
            .iter()
            .any(|copy| self.submitting.contains(copy) || self.outbox.has_envelope(copy))
        {
            return Err(SubmitError::AlreadySubmitted);
        }
        let headers = self.sign_headers(&submission)?;
        let items: Vec<Digest> = headers.iter().map(SignedHeader::digest).collect();
        let actor = submission.actor;
        let submitted = headers.into_iter().map(|header| Entry::Submitted {
            at: now,
            actor,
            header,
        });
        // Before what it speaks of: whoever is told of the last envelope finds the approval in the ledger.
        let entries = oversight::leaf(now, &submission)
            .into_iter()
            .chain(submitted)
            .collect();
        let group = Group {
            entries,
            payload: Some(submission.payload),
            peer: None,
        };
        if !self.pipeline.has_room(&group) {
            return Err(SubmitError::Busy);
        }
        self.promised.extend(items);
        self.submitting.extend(copies);
        self.pipeline.join(group);
        Ok(())
    }

    /// The node has opened a message that it received: reports to the sender what that showed.
    ///
    /// Said again before the first report is durable, it changes nothing; afterwards the message is no
    /// longer among those that wait to be opened. Always taken: there is one report for each message.
    pub fn consign(
        &mut self,
        now: UnixMillis,
        key: InboxKey,
        envelope: Digest,
        verdict: Verdict,
        expires_at: UnixMillis,
    ) {
        self.now = now;
        if self.consigning.contains(&key) {
            return;
        }
        let statement = Consignment {
            message: key.message,
            from: key.from,
            to: key.to.clone(),
            envelope,
            verdict,
            opened_at: now,
        };
        let report = SignedConsignment::sign(&statement, self.envelope_keys.dated(now));
        self.promised.insert(report.digest());
        self.consigning.insert(key);
        let entry = Entry::Consigned {
            at: now,
            side: Side::Issued,
            report,
            expires_at,
        };
        self.pipeline.join(Group::fact(entry));
    }

    /// All attachments of a received message are here, verified and durable: tells the sender, signed
    /// `[TRANSFER]`. `manifest` is what the message's header commits to.
    ///
    /// Said again before the first statement is durable, it changes nothing; afterwards the message is no
    /// longer among those that are pulled. Always taken: there is one statement for each message.
    pub fn complete(
        &mut self,
        now: UnixMillis,
        key: InboxKey,
        envelope: Digest,
        manifest: Commitment,
        expires_at: UnixMillis,
    ) {
        self.now = now;
        if self.completing.contains(&key) {
            return;
        }
        let completion = Completion {
            message: key.message,
            from: key.from,
            to: key.to.clone(),
            envelope,
            manifest,
            completed_at: now,
        };
        let statement = SignedCompletion::sign(&completion, self.envelope_keys.dated(now));
        self.promised.insert(statement.digest());
        self.completing.insert(key);
        let entry = Entry::Completed {
            at: now,
            side: Side::Issued,
            statement,
            expires_at,
        };
        self.pipeline.join(Group::fact(entry));
    }

    /// An officer has read a message.
    ///
    /// # Errors
    /// [`RecordError::Busy`]: let the officer try again, so that nothing is read without a record.
    pub fn retrieve(
        &mut self,
        now: UnixMillis,
        message: MessageId,
        actor: ActorId,
    ) -> Result<(), RecordError> {
        self.record(
            now,
            Entry::Retrieved {
                at: now,
                message,
                actor,
            },
        )
    }

    /// Records a fact of the node itself: approved, directory accepted, erased …
    ///
    /// # Errors
    /// [`RecordError`]; then nothing has changed.
    pub fn record(&mut self, now: UnixMillis, entry: Entry) -> Result<(), RecordError> {
        self.now = now;
        if self.is_stopped() {
            return Err(RecordError::NotSigning);
        }
        match entry {
            Entry::Submitted { .. }
            | Entry::Received { .. }
            | Entry::Delivered { .. }
            | Entry::Consigned { .. }
            | Entry::ReportDelivered { .. }
            | Entry::Rejected { .. }
            | Entry::Expired { .. }
            | Entry::KeyChanged { .. }
            | Entry::LedgerKeyChanged { .. }
            | Entry::LogBegun { .. }
            | Entry::SentAlone { .. }
            | Entry::Completed { .. }
            | Entry::CompletionDelivered { .. } => return Err(RecordError::NotTheNodes),
            Entry::Retrieved { .. }
            | Entry::Approved { .. }
            | Entry::DirectoryAccepted { .. }
            | Entry::PeerCheckpointSeen { .. }
            | Entry::ErasureNotice { .. }
            | Entry::ErasureOrdered { .. }
            | Entry::HoldChanged { .. } => {}
        }
        let leaf = entry.encode();
        if leaf.len() > LEAF_BYTES_MAX {
            return Err(RecordError::TooLarge);
        }
        // A leaf stays for ever: one that cannot be read would spoil every rebuilding and every audit.
        if Entry::decode(&leaf).as_ref() != Ok(&entry) {
            return Err(RecordError::Unreadable);
        }
        let group = Group::fact(entry);
        if !self.pipeline.has_room(&group) {
            return Err(RecordError::Busy);
        }
        self.pipeline.join(group);
        Ok(())
    }

    /// One header for each recipient. The payload, and so the commitment, is the same for all.
    fn sign_headers(&self, submission: &Submission) -> Result<Vec<SignedHeader>, SubmitError> {
        let mut header = Header {
            message: submission.message,
            case: submission.case,
            in_reply_to: submission.in_reply_to,
            from: submission.from.clone(),
            to: submission.from.clone(),
            sent_at: submission.sent_at,
            expires_at: submission.expires_at,
            priority: submission.priority,
            payload: submission.payload.commitment(),
            payload_length_bytes: submission.payload.bytes.len() as u64,
            attachments: submission.attachments,
            sender_checkpoint: self.sender_checkpoint(submission.sent_at),
        };
        if !header.has_possible_times() || header.sent_at > self.now.plus(DATED_AHEAD_MAX) {
            return Err(SubmitError::ImpossibleTimes);
        }
        let sign = |to: &ContactPoint| {
            header.to = to.clone();
            SignedHeader::sign(&header, self.envelope_keys.dated(header.sent_at))
        };
        Ok(submission.to.iter().map(sign).collect())
    }

    fn check_submission(&self, submission: &Submission) -> Result<(), SubmitError> {
        let distinct: BTreeSet<&ContactPoint> = submission.to.iter().collect();
        if submission.from.party() != self.own {
            return Err(SubmitError::NotOurContactPoint);
        }
        if distinct.len() != submission.to.len() || !(1..=RECIPIENTS_MAX).contains(&distinct.len()) {
            return Err(SubmitError::Recipients);
        }
        if submission.to.iter().any(|to| to.party() == self.own) {
            return Err(SubmitError::OwnParty);
        }
        if submission.oversight == Oversight::ApprovedBy(submission.actor) {
            return Err(SubmitError::OwnApproval);
        }
        if submission.expires_at <= self.now {
            return Err(SubmitError::Expired);
        }
        if submission.payload.bytes.len() > PAYLOAD_BYTES_MAX {
            return Err(SubmitError::TooLarge);
        }
        if self.outbox.len() + self.promised.len() + submission.to.len() > self.outbox_items_max {
            return Err(SubmitError::OutboxFull);
        }
        Ok(())
    }
}
