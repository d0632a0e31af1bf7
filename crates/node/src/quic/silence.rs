//! Noticing that a connection's path is dead, sooner than QUIC's idle time-out would, while something is
//! asked over it.
//!
//! After a cut, or behind a NAT that forgot us, a connection goes on looking alive until its idle time-out,
//! and what is asked meanwhile is lost time: for an emergency, half a minute. A live path brings
//! acknowledgements within a round trip even when the peer's node is slow, stopped by its disk or buried in
//! work. So if not one datagram came for some seconds although an answer is awaited, the path is given up
//! and dialled anew. The peer, if its packets do get through, learns from QUIC's stateless reset that this
//! connection is gone.
//!
//! At rest nothing is asked, and nothing is looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{SILENCE_LOOK_EVERY, SILENT_AFTER};

/// How many requests of a connection are out. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Asking(Arc<AtomicUsize>);

/// One of them; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Asked(Asking);

impl Asking {
    /// One more.
    pub(super) fn begin(&self) -> Asked {
        self.0.fetch_add(1, Ordering::Relaxed);
        Asked(self.clone())
    }

    /// Whether any answer is awaited.
    pub(super) fn is_any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Looks, while something is asked, whether anything comes.
#[derive(Debug)]
pub(super) struct Silence {
    datagrams: u64,
    since: Instant,
    looked_at: Instant,
}

impl Silence {
    /// From now on.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            datagrams: 0,
            since: now,
            looked_at: now,
        }
    }

    /// So many datagrams came over the connection until now: whether it has been silent for too long.
    ///
    /// To be called every [`SILENCE_LOOK_EVERY`] while something is asked. After a pause (nothing was
    /// asked, or this machine slept) the silence counts from now.
    pub(super) fn is_too_long(&mut self, now: Instant, datagrams: u64) -> bool {
        let paused: Duration = now.duration_since(self.looked_at);
        if datagrams != self.datagrams || paused > SILENCE_LOOK_EVERY * 2 {
            self.since = now;
        }
        self.datagrams = datagrams;
        self.looked_at = now;
        now.duration_since(self.since) >= SILENT_AFTER
    }
}

#[cfg(test)]
mod tests;
