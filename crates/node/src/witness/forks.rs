//! Proofs that a ledger has shown two histories, or has lost what it had signed `[ROLLBACK]`: kept, never
//! deleted, and an alarm for as long as they lie there.
//!
//! ```text
//! witness/forks/XB-fork-1021-5e0c1f2a.proof        two heads of XB's ledger that cannot both be true
//! witness/forks/XA-rollback-988-91d4e6b0.proof     a greater head than the one that our own ledger has
//! ```
//!
//! The number is the size of the smaller tree. `ohrid-verify fork` checks such a file without asking
//! anybody. While there is one of another Party, nothing is exchanged with it but what witnesses say; the
//! operator ends that, and the alarm, by moving the proof elsewhere, once it is settled what happened.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::ledger::checkpoint::Checkpoint;
use ::ledger::fork::{ForkProof, Rollback};
use ::ledger::note::Note;
use control::events::EventKind;
use protocol::digest::Digest;
use protocol::ids::PartyCode;

use super::Inner;
use crate::durable;
use crate::limits::LEDGER_FORKS_KEPT_MAX;
use crate::wake::Wake;

/// What a proof shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shows {
    /// Two histories.
    Fork,
    /// That a greater head was signed than the one that the ledger has.
    Rollback,
}

/// A proof that is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptProof {
    /// Whose ledger it is about.
    pub party: PartyCode,
    /// What it shows.
    pub shows: Shows,
    /// The size of the smaller tree in it.
    pub size: u64,
    /// The first digits of the proof's digest.
    start: String,
}

/// The proofs.
#[derive(Debug)]
pub struct Forks {
    folder: PathBuf,
    found: Mutex<Vec<KeptProof>>,
}

impl Shows {
    /// The word in files' names and on the control socket.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
        }
    }
}

impl KeptProof {
    /// Names the proof of a fork.
    #[must_use]
    pub fn of_fork(party: PartyCode, fork: &ForkProof) -> Self {
        Self::new(party, Shows::Fork, fork.smaller(), &fork.to_string())
    }

    /// Names the proof of a rollback.
    #[must_use]
    pub fn of_rollback(party: PartyCode, rollback: &Rollback) -> Self {
        Self::new(party, Shows::Rollback, rollback.has(), &rollback.to_string())
    }

    fn new(party: PartyCode, shows: Shows, smaller: &Note, text: &str) -> Self {
        let checkpoint = Checkpoint::parse(smaller.text().as_str());
        let digest = Digest::of(text.as_bytes()).to_string();
        Self {
            party,
            shows,
            size: checkpoint.map_or(0, |checkpoint| checkpoint.size),
            start: digest.chars().take(8).collect(),
        }
    }

    /// The file's name within the folder.
    #[must_use]
    pub fn file_name(&self) -> String {
        let shows = self.shows.as_str();
        format!("{}-{shows}-{}-{}.proof", self.party, self.size, self.start)
    }

    pub(crate) fn parse(file: &Path) -> Option<Self> {
        let name = file.file_name()?.to_str()?.strip_suffix(".proof")?;
        let mut parts = name.split('-');
        let party = parts.next()?.parse().ok()?;
        let shows = match parts.next()? {
            "fork" => Shows::Fork,
            "rollback" => Shows::Rollback,
            _ => return None,
        };
        let proof = Self {
            party,
            shows,
            size: parts.next()?.parse().ok()?,
            start: parts.next()?.to_owned(),
        };
        parts.next().is_none().then_some(proof)
    }

    /// Says it in the log: when it is found, and again for as long as it stands.
    pub fn raise_alarm(&self) {
        let what = match self.shows {
            Shows::Fork => "has shown two histories",
            Shows::Rollback => "does not have what it has signed",
        };
        tracing::error!(
            party = %self.party,
            size = self.size,
            proof = self.file_name(),
            "the ledger of {} {what}: call its operator, and other Parties",
            self.party,
        );
    }
}

impl Forks {
    /// Those that lie in the folder.
    #[must_use]
    pub fn load(folder: &Path) -> Self {
        let forks = Self {
            folder: folder.to_owned(),
            found: Mutex::default(),
        };
        forks.look_again();
        forks
    }

    /// Looks into the folder again: an operator may have moved a proof elsewhere.
    pub fn look_again(&self) {
        // Held while the folder is read, or a proof that is kept meanwhile would be forgotten.
        let mut known = self.lock();
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found: Vec<KeptProof> = files.filter_map(|file| KeptProof::parse(&file.path())).collect();
        found.sort();
        *known = found;
    }

    /// Those that lie there.
    #[must_use]
    pub fn standing(&self) -> Vec<KeptProof> {
        self.lock().clone()
    }

    /// Whether one lies there about this Party's ledgers.
    #[must_use]
    pub fn is_of(&self, party: PartyCode) -> bool {
        self.lock().iter().any(|proof| proof.party == party)
    }

    /// Where a proof lies.
    #[must_use]
    pub fn path(&self, proof: &KeptProof) -> PathBuf {
        self.folder.join(proof.file_name())
    }

    /// Keeps a proof, durably. Whether it is one that was not known; of one Party only a few are kept.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, proof: &KeptProof, text: &str) -> io::Result<bool> {
        let mut found = self.lock();
        let of_party = found.iter().filter(|known| known.party == proof.party).count();
        if found.contains(proof) || of_party >= LEDGER_FORKS_KEPT_MAX {
            return Ok(false);
        }
        durable::make_private_folder(&self.folder)?;
        durable::write_private(&self.path(proof), text.as_bytes())?;
        durable::sync_folder_of(&self.folder)?;
        found.push(proof.clone());
        found.sort();
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<KeptProof>> {
        // The list is whole at every step.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Keeps a proof, raises the alarm, and has the exchange with that Party ended. Blocks.
    pub(super) fn keep(&self, proof: &KeptProof, text: &str) {
        match self.forks.keep(proof, text) {
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => tracing::error!(%error, proof = text, "the proof of a fork could not be kept"),
        }
        proof.raise_alarm();
        let now = self.parts.clock.now();
        let event = EventKind::LedgerFork;
        self.parts.metrics.happened(event.as_str());
        self.parts.news.tell_of_node(event, now);
        let party = proof.party;
        if party != self.parts.own {
            // The core outlives this, unless the node stops.
            let _ = self.parts.wakes.blocking_send(Wake::Forked(party));
        }
    }
}

#[cfg(test)]
mod tests;
