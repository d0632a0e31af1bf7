//! `--only emergency`: how long the receipt of an emergency takes while a large file is pulled over the same
//! connection, beside how long it takes on an idle one.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use control::client::Client;
use control::types::{Priority, Wait};
use hdrhistogram::Histogram;

use crate::attachments::{is_complete, key, runtime, seal, send};
use crate::table::{self, Row};
use e2e::pair::Pair;

/// How long one message may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures, with a file of so many bytes in each round.
pub fn measure(folder: &Path, rounds: usize, bytes: u64) -> Result<Vec<Row>> {
    let pair = Pair::start(folder)?;
    pair.warm_up()?;
    let runtime = runtime()?;
    let (mut idle, mut loaded) = (Histogram::new(3)?, Histogram::new(3)?);
    for round in 1..=rounds {
        table::complain(&format!("round {round} of {rounds}"));
        runtime.block_on(async {
            let client = pair.client("XA").await?;
            let attachment = seal(&client, bytes).await?;
            // What sealing has left for the disk to do is done before the idle link is measured.
            rest_of_the_disk()?;
            let count = under_load(&pair, &client, &attachment, &mut loaded).await?;
            for _ in 0..count.max(50) {
                idle.record(one(&pair, &client).await?)?;
            }
            table::complain(&format!("  {count} emergencies while the file was pulled"));
            anyhow::Ok(())
        })?;
    }
    pair.stop_and_check()?;
    ensure!(
        loaded.len() >= 20,
        "the file was pulled too fast to measure anything: --gib"
    );
    Ok(rows(&idle, &loaded))
}

fn rows(idle: &Histogram<u64>, loaded: &Histogram<u64>) -> Vec<Row> {
    let at = |of: &Histogram<u64>, quantile: f64| of.value_at_quantile(quantile) as f64;
    let row = |name, of: &Histogram<u64>, quantile| Row::of(name, "µs", at(of, quantile));
    vec![
        row("emergency: median latency to its receipt, idle link", idle, 0.5),
        row("emergency: p99, idle link", idle, 0.99),
        row("emergency: median latency under bulk", loaded, 0.5)
            .over(at(loaded, 0.5) / at(idle, 0.5), "the same, idle"),
        row("emergency: p99 under bulk", loaded, 0.99)
            .over(at(loaded, 0.99) / at(idle, 0.99), "the same, idle"),
    ]
}

/// One emergency after the other, from when the pull has begun until it ends; how many.
async fn under_load(
    pair: &Pair,
    client: &Client,
    attachment: &str,
    latencies: &mut Histogram<u64>,
) -> Result<u64> {
    let message = send(pair, client, attachment).await?;
    client.wait_for(&message, Wait::Delivered, PATIENCE).await?;
    let mut count = 0;
    loop {
        let latency = one(pair, client).await?;
        // One that ended after the pull did not wait for it.
        if is_complete(client, &message).await? {
            return Ok(count);
        }
        latencies.record(latency)?;
        count += 1;
    }
}

/// From the call of the control socket to its answer that the emergency is delivered, in microseconds.
async fn one(pair: &Pair, client: &Client) -> Result<u64> {
    let mut request = pair.request().clone();
    request.priority = Priority::Emergency;
    let begin = Instant::now();
    let sent = client.send(&request, &key()?).await?;
    let status = client.wait_for(&sent.message, Wait::Delivered, PATIENCE).await?;
    ensure!(status.reached, "an emergency was not delivered in {PATIENCE:?}");
    Ok(u64::try_from(begin.elapsed().as_micros())?)
}

fn rest_of_the_disk() -> Result<()> {
    let synced = std::process::Command::new("sync").status()?;
    ensure!(synced.success(), "sync failed");
    Ok(())
}
