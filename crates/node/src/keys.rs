//! The keystore: every secret of the node, read once at start, from files that nobody else can read.
//!
//! One key is never used for two purposes: TLS, envelopes, ledger, witness, and one OpenPGP key per
//! contact point. Whether they are the ones that the directory names is asked before anything is signed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::thread;

use ledger::note::NoteSigner;
use protocol::ids::{ActorId, ContactPoint, PartyCode};
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use protocol::verifier;
use seal::{KeyFileError, LockedKey, Password, UnlockError, UnlockedKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::config;
use crate::directory::Accepted;
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::secret::{self, FileError, read_public, read_secret};
use crate::tls::{TlsError, TlsIdentity, pins};

/// What an OpenPGP key file's name ends with; before it stands the office.
const OPENPGP_SUFFIX: &str = ".key.asc";

/// All secrets of the node, unlocked.
#[derive(Debug)]
pub struct Keystore {
    /// The TLS certificate and its key.
    pub tls: TlsIdentity,
    envelope: Seed,
    ledger: Seed,
    openpgp: HashMap<ContactPoint, UnlockedKey>,
}

/// The 32 secret bytes of an Ed25519 key.
struct Seed(Zeroizing<[u8; 32]>);

/// Why the keys cannot be used. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read, or others can read it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder of OpenPGP keys cannot be listed.
    #[error("{}: {source}", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a seed.
    #[error("{}: a seed is 64 hexadecimal digits in lower case and a line feed", .0.display())]
    Seed(PathBuf),
    /// Not an OpenPGP key.
    #[error("{}: {source}", .path.display())]
    OpenPgp {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: KeyFileError,
    },
    /// The password does not open it.
    #[error("{}: {source}", .path.display())]
    Locked {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: UnlockError,
    },
    /// Unlocking panicked. The machine's fault, or ours.
    #[error("unlocking an OpenPGP key panicked")]
    Panicked,
    /// The file's name is no office's.
    #[error("{}: a key file is named OFFICE{OPENPGP_SUFFIX}", .0.display())]
    Office(PathBuf),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The directory does not have this node as the keys say it is.
    #[error(
        "the directory (version {version}) does not name this node's {what}; mend: send the join request to \
         the secretariat, or install the directory that it made of it (`ohrid directory install`)"
    )]
    NotInDirectory {
        /// The directory's version.
        version: u64,
        /// What is not in it.
        what: String,
    },
}

impl Keystore {
    /// Reads and unlocks all keys. Unlocking takes a good part of a second per contact point, on purpose.
    ///
    /// # Errors
    /// On the first that cannot be used.
    pub fn load(party: PartyCode, paths: &config::Keys) -> Result<Self, KeysError> {
        let credentials = secret::credentials_directory();
        let credentials = credentials.as_deref();
        let tls = Self::load_tls(paths)?;
        let envelope = seed(&paths.envelope, credentials)?;
        let ledger = seed(&paths.ledger, credentials)?;
        // Read so that a missing or open file is found now, and not when witnessing begins.
        seed(&paths.witness, credentials)?;
        Ok(Self {
            tls,
            envelope,
            ledger,
            openpgp: openpgp_keys(party, paths, credentials)?,
        })
    }

