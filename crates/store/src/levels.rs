//! The right side of the tree, in memory: the hashes that lie in no stored tile yet.
//!
//! For each level of tiles these are the hashes of the tile that is still growing and of full tiles that
//! wait to be written: some kilobytes, whatever the size of the ledger. Together with the stored tiles
//! they are the whole tree, and every stored tile can be checked against them: a full tile makes one
//! hash of the level above, and the highest levels are here.

use ledger::hash::{Hash, node_hash};
use ledger::limits::TILE_WIDTH;
use ledger::tile::parent_hash;
use ledger::tree::Edge;

/// Hashes in a full tile.
const WIDTH: u64 = TILE_WIDTH as u64;
/// The binary logarithm of [`WIDTH`].
const BITS: u32 = WIDTH.trailing_zeros();

/// The hashes right of the stored tiles, and the tree's edge.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels {
    /// The position in the ledger at which this tree's log begins.
    first: u64,
    edge: Edge,
    levels: Vec<Level>,
}

/// One level: its first hash here is that of tile `stored_tiles`.
#[derive(Debug, Clone, Default)]
struct Level {
    stored_tiles: u64,
    hashes: Vec<Hash>,
}

impl Levels {
    /// The right side of the empty tree.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The right side of the empty tree of a log that begins at this position.
    pub(crate) fn of_log(first: u64) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// The same tree, as that of a log which begins at this position.
    pub(crate) fn at(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// From what [`Levels::partials`] gave for a tree of `size` leaves, all full tiles of which are
    /// stored. `None` when there is another number of hashes than such a tree has.
    pub(crate) fn from_partials(size: u64, partials: &[Hash]) -> Option<Self> {
        let mut rest = partials;
        let mut levels = Vec::new();
        let mut count = size;
        while count != 0 {
            let (hashes, after) = rest.split_at_checked(usize::try_from(count % WIDTH).ok()?)?;
            levels.push(Level {
                stored_tiles: count / WIDTH,
                hashes: hashes.to_vec(),
            });
            rest = after;
            count /= WIDTH;
        }
        if !rest.is_empty() {
            return None;
        }
        let edge_hashes = levels
            .iter()
            .rev()
            .flat_map(|level| perfect_roots(&level.hashes))
            .collect();
        let edge = Edge::from_parts(size, edge_hashes).ok()?;
        Some(Self {
            first: 0,
            edge,
            levels,
        })
    }

    /// The hashes of all tiles that are not full, level by level from the leaves up.
    pub(crate) fn partials(&self) -> Vec<Hash> {
        let growing = self.levels.iter().map(|level| {
            let full = level.hashes.len() / usize::from(TILE_WIDTH) * usize::from(TILE_WIDTH);
            &level.hashes[full..]
        });
        growing.flatten().copied().collect()
    }

    /// The number of leaves.
    pub(crate) fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The position at which the log begins.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The position behind its last leaf.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.size()
    }

    /// How many leaves are in a bundle that the tree has: fewer than 256 in the last one only.
    pub(crate) fn bundle_width(&self, bundle: u64) -> u16 {
        let rest = self.size().saturating_sub(bundle.saturating_mul(WIDTH));
        u16::try_from(rest.min(WIDTH)).unwrap_or(TILE_WIDTH)
    }

    /// The tile of this level that is not full, if there is one: its index and hashes.
    pub(crate) fn partial(&self, level: u8) -> Option<(u64, &[Hash])> {
        let level = self.levels.get(usize::from(level))?;
        let full = level.hashes.len() / usize::from(TILE_WIDTH);
        let hashes = &level.hashes[full * usize::from(TILE_WIDTH)..];
        (!hashes.is_empty()).then_some((level.stored_tiles + full as u64, hashes))
    }

    /// Whether this is the same tree of the same log, whatever of it is stored.
    pub(crate) fn is_same_tree(&self, other: &Self) -> bool {
        self.first == other.first && self.edge == other.edge
    }

