//! A pack: files one after the other, before they are encrypted.
//!
//! ```text
//! "ohrid-pack/1\n"
//! "F"  length of the path u16, path    for each file, in the order of lists
//!      length u32, bytes               pieces, as many as it takes
//!      0 u32  SHA-256 of all pieces [32]
//! "E"
//! ```

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use super::format::hex;
use crate::limits::backup::PIECE_BYTES;

const MAGIC: &[u8; 13] = b"ohrid-pack/1\n";
const FILE: u8 = b'F';
const END: u8 = b'E';

/// Begins a pack.
pub(super) fn begin(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(MAGIC)
}

/// Ends a pack.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&[END])
}

/// Writes a file; `read` fills a buffer with what comes next, and gives 0 at the end. Gives length and
/// SHA-256.
pub(super) fn write_file(
    out: &mut dyn Write,
    path: &str,
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
) -> io::Result<(u64, String)> {
    let length = u16::try_from(path.len()).map_err(|_| io::Error::other("a path of this length"))?;
    out.write_all(&[FILE])?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(path.as_bytes())?;
    let (mut bytes, mut hash) = (0, Sha256::new());
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = read(&mut piece)?;
        // A piece is at most a MiB.
        out.write_all(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes())?;
        if length == 0 {
            break;
        }
        out.write_all(&piece[..length])?;
        hash.update(&piece[..length]);
        bytes += length as u64;
    }
    let digest = hash.finalize();
    out.write_all(&digest)?;
    Ok((bytes, hex(&digest)))
}

/// Reads a pack.
pub(super) struct Reading<R> {
    source: R,
    piece: Vec<u8>,
}

/// A file that was read to its end, with what it should be.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl<R: Read> Reading<R> {
    pub(super) fn begin(mut source: R) -> io::Result<Self> {
        let mut magic = [0; MAGIC.len()];
        source.read_exact(&mut magic)?;
        if magic != *MAGIC {
            return Err(wrong("this is no pack that this version knows"));
        }
        Ok(Self {
            source,
            piece: vec![0; PIECE_BYTES],
        })
    }

    /// The path of the next file; `None` at the end of the pack, behind which there is nothing.
    pub(super) fn next_path(&mut self) -> io::Result<Option<String>> {
        let mut kind = [0];
        self.source.read_exact(&mut kind)?;
        if kind == [END] {
            // Only here it is known that the whole of it is authentic.
            return match self.source.read(&mut kind)? {
                0 => Ok(None),
                _ => Err(wrong("something follows the end of a pack")),
            };
        }
        if kind != [FILE] {
            return Err(wrong("neither a file nor the end of a pack"));
        }
        let mut length = [0; 2];
        self.source.read_exact(&mut length)?;
        let mut path = vec![0; usize::from(u16::from_be_bytes(length))];
        self.source.read_exact(&mut path)?;
        String::from_utf8(path)
            .map(Some)
            .map_err(|_| wrong("a path that is no text"))
    }

    /// Reads the file that [`Reading::next_path`] named, to its end.
    pub(super) fn read_file(
        &mut self,
        mut piece: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Finished> {
        let (mut bytes, mut hash) = (0, Sha256::new());
        loop {
            let mut length = [0; 4];
            self.source.read_exact(&mut length)?;
            let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            if length == 0 {
                break;
            }
            let into = self.piece.get_mut(..length);
            let into = into.ok_or_else(|| wrong("a piece of a file is too long"))?;
            self.source.read_exact(into)?;
            hash.update(&*into);
            bytes += length as u64;
            piece(into)?;
        }
        let mut expected = [0; 32];
        self.source.read_exact(&mut expected)?;
        let digest = hash.finalize();
        if digest[..] != expected {
            return Err(wrong("a file in a pack is not what was written"));
        }
        Ok(Finished {
            bytes,
            sha256: hex(&digest),
        })
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
