//! What peers send: requests, which are recorded once and answered always alike, and answers to ours.

use std::time::Duration;

use super::batch::Group;
use super::inbox::Joined;
use super::quota::Charge;
use super::signing::Signing;
use super::{Event, Exchange, Ignored, Incoming, Known, PutOff, Request, StreamId, Transmit};
use crate::check::{Checked, PeerMisbehaved, Refusable};
use crate::completion::VerifiedCompletion;
use crate::consignment::VerifiedConsignment;
use crate::digest::Digest;
use crate::entry::{Entry, Side};
use crate::envelope::VerifiedEnvelope;
use crate::frame::Frame;
use crate::ids::PartyCode;
use crate::index::{InboxKey, InboxOutcome};
use crate::limits::{BUSY_RETRY_AFTER, RETRY_DELAY_MAX};
use crate::receipt::{SignedCheckpoint, SignedReceipt, VerifiedReceipt};
use crate::rejection::{Rejection, RejectionReason, SignedRejection};
use crate::time::UnixMillis;

/// Who asks, and where the answer goes.
#[derive(Clone, Copy)]
struct Caller {
    peer: PartyCode,
    stream: Option<StreamId>,
}

/// What happened before under the id of an envelope that comes in.
enum Earlier {
    /// Nothing.
    Nothing,
    /// These very bytes were answered: the first answer, as far as it could be made again.
    Answered(Option<Frame>),
    /// Other bytes came first.
    OtherBytes,
}

impl Exchange {
    /// Takes a frame that was checked.
    pub fn handle_frame(&mut self, now: UnixMillis, incoming: Incoming) {
        self.now = now;
        let Incoming {
            peer,
            stream,
            asked,
            frame,
            known,
        } = incoming;
        let caller = Caller { peer, stream };
        match frame {
            Checked::Ping(number) => self.reply(caller, Frame::Pong(number)),
            _ if self.is_stopped() => self.put_off(caller, PutOff::NotSigning, RETRY_DELAY_MAX),
            Checked::Envelope(envelope) => self.receive(caller, &envelope, known.as_ref()),
            Checked::Refusable(refusable) => self.refuse(caller, refusable, known.as_ref()),
            Checked::Consignment(report) => self.take_report(caller, &report, known.as_ref()),
            Checked::Completion(statement) => self.take_completion(caller, &statement, known.as_ref()),
            Checked::Receipt(receipt) => self.take_receipt(peer, &receipt),
            Checked::Rejection { signed, rejection } => self.take_rejection(peer, signed, &rejection),
            Checked::Recorded(report) => self.take_recorded(peer, report),
            Checked::Busy { retry_after_ms } => {
                self.unanswered(asked, Duration::from_millis(retry_after_ms.into()));
            }
            // Our directory may be old: as a request it may be good once the driver has a newer one.
            // Or our clock may be wrong, and right by then.
            Checked::UnknownKey(_) if stream.is_some() => {
                self.put_off(caller, PutOff::UnknownKey, BUSY_RETRY_AFTER);
            }
            Checked::Misdated if stream.is_some() => {
                self.put_off(caller, PutOff::FalseDate, BUSY_RETRY_AFTER);
            }
            Checked::Misdated => {
                let why = Ignored::FalseDate;
                self.events.push_back(Event::Ignored { peer, why });
                self.unanswered(asked, Duration::ZERO);
            }
            Checked::UnknownKey(_) | Checked::Unsupported => self.unanswered(asked, Duration::ZERO),
            Checked::Pong => {}
        }
    }

    /// A peer broke the protocol: it is told the code, and its connection is closed.
    pub fn handle_misbehaved(&mut self, now: UnixMillis, peer: PartyCode, what: PeerMisbehaved) {
        self.now = now;
        self.transmits.push_back(Transmit::Close {
            peer,
            code: what.close_code(),
        });
        self.events.push_back(Event::PeerMisbehaved { peer, what });
    }

    fn receive(&mut self, caller: Caller, envelope: &VerifiedEnvelope, known: Option<&Known>) {
        let header = envelope.header();
        let item = envelope.digest();
        let key = InboxKey {
            from: header.from.party(),
            message: header.message,
            to: header.to.clone(),
        };
        if self.joined(caller, item) {
            return;
        }
        match self.earlier(&key, item, known) {
            Earlier::Answered(first) => self.answer_again(caller, item, first),
            Earlier::OtherBytes => {
                let rejection = Rejection {
                    message: Some(header.message),
                    envelope: item,
                    reason: RejectionReason::IdReused,
                    rejected_at: self.now,
                };
                // Without the key: the id stays with the bytes that came first under it.
                self.reject(caller, &rejection, None);
            }
            Earlier::Nothing => {
                let signed = envelope.signed().clone();
                // The size is written in when the commit is sealed.
                let entry = Entry::Received {
                    at: self.now,
                    header: signed,
                    commit_size: 0,
                };
                let payload = Some(envelope.payload().clone());
                let group = Group {
                    payload,
                    ..Group::from_peer(caller.peer, entry)
                };
                let charge = Charge::Message(header.priority);
                self.take_request(caller, item, Some(key), group, charge);
            }
        }
    }

