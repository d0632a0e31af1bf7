//! The writer: one thread that owns the store, so that nothing else can write.
//!
//! It makes one commit after the other durable and says so; between commits it does the store's
//! background work. A failed write ends the process: what is in memory is not to be believed after it.
//! A full disk is no failed write: nothing was written, and the same commit is tried again until there
//! is room.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{self as jobs, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ledger::hash::Hash;
use protocol::digest::Commitment;
use protocol::exchange::Commit;
use store::{Progress, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::health::Health;
use crate::metrics::Metrics;
use crate::wake::Wake;

/// How long the writer waits for a commit before it looks at the background work again.
const IDLE: Duration = Duration::from_millis(500);

/// How long the writer waits for the next commit before it begins background work: under load the next
/// one is here at once, and must not wait for that work.
const BREATH: Duration = Duration::from_millis(5);

/// Commits after which a piece of background work is done even though the next one waits.
const COMMITS_WITHOUT_MAINTENANCE_MAX: u32 = 64;

/// How long a full disk is left alone before the same commit is tried again.
const FULL: Duration = Duration::from_millis(500);

/// The exit code of a process whose store failed (`sysexits.h`, EX_IOERR).
pub const EXIT_STORE_FAILED: i32 = 74;

/// What the writer is asked for.
#[derive(Debug)]
pub enum Job {
    /// Make this durable, and wake the core.
    Commit(Commit),
    /// Note the newest checkpoint that was released.
    Released {
        /// Its size.
        size: u64,
        /// Its root.
        root: Hash,
    },
}

/// Payloads that are to be erased, and who waits for it.
#[derive(Debug)]
struct Erasure {
    payloads: BTreeSet<Commitment>,
    done: oneshot::Sender<()>,
}

/// Has payloads erased. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Eraser(jobs::Sender<Erasure>);

/// What is to be erased: for the writer.
#[derive(Debug)]
pub struct ToErase(Receiver<Erasure>);

/// The writer ended before it was done; the next start goes on with it.
#[derive(Debug, thiserror::Error)]
#[error("the writer ended before everything was erased")]
pub struct NotErased;

impl Eraser {
    /// An eraser, and the end that the writer reads.
    #[must_use]
    pub fn new() -> (Self, ToErase) {
        let (sender, receiver) = jobs::channel();
        (Self(sender), ToErase(receiver))
    }

    /// Erases payloads from the store, between commits; returns when nothing is left of them `[ERASE]`.
    ///
    /// # Errors
    /// [`NotErased`] when the node stops meanwhile.
    pub async fn erase(&self, payloads: BTreeSet<Commitment>) -> Result<(), NotErased> {
        if payloads.is_empty() {
            return Ok(());
        }
        let (done, erased) = oneshot::channel();
        self.0.send(Erasure { payloads, done }).map_err(|_| NotErased)?;
        erased.await.map_err(|_| NotErased)
    }
}

/// Starts the writer. It ends, and closes the store, when the senders of `jobs` are gone.
///
/// # Errors
/// When the system has no thread left.
pub fn start(
    store: Box<dyn Store>,
    jobs: Receiver<Job>,
    to_erase: ToErase,
    wakes: mpsc::Sender<Wake>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
) -> std::io::Result<JoinHandle<()>> {
    let mut writer = Writer {
        store,
        to_erase: to_erase.0,
        erasing: None,
        wakes,
        metrics,
        health,
    };
    thread::Builder::new().name("writer".to_owned()).spawn(move || {
        // A panic in here leaves the store in an unknown state, like a failed write.
        let guard = ExitOnPanic;
        writer.work(&jobs);
        if let Err(error) = writer.store.close() {
            tracing::error!(%error, "the index was not written out; the next start makes it again");
        }
        drop(guard);
    })
}

struct Writer {
    store: Box<dyn Store>,
    to_erase: Receiver<Erasure>,
    /// What was begun of it.
    erasing: Option<Erasure>,
    wakes: mpsc::Sender<Wake>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
}

impl Writer {
    fn work(&mut self, jobs: &Receiver<Job>) {
        let mut patience = Duration::ZERO;
        let mut commits = 0;
        loop {
            self.health.beat();
            match jobs.recv_timeout(patience) {
                Ok(Job::Commit(commit)) => {
                    self.commit(&commit);
                    patience = BREATH;
                    commits += 1;
                    if commits >= COMMITS_WITHOUT_MAINTENANCE_MAX {
                        self.background();
                        commits = 0;
                    }
                }
                Ok(Job::Released { size, root }) => or_exit(self.store.note_released(size, root)),
                Err(RecvTimeoutError::Timeout) => {
                    commits = 0;
                    patience = match self.background() {
                        Progress::More => Duration::ZERO,
                        Progress::UnderWay => BREATH,
                        Progress::Idle | Progress::WaitsForSpace => IDLE,
                    };
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// A piece of background work: erasing goes before the rest.
    fn background(&mut self) -> Progress {
        if self.erasing.is_none() {
            self.erasing = self.to_erase.try_recv().ok();
        }
        let Some(erasure) = self.erasing.take() else {
            return or_exit(self.store.maintain());
        };
        match or_exit(self.store.erase(&erasure.payloads)) {
            Progress::Idle => {
                // Whoever asked may be gone; it is done all the same.
                let _ = erasure.done.send(());
                Progress::More
            }
            Progress::More | Progress::UnderWay => {
                self.erasing = Some(erasure);
                Progress::More
            }
            Progress::WaitsForSpace => {
                tracing::error!("an erasure waits for room on the disk");
                self.erasing = Some(erasure);
                or_exit(self.store.maintain())
            }
        }
    }

    fn commit(&mut self, commit: &Commit) {
        let began = Instant::now();
        self.health.set_committing(Some(began));
        loop {
            match self.store.commit(commit) {
                Ok(()) => break,
                Err(error @ StoreError::DiskFull { .. }) => {
                    tracing::error!(%error, "nothing can be recorded until there is room");
                    self.health.set_disk_full(true);
                    // It waits and is not stuck: a restart would make no room.
                    self.health.beat();
                    thread::sleep(FULL);
                }
                Err(error) => exit(&error),
            }
        }
        self.health.set_disk_full(false);
        self.health.set_committing(None);
        self.metrics
            .committed(commit.leaves.len(), began.elapsed(), self.store.synced_in());
        // The core outlives its commit, unless the process ends.
        let _ = self.wakes.blocking_send(Wake::Committed);
    }
}

fn or_exit<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|error| exit(&error))
}

/// Ends the process: after a failed write, memory is not to be believed.
fn exit(error: &StoreError) -> ! {
    tracing::error!(%error, "the store failed; the process ends, so that nothing unwritten is promised");
    std::process::exit(EXIT_STORE_FAILED)
}

struct ExitOnPanic;

impl Drop for ExitOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!("the writer panicked; the process ends");
            std::process::exit(EXIT_STORE_FAILED);
        }
    }
}
