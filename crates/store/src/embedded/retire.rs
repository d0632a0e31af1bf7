//! Retiring a journal segment: its payloads get files of their own, and only when these are durable
//! and were read back from the disk is the segment removed.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use protocol::digest::Commitment;

use super::{Embedded, State};
use crate::contract::{ReadError, StoreError};
use crate::disk::{self, DiskError};
use crate::journal::segment::Place;
use crate::limits::{PAYLOAD_STEP_BYTES, PAYLOADS_PER_STEP};
use crate::payloads::{PAYLOAD_DIRECTORY, read_from_journal};
use crate::tiles::WIDTH;

/// A segment on its way out.
#[derive(Debug)]
pub(crate) struct Retiring {
    sequence: u64,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// These are still to be written to files.
    Copying {
        left: VecDeque<(Commitment, Place)>,
        copied: Vec<Commitment>,
        /// Opened before the first was written: it learns of every write that failed since.
        witness: File,
    },
    /// All are written, and made durable together with whatever else waits on this file system. That may
    /// take long, so it happens on a thread of its own.
    Syncing {
        copied: Vec<Commitment>,
        thread: JoinHandle<Result<(), DiskError>>,
    },
    /// All are durable; these are still to be read back.
    ReadingBack(Vec<Commitment>),
}

impl Embedded {
    /// Whether a segment can be retired: another one is in use, and all its leaves are in stored bundles.
    pub(super) fn can_retire(&self) -> bool {
        let levels = Arc::clone(&self.shared.state().levels);
        // All of the logs before is stored.
        let stored = levels.first() + levels.stored_tiles(0) * WIDTH;
        self.retiring.is_some() || self.journal.oldest().is_some_and(|(_, end)| end <= stored)
    }

    /// Whether the disk is busy with what was copied: there is nothing to do but to wait for it.
    pub(super) fn is_syncing(&self) -> bool {
        let thread = self.retiring.as_ref().and_then(|retiring| match &retiring.phase {
            Phase::Syncing { thread, .. } => Some(thread),
            _ => None,
        });
        thread.is_some_and(|thread| !thread.is_finished())
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
        let Retiring { sequence, phase } = retiring;
        let phase = match phase {
            Phase::Copying {
                left,
                copied,
                witness,
            } => self.copy(left, copied, witness)?,
            Phase::Syncing { copied, thread } => end_sync(copied, thread)?,
            Phase::ReadingBack(left) => self.read_back(left)?,
        };
        match phase {
            Some(phase) => self.retiring = Some(Retiring { sequence, phase }),
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
            witness,
        };
        Ok(Some(Retiring { sequence, phase }))
    }

    fn copy(
        &self,
        mut left: VecDeque<(Commitment, Place)>,
        mut copied: Vec<Commitment>,
        witness: File,
    ) -> Result<Option<Phase>, StoreError> {
        let mut bytes = 0;
        while bytes < PAYLOAD_STEP_BYTES {
            let Some((commitment, place)) = left.pop_front() else {
                // Of a segment without payloads nothing is to be synced, least of all everything.
                if copied.is_empty() {
                    return Ok(None);
                }
                let disk = self.disk.clone();
                let thread = std::thread::spawn(move || disk.sync_everything(&witness));
                // The steps of a test come in the same order every time.
                while cfg!(test) && !thread.is_finished() {
                    std::thread::yield_now();
                }
                return Ok(Some(Phase::Syncing { copied, thread }));
            };
            let payload = read_from_journal(&place, &commitment)?;
            self.shared.payload_files.write_unsynced(&self.disk, &payload)?;
            copied.push(commitment);
            bytes += place.length.max(PAYLOAD_STEP_BYTES / PAYLOADS_PER_STEP);
        }
        Ok(Some(Phase::Copying {
            left,
            copied,
            witness,
        }))
    }

    fn read_back(&self, mut left: Vec<Commitment>) -> Result<Option<Phase>, StoreError> {
        for _ in 0..PAYLOADS_PER_STEP {
            let Some(commitment) = left.pop() else {
                return Ok(None);
            };
            let files = &self.shared.payload_files;
            if files.read_back(&self.disk, &commitment)?.is_none() {
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

/// Goes on to reading back, if the sync did not fail. An error is final, as with every `fsync`.
fn end_sync(
    copied: Vec<Commitment>,
    thread: JoinHandle<Result<(), DiskError>>,
) -> Result<Option<Phase>, StoreError> {
    let ended = thread.join().unwrap_or_else(|_| {
        let source = io::Error::other("the thread that was to sync panicked");
        Err(DiskError {
            operation: "syncfs",
            path: PathBuf::from(PAYLOAD_DIRECTORY),
            source,
        })
    });
    ended?;
    Ok(Some(Phase::ReadingBack(copied)))
}

#[cfg(test)]
mod tests;
