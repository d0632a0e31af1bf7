//! What happened, in order: hashed always, so that two runs can be compared, and told where somebody asks.

use std::fmt::Arguments;

use protocol::time::UnixMillis;
use sha2::{Digest as _, Sha256};

use super::parties::START;

#[derive(Debug)]
pub(super) struct Trace {
    hash: Sha256,
    is_told: bool,
}

impl Trace {
    /// Told on stderr where one seed was asked for.
    pub(super) fn new() -> Self {
        Self {
            hash: Sha256::new(),
            is_told: std::env::var_os("OHRID_SIMULATE_SEED").is_some(),
        }
    }

    #[expect(clippy::print_stderr, reason = "somebody asked for the story of this seed")]
    pub(super) fn note(&mut self, now: UnixMillis, what: Arguments<'_>) {
        let line = format!("{:>7} {what}\n", now.0 - START.0);
        self.hash.update(line.as_bytes());
        if self.is_told {
            eprint!("{line}");
        }
    }

    pub(super) fn digest(&self) -> String {
        let digest = self.hash.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
