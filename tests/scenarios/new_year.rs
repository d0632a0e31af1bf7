//! A year ends under two running nodes: a new log begins by itself, and everything else goes on. What lies in
//! the
//! old log keeps its receipts, both logs verify, and one is seen to follow the other.
//!
//! The nodes go by the directory, not by the calendar: its key for the next log has a first moment, which is
//! that
//! of a year as a rule, and here a few seconds away.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use e2e::network::{Network, Reach};
use e2e::programs::{Ended, program};
use e2e::running::PATIENCE;
use e2e::speaker::{Persona, Speaker, writing};
use protocol::frame::Frame;
use protocol::receipt::SignedReceipt;
use serde_json::Value;

/// How long after its request the next log begins: longer than the directory needs to be everywhere here.
const BEGINS_IN: &str = "4s";

/// Each Party names its next log; the secretariat takes both requests and signs, and both nodes have it.
fn name_next_logs(network: &Network) -> Result<()> {
    let secretariat = network.path("secretariat");
    let secretariat = secretariat.to_string_lossy();
    for party in ["XA", "XB"] {
        let line = ["key", "rotate", "ledger", "--next-log", "2099", "--in", BEGINS_IN];
        network.officer(party, line)?.expect_code(0)?;
        let request = network.node_folder(party).join("change-request.cose");
        let request = request.to_string_lossy();
        network.ohrid(["directory", "merge", "--dir", &secretariat, &request])?;
    }
    network.ohrid(["directory", "sign", "--dir", &secretariat, "--expires-in", "30d"])?;
    for party in ["XB", "XA"] {
        network.install_directory(party)?;
        network.officer(party, ["node", "reload"])?.expect_code(0)?;
    }
    Ok(())
}

fn origin(network: &Network, party: &str) -> Result<String> {
    let status = network
        .officer(party, ["node", "status", "--json"])?
        .expect_code(0)?
        .json()?;
    Ok(status["ledger"]["origin"]
        .as_str()
        .context("an origin")?
        .to_owned())
}

fn send(network: &Network) -> Result<Ended> {
    let request = Network::example_request();
    let request = request.to_string_lossy();
    network.officer(
        "XA",
        [
            "request",
            "send",
            &request,
            "--to",
            "XB/police",
            "--wait",
            "consigned",
            "--json",
        ],
    )
}

fn receipt_origin(sent: Ended) -> Result<String> {
    let status = sent.expect_code(0)?.json()?;
    let origin = status["to"][0]["receipt"]["origin"].as_str();
    Ok(origin.with_context(|| format!("{status:#}"))?.to_owned())
}

/// Sends messages without a pause until one is receipted in the new log; gives the logs of all receipts.
fn send_through_the_turn(network: &Network) -> Result<Vec<String>> {
    let deadline = Instant::now() + PATIENCE;
    let mut origins = Vec::new();
    loop {
        origins.push(receipt_origin(send(network)?)?);
        let is_new = |origin: &String| origin.ends_with("/2099");
        if origins.last().is_some_and(is_new) && origin(network, "XA")?.ends_with("/2099") {
            return Ok(origins);
        }
        ensure!(Instant::now() < deadline, "no new log: {origins:?}");
    }
}

/// Exports one log of XB's, and what `ohrid-verify` says of it.
fn verified(network: &Network, log: &str, previous: Option<&PathBuf>) -> Result<(PathBuf, Value)> {
    let export = network.path(&format!("export/xb-{log}"));
    let output = export.to_string_lossy();
    let line = ["ledger", "export", "--log", log, "--output", &output];
    network.officer("XB", line)?.expect_code(0)?;
    let mut command = program("ohrid-verify")?;
    command.arg("ledger").arg(&export).arg("--json");
    if let Some(previous) = previous {
        command.arg("--previous").arg(previous);
    }
    Ok((export, Ended::of(&mut command)?.expect_code(0)?.json()?))
}

/// `[IDEMPOTENT]` A peer's first receipt, of the old log, after the turn of the year and after a restart.
#[test]
fn a_year_ends_under_load_and_both_its_logs_verify() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let parties = [
        ("XA", Reach::Dialled),
        ("XB", Reach::Dialled),
        ("XC", Reach::DialsOnly),
    ];
    let network = Network::of(folder.path(), &parties)?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    let asker = Asker::new(&network)?;
    let first = asker.ask(&network)?;
    let old = origin(&network, "XB")?;
    let old = old.rsplit('/').next().context("a year")?.to_owned();

    name_next_logs(&network)?;
    let origins =
        send_through_the_turn(&network).with_context(|| format!("XA:\n{}\nXB:\n{}", xa.log(), xb.log()))?;
    let turned = origins.iter().position(|origin| origin.ends_with("/2099"));
    let turned = turned.context("the turn")?;
    ensure!(
        origins[turned..].iter().all(|origin| origin.ends_with("/2099")),
        "the old log goes on: {origins:?}"
    );
    ensure!(
        asker.ask(&network)? == first,
        "another first receipt in the new year"
    );
    ensure!(xb.stop()? == 0);
    let _xb = network.start("XB")?;
    ensure!(
        asker.ask(&network)? == first,
        "another first receipt after the restart"
    );
    ensure!(receipt_origin(send(&network)?)?.ends_with("/2099"));

    network.publish_trust_anchor()?;
    let (folder, ended) = verified(&network, &old, None)?;
    assert!(ended["entries"]["received"].as_u64() > Some(0), "{ended:#}");
    let (_, begun) = verified(&network, "2099", Some(&folder))?;
    assert_eq!(begun["entries"]["log-begun"], 1, "{begun:#}");
    let logs = network
        .officer("XB", ["ledger", "logs", "--json"])?
        .expect_code(0)?
        .json()?;
    assert_eq!(logs[0]["state"], "ended", "{logs:#}");
    assert_eq!(logs[1]["first"], logs[0]["size"], "{logs:#}");
    Ok(())
}

/// XC, by hand: the same envelope, and the receipt that XB gives for it.
struct Asker {
    runtime: tokio::runtime::Runtime,
    speaker: Speaker,
    envelope: Frame,
}

impl Asker {
    fn new(network: &Network) -> Result<Self> {
        let runtime = tokio::runtime::Runtime::new()?;
        let speaker = runtime.block_on(async { Speaker::of(Persona::of(network, "XC")?) })?;
        let to = Persona::of(network, "XB")?.office()?;
        let payload = writing::rubbish(2_000)?;
        let header = speaker.persona().header(&to, &payload)?;
        let envelope = speaker.persona().envelope(&header, payload);
        Ok(Self {
            runtime,
            speaker,
            envelope,
        })
    }

    fn ask(&self, network: &Network) -> Result<SignedReceipt> {
        let address = network.listen_address("XB")?;
        self.runtime.block_on(async {
            let line = self.speaker.connect(address).await?;
            let Frame::Receipt(receipt) = line.ask(&self.envelope).await? else {
                anyhow::bail!("no receipt");
            };
            line.connection.close(0u32.into(), b"");
            Ok(receipt)
        })
    }
}
