//! What a node does with a message beside OpenPGP: payloads that are made beforehand, given straight to the
//! core of a real node (`tests/forwarder`), and forwarded to another one. The floor is the skeleton of the
//! same steps, with payloads of the same length.
//!
//! Nobody can open what is forwarded. The recipient tries to, which ends at the first bytes, and says so to
//! its sender in a signed report, as it must of every message: two leaves for each message, and a frame with
//! its answer, which the skeleton does not have.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::figures::{await_rest, cpu_time};
use e2e::network::Network;
use e2e::programs::program;
use e2e::running::Running;
use serde::Deserialize;

use crate::goals::Goal;
use crate::skeleton::{self, Ran, SEALED_BYTES, Steps};
use crate::table::{Row, complain, median_of};

/// The first messages pay for connections, caches and the first journal segment.
const WARM_UP: usize = 100;

/// A node that forwards, and one that takes what it forwards.
pub struct Forwarding {
    network: Network,
    forwarder: Forwarder,
    recipient: Running,
    forwarded: u64,
}

/// What forwarding so many messages took.
#[derive(Debug, Clone, Copy)]
pub struct Forwarded {
    count: usize,
    elapsed: Duration,
    cpu: Duration,
}

/// The program with a node within itself. It is ended with its owner.
struct Forwarder {
    child: Child,
    /// `None` once it was told nothing more.
    asks: Option<ChildStdin>,
    says: BufReader<ChildStdout>,
    log: PathBuf,
}

/// What the program says of a load.
#[derive(Deserialize)]
struct Took {
    elapsed_us: u64,
}

/// What a round measured.
struct Round {
    skeleton: Ran,
    forwarded: Forwarded,
}

/// Rounds of this alone.
pub fn measure(folder: &Path, rounds: usize, count: usize) -> Result<Vec<Row>> {
    let mut forwarding = Forwarding::start(folder)?;
    let mut all = Vec::new();
    for number in 1..=rounds {
        complain(&format!("round {number} of {rounds}"));
        all.push(Round {
            skeleton: skeleton::run(folder, Steps::WithoutOpenPgp, 64, count)?,
            forwarded: forwarding.forward(64, count)?,
        });
    }
    forwarding.stop_and_check()?;
    Ok(rows(&all, |round| (&round.skeleton, &round.forwarded)))
}

/// The rows of these rounds.
pub fn rows<T>(rounds: &[T], of: impl Fn(&T) -> (&Ran, &Forwarded)) -> Vec<Row> {
    const SKELETON: &str = "the skeleton without OpenPGP";
    let floor = |name, unit, value: fn(&Ran) -> f64| {
        Row::of(name, unit, median_of(rounds, |round| value(of(round).0)))
    };
    let node = |name, unit, value: fn(&Ran, &Forwarded) -> (f64, f64)| {
        let ratio = median_of(rounds, |round| {
            let (floor, node) = value(of(round).0, of(round).1);
            node / floor
        });
        let value = median_of(rounds, |round| value(of(round).0, of(round).1).1);
        Row::of(name, unit, value).over(ratio, SKELETON)
    };
    vec![
        floor(
            "forwarding: skeleton without OpenPGP, messages/s, 64 in flight",
            "/s",
            Ran::per_second,
        ),
        node(
            "forwarding: messages/s sealed before, 64 in flight",
            "/s",
            |floor, node| (floor.per_second(), node.per_second()),
        )
        .goal(Goal::at_least(0.7, 0.95, 1.0)),
        node(
            "forwarding: CPU per message, both ends, with its report",
            "µs",
            |floor, node| (micros(floor.cpu_per_message()), node.cpu_per_message_us()),
        ),
    ]
}

impl Forwarded {
    fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    fn cpu_per_message_us(&self) -> f64 {
        micros(self.cpu) / self.count as f64
    }
}

impl Forwarding {
    /// Makes and starts both nodes below `folder`.
    pub fn start(folder: &Path) -> Result<Self> {
        let folder = folder.join("forwarding");
        std::fs::create_dir(&folder)?;
        let network = Network::of_profile(&folder, &["XA", "XB"], "compatible")?;
        let recipient = network.start("XB")?;
        let forwarder = Forwarder::start(&network)?;
        let mut forwarding = Self {
            network,
            forwarder,
            recipient,
            forwarded: 0,
        };
        forwarding.forward(8, WARM_UP)?;
        Ok(forwarding)
    }

    /// Has so many messages forwarded, and lets both nodes rest afterwards: their reports are part of the
    /// processor time.
    pub fn forward(&mut self, in_flight: usize, count: usize) -> Result<Forwarded> {
        let processes = [self.forwarder.child.id(), self.recipient.id()];
        let used = || {
            processes
                .iter()
                .map(|process| cpu_time(*process))
                .sum::<Result<Duration>>()
        };
        let before = used()?;
        let elapsed = self.forwarder.forward(in_flight, count)?;
        await_rest(&processes)?;
        self.forwarded += count as u64;
        Ok(Forwarded {
            count,
            elapsed,
            cpu: used()?.saturating_sub(before),
        })
    }

    /// Has both ledgers checked by the independent verifier, which must find every message sent once,
    /// received once, and receipted, and stops both nodes in order.
    pub fn stop_and_check(mut self) -> Result<()> {
        let kinds = |party, kinds: [&str; 2]| -> Result<()> {
            let entries = self.network.verified_entries(party)?;
            for kind in kinds {
                ensure!(
                    entries[kind].as_u64() == Some(self.forwarded),
                    "{party} has not {} leaves of the kind {kind}: {entries}",
                    self.forwarded
                );
            }
            Ok(())
        };
        kinds("XA", ["submitted", "delivered"])?;
        kinds("XB", ["received", "consigned"])?;
        self.forwarder.stop()?;
        ensure!(self.recipient.stop()? == 0, "a node did not stop in order");
        Ok(())
    }
}

impl Forwarder {
    fn start(network: &Network) -> Result<Self> {
        let log = network.path("forwarder.log");
        let mut command: Command = program("ohrid-forwarder")?;
        let mut child = command
            .arg("--config")
            .arg(network.node_folder("XA").join("node.toml"))
            .args(["--from", "XA/police", "--to", "XB/police"])
            .env("RUST_LIB_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let asks = child.stdin.take();
        let says = BufReader::new(child.stdout.take().context("its output")?);
        let mut forwarder = Self {
            child,
            asks,
            says,
            log,
        };
        let ready = forwarder.line()?;
        ensure!(ready == "ready", "it is not ready: {ready}");
        Ok(forwarder)
    }

    fn forward(&mut self, in_flight: usize, count: usize) -> Result<Duration> {
        let asks = self.asks.as_mut().context("it was stopped")?;
        writeln!(asks, "{count} {in_flight} {SEALED_BYTES}")?;
        let took: Took = serde_json::from_str(&self.line()?)?;
        Ok(Duration::from_micros(took.elapsed_us))
    }

    /// What it says next; what it has logged, if it says nothing more.
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.says.read_line(&mut line)?;
        if line.is_empty() {
            let log = std::fs::read_to_string(&self.log)?;
            let last: Vec<&str> = log.lines().rev().take(20).collect();
            anyhow::bail!(
                "the forwarder ended; its log, the last line first:\n{}",
                last.join("\n")
            );
        }
        Ok(line.trim_end().to_owned())
    }

    fn stop(&mut self) -> Result<()> {
        self.asks = None;
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the forwarder did not stop in order: {ended}");
        Ok(())
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
