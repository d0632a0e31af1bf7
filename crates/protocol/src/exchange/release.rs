//! What a durable commit sets free: sign, then answer, then tell.
//!
//! Nothing was remembered of what hangs on a commit: it follows from the entries. The outbox takes and
//! loses its items by [`index_changes`], the same fold by which the store keeps its index and rebuilds
//! it, so that memory and disk cannot disagree.

use ledger::tree::Batch;

use super::batch::{Fact, Group};
use super::{Deed, Event, Exchange, Signing, Transmit, Waited};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::entry::{Entry, Side};
use crate::envelope::SignedHeader;
use crate::frame::Frame;
use crate::ids::{ActorId, MessageId, PartyCode};
use crate::index::{InboxKey, IndexChange, OutboxContent, index_changes};
use crate::receipt::{SignedCheckpoint, SignedReceipt};
use crate::rejection::SignedRejection;
use crate::time::UnixMillis;

/// A commit within the tree of its log.
struct LogBatch<'a> {
    /// The position at which the log begins.
    first: u64,
    batch: &'a Batch,
    checkpoint: &'a SignedCheckpoint,
}

impl Exchange {
    /// The commit in flight is on stable storage, every byte of it `[DURABLE]`.
    ///
    /// Signs the checkpoint of the tree that ends with it, answers who waits for it, and says what it
    /// holds. Without a commit in flight, it changes nothing; if signing was stopped meanwhile, the commit is
    /// durable and nobody is told `[ROLLBACK]`.
    pub fn handle_committed(&mut self, now: UnixMillis) {
        self.now = now;
        let Some(durable) = self.pipeline.committed() else {
            return;
        };
        if self.signing != Signing::Allowed {
            return;
        }
        let first = durable.position();
        for (index, fact) in (first..).zip(&durable.facts) {
            self.settle_keys(index, &fact.entry);
        }
        let checkpoint = self.sign_checkpoint();
        let log = LogBatch {
            first: durable.log_first,
            batch: &durable.batch,
            checkpoint: &checkpoint,
        };
        for (index, fact) in (first..).zip(&durable.facts) {
            self.release(index, fact, &log);
            self.fold(index, &fact.entry);
        }
    }

    /// Signs the head of the durable tree and hands it out.
    pub(super) fn sign_checkpoint(&mut self) -> SignedCheckpoint {
        let edge = self.pipeline.edge();
        let key = self
            .ledger_keys
            .of_leaf(self.pipeline.position().saturating_sub(1));
        // The head is never older than the last change of keys, so this is the key in use.
        let key = key.unwrap_or_else(|| self.ledger_keys.current());
        let checkpoint = SignedCheckpoint::sign(edge.size(), edge.root(), key);
        self.events.push_back(Event::CheckpointSigned {
            note: checkpoint.note(),
            size: checkpoint.size(),
            root: checkpoint.checkpoint().root,
        });
        checkpoint
    }

    /// An item's time is over: it is recorded, and forgotten only when the record is durable `[RETRY]`.
    pub(super) fn expire(&mut self, item: Digest) {
        let Some(expired) = self.outbox.get(&item) else {
            return;
        };
        let (message, to) = (expired.message, expired.to.clone());
        self.pipeline.join(Group::fact(Entry::Expired {
            at: self.now,
            item,
            message,
            to,
        }));
    }

    /// People are told that an emergency has no receipt. It goes on being sent.
    pub(super) fn announce_overdue(&mut self, item: Digest) {
        let Some(overdue) = self.outbox.get(&item) else {
            return;
        };
        let (message, to) = (overdue.message, overdue.to.clone());
        self.events.push_back(Event::ReceiptOverdue { message, to });
    }

    /// Has the peer dialled if it is away and something waits for it `[RETRY]`.
    pub(super) fn say_if_needed(&mut self, peer: PartyCode) {
        if self.outbox.needs(peer) {
            self.events.push_back(Event::PeerNeeded { peer });
        }
    }

    /// Brings the outbox up to date with one entry.
    fn fold(&mut self, index: u64, entry: &Entry) {
        for change in readable(index_changes(index, entry)) {
            match change {
                IndexChange::PutOutbox(record) => {
                    self.promised.remove(&record.item);
                    if let OutboxContent::Envelope(header) = &record.content {
                        let (header, _) = readable(header.peek());
                        self.submitting.remove(&(header.message, header.to));
                    }
                    let peer = record.peer;
                    readable(self.outbox.insert(record));
                    self.say_if_needed(peer);
                }
                IndexChange::RemoveOutbox(item) => self.outbox.remove(&item),
                IndexChange::RemoveUnopened(key) => {
                    self.consigning.remove(&key);
                }
                IndexChange::RemovePulling(key) => {
                    self.completing.remove(&key);
                }
                // The rest is the store's.
                _ => {}
            }
        }
    }

    /// Answers and tells what one entry gives cause to.
    fn release(&mut self, index: u64, fact: &Fact, log: &LogBatch<'_>) {
        let event = match &fact.entry {
            Entry::Received { at, header, .. } => self.release_received(index, *at, header, log),
            Entry::Consigned { side, report, .. } => {
                let (statement, _) = readable(report.peek());
                if let Some(peer) = fact.peer {
                    self.answer(peer, report.digest(), &Frame::Recorded(report.digest()));
                }
                let (message, to, verdict) = (statement.message, statement.to, statement.verdict);
                Event::Consigned {
                    message,
                    to,
                    side: *side,
                    verdict,
                    index,
                }
            }
            Entry::Completed { side, statement, .. } => {
                let (claimed, _) = readable(statement.peek());
                if let Some(peer) = fact.peer {
                    self.answer(peer, statement.digest(), &Frame::Recorded(statement.digest()));
                }
                Event::Completed {
                    message: claimed.message,
                    to: claimed.to,
                    side: *side,
                    index,
                }
            }
            Entry::Rejected {
                side, rejection, key, ..
            } => {
                // Nobody but a peer's frame gives cause to a rejection.
                let Some(peer) = fact.peer else { return };
                self.release_rejected(index, peer, *side, rejection, key.as_ref())
            }
            Entry::Delivered { receipt, .. } => self.release_delivered(index, receipt),
            entry => told(index, entry),
        };
        self.events.push_back(event);
    }

