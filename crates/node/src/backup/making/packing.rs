//! One file after the other into packs: those that no set before has.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};
use store::copying::SegmentCopy;
use zeroize::Zeroizing;

use super::Attempt;
use crate::backup::format::{hex, pack_name};
use crate::backup::list::{Listed, Place};
use crate::backup::sources::Source;
use crate::backup::{BackupError, Progress, at, pack};
use crate::limits::backup::{COMPARED_BYTES_MAX, PACK_BYTES, PIECE_BYTES};

/// Something to be looked at.
pub(super) enum Next<'s> {
    File(Source),
    Segment(&'s SegmentCopy),
}

/// Something that no set before has.
struct New<'s> {
    place: Place,
    path: String,
    content: Content<'s>,
}

enum Content<'s> {
    Bytes(Zeroizing<Vec<u8>>),
    File(File),
    Segment(&'s SegmentCopy),
}

impl Attempt<'_> {
    /// Writes all files that `next` gives, in as many packs as it takes; none, where nothing is new.
    pub(super) fn pack_all<'s>(
        &mut self,
        progress: Progress<'_>,
        mut next: impl FnMut(()) -> Result<Option<Next<'s>>, BackupError>,
    ) -> Result<(), BackupError> {
        let mut waiting = self.next_new(progress, &mut next)?;
        while waiting.is_some() {
            self.pack += 1;
            let name = pack_name(self.pack);
            let path = self.making.stage.join(&name);
            let mut file = self.making.create(&name)?;
            let certificates = self.certificates;
            seal::backup::encrypt(certificates, &mut file, SystemTime::now(), |out| {
                pack::begin(out).map_err(at(&path))?;
                let mut written = 0;
                while written < PACK_BYTES
                    && let Some(new) = waiting.take()
                {
                    written += self.write(out, new)?;
                    waiting = self.next_new(progress, &mut next)?;
                }
                pack::end(out).map_err(at(&path))
            })?;
            let sum = self.making.sum(&name, file)?;
            self.document.sums.push(sum);
        }
        Ok(())
    }

    /// The next file that no set before has. Those that one has are noted on the way.
    fn next_new<'s>(
        &mut self,
        progress: Progress<'_>,
        next: &mut impl FnMut(()) -> Result<Option<Next<'s>>, BackupError>,
    ) -> Result<Option<New<'s>>, BackupError> {
        while let Some(next) = next(())? {
            progress("copied", self.document.files, self.document.bytes);
            let new = match next {
                Next::Segment(segment) => self.look_at_segment(segment)?,
                Next::File(source) => self.look_at_file(source)?,
            };
            if new.is_some() {
                return Ok(new);
            }
        }
        Ok(None)
    }

    fn look_at_segment<'s>(&mut self, segment: &'s SegmentCopy) -> Result<Option<New<'s>>, BackupError> {
        let path = format!("data/journal/{}", segment.name());
        let mut hash = Sha256::new();
        let (mut offset, mut piece) = (0, vec![0; PIECE_BYTES]);
        loop {
            let read = segment
                .read_at(&mut piece, offset)
                .map_err(at(Path::new(&path)))?;
            if read == 0 {
                break;
            }
            hash.update(&piece[..read]);
            offset += read as u64;
        }
        let sum = (offset, hex(&hash.finalize()));
        let is_known = self.note_known(Place::Journal, &path, &sum)?;
        Ok((!is_known).then_some(New {
            place: Place::Journal,
            path,
            content: Content::Segment(segment),
        }))
    }

    /// `None` for a file that a set before has, and for one that is gone by now.
    fn look_at_file<'s>(&mut self, source: Source) -> Result<Option<New<'s>>, BackupError> {
        let Source { place, path, file } = source;
        let opened = match File::open(&file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&file)(error)),
        };
        let bytes = opened.metadata().map_err(at(&file))?.size();
        if is_written_once(&path) {
            // Its name and its length say which one it is: it is hashed when it is first copied.
            let known = self.known.of(place, &path)?.filter(|known| known.bytes == bytes);
            if let Some(known) = known {
                self.note(&known)?;
                return Ok(None);
            }
        } else if bytes <= COMPARED_BYTES_MAX {
            let mut content = Vec::new();
            let read = opened.take(COMPARED_BYTES_MAX).read_to_end(&mut content);
            read.map_err(at(&file))?;
            let sum = (content.len() as u64, hex(&Sha256::digest(&content)));
            let content = Content::Bytes(Zeroizing::new(content));
            let is_known = self.note_known(place, &path, &sum)?;
            return Ok((!is_known).then_some(New { place, path, content }));
        }
        let content = Content::File(opened);
        Ok(Some(New { place, path, content }))
    }

    fn note_known(&mut self, place: Place, path: &str, sum: &(u64, String)) -> Result<bool, BackupError> {
        let known = self.known.of(place, path)?;
        match known.filter(|known| (known.bytes, &known.sha256) == (sum.0, &sum.1)) {
            Some(known) => self.note(&known).map(|()| true),
            None => Ok(false),
        }
    }

    fn note(&mut self, listed: &Listed) -> Result<(), BackupError> {
        listed.write(&mut self.list).map_err(at(&self.list_path))?;
        self.document.files += 1;
        self.document.bytes += listed.bytes;
        Ok(())
    }

    fn write(&mut self, out: &mut dyn Write, new: New<'_>) -> Result<u64, BackupError> {
        let New { place, path, content } = new;
        let (bytes, sha256) = match content {
            Content::Bytes(content) => {
                let mut left = content.as_slice();
                pack::write_file(out, &path, |buffer| left.read(buffer))
            }
            Content::File(mut file) => pack::write_file(out, &path, |buffer| read_full(&mut file, buffer)),
            Content::Segment(segment) => {
                let mut offset = 0;
                pack::write_file(out, &path, |buffer| {
                    let read = segment.read_at(buffer, offset)?;
                    offset += read as u64;
                    Ok(read)
                })
            }
        }
        .map_err(at(Path::new(&path)))?;
        self.document.new_files += 1;
        self.document.new_bytes += bytes;
        let listed = Listed {
            place,
            path,
            bytes,
            sha256,
            set: self.document.set.clone(),
            pack: self.pack,
        };
        self.note(&listed)?;
        Ok(bytes)
    }
}

/// As much as there is, up to the end of the buffer.
fn read_full(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

/// Files of the store that get their name when they are whole, and never change after that.
fn is_written_once(path: &str) -> bool {
    let below = |folder: &str| path.starts_with(folder);
    below("data/payload/") || below("data/attachment/") || (below("data/ledger") && path.contains("/tile/"))
}
