//! The ledger alone: groups of 64 entries, each group durable before the next, through the real store. What
//! is appended is made before the clock starts, and the clock stops when nothing of it waits to be stored.
//! The floor writes as many bytes and syncs them, as often, and knows nothing of trees, chains and indices.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use ledger::hash::leaf_hash;
use ledger::tree::Edge;
use protocol::entry::Entry;
use protocol::exchange::Commit;
use protocol::ids::{ActorId, MessageId};
use protocol::time::UnixMillis;
use store::{Embedded, Progress, Settings, Store};

use crate::goals::Goal;
use crate::table::{self, Row, complain};

/// Entries in a group: as many as there are writers.
pub const GROUP: usize = 64;
/// Groups in a round.
const GROUPS: usize = 200;
/// Groups in a round where only this is measured.
const GROUPS_ALONE: usize = 2_000;
/// A segment is made before it is needed. With a short one each round pays for some of them, as a node does
/// in the long run, and not for the first only.
const SEGMENT_BYTES: u64 = 1 << 20;
/// Groups after which the store does its background work, as the node's writer has it do at the latest.
pub const GROUPS_WITHOUT_MAINTENANCE: usize = 32;
/// The floor's file: it is gone round in.
const FILE_BYTES: usize = 4 << 20;

/// What one entry takes, without and with the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Appended {
    pub floor: Duration,
    pub ledger: Duration,
}

/// Rounds of this alone.
pub fn measure(folder: &Path, rounds: usize) -> Result<Vec<Row>> {
    let mut all = Vec::new();
    for number in 1..=rounds {
        complain(&format!("round {number} of {rounds}"));
        all.push(round(folder, GROUPS_ALONE)?);
    }
    Ok(rows(&all, |round| round))
}

/// The rows of these rounds.
pub fn rows<T>(rounds: &[T], of: impl Fn(&T) -> &Appended) -> Vec<Row> {
    let median = |value: fn(&Appended) -> f64| table::median_of(rounds, |round| value(of(round)));
    vec![
        Row::of(
            "append: floor, entries/s written and synced in groups of 64",
            "/s",
            median(|a| 1.0 / a.floor.as_secs_f64()),
        ),
        Row::of(
            "append: entries/s, durable in groups of 64",
            "/s",
            median(|a| 1.0 / a.ledger.as_secs_f64()),
        )
        .over(
            median(|a| a.floor.as_secs_f64() / a.ledger.as_secs_f64()),
            "writing and syncing the same bytes",
        )
        .goal(Goal::at_least(0.6, 0.8, 1.0)),
    ]
}

/// One round within others, on the disk that holds `folder`.
pub fn short_round(folder: &Path) -> Result<Appended> {
    round(folder, GROUPS)
}

fn round(folder: &Path, groups: usize) -> Result<Appended> {
    let bytes = entry(0).len() * GROUP;
    Ok(Appended {
        floor: floor(folder, bytes, groups)? / u32::try_from(GROUP * groups)?,
        ledger: ledger(folder, groups)? / u32::try_from(GROUP * groups)?,
    })
}

/// What so many bytes take to be written and synced, so many times. In all, as the ledger's figure: a median
/// would leave out the syncs that are slow.
fn floor(folder: &Path, bytes: usize, groups: usize) -> Result<Duration> {
    let path = folder.join("append-floor");
    let mut file = File::create(&path)?;
    file.write_all(&vec![0; FILE_BYTES])?;
    file.sync_all()?;
    let group = vec![0x5a; bytes];
    let mut at = 0;
    let begin = Instant::now();
    for _ in 0..groups {
        at = if at + bytes > FILE_BYTES { 0 } else { at };
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&group)?;
        at += bytes;
        file.sync_data()?;
    }
    let took = begin.elapsed();
    std::fs::remove_file(path)?;
    Ok(took)
}

/// What so many groups take.
fn ledger(folder: &Path, groups: usize) -> Result<Duration> {
    let folder = tempfile::tempdir_in(folder)?;
    let settings = Settings {
        segment_bytes: SEGMENT_BYTES,
        ..Settings::default()
    };
    let (store, _) = Embedded::open(folder.path(), &settings)?;
    let mut store: Box<dyn Store> = Box::new(store);
    while store.maintain()? == Progress::More {}
    let mut edge = store.reader().edge();
    let commits: Vec<_> = (0..groups).map(|_| commit(&mut edge, GROUP)).collect();
    let begin = Instant::now();
    for (number, commit) in commits.iter().enumerate() {
        store.commit(commit)?;
        if number % GROUPS_WITHOUT_MAINTENANCE == 0 {
            while store.maintain()? == Progress::More {}
        }
    }
    while store.maintain()? != Progress::Idle {
        std::thread::yield_now();
    }
    let took = begin.elapsed();
    store.close()?;
    Ok(took)
}

/// Appends so many entries in one commit.
pub fn append(store: &mut dyn Store, edge: &mut Edge, entries: usize) -> Result<()> {
    Ok(store.commit(&commit(edge, entries))?)
}

/// The commit of the next so many entries.
fn commit(edge: &mut Edge, entries: usize) -> Commit {
    let first_index = edge.size();
    let leaves: Vec<_> = (first_index..).take(entries).map(entry).collect();
    leaves.iter().for_each(|leaf| edge.append(leaf_hash(leaf)));
    Commit {
        first_index,
        leaves: leaves.into(),
        payloads: Vec::new().into(),
        size_after: edge.size(),
        root_after: edge.root(),
    }
}

/// Says that somebody has read a message: about as long as a receipt's digest and its names.
fn entry(index: u64) -> Vec<u8> {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&index.to_be_bytes());
    let entry = Entry::Retrieved {
        at: UnixMillis(1_700_000_000_000),
        message: MessageId::from_parts(1_700_000_000_000, random),
        actor: ActorId::from_bytes([7; 16]),
    };
    entry.encode()
}
