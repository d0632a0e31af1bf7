//! The weather: every few seconds something else is broken, and something that was is whole again.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::proxy::{Proxy, Random, Weather};
use tokio::time::{Instant, sleep_until};

/// Between two changes, at most.
const CHANGE_AFTER_MAX: Duration = Duration::from_secs(4);

/// The largest datagram that passes a narrow tunnel: QUIC needs 1,200 (RFC 9000, section 14).
const TUNNEL_BYTES: usize = 1252;

/// One change after the other until `lasting` is over.
pub(super) async fn rage(proxy: &Proxy, parties: &[String], seed: u64, lasting: Duration) -> Result<()> {
    let mut random = Random::new(seed);
    let end = Instant::now() + lasting;
    let mut at = Instant::now();
    while at < end {
        change(proxy, parties, &mut random)?;
        at += Duration::from_millis(500) + random.up_to(CHANGE_AFTER_MAX);
        sleep_until(at.min(end)).await;
    }
    // It ends with a cut in the middle: the worst that there is to heal.
    partition(proxy, parties, &mut random)
}

fn change(proxy: &Proxy, parties: &[String], random: &mut Random) -> Result<()> {
    match random.below(6) {
        0 | 1 => partition(proxy, parties, random),
        2 => one_way_cuts(proxy, parties, random),
        3 => isolate(proxy, parties, random),
        4 => forget(proxy, parties, random),
        _ => {
            proxy.change_all(|weather| *weather = bad(random));
            Ok(())
        }
    }
}

/// Rain everywhere, each way in its own measure: up to 30 % loss, 10 % duplicates, 20 % out of order, a few
/// damaged, delays of a continent.
fn bad(random: &mut Random) -> Weather {
    let tunnel = if random.chance(0.2) {
        TUNNEL_BYTES
    } else {
        usize::MAX
    };
    let mut up_to = |most: f64| most * random.below(1000) as f64 / 1000.0;
    Weather {
        loss: up_to(0.3),
        duplication: up_to(0.1),
        reordering: up_to(0.2),
        corruption: up_to(0.02),
        delay: Duration::from_secs_f64(up_to(0.08)),
        jitter: Duration::from_secs_f64(up_to(0.04)),
        // Now and then a tunnel that drops what QUIC has found out to be small enough before.
        datagram_bytes_max: tunnel,
        ..Weather::default()
    }
}

/// Two halves that cannot reach each other; all within each half can.
fn partition(proxy: &Proxy, parties: &[String], random: &mut Random) -> Result<()> {
    let sides: Vec<bool> = parties.iter().map(|_| random.chance(0.5)).collect();
    for (from, side) in parties.iter().zip(&sides) {
        for (to, other) in parties.iter().zip(&sides) {
            proxy.change(from, to, |weather| weather.is_cut = side != other)?;
        }
    }
    Ok(())
}

/// Some ways are cut in one direction only.
fn one_way_cuts(proxy: &Proxy, parties: &[String], random: &mut Random) -> Result<()> {
    for from in parties {
        for to in parties {
            let is_cut = random.chance(0.15);
            proxy.change(from, to, |weather| weather.is_cut = is_cut)?;
        }
    }
    Ok(())
}

/// One is cut off from all others, everything else is whole.
fn isolate(proxy: &Proxy, parties: &[String], random: &mut Random) -> Result<()> {
    let alone = one(parties, random)?;
    for from in parties {
        for to in parties {
            let is_cut = from == alone || to == alone;
            proxy.change(from, to, |weather| weather.is_cut = is_cut)?;
        }
    }
    Ok(())
}

/// The NAT of one of them is restarted: all its connections come from other ports from now on.
fn forget(proxy: &Proxy, parties: &[String], random: &mut Random) -> Result<()> {
    let from = one(parties, random)?;
    for to in parties {
        proxy.rebind(from, to)?;
    }
    Ok(())
}

fn one<'a>(parties: &'a [String], random: &mut Random) -> Result<&'a String> {
    let at = usize::try_from(random.below(parties.len() as u64))?;
    parties.get(at).context("a Party")
}
