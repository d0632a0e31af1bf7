//! The only way to the disk: every write, `fsync` and rename of this crate is made here.
//!
//! A file is on stable storage only when its bytes were synced, *and* the directory that names it,
//! *and* that directory's parent if it is new. The functions here do all of it or say that they did
//! not; nobody else in the crate calls the operating system to write. In tests, each of these steps
//! can be made to fail, or to be the last before a power cut (see [`faults`]).

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub(crate) mod bulk;
mod erasing;
#[cfg(test)]
pub(crate) mod faults;
mod names;

pub(crate) use erasing::ERASING_PREFIX;

/// The operating system refused, or the disk failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} {}: {source}", path.display())]
pub struct DiskError {
    /// What was attempted.
    pub operation: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// The operating system's answer.
    pub source: io::Error,
}

impl DiskError {
    /// Whether the reason is that no space is left.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(
            self.source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    }

    fn is_forbidden(&self) -> bool {
        self.source.kind() == io::ErrorKind::PermissionDenied
    }
}

/// A store's directory, and the means to write to it.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    root: PathBuf,
    /// The directories whose names this process has synced.
    durable: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// The directories whose content this process has synced, once at least.
    settled: Arc<Mutex<BTreeSet<PathBuf>>>,
    #[cfg(test)]
    faults: faults::Faults,
}

/// Where files are written before they get their name. Emptied when a store is opened.
const STAGING: &str = "staging";

