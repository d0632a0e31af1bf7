//! Erasing what was said, as `node::erasure` does it: a notice in the ledger first, then everything that it
//! names, again after every start until nothing of it is left `[ERASE]`.

use std::collections::BTreeSet;

use protocol::attachment::AttachmentId;
use protocol::digest::Commitment;
use protocol::entry::Entry;
use protocol::exchange::RecordError;
use protocol::ids::{ActorId, MessageId};
use protocol::time::UnixMillis;

use super::counts::{Counts, count};
use super::files::Sealed;
use super::happening::{Happening, Own};
use super::life::Life;
use super::parties::{START, party};
use super::world::World;
use crate::AttachmentError;
use crate::contract::{Progress, Reader, Store as _, StoreError};

/// Who asks for an erasure later than this finds nothing any more.
const ERASED_UNTIL: UnixMillis = UnixMillis(START.0 + 90_000);

/// What notices doom.
#[derive(Debug, Default, Clone)]
pub(super) struct Doomed {
    pub(super) payloads: BTreeSet<Commitment>,
    pub(super) files: BTreeSet<AttachmentId>,
    are_files_gone: bool,
}

impl Doomed {
    /// All that the ledger's notices doom.
    pub(super) fn of(reader: &dyn Reader, sealed: &Sealed) -> Option<Self> {
        let mut doomed = Self::default();
        for notice in reader.erasures(0).unwrap() {
            let Entry::ErasureNotice { entries, .. } = Entry::decode(&reader.leaf(notice).unwrap()).unwrap()
            else {
                panic!("leaf {notice} is no notice");
            };
            for entry in entries {
                match Entry::decode(&reader.leaf(entry).unwrap()).unwrap() {
                    Entry::Submitted { header, .. } | Entry::Received { header, .. } => {
                        let (header, _) = header.peek().unwrap();
                        doomed.payloads.insert(header.payload);
                        let manifest = header.attachments;
                        doomed
                            .files
                            .extend(manifest.map(|manifest| sealed[&manifest].attachment.id()));
                    }
                    entry => panic!("{entry:?} is not to be erased"),
                }
            }
        }
        (!doomed.payloads.is_empty()).then_some(doomed)
    }
}

impl Life {
    /// One step. The files first, as the node does it.
    fn erase_step(&mut self) -> Result<Progress, StoreError> {
        let Some(doomed) = &mut self.erasing else {
            return Ok(Progress::Idle);
        };
        if !doomed.are_files_gone {
            for id in &doomed.files {
                match self.files.erase(*id) {
                    Ok(()) => {}
                    Err(AttachmentError::Disk(error)) if error.is_disk_full() => {
                        return Ok(Progress::WaitsForSpace);
                    }
                    Err(AttachmentError::Disk(error)) => return Err(error.into()),
                    Err(error) => panic!("{error}"),
                }
            }
            doomed.are_files_gone = true;
            return Ok(Progress::More);
        }
        self.store.erase(&doomed.payloads)
    }

    /// The entries of a message that has come to its end and is not erased.
    fn erasable(&self) -> Vec<(MessageId, Vec<u64>)> {
        let reader = &*self.reader;
        let mut leaves = std::collections::BTreeMap::<MessageId, Vec<u64>>::new();
        for index in 0..reader.size() {
            if let Entry::Submitted { header, .. } | Entry::Received { header, .. } =
                Entry::decode(&reader.leaf(index).unwrap()).unwrap()
                && reader.erased_by(index).unwrap().is_none()
            {
                let (header, _) = header.peek().unwrap();
                leaves.entry(header.message).or_default().push(index);
            }
        }
        let ledger = count(reader);
        let is_at_its_end = |message: &MessageId| {
            let mut copies = ledger.iter().filter(|((about, _), _)| about == message);
            copies.all(|(_, counts)| counts.is_at_its_end())
        };
        leaves.retain(|message, _| is_at_its_end(message));
        leaves.into_iter().collect()
    }
}

impl Counts {
    /// Whether nothing more is to come of it.
    fn is_at_its_end(&self) -> bool {
        if self.received > 0 {
            return self.reports_delivered == self.received && self.completions_delivered == self.attached;
        }
        let is_heard_of = self.reports_received == 1 && self.completions_received == self.attached;
        self.expired + self.refused_by_peer == 1 || self.delivered == 1 && is_heard_of
    }
}

impl World {
    /// An officer has a message erased, and another approves.
    pub(super) fn erase(&mut self, node: usize) {
        let is_living = self.nodes[node].life.is_some();
        let erasable = if is_living {
            self.life(node).erasable()
        } else {
            Vec::new()
        };
        if erasable.is_empty() || self.nodes[node].is_old_copy() {
            if self.now < ERASED_UNTIL {
                self.later(1_500, Happening::Erase { node });
            }
            return;
        }
        let (_, entries) = erasable[self.random.place(erasable.len())].clone();
        let time = self.time_of(node);
        let notice = Entry::ErasureNotice {
            at: time,
            entries,
            basis: "order".parse().unwrap(),
            actor: ActorId::from_bytes([0x0e; 16]),
        };
        match self.life(node).exchange.record(time, notice) {
            Ok(()) => {
                self.told.count("erasures recorded");
                self.trace
                    .note(self.now, format_args!("{}: an erasure", party(node)));
            }
            Err(RecordError::Busy | RecordError::NotSigning) => self.later(500, Happening::Erase { node }),
            Err(error) => panic!("{error}"),
        }
        self.collect(node);
    }

    /// Something was recorded, or the node has started: what notices doom is erased, from the beginning.
    pub(super) fn begin_erasing(&mut self, node: usize) {
        let sealed = self.sealed.clone();
        let life = self.life(node);
        let Some(doomed) = Doomed::of(&*life.reader, &sealed) else {
            return;
        };
        let is_under_way = life.erasing.replace(doomed).is_some();
        if !is_under_way {
            self.own(1, node, Own::EraseOn);
        }
    }

    pub(super) fn erase_on(&mut self, node: usize) {
        match self.life(node).erase_step() {
            Ok(Progress::More | Progress::UnderWay) => {
                let after_ms = 1 + self.random.below(20);
                self.own(after_ms, node, Own::EraseOn);
            }
            Ok(Progress::WaitsForSpace) => self.own(500, node, Own::EraseOn),
            Ok(Progress::Idle) => {
                let doomed = self.life(node).erasing.take();
                if let Some(doomed) = doomed {
                    self.told.count("erasures carried out");
                    self.nodes[node].watch.erased(&doomed);
                }
            }
            Err(error) => self.fail(node, &error),
        }
    }
}
