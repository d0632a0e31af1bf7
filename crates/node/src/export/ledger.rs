//! The leaves of a case, the statements in them, and the checkpoint that they are shown under.

use std::collections::{BTreeMap, BTreeSet};

use ledger::checkpoint::Checkpoint;
use ledger::tlog_proof::TlogProof;
use protocol::bundle::{self, LeafKind, Log, PeerLeaf, names};
use protocol::entry::Entry;
use protocol::ids::{ActorId, Code};
use protocol::receipt::{Receipt, SignedCheckpoint};
use protocol::time::UnixMillis;

use super::facts::{Facts, Headers};
use super::pin::{self, Pin};
use super::{ExportError, Exporter, Files};
use crate::cases::{Leaf, Said};
use crate::keys::succession;

/// What a bundle has of the ledger.
pub(super) struct Shown<'a> {
    pub(super) logs: Vec<Log>,
    pub(super) leaves: Vec<bundle::Leaf>,
    /// What stands behind each of them.
    pub(super) behind: Vec<Behind<'a>>,
    /// The position behind the last.
    pub(super) end: u64,
}

/// What a leaf of a bundle says to people.
pub(super) enum Behind<'a> {
    /// A leaf of the case.
    Leaf(&'a Leaf),
    /// The notice that something in it was erased `[ERASE]`.
    Notice { actor: ActorId, basis: Code },
}

/// A log, under the checkpoint that its leaves are shown under.
struct Head {
    number: u32,
    log: store::Log,
    checkpoint: Checkpoint,
    pin: Pin,
}

impl Shown<'_> {
    /// The versions of directories that are spoken of, ascending.
    pub(super) fn directories(&self) -> BTreeSet<u64> {
        let leaves = self.leaves.iter().map(|leaf| leaf.directory);
        leaves.chain(self.logs.iter().map(|log| log.directory)).collect()
    }

    /// The greatest of all times.
    pub(super) fn state_at(&self) -> UnixMillis {
        let leaves = self.leaves.iter().map(|leaf| leaf.at_ms);
        let times = leaves.chain(self.logs.iter().map(|log| log.dated_at_ms));
        times.max().unwrap_or_default()
    }
}

