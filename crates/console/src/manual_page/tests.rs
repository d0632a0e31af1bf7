#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::CommandFactory as _;

use super::*;
use crate::Arguments;

/// Whoever adds a command adds an example of it to `examples.txt`, beside this file.
#[test]
fn every_command_has_an_example_that_it_understands() {
    let faults = manual::faults(&Arguments::command(), &MANUAL);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
