//! `cargo xtask bench`, `load` and `faults`: programs of `tests/` that drive real nodes.
//!
//! They and the nodes are built for release. With `--quick` they show that they work, and not how fast
//! anything is or that nothing was ever lost: that takes the programs which the tests were run with.

use crate::machine::{self, Need};
use crate::run::{Failed, Task, target_directory};

/// Runs the benchmark, which prints one table and can write JSON.
pub(crate) fn bench(options: &[String]) -> Result<(), Failed> {
    drive("ohrid-bench", &[machine::TO_BUILD], options)
}

/// Drives two nodes with a mix of messages.
pub(crate) fn load(options: &[String]) -> Result<(), Failed> {
    drive("ohrid-load", &[machine::TO_BUILD], options)
}

/// Has two nodes hurt (`tests/faults/main.rs`).
pub(crate) fn faults(options: &[String]) -> Result<(), Failed> {
    let needs = [machine::TO_BUILD, machine::TO_TEST, machine::TO_FAIL];
    drive("ohrid-faults", &needs, options)
}

fn drive(program: &str, needs: &[&[Need]], options: &[String]) -> Result<(), Failed> {
    machine::install_missing(needs)?;
    // Nobody waits minutes for a program to be built to read what it can do.
    let is_debug = |option: &String| matches!(option.as_str(), "--quick" | "--help" | "-h");
    let mut build = Task::new("cargo").args(["build", "--workspace", "--bins", "--locked"]);
    let profile = if options.iter().any(is_debug) {
        "debug"
    } else {
        build = build.arg("--release");
        "release"
    };
    build.run()?;
    let program = target_directory().join(profile).join(program);
    Task::new(&program.to_string_lossy()).args(options).run()
}
