//! What is checked of a commit before any of it is written: the same for every store.

use ledger::checkpoint::Checkpoint;
use ledger::hash::{Hash, leaf_hash};
use ledger::limits::{MAX_ENTRY_BYTES, MAX_TREE_SIZE};
use ledger::note::Note;
use ledger::tree::Edge;
use protocol::entry::{Entry, begins_log};
use protocol::exchange::types::Commit;
use protocol::limits::{COMMIT_ENTRIES_MAX, PAYLOAD_BYTES_MAX};

use super::StoreError;
use crate::index::{self, Change};
use crate::levels::Levels;

/// What a commit comes to, if it is as it should be.
pub(crate) struct Checked {
    pub(crate) leaves: Vec<Hash>,
    /// The edge of the tree with them.
    pub(crate) edge: Edge,
    pub(crate) rows: Vec<Change>,
    /// Whether a new log begins with it.
    pub(crate) begins_log: bool,
}

/// Checks all of a commit before any of it is written. `levels` is the tree of the newest log.
pub(crate) fn check(commit: &Commit, levels: &Levels) -> Result<Checked, StoreError> {
    let size = levels.end();
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
    let begins_log = begins_new_log(commit, levels)?;
    let mut edge = if begins_log {
        Edge::new()
    } else {
        levels.edge().clone()
    };
    leaves.iter().for_each(|leaf| edge.append(*leaf));
    if edge.root() != commit.root_after {
        return Err(StoreError::Inconsistent("the root is not that of its leaves"));
    }
    let mut rows = Vec::new();
    for (index, leaf) in (size..).zip(commit.leaves.iter()) {
        let changed = index::rows_of(index, leaf);
        rows.extend(changed.map_err(|reason| StoreError::NotAnEntry { index, reason })?);
    }
    Ok(Checked {
        leaves,
        edge,
        rows,
        begins_log,
    })
}

/// Whether a new log begins with the commit: with its first leaf, which commits to all of the log before, and
/// with no other.
fn begins_new_log(commit: &Commit, levels: &Levels) -> Result<bool, StoreError> {
    let wrong = |what| Err(StoreError::Inconsistent(what));
    if commit.leaves.iter().skip(1).any(|leaf| begins_log(leaf)) {
        return wrong("a log begins within it");
    }
    let first = commit.leaves.first().filter(|leaf| begins_log(leaf));
    let Some(first) = first else { return Ok(false) };
    let (Ok(Entry::LogBegun { position, last, .. }), 1..) = (Entry::decode(first), levels.size()) else {
        return wrong("a log begins that follows none");
    };
    let last = Note::parse(last.as_bytes())
        .ok()
        .and_then(|note| Checkpoint::parse(note.text().as_str()).ok());
    let is_ours = last.is_some_and(|last| last.size == levels.size() && last.root == levels.edge().root());
    if position != levels.end() || !is_ours {
        return wrong("a log begins that does not follow this one");
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
