//! We cosign the checkpoints of the other Parties' ledgers (c2sp.org/tlog-witness), over `ohrid/1` and, where
//! `[public]` says so, over HTTP.
//!
//! What is cosigned, and in which order, is `ledger::witness`'s affair: judge, persist, cosign, answer.
//! Here is what it needs: which keys are a ledger's (the directory in use says so), what we cosigned last
//! of it (`heads.rs`, a file for each origin, never deleted), our own witness key, and one lock for each
//! origin, so that comparing and storing are one step.
//!
//! Nothing is cosigned before our own ledger was held against its witnesses: who runs on an old copy of this
//! machine has also forgotten what it cosigned since, and would cosign another history of it `[ROLLBACK]`.
//!
//! A request that shows that a ledger has forked leaves a proof behind (`forks.rs`): an alarm for as long
//! as it lies there, and the end of the exchange with that Party.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ::ledger::fork::{ForkProof, Rollback};
use ::ledger::head::SignedHead;
use ::ledger::note::{Note, VerifierKey};
use ::ledger::witness::{AddCheckpoint, PersistError, Refusal, Reply, Swap, Swapped, Witness};
use protocol::ids::PartyCode;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::keys::Keystore;
use crate::limits::COSIGNED_EVERY_MIN;
use crate::metrics::Metrics;
use crate::news::News;
use crate::wake::Wake;

pub mod forks;
mod heads;
mod seen;

pub use forks::{Forks, KeptProof};
use heads::Heads;

/// What a witness works with.
pub struct Parts {
    /// Our Party: its own ledger is witnessed by others only.
    pub own: PartyCode,
    /// Our witness key.
    pub keys: Arc<Keystore>,
    /// Says whose ledger is whose, and its keys.
    pub directory: Arc<CurrentDirectory>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Tells people.
    pub news: News,
    /// The core: no exchange with a Party whose ledger has forked.
    pub wakes: mpsc::Sender<Wake>,
}

/// The witness. Cheap to clone.
#[derive(Clone)]
pub struct Witnessing {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    heads: Heads,
    forks: Forks,
    /// One lock for each ledger that the directory knows.
    ledgers: Mutex<HashMap<String, Arc<Mutex<Known>>>>,
    seen: seen::Seen,
    /// Whether our own ledger was held against its witnesses, and nobody knows more of it.
    is_trusted: AtomicBool,
}

/// What is known of one ledger.
#[derive(Default)]
struct Known {
    /// The head that lies on the disk; the outer `None` until it was read.
    stored: Option<Option<SignedHead>>,
    /// Whether this process has made it durable. What an earlier one has left may have been written by it a
    /// moment before it was killed, and its name be in memory only.
    is_durable: bool,
    /// The same with our cosignature, once we gave one in this process's life.
    cosigned: Option<Note>,
    /// When another head was last stored.
    stored_at: Option<Instant>,
}

/// A ledger of a Party, and the keys that may sign for it now.
struct Ledger {
    party: PartyCode,
    keys: Vec<VerifierKey>,
}

impl Witnessing {
    /// A witness whose heads lie in `folder`. Nothing is read before it is needed.
    #[must_use]
    pub fn new(parts: Parts, folder: &Path) -> Self {
        let forks = Forks::load(&folder.join("forks"));
        for proof in forks.standing() {
            proof.raise_alarm();
        }
        Self {
            inner: Arc::new(Inner {
                parts,
                heads: Heads::new(folder),
                forks,
                ledgers: Mutex::default(),
                seen: seen::Seen::default(),
                is_trusted: AtomicBool::new(false),
            }),
        }
    }

    /// Our own ledger was held against its witnesses: what lies here is not an old copy. Until then, whoever
    /// asks for a cosignature is told to ask again.
    pub fn begin(&self) {
        self.inner.is_trusted.store(true, Ordering::Release);
    }

    /// Somebody knows more of our ledger than we do: what we cosigned may be forgotten as well.
    pub fn end(&self) {
        self.inner.is_trusted.store(false, Ordering::Release);
    }

    /// Answers a request for a cosignature: `body` is that of `add-checkpoint` (c2sp.org/tlog-witness).
    /// What is cosigned is on stable storage before this returns. Where that fails, or we have no witness
    /// key now, the answer is 429.
    pub async fn add_checkpoint(&self, body: &[u8]) -> Reply {
        let (inner, body) = (Arc::clone(&self.inner), body.to_vec());
        let answered = tokio::task::spawn_blocking(move || inner.answer(&body)).await;
        let reply = answered.unwrap_or_else(|_| {
            tracing::error!("cosigning a checkpoint panicked");
            Reply::overloaded()
        });
        self.inner.parts.metrics.witness.asked(reply.status().code());
        reply
    }

