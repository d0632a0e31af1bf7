//! Reading what was committed, from any thread.
//!
//! The lock is held only to copy a handful of references; files are read without it.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use ledger::hash::{Hash, leaf_hash};
use ledger::proof::{ConsistencyProof, InclusionProof};
use ledger::tile::{TileKind, TilePath, encode_entry, encode_tile};
use ledger::tree::Edge;
use protocol::digest::{Commitment, Digest};
use protocol::ids::{CaseId, MessageId, PartyCode};
use protocol::index::{InboxKey, InboxRecord, OutboxRecord};
use protocol::payload::SealedPayload;

use super::Shared;
use crate::contract::{ReadError, Reader};
use crate::index::queries::Queries;
use crate::levels::Levels;
use crate::payloads::read_from_journal;
use crate::proofs;
use crate::tiles::WIDTH;

impl Shared {
    fn levels(&self) -> Arc<Levels> {
        Arc::clone(&self.state().levels)
    }

    /// The tile or bundle of exactly this width, which the tree has.
    fn existing_tile(&self, levels: &Levels, path: &TilePath) -> Result<Vec<u8>, ReadError> {
        let width = usize::from(path.width());
        match path.kind() {
            TileKind::Hashes(level) => {
                let hashes = self.tiles.hashes(levels, level, path.index())?;
                let range = path.leaf_range();
                let hashes = hashes.get(..width);
                Ok(encode_tile(hashes.ok_or(ReadError::OutOfRange {
                    asked: range.end,
                    size: levels.size(),
                })?))
            }
            TileKind::Entries if path.index() < levels.stored_tiles(0) => {
                self.tiles.bundle_prefix(levels, path.index(), path.width())
            }
            TileKind::Entries => {
                let mut bundle = Vec::new();
                self.read_leaves(
                    path.leaf_range(),
                    &mut |_, leaf| match encode_entry(&mut bundle, leaf) {
                        Ok(()) => ControlFlow::Continue(()),
                        // No leaf is longer than an entry: that was checked when it was committed.
                        Err(_) => ControlFlow::Break(()),
                    },
                )?;
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
        let size = self.levels().size();
        if range.end > size {
            return Err(ReadError::OutOfRange {
                asked: range.end,
                size,
            });
        }
        let mut next = range.start;
        while next < range.end {
            let end = range.end.min((next / WIDTH + 1) * WIDTH);
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
        let (levels, places) = {
            let state = self.state();
            let first = range.start.checked_sub(state.leaves_from);
            let places = first.and_then(|first| usize::try_from(first).ok()).map(|first| {
                let count = usize::try_from(range.end - range.start).unwrap_or(0);
                state
                    .leaves
                    .iter()
                    .skip(first)
                    .take(count)
                    .cloned()
                    .collect::<Vec<_>>()
            });
            (Arc::clone(&state.levels), places)
        };
        let Some(places) = places else {
            return self.tiles.entries(&levels, range, visit);
        };
        let hashes = self.tiles.hashes(&levels, 0, range.start / WIDTH)?;
        for (index, place) in range.zip(places) {
            let leaf = place.read()?;
            let expected = usize::try_from(index % WIDTH)
                .ok()
                .and_then(|place| hashes.get(place));
            if expected != Some(&leaf_hash(&leaf)) {
                return Err(ReadError::Damaged {
                    file: place.segment.path.clone(),
                    index: Some(index),
                    what: "a leaf has not the hash that the tree has",
                });
            }
            if visit(index, &leaf).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn ask<T>(&self, question: impl FnOnce(&Queries<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        question(&Queries {
            values: &self.index,
            leaf: &|index| self.leaf(index),
        })
    }
}

impl Reader for Shared {
    fn size(&self) -> u64 {
        self.state().levels.size()
    }

    fn edge(&self) -> Edge {
        self.state().levels.edge().clone()
    }

    fn root_at(&self, size: u64) -> Result<Hash, ReadError> {
        let levels = self.levels();
        if size > levels.size() {
            return Err(ReadError::OutOfRange {
                asked: size,
                size: levels.size(),
            });
        }
        if size == levels.size() {
            return Ok(levels.edge().root());
        }
        proofs::root_at(size, |path| self.existing_tile(&levels, &path))
    }

    fn leaf(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        let size = self.size();
        if index >= size {
            return Err(ReadError::OutOfRange { asked: index, size });
        }
        let mut found = None;
        let _ = self.visit_bundle(index..index + 1, &mut |_, leaf| {
            found = Some(leaf.to_vec());
            ControlFlow::Break(())
        })?;
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
        let (recent, place) = {
            let state = self.state();
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

    fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, ReadError> {
        let levels = self.levels();
        if size > levels.size() {
            return Err(ReadError::OutOfRange {
                asked: size,
                size: levels.size(),
            });
        }
        proofs::inclusion(index, size, |path| self.existing_tile(&levels, &path))
    }

    fn consistency_proof(&self, old_size: u64, new_size: u64) -> Result<ConsistencyProof, ReadError> {
        let levels = self.levels();
        if new_size > levels.size() {
            return Err(ReadError::OutOfRange {
                asked: new_size,
                size: levels.size(),
            });
        }
        proofs::consistency(old_size, new_size, |path| self.existing_tile(&levels, &path))
    }

    fn tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, ReadError> {
        let levels = self.levels();
        if path.leaf_range().end > levels.size() {
            return Ok(None);
        }
        self.existing_tile(&levels, path).map(Some)
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
