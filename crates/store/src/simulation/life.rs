//! One life of a node: from its start until its machine stops.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use protocol::check::{Asked, Checked, Circumstances, check};
use protocol::directory::Directory;
use protocol::entry::Entry;
use protocol::exchange::{
    Commit, Event, Exchange, Identity, Incoming, Known, RecordError, Request, Restored, Settings, StreamId,
    Transmit,
};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use protocol::index::InboxKey;
use protocol::time::UnixMillis;
use protocol::time::believed::Believed;

use super::clocks::{MachineClock, Standing, monotonic};
use super::erasing::Doomed;
use super::keys::{Turn, identity, next_envelope_key, next_ledger_key};
use super::publishing::Publishing;
use super::watch::Watch;
use super::witnesses::Witnessing;
use crate::attachments::Receiving;
use crate::contract::{Progress, ReadError, Reader, Store as _, StoreError};
use crate::disk::Disk;
use crate::embedded::tests::small;
use crate::{AttachmentError, AttachmentSettings, Attachments, Embedded, OpenError, known};

pub(super) struct Life {
    pub(super) party: PartyCode,
    pub(super) directory: Arc<Directory>,
    pub(super) exchange: Exchange,
    pub(super) store: Embedded,
    pub(super) reader: Arc<dyn Reader>,
    pub(super) files: Attachments,
    /// The files that are being received.
    pub(super) receiving: BTreeMap<InboxKey, Receiving>,
    pub(super) witnessing: Witnessing,
    pub(super) publishing: Publishing,
    pub(super) erasing: Option<Doomed>,
    pub(super) believed: Believed,
    standing: Standing,
    /// Given out by the exchange, not yet durable.
    pub(super) in_flight: Option<Commit>,
    /// How the last life ended.
    pub(super) had_torn_tail: bool,
}

/// Why a node does not start.
#[derive(Debug)]
pub(super) enum NotStarted {
    Store(OpenError),
    Files(AttachmentError),
    /// By its clock, the directory has expired.
    Directory,
}

/// What came out of a node.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) transmits: Vec<Transmit>,
    pub(super) events: Vec<Event>,
}

impl Life {
    /// As `node::foundation` lays it: the store, the files, the clock, the directory, the exchange.
    pub(super) fn begin(
        disk: &Disk,
        party: PartyCode,
        directory: &Arc<Directory>,
        settings: &Settings,
        (clock, now): (MachineClock, UnixMillis),
    ) -> Result<Self, NotStarted> {
        let (store, report) = Embedded::open_on(disk, &small())?;
        let reader = store.reader();
        let files = store.attachments(AttachmentSettings {
            free_space_floor_bytes: 0,
            sync_interval_bytes: 4 * 1024,
        })?;
        let mut believed = Believed::not_before(last_entry_at(&*reader));
        let (time, _) = believed.read(clock.shows(now), monotonic(now));
        if time >= directory.expires_at {
            return Err(NotStarted::Directory);
        }
        believed.raise_floor(directory.issued_at);
        let (time, _) = believed.read(clock.shows(now), monotonic(now));
        let edge = reader.edge();
        let restored = Restored {
            log_first: reader.size() - edge.size(),
            edge,
            outbox: reader.outbox()?,
        };
        let identity = identity(party, &*reader);
        Ok(Self {
            party,
            directory: Arc::clone(directory),
            exchange: Exchange::new(time, identity, settings, restored).unwrap(),
            store,
            reader,
            files,
            receiving: BTreeMap::new(),
            witnessing: Witnessing::new(party, disk),
            publishing: Publishing::default(),
            erasing: None,
            believed,
            standing: Standing::default(),
            in_flight: None,
            had_torn_tail: report.torn.is_some(),
        })
    }

    /// The time that it goes by.
    pub(super) fn time(&mut self, clock: MachineClock, now: UnixMillis) -> UnixMillis {
        let (time, _) = self.believed.read(clock.shows(now), monotonic(now));
        self.standing.read(clock, now, time);
        time
    }

    /// Its keys, as the ledger says.
    pub(super) fn identity(&self) -> Identity {
        identity(self.party, &*self.reader)
    }

