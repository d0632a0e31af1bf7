//! What is checked of a commit before any of it is written: the same for every store.

use ledger::hash::{Hash, leaf_hash};
use ledger::limits::{MAX_ENTRY_BYTES, MAX_TREE_SIZE};
use protocol::exchange::types::Commit;
use protocol::limits::{COMMIT_ENTRIES_MAX, PAYLOAD_BYTES_MAX};

use super::StoreError;
use crate::index::{self, Change};
use crate::levels::Levels;

/// What a commit comes to, if it is as it should be.
pub(crate) struct Checked {
    pub(crate) leaves: Vec<Hash>,
    pub(crate) rows: Vec<Change>,
}

/// Checks all of a commit before any of it is written.
pub(crate) fn check(commit: &Commit, levels: &Levels) -> Result<Checked, StoreError> {
    let size = levels.size();
    if commit.first_index != size {
        return Err(StoreError::NotContinuing {
            expected: size,
            found: commit.first_index,
        });
    }
    if commit.leaves.is_empty() {
        return Err(StoreError::Inconsistent("it has no leaf"));
    }
    if commit.leaves.len() > COMMIT_ENTRIES_MAX {
        return Err(StoreError::TooLarge("more leaves than a commit may have"));
    }
    if commit.leaves.iter().any(|leaf| leaf.len() > MAX_ENTRY_BYTES) {
        return Err(StoreError::TooLarge("a leaf of more than 65,535 bytes"));
    }
    if commit
        .payloads
        .iter()
        .any(|payload| payload.bytes.len() > PAYLOAD_BYTES_MAX)
    {
        return Err(StoreError::TooLarge("a payload of more than 16 MiB"));
    }
    if size
        .checked_add(commit.leaves.len() as u64)
        .is_none_or(|after| after != commit.size_after || after > MAX_TREE_SIZE)
    {
        return Err(StoreError::Inconsistent("the size is not that with its leaves"));
    }
    let leaves: Vec<Hash> = commit.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let mut edge = levels.edge().clone();
    leaves.iter().for_each(|leaf| edge.append(*leaf));
    if edge.root() != commit.root_after {
        return Err(StoreError::Inconsistent("the root is not that of its leaves"));
    }
    let mut rows = Vec::new();
    for (index, leaf) in (size..).zip(commit.leaves.iter()) {
        let changed = index::rows_of(index, leaf);
        rows.extend(changed.map_err(|reason| StoreError::NotAnEntry { index, reason })?);
    }
    Ok(Checked { leaves, rows })
}
