//! A node without a world: an exchange, its disk, and a driver that looks at everything which comes out.

use std::collections::BTreeMap;

use super::disk::Disk;
use super::parties::{START, directory, identity};
use crate::check::{Asked, Checked, Circumstances, check};
use crate::digest::Digest;
use crate::directory::Directory;
use crate::entry::{Entry, Side};
use crate::exchange::{
    Commit, Event, Exchange, Identity, Incoming, Request, Restored, Settings, StreamId, Transmit,
};
use crate::frame::Frame;
use crate::ids::PartyCode;
use crate::receipt::SignedReceipt;
use crate::time::UnixMillis;

pub(super) struct Machine {
    pub(super) party: PartyCode,
    pub(super) exchange: Exchange,
    pub(super) disk: Disk,
    /// Given out by the exchange, not yet durable.
    pub(super) in_flight: Option<Commit>,
    pub(super) events: Vec<Event>,
    pub(super) transmits: Vec<Transmit>,
    /// Every receipt that ever left, over all lives, by envelope.
    pub(super) receipts: BTreeMap<Digest, SignedReceipt>,
    directory: Directory,
    settings: Settings,
}

impl Machine {
    pub(super) fn new(party: PartyCode, directory: Directory, now: UnixMillis, settings: Settings) -> Self {
        let exchange = Exchange::new(now, identity(party), &settings, Restored::default()).unwrap();
        Self {
            party,
            exchange,
            disk: Disk::default(),
            in_flight: None,
            events: vec![],
            transmits: vec![],
            receipts: BTreeMap::new(),
            directory,
            settings,
        }
    }

    /// A machine with the usual settings, at [`START`], connected to nobody.
    pub(super) fn usual(party: PartyCode) -> Self {
        Self::new(party, directory(), START, Settings::default())
    }

    /// A machine with few places, connected to nobody.
    pub(super) fn with(party: PartyCode, settings: Settings) -> Self {
        Self::new(party, directory(), START, settings)
    }

    pub(super) fn connect(&mut self, now: UnixMillis, peer: PartyCode) {
        self.exchange.handle_connected(now, peer);
        self.drain();
    }

    pub(super) fn time_out(&mut self, now: UnixMillis) {
        self.exchange.handle_timeout(now);
        self.drain();
    }

    /// Polls everything, in the order that the contract names, and checks that nothing comes out which is
    /// not durable `[DURABLE]`.
    pub(super) fn drain(&mut self) {
        if let Some(commit) = self.exchange.poll_commit() {
            assert!(self.in_flight.is_none(), "two commits in flight");
            self.in_flight = Some(commit);
        }
        assert!(self.exchange.poll_commit().is_none(), "two commits in flight");
        while let Some(transmit) = self.exchange.poll_transmit() {
            self.spy_on_transmit(&transmit);
            self.transmits.push(transmit);
        }
        while let Some(event) = self.exchange.poll_event() {
            self.spy_on_event(&event);
            self.events.push(event);
        }
    }

    /// The disk finishes the commit in flight, and the exchange hears of it.
    pub(super) fn commit(&mut self, now: UnixMillis) {
        let commit = self.in_flight.take().expect("no commit in flight");
        self.disk.write(&commit);
        self.exchange.handle_committed(now);
        self.drain();
    }

    /// Drains and commits until nothing more is to be committed.
    pub(super) fn settle(&mut self, now: UnixMillis) {
        self.drain();
        while self.in_flight.is_some() {
            self.commit(now);
        }
    }

    /// Once everything has its outcome, the exchange remembers nothing.
    pub(super) fn assert_forgetful(&self) {
        assert_eq!(self.exchange.outbox_len(), 0, "something waits for ever");
        assert_eq!(self.exchange.poll_timeout(), None);
        assert!(self.exchange.inbox.is_empty());
        assert!(self.exchange.promised.is_empty() && self.exchange.consigning.is_empty());
        assert!(self.exchange.completing.is_empty() && self.exchange.submitting.is_empty());
        assert!(self.in_flight.is_none() && self.disk.index.outbox.is_empty());
    }

