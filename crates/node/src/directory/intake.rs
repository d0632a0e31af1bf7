//! Taking directories in, one after another, whoever brings them: judge, keep, record, and only then use.
//!
//! What is kept and not recorded yet is found again at the next start, which records it before any socket is
//! bound. So a crash between any two of the steps leaves the old version in use, or the new one.

use std::sync::Arc;

use control::events::EventKind;
use protocol::directory::SignedDirectory;
use protocol::entry::Entry;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::{Accepted, Candidate, CurrentDirectory, LoadError};
use crate::clock::Clock;
use crate::news::News;
use crate::wake::{Command, Recorded, Refused, Wake};

/// Takes directories in.
pub struct Intake {
    directory: Arc<CurrentDirectory>,
    clock: Arc<Clock>,
    wakes: mpsc::Sender<Wake>,
    news: News,
    /// One after another: each is judged against the one before it.
    turn: Mutex<()>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloaded {
    /// The version that was in use already.
    Same,
    /// A newer version, now in use.
    Newer,
}

impl Intake {
    /// Takes in for this node.
    #[must_use]
    pub fn new(
        directory: Arc<CurrentDirectory>,
        clock: Arc<Clock>,
        wakes: mpsc::Sender<Wake>,
        news: News,
    ) -> Self {
        Self {
            directory,
            clock,
            wakes,
            news,
            turn: Mutex::default(),
        }
    }

    /// Reads the operator's file again; a newer version is in use on return.
    ///
    /// # Errors
    /// Why it is not; then the version in use stays.
    pub async fn reload(&self) -> Result<Reloaded, LoadError> {
        let _turn = self.turn.lock().await;
        let (directory, clock) = (Arc::clone(&self.directory), Arc::clone(&self.clock));
        let considered = spawn_blocking(move || directory.consider_file(clock.now())).await;
        self.take(considered.map_err(|_| LoadError::NotRecorded)??).await
    }

    /// Takes what `from` offers, a peer's name; a newer version is in use on return.
    ///
    /// # Errors
    /// Why it is not; then the version in use stays.
    pub async fn offer(&self, offered: SignedDirectory, from: String) -> Result<Reloaded, LoadError> {
        let _turn = self.turn.lock().await;
        let (directory, clock) = (Arc::clone(&self.directory), Arc::clone(&self.clock));
        let considered = spawn_blocking(move || directory.consider(&offered, &from, clock.now())).await;
        self.take(considered.map_err(|_| LoadError::NotRecorded)??).await
    }

    /// Records that this directory is accepted, and returns once the entry is on stable storage.
    ///
    /// # Errors
    /// [`LoadError::NotRecorded`], when the node stops, or its core has no room.
    pub async fn record(&self, accepted: &Accepted) -> Result<(), LoadError> {
        let (answer, recorded) = oneshot::channel();
        let entry = Box::new(self.entry(accepted));
        let command = Command::RecordDurably { entry, answer };
        let sent = self.wakes.send(Wake::Command(command)).await;
        match (sent, recorded.await) {
            (Ok(()), Ok(Ok(_))) => Ok(()),
            _ => Err(LoadError::NotRecorded),
        }
    }

    /// Asks for that entry, as the first thing that the core is asked for. Whoever waits is told.
    ///
    /// # Errors
    /// [`LoadError::NotRecorded`], when the core has ended.
    pub(crate) fn record_first(
        &self,
        accepted: &Accepted,
    ) -> Result<oneshot::Receiver<Result<Recorded, Refused>>, LoadError> {
        let (answer, recorded) = oneshot::channel();
        let entry = Box::new(self.entry(accepted));
        let command = Wake::Command(Command::RecordDurably { entry, answer });
        self.wakes.try_send(command).map_err(|_| LoadError::NotRecorded)?;
        Ok(recorded)
    }

    fn entry(&self, accepted: &Accepted) -> Entry {
        Entry::DirectoryAccepted {
            at: self.clock.now(),
            version: accepted.directory.version,
            digest: accepted.digest,
        }
    }

    async fn take(&self, candidate: Option<Candidate>) -> Result<Reloaded, LoadError> {
        let Some(candidate) = candidate else {
            return Ok(Reloaded::Same);
        };
        self.record(candidate.accepted()).await?;
        let version = candidate.accepted().directory.version;
        self.directory.put_to_use(candidate);
        tracing::info!(version, "a newer directory is in use");
        self.news.tell_of_node(EventKind::Directory, self.clock.now());
        Ok(Reloaded::Newer)
    }
}
