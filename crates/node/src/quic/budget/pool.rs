//! A pool of memory, and what each connection holds of it and of its own room.

use super::sync::{Arc, AtomicUsize, Mutex, MutexGuard, Notify, Ordering, PoisonError};
use crate::limits::{FRAME_SMALL_BYTES_MAX, FRAMES_OWN_BYTES};

/// Memory that all connections share.
#[derive(Debug)]
pub(in crate::quic) struct Pool {
    pub(super) bytes_max: usize,
    free_bytes: Mutex<usize>,
    freed: Notify,
}

/// What one connection holds of its own room and of a pool. Changed only while the pool is locked.
#[derive(Debug)]
pub(in crate::quic) struct Account {
    pool: Arc<Pool>,
    bytes_max: usize,
    own_bytes: AtomicUsize,
    shared_bytes: AtomicUsize,
}

/// Room for one frame. Dropping it gives the room back.
#[derive(Debug)]
pub(in crate::quic) struct Share {
    account: Arc<Account>,
    pub(super) bytes: usize,
    of: Room,
}

/// Where a share was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Own,
    Shared,
}

impl Pool {
    /// All of it is free.
    pub(super) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes_max,
            free_bytes: Mutex::new(bytes_max),
            freed: Notify::new(),
        })
    }

    /// What is free of it.
    pub(super) fn lock(&self) -> MutexGuard<'_, usize> {
        self.free_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// A connection that holds nothing yet, and may hold so much of the pool.
    pub(super) fn of(pool: &Arc<Pool>, bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            pool: Arc::clone(pool),
            bytes_max,
            own_bytes: AtomicUsize::new(0),
            shared_bytes: AtomicUsize::new(0),
        })
    }

    /// Waits for room. Whoever does not want to wait for ever puts a limit on it.
    pub(in crate::quic) async fn take(self: &Arc<Self>, bytes: usize) -> Share {
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

    pub(super) fn try_take(self: &Arc<Self>, bytes: usize) -> Option<Share> {
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
