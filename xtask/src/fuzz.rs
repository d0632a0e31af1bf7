//! `cargo xtask fuzz`: the fuzz targets of `fuzz/`, on the toolchain that is there.
//!
//! The compiler's own coverage pass is switched on by flags, as `cargo fuzz` does it without a sanitizer:
//! safe Rust has little for one to find, and a stable toolchain is enough. Targets that need the node or
//! OpenPGP are built only where one of them is wanted.

mod coverage;
mod targets;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::machine;
use crate::run::{Failed, Task, complain, say, target_directory, workspace_root};
use targets::{TARGETS, Target};

/// How long each target runs where nothing else is said.
const SECONDS_DEFAULT: u32 = 300;
/// How long each target runs with `--quick`: those that need neither the node nor OpenPGP, in a minute.
const SECONDS_QUICK: u32 = 4;
/// How many run at the same time.
const AT_ONCE_DEFAULT: u32 = 2;

/// Beside the corpus nothing is longer than this: the parsers' own limits are tested elsewhere.
const INPUT_BYTES_MAX: &str = "-max_len=65536";
/// What takes so many seconds by the clock hangs. Other work may keep the processors busy, so these are many.
const HANGS: &str = "-timeout=60";
/// With `--quick`, so that CI judges a change and not luck: new finds are for the long runs.
const SAME_EACH_TIME: &str = "-seed=1";
/// What is kept in the corpus is shorter, so that a clone stays small.
const KEPT_BYTES_MAX: &str = "-max_len=2048";

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
    targets: Vec<&'static Target>,
    seconds: u32,
    at_once: u32,
    quick: bool,
    keep: bool,
    coverage: bool,
}

/// How the targets are built.
struct Built<'a> {
    flags: &'a str,
    target: PathBuf,
    profile: &'a str,
}

