//! `[ROLLBACK]` A store that was put back from an old backup, and two nodes with one key: nothing is signed
//! that contradicts what was signed before, what proves it is kept, and it is said what mends it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::network::{Network, free_address};
use serde_json::Value;

use super::witnesses::{is_witnessed, send, verify_fork, wait_until};

/// Copies a folder as a backup program would.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    let copied = Command::new("cp").arg("-a").args([from, to]).status()?;
    ensure!(copied.success(), "cp -a {} {}", from.display(), to.display());
    Ok(())
}

fn refuses(status: &Value) -> bool {
    status["state"] == "read_only" && status["witness"]["signing"] == "refused"
}

/// It refuses to sign, says so everywhere, and shows what it has.
fn signs_nothing(network: &Network, proofs: usize) -> Result<()> {
    let status = wait_until(network, "XA", refuses)?;
    let size = &status["ledger"]["size"];
    network.officer("XA", ["node", "status"])?.expect_code(1)?;
    network
        .officer("XA", ["case", "list", "--json"])?
        .expect_code(0)?;
    let request = Network::example_request();
    let arguments = [
        "request",
        "send",
        &request.to_string_lossy(),
        "--to",
        "XB/police",
        "--json",
    ];
    let refused = network.officer("XA", arguments)?;
    ensure!(
        refused.code != 0 && refused.stdout.contains("not_signing"),
        "{refused:?}"
    );
    let ready = network.officer("XA", ["node", "status", "--json"])?.json()?;
    ensure!(ready["ledger"]["size"] == *size, "{ready:#}");
    let forks = ready["witness"]["forks"].as_array().cloned().unwrap_or_default();
    ensure!(forks.len() == proofs, "{ready:#}");
    for fork in forks {
        let proof = fork["proof"].as_str().context("a proof")?;
        verify_fork(network, "XA", proof)?;
    }
    Ok(())
}

#[test]
fn a_restored_backup_signs_nothing_until_the_newest_data_is_back() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let (xa, _xb) = (network.start("XA")?, network.start("XB")?);
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    ensure!(xa.stop()? == 0, "XA stops");
    let node = network.node_folder("XA");
    let (backup, newest) = (network.path("backup"), network.path("newest"));
    copy(&node, &backup)?;
    let xa = network.start("XA")?;
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    ensure!(xa.stop()? == 0, "XA stops");
    copy(&node, &newest)?;

    // The whole machine: only the witness knows.
    copy(&backup, &node)?;
    let xa = network.start("XA")?;
    xa.wait_for_line("NOTHING IS SIGNED")?;
    signs_nothing(&network, 1)?;
    ensure!(xa.stop()? == 0, "XA stops");

    // The data alone: what was published beside it says so as well, also when nobody can be asked.
    copy(&newest, &node)?;
    copy(&backup.join("data"), &node.join("data"))?;
    let log = network.start("XA")?;
    log.wait_for_line("NOTHING IS SIGNED")?;
    signs_nothing(&network, 0)?;
    ensure!(log.stop()? == 0, "XA stops");

    copy(&newest, &node)?;
    let _xa = network.start("XA")?;
    send(&network)?;
    wait_until(&network, "XA", |status| {
        is_witnessed(status) && status["state"] == "ready"
    })?;
    network.verified_entries("XA")?;
    Ok(())
}

/// A machine was cloned, and both run: the ledger is one until both have signed; then the witness has seen
/// two.
#[test]
fn two_nodes_with_one_key_are_found_out() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let (xa, _xb) = (network.start("XA")?, network.start("XB")?);
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    ensure!(xa.stop()? == 0, "XA stops");
    let clone = Network::in_folder(&network.path("clone"));
    std::fs::create_dir_all(network.path("clone"))?;
    copy(&network.node_folder("XA"), &clone.node_folder("XA"))?;
    let config = clone.node_folder("XA").join("node.toml");
    let text = std::fs::read_to_string(&config)?;
    let listen = network.listen_address("XA")?.to_string();
    std::fs::write(&config, text.replace(&listen, &free_address()?))?;

    let _original = network.start("XA")?;
    let _clone = clone.start("XA")?;
    for machine in [&network, &clone] {
        wait_until(machine, "XA", |status| status["state"] == "ready")?;
        // Taken and recorded, on each; whichever gets through to its witness first is believed.
        let request = Network::example_request();
        let arguments = [
            "request",
            "send",
            &request.to_string_lossy(),
            "--to",
            "XB/police",
            "--json",
        ];
        machine.officer("XA", arguments)?.expect_code(0)?;
    }
    // One of the two learns of it, keeps both heads, and signs nothing more.
    let deadline = std::time::Instant::now() + e2e::running::PATIENCE;
    loop {
        for machine in [&network, &clone] {
            let status = machine.officer("XA", ["node", "status", "--json"])?.json()?;
            if refuses(&status) {
                let proof = status["witness"]["forks"][0]["proof"].as_str();
                return verify_fork(machine, "XA", proof.context("a proof")?).map(drop);
            }
        }
        ensure!(std::time::Instant::now() < deadline, "both go on");
    }
}
