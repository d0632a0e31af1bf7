//! Opening a store: what it promised is there, or it is not opened.
//!
//! Read are the head, the journal, the tiles that the journal overlaps and the last stored tile of each
//! level; so the time does not depend on the ledger's size. That everything before is whole too is checked
//! whenever it is read, and at once by `rebuild-index` and `ohrid-verify`.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::ControlFlow;
use std::sync::{Arc, RwLock};

use ledger::hash::EMPTY_ROOT;
use ledger::tile::TileKind;
use protocol::digest::Digest;

use super::ending;
use super::reserve::Reserve;
use super::{Embedded, IndexReport, OpenError, OpenReport, RebuildReport, Settings, Shared, State};
use crate::contract::{Kept, ReadError, Reader as _};
use crate::disk::{self, Disk};
use crate::head::{HEAD_BYTES_MAX, HEAD_FILE, Released};
use crate::index::home::{self, Opened};
use crate::index::{KeyValues, rows_of};
use crate::journal::recovery::Recovered;
use crate::journal::{JOURNAL_DIRECTORY, Journal};
use crate::later::format_of_later;
use crate::limits::INDEX_REPLAY_LEAVES;
use crate::lock::Lock;
use crate::payloads::{PAYLOAD_DIRECTORY, PayloadFiles, RecentPayloads};
use crate::recent_leaves::RecentLeaves;
use crate::tiles::{LEDGER_DIRECTORY, TileFiles, WIDTH};

/// What is there before the index is.
struct Truth {
    journal: Journal,
    shared: Shared,
    recovered: Report,
    released: Released,
}

struct Report {
    torn: Option<super::TornTail>,
    rewritten_bytes: u64,
}

pub(super) fn open(disk: &Disk, settings: &Settings) -> Result<(Embedded, OpenReport), OpenError> {
    let mut truth = open_truth(disk, settings)?;
    let reserve = Reserve::take(disk, settings.reserve_bytes)?;
    let index = open_index(disk, settings, &mut truth.shared)?;
    let (size, root) = (truth.shared.size(), truth.shared.edge().root());
    let report = OpenReport {
        size,
        root,
        released: truth.released,
        torn: truth.recovered.torn,
        rewritten_bytes: truth.recovered.rewritten_bytes,
        index,
    };
    log(&report);
    let store = Embedded {
        disk: disk.clone(),
        settings: settings.clone(),
        journal: truth.journal,
        shared: Arc::new(truth.shared),
        released: truth.released,
        retiring: None,
        storing: None,
        reserve,
        applied_size: size,
        applied_since_flush: 0,
        stopped: false,
    };
    Ok((store, report))
}

pub(super) fn rebuild_index(disk: &Disk, settings: &Settings) -> Result<RebuildReport, OpenError> {
    let mut truth = open_truth(disk, settings)?;
    check_all_at_hand(&truth.shared)?;
    let set_aside = home::set_aside(disk, home::INDEX_DIRECTORY)?;
    truth.shared.index = new_index(disk, settings)?;
    let leaves = replay(&truth.shared, 0)?;
    Ok(RebuildReport { leaves, set_aside })
}

fn open_truth(disk: &Disk, settings: &Settings) -> Result<Truth, OpenError> {
    disk.create_directory(disk.root())?;
    let lock = Lock::take(disk)?;
    disk.clear_staging()?;
    let released = read_or_begin(disk, settings)?;
    let (journal, recovered) = Journal::open(disk, settings.segment_bytes, &released)?;
    let report = Report {
        torn: recovered.torn.clone(),
        rewritten_bytes: recovered.rewritten_bytes,
    };
    let shared = share(disk, settings, recovered, lock)?;
    check_released(disk, &shared, &released)?;
    Ok(Truth {
        journal,
        shared,
        recovered: report,
        released,
    })
}

/// The head, or a new store if there is nothing at all. `head` comes first and the journal last, so a
/// crash in between is told from a loss.
fn read_or_begin(disk: &Disk, settings: &Settings) -> Result<Released, OpenError> {
    let root = disk.root();
    let head = root.join(HEAD_FILE);
    let journal = root.join(JOURNAL_DIRECTORY);
    let damaged = |file: &std::path::Path, what| OpenError::Damaged {
        file: file.to_owned(),
        index: None,
        what,
    };
    let is_new = disk::list(&journal)?.is_empty() && disk::list(&root.join(LEDGER_DIRECTORY))?.is_empty();
    let none = Released {
        size: 0,
        root: EMPTY_ROOT,
    };
    let released = match disk::read(&head, HEAD_BYTES_MAX)? {
        Some(bytes) => {
            check_version(&head, &bytes, "ohrid-head/", 1)?;
            Released::decode(&bytes)
                .ok_or_else(|| damaged(&head, "the record of the released checkpoint was changed"))?
        }
        None if is_new => {
            disk.write_durably(&head, &none.encode())?;
            none
        }
        None => return Err(damaged(&head, "the record of the released checkpoint is missing")),
    };
    if is_new && released == none {
        Journal::create(disk, settings.segment_bytes, seed())?;
        disk.create_directory(&root.join(LEDGER_DIRECTORY))?;
        disk.create_directory(&root.join(PAYLOAD_DIRECTORY))?;
    }
    Ok(released)
}

