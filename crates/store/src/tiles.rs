//! `ledger/`: full tiles and entry bundles in the layout of tlog-tiles, for auditors' tools and for us.
//!
//! Each file is written once and never changed. It is derived: the journal keeps what is in it until the
//! file is durable and was read back. Partial tiles are never stored; they are cut from full ones, or from
//! the right side of the tree in memory ([`crate::levels`]).
//!
//! What is read is not trusted: a tile must make the hash that the tile above has for it, up to the
//! levels in memory, and an entry must have the hash that its tile has.
//!
//! Each log has a directory of its own: the first `ledger/`, a later one `ledger-` and the position at which
//! it begins. When a log ends, the tiles and the bundle that it never filled are stored as well, under their
//! partial names: then its directory is the whole of it.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ledger::hash::{Hash, leaf_hash};
use ledger::limits::{MAX_BUNDLE_BYTES, TILE_WIDTH};
use ledger::tile::{TileKind, TilePath, decode_bundle, decode_tile, encode_tile, parent_hash};

use crate::contract::ReadError;
use crate::disk::{self, Disk, parent_of};
use crate::levels::Levels;
use crate::limits::TILE_CACHE_TILES;

/// The directory's name.
pub(crate) const LEDGER_DIRECTORY: &str = "ledger";
/// Hashes in a full tile, entries in a full bundle.
pub(crate) const WIDTH: u64 = TILE_WIDTH as u64;

/// The stored tiles and bundles.
#[derive(Debug)]
pub(crate) struct TileFiles {
    directory: PathBuf,
    cache: Mutex<Cache>,
}

/// Verified tiles, the one used last at the end, and the bundle read last.
#[derive(Debug, Default)]
struct Cache {
    tiles: Vec<(u8, u64, Arc<Vec<Hash>>)>,
    bundle: Option<(u64, Arc<Vec<u8>>)>,
}

impl TileFiles {
    /// Those of the log that begins at this position.
    pub(crate) fn new(root: &Path, log_first: u64) -> Self {
        Self {
            directory: root.join(directory_name(log_first)),
            cache: Mutex::default(),
        }
    }