    fn refuse(&mut self, caller: Caller, refusable: Refusable, known: Option<&Known>) {
        let Refusable { rejection, key } = refusable;
        if self.joined(caller, rejection.envelope) {
            return;
        }
        let earlier = key
            .as_ref()
            .map(|key| self.earlier(key, rejection.envelope, known));
        match earlier {
            Some(Earlier::Answered(first)) => self.answer_again(caller, rejection.envelope, first),
            Some(Earlier::OtherBytes) => self.reject(caller, &rejection, None),
            Some(Earlier::Nothing) | None => self.reject(caller, &rejection, key),
        }
    }

    fn take_report(&mut self, caller: Caller, report: &VerifiedConsignment, known: Option<&Known>) {
        let item = report.digest();
        if self.joined(caller, item) {
            return;
        }
        if let Some(Known::Report { .. }) = known {
            return self.reply(caller, Frame::Recorded(item));
        }
        let entry = Entry::Consigned {
            at: self.now,
            side: Side::Received,
            report: report.signed().clone(),
            // There is nothing to deliver.
            expires_at: self.now,
        };
        let group = Group::from_peer(caller.peer, entry);
        self.take_request(caller, item, None, group, Charge::Report);
    }

    fn take_completion(&mut self, caller: Caller, statement: &VerifiedCompletion, known: Option<&Known>) {
        let item = statement.digest();
        if self.joined(caller, item) {
            return;
        }
        if let Some(Known::Report { .. }) = known {
            return self.reply(caller, Frame::Recorded(item));
        }
        let entry = Entry::Completed {
            at: self.now,
            side: Side::Received,
            statement: statement.signed().clone(),
            // There is nothing to deliver.
            expires_at: self.now,
        };
        let group = Group::from_peer(caller.peer, entry);
        self.take_request(caller, item, None, group, Charge::Report);
    }

    /// Whether these bytes of this peer wait for their commit already: then so does the stream.
    fn joined(&mut self, caller: Caller, item: Digest) -> bool {
        match self.inbox.join(caller.peer, item, caller.stream) {
            Joined::No => false,
            Joined::Yes => true,
            Joined::TooMany => {
                self.put_off(caller, PutOff::AskedTooOften, BUSY_RETRY_AFTER);
                true
            }
        }
    }

    /// Among what waits, then in what the store knows: the first bytes under an id are the message.
    fn earlier(&self, key: &InboxKey, item: Digest, known: Option<&Known>) -> Earlier {
        // The same bytes would have joined those that wait.
        if self.inbox.holds(key) {
            return Earlier::OtherBytes;
        }
        match known {
            None | Some(Known::Report { .. }) => Earlier::Nothing,
            Some(Known::Received { record, .. } | Known::Rejected { record, .. })
                if record.envelope != item =>
            {
                Earlier::OtherBytes
            }
            Some(known) => Earlier::Answered(self.first_answer(known)),
        }
    }

    /// Makes the first answer again, byte for byte `[IDEMPOTENT]`: checkpoint, proof and receipt follow
    /// from the ledger alone, and a rejection is in it.
    ///
    /// Both are signed with the keys of that leaf, whatever is in use now. `None` if one of them is lost, or
    /// what the driver read is no such thing.
    fn first_answer(&self, known: &Known) -> Option<Frame> {
        match known {
            Known::Received {
                record,
                header,
                inclusion,
                root,
            } => {
                let InboxOutcome::Received {
                    index,
                    at,
                    commit_size,
                } = record.outcome
                else {
                    return None;
                };
                // Where the log begins that the leaf is in: the key is that of the commit's last leaf.
                let log_first = index.checked_sub(inclusion.index)?;
                let ledger = self
                    .ledger_keys
                    .of_leaf(log_first + commit_size.saturating_sub(1))?;
                let checkpoint = SignedCheckpoint::sign(commit_size, *root, ledger);
                let key = self.envelope_keys.of_leaf(index)?;
                SignedReceipt::issue(header, at, inclusion.clone(), &checkpoint, key)
                    .ok()
                    .map(Frame::Receipt)
            }
            Known::Rejected { rejection, .. } => Some(Frame::Rejection(rejection.clone())),
            Known::Report { .. } => None,
        }
    }

    /// A wrong answer would be worse than none: without the first one, the peer is to ask again.
    fn answer_again(&mut self, caller: Caller, item: Digest, first: Option<Frame>) {
        if self.signing == Signing::Held {
            return self.put_off(caller, PutOff::NotSigning, BUSY_RETRY_AFTER);
        }
        if let Some(frame) = first {
            return self.reply(caller, frame);
        }
        let retry_after_ms = u32::try_from(BUSY_RETRY_AFTER.as_millis()).unwrap_or(u32::MAX);
        self.reply(caller, Frame::Busy { retry_after_ms });
        let peer = caller.peer;
        self.events.push_back(Event::AnswerLost { peer, item });
    }

