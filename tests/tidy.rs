#![allow(clippy::expect_used)]
//! The rules of the house that a machine can keep: sizes, layout, and which crate may use which.
//!
//! Rule numbers are those of ARCHITECTURE.md, "House rules".

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rule 2. Lines in a file.
const FILE_LINES_MAX: usize = 400;
/// Rule 2. Lines in a function.
const FUNCTION_LINES_MAX: usize = 70;
/// Rule 2. Columns in a line.
const LINE_COLUMNS_MAX: usize = 110;

/// Rule 2. Files that are tables of data, and so may be long.
const DATA_TABLES: &[&str] = &["crates/control/src/openapi/operations.rs"];

/// Which of our crates may use which (ARCHITECTURE.md, "Allowed dependencies").
const ALLOWED: &[(&str, &[&str])] = &[
    ("convention", &[]),
    ("ledger", &[]),
    ("protocol", &["ledger"]),
    ("seal", &["protocol"]),
    ("store", &["ledger", "protocol"]),
    ("control", &["convention", "protocol"]),
    ("manual", &[]),
    (
        "node",
        &[
            "convention",
            "ledger",
            "protocol",
            "seal",
            "store",
            "control",
            "manual",
        ],
    ),
    ("console", &["convention", "control", "manual"]),
    ("cli", &["convention", "protocol", "seal", "control", "manual"]),
    ("verify", &["convention", "ledger", "protocol", "seal", "manual"]),
];

/// Foreign crates that have one home (ARCHITECTURE.md). `tests` stands for the benchmark's floors.
const HOMES: &[(&str, &[&str])] = &[
    ("sequoia-openpgp", &["seal", "tests"]),
    ("sled", &["store"]),
    ("quinn", &["node", "tests"]),
    ("rustls", &["node", "tests"]),
    ("tokio-rustls", &["node"]),
    ("axum", &["node", "console"]),
    ("tokio", &["node", "console", "cli", "control", "tests"]),
    ("clap", &["node", "console", "cli", "verify", "manual", "tests"]),
    ("clap_mangen", &["manual"]),
    ("clap_complete", &["manual"]),
    ("anyhow", &["node", "console", "cli", "verify", "tests"]),
];

/// Rule 1. Names of folders and files that say nothing.
const NAMES_THAT_SAY_NOTHING: &[&str] = &["utils", "util", "common", "helpers", "helper", "manager", "misc"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the workspace's root")
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates"), root().join("tests"), root().join("xtask")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn assert_none(rule: &str, faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{rule}: {} faults\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn tidy_files_and_lines_are_short() {
    let mut faults = Vec::new();
    for path in rust_files() {
        let name = shown(&path);
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX && !DATA_TABLES.contains(&name.as_str()) {
            faults.push(format!("{name}: {lines} lines, at most {FILE_LINES_MAX}"));
        }
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > LINE_COLUMNS_MAX {
                faults.push(format!(
                    "{name}:{}: {columns} columns, at most {LINE_COLUMNS_MAX}",
                    number + 1
                ));
            }
        }
    }
    assert_none("rule 2", &faults);
}

#[test]
fn tidy_functions_are_short() {
    let mut faults = Vec::new();
    for path in rust_files() {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        for (name, first_line, length) in functions(&text) {
            if length > FUNCTION_LINES_MAX {
                faults.push(format!(
                    "{}:{first_line}: fn {name} has {length} lines",
                    shown(&path)
                ));
            }
        }
    }
    assert_none("rule 2", &faults);
}

/// Name, first line and length of each function. Relies on rustfmt: a body ends at the first line that
/// is a closing brace at the indentation of its `fn`.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indentation = line.len() - trimmed.len();
        let words = trimmed
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ");
        let words = words
            .trim_start_matches("pub ")
            .trim_start_matches("const ")
            .trim_start_matches("async ");
        let Some(rest) = words.strip_prefix("fn ") else {
            continue;
        };
        let name: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let ends = |l: &&str| l.len() - l.trim_start().len() == indentation && l.trim() == "}";
        if let Some(length) = lines[at..].iter().position(ends) {
            let one_line = lines[at].ends_with('}') || lines[at].ends_with(';');
            found.push((name, at + 1, if one_line { 1 } else { length + 1 }));
        }
    }
    found
}

#[test]
fn tidy_no_name_says_nothing_and_tests_live_in_files_of_their_own() {
    let mut faults = Vec::new();
    for path in rust_files() {
        let relative = shown(&path);
        let stem_says_nothing = |part: &str| NAMES_THAT_SAY_NOTHING.contains(&part.trim_end_matches(".rs"));
        if relative.split('/').any(stem_says_nothing) {
            faults.push(format!("{relative}: rule 1: the name says nothing"));
        }
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        if text.contains("mod tests {") && relative != "tests/tidy.rs" {
            faults.push(format!(
                "{relative}: rule 2: tests of foo.rs live in foo/tests.rs"
            ));
        }
    }
    assert_none("rules 1 and 2", &faults);
}

