//! How fast `ohrid-verify` checks an exported ledger: the tree and the form of each entry of a long one, and
//! the signatures of a shorter one.
//!
//! The floor of the first is hashing: each entry once, and about one node of the tree for each. That of the
//! second is checking an Ed25519 signature. The export is read from wherever the folder is; a machine that
//! cannot keep it in its page cache measures its disk.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::figures::rss_peak_mib;
use e2e::programs;
use e2e::synthetic::{DirectoryBeside, SyntheticLedger, example_entry};
use ledger::hash::{leaf_hash, node_hash};

use crate::floors::median_of;
use crate::table::{Row, complain, median_of as median_over};

/// Entries hashed at a time for the floor.
const HASHED_AT_ONCE: u64 = 10_000;

/// The ledger whose signatures are checked is so many times shorter: a signature takes as long as hashing a
/// hundred entries.
const SIGNED_SHARE: u64 = 50;

/// How often the memory of a running check is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// On how many cores a check runs.
#[derive(Clone, Copy)]
enum Cores {
    All,
    One,
}

/// How a check went.
struct Checked {
    took: Duration,
    rss_peak_mib: f64,
}

struct Round {
    hash: Duration,
    signature: Duration,
    all_cores: Checked,
    one_core: Checked,
    signed: Checked,
    signed_on_one_core: Checked,
}

/// The rows of the section.
pub fn measure(folder: &Path, rounds: usize, entries: u64) -> Result<Vec<Row>> {
    let (plain, signed) = (folder.join("plain/xa"), folder.join("signed/xa"));
    let signed_entries = (entries / SIGNED_SHARE).max(1);
    complain(&format!(
        "writing a ledger of {entries} entries, and one of {signed_entries} to check signatures in"
    ));
    for (folder, entries, directory) in [
        (&plain, entries, DirectoryBeside::Absent),
        (&signed, signed_entries, DirectoryBeside::Written),
    ] {
        let folder = folder.clone();
        let ledger = SyntheticLedger {
            folder,
            entries,
            directory,
        };
        ledger.write()?;
    }
    let mut measured = Vec::new();
    for round in 1..=rounds {
        complain(&format!("round {round} of {rounds}"));
        measured.push(Round {
            hash: hash_floor()?,
            signature: signature_floor()?,
            // Without a directory, signatures could not be checked: 3.
            all_cores: check(&plain, Cores::All, 3)?,
            one_core: check(&plain, Cores::One, 3)?,
            signed: check(&signed, Cores::All, 0)?,
            signed_on_one_core: check(&signed, Cores::One, 0)?,
        });
    }
    Ok(rows(&measured, entries, signed_entries))
}

/// Runs the program, and sees to it that it came to `code`.
fn check(export: &Path, cores: Cores, code: i32) -> Result<Checked> {
    let mut command = match cores {
        Cores::All => programs::program("ohrid-verify")?,
        Cores::One => {
            // taskset(1) becomes the program, so its process is the one that is looked at.
            let mut command = Command::new("taskset");
            command
                .args(["--cpu-list", "0"])
                .arg(programs::folder()?.join("ohrid-verify"));
            command
        }
    };
    let begun = Instant::now();
    let mut child = command
        .arg("ledger")
        .arg(export)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting ohrid-verify")?;
    let mut highest: f64 = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        // It may end while it is looked at: what was seen before counts.
        highest = highest.max(rss_peak_mib(child.id()).unwrap_or_default());
        std::thread::sleep(LOOK_EVERY);
    };
    let took = begun.elapsed();
    ensure!(status.code() == Some(code), "ohrid-verify came to {status}");
    Ok(Checked {
        took,
        rss_peak_mib: highest,
    })
}

/// What one entry costs to hash, with its share of the tree.
fn hash_floor() -> Result<Duration> {
    let entry = example_entry(0)?;
    let batch = median_of(5, || {
        let mut above = leaf_hash(&entry);
        for _ in 0..HASHED_AT_ONCE {
            let leaf = leaf_hash(black_box(&entry));
            above = node_hash(&above, &leaf);
        }
        black_box(above);
        Ok(())
    })?;
    Ok(batch / u32::try_from(HASHED_AT_ONCE)?)
}

fn signature_floor() -> Result<Duration> {
    use ed25519_dalek::Signer as _;
    let signing = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let (key, message) = (signing.verifying_key(), [0x5a; 256]);
    let signature = signing.sign(&message);
    median_of(500, || Ok(key.verify_strict(black_box(&message), &signature)?))
}

#[expect(clippy::cast_precision_loss, reason = "numbers of entries are far below 2^53")]
fn rows(rounds: &[Round], entries: u64, signed_entries: u64) -> Vec<Row> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let (entries, signed_entries) = (entries as f64, signed_entries as f64);
    let median = |of: &dyn Fn(&Round) -> f64| median_over(rounds, of);
    let rate = |number: f64, checked: &Checked| number / checked.took.as_secs_f64();
    let seconds = median(&|round| round.all_cores.took.as_secs_f64());
    let one_core = |round: &Round| rate(entries, &round.one_core);
    let signatures = |round: &Round| rate(signed_entries, &round.signed);
    let signatures_on_one = |round: &Round| rate(signed_entries, &round.signed_on_one_core);
    let peak = |round: &Round| round.all_cores.rss_peak_mib.max(round.signed.rss_peak_mib);
    vec![
        Row::of("verify: entries in the ledger", "", entries),
        Row::of(
            "verify: floor, hash an entry and its share of the tree",
            "µs",
            median(&|round| round.hash.as_secs_f64() * 1e6),
        ),
        Row::of("verify: tree and leaves, all cores", "s", seconds).over(seconds / 60.0, "60 s"),
        Row::of("verify: entries/s, one core", "/s", median(&one_core)).over(
            median(&|round| one_core(round) * round.hash.as_secs_f64()),
            "hash floor, one core",
        ),
        Row::of("verify: RSS, peak", "MiB", median(&peak)).over(median(&peak) / 50.0, "50 MiB"),
        Row::of("verify: signatures/s, one core", "/s", median(&signatures_on_one)).over(
            median(&|round| signatures_on_one(round) * round.signature.as_secs_f64()),
            "Ed25519 verify, one core",
        ),
        Row::of("verify: signatures/s, all cores", "/s", median(&signatures)).over(
            median(&|round| signatures(round) * round.signature.as_secs_f64() / cores),
            "Ed25519 verify, all cores",
        ),
    ]
}
