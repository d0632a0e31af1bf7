//! Requirement names: every rule and promise has a name in brackets, and the code that keeps it and the
//! test that shows it both cite the name. This check reads them both ways.
//!
//! `requirements.txt` beside Cargo.toml lists them: `NAME | built or later | what it says`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::run::{Failed, complain, workspace_root};

/// What also stands in brackets: a character class, a log level, a time zone (RFC 9557).
const NOT_NAMES: &[&str] = &["A-Z", "ERROR", "UTC"];

/// Where a name was found.
#[derive(Default)]
struct Citations {
    code: BTreeSet<PathBuf>,
    tests: BTreeSet<PathBuf>,
}

/// Fails when a name that is built is not cited by code and by a test, or when a cited name is unknown.
pub fn check() -> Result<(), Failed> {
    let root = workspace_root();
    let list = root.join("xtask/requirements.txt");
    let text = std::fs::read_to_string(&list)
        .map_err(|e| Failed::because(format!("cannot read {}: {e}", list.display())))?;
    let known = parse_list(&text)?;
    let mut cited: BTreeMap<String, Citations> = BTreeMap::new();
    for file in rust_files(&root) {
        let source = std::fs::read_to_string(&file).unwrap_or_default();
        let place = file.strip_prefix(&root).unwrap_or(&file).to_path_buf();
        for name in source.lines().flat_map(names_in_line) {
            let citations = cited.entry(name).or_default();
            if is_test(&place) {
                &mut citations.tests
            } else {
                &mut citations.code
            }
            .insert(place.clone());
        }
    }
    let mut faults = Vec::new();
    for (name, built) in &known {
        let found = cited.get(name);
        if *built && found.is_none_or(|c| c.code.is_empty()) {
            faults.push(format!("[{name}] is cited by no code"));
        }
        if *built && found.is_none_or(|c| c.tests.is_empty()) {
            faults.push(format!("[{name}] is cited by no test"));
        }
    }
    for (name, citations) in cited.iter().filter(|(name, _)| !known.contains_key(*name)) {
        let place = citations.code.iter().chain(&citations.tests).next();
        let place = place.map(|p| p.display().to_string()).unwrap_or_default();
        faults.push(format!(
            "[{name}] is cited in {place} but is not in xtask/requirements.txt"
        ));
    }
    faults.iter().for_each(|fault| complain(fault));
    let built = known.values().filter(|built| **built).count();
    complain(&format!(
        "{built} requirements built, {} to come",
        known.len() - built
    ));
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Failed::because(format!("{} faults", faults.len())))
    }
}

/// `NAME | built or later | what it says` a line; `#` begins a comment.
fn parse_list(text: &str) -> Result<BTreeMap<String, bool>, Failed> {
    let mut known = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let mut columns = line.split('|').map(str::trim);
        let (name, state) = (
            columns.next().unwrap_or_default(),
            columns.next().unwrap_or_default(),
        );
        let built = match state {
            "built" => true,
            "later" => false,
            _ => {
                return Err(Failed::because(format!(
                    "requirements.txt: neither built nor later: {line}"
                )));
            }
        };
        if known.insert(name.to_owned(), built).is_some() {
            return Err(Failed::because(format!(
                "requirements.txt: {name} stands there twice"
            )));
        }
    }
    Ok(known)
}

/// Names in the comment or the string part of a line: capitals, digits and hyphens in brackets.
fn names_in_line(line: &str) -> Vec<String> {
    let begins = [line.find("//"), line.find('"')].into_iter().flatten().min();
    let Some(begins) = begins else { return Vec::new() };
    let inside = line[begins..]
        .split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'));
    inside
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
        .map(str::to_owned)
        .collect()
}

fn is_name(text: &str) -> bool {
    let allowed = text
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    allowed
        && !NOT_NAMES.contains(&text)
        && text.len() >= 3
        && text.starts_with(|c: char| c.is_ascii_uppercase())
}

fn is_test(place: &Path) -> bool {
    place.starts_with("tests") || place.iter().any(|part| part == "tests" || part == "tests.rs")
}

fn rust_files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.join("crates"), root.join("tests"), root.join("xtask")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests;
