//! Whether the two that promise, the core and the writer, are alive: not only the process that they live in.
//!
//! A runtime that still answers health checks while its writer hangs in a dead disk would keep a node up that
//! records nothing. The watchdog of systemd is fed only when both were felt.

use std::sync::Arc;
use std::time::Duration;

use protocol::ids::PartyCode;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::directory::CurrentDirectory;
use crate::health::Health;
use crate::session::Peers;
use crate::wake::{Command, Wake};

/// How often it is looked whether the writer has said something.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Feels the pulse of the core and of the writer.
#[derive(Debug, Clone)]
pub struct Pulse {
    wakes: mpsc::Sender<Wake>,
    health: Arc<Health>,
}

/// Who does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silent {
    /// The task that decides.
    #[error("the core does not answer")]
    Core,
    /// The thread that writes.
    #[error("the writer does not answer: a disk that hangs, most likely")]
    Writer,
}

impl Pulse {
    /// Of the core behind `wakes` and the writer that beats in `health`.
    #[must_use]
    pub fn new(wakes: mpsc::Sender<Wake>, health: Arc<Health>) -> Self {
        Self { wakes, health }
    }

    /// Waits until both have said something that they did not say before.
    ///
    /// # Errors
    /// When one of them has not, `within` that time.
    pub async fn feel(&self, within: Duration) -> Result<(), Silent> {
        let before = self.health.beats();
        let asked = async {
            let (answer, answered) = oneshot::channel();
            let ask = Wake::Command(Command::Pulse(answer));
            self.wakes.send(ask).await.is_ok() && answered.await.is_ok()
        };
        if !timeout(within, asked).await.unwrap_or(false) {
            return Err(Silent::Core);
        }
        let beaten = async {
            while self.health.beats() == before {
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(within, beaten).await.map_err(|_| Silent::Writer)
    }
}

/// The pulse, and how the node is in one line.
#[derive(Debug, Clone)]
pub struct Wellness {
    party: PartyCode,
    pulse: Pulse,
    health: Arc<Health>,
    peers: Arc<Peers>,
    directory: Arc<CurrentDirectory>,
}

impl Wellness {
    pub(crate) fn new(
        party: PartyCode,
        wakes: mpsc::Sender<Wake>,
        health: Arc<Health>,
        peers: Arc<Peers>,
        directory: Arc<CurrentDirectory>,
    ) -> Self {
        Self {
            party,
            pulse: Pulse::new(wakes, Arc::clone(&health)),
            health,
            peers,
            directory,
        }
    }

    /// See [`Pulse::feel`].
    ///
    /// # Errors
    /// As there.
    pub async fn feel(&self, within: Duration) -> Result<(), Silent> {
        self.pulse.feel(within).await
    }

    /// What an operator likes to see in `systemctl status`.
    #[must_use]
    pub fn line(&self) -> String {
        let accepted = self.directory.current();
        let others = accepted.directory.parties.len().saturating_sub(1);
        let connected = self.peers.connected_count();
        let entries = match self.health.head().size {
            1 => "1 entry".to_owned(),
            size => format!("{size} entries"),
        };
        let waiting = match self.health.outbox() {
            0 => "nothing waits to be sent".to_owned(),
            1 => "1 item waits to be sent".to_owned(),
            items => format!("{items} items wait to be sent"),
        };
        let trouble = match () {
            () if self.health.is_store_damaged() => "; SOMETHING STORED CANNOT BE READ",
            () if self.health.is_disk_full() => "; DISK FULL, nothing can be recorded",
            () => "",
        };
        format!(
            "{}: {entries}, {connected} of {others} peers connected, directory {}, {waiting}{trouble}",
            self.party, accepted.directory.version
        )
    }
}

#[cfg(test)]
mod tests;
