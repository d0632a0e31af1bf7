//! `cargo xtask check`: everything about the source that a machine can tell, all findings at once.

use crate::machine;
use crate::requirements;
use crate::run::{Failed, Task, complain, workspace_root};

/// The version of cargo-deny that is installed where it is missing.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// A named check.
type Check = (&'static str, fn() -> Result<(), Failed>);

/// Runs all checks, or those whose name begins with `only`, and fails at the end with the names of those
/// that did.
pub fn check(only: &str) -> Result<(), Failed> {
    machine::install_missing(&[machine::TO_BUILD])?;
    let checks: [Check; 6] = [
        ("format", format),
        ("clippy", clippy),
        ("cargo-deny", deny),
        ("tidy", tidy),
        ("requirement names", requirements::check),
        ("generated files", generated),
    ];
    let mut failed = Vec::new();
    if !checks.iter().any(|(name, _)| name.starts_with(only)) {
        return Err(Failed::because(format!("no check is called \"{only}\"")));
    }
    for (name, run) in checks.into_iter().filter(|(name, _)| name.starts_with(only)) {
        complain(&format!("--- {name}"));
        if let Err(why) = run() {
            complain(&format!("{name}: {why}"));
            failed.push(name);
        }
    }
    if failed.is_empty() {
        complain("--- passed");
        return Ok(());
    }
    Err(Failed::because(format!(
        "these checks failed: {}",
        failed.join(", ")
    )))
}

fn format() -> Result<(), Failed> {
    Task::new("cargo").args(["fmt", "--all", "--check"]).run()
}

fn clippy() -> Result<(), Failed> {
    Task::new("cargo")
        .args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ])
        .run()
}

/// Tests by the beginning of their names. The whole workspace is built for it even where one test would
/// do: another choice of packages or targets is another choice of features, and builds OpenPGP again.
fn tests_called(begin: &str) -> Task {
    Task::new("cargo").args(["test", "--workspace", "--quiet", "--locked", "--", begin])
}

fn tidy() -> Result<(), Failed> {
    tests_called("tidy_").run()
}

/// Bans, licences and sources always; advisories where their database can be had.
fn deny() -> Result<(), Failed> {
    if !machine::on_path("cargo-deny") {
        complain("installing cargo-deny (takes some minutes, once)");
        Task::new("cargo")
            .args([
                "install",
                "cargo-deny",
                "--locked",
                "--quiet",
                "--version",
                CARGO_DENY_VERSION,
            ])
            .run()?;
    }
    Task::new("cargo")
        .args(["deny", "--locked", "check", "bans", "licenses", "sources"])
        .run()?;
    advisories()
}

/// An advisory fails the check. A database that can neither be fetched nor is at hand is said aloud and
/// does not, since a machine that cannot reach its host could otherwise never build.
fn advisories() -> Result<(), Failed> {
    let fresh = Task::new("cargo")
        .args(["deny", "--locked", "check", "advisories"])
        .capture()?;
    let (output, passed) = if database_is_missing(&fresh.0) {
        complain("advisories: the database cannot be fetched here; trying the copy at hand");
        Task::new("cargo")
            .args(["deny", "--locked", "--offline", "check", "advisories"])
            .capture()?
    } else {
        fresh
    };
    if passed {
        complain("advisories: none");
        return Ok(());
    }
    if database_is_missing(&output) {
        complain("advisories: NOT CHECKED, there is no copy of the advisory database at hand");
        return Ok(());
    }
    complain(&output);
    Err(Failed::because("cargo deny check advisories found something"))
}

/// cargo-deny reports its own failures, the database's among them, as log lines and not as findings.
fn database_is_missing(output: &str) -> bool {
    output
        .lines()
        .any(|line| line.contains("[ERROR]") && line.contains("advisory"))
}

/// JSON Schemas, the OpenAPI document and golden files are made from the code by tests; after they ran
/// in rewriting mode, nothing may have changed.
fn generated() -> Result<(), Failed> {
    if !workspace_root().join(".git").exists() {
        return Err(Failed::because(
            "not a git checkout: cannot tell whether generated files changed",
        ));
    }
    let before = changed_files()?;
    tests_called("checked_in")
        .environment("OHRID_REGENERATE", "1")
        .run()?;
    if changed_files()? == before {
        return Ok(());
    }
    Err(Failed::because(
        "generated files were out of date and have been rewritten: look at them and commit",
    ))
}

fn changed_files() -> Result<String, Failed> {
    let folders = [
        "crates/convention/schemas",
        "crates/control/openapi.json",
        "docs/convention.md",
        "fuzz/corpus",
    ];
    let (text, _) = Task::new("git")
        .args(["diff", "--stat", "--"])
        .args(folders)
        .capture()?;
    let (untracked, _) = Task::new("git")
        .args(["status", "--porcelain", "--"])
        .args(folders)
        .capture()?;
    Ok(text + &untracked)
}
