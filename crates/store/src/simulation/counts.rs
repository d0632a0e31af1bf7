//! What a ledger says of each message, counted.

use std::collections::BTreeMap;

use protocol::digest::{Commitment, Digest};
use protocol::entry::{Entry, Side};
use protocol::ids::{ContactPoint, MessageId};

use crate::contract::Reader;

/// How often each thing was recorded in one ledger about one message to one recipient.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) submitted: u32,
    pub(super) received: u32,
    pub(super) delivered: u32,
    pub(super) refused_by_peer: u32,
    pub(super) refused_by_us: u32,
    pub(super) expired: u32,
    pub(super) reports_issued: u32,
    pub(super) reports_received: u32,
    pub(super) reports_delivered: u32,
    pub(super) attached: u32,
    pub(super) completions_issued: u32,
    pub(super) completions_received: u32,
    pub(super) completions_delivered: u32,
}

/// A message, and one who is to get it.
pub(super) type Copy = (MessageId, ContactPoint);
pub(super) type Ledger = BTreeMap<Copy, Counts>;

/// A field of the counts.
type Field = fn(&mut Counts) -> &mut u32;

/// What is known while the leaves are read, in their order.
struct Counting<'a> {
    reader: &'a dyn Reader,
    ledger: Ledger,
    /// What each envelope, report and completion is about: later leaves name them by their digest.
    about: BTreeMap<Digest, Copy>,
}

pub(super) fn count(reader: &dyn Reader) -> Ledger {
    let mut counting = Counting {
        reader,
        ledger: Ledger::new(),
        about: BTreeMap::new(),
    };
    for index in 0..reader.size() {
        let entry = Entry::decode(&reader.leaf(index).unwrap()).unwrap();
        let (copy, field) = match entry {
            Entry::KeyChanged { .. }
            | Entry::LedgerKeyChanged { .. }
            | Entry::LogBegun { .. }
            | Entry::ErasureNotice { .. } => continue,
            Entry::Consigned { .. }
            | Entry::Completed { .. }
            | Entry::ReportDelivered { .. }
            | Entry::CompletionDelivered { .. } => counting.report(entry),
            entry => counting.message(index, entry),
        };
        *field(counting.ledger.entry(copy).or_default()) += 1;
    }
    counting.ledger
}

impl Counting<'_> {
    /// Leaves on the way of a message.
    fn message(&mut self, index: u64, entry: Entry) -> (Copy, Field) {
        match entry {
            Entry::Submitted { header, .. } => {
                let digest = header.digest();
                let (header, _) = header.peek().unwrap();
                self.expect_payload(index, &header.payload);
                let copy = (header.message, header.to);
                self.about.insert(digest, copy.clone());
                if header.attachments.is_some() {
                    self.ledger.entry(copy.clone()).or_default().attached += 1;
                }
                (copy, |counts| &mut counts.submitted)
            }
            Entry::Received { header, .. } => {
                let (header, _) = header.peek().unwrap();
                self.expect_payload(index, &header.payload);
                let copy = (header.message, header.to);
                if header.attachments.is_some() {
                    self.ledger.entry(copy.clone()).or_default().attached += 1;
                }
                (copy, |counts| &mut counts.received)
            }
            Entry::Delivered { receipt, .. } => {
                let (receipt, _) = receipt.peek().unwrap();
                ((receipt.message, receipt.to), |counts| &mut counts.delivered)
            }
            Entry::Expired { message, to, .. } => ((message, to), |counts| &mut counts.expired),
            Entry::Rejected {
                side, rejection, key, ..
            } => {
                let (rejection, _) = rejection.peek().unwrap();
                match side {
                    Side::Issued => {
                        let to = key.expect("all headers are authentic").to;
                        ((rejection.message.unwrap(), to), |counts| {
                            &mut counts.refused_by_us
                        })
                    }
                    Side::Received => {
                        let copy = self.about[&rejection.envelope].clone();
                        (copy, |counts| &mut counts.refused_by_peer)
                    }
                }
            }
            entry => panic!("nobody recorded {entry:?}"),
        }
    }

    /// Leaves on the way of a report, or of the statement that attachments are complete.
    fn report(&mut self, entry: Entry) -> (Copy, Field) {
        match entry {
            Entry::Consigned { side, report, .. } => {
                let digest = report.digest();
                let (report, _) = report.peek().unwrap();
                let copy = (report.message, report.to);
                self.about.insert(digest, copy.clone());
                match side {
                    Side::Issued => (copy, |counts| &mut counts.reports_issued),
                    Side::Received => (copy, |counts| &mut counts.reports_received),
                }
            }
            Entry::Completed { side, statement, .. } => {
                let digest = statement.digest();
                let (statement, _) = statement.peek().unwrap();
                let copy = (statement.message, statement.to);
                self.about.insert(digest, copy.clone());
                match side {
                    Side::Issued => (copy, |counts| &mut counts.completions_issued),
                    Side::Received => (copy, |counts| &mut counts.completions_received),
                }
            }
            Entry::ReportDelivered { report, .. } => (self.about[&report].clone(), |counts| {
                &mut counts.reports_delivered
            }),
            Entry::CompletionDelivered { statement, .. } => (self.about[&statement].clone(), |counts| {
                &mut counts.completions_delivered
            }),
            entry => panic!("no report: {entry:?}"),
        }
    }

    /// A missing payload is right if and only if a notice says so `[ERASE]`.
    fn expect_payload(&self, entry: u64, payload: &Commitment) {
        let is_there = self.reader.payload(payload).unwrap().is_some();
        let is_erased = self.reader.erased_by(entry).unwrap().is_some();
        assert!(is_there || is_erased, "a payload is lost");
    }
}
