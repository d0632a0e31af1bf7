//! The node's part in transfers: it serves what is for the peer to see, and pulls what is for us.
//!
//! Which messages are still to be pulled is a fold of the ledger ([`store::Reader::pulling`]); which chunks
//! are there, the store's files say. What is held here beside that may be lost at any moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use protocol::digest::{Commitment, Digest};
use protocol::envelope::Header;
use protocol::ids::{MessageId, PartyCode};
use protocol::index::InboxKey;
use store::Reader;
use tokio::sync::{Notify, Semaphore, mpsc};

use super::board::{Board, Job};
use super::serving::Served;
use super::shares::Shares;
use super::state::MessageProgress;
use super::{AttachmentLimits, Kept};
use crate::clock::Clock;
use crate::limits::{
    CHUNKS_PULLED_MAX, CHUNKS_PULLED_PER_PEER_MAX, CHUNKS_SERVED_MAX, CHUNKS_SERVED_PER_PEER_MAX,
};
use crate::metrics::Metrics;
use crate::news::News;
use crate::session::Peers;
use crate::stop::Stop;
use crate::wake::Wake;

/// What transfers work with.
#[derive(Clone)]
pub struct Parts {
    /// Where attachments are kept.
    pub kept: Kept,
    /// What is durable.
    pub reader: Arc<dyn Reader>,
    /// Who is connected.
    pub peers: Arc<Peers>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Tells people.
    pub news: News,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// How much is taken.
    pub limits: AttachmentLimits,
    /// Whether the node stops.
    pub stop: Stop,
}

/// All transfers of this node.
pub struct Transfers {
    pub(crate) parts: Parts,
    pub(super) board: Mutex<Board>,
    /// Something new is on the board.
    pub(super) changed: Notify,
    /// Chunks that are being pulled, and those that are being served.
    pub(super) pulled: Arc<Shares>,
    pub(super) served: Arc<Shares>,
    /// How many may be hashed at once.
    pub(super) workers: Arc<Semaphore>,
    pub(super) cache: Mutex<Served>,
}

impl Transfers {
    /// Transfers that nobody has begun.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Self {
            parts,
            board: Mutex::default(),
            changed: Notify::new(),
            pulled: Shares::new(CHUNKS_PULLED_MAX, CHUNKS_PULLED_PER_PEER_MAX),
            served: Shares::new(CHUNKS_SERVED_MAX, CHUNKS_SERVED_PER_PEER_MAX),
            workers: Arc::new(Semaphore::new(workers)),
            cache: Mutex::default(),
        })
    }

    /// A message was received: if it has attachments, they are to be pulled. Nobody need have opened it.
    /// Never waits; what there is no room for on the board is found in the ledger later.
    pub fn received(&self, key: InboxKey, header: &Header, envelope: Digest, index: u64) {
        let Some(manifest) = header.attachments else {
            return;
        };
        let job = Job {
            key,
            envelope,
            manifest,
            index,
            priority: header.priority,
            expires_at: header.expires_at,
        };
        if self.board().add(job) {
            self.changed.notify_one();
        }
    }

    /// How far the attachments of a received message are; `None` for a message of which nothing is being
    /// pulled: it has none, or all have been here since before this process, or it is ours.
    #[must_use]
    pub fn progress(&self, message: MessageId) -> Option<MessageProgress> {
        self.board().progress(message)
    }

    /// Nothing with this manifest is pulled or served any more: it was erased `[ERASE]`. Says whether a
    /// transfer of it is under way, which ends by itself, and before which its files cannot be erased.
    #[must_use]
    pub fn forget(&self, manifest: &Commitment) -> bool {
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Served::default();
        let mut board = self.board();
        board.forget(manifest);
        board.is_active(manifest)
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        // Nothing in here panics while it holds the lock, and the board is whole at every step.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_connected(&self, peer: PartyCode) -> bool {
        self.parts.peers.connected(peer)
    }

    /// Shows how many are active, and what the others wait for.
    pub(super) fn note_figures(&self) {
        let (active, waiting): (usize, BTreeMap<&'static str, usize>) = self.board().figures();
        self.parts.metrics.transfers.set_state(active, &waiting);
    }
}
