//! kill -9 of either node, at any point of the exchange: it completes, each message is once in each ledger,
//! and the receipt is the same to the last byte.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::network::Network;
use e2e::programs::{Ended, program};
use e2e::running::{PATIENCE, Running};
use e2e::tracing::killing;

/// The calls at which a node is killed, and up to which occurrence after its start. (Thousands of faults,
/// at every call, are a task of their own; these are the calls at which something becomes durable or known.)
const CALLS: [(&str, usize); 2] = [("fdatasync", 3), ("sendmsg", 5)];

/// `[IDEMPOTENT]`, `[RETRY]`, `[DURABLE]`.
#[test]
fn killed_at_any_point_it_completes_with_one_entry_and_one_receipt() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let mut receipts = Receipts::default();
    let mut rounds = 0;
    for victim in ["XB", "XA"] {
        for (call, count) in CALLS {
            let mut reached = Vec::new();
            for nth in 1..=count {
                let point = format!("{victim} killed at {call} number {nth}");
                if round(&network, victim, call, nth, &mut receipts).context(point)? {
                    reached.push(nth);
                }
                rounds += 1;
            }
            // How many calls an exchange takes depends on what arrives together: not every number is reached.
            assert!(!reached.is_empty(), "{victim} was never killed at {call}");
        }
    }
    each_message_is_once_in_each_ledger(&network, rounds)?;
    receipts.check(rounds);
    Ok(())
}

/// One message, while `victim` is killed at the `nth` `call` after its start, and started again. Whether it
/// came to the kill: a node may do with fewer calls.
fn round(network: &Network, victim: &str, call: &str, nth: usize, receipts: &mut Receipts) -> Result<bool> {
    let other = if victim == "XA" { "XB" } else { "XA" };
    let steady = network.start(other)?;
    let doomed = network.spawn_under(victim, killing(call, nth)?)?;
    let sent = if victim == "XB" || doomed.wait_for_line("ready").is_ok() {
        Some(sending(network, &format!("{victim}-{call}-{nth}"))?)
    } else {
        None
    };
    let (killed, first) = ends_first(&doomed, sent.as_ref());
    receipts.read(&doomed.log());
    drop(doomed);
    let restarted = network.start(victim)?;
    // The same command again, with the same key, is the same request: nothing is sent twice.
    let again = sending(network, &format!("{victim}-{call}-{nth}"))?;
    again
        .recv_timeout(PATIENCE)
        .context("the request is not delivered")?
        .expect_code(0)?;
    if let (Some(sent), None, "XB") = (sent, &first, victim) {
        sent.recv_timeout(PATIENCE)
            .context("the first command does not end")?
            .expect_code(0)?;
    }
    for node in [steady, restarted] {
        receipts.read(&node.log());
        if node.stop()? != 0 {
            bail!("a node did not stop in order");
        }
    }
    Ok(killed)
}

/// `ohrid request send … --wait consigned` in a thread, with an idempotency key made from `name`.
fn sending(network: &Network, name: &str) -> Result<mpsc::Receiver<Ended>> {
    let mut command = program("ohrid")?;
    command
        .arg("--no-input")
        .arg("--dir")
        .arg(network.node_folder("XA"))
        .args(["request", "send"]);
    command
        .arg(Network::example_request())
        .args(["--to", "XB/police", "--wait", "consigned", "--json"]);
    command.args(["--timeout", "60s", "--idempotency-key", &key(name)]);
    command.env("OHRID_OFFICER", "duty officer");
    let (ended, sent) = mpsc::channel();
    thread::spawn(move || Ended::of(&mut command).map(|end| ended.send(end)));
    Ok(sent)
}

/// A UUID that depends on `name` only (version 4 in form).
fn key(name: &str) -> String {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    let mut word = || {
        for byte in name.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{state:016x}")
    };
    let hex = word() + &word();
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

/// Waits until the node has ended, or the message is through; whether it was the node, and how the command
/// ended if it did.
fn ends_first(doomed: &Running, sent: Option<&mpsc::Receiver<Ended>>) -> (bool, Option<Ended>) {
    let Some(sent) = sent else { return (true, None) };
    loop {
        if doomed.has_ended() {
            return (true, None);
        }
        if let Ok(ended) = sent.recv_timeout(Duration::from_millis(20)) {
            // A command that fails has lost its node: the end of that may take a moment to be seen.
            let killed = if ended.code == 0 {
                doomed.has_ended()
            } else {
                doomed.wait_for_end().is_ok()
            };
            return (killed, Some(ended));
        }
    }
}

/// Exports both ledgers, has them verified, and counts.
fn each_message_is_once_in_each_ledger(network: &Network, messages: usize) -> Result<()> {
    let nodes = [network.start("XA")?, network.start("XB")?];
    let counts = [network.verified_entries("XA")?, network.verified_entries("XB")?];
    drop(nodes);
    for (party, kind) in [(0, "submitted"), (0, "delivered"), (1, "received")] {
        assert_eq!(counts[party][kind], messages, "{kind}: {counts:?}");
    }
    Ok(())
}

/// The digests of the receipts of each message, as both nodes log them when they issue or verify one.
#[derive(Default)]
struct Receipts(BTreeMap<String, BTreeSet<String>>);

impl Receipts {
    fn read(&mut self, log: &str) {
        for line in log.lines() {
            let field = |name: &str| {
                let rest = line.split(&format!("{name}=")).nth(1)?;
                Some(rest.split_whitespace().next()?.trim_matches('"').to_owned())
            };
            if let (Some(message), Some(receipt)) = (field("message"), field("receipt")) {
                self.0.entry(message).or_default().insert(receipt);
            }
        }
    }

    /// One receipt for each message, however often it was issued.
    fn check(&self, messages: usize) {
        assert_eq!(self.0.len(), messages);
        for (message, digests) in &self.0 {
            assert_eq!(
                digests.len(),
                1,
                "message {message} has several receipts: {digests:?}"
            );
        }
    }
}

/// The whole network goes down at once, in the middle.
#[test]
fn both_killed_at_once_and_started_again_it_completes() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let xa = network.start("XA")?;
    // XB is not there yet: the message waits in the outbox.
    let request = Network::example_request();
    let arguments = [
        "request",
        "send",
        &request.to_string_lossy(),
        "--to",
        "XB/police",
        "--json",
    ];
    network.officer("XA", arguments)?.expect_code(0)?;
    xa.kill()?;
    let xb = network.start("XB")?;
    xb.kill()?;
    let _xa = network.start("XA")?;
    let _xb = network.start("XB")?;
    sending(&network, "another")?
        .recv_timeout(PATIENCE)?
        .expect_code(0)?;
    each_message_arrives(&network, 2)
}

/// Waits until XB's inbox has `count` messages: the command line waits by itself for what it sent.
fn each_message_arrives(network: &Network, count: usize) -> Result<()> {
    let inbox = network
        .officer("XB", ["inbox", "--json"])?
        .expect_code(0)?
        .json()?;
    let received = inbox.as_array().map_or(0, Vec::len);
    assert_eq!(received, count, "{inbox}");
    Ok(())
}

/// Two nodes on one folder: the second is refused, and says why.
#[test]
fn a_second_node_on_the_same_folder_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _xa = network.start("XA")?;
    let second = network.spawn_under("XA", Command::new(e2e::programs::folder()?.join("ohrid-node")))?;
    let log = second.wait_for_line("lock")?;
    assert_ne!(second.wait()?, 0, "{log}");
    Ok(())
}