    /// The receipt goes to every stream that waits for it.
    fn release_received(
        &mut self,
        index: u64,
        received_at: UnixMillis,
        signed: &SignedHeader,
        log: &LogBatch<'_>,
    ) -> Event {
        let (header, _) = readable(signed.peek());
        let (peer, envelope) = (header.from.party(), signed.digest());
        if let Some(inclusion) = log.batch.prove_inclusion(index - log.first) {
            let key = self.envelope_keys.of_leaf(index);
            // What has just become durable was recorded in this process, with a key that it has.
            let key = key.unwrap_or_else(|| self.envelope_keys.current());
            let receipt = readable(SignedReceipt::issue(
                signed,
                received_at,
                inclusion,
                log.checkpoint,
                key,
            ));
            self.answer(peer, envelope, &Frame::Receipt(receipt));
        }
        let key = InboxKey {
            from: peer,
            message: header.message,
            to: header.to.clone(),
        };
        Event::Received {
            key,
            header: Box::new(header),
            envelope,
            index,
        }
    }

    /// What waited for this receipt is still in the outbox: its entry is folded after this.
    fn release_delivered(&self, index: u64, receipt: &SignedReceipt) -> Event {
        let (statement, _) = readable(receipt.peek());
        let item = self.outbox.get(&statement.envelope);
        Event::Delivered {
            message: statement.message,
            to: statement.to,
            receipt: receipt.clone(),
            waited: item.map(|item| Waited {
                priority: item.priority,
                since: item.recorded_at,
            }),
            index,
        }
    }

    /// Our refusal goes to every stream that waits for it; a peer's ends the matter of an item of ours.
    fn release_rejected(
        &mut self,
        index: u64,
        peer: PartyCode,
        side: Side,
        rejection: &SignedRejection,
        key: Option<&InboxKey>,
    ) -> Event {
        let (statement, _) = readable(rejection.peek());
        let (envelope, reason) = (statement.envelope, statement.reason);
        let (message, to) = match side {
            Side::Issued => {
                self.answer(peer, envelope, &Frame::Rejection(rejection.clone()));
                (statement.message, key.map(|key| key.to.clone()))
            }
            Side::Received => {
                let item = self.outbox.get(&envelope);
                (item.map(|item| item.message), item.map(|item| item.to.clone()))
            }
        };
        Event::Rejected {
            side,
            peer,
            message,
            to,
            envelope,
            reason,
            index,
        }
    }

    /// Gives the answer to every stream that asked with these bytes.
    fn answer(&mut self, peer: PartyCode, item: Digest, frame: &Frame) {
        for stream in self.inbox.answered(peer, item) {
            self.transmits.push_back(Transmit::Reply {
                peer,
                stream,
                frame: frame.clone(),
            });
        }
    }
}

/// What is to be told of an entry that nobody waits for an answer to.
fn told(index: u64, entry: &Entry) -> Event {
    match entry {
        Entry::Submitted { header, .. } => {
            let (header, _) = readable(header.peek());
            Event::Submitted {
                message: header.message,
                to: header.to,
                index,
            }
        }
        Entry::CompletionDelivered {
            statement, message, ..
        } => Event::CompletionDelivered {
            message: *message,
            statement: *statement,
            index,
        },
        Entry::ReportDelivered { report, message, .. } => Event::ReportDelivered {
            message: *message,
            report: *report,
            index,
        },
        Entry::Expired {
            item, message, to, ..
        } => Event::Expired {
            message: *message,
            to: to.clone(),
            item: *item,
            index,
        },
        Entry::Retrieved { message, actor, .. } => acted(Deed::Retrieved, *message, *actor, index),
        Entry::Approved { message, actor, .. } => acted(Deed::Approved, *message, *actor, index),
        Entry::SentAlone { message, actor, .. } => acted(Deed::SentAlone, *message, *actor, index),
        // The first five are told with what they set free, or with what waited for them.
        Entry::Received { .. }
        | Entry::Delivered { .. }
        | Entry::Consigned { .. }
        | Entry::Completed { .. }
        | Entry::Rejected { .. }
        | Entry::DirectoryAccepted { .. }
        | Entry::KeyChanged { .. }
        | Entry::LedgerKeyChanged { .. }
        | Entry::LogBegun { .. }
        | Entry::PeerCheckpointSeen { .. }
        | Entry::ErasureNotice { .. }
        | Entry::ErasureOrdered { .. }
        | Entry::HoldChanged { .. } => Event::Recorded { index },
    }
}

fn acted(deed: Deed, message: MessageId, actor: ActorId, index: u64) -> Event {
    Event::Acted {
        deed,
        message,
        actor,
        index,
    }
}

/// What is read here was signed by us, or was decoded and verified before it could join a commit.
#[expect(
    clippy::expect_used,
    reason = "only statements that were read before join a commit"
)]
fn readable<T>(read: Result<T, DecodeError>) -> T {
    read.expect("a statement that was verified, or signed here, can be read")
}
