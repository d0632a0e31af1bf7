//! What a node costs before it has done anything: how long it takes to start on the ledger of many years, and
//! how large its programs are.
//!
//! Ready is ready for a peer: the node says so, and `/readyz` answers 200. Cold is a machine that has just
//! been switched on: neither programs nor store are in memory. That can be had only where the kernel may be
//! told to forget them, as root.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::figures::{ask, metric, rss_mib, scrape};
use e2e::network::Network;
use e2e::programs::{self, Ended};
use e2e::running::{PATIENCE, Running};

use crate::case_store::{LEAVES_PER_CASE, Writer, request};
use crate::floors::median_of as median_of_times;
use crate::table::{Row, complain, median_of};

/// The limit.
const READY_SECONDS_MAX: f64 = 2.0;

/// Written here, the kernel forgets what it has read (proc(5)).
const DROP_CACHES: &str = "/proc/sys/vm/drop_caches";

/// How often each message was read. A case that goes on for a year has that many leaves, and sealing as many
/// messages would take an hour.
const READINGS: u64 = 47;

/// How long a node is left alone before it is said how much memory it takes.
const REST: Duration = Duration::from_secs(5);

/// Between two looks whether the first checkpoint is signed.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often the metrics are asked for after each start.
const SCRAPES: usize = 20;

/// The programs: as they are built, and stripped as in the package.
const PROGRAMS: &[(&str, &str, &str)] = &[
    (
        "ohrid-node",
        "start: ohrid-node, as built",
        "start: ohrid-node, stripped",
    ),
    ("ohrid", "start: ohrid, as built", "start: ohrid, stripped"),
    (
        "ohrid-verify",
        "start: ohrid-verify, as built",
        "start: ohrid-verify, stripped",
    ),
    (
        "ohrid-console",
        "start: ohrid-console, as built",
        "start: ohrid-console, stripped",
    ),
];

/// What is in memory when a node is started.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// As after a restart of the node alone.
    Warm,
    /// As after a restart of the machine.
    Cold,
}

/// A start, and what the node was like then.
struct Started {
    seconds: f64,
    rss_mib: f64,
    scrape_ms: f64,
}

/// Starts a node again and again on a ledger of at least so many entries.
pub fn measure(folder: &Path, rounds: usize, entries: u64) -> Result<Vec<Row>> {
    let network = Network::make(folder)?;
    let (own, peer) = (network.node_folder("XA"), network.node_folder("XB"));
    let cases = usize::try_from(entries.div_ceil(LEAVES_PER_CASE + READINGS))?;
    complain(&format!("writing {entries} entries, of {cases} cases"));
    let begun = Instant::now();
    let writer = Writer::new(&peer, &own, request(&Network::example_request())?)?.with_readings(READINGS);
    writer.write(&own.join("data"), cases)?;
    complain(&format!("written in {:.0?}; making the indexes", begun.elapsed()));
    let begun = Instant::now();
    let mut command = programs::program("ohrid-node")?;
    command
        .arg("--config")
        .arg(own.join("node.toml"))
        .arg("rebuild-index");
    Ended::of(&mut command)?.expect_code(0)?;
    complain(&format!("made in {:.0?}", begun.elapsed()));

    let (mut warm, mut cold, mut killed) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        complain(&format!("round {round} of {rounds}"));
        warm.push(begin_and_stop(&network, entries, Before::Warm)?);
        if !may_forget() {
            continue;
        }
        let (node, started) = begin(&network, entries, Before::Cold)?;
        cold.push(started);
        node.kill()?;
        killed.push(begin_and_stop(&network, entries, Before::Cold)?);
    }
    if cold.is_empty() {
        complain(&format!(
            "{DROP_CACHES} cannot be written: no cold start was measured"
        ));
    }
    let mut rows = vec![Row::of("start: entries in the ledger", "", metric_of(entries))];
    rows.extend(of_starts("start: warm, until ready", &warm));
    rows.extend(of_starts("start: cold, until ready", &cold));
    rows.extend(of_starts("start: cold, after kill -9, until ready", &killed));
    let memory = |started: &Started| started.rss_mib;
    rows.push(Row::of("start: RSS after it", "MiB", median_of(&warm, memory)));
    let scrape = |started: &Started| started.scrape_ms;
    rows.push(Row::of(
        "start: scrape of the metrics, median",
        "ms",
        median_of(&warm, scrape),
    ));
    rows.extend(sizes(folder)?);
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of entries are far below 2^53")]
fn metric_of(entries: u64) -> f64 {
    entries as f64
}

fn of_starts(name: &'static str, starts: &[Started]) -> Option<Row> {
    if starts.is_empty() {
        return None;
    }
    let seconds = median_of(starts, |started| started.seconds);
    Some(Row::of(name, "s", seconds).over(seconds / READY_SECONDS_MAX, "2 s"))
}

fn begin_and_stop(network: &Network, entries: u64, before: Before) -> Result<Started> {
    let (node, started) = begin(network, entries, before)?;
    ensure!(node.stop()? == 0, "the node did not stop in order");
    Ok(started)
}

fn begin(network: &Network, entries: u64, before: Before) -> Result<(Running, Started)> {
    match before {
        Before::Warm => {}
        Before::Cold => forget()?,
    }
    let begun = Instant::now();
    let node = network.start("XA")?;
    ask(network, "XA", "/readyz")?;
    let seconds = begun.elapsed().as_secs_f64();
    // It is that ledger, and no other, that it has opened: the metric says so from the first checkpoint on.
    while metric(network, "XA", "ohrid_ledger_size")? < metric_of(entries) {
        ensure!(begun.elapsed() < PATIENCE, "entries are missing");
        std::thread::sleep(LOOK_EVERY);
    }
    std::thread::sleep(REST);
    let rss_mib = rss_mib(node.id())?;
    let scraped = median_of_times(SCRAPES, || scrape(network, "XA").map(drop))?;
    let started = Started {
        seconds,
        rss_mib,
        scrape_ms: scraped.as_secs_f64() * 1000.0,
    };
    Ok((node, started))
}

fn may_forget() -> bool {
    fs::OpenOptions::new().write(true).open(DROP_CACHES).is_ok()
}

/// Lets the kernel forget every file; what has to be written first is.
fn forget() -> Result<()> {
    ensure!(Command::new("sync").status()?.success(), "sync");
    fs::write(DROP_CACHES, "3").context(DROP_CACHES)
}

/// How large each program is, as built and, where there is a `strip`, as the package has it.
fn sizes(folder: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (program, built, stripped) in PROGRAMS {
        let file = programs::folder()?.join(program);
        rows.push(Row::of(built, "MiB", mib(&file)?));
        let small = folder.join(program);
        let strip = Command::new("strip").arg("-o").arg(&small).arg(&file).status();
        if strip.is_ok_and(|status| status.success()) {
            rows.push(Row::of(stripped, "MiB", mib(&small)?));
        }
    }
    Ok(rows)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lengths of programs are far below 2^53"
)]
fn mib(file: &Path) -> Result<f64> {
    Ok(fs::metadata(file)?.len() as f64 / f64::from(1 << 20))
}
