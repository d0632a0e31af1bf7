//! Key files: those that the configuration names, and beside each the ones that came later.
//!
//! A later key has the same name with a word after the first dot: beside `envelope.seed` lie
//! `envelope.next.seed` and `envelope.20261122T063819Z.seed`; beside `police.key.asc`,
//! `police.20261122T063819Z.key.asc`. Nothing is renamed and nothing removed when a key's time is over: what
//! it has signed must be made again, byte for byte, for ever `[IDEMPOTENT]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use protocol::ids::{ContactPoint, PartyCode};
use seal::{LockedKey, Password, UnlockedKey};
use zeroize::Zeroizing;

use super::{Held, KeysError, Seed};
use crate::config;
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::secret::{self, read_public, read_secret};
use crate::tls::TlsIdentity;

/// What an OpenPGP key file's name ends with; before it stands the office.
pub(super) const OPENPGP_SUFFIX: &str = ".key.asc";

/// A key file that was read, and is still locked.
type Locked = (ContactPoint, PathBuf, LockedKey);

/// Reads everything. What `known` holds is not unlocked again.
pub(super) fn read(party: PartyCode, paths: &config::Keys, known: &Held) -> Result<Held, KeysError> {
    let credentials = secret::credentials_directory();
    let credentials = credentials.as_deref();
    let seeds = |path: &Path| -> Result<Vec<Seed>, KeysError> {
        let files = with_later(path, credentials)?;
        files.iter().map(|path| seed(path, credentials)).collect()
    };
    Ok(Held {
        tls: tls_identities(paths, credentials)?,
        envelope: seeds(&paths.envelope)?,
        ledger: seeds(&paths.ledger)?,
        witness: seeds(&paths.witness)?,
        openpgp: openpgp_keys(party, paths, credentials, known)?,
    })
}

/// The configured ledger seed only.
pub(super) fn first_ledger_seed(paths: &config::Keys) -> Result<Seed, KeysError> {
    seed(&paths.ledger, secret::credentials_directory().as_deref())
}

/// Looks at every secret file that there is, and unlocks none: how many can be read, and what is wrong with
/// the others.
#[must_use]
pub fn look_at_files(paths: &config::Keys) -> (usize, Vec<KeysError>) {
    let credentials = secret::credentials_directory();
    let credentials = credentials.as_deref();
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for configured in [&paths.tls_key, &paths.envelope, &paths.ledger, &paths.witness] {
        match with_later(configured, credentials) {
            Ok(found) => files.extend(found),
            Err(error) => faults.push(error),
        }
    }
    files.push(paths.openpgp_password.clone());
    match names_in(&paths.openpgp_directory) {
        Ok(names) => {
            let keys = names.iter().filter(|name| name.ends_with(OPENPGP_SUFFIX));
            files.extend(keys.map(|name| paths.openpgp_directory.join(name)));
        }
        Err(error) => faults.push(error),
    }
    let read = |path: &PathBuf| read_secret(path, credentials, KEY_FILE_BYTES_MAX).err();
    let unreadable: Vec<KeysError> = files.iter().filter_map(read).map(KeysError::from).collect();
    let good = files.len() - unreadable.len();
    faults.extend(unreadable);
    (good, faults)
}

/// The configured TLS identity only.
pub(super) fn configured_tls(paths: &config::Keys) -> Result<TlsIdentity, KeysError> {
    let credentials = secret::credentials_directory();
    tls_identity(&paths.tls_certificate, &paths.tls_key, credentials.as_deref())
}

/// The configured file first, then its later ones in the order of their names.
fn with_later(configured: &Path, credentials: Option<&Path>) -> Result<Vec<PathBuf>, KeysError> {
    let name = file_name(configured);
    let folder = configured.parent().unwrap_or(Path::new("."));
    let mut names = Vec::new();
    for folder in [Some(folder), credentials].into_iter().flatten() {
        names.extend(names_in(folder)?);
    }
    names.retain(|candidate| word_of(candidate, name).is_some());
    names.sort_unstable();
    names.dedup();
    let later = names.into_iter().map(|name| folder.join(name));
    Ok(std::iter::once(configured.to_owned()).chain(later).collect())
}

/// The word that makes `candidate` a later one of `name`: `next` for `envelope.next.seed`.
fn word_of<'c>(candidate: &'c str, name: &str) -> Option<&'c str> {
    let (stem, rest) = name.split_once('.')?;
    let word = candidate
        .strip_prefix(stem)?
        .strip_prefix('.')?
        .strip_suffix(rest)?
        .strip_suffix('.')?;
    is_word(word).then_some(word)
}

