//! The index: where in the ledger the answer to a question stands.
//!
//! It holds keys and leaf indices, and nothing that is not in the ledger. Every record that is returned
//! is made anew from its leaf, so that an index that lies is found out. What a commit changes is visible
//! at once, in memory ([`KeyValues::put`]); it goes to sled later, in batches that carry the size of the
//! ledger they were made from. After a crash the leaves behind that size are folded in again.
//!
//! | key | value |
//! |---|---|
//! | `O` item digest | index of the leaf |
//! | `I` Party, message, contact point | index of the leaf that decided |
//! | `R` report digest | index of the leaf |
//! | `U` Party, message, contact point | index of the leaf |
//! | `P` Party, message, contact point | index of the leaf |
//! | `A` manifest's commitment, Party | index of the leaf |
//! | `C` case, index, message | nothing |
//! | `M` message, index | nothing |
//! | `K` index | nothing |
//! | `E` index of a notice | nothing |
//! | `X` index of an entry | index of the notice that it is erased by |
//! | `L` case | index of the leaf that placed the hold |
//! | `size` | size of the ledger, its root, and the version of this table |
//!
//! Keys hold whole digests and whole ids: a part of one could be the part of another's.

mod blocks;
pub(crate) mod home;
pub(crate) mod queries;
mod renewal;
mod values;

/// What [`values`] shares with, and by which it asks sled. `schedules/` compiles it once more, with locks
/// whose order is tried out.
mod sync {
    pub(super) use std::panic::catch_unwind;
    pub(super) use std::sync::atomic::{AtomicBool, Ordering};
    pub(super) use std::sync::{PoisonError, RwLock};
}

#[cfg(any(test, fuzzing))]
pub(crate) use blocks::{decode as block_decoded, encode as block_encoded, find as found_in_block};
pub(crate) use values::KeyValues;

use protocol::decode::DecodeError;
use protocol::digest::{Commitment, Digest};
use protocol::entry::Entry;
use protocol::ids::{CaseId, PartyCode};
use protocol::index::{InboxKey, InboxOutcome, InboxRecord, IndexChange, index_changes};

/// Changed whenever the table above changes: an index of another version is rebuilt.
const INDEX_VERSION: u8 = 3;

/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);
/// A change of one key: its new value, or none.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

/// What a leaf changes.
pub(crate) fn changes_of(index: u64, leaf: &[u8]) -> Result<Vec<IndexChange>, DecodeError> {
    index_changes(index, &Entry::decode(leaf)?)
}

/// What a leaf changes, as keys and values.
pub(crate) fn rows_of(index: u64, leaf: &[u8]) -> Result<Vec<Change>, DecodeError> {
    Ok(changes_of(index, leaf)?.iter().map(row_of).collect())
}

fn row_of(change: &IndexChange) -> Change {
    let index_of = |index: u64| Some(index.to_be_bytes().to_vec());
    match change {
        IndexChange::PutOutbox(record) => (outbox_key(&record.item), index_of(record.index)),
        IndexChange::RemoveOutbox(item) => (outbox_key(item), None),
        IndexChange::PutInbox(key, record) => (inbox_key(b'I', key), index_of(deciding_leaf(record))),
        IndexChange::PutReport(report, index) => (report_key(report), index_of(*index)),
        IndexChange::PutUnopened(key, index) => (inbox_key(b'U', key), index_of(*index)),
        IndexChange::RemoveUnopened(key) => (inbox_key(b'U', key), None),
        IndexChange::PutPulling(key, index) => (inbox_key(b'P', key), index_of(*index)),
        IndexChange::RemovePulling(key) => (inbox_key(b'P', key), None),
        IndexChange::PutShared {
            manifest,
            peer,
            index,
        } => (shared_key(manifest, *peer), index_of(*index)),
        IndexChange::LinkCase { case, message, index } => {
            let mut key = vec![b'C'];
            key.extend_from_slice(case.first_message().as_bytes());
            key.extend_from_slice(&index.to_be_bytes());
            key.extend_from_slice(message.as_bytes());
            (key, Some(Vec::new()))
        }
        IndexChange::LinkKeyChange(index) => (numbered(b'K', *index), Some(Vec::new())),
        IndexChange::LinkErasure(index) => (numbered(b'E', *index), Some(Vec::new())),
        IndexChange::PutErased { entry, notice } => (numbered(b'X', *entry), index_of(*notice)),
        IndexChange::PutHold(case, index) => (hold_key(case), index_of(*index)),
        IndexChange::RemoveHold(case) => (hold_key(case), None),
        IndexChange::LinkMessage { message, index } => {
            let mut key = vec![b'M'];
            key.extend_from_slice(message.as_bytes());
            key.extend_from_slice(&index.to_be_bytes());
            (key, Some(Vec::new()))
        }
    }
}

/// The leaf that an inbox record was made from.
pub(crate) fn deciding_leaf(record: &InboxRecord) -> u64 {
    match record.outcome {
        InboxOutcome::Received { index, .. } | InboxOutcome::Rejected { index } => index,
    }
}

/// The key of a leaf in a table of leaves.
pub(crate) fn numbered(table: u8, index: u64) -> Vec<u8> {
    [&[table][..], &index.to_be_bytes()].concat()
}

pub(crate) fn hold_key(case: &CaseId) -> Vec<u8> {
    [&b"L"[..], case.first_message().as_bytes()].concat()
}

pub(crate) fn outbox_key(item: &Digest) -> Vec<u8> {
    [&b"O"[..], item.as_bytes()].concat()
}

pub(crate) fn report_key(report: &Digest) -> Vec<u8> {
    [&b"R"[..], report.as_bytes()].concat()
}

pub(crate) fn shared_key(manifest: &Commitment, peer: PartyCode) -> Vec<u8> {
    [&b"A"[..], manifest.as_bytes(), peer.as_str().as_bytes()].concat()
}

pub(crate) fn inbox_key(table: u8, key: &InboxKey) -> Vec<u8> {
    let mut bytes = vec![table];
    bytes.extend_from_slice(key.from.as_str().as_bytes());
    bytes.extend_from_slice(key.message.as_bytes());
    bytes.extend_from_slice(key.to.to_string().as_bytes());
    bytes
}

#[cfg(test)]
mod tests;
