//! Erasing payloads: from memory, from the journal, from their files `[ERASE]`.
//!
//! Called again after a crash it does what is left to do: it looks for the payloads in every live segment
//! and under every name that they could have, whatever was done before. The store's own index has nothing of
//! a payload: it is a fold of the leaves, which stay (see [`crate::index`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::digest::Commitment;

use super::{Embedded, State};
use crate::contract::{Progress, StoreError};

impl Embedded {
    /// One step: one segment, or at last the files.
    pub(super) fn erase_step(&mut self, payloads: &BTreeSet<Commitment>) -> Result<Progress, StoreError> {
        self.check_running()?;
        // What is copied out of the journal meanwhile would be read back in vain.
        self.retiring = None;
        {
            let mut state = self.shared.state_mut();
            state.recent.forget(payloads);
            state
                .payloads
                .retain(|commitment, _| !payloads.contains(commitment));
            // Whoever reads one meanwhile finds zeros, and must not take them for damage.
            state.erasing.clone_from(payloads);
        }
        match self.erase_from_segment(payloads) {
            Ok(true) => return Ok(Progress::More),
            Ok(false) => {}
            Err(StoreError::DiskFull { .. }) => return Ok(Progress::WaitsForSpace),
            Err(error) => return Err(error),
        }
        for commitment in payloads {
            let path = self.shared.payload_files.path(commitment);
            self.disk.erase(&path)?;
            // A file that was being written when the machine stopped.
            let name = commitment.to_string();
            self.disk.erase(&self.disk.staged_path(&name))?;
        }
        self.shared.state_mut().erasing.clear();
        Ok(Progress::Idle)
    }

    /// Whether there was one that had any.
    fn erase_from_segment(&mut self, payloads: &BTreeSet<Commitment>) -> Result<bool, StoreError> {
        let Some(place) = self.journal.segment_with(payloads)? else {
            return Ok(false);
        };
        let levels = Arc::clone(&self.shared.state().levels);
        self.journal.close_segment(place, &levels)?;
        drop(levels);
        let rewritten = self.journal.rewrite(place, payloads)?;
        self.shared.state_mut().moved(&rewritten);
        self.journal.overwrite(&rewritten)?;
        tracing::info!(
            sequence = rewritten.sequence,
            "payloads were erased from a journal segment"
        );
        Ok(true)
    }
}

impl State {
    /// What a segment holds lies elsewhere now.
    fn moved(&mut self, rewritten: &crate::journal::Rewritten) {
        let leaves_from = self.levels.first() + self.leaves_from;
        for (index, place) in (rewritten.first_index..).zip(&rewritten.now.leaves) {
            let known = index.checked_sub(leaves_from);
            let known = known.and_then(|place| usize::try_from(place).ok());
            if let Some(known) = known.and_then(|place| self.leaves.get_mut(place)) {
                *known = place.clone();
            }
        }
        for (commitment, place) in &rewritten.now.payloads {
            if let Some(known) = self.payloads.get_mut(commitment)
                && known.segment.sequence == rewritten.sequence
            {
                *known = place.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests;