    /// Signs a refusal and lets it join the next commit; the peer is answered from there. `key`, if the
    /// refusal is to be the outcome for that id.
    fn reject(&mut self, caller: Caller, rejection: &Rejection, key: Option<InboxKey>) {
        let signed = SignedRejection::sign(rejection, self.envelope_keys.dated(rejection.rejected_at));
        let entry = Entry::Rejected {
            at: self.now,
            side: Side::Issued,
            rejection: signed,
            key: key.clone(),
        };
        let group = Group::from_peer(caller.peer, entry);
        self.take_request(caller, rejection.envelope, key, group, Charge::Rejection);
    }

    /// Lets what a request asks for join the next commit, if there is room and the peer's quota allows it;
    /// the answer follows the commit.
    fn take_request(
        &mut self,
        caller: Caller,
        item: Digest,
        key: Option<InboxKey>,
        group: Group,
        charge: Charge,
    ) {
        if !self.pipeline.has_room(&group) {
            return self.put_off(caller, PutOff::Crowded, BUSY_RETRY_AFTER);
        }
        let length_bytes = group.length_bytes();
        if let Err(over) = self.meters.spend(self.now, caller.peer, charge, length_bytes) {
            let wait = over.wait.max(BUSY_RETRY_AFTER);
            return self.put_off(caller, PutOff::OverQuota(over.quota), wait);
        }
        self.inbox.take(caller.peer, item, key, caller.stream);
        self.pipeline.join(group);
    }

    fn take_receipt(&mut self, peer: PartyCode, receipt: &VerifiedReceipt) {
        let item = receipt.receipt().envelope;
        if self.awaits(peer, &item, |sent| matches!(sent, Request::Envelope { .. })) {
            let outcome = Entry::Delivered {
                at: self.now,
                receipt: receipt.signed().clone(),
            };
            self.close(peer, &item, outcome);
        }
    }

    fn take_rejection(&mut self, peer: PartyCode, signed: SignedRejection, rejection: &Rejection) {
        let item = rejection.envelope;
        if self.awaits(peer, &item, |sent| matches!(sent, Request::Envelope { .. })) {
            // The peer need not have been able to read which message it refuses. We know it.
            let key = self.outbox.get(&item).map(|refused| InboxKey {
                from: self.own,
                message: refused.message,
                to: refused.to.clone(),
            });
            let outcome = Entry::Rejected {
                at: self.now,
                side: Side::Received,
                rejection: signed,
                key,
            };
            self.close(peer, &item, outcome);
        }
    }

    fn take_recorded(&mut self, peer: PartyCode, report: Digest) {
        if !self.awaits(peer, &report, |sent| !matches!(sent, Request::Envelope { .. })) {
            return;
        }
        let Some(item) = self.outbox.get(&report) else {
            return;
        };
        let (at, message) = (self.now, item.message);
        let outcome = match item.request {
            Request::Completion(_) => Entry::CompletionDelivered {
                at,
                statement: report,
                message,
            },
            Request::Consignment(_) | Request::Envelope { .. } => {
                Entry::ReportDelivered { at, report, message }
            }
        };
        self.close(peer, &report, outcome);
    }

    /// Whether an answer by `peer` is about something that we asked it and that is still open. If not, the
    /// answer changes nothing: it may come late, or twice.
    fn awaits(&mut self, peer: PartyCode, item: &Digest, fits: fn(&Request) -> bool) -> bool {
        let why = match self.outbox.open(item, peer) {
            Some(open) if fits(&open.request) => return true,
            Some(_) => Ignored::WrongKind,
            None => Ignored::NothingAwaited,
        };
        self.events.push_back(Event::Ignored { peer, why });
        false
    }

    /// Lets the outcome of an open item join the next commit, whether or not there is room: one outcome
    /// for each item, and the outbox has its own limit.
    fn close(&mut self, peer: PartyCode, item: &Digest, outcome: Entry) {
        self.outbox.settle(item);
        self.pipeline.join(Group::from_peer(peer, outcome));
    }

    fn unanswered(&mut self, asked: Option<Digest>, patience: Duration) {
        if let Some(item) = asked {
            self.outbox.unanswered(self.now, &item, patience);
        }
    }

    /// Not now: the peer keeps what it asked for and tries again; nothing of it is recorded.
    fn put_off(&mut self, caller: Caller, why: PutOff, wait: Duration) {
        let retry_after_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        self.reply(caller, Frame::Busy { retry_after_ms });
        let peer = caller.peer;
        self.events.push_back(Event::PutOff { peer, why });
    }

    fn reply(&mut self, caller: Caller, frame: Frame) {
        let Caller {
            peer,
            stream: Some(stream),
        } = caller
        else {
            return;
        };
        self.transmits.push_back(Transmit::Reply { peer, stream, frame });
    }
}
