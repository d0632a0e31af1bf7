//! One byte changed anywhere in an exported ledger is found, and its index named.

use std::path::{Path, PathBuf};

use anyhow::Result;
use e2e::programs::{Ended, program};

use crate::demo::demo;

/// Bytes tried in each file: every byte of small ones, and evenly spread ones of the others. (A test of
/// `ohrid-verify`'s own flips every byte; this one shows it on the program and on a real export.)
const TRIED_IN_A_FILE: usize = 24;

#[test]
fn one_changed_byte_is_found_and_its_index_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    demo(folder.path())?;
    let export = folder.path().join("export/xb");
    let mut tried = 0;
    for file in files(&export)? {
        let original = std::fs::read(&file)?;
        let step = (original.len() / TRIED_IN_A_FILE).max(1);
        for at in (0..original.len()).step_by(step) {
            let mut changed = original.clone();
            changed[at] ^= 1 << (at % 8);
            std::fs::write(&file, &changed)?;
            let ended = Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export))?;
            let said = ended.stdout + &ended.stderr;
            let place = format!("{} byte {at}:\n{said}", file.display());
            assert_eq!(ended.code, 1, "{place}");
            assert!(
                said.contains("index") || said.contains("entry") || said.contains("entries"),
                "{place}"
            );
            tried += 1;
        }
        std::fs::write(&file, &original)?;
    }
    assert!(tried > 50, "only {tried} bytes were tried");
    Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export))?.expect_code(0)?;
    Ok(())
}

#[test]
fn without_a_key_it_could_not_check_which_is_not_invalid() -> Result<()> {
    let folder = tempfile::tempdir()?;
    demo(folder.path())?;
    std::fs::remove_file(folder.path().join("export/xa.vkey"))?;
    let export = folder.path().join("export/xa");
    Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export))?.expect_code(3)?;
    Ended::of(
        program("ohrid-verify")?
            .arg("ledger")
            .arg(folder.path().join("nowhere")),
    )?
    .expect_code(3)?;
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() { &mut folders } else { &mut found }.push(path);
        }
    }
    found.sort();
    Ok(found)
}
