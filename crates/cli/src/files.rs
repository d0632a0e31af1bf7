//! Files that are there tomorrow: written whole or not at all, never over something else, secret where they
//! must be.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::{Document, Failure};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// Everybody.
    Public,
    /// The owner only: 0600.
    Secret,
}

impl Secrecy {
    fn file_mode(self) -> u32 {
        match self {
            Self::Public => 0o644,
            Self::Secret => 0o600,
        }
    }

    fn folder_mode(self) -> u32 {
        match self {
            Self::Public => 0o755,
            Self::Secret => 0o700,
        }
    }
}

/// Writes a file that must not be there yet, and makes sure that it is on the disk.
pub(crate) fn write_new(path: &Path, bytes: &[u8], secrecy: Secrecy) -> Result<(), Failure> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => Failure::system("cannot write", path, &error),
    };
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(secrecy.file_mode())
        .open(path)
        .map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

/// Writes a file in one step: whoever looks sees the old one or the new one, also after a power cut.
pub(crate) fn replace(path: &Path, bytes: &[u8], secrecy: Secrecy) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::system("cannot write", path, &error);
    let folder = folder_of(path);
    let mut builder = tempfile::Builder::new();
    let permissions = Permissions::from_mode(secrecy.file_mode());
    let mut file = builder
        .permissions(permissions)
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(folder).map_err(failed)
}

/// Removes a file, if it is there.
pub(crate) fn remove_if_there(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::system("cannot remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Reads a file of at most `limit_bytes`.
pub(crate) fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::system("cannot read", path, &error);
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(Failure::failed(format!(
            "{} is larger than {limit_bytes} bytes",
            path.display()
        )));
    }
    Ok(bytes)
}

/// Reads a text of at most `limit_bytes`.
pub(crate) fn read_document(path: &Path, limit_bytes: u64) -> Result<Document, Failure> {
    let bytes = read(path, limit_bytes)?;
    let name = path.display().to_string();
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(
            Exit::Usage,
            "malformed",
            format!("{name} is not UTF-8 text (byte {at})"),
        )
        .mended_by("save the file as UTF-8")
    })?;
    Ok(Document { name, text })
}

/// Reads a secret, if nobody else can.
pub(crate) fn read_secret(path: &Path, limit_bytes: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let metadata = fs::metadata(path).map_err(|error| Failure::system("cannot read", path, &error))?;
    if metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o777;
        return Err(Failure::failed(format!(
            "{} can be read by others (mode {mode:04o})",
            path.display()
        ))
        .mended_by(format!(
            "chmod 600 {}; if others had access to it, make a new one",
            path.display()
        )));
    }
    read(path, limit_bytes).map(Zeroizing::new)
}

/// Makes a folder and those above it, if they are not there.
pub(crate) fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::system("cannot make the folder", path, &error))
}

/// A folder that appears under its name all at once, when it is complete.
#[derive(Debug)]
pub(crate) struct Staging {
    work: TempDir,
    target: PathBuf,
    secrecy: Secrecy,
}

impl Staging {
    /// Begins a folder that will be `target`, which must not be there, or be empty.
    pub(crate) fn begin(target: &Path, secrecy: Secrecy) -> Result<Self, Failure> {
        let mut inside = match fs::read_dir(target) {
            Ok(inside) => Some(inside),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::system("cannot look into", target, &error)),
        };
        if inside.as_mut().and_then(Iterator::next).is_some() {
            return Err(exists(target));
        }
        let parent = folder_of(target);
        make_folder(parent)?;
        let failed = |error: io::Error| Failure::system("cannot write in", parent, &error);
        let mut builder = tempfile::Builder::new();
        let permissions = Permissions::from_mode(secrecy.folder_mode());
        let work = builder
            .prefix(".ohrid-")
            .permissions(permissions)
            .tempdir_in(parent)
            .map_err(failed)?;
        Ok(Self {
            work,
            target: target.to_owned(),
            secrecy,
        })
    }

    /// The folder to work in.
    pub(crate) fn path(&self) -> &Path {
        self.work.path()
    }

    /// Makes a folder inside.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path().join(name);
        make_folder(&path)?;
        let permissions = Permissions::from_mode(self.secrecy.folder_mode());
        fs::set_permissions(&path, permissions)
            .map_err(|error| Failure::system("cannot set the mode of", &path, &error))?;
        Ok(path)
    }

    /// Makes everything durable and gives the folder its name.
    pub(crate) fn publish(self) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::system("cannot make", &self.target, &error);
        let folder = File::open(self.work.path()).map_err(failed)?;
        rustix::fs::syncfs(&folder).map_err(|error| failed(error.into()))?;
        let work = self.work.keep();
        fs::rename(&work, &self.target).map_err(|error| {
            // What is left behind is our own temporary folder and nothing else.
            let _ = fs::remove_dir_all(&work);
            failed(error)
        })?;
        sync_folder(folder_of(&self.target)).map_err(failed)
    }
}

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn exists(path: &Path) -> Failure {
    Failure::failed(format!(
        "{} is there already, and nothing is ever overwritten",
        path.display()
    ))
    .mended_by("choose another name, or move it away first")
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
