//! The key files of a node's folder: those that its configuration names, and the later ones beside each.
//!
//! A later key has the same name with a word after the first dot: `envelope.20261122T063819Z.seed` beside
//! `envelope.seed`. The node finds them by that.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocol::x509::CertificateFacts;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::files;
use crate::limits::{DOCUMENT_BYTES_MAX, SECRET_BYTES_MAX};
use crate::node::CONFIG_NAME;
use crate::random;

/// Where the configuration says that the keys lie.
#[derive(Debug, Clone)]
pub(crate) struct KeyFiles {
    pub(crate) tls_certificate: PathBuf,
    pub(crate) tls_key: PathBuf,
    pub(crate) envelope: PathBuf,
    pub(crate) ledger: PathBuf,
    pub(crate) witness: PathBuf,
    pub(crate) openpgp: PathBuf,
    pub(crate) openpgp_password: PathBuf,
}

/// A TLS certificate and the file of its key.
#[derive(Debug, Clone)]
pub(crate) struct TlsPair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) facts: CertificateFacts,
}

impl KeyFiles {
    /// As `node.toml` in the folder says.
    pub(crate) fn of(folder: &Path) -> Result<Self, Failure> {
        let document = files::read_document(&folder.join(CONFIG_NAME), DOCUMENT_BYTES_MAX)?;
        let table: toml::Table = toml::from_str(&document.text)
            .map_err(|error| Failure::usage(format!("{}: {error}", document.name), "mend the file"))?;
        let written = |name: &str, usual: &str| {
            let value = table.get("keys").and_then(|keys| keys.get(name));
            folder.join(value.and_then(toml::Value::as_str).unwrap_or(usual))
        };
        Ok(Self {
            tls_certificate: written("tls_certificate", "keys/tls.crt.pem"),
            tls_key: written("tls_key", "keys/tls.key.pem"),
            envelope: written("envelope", "keys/envelope.seed"),
            ledger: written("ledger", "keys/ledger.seed"),
            witness: written("witness", "keys/witness.seed"),
            openpgp: written("openpgp_directory", "keys/openpgp"),
            openpgp_password: written("openpgp_password", "keys/openpgp.password"),
        })
    }

    /// Every certificate of the node's that is there with its key, the newest last.
    pub(crate) fn tls_pairs(&self) -> Result<Vec<TlsPair>, Failure> {
        let mut pairs = Vec::new();
        for certificate in with_later(&self.tls_certificate)? {
            let key = match word_of(&certificate, &self.tls_certificate) {
                Some(word) => later(&self.tls_key, &word),
                None => self.tls_key.clone(),
            };
            if key.exists() {
                let facts = certificate_facts(&certificate)?;
                pairs.push(TlsPair {
                    certificate,
                    key,
                    facts,
                });
            }
        }
        pairs.sort_by_key(|pair| pair.facts.not_before);
        Ok(pairs)
    }
}

/// A word for a key that is made now.
pub(crate) fn new_word(now: Timestamp) -> String {
    let utc = now.to_zoned(TimeZone::UTC);
    utc.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The file of a later key.
pub(crate) fn later(configured: &Path, word: &str) -> PathBuf {
    let name = file_name(configured);
    let (stem, rest) = name.split_once('.').unwrap_or((name, ""));
    configured.with_file_name(format!("{stem}.{word}.{rest}"))
}

/// The configured file, and the later ones in the order of their names.
pub(crate) fn with_later(configured: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = files::folder_of(configured);
    let failed = |error: std::io::Error| Failure::system("cannot look into", folder, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if word_of(&path, configured).is_some() {
            found.push(path);
        }
    }
    found.sort();
    found.insert(0, configured.to_owned());
    Ok(found)
}

/// The seeds in the configured file and the later ones.
pub(crate) fn seeds(configured: &Path) -> Result<Vec<Zeroizing<[u8; 32]>>, Failure> {
    with_later(configured)?.iter().map(|path| seed(path)).collect()
}

/// What a certificate in PEM says of itself.
pub(crate) fn certificate_facts(path: &Path) -> Result<CertificateFacts, Failure> {
    let der = certificate(path)?;
    CertificateFacts::read(&der).map_err(|error| Failure::invalid(format!("{}: {error}", path.display())))
}

/// The first certificate of a file in PEM, as DER.
pub(crate) fn certificate(path: &Path) -> Result<Vec<u8>, Failure> {
    let document = files::read_document(path, DOCUMENT_BYTES_MAX)?;
    let lines = document.text.lines().map(str::trim);
    let inside = lines
        .skip_while(|line| *line != "-----BEGIN CERTIFICATE-----")
        .skip(1)
        .take_while(|line| *line != "-----END CERTIFICATE-----");
    let text: String = inside.collect();
    let der = STANDARD.decode(text).ok().filter(|der| !der.is_empty());
    der.ok_or_else(|| Failure::invalid(format!("{} holds no certificate in PEM", path.display())))
}

fn seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let text = files::read_secret(path, SECRET_BYTES_MAX)?;
    let seed = std::str::from_utf8(&text).ok().and_then(random::seed_from_hex);
    seed.ok_or_else(|| {
        let what = format!("{} does not hold a seed of 64 hexadecimal digits", path.display());
        Failure::failed(what)
    })
}

fn word_of(path: &Path, configured: &Path) -> Option<String> {
    let (stem, rest) = file_name(configured).split_once('.')?;
    let word = file_name(path)
        .strip_prefix(stem)?
        .strip_prefix('.')?
        .strip_suffix(rest)?
        .strip_suffix('.')?;
    let is_word = !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_word.then(|| word.to_owned())
}

fn file_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}
