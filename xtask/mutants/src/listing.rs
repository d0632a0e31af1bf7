//! The mutants, as cargo-mutants lists them: where, what stands there instead, and a name for people.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::failed::{Failed, Of};

/// One change of the source.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutant {
    /// From 1, in the order of the source: the number that makes it active.
    #[serde(skip)]
    pub id: u32,
    pub name: String,
    /// From the workspace's root.
    pub file: String,
    pub span: Span,
    pub replacement: String,
}

/// From the first character to the one after the last.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

/// Both count from 1; columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// All mutants of one package, by cargo-mutants, with what `.cargo/mutants.toml` excludes left out.
pub fn list(root: &Path, package: &str) -> Result<Vec<Mutant>, Failed> {
    let output = Command::new("cargo")
        .args(["mutants", "--list", "--json", "--package", package])
        .current_dir(root)
        .output()
        .of("cargo mutants")?;
    if !output.status.success() {
        return Err(Failed::because(String::from_utf8_lossy(&output.stderr)));
    }
    let mut mutants: Vec<Mutant> = serde_json::from_slice(&output.stdout).of("cargo mutants --list")?;
    // So the numbers of one function follow each other.
    mutants.sort_by_key(|mutant| (mutant.file.clone(), mutant.span.start, mutant.span.end));
    for (id, mutant) in (1..).zip(&mut mutants) {
        mutant.id = id;
    }
    Ok(mutants)
}
