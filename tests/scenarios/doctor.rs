//! `ohrid node doctor`: what is wrong is found, whether the node runs or not, with the command that mends
//! it; and the file for whoever helps has nothing secret and no names in it.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::network::Network;
use e2e::programs::Ended;
use serde_json::Value;

use super::witnesses::{is_witnessed, send, wait_until};

fn examine(network: &Network, options: &[&str]) -> Result<Ended> {
    let arguments = ["node", "doctor", "--json"]
        .into_iter()
        .chain(options.iter().copied());
    network.officer("XA", arguments)
}

/// One check of a report.
fn check(report: &Value, name: &str) -> Result<Value> {
    let checks = report["checks"].as_array().context("checks")?;
    let found = checks.iter().find(|check| check["check"] == name);
    Ok(found
        .with_context(|| format!("no check {name}: {report:#}"))?
        .clone())
}

/// What is not as it should be.
fn failing(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().into_iter().flatten();
    let failed = checks.filter(|check| check["outcome"] == "failed");
    failed.map(|check| check["check"].to_string()).collect()
}

fn is_well(report: &Value) -> Result<()> {
    ensure!(failing(report).is_empty(), "{report:#}");
    let checks = report["checks"].as_array().context("checks")?;
    for check in checks {
        let is_bad = check["outcome"] == "failed" || check["outcome"] == "warning";
        ensure!(!is_bad || check["mend"].is_string(), "nothing mends {check:#}");
    }
    Ok(())
}

#[test]
fn a_well_node_is_found_well_before_its_start_while_it_runs_and_after() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let before = examine(&network, &[])?.expect_code(0)?.json()?;
    is_well(&before)?;
    ensure!(
        before["running"] == false && check(&before, "ledger")?["outcome"] == "skipped",
        "{before:#}"
    );

    let (xa, _xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    let running = examine(&network, &[])?.expect_code(0)?.json()?;
    is_well(&running)?;
    ensure!(running["running"] == true, "{running:#}");
    for name in [
        "running",
        "peers",
        "witnesses",
        "outbox",
        "keys_in_directory",
        "ledger",
        "forks",
        "versions",
    ] {
        ensure!(check(&running, name)?["outcome"] == "ok", "{name}: {running:#}");
    }
    let backup = check(&running, "backup")?;
    ensure!(backup["outcome"] == "warning", "there was none: {backup:#}");
    let text = network.officer("XA", ["node", "doctor"])?.expect_code(0)?.stdout;
    ensure!(text.contains("mend: ohrid node backup --to DIR"), "{text}");

    ensure!(xa.stop()? == 0, "XA stops");
    let deep = examine(&network, &["--deep"])?.expect_code(0)?.json()?;
    is_well(&deep)?;
    ensure!(check(&deep, "ledger_deep")?["outcome"] == "ok", "{deep:#}");
    Ok(())
}

/// The command of a check is run as it stands there, and mends it.
#[test]
fn what_is_wrong_is_found_and_the_command_mends_it() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let folder = network.node_folder("XA");
    let seed = folder.join("keys/envelope.seed");
    fs::set_permissions(&seed, fs::Permissions::from_mode(0o644))?;
    let report = examine(&network, &[])?.expect_code(1)?.json()?;
    let mend = check(&report, "secrets")?;
    let mend = mend["mend"].as_str().context("what mends it")?;
    ensure!(mend == format!("chmod 600 {}", seed.display()), "{mend}");
    ensure!(
        Command::new("sh").args(["-c", mend]).status()?.success(),
        "{mend}"
    );
    is_well(&examine(&network, &[])?.expect_code(0)?.json()?)?;

    let address = network.listen_address("XA")?;
    let taken = UdpSocket::bind(address)?;
    let report = examine(&network, &[])?.expect_code(1)?.json()?;
    ensure!(failing(&report) == ["\"ports\""], "{report:#}");
    drop(taken);

    let directory = folder.join("directory.cose");
    let signed = fs::read(&directory)?;
    let mut changed = signed.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(&directory, changed)?;
    let report = examine(&network, &[])?.expect_code(1)?.json()?;
    ensure!(failing(&report) == ["\"directory\""], "{report:#}");
    fs::write(&directory, signed)?;

    let other = network.node_folder("XB").join("keys/ledger.seed");
    let own = fs::read(folder.join("keys/ledger.seed"))?;
    fs::copy(&other, folder.join("keys/ledger.seed"))?;
    let report = examine(&network, &[])?.expect_code(1)?.json()?;
    ensure!(failing(&report) == ["\"keys_in_directory\""], "{report:#}");
    fs::write(folder.join("keys/ledger.seed"), own)?;

    let config = folder.join("node.toml");
    let text = fs::read_to_string(&config)?;
    fs::write(&config, text.replace("[listen]", "[lisen]"))?;
    let report = examine(&network, &[])?.expect_code(1)?.json()?;
    ensure!(failing(&report) == ["\"config\""], "{report:#}");
    fs::write(&config, text)?;
    is_well(&examine(&network, &[])?.expect_code(0)?.json()?)
}

