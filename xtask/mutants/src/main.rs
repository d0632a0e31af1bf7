//! What the tests do not notice: `cargo xtask mutants [CRATE...] [--only PART] [--quick] [--again] [--alone]
//! [--jobs N]`.
//!
//! cargo-mutants makes the list of mutants. It would build the crate anew for each, which takes hours; here
//! all mutants of a crate are written into one source, behind a switch, and built once. Then each mutant is
//! switched on by an environment variable, and only the tests that reach its function run.
//!
//! A crate is tested by itself: what tests of other crates would notice does not count.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program talks to a person"
)]

mod failed;
mod functions;
mod judge;
mod listing;
mod report;
mod schemata;
mod splice;
mod tests_of;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use failed::{Failed, Of};
use judge::{Judge, Outcome, Verdict};
use listing::Mutant;
use schemata::Schemata;
use tests_of::Tests;

const USAGE: &str =
    "usage: cargo xtask mutants [CRATE...] [--only PART] [--quick] [--again] [--alone] [--jobs N]

  CRATE    ledger, protocol, seal, store, verify; all but the last, if none is named
  --only   only those in files with this in their name; of the others the last verdict stands
  --quick  only tests that take less than a second
  --again  only those that were not noticed the last time
  --alone  also those that need a build of their own each: constants, and functions that return `impl Trait`
  --jobs   so many processes at once; as many as there are processors, if nothing is said";

/// The crates that are judged when none is named.
const CRATES: &[&str] = &["ledger", "protocol", "seal", "store"];
/// Packages that are not called like their folder.
const PACKAGES: &[(&str, &str)] = &[("verify", "ohrid-verify")];
/// With `--quick`, tests that take longer are left out.
const QUICK_SECONDS: f64 = 1.0;

/// What the user asked for.
struct Wanted {
    crates: Vec<String>,
    /// Empty for all files.
    only: String,
    quick: bool,
    again: bool,
    alone: bool,
    jobs: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match understand(&arguments).and_then(|wanted| run(&wanted)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("mutants: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn understand(arguments: &[String]) -> Result<Wanted, Failed> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut wanted = Wanted {
        crates: Vec::new(),
        only: String::new(),
        quick: false,
        again: false,
        alone: false,
        jobs: processors,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => wanted.quick = true,
            "--again" => wanted.again = true,
            "--alone" => wanted.alone = true,
            "--only" => wanted.only = arguments.next().cloned().ok_or_else(|| Failed::because(USAGE))?,
            "--jobs" => {
                let jobs = arguments.next().and_then(|text| text.parse().ok());
                wanted.jobs = jobs
                    .filter(|jobs| *jobs > 0)
                    .ok_or_else(|| Failed::because(USAGE))?;
            }
            option if option.starts_with('-') => return Err(Failed::because(USAGE)),
            name => wanted.crates.push(name.to_owned()),
        }
    }
    if wanted.crates.is_empty() {
        wanted.crates = CRATES.iter().map(|name| (*name).to_owned()).collect();
    }
    Ok(wanted)
}

fn run(wanted: &Wanted) -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("..");
    let root = root.canonicalize().of("the workspace's root")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let target = target.join("mutants");
    for name in &wanted.crates {
        one(&root, &target, name, wanted)?;
    }
    Ok(())
}

/// One crate, from the list to the table.
fn one(root: &Path, target: &Path, name: &str, wanted: &Wanted) -> Result<(), Failed> {
    let package = PACKAGES.iter().find(|(folder, _)| *folder == name);
    let package = package.map_or(name, |(_, package)| package);
    let mutants = listing::list(root, package)?;
    let kept = target.join(format!("{name}.json"));
    let goes_on = wanted.again || (!wanted.only.is_empty() && kept.exists());
    let older = if goes_on { read(&kept)? } else { Vec::new() };
    let mut chosen = if wanted.again {
        unnoticed(&mutants, &older)
    } else {
        mutants.clone()
    };
    chosen.retain(|mutant| mutant.file.contains(&wanted.only));
    eprintln!("{name}: {} mutants, {} to be judged", mutants.len(), chosen.len());
    let mut schemata = Schemata::new(root, target, name, package, &chosen)?;
    let program = schemata.build()?;
    let tests = Tests {
        program: program.path.clone(),
        home: schemata.tree.home(),
        scratch: tests_of::scratch(name)?,
    };
    let mut measured = tests.measure(wanted.jobs)?;
    let seconds: f64 = measured.iter().map(|test| test.seconds).sum();
    eprintln!("  {} tests, {seconds:.1} s one after another", measured.len());
    if wanted.quick {
        measured.retain(|test| test.seconds < QUICK_SECONDS);
    }
    let judge = Judge {
        mutants: &chosen,
        program: &program,
        tests: &tests,
        measured: &measured,
        jobs: wanted.jobs,
        // The last write tells of what fails.
        keep: &|verdicts| {
            drop(write(
                &kept,
                &judge::merged(older.clone(), verdicts.to_vec(), &mutants),
            ))
        },
    };
    let mut verdicts = judge.all()?;
    if wanted.alone {
        verdicts.extend(judge.apart(&schemata)?);
    }
    let _ = std::fs::remove_dir_all(&tests.scratch);
    let verdicts = judge::merged(older.clone(), verdicts, &mutants);
    write(&kept, &verdicts)?;
    let survivors = report::survivors(name, &verdicts);
    let listed = kept.with_extension("txt");
    std::fs::write(&listed, &survivors).of(listed.display())?;
    println!("{survivors}\n{}", report::table(name, &verdicts));
    Ok(())
}

fn write(kept: &Path, verdicts: &[Verdict]) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(verdicts).of("verdicts")?;
    std::fs::write(kept, text).of(kept.display())
}

fn read(kept: &Path) -> Result<Vec<Verdict>, Failed> {
    let text = std::fs::read_to_string(kept).of(kept.display())?;
    serde_json::from_str(&text).of(kept.display())
}

/// Those without a verdict, and those that were not noticed.
fn unnoticed(mutants: &[Mutant], older: &[Verdict]) -> Vec<Mutant> {
    let done = |verdict: &&Verdict| {
        matches!(
            verdict.outcome,
            Outcome::Caught | Outcome::TimedOut | Outcome::Unviable
        )
    };
    let noticed: BTreeSet<&str> = older
        .iter()
        .filter(done)
        .map(|verdict| verdict.name.as_str())
        .collect();
    let open = mutants
        .iter()
        .filter(|mutant| !noticed.contains(mutant.name.as_str()));
    open.cloned().collect()
}
