//! Names of tiles and bundles, and which of them a tree of a given size has.

use std::fmt;
use std::str::FromStr;

use crate::encoding;
use crate::limits::{MAX_TILE_LEVEL, MAX_TREE_SIZE, TILE_WIDTH};

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Entries: a bundle.
    Entries,
    /// Hashes of this level, each over `256^level` leaves.
    Hashes(u8),
}

/// The name of a tile or bundle, relative to the log's prefix, such as `tile/0/x001/x234/067.p/9`.
///
/// What [`TilePath::parse`] accepts, `to_string` prints back byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// A text, or the parts that were given, name no tile that a log can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this names no tile or bundle that a log can have")]
pub struct TilePathError;

impl TilePath {
    /// Names a tile: its place among those of its level, from 0, and how many hashes or entries it
    /// has, 1 to [`TILE_WIDTH`].
    ///
    /// Levels above [`MAX_TILE_LEVEL`] and tiles beyond [`MAX_TREE_SIZE`] leaves are refused.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Result<Self, TilePathError> {
        let path = Self { kind, index, width };
        let hash_count = index
            .checked_mul(u64::from(TILE_WIDTH))
            .and_then(|before| before.checked_add(u64::from(width)))
            .ok_or(TilePathError)?;
        let possible = level(kind) <= MAX_TILE_LEVEL
            && (1..=TILE_WIDTH).contains(&width)
            && hash_count <= MAX_TREE_SIZE >> leaf_bits(kind);
        possible.then_some(path).ok_or(TilePathError)
    }

    /// Names the tile or bundle at a place in the tree of `size` leaves, partial if it is the last and not
    /// full; `None` if the tree has none there.
    #[must_use]
    pub fn in_tree(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let hash_count = size.checked_shr(leaf_bits(kind))?;
        let remaining = hash_count.checked_sub(index.checked_mul(u64::from(TILE_WIDTH))?)?;
        let width = u16::try_from(remaining).map_or(TILE_WIDTH, |remaining| remaining.min(TILE_WIDTH));
        Self::new(kind, index, width).ok()
    }

    /// Reads a name, strictly: `tile/<level or entries>/<index>` and `.p/<width>` if it is partial.
    pub fn parse(text: &str) -> Result<Self, TilePathError> {
        let (kind, place) = text
            .strip_prefix("tile/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or(TilePathError)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => {
                let level = encoding::parse_decimal(level).ok_or(TilePathError)?;
                TileKind::Hashes(u8::try_from(level).map_err(|_| TilePathError)?)
            }
        };
        let (index, width) = match place.split_once(".p/") {
            None => (place, TILE_WIDTH),
            Some((index, width)) => {
                let width = encoding::parse_decimal(width).ok_or(TilePathError)?;
                // A full tile has one name only, without a width.
                let partial = u16::try_from(width).ok().filter(|width| *width < TILE_WIDTH);
                (index, partial.ok_or(TilePathError)?)
            }
        };
        Self::new(kind, parse_index(index).ok_or(TilePathError)?, width)
    }

    /// What the tile holds.
    #[must_use]
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Its place among the tiles of its level, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, 1 to [`TILE_WIDTH`].
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it still lacks hashes or entries, and so has a width in its name.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.width < TILE_WIDTH
    }

    /// The leaves that its hashes or entries stand for: from the first up to, and without, the last.
    #[must_use]
    pub fn leaf_range(&self) -> std::ops::Range<u64> {
        let first_hash = self.index * u64::from(TILE_WIDTH);
        let end_hash = first_hash + u64::from(self.width);
        first_hash << leaf_bits(self.kind)..end_hash << leaf_bits(self.kind)
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, TilePathError> {
        Self::parse(text)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => formatter.write_str("tile/entries")?,
            TileKind::Hashes(level) => write!(formatter, "tile/{level}")?,
        }
        // Groups of three digits, all but the last marked with an x: 1234067 is x001/x234/067.
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        let (last, leading) = (groups[0], &groups[1..]);
        leading
            .iter()
            .rev()
            .try_for_each(|group| write!(formatter, "/x{group:03}"))?;
        write!(formatter, "/{last:03}")?;
        if self.is_partial() {
            write!(formatter, ".p/{}", self.width)
        } else {
            Ok(())
        }
    }
}

/// All bundles and tiles that a tree of `size` leaves has: bundles first, then hashes level by level,
/// each from left to right.
///
/// Sizes above [`MAX_TREE_SIZE`] have none.
pub fn tiles_for_size(size: u64) -> impl Iterator<Item = TilePath> {
    let size = if size > MAX_TREE_SIZE { 0 } else { size };
    let levels = (0..=MAX_TILE_LEVEL).map(TileKind::Hashes);
    std::iter::once(TileKind::Entries)
        .chain(levels)
        .flat_map(move |kind| (0..).map_while(move |index| TilePath::in_tree(kind, index, size)))
}

/// The level of a tile's hashes; a bundle's entries are of level 0.
fn level(kind: TileKind) -> u8 {
    match kind {
        TileKind::Entries => 0,
        TileKind::Hashes(level) => level,
    }
}

/// The binary logarithm of the leaves that one hash stands for.
fn leaf_bits(kind: TileKind) -> u32 {
    8 * u32::from(level(kind))
}

/// Reads the groups of an index; `None` unless they are as they would be printed.
fn parse_index(text: &str) -> Option<u64> {
    let mut groups = text.split('/').rev();
    let last = parse_group(groups.next()?)?;
    let mut index = last;
    let mut place = 1u64;
    let mut highest = None;
    for group in groups {
        let value = parse_group(group.strip_prefix('x')?)?;
        place = place.checked_mul(1000)?;
        index = index.checked_add(value.checked_mul(place)?)?;
        highest = Some(value);
    }
    // A first group of zeros would be a second name of the same tile.
    (highest != Some(0)).then_some(index)
}

/// Three decimal digits.
fn parse_group(text: &str) -> Option<u64> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests;
