//! Tiles and entry bundles (c2sp.org/tlog-tiles): how a log lies in files that anybody can fetch.
//!
//! ```text
//! checkpoint                       the signed head
//! tile/0/x001/x234/067             256 leaf hashes: tile 1,234,067 of level 0
//! tile/1/x004/820.p/147            a tile of level 1 that has 147 hashes yet
//! tile/entries/x001/x234/067       the 256 entries whose hashes are in tile/0/x001/x234/067
//! ```
//!
//! A hash of level `l` is the root over 256^l leaves, so a full tile of one level makes one hash of the
//! next. A bundle holds entries, each as a big-endian `u16` length and its bytes. Full tiles never
//! change, and a partial one is a prefix of every wider one: a server can cut any partial from what it
//! has, and need not store them. A part of a log that verifies by itself is an [`Excerpt`].

mod excerpt;
mod path;
mod reader;

use crate::hash::{Hash, node_hash};
use crate::limits::{MAX_ENTRY_BYTES, TILE_WIDTH};
pub use excerpt::{EXCERPT_FILE, Excerpt, ExcerptError};
pub use path::{TileKind, TilePath, TilePathError, tiles_for_size};
pub use reader::{TileReadError, TileReader};

/// Why bytes are not the tile or bundle that was asked for. Whoever served or stored them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileDecodeError {
    /// A tile of this width has another length.
    #[error("a tile of {width} hashes does not have {found_bytes} bytes")]
    WrongTileLength {
        /// The number of hashes that the tile should have.
        width: u16,
        /// Its length, in bytes.
        found_bytes: usize,
    },
    /// A bundle ends within an entry or before it.
    #[error("the bundle ends within its entry {0}, counted from 0, or before it")]
    Truncated(u16),
    /// Bytes follow the last entry of a bundle.
    #[error("{0} bytes follow the last entry of the bundle")]
    TrailingBytes(usize),
}

/// An entry is longer than [`MAX_ENTRY_BYTES`]; its length in bytes is given. The caller is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {0} bytes does not fit into a bundle")]
pub struct EntryTooLong(pub usize);

/// A hash tile: the hashes one after the other.
#[must_use]
pub fn encode_tile(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(Hash::as_bytes).copied().collect()
}

/// Reads a hash tile of exactly `width` hashes.
pub fn decode_tile(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileDecodeError> {
    let (hashes, rest) = bytes.as_chunks::<{ Hash::LENGTH_BYTES }>();
    if hashes.len() != usize::from(width) || !rest.is_empty() {
        return Err(TileDecodeError::WrongTileLength {
            width,
            found_bytes: bytes.len(),
        });
    }
    Ok(hashes.iter().copied().map(Hash::from_bytes).collect())
}

/// The hash that a full tile has in the tile of the next level.
///
/// `None` unless there are exactly [`TILE_WIDTH`] hashes: partial tiles are not hashed into the next
/// level.
#[must_use]
pub fn parent_hash(hashes: &[Hash]) -> Option<Hash> {
    (hashes.len() == usize::from(TILE_WIDTH)).then(|| perfect_root(hashes))
}

/// Appends one entry to a bundle that is being made.
pub fn encode_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong(entry.len()))?;
    debug_assert!(entry.len() <= MAX_ENTRY_BYTES);
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// An entry bundle of these entries, in this order; at most [`TILE_WIDTH`] of them make sense.
pub fn encode_bundle<'entry>(
    entries: impl IntoIterator<Item = &'entry [u8]>,
) -> Result<Vec<u8>, EntryTooLong> {
    let mut bundle = Vec::new();
    entries
        .into_iter()
        .try_for_each(|entry| encode_entry(&mut bundle, entry))?;
    Ok(bundle)
}

/// Reads an entry bundle of exactly `width` entries; they borrow its bytes.
pub fn decode_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileDecodeError> {
    let mut entries = Vec::with_capacity(usize::from(width));
    let mut rest = bytes;
    for place in 0..width {
        let (length, after) = rest
            .split_first_chunk::<2>()
            .ok_or(TileDecodeError::Truncated(place))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after
            .split_at_checked(length)
            .ok_or(TileDecodeError::Truncated(place))?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(TileDecodeError::TrailingBytes(rest.len()))
    }
}

/// The root over hashes whose number is a power of two.
fn perfect_root(hashes: &[Hash]) -> Hash {
    debug_assert!(hashes.len().is_power_of_two());
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row
            .chunks_exact(2)
            .map(|pair| node_hash(&pair[0], &pair[1]))
            .collect();
    }
    row.first().copied().unwrap_or(crate::hash::EMPTY_ROOT)
}

#[cfg(test)]
pub(crate) mod tests;