/// `name` with a word after its first dot.
fn named(name: &str, word: &str) -> Option<String> {
    let (stem, rest) = name.split_once('.')?;
    Some(format!("{stem}.{word}.{rest}"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn names_in(folder: &Path) -> Result<Vec<String>, KeysError> {
    let failed = |source| KeysError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).map_err(failed)? {
        // A name that is no text is no key's.
        names.extend(file.map_err(failed)?.file_name().into_string().ok());
    }
    Ok(names)
}

fn file_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

fn seed(path: &Path, credentials: Option<&Path>) -> Result<Seed, KeysError> {
    let text = read_secret(path, credentials, KEY_FILE_BYTES_MAX)?;
    parse_seed(&text).ok_or_else(|| KeysError::Seed(path.to_owned()))
}

pub(crate) fn parse_seed(text: &[u8]) -> Option<Seed> {
    let digits = text.strip_suffix(b"\n")?;
    if digits.len() != 64 {
        return None;
    }
    let mut seed = Zeroizing::new([0; 32]);
    for (byte, pair) in seed.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(Seed(Arc::new(seed)))
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// The configured certificate with its key, and each later certificate with the key of the same word.
fn tls_identities(
    paths: &config::Keys,
    credentials: Option<&Path>,
) -> Result<Vec<Arc<TlsIdentity>>, KeysError> {
    let (certificate, key) = (file_name(&paths.tls_certificate), file_name(&paths.tls_key));
    let mut identities = Vec::new();
    for path in with_later(&paths.tls_certificate, credentials)? {
        let key_path = match word_of(file_name(&path), certificate) {
            None => paths.tls_key.clone(),
            Some(word) => {
                let Some(name) = named(key, word) else { continue };
                let path = paths.tls_key.with_file_name(name);
                if !path.exists() {
                    // A request for a certificate that the authority has not answered, or its remains.
                    continue;
                }
                path
            }
        };
        identities.push(Arc::new(tls_identity(&path, &key_path, credentials)?));
    }
    Ok(identities)
}

fn tls_identity(
    certificate: &Path,
    key: &Path,
    credentials: Option<&Path>,
) -> Result<TlsIdentity, KeysError> {
    let chain = read_public(certificate, KEY_FILE_BYTES_MAX)?;
    let secret = read_secret(key, credentials, KEY_FILE_BYTES_MAX)?;
    TlsIdentity::from_pem(&chain, &secret)
        .and_then(|identity| identity.check_pair().map(|()| identity))
        .map_err(|source| KeysError::Tls {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })
}

fn openpgp_keys(
    party: PartyCode,
    paths: &config::Keys,
    credentials: Option<&Path>,
    known: &Held,
) -> Result<BTreeMap<ContactPoint, Vec<Arc<UnlockedKey>>>, KeysError> {
    let password = read_secret(&paths.openpgp_password, credentials, KEY_FILE_BYTES_MAX)?;
    let password = password.strip_suffix(b"\n").unwrap_or(&password);
    let password = Password::from(password.to_vec());
    let folder = &paths.openpgp_directory;
    let mut names = names_in(folder)?;
    names.sort_unstable();
    let mut keys: BTreeMap<ContactPoint, Vec<Arc<UnlockedKey>>> = BTreeMap::new();
    let mut locked = Vec::new();
    for name in names {
        let Some(office) = name.strip_suffix(OPENPGP_SUFFIX) else {
            continue; // Certificates and notes may lie there too.
        };
        let path = folder.join(&name);
        // An office has no dot in its name: what follows one tells its keys apart.
        let (office, word) = office.split_once('.').map_or((office, "first"), |parts| parts);
        let office = ContactPoint::new(party, office).ok().filter(|_| is_word(word));
        let office = office.ok_or_else(|| KeysError::Office(path.clone()))?;
        let bytes = read_secret(&path, None, KEY_FILE_BYTES_MAX)?;
        let key = LockedKey::from_bytes(&bytes).map_err(|source| KeysError::OpenPgp {
            path: path.clone(),
            source,
        })?;
        let fingerprint = key.certificate().fingerprint().clone();
        let open = known.openpgp.get(&office).into_iter().flatten();
        match open.into_iter().find(|open| *open.fingerprint() == fingerprint) {
            Some(open) => keys.entry(office).or_default().push(Arc::clone(open)),
            None => locked.push((office, path, key)),
        }
    }
    for (office, key) in unlock(&locked, &password)? {
        keys.entry(office).or_default().push(Arc::new(key));
    }
    Ok(keys)
}

/// On as many threads as there are cores: each key takes a good part of a second, and memory of its own.
fn unlock(locked: &[Locked], password: &Password) -> Result<Vec<(ContactPoint, UnlockedKey)>, KeysError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = locked.len().div_ceil(cores).max(1);
    let unlock_one = |(office, path, key): &Locked| {
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
        let mut keys = Vec::new();
        for share in shares {
            let unlocked = share.join().map_err(|_| KeysError::Panicked)?;
            for one in unlocked {
                keys.push(one?);
            }
        }
        Ok(keys)
    })
}
