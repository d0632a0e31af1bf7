//! A whole journal whose files were changed: opened again, it has everything that was released, or it is
//! refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ledger::hash::{EMPTY_ROOT, Hash, leaf_hash};
use protocol::digest::{Digest, Salt};
use protocol::exchange::types::Commit;
use protocol::payload::SealedPayload;

use super::Bytes;
use crate::disk::Disk;
use crate::embedded::OpenError;
use crate::head::Released;
use crate::journal::batch::{HEAD_BYTES, TRAILER_MAGIC};
use crate::journal::recovery::Recovered;
use crate::journal::{JOURNAL_DIRECTORY, Journal};
use crate::levels::Levels;
use crate::limits::{BLOCK_BYTES, SEGMENT_BYTES_MIN};

/// Enough for two segments.
const COMMITS: u8 = 18;
/// What one input may do to the files.
const CHANGES_MAX: u8 = 6;

/// A journal as it was written: its files, and the root at each size that it had.
struct Written {
    files: Vec<(String, Vec<u8>)>,
    roots: Vec<(u64, Hash)>,
}

static WRITTEN: LazyLock<Written> = LazyLock::new(|| {
    let folder = Folder::new("written");
    let disk = folder.disk();
    Journal::create(&disk, SEGMENT_BYTES_MIN, Digest::of(b"seed")).unwrap();
    let none = Released {
        size: 0,
        root: EMPTY_ROOT,
    };
    let (mut journal, recovered) = Journal::open(&disk, SEGMENT_BYTES_MIN, &none).unwrap();
    let mut levels = recovered.levels;
    let mut roots = vec![(0, EMPTY_ROOT)];
    for number in 0..COMMITS {
        append(&mut journal, &mut levels, number);
        roots.push((levels.size(), levels.edge().root()));
    }
    drop(journal);
    let mut files: Vec<_> = fs::read_dir(folder.journal())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let files: Vec<_> = files
        .iter()
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(path).unwrap(),
            )
        })
        .collect();
    assert_eq!(files.len(), 2, "the changes are to two segments");
    Written { files, roots }
});

/// Commits two leaves, and a payload with every other.
fn append(journal: &mut Journal, levels: &mut Levels, number: u8) {
    let leaves: Vec<Vec<u8>> = (0..2).map(|which| vec![number, which, 0, 0, 9]).collect();
    let payload = SealedPayload {
        salt: Salt::from_bytes([number; 32]),
        bytes: vec![number | 1; 5_000 * usize::from(number % 2)].into(),
    };
    let payloads = if number % 2 == 1 {
        vec![payload]
    } else {
        Vec::new()
    };
    let first_index = levels.size();
    let before = levels.clone();
    leaves.iter().for_each(|leaf| levels.append(leaf_hash(leaf)));
    let commit = Commit {
        first_index,
        size_after: levels.size(),
        leaves: leaves.into(),
        payloads: payloads.into(),
        root_after: levels.edge().root(),
    };
    journal.append(&commit, &before).unwrap();
}

