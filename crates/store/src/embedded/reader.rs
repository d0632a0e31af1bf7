//! Reading what was committed, from any thread.
//!
//! The lock is held only to copy a handful of references; files are read without it.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use ledger::hash::{EMPTY_ROOT, Hash, leaf_hash};
use ledger::proof::{ConsistencyProof, InclusionProof};
use ledger::tile::{TileKind, TilePath, encode_entry, encode_tile};
use ledger::tree::Edge;
use protocol::digest::{Commitment, Digest};
use protocol::ids::{CaseId, MessageId, PartyCode};
use protocol::index::{InboxKey, InboxRecord, OutboxRecord};
use protocol::payload::SealedPayload;

use super::{LogView, Shared, State};
use crate::contract::{Kept, Log, ReadError, Reader};
use crate::index::queries::Queries;
use crate::journal::segment::Place;
use crate::payloads::read_from_journal;
use crate::proofs;
use crate::tiles::WIDTH;

impl Shared {
    /// The newest log.
    pub(super) fn newest(&self) -> LogView {
        self.state().newest()
    }

    /// The log that the leaf at this position is in.
    pub(super) fn view_of(&self, position: u64) -> Result<LogView, ReadError> {
        self.state().view_of(position)
    }

    /// The log whose tree a number of leaves stands for: that of the last of them.
    fn view_at(&self, size: u64) -> Result<LogView, ReadError> {
        match size.checked_sub(1) {
            Some(last) => self.view_of(last),
            None => Err(ReadError::OutOfRange {
                asked: size,
                size: self.size(),
            }),
        }
    }

    /// The tile or bundle of exactly this width, which the tree has.
    fn existing_tile(&self, log: &LogView, path: &TilePath) -> Result<Vec<u8>, ReadError> {
        let LogView { levels, tiles } = log;
        let width = usize::from(path.width());
        match path.kind() {
            TileKind::Hashes(level) => {
                let hashes = tiles.hashes(levels, level, path.index())?;
                let range = path.leaf_range();
                let hashes = hashes.get(..width);
                Ok(encode_tile(hashes.ok_or(ReadError::OutOfRange {
                    asked: range.end,
                    size: levels.size(),
                })?))
            }
            TileKind::Entries if path.index() < levels.stored_tiles(0) => {
                tiles.bundle_prefix(levels, path.index(), path.width())
            }
            TileKind::Entries => {
                let mut bundle = Vec::new();
                let range = path.leaf_range();
                let range = levels.first() + range.start..levels.first() + range.end;
                self.read_leaves(range, &mut |_, leaf| match encode_entry(&mut bundle, leaf) {
                    Ok(()) => ControlFlow::Continue(()),
                    // No leaf is longer than an entry: that was checked when it was committed.
                    Err(_) => ControlFlow::Break(()),
                })?;
                Ok(bundle)
            }
        }
    }

    /// Leaves from stored bundles, then from the journal.
    pub(super) fn read_leaves(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let size = self.size();
        if range.end > size {
            return Err(ReadError::OutOfRange {
                asked: range.end,
                size,
            });
        }
        let mut next = range.start;
        while next < range.end {
            let log = self.view_of(next)?.levels;
            let bundle_end = log.first() + ((next - log.first()) / WIDTH + 1) * WIDTH;
            // The last bundle of a log need not be full.
            let end = range.end.min(bundle_end).min(log.end());
            if self.visit_bundle(next..end, visit)?.is_break() {
                break;
            }
            next = end;
        }
        Ok(())
    }