impl Disk {
    /// The disk as it is, for the store in `root`.
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            durable: Arc::default(),
            settled: Arc::default(),
            #[cfg(test)]
            faults: faults::Faults::none(),
        }
    }

    /// A disk that fails as `faults` says.
    #[cfg(test)]
    pub(crate) fn with_faults(root: &Path, faults: faults::Faults) -> Self {
        Self {
            root: root.to_owned(),
            durable: Arc::default(),
            settled: Arc::default(),
            faults,
        }
    }

    /// The store's directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a step may be taken on a thread beside the writer's. In tests on a disk that fails, steps come
    /// in the same order every time, unless a test asks for threads: what fails is said by the step's number.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "the seam for tests"))]
    pub(crate) fn has_threads(&self) -> bool {
        #[cfg(test)]
        return self.faults.has_threads();
        #[cfg(not(test))]
        true
    }

    /// Empties the directory of files that never got their name.
    pub(crate) fn clear_staging(&self) -> Result<(), DiskError> {
        let staging = self.root.join(STAGING);
        self.create_directory(&staging)?;
        for name in list(&staging)? {
            let path = staging.join(&name);
            if name.starts_with(ERASING_PREFIX) {
                self.erase(&path)?;
                continue;
            }
            self.step("remove", &path)?;
            fs::remove_file(&path).map_err(error("remove", &path))?;
        }
        Ok(())
    }

    /// Writes a file whole, or not at all: temporary name, fsync, rename, fsync of the directory.
    /// A file of this name is replaced.
    pub(crate) fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        self.write_named(path, bytes)?;
        self.sync_directory(parent_of(path))
    }

    /// As [`Disk::write_durably`], but the name is not durable before [`Disk::sync_directory`].
    pub(crate) fn write_named(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let (staged, file) = self.write_staged(&name_of(path), bytes)?;
        self.sync_data(&file, &staged)?;
        self.rename(&staged, path)
    }

    /// Writes a file of which nothing is durable before [`Disk::sync_everything`].
    pub(crate) fn write_unsynced(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let (staged, _) = self.write_staged(&name_of(path), bytes)?;
        self.rename(&staged, path)
    }

    /// Writes files whole, each or not at all; their names are not durable before
    /// [`Disk::sync_directory`]. All are on their way to the disk before the first one is waited for: a
    /// file system that keeps a journal then writes that once for all of them, and not once for each, which
    /// takes longer than the files.
    pub(crate) fn write_all_named(&self, files: &[(PathBuf, Vec<u8>)]) -> Result<(), DiskError> {
        let mut staged = Vec::with_capacity(files.len());
        for (number, (path, bytes)) in files.iter().enumerate() {
            let (staging, file) = self.write_staged(&number.to_string(), bytes)?;
            // Begins to write out what is to be dropped from memory. Advice only: it is synced below.
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
            staged.push((staging, file, path));
        }
        for (staging, file, _) in &staged {
            self.sync_data(file, staging)?;
        }
        for (staging, _, path) in &staged {
            self.rename(staging, path)?;
        }
        Ok(())
    }

    /// Creates an empty file under a temporary name, to be filled and then [`Disk::rename`]d.
    pub(crate) fn create_staged(&self, name: &str) -> Result<(PathBuf, File), DiskError> {
        let staged = self.root.join(STAGING).join(name);
        let file = self.create(&staged)?;
        Ok((staged, file))
    }

    /// Creates an empty file, or empties one. Its name is not durable before [`Disk::sync_directory`].
    pub(crate) fn create(&self, path: &Path) -> Result<File, DiskError> {
        self.step("create", path)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(path).map_err(error("create", path))?;
        #[cfg(test)]
        self.faults.created(path);
        Ok(file)
    }

    fn write_staged(&self, name: &str, bytes: &[u8]) -> Result<(PathBuf, File), DiskError> {
        let (staged, mut file) = self.create_staged(name)?;
        self.step_write(&file, &staged, bytes, 0)?;
        file.write_all(bytes).map_err(error("write", &staged))?;
        Ok((staged, file))
    }

    /// Gives a staged file its name.
    pub(crate) fn rename(&self, staged: &Path, path: &Path) -> Result<(), DiskError> {
        self.step("rename", path)?;
        #[cfg(test)]
        self.faults.renamed(staged, path);
        fs::rename(staged, path).map_err(error("rename", path))
    }

    /// Moves a file or directory aside, durably. Nothing is ever deleted to recover.
    pub(crate) fn set_aside(&self, path: &Path, aside: &Path) -> Result<(), DiskError> {
        self.step("rename", aside)?;
        fs::rename(path, aside).map_err(error("rename", aside))?;
        self.sync_directory(parent_of(aside))?;
        self.sync_directory(parent_of(path))
    }

    /// Writes all of `bytes` at `offset`, in one call where the operating system takes it in one.
    pub(crate) fn write_at(
        &self,
        file: &File,
        path: &Path,
        bytes: &[u8],
        offset: u64,
    ) -> Result<(), DiskError> {
        self.step_write(file, path, bytes, offset)?;
        file.write_all_at(bytes, offset).map_err(error("write", path))
    }

    /// Makes a file's bytes durable. An error is final: the kernel may have dropped what it could not
    /// write, so nobody may try again and believe a success `[DURABLE]`.
    pub(crate) fn sync_data(&self, file: &File, path: &Path) -> Result<(), DiskError> {
        self.step("fdatasync", path)?;
        file.sync_data().map_err(error("fdatasync", path))?;
        #[cfg(test)]
        self.faults.data_synced(path);
        Ok(())
    }

    /// Makes a file's bytes and its length durable.
    pub(crate) fn sync_all(&self, file: &File, path: &Path) -> Result<(), DiskError> {
        self.step("fsync", path)?;
        file.sync_all().map_err(error("fsync", path))?;
        #[cfg(test)]
        self.faults.data_synced(path);
        Ok(())
    }

    /// Makes everything on this file system durable, in one go. `witness` must have been opened before
    /// the writes that matter: the kernel tells a file of the errors since it was opened.
    pub(crate) fn sync_everything(&self, witness: &File) -> Result<(), DiskError> {
        self.step("syncfs", &self.root)?;
        rustix::fs::syncfs(witness).map_err(|errno| error("syncfs", &self.root)(errno.into()))?;
        #[cfg(test)]
        self.faults.everything_synced();
        Ok(())
    }

    /// Drops a file's pages from memory, so that the next read shows what the disk holds. Advice only.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "the seam for tests"))]
    pub(crate) fn forget_cached(&self, path: &Path) {
        if let Ok(file) = File::open(path) {
            // Where the advice is refused, the read that follows still checks what would be served.
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        }
        #[cfg(test)]
        self.faults.forgotten(path);
    }

    /// Removes a file, durably.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.step("remove", path)?;
        #[cfg(test)]
        self.faults.removing(path);
        fs::remove_file(path).map_err(error("remove", path))?;
        self.sync_directory(parent_of(path))
    }

    /// Reserves blocks for a file without writing them; only advice where it is not supported.
    pub(crate) fn allocate(&self, file: &File, path: &Path, bytes: u64) -> Result<(), DiskError> {
        self.step("fallocate", path)?;
        match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
            Err(rustix::io::Errno::OPNOTSUPP) | Ok(()) => Ok(()),
            Err(errno) => Err(error("fallocate", path)(errno.into())),
        }
    }

    /// How many bytes a process without privileges may still write.
    pub(crate) fn free_bytes(&self) -> Result<u64, DiskError> {
        #[cfg(test)]
        if let Some(free) = self.faults.free_bytes() {
            return Ok(free);
        }
        let state =
            rustix::fs::statvfs(&self.root).map_err(|errno| error("statvfs", &self.root)(errno.into()))?;
        Ok(state.f_bavail.saturating_mul(state.f_frsize))
    }

    /// One step of work that can fail; only tests make it fail.
    #[cfg_attr(
        not(test),
        expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the seam for tests")
    )]
    #[cfg_attr(not(test), inline)]
    fn step(&self, _operation: &'static str, _path: &Path) -> Result<(), DiskError> {
        #[cfg(test)]
        self.faults
            .step(_operation, _path)
            .map_err(error(_operation, _path))?;
        Ok(())
    }

    #[cfg_attr(
        not(test),
        expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the seam for tests")
    )]
    #[cfg_attr(not(test), inline)]
    fn step_write(&self, _file: &File, _path: &Path, _bytes: &[u8], _offset: u64) -> Result<(), DiskError> {
        #[cfg(test)]
        self.faults
            .step_write(_file, _path, _bytes, _offset)
            .map_err(error("write", _path))?;
        Ok(())
    }
}

/// The last part of a path: with one writer, and one file at a time, it is name enough for a staged file.
/// Those that are written beside it, several together, have numbers ([`Disk::write_all_named`]).
fn name_of(path: &Path) -> String {
    let name = path.file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A file's bytes, `None` when there is no such file, an error when it is longer than `bytes_max`.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Option<Vec<u8>>, DiskError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(error("open", path)(source)),
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(error("read", path))?;
    if bytes.len() > bytes_max {
        let too_long = io::Error::new(io::ErrorKind::FileTooLarge, "longer than such a file can be");
        return Err(error("read", path)(too_long));
    }
    Ok(Some(bytes))
}

/// Fills `bytes` from `offset` on; what lies behind the end of the file reads as `None`.
pub(crate) fn read_at(file: &File, path: &Path, bytes: &mut [u8], offset: u64) -> Result<(), DiskError> {
    file.read_exact_at(bytes, offset).map_err(error("read", path))
}

/// The names in a directory, sorted; none if it does not exist.
pub(crate) fn list(path: &Path) -> Result<Vec<String>, DiskError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(error("list", path)(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(error("list", path))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The directory that names `path`.
pub(crate) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Says on which file an operation failed.
pub(crate) fn error<'path>(
    operation: &'static str,
    path: &'path Path,
) -> impl Fn(io::Error) -> DiskError + 'path {
    move |source| DiskError {
        operation,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