/// The first file below a folder.
fn first_file(folder: &Path) -> Result<PathBuf> {
    let mut names: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    names.sort();
    let first = names.into_iter().next().context("a file")?;
    if first.is_dir() {
        first_file(&first)
    } else {
        Ok(first)
    }
}

#[test]
fn a_damaged_ledger_is_found_by_the_deep_look() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    ensure!(xa.stop()? == 0 && xb.stop()? == 0, "they stop");
    let segment = first_file(&network.node_folder("XA").join("data/journal"))?;
    let mut bytes = fs::read(&segment)?;
    let place = bytes
        .windows(8)
        .position(|window| window == b"ohbatch1")
        .context("a batch")?;
    bytes[place + 200] ^= 1;
    fs::write(&segment, bytes)?;
    let report = examine(&network, &["--deep"])?.expect_code(1)?.json()?;
    ensure!(
        failing(&report).contains(&"\"ledger_deep\"".to_owned()),
        "{report:#}"
    );
    Ok(())
}

/// All texts of a document that are no words of ours and long enough to be known again.
fn texts(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        toml::Value::String(text) if text.len() >= 12 && text.contains(' ') => found.push(text.clone()),
        toml::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        toml::Value::Table(values) => values.iter().for_each(|(_, value)| texts(value, found)),
        _ => {}
    }
}

#[test]
fn nothing_secret_and_no_name_is_in_the_file_for_whoever_helps() -> Result<()> {
    const OFFICER: &str = "Canary Officeroff";
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let folder = network.node_folder("XA");
    // The log of the node, with names, addresses and a path in it, as a careless line would have them.
    let address = network.listen_address("XA")?.to_string();
    let careless = format!(
        "{OFFICER} wrote to XB/police at {address} from {}\nnode.xb.example is away\n",
        folder.display()
    );
    fs::write(folder.join("node.log"), careless)?;
    let (_xa, _xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    network
        .officer("XA", ["officer", "add", OFFICER, "--role", "officer"])?
        .expect_code(0)?;
    network
        .officer("XA", ["officer", "add", "duty officer XA", "--role", "officer"])?
        .expect_code(0)?;
    send(&network)?;
    let bundle = network.path("support.json");
    examine(&network, &["--bundle", &bundle.to_string_lossy()])?.expect_code(0)?;
    let text = fs::read_to_string(&bundle)?;

    let mut canaries = vec![
        OFFICER.to_owned(),
        "Officeroff".to_owned(),
        "duty officer".to_owned(),
    ];
    canaries.extend([
        address,
        "node.xa.example".to_owned(),
        "node.xb.example".to_owned(),
    ]);
    canaries.extend(["police".to_owned(), folder.display().to_string()]);
    for name in ["envelope.seed", "ledger.seed", "witness.seed", "openpgp.password"] {
        canaries.push(
            fs::read_to_string(folder.join("keys").join(name))?
                .trim()
                .to_owned(),
        );
    }
    for name in ["tls.key.pem", "openpgp/police.key.asc"] {
        let lines = fs::read_to_string(folder.join("keys").join(name))?;
        canaries.extend(lines.lines().filter(|line| line.len() > 20).map(str::to_owned));
    }
    let request: toml::Table = fs::read_to_string(Network::example_request())?.parse()?;
    texts(&toml::Value::Table(request), &mut canaries);
    ensure!(canaries.len() > 30, "{canaries:?}");
    for canary in &canaries {
        ensure!(!text.contains(canary), "{canary:?} is in it:\n{text}");
    }
    let support: Value = serde_json::from_str(&text)?;
    ensure!(support["log"].as_array().map(Vec::len) == Some(2), "{support:#}");
    ensure!(
        support["config"]["witness"]["start_wait_seconds"] == 1,
        "{support:#}"
    );
    let has = |metric: &Value| metric.as_str().is_some_and(|line| line.starts_with("ohrid_"));
    ensure!(
        support["metrics"].as_array().into_iter().flatten().any(has),
        "{support:#}"
    );
    let mode = fs::metadata(&bundle)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "{mode:o}");
    // It is not written over.
    examine(&network, &["--bundle", &bundle.to_string_lossy()])?.expect_code(1)?;
    Ok(())
}
