//! How long to wait before the same bytes are sent again `[RETRY]`.
//!
//! Exponential, so that a peer in trouble is left in peace; with jitter, so that a network that comes
//! back is not met by everybody in the same second; and never outside the two named bounds.

use std::time::Duration;

use super::types::Settings;

/// Draws delays from a seeded generator: the same seed and the same calls give the same delays.
#[derive(Debug)]
pub(super) struct BackOff {
    state: u64,
    first: Duration,
    longest: Duration,
}

impl BackOff {
    /// Waits between `settings.retry_first` and `settings.retry_longest`.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            state: settings.jitter_seed,
            first: settings.retry_first,
            longest: settings.retry_longest,
        }
    }

    /// The wait after the `attempts`-th attempt in a row went unanswered: between half and whole of twice
    /// the first wait, four times, eight times …, and never outside the bounds. A peer that asks for more
    /// patience gets it up to the upper bound: nobody can silence us for longer.
    pub(super) fn delay(&mut self, attempts: u32, patience: Duration) -> Duration {
        let whole = self
            .first
            .saturating_mul(2u32.saturating_pow(attempts.max(1)))
            .min(self.longest);
        let whole_ms = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
        let half_ms = whole_ms / 2;
        let drawn = Duration::from_millis(half_ms + self.next() % (whole_ms - half_ms + 1));
        drawn.max(self.first).max(patience).min(self.longest)
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): jitter must be spread out, not unpredictable.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests;
