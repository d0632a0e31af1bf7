//! What the world outside knows of a node, over all its lives: what it was told must stay true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::attachment::AttachmentId;
use protocol::digest::{Commitment, Digest};
use protocol::entry::{Entry, Side};
use protocol::exchange::{Event, Request, Transmit};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use protocol::receipt::SignedReceipt;

use super::erasing::Doomed;
use super::files::Sealed;
use super::keys::origins;
use super::life::Life;
use crate::contract::Reader;

/// What a node has said so far.
#[derive(Default)]
pub(super) struct Watch {
    /// The leaves that anybody was told of.
    told: BTreeMap<u64, Vec<u8>>,
    /// The signed checkpoints, by origin and size.
    checkpoints: BTreeMap<(String, u64), String>,
    /// The receipts that left, by envelope.
    receipts: BTreeMap<Digest, SignedReceipt>,
    /// The greatest head of each ledger that it has cosigned.
    cosigned: BTreeMap<String, u64>,
    /// The files that somebody was told are here, by their manifest.
    files: BTreeSet<Commitment>,
    /// What was erased, and is gone for ever.
    gone_payloads: BTreeSet<Commitment>,
    gone_files: BTreeSet<AttachmentId>,
    sealed: Sealed,
    /// It runs on an old copy of its store: nothing may be signed, and nothing answered for.
    is_silent: bool,
}

impl Watch {
    pub(super) fn new(sealed: &Sealed) -> Self {
        Self {
            sealed: Arc::clone(sealed),
            ..Self::default()
        }
    }

    pub(super) fn begin_silence(&mut self) {
        self.is_silent = true;
    }

    pub(super) fn end_silence(&mut self) {
        self.is_silent = false;
    }

    /// Something is to be written.
    pub(super) fn commit(&self) {
        assert!(!self.is_silent, "an old copy grows");
    }

    /// It has answered with a cosignature of a head of this size.
    pub(super) fn cosigned(&mut self, origin: &str, size: u64) {
        let greatest = self.cosigned.entry(origin.to_owned()).or_default();
        assert!(
            *greatest <= size,
            "a witness has cosigned what is behind what it cosigned"
        );
        *greatest = size;
    }

    pub(super) fn has_cosigned(&self, origin: &str) -> Option<u64> {
        self.cosigned.get(origin).copied()
    }

    /// An erasure was carried out.
    pub(super) fn erased(&mut self, doomed: &Doomed) {
        self.gone_payloads.extend(&doomed.payloads);
        self.gone_files.extend(&doomed.files);
    }

    /// Whether somebody was told that it is erased.
    pub(super) fn is_gone(&self, payload: &Commitment) -> bool {
        self.gone_payloads.contains(payload)
    }

    /// Something leaves: it must be durable already `[DURABLE]`.
    pub(super) fn transmit(&mut self, party: PartyCode, reader: &dyn Reader, transmit: &Transmit) {
        match transmit {
            Transmit::Request { request, item, .. } => {
                assert!(!self.is_silent, "an old copy asks");
                assert!(
                    reader.outbox_item(item).unwrap().is_some(),
                    "sent before it was durable"
                );
                if let Request::Envelope { payload, .. } = request {
                    assert!(
                        reader.payload(payload).unwrap().is_some(),
                        "sent without its payload"
                    );
                }
            }
            Transmit::Reply { frame, .. } => self.reply(party, reader, frame),
            Transmit::Close { code, .. } => panic!("all are honest, but {code:#x}"),
        }
    }

    fn reply(&mut self, party: PartyCode, reader: &dyn Reader, frame: &Frame) {
        let answers_for_something = !matches!(frame, Frame::Busy { .. } | Frame::Pong(_));
        // What the copy has is confirmed without a signature of the ledger.
        let is_confirmed = matches!(frame, Frame::Recorded(_));
        assert!(
            !self.is_silent || !answers_for_something || is_confirmed,
            "an old copy answers"
        );
        match frame {
            Frame::Receipt(receipt) => self.receipt(party, reader, receipt),
            Frame::Recorded(report) => {
                let index = reader.report(report).unwrap();
                self.leaf(reader, index.expect("confirmed before it was durable"));
            }
            Frame::Rejection(issued) => {
                let is_it = |leaf: &[u8]| match Entry::decode(leaf).unwrap() {
                    Entry::Rejected { side, rejection, .. } => side == Side::Issued && rejection == *issued,
                    _ => false,
                };
                let known = (0..reader.size())
                    .rev()
                    .find(|index| is_it(&reader.leaf(*index).unwrap()));
                self.leaf(reader, known.expect("refused before it was durable"));
            }
            _ => {}
        }
    }

