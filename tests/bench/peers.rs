//! What a node costs at rest: a hundred peers are connected, and nobody says anything.
//!
//! The peers are spoken by hand, all in this process, so that what is measured is one node. It dials them
//! all: the side that dials also keeps the connection alive, and so does more.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::figures::{cpu_time, metric, rss_mib, scrape, threads_and_waits};
use e2e::network::{Member, Network, fictitious, free_address};
use e2e::running::{PATIENCE, Running};
use e2e::speaker::{Persona, Speaker};
use quinn::TransportConfig;
use tokio::runtime::Runtime;

use crate::floors::median_of;
use crate::table::{Row, complain};

/// How many peers, and for how long they are silent.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Connected peers.
    pub peers: usize,
    /// For so long the node is looked at.
    pub rest: Duration,
}

/// The limits: memory with all of them connected, and time on one core.
const MEMORY_MIB_MAX: f64 = 100.0;
const CORE_PERCENT_MAX: f64 = 1.0;

/// After the last connection, before it is called rest: caches, timers and allocators settle.
const SETTLE: Duration = Duration::from_secs(5);

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often the metrics are asked for.
const SCRAPES: usize = 200;

/// Runs a node without peers and with all of them.
pub fn measure(folder: &Path, crowd: Crowd) -> Result<Vec<Row>> {
    let parties = codes(crowd.peers + 1)?;
    complain(&format!("making the keys of {} Parties", parties.len()));
    let members = parties.iter().map(|party| {
        let address = free_address()?;
        Ok(Member {
            party: party.clone(),
            listen: address.clone(),
            address: Some(address),
        })
    });
    let members = members.collect::<Result<Vec<_>>>()?;
    let network = Network::of_members(folder, &members)?;
    let [own, others @ ..] = members.as_slice() else {
        return Ok(Vec::new());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;

    // With a directory of one the node has nobody to dial: the same program, alone.
    let lonely = alone(&folder.join("alone"), crowd)?;

    let node = network.start(&own.party)?;
    let away = idle(&node, crowd, "while all are away")?;
    for member in others {
        answer(&runtime, &network, member)?;
    }
    let begun = Instant::now();
    while metric(&network, &own.party, "ohrid_peers_connected")? < others.len() as f64 {
        ensure!(
            begun.elapsed() < 2 * PATIENCE,
            "not all are connected:\n{}",
            node.log()
        );
        std::thread::sleep(LOOK_EVERY);
    }
    complain(&format!(
        "{} peers connected after {:?}",
        others.len(),
        begun.elapsed()
    ));
    let crowded = idle(&node, crowd, "while all are connected")?;
    let watched = watched(&network, &own.party, &node)?;
    ensure!(node.stop()? == 0, "the node did not stop in order");
    let mut rows = rows(&lonely, &away, &crowded);
    rows.extend(watched);
    Ok(rows)
}

/// What being watched costs: a scrape with all of them connected, and what many scrapes leave behind.
fn watched(network: &Network, own: &str, node: &Running) -> Result<Vec<Row>> {
    let length = scrape(network, own)?.len();
    let before = rss_mib(node.id())?;
    let took = median_of(SCRAPES, || scrape(network, own).map(drop))?;
    let grown = rss_mib(node.id())? - before;
    let row = |name, value, unit| Row::of(name, unit, value);
    let took_ms = took.as_secs_f64() * 1000.0;
    Ok(vec![
        row(
            "peers: scrape of the metrics, all connected, median",
            took_ms,
            "ms",
        ),
        row("peers: length of a scrape", length as f64 / 1024.0, "KiB"),
        row("peers: memory that 200 scrapes leave behind", grown, "MiB"),
    ])
}

/// What a node was like at rest.
struct Idle {
    rss_mib: f64,
    core_percent: f64,
    waits_per_second: f64,
    threads: usize,
}

fn alone(folder: &Path, crowd: Crowd) -> Result<Idle> {
    std::fs::create_dir_all(folder)?;
    let address = free_address()?;
    let member = Member {
        party: "XA".to_owned(),
        listen: address.clone(),
        address: Some(address),
    };
    let network = Network::of_members(folder, &[member])?;
    let node = network.start("XA")?;
    let idle = idle(&node, crowd, "alone")?;
    ensure!(node.stop()? == 0, "the node did not stop in order");
    Ok(idle)
}

fn idle(node: &Running, crowd: Crowd, when: &str) -> Result<Idle> {
    complain(&format!("looking at the node {when} for {:?}", crowd.rest));
    std::thread::sleep(SETTLE);
    let (process, begun) = (node.id(), Instant::now());
    let (cpu, (_, waits)) = (cpu_time(process)?, threads_and_waits(process)?);
    std::thread::sleep(crowd.rest);
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = cpu_time(process)?.saturating_sub(cpu);
    let (threads, waits_after) = threads_and_waits(process)?;
    Ok(Idle {
        rss_mib: rss_mib(process)?,
        core_percent: cpu.as_secs_f64() / seconds * 100.0,
        waits_per_second: waits_after.saturating_sub(waits) as f64 / seconds,
        threads,
    })
}

/// A peer that lets itself be dialled, says its hello, and is silent.
fn answer(runtime: &Runtime, network: &Network, member: &Member) -> Result<()> {
    let persona = Persona::of(network, &member.party)?;
    let address: SocketAddr = member.listen.parse().context("a peer's address")?;
    let _entered = runtime.enter();
    let speaker = Speaker::at(persona, address, TransportConfig::default())?;
    runtime.spawn(async move {
        // Dialled again, it answers again; the line that it holds is the latest.
        let mut held = None;
        loop {
            if let Ok(line) = speaker.be_connected().await {
                held = Some(line);
            }
            if held
                .as_ref()
                .is_some_and(|line| line.connection.close_reason().is_some())
            {
                held = None;
            }
        }
    });
    Ok(())
}

fn rows(lonely: &Idle, away: &Idle, crowded: &Idle) -> Vec<Row> {
    let row = |name, value, unit, ratio| Row {
        name,
        value,
        unit,
        ratio,
        goal: None,
    };
    let memory = |value: f64| Some((value / MEMORY_MIB_MAX, "the 100 MiB that are allowed"));
    let core = |value: f64| Some((value / CORE_PERCENT_MAX, "the 1 % that is allowed"));
    let waits = "/s";
    vec![
        row(
            "peers: RSS at rest, none in the directory",
            lonely.rss_mib,
            "MiB",
            None,
        ),
        row(
            "peers: CPU at rest, none in the directory",
            lonely.core_percent,
            "%",
            None,
        ),
        row(
            "peers: wake-ups, none in the directory",
            lonely.waits_per_second,
            waits,
            None,
        ),
        row("peers: RSS, all away", away.rss_mib, "MiB", None),
        row(
            "peers: CPU, all away: dialled again and again",
            away.core_percent,
            "%",
            None,
        ),
        row(
            "peers: RSS, all connected and idle",
            crowded.rss_mib,
            "MiB",
            memory(crowded.rss_mib),
        ),
        row(
            "peers: CPU, all connected and idle",
            crowded.core_percent,
            "%",
            core(crowded.core_percent),
        ),
        row(
            "peers: wake-ups, all connected and idle",
            crowded.waits_per_second,
            waits,
            None,
        ),
        row(
            "peers: threads, all connected and idle",
            crowded.threads as f64,
            "",
            None,
        ),
    ]
}

/// Codes for so many Parties: the fictitious ones first, then such as no country has (ISO 3166-1 assigns a
/// few with these letters, which are left out).
pub fn codes(count: usize) -> Result<Vec<String>> {
    let assigned = ["JE", "JM", "JO", "JP", "OM", "WF", "WS"];
    let mut codes = fictitious(count.min(38))?;
    let more = ['J', 'O', 'W']
        .into_iter()
        .flat_map(|first| ('A'..='Z').map(move |second| format!("{first}{second}")));
    codes.extend(more.filter(|code| !assigned.contains(&code.as_str())));
    codes.truncate(count);
    ensure!(codes.len() == count, "there are {} codes", codes.len());
    Ok(codes)
}
