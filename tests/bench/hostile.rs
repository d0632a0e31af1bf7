//! What floods cost a good peer (threat 15 of security.md), beside what it had in the same round without.
//!
//! XA, a real node, sends to XB, a real node, one message at a time, while XD floods XB: with handshakes that
//! nobody finishes, with streams that get a byte a second, with frames as fast as they are taken. The flood
//! is made by this process, on the same cores: what it costs itself is part of what is measured.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::figures::rss_mib;
use e2e::running::PATIENCE;
use e2e::speaker::floods::{self, Flood};
use e2e::speaker::{Persona, Speaker};
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::table::{Row, complain, median_of};
use e2e::pair::{Loaded, Pair};

/// Half-open handshakes at a time: many times as many as there are places for.
const HALF_OPEN_ADDRESSES: u8 = 200;
const HALF_OPEN_EACH: usize = 25;

/// Streams of one peer that get a byte a second.
const SLOW_STREAMS: usize = 500;

/// Frames of one peer that wait for their answer.
const PINGS_AT_ONCE: usize = 256;

/// What one round measured, without and with each flood.
struct Round {
    alone: Loaded,
    half_open: Loaded,
    slow: Loaded,
    pings: Loaded,
    /// Resident memory of XB, in MiB: before, and at its highest under half-open connections.
    rss_mib: [f64; 2],
    half_open_begun: u64,
    pings_answered: u64,
}

/// The rows of the section.
pub fn measure(folder: &Path, rounds: usize, messages: usize) -> Result<Vec<Row>> {
    let pair = Pair::start_beside(folder, &["XD"])?;
    pair.warm_up()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let attacked = pair.network().listen_address("XB")?;
    let persona = Persona::of(pair.network(), "XD")?;
    let mut measured = Vec::new();
    for round in 1..=rounds {
        complain(&format!("round {round} of {rounds}"));
        measured.push(one_round(&pair, &runtime, &persona, attacked, messages)?);
    }
    pair.stop_and_check()?;
    Ok(rows(&measured))
}

fn one_round(
    pair: &Pair,
    runtime: &Runtime,
    persona: &Persona,
    attacked: SocketAddr,
    messages: usize,
) -> Result<Round> {
    let alone = pair.load(1, messages)?;
    let before = rss_mib(pair.recipient_id())?;
    let _entered = runtime.enter();
    let flood = floods::half_open(persona, attacked, HALF_OPEN_ADDRESSES, HALF_OPEN_EACH)?;
    runtime.block_on(under_way(&flood, 5_000))?;
    let half_open = pair.load(1, messages)?;
    let during = rss_mib(pair.recipient_id())?;
    let half_open_begun = flood.done();
    drop(flood);

    let speaker = Speaker::of(persona.clone())?;
    let line = runtime.block_on(speaker.connect(attacked))?;
    let flood = floods::slow(&line, SLOW_STREAMS);
    runtime.block_on(under_way(&flood, 500))?;
    let slow = pair.load(1, messages)?;
    drop(flood);
    line.connection.close(0_u32.into(), b"");

    let line = runtime.block_on(speaker.connect(attacked))?;
    let flood = floods::pings(&line, PINGS_AT_ONCE);
    runtime.block_on(under_way(&flood, 1_000))?;
    let pings = pair.load(1, messages)?;
    let pings_answered = flood.done();
    drop(flood);
    line.connection.close(0_u32.into(), b"");
    Ok(Round {
        alone,
        half_open,
        slow,
        pings,
        rss_mib: [before, during],
        half_open_begun,
        pings_answered,
    })
}

/// Waits until the flood has begun in earnest.
async fn under_way(flood: &Flood, at_least: u64) -> Result<()> {
    let begun = async {
        while flood.done() < at_least {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, begun).await.context("the flood")?;
    ensure!(flood.going_on() > 0, "the flood ended by itself");
    Ok(())
}

fn rows(rounds: &[Round]) -> Vec<Row> {
    let p99 = |loaded: &Loaded| loaded.latency(0.99).as_secs_f64() * 1e6;
    let under = |name, of: fn(&Round) -> &Loaded| Row {
        name,
        value: median_of(rounds, |round| p99(of(round))),
        unit: "µs",
        ratio: Some((
            median_of(rounds, |round| p99(of(round)) / p99(&round.alone)),
            "the same without it, same round",
        )),
        goal: None,
    };
    let figure = |name, unit, of: fn(&Round) -> f64| Row::of(name, unit, median_of(rounds, of));
    vec![
        figure("hostile: p99 of a good peer, nothing else", "µs", |round| {
            round.alone.latency(0.99).as_secs_f64() * 1e6
        }),
        under("hostile: p99 under 5,000 half-open handshakes", |round| {
            &round.half_open
        }),
        under("hostile: p99 under 500 streams of a byte a second", |round| {
            &round.slow
        }),
        under("hostile: p99 under frames as fast as they are taken", |round| {
            &round.pings
        }),
        figure("hostile: handshakes begun in that time", "", |round| {
            round.half_open_begun as f64
        }),
        figure("hostile: frames answered in that time", "", |round| {
            round.pings_answered as f64
        }),
        figure("hostile: RSS of the node before", "MiB", |round| round.rss_mib[0]),
        figure("hostile: its growth under half-open handshakes", "MiB", |round| {
            (round.rss_mib[1] - round.rss_mib[0]).max(0.0)
        }),
        figure("hostile: the same for each of 512 places", "KiB", |round| {
            (round.rss_mib[1] - round.rss_mib[0]).max(0.0) * 2.0
        }),
    ]
}
