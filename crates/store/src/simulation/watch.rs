//! What the world outside knows of a node, over all its lives: what it was told must stay true.

use std::collections::BTreeMap;

use protocol::digest::Digest;
use protocol::entry::{Entry, Side};
use protocol::exchange::{Event, Request, Transmit};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use protocol::receipt::SignedReceipt;

use super::keys::origins;
use crate::contract::Reader;

/// What a node has said so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The leaves that anybody was told of.
    told: BTreeMap<u64, Vec<u8>>,
    /// The signed checkpoints, by origin and size.
    checkpoints: BTreeMap<(String, u64), String>,
    /// The receipts that left, by envelope.
    receipts: BTreeMap<Digest, SignedReceipt>,
}

impl Watch {
    /// Something leaves: it must be durable already `[DURABLE]`.
    pub(super) fn transmit(&mut self, party: PartyCode, reader: &dyn Reader, transmit: &Transmit) {
        match transmit {
            Transmit::Request { request, item, .. } => {
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
            reader.payload(&header.payload).unwrap().is_some(),
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
            | Event::Recorded { index } => drop(self.leaf(reader, *index)),
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

    /// After a start: all that was said is still so.
    pub(super) fn check(&self, party: PartyCode, reader: &dyn Reader) {
        for (index, leaf) in &self.told {
            let now = reader.leaf(*index);
            assert_eq!(
                now.as_ref().ok(),
                Some(leaf),
                "leaf {index} was told of, and is lost"
            );
        }
        for ((origin, size), note) in &self.checkpoints {
            let first = first_of(party, reader, origin);
            let root = reader
                .root_at(first + size)
                .expect("a signed size is lost")
                .to_string();
            let said = ledger::note::Note::parse(note.as_bytes()).unwrap();
            let said = ledger::checkpoint::Checkpoint::parse(said.text().as_str()).unwrap();
            assert_eq!(said.root.to_string(), root, "another root at size {size}");
        }
    }
}

/// The position at which the log of this origin begins.
fn first_of(party: PartyCode, reader: &dyn Reader, origin: &str) -> u64 {
    let origins = origins(party, reader);
    let found = origins.iter().find(|(name, _)| name == origin);
    found.expect("a checkpoint of no log that there is").1
}
