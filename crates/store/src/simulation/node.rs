//! A node over all its lives: its disk, what it has said, and how its machine stops.

use std::sync::Arc;
use std::time::Duration;

use protocol::directory::Directory;
use protocol::exchange::{Settings, Signing};
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;
use tempfile::TempDir;

use super::clocks::MachineClock;
use super::copies::OldCopy;
use super::files::Sealed;
use super::indexes::IndexFault;
use super::life::{Life, NotStarted};
use super::parties::party;
use super::publishing::Needed;
use super::random::Random;
use super::watch::Watch;
use crate::disk::Disk;
use crate::disk::faults::{Faults, directory_in_memory};

pub(super) struct Node {
    pub(super) party: PartyCode,
    directory: Arc<Directory>,
    pub(super) place: TempDir,
    /// Where the store is while an old copy is in its place.
    pub(super) right: Option<TempDir>,
    pub(super) copy: Option<OldCopy>,
    pub(super) faults: Faults,
    pub(super) clock: MachineClock,
    /// What becomes of the index before the next start.
    pub(super) index_fault: Option<IndexFault>,
    /// `None` while its machine stands still.
    pub(super) life: Option<Life>,
    /// Which life it is in: what was under way in an earlier one is void.
    pub(super) lives: u64,
    pub(super) watch: Watch,
    settings: Settings,
}

/// How a machine stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stops {
    /// The process only: what it wrote is in the system's memory.
    Killed,
    /// What was not synced is lost, as this number chooses; with 0, all of it.
    PowerCut(u64),
}

impl Node {
    pub(super) fn new(
        number: usize,
        directory: &Arc<Directory>,
        needed: Needed,
        sealed: &Sealed,
        random: &mut Random,
    ) -> Self {
        let settings = Settings {
            jitter_seed: random.number(),
            request_timeout: Duration::from_secs(5),
            // Small, so that commits are full and peers are told to wait now and then.
            commit_entries_max: 4,
            pending_entries_max: 24,
            signing: if needed == Needed::None {
                Signing::Allowed
            } else {
                Signing::Held
            },
            ..Settings::default()
        };
        Self {
            party: party(number),
            directory: Arc::clone(directory),
            place: directory_in_memory(),
            right: None,
            copy: None,
            faults: Faults::default(),
            clock: MachineClock::default(),
            index_fault: None,
            life: None,
            lives: 0,
            watch: Watch::new(sealed),
            settings,
        }
    }

    pub(super) fn disk(&self) -> Disk {
        Disk::with_faults(self.place.path(), self.faults.clone())
    }

    /// Starts, or says why not.
    pub(super) fn start(&mut self, now: UnixMillis) -> Result<(), NotStarted> {
        let times = (self.clock, now);
        let life = Life::begin(&self.disk(), self.party, &self.directory, &self.settings, times)?;
        if self.is_old_copy() {
            // Nothing of what was said need be there.
            self.watch.begin_silence();
        } else {
            self.watch.check(&life);
        }
        self.life = Some(life);
        Ok(())
    }

    /// Where its disk is.
    pub(super) fn place(&self) -> String {
        self.place.path().display().to_string()
    }

    /// Stops without a word.
    pub(super) fn stop(&mut self, how: Stops) {
        self.life = None;
        self.lives += 1;
        self.watch.end_silence();
        if let Stops::PowerCut(seed) = how {
            self.faults.cut_power(seed);
        }
        self.faults.revive();
    }
}
