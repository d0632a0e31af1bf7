//! What erasures and legal holds change in the index `[ERASE]`.
//!
//! A missing payload is correct if and only if its entry is among those that a notice names: so the index
//! answers for each entry, and knows the notices, for whoever ends what a crash has interrupted.

use super::IndexChange;
use crate::entry::Hold;
use crate::ids::CaseId;

pub(super) fn noticed(notice: u64, entries: &[u64]) -> Vec<IndexChange> {
    let erased = entries.iter().map(|entry| IndexChange::PutErased {
        entry: *entry,
        notice,
    });
    std::iter::once(IndexChange::LinkErasure(notice))
        .chain(erased)
        .collect()
}

pub(super) fn held(index: u64, case: CaseId, hold: Hold) -> IndexChange {
    match hold {
        Hold::Placed => IndexChange::PutHold(case, index),
        Hold::Released => IndexChange::RemoveHold(case),
    }
}
