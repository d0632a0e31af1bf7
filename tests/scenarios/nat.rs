//! `[NAT]` A node that nobody can dial is fully served over the connection that it opened.

use std::time::Instant;

use anyhow::{Result, ensure};
use e2e::network::{Network, Reach};
use e2e::running::PATIENCE;

/// Sends the example request as an emergency, and waits until it is `reached`, if anything; its case.
fn send(network: &Network, from: &str, to: &str, reached: Option<&str>) -> Result<String> {
    let mut request: toml::Table = std::fs::read_to_string(Network::example_request())?.parse()?;
    request.insert("to".to_owned(), vec![format!("{to}/police")].into());
    if let Some(data) = request.get_mut("data").and_then(toml::Value::as_table_mut) {
        data.insert("territory".to_owned(), to.into());
    }
    let file = network.path("request.toml");
    std::fs::write(&file, toml::to_string(&request)?)?;
    let file = file.to_string_lossy();
    let mut arguments = vec!["request", "send", &file, "--priority", "emergency", "--json"];
    arguments.extend(reached.into_iter().flat_map(|reached| ["--wait", reached]));
    let sent = network.officer(from, arguments)?.expect_code(0)?.json()?;
    Ok(sent["case"].as_str().unwrap_or_default().to_owned())
}

/// Waits until nothing of `party` waits for an answer any more.
fn drained(network: &Network, party: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = network
            .officer(party, ["node", "status", "--json"])?
            .expect_code(0)?
            .json()?;
        if status["outbox_pending"] == 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "something waits for ever: {status:#}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn a_node_that_nobody_can_dial_is_fully_served_nat() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::of(folder.path(), &[("XA", Reach::Dialled), ("XB", Reach::DialsOnly)])?;
    let xa = network.start("XA")?;
    let xb = network.start("XB")?;
    network.wait_until_connected("XA")?;
    let peers = network
        .officer("XA", ["peer", "list", "--json"])?
        .expect_code(0)?
        .json()?;
    let peer = &peers[0];
    assert_eq!(peer["addresses"].as_array().map(Vec::len), Some(0), "{peer:#}");
    assert_eq!(peer["dialled"], "by_peer", "{peer:#}");

    // Requests, reports and answers, both ways, over what XB opened; emergencies too.
    let case = send(&network, "XA", "XB", Some("consigned"))?;
    let answer = [
        "answer",
        "acknowledge",
        &case,
        "--reference",
        "XB-1",
        "--next-steps",
        "We look.",
    ];
    let answer = answer.into_iter().chain(["--wait", "consigned"]);
    network.officer("XB", answer)?.expect_code(0)?;
    send(&network, "XB", "XA", Some("consigned"))?;

    // While XB is away its messages wait; they are there as soon as it comes back.
    xb.kill()?;
    send(&network, "XA", "XB", None)?;
    let xb = network.start("XB")?;
    drained(&network, "XA")?;

    // The connection breaks at the other end: XB notices, and opens another.
    xa.kill()?;
    send(&network, "XB", "XA", None)?;
    let xa = network.start("XA")?;
    drained(&network, "XB")?;
    send(&network, "XA", "XB", Some("consigned"))?;

    for party in ["XA", "XB"] {
        drained(&network, party)?;
        let entries = network.verified_entries(party)?;
        ensure!(entries["expired"].is_null(), "{entries}");
    }
    for node in [xa, xb] {
        assert_eq!(node.stop()?, 0);
    }
    Ok(())
}
