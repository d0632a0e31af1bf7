//! What we have published: of each of our ledgers the newest head that its witnesses have cosigned as the
//! policy asks, in memory and in a file.
//!
//! ```text
//! published/5e0c1f2a….note       named by the SHA-256 of the ledger's origin
//! ```

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::ledger::checkpoint::Checkpoint;
use ::ledger::note::Note;
use ::ledger::witness::monitoring_path;
use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::policy::PolicyInUse;
use super::standing::Standing;
use crate::durable;
use crate::limits::PUBLISHED_FILE_BYTES_MAX;
use crate::secret;

/// A head of ours that is published: signed by the ledger, and cosigned as the policy asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    note: Note,
    checkpoint: Checkpoint,
}

impl Witnessed {
    /// Takes a note whose signatures were checked.
    pub(super) fn of(note: Note) -> Option<Self> {
        let checkpoint = Checkpoint::parse(note.text().as_str()).ok()?;
        Some(Self { note, checkpoint })
    }

    /// The signed note, with the ledger's signature and all cosignatures.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// What it says.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// What we have published. Written by the publisher only.
#[derive(Debug)]
pub struct Published {
    folder: PathBuf,
    by_origin: Mutex<HashMap<String, Arc<Witnessed>>>,
    newest: watch::Sender<Option<Arc<Witnessed>>>,
    policy: ArcSwap<PolicyInUse>,
    standing: watch::Sender<Standing>,
}

impl Published {
    /// What lies in the folder. `policy` is the one in use.
    #[must_use]
    pub(crate) fn load(folder: &Path, policy: PolicyInUse) -> Self {
        let published = Self {
            folder: folder.to_owned(),
            by_origin: Mutex::default(),
            newest: watch::Sender::new(None),
            policy: ArcSwap::from_pointee(policy),
            standing: watch::Sender::new(Standing::default()),
        };
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            let file = file.path();
            if file.extension().is_some_and(|suffix| suffix == "note") {
                match read(&file) {
                    Some(witnessed) => {
                        let origin = witnessed.checkpoint.origin.clone();
                        published.lock().insert(origin, Arc::new(witnessed));
                    }
                    None => tracing::error!(file = %file.display(), "this is no published head: passed over"),
                }
            }
        }
        published
    }

    /// The newest head of the ledger that is written now; `None` while none of it was published in this
    /// process's life.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<Witnessed>> {
        self.newest.borrow().clone()
    }

    /// The newest published head of the ledger with this origin, of this process or of an earlier one.
    #[must_use]
    pub fn of(&self, origin: &str) -> Option<Arc<Witnessed>> {
        self.lock().get(origin).cloned()
    }

    /// The origins of our ledgers of which a head was published, in their order.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.lock().keys().cloned().collect();
        origins.sort_unstable();
        origins
    }

    /// The newest published head of the ledger with this origin, if its tree has so many leaves at least.
    #[must_use]
    pub fn covering(&self, origin: &str, size: u64) -> Option<Arc<Witnessed>> {
        self.of(origin)
            .filter(|witnessed| witnessed.checkpoint.size >= size)
    }

    /// The newest published head of each of our ledgers.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Witnessed>> {
        self.lock().values().cloned().collect()
    }

    /// Tells of each newer one.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Option<Arc<Witnessed>>> {
        self.newest.subscribe()
    }

    /// The policy in use: what makes a head a published one.
    #[must_use]
    pub fn policy(&self) -> Arc<PolicyInUse> {
        self.policy.load_full()
    }

    /// How publishing goes, and whether anything may be signed.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Tells when that changes.
    #[must_use]
    pub fn standings(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Changes how it stands.
    pub(super) fn change(&self, change: impl FnOnce(&mut Standing)) {
        self.standing.send_modify(change);
    }

    /// Another policy is in use.
    pub(super) fn set_policy(&self, policy: PolicyInUse) {
        self.policy.store(Arc::new(policy));
    }

    /// Publishes a head: durably, before anybody can see it, so that it is known after a restart. Blocks.
    pub(super) fn publish(&self, witnessed: Witnessed) -> io::Result<Arc<Witnessed>> {
        let witnessed = Arc::new(witnessed);
        let origin = &witnessed.checkpoint.origin;
        durable::make_private_folder(&self.folder)?;
        let path = monitoring_path(origin);
        let digest = path.split('/').next().unwrap_or_default();
        let file = self.folder.join(format!("{digest}.note"));
        durable::write_private(&file, witnessed.note.to_string().as_bytes())?;
        self.lock().insert(origin.clone(), Arc::clone(&witnessed));
        self.newest.send_replace(Some(Arc::clone(&witnessed)));
        Ok(witnessed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Witnessed>>> {
        // The table is whole at every step.
        self.by_origin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path) -> Option<Witnessed> {
    let bytes = secret::read_public(file, PUBLISHED_FILE_BYTES_MAX).ok()?;
    Witnessed::of(Note::parse(&bytes).ok()?)
}

#[cfg(test)]
mod tests;