    /// Loses all but the disk; `finished` says whether the disk still finished the commit in flight.
    pub(super) fn crash(&mut self, now: UnixMillis, finished: Finished) {
        if let (Some(commit), Finished::Yes) = (self.in_flight.take(), finished) {
            self.disk.write(&commit);
        }
        self.restart_as(now, identity(self.party));
    }

    /// Begins again from the disk, with these keys.
    pub(super) fn restart_as(&mut self, now: UnixMillis, identity: Identity) {
        self.transmits.clear();
        let restored = self.disk.restored();
        self.exchange = Exchange::new(now, identity, &self.settings, restored).unwrap();
        self.drain();
    }

    /// A frame comes in on a stream of the peer's.
    pub(super) fn asked(&mut self, now: UnixMillis, peer: PartyCode, stream: u64, frame: Frame) {
        let checked = self.check(now, peer, frame, Asked::Nothing);
        let known = self.disk.known(&checked);
        let stream = Some(StreamId(stream));
        let incoming = Incoming {
            peer,
            stream,
            asked: None,
            frame: checked,
            known,
        };
        self.exchange.handle_frame(now, incoming);
        self.drain();
    }

    /// A frame comes in that answers a request of ours.
    pub(super) fn answered(&mut self, now: UnixMillis, peer: PartyCode, request: &Request, frame: Frame) {
        let (item, asked) = match request {
            Request::Envelope { header, .. } => (header.digest(), Asked::Envelope(header)),
            Request::Consignment(report) => (report.digest(), Asked::Consignment(report)),
            Request::Completion(statement) => (statement.digest(), Asked::Completion(statement)),
        };
        let frame = self.check(now, peer, frame, asked);
        let incoming = Incoming {
            peer,
            stream: None,
            asked: Some(item),
            frame,
            known: None,
        };
        self.exchange.handle_frame(now, incoming);
        self.drain();
    }

    /// The frame that a request becomes: the payload comes from the disk.
    pub(super) fn frame_of(&self, request: &Request) -> Frame {
        match request {
            Request::Envelope { header, payload } => Frame::Envelope {
                header: header.clone(),
                payload: self.disk.payloads[payload].clone(),
            },
            Request::Consignment(report) => Frame::Consignment(report.clone()),
            Request::Completion(statement) => Frame::Completion(statement.clone()),
        }
    }

    /// The requests that came out since this was last asked.
    pub(super) fn take_requests(&mut self) -> Vec<Request> {
        let requests = |transmit| match transmit {
            Transmit::Request { request, .. } => Some(request),
            _ => None,
        };
        std::mem::take(&mut self.transmits)
            .into_iter()
            .filter_map(requests)
            .collect()
    }

    /// What happened since this was last asked.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The replies that came out since this was last asked.
    pub(super) fn take_replies(&mut self) -> Vec<(StreamId, Frame)> {
        let replies = |transmit| match transmit {
            Transmit::Reply { stream, frame, .. } => Some((stream, frame)),
            _ => None,
        };
        std::mem::take(&mut self.transmits)
            .into_iter()
            .filter_map(replies)
            .collect()
    }

    fn check(&self, now: UnixMillis, peer: PartyCode, frame: Frame, asked: Asked<'_>) -> Checked {
        let circumstances = Circumstances {
            peer,
            own: self.party,
            directory: &self.directory,
            now,
            asked,
        };
        check(frame, &circumstances).unwrap()
    }

    fn leaf(&self, index: u64) -> Entry {
        let leaf = self.disk.leaves.get(usize::try_from(index).unwrap());
        Entry::decode(leaf.expect("came out before it was durable")).unwrap()
    }

