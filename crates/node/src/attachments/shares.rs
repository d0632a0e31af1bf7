//! Who may have how many chunks in memory: a share for each, and turns by peer.
//!
//! A chunk takes a [`Share`] from before it is asked for, or read, until it is on the disk, or with the peer.
//! There are so many shares in all, and fewer for one peer, the more peers there are that want some: whoever
//! wants many, or is slow to give them back, does not keep the others waiting.

mod line;

/// What [`line`] shares with. `schedules/` compiles it once more, with locks whose order is tried out.
mod sync {
    pub(super) use std::sync::{Arc, Mutex, PoisonError};
}

pub use line::Share;
pub(super) use line::Shares;

#[cfg(test)]
mod tests;
