//! One life of a node: from its start until its machine stops.

use std::sync::Arc;

use protocol::check::{Asked, Checked, Circumstances, check};
use protocol::directory::Directory;
use protocol::exchange::{
    Commit, Event, Exchange, Incoming, Known, RecordError, Request, Restored, Settings, StreamId, Transmit,
};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use protocol::index::InboxKey;
use protocol::time::UnixMillis;

use super::keys::{Turn, identity, next_envelope_key, next_ledger_key};
use super::watch::Watch;
use crate::contract::{Progress, Reader, Store as _, StoreError};
use crate::disk::Disk;
use crate::embedded::tests::small;
use crate::{Embedded, OpenError, known};

pub(super) struct Life {
    party: PartyCode,
    directory: Arc<Directory>,
    pub(super) exchange: Exchange,
    store: Embedded,
    pub(super) reader: Arc<dyn Reader>,
    /// Given out by the exchange, not yet durable.
    pub(super) in_flight: Option<Commit>,
    /// How the last life ended.
    pub(super) had_torn_tail: bool,
}

/// What came out of a node.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) transmits: Vec<Transmit>,
    pub(super) events: Vec<Event>,
}

impl Life {
    pub(super) fn begin(
        disk: &Disk,
        party: PartyCode,
        directory: &Arc<Directory>,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<Self, OpenError> {
        let (store, report) = Embedded::open_on(disk, &small())?;
        let reader = store.reader();
        let edge = reader.edge();
        let restored = Restored {
            log_first: reader.size() - edge.size(),
            edge,
            outbox: reader.outbox()?,
        };
        Ok(Self {
            party,
            directory: Arc::clone(directory),
            exchange: Exchange::new(now, identity(party, &*reader), settings, restored).unwrap(),
            store,
            reader,
            in_flight: None,
            had_torn_tail: report.torn.is_some(),
        })
    }

    /// Takes all that the exchange gives out, and shows it to who watches.
    pub(super) fn drain(&mut self, watch: &mut Watch) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(commit) = self.exchange.poll_commit() {
            assert!(self.in_flight.is_none(), "two commits in flight");
            self.in_flight = Some(commit);
        }
        while let Some(transmit) = self.exchange.poll_transmit() {
            watch.transmit(self.party, &*self.reader, &transmit);
            outcome.transmits.push(transmit);
        }
        while let Some(event) = self.exchange.poll_event() {
            watch.event(&*self.reader, &event);
            outcome.events.push(event);
        }
        outcome
    }

    /// Makes the commit in flight durable, and says so to the exchange. What cannot be written now stays in
    /// flight.
    pub(super) fn commit(&mut self, now: UnixMillis) -> Result<(), StoreError> {
        let commit = self.in_flight.as_ref().expect("no commit in flight");
        self.store.commit(commit)?;
        self.in_flight = None;
        self.exchange.handle_committed(now);
        Ok(())
    }

    /// Notes the head that was released last.
    pub(super) fn note_released(&mut self) -> Result<(), StoreError> {
        let (size, root) = (self.reader.size(), self.reader.edge().root());
        self.store.note_released(size, root)
    }

    pub(super) fn maintain(&mut self) -> Result<Progress, StoreError> {
        self.store.maintain()
    }

    /// The next key comes to be used, or the next log begins. Says whether that is to be tried again later.
    pub(super) fn turn(&mut self, now: UnixMillis, turn: Turn) -> bool {
        let identity = identity(self.party, &*self.reader);
        let done = match turn {
            Turn::EnvelopeKey => {
                let next = next_envelope_key(self.party, &identity);
                next.map(|key| self.exchange.change_envelope_key(now, key))
            }
            Turn::LedgerKey => {
                let next = next_ledger_key(self.party, &identity, turn);
                next.map(|signer| self.exchange.change_ledger_key(now, signer))
            }
            Turn::Log => {
                let next = next_ledger_key(self.party, &identity, turn);
                next.map(|signer| self.exchange.begin_log(now, signer, None))
            }
        };
        match done {
            None | Some(Ok(())) => false,
            // Another change waits for its commit, there is no room, or nothing to end yet.
            Some(Err(
                RecordError::Busy
                | RecordError::OtherLedger
                | RecordError::SameLog
                | RecordError::LogEnded
                | RecordError::NothingRecorded,
            )) => true,
            Some(Err(error)) => panic!("{error}"),
        }
    }

    /// A frame comes in on a stream of a peer's.
    pub(super) fn asked(&mut self, now: UnixMillis, peer: PartyCode, stream: StreamId, frame: Frame) {
        let frame = self.check(now, peer, frame, Asked::Nothing);
        let known = self.known(&frame);
        let incoming = Incoming {
            peer,
            stream: Some(stream),
            asked: None,
            frame,
            known,
        };
        self.exchange.handle_frame(now, incoming);
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
    }

    /// The frame that a request becomes: the payload comes from the store.
    pub(super) fn frame_of(&self, request: &Request) -> Frame {
        match request {
            Request::Envelope { header, payload } => Frame::Envelope {
                header: header.clone(),
                payload: self.reader.payload(payload).unwrap().expect("it was sent before"),
            },
            Request::Consignment(report) => Frame::Consignment(report.clone()),
            Request::Completion(statement) => Frame::Completion(statement.clone()),
        }
    }

    /// The received messages that wait to be opened, or for their attachments.
    pub(super) fn waiting(&self) -> Vec<InboxKey> {
        let unopened = self.reader.unopened().unwrap();
        let pulling = self.reader.pulling().unwrap();
        let mut keys: Vec<InboxKey> = unopened.into_iter().chain(pulling).map(|(key, _)| key).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn check(&self, now: UnixMillis, peer: PartyCode, frame: Frame, asked: Asked<'_>) -> Checked {
        let circumstances = Circumstances {
            peer,
            own: self.party,
            directory: &self.directory,
            now,
            asked,
        };
        check(frame, &circumstances).expect("all are honest")
    }

    fn known(&self, frame: &Checked) -> Option<Known> {
        known::lookup(&*self.reader, frame).unwrap()
    }
}