    fn spy_on_transmit(&mut self, transmit: &Transmit) {
        match transmit {
            Transmit::Request { item, request, .. } => {
                assert!(
                    self.disk.index.outbox.contains_key(item),
                    "sent before it was durable"
                );
                if let Request::Envelope { payload, .. } = request {
                    assert!(
                        self.disk.payloads.contains_key(payload),
                        "sent without its payload"
                    );
                }
            }
            Transmit::Reply {
                frame: Frame::Receipt(receipt),
                ..
            } => self.spy_on_receipt(receipt),
            Transmit::Reply {
                frame: Frame::Rejection(issued),
                ..
            } => {
                let is_it = |entry| {
                    matches!(entry, Entry::Rejected { side: Side::Issued, rejection, .. }
                    if rejection == *issued)
                };
                assert!(self.disk.entries().any(is_it), "refused before it was durable");
            }
            Transmit::Reply {
                frame: Frame::Recorded(report),
                ..
            } => {
                assert!(
                    self.disk.index.reports.contains_key(report),
                    "confirmed before it was durable"
                );
            }
            Transmit::Reply { .. } | Transmit::Close { .. } => {}
        }
    }

    /// A receipt speaks of a leaf that is durable, under a root that is right, and never changes
    /// `[IDEMPOTENT]`.
    fn spy_on_receipt(&mut self, signed: &SignedReceipt) {
        let (receipt, _) = signed.peek().unwrap();
        let logs = self.disk.logs().into_iter();
        // An index says nothing without the origin; of the logs, one has the leaf.
        let mut received = logs.filter_map(|first| {
            let position = usize::try_from(first + receipt.inclusion.index).ok()?;
            match Entry::decode(self.disk.leaves.get(position)?).unwrap() {
                Entry::Received {
                    at,
                    header,
                    commit_size,
                } if header.digest() == receipt.envelope => Some((first, at, header, commit_size)),
                _ => None,
            }
        });
        let (first, at, header, commit_size) =
            received.next_back().expect("a receipt for what was not received");
        assert_eq!(header.digest(), receipt.envelope);
        assert_eq!(at, receipt.received_at);
        assert_eq!(commit_size, receipt.checkpoint.size);
        assert_eq!(receipt.checkpoint.root, self.disk.root_in(first, commit_size));
        let first = self
            .receipts
            .entry(receipt.envelope)
            .or_insert_with(|| signed.clone());
        assert_eq!(first, signed, "a second receipt differs from the first");
    }

    fn spy_on_event(&self, event: &Event) {
        let matches = match event {
            Event::Submitted { index, .. } => matches!(self.leaf(*index), Entry::Submitted { .. }),
            Event::Received { index, .. } => matches!(self.leaf(*index), Entry::Received { .. }),
            Event::Delivered { index, .. } => matches!(self.leaf(*index), Entry::Delivered { .. }),
            Event::Consigned { index, .. } => matches!(self.leaf(*index), Entry::Consigned { .. }),
            Event::Completed { index, .. } => matches!(self.leaf(*index), Entry::Completed { .. }),
            Event::CompletionDelivered { index, .. } => {
                matches!(self.leaf(*index), Entry::CompletionDelivered { .. })
            }
            Event::ReportDelivered { index, .. } => {
                matches!(self.leaf(*index), Entry::ReportDelivered { .. })
            }
            Event::Rejected { index, .. } => matches!(self.leaf(*index), Entry::Rejected { .. }),
            Event::Expired { index, .. } => matches!(self.leaf(*index), Entry::Expired { .. }),
            Event::Acted { index, .. } => matches!(
                self.leaf(*index),
                Entry::Retrieved { .. } | Entry::Approved { .. } | Entry::SentAlone { .. }
            ),
            Event::Recorded { index } => *index < self.disk.leaves.len() as u64,
            Event::CheckpointSigned { size, .. } => *size <= self.disk.leaves.len() as u64,
            Event::ReceiptOverdue { .. }
            | Event::PeerNeeded { .. }
            | Event::PeerMisbehaved { .. }
            | Event::PutOff { .. }
            | Event::AnswerLost { .. }
            | Event::Ignored { .. } => true,
        };
        assert!(matches, "{event:?} is not what the ledger says");
    }
}

/// Whether the disk finished what it was doing when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finished {
    Yes,
    No,
}
