//! Copying a store while a node writes to it: what a backup reads `[DURABLE]`.
//!
//! Nothing here takes the store's lock, and nothing is changed. What is copied is consistent because of the
//! order in which it is read, and because of what a store never does:
//!
//! 1. [`released`]: the head. What was promised before this moment must be in the copy.
//! 2. [`JournalCopy::open`]: all segments are opened at once. Each batch is checked as at a start of the
//!    node, and the copy ends behind the last whole one; so a batch that is being written is left out. What
//!    was retired from the journal before this moment is in files already.
//! 3. The files: bundles, tiles, payloads and attachments are written once, and there may only be more of
//!    them.
//! 4. [`JournalCopy::is_still_whole`]: erasing copies a segment and overwrites the old one, which an open
//!    file sees. Then, and where an entry says that something was erased since ([`erased_since`]), the copy
//!    is begun anew: what is missing must have its notice `[ERASE]`.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use ledger::hash::{EMPTY_ROOT, Hash};
use protocol::digest::Digest;
use protocol::entry::Entry;

use crate::disk::{self, DiskError};
use crate::head::{HEAD_BYTES_MAX, HEAD_FILE, Released};
use crate::journal::JOURNAL_DIRECTORY;
use crate::journal::batch::padded;
use crate::journal::scan::{Bytes, Found, WholeBatch};
use crate::journal::segment::{Segment, SegmentHeader, parse_file_name};

