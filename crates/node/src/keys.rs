//! The keystore: every secret of the node, from files that nobody else can read.
//!
//! One key is never used for two purposes: TLS, envelopes, ledger, witness, and OpenPGP keys for each contact
//! point. Of each there may be several: the one in use, the next, and those whose time is over, which are
//! kept, since what they signed is made again for ever. Which one is to be used now, the directory says
//! ([`choice`]); which one was used when, the ledger ([`succession`]).
//!
//! The files are read at the start, and again on a reload and whenever a new directory is in use. A key that
//! was read once stays for the life of the process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use ledger::cosignature::Cosigner;
use ledger::note::{NoteSigner, VerifierKey};
use protocol::ids::{ActorId, ContactPoint, PartyCode};
use protocol::key::{EnvelopeKey, KeyId};
use protocol::verifier;
use seal::{Certificate, UnlockedKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::config;
use crate::tls::TlsIdentity;

pub mod choice;
mod error;
pub(crate) mod files;
pub mod origin;
pub mod succession;

pub use error::KeysError;
pub use files::look_at_files;

/// All secrets of the node, unlocked.
#[derive(Debug)]
pub struct Keystore {
    party: PartyCode,
    paths: config::Keys,
    /// The configured ledger key's. Officers' numbers and the case index hang on it, so it stays the one of
    /// the first ledger key when that is no longer in use.
    root: Seed,
    held: ArcSwap<Held>,
    /// Held while the files are read again.
    refreshing: Mutex<()>,
    /// How often reading them brought more keys.
    generation: AtomicU64,
}

/// The keys, as they were read last.
#[derive(Debug, Default)]
struct Held {
    /// The configured one first; so with the seeds.
    tls: Vec<Arc<TlsIdentity>>,
    envelope: Vec<Seed>,
    ledger: Vec<Seed>,
    witness: Vec<Seed>,
    openpgp: BTreeMap<ContactPoint, Vec<Arc<UnlockedKey>>>,
}

/// The 32 secret bytes of an Ed25519 key. Wiped with the last copy.
#[derive(Clone)]
pub(crate) struct Seed(Arc<Zeroizing<[u8; 32]>>);

/// Whether reading the files again brought a key that was not held before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// None.
    Same,
    /// At least one.
    More,
}

impl Keystore {
    /// Reads and unlocks all keys. Unlocking takes a good part of a second per OpenPGP key, on purpose.
    ///
    /// # Errors
    /// On the first that cannot be used.
    pub fn load(party: PartyCode, paths: &config::Keys) -> Result<Self, KeysError> {
        let held = files::read(party, paths, &Held::default())?;
        // The configured file is read first, and must be there.
        let root = held.ledger.first().cloned();
        let root = root.ok_or_else(|| KeysError::Seed(paths.ledger.clone()))?;
        Ok(Self {
            party,
            paths: paths.clone(),
            root,
            held: ArcSwap::from_pointee(held),
            refreshing: Mutex::new(()),
            generation: AtomicU64::new(0),
        })
    }

