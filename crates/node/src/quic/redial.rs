//! When a Party is dialled (again) `[RETRY]`: growing waits, chance, and what cuts a wait short.
//!
//! * Nobody dials in step: every wait is drawn between its half and its whole. When a hundred nodes find
//!   their way back to one, or one to a hundred, they knock one after the other.
//! * Of two nodes that would dial each other at the same time, the one whose connection would not be kept
//!   (see [`Peers`](crate::session::Peers)) lets the other go first by a moment. Most handshakes that would
//!   be thrown away are never made.
//! * A peer that is away is left in peace, with waits of up to a minute. While something waits for it, the
//!   waits stay short, since it may be back at any moment; and a node that cannot be reached from outside
//!   never waits long, because nobody can tell it that something waits on the other side `[NAT]`.
//! * A wait is cut short when something comes that waits for the peer, and when another peer returns that
//!   was away: the network may have healed for more than that one.
//!
//! Time and chance are arguments: this is tested without either.

use std::time::Duration;

use crate::limits::{
    DIAL_AFTER_HINT_MIN, DIAL_SPREAD, DIAL_YIELD, REDIAL_AFTER_MAX, REDIAL_AFTER_MIN, REDIAL_NEEDED_AFTER_MAX,
};

/// The waits of one dialler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Redial {
    /// What the next wait is drawn from; zero before the first attempt.
    wait: Duration,
    /// What it may grow to.
    longest: Duration,
    rank: Rank,
}

/// Who should dial first of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// This node: its connection would be kept.
    First,
    /// The peer, which has an address to dial from and to.
    Second,
}

/// How much a connection is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing waits.
    None,
    /// Something waits for the peer, or may wait there for us.
    Something,
}

impl Redial {
    /// Before the first attempt.
    pub(super) fn new() -> Self {
        Self {
            wait: Duration::ZERO,
            longest: REDIAL_AFTER_MAX,
            rank: Rank::First,
        }
    }

    /// How it is now: both can change with the directory.
    pub(super) fn suit(&mut self, rank: Rank, need: Need) {
        self.rank = rank;
        self.longest = match need {
            Need::None => REDIAL_AFTER_MAX,
            Need::Something => REDIAL_NEEDED_AFTER_MAX,
        };
    }

    /// The peer was reached, whoever dialled.
    pub(super) fn reached(&mut self) {
        self.wait = REDIAL_AFTER_MIN;
    }

    /// It was not.
    pub(super) fn failed(&mut self) {
        self.wait = (self.wait * 2).max(REDIAL_AFTER_MIN * 2).min(REDIAL_AFTER_MAX);
    }

    /// How long to wait before the next attempt, from the end of the last.
    pub(super) fn wait(&self, random: u32) -> Duration {
        let whole = self.wait.min(self.longest);
        let half = whole / 2;
        half + drawn(half.max(DIAL_SPREAD), random) + self.yielded()
    }

    /// The same when something came meanwhile that makes an attempt worth while.
    pub(super) fn hinted(&self, random: u32) -> Duration {
        self.wait(random)
            .min(DIAL_AFTER_HINT_MIN + drawn(DIAL_AFTER_HINT_MIN, random) + self.yielded())
    }

    fn yielded(&self) -> Duration {
        match self.rank {
            Rank::First => Duration::ZERO,
            Rank::Second => DIAL_YIELD,
        }
    }
}

/// A part of `whole`, as chance has it.
fn drawn(whole: Duration, random: u32) -> Duration {
    whole.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
