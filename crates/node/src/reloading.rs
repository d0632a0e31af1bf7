//! Reading again what an operator may change under a running node: the directory's file and the keys. On
//! SIGHUP and on `ohrid node reload`; connections go on.

use std::sync::Arc;

use control::types::Reloaded as Report;
use tokio::sync::Mutex;

use crate::directory::{CurrentDirectory, Intake, Reloaded};
use crate::rotation::Rotation;

/// Reads again, one at a time.
pub struct Reloading {
    directory: Arc<CurrentDirectory>,
    intake: Arc<Intake>,
    rotation: Arc<Rotation>,
    alone: Mutex<()>,
}

impl Reloading {
    /// For this directory and these keys.
    #[must_use]
    pub fn new(directory: Arc<CurrentDirectory>, intake: Arc<Intake>, rotation: Arc<Rotation>) -> Self {
        Self {
            directory,
            intake,
            rotation,
            alone: Mutex::new(()),
        }
    }

    /// Reads the directory and the keys again. What cannot be used is logged, and what was in use stays. Good
    /// connections go on.
    pub async fn reload(&self) -> Report {
        let _alone = self.alone.lock().await;
        let mut problem = None;
        match self.intake.reload().await {
            Ok(Reloaded::Newer) => {}
            Ok(Reloaded::Same) => tracing::info!("the directory is unchanged"),
            Err(error) => {
                tracing::error!(%error, "the directory stays as it was");
                problem = Some(error.to_string());
            }
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
