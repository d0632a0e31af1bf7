//! `cargo xtask check`: everything about the source that a machine can tell, all findings at once.

use crate::machine;
use crate::requirements;
use crate::run::{Failed, Task, complain, workspace_root};

/// The version of cargo-deny that is installed where it is missing.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// A named check.
type Check = (&'static str, fn() -> Result<(), Failed>);

/// Runs all checks, and fails at the end with the names of those that did.
pub fn check() -> Result<(), Failed> {
    machine::install_missing(machine::TO_BUILD)?;
    let checks: [Check; 6] = [
        ("format", format),
        ("clippy", clippy),
        ("cargo-deny", deny),
        ("tidy", tidy),
        ("requirement names", requirements::check),
        ("generated files", generated),
    ];
    let mut failed = Vec::new();
    for (name, run) in checks {
        complain(&format!("--- {name}"));
        if let Err(why) = run() {
            complain(&format!("{name}: {why}"));
            failed.push(name);
        }
    }
    if failed.is_empty() {
        complain("--- all checks passed");
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

fn tidy() -> Result<(), Failed> {
    Task::new("cargo")
        .args([
            "test",
            "--quiet",
            "--locked",
            "--package",
            "e2e",
            "--test",
            "tidy",
        ])
        .run()
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

/// An advisory fails the check; a database that cannot be fetched is said aloud and does not, since
/// a machine without that host could otherwise never build.
fn advisories() -> Result<(), Failed> {
    let (output, passed) = Task::new("cargo")
        .args(["deny", "--locked", "check", "--disable-fetch", "advisories"])
        .capture()?;
    let (output, passed) = if passed || !database_is_missing(&output) {
        (output, passed)
    } else {
        Task::new("cargo")
            .args(["deny", "--locked", "check", "advisories"])
            .capture()?
    };
    if passed {
        complain("advisories: none");
        return Ok(());
    }
    if database_is_missing(&output) {
        complain("advisories: NOT CHECKED, the advisory database is not at hand and cannot be fetched here");
        return Ok(());
    }
    complain(&output);
    Err(Failed::because("cargo deny check advisories found something"))
}

fn database_is_missing(output: &str) -> bool {
    [
        "failed to fetch advisory database",
        "failed to load advisory database",
        "failed to open advisory",
    ]
    .iter()
    .any(|sign| output.contains(sign))
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
    Task::new("cargo")
        .args([
            "test",
            "--quiet",
            "--locked",
            "-p",
            "convention",
            "-p",
            "control",
            "--lib",
            "up_to_date",
        ])
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
    let folders = ["crates/convention/schemas", "crates/control/openapi.json"];
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
