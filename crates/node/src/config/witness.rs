//! `[witness]`: who must have seen our ledger for others to rely on it, and what is awaited before the first
//! signature after a start `[ROLLBACK]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use super::from_text;

/// `[witness]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// A policy file (c2sp.org/tlog-policy) in place of the one that follows from the directory.
    pub policy: Option<PathBuf>,
    /// How many of the other Parties must have cosigned, where no file says otherwise.
    pub quorum: Quorum,
    /// How many witnesses must have been reached, and agree, before the first signature after a start.
    pub needed_at_start: usize,
    /// How long they are waited for, in seconds.
    pub start_wait_seconds: u64,
    /// How long what was released may be without its quorum before that is an alarm, in seconds.
    pub lag_alarm_seconds: u64,
}

/// How many of the other Parties are a quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quorum {
    /// More than half.
    Majority,
    /// Each.
    All,
    /// Nobody: what is signed is published at once.
    None,
    /// So many.
    Of(usize),
}

/// A text is no quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quorum is \"majority\", \"all\", \"none\", or a number from 1 on, in quotation marks")]
pub struct QuorumError;

impl FromStr for Quorum {
    type Err = QuorumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "majority" => Ok(Self::Majority),
            "all" => Ok(Self::All),
            "none" => Ok(Self::None),
            number => match number.parse() {
                Ok(0) | Err(_) => Err(QuorumError),
                Ok(number) => Ok(Self::Of(number)),
            },
        }
    }
}

impl fmt::Display for Quorum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Majority => out.write_str("majority"),
            Self::All => out.write_str("all"),
            Self::None => out.write_str("none"),
            Self::Of(number) => write!(out, "{number}"),
        }
    }
}

impl Quorum {
    /// How many of so many.
    #[must_use]
    pub fn of(self, witnesses: usize) -> usize {
        match self {
            Self::Majority => witnesses / 2 + 1,
            Self::All => witnesses,
            Self::None => 0,
            Self::Of(number) => number,
        }
        .min(witnesses)
    }
}

/// As it is written, before paths are resolved.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenWitness {
    policy: Option<PathBuf>,
    #[serde(deserialize_with = "from_text")]
    quorum: Quorum,
    needed_at_start: usize,
    start_wait_seconds: u64,
    lag_alarm_seconds: u64,
}

impl Default for WrittenWitness {
    fn default() -> Self {
        Self {
            policy: None,
            quorum: Quorum::Majority,
            needed_at_start: 0,
            start_wait_seconds: 5,
            lag_alarm_seconds: 60,
        }
    }
}

impl WrittenWitness {
    /// With its path below `folder`.
    pub(super) fn resolve(self, folder: &Path) -> Witness {
        Witness {
            policy: self.policy.map(|file| folder.join(file)),
            quorum: self.quorum,
            needed_at_start: self.needed_at_start,
            start_wait_seconds: self.start_wait_seconds,
            lag_alarm_seconds: self.lag_alarm_seconds,
        }
    }
}

#[cfg(test)]
mod tests;