    /// A receipt speaks of a leaf that is durable, under a root that is right, and never changes
    /// `[IDEMPOTENT]`.
    fn receipt(&mut self, party: PartyCode, reader: &dyn Reader, signed: &SignedReceipt) {
        let (receipt, _) = signed.peek().unwrap();
        let first = first_of(party, reader, &receipt.checkpoint.origin);
        let leaf = self.leaf(reader, first + receipt.inclusion.index);
        let Entry::Received {
            header, commit_size, ..
        } = Entry::decode(&leaf).unwrap()
        else {
            panic!("a receipt for what was not received")
        };
        assert_eq!(header.digest(), receipt.envelope);
        assert_eq!(commit_size, receipt.checkpoint.size);
        assert_eq!(
            receipt.checkpoint.root,
            reader.root_at(first + commit_size).unwrap()
        );
        let (header, _) = header.peek().unwrap();
        assert!(
            reader.payload(&header.payload).unwrap().is_some()
                || reader
                    .erased_by(first + receipt.inclusion.index)
                    .unwrap()
                    .is_some(),
            "a receipt without the payload"
        );
        let first = self.receipts.entry(receipt.envelope);
        let first = first.or_insert_with(|| signed.clone());
        assert_eq!(first, signed, "a second receipt differs from the first");
    }

    /// The node itself is told.
    pub(super) fn event(&mut self, reader: &dyn Reader, event: &Event) {
        match event {
            Event::CheckpointSigned { note, size, .. } => {
                assert!(!self.is_silent, "an old copy is signed");
                let origin = note.lines().next().unwrap_or_default().to_owned();
                let first = self.checkpoints.entry((origin, *size));
                let first = first.or_insert_with(|| note.clone());
                assert_eq!(first, note, "two checkpoints of one size");
                assert!(*size <= reader.size(), "signed before it was durable");
            }
            Event::Submitted { index, .. }
            | Event::Received { index, .. }
            | Event::Delivered { index, .. }
            | Event::Consigned { index, .. }
            | Event::Completed { index, .. }
            | Event::CompletionDelivered { index, .. }
            | Event::ReportDelivered { index, .. }
            | Event::Rejected { index, .. }
            | Event::Expired { index, .. }
            | Event::Acted { index, .. }
            | Event::Recorded { index } => {
                let leaf = self.leaf(reader, *index);
                self.has_file(&Entry::decode(&leaf).unwrap());
            }
            _ => {}
        }
    }

    /// A leaf that somebody is told of; the same for ever.
    fn leaf(&mut self, reader: &dyn Reader, index: u64) -> Vec<u8> {
        let leaf = reader.leaf(index).expect("told of before it was durable");
        let first = self.told.entry(index).or_insert_with(|| leaf.clone());
        assert_eq!(*first, leaf, "leaf {index} has changed");
        leaf
    }

    /// Files are there before a leaf says so: those of what is submitted, and those that are complete.
    fn has_file(&mut self, entry: &Entry) {
        match entry {
            Entry::Submitted { header, .. } => self.files.extend(header.peek().unwrap().0.attachments),
            Entry::Completed {
                side: Side::Issued,
                statement,
                ..
            } => {
                self.files.insert(statement.peek().unwrap().0.manifest);
            }
            _ => {}
        }
    }

    /// After a start: all that was said is still so, and what was erased is still gone.
    pub(super) fn check(&self, life: &Life) {
        let (party, reader) = (life.party, &*life.reader);
        for (index, leaf) in &self.told {
            let now = reader.leaf(*index);
            assert_eq!(
                now.as_ref().ok(),
                Some(leaf),
                "leaf {index} was told of, and is lost"
            );
        }
        let origins = origins(party, reader);
        for ((origin, size), note) in &self.checkpoints {
            let first = origins.iter().find(|(name, _)| name == origin);
            let first = first.expect("a checkpoint of no log that there is").1;
            let root = reader
                .root_at(first + size)
                .expect("a signed size is lost")
                .to_string();
            let said = ledger::note::Note::parse(note.as_bytes()).unwrap();
            let said = ledger::checkpoint::Checkpoint::parse(said.text().as_str()).unwrap();
            assert_eq!(said.root.to_string(), root, "another root at size {size}");
        }
        for (origin, size) in &self.cosigned {
            let head = life
                .witnessing
                .head(origin)
                .expect("a cosigned head is forgotten");
            assert!(head.checkpoint().size >= *size, "a cosigned head is forgotten");
        }
        let doomed = Doomed::of(reader, &self.sealed).unwrap_or_default();
        for sealed in self.files.iter().map(|manifest| &self.sealed[manifest]) {
            let is_to_go = doomed.files.contains(&sealed.attachment.id());
            // A disk that fails here soon fails the node.
            let is_lost = matches!(life.find(sealed), Ok(None));
            assert!(is_to_go || !is_lost, "a file is lost");
        }
        for payload in &self.gone_payloads {
            assert!(
                reader.payload(payload).unwrap().is_none(),
                "what was erased is back"
            );
        }
        for sealed in self.sealed.values() {
            let is_gone = self.gone_files.contains(&sealed.attachment.id());
            let is_back = is_gone && matches!(life.find(sealed), Ok(Some(_)));
            assert!(!is_back, "a file that was erased is back");
        }
    }

    /// At the end: every file that somebody was told of is whole.
    pub(super) fn check_files(&self, life: &Life) {
        for sealed in self.files.iter().map(|manifest| &self.sealed[manifest]) {
            if !self.gone_files.contains(&sealed.attachment.id()) {
                life.check_file(sealed);
            }
        }
    }
}

/// The position at which the log of this origin begins.
pub(super) fn first_of(party: PartyCode, reader: &dyn Reader, origin: &str) -> u64 {
    let origins = origins(party, reader);
    let found = origins.iter().find(|(name, _)| name == origin);
    found.expect("a checkpoint of no log that there is").1
}
