//! A node as systemd runs it: what it is told, how a node reads again and stops, and what the unit allows.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::NodeStatus;
use e2e::network::Network;
use e2e::programs::{Ended, checkout, folder};
use e2e::requests::short_request;
use e2e::running::{PATIENCE, Running};
use tokio::task::JoinSet;

/// What `systemd-analyze security` may find at most, in tenths.
const EXPOSURE_MAX: &str = "15";

const UNITS: [&str; 2] = ["ohrid-node.service", "ohrid-console.service"];

/// The socket of a service manager.
struct Manager(UnixDatagram);

impl Manager {
    fn listen(socket: &Path) -> Result<Self> {
        let listening = UnixDatagram::bind(socket)?;
        listening.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(listening))
    }

    /// The next datagram that has a line which begins so, and all that came before it.
    fn until(&self, begins: &str) -> Result<Vec<String>> {
        let mut told = Vec::new();
        loop {
            let mut bytes = [0; 4096];
            let length = self
                .0
                .recv(&mut bytes)
                .with_context(|| format!("no {begins} after {told:#?}"))?;
            told.push(String::from_utf8(bytes[..length].to_vec())?);
            if told
                .last()
                .is_some_and(|told| told.lines().any(|line| line.starts_with(begins)))
            {
                return Ok(told);
            }
        }
    }
}

fn signal(node: &Running, name: &str) -> Result<()> {
    Ended::of(Command::new("kill").args([name, &node.id().to_string()]))?.expect_code(0)?;
    Ok(())
}

fn status(network: &Network) -> Result<NodeStatus> {
    let status = network
        .officer("XA", ["node", "status", "--json"])?
        .expect_code(0)?;
    Ok(serde_json::from_str(&status.stdout)?)
}

#[test]
fn systemd_is_told_when_a_node_is_ready_alive_reading_again_and_stopping() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let socket = network.path("notify");
    let manager = Manager::listen(&socket)?;
    let mut command = Command::new(e2e::programs::folder()?.join("ohrid-node"));
    command
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "1500000");
    let xa = network.spawn_under("XA", command)?;
    let told = manager.until("READY=1")?;
    ensure!(told[0].starts_with("STATUS=starting"), "{told:#?}");
    ensure!(
        told.last().is_some_and(|last| last.contains("STATUS=XA: ")),
        "{told:#?}"
    );
    ensure!(
        !told.iter().any(|told| told.contains("WATCHDOG=1")),
        "fed before it was ready: {told:#?}"
    );
    manager.until("WATCHDOG=1")?;

    let _xb = network.start("XB")?;
    network.wait_until_connected("XA")?;
    while !manager
        .until("WATCHDOG=1")?
        .iter()
        .any(|told| told.contains("1 of 1 peers connected"))
    {}
    let before = status(&network)?;

    signal(&xa, "-HUP")?;
    let told = manager.until("RELOADING=1")?;
    ensure!(
        told.last().is_some_and(|last| last.contains("\nMONOTONIC_USEC=")),
        "{told:#?}"
    );
    manager.until("READY=1")?;
    // The same connection: not one that was made again.
    let after = status(&network)?;
    ensure!(
        after.peers[0].connected && after.peers[0].since == before.peers[0].since,
        "{after:?}"
    );

    signal(&xa, "-TERM")?;
    manager.until("STOPPING=1")?;
    assert_eq!(xa.wait()?, 0);
    Ok(())
}

/// Whatever was answered with "recorded" before the stop is there after it, and everybody else was told
/// that it was not.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_takes_nothing_new_and_loses_nothing_that_was_answered() -> Result<()> {
    const SENDERS: usize = 24;
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let xa = network.start("XA")?;
    let socket = network.node_folder("XA").join("control.sock");
    let mut senders = JoinSet::new();
    let (answered, mut first) = tokio::sync::mpsc::channel(SENDERS);
    for number in 0..u128::try_from(SENDERS)? {
        let client = Client::connect(&socket).await?.acting_as("Officer One");
        let answered = answered.clone();
        senders.spawn(async move {
            let mut recorded = Vec::new();
            let request = short_request(&["XB/police"]).expect("the example");
            for turn in 0_u128.. {
                let key = IdempotencyKey::from_random(((number << 64) | turn).to_be_bytes());
                match client.send(&request, &key).await {
                    Ok(sent) => recorded.push(sent.message),
                    Err(_) => break,
                }
                // Full is as good: somebody was answered.
                let _ = answered.try_send(());
            }
            recorded
        });
    }
    first.recv().await.context("nobody was answered")?;
    signal(&xa, "-TERM")?;
    let recorded = senders.join_all().await.concat();
    // Those above ended since they were refused; nobody is let in now.
    ensure!(
        Client::connect(&socket).await.is_err() || xa.has_ended(),
        "it takes new work"
    );
    assert_eq!(xa.wait()?, 0);

    let xa = network.start("XA")?;
    let client = Client::connect(&socket).await?.acting_as("Officer One");
    for message in &recorded {
        client
            .message(message)
            .await
            .with_context(|| format!("{message} was answered, and is lost"))?;
    }
    assert_eq!(xa.stop()?, 0);
    Ok(())
}

