//! Reading what is kept in memory.

use std::collections::{BTreeSet, HashMap};
use std::ops::{ControlFlow, Range};
use std::sync::{PoisonError, RwLock};

use ledger::hash::{EMPTY_ROOT, Hash};
use ledger::proof::{ConsistencyProof, InclusionProof};
use ledger::tile::{TileKind, TilePath, encode_bundle, encode_tile};
use ledger::tree::Edge;
use protocol::digest::{Commitment, Digest};
use protocol::exchange::types::Commit;
use protocol::ids::{CaseId, MessageId, PartyCode};
use protocol::index::{InboxKey, InboxRecord, OutboxRecord};
use protocol::payload::SealedPayload;

use crate::contract::check::Checked;
use crate::contract::{Log, ReadError, Reader};
use crate::index::KeyValues;
use crate::index::queries::Queries;
use crate::levels::Levels;
use crate::logs::Ended;
use crate::proofs;

/// Everything that was committed.
#[derive(Debug)]
pub(super) struct Kept {
    state: RwLock<State>,
    index: KeyValues,
}

#[derive(Debug, Default)]
struct State {
    /// The logs that have ended, with all their hashes.
    ended: Vec<Levels>,
    /// The newest.
    levels: Levels,
    leaves: Vec<Vec<u8>>,
    payloads: HashMap<Commitment, SealedPayload>,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self {
            state: RwLock::default(),
            index: KeyValues::in_memory(),
        }
    }

    pub(super) fn levels(&self) -> Levels {
        self.read(|state| state.levels.clone())
    }

    pub(super) fn add(&self, commit: &Commit, checked: Checked) {
        let Checked {
            leaves,
            edge,
            rows,
            begins_log,
        } = checked;
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if begins_log {
                let new = Levels::of_log(state.levels.end());
                let old = std::mem::replace(&mut state.levels, new);
                state.ended.push(old);
            }
            state.levels.append_all(&leaves, edge);
            state.leaves.extend(commit.leaves.iter().cloned());
            for payload in commit.payloads.iter() {
                state.payloads.insert(payload.commitment(), payload.clone());
            }
        }
        self.index.put(rows);
    }

    pub(super) fn erase(&self, payloads: &BTreeSet<Commitment>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state
            .payloads
            .retain(|commitment, _| !payloads.contains(commitment));
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask<T>(&self, question: impl FnOnce(&Queries<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        question(&Queries {
            values: &self.index,
            leaf: &|index| self.leaf(index),
        })
    }

    fn within(&self, asked: u64) -> Result<(), ReadError> {
        let size = self.size();
        if asked <= size {
            Ok(())
        } else {
            Err(ReadError::OutOfRange { asked, size })
        }
    }
}

impl State {
    fn all(&self) -> impl DoubleEndedIterator<Item = &Levels> {
        self.ended.iter().chain(std::iter::once(&self.levels))
    }

    /// The tree of the log that the last of so many leaves is in.
    fn tree_at(&self, size: u64) -> Result<&Levels, ReadError> {
        let tree = self
            .all()
            .find(|levels| levels.first() < size && size <= levels.end());
        tree.ok_or(ReadError::OutOfRange {
            asked: size,
            size: self.levels.end(),
        })
    }

    fn tile(&self, levels: &Levels, path: &TilePath) -> Option<Vec<u8>> {
        let range = path.leaf_range();
        if range.end > levels.size() {
            return None;
        }
        match path.kind() {
            TileKind::Hashes(level) => {
                let hashes = levels.tile(level, path.index())?;
                Some(encode_tile(hashes.get(..usize::from(path.width()))?))
            }
            TileKind::Entries => {
                let place = |index: u64| usize::try_from(levels.first() + index).ok();
                let range = place(range.start)?..place(range.end)?;
                encode_bundle(self.leaves.get(range)?.iter().map(Vec::as_slice)).ok()
            }
        }
    }

    fn fetch(&self, levels: &Levels, path: &TilePath) -> Result<Vec<u8>, ReadError> {
        let asked = path.leaf_range().end;
        self.tile(levels, path).ok_or(ReadError::OutOfRange {
            asked,
            size: levels.size(),
        })
    }
}

impl Reader for Kept {
    fn size(&self) -> u64 {
        self.read(|state| state.levels.end())
    }

    fn logs(&self) -> Vec<Log> {
        let log = |levels: &Levels| Ended::of(levels).log();
        self.read(|state| state.all().map(log).collect())
    }

    fn edge(&self) -> Edge {
        self.read(|state| state.levels.edge().clone())
    }

    fn root_at(&self, size: u64) -> Result<Hash, ReadError> {
        if size == 0 {
            return Ok(EMPTY_ROOT);
        }
        self.read(|state| {
            let tree = state.tree_at(size)?;
            proofs::root_at(size - tree.first(), |path| state.fetch(tree, &path))
        })
    }

    fn leaf(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let leaf = self.read(|state| state.leaves.get(place).cloned());
        leaf.ok_or_else(|| ReadError::OutOfRange {
            asked: index,
            size: self.size(),
        })
    }

    fn leaves(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        self.within(range.end)?;
        for index in range {
            // No lock is held while the visitor works: it may ask this reader.
            if visit(index, &self.leaf(index)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn payload(&self, commitment: &Commitment) -> Result<Option<SealedPayload>, ReadError> {
        Ok(self.read(|state| state.payloads.get(commitment).cloned()))
    }

    fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, ReadError> {
        self.read(|state| {
            let tree = state.tree_at(size)?;
            let Some(within) = index.checked_sub(tree.first()) else {
                return Err(ReadError::OutOfRange { asked: index, size });
            };
            proofs::inclusion(within, size - tree.first(), |path| state.fetch(tree, &path))
        })
    }

    fn consistency_proof(&self, old_size: u64, new_size: u64) -> Result<ConsistencyProof, ReadError> {
        self.read(|state| {
            let tree = state.tree_at(new_size)?;
            let Some(within) = old_size.checked_sub(tree.first()) else {
                return Err(ReadError::OutOfRange {
                    asked: old_size,
                    size: new_size,
                });
            };
            proofs::consistency(within, new_size - tree.first(), |path| state.fetch(tree, &path))
        })
    }

    fn tile_of(&self, log_first: u64, path: &TilePath) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.read(|state| {
            let tree = state.all().find(|levels| levels.first() == log_first)?;
            state.tile(tree, path)
        }))
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
