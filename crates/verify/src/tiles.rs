//! Compares every hash of a ledger with what lies under it, in one pass from left to right.
//!
//! For each level of tiles there is one row of hashes at work: those worked out from below since the last
//! full tile. When a row is full, or the ledger ends, it is compared with the tile on disk, and the hash
//! over the tile goes into the row above. So each tile is held against its two neighbours, and a damage
//! shows where it is: under a tile, in it, or above it.
//!
//! Where a tile differs from what was worked out, that is reported, and either may be the damaged one: both
//! go up, and the level above is content with either. Where a file is missing, only one goes up, and where
//! both are missing there is a gap. So one damage makes one finding, and hides no other.

use ledger::checkpoint::Checkpoint;
use ledger::hash::Hash;
use ledger::limits::{MAX_TILE_LEVEL, TILE_WIDTH};
use ledger::tile::{TileKind, TilePath, decode_tile, parent_hash};
use ledger::tree::Edge;

use crate::export::{Export, ReadError};
use crate::report::{Place, Report};

/// A hash in two versions, equal where nothing is damaged.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// Over the tile on disk, or from below where there is none.
    stored: Option<Hash>,
    /// Worked out from below, or from the tile where what is below cannot be read.
    worked_out: Option<Hash>,
}

/// The rows at work.
#[derive(Debug)]
pub struct Tiles<'a> {
    export: &'a Export,
    size: u64,
    /// For each level, what was worked out from below for the tile that is due next.
    rows: Vec<Vec<Known>>,
    /// For each level, the number of tiles that were compared.
    compared: Vec<u64>,
    /// For each level, the hashes of its last, partial tile.
    partial: Vec<Vec<Known>>,
}

impl<'a> Tiles<'a> {
    /// Begins with the first leaf of a ledger of `size` entries.
    #[must_use]
    pub fn new(export: &'a Export, size: u64) -> Self {
        let levels = usize::from(MAX_TILE_LEVEL) + 1;
        Self {
            export,
            size,
            rows: vec![Vec::new(); levels],
            compared: vec![0; levels],
            partial: vec![Vec::new(); levels],
        }
    }

    /// Takes the leaf hashes of the next bundle, as worked out from its entries; `None` for those that
    /// cannot be read, which is reported elsewhere.
    pub fn push_bundle(&mut self, leaf_hashes: Vec<Option<Hash>>, report: &mut Report) {
        let row = leaf_hashes.into_iter().map(|hash| Known {
            stored: hash,
            worked_out: hash,
        });
        self.rows[0] = row.collect();
        self.compare(0, report);
    }

    /// Passes over a full bundle that an excerpt leaves out, and the tile over it: the hash over both is
    /// taken from the level above.
    pub fn pass_over_bundle(&mut self, report: &mut Report) {
        self.compared[0] += 1;
        self.rows[1].push(Known::default());
        if self.rows[1].len() == usize::from(TILE_WIDTH) {
            self.compare(1, report);
        }
    }

    /// Ends the pass: compares the partial tiles, and the root with the checkpoint.
    pub fn finish(mut self, checkpoint: Option<&Checkpoint>, report: &mut Report) {
        for level in 1..=MAX_TILE_LEVEL {
            if !self.rows[usize::from(level)].is_empty() {
                self.compare(level, report);
            }
        }
        let Some(checkpoint) = checkpoint else { return };
        let roots = [
            self.root(|known| known.stored),
            self.root(|known| known.worked_out),
        ];
        // A gap at the right edge leaves no root to compare; the gap was reported.
        let Some(root) = roots[0].or(roots[1]) else { return };
        if !roots.contains(&Some(checkpoint.root)) {
            let reason = format!(
                "it says the root is {}, but that of the tiles is {root}",
                checkpoint.root
            );
            report.find(Place::range(0..self.size), "checkpoint", reason);
        }
    }

