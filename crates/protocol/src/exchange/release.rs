//! What a durable commit sets free: sign, then answer, then tell.
//!
//! Nothing was remembered of what hangs on a commit: it follows from the entries. The outbox takes and
//! loses its items by [`index_changes`], the same fold by which the store keeps its index and rebuilds
//! it, so that memory and disk cannot disagree.

use ledger::tree::Batch;

use super::batch::{Fact, Group};
use super::{Event, Exchange, Transmit};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::entry::{Entry, Side};
use crate::envelope::SignedHeader;
use crate::frame::Frame;
use crate::ids::PartyCode;
use crate::index::{InboxKey, IndexChange, index_changes};
use crate::receipt::{SignedCheckpoint, SignedReceipt};
use crate::rejection::SignedRejection;
use crate::time::UnixMillis;

impl Exchange {
    /// The commit in flight is on stable storage, every byte of it `[DURABLE]`.
    ///
    /// Signs the checkpoint of the tree that ends with it, answers who waits for it, and says what it
    /// holds. Without a commit in flight, it changes nothing.
    pub fn handle_committed(&mut self, now: UnixMillis) {
        self.now = now;
        let Some(durable) = self.pipeline.committed() else {
            return;
        };
        let checkpoint = self.sign_checkpoint();
        for (index, fact) in (durable.batch.first_index()..).zip(durable.facts) {
            self.fold(index, &fact.entry);
            self.release(index, fact, &durable.batch, &checkpoint);
        }
    }

    /// Signs the head of the durable tree and hands it out.
    pub(super) fn sign_checkpoint(&mut self) -> SignedCheckpoint {
        let edge = self.pipeline.edge();
        let checkpoint = SignedCheckpoint::sign(edge.size(), edge.root(), &self.identity.ledger);
        self.events.push_back(Event::CheckpointSigned {
            note: checkpoint.note(),
            size: checkpoint.size(),
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

    /// Brings the outbox up to date with one entry.
    fn fold(&mut self, index: u64, entry: &Entry) {
        for change in readable(index_changes(index, entry)) {
            match change {
                IndexChange::PutOutbox(record) => {
                    self.promised.remove(&record.item);
                    readable(self.outbox.insert(record));
                }
                IndexChange::RemoveOutbox(item) => self.outbox.remove(&item),
                IndexChange::RemoveUnopened(key) => {
                    self.consigning.remove(&key);
                }
                // The rest is the store's.
                _ => {}
            }
        }
    }

    /// Answers and tells what one entry gives cause to.
    fn release(&mut self, index: u64, fact: Fact, batch: &Batch, checkpoint: &SignedCheckpoint) {
        let peer = fact.peer;
        match fact.entry {
            Entry::Submitted { header, .. } => {
                let (header, _) = readable(header.peek());
                let (message, to) = (header.message, header.to);
                self.events.push_back(Event::Submitted { message, to, index });
            }
            Entry::Received { at, header, .. } => {
                self.release_received(index, at, &header, batch, checkpoint);
            }
            Entry::Delivered { receipt, .. } => {
                let (statement, _) = readable(receipt.peek());
                let (message, to) = (statement.message, statement.to);
                self.events.push_back(Event::Delivered {
                    message,
                    to,
                    receipt,
                    index,
                });
            }
            Entry::Consigned { side, report, .. } => {
                let (statement, _) = readable(report.peek());
                if let Some(peer) = peer {
                    self.answer(peer, report.digest(), &Frame::Recorded(report.digest()));
                }
                let (message, to, verdict) = (statement.message, statement.to, statement.verdict);
                self.events.push_back(Event::Consigned {
                    message,
                    to,
                    side,
                    verdict,
                    index,
                });
            }
            Entry::ReportDelivered { report, message, .. } => {
                self.events.push_back(Event::ReportDelivered {
                    message,
                    report,
                    index,
                });
            }
            Entry::Rejected {
                side, rejection, key, ..
            } => {
                let Some(peer) = peer else { return };
                self.release_rejected(index, peer, side, &rejection, key);
            }
            Entry::Expired {
                item, message, to, ..
            } => {
                self.events.push_back(Event::Expired {
                    message,
                    to,
                    item,
                    index,
                });
            }
            Entry::Retrieved { .. }
            | Entry::Approved { .. }
            | Entry::DirectoryAccepted { .. }
            | Entry::KeyChanged { .. }
            | Entry::PeerCheckpointSeen { .. }
            | Entry::ErasureNotice { .. } => self.events.push_back(Event::Recorded { index }),
        }
    }

    fn release_received(
        &mut self,
        index: u64,
        received_at: UnixMillis,
        signed: &SignedHeader,
        batch: &Batch,
        checkpoint: &SignedCheckpoint,
    ) {
        let (header, _) = readable(signed.peek());
        let (peer, envelope) = (header.from.party(), signed.digest());
        if let Some(inclusion) = batch.prove_inclusion(index) {
            let key = &self.identity.envelope_key;
            let receipt = readable(SignedReceipt::issue(
                signed,
                received_at,
                inclusion,
                checkpoint,
                key,
            ));
            self.answer(peer, envelope, &Frame::Receipt(receipt));
        }
        let key = InboxKey {
            from: peer,
            message: header.message,
            to: header.to.clone(),
        };
        self.events.push_back(Event::Received {
            key,
            header: Box::new(header),
            envelope,
            index,
        });
    }

    fn release_rejected(
        &mut self,
        index: u64,
        peer: PartyCode,
        side: Side,
        rejection: &SignedRejection,
        key: Option<InboxKey>,
    ) {
        let (statement, _) = readable(rejection.peek());
        if side == Side::Issued {
            self.answer(peer, statement.envelope, &Frame::Rejection(rejection.clone()));
        }
        let (envelope, reason) = (statement.envelope, statement.reason);
        let (message, to) = (statement.message, key.map(|key| key.to));
        self.events.push_back(Event::Rejected {
            side,
            peer,
            message,
            to,
            envelope,
            reason,
            index,
        });
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

/// What is read here was signed by us, or was decoded and verified before it could join a commit.
#[expect(
    clippy::expect_used,
    reason = "only statements that were read before join a commit"
)]
fn readable<T>(read: Result<T, DecodeError>) -> T {
    read.expect("a statement that was verified, or signed here, can be read")
}
