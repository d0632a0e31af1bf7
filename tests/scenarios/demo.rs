//! The demo is what a newcomer runs first: it must end well, and leave what it says it leaves.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use e2e::network::Network;
use e2e::programs::{Ended, checkout, program};

/// Runs `ohrid demo --dir DIR`, and gives its transcript.
pub fn demo(folder: &Path) -> Result<Ended> {
    Ended::of(
        program("ohrid")?
            .args(["demo", "--no-input", "--dir"])
            .arg(folder),
    )?
    .expect_code(0)
}

#[test]
fn the_demo_ends_well_and_outsiders_agree() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let transcript = demo(folder.path())?;
    let said = transcript.stdout.clone() + &transcript.stderr;
    for step in [
        "receipt",
        "consign",
        "acknowledge",
        "preserv",
        "ohrid-verify",
        "openssl",
        "To look further",
    ] {
        assert!(
            said.contains(step),
            "the transcript does not speak of \"{step}\":\n{said}"
        );
    }
    for party in ["xa", "xb"] {
        let export = folder.path().join("export").join(party);
        assert!(folder.path().join(party).join("node.toml").is_file());
        assert!(export.join("checkpoint").is_file());
        let vkey = std::fs::read_to_string(folder.path().join(format!("export/{party}.vkey")))?;
        assert_eq!(vkey.lines().count(), 1, "one line: {vkey}");
        Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export))?.expect_code(0)?;
        outsiders_check(&export, &folder.path().join(format!("export/{party}.vkey")))?;
    }
    Ok(())
}

#[test]
fn the_demo_runs_a_network_and_every_ledger_says_what_was_sent() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().to_string_lossy();
    let ohrid =
        |arguments: &[&str]| Ended::of(program("ohrid")?.args(["demo", "--no-input"]).args(arguments));
    let report = ohrid(&["--countries", "3", "--json", "--dir", &dir])?
        .expect_code(0)?
        .json()?;
    let countries = report["countries"].as_array().context("countries")?;
    assert_eq!(countries.len(), 3, "{report:#}");
    let sum = |what: &str| -> u64 { countries.iter().filter_map(|one| one[what].as_u64()).sum() };
    // Each to its neighbour, one to two others, an emergency, and two to the one that was away.
    assert_eq!(
        (sum("sent"), sum("receipts"), sum("received")),
        (8, 8, 8),
        "{report:#}"
    );
    assert!(report["running"].as_array().is_some_and(Vec::is_empty));
    for party in ["xa", "xb", "xc"] {
        let export = folder.path().join("export").join(party);
        Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export))?.expect_code(0)?;
    }
    for count in ["1", "31", "ten"] {
        ohrid(&["--countries", count])?.expect_code(2)?;
    }
    Ok(())
}

/// The checkpoint with plain openssl, by a script that shares no code with ours.
fn outsiders_check(export: &Path, vkey: &Path) -> Result<()> {
    let script = checkout().join("tests/python/check_checkpoint.sh");
    Ended::of(
        Command::new("sh")
            .arg(&script)
            .arg(export.join("checkpoint"))
            .arg(vkey),
    )?
    .expect_code(0)?;
    let damaged = export.parent().unwrap_or(export).join("damaged-checkpoint");
    let text = std::fs::read_to_string(export.join("checkpoint"))?;
    std::fs::write(&damaged, text.replacen("ledger", "lodger", 1))?;
    let ended = Ended::of(Command::new("sh").arg(&script).arg(&damaged).arg(vkey))?;
    assert_ne!(ended.code, 0, "a damaged checkpoint is not believed");
    Ok(())
}

/// A proof that a node gives out, checked in Python that shares no code with ours, and no longer after one
/// bit of the entry has changed.
#[test]
fn an_outsider_checks_a_proof_in_python() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _xa = network.start("XA")?;
    let _xb = network.start("XB")?;
    let request = Network::example_request();
    let arguments = [
        "request",
        "send",
        &request.to_string_lossy(),
        "--to",
        "XB/police",
        "--wait",
        "consigned",
    ];
    network.officer("XA", arguments)?.expect_code(0)?;
    network.verified_entries("XB")?;
    let proof = network.path("received.tlog-proof");
    let index = 1;
    let arguments = [
        "ledger",
        "proof",
        &index.to_string(),
        "--output",
        &proof.to_string_lossy(),
    ];
    network.officer("XB", arguments)?.expect_code(0)?;
    let mut entry = entry(&network.path("export/xb/tile/entries"), index)?;
    let leaf = network.path("leaf");
    for (changed, trusted) in [(false, true), (true, false)] {
        entry[40] ^= u8::from(changed);
        std::fs::write(&leaf, &entry)?;
        let mut python = Command::new("python3");
        python
            .arg(checkout().join("tests/python/check_tlog_proof.py"))
            .arg(&proof)
            .arg(&leaf);
        let ended = Ended::of(python.arg(network.path("export/xb.vkey")))?;
        assert_eq!(ended.code == 0, trusted, "{}{}", ended.stdout, ended.stderr);
    }
    Ok(())
}

/// An entry of a small export: its one bundle is a partial one (tlog-tiles: `u16 length || bytes`, repeated).
fn entry(entries: &Path, index: usize) -> Result<Vec<u8>> {
    let partial = std::fs::read_dir(entries.join("000.p"))?
        .next()
        .context("a partial bundle")??;
    let bundle = std::fs::read(partial.path())?;
    let mut rest = bundle.as_slice();
    for _ in 0..index {
        let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
        rest = &rest[2 + length..];
    }
    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    Ok(rest[2..2 + length].to_vec())
}
