//! A bundle in a zip file: the one form that such a file has, and no other.
//!
//! A library for zip files reads what anybody's program may write: compression, encryption, names that lead
//! elsewhere, two directories that contradict each other, gaps in which something hides. Each has misled a
//! checker before. A bundle has none of it, so nothing of it is understood here: the file is walked from its
//! first byte, each local header must be the one that [`Layout`] writes, and what follows the last file must
//! be, byte for byte, the central directory that [`Layout`] writes for what was walked. No byte is left that
//! could be another one. Files are stored, so none is longer than what is there.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use protocol::bundle::path::BundlePath;
use protocol::bundle::zip::{Crc32, LOCAL_HEADER_BYTES, Layout, LocalHeader};
use protocol::limits::{BUNDLE_PATH_BYTES_MAX, BUNDLE_ZIP_BYTES_MAX};
use sha2::{Digest as _, Sha512};

use super::{ContainerError, Held, form, pass};

/// The folder at the top, and every file in it.
pub(super) fn read(
    file: impl Read,
    length_bytes: u64,
) -> Result<(String, BTreeMap<BundlePath, Held>), ContainerError> {
    if length_bytes > BUNDLE_ZIP_BYTES_MAX {
        return Err(form("zip file", "longer than any bundle"));
    }
    let mut walk = Walk {
        reader: BufReader::new(file),
        at: 0,
    };
    let mut found: Option<(String, Layout)> = None;
    let mut files = BTreeMap::new();
    let mut last: Option<BundlePath> = None;
    let rest = loop {
        let header: [u8; LOCAL_HEADER_BYTES] = walk.bytes()?;
        let place = format!("zip file at byte {}", walk.at - LOCAL_HEADER_BYTES as u64);
        let parsed = LocalHeader::parse(&header).map_err(|error| form(&place, error))?;
        let Some(parsed) = parsed else {
            break header;
        };
        let (top, path) = walk.name(parsed.name_length_bytes)?;
        let (first_top, layout) = found.get_or_insert_with(|| (top.clone(), Layout::new(&top)));
        if *first_top != top || last.as_ref().is_some_and(|last| path <= *last) {
            return Err(form(place, "files are not ascending, each once, in one folder"));
        }
        let offset = walk.at;
        let (crc, sum) = walk.file(u64::from(parsed.length_bytes))?;
        if crc != parsed.crc {
            return Err(form(path, "the file does not have the checksum of the zip file"));
        }
        let expected = layout
            .entry(&path, crc, u64::from(parsed.length_bytes))
            .map_err(|error| form(&place, error))?;
        if expected[..LOCAL_HEADER_BYTES] != header {
            return Err(form(place, "another header than a bundle has"));
        }
        let held = Held {
            length_bytes: u64::from(parsed.length_bytes),
            sum,
            offset,
        };
        files.insert(path.clone(), held);
        last = Some(path);
    };
    let (top, layout) = found.ok_or_else(|| form("zip file", "there is no file in it"))?;
    let central = layout.finish().map_err(|error| form("zip file", error))?;
    walk.end(&rest, &central)?;
    Ok((top, files))
}

struct Walk<R> {
    reader: BufReader<R>,
    at: u64,
}

impl<R: Read> Walk<R> {
    fn bytes<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], ContainerError> {
        let mut bytes = [0; COUNT];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ContainerError> {
        let at = self.at;
        self.reader.read_exact(bytes).map_err(|error| cut(at, error))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// The name of a file: the folder at the top, and the path in it.
    fn name(&mut self, length_bytes: u16) -> Result<(String, BundlePath), ContainerError> {
        let place = format!("zip file at byte {}", self.at);
        let mut name = vec![0; usize::from(length_bytes)];
        self.fill(&mut name)?;
        let parsed = str::from_utf8(&name).ok().and_then(|name| {
            let (top, path) = name.split_once('/')?;
            // A folder's name is one part of a path.
            let is_part = top.len() <= BUNDLE_PATH_BYTES_MAX && top.parse::<BundlePath>().is_ok();
            Some((top.to_owned(), path.parse().ok().filter(|_| is_part)?))
        });
        parsed.ok_or_else(|| form(place, "no file of a bundle has such a name"))
    }

    /// The checksum and the sum of the file that begins here.
    fn file(&mut self, length_bytes: u64) -> Result<(u32, [u8; 64]), ContainerError> {
        let (mut crc, mut sum) = (Crc32::new(), Sha512::new());
        let read = pass(&mut (&mut self.reader).take(length_bytes), |bytes| {
            crc.update(bytes);
            sum.update(bytes);
        })
        .map_err(|error| cut(self.at, error))?;
        self.at += read;
        if read == length_bytes {
            Ok((crc.value(), sum.finalize().into()))
        } else {
            Err(cut(self.at, io::ErrorKind::UnexpectedEof.into()))
        }
    }

    /// What follows the files, of which `first` was read already, is the central directory, and nothing more.
    fn end(mut self, first: &[u8], central: &[u8]) -> Result<(), ContainerError> {
        let mut rest = first.to_vec();
        // One byte more than there may be tells a file that goes on.
        let limit = (central.len() + 1).saturating_sub(first.len()) as u64;
        (&mut self.reader)
            .take(limit)
            .read_to_end(&mut rest)
            .map_err(|error| cut(self.at, error))?;
        if rest == central {
            Ok(())
        } else {
            let what = "another directory than that of the files before it";
            Err(form("zip file, at its end", what))
        }
    }
}

fn cut(at: u64, error: io::Error) -> ContainerError {
    let place = format!("zip file at byte {at}");
    if error.kind() == io::ErrorKind::UnexpectedEof {
        form(place, "the file ends too early")
    } else {
        ContainerError::Unreadable { place, error }
    }
}
