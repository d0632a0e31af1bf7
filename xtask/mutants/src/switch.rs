//! Put into a crate under test by `cargo xtask mutants`; no part of the crate. Every function that has
//! mutants asks `at` which of its bodies is to run: 0 is the one that was written.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Nobody has asked yet; the environment is read at the first question.
const UNREAD: u32 = u32::MAX;
/// No mutant is active; which functions are reached is written to a file.
const NOTING: u32 = u32::MAX - 1;

static ACTIVE: AtomicU32 = AtomicU32::new(UNREAD);
static REACHED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// The active mutant, if it is one of this function's (`low` to `high`), or 0.
pub fn at(low: u32, high: u32) -> u32 {
    let active = ACTIVE.load(Ordering::Relaxed);
    if active < NOTING {
        return if low <= active && active <= high { active } else { 0 };
    }
    if active == NOTING { note(low) } else { first(low, high) }
}

#[cold]
fn first(low: u32, high: u32) -> u32 {
    let set = std::env::var("OHRID_MUTANT").ok().and_then(|text| text.parse().ok());
    let noting = std::env::var_os("OHRID_MUTANTS_REACHED").is_some();
    ACTIVE.store(if noting { NOTING } else { set.unwrap_or(0) }, Ordering::Relaxed);
    at(low, high)
}

/// Appends at once: a test may end in any way.
fn note(low: u32) -> u32 {
    let mut reached = REACHED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if reached.insert(low)
        && let Some(path) = std::env::var_os("OHRID_MUTANTS_REACHED")
        && let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path)
    {
        let _ = writeln!(file, "{low}");
    }
    0
}