/// A directory of this thread, in memory where there is one.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() {
            memory.to_owned()
        } else {
            std::env::temp_dir()
        };
        let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "-");
        let path = place.join(format!("ohrid-hostile-{}-{thread}{name}", std::process::id()));
        fs::create_dir_all(path.join(JOURNAL_DIRECTORY)).unwrap();
        fs::create_dir_all(path.join("staging")).unwrap();
        Self(path)
    }

    fn disk(&self) -> Disk {
        Disk::new(&self.0)
    }

    fn journal(&self) -> PathBuf {
        self.0.join(JOURNAL_DIRECTORY)
    }

    fn open(&self, released: &Released) -> Result<(Journal, Recovered), OpenError> {
        Journal::open(&self.disk(), SEGMENT_BYTES_MIN, released)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Changes the files as the bytes say, and opens. Never less than was released; what is there is what was
/// written, unless somebody has made the checksums fit; and it can be written to, and opened again.
pub fn recovery(bytes: &[u8]) {
    let written = &*WRITTEN;
    let mut program = Bytes(bytes);
    let (size, root) = written.roots[usize::from(program.next()) % written.roots.len()];
    let released = Released { size, root };
    let folder = Folder::new("");
    let mut files: Vec<(String, Option<Vec<u8>>)> = written
        .files
        .iter()
        .map(|(name, bytes)| (name.clone(), Some(bytes.clone())))
        .collect();
    let mut is_forged = false;
    for _ in 0..program.next() % CHANGES_MAX {
        is_forged |= change(&mut files, &mut program);
    }
    let is_as_written = files
        .iter()
        .zip(&written.files)
        .all(|(now, then)| now.1.as_ref() == Some(&then.1));
    for (name, bytes) in &files {
        if let Some(bytes) = bytes {
            fs::write(folder.journal().join(name), bytes).unwrap();
        }
    }
    let (mut journal, recovered) = match folder.open(&released) {
        Ok(opened) => opened,
        // A changed number of the format is one of a later version.
        Err(
            error @ (OpenError::Damaged { .. } | OpenError::BehindReleased { .. } | OpenError::Later { .. }),
        ) => {
            assert!(!is_as_written, "{error}");
            unchanged(&folder, &files);
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let mut levels = recovered.levels;
    assert!(levels.size() >= released.size, "less than was released");
    if is_as_written {
        assert_eq!(levels.size(), written.roots.last().unwrap().0);
    }
    let found = (levels.size(), levels.edge().root());
    assert!(
        is_forged || written.roots.contains(&found),
        "a ledger that was never written"
    );
    for (index, place) in (recovered.leaves_from..).zip(&recovered.leaves) {
        let leaf = place.read().expect("a leaf that is there");
        let expected = [u8::try_from(index / 2).unwrap_or(0), (index % 2) as u8, 0, 0, 9];
        assert!(is_forged || leaf == expected, "another leaf {index}");
    }
    append(&mut journal, &mut levels, COMMITS);
    drop(journal);
    let (_, again) = folder
        .open(&released)
        .expect("what was opened can be opened again");
    assert_eq!(
        (again.levels.size(), again.levels.edge().root()),
        (levels.size(), levels.edge().root())
    );
    assert_eq!(again.torn, None);
}

/// `[DURABLE]` Where it refuses, it has touched nothing.
fn unchanged(folder: &Folder, files: &[(String, Option<Vec<u8>>)]) {
    for (name, bytes) in files {
        assert_eq!(
            fs::read(folder.journal().join(name)).ok().as_ref(),
            bytes.as_ref()
        );
    }
}

/// One change to one file. Whether it was a forger's.
fn change(files: &mut [(String, Option<Vec<u8>>)], program: &mut Bytes<'_>) -> bool {
    let how = program.next();
    let which = usize::from(how >> 7);
    let (block, byte) = (usize::from(program.next() % 16) * BLOCK_BYTES, program.next());
    let other = files[1 - which].1.clone().unwrap_or_default();
    let Some(file) = &mut files[which].1 else {
        return false;
    };
    let at = (block + program.number() % BLOCK_BYTES).min(file.len());
    let end = (block + BLOCK_BYTES).min(file.len());
    match how & 0x0f {
        0..=3 if at < file.len() => file[at] ^= byte,
        4 if block < end => file[block..end].fill(0),
        5 => file.truncate(at),
        6 => file.resize((file.len() + usize::from(byte)).min(2 * 64 * 1024), byte % 2),
        // A block from elsewhere, or from another file.
        7 if end == block + BLOCK_BYTES => {
            let from = usize::from(byte % 16) * BLOCK_BYTES;
            let source = if byte & 0x80 == 0 { file.clone() } else { other };
            if let Some(bytes) = source.get(from..from + BLOCK_BYTES) {
                file[block..end].copy_from_slice(bytes);
            }
        }
        8 => files[which].1 = None,
        9 => {
            let swapped = files[1].1.take();
            files[1].1 = files[0].1.take();
            files[0].1 = swapped;
        }
        // The tail was never written, from a sector on.
        10 if at < file.len() => {
            let sector = at / 512 * 512;
            let last = file.iter().rposition(|byte| *byte != 0).unwrap_or(0);
            if sector <= last {
                file[sector..=last].fill(0);
            }
        }
        11 if block < end => return forge(file, block, at, byte),
        _ => {}
    }
    false
}

/// Changes a byte of what begins at this block, and makes the checksums fit.
fn forge(file: &mut [u8], block: usize, at: usize, byte: u8) -> bool {
    if at < file.len() {
        file[at] ^= byte;
    }
    // Where the length stands, unless the file ends before.
    let length_at = if block == 0 { 16 } else { block + 8 };
    let Some(length) = file.get(length_at..length_at + 4) else {
        return true;
    };
    let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
    if block == 0 {
        // How long a segment is, a forger may say as well; but then zeros are written up to there.
        if let Some(capacity) = file.get_mut(28..36) {
            capacity.copy_from_slice(&SEGMENT_BYTES_MIN.to_be_bytes());
        }
        if let Some(header) = file.get_mut(..length).filter(|header| header.len() > 80) {
            let checksum = crc32c::crc32c(&header[..length - 4]);
            header[length - 4..].copy_from_slice(&checksum.to_be_bytes());
        }
        return true;
    }
    let Some(batch) = file.get_mut(block..).and_then(|rest| rest.get_mut(..length)) else {
        return true;
    };
    if length >= HEAD_BYTES + TRAILER_MAGIC.len() + 4 {
        let head = crc32c::crc32c(&batch[..HEAD_BYTES - 4]);
        batch[HEAD_BYTES - 4..HEAD_BYTES].copy_from_slice(&head.to_be_bytes());
        let end = length - TRAILER_MAGIC.len() - 4;
        let checksum = crc32c::crc32c(&batch[..end]);
        batch[end..end + 4].copy_from_slice(&checksum.to_be_bytes());
    }
    true
}

/// The names that the changes speak of are those of segments.
#[cfg(test)]
pub(super) fn names_are_segments() -> bool {
    WRITTEN
        .files
        .iter()
        .all(|(name, _)| crate::journal::segment::parse_file_name(name).is_some())
}
