//! The list of a set, opened: in a file without a name, since it may be long, and says where the rest is.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use seal::UnlockedKey;

use super::checking::{decrypt, unreadable};
use super::folder::{Set, compare};
use super::format::LIST_FILE;
use super::list::{Lines, Listed};
use super::{BackupError, at, damaged};

/// The list of a set.
pub(super) struct List {
    path: PathBuf,
    file: File,
}

impl List {
    /// Decrypts it. It holds paths and sums, and nothing secret.
    pub(super) fn open(set: &Set, key: &UnlockedKey) -> Result<Self, BackupError> {
        let path = set.folder.join(LIST_FILE);
        let sum = set.document.sum_of(LIST_FILE);
        let sum = sum.ok_or_else(|| damaged(&path, "the set does not name its list"))?;
        let mut file = nameless()?;
        let mut source = set.open(sum)?;
        let copied = io::copy(&mut decrypt(key, &mut source, &path)?, &mut file);
        copied.map_err(|error| unreadable(&path, &error))?;
        compare(&path, source, sum)?;
        Ok(Self { path, file })
    }

    /// What of it lies in a pack of a set, in its order.
    pub(super) fn of_pack<'a>(&'a self, set: &'a str, pack: u32) -> Result<Wanted<'a>, BackupError> {
        let from = From {
            file: &self.file,
            offset: 0,
        };
        let lines = Lines::new(BufReader::new(from));
        let mut wanted = Wanted {
            list: self,
            lines: lines.map_err(|error| damaged(&self.path, error.to_string()))?,
            set,
            pack,
            next: None,
        };
        wanted.advance()?;
        Ok(wanted)
    }
}

/// What of a list lies in a pack.
pub(super) struct Wanted<'a> {
    list: &'a List,
    lines: Lines<BufReader<From<'a>>>,
    set: &'a str,
    pack: u32,
    next: Option<Listed>,
}

impl Wanted<'_> {
    /// The next file, if it is this one.
    pub(super) fn take_if(&mut self, path: &str) -> Result<Option<Listed>, BackupError> {
        let taken = self.next.take_if(|listed| listed.path == path);
        if taken.is_some() {
            self.advance()?;
        }
        Ok(taken)
    }

    /// What was not taken.
    pub(super) fn left(&self) -> Option<&Listed> {
        self.next.as_ref()
    }

    fn advance(&mut self) -> Result<(), BackupError> {
        let wrong = |error: io::Error| damaged(&self.list.path, error.to_string());
        while let Some(listed) = self.lines.next().map_err(wrong)? {
            if listed.set == self.set && listed.pack == self.pack {
                self.next = Some(listed);
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A file that is read from its beginning, by whoever else reads it as well.
struct From<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for From<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(buffer, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}

/// A file that is gone when it is closed, however this process ends.
fn nameless() -> Result<File, BackupError> {
    let path = std::env::temp_dir().join(format!("ohrid-backup-list-{}", std::process::id()));
    let mut options = File::options();
    let file = options
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(at(&path))?;
    fs::remove_file(&path).map_err(at(&path))?;
    Ok(file)
}
