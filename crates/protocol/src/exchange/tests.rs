#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod clocks;
mod commands;
mod commits;
mod completions;
mod disk;
mod duplicates;
mod keys;
mod logs;
mod machine;
mod network;
mod oversight;
pub(super) mod parties;
mod quotas;
mod random;
mod reports;
mod retries;
mod signing;
mod storms;
mod world;