    /// Reads the configured TLS certificate and its key only.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn load_tls(paths: &config::Keys) -> Result<TlsIdentity, KeysError> {
        files::configured_tls(paths)
    }

    /// Reads the files again. A key that was held before stays, also when its file is gone; only of TLS
    /// certificates those count that are there now. Blocks.
    ///
    /// # Errors
    /// On the first file that cannot be used; then nothing has changed.
    pub fn refresh(&self) -> Result<Refreshed, KeysError> {
        let _alone = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.held.load_full();
        let mut read = files::read(self.party, &self.paths, &before)?;
        let mut more = Refreshed::Same;
        for (kind, old, new) in [
            ("envelope", &before.envelope, &mut read.envelope),
            ("ledger", &before.ledger, &mut read.ledger),
            ("witness", &before.witness, &mut read.witness),
        ] {
            if new.iter().any(|seed| !old.iter().any(|known| known.is(seed))) {
                more = Refreshed::More;
            }
            for gone in old {
                if !new.iter().any(|seed| seed.is(gone)) {
                    tracing::error!(
                        kind,
                        "the file of a key is gone: put it back before the next start"
                    );
                    new.push(gone.clone());
                }
            }
        }
        for (office, keys) in &before.openpgp {
            let new = read.openpgp.entry(office.clone()).or_default();
            let gone =
                |key: &&Arc<UnlockedKey>| !new.iter().any(|read| read.fingerprint() == key.fingerprint());
            let gone: Vec<_> = keys.iter().filter(gone).cloned().collect();
            if !gone.is_empty() {
                let what = "the file of an OpenPGP key is gone: put it back before the next start";
                tracing::error!(%office, "{what}");
            }
            new.extend(gone);
        }
        let count = |held: &Held| held.openpgp.values().map(Vec::len).sum::<usize>();
        if count(&read) > count(&before) {
            more = Refreshed::More;
        }
        self.held.store(Arc::new(read));
        if more == Refreshed::More {
            self.generation.fetch_add(1, Ordering::Release);
        }
        Ok(more)
    }

    /// Another number whenever there are more keys than before.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The Party whose keys these are.
    #[must_use]
    pub fn party(&self) -> PartyCode {
        self.party
    }

    /// The envelope key of that name, if its seed is held.
    #[must_use]
    pub fn envelope_key(&self, id: KeyId) -> Option<EnvelopeKey> {
        let held = self.held.load();
        let mut keys = held.envelope.iter().map(|seed| EnvelopeKey::from_seed(&seed.0));
        keys.find(|key| key.id() == id)
    }

    /// The configured envelope key: the first that this node had.
    ///
    /// # Errors
    /// Not once the keys were loaded.
    pub fn first_envelope_key(&self) -> Result<EnvelopeKey, KeysError> {
        let held = self.held.load();
        let seed = held.envelope.first();
        let seed = seed.ok_or_else(|| KeysError::Seed(self.paths.envelope.clone()))?;
        Ok(EnvelopeKey::from_seed(&seed.0))
    }

    /// The signer of this ledger key, if its seed is held.
    #[must_use]
    pub fn ledger_signer(&self, key: &VerifierKey) -> Option<NoteSigner> {
        let held = self.held.load();
        let mut signers = held
            .ledger
            .iter()
            .filter_map(|seed| verifier::ledger_signer(key.name(), &seed.0).ok());
        signers.find(|signer| signer.verifier_key() == key)
    }

    /// The public halves of all ledger keys whose seeds are held, under this name: what may have signed for
    /// the ledger with that origin, now or before.
    #[must_use]
    pub fn ledger_verifiers(&self, origin: &str) -> Vec<VerifierKey> {
        let held = self.held.load();
        let seeds = held.ledger.iter();
        let signers = seeds.filter_map(|seed| verifier::ledger_signer(origin, &seed.0).ok());
        signers.map(|signer| signer.verifier_key().clone()).collect()
    }

    /// The configured ledger key, under this name: the first that this ledger was kept with.
    #[must_use]
    pub fn first_ledger_signer(&self, origin: &str) -> Option<NoteSigner> {
        verifier::ledger_signer(origin, &self.root.0).ok()
    }

    /// Whether the seed of this witness key is held.
    #[must_use]
    pub fn holds_witness(&self, key: &VerifierKey) -> bool {
        let held = self.held.load();
        let mut keys = held
            .witness
            .iter()
            .filter_map(|seed| verifier::witness_key(key.name(), &seed.0).ok());
        keys.any(|held| held == *key)
    }

    /// What cosigns with this witness key, if its seed is held.
    #[must_use]
    pub fn cosigner(&self, key: &VerifierKey) -> Option<Cosigner> {
        let held = self.held.load();
        let mut cosigners = held
            .witness
            .iter()
            .filter_map(|seed| verifier::witness_cosigner(key.name(), &seed.0).ok());
        cosigners.find(|cosigner| cosigner.verifier_key() == key)
    }

    /// The TLS certificates with their keys, the configured one first.
    #[must_use]
    pub fn tls_identities(&self) -> Vec<Arc<TlsIdentity>> {
        self.held.load().tls.clone()
    }

    /// An OpenPGP key of one of our contact points: the first. To sign, see [`Keystore::signing_key`]; to
    /// open, try all of [`Keystore::openpgp_keys`].
    #[must_use]
    pub fn openpgp(&self, office: &ContactPoint) -> Option<Arc<UnlockedKey>> {
        self.openpgp_keys(office).into_iter().next()
    }

    /// All OpenPGP keys of one of our contact points: what was sealed to one of them is opened with it,
    /// whichever is in use now.
    #[must_use]
    pub fn openpgp_keys(&self, office: &ContactPoint) -> Vec<Arc<UnlockedKey>> {
        self.held.load().openpgp.get(office).cloned().unwrap_or_default()
    }

    /// The certificates of all OpenPGP keys that are held, of whichever office.
    #[must_use]
    pub fn own_certificates(&self) -> Vec<Certificate> {
        let held = self.held.load();
        let keys = held.openpgp.values().flatten();
        keys.map(|key| key.certificate().clone()).collect()
    }

    /// Our contact points, as far as we have their keys.
    #[must_use]
    pub fn offices(&self) -> Vec<ContactPoint> {
        self.held.load().openpgp.keys().cloned().collect()
    }

    /// The officer of that name, as leaves name one: whoever has only the ledger cannot tell the name,
    /// nor try names out, without the first ledger key's seed `[LEAF-PRIVACY]`.
    #[must_use]
    pub fn actor(&self, officer: &str) -> ActorId {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"ohrid/1 actor\n")
            .chain_update(self.root.0.as_slice())
            .chain_update(officer.as_bytes())
            .finalize()
            .into();
        let [actor @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest;
        ActorId::from_bytes(actor)
    }

    /// What the keys of the case index are derived from: whoever has only the disk cannot make them.
    #[must_use]
    pub fn index_secret(&self) -> Zeroizing<[u8; 32]> {
        let digest = Sha256::new()
            .chain_update(b"ohrid/1 case index\n")
            .chain_update(self.root.0.as_slice())
            .finalize();
        Zeroizing::new(digest.into())
    }

    /// What the keys for manifests of attachments are derived from: what is written lies under the first.
    #[must_use]
    pub fn manifest_secrets(&self) -> Vec<Zeroizing<[u8; 32]>> {
        let digest = Sha256::new()
            .chain_update(b"ohrid/1 manifests\n")
            .chain_update(self.root.0.as_slice())
            .finalize();
        vec![Zeroizing::new(digest.into())]
    }
}

/// The key of the keyed hash over a backup's description: derived from the first ledger seed, so that only
/// this node and whoever can open its backups have it. Unlocks nothing.
///
/// # Errors
/// When the seed cannot be read.
pub fn backup_secret(paths: &config::Keys) -> Result<Zeroizing<[u8; 32]>, KeysError> {
    let root = files::first_ledger_seed(paths)?;
    let digest = Sha256::new()
        .chain_update(b"ohrid/1 backup\n")
        .chain_update(root.0.as_slice())
        .finalize();
    Ok(Zeroizing::new(digest.into()))
}

impl Seed {
    fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests;
