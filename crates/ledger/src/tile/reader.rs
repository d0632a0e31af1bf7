//! Reads a tree's nodes from its tiles, so that proofs can be made of a log that lies in files.

use super::{TileDecodeError, TileKind, TilePath, decode_tile, perfect_root};
use crate::hash::Hash;
use crate::limits::{MAX_TILE_LEVEL, TILE_WIDTH};
use crate::proof::NodeId;

/// The binary logarithm of [`TILE_WIDTH`]: how many levels of the tree lie in one level of tiles.
const LEVELS_PER_TILE: u8 = 8;

/// Answers for the nodes of a tree of a given size, with a function that fetches tiles.
///
/// The function is asked for tiles as the tree of this size has them, partial ones by their exact width
/// (cut them from wider ones if only those are stored). The tile read last is kept for each level, so
/// a proof reads each tile once. Tiles are taken as they come: verify what is made of them.
#[derive(Debug)]
pub struct TileReader<F> {
    size: u64,
    fetch: F,
    last_read: [Option<(TilePath, Vec<Hash>)>; MAX_TILE_LEVEL as usize + 1],
}

/// Why a node could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileReadError<E> {
    /// The tree has no such node. The caller is at fault.
    #[error("the tree has no such node")]
    NoSuchNode,
    /// The tile could not be fetched.
    #[error("{0}: {1}")]
    Fetch(TilePath, E),
    /// What was fetched is not the tile.
    #[error("{0}: {1}")]
    Decode(TilePath, TileDecodeError),
}

impl<F, E> TileReader<F>
where
    F: FnMut(TilePath) -> Result<Vec<u8>, E>,
{
    /// Reads nodes of the tree of `size` leaves from the tiles that `fetch` returns.
    pub fn new(size: u64, fetch: F) -> Self {
        Self {
            size,
            fetch,
            last_read: [const { None }; MAX_TILE_LEVEL as usize + 1],
        }
    }

    /// The root of a perfect subtree.
    ///
    /// Pass `&mut |id| reader.node(id)` to [`crate::proof::prove_inclusion`].
    pub fn node(&mut self, id: NodeId) -> Result<Hash, TileReadError<E>> {
        let level = id.level / LEVELS_PER_TILE;
        // Within its tile, the node stands over this many hashes, from this one on.
        let height = id.level % LEVELS_PER_TILE;
        let nodes_per_tile = u64::from(TILE_WIDTH >> height);
        let index = id.index / nodes_per_tile;
        let first =
            usize::try_from(id.index % nodes_per_tile).map_err(|_| TileReadError::NoSuchNode)? << height;

        let hashes = self.tile(level, index)?;
        let covered = hashes
            .get(first..first + (1 << height))
            .ok_or(TileReadError::NoSuchNode)?;
        Ok(perfect_root(covered))
    }

    /// The hashes of a tile, from memory if it is the one that was read last on its level.
    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], TileReadError<E>> {
        let kind = TileKind::Hashes(level);
        let path = TilePath::in_tree(kind, index, self.size).ok_or(TileReadError::NoSuchNode)?;
        let slot = &mut self.last_read[usize::from(level)];
        let hashes = match slot.take() {
            Some((known, hashes)) if known == path => hashes,
            _ => {
                let bytes = (self.fetch)(path).map_err(|error| TileReadError::Fetch(path, error))?;
                decode_tile(&bytes, path.width()).map_err(|error| TileReadError::Decode(path, error))?
            }
        };
        Ok(&slot.insert((path, hashes)).1)
    }
}

#[cfg(test)]
mod tests;