impl Exporter {
    /// Shows the leaves of the case, and the notices by which something in it was erased.
    pub(super) fn show_ledger<'a>(
        &self,
        facts: &Facts<'a>,
        files: &mut Files,
    ) -> Result<Shown<'a>, ExportError> {
        let mut positions: BTreeMap<u64, Option<&'a Leaf>> = BTreeMap::new();
        positions.extend(facts.notices.iter().map(|notice| (*notice, None)));
        positions.extend(facts.leaves.iter().map(|leaf| (leaf.index, Some(*leaf))));
        let heads = self.heads(facts, positions.keys().copied())?;
        let mut headers = Headers::default();
        let mut shown = Shown {
            logs: Vec::with_capacity(heads.len()),
            leaves: Vec::with_capacity(positions.len()),
            behind: Vec::with_capacity(positions.len()),
            end: positions.last_key_value().map_or(0, |(last, _)| last + 1),
        };
        for (position, leaf) in positions {
            let mut heads = heads.iter().rev();
            let head = heads.find(|head| head.log.first <= position);
            let head = head.ok_or_else(|| ExportError::fault("a leaf of no log"))?;
            let (leaf, behind) = self.show_leaf(facts, head, position, leaf, &mut headers, files)?;
            shown.leaves.push(leaf);
            shown.behind.push(behind);
        }
        for Head {
            number,
            checkpoint,
            pin,
            ..
        } in heads
        {
            shown.logs.push(Log {
                origin: checkpoint.origin,
                size: checkpoint.size,
                checkpoint: files.add(names::checkpoint(number), pin.note.clone().into_bytes())?,
                dated_at_ms: pin.dated_at,
                directory: pin.directory,
                is_witnessed: signature_lines(&pin.note) > 1,
            });
        }
        Ok(shown)
    }

    /// The logs in which the leaves are, oldest first, each up to a checkpoint that covers all of them.
    fn heads(
        &self,
        facts: &Facts<'_>,
        positions: impl Iterator<Item = u64>,
    ) -> Result<Vec<Head>, ExportError> {
        let mut ends: BTreeMap<u64, (store::Log, u64)> = BTreeMap::new();
        for position in positions {
            let log = self.reader.log_of(position)?;
            ends.insert(log.first, (log, position + 1));
        }
        let mut heads = Vec::with_capacity(ends.len());
        for (number, (log, end)) in (1..).zip(ends.into_values()) {
            let (pin, checkpoint) = self.head_for(facts, &log, end)?;
            heads.push(Head {
                number,
                log,
                checkpoint,
                pin,
            });
        }
        Ok(heads)
    }

    /// The checkpoint that the leaves of a log before the position `end` are shown under, now and later.
    fn head_for(
        &self,
        facts: &Facts<'_>,
        log: &store::Log,
        end: u64,
    ) -> Result<(Pin, Checkpoint), ExportError> {
        let signer = succession::signer_of_size(&self.keys, &*self.reader, &self.first_ledger_key, end)?;
        let origin = signer.name();
        let file = pin::file(&self.pins, &facts.name, origin, end - 1);
        if let Some(pin) = pin::read(&file)
            && let Some(head) = self.of_this_log(&pin, origin, log, end)?
        {
            return Ok((pin, head));
        }
        if let Some(note) = pin::cosigned(&self.published, origin, end - log.first) {
            let pin = Pin {
                note,
                dated_at: self.clock.now(),
                directory: self.directory.current().directory.version,
            };
            if let Some(head) = self.of_this_log(&pin, origin, log, end)? {
                pin::keep(&file, &pin)?;
                return Ok((pin, head));
            }
        }
        let signed = SignedCheckpoint::sign(end - log.first, self.reader.root_at(end)?, &signer);
        let last = Entry::decode(&self.reader.leaf(end - 1)?).map_err(ExportError::fault)?;
        let pin = Pin {
            note: signed.note(),
            dated_at: last.at(),
            directory: self.version_at(last.at())?,
        };
        pin::keep(&file, &pin)?;
        Ok((pin, signed.checkpoint().clone()))
    }

    pub(super) fn is_watched_and_not_covered(
        &self,
        facts: &Facts<'_>,
        end: u64,
    ) -> Result<bool, ExportError> {
        let log = self.reader.log_of(end - 1)?;
        let signer = succession::signer_of_size(&self.keys, &*self.reader, &self.first_ledger_key, end)?;
        let origin = signer.name();
        let is_shown = pin::read(&pin::file(&self.pins, &facts.name, origin, end - 1)).is_some();
        let cosigned = |size| pin::cosigned(&self.published, origin, size).is_some();
        Ok(!is_shown && cosigned(0) && !cosigned(end - log.first))
    }

    /// The head that a pin speaks of, if it is one of this log and has enough leaves.
    fn of_this_log(
        &self,
        pin: &Pin,
        origin: &str,
        log: &store::Log,
        end: u64,
    ) -> Result<Option<Checkpoint>, ExportError> {
        let enough = end - log.first..=log.size;
        let head = pin.head();
        let head = head.filter(|head| head.origin == origin && enough.contains(&head.size));
        let Some(head) = head else { return Ok(None) };
        let root = self.reader.root_at(log.position_of(head.size))?;
        Ok((root == head.root).then_some(head))
    }

    fn show_leaf<'a>(
        &self,
        facts: &Facts<'_>,
        head: &Head,
        position: u64,
        leaf: Option<&'a Leaf>,
        headers: &mut Headers,
        files: &mut Files,
    ) -> Result<(bundle::Leaf, Behind<'a>), ExportError> {
        let index = position - head.log.first;
        let bytes = self.reader.leaf(position)?;
        let entry = Entry::decode(&bytes).map_err(ExportError::fault)?;
        let foreign = || ExportError::Fault(format!("leaf {position} is of no case"));
        let kind = LeafKind::of(&entry).ok_or_else(foreign)?;
        let end = head.log.position_of(head.checkpoint.size);
        let inclusion = self.reader.inclusion_proof(position, end)?;
        let proof = TlogProof::new(inclusion, &head.pin.note).map_err(ExportError::fault)?;
        if let Entry::Submitted { header, .. } | Entry::Received { header, .. } = &entry {
            headers.note(header);
        }
        let number = head.number;
        let mut shown = bundle::Leaf {
            log: number,
            index,
            at_ms: entry.at(),
            kind,
            message: None,
            file: files.add(names::leaf(number, index), bytes)?,
            proof: files.add(names::proof(number, index), proof.to_string().into_bytes())?,
            directory: self.version_at(entry.at())?,
            statement: None,
            peer: None,
        };
        let behind = match (leaf, &entry) {
            (Some(leaf), _) => {
                let message = facts.number(leaf).ok_or_else(foreign)?;
                shown.message = Some(message);
                if let Some(name) = names::statement(message, kind, number, index) {
                    shown.statement = Some(files.add(name, said(&entry).to_vec())?);
                }
                if let Said::Delivered(receipt, _) = &leaf.said {
                    let peer = Peer {
                        message,
                        log: number,
                        index,
                    };
                    shown.peer = Some(peer.leaf(receipt, headers, files)?);
                }
                Behind::Leaf(leaf)
            }
            (None, Entry::ErasureNotice { actor, basis, .. }) => Behind::Notice {
                actor: *actor,
                basis: basis.clone(),
            },
            (None, _) => return Err(foreign()),
        };
        Ok((shown, behind))
    }

    fn version_at(&self, at: UnixMillis) -> Result<u64, ExportError> {
        let version = self.directory.version_at(at);
        version.ok_or_else(|| ExportError::fault("the archive of directories is empty"))
    }
}

/// Where the receipt stands whose other side is shown.
struct Peer {
    message: u32,
    log: u32,
    index: u64,
}

impl Peer {
    /// What the other node has written, rebuilt from the header and the receipt.
    fn leaf(&self, receipt: &Receipt, headers: &Headers, files: &mut Files) -> Result<PeerLeaf, ExportError> {
        let header = headers.get(&receipt.envelope);
        let header = header.ok_or_else(|| ExportError::fault("a receipt for another header"))?;
        let leaf = Entry::Received {
            at: receipt.received_at,
            header: header.clone(),
            commit_size: receipt.checkpoint.size,
        };
        let Self { message, log, index } = *self;
        let proof = receipt.tlog_proof().into_bytes();
        Ok(PeerLeaf {
            leaf: files.add(names::peer_leaf(message, log, index), leaf.encode())?,
            proof: files.add(names::peer_proof(message, log, index), proof)?,
            witnessed: None,
        })
    }
}

/// The signed statement in a leaf; empty where there is none.
fn said(entry: &Entry) -> &[u8] {
    match entry {
        Entry::Submitted { header, .. } | Entry::Received { header, .. } => header.as_bytes(),
        Entry::Delivered { receipt, .. } => receipt.as_bytes(),
        Entry::Consigned { report, .. } => report.as_bytes(),
        Entry::Rejected { rejection, .. } => rejection.as_bytes(),
        Entry::Completed { statement, .. } => statement.as_bytes(),
        _ => &[],
    }
}

fn signature_lines(note: &str) -> usize {
    note.lines().filter(|line| line.starts_with('\u{2014}')).count()
}
