//! The demo is what a newcomer runs first: it must end well, and leave what it says it leaves.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
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
