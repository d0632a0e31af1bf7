//! A small world of nodes: the real exchange, over the real store, on a disk that fails, in a network that
//! loses, doubles, reorders and cuts, by a clock that nobody waits for. All that happens follows from one
//! seed, and is the same every time.
//!
//! What must hold, whatever happens (see [`watch`] and [`verdict`]):
//!
//! * what was accepted, or answered for, is never lost `[DURABLE]`: every leaf that anybody was told of is in
//!   the ledger for ever, byte for byte;
//! * a message is once in its sender's ledger and at most once in each recipient's `[IDEMPOTENT]`;
//! * there is no receipt for what is not stored, and all receipts for one envelope are the same bytes;
//! * no two checkpoints of one size of a log differ, and an origin is one log, also when keys change and a
//!   new log begins; no witness forgets what it has cosigned, and an old copy of a store signs nothing
//!   `[ROLLBACK]`;
//! * the folds on both sides agree: who was delivered to has it, and has reported on it; whose attachments
//!   are complete has every byte of them `[TRANSFER]`;
//! * what was erased is in no file any more, and nothing is missing that no notice names `[ERASE]`;
//! * no expired message is accepted and none is given up that has time, whatever the clocks show; and where a
//!   clock stands still, retries and time-outs go on `[RETRY]`.
//!
//! What goes wrong is listed in [`tally::MUST_HAPPEN`], and many seeds fail if one of these things never
//! happened. What is not the store's or the exchange's (the sockets, the directory's exchange, the manifests,
//! how a node asks its witnesses) is written here again, shorter, as the node does it.
//!
//! Some hundred seeds run with the other tests; `cargo xtask simulate --seeds N` runs as many as one likes,
//! and `--seed S` the one that a failure names, with its story.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod clocks;
mod copies;
mod counts;
mod erasing;
mod files;
mod happening;
mod indexes;
mod keys;
mod life;
mod machines;
mod network;
mod node;
mod parties;
mod publishing;
mod random;
mod tally;
mod trace;
mod verdict;
mod watch;
mod weather;
mod witnesses;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tally::Tally;
use world::World;

/// How many seeds run when nobody says.
const SEEDS: u64 = 150;

/// How often it is said how many are done.
const TOLD_EVERY: u64 = 500;

/// A run must come to rest within so many steps.
const STEPS_MAX: u64 = 200_000;

/// What one run came to, for those who ask whether enough happened in it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Told {
    /// The digest of everything that happened, in order.
    trace: String,
    tally: Tally,
}

fn run(seed: u64) -> Told {
    let mut world = World::new(seed);
    for _ in 0..STEPS_MAX {
        if !world.step() {
            return verdict::judge(&mut world);
        }
    }
    panic!("it does not come to rest");
}

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {value}")),
    )
}

/// Which seeds: one, if it is named; else as many as are asked for.
fn seeds() -> Range<u64> {
    if let Some(seed) = setting("OHRID_SIMULATE_SEED") {
        return seed..seed + 1;
    }
    let first = setting("OHRID_SIMULATE_FROM").unwrap_or(1);
    first..first + setting("OHRID_SIMULATE_SEEDS").unwrap_or(SEEDS)
}

/// Runs all of them, on all cores; panics with the first seed that fails, and begins no other then.
#[expect(
    clippy::print_stderr,
    reason = "whoever waits for minutes wants to know how far it is"
)]
fn run_all(seeds: Range<u64>) -> Vec<Told> {
    let (next, is_failed) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut told = Vec::new();
        while !is_failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let done = seed - seeds.start;
            if done > 0 && done.is_multiple_of(TOLD_EVERY) {
                eprintln!("{done} of {} seeds", seeds.end - seeds.start);
            }
            match catch_unwind(AssertUnwindSafe(|| run(seed))) {
                Ok(one) => told.push(one),
                Err(_) => {
                    is_failed.store(true, Ordering::Relaxed);
                    return Err(seed);
                }
            }
        }
        Ok(told)
    };
    let ended: Vec<Result<Vec<Told>, u64>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let failed = ended.iter().filter_map(|end| end.as_ref().err()).min();
    if let Some(seed) = failed {
        panic!("seed {seed} failed (above); again: cargo xtask simulate --seed {seed}");
    }
    ended.into_iter().flat_map(Result::unwrap).collect()
}

#[expect(
    clippy::print_stderr,
    reason = "whoever runs thousands wants to know how wild they were"
)]
#[test]
fn nothing_is_lost_or_doubled_whatever_happens_durable_idempotent_retry() {
    let seeds = seeds();
    let count = seeds.end - seeds.start;
    let mut tally = Tally::default();
    for told in run_all(seeds) {
        tally.join(&told.tally);
    }
    eprintln!("{count} seeds, and nothing was lost:\n{tally}");
    // One seed shows what it shows; many must show everything.
    let missing = tally.missing(count);
    assert!(missing.is_empty(), "these things never happened: {missing:?}");
}

/// `[DURABLE]`: what a seed shows once, it shows whenever somebody asks for it.
#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 77] {
        assert_eq!(run(seed), run(seed));
    }
    assert_ne!(run(3).trace, run(4).trace);
}
