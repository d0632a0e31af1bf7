//! A journal segment without payloads that were erased `[ERASE]`.
//!
//! What was written is never changed in place: leaves lie in the same blocks, and no crash may harm them. A
//! segment that is not written to any more is copied, batch by batch, without those payloads; the copy is
//! synced, read back and compared before it takes the segment's name. Only then is what it replaces
//! overwritten and removed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use protocol::digest::Commitment;

use super::batch::{self, Layout};
use super::scan::{Bytes, Found, WholeBatch};
use super::segment::{Segment, SegmentHeader, file_name};
use super::{Appended, Journal, LiveSegment};
use crate::contract::{ReadError, StoreError};
use crate::disk::{DiskError, ERASING_PREFIX};
use crate::levels::Levels;

/// A segment that has taken another's place.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) sequence: u64,
    /// Where everything in it lies now; the leaves from this index on.
    pub(crate) first_index: u64,
    pub(crate) now: Appended,
    /// What it replaced: still there under another name, until [`Journal::overwrite`].
    replaced: Replaced,
}

/// A segment that was replaced, and where in it the erased payloads lie.
#[derive(Debug)]
struct Replaced {
    segment: Arc<Segment>,
    path: PathBuf,
    erased: Vec<(u64, usize)>,
}

impl Journal {
    /// The first segment that has one of these payloads.
    pub(crate) fn segment_with(&self, payloads: &BTreeSet<Commitment>) -> Result<Option<usize>, StoreError> {
        for (place, live) in self.segments.iter().enumerate() {
            let mut has_one = false;
            batches(live, &mut |_, batch| {
                let mut found = batch.layout.payloads.iter();
                has_one |= found.any(|(commitment, _)| payloads.contains(commitment));
                Ok(())
            })?;
            if has_one {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Sees to it that the segment at this place is not written to any more.
    pub(crate) fn close_segment(&mut self, place: usize, levels: &Levels) -> Result<(), StoreError> {
        if place + 1 == self.segments.len() {
            self.begin_segment(0, levels)?;
        }
        Ok(())
    }

    /// Puts a copy without these payloads in the place of a segment that is not written to any more. A full
    /// disk leaves everything as it was.
    pub(crate) fn rewrite(
        &mut self,
        place: usize,
        payloads: &BTreeSet<Commitment>,
    ) -> Result<Rewritten, StoreError> {
        let live = self.segments.get(place).cloned().ok_or(StoreError::Stopped)?;
        let staged = self.copy_without(&live, payloads);
        let (staged, segment, now, erased) = staged.map_err(|error| self.not_copied(error))?;
        let old = &live.segment.path;
        let name = format!("{ERASING_PREFIX}{}", file_name(live.segment.sequence));
        let replaced = self.disk.staged_path(&name);
        self.disk.link(old, &replaced)?;
        self.disk.rename(&staged, old)?;
        self.disk.sync_directory(&self.directory)?;
        if let Some(live) = self.segments.get_mut(place) {
            live.segment = Arc::clone(&segment);
        }
        Ok(Rewritten {
            sequence: segment.sequence,
            first_index: live.first_index,
            now,
            replaced: Replaced {
                segment: live.segment,
                path: replaced,
                erased,
            },
        })
    }

    /// Overwrites the erased payloads in the segment that was replaced, and removes it. Readers who have
    /// found something else in it go on reading that.
    pub(crate) fn overwrite(&self, rewritten: &Rewritten) -> Result<(), DiskError> {
        let Replaced {
            segment,
            path,
            erased,
        } = &rewritten.replaced;
        for (offset, length) in erased {
            self.disk
                .write_at(&segment.file, path, &vec![0; *length], *offset)?;
        }
        self.disk.sync_data(&segment.file, path)?;
        self.disk.remove(path)
    }

    #[expect(clippy::type_complexity, reason = "taken apart at its one call")]
    fn copy_without(
        &self,
        live: &LiveSegment,
        payloads: &BTreeSet<Commitment>,
    ) -> Result<(PathBuf, Arc<Segment>, Appended, Vec<(u64, usize)>), StoreError> {
        let sequence = live.segment.sequence;
        let (mut header, mut offset) = header_of(live)?;
        let (staged, file) = self.disk.create_staged(&file_name(sequence))?;
        let mut layouts: Vec<(u64, Layout)> = Vec::new();
        let mut erased = Vec::new();
        batches(live, &mut |place, batch| {
            let of_batch = batch.layout.payloads.iter();
            let gone = of_batch.filter(|(commitment, _)| payloads.contains(commitment));
            erased.extend(gone.map(|(_, span)| (place + span.offset as u64, span.length)));
            let mut buffer = Vec::with_capacity(batch.bytes.len());
            let whole = (&batch.head, batch.bytes.as_slice(), &batch.layout);
            let layout = batch::encode_without(&mut buffer, whole, &live.key, payloads)
                .ok_or(StoreError::TooLarge("a leaf or payload of this length"))?;
            self.disk.write_at(&file, &staged, &buffer, offset)?;
            layouts.push((offset, layout));
            offset += buffer.len() as u64;
            Ok(())
        })?;
        header.capacity_bytes = offset;
        let mut buffer = Vec::new();
        header.encode(&mut buffer);
        self.disk.write_at(&file, &staged, &buffer, 0)?;
        self.disk.sync_all(&file, &staged)?;
        let segment = Arc::new(Segment {
            sequence,
            path: live.segment.path.clone(),
            file,
            capacity_bytes: offset,
        });
        self.disk.forget_cached(&staged);
        check_copy(live, &segment, &layouts)?;
        let mut now = Appended {
            leaves: Vec::new(),
            payloads: Vec::new(),
        };
        for (offset, layout) in &layouts {
            let appended = Appended::new(&segment, *offset, layout);
            now.leaves.extend(appended.leaves);
            now.payloads.extend(appended.payloads);
        }
        Ok((staged, segment, now, erased))
    }

    /// A full disk leaves everything as it was, as long as only a copy was to be made.
    fn not_copied(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Disk(error) if error.is_disk_full() => StoreError::DiskFull {
                free_bytes: 0,
                needed_bytes: self.segment_bytes,
            },
            error => error,
        }
    }
}

/// Reads the copy from the disk, of which memory holds nothing: its batches are those that were copied.
fn check_copy(live: &LiveSegment, copy: &Arc<Segment>, expected: &[(u64, Layout)]) -> Result<(), StoreError> {
    let copied = LiveSegment {
        segment: Arc::clone(copy),
        ..live.clone()
    };
    let mut expected = expected.iter();
    let mut agrees = true;
    batches(&copied, &mut |offset, batch| {
        agrees &= expected.next() == Some(&(offset, batch.layout.clone()));
        Ok(())
    })?;
    if agrees && expected.next().is_none() {
        return Ok(());
    }
    Err(damaged(&copied, "a copy that was just written is not there"))
}

/// Shows every batch of a segment, with its offset.
fn batches(
    live: &LiveSegment,
    visit: &mut dyn FnMut(u64, &WholeBatch) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (_, mut offset) = header_of(live)?;
    let bytes = Bytes::of(&live.segment)?;
    loop {
        match bytes.batch(offset, &live.key)? {
            Found::Whole(batch) => {
                visit(offset, &batch)?;
                offset += batch::padded(batch.bytes.len()) as u64;
            }
            Found::Unwritten => return Ok(()),
            Found::Torn { .. } => return Err(damaged(live, "a batch that was whole is torn")),
            Found::Damaged(what) => return Err(damaged(live, what)),
        }
    }
}

fn header_of(live: &LiveSegment) -> Result<(SegmentHeader, u64), StoreError> {
    match Bytes::of(&live.segment)?.header(None)? {
        Found::Whole(found) => Ok(found),
        _ => Err(damaged(live, "the header of a journal segment")),
    }
}

fn damaged(live: &LiveSegment, what: &'static str) -> StoreError {
    StoreError::Damaged(ReadError::Damaged {
        file: live.segment.path.clone(),
        index: Some(live.first_index),
        what,
    })
}

#[cfg(test)]
mod tests;
