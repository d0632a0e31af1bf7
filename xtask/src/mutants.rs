//! `cargo xtask mutants`: which changes of the code no test notices (docs/mutants.md).
//!
//! The tool is a workspace of its own, `xtask/mutants`, since it has dependencies and we have none.

use std::path::Path;

use crate::machine::{self, on_path};
use crate::run::{Failed, Task, target_directory};

/// Whose list of mutants the tool reads. Another version may make others.
const VERSION: &str = "27.1.0";

/// Builds the tool, and runs it with these options.
pub(crate) fn mutants(options: &[String]) -> Result<(), Failed> {
    machine::install_missing(&[machine::TO_BUILD])?;
    let target = target_directory().join("mutants");
    if !on_path("cargo-mutants") {
        Task::new("cargo")
            .args(["install", "cargo-mutants", "--locked", "--version", VERSION])
            .environment("CARGO_TARGET_DIR", &target.join("install").to_string_lossy())
            .run()?;
    }
    let tool = target.join("tool");
    Task::new("cargo")
        .args(["build", "--release", "--locked"])
        .args(["--manifest-path", "xtask/mutants/Cargo.toml"])
        .environment("CARGO_TARGET_DIR", &tool.to_string_lossy())
        .run()?;
    let program: &Path = &tool.join("release").join("mutants");
    Task::new(&program.to_string_lossy())
        .args(options)
        .environment("CARGO_TARGET_DIR", &target_directory().to_string_lossy())
        .run()
}
