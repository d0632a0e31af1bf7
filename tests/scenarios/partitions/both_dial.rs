//! When both dial at once, one connection is left, and both sides count the same one.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use control::headers::IdempotencyKey;
use control::types::Wait;
use e2e::figures::metric;
use e2e::requests::short_request;
use e2e::running::PATIENCE;

use super::{ASK_EVERY, Countries};

/// So long that a handshake takes three times longer than the one yields to the other: both dial.
const DELAY: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_remains_when_all_dial_all_at_once_over_slow_lines() -> Result<()> {
    let countries = tokio::task::block_in_place(|| Countries::start(3, 1, ""))?;
    // Started already; what counts is that they find each other anew, all at the same moment.
    let clients = countries.clients().await?;
    countries.connected(&clients).await?;
    countries.proxy.change_all(|weather| weather.is_cut = true);
    let mut sent = Vec::new();
    for (client, number) in clients.iter().zip(0_u8..) {
        // Each has something for all others, so that each dials.
        let others = client.status().await?.peers;
        let to: Vec<String> = others
            .iter()
            .map(|peer| format!("{}/police", peer.party))
            .collect();
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let key = IdempotencyKey::from_random([number; 16]);
        sent.push(client.send(&short_request(&to)?, &key).await?.message);
    }
    let begun = Instant::now();
    for client in &clients {
        while client.status().await?.peers.iter().any(|peer| peer.connected) {
            ensure!(begun.elapsed() < PATIENCE, "a dead path is held to be alive");
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
    countries.proxy.change_all(|weather| {
        weather.is_cut = false;
        weather.delay = DELAY;
    });
    countries.connected(&clients).await?;
    for (client, message) in clients.iter().zip(&sent) {
        let status = client.wait_for(message, Wait::Delivered, PATIENCE).await?;
        ensure!(status.reached, "not delivered: {status:?}");
    }
    for party in &countries.parties {
        let connections =
            || tokio::task::block_in_place(|| metric(&countries.network, party, "ohrid_connections"));
        while connections()? != 2.0 {
            ensure!(
                begun.elapsed() < 2 * PATIENCE,
                "{party} has {} connections",
                connections()?
            );
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
    countries.connected(&clients).await
}