/// A program that checks a unit without running it; Debian's package systemd has it.
fn analyze(arguments: &[&str]) -> Result<Ended> {
    Ended::of(Command::new("systemd-analyze").args(arguments))
}

#[test]
fn the_units_expose_no_more_than_they_must() -> Result<()> {
    for unit in UNITS {
        let file = checkout().join("deploy/systemd").join(unit);
        let threshold = format!("--threshold={EXPOSURE_MAX}");
        analyze(&[
            "security",
            "--offline=true",
            "--no-pager",
            &threshold,
            &file.to_string_lossy(),
        ])?
        .expect_code(0)?;
        let verified = analyze(&["verify", "--man=no", &file.to_string_lossy()])?;
        // The programs are not installed where the test runs; nothing else may be said.
        let said: Vec<&str> = verified
            .stderr
            .lines()
            .filter(|line| line.contains(unit))
            .collect();
        ensure!(
            said.iter().all(|line| line.contains("/usr/bin/ohrid-")),
            "{said:#?}"
        );
    }
    Ok(())
}

/// What `systemctl help` opens is a page that the package has.
#[test]
fn the_units_name_manual_pages_that_there_are() -> Result<()> {
    let made = tempfile::tempdir()?;
    for unit in UNITS {
        let text = std::fs::read_to_string(checkout().join("deploy/systemd").join(unit))?;
        let words = text
            .lines()
            .filter_map(|line| line.strip_prefix("Documentation="));
        let pages = words
            .flat_map(str::split_whitespace)
            .filter_map(|word| word.strip_prefix("man:")?.strip_suffix(')')?.split_once('('));
        let pages: Vec<_> = pages.collect();
        ensure!(!pages.is_empty(), "{unit} names no page");
        for (name, section) in pages {
            let mut write = Command::new(folder()?.join(name));
            Ended::of(write.args(["manual", "--output"]).arg(made.path()))?.expect_code(0)?;
            let page = made
                .path()
                .join(format!("share/man/man{section}/{name}.{section}"));
            ensure!(page.is_file(), "{unit}: there is no {name}({section})");
        }
    }
    Ok(())
}

/// The calls of systemd's named group, with all groups in it.
fn calls_of(group: &str) -> Result<BTreeSet<String>> {
    let listed = analyze(&["syscall-filter", "--no-pager", group])?
        .expect_code(0)?
        .stdout;
    let mut calls = BTreeSet::new();
    for word in listed
        .lines()
        .skip(1)
        .map(str::trim)
        .filter(|word| !word.starts_with('#') && !word.is_empty())
    {
        match word.strip_prefix('@') {
            Some(_) => calls.append(&mut calls_of(word)?),
            None => {
                calls.insert(word.to_owned());
            }
        }
    }
    Ok(calls)
}

/// The filter cannot be tried without systemd; but every call that a node makes can be seen, and held
/// against it.
#[test]
fn a_node_makes_no_call_that_its_unit_forbids() -> Result<()> {
    let unit = std::fs::read_to_string(checkout().join("deploy/systemd/ohrid-node.service"))?;
    let mut allowed = BTreeSet::new();
    for words in unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="))
    {
        let (words, forbidden) = words
            .strip_prefix('~')
            .map_or((words, false), |words| (words, true));
        for group in words.split_whitespace() {
            let calls = calls_of(group)?;
            if forbidden {
                allowed.retain(|call| !calls.contains(call));
            } else {
                allowed.extend(calls);
            }
        }
    }
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let trace = network.path("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .arg(folder()?.join("ohrid-node"));
    let xa = network.start_under("XA", strace)?;
    let _xb = network.start("XB")?;
    network
        .officer("XA", ["drill", "XB/police", "--wait", "delivered"])?
        .expect_code(0)?;
    signal(&xa, "-HUP")?;
    xa.wait_for_line("the directory is unchanged")?;
    assert_eq!(xa.stop()?, 0);
    let made = std::fs::read_to_string(&trace)?;
    let made: BTreeSet<String> = made
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('('))
        .map(|(name, _)| name.to_owned())
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
        .collect();
    ensure!(made.contains("fdatasync") && made.len() > 20, "{made:?}");
    // Before the filter: systemd itself starts the program.
    let refused: Vec<&String> = made.iter().filter(|call| !allowed.contains(*call)).collect();
    ensure!(
        refused.is_empty(),
        "the unit's SystemCallFilter forbids {refused:?}"
    );
    Ok(())
}
