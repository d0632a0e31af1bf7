//! Memory for frames: how much of it one peer may hold, so that no peer holds what others need.
//!
//! A frame has its share before it is read, or loaded to be sent, and keeps it until it was answered. There
//! are two pools, for what comes in and for what goes out: a peer that does not read must not keep itself
//! from being read.
//!
//! Each peer has a little room of its own for small frames, which nobody else can take: so, whatever others
//! hold, and whatever large frames of its own are on the way, an emergency finds room. The rest is shared: a
//! peer may hold a fixed maximum of it, and never more than what it leaves free for others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::config::{Limits, bytes};
use crate::limits::{FRAME_SMALL_BYTES_MAX, FRAMES_OWN_BYTES};

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

#[derive(Debug)]
struct Pool {
    bytes_max: usize,
    free_bytes: Mutex<usize>,
    freed: Notify,
}

/// What one connection holds of its own room and of a pool. Changed only while the pool is locked.
#[derive(Debug)]
pub(super) struct Account {
    pool: Arc<Pool>,
    bytes_max: usize,
    own_bytes: AtomicUsize,
    shared_bytes: AtomicUsize,
}

/// Room for one frame. Dropping it gives the room back.
#[derive(Debug)]
pub(super) struct Share {
    account: Arc<Account>,
    bytes: usize,
    of: Room,
}

/// Where a share was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Own,
    Shared,
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
        let account = |pool: &Arc<Pool>| {
            Arc::new(Account {
                pool: Arc::clone(pool),
                bytes_max: self.per_peer_bytes_max,
                own_bytes: AtomicUsize::new(0),
                shared_bytes: AtomicUsize::new(0),
            })
        };
        Budget {
            incoming: account(&self.incoming),
            outgoing: account(&self.outgoing),
        }
    }
}

impl Pool {
    fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes_max,
            free_bytes: Mutex::new(bytes_max),
            freed: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// Waits for room. Whoever does not want to wait for ever puts a limit on it.
    pub(super) async fn take(self: &Arc<Self>, bytes: usize) -> Share {
        loop {
            let freed = self.pool.freed.notified();
            tokio::pin!(freed);
            // Before looking: what is freed from here on is not missed.
            freed.as_mut().enable();
            if let Some(share) = self.try_take(bytes) {
                return share;
            }
            freed.await;
        }
    }

    fn try_take(self: &Arc<Self>, bytes: usize) -> Option<Share> {
        let bytes = bytes.min(self.pool.bytes_max);
        let mut free = self.pool.lock();
        let own = self.own_bytes.load(Ordering::Relaxed);
        if bytes <= FRAME_SMALL_BYTES_MAX && own + bytes <= FRAMES_OWN_BYTES {
            self.own_bytes.store(own + bytes, Ordering::Relaxed);
            return Some(self.share(bytes, Room::Own));
        }
        let held = self.shared_bytes.load(Ordering::Relaxed);
        let within_maximum = held == 0 || held + bytes <= self.bytes_max;
        // A frame larger than any share can only be taken when nobody else holds anything.
        let leaves_as_much = held + 2 * bytes <= *free || *free == self.pool.bytes_max;
        if !within_maximum || !leaves_as_much {
            return None;
        }
        *free -= bytes;
        self.shared_bytes.store(held + bytes, Ordering::Relaxed);
        Some(self.share(bytes, Room::Shared))
    }

    fn share(self: &Arc<Self>, bytes: usize, of: Room) -> Share {
        let account = Arc::clone(self);
        Share { account, bytes, of }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let pool = &self.account.pool;
        let mut free = pool.lock();
        match self.of {
            Room::Own => self.account.own_bytes.fetch_sub(self.bytes, Ordering::Relaxed),
            Room::Shared => {
                *free += self.bytes;
                self.account.shared_bytes.fetch_sub(self.bytes, Ordering::Relaxed)
            }
        };
        drop(free);
        pool.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
