//! The ledger alone: groups of 64 entries, each group durable before the next, through the real store. The
//! floor writes as many bytes and syncs them, and knows nothing of trees, chains and indices.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use ledger::hash::leaf_hash;
use protocol::entry::Entry;
use protocol::exchange::Commit;
use protocol::ids::{ActorId, MessageId};
use protocol::time::UnixMillis;
use store::{Embedded, Progress, Settings, Store};

use crate::floors::median_of;

/// Entries in a group: as many as there are writers.
const GROUP: usize = 64;
/// Groups in a round.
const GROUPS: usize = 200;
/// Groups after which the store does its background work, as the node's writer has it do at the latest.
const GROUPS_WITHOUT_MAINTENANCE: usize = 32;
/// The floor's file: it is gone round in.
const FILE_BYTES: usize = 4 << 20;

/// What one entry takes, without and with the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Appended {
    pub floor: Duration,
    pub ledger: Duration,
}

/// One round, on the disk that holds `folder`.
pub fn round(folder: &Path) -> Result<Appended> {
    let group = group(0);
    let bytes: usize = group.iter().map(Vec::len).sum();
    Ok(Appended {
        floor: floor(folder, bytes)? / u32::try_from(GROUP)?,
        ledger: ledger(folder)? / u32::try_from(GROUP * GROUPS)?,
    })
}

/// What so many bytes take to be written and synced.
fn floor(folder: &Path, bytes: usize) -> Result<Duration> {
    let path = folder.join("append-floor");
    let mut file = File::create(&path)?;
    file.write_all(&vec![0; FILE_BYTES])?;
    file.sync_all()?;
    let group = vec![0x5a; bytes];
    let mut at = 0;
    let median = median_of(GROUPS, || {
        at = if at + bytes > FILE_BYTES { 0 } else { at };
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&group)?;
        at += bytes;
        Ok(file.sync_data()?)
    })?;
    std::fs::remove_file(path)?;
    Ok(median)
}

/// What all groups take.
fn ledger(folder: &Path) -> Result<Duration> {
    let folder = tempfile::tempdir_in(folder)?;
    let (store, _) = Embedded::open(folder.path(), &Settings::default())?;
    let mut store: Box<dyn Store> = Box::new(store);
    let mut edge = store.reader().edge();
    let begin = Instant::now();
    for number in 0..GROUPS {
        let first_index = edge.size();
        let leaves = group(number);
        leaves.iter().for_each(|leaf| edge.append(leaf_hash(leaf)));
        store.commit(&Commit {
            first_index,
            leaves: leaves.into(),
            payloads: Vec::new().into(),
            size_after: edge.size(),
            root_after: edge.root(),
        })?;
        if number % GROUPS_WITHOUT_MAINTENANCE == 0 {
            while store.maintain()? == Progress::More {}
        }
    }
    let took = begin.elapsed();
    store.close()?;
    Ok(took)
}

/// Entries that say that somebody has read a message: about as long as a receipt's digest and its names.
fn group(number: usize) -> Vec<Vec<u8>> {
    let entries = (0..GROUP).map(|which| {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&((number * GROUP + which) as u64).to_be_bytes());
        let entry = Entry::Retrieved {
            at: UnixMillis(1_700_000_000_000),
            message: MessageId::from_parts(1_700_000_000_000, random),
            actor: ActorId::from_bytes([7; 16]),
        };
        entry.encode()
    });
    entries.collect()
}
