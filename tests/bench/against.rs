//! Another build's nodes in the same rounds as ours: what a change is worth, on a machine whose neighbours
//! come and go. Figures of two runs, an hour apart, differ by more than most changes are worth.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::figures::cpu_time;
use e2e::network::Network;
use e2e::pair::Pair;

use crate::exchange::Counts;
use crate::table::{Row, complain, median_of};

/// What one build needed in one round.
#[derive(Debug, Clone, Copy)]
struct Needed {
    per_second: f64,
    /// Both nodes, until they have done what they put off as well, in µs.
    cpu_per_message: f64,
    /// One at a time, in µs.
    latency: f64,
    rss_mib: f64,
}

/// Loads nodes of this build and of the programs in the folder `other`, both at once: whatever else the
/// machine does meanwhile hits both.
pub fn measure(folder: &Path, other: &Path, counts: Counts) -> Result<Vec<Row>> {
    let node = other.join("ohrid-node");
    ensure!(node.is_file(), "{} is no program", node.display());
    let own = e2e::programs::folder()?;
    let (ours, theirs) = (started(folder, "this", &own)?, started(folder, "that", other)?);
    let mut rounds = Vec::new();
    for number in 1..=counts.rounds {
        let round = together(&ours, &theirs, counts)?;
        complain(&format!(
            "round {number} of {}: {:.0} and {:.0} µs of CPU a message",
            counts.rounds, round.0.cpu_per_message, round.1.cpu_per_message
        ));
        rounds.push(round);
    }
    ours.stop_and_check()?;
    theirs.stop_and_check()?;
    Ok(vec![
        row(&rounds, "messages/s, 64 in flight", "/s", |needed| {
            needed.per_second
        }),
        row(
            &rounds,
            "CPU per message, both ends, until they rest",
            "µs",
            |needed| needed.cpu_per_message,
        ),
        row(&rounds, "median latency, 1 in flight", "µs", |needed| {
            needed.latency
        }),
        row(&rounds, "RSS of the larger node, peak", "MiB", |needed| {
            needed.rss_mib
        }),
    ])
}

fn started(folder: &Path, name: &str, programs: &Path) -> Result<Pair> {
    let root = folder.join(name);
    std::fs::create_dir(&root).with_context(|| format!("making {}", root.display()))?;
    let network = Network::of_profile(&root, &["XA", "XB"], "compatible")?;
    let pair = Pair::of_programs(network, programs)?;
    pair.warm_up()?;
    pair.rest()?;
    Ok(pair)
}

fn together(ours: &Pair, theirs: &Pair, counts: Counts) -> Result<(Needed, Needed)> {
    std::thread::scope(|scope| {
        let theirs = scope.spawn(|| needed(theirs, counts));
        let ours = needed(ours, counts)?;
        let theirs = theirs
            .join()
            .map_err(|_| anyhow::anyhow!("the other load panicked"))?;
        Ok((ours, theirs?))
    })
}

fn needed(pair: &Pair, counts: Counts) -> Result<Needed> {
    let alone = pair.load(1, counts.alone)?;
    pair.rest()?;
    let before = cpu_of(pair)?;
    let crowded = pair.load(64, counts.crowded)?;
    pair.rest()?;
    let cpu = cpu_of(pair)?.saturating_sub(before);
    Ok(Needed {
        per_second: crowded.per_second(),
        cpu_per_message: cpu.as_secs_f64() * 1e6 / counts.crowded as f64,
        latency: alone.latency(0.5).as_secs_f64() * 1e6,
        rss_mib: crowded.rss_peak_mib,
    })
}

fn cpu_of(pair: &Pair) -> Result<Duration> {
    let [sender, recipient] = pair.processes();
    Ok(cpu_time(sender)? + cpu_time(recipient)?)
}

fn row(rounds: &[(Needed, Needed)], name: &'static str, unit: &'static str, of: fn(&Needed) -> f64) -> Row {
    let ours = median_of(rounds, |(ours, _)| of(ours));
    Row::of(name, unit, ours).over(
        median_of(rounds, |(ours, theirs)| of(ours) / of(theirs)),
        "the other build",
    )
}
