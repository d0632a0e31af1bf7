//! Retiring a journal segment: its payloads get files of their own, and only when these are durable
//! and were read back from the disk is the segment removed.

use std::collections::VecDeque;
use std::fs::File;

use protocol::digest::Commitment;

use super::{Embedded, State};
use crate::contract::{ReadError, StoreError};
use crate::disk;
use crate::journal::segment::Place;
use crate::limits::{PAYLOAD_SYNC_BYTES, PAYLOADS_PER_STEP};
use crate::payloads::read_from_journal;
use crate::tiles::WIDTH;

/// A segment on its way out.
#[derive(Debug)]
pub(crate) struct Retiring {
    sequence: u64,
    /// Opened before the first payload was written: it learns of every write that failed since.
    witness: File,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// These are still to be written to files; so many bytes were, since the last sync.
    Copying {
        left: VecDeque<(Commitment, Place)>,
        copied: Vec<Commitment>,
        unsynced_bytes: usize,
    },
    /// All are written; these are still to be read back.
    ReadingBack(Vec<Commitment>),
}

impl Embedded {
    /// Whether a segment can be retired: another one is in use, and all its leaves are in stored bundles.
    pub(super) fn can_retire(&self) -> bool {
        let stored = self.shared.state().levels.stored_tiles(0) * WIDTH;
        self.retiring.is_some() || self.journal.oldest().is_some_and(|(_, end)| end <= stored)
    }

    /// Does one step of retiring the oldest segment.
    pub(super) fn retire_step(&mut self) -> Result<(), StoreError> {
        let retiring = match self.retiring.take() {
            Some(retiring) => retiring,
            None => match self.begin_retiring()? {
                Some(retiring) => retiring,
                None => return Ok(()),
            },
        };
        let Retiring {
            sequence,
            witness,
            phase,
        } = retiring;
        let phase = match phase {
            Phase::Copying {
                left,
                copied,
                unsynced_bytes,
            } => self.copy(left, copied, unsynced_bytes, &witness)?,
            Phase::ReadingBack(left) => self.read_back(left)?,
        };
        match phase {
            Some(phase) => {
                self.retiring = Some(Retiring {
                    sequence,
                    witness,
                    phase,
                })
            }
            None => {
                let forget = |state: &mut State| {
                    state
                        .payloads
                        .retain(|_, place| place.segment.sequence != sequence);
                };
                forget(&mut self.shared.state_mut());
                self.journal.retire_oldest()?;
                tracing::debug!(sequence, "a journal segment was retired");
            }
        }
        Ok(())
    }

    fn begin_retiring(&self) -> Result<Option<Retiring>, StoreError> {
        let Some((live, _)) = self.journal.oldest() else {
            return Ok(None);
        };
        let sequence = live.segment.sequence;
        let root = self.disk.root();
        let witness = File::open(root).map_err(disk::error("open directory", root))?;
        let state = self.shared.state();
        let here = state
            .payloads
            .iter()
            .filter(|(_, place)| place.segment.sequence == sequence);
        let left = here
            .map(|(commitment, place)| (*commitment, place.clone()))
            .collect();
        let phase = Phase::Copying {
            left,
            copied: Vec::new(),
            unsynced_bytes: 0,
        };
        Ok(Some(Retiring {
            sequence,
            witness,
            phase,
        }))
    }

    /// Syncs every megabyte, so that no step keeps a commit waiting for long.
    fn copy(
        &self,
        mut left: VecDeque<(Commitment, Place)>,
        mut copied: Vec<Commitment>,
        mut unsynced_bytes: usize,
        witness: &File,
    ) -> Result<Option<Phase>, StoreError> {
        for _ in 0..PAYLOADS_PER_STEP {
            let Some((commitment, place)) = left.pop_front() else {
                break;
            };
            let payload = read_from_journal(&place, &commitment)?;
            self.shared.payload_files.write_unsynced(&self.disk, &payload)?;
            copied.push(commitment);
            unsynced_bytes += place.length;
            if unsynced_bytes >= PAYLOAD_SYNC_BYTES {
                break;
            }
        }
        if unsynced_bytes >= PAYLOAD_SYNC_BYTES || left.is_empty() {
            self.disk.sync_everything(witness)?;
            unsynced_bytes = 0;
        }
        if left.is_empty() {
            return Ok(Some(Phase::ReadingBack(copied)));
        }
        Ok(Some(Phase::Copying {
            left,
            copied,
            unsynced_bytes,
        }))
    }

    fn read_back(&self, mut left: Vec<Commitment>) -> Result<Option<Phase>, StoreError> {
        for _ in 0..PAYLOADS_PER_STEP {
            let Some(commitment) = left.pop() else {
                return Ok(None);
            };
            if self.shared.payload_files.read_back(&commitment)?.is_none() {
                return Err(StoreError::Damaged(ReadError::Damaged {
                    file: self.shared.payload_files.path(&commitment),
                    index: None,
                    what: "a payload that was just written is not there",
                }));
            }
        }
        Ok(Some(Phase::ReadingBack(left)))
    }
}
