//! `ohrid peer list` and `ohrid peer test`: why a peer cannot be reached, and whose it is to mend.

use std::net::UdpSocket;

use anyhow::Result;
use e2e::network::Network;
use serde_json::Value;

/// The steps of a test, as `name outcome blame`.
fn steps(test: &Value) -> Vec<String> {
    let steps = test["steps"].as_array().expect("steps");
    steps
        .iter()
        .map(|step| {
            let word = |key: &str| step[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", word("step"), word("outcome"), word("blame"))
        })
        .collect()
}

fn tested(network: &Network, party: &str, arguments: &[&str], code: i32) -> Result<Value> {
    let command = ["peer", "test", "--json"]
        .into_iter()
        .chain(arguments.iter().copied());
    network.officer(party, command)?.expect_code(code)?.json()
}

fn listed(network: &Network) -> Result<Value> {
    let listed = network.officer("XA", ["peer", "list", "--json"])?;
    listed.expect_code(0)?.json()
}

#[test]
fn a_test_of_the_way_says_what_works_and_whose_a_fault_is() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let xa = network.start("XA")?;

    // XB's node does not run: nothing answers at its address, and there is nobody to compare with.
    let silent = tested(&network, "XA", &["XB"], 1)?;
    assert_eq!(
        steps(&silent),
        [
            "directory ok -",
            "dns ok -",
            "udp failed network",
            "protocol failed network",
            "directory_version skipped -",
            "clock skipped -",
            "echo skipped -",
            "receipt skipped -",
        ]
    );
    assert_eq!(
        (silent["outcome"].as_str(), silent["blame"].as_str()),
        (Some("failed"), Some("network"))
    );

    // Both run: everything works, and a drill brings a receipt that verifies.
    let xb = network.start("XB")?;
    network.wait_until_connected("XA")?;
    let good = tested(&network, "XA", &["XB", "--receipt"], 0)?;
    assert_eq!(
        steps(&good),
        [
            "directory ok -",
            "dns ok -",
            "udp ok -",
            "tls ok -",
            "protocol ok -",
            "directory_version ok -",
            "clock ok -",
            "echo ok -",
            "receipt ok -",
        ]
    );
    // The test itself disturbs nothing: the connection is the one that stood before. (When both sides have
    // just dialled, one of the two connections takes the other's place, once.)
    let mut undisturbed = 0;
    for _ in 0..3 {
        let since = listed(&network)?[0]["since"].clone();
        tested(&network, "XA", &["--all"], 0)?;
        tested(&network, "XB", &["XA"], 0)?;
        undisturbed += usize::from(listed(&network)?[0]["since"] == since);
    }
    assert!(undisturbed >= 2, "{undisturbed} of 3");
    let peers = listed(&network)?;
    assert_eq!(peers[0]["greeting"]["directory_version"], 1);

    let unknown = network.officer("XA", ["peer", "test", "XZ"])?.expect_code(1)?;
    assert!(
        unknown.stderr.contains("XZ is no other Party of the directory"),
        "{}",
        unknown.stderr
    );
    assert_eq!(xb.stop()?, 0);
    assert_eq!(xa.stop()?, 0);
    Ok(())
}

#[test]
fn a_port_that_swallows_everything_and_a_foreign_certificate_are_told_apart() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let address = listen_address(&network)?;
    let xa = network.start("XA")?;
    let held = UdpSocket::bind(&address)?;
    let swallowed = tested(&network, "XA", &["XB"], 1)?;
    assert_eq!(steps(&swallowed)[2], "udp failed network");
    drop(held);

    // A node of another network answers there, with certificates that this directory does not name.
    let other = tempfile::tempdir()?;
    let foreign = Network::make(other.path())?;
    let file = foreign.node_folder("XB").join("node.toml");
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, text.replace(&listen_address(&foreign)?, &address))?;
    let stranger = foreign.start("XB")?;
    let refused = tested(&network, "XA", &["XB"], 1)?;
    assert_eq!(steps(&refused)[2..4], ["udp ok -", "tls failed theirs"]);
    assert_eq!(refused["blame"], "theirs");
    assert_eq!(stranger.stop()?, 0);
    assert_eq!(xa.stop()?, 0);
    Ok(())
}

/// Where XB's node listens.
fn listen_address(network: &Network) -> Result<String> {
    let text = std::fs::read_to_string(network.node_folder("XB").join("node.toml"))?;
    let address = text
        .lines()
        .find_map(|line| line.strip_prefix("address = \""))
        .and_then(|rest| rest.strip_suffix('"'));
    Ok(address.expect("XB's address").to_owned())
}
