//! `cargo xtask faults`: real faults on the real programs (see `tests/faults/main.rs`). The long form
//! is built for release; the quick one takes the programs that the tests were run with.

use crate::machine;
use crate::run::{Failed, Task, target_directory};

/// Builds the programs, and has them hurt.
pub(crate) fn faults(options: &[String]) -> Result<(), Failed> {
    machine::install_missing(&[machine::TO_BUILD, machine::TO_TEST, machine::TO_FAIL])?;
    let is_quick = options.iter().any(|option| option == "--quick");
    let mut build = Task::new("cargo").args(["build", "--workspace", "--bins", "--locked"]);
    if !is_quick {
        build = build.arg("--release");
    }
    build.run()?;
    let profile = if is_quick { "debug" } else { "release" };
    let faults = target_directory().join(profile).join("ohrid-faults");
    Task::new(&faults.to_string_lossy()).args(options).run()
}