    /// The head of the ledger with this origin that was cosigned last, with the ledger's signatures and ours;
    /// `None` where there is none. Blocks for a file.
    #[must_use]
    pub fn cosigned(&self, origin: &str) -> Option<Note> {
        self.inner.cosigned(origin)
    }

    /// The proofs of forks.
    #[must_use]
    pub fn forks(&self) -> &Forks {
        &self.inner.forks
    }

    /// Looks for the proofs again: an operator may have moved one elsewhere. Says those that stand. Blocks.
    pub fn look_again(&self) {
        let before = self.inner.forks.standing();
        self.inner.forks.look_again();
        for proof in before.iter().filter(|proof| !self.has_forked(proof.party)) {
            tracing::warn!(party = %proof.party, "no proof of a fork of its ledger lies here any more");
            let _ = self.inner.parts.wakes.blocking_send(Wake::Forked(proof.party));
        }
        self.inner
            .parts
            .metrics
            .witness
            .forks
            .set(i64::try_from(self.inner.forks.standing().len()).unwrap_or(i64::MAX));
    }

    /// Keeps the proof that our own ledger has forked. Blocks.
    pub fn keep_own_fork(&self, fork: &ForkProof) {
        let proof = KeptProof::of_fork(self.inner.parts.own, fork);
        self.inner.keep(&proof, &fork.to_string());
    }

    /// Keeps the proof that our own ledger does not have what it signed. Blocks.
    pub fn keep_own_rollback(&self, rollback: &Rollback) {
        let proof = KeptProof::of_rollback(self.inner.parts.own, rollback);
        self.inner.keep(&proof, &rollback.to_string());
    }

    /// Whether a proof lies here that a ledger of this Party has forked: then nothing is exchanged with it.
    #[must_use]
    pub fn has_forked(&self, party: PartyCode) -> bool {
        self.inner.forks.is_of(party)
    }
}

