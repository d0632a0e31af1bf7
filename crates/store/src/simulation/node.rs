//! A node over all its lives: its disk, what it has said, and how its machine stops.

use std::sync::Arc;
use std::time::Duration;

use protocol::directory::Directory;
use protocol::exchange::Settings;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;
use tempfile::TempDir;

use super::life::Life;
use super::parties::party;
use super::random::Random;
use super::watch::Watch;
use crate::OpenError;
use crate::disk::Disk;
use crate::disk::faults::{Faults, directory_in_memory};

pub(super) struct Node {
    pub(super) party: PartyCode,
    directory: Arc<Directory>,
    place: TempDir,
    pub(super) faults: Faults,
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
    pub(super) fn new(number: usize, directory: &Arc<Directory>, random: &mut Random) -> Self {
        let settings = Settings {
            jitter_seed: random.number(),
            request_timeout: Duration::from_secs(5),
            // Small, so that commits are full and peers are told to wait now and then.
            commit_entries_max: 4,
            pending_entries_max: 24,
            ..Settings::default()
        };
        Self {
            party: party(number),
            directory: Arc::clone(directory),
            place: directory_in_memory(),
            faults: Faults::default(),
            life: None,
            lives: 0,
            watch: Watch::default(),
            settings,
        }
    }

    /// Starts, or says why not.
    pub(super) fn start(&mut self, now: UnixMillis) -> Result<(), OpenError> {
        let disk = Disk::with_faults(self.place.path(), self.faults.clone());
        let life = Life::begin(&disk, self.party, &self.directory, &self.settings, now)?;
        self.watch.check(self.party, &*life.reader);
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
        if let Stops::PowerCut(seed) = how {
            self.faults.cut_power(seed);
        }
        self.faults.revive();
    }
}
