//! A part of a log, as files of the tlog-tiles layout that verify without the rest.
//!
//! An excerpt holds the entries of one range, in whole bundles, with the leaf hashes over them, the last
//! bundle and its tile where they are partial, and every tile of the levels above: some 8 KiB for each
//! 65,536 entries of the log. So the root is worked out from its files as from a whole log, and only leaf
//! hashes that nobody asked for are missing. A file named `excerpt` beside `checkpoint` says what there is:
//!
//! ```text
//! ledger-excerpt/1
//! entries 512 700
//! bundle 0
//! bundle 17
//! ```
//!
//! The range is from its first entry up to, and without, its last. Bundles named singly hold what entries of
//! the range refer to, such as the envelope that a receipt answers; they lie outside the range and ascend.
//! What parses is exactly what printing gives back.

use std::fmt;
use std::ops::Range;

use super::path::{TileKind, TilePath, tiles_for_size};
use crate::encoding;
use crate::limits::{MAX_EXCERPT_BYTES, MAX_TREE_SIZE, TILE_WIDTH};

/// The first line: what this is, and its version.
const FIRST_LINE: &str = "ledger-excerpt/1";

/// The name of the file that says what an excerpt holds.
pub const EXCERPT_FILE: &str = "excerpt";

/// Which entries of a log an excerpt holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    entries: Range<u64>,
    /// Bundles outside the range, ascending.
    also: Vec<u64>,
}

/// A text, or parts, are not what an excerpt can be. Whoever wrote it is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this does not say what an excerpt of a log holds")]
pub struct ExcerptError;

impl Excerpt {
    /// The entries of a range, and single bundles for what they refer to. Bundles of the range are left out
    /// of these, and none is named twice.
    ///
    /// # Errors
    /// When the range is empty, or ends beyond [`MAX_TREE_SIZE`], or a bundle lies there.
    pub fn new(entries: Range<u64>, also: impl IntoIterator<Item = u64>) -> Result<Self, ExcerptError> {
        if entries.is_empty() || entries.end > MAX_TREE_SIZE {
            return Err(ExcerptError);
        }
        let own = bundles_of(&entries);
        let also: std::collections::BTreeSet<u64> =
            also.into_iter().filter(|bundle| !own.contains(bundle)).collect();
        let last = also.last().copied().unwrap_or_default();
        if last > MAX_TREE_SIZE / u64::from(TILE_WIDTH) {
            return Err(ExcerptError);
        }
        Ok(Self {
            entries,
            also: also.into_iter().collect(),
        })
    }

    /// Reads what [`Excerpt`] prints, strictly.
    ///
    /// # Errors
    /// [`ExcerptError`] for every other text, and for one that is longer than [`MAX_EXCERPT_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ExcerptError> {
        if bytes.len() > MAX_EXCERPT_BYTES {
            return Err(ExcerptError);
        }
        let text = str::from_utf8(bytes).map_err(|_| ExcerptError)?;
        let text = text.strip_suffix('\n').ok_or(ExcerptError)?;
        let mut lines = text.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(ExcerptError);
        }
        let entries = lines.next().and_then(|line| line.strip_prefix("entries "));
        let (first, end) = entries
            .and_then(|line| line.split_once(' '))
            .ok_or(ExcerptError)?;
        let number = |text| encoding::parse_decimal(text).ok_or(ExcerptError);
        let entries = number(first)?..number(end)?;
        let bundles: Result<Vec<u64>, ExcerptError> = lines
            .map(|line| number(line.strip_prefix("bundle ").ok_or(ExcerptError)?))
            .collect();
        let bundles = bundles?;
        let excerpt = Self::new(entries, bundles.iter().copied())?;
        // Another order, a repetition, or a bundle of the range would be a second spelling.
        if excerpt.also == bundles {
            Ok(excerpt)
        } else {
            Err(ExcerptError)
        }
    }

    /// The entries of the range.
    #[must_use]
    pub fn entries(&self) -> Range<u64> {
        self.entries.clone()
    }

    /// Whether the excerpt of a log of `size` entries has this bundle, and the tile over it.
    #[must_use]
    pub fn has_bundle(&self, bundle: u64, size: u64) -> bool {
        let width = u64::from(TILE_WIDTH);
        let is_partial_last = !size.is_multiple_of(width) && bundle == size / width;
        is_partial_last
            || bundles_of(&self.entries).contains(&bundle)
            || self.also.binary_search(&bundle).is_ok()
    }

    /// Whether the excerpt of a log of `size` entries has this tile or bundle.
    #[must_use]
    pub fn has(&self, path: &TilePath, size: u64) -> bool {
        match path.kind() {
            TileKind::Entries | TileKind::Hashes(0) => self.has_bundle(path.index(), size),
            TileKind::Hashes(_) => true,
        }
    }

    /// Its tiles and bundles, of a log of `size` entries. The cost grows with the log, not with the excerpt.
    pub fn tiles(&self, size: u64) -> impl Iterator<Item = TilePath> + '_ {
        tiles_for_size(size).filter(move |path| self.has(path, size))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.entries;
        writeln!(formatter, "{FIRST_LINE}\nentries {start} {end}")?;
        self.also
            .iter()
            .try_for_each(|bundle| writeln!(formatter, "bundle {bundle}"))
    }
}

/// The bundles that hold the entries of a range that is not empty.
fn bundles_of(entries: &Range<u64>) -> Range<u64> {
    let width = u64::from(TILE_WIDTH);
    entries.start / width..entries.end.div_ceil(width)
}

#[cfg(test)]
mod tests;
