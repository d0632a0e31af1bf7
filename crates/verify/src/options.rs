//! How a ledger is to be checked: what the auditor may ask for beside the check of everything.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::num::NonZeroUsize;
use std::thread;

use crate::limits::THREADS_MAX;
use crate::period::Period;

/// How to check.
#[derive(Debug, Clone)]
pub struct Options {
    /// The signatures of so many entries are looked at, instead of all. The tree and the form of each entry
    /// are always checked whole.
    pub sample: Option<Sample>,
    /// List what was sent, received and answered in this time.
    pub period: Option<Period>,
    /// How many bundles are read and checked at the same time.
    pub threads: NonZeroUsize,
}

/// A choice of entries that nobody who wrote the ledger could foresee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// About how many entries.
    pub count: u64,
    /// Which: the same seed makes the same choice.
    pub seed: u64,
}

impl Default for Options {
    /// Everything, on all cores, up to [`THREADS_MAX`].
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            sample: None,
            period: None,
            threads: NonZeroUsize::new(cores.min(THREADS_MAX)).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

impl Sample {
    /// About `count` entries, chosen by chance. (The standard library draws the keys of its maps from the
    /// operating system's random source; so a forger cannot know which entries will be passed over.)
    #[must_use]
    pub fn by_chance(count: u64) -> Self {
        Self {
            count,
            seed: RandomState::new().build_hasher().finish(),
        }
    }

    /// Whether an entry of a ledger of this size is chosen: each with the same chance, by itself.
    #[must_use]
    pub fn takes(&self, index: u64, ledger_size: u64) -> bool {
        // SplitMix64 (Steele, Lea and Flood 2014): a number below 2^64, taken as a fraction of it.
        let mut mixed = self.seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let place = (u128::from(mixed) * u128::from(ledger_size)) >> 64;
        place < u128::from(self.count)
    }
}

#[cfg(test)]
mod tests;
