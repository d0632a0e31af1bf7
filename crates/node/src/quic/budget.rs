//! Memory for frames: how much of it one peer may hold, so that no peer holds what others need.
//!
//! A frame has its share before it is read, or loaded to be sent, and keeps it until it was answered. There
//! are two pools, for what comes in and for what goes out: a peer that does not read must not keep itself
//! from being read.
//!
//! Each peer has a little room of its own for small frames, which nobody else can take: so, whatever others
//! hold, and whatever large frames of its own are on the way, an emergency finds room. The rest is shared: a
//! peer may hold a fixed maximum of it, and never more than what it leaves free for others.

mod pool;

/// What [`pool`] shares with. `schedules/` compiles it once more, with locks whose order is tried out.
mod sync {
    pub(super) use std::sync::atomic::{AtomicUsize, Ordering};
    pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    pub(super) use tokio::sync::Notify;
}

use std::sync::Arc;

use crate::config::{Limits, bytes};
use pool::Pool;
pub(super) use pool::{Account, Share};

/// The memory for frames of all peers.
#[derive(Debug)]
pub struct Memory {
    incoming: Arc<Pool>,
    outgoing: Arc<Pool>,
    per_peer_bytes_max: usize,
}

/// The memory for frames of one connection.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) incoming: Arc<Account>,
    pub(super) outgoing: Arc<Account>,
}

impl Memory {
    /// As the configuration has it.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let size = |mebibytes| usize::try_from(bytes(mebibytes)).unwrap_or(usize::MAX);
        Self {
            incoming: Pool::new(size(limits.frames_mib)),
            outgoing: Pool::new(size(limits.frames_mib)),
            per_peer_bytes_max: size(limits.frames_mib_per_peer),
        }
    }

    /// For one more connection.
    pub(super) fn budget(&self) -> Budget {
        let account = |pool| Account::of(pool, self.per_peer_bytes_max);
        Budget {
            incoming: account(&self.incoming),
            outgoing: account(&self.outgoing),
        }
    }
}

#[cfg(test)]
mod tests;
