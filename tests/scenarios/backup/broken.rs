//! Backups that are not what was written, and targets that are not empty.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use e2e::network::Network;

use super::{Vault, send};

/// A file of the newest set, by the beginning of its name.
fn file_of_newest(sets: &Path, name: &str) -> Result<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(sets)?.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("set.json").exists());
    folders.sort();
    let newest = folders.pop().context("a set")?;
    let files = fs::read_dir(newest)?.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files
        .filter(|file| {
            file.file_name()
                .is_some_and(|found| found.to_string_lossy().starts_with(name))
        })
        .collect();
    files.sort();
    files.pop().with_context(|| format!("a file {name}"))
}

/// Changes a file, sees what comes of it, and puts it back.
fn changed(file: &Path, change: impl Fn(&mut Vec<u8>), see: impl Fn() -> Result<()>) -> Result<()> {
    let before = fs::read(file)?;
    let mut bytes = before.clone();
    change(&mut bytes);
    ensure!(bytes != before, "nothing was changed");
    fs::write(file, bytes)?;
    see().with_context(|| file.display().to_string())?;
    Ok(fs::write(file, before)?)
}

#[test]
fn a_backup_that_was_changed_is_refused_and_nothing_is_restored() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let xa = network.start("XA")?;
    let xb = network.start("XB")?;
    send(&network)?;
    let vault = Vault::make(&network)?;
    vault.backup(&[])?.expect_code(0)?;
    send(&network)?;
    ensure!(xa.stop()? == 0 && xb.stop()? == 0, "they stop");
    // Also of a node that does not run.
    vault.backup(&[])?.expect_code(0)?;
    vault.verify()?.expect_code(0)?;
    let to = network.path("restored");

    let refused = |code: i32, word: &str| -> Result<()> {
        for ended in [vault.verify()?, vault.restore(&to, &[])?] {
            let problem = ended.expect_code(code)?.json()?;
            ensure!(problem["code"] == word, "{problem:#}");
        }
        ensure!(!to.exists(), "something was restored");
        Ok(())
    };
    for name in ["pack-", "files.pgp"] {
        let file = file_of_newest(&vault.sets, name)?;
        changed(
            &file,
            |bytes| {
                let place = bytes.len() / 2;
                bytes[place] ^= 1;
            },
            || refused(1, "damaged"),
        )?;
        changed(
            &file,
            |bytes| bytes.truncate(bytes.len() - 1),
            || refused(1, "damaged"),
        )?;
    }
    // A description that fits itself, and was not written by this node.
    let document = file_of_newest(&vault.sets, "set.json")?;
    let elsewhere = |bytes: &mut Vec<u8>| {
        *bytes = String::from_utf8_lossy(bytes)
            .replace("node.xa.example", "node.xc.example")
            .into_bytes();
    };
    changed(&document, elsewhere, || {
        let problem = vault.restore(&to, &[])?.expect_code(1)?.json()?;
        ensure!(problem["code"] == "damaged", "{problem:#}");
        Ok(())
    })?;
    // `[UPGRADE]` One that a later version wrote is told from one that is damaged.
    let later = |bytes: &mut Vec<u8>| {
        *bytes = String::from_utf8_lossy(bytes)
            .replace("ohrid-backup/1", "ohrid-backup/2")
            .into_bytes();
    };
    changed(&document, later, || refused(3, "newer_format"))?;

    another_key_does_not_open_it(&network, &vault, &to)?;
    fs::create_dir(&to)?;
    fs::write(to.join("something"), "of somebody")?;
    let problem = vault.restore(&to, &[])?.expect_code(1)?.json()?;
    ensure!(problem["code"] == "not_empty", "{problem:#}");
    ensure!(fs::read_dir(&to)?.count() == 1, "nothing was put there");
    old_chains_go(&vault)
}

fn another_key_does_not_open_it(network: &Network, vault: &Vault<'_>, to: &Path) -> Result<()> {
    let other = network.path("other-key");
    network.ohrid(["node", "backup", "key", "--output", &other.to_string_lossy()])?;
    let other = Vault {
        network,
        sets: vault.sets.clone(),
        key: other,
    };
    for ended in [other.verify()?, other.restore(to, &[])?] {
        let problem = ended.expect_code(3)?.json()?;
        ensure!(problem["code"] == "key", "{problem:#}");
    }
    ensure!(!to.exists(), "something was restored");
    Ok(())
}

/// Of the chains as many are kept as are asked for, and what is kept is whole.
fn old_chains_go(vault: &Vault<'_>) -> Result<()> {
    let made = vault.backup(&["--full", "--keep", "1"])?.expect_code(0)?.json()?;
    let removed = made["removed"].as_array().context("what was removed")?;
    ensure!(removed.len() == 2, "{made:#}");
    let checked = vault.verify()?.expect_code(0)?.json()?;
    ensure!(checked["sets"].as_array().map(Vec::len) == Some(1), "{checked:#}");
    Ok(())
}
