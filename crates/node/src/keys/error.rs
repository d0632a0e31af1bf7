//! Why the keys cannot be used.

use std::path::PathBuf;

use seal::{KeyFileError, UnlockError};

use super::files::OPENPGP_SUFFIX;
use crate::secret::FileError;
use crate::tls::TlsError;

/// Why the keys cannot be used. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read, or others can read it.
    #[error(transparent)]
    File(#[from] FileError),
    /// A folder of keys cannot be listed.
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
    #[error("{}: a key file is named OFFICE{OPENPGP_SUFFIX} or OFFICE.WORD{OPENPGP_SUFFIX}", .0.display())]
    Office(PathBuf),
    /// A TLS certificate and its key cannot be used.
    #[error(
        "{} with {}: {source}; mend: put back the file that is wrong from a backup, or name the key that the \
         certificate was made for",
        .certificate.display(),
        .key.display()
    )]
    Tls {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        source: TlsError,
    },
    /// No TLS certificate is held: a fault of this program, since without one no keys are loaded.
    #[error("no TLS certificate is held")]
    NoCertificate,
    /// The directory does not have this node as the keys say it is.
    #[error(
        "the directory (version {version}) does not name this node's {what}; mend: see that the files of the \
         keys are this node's; then send the join request to the secretariat, or install the directory that \
         it made of it (`ohrid directory install`)"
    )]
    NotInDirectory {
        /// The directory's version.
        version: u64,
        /// What is not in it.
        what: String,
    },
    /// A key that the ledger says is in use has no file any more.
    #[error(
        "the {what} {id}, with which this ledger is kept, is in none of the key files; mend: put its file \
         back from a backup of the keys"
    )]
    Lost {
        /// Which kind of key.
        what: &'static str,
        /// Its name.
        id: String,
    },
    /// What the ledger says of the keys cannot be read.
    #[error("what the ledger says of its keys: {0}")]
    Ledger(String),
}
