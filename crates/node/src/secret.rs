//! Reading files: bounded always, and, where they are secret, only if nobody else can read them.
//!
//! Secrets come from files or from systemd's `$CREDENTIALS_DIRECTORY`, never from the environment or
//! the command line, where every process of the machine could see them.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Why a file was not read. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not there, or may not be read.
    #[error("{}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is secret, and others can read it.
    #[error("{}: mode {mode:04o} lets others read this secret; mend: chmod 600 on it", .path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user, who could change it.
    #[error("{}: belongs to user {owner}, but this node runs as {runs_as}; mend: chown it", .path.display())]
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who we are.
        runs_as: u32,
    },
    /// It is no regular file.
    #[error("{}: not a regular file", .path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// It is larger than anything it could rightly be.
    #[error("{}: larger than {limit_bytes} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_bytes: u64,
    },
}

/// Reads a file that is no secret, of at most `limit_bytes`.
///
/// # Errors
/// When it cannot be read, is no regular file, or is too large.
pub fn read_public(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, FileError> {
    let (file, length_bytes) = open(path)?;
    read(file, path, length_bytes, limit_bytes)
}

/// Reads a secret of at most `limit_bytes`; a file of the same name in `credentials`, if given, goes
/// before `path`. The bytes are wiped when dropped.
///
/// # Errors
/// As [`read_public`], and when group or others may read it, or it is another user's.
pub fn read_secret(
    path: &Path,
    credentials: Option<&Path>,
    limit_bytes: u64,
) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let given = credentials
        .zip(path.file_name())
        .map(|(folder, name)| folder.join(name))
        .filter(|candidate| candidate.exists());
    let path = given.as_deref().unwrap_or(path);
    let (file, length_bytes) = open(path)?;
    let metadata = file.metadata().map_err(|source| unreadable(path, source))?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 && !(given.is_some() && is_by_access_list(&metadata)) {
        return Err(FileError::ReadableByOthers {
            path: path.to_owned(),
            mode,
        });
    }
    let runs_as = rustix::process::geteuid().as_raw();
    // Root may own the credentials that systemd hands to us.
    if metadata.uid() != runs_as && metadata.uid() != 0 {
        return Err(FileError::ForeignOwner {
            path: path.to_owned(),
            owner: metadata.uid(),
            runs_as,
        });
    }
    read(file, path, length_bytes, limit_bytes).map(Zeroizing::new)
}

/// Where the file system has access lists, systemd leaves a credential to root and lets the service's user
/// read it by an entry of such a list. The list's mask is then shown in the place of the group's
/// permission.
fn is_by_access_list(metadata: &Metadata) -> bool {
    metadata.uid() == 0 && metadata.gid() == 0 && metadata.mode() & 0o037 == 0
}

/// systemd's folder of credentials, when there is one.
#[must_use]
pub fn credentials_directory() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

fn open(path: &Path) -> Result<(File, u64), FileError> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    let metadata = file.metadata().map_err(|source| unreadable(path, source))?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile {
            path: path.to_owned(),
        });
    }
    Ok((file, metadata.len()))
}

fn read(file: File, path: &Path, length_bytes: u64, limit_bytes: u64) -> Result<Vec<u8>, FileError> {
    let too_large = || FileError::TooLarge {
        path: path.to_owned(),
        limit_bytes,
    };
    if length_bytes > limit_bytes {
        return Err(too_large());
    }
    // Allocated once: a vector that grows would leave copies of a secret behind.
    let capacity = usize::try_from(length_bytes + 1).map_err(|_| too_large())?;
    let mut bytes = Vec::with_capacity(capacity);
    file.take(limit_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| unreadable(path, source))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit_bytes) {
        Ok(bytes)
    } else {
        Err(too_large())
    }
}

fn unreadable(path: &Path, source: io::Error) -> FileError {
    FileError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
