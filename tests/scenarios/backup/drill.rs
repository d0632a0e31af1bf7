//! The drill: a node under load is copied, its machine is lost, it is restored, and it exchanges a message;
//! with the time that each step took. `cargo xtask drill` prints it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::network::Network;

use super::{Vault, lose, seen, send, wait_until};

/// How long a step took.
fn timed<T>(
    steps: &mut Vec<(&'static str, Duration)>,
    name: &'static str,
    step: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let began = Instant::now();
    let done = step()?;
    steps.push((name, began.elapsed()));
    Ok(done)
}

/// How many messages are sent before the machine is lost.
fn messages() -> usize {
    let given = std::env::var("OHRID_DRILL_MESSAGES")
        .ok()
        .and_then(|text| text.parse().ok());
    given.unwrap_or(10)
}

#[test]
#[expect(clippy::print_stdout, reason = "the times are what a drill is for")]
fn the_drill_of_a_lost_machine() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let (xa, _xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    let vault = Vault::make(&network)?;
    let mut steps = Vec::new();
    timed(&mut steps, "first backup, full, the node runs", || {
        vault.backup(&[])?.expect_code(0)
    })?;
    for _ in 0..messages() {
        send(&network)?;
    }
    let made = timed(&mut steps, "next backup, what is new", || {
        vault.backup(&[])?.expect_code(0)?.json()
    })?;
    timed(&mut steps, "verify, with the key", || {
        vault.verify()?.expect_code(0)
    })?;
    let before = seen(&network)?;
    lose(&network, xa)?;
    let to = network.node_folder("XA");
    timed(&mut steps, "restore into an empty folder", || {
        vault.restore(&to, &[])?.expect_code(0)
    })?;
    let xa = timed(&mut steps, "start, until it is ready", || network.start("XA"))?;
    timed(&mut steps, "until its witnesses agree", || {
        wait_until(&network, "XA", |status| status["state"] == "ready")
    })?;
    timed(&mut steps, "a message, until it is opened there", || {
        send(&network)
    })?;
    let after = seen(&network)?;
    ensure!(
        before.iter().all(|case| after.contains(case)),
        "a case is missing"
    );
    ensure!(xa.stop()? == 0, "XA stops");
    println!("{} entries, {} bytes", made["ledger"]["position"], made["bytes"]);
    for (name, took) in steps {
        println!("{:>9} ms  {name}", took.as_millis());
    }
    Ok(())
}