    /// The edge of the tree.
    pub(crate) fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Appends a leaf, given by its hash.
    pub(crate) fn append(&mut self, leaf: Hash) {
        self.edge.append(leaf);
        self.push(0, leaf);
    }

    /// Appends leaves, given by their hashes: `edge` is that of the tree with them, which whoever checked
    /// them has computed already.
    pub(crate) fn append_all(&mut self, leaves: &[Hash], edge: Edge) {
        debug_assert_eq!(edge.size(), self.size() + leaves.len() as u64);
        leaves.iter().for_each(|leaf| self.push(0, *leaf));
        self.edge = edge;
    }

    fn push(&mut self, level: usize, hash: Hash) {
        if self.levels.len() == level {
            self.levels.push(Level::default());
        }
        let hashes = &mut self.levels[level].hashes;
        hashes.push(hash);
        if hashes.len().is_multiple_of(usize::from(TILE_WIDTH)) {
            let tile = &hashes[hashes.len() - usize::from(TILE_WIDTH)..];
            if let Some(parent) = parent_hash(tile) {
                self.push(level + 1, parent);
            }
        }
    }

    /// The number of full tiles on this level that are stored, and so not in memory any more.
    pub(crate) fn stored_tiles(&self, level: u8) -> u64 {
        self.levels
            .get(usize::from(level))
            .map_or(0, |level| level.stored_tiles)
    }

    /// The hashes of a tile, as many as there are, if it is in memory. `None` when it is stored; empty
    /// when the tree has no such tile.
    pub(crate) fn tile(&self, level: u8, index: u64) -> Option<&[Hash]> {
        let Some(level) = self.levels.get(usize::from(level)) else {
            return Some(&[]);
        };
        let place = index.checked_sub(level.stored_tiles)?;
        let first = place
            .checked_mul(WIDTH)
            .and_then(|first| usize::try_from(first).ok());
        let rest = first.and_then(|first| level.hashes.get(first..)).unwrap_or(&[]);
        Some(&rest[..rest.len().min(usize::from(TILE_WIDTH))])
    }

    /// The levels of tiles that the tree has.
    pub(crate) fn depth(&self) -> u8 {
        // 256^8 leaves are more than a tree can have, so there are at most eight.
        u8::try_from(self.levels.len()).unwrap_or(u8::MAX)
    }

    /// The next full tile of this level that is not stored: its index and hashes.
    pub(crate) fn next_to_store(&self, level: u8) -> Option<(u64, &[Hash])> {
        let level = self.levels.get(usize::from(level))?;
        let hashes = level.hashes.get(..usize::from(TILE_WIDTH))?;
        Some((level.stored_tiles, hashes))
    }

    /// Forgets the hashes of the next tiles of this level, all of them full: they are stored.
    pub(crate) fn mark_stored(&mut self, level: u8, count: usize) {
        if let Some(level) = self.levels.get_mut(usize::from(level))
            && level.hashes.len() >= count * usize::from(TILE_WIDTH)
        {
            level.hashes.drain(..count * usize::from(TILE_WIDTH));
            level.stored_tiles += count as u64;
        }
    }
}

/// The roots of the perfect subtrees over fewer than 256 hashes, largest first.
fn perfect_roots(hashes: &[Hash]) -> Vec<Hash> {
    let mut rest = hashes;
    let mut roots = Vec::new();
    for bit in (0..BITS).rev() {
        if hashes.len() & (1 << bit) != 0 {
            let (subtree, after) = rest.split_at(1 << bit);
            roots.extend(perfect_root(subtree));
            rest = after;
        }
    }
    roots
}

/// The root over hashes whose number is a power of two.
fn perfect_root(hashes: &[Hash]) -> Option<Hash> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row
            .chunks_exact(2)
            .map(|pair| node_hash(&pair[0], &pair[1]))
            .collect();
    }
    row.first().copied()
}

#[cfg(test)]
mod tests;