impl Inner {
    /// Blocks.
    fn answer(&self, body: &[u8]) -> Reply {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(error) => return Refusal::from(error).to_reply(),
        };
        let Some(ledger) = self.ledger(request.origin()) else {
            return Refusal::UnknownLog.to_reply();
        };
        if !self.is_trusted.load(Ordering::Acquire) {
            return Reply::overloaded();
        }
        let Some(witness) = self.witness() else {
            tracing::error!("no witness key of ours is valid now: nothing is cosigned");
            return Reply::overloaded();
        };
        let known = self.known(request.origin());
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(stored) = self.read(&mut known, request.origin()) else {
            return Reply::overloaded();
        };
        let keys: Vec<&VerifierKey> = ledger.keys.iter().collect();
        let swap = match request.judge(&keys, stored.as_ref()) {
            Ok(swap) => swap,
            Err(refusal) => {
                if let Some(fork) = refusal.fork() {
                    self.forked(ledger.party, fork);
                } else if let Refusal::Inconsistent(error) = &refusal {
                    let party = ledger.party;
                    tracing::error!(%party, %error, "its ledger does not continue what we have cosigned");
                }
                return refusal.to_reply();
            }
        };
        self.cosign(&mut known, swap, &witness)
    }

    fn cosign(&self, known: &mut Known, swap: Swap, witness: &Witness) -> Reply {
        // Each other head costs two syncs of the disk on which messages wait for theirs.
        let is_soon = known
            .stored_at
            .is_some_and(|at| at.elapsed() < COSIGNED_EVERY_MIN);
        if is_soon && !swap.is_repetition() {
            return Reply::overloaded();
        }
        let persisted = swap.persist(|swap| {
            let stored = known.stored.as_ref().and_then(Option::as_ref);
            if !swap.applies_to(stored) {
                let known_size = stored.map_or(0, |head| head.checkpoint().size);
                return Ok(Swapped::Overtaken { known_size });
            }
            if !swap.is_repetition() || !known.is_durable {
                self.heads.write(swap.head())?;
                known.is_durable = true;
            }
            if !swap.is_repetition() {
                known.stored = Some(Some(swap.head().clone()));
                known.stored_at = Some(Instant::now());
            }
            Ok(Swapped::Done)
        });
        let persisted = match persisted {
            Ok(persisted) => persisted,
            Err(PersistError::Overtaken(refusal)) => return refusal.to_reply(),
            Err(PersistError::Store(error)) => {
                // What lies on the disk now is read before anything else is cosigned.
                known.stored = None;
                known.is_durable = false;
                let error: &std::io::Error = &error;
                tracing::error!(%error, "a head could not be stored, and is not cosigned");
                return Reply::overloaded();
            }
        };
        match witness.cosign(persisted, self.parts.clock.now().0 / 1_000) {
            Ok(cosigned) => {
                known.cosigned = Some(cosigned.note().clone());
                cosigned.to_reply()
            }
            Err(error) => {
                tracing::error!(%error, "a head could not be cosigned");
                Reply::overloaded()
            }
        }
    }

    fn cosigned(&self, origin: &str) -> Option<Note> {
        let known = match self.ledger(origin) {
            Some(_) => self.known(origin),
            // A ledger that the directory does not name any more: it is not forgotten, nor kept in memory.
            None => Arc::default(),
        };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(note) = &known.cosigned {
            return Some(note.clone());
        }
        let stored = self.read(&mut known, origin).ok().flatten()?;
        let again = self.again(&mut known, &stored);
        Some(again.unwrap_or_else(|| stored.note().clone()))
    }

    /// Cosigns once more what lies on the disk: after a restart the cosignature is gone, and the head is not.
    fn again(&self, known: &mut Known, stored: &SignedHead) -> Option<Note> {
        let checkpoint = stored.checkpoint();
        let ledger = self.ledger(&checkpoint.origin)?;
        let witness = self
            .witness()
            .filter(|_| self.is_trusted.load(Ordering::Acquire))?;
        let proof = ::ledger::proof::ConsistencyProof { hashes: Vec::new() };
        let request = AddCheckpoint::new(checkpoint.size, proof, stored).ok()?;
        let keys: Vec<&VerifierKey> = ledger.keys.iter().collect();
        let swap = request.judge(&keys, Some(stored)).ok()?;
        if !swap.is_repetition() {
            return None;
        }
        let _reply = self.cosign(known, swap, &witness);
        known.cosigned.clone()
    }

    /// Whose ledger it is, and which keys may sign for it now. Nobody is asked to witness their own.
    fn ledger(&self, origin: &str) -> Option<Ledger> {
        let (accepted, now) = (self.parts.directory.current(), self.parts.clock.now());
        let others = accepted.directory.parties.iter();
        others
            .filter(|(party, _)| **party != self.parts.own)
            .find_map(|(party, record)| {
                let periods = record.ledger_keys.iter();
                let keys: Vec<VerifierKey> = periods
                    .filter(|period| period.value.name() == origin && period.covers(now))
                    .map(|period| period.value.clone())
                    .collect();
                (!keys.is_empty()).then_some(Ledger { party: *party, keys })
            })
    }

    fn witness(&self) -> Option<Witness> {
        let accepted = self.parts.directory.current();
        let record = accepted.directory.party(self.parts.own)?;
        let cosigner = self.parts.keys.witness_wanted(record, self.parts.clock.now())?;
        Some(Witness::new(cosigner))
    }

    fn known(&self, origin: &str) -> Arc<Mutex<Known>> {
        let mut ledgers = self.ledgers();
        Arc::clone(ledgers.entry(origin.to_owned()).or_default())
    }

    /// The head that lies on the disk. What cannot be read is not the same as none: then nothing is cosigned.
    fn read(&self, known: &mut Known, origin: &str) -> Result<Option<SignedHead>, heads::HeadError> {
        if let Some(stored) = &known.stored {
            return Ok(stored.clone());
        }
        let stored = self.heads.read(origin).inspect_err(|error| {
            tracing::error!(%error, origin, "nothing is cosigned for this ledger");
        })?;
        known.stored = Some(stored.clone());
        Ok(stored)
    }

    /// Keeps the proof, raises the alarm, and ends the exchange with that Party.
    fn forked(&self, party: PartyCode, fork: &ForkProof) {
        self.keep(&KeptProof::of_fork(party, fork), &fork.to_string());
    }

    fn ledgers(&self) -> MutexGuard<'_, HashMap<String, Arc<Mutex<Known>>>> {
        // The table is whole at every step.
        self.ledgers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
