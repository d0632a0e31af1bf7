//! Whether the node is well: what `/readyz` and `/v1/status` say.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ledger::hash::Hash;
use ledger::tree::Edge;
use protocol::time::UnixMillis;
use tokio::sync::watch;

/// What the node's parts tell of themselves.
#[derive(Debug)]
pub struct Health {
    disk_full: AtomicBool,
    store_damaged: AtomicBool,
    outbox: AtomicU64,
    committing: Mutex<Option<Instant>>,
    beats: AtomicU64,
    head: watch::Sender<Head>,
}

/// The head of the newest log, as of the last durable commit.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// Root hash.
    pub root: Option<Hash>,
    /// The signed note; absent while the ledger is empty.
    pub checkpoint: Option<String>,
    /// When it was signed.
    pub signed_at: Option<UnixMillis>,
}

impl Head {
    /// The origin of the log whose head it is; `None` while that is empty.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.checkpoint.as_deref()?.lines().next()
    }
}

impl Health {
    /// A well node whose newest log has this tree.
    #[must_use]
    pub fn new(edge: &Edge) -> Self {
        Self {
            disk_full: AtomicBool::new(false),
            store_damaged: AtomicBool::new(false),
            outbox: AtomicU64::new(0),
            committing: Mutex::default(),
            beats: AtomicU64::new(0),
            head: watch::Sender::new(Head {
                size: edge.size(),
                root: Some(edge.root()),
                ..Head::default()
            }),
        }
    }

    /// The disk is full, or has room again.
    pub fn set_disk_full(&self, full: bool) {
        self.disk_full.store(full, Ordering::Relaxed);
    }

    /// Whether the disk is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.disk_full.load(Ordering::Relaxed)
    }

    /// Something that was stored cannot be read.
    pub fn set_store_damaged(&self) {
        self.store_damaged.store(true, Ordering::Relaxed);
    }

    /// Whether something that was stored could not be read.
    #[must_use]
    pub fn is_store_damaged(&self) -> bool {
        self.store_damaged.load(Ordering::Relaxed)
    }

    /// A commit is being made durable since then, or none is.
    pub fn set_committing(&self, since: Option<Instant>) {
        *self.lock() = since;
    }

    /// For how long the commit in flight has been under way; zero without one.
    #[must_use]
    pub fn committing_for(&self) -> Duration {
        self.lock().map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// The writer is alive: said before each thing that it does, and at least twice a second.
    pub fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Another number whenever the writer has said that it is alive.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// How many items wait for an answer by a peer.
    pub fn set_outbox(&self, items: usize) {
        self.outbox
            .store(u64::try_from(items).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How many items wait for an answer by a peer.
    #[must_use]
    pub fn outbox(&self) -> u64 {
        self.outbox.load(Ordering::Relaxed)
    }

    /// A new head was signed.
    pub fn set_head(&self, head: Head) {
        self.head.send_replace(head);
    }

    /// The newest head.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head.borrow().clone()
    }

    /// Tells of each newer head. Whoever looks sees the newest only.
    #[must_use]
    pub fn heads(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        // One word, whole at every step.
        self.committing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
