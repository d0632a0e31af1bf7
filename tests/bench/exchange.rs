//! What is measured where nothing else is asked for: the exchange of short messages, beside the floors and
//! the skeleton, in the same rounds.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use e2e::network::Network;
use e2e::pair::{Loaded, Pair};

use crate::appending::{self, Appended};
use crate::floors::{Bench, Floors};
use crate::forwarding::{self, Forwarded, Forwarding};
use crate::goals::Goal;
use crate::skeleton::{self, Ran, Steps};
use crate::table::{Row, complain, median_of};
use crate::wire;

/// What the design measured on such a machine: the skeleton, and what others do (performance.md).
const SKELETON_PER_SECOND: f64 = 1_505.0;
const OTHERS: [(&str, f64, Goal); 4] = [
    ("an ideal native AS2", 1_146.0, Goal::at_least(1.2, 3.3, 6.8)),
    ("pyas2lib", 43.0, Goal::at_least(35.0, 100.0, 190.0)),
    ("mail with GnuPG", 26.0, Goal::at_least(50.0, 150.0, 300.0)),
    ("RabbitMQ, quorum queue", 4_608.0, Goal::at_least(0.3, 0.9, 1.8)),
];

/// How many messages in a round, one at a time and 64 at a time.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    pub rounds: usize,
    pub alone: usize,
    pub crowded: usize,
}

/// What a round measured.
struct Round {
    floors: Floors,
    skeleton: Ran,
    without_openpgp: Ran,
    forwarded: Forwarded,
    appended: Appended,
    alone: Loaded,
    crowded: Loaded,
    /// The same on a disk that is memory, where a sync costs nothing.
    unsynced: Loaded,
}

/// Measures, with certificates of the classical profile or of the default one.
pub fn measure(folder: &Path, counts: Counts, profile: &'static str) -> Result<Vec<Row>> {
    let memory = tempfile::tempdir_in("/dev/shm").context("a folder in memory")?;
    let bench = Bench::new(profile.parse()?)?;
    let pair = |folder: &Path| -> Result<Pair> {
        let pair = Pair::in_network(Network::of_profile(folder, &["XA", "XB"], profile)?)?;
        pair.warm_up()?;
        Ok(pair)
    };
    let (on_disk, in_memory) = (pair(folder)?, pair(memory.path())?);
    let mut forwarder = Forwarding::start(folder)?;
    let mut rounds = Vec::new();
    for number in 1..=counts.rounds {
        complain(&format!("round {number} of {}", counts.rounds));
        rounds.push(Round {
            floors: bench.round(folder)?,
            skeleton: skeleton::run(folder, Steps::All, 64, counts.crowded)?,
            without_openpgp: skeleton::run(folder, Steps::WithoutOpenPgp, 64, counts.crowded)?,
            forwarded: forwarder.forward(64, counts.crowded)?,
            appended: appending::short_round(folder)?,
            alone: rested(&on_disk, 1, counts.alone)?,
            crowded: rested(&on_disk, 64, counts.crowded)?,
            unsynced: rested(&in_memory, 64, counts.crowded)?,
        });
    }
    on_disk.stop_and_check()?;
    in_memory.stop_and_check()?;
    forwarder.stop_and_check()?;
    let mut rows = floor_rows(&rounds);
    rows.extend(lone_rows(&rounds));
    rows.extend(crowded_rows(&rounds));
    rows.extend(forwarding::rows(&rounds, |round| {
        (&round.without_openpgp, &round.forwarded)
    }));
    rows.extend(appending::rows(&rounds, |round| &round.appended));
    let apart = tempfile::tempdir_in(folder)?;
    rows.push(wire::measure(apart.path(), counts.crowded.min(1_000), profile)?);
    rows.extend(other_rows(&rounds));
    Ok(rows)
}

/// Loads two nodes, and lets them rest afterwards.
fn rested(pair: &Pair, in_flight: usize, count: usize) -> Result<Loaded> {
    let loaded = pair.load(in_flight, count)?;
    pair.rest()?;
    Ok(loaded)
}

