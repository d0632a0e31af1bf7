//! `cargo xtask simulate`: a small world of nodes over disks that fail, seed after seed (see
//! `crates/store/src/simulation.rs`). Optimised, since the seeds are many.
//!
//! `--schedules N` runs threads in so many orders instead, over what they share (see `docs/concurrency.md`).

use crate::machine;
use crate::run::{Failed, Task};

const USAGE: &str = "usage: cargo xtask simulate [--seeds N] [--from SEED] [--seed SEED] | [--schedules N]";

/// How many seeds run when nobody says.
const SEEDS: &str = "10000";

const TEST: &str = "simulation::nothing_is_lost_or_doubled_whatever_happens_durable_idempotent_retry";

/// Runs so many seeds, or one, with its story; or so many schedules.
pub(crate) fn simulate(options: &[String]) -> Result<(), Failed> {
    if let [option, count] = options
        && option == "--schedules"
    {
        return schedules(count);
    }
    let mut values = [
        ("--seeds", "OHRID_SIMULATE_SEEDS", Some(SEEDS.to_owned())),
        ("--from", "OHRID_SIMULATE_FROM", None),
        ("--seed", "OHRID_SIMULATE_SEED", None),
    ];
    for pair in options.chunks(2) {
        let known = values
            .iter_mut()
            .find(|(name, ..)| pair.first().is_some_and(|given| given == name));
        let (Some(known), Some(value)) = (known, pair.get(1)) else {
            return Err(Failed::because(USAGE));
        };
        known.2 = Some(value.clone());
    }
    machine::install_missing(&[machine::TO_BUILD])?;
    let mut task = Task::new("cargo");
    for (_, name, value) in &values {
        if let Some(value) = value {
            task = task.environment(name, value);
        }
    }
    task.args([
        "test",
        "-p",
        "store",
        "--profile",
        "simulate",
        "--locked",
        "--lib",
    ])
    .args(["--", "--exact", "--nocapture", TEST])
    .run()
}

/// Runs threads in so many orders, over the real source of what they share.
fn schedules(count: &str) -> Result<(), Failed> {
    machine::install_missing(&[machine::TO_BUILD])?;
    Task::new("cargo")
        .environment("OHRID_SIMULATE_SCHEDULES", count)
        .args(["test", "--locked", "--manifest-path", "schedules/Cargo.toml"])
        .run()
}
