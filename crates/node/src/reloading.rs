//! Reading again what an operator may change under a running node: the directory's file and the keys. On
//! SIGHUP and on `ohrid node reload`; connections go on.

use std::sync::Arc;

use control::types::Reloaded as Report;
use tokio::sync::{Mutex, mpsc};

use crate::clock::Clock;
use crate::directory::{CurrentDirectory, Reloaded};
use crate::rotation::Rotation;
use crate::wake::{Command, Wake};

/// Reads again, one at a time.
pub struct Reloading {
    directory: Arc<CurrentDirectory>,
    clock: Arc<Clock>,
    wakes: mpsc::Sender<Wake>,
    rotation: Arc<Rotation>,
    alone: Mutex<()>,
}

impl Reloading {
    /// For this directory and these keys.
    #[must_use]
    pub fn new(
        directory: Arc<CurrentDirectory>,
        clock: Arc<Clock>,
        wakes: mpsc::Sender<Wake>,
        rotation: Arc<Rotation>,
    ) -> Self {
        Self {
            directory,
            clock,
            wakes,
            rotation,
            alone: Mutex::new(()),
        }
    }

    /// Reads the directory and the keys again. What cannot be used is logged, and what was in use stays. Good
    /// connections go on.
    pub async fn reload(&self) -> Report {
        let _alone = self.alone.lock().await;
        let (directory, clock) = (Arc::clone(&self.directory), Arc::clone(&self.clock));
        let reloaded = tokio::task::spawn_blocking(move || directory.reload(clock.now())).await;
        let mut problem = None;
        match reloaded {
            Ok(Ok(Reloaded::Newer)) => {
                let entry = crate::node::accepted_entry(&self.directory, self.clock.now());
                tracing::info!(version = self.version(), "a newer directory is in use");
                let _ = self.wakes.send(Wake::Command(Command::Record(entry))).await;
            }
            Ok(Ok(Reloaded::Same)) => tracing::info!("the directory is unchanged"),
            Ok(Err(error)) => {
                tracing::error!(%error, "the directory stays as it was");
                problem = Some(error.to_string());
            }
            Err(_) => tracing::error!("reading the directory panicked"),
        }
        if let Err(error) = self.rotation.reload().await {
            tracing::error!(error, "the keys stay as they were");
            problem.get_or_insert(error);
        }
        let in_use = self.rotation.in_use();
        Report {
            directory_version: self.version(),
            envelope_key: in_use.envelope.to_string(),
            ledger_key: in_use.ledger.to_string(),
            tls_pin: in_use.tls.facts().pin.to_string(),
            problem,
        }
    }

    fn version(&self) -> u64 {
        self.directory.current().directory.version
    }
}