fn floor_rows(rounds: &[Round]) -> Vec<Row> {
    let floor =
        |name, of: fn(&Floors) -> Duration| row(rounds, name, "µs", |round| micros(of(&round.floors)));
    vec![
        floor("floor: fdatasync of 4 KiB, preallocated", |f| f.fdatasync),
        floor("floor: Ed25519 sign", |f| f.sign),
        floor("floor: Ed25519 verify", |f| f.verify),
        floor("floor: pure cryptography of a message, classical", |f| f.pure),
        floor("floor: seal 1 KiB (OpenPGP)", |f| f.seal),
        floor("floor: open it", |f| f.open),
        floor("floor: quinn round trip, 1 KiB there, 64 B back", |f| {
            f.round_trip
        }),
        row(rounds, "skeleton: messages/s, 64 in flight", "/s", |round| {
            round.skeleton.per_second()
        }),
        row(rounds, "skeleton: CPU per message, both ends", "µs", |round| {
            micros(round.skeleton.cpu_per_message())
        }),
    ]
}

/// One message at a time: what an officer feels. The floor is what no design of ours can do without: two
/// fsyncs and a round trip.
fn lone_rows(rounds: &[Round]) -> Vec<Row> {
    let floor = |round: &Round| micros(round.floors.fdatasync) * 2.0 + micros(round.floors.round_trip);
    let p50 = |round: &Round| micros(round.alone.latency(0.5));
    let p99 = |round: &Round| micros(round.alone.latency(0.99));
    vec![
        row(
            rounds,
            "node: median latency, submit to verified receipt, 1 in flight",
            "µs",
            p50,
        )
        .over(
            median_of(rounds, |r| p50(r) / floor(r)),
            "2 fdatasync + round trip",
        )
        .goal(Goal::at_most(3.0, 2.0).down_to(1.0)),
        row(rounds, "node: p99 latency, 1 in flight", "µs", p99)
            .over(median_of(rounds, |r| p99(r) / p50(r)), "its median")
            .goal(Goal::at_most(5.0, 3.0)),
    ]
}

/// Many at a time: what a busy country feels.
fn crowded_rows(rounds: &[Round]) -> Vec<Row> {
    let rate = |round: &Round| round.crowded.per_second();
    let p50 = |round: &Round| micros(round.crowded.latency(0.5));
    let p99 = |round: &Round| micros(round.crowded.latency(0.99));
    let cpu = |round: &Round| micros(round.crowded.cpu_per_message());
    let rss = |round: &Round| round.crowded.rss_peak_mib;
    vec![
        row(rounds, "node: messages/s, 64 in flight", "/s", rate)
            .over(median_of(rounds, against_skeleton), "the skeleton")
            .goal(Goal::at_least(0.9, 2.5, 5.0)),
        row(
            rounds,
            "node: CPU per message, both ends, 64 in flight",
            "µs",
            cpu,
        )
        .over(
            median_of(rounds, |r| cpu(r) / micros(r.floors.pure)),
            "pure cryptography, classical",
        )
        .goal(Goal::at_most(5.0, 2.3).down_to(1.2)),
        row(
            rounds,
            "node: messages/s on a disk where fsync is free",
            "/s",
            |r| r.unsynced.per_second(),
        ),
        row(rounds, "node: messages/s with fsync", "/s", rate)
            .over(
                median_of(rounds, |r| rate(r) / r.unsynced.per_second()),
                "the same without",
            )
            .goal(Goal::at_least(0.85, 0.95, 1.0)),
        row(rounds, "node: median latency, 64 in flight", "µs", p50),
        row(rounds, "node: p99 latency, 64 in flight", "µs", p99)
            .over(median_of(rounds, |r| p99(r) / p50(r)), "its median"),
        row(rounds, "node: RSS of the larger node, peak", "MiB", rss)
            .over(median_of(rounds, |r| rss(r) / 100.0), "100 MiB")
            .goal(Goal::at_most(1.0, 0.4)),
    ]
}

fn against_skeleton(round: &Round) -> f64 {
    round.crowded.per_second() / round.skeleton.per_second()
}

/// Against others, of which the design says how they compare with the skeleton on one machine.
fn other_rows(rounds: &[Round]) -> Vec<Row> {
    let ratio = median_of(rounds, against_skeleton);
    let skeleton = median_of(rounds, |round| round.skeleton.per_second());
    let rows = OTHERS.iter().map(|(name, per_second, goal)| {
        let share = SKELETON_PER_SECOND / per_second;
        Row::of(
            "other: messages/s, by the design's measurement",
            "/s",
            skeleton / share,
        )
        .over(ratio * share, name)
        .goal(*goal)
    });
    rows.collect()
}

/// The median of a figure over the rounds, without a ratio yet.
fn row(rounds: &[Round], name: &'static str, unit: &'static str, of: impl Fn(&Round) -> f64) -> Row {
    Row::of(name, unit, median_of(rounds, of))
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