/// Refuses a file of a later version before anything of it is read `[UPGRADE]`.
pub(crate) fn check_version(
    file: &std::path::Path,
    bytes: &[u8],
    name: &str,
    newest: u64,
) -> Result<(), OpenError> {
    match format_of_later(bytes, name, newest) {
        None => Ok(()),
        Some(found) => Err(OpenError::Later {
            file: file.to_owned(),
            found,
        }),
    }
}

/// What makes a journal unlike every other. Not a secret that anything rests on: the standard library's
/// randomly keyed hashing is enough.
fn seed() -> Digest {
    let random = || RandomState::new().build_hasher().finish().to_be_bytes();
    Digest::of(&[*b"journal:", random(), random()].concat())
}

/// Puts the journal on the stored tiles of the newest log, and finds out which tiles are stored; the logs
/// before
/// it are stored as a whole.
fn share(disk: &Disk, settings: &Settings, recovered: Recovered, lock: Lock) -> Result<Shared, OpenError> {
    let ended = ending::open_ended(disk, &recovered.levels, &recovered.ended)?;
    let tiles = TileFiles::new(disk.root(), recovered.levels.first());
    let mut state = State {
        ended,
        levels: Arc::new(recovered.levels),
        tiles: Arc::new(tiles),
        leaves: recovered.leaves,
        leaves_from: recovered.leaves_from,
        payloads: recovered.payloads.into_iter().collect::<HashMap<_, _>>(),
        recent: RecentPayloads::new(settings.payload_cache_bytes),
        recent_leaves: RecentLeaves::new(settings.leaf_cache_bytes),
        erasing: BTreeSet::new(),
    };
    find_stored(disk, &mut state)?;
    let (levels, tiles) = (&state.levels, &state.tiles);
    let position = |bundle: u64| Some(levels.first() + bundle * WIDTH);
    let bundles = levels.stored_tiles(0);
    if bundles * WIDTH < recovered.leaves_from {
        return Err(OpenError::Damaged {
            file: tiles.path(TileKind::Entries, bundles)?,
            index: position(bundles),
            what: "a bundle is missing, and the journal has not got its leaves any more",
        });
    }
    for level in 0..levels.depth() {
        if let Some(last) = levels.stored_tiles(level).checked_sub(1) {
            let hashes = tiles.hashes(levels, level, last)?;
            if level == 0 && !tiles.is_bundle_stored(last, &hashes)? {
                return Err(OpenError::Damaged {
                    file: tiles.path(TileKind::Entries, last)?,
                    index: position(last),
                    what: "a bundle is missing",
                });
            }
        }
    }
    Ok(Shared {
        payload_files: PayloadFiles::new(disk.root()),
        index: KeyValues::in_memory(),
        state: RwLock::new(state),
        _lock: lock,
    })
}

/// Finds out which tiles of the newest log are stored, durably: the names of the last may have been given
/// by a process that was killed before it synced them, and the journal will forget what they hold.
fn find_stored(disk: &Disk, state: &mut State) -> Result<(), OpenError> {
    let tiles = Arc::clone(&state.tiles);
    for level in 0..state.levels.depth() {
        while let Some((index, hashes)) = state.levels.next_to_store(level) {
            let bundled = level != 0 || tiles.is_bundle_stored(index, hashes)?;
            if !bundled || !tiles.is_stored(level, index, hashes)? {
                break;
            }
            disk.settle_names(disk::parent_of(&tiles.path(TileKind::Hashes(level), index)?))?;
            if level == 0 {
                disk.settle_names(disk::parent_of(&tiles.path(TileKind::Entries, index)?))?;
            }
            state.mark_stored(level, 1);
        }
    }
    Ok(())
}

/// The ledger goes as far as what was released, and has the same root there `[ROLLBACK]`.
fn check_released(disk: &Disk, shared: &Shared, released: &Released) -> Result<(), OpenError> {
    let size = shared.size();
    if released.size > size {
        return Err(OpenError::BehindReleased {
            size,
            released: released.size,
        });
    }
    if shared.root_at(released.size)? == released.root {
        return Ok(());
    }
    Err(OpenError::Damaged {
        file: disk.root().join(HEAD_FILE),
        index: Some(released.size),
        what: "a checkpoint was released with another root than the ledger has at this size",
    })
}

