//! A machine is lost, and the node goes on from its backup: taken while messages flow, encrypted, checked,
//! restored into an empty folder, and held against its witnesses before it signs anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use e2e::network::Network;
use e2e::programs::{Ended, folder};
use e2e::running::{PATIENCE, Running};
use serde_json::Value;

use super::witnesses::{is_witnessed, send, wait_until};

mod broken;
mod document;
mod drill;

/// A folder of sets, and the key that opens them.
pub(super) struct Vault<'a> {
    network: &'a Network,
    pub(super) sets: PathBuf,
    key: PathBuf,
}

impl<'a> Vault<'a> {
    /// Makes a key as an operator would.
    pub(super) fn make(network: &'a Network) -> Result<Self> {
        let key = network.path("backup-key");
        network.ohrid(["node", "backup", "key", "--output", &key.to_string_lossy()])?;
        Ok(Self {
            network,
            sets: network.path("sets"),
            key,
        })
    }

    fn key_file(&self, name: &str) -> String {
        self.key.join(name).to_string_lossy().into_owned()
    }

    /// `ohrid node backup`, with further options.
    pub(super) fn backup(&self, options: &[&str]) -> Result<Ended> {
        let (sets, certificate) = (self.sets.to_string_lossy(), self.key_file("backup.cert.asc"));
        let mut arguments = vec![
            "node",
            "backup",
            "--to",
            &sets,
            "--certificate",
            &certificate,
            "--json",
        ];
        arguments.extend(options);
        self.network.officer("XA", arguments)
    }

    /// `ohrid node backup verify`, with the key.
    pub(super) fn verify(&self) -> Result<Ended> {
        let (sets, key) = (self.sets.to_string_lossy(), self.key_file("backup.key.asc"));
        let password = self.key_file("backup.password");
        let arguments = ["node", "backup", "verify", "--from", &sets, "--key", &key];
        self.network.officer(
            "XA",
            arguments
                .into_iter()
                .chain(["--password-file", &password, "--json"]),
        )
    }

    /// `ohrid node restore` into a folder, with further options.
    pub(super) fn restore(&self, to: &Path, options: &[&str]) -> Result<Ended> {
        let (sets, key) = (self.sets.to_string_lossy(), self.key_file("backup.key.asc"));
        let (to, password) = (to.to_string_lossy(), self.key_file("backup.password"));
        let mut arguments = vec!["node", "restore", "--from", &sets, "--to", &to, "--key", &key];
        arguments.extend(["--password-file", &password, "--json"]);
        arguments.extend(options);
        self.network.officer("XA", arguments)
    }
}

/// The machine is lost, and everything on it.
pub(super) fn lose(network: &Network, node: Running) -> Result<()> {
    node.kill()?;
    Ok(fs::remove_dir_all(network.node_folder("XA"))?)
}

/// What officers see: every case, with its messages.
pub(super) fn seen(network: &Network) -> Result<Vec<Value>> {
    let cases = network
        .officer("XA", ["case", "list", "--json"])?
        .expect_code(0)?
        .json()?;
    let cases = cases.as_array().context("cases")?;
    let one = |case: &Value| {
        let name = case["case"].as_str().context("a case")?;
        let shown = network.officer("XA", ["case", "show", name, "--json"])?;
        Ok(shown.expect_code(0)?.json()?["messages"].clone())
    };
    cases.iter().map(one).collect()
}

/// The files of a folder that hold one of these texts.
fn holding(folder: &Path, texts: &[Vec<u8>]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(holding(&path, texts)?);
            continue;
        }
        let bytes = fs::read(&path)?;
        if texts
            .iter()
            .any(|text| bytes.windows(text.len()).any(|window| window == text))
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn send_with(network: &Network, attachment: &Path) -> Result<()> {
    let request = Network::example_request();
    let (request, attachment) = (request.to_string_lossy(), attachment.to_string_lossy());
    let arguments = [
        "request",
        "send",
        &request,
        "--to",
        "XB/police",
        "--attachment",
        &attachment,
    ];
    network
        .officer("XA", arguments.into_iter().chain(["--wait", "consigned"]))?
        .expect_code(0)?;
    Ok(())
}