/// Builds the targets and runs each; fails if one finds anything.
pub fn fuzz(options: &[String]) -> Result<(), Failed> {
    let wanted = understand(options)?;
    machine::install_missing(&[machine::TO_BUILD, machine::TO_FUZZ])?;
    if wanted.coverage {
        return coverage::coverage(&wanted.targets);
    }
    let built = Built {
        flags: FLAGS,
        target: target_directory().join("fuzz"),
        profile: "release",
    };
    let programs = programs(&wanted.targets, &built)?;
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    say("target                executed     edges  features  seconds");
    std::thread::scope(|scope| {
        for _ in 0..wanted.at_once {
            scope.spawn(|| {
                while let Some(target) = wanted.targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ran = run(&programs, target, &wanted);
                    if let Err(why) = ran {
                        complain(&format!("{}: {why}", target.name));
                        // Nobody panics while holding it.
                        failed
                            .lock()
                            .unwrap_or_else(std::sync::PoisonError::into_inner)
                            .push(target.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    if failed.is_empty() {
        say(&format!("--- {} targets, nothing found", wanted.targets.len()));
        return Ok(());
    }
    Err(Failed::because(format!(
        "found something: {}; the inputs lie in fuzz/artifacts",
        failed.join(", ")
    )))
}

/// Builds what is wanted; gives the folder with the programs.
fn programs(targets: &[&Target], built: &Built<'_>) -> Result<PathBuf, Failed> {
    let host = host()?;
    let mut task = Task::new("cargo")
        .args(["build", "--locked", "--profile", built.profile])
        .args([
            "--manifest-path",
            "fuzz/Cargo.toml",
            // With a target named, the flags are for the targets only and not for build scripts.
            "--target",
            &host,
        ]);
    let features: BTreeSet<&str> = targets.iter().filter_map(|target| target.feature).collect();
    for feature in features {
        task = task.args(["--features", feature]);
    }
    for target in targets {
        task = task.args(["--bin", target.name]);
    }
    task.environment("RUSTFLAGS", built.flags)
        .environment("CARGO_TARGET_DIR", &built.target.to_string_lossy())
        .run()?;
    let folder = if built.profile == "dev" {
        "debug"
    } else {
        built.profile
    };
    Ok(built.target.join(&host).join(folder))
}

/// New inputs go into `found`, beside the corpus that is checked in, so that a run changes nothing in git,
/// unless what it found is to be kept.
fn run(programs: &Path, target: &Target, wanted: &Wanted) -> Result<(), Failed> {
    let folder = |what: &str| -> Result<PathBuf, Failed> {
        let folder = workspace_root().join("fuzz").join(what).join(target.name);
        std::fs::create_dir_all(&folder).map_err(|error| Failed::because(error.to_string()))?;
        Ok(folder)
    };
    let (found, corpus) = (folder("found")?, folder("corpus")?);
    let artifacts = format!("-artifact_prefix={}/", folder("artifacts")?.display());
    let program = programs.join(target.name).to_string_lossy().into_owned();
    let seeds = target.seeds.iter().map(|seeds| workspace_root().join(seeds));
    let (text, is_good) = Task::new(&program)
        .arg(&found)
        .arg(&corpus)
        .args(seeds)
        .args([
            &format!("-max_total_time={}", wanted.seconds),
            INPUT_BYTES_MAX,
            HANGS,
        ])
        .args(["-rss_limit_mb=2048", "-print_final_stats=1", &artifacts])
        .args(wanted.quick.then_some(SAME_EACH_TIME))
        .capture()?;
    if !is_good {
        let lines: Vec<&str> = text.lines().collect();
        let end = lines[lines.len().saturating_sub(60)..].join("\n");
        return Err(Failed::because(format!("found something:\n{end}")));
    }
    say(&figures(target.name, &text, wanted.seconds));
    if !wanted.keep {
        return Ok(());
    }
    // What reaches something that neither the corpus nor the seeds reach.
    let seeds = target.seeds.iter().map(|seeds| workspace_root().join(seeds));
    let merging = Task::new(&program)
        .arg("-merge=1")
        .arg(KEPT_BYTES_MAX)
        .arg(&corpus);
    let (text, is_good) = merging.args(seeds).arg(&found).capture()?;
    if is_good {
        Ok(())
    } else {
        Err(Failed::because(text))
    }
}

/// One line of the report, of what libFuzzer has said.
fn figures(name: &str, text: &str, seconds: u32) -> String {
    let last = |what: &str| {
        let words = text.lines().rev().find_map(|line| line.split_once(what));
        let number = words.and_then(|(_, rest)| rest.split_whitespace().next());
        number.unwrap_or("-").to_owned()
    };
    let executed = last("stat::number_of_executed_units:");
    let (edges, features) = (last(" cov: "), last(" ft: "));
    format!("{name:<20} {executed:>9} {edges:>9} {features:>9} {seconds:>8}")
}

fn understand(options: &[String]) -> Result<Wanted, Failed> {
    let mut wanted = Wanted {
        targets: Vec::new(),
        seconds: SECONDS_DEFAULT,
        at_once: AT_ONCE_DEFAULT,
        quick: false,
        keep: false,
        coverage: false,
    };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut number = || {
            let number = options.next().and_then(|text| text.parse::<u32>().ok());
            number.filter(|number| *number > 0).ok_or_else(|| {
                Failed::because(format!(
                    "{option} takes a whole number: cargo xtask fuzz {option} 3"
                ))
            })
        };
        match option.as_str() {
            "--quick" => (wanted.seconds, wanted.quick) = (SECONDS_QUICK, true),
            "--seconds" => wanted.seconds = number()?,
            "--at-once" => wanted.at_once = number()?,
            "--keep" => wanted.keep = true,
            "--coverage" => wanted.coverage = true,
            name => match TARGETS.iter().find(|target| target.name == name) {
                Some(target) => wanted.targets.push(target),
                None => {
                    let there: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                    let there = there.join(", ");
                    return Err(Failed::because(format!(
                        "no target \"{name}\"; there are {there}"
                    )));
                }
            },
        }
    }
    if wanted.targets.is_empty() {
        // The node and OpenPGP take minutes to build; unit tests run their functions over the same corpora.
        let quick = |target: &&Target| !wanted.quick || target.feature.is_none();
        wanted.targets = TARGETS.iter().filter(quick).collect();
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