/// Opens the index and makes it agree with the ledger.
fn open_index(disk: &Disk, settings: &Settings, shared: &mut Shared) -> Result<IndexReport, OpenError> {
    let size = shared.size();
    let is_new = size == 0 || !disk.root().join(home::INDEX_DIRECTORY).exists();
    let reason = match home::open(disk, home::INDEX_DIRECTORY, settings)? {
        Opened::Unusable(reason) => reason,
        Opened::Usable(values) => {
            shared.index = values;
            match agrees_until(shared) {
                Ok(Some(made_from)) if made_from == size => return Ok(IndexReport::UpToDate),
                Ok(Some(made_from)) => match replay(shared, made_from) {
                    Ok(leaves) => return Ok(IndexReport::Replayed { leaves }),
                    Err(OpenError::Index(reason)) => reason,
                    Err(error) => return Err(error),
                },
                Ok(None) if is_new => {
                    replay(shared, 0)?;
                    return Ok(IndexReport::Rebuilt {
                        reason: "there was none".to_owned(),
                        set_aside: None,
                    });
                }
                Ok(None) => "it was made from another ledger".to_owned(),
                Err(ReadError::Index(reason)) => reason,
                Err(error) => return Err(error.into()),
            }
        }
    };
    check_all_at_hand(shared)?;
    // Closes sled before its directory is moved.
    shared.index = KeyValues::in_memory();
    let set_aside = home::set_aside(disk, home::INDEX_DIRECTORY)?;
    tracing::warn!(%reason, ?set_aside, "the index was moved aside and is made anew");
    shared.index = new_index(disk, settings)?;
    replay(shared, 0)?;
    Ok(IndexReport::Rebuilt { reason, set_aside })
}

/// An index can be made anew only from all leaves.
fn check_all_at_hand(shared: &Shared) -> Result<(), OpenError> {
    let away = shared.logs().into_iter().find(|log| log.kept == Kept::Away);
    away.map_or(Ok(()), |log| {
        Err(OpenError::InColdStorage {
            first: log.first,
            size: log.size,
        })
    })
}

/// What is there, without the index: for what must be done also where that cannot be made.
pub(super) fn open_without_index(disk: &Disk) -> Result<Shared, OpenError> {
    Ok(open_truth(disk, &Settings::default())?.shared)
}

/// The size of the ledger that the index was made from, if it was made from this one.
fn agrees_until(shared: &Shared) -> Result<Option<u64>, ReadError> {
    let Some((size, root)) = shared.index.made_from()? else {
        return Ok(None);
    };
    let same = size <= shared.size() && shared.root_at(size)? == root;
    Ok(same.then_some(size))
}

fn new_index(disk: &Disk, settings: &Settings) -> Result<KeyValues, OpenError> {
    match home::open(disk, home::INDEX_DIRECTORY, settings)? {
        Opened::Usable(values) => Ok(values),
        Opened::Unusable(reason) => Err(OpenError::Index(reason)),
    }
}

/// Folds the leaves from `from` on into the index. Returns how many there were.
fn replay(shared: &Shared, from: u64) -> Result<u64, OpenError> {
    let size = shared.size();
    let mut next = from;
    while next < size {
        let end = size.min(next + INDEX_REPLAY_LEAVES);
        let mut wrong = None;
        shared.leaves(next..end, &mut |index, leaf| match rows_of(index, leaf) {
            Ok(rows) => {
                shared.index.put(rows);
                ControlFlow::Continue(())
            }
            Err(_) => {
                wrong = Some(index);
                ControlFlow::Break(())
            }
        })?;
        if let Some(index) = wrong {
            let log = shared.view_of(index)?;
            let bundle = (index - log.levels.first()) / WIDTH;
            let file = log.tiles.path(TileKind::Entries, bundle)?;
            let what = "the leaf is no entry that this version knows";
            return Err(OpenError::Damaged {
                file,
                index: Some(index),
                what,
            });
        }
        shared.index.apply(end, &shared.root_at(end)?)?;
        next = end;
    }
    if size == 0 {
        shared.index.apply(0, &EMPTY_ROOT)?;
    }
    shared.index.flush()?;
    Ok(size - from)
}

fn log(report: &OpenReport) {
    if let Some(torn) = &report.torn {
        let file = torn.file.display();
        tracing::warn!(%file, bytes = torn.bytes, size = torn.size, "cut a torn tail, never acknowledged");
    }
    let OpenReport {
        size,
        rewritten_bytes,
        index,
        ..
    } = report;
    tracing::info!(size, rewritten_bytes, ?index, "the store is open");
}

#[cfg(test)]
mod tests;
