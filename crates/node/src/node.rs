//! A whole node, put together: this file only wires.
//!
//! Starting, in an order in which nothing is promised before it can be kept: configuration, keys and store
//! (which refuses to open if it cannot prove what it has), directory, core, and only then sockets.
//! Stopping, the other way round: nobody new, the commit in flight and its answers, the connections, the
//! store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::attachments::ManifestError;
use crate::attachments::staging::StagingError;
use crate::cases::OpenIndexError;
use crate::config::Config;
use crate::directory::LoadError;
use crate::keys::KeysError;
use crate::metrics::Metrics;
use crate::news::News;
use crate::officers::RegisterError;
use crate::publishing::PolicyError;
use crate::pulse::Wellness;
use crate::quic::{BoundEndpoint, QuicError};
use crate::reloading::Reloading;
use crate::reviews::ReviewsError;
use crate::stop::{Stop, Stopper};
use crate::wake::Wake;
use crate::writer;

mod foundation;
mod rebuilding;
mod rotating;
mod sockets;
mod wiring;

pub use rebuilding::rebuild_case_index;

/// A node that runs.
pub struct Node {
    listen: SocketAddr,
    endpoint: BoundEndpoint,
    metrics: Arc<Metrics>,
    reloading: Arc<Reloading>,
    wakes: mpsc::Sender<Wake>,
    news: News,
    #[cfg(test)]
    transfers: Arc<crate::attachments::Transfers>,
    wellness: Wellness,
    stop_grace: Duration,
    stopper: Stopper,
    stop: Stop,
    /// `None` once it has ended.
    driver: Option<JoinHandle<()>>,
    servers: Vec<JoinHandle<()>>,
    writer: thread::JoinHandle<()>,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Its store.
    #[error("{}: {source}", .path.display())]
    Store {
        /// The store's folder.
        path: PathBuf,
        /// Why it does not open.
        source: store::OpenError,
    },
    /// What the store holds.
    #[error("the store cannot be read: {0}")]
    Read(#[from] store::ReadError),
    /// The case index.
    #[error("the case index: {0}")]
    CaseIndex(#[from] OpenIndexError),
    /// Attachments that wait for their message.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] LoadError),
    /// The register of officers.
    #[error(transparent)]
    Officers(#[from] RegisterError),
    /// What waits for review.
    #[error(transparent)]
    Reviews(#[from] ReviewsError),
    /// Where attachments are kept.
    #[error(transparent)]
    Attachments(#[from] store::AttachmentError),
    /// What they are.
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    /// Its UDP socket or TLS.
    #[error(transparent)]
    Quic(#[from] QuicError),
    /// Another socket.
    #[error("{what}: {source}")]
    Socket {
        /// Which.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// Whom we rely on as witnesses.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The system gives no thread, or no randomness.
    #[error("the system: {0}")]
    System(String),
}

impl Node {
    /// Starts a node. On return it listens, and its control socket answers.
    ///
    /// # Errors
    /// The first thing that is not as it must be; nothing runs then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let prepared = config.clone();
        let foundation = tokio::task::spawn_blocking(move || foundation::lay(&prepared))
            .await
            .map_err(|error| StartError::System(error.to_string()))??;
        wiring::build(config, foundation).await
    }

    /// The UDP address that is listened on.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The way to the core, for a program that has a node within itself and something to submit that is
    /// sealed already. The core judges what comes as it judges what comes from the control socket's side;
    /// rules of the Convention, policy and officers are looked at before that, so who comes this way answers
    /// for them.
    #[must_use]
    pub fn core(&self) -> mpsc::Sender<Wake> {
        self.wakes.clone()
    }

    /// What happens, for such a program: what is told here is durable.
    #[must_use]
    pub fn news(&self) -> News {
        self.news.clone()
    }

    /// Asks for a graceful stop, from anywhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Tells when a stop was asked for.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Reads the directory and the keys again. What cannot be used is logged, and what was in use stays. Good
    /// connections go on.
    pub async fn reload(&self) {
        self.reloading.reload().await;
    }

    /// What feels whether the core and the writer are alive.
    #[must_use]
    pub fn wellness(&self) -> Wellness {
        self.wellness.clone()
    }

    /// Waits until a stop was asked for, or the core ended by itself, which it must not.
    pub async fn ended(&mut self) {
        let mut stop = self.stop.clone();
        tokio::select! {
            () = stop.stopping() => return,
            () = wait(&mut self.driver) => {}
        }
        // It may have seen the stop before we did. If not, it panicked: half a step of the core is no
        // state to go on from.
        if !stop.is_stopping() {
            tracing::error!("the core ended; the process ends");
            std::process::exit(writer::EXIT_STORE_FAILED);
        }
    }

    /// Stops once a stop was asked for. On return everything is on disk and the store is closed.
    pub async fn run_to_end(mut self) {
        self.ended().await;
        tracing::info!("stopping: nothing new is taken");
        if timeout(self.stop_grace, wait(&mut self.driver)).await.is_err() {
            tracing::error!("the commit in flight did not end in time");
        }
        self.stopper.close_links();
        self.endpoint.close().await;
        for server in self.servers {
            // A long poll or a slow client is not waited for.
            if timeout(Duration::from_secs(2), server).await.is_err() {
                tracing::debug!("a server was not waited for");
            }
        }
        let writer = self.writer;
        if tokio::task::spawn_blocking(move || writer.join()).await.is_err() {
            tracing::error!("the writer panicked");
        }
        tracing::info!("stopped");
    }
}

/// Waits until the task has ended, which it may have done long ago.
async fn wait(task: &mut Option<JoinHandle<()>>) {
    if let Some(running) = task {
        // A panic ends it as well; who waits asks why.
        let _ = running.await;
        *task = None;
    }
}

#[cfg(test)]
mod tests;