    /// Compares the row of a level with its tile, and passes the hash over it to the row above.
    fn compare(&mut self, level: u8, report: &mut Report) {
        let place = usize::from(level);
        let mut row = std::mem::take(&mut self.rows[place]);
        let index = self.compared[place];
        self.compared[place] += 1;
        let Some(path) = TilePath::in_tree(TileKind::Hashes(level), index, self.size) else {
            return;
        };

        if let Some(tile) = self.read(path, report) {
            report_differences(path, &row, &tile, report);
            for (known, stored) in row.iter_mut().zip(tile) {
                // The tile is believed where it agrees with either version from below, or there is none.
                let agrees = known.stored == Some(stored);
                let below = if agrees { known.stored } else { known.worked_out };
                *known = Known {
                    stored: Some(stored),
                    worked_out: below.or(Some(stored)),
                };
            }
        }
        if row.len() < usize::from(TILE_WIDTH) {
            self.partial[place] = row;
        } else if let Some(row_above) = self.rows.get_mut(place + 1) {
            row_above.push(over(&row));
            if row_above.len() == usize::from(TILE_WIDTH) {
                self.compare(level + 1, report);
            }
        }
    }

    /// The hashes of a tile on disk.
    fn read(&self, path: TilePath, report: &mut Report) -> Option<Vec<Hash>> {
        let leaves = Place::range(path.leaf_range());
        match self.export.tile(path) {
            Ok(bytes) => {
                report.files_checked += 1;
                decode_tile(&bytes, path.width())
                    .map_err(|error| report.find(leaves, path, error))
                    .ok()
            }
            Err(ReadError::Unreadable(error)) => {
                report.could_not_check(format!("{path}: {error}"));
                None
            }
            Err(error) => {
                report.find(leaves, path, error);
                None
            }
        }
    }

    /// The root of the whole tree, in one of the versions; `None` if there is a gap at its right edge.
    fn root(&self, version: impl Fn(&Known) -> Option<Hash>) -> Option<Hash> {
        // The partial rows make up the right edge, the largest subtrees on the highest level.
        let mut edge_hashes = Vec::new();
        for row in self.partial.iter().rev() {
            let mut edge = Edge::new();
            for known in row {
                edge.append(version(known)?);
            }
            edge_hashes.extend_from_slice(edge.hashes());
        }
        Edge::from_parts(self.size, edge_hashes)
            .ok()
            .map(|edge| edge.root())
    }
}

/// The hash over a full row, in both versions; hashed once where they are the same.
fn over(row: &[Known]) -> Known {
    let hash_over = |version: fn(&Known) -> Option<Hash>| {
        let hashes: Option<Vec<Hash>> = row.iter().map(version).collect();
        hashes.and_then(|hashes| parent_hash(&hashes))
    };
    let stored = hash_over(|known| known.stored);
    let same = row.iter().all(|known| known.stored == known.worked_out);
    let worked_out = if same {
        stored
    } else {
        hash_over(|known| known.worked_out)
    };
    Known {
        stored: stored.or(worked_out),
        worked_out: worked_out.or(stored),
    }
}

/// Reports each hash of a tile that is in neither version the one from below.
fn report_differences(path: TilePath, row: &[Known], tile: &[Hash], report: &mut Report) {
    let leaves = path.leaf_range();
    // Every hash of a tile stands for the same number of leaves.
    let leaves_per_hash = (leaves.end - leaves.start) / u64::from(path.width());
    let below = match path.kind() {
        TileKind::Hashes(0) => "the entry with this index",
        _ => "the tile under it",
    };
    for (place, (known, stored)) in (0_u64..).zip(row.iter().zip(tile)) {
        let versions = [known.stored, known.worked_out];
        let Some(expected) = known.worked_out.filter(|_| !versions.contains(&Some(*stored))) else {
            continue;
        };
        let first = leaves.start + place * leaves_per_hash;
        let reason = format!("hash {place} of this tile is {stored}, but {below} has the hash {expected}");
        report.find(Place::range(first..first + leaves_per_hash), path, reason);
    }
}