/// Why a store cannot be copied now.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The system.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// There is no store in this folder.
    #[error("{}: there is no store in this folder", .0.display())]
    NoStore(std::path::PathBuf),
    /// It is not as it should be at this moment: another moment, it may be; otherwise it is damaged.
    #[error("{}: {what}", .file.display())]
    NotWhole {
        /// The file.
        file: std::path::PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// The journal of a store, as far as it was whole when it was opened.
#[derive(Debug)]
pub struct JournalCopy {
    segments: Vec<SegmentCopy>,
    size: u64,
    root: Hash,
}

/// One segment of it.
#[derive(Debug)]
pub struct SegmentCopy {
    segment: Segment,
    key: Digest,
    whole_bytes: u64,
}

/// The newest checkpoint that was released.
///
/// # Errors
/// [`CopyError::NoStore`]; and where it cannot be read.
pub fn released(data: &Path) -> Result<Released, CopyError> {
    let file = data.join(HEAD_FILE);
    let bytes = disk::read(&file, HEAD_BYTES_MAX)?;
    let bytes = bytes.ok_or_else(|| CopyError::NoStore(data.to_owned()))?;
    let what = "the record of the released checkpoint was changed";
    Released::decode(&bytes).ok_or(CopyError::NotWhole { file, what })
}

/// The names in a store's folder of what can be made anew, and is not copied.
#[must_use]
pub fn is_derived(name: &str) -> bool {
    const DERIVED: [&str; 5] = ["lock", "reserve", "staging", "set-aside", JOURNAL_DIRECTORY];
    // With what lies beside them: one that is suspected, one that is being made.
    let is_index = ["index", "cases"].iter().any(|index| {
        name.strip_prefix(*index)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    });
    is_index || DERIVED.contains(&name)
}

/// Whether an entry behind the first `size` says that something was erased.
///
/// # Errors
/// As [`JournalCopy::open`].
pub fn erased_since(data: &Path, size: u64) -> Result<bool, CopyError> {
    let mut is_erased = false;
    JournalCopy::open_and_visit(data, &mut |index, leaf| {
        is_erased |= index >= size && matches!(Entry::decode(leaf), Ok(Entry::ErasureNotice { .. }));
    })?;
    Ok(is_erased)
}

impl JournalCopy {
    /// Opens all segments, and finds out how far they are whole.
    ///
    /// # Errors
    /// [`CopyError`]. A node that runs may have removed a segment meanwhile: then it is opened again.
    pub fn open(data: &Path) -> Result<Self, CopyError> {
        Self::open_and_visit(data, &mut |_, _| {})
    }

    fn open_and_visit(data: &Path, visit: &mut dyn FnMut(u64, &[u8])) -> Result<Self, CopyError> {
        let mut copy = Self {
            segments: Vec::new(),
            size: 0,
            root: EMPTY_ROOT,
        };
        let mut chain = None;
        for segment in open_segments(&data.join(JOURNAL_DIRECTORY))? {
            let Some((header, offset)) = header(&segment, chain.is_none())? else {
                break;
            };
            if chain.is_some_and(|chain| chain != header.previous) {
                // Something was written behind where the segment before was whole a moment ago.
                break;
            }
            copy.size = header.levels.end();
            copy.root = header.levels.edge().root();
            let segment = Segment {
                capacity_bytes: header.capacity_bytes,
                ..segment
            };
            let (end, last) = whole_until(&segment, offset, &header.previous, &mut |batch| {
                for (index, span) in (batch.head.first_index..).zip(&batch.layout.leaves) {
                    visit(index, &batch.bytes[span.offset..span.offset + span.length]);
                }
                copy.size = batch.head.first_index + batch.layout.leaves.len() as u64;
                copy.root = batch.layout.root_after;
            })?;
            chain = Some(last.unwrap_or(header.previous));
            copy.segments.push(SegmentCopy {
                segment,
                key: header.previous,
                whole_bytes: end,
            });
        }
        Ok(copy)
    }

    /// How many leaves there are up to its end, those before the journal included.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the newest log's tree up to its end.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Its segments, the oldest first.
    #[must_use]
    pub fn segments(&self) -> &[SegmentCopy] {
        &self.segments
    }

    /// Whether what was read of it since it was opened was whole: nothing of it was overwritten.
    ///
    /// # Errors
    /// What the disk says.
    pub fn is_still_whole(&self) -> Result<bool, CopyError> {
        for copy in &self.segments {
            let Some((_, offset)) = header(&copy.segment, true)? else {
                return Ok(false);
            };
            let (end, _) = whole_until(&copy.segment, offset, &copy.key, &mut |_| {})?;
            if end < copy.whole_bytes {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl SegmentCopy {
    /// The file's name in the journal's folder.
    #[must_use]
    pub fn name(&self) -> String {
        crate::journal::segment::file_name(self.segment.sequence)
    }

    /// How long the file is in a store that works; what is behind the copied part is zeros.
    #[must_use]
    pub fn capacity_bytes(&self) -> u64 {
        self.segment.capacity_bytes
    }

    /// How much of it is whole, and to be copied.
    #[must_use]
    pub fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// Fills `buffer` from `offset` on, within what is whole; how many bytes there were.
    ///
    /// # Errors
    /// What the disk says.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.whole_bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        self.segment.file.read_exact_at(&mut buffer[..length], offset)?;
        Ok(length)
    }
}

/// Gives the segments of a copy the length that they have in a store that works, with zeros behind what was
/// copied. The copy is not used by anybody yet.
///
/// # Errors
/// [`CopyError`], among others for a segment that cannot be one.
pub fn complete_segments(data: &Path) -> Result<(), CopyError> {
    for segment in open_segments(&data.join(JOURNAL_DIRECTORY))? {
        let path = &segment.path;
        if let Some((header, _)) = header(&segment, true)?
            && header.capacity_bytes > segment.capacity_bytes
        {
            let file = OpenOptions::new().write(true).open(path);
            let file = file.map_err(disk::error("open", path))?;
            file.set_len(header.capacity_bytes)
                .map_err(disk::error("extend", path))?;
        }
    }
    Ok(())
}

/// Opens the files, the oldest first. The list is taken again when one is gone by then.
fn open_segments(directory: &Path) -> Result<Vec<Segment>, CopyError> {
    let gone = |what| CopyError::NotWhole {
        file: directory.to_owned(),
        what,
    };
    let mut segments: Vec<Segment> = Vec::new();
    for name in disk::list(directory)? {
        let Some(sequence) = parse_file_name(&name) else {
            continue;
        };
        let path = directory.join(&name);
        let file: File = match OpenOptions::new().read(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(gone("a segment was removed while it was opened"));
            }
            Err(error) => return Err(disk::error("open", &path)(error).into()),
        };
        if segments.last().is_some_and(|last| last.sequence + 1 != sequence) {
            return Err(gone("the journal segment before this one is missing"));
        }
        let capacity_bytes = file.metadata().map_err(disk::error("stat", &path))?.len();
        segments.push(Segment {
            sequence,
            path,
            file,
            capacity_bytes,
        });
    }
    if segments.is_empty() {
        return Err(gone("there is no journal segment"));
    }
    Ok(segments)
}

/// The header, and where the batches begin; `None` for a segment that is prepared and not begun.
fn header(segment: &Segment, is_first: bool) -> Result<Option<(SegmentHeader, u64)>, CopyError> {
    match Bytes::of(segment)?.header(None)? {
        Found::Whole(found) => Ok(Some(found)),
        _ if is_first => Err(CopyError::NotWhole {
            file: segment.path.clone(),
            what: "the header of the journal's first segment",
        }),
        _ => Ok(None),
    }
}

/// Shows every whole batch; where the first one begins that is not, and the hash of the last trailer.
fn whole_until(
    segment: &Segment,
    mut offset: u64,
    key: &Digest,
    visit: &mut dyn FnMut(&WholeBatch),
) -> Result<(u64, Option<Digest>), CopyError> {
    let bytes = Bytes::of(segment)?;
    let mut last = None;
    while let Found::Whole(batch) = bytes.batch(offset, key)? {
        if last.unwrap_or(*key) != batch.layout.previous {
            break;
        }
        visit(&batch);
        last = Some(batch.layout.trailer_hash);
        offset += padded(batch.bytes.len()) as u64;
    }
    Ok((offset, last))
}

#[cfg(test)]
mod tests;
