//! What becomes of one datagram on one way: lost, late, twice, out of order, damaged, too large, or cut off.
//!
//! Drawn from a seeded generator, so that the same datagrams in the same order have the same fate again.

use std::time::Duration;

/// How one direction between two nodes is. Chances lie between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// Nothing gets through.
    pub is_cut: bool,
    /// The chance that a datagram is lost.
    pub loss: f64,
    /// The chance that it comes twice.
    pub duplication: f64,
    /// The chance that later ones overtake it.
    pub reordering: f64,
    /// The chance that one of its bits is flipped.
    pub corruption: f64,
    /// How long each takes.
    pub delay: Duration,
    /// What is added to that at most, drawn anew for each.
    pub jitter: Duration,
    /// Larger ones are dropped without a word, as by a tunnel that filters ICMP.
    pub datagram_bytes_max: usize,
}

/// How many datagrams met which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Came in, whatever became of them.
    pub taken: u64,
    /// Went out, copies counted.
    pub passed: u64,
    /// What these held, without the headers of UDP and IP.
    pub passed_bytes: u64,
    /// Fell to a cut.
    pub cut: u64,
    /// Were lost by chance.
    pub lost: u64,
    /// Were too large.
    pub oversized: u64,
    /// Went out twice.
    pub duplicated: u64,
    /// Were held back for others to overtake.
    pub reordered: u64,
    /// Went out damaged.
    pub corrupted: u64,
}

/// One direction between two nodes.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) weather: Weather,
    pub(super) counts: Counts,
    random: Random,
}

/// A copy of a datagram that gets through.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) bytes: Vec<u8>,
    /// Held back for so long.
    pub(super) after: Duration,
}

/// For how long a datagram is held back, at most, so that others overtake it.
const HELD_BACK_MAX: Duration = Duration::from_millis(30);

impl Default for Weather {
    fn default() -> Self {
        Self {
            is_cut: false,
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            corruption: 0.0,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            datagram_bytes_max: usize::MAX,
        }
    }
}

impl Counts {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            taken: self.taken + other.taken,
            passed: self.passed + other.passed,
            passed_bytes: self.passed_bytes + other.passed_bytes,
            cut: self.cut + other.cut,
            lost: self.lost + other.lost,
            oversized: self.oversized + other.oversized,
            duplicated: self.duplicated + other.duplicated,
            reordered: self.reordered + other.reordered,
            corrupted: self.corrupted + other.corrupted,
        }
    }
}

impl Way {
    /// A way in fine weather.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            weather: Weather::default(),
            counts: Counts::default(),
            random: Random::new(seed),
        }
    }

    /// What comes out at the other end for one datagram that goes in.
    pub(super) fn fate(&mut self, datagram: &[u8]) -> Vec<Copy> {
        let weather = self.weather;
        self.counts.taken += 1;
        if weather.is_cut {
            self.counts.cut += 1;
            return Vec::new();
        }
        if datagram.len() > weather.datagram_bytes_max {
            self.counts.oversized += 1;
            return Vec::new();
        }
        if self.random.chance(weather.loss) {
            self.counts.lost += 1;
            return Vec::new();
        }
        let mut copies = vec![self.copy(datagram)];
        if self.random.chance(weather.duplication) {
            self.counts.duplicated += 1;
            copies.push(self.copy(datagram));
        }
        self.counts.passed += copies.len() as u64;
        self.counts.passed_bytes += (copies.len() * datagram.len()) as u64;
        copies
    }

    fn copy(&mut self, datagram: &[u8]) -> Copy {
        let weather = self.weather;
        let mut bytes = datagram.to_vec();
        if self.random.chance(weather.corruption) && !bytes.is_empty() {
            self.counts.corrupted += 1;
            let bit = self.random.below(bytes.len() as u64 * 8);
            if let Some(byte) = usize::try_from(bit / 8).ok().and_then(|at| bytes.get_mut(at)) {
                *byte ^= 1 << (bit % 8);
            }
        }
        let mut after = weather.delay + self.random.up_to(weather.jitter);
        if self.random.chance(weather.reordering) {
            self.counts.reordered += 1;
            after += Duration::from_millis(1) + self.random.up_to(HELD_BACK_MAX);
        }
        Copy { bytes, after }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): spread out, and the same for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw().checked_rem(bound).unwrap_or(0)
    }

    /// Whether something happens that has this chance. Draws nothing where there is no doubt.
    pub fn chance(&mut self, chance: f64) -> bool {
        // 53 bits are what a double holds exactly.
        chance > 0.0 && ((self.draw() >> 11) as f64 / (1_u64 << 53) as f64) < chance
    }

    /// A time up to `longest`, in steps of a microsecond.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        let longest_us = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        if longest_us == 0 {
            return Duration::ZERO;
        }
        Duration::from_micros(self.below(longest_us.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests;