    /// Leaves of one bundle, stored or not.
    fn visit_bundle(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ReadError> {
        let recent = self.state().recent_leaves.all(&range);
        if let Some(recent) = recent {
            for (position, leaf) in range.zip(recent) {
                if visit(position, leaf.bytes()).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        let (LogView { levels, tiles }, places) = {
            let state = self.state();
            (state.view_of(range.start)?, state.places(&range))
        };
        let first = levels.first();
        let Some(places) = places else {
            let within = range.start - first..range.end - first;
            return tiles.entries(&levels, within, &mut |index, leaf| visit(first + index, leaf));
        };
        let hashes = tiles.hashes(&levels, 0, (range.start - first) / WIDTH)?;
        for (position, place) in range.zip(places) {
            let leaf = place.read()?;
            let expected = usize::try_from((position - first) % WIDTH)
                .ok()
                .and_then(|place| hashes.get(place));
            if expected != Some(&leaf_hash(&leaf)) {
                return Err(ReadError::Damaged {
                    file: place.segment.path.clone(),
                    index: Some(position),
                    what: "a leaf has not the hash that the tree has",
                });
            }
            if visit(position, &leaf).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn read_payload(&self, commitment: &Commitment) -> Result<Option<SealedPayload>, ReadError> {
        let (recent, place) = {
            let state = self.state();
            if state.erasing.contains(commitment) {
                return Ok(None);
            }
            (
                state.recent.get(commitment),
                state.payloads.get(commitment).cloned(),
            )
        };
        match (recent, place) {
            (Some(payload), _) if payload.commitment() == *commitment => Ok(Some(payload)),
            (_, Some(place)) => read_from_journal(&place, commitment).map(Some),
            (_, None) => self.payload_files.read(commitment),
        }
    }

    fn ask<T>(&self, question: impl FnOnce(&Queries<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        question(&Queries {
            values: &self.index,
            leaf: &|index| self.leaf(index),
        })
    }
}

impl State {
    fn newest(&self) -> LogView {
        LogView {
            levels: Arc::clone(&self.levels),
            tiles: Arc::clone(&self.tiles),
        }
    }

    fn view_of(&self, position: u64) -> Result<LogView, ReadError> {
        let size = self.levels.end();
        if position >= size {
            return Err(ReadError::OutOfRange {
                asked: position,
                size,
            });
        }
        if position >= self.levels.first() {
            return Ok(self.newest());
        }
        let place = self.ended.partition_point(|log| log.ended.end() <= position);
        let Some(log) = self.ended.get(place) else {
            return Err(ReadError::OutOfRange {
                asked: position,
                size,
            });
        };
        log.here.clone().ok_or(ReadError::InColdStorage {
            asked: position,
            first: log.ended.first,
            size: log.ended.size,
        })
    }

    /// A leaf of a log in cold storage that is kept all the same.
    fn kept_of_away(&self, position: u64) -> Option<Vec<u8>> {
        if position >= self.levels.first() {
            return None;
        }
        let place = self.ended.partition_point(|log| log.ended.end() <= position);
        self.ended.get(place)?.kept.get(&position).cloned()
    }

    /// Where these leaves lie in the journal, if they are not in a stored bundle.
    pub(super) fn places(&self, range: &Range<u64>) -> Option<Vec<Place>> {
        let index = range.start.checked_sub(self.levels.first())?;
        let first = usize::try_from(index.checked_sub(self.leaves_from)?).ok()?;
        let count = usize::try_from(range.end - range.start).ok()?;
        let places = self.leaves.iter().skip(first).take(count);
        Some(places.cloned().collect())
    }

    fn logs(&self) -> Vec<Log> {
        let newest = Log {
            first: self.levels.first(),
            size: self.levels.size(),
            root: self.levels.edge().root(),
            kept: Kept::Here,
        };
        let ended = self.ended.iter().map(|log| log.ended.log());
        ended.chain(std::iter::once(newest)).collect()
    }
}

impl Reader for Shared {
    fn size(&self) -> u64 {
        self.state().levels.end()
    }

    fn logs(&self) -> Vec<Log> {
        self.state().logs()
    }

    fn edge(&self) -> Edge {
        self.state().levels.edge().clone()
    }

    fn root_at(&self, size: u64) -> Result<Hash, ReadError> {
        let Some(last) = size.checked_sub(1) else {
            return Ok(EMPTY_ROOT);
        };
        // The root of a whole log is known also where the log is not at hand.
        if let Ok(log) = self.log_of(last)
            && log.end() == size
        {
            return Ok(log.root);
        }
        let log = self.view_at(size)?;
        let within = size - log.levels.first();
        proofs::root_at(within, |path| self.existing_tile(&log, &path))
    }

    fn leaf(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        let size = self.size();
        if index >= size {
            return Err(ReadError::OutOfRange { asked: index, size });
        }
        let mut found = self.state().kept_of_away(index);
        if found.is_none() {
            let _ = self.visit_bundle(index..index + 1, &mut |_, leaf| {
                found = Some(leaf.to_vec());
                ControlFlow::Break(())
            })?;
        }
        found.ok_or(ReadError::OutOfRange { asked: index, size })
    }

    fn leaves(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        self.read_leaves(range, visit)
    }

    fn payload(&self, commitment: &Commitment) -> Result<Option<SealedPayload>, ReadError> {
        match self.read_payload(commitment) {
            // It may have been erased between finding it and reading it: then it is gone now, or said to be.
            Err(ReadError::Damaged { .. }) => self.read_payload(commitment),
            read => read,
        }
    }

    fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, ReadError> {
        let log = self.view_at(size)?;
        let first = log.levels.first();
        let Some(within) = index.checked_sub(first) else {
            return Err(ReadError::OutOfRange { asked: index, size });
        };
        proofs::inclusion(within, size - first, |path| self.existing_tile(&log, &path))
    }

    fn consistency_proof(&self, old_size: u64, new_size: u64) -> Result<ConsistencyProof, ReadError> {
        let log = self.view_at(new_size)?;
        let first = log.levels.first();
        let Some(within @ 1..) = old_size.checked_sub(first) else {
            return Err(ReadError::OutOfRange {
                asked: old_size,
                size: new_size,
            });
        };
        proofs::consistency(within, new_size - first, |path| self.existing_tile(&log, &path))
    }

    fn tile_of(&self, log_first: u64, path: &TilePath) -> Result<Option<Vec<u8>>, ReadError> {
        let log = match self.view_of(log_first) {
            Err(ReadError::OutOfRange { .. }) => return Ok(None),
            log => log?,
        };
        if log.levels.first() != log_first || path.leaf_range().end > log.levels.size() {
            return Ok(None);
        }
        self.existing_tile(&log, path).map(Some)
    }

    fn inbox(&self, key: &InboxKey) -> Result<Option<InboxRecord>, ReadError> {
        self.ask(|index| index.inbox(key))
    }

    fn report(&self, report: &Digest) -> Result<Option<u64>, ReadError> {
        self.ask(|index| index.report(report))
    }

    fn outbox(&self) -> Result<Vec<OutboxRecord>, ReadError> {
        self.ask(|index| index.outbox())
    }

    fn outbox_item(&self, item: &Digest) -> Result<Option<OutboxRecord>, ReadError> {
        self.ask(|index| index.outbox_item(item))
    }

    fn unopened(&self) -> Result<Vec<(InboxKey, u64)>, ReadError> {
        self.ask(|index| index.unopened())
    }

    fn pulling(&self) -> Result<Vec<(InboxKey, u64)>, ReadError> {
        self.ask(|index| index.pulling())
    }

    fn shared(&self, manifest: &Commitment, peer: PartyCode) -> Result<Option<u64>, ReadError> {
        self.ask(|index| index.shared(manifest, peer))
    }

    fn cases(&self, after: Option<CaseId>, limit: usize) -> Result<Vec<CaseId>, ReadError> {
        self.ask(|index| index.cases(after, limit))
    }

    fn case_messages(&self, case: CaseId) -> Result<Vec<(MessageId, u64)>, ReadError> {
        self.ask(|index| index.case_messages(case))
    }

    fn message_entries(&self, message: MessageId) -> Result<Vec<u64>, ReadError> {
        self.ask(|index| index.message_entries(message))
    }

    fn key_changes(&self) -> Result<Vec<u64>, ReadError> {
        self.ask(|index| index.key_changes())
    }

    fn erased_by(&self, entry: u64) -> Result<Option<u64>, ReadError> {
        self.ask(|index| index.erased_by(entry))
    }

    fn erasures(&self, from: u64) -> Result<Vec<u64>, ReadError> {
        self.ask(|index| index.erasures(from))
    }

    fn hold(&self, case: CaseId) -> Result<Option<u64>, ReadError> {
        self.ask(|index| index.hold(case))
    }

    fn holds(&self) -> Result<Vec<(CaseId, u64)>, ReadError> {
        self.ask(|index| index.holds())
    }
}

#[cfg(test)]
mod tests;