#[test]
fn tidy_every_file_begins_with_what_it_is_for() {
    let mut faults = Vec::new();
    // A `tests.rs` is for testing the file whose name it bears: nothing to add.
    for path in rust_files()
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs"))
    {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let first = text
            .lines()
            .find(|line| !line.starts_with("#![") && !line.trim().is_empty());
        if !first.is_some_and(|line| line.starts_with("//!")) {
            faults.push(format!("{}: rule 3: no //! prose at the top", shown(&path)));
        }
    }
    assert_none("rule 3", &faults);
}

#[test]
fn tidy_crates_depend_on_each_other_as_the_table_says() {
    let packages: BTreeMap<&str, &str> = [
        ("ohrid-node", "node"),
        ("ohrid-console", "console"),
        ("ohrid", "cli"),
        ("ohrid-verify", "verify"),
    ]
    .into();
    let mut faults = Vec::new();
    for (folder, allowed) in ALLOWED {
        for used in dependencies(&root().join("crates").join(folder)) {
            let ours = packages.get(used.as_str()).copied().unwrap_or(used.as_str());
            let is_ours = ALLOWED.iter().any(|(name, _)| *name == ours);
            if is_ours && !allowed.contains(&ours) {
                faults.push(format!("crates/{folder} may not use {ours}"));
            }
        }
    }
    let folders = std::fs::read_dir(root().join("crates")).expect("crates").count();
    assert_eq!(
        folders,
        ALLOWED.len(),
        "crates/ holds the crates of the table, and nothing else"
    );
    assert_none("the dependency table", &faults);
}

#[test]
fn tidy_foreign_crates_stay_at_home() {
    let mut faults = Vec::new();
    let crates = ALLOWED
        .iter()
        .map(|(name, _)| (*name, root().join("crates").join(name)));
    let tests = ["tests", "tests/forwarder"].map(|folder| ("tests", root().join(folder)));
    for (folder, path) in crates.chain(tests) {
        for used in dependencies(&path) {
            let home = HOMES.iter().find(|(name, _)| *name == used);
            if home.is_some_and(|(_, homes)| !homes.contains(&folder)) {
                faults.push(format!("{folder} may not use {used}"));
            }
        }
    }
    assert_none("homes of foreign crates", &faults);
}

/// The names under `[dependencies]` of a package; what only its tests use is its own affair.
fn dependencies(package: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(package.join("Cargo.toml")).expect("a Cargo.toml");
    let manifest: toml::Table = text.parse().expect("TOML");
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    table
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn tidy_every_dependency_has_its_reason() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let section = text
        .split("[workspace.dependencies]")
        .nth(1)
        .expect("the section");
    let section = section.split("\n[").next().expect("its end");
    // Crates whose reason is the mission's own list or that need none: the language's daily bread.
    let given = [
        "serde",
        "serde_json",
        "tokio",
        "tracing",
        "tracing-subscriber",
        "anyhow",
        "thiserror",
    ];
    let own: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let tests_only = [
        "proptest",
        "tempfile",
        "hdrhistogram",
        "http-body-util",
        "hyper-util",
        "clap",
        "clap_complete",
        "axum",
    ];
    let mut previous = "";
    let mut faults = Vec::new();
    for line in section.lines() {
        let name = line.split([' ', '=']).next().unwrap_or_default();
        let is_entry = !name.is_empty() && !line.starts_with('#') && line.contains('=');
        let exempt = given.contains(&name) || own.contains(&name) || tests_only.contains(&name);
        if is_entry && !exempt && !previous.starts_with('#') {
            faults.push(format!("{name}: no reason stands above it"));
        }
        previous = line;
    }
    assert_none("rule 11", &faults);
}

#[test]
fn tidy_unsafe_code_is_forbidden_in_every_crate() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    assert!(text.contains("unsafe_code = \"forbid\""));
    let packages = ALLOWED.iter().map(|(name, _)| root().join("crates").join(name));
    let others = ["tests", "tests/forwarder", "xtask"].map(|folder| root().join(folder));
    for package in packages.chain(others) {
        let manifest = std::fs::read_to_string(package.join("Cargo.toml")).expect("a Cargo.toml");
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{}",
            shown(&package)
        );
    }
}

#[test]
fn tidy_no_key_is_in_the_repository() {
    let output = std::process::Command::new("git")
        .args(["ls-files"])
        .current_dir(root())
        .output();
    let Ok(output) = output else { return };
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let looks_like_a_key = |name: &&str| {
        [".key", ".pem", ".p12", ".seed", ".asc", ".pgp", ".password"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    let keys: Vec<&str> = listed.lines().filter(looks_like_a_key).collect();
    assert!(keys.is_empty(), "no key is ever committed: {keys:?}");
    let private = format!("-----BEGIN {}", "PRIVATE KEY");
    for name in listed.lines() {
        let text = std::fs::read_to_string(root().join(name)).unwrap_or_default();
        assert!(!text.contains(&private), "{name} holds a private key");
    }
}