    /// Takes all that the exchange gives out, and shows it to who watches.
    pub(super) fn drain(&mut self, watch: &mut Watch) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(commit) = self.exchange.poll_commit() {
            assert!(self.in_flight.is_none(), "two commits in flight");
            watch.commit();
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
    pub(super) fn commit(&mut self, time: UnixMillis) -> Result<(), StoreError> {
        let commit = self.in_flight.as_ref().expect("no commit in flight");
        self.store.commit(commit)?;
        self.in_flight = None;
        self.exchange.handle_committed(time);
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
    pub(super) fn turn(&mut self, time: UnixMillis, turn: Turn) -> bool {
        let identity = self.identity();
        let done = match turn {
            Turn::EnvelopeKey => {
                let next = next_envelope_key(self.party, &identity);
                next.map(|key| self.exchange.change_envelope_key(time, key))
            }
            Turn::LedgerKey => {
                let next = next_ledger_key(self.party, &identity, turn);
                next.map(|signer| self.exchange.change_ledger_key(time, signer))
            }
            Turn::Log => {
                let next = next_ledger_key(self.party, &identity, turn);
                let witnessed = self.publishing.witnessed(identity.ledger.name());
                next.map(|signer| self.exchange.begin_log(time, signer, witnessed))
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
                | RecordError::NotSigning
                | RecordError::NothingRecorded,
            )) => true,
            Some(Err(error)) => panic!("{error}"),
        }
    }

    /// A frame comes in on a stream of a peer's.
    pub(super) fn asked(&mut self, time: UnixMillis, peer: PartyCode, stream: StreamId, frame: Frame) {
        let frame = self.check(time, peer, frame, Asked::Nothing);
        let known = self.known(&frame);
        let incoming = Incoming {
            peer,
            stream: Some(stream),
            asked: None,
            frame,
            known,
        };
        self.exchange.handle_frame(time, incoming);
    }

    /// A frame comes in that answers a request of ours.
    pub(super) fn answered(&mut self, time: UnixMillis, peer: PartyCode, request: &Request, frame: Frame) {
        let (item, asked) = match request {
            Request::Envelope { header, .. } => (header.digest(), Asked::Envelope(header)),
            Request::Consignment(report) => (report.digest(), Asked::Consignment(report)),
            Request::Completion(statement) => (statement.digest(), Asked::Completion(statement)),
        };
        let frame = self.check(time, peer, frame, asked);
        let incoming = Incoming {
            peer,
            stream: None,
            asked: Some(item),
            frame,
            known: None,
        };
        self.exchange.handle_frame(time, incoming);
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

    fn check(&self, time: UnixMillis, peer: PartyCode, frame: Frame, asked: Asked<'_>) -> Checked {
        let circumstances = Circumstances {
            peer,
            own: self.party,
            directory: &self.directory,
            now: time,
            asked,
        };
        check(frame, &circumstances).expect("all are honest")
    }

    fn known(&self, frame: &Checked) -> Option<Known> {
        known::lookup(&*self.reader, frame).unwrap()
    }
}

/// As `node::foundation` has it: the clock never shows less than what the ledger has seen.
fn last_entry_at(reader: &dyn Reader) -> UnixMillis {
    let last = reader.size().checked_sub(1);
    last.map_or(UnixMillis(0), |last| {
        Entry::decode(&reader.leaf(last).unwrap()).unwrap().at()
    })
}

impl NotStarted {
    /// Whether the store was found to be behind what it had released itself.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self, Self::Store(OpenError::BehindReleased { .. }))
    }
}

impl From<OpenError> for NotStarted {
    fn from(error: OpenError) -> Self {
        Self::Store(error)
    }
}

impl From<ReadError> for NotStarted {
    fn from(error: ReadError) -> Self {
        Self::Store(error.into())
    }
}

impl From<AttachmentError> for NotStarted {
    fn from(error: AttachmentError) -> Self {
        Self::Files(error)
    }
}

impl fmt::Display for NotStarted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(out, "{error}"),
            Self::Files(error) => write!(out, "{error}"),
            Self::Directory => write!(out, "the directory has expired"),
        }
    }
}
