//! `cargo xtask fuzz`: the fuzz targets of `fuzz/`, on the toolchain that is there.
//!
//! The compiler's own coverage pass is switched on by flags, as `cargo fuzz` does it without a sanitizer:
//! safe Rust has little for one to find, and a stable toolchain is enough.

use std::path::{Path, PathBuf};

use crate::machine;
use crate::run::{Failed, Task, complain, target_directory, workspace_root};

/// The targets, files of `fuzz/targets`, and where each finds what to begin with.
const TARGETS: &[(&str, &str)] = &[
    ("message", "fuzz/corpus/message"),
    ("draft", "config/examples"),
    ("log_lines", "fuzz/corpus/log_lines"),
    ("ledger_texts", "fuzz/corpus/ledger_texts"),
    ("witness", "fuzz/corpus/witness"),
    ("proof", "fuzz/corpus/proof"),
    ("tile", "fuzz/corpus/tile"),
    ("entry", "crates/protocol/golden"),
    ("bundle", "fuzz/corpus/bundle"),
    ("time_stamp", "crates/protocol/golden"),
    ("attachment", "crates/protocol/golden"),
    ("directory", "crates/protocol/golden"),
];

/// How long each target runs where nothing else is said.
const SECONDS_DEFAULT: &str = "300";
/// How long each target runs with `--quick`.
const SECONDS_QUICK: &str = "10";

/// Beside the corpus nothing is longer than this: the parsers' own limits are tested elsewhere.
const INPUT_BYTES_MAX: &str = "-max_len=65536";

/// Coverage counters on every edge, comparisons shown to the fuzzer, no branch folded away.
const FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    -Ccodegen-units=1 --cfg fuzzing";

/// What the user asked for.
struct Wanted {
    targets: Vec<&'static (&'static str, &'static str)>,
    seconds: String,
}

/// Builds the targets and runs each; fails if one finds anything.
pub fn fuzz(options: &[String]) -> Result<(), Failed> {
    let wanted = understand(options)?;
    machine::install_missing(&[machine::TO_BUILD, machine::TO_FUZZ])?;
    let host = host()?;
    let target = target_directory().join("fuzz");
    Task::new("cargo")
        .args([
            "build",
            "--release",
            "--locked",
            "--manifest-path",
            "fuzz/Cargo.toml",
        ])
        // With a target named, the flags are for the targets only and not for build scripts.
        .args(["--target", &host])
        .environment("RUSTFLAGS", FLAGS)
        .environment("CARGO_TARGET_DIR", &target.to_string_lossy())
        .run()?;
    let programs = target.join(&host).join("release");
    let mut failed = Vec::new();
    for (name, corpus) in wanted.targets {
        if let Err(why) = run(&programs, name, corpus, &wanted.seconds) {
            complain(&format!("{name}: {why}"));
            failed.push(*name);
        }
    }
    if failed.is_empty() {
        complain("--- nothing found");
        return Ok(());
    }
    Err(Failed::because(format!(
        "found something: {}; the inputs lie in fuzz/artifacts",
        failed.join(", ")
    )))
}

/// New inputs go into `found`, beside the corpus that is checked in, so that a run changes nothing in git.
fn run(programs: &Path, name: &str, corpus: &str, seconds: &str) -> Result<(), Failed> {
    let folder = |what: &str| -> Result<PathBuf, Failed> {
        let folder = workspace_root().join("fuzz").join(what).join(name);
        std::fs::create_dir_all(&folder).map_err(|error| Failed::because(error.to_string()))?;
        Ok(folder)
    };
    let artifacts = format!("-artifact_prefix={}/", folder("artifacts")?.display());
    Task::new(&programs.join(name).to_string_lossy())
        .arg(folder("found")?)
        .arg(workspace_root().join(corpus))
        .args([
            &format!("-max_total_time={seconds}"),
            INPUT_BYTES_MAX,
            "-timeout=5",
        ])
        .args([
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            "-verbosity=0",
            &artifacts,
        ])
        .run()
}

fn understand(options: &[String]) -> Result<Wanted, Failed> {
    let mut wanted = Wanted {
        targets: Vec::new(),
        seconds: SECONDS_DEFAULT.to_owned(),
    };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--quick" => wanted.seconds = SECONDS_QUICK.to_owned(),
            "--seconds" => {
                let seconds = options.next().filter(|text| text.parse::<u32>().is_ok());
                wanted.seconds = seconds.cloned().ok_or_else(|| {
                    Failed::because("--seconds takes a whole number: cargo xtask fuzz --seconds 60")
                })?;
            }
            name => match TARGETS.iter().find(|(target, _)| *target == name) {
                Some(target) => wanted.targets.push(target),
                None => {
                    let there: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
                    let there = there.join(", ");
                    return Err(Failed::because(format!(
                        "no target \"{name}\"; there are {there}"
                    )));
                }
            },
        }
    }
    if wanted.targets.is_empty() {
        wanted.targets = TARGETS.iter().collect();
    }
    Ok(wanted)
}

/// The machine's own target, as rustc calls it.
fn host() -> Result<String, Failed> {
    let (text, _) = Task::new("rustc").arg("-vV").capture()?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failed::because("rustc -vV does not name its host"))
}
