//! The table, and the list of those that survived.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::judge::{Outcome, Verdict};

/// Code that decides whether to believe others: all its mutants are to be caught. The names are those of
/// modules, below `src`.
const VERIFICATION: &[(&str, &[&str])] = &[
    ("ledger", &[""]),
    (
        "protocol",
        &[
            "check",
            "receipt",
            "envelope",
            "cose",
            "directory",
            "bundle",
            "verifier",
            "statement",
        ],
    ),
    (
        "seal",
        &[
            "opening",
            "attachment/opening",
            "certificate",
            "policy",
            "session_key",
            "binding",
        ],
    ),
    (
        "store",
        &[
            "journal/recovery",
            "journal/scan",
            "tiles",
            "proofs",
            "embedded/reader",
            "derived",
        ],
    ),
    ("verify", &[""]),
];

const HEADER: [&str; 2] = [
    "| module | mutants | caught | time-out | not reached | survived | unviable | apart | noticed |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
];

/// How many of a module came to what.
#[derive(Clone, Copy, Default)]
struct Counts {
    caught: usize,
    timed_out: usize,
    not_reached: usize,
    survived: usize,
    unviable: usize,
    apart: usize,
}

impl Counts {
    fn count(&mut self, outcome: Outcome) {
        let place = match outcome {
            Outcome::Caught => &mut self.caught,
            Outcome::TimedOut => &mut self.timed_out,
            Outcome::NotReached => &mut self.not_reached,
            Outcome::Survived => &mut self.survived,
            Outcome::Unviable => &mut self.unviable,
            Outcome::Apart => &mut self.apart,
        };
        *place += 1;
    }

    fn noticed(&self) -> usize {
        self.caught + self.timed_out
    }

    fn viable(&self) -> usize {
        self.noticed() + self.not_reached + self.survived
    }

    fn row(&self, name: &str) -> String {
        let percent = match self.viable() {
            0 => String::from("-"),
            // In tenths and rounded down, so that 100 means all.
            viable => {
                let tenths = self.noticed() * 1000 / viable;
                format!("{}.{} %", tenths / 10, tenths % 10)
            }
        };
        format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {percent} |\n",
            self.viable(),
            self.caught,
            self.timed_out,
            self.not_reached,
            self.survived,
            self.unviable,
            self.apart,
        )
    }
}

/// One row for each module, the crate's verification code, and the crate.
pub fn table(package: &str, verdicts: &[Verdict]) -> String {
    let mut modules: BTreeMap<String, Counts> = BTreeMap::new();
    let mut verification = Counts::default();
    let mut all = Counts::default();
    for verdict in verdicts {
        let module = module(package, verdict);
        if verifies(package, &module) {
            verification.count(verdict.outcome);
        }
        let top = module.split('/').next().unwrap_or_default().to_owned();
        modules.entry(top).or_default().count(verdict.outcome);
        all.count(verdict.outcome);
    }
    let mut text = HEADER.join("\n") + "\n";
    for (name, counts) in &modules {
        text.push_str(&counts.row(&format!("{package}::{name}")));
    }
    text.push_str(&verification.row(&format!("**{package}: verification code**")));
    text.push_str(&all.row(&format!("**{package}**")));
    text
}

/// Those that were not noticed, by file.
pub fn survivors(package: &str, verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let what = match verdict.outcome {
            Outcome::NotReached => "not reached",
            Outcome::Survived => "survived   ",
            _ => continue,
        };
        let mark = if verifies(package, &module(package, verdict)) {
            "!"
        } else {
            " "
        };
        let _ = writeln!(text, "{mark} {what} {}", verdict.name);
    }
    text
}

/// `witness/judge` of `crates/ledger/src/witness/judge.rs`.
fn module(package: &str, verdict: &Verdict) -> String {
    let folder = format!("crates/{package}/src/");
    let path = verdict.file.strip_prefix(&folder).unwrap_or(&verdict.file);
    path.strip_suffix(".rs").unwrap_or(path).to_owned()
}

fn verifies(package: &str, module: &str) -> bool {
    let mut all = VERIFICATION.iter().filter(|(name, _)| *name == package);
    all.any(|(_, modules)| {
        let below = |name: &&str| {
            let rest = module.strip_prefix(*name);
            rest.is_some_and(|rest| name.is_empty() || rest.is_empty() || rest.starts_with('/'))
        };
        modules.iter().any(|name| below(&name))
    })
}
