//! The one form of a bundle's zip file (APPNOTE 6.3.10 without zip64): stored entries, fixed dates, nothing
//! optional. `docs/bundle.md` says it field by field.
//!
//! Writing goes forward only: ask [`Layout::entry`] for what stands before a file, write the file, and at
//! the end write [`Layout::finish`]. Checking is writing again: a layout of the same files gives the same
//! bytes.

use super::BundlePath;
use crate::limits::{BUNDLE_FILES_MAX, BUNDLE_ZIP_BYTES_MAX};

/// The length of a local header, without the name.
pub const LOCAL_HEADER_BYTES: usize = 30;

const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const END_SIGNATURE: u32 = 0x0605_4b50;

/// Version 1.0 is enough for stored files.
const VERSION_NEEDED: u16 = 10;
/// Unix, 3.0: so that the attributes are those of Unix.
const MADE_BY: u16 = 0x031e;
/// 1980-01-01, the first day that a zip file can have: no time of a machine is in a bundle.
const DATE: u16 = 0x0021;
/// A regular file that everybody may read and its owner may write.
const ATTRIBUTES: u32 = 0x81a4_0000;

/// Why a bundle cannot be a zip file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// Longer than [`BUNDLE_ZIP_BYTES_MAX`], or more files than [`BUNDLE_FILES_MAX`].
    #[error("a bundle is shorter than 4 GiB and has at most {BUNDLE_FILES_MAX} files")]
    TooLarge,
    /// A local header that no bundle has. Whoever wrote it is at fault.
    #[error("the zip file is not of the form that a bundle has")]
    Form,
}

/// What stands where in the zip file.
#[derive(Debug, Clone)]
pub struct Layout {
    folder: String,
    entries: Vec<Entry>,
    at: u64,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    crc: u32,
    length: u32,
    offset: u32,
}

/// What a local header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalHeader {
    /// How long the name is, which follows.
    pub name_length_bytes: u16,
    /// The checksum of the file, which follows the name.
    pub crc: u32,
    /// How long the file is.
    pub length_bytes: u32,
}

/// CRC-32 (ISO 3309), as zip files have it: against accidents only, not against people.
#[derive(Debug, Clone, Copy)]
pub struct Crc32(u32);

impl Layout {
    /// A zip file with this folder at its top, see [`super::Bundle::folder_name`].
    #[must_use]
    pub fn new(folder: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            entries: Vec::new(),
            at: 0,
        }
    }

    /// What stands before the next file. Files are ascending by the bytes of their paths.
    ///
    /// # Errors
    /// [`ZipError::TooLarge`].
    pub fn entry(&mut self, path: &BundlePath, crc: u32, length_bytes: u64) -> Result<Vec<u8>, ZipError> {
        let entry = Entry {
            name: format!("{}/{path}", self.folder),
            crc,
            length: u32::try_from(length_bytes).map_err(|_| ZipError::TooLarge)?,
            offset: u32::try_from(self.at).map_err(|_| ZipError::TooLarge)?,
        };
        let mut out = Vec::with_capacity(LOCAL_HEADER_BYTES + entry.name.len());
        out.extend(LOCAL_SIGNATURE.to_le_bytes());
        entry.write_fields(&mut out);
        out.extend(entry.name.as_bytes());
        self.at += out.len() as u64 + length_bytes;
        self.entries.push(entry);
        if self.at > BUNDLE_ZIP_BYTES_MAX || self.entries.len() > BUNDLE_FILES_MAX {
            return Err(ZipError::TooLarge);
        }
        Ok(out)
    }

    /// What stands behind the last file: the central directory.
    ///
    /// # Errors
    /// [`ZipError::TooLarge`].
    pub fn finish(self) -> Result<Vec<u8>, ZipError> {
        let mut out = Vec::new();
        for entry in &self.entries {
            out.extend(CENTRAL_SIGNATURE.to_le_bytes());
            out.extend(MADE_BY.to_le_bytes());
            entry.write_fields(&mut out);
            // No comment, first disk, no internal attributes.
            out.extend([0; 6]);
            out.extend(ATTRIBUTES.to_le_bytes());
            out.extend(entry.offset.to_le_bytes());
            out.extend(entry.name.as_bytes());
        }
        if self.at + out.len() as u64 > BUNDLE_ZIP_BYTES_MAX {
            return Err(ZipError::TooLarge);
        }
        let fits = |length: u64| u32::try_from(length).map_err(|_| ZipError::TooLarge);
        let (length, start) = (fits(out.len() as u64)?, fits(self.at)?);
        let count = u16::try_from(self.entries.len()).map_err(|_| ZipError::TooLarge)?;
        out.extend(END_SIGNATURE.to_le_bytes());
        out.extend([0; 4]);
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0; 2]);
        Ok(out)
    }
}

impl Entry {
    /// The fields that both headers have, in the same order.
    fn write_fields(&self, out: &mut Vec<u8>) {
        out.extend(VERSION_NEEDED.to_le_bytes());
        // No flags, stored, no time.
        out.extend([0; 6]);
        out.extend(DATE.to_le_bytes());
        out.extend(self.crc.to_le_bytes());
        out.extend(self.length.to_le_bytes());
        out.extend(self.length.to_le_bytes());
        // A folder and a path have a few hundred characters together.
        out.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend([0; 2]);
    }
}

impl LocalHeader {
    /// Reads a local header; `None` where the central directory begins.
    ///
    /// # Errors
    /// [`ZipError::Form`] for one that [`Layout::entry`] does not write.
    pub fn parse(bytes: &[u8; LOCAL_HEADER_BYTES]) -> Result<Option<Self>, ZipError> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if number(0) == CENTRAL_SIGNATURE {
            return Ok(None);
        }
        let header = Self {
            name_length_bytes: u16::from_le_bytes([bytes[26], bytes[27]]),
            crc: number(14),
            length_bytes: number(18),
        };
        let entry = Entry {
            name: String::new(),
            crc: header.crc,
            length: header.length_bytes,
            offset: 0,
        };
        let mut written = LOCAL_SIGNATURE.to_le_bytes().to_vec();
        entry.write_fields(&mut written);
        written[26..28].copy_from_slice(&bytes[26..28]);
        if written == bytes {
            Ok(Some(header))
        } else {
            Err(ZipError::Form)
        }
    }
}

impl Crc32 {
    /// Of nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(u32::MAX)
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let place = (self.0 ^ u32::from(*byte)) & 0xff;
            self.0 = TABLE[place as usize] ^ (self.0 >> 8);
        }
    }

    /// Of all bytes that were taken in.
    #[must_use]
    pub const fn value(self) -> u32 {
        !self.0
    }

    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> u32 {
        let mut crc = Self::new();
        crc.update(bytes);
        crc.value()
    }
}

impl Default for Crc32 {
    fn default() -> Self {
        Self::new()
    }
}

/// For each value of a byte, what it does to the checksum (polynomial 0x04C11DB7, reflected).
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut place = 0;
    while place < 256 {
        let mut value = place as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                0xedb8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[place] = value;
        place += 1;
    }
    table
};

#[cfg(test)]
mod tests;
