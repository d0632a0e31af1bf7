//! The fuzz targets, in the order in which they run. What each one reads and holds is in `fuzz/README.md`.

/// A file of `fuzz/targets`.
pub struct Target {
    pub name: &'static str,
    /// Folders with something to begin with, beside `fuzz/corpus/NAME`.
    pub seeds: &'static [&'static str],
}

const GOLDEN: &[&str] = &["crates/protocol/golden"];

pub const TARGETS: &[Target] = &[
    of("message", &[]),
    of("draft", &["config/examples"]),
    of("log_lines", &[]),
    of("wire", &[]),
    of("statements", GOLDEN),
    of("entry", GOLDEN),
    of("directory", GOLDEN),
    of("attachment", GOLDEN),
    of("peer", &[]),
    of("ledger_texts", &[]),
    of("witness", &[]),
    of("proof", &[]),
    of("tile", &[]),
    of("time_stamp", GOLDEN),
    of("certificate_facts", &[]),
    of("bundle", &[]),
    of("journal", &[]),
    of("store_files", &[]),
    of("recovery", &[]),
];

const fn of(name: &'static str, seeds: &'static [&'static str]) -> Target {
    Target { name, seeds }
}
