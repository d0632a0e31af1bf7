//! What a ledger costs by its length: the same work on one of a thousand entries, of a million and of ten
//! million, with an index row for each. Each is opened by a process of its own, so that what writing it took
//! stays out of the figures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::figures::rss_mib;
use serde::{Deserialize, Serialize};
use store::{Embedded, Progress, Settings, Store};

use crate::appending;
use crate::goals::Goal;
use crate::table::{Row, complain, median_of};

/// Entries written in one commit: as many as one may hold.
const WRITTEN_AT_ONCE: usize = 4_096;
/// Groups of 64 that a probe appends.
const GROUPS: usize = 100;
/// Proofs that a probe asks for, each of another entry.
const PROOFS: u64 = 2_000;
/// A start-up's limit.
const OPEN_SECONDS_MAX: f64 = 2.0;
/// How much more memory a long ledger may take than a short one.
const MORE_MIB_MAX: f64 = 64.0;

/// How the rows of a ledger are called: appending, proving, opening, memory.
type Names = [&'static str; 4];

const SHORT: Names = [
    "growth: append, short ledger",
    "growth: inclusion proof, short ledger",
    "growth: opening a short ledger",
    "growth: RSS with a short ledger",
];
const MIDDLE: Names = [
    "growth: append, a tenth of the long ledger",
    "growth: inclusion proof, a tenth of the long ledger",
    "growth: opening a tenth of the long ledger",
    "growth: RSS with a tenth of the long ledger",
];
const LONG: Names = [
    "growth: append, long ledger",
    "growth: inclusion proof, long ledger",
    "growth: opening the long ledger",
    "growth: RSS with the long ledger",
];

/// The length of the short ledger.
const SHORT_ENTRIES: u64 = 1_000;

/// What a probe measured in a process of its own.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Probed {
    entries: u64,
    open_seconds: f64,
    append_micros: f64,
    proof_micros: f64,
    rss_mib: f64,
}

/// Writes the three ledgers, and probes each in every round.
pub fn measure(folder: &Path, rounds: usize, entries: u64) -> Result<Vec<Row>> {
    let ledgers =
        [SHORT_ENTRIES, entries / 10, entries].map(|entries| (entries, folder.join(entries.to_string())));
    for (entries, folder) in &ledgers {
        let begun = Instant::now();
        write(folder, *entries)?;
        complain(&format!("{entries} entries written in {:.1?}", begun.elapsed()));
    }
    let mut measured: BTreeMap<usize, Vec<Probed>> = BTreeMap::new();
    for round in 1..=rounds {
        complain(&format!("round {round} of {rounds}"));
        for (which, (entries, folder)) in ledgers.iter().enumerate() {
            let probed = probe_apart(folder)?;
            ensure!(probed.entries >= *entries, "entries are missing");
            measured.entry(which).or_default().push(probed);
        }
    }
    let [short, middle, long] = [0, 1, 2].map(|which| measured.remove(&which).unwrap_or_default());
    let mut rows = vec![Row::of("growth: entries in the long ledger", "", count(entries))];
    rows.extend(plain(SHORT, &short));
    rows.extend(plain(MIDDLE, &middle));
    rows.extend(compared(&short, &long));
    Ok(rows)
}

/// A store of so many entries, each of which says that somebody has read a message.
fn write(folder: &Path, entries: u64) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut store = open(folder)?;
    let mut edge = store.reader().edge();
    let mut left = usize::try_from(entries)?;
    while left > 0 {
        let count = left.min(WRITTEN_AT_ONCE);
        appending::append(&mut *store, &mut edge, count)?;
        left -= count;
        while store.maintain()? == Progress::More {}
    }
    Ok(store.close()?)
}

fn open(folder: &Path) -> Result<Box<dyn Store>> {
    let (store, _) = Embedded::open(folder, &Settings::default())?;
    Ok(Box::new(store))
}

/// Runs this program once more, to look at one ledger only.
fn probe_apart(folder: &PathBuf) -> Result<Probed> {
    let mut command = Command::new(std::env::current_exe()?);
    let ended = command.arg("--probe").arg(folder).output()?;
    ensure!(
        ended.status.success(),
        "probing {}: {}",
        folder.display(),
        String::from_utf8_lossy(&ended.stderr)
    );
    serde_json::from_slice(&ended.stdout).context("what the probe said")
}

/// Opens a ledger, asks for proofs all over it, and appends to it.
pub fn probe(folder: &Path) -> Result<Probed> {
    let begun = Instant::now();
    let mut store = open(folder)?;
    let open_seconds = begun.elapsed().as_secs_f64();
    let reader = store.reader();
    let size = reader.size();
    let begun = Instant::now();
    for number in 0..PROOFS {
        // By a prime that is greater than any length, so that they lie everywhere.
        let index = number.wrapping_mul(4_294_967_311) % size;
        reader.inclusion_proof(index, size)?;
    }
    let proof_micros = micros(begun.elapsed()) / count(PROOFS);
    while store.maintain()? == Progress::More {}
    let mut edge = reader.edge();
    let begun = Instant::now();
    for group in 0..GROUPS {
        appending::append(&mut *store, &mut edge, appending::GROUP)?;
        if group % appending::GROUPS_WITHOUT_MAINTENANCE == 0 {
            while store.maintain()? == Progress::More {}
        }
    }
    let append_micros = micros(begun.elapsed()) / count(u64::try_from(GROUPS * appending::GROUP)?);
    let rss_mib = rss_mib(std::process::id())?;
    store.close()?;
    Ok(Probed {
        entries: size,
        open_seconds,
        append_micros,
        proof_micros,
        rss_mib,
    })
}

fn plain(names: Names, probed: &[Probed]) -> Vec<Row> {
    let [append, proof, opening, memory] = names;
    vec![
        Row::of(append, "µs", median_of(probed, |one| one.append_micros)),
        Row::of(proof, "µs", median_of(probed, |one| one.proof_micros)),
        Row::of(opening, "ms", median_of(probed, |one| one.open_seconds * 1000.0)),
        Row::of(memory, "MiB", median_of(probed, |one| one.rss_mib)),
    ]
}

/// The long ledger, over the short one of the same round.
fn compared(short: &[Probed], long: &[Probed]) -> Vec<Row> {
    let pairs: Vec<(Probed, Probed)> = long.iter().copied().zip(short.iter().copied()).collect();
    let over = |of: fn(Probed, Probed) -> f64| median_of(&pairs, |(long, short)| of(*long, *short));
    let goals = [
        (
            over(|long, short| long.append_micros / short.append_micros),
            "the same on the short ledger",
            Goal::at_most(1.2, 1.1),
        ),
        (
            over(|long, short| long.proof_micros / short.proof_micros),
            "the same on the short ledger",
            Goal::at_most(3.0, 2.6),
        ),
        (
            over(|long, _| long.open_seconds / OPEN_SECONDS_MAX),
            "2 s",
            Goal::at_most(1.0, 0.025),
        ),
        (
            over(|long, short| (long.rss_mib - short.rss_mib) / MORE_MIB_MAX),
            "64 MiB, what it takes more than the short one",
            Goal::at_most(1.0, 0.5),
        ),
    ];
    let rows = plain(LONG, long).into_iter().zip(goals);
    rows.map(|(row, (ratio, floor, goal))| row.over(ratio, floor).goal(goal))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of entries are far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
