//! The commands of docs/backup.md are run, as they stand there.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::network::{Network, Reach};
use e2e::programs::{Ended, checkout, folder};
use serde_json::Value;

use super::{seen, send, wait_until};
use crate::witnesses::is_witnessed;

/// The commands of a fenced block.
fn commands(name: &str) -> Result<String> {
    let text = fs::read_to_string(checkout().join("docs/backup.md"))?;
    let opening = format!("```console {name} ");
    let (_, block) = text
        .split_once(&opening)
        .with_context(|| format!("no block {name}"))?;
    let lines = block.split("```").next().unwrap_or_default().lines();
    let commands: Vec<&str> = lines.filter_map(|line| line.strip_prefix("$ ")).collect();
    ensure!(!commands.is_empty(), "nothing in the block {name}");
    Ok(commands.join("\n"))
}

/// Runs commands in a folder.
fn run(place: &Path, commands: &str) -> Result<()> {
    let path = std::env::join_paths(std::iter::once(folder()?).chain(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    )))?;
    let mut shell = Command::new("bash");
    shell.args(["-euc", commands]).current_dir(place);
    shell.env("PATH", path).env("OHRID_OFFICER", "duty officer XA");
    Ended::of(&mut shell)?.expect_code(0)?;
    Ok(())
}

/// The secretariat takes a Party's request, and every node has its directory; those that run read it.
fn directory_with_request(network: &Network, running: &[&str]) -> Result<()> {
    network.sign_change("XA")?;
    for party in ["XA", "XB", "XC"] {
        network.install_directory(party)?;
        if running.contains(&party) {
            network.officer(party, ["node", "reload"])?.expect_code(0)?;
        }
    }
    Ok(())
}

fn origin(status: &Value) -> Result<String> {
    Ok(status["ledger"]["origin"]
        .as_str()
        .context("an origin")?
        .to_owned())
}

/// From the key to the restore; then what was signed after the backup is lost, and the node goes on in
/// another log.
#[test]
fn the_commands_of_the_document_work_as_they_stand() -> Result<()> {
    let place = tempfile::tempdir()?;
    let parties = [
        ("XA", Reach::Dialled),
        ("XB", Reach::Dialled),
        ("XC", Reach::Dialled),
    ];
    let network = Network::of(place.path(), &parties)?;
    let (xa, _xb, _xc) = (network.start("XA")?, network.start("XB")?, network.start("XC")?);
    network.wait_until_connected("XA")?;
    send(&network)?;
    for block in ["backup-key", "backup", "backup-try"] {
        run(place.path(), &commands(block)?)?;
    }
    let before = seen(&network)?;
    send(&network)?;
    let status = wait_until(&network, "XA", is_witnessed)?;
    let old = origin(&status)?;
    run(place.path(), &commands("restore")?)?;
    xa.wait()?;
    let xa = network.start("XA")?;
    xa.wait_for_line("NOTHING IS SIGNED")?;
    ensure!(seen(&network)? == before, "what was copied can be read");
    ensure!(xa.stop()? == 0, "XA stops");

    // The year of the document is not that of the test.
    let year = old.rsplit('/').next().context("a year")?.to_owned();
    let next = (year.parse::<i32>()? + 1).to_string();
    let accept = commands("accept-loss")?.replace("2027", &next);
    run(
        place.path(),
        &accept.replace("/ledger/2026", &format!("/ledger/{year}")),
    )?;
    directory_with_request(&network, &["XB", "XC"])?;
    let xa = network.start("XA")?;
    wait_until(&network, "XA", |status| status["state"] == "ready")?;
    send(&network)?;
    let status = wait_until(&network, "XA", is_witnessed)?;
    let new = origin(&status)?;
    ensure!(new > old, "{new} follows {old}");
    let after = seen(&network)?;
    ensure!(
        before.iter().all(|case| after.contains(case)),
        "a case is missing"
    );
    network.verified_entries("XA")?;
    // It is a node like any other from now on.
    ensure!(xa.stop()? == 0, "XA stops");
    let _xa = network.start("XA")?;
    wait_until(&network, "XA", |status| status["state"] == "ready")?;
    send(&network)?;
    Ok(())
}