    /// Those of a log that lies elsewhere, in a directory of its own.
    pub(crate) fn elsewhere(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            cache: Mutex::default(),
        }
    }

    /// Reads everything: every entry has the hash that its tile has, and every tile makes the one above it,
    /// up
    /// to the right side of the tree.
    pub(crate) fn check_all(&self, levels: &Levels) -> Result<(), ReadError> {
        for bundle in 0..levels.size().div_ceil(WIDTH) {
            let first = bundle * WIDTH;
            let range = first..first + u64::from(levels.bundle_width(bundle));
            let _ = self.entries(levels, range, &mut |_, _| ControlFlow::Continue(()))?;
        }
        Ok(())
    }

    /// Where they are.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The right side of the tree of a log that has ended with `size` leaves, from the tiles that it never
    /// filled; `None` where they are not what such a tree has. Its root is still to be compared.
    pub(crate) fn ended(&self, size: u64) -> Result<Option<Levels>, ReadError> {
        let (mut partials, mut hashes) = (Vec::new(), size);
        for level in 0.. {
            if hashes == 0 {
                break;
            }
            if let Ok(width @ 1..) = u16::try_from(hashes % WIDTH) {
                let path = tile_path(TileKind::Hashes(level), hashes / WIDTH, width)?;
                let bytes = disk::read(&self.file(&path), usize::from(width) * Hash::LENGTH_BYTES)?;
                let Some(Ok(tile)) = bytes.map(|bytes| decode_tile(&bytes, width)) else {
                    return Ok(None);
                };
                partials.extend(tile);
            }
            hashes /= WIDTH;
        }
        Ok(Levels::from_partials(size, &partials))
    }

    /// The file of a full tile or bundle.
    pub(crate) fn path(&self, kind: TileKind, index: u64) -> Result<PathBuf, ReadError> {
        Ok(self.file(&tile_path(kind, index, TILE_WIDTH)?))
    }

    /// The file of a tile or bundle.
    pub(crate) fn file(&self, path: &TilePath) -> PathBuf {
        self.directory.join(path.to_string())
    }

    /// The hashes of a tile, as many as the tree has: verified, or from memory.
    pub(crate) fn hashes(&self, levels: &Levels, level: u8, index: u64) -> Result<Arc<Vec<Hash>>, ReadError> {
        if let Some(hashes) = levels.tile(level, index) {
            return Ok(Arc::new(hashes.to_vec()));
        }
        if let Some(hashes) = self.cached(level, index) {
            return Ok(hashes);
        }
        let path = self.path(TileKind::Hashes(level), index)?;
        let damaged = |what| ReadError::Damaged {
            file: path.clone(),
            index: first_leaf(level, index),
            what,
        };
        let bytes = disk::read(&path, usize::from(TILE_WIDTH) * Hash::LENGTH_BYTES)?;
        let bytes = bytes.ok_or_else(|| damaged("the tile is missing"))?;
        let hashes =
            decode_tile(&bytes, TILE_WIDTH).map_err(|_| damaged("it has not the length of a tile"))?;
        let parents = self.hashes(levels, level + 1, index / WIDTH)?;
        let expected = usize::try_from(index % WIDTH)
            .ok()
            .and_then(|place| parents.get(place));
        if parent_hash(&hashes).as_ref() != expected {
            return Err(damaged("its hashes do not make the hash above them"));
        }
        let hashes = Arc::new(hashes);
        self.keep(level, index, &hashes);
        Ok(hashes)
    }

    fn cached(&self, level: u8, index: u64) -> Option<Arc<Vec<Hash>>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let place = cache
            .tiles
            .iter()
            .position(|(l, i, _)| (*l, *i) == (level, index))?;
        let found = cache.tiles.remove(place);
        let hashes = Arc::clone(&found.2);
        cache.tiles.push(found);
        Some(hashes)
    }

    fn keep(&self, level: u8, index: u64, hashes: &Arc<Vec<Hash>>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.tiles.len() >= TILE_CACHE_TILES {
            cache.tiles.remove(0);
        }
        cache.tiles.push((level, index, Arc::clone(hashes)));
    }

    /// The bytes of a stored bundle, as they are in the file: each entry is still to be verified.
    fn bundle(&self, bundle: u64, width: u16) -> Result<Arc<Vec<u8>>, ReadError> {
        let kept = self
            .cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .bundle
            .clone();
        if let Some((index, bytes)) = kept
            && index == bundle
        {
            return Ok(bytes);
        }
        let path = self.file(&tile_path(TileKind::Entries, bundle, width)?);
        let bytes = disk::read(&path, MAX_BUNDLE_BYTES)?.ok_or_else(|| ReadError::Damaged {
            file: path,
            index: Some(bundle * WIDTH),
            what: "the bundle is missing",
        })?;
        let bytes = Arc::new(bytes);
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).bundle = Some((bundle, Arc::clone(&bytes)));
        Ok(bytes)
    }

    /// Shows the entries of a stored bundle that are in `range`, each compared with its hash.
    pub(crate) fn entries(
        &self,
        levels: &Levels,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ReadError> {
        let bundle = range.start / WIDTH;
        let first = bundle * WIDTH;
        let width = levels.bundle_width(bundle);
        let path = self.file(&tile_path(TileKind::Entries, bundle, width)?);
        let damaged = |index, what| ReadError::Damaged {
            file: path.clone(),
            index: Some(index),
            what,
        };
        let bytes = self.bundle(bundle, width)?;
        let hashes = self.hashes(levels, 0, bundle)?;
        let entries = decode_bundle(&bytes, width)
            .map_err(|_| damaged(range.start, "it has not the form of a bundle"))?;
        for (index, (entry, hash)) in (first..).zip(entries.iter().zip(hashes.iter())) {
            if !range.contains(&index) {
                continue;
            }
            if leaf_hash(entry) != *hash {
                return Err(damaged(index, "an entry has not the hash that its tile has"));
            }
            if visit(index, entry).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The bytes of a stored bundle's first `width` entries, verified.
    pub(crate) fn bundle_prefix(
        &self,
        levels: &Levels,
        bundle: u64,
        width: u16,
    ) -> Result<Vec<u8>, ReadError> {
        let (mut prefix, mut fits) = (Vec::new(), Ok(()));
        let range = bundle * WIDTH..bundle * WIDTH + u64::from(width);
        let _ = self.entries(levels, range, &mut |_, entry| {
            fits = fits.and_then(|()| ledger::tile::encode_entry(&mut prefix, entry));
            ControlFlow::Continue(())
        })?;
        debug_assert!(fits.is_ok(), "entries of a bundle fit into a bundle");
        Ok(prefix)
    }

    /// Writes tiles and bundles, durably: full ones, or the last ones of a log that ends. One that is there
    /// already must be the same.
    pub(crate) fn write(&self, disk: &Disk, tiles: Vec<(TilePath, Vec<u8>)>) -> Result<(), ReadError> {
        let mut files = Vec::with_capacity(tiles.len());
        let mut directories = BTreeSet::new();
        for (tile, bytes) in tiles {
            let path = self.file(&tile);
            directories.insert(parent_of(&path).to_owned());
            match disk::read(&path, MAX_BUNDLE_BYTES)? {
                // Written before a crash; its name may not be durable yet.
                Some(stored) if stored == bytes => {}
                Some(_) => return Err(disagrees(path, tile.kind(), tile.index())),
                None => {
                    disk.create_directory(parent_of(&path))?;
                    files.push((path, bytes));
                }
            }
        }
        disk.write_all_named(&files)?;
        for directory in directories {
            disk.sync_directory(&directory)?;
        }
        Ok(())
    }

    /// Whether the tile `index` of this level is stored, as wide as it is in memory, and is what memory has.
    /// Reads the file.
    pub(crate) fn is_stored(&self, level: u8, index: u64, hashes: &[Hash]) -> Result<bool, ReadError> {
        let kind = TileKind::Hashes(level);
        let path = self.file(&tile_path(kind, index, width_of(hashes))?);
        match disk::read(&path, MAX_BUNDLE_BYTES)? {
            None => Ok(false),
            Some(stored) if stored == encode_tile(hashes) => Ok(true),
            Some(_) => Err(disagrees(path, kind, index)),
        }
    }

    /// Whether the bundle of the entries with these hashes is stored; if so, they must have them.
    pub(crate) fn is_bundle_stored(&self, bundle: u64, hashes: &[Hash]) -> Result<bool, ReadError> {
        let width = width_of(hashes);
        let path = self.file(&tile_path(TileKind::Entries, bundle, width)?);
        let Some(stored) = disk::read(&path, MAX_BUNDLE_BYTES)? else {
            return Ok(false);
        };
        let damaged = |index, what| ReadError::Damaged {
            file: path.clone(),
            index: Some(index),
            what,
        };
        let entries = decode_bundle(&stored, width)
            .map_err(|_| damaged(bundle * WIDTH, "it has not the form of a bundle"))?;
        for (index, (entry, hash)) in (bundle * WIDTH..).zip(entries.iter().zip(hashes)) {
            if leaf_hash(entry) != *hash {
                return Err(damaged(index, "an entry is not the leaf that the journal has"));
            }
        }
        Ok(true)
    }
}

/// The name of a log's directory.
pub(crate) fn directory_name(log_first: u64) -> String {
    match log_first {
        0 => LEDGER_DIRECTORY.to_owned(),
        first => format!("{LEDGER_DIRECTORY}-{first:012}"),
    }
}

/// The path of a tile that a tree has.
pub(crate) fn tile_path(kind: TileKind, index: u64, width: u16) -> Result<TilePath, ReadError> {
    TilePath::new(kind, index, width).map_err(|_| ReadError::OutOfRange {
        asked: index,
        size: 0,
    })
}

/// How wide a tile of so many hashes is.
pub(crate) fn width_of(hashes: &[Hash]) -> u16 {
    u16::try_from(hashes.len()).unwrap_or(u16::MAX)
}

/// The first leaf below a tile, if there can be one.
fn first_leaf(level: u8, index: u64) -> Option<u64> {
    let leaves = WIDTH.checked_pow(u32::from(level) + 1)?;
    index.checked_mul(leaves)
}

fn disagrees(file: PathBuf, kind: TileKind, index: u64) -> ReadError {
    let level = match kind {
        TileKind::Entries => 0,
        TileKind::Hashes(level) => level,
    };
    ReadError::Damaged {
        file,
        index: first_leaf(level, index),
        what: "it is not what the journal's leaves make",
    }
}

#[cfg(test)]
mod tests;