/// Full, then only what is new; under load; nothing readable in it; and the node that comes out of it has
/// every case, its witnesses agree, and it goes on in the same ledger.
#[test]
fn a_node_goes_on_from_a_backup_that_was_taken_under_load() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let (xa, _xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    let vault = Vault::make(&network)?;
    let file = network.path("image.bin");
    fs::write(&file, vec![7; 700_000])?;
    send_with(&network, &file)?;

    let is_over = AtomicBool::new(false);
    let (full, next) = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                send(&network)?;
            }
            anyhow::Ok(())
        });
        let full = vault.backup(&[]);
        let next = vault.backup(&[]);
        is_over.store(true, Ordering::Relaxed);
        load.join().map_err(|_| anyhow::anyhow!("the load panicked"))??;
        anyhow::Ok((full?.expect_code(0)?.json()?, next?.expect_code(0)?.json()?))
    })?;
    ensure!(full["set"] == full["chain"], "{full:#}");
    ensure!(next["chain"] == full["set"], "{next:#}");
    ensure!(
        next["new_bytes"].as_u64() < full["new_bytes"].as_u64(),
        "{next:#}"
    );
    wait_until(&network, "XA", is_witnessed)?;
    let before = seen(&network)?;
    let last = vault.backup(&[])?.expect_code(0)?.json()?;
    let checked = vault.verify()?.expect_code(0)?.json()?;
    ensure!(checked["files_opened"] == last["files"], "{checked:#}\n{last:#}");

    // Nobody without the key learns anything.
    let secrets = ["ledger.seed", "openpgp.password", "openpgp/police.key.asc"];
    let keys = network.node_folder("XA").join("keys");
    let mut texts = vec![b"duty officer".to_vec(), vec![7; 64]];
    for name in secrets {
        texts.push(fs::read(keys.join(name))?);
    }
    ensure!(
        holding(&keys, &texts)?.len() == secrets.len(),
        "the search finds them where they are"
    );
    ensure!(holding(&vault.sets, &texts)?.is_empty(), "in the clear");

    lose(&network, xa)?;
    let restored = vault
        .restore(&network.node_folder("XA"), &[])?
        .expect_code(0)?
        .json()?;
    ensure!(restored["heads_agree"].as_u64() > Some(0), "{restored:#}");
    let mark = network.node_folder("XA").join("data/restored");
    ensure!(mark.exists(), "it is known to be restored");
    let _xa = network.start("XA")?;
    wait_until(&network, "XA", |status| status["state"] == "ready")?;
    ensure!(!mark.exists(), "its witnesses have agreed");
    ensure!(seen(&network)? == before, "every case is there");
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    network.verified_entries("XA")?;
    Ok(())
}

fn refuses(status: &Value) -> bool {
    status["state"] == "read_only" && status["witness"]["signing"] == "refused"
}

/// `[ROLLBACK]` What was sent after the backup is lost: the node shows what it has, and signs nothing.
#[test]
fn a_node_that_was_restored_from_an_old_backup_signs_nothing() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    let vault = Vault::make(&network)?;
    vault.backup(&[])?.expect_code(0)?;
    let before = seen(&network)?;
    send(&network)?;
    wait_until(&network, "XA", is_witnessed)?;
    lose(&network, xa)?;

    // Only the witness knows, and nobody can ask it.
    xb.kill()?;
    vault.restore(&network.node_folder("XA"), &[])?.expect_code(0)?;
    let xa = network.start("XA")?;
    xa.wait_for_line("this store was restored from a backup")?;
    xa.wait_for_line("nothing is signed before more witnesses were reached")?;
    let waiting = network.officer("XA", ["node", "status", "--json"])?;
    let waiting = waiting.expect_code(75)?.json()?;
    ensure!(
        waiting.to_string().contains("\"signing\":\"waiting\""),
        "{waiting:#}"
    );

    let _xb = network.start("XB")?;
    xa.wait_for_line("NOTHING IS SIGNED")?;
    wait_until(&network, "XA", refuses)?;
    ensure!(seen(&network)? == before, "what was copied can be read");
    ensure!(
        network.node_folder("XA").join("data/restored").exists(),
        "nobody has agreed"
    );
    Ok(())
}

/// A backup that is killed leaves no set, and is not in the way of the next one.
#[test]
fn a_backup_that_is_killed_leaves_nothing_that_looks_whole() -> Result<()> {
    let place = tempfile::tempdir()?;
    let network = Network::make(place.path())?;
    let _nodes = (network.start("XA")?, network.start("XB")?);
    let file = network.path("image.bin");
    fs::write(&file, vec![9; 2_000_000])?;
    send_with(&network, &file)?;
    let vault = Vault::make(&network)?;
    let mut killed = 0;
    for delay in 0..4_u32 {
        let certificate = vault.key_file("backup.cert.asc");
        let mut command = std::process::Command::new(folder()?.join("ohrid-node"));
        command
            .arg("--config")
            .arg(network.node_folder("XA").join("node.toml"));
        command
            .args(["backup", "--full", "--certificate", &certificate, "--to"])
            .arg(&vault.sets);
        let running = Running::start(&mut command)?;
        // Further in each time: after so many files on its stage.
        let deadline = Instant::now() + PATIENCE;
        while !running.has_ended() && files_on_stage(&vault.sets) < usize::try_from(delay % 4)? + 1 {
            ensure!(Instant::now() < deadline, "it does nothing");
        }
        running.kill()?;
        let all = fs::read_dir(&vault.sets).into_iter().flatten().flatten();
        let names: Vec<String> = all
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        killed += usize::from(names.iter().any(|name| name.starts_with(".making-")));
        if names.iter().any(|name| !name.starts_with('.')) {
            // It was quicker: then it is whole.
            vault.verify()?.expect_code(0)?;
        }
    }
    ensure!(killed > 0, "none was killed in time");
    vault.backup(&[])?.expect_code(0)?;
    vault.verify()?.expect_code(0)?;
    vault
        .restore(&network.path("tried"), &["--try"])?
        .expect_code(0)?;
    ensure!(!network.path("tried").exists(), "it was only tried");
    let left = fs::read_dir(&vault.sets)?.flatten();
    let left = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".making-"));
    ensure!(left.count() == 0, "what was never finished is gone");
    Ok(())
}

fn files_on_stage(sets: &Path) -> usize {
    let stages = fs::read_dir(sets).into_iter().flatten().flatten();
    let stages = stages.filter(|entry| entry.file_name().to_string_lossy().starts_with(".making-"));
    stages
        .map(|stage| fs::read_dir(stage.path()).into_iter().flatten().count())
        .sum()
}