    /// Reads the TLS certificate and its key only, as after a renewal.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn load_tls(paths: &config::Keys) -> Result<TlsIdentity, KeysError> {
        let credentials = secret::credentials_directory();
        let chain = read_public(&paths.tls_certificate, KEY_FILE_BYTES_MAX)?;
        let key = read_secret(&paths.tls_key, credentials.as_deref(), KEY_FILE_BYTES_MAX)?;
        Ok(TlsIdentity::from_pem(&chain, &key)?)
    }

    /// The envelope key.
    #[must_use]
    pub fn envelope_key(&self) -> EnvelopeKey {
        EnvelopeKey::from_seed(&self.envelope.0)
    }

    /// The OpenPGP key of one of our contact points.
    #[must_use]
    pub fn openpgp(&self, office: &ContactPoint) -> Option<&UnlockedKey> {
        self.openpgp.get(office)
    }

    /// Our contact points, as far as we have their keys.
    #[must_use]
    pub fn offices(&self) -> Vec<&ContactPoint> {
        let mut offices: Vec<_> = self.openpgp.keys().collect();
        offices.sort();
        offices
    }

    /// The officer of that name, as leaves name one: whoever has only the ledger cannot tell the name,
    /// nor try names out, without the ledger key's seed `[LEAF-PRIVACY]`.
    #[must_use]
    pub fn actor(&self, officer: &str) -> ActorId {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"ohrid/1 actor\n")
            .chain_update(self.ledger.0.as_slice())
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
            .chain_update(self.ledger.0.as_slice())
            .finalize();
        Zeroizing::new(digest.into())
    }

    /// What the keys for manifests of attachments are derived from: what is written lies under the first.
    #[must_use]
    pub fn manifest_secrets(&self) -> Vec<Zeroizing<[u8; 32]>> {
        let digest = Sha256::new()
            .chain_update(b"ohrid/1 manifests\n")
            .chain_update(self.ledger.0.as_slice())
            .finalize();
        vec![Zeroizing::new(digest.into())]
    }

    /// The ledger key under the name that the directory gives it, once everything that the directory says
    /// of this node is what the keys say: nobody would believe a node that signs with other ones.
    ///
    /// # Errors
    /// [`KeysError::NotInDirectory`], naming what is not as it should be.
    pub fn ledger_signer(
        &self,
        party: PartyCode,
        node_name: &str,
        accepted: &Accepted,
        now: UnixMillis,
    ) -> Result<NoteSigner, KeysError> {
        let missing = |what: String| KeysError::NotInDirectory {
            version: accepted.directory.version,
            what,
        };
        let record = accepted
            .directory
            .party(party)
            .ok_or_else(|| missing(format!("Party {party}")))?;
        if record.node.name != node_name {
            return Err(missing(format!(
                "name {node_name} (it says {})",
                record.node.name
            )));
        }
        let pin = self.tls.chain().first().and_then(|own| pins::pin_of(own).ok());
        if !record
            .node
            .tls_pins
            .iter()
            .any(|known| Some(*known.as_bytes()) == pin)
        {
            return Err(missing("TLS key".to_owned()));
        }
        let envelope = self.envelope_key().public();
        let keys = &record.envelope_keys;
        if !keys.iter().any(|key| key.value == envelope && key.covers(now)) {
            return Err(missing(format!("envelope key {}", envelope.id())));
        }
        for office in self.openpgp.values().zip(self.openpgp.keys()) {
            let (key, office) = office;
            let known = accepted.certificates(office);
            if !known.iter().any(|known| known.fingerprint() == key.fingerprint()) {
                return Err(missing(format!("OpenPGP certificate for {office}")));
            }
        }
        record
            .ledger_keys
            .iter()
            .filter(|key| key.covers(now))
            .filter_map(|key| {
                let signer = verifier::ledger_signer(key.value.name(), &self.ledger.0).ok()?;
                (*signer.verifier_key() == key.value).then_some((key.valid_from, signer))
            })
            .max_by_key(|(valid_from, _)| *valid_from)
            .map(|(_, signer)| signer)
            .ok_or_else(|| missing("ledger key".to_owned()))
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seed(..)")
    }
}

fn seed(path: &Path, credentials: Option<&Path>) -> Result<Seed, KeysError> {
    let text = read_secret(path, credentials, KEY_FILE_BYTES_MAX)?;
    parse_seed(&text).ok_or_else(|| KeysError::Seed(path.to_owned()))
}

fn parse_seed(text: &[u8]) -> Option<Seed> {
    let digits = text.strip_suffix(b"\n")?;
    if digits.len() != 64 {
        return None;
    }
    let mut seed = Zeroizing::new([0; 32]);
    for (byte, pair) in seed.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(Seed(seed))
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

fn openpgp_keys(
    party: PartyCode,
    paths: &config::Keys,
    credentials: Option<&Path>,
) -> Result<HashMap<ContactPoint, UnlockedKey>, KeysError> {
    let password = read_secret(&paths.openpgp_password, credentials, KEY_FILE_BYTES_MAX)?;
    let password = password.strip_suffix(b"\n").unwrap_or(&password);
    let password = Password::from(password.to_vec());
    let folder = &paths.openpgp_directory;
    let failed = |source| KeysError::Folder {
        path: folder.clone(),
        source,
    };
    let mut locked = Vec::new();
    for file in std::fs::read_dir(folder).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let Some(office) = name.strip_suffix(OPENPGP_SUFFIX) else {
            continue; // Certificates and notes may lie there too.
        };
        let office = ContactPoint::new(party, office).map_err(|_| KeysError::Office(path.clone()))?;
        let bytes = read_secret(&path, None, KEY_FILE_BYTES_MAX)?;
        let key = LockedKey::from_bytes(&bytes).map_err(|source| KeysError::OpenPgp {
            path: path.clone(),
            source,
        })?;
        locked.push((office, path, key));
    }
    unlock(&locked, &password)
}

/// On as many threads as there are cores: each key takes a good part of a second, and memory of its own.
fn unlock(
    locked: &[(ContactPoint, PathBuf, LockedKey)],
    password: &Password,
) -> Result<HashMap<ContactPoint, UnlockedKey>, KeysError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = locked.len().div_ceil(cores).max(1);
    let unlock_one = |(office, path, key): &(ContactPoint, PathBuf, LockedKey)| {
        let key = key.unlock(password).map_err(|source| KeysError::Locked {
            path: path.clone(),
            source,
        })?;
        Ok::<_, KeysError>((office.clone(), key))
    };
    thread::scope(|scope| {
        let shares: Vec<_> = locked
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(unlock_one).collect::<Vec<_>>()))
            .collect();
        let mut keys = HashMap::new();
        for share in shares {
            let unlocked = share.join().map_err(|_| KeysError::Panicked)?;
            for one in unlocked {
                let (office, key) = one?;
                keys.insert(office, key);
            }
        }
        Ok(keys)
    })
}

#[cfg(test)]
mod tests;
